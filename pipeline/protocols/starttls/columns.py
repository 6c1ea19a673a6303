"""What is stored and counted of STARTTLS at one domain."""

import polars as pl

from ...schema import Column
from ...words import State
from ..protocol import Class, Measure, RuleSet
from . import findings as F

ALL, SOME, NONE = "all", "some", "none"
ENCRYPTED, PLAIN = "encrypted", "plain"
VALID, EXPIRED, SELF_SIGNED = "valid", "expired", "self_signed"
UNTRUSTED, OTHER_NAME = "untrusted", "other_name"
UNKNOWN, NOT_OBSERVED = State.UNKNOWN.value, State.NOT_OBSERVED.value
NOT_APPLICABLE = State.NOT_APPLICABLE.value
HIDDEN = (UNKNOWN, NOT_OBSERVED)

HOST = pl.Struct(
    {"host": pl.String, "state": pl.String, "version": pl.String, "certificate": pl.String}
)

COLUMNS = (
    Column(
        "starttls",
        pl.String,
        "",
        "MX hosts that encrypt: all, some, none; not_applicable: takes no mail; unknown: no host "
        "that could be reached says otherwise; not_observed: no host was visited",
        "STARTTLS に対応する MX ホスト: all、some、none、not_applicable: 受信しない、unknown: "
        "接続できず不明、not_observed: 接続していない",
    ),
    Column(
        "starttls_certificates",
        pl.String,
        "",
        "MX hosts that encrypt with a certificate that is valid for their name, now and by the "
        "web's authorities: all, some, none, not_applicable, unknown, not_observed",
        "ホスト名に対して有効な（公的認証局の）証明書で暗号化する MX ホスト: all、some、none、"
        "not_applicable、unknown、not_observed",
    ),
    Column(
        "starttls_hosts",
        pl.List(HOST),
        "",
        "each MX host; an implicit MX is the domain itself. state: encrypted, plain, unknown, "
        "not_observed; version: the oldest TLS of its addresses; certificate: valid, expired, "
        "self_signed, untrusted, other_name, unknown, not_observed, null: no TLS. "
        "null: the MX is not known",
        "MX ホストごとの状態、TLS バージョン（最も古いもの）、証明書の検証結果。null: MX が不明",
    ),
)

HOSTS = pl.col("starttls_hosts")


def of_hosts(field: str) -> pl.Expr:
    """A field of each host, as a list."""
    return HOSTS.list.eval(pl.element().struct.field(field))


def any_of(field: str, yes: str, no: tuple[str, ...]) -> pl.Expr:
    """Is it so of any host? false: of none, and all are known; null: not known."""
    values = of_hosts(field)
    return (
        pl.when(values.list.contains(yes))
        .then(True)
        .when(values.list.eval(pl.element().is_in([yes, *no])).list.all())
        .then(False)
    )


def summary(column: str) -> pl.Expr:
    """Is it so of all hosts? null: not known."""
    state = pl.col(column)
    return pl.when(~state.is_in(HIDDEN)).then(state == ALL)


def any_encrypts() -> pl.Expr:
    """Does any MX host encrypt? A host without address is none of them."""
    state = pl.col("starttls")
    return (
        pl.when(state.is_in([ALL, SOME]))
        .then(True)
        .when(state.is_in([NONE, NOT_APPLICABLE]))
        .then(False)
        .otherwise(any_of("state", ENCRYPTED, (PLAIN,)))
    )


MEASURES = (
    Measure(
        "starttls",
        "STARTTLS, every MX host",
        "STARTTLS 全 MX ホスト",
        summary("starttls"),
        pl.col("starttls") != NOT_OBSERVED,
    ),
    Measure(
        "starttls_any",
        "STARTTLS, any MX host",
        "STARTTLS いずれかの MX ホスト",
        any_encrypts(),
        pl.col("starttls") != NOT_OBSERVED,
    ),
    Measure(
        "starttls_valid",
        "STARTTLS, every MX host with a valid certificate",
        "STARTTLS 全 MX ホスト・有効な証明書",
        summary("starttls_certificates"),
        pl.col("starttls_certificates") != NOT_OBSERVED,
    ),
)

SEEN = pl.col("starttls").is_in([ALL, SOME, NONE])
JUDGED = pl.col("starttls_certificates").is_in([ALL, SOME, NONE])


def of(name: str, codes: tuple[str, ...], needs: pl.Expr, en: str, ja: str) -> Class:
    """A class of findings."""
    return Class(name, codes, en, ja, needs)


CLASSES = (
    of(
        "failing",
        (F.REFUSED.code, F.HANDSHAKE_FAILED.code, F.INJECTED.code),
        SEEN,
        "STARTTLS offered, but failing",
        "STARTTLS を提示するが失敗する",
    ),
    of("old", (F.OLD_VERSION.code,), SEEN, "TLS older than 1.2", "TLS 1.2 より古い"),
    of("expired", (F.EXPIRED.code,), JUDGED, "certificate expired", "証明書の期限切れ"),
    of("self_signed", (F.SELF_SIGNED.code,), JUDGED, "self-signed certificate", "自己署名証明書"),
    of("untrusted", (F.UNTRUSTED.code,), JUDGED, "certificate of no authority", "認証局が不明"),
    of("other_name", (F.OTHER_NAME.code,), JUDGED, "certificate for other names", "名前の不一致"),
    of(
        "weak",
        (F.WEAK_KEY.code, F.WEAK_SIGNATURE.code),
        JUDGED,
        "weak key or signature",
        "弱い鍵・署名",
    ),
)
RULE_SETS = (
    RuleSet(
        "rfc3207",
        "RFC 3207, RFC 9325, RFC 9525: STARTTLS of MX hosts",
        CLASSES,
        any_encrypts(),
        broken=("failing", "old"),  # an opportunistic sender looks at no certificate, RFC 7435
    ),
)
