"""Two readings of what counts as a broken DMARC record."""

from collections.abc import Iterable

import polars as pl

from ..protocol import Class, Finding, RuleSet
from .findings import (
    BACKSLASH,
    DUPLICATE_TAG,
    MISSING_SEMICOLON,
    MULTIPLE_RECORDS,
    NONEXISTENT_POLICY_INVALID,
    NOT_ASCII,
    NOT_PROCESSED,
    POLICY_INVALID,
    POLICY_MISSING,
    POLICY_NOT_SECOND,
    QUOTES,
    REPORT_URI_INVALID,
    SMART_QUOTES,
    SUBDOMAIN_POLICY_INVALID,
    SYNTAX,
    VALUE_INVALID,
    VERSION_MISSPELT,
    VERSION_NOT_FIRST,
)


def of(name: str, findings: Iterable[Finding], en: str, ja: str) -> Class:
    """A class of these findings. The own records' texts say it all."""
    return Class(name, tuple(finding.code for finding in findings), en, ja)


MULTIPLE = of("multiple_records", [MULTIPLE_RECORDS], "several records", "複数レコード")
VERSION = of(
    "version", [VERSION_MISSPELT, VERSION_NOT_FIRST], "version misspelt or not first", "版の誤り"
)
SEMICOLON = of("missing_semicolon", [MISSING_SEMICOLON], "semicolon missing", "セミコロンの欠落")
IGNORED = of(
    "ignored_part",
    [
        SYNTAX,
        DUPLICATE_TAG,
        VALUE_INVALID,
        BACKSLASH,
        SMART_QUOTES,
        QUOTES,
        NOT_ASCII,
        REPORT_URI_INVALID,
    ],
    "a part that receivers ignore",
    "受信側が無視する記述",
)

CURRENT = (
    MULTIPLE,
    VERSION,
    SEMICOLON,
    of(
        "policy",
        [POLICY_INVALID, SUBDOMAIN_POLICY_INVALID, NONEXISTENT_POLICY_INVALID],
        "p, sp or np invalid",
        "p、sp、np の値の誤り",
    ),
    of(
        "not_processed",
        [NOT_PROCESSED],
        "neither policy nor report address",
        "ポリシーも宛先もなし",
    ),
    IGNORED,
)
OLDER = (
    MULTIPLE,
    VERSION,
    SEMICOLON,
    of("policy", [POLICY_INVALID, SUBDOMAIN_POLICY_INVALID], "p or sp invalid", "p、sp の値の誤り"),
    of("policy_missing", [POLICY_MISSING], "p missing", "p の欠落"),
    of("policy_not_second", [POLICY_NOT_SECOND], "p not directly behind v", "p が v の直後にない"),
    IGNORED,
)


def broken(classes: Iterable[Class]) -> tuple[str, ...]:
    """All but what costs a part of the record only."""
    return tuple(one.name for one in classes if one is not IGNORED)


RULE_SETS = (
    RuleSet(
        "rfc9989",
        "RFC 9989 §4.7, §4.10: what makes receivers ignore the record or its policy",
        CURRENT,
        pl.col("dmarc_published"),
        broken(CURRENT),
    ),
    RuleSet(
        "rfc7489",
        "RFC 7489 §6.3, §6.6.3: the same, and v and p, which must stand in that order",
        OLDER,
        pl.col("dmarc_published"),
        broken(OLDER),
    ),
)
