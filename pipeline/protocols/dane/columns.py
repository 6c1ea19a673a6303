"""What is stored and counted of DANE at one domain."""

import polars as pl

from ...schema import Column
from ...words import State
from ..protocol import Class, Finding, Measure, RuleSet
from ..validation import KNOWN
from . import findings as F

ALL, SOME, NONE = "all", "some", "none"
USABLE, UNUSABLE = "usable", "unusable"
VERIFIED, MISMATCH, NO_STARTTLS = "verified", "mismatch", "no_starttls"
HIDDEN = (State.UNKNOWN.value, State.NOT_OBSERVED.value)

RECORD = pl.Struct(
    {
        "usage": pl.UInt8,
        "selector": pl.UInt8,
        "matching": pl.UInt8,
        "usable": pl.Boolean,
        "findings": pl.List(pl.String),
    }
)
HOST = pl.Struct(
    {
        "host": pl.String,
        "state": pl.String,
        "verdict": pl.String,
        "base": pl.String,
        "records": pl.List(RECORD),
    }
)

COLUMNS = (
    Column(
        "dane",
        pl.String,
        "",
        "of the MX hosts, if the MX is proven: all, some or none have usable TLSA records; none: "
        "the MX is not proven, too; bogus: validation of the MX fails, or of a host while none is "
        "usable; not_applicable: no MX host; unknown; not_observed",
        "検証できた MX のホストのうち、使える TLSA がある範囲。all、some、none（MX が検証できない"
        "場合を含む）、bogus: 検証失敗、not_applicable: MX ホストなし、unknown、not_observed",
    ),
    Column(
        "dane_mx",
        pl.String,
        "",
        "the domain's MX, or that it has none: secure, insecure, bogus; unknown; not_observed",
        "ドメインの MX の検証結果。secure、insecure、bogus、unknown、not_observed",
    ),
    Column(
        "dane_has_tlsa",
        pl.Boolean,
        "",
        "an MX host has proven TLSA records, usable or not, whatever the MX; null: unknown",
        "検証できた TLSA が MX ホストにあるか（使えるか、MX が検証できるかは問わない）。null: 不明",
    ),
    Column(
        "dane_hosts",
        pl.List(HOST),
        "",
        "each MX host; an implicit MX is the domain itself. state: usable, unusable, absent, "
        "insecure, bogus, unknown, not_observed; base: the TLSA base domain (RFC 7672 §2.2.3), "
        "null: never came to that; verdict: does what it shows fit: verified, mismatch, "
        "no_starttls, unknown, not_observed, null: no usable TLSA. null: the MX is not known",
        "MX ホストごとの状態。base: TLSA のベースドメイン（null: 該当なし）。verdict: 提示された"
        "証明書との照合結果。null: MX が不明",
    ),
    Column(
        "dane_verified",
        pl.String,
        "",
        "do the hosts with usable TLSA records show what these say? all, some (the others have no "
        "usable TLSA); mismatch: one does not, seen twice; no_starttls: one does not encrypt; "
        "unknown; not_observed: no host was visited; else as dane",
        "使える TLSA のあるホストの証明書が一致するか。all、some、mismatch: 不一致（再確認済み）、"
        "no_starttls、unknown、not_observed: 接続していない。その他は dane と同じ",
    ),
)


def measure(name: str, states: tuple[str, ...], en: str, ja: str, column: str = "dane") -> Measure:
    """Domains in one of these states; what was not seen is neither yes nor no."""
    state = pl.col(column)
    return Measure(
        name,
        en,
        ja,
        pl.when(~state.is_in(HIDDEN)).then(state.is_in(states)),
        state != State.NOT_OBSERVED.value,
    )


def any_verified() -> pl.Expr:
    """Is any host verified? null: not known."""
    verdicts = pl.col("dane_hosts").list.eval(pl.element().struct.field("verdict"))
    state = pl.col("dane_verified")
    return (
        pl.when(pl.col("dane").is_in([NONE, "bogus", State.NOT_APPLICABLE.value]))
        .then(False)
        .when(state.is_in([ALL, SOME]) | verdicts.list.contains(VERIFIED).fill_null(False))
        .then(True)
        .when(~state.is_in(HIDDEN) & ~verdicts.list.eval(pl.element().is_in(HIDDEN)).list.any())
        .then(False)
    )


MEASURES = (
    measure("dane", (ALL,), "DANE, every MX host", "DANE 全 MX ホスト"),
    measure("dane_any", (ALL, SOME), "DANE, any MX host", "DANE いずれかの MX ホスト"),
    measure(
        "dane_verified",
        (ALL,),
        "DANE verified, every MX host",
        "DANE 証明書一致 全 MX ホスト",
        "dane_verified",
    ),
    Measure(
        "dane_verified_any",
        "DANE verified, any MX host",
        "DANE 証明書一致 いずれかの MX ホスト",
        any_verified(),
        pl.col("dane_verified") != State.NOT_OBSERVED.value,
    ),
)


def saw_hosts() -> pl.Expr:
    """Did every MX host's questions bring an answer that could be read?"""
    state = pl.element().struct.field("state")
    return ~pl.col("dane_hosts").list.eval(state.is_in([*HIDDEN, "bogus"])).list.any()


def saw_verdicts() -> pl.Expr:
    """Is of every host with usable records known what it shows?"""
    verdict = pl.element().struct.field("verdict")
    return saw_hosts() & ~pl.col("dane_hosts").list.eval(verdict.is_in(HIDDEN)).list.any()


def of(name: str, findings: tuple[Finding, ...], needs: pl.Expr, en: str, ja: str) -> Class:
    """A class of these findings."""
    return Class(name, tuple(finding.code for finding in findings), en, ja, needs)


MALFORMED = (
    F.UNKNOWN_USAGE,
    F.UNKNOWN_SELECTOR,
    F.UNKNOWN_MATCHING,
    F.WRONG_LENGTH,
    F.NO_CERTIFICATE,
)
SMTP = (
    of("pkix_usage", (F.PKIX_USAGE,), saw_hosts(), "usage 0 or 1", "用途 0・1"),
    of("malformed", MALFORMED, saw_hosts(), "malformed record", "不正なレコード"),
    of("all_unusable", (F.ALL_UNUSABLE,), saw_hosts(), "no usable record", "使えるレコードなし"),
    of(
        "insecure_mx",
        (F.INSECURE_MX,),
        pl.col("dane_mx").is_in(KNOWN),
        "MX not proven",
        "MX が検証できない",
    ),
    of(
        "some_hosts_without",
        (F.SOME_HOSTS_WITHOUT,),
        saw_hosts(),
        "some MX hosts without",
        "一部の MX ホストのみ",
    ),
    of("mismatch", (F.MISMATCH,), saw_verdicts(), "certificate does not fit", "証明書の不一致"),
    of("no_starttls", (F.NO_STARTTLS,), saw_verdicts(), "no STARTTLS", "STARTTLS 非対応"),
)
RULE_SETS = (
    RuleSet(
        "rfc7672",
        "RFC 7672",
        SMTP,
        pl.col("dane_has_tlsa"),
        # records that no sender can use, and those that hold up the mail of all who do
        broken=("pkix_usage", "malformed", "all_unusable", "mismatch", "no_starttls"),
    ),
)
