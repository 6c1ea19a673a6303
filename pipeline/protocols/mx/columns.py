"""What is stored and counted of MX at one domain."""

import polars as pl

from ...schema import Column
from ...words import State
from ..protocol import Class, Measure, RuleSet
from .findings import (
    ADDRESS_LITERAL,
    DANGLING,
    LOCALHOST,
    NO_ADDRESS,
    NULL_MX_BESIDE_OTHERS,
    NULL_MX_PREFERENCE,
    SINGLE_LABEL,
    SPECIAL_PURPOSE_ADDRESS,
    TARGET_IS_CNAME,
)
from .record import MOST_HOSTS

IMPLICIT = "implicit"
NULL_MX = "null_mx"

COLUMNS = (
    Column(
        "mx",
        pl.String,
        "",
        "present: at least one MX that is not a null MX; implicit: none, but an address; "
        "null_mx: takes no mail; absent; unknown; not_observed",
        "present: null MX でない MX あり、implicit: アドレスのみ、null_mx: 受信しない、"
        "absent、unknown、not_observed",
    ),
    Column(
        "mx_hosts",
        pl.List(pl.String),
        "",
        f"MX hosts by preference, at most {MOST_HOSTS} (the finding mx.many_hosts says of more); "
        "null: unknown",
        f"優先度順の MX ホスト（最大 {MOST_HOSTS}。超過は所見 mx.many_hosts）。null: 不明",
    ),
    Column(
        "mx_via_cname",
        pl.Boolean,
        "",
        "the domain is an alias (CNAME): its mail goes where its target's goes; null: unknown",
        "ドメインが CNAME であり、その先に配送されるか。null: 不明",
    ),
    Column(
        "mx_resolved",
        pl.Boolean,
        "",
        "every MX host was looked at, and all that could be wrong with it is known; "
        "null: hosts unknown",
        "すべての MX ホストについて問題の有無が判明したか。null: ホスト不明",
    ),
)

MEASURES: tuple[Measure, ...] = ()
"""The table's denominators are made of `mx`; a share of it would be 100 % in `with_mx`."""


def has_record() -> pl.Expr:
    """Does the domain publish an MX record, a null MX or another? null: not known."""
    is_known = ~pl.col("mx").is_in([State.UNKNOWN.value, State.NOT_OBSERVED.value])
    return pl.when(is_known).then(pl.col("mx").is_in([State.PRESENT.value, NULL_MX]))


RESOLVED = pl.col("mx_resolved").fill_null(False)

CLASSES = (
    Class(
        "null_mx",
        (NULL_MX_BESIDE_OTHERS.code, NULL_MX_PREFERENCE.code),
        "null MX in a wrong form",
        "null MX の誤り",
    ),
    Class(
        "no_host_name",
        (ADDRESS_LITERAL.code, LOCALHOST.code, SINGLE_LABEL.code),
        "no host's full name (an address, localhost, one label)",
        "ホストの完全な名前でない（IP アドレス、localhost、単一ラベル）",
    ),
    Class("cname", (TARGET_IS_CNAME.code,), "host is an alias", "ホストが CNAME", RESOLVED),
    Class("no_address", (NO_ADDRESS.code,), "host without address", "アドレスなし", RESOLVED),
    Class(
        "special_purpose",
        (SPECIAL_PURPOSE_ADDRESS.code,),
        "host not reachable from the Internet",
        "インターネットから届かないアドレスのみ",
        RESOLVED,
    ),
    Class(
        "dangling",
        (DANGLING.code,),
        "host in a domain that anyone can register",
        "第三者が登録できるドメインのホスト",
        RESOLVED,
    ),
)

RULE_SETS = (
    RuleSet(
        "rfc5321",
        "RFC 5321 §5.1, with RFC 7505 and RFC 6890: MX records that cannot be delivered to",
        CLASSES,
        has_record(),
        # who dangles has no address either, and would be counted twice
        tuple(one.name for one in CLASSES if one.name != "dangling"),
    ),
)


def may_be_cut() -> pl.Expr:
    """May there be more hosts than `mx_hosts` has room for? Then nothing is true of all."""
    return (pl.col("mx_hosts").list.len() >= MOST_HOSTS).fill_null(False)
