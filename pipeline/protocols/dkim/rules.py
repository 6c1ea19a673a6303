"""What counts as a broken DKIM key: what RFC 6376, with RFC 8301 and 8463, has verifiers reject."""

import polars as pl

from ..protocol import Class, Finding, RuleSet
from .columns import CONFIRMED, NONE, POSSIBLE, REVOKED_ONLY
from .findings import (
    BACKSLASH,
    BASE64,
    DUPLICATE_TAG,
    KEY_MALFORMED,
    KEY_MISSING,
    KEY_TOO_SHORT,
    KEY_TYPE,
    KEY_WEAK,
    NO_SHA256,
    QUOTES,
    SYNTAX,
    TESTING,
    VERSION,
    VERSION_NOT_FIRST,
)


def publishes() -> pl.Expr:
    """Was text that is meant as a key found? null: unknown, or not observed."""
    is_key = pl.element().struct.field("is_key")
    has_key = pl.col("dkim_keys").list.eval(is_key).list.any()
    is_known = pl.col("dkim").is_in([CONFIRMED, REVOKED_ONLY, POSSIBLE, NONE])
    return pl.when(has_key).then(True).when(is_known).then(False)


def of(name: str, findings: tuple[Finding, ...], en: str, ja: str) -> Class:
    """A class of these findings: each key's text says it all, so nothing more has to be seen."""
    return Class(name, tuple(finding.code for finding in findings), en, ja)


BROKEN = (
    of(
        "syntax",
        (SYNTAX, DUPLICATE_TAG, KEY_MISSING, QUOTES, BACKSLASH),
        "syntax error",
        "文法誤り",
    ),
    of("version", (VERSION, VERSION_NOT_FIRST), "wrong or misplaced v=", "v= の誤り"),
    of("key", (BASE64, KEY_MALFORMED, KEY_TYPE), "unreadable or unknown key", "鍵を読めない"),
    of("too_short", (KEY_TOO_SHORT,), "RSA below 1024 bits", "RSA 1024 ビット未満"),
    of("no_sha256", (NO_SHA256,), "sha256 not allowed", "sha256 不可"),
)
WEAK = (
    of("weak", (KEY_WEAK,), "RSA below 2048 bits", "RSA 2048 ビット未満"),
    of("testing", (TESTING,), "left in test mode", "テストモードのまま"),
)

RULE_SETS = (
    RuleSet(
        "rfc6376",
        "RFC 6376 with RFC 8301 and 8463: keys that verifiers reject, at the selectors asked for",
        (*BROKEN, *WEAK),
        publishes(),
        tuple(one.name for one in BROKEN),
    ),
)
