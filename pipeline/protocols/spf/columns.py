"""What is stored and counted of SPF at one domain."""

import polars as pl

from ...schema import Column
from ...words import State
from ..protocol import Measure

COLUMNS = (
    Column(
        "spf",
        pl.String,
        "",
        "present: at least one record of the version, broken or not; absent; unknown; not_observed",
        "present: 正誤を問わず SPF レコードあり、absent、unknown、not_observed",
    ),
    Column("spf_records", pl.UInt16, "", "own SPF records", "SPF レコードの数"),
    Column(
        "spf_tree",
        pl.String,
        "",
        "complete; partial: a term needs the message; unknown: an include or redirect brought no "
        "answer; null: not exactly one record",
        "complete、partial: メッセージ依存のマクロあり、unknown: 参照先の応答なし。"
        "null: レコードが 1 個でない",
    ),
    Column(
        "spf_all",
        pl.String,
        "",
        "qualifier (+ - ~ ?) of the own record's first all; null: none, or not exactly one record",
        "最初の all の限定子（+ - ~ ?）。null: なし、またはレコードが 1 個でない",
    ),
    Column(
        "spf_effective_all",
        pl.String,
        "",
        "the same after redirect; null: none, or not known",
        "redirect 適用後の all の限定子。null: なし、または不明",
    ),
    Column(
        "spf_lookups",
        pl.UInt32,
        "terms",
        "terms of the whole tree that ask the DNS; null: not exactly one record, or not known",
        "ツリー全体で DNS を参照する項目数。null: レコードが 1 個でない、または不明",
    ),
    Column(
        "spf_void_lookups",
        pl.UInt32,
        "terms",
        "terms that ask for what does not exist, for the client (IPv4 or IPv6) with fewer of them; "
        "null: not exactly one record, or not known",
        "存在しない名前を参照する項目数（IPv4・IPv6 の少ない方）。"
        "null: レコードが 1 個でない、または不明",
    ),
    Column("spf_ptr", pl.Boolean, "", "an own record uses ptr; null: unknown", "ptr の使用"),
    Column(
        "spf_ipv4_addresses",
        pl.UInt64,
        "addresses",
        "IPv4 addresses that pass by other terms than all; without what needs the message; past "
        "errors; null: not exactly one record, or not known",
        "all 以外の項目で pass となる IPv4 アドレス数（メッセージ依存の項目を除く）。"
        "null: レコードが 1 個でない、または不明",
    ),
    Column(
        "spf_valid",
        pl.Boolean,
        "",
        "exactly one record and no error; null: unknown",
        "レコードが 1 個で誤りがないか。null: 不明",
    ),
    Column(
        "spf_hardfail",
        pl.Boolean,
        "",
        "the own record's first all is -; null: unknown",
        "最初の all が「-」か。null: 不明",
    ),
    Column(
        "spf_hardfail_effective",
        pl.Boolean,
        "",
        "the same after redirect; null: unknown",
        "redirect 適用後の all が「-」か。null: 不明",
    ),
)


def has_record() -> pl.Expr:
    """Does the domain publish SPF? null: unknown, or not observed."""
    state = pl.col("spf")
    settled = state.is_in([State.PRESENT.value, State.ABSENT.value])
    return pl.when(settled).then(state == State.PRESENT.value)


def was_observed() -> pl.Expr:
    """Was SPF asked for?"""
    return pl.col("spf") != State.NOT_OBSERVED.value


MEASURES = (
    Measure("spf", "SPF", "SPF あり", has_record(), was_observed()),
    Measure(
        "spf_valid",
        "SPF: one record, no error",
        "SPF が 1 個で誤りなし",
        pl.col("spf_valid"),
        was_observed(),
    ),
    Measure("spf_hardfail", "SPF -all", "SPF -all", pl.col("spf_hardfail"), was_observed()),
    Measure(
        "spf_hardfail_effective",
        "SPF -all, redirect followed",
        "SPF -all（redirect 適用後）",
        pl.col("spf_hardfail_effective"),
        was_observed(),
    ),
)
