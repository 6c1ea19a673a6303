"""Two readings of what counts as a broken SPF record."""

from collections.abc import Iterable

import polars as pl

from ..protocol import Class, Finding, RuleSet
from .columns import has_record
from .findings import (
    ALL_NOT_LAST,
    FOREIGN_TEXT,
    INCLUDE_BROKEN,
    INCLUDE_LOOP,
    INCLUDE_WITHOUT_RECORD,
    MULTIPLE_RECORDS,
    NOT_ASCII,
    PTR,
    REDIRECT_WITHOUT_RECORD,
    SYNTAX,
    TEN_LOOKUPS,
    TOO_MANY_LOOKUPS,
    TOO_MANY_MX,
    VOID_LOOKUPS,
    WRONG_DASH,
)


def saw_tree() -> pl.Expr:
    """Did every include and redirect bring an answer? Several own records have no tree to see."""
    return (pl.col("spf_tree") != "unknown").fill_null(True)


def saw_all() -> pl.Expr:
    """Was everything seen that could make a record an error?"""
    return saw_tree() & pl.col("spf_valid").is_not_null()


def saw_voids() -> pl.Expr:
    """Is the number of void lookups known, or known to be within the limit?"""
    has_tree = pl.col("spf_tree").is_not_null()
    return saw_tree() & (~has_tree | pl.col("spf_void_lookups").is_not_null() | free_of_errors())


def free_of_errors() -> pl.Expr:
    """Was the record found valid?"""
    return pl.col("spf_valid").fill_null(False)


def of(name: str, findings: Iterable[Finding], needs: pl.Expr, en: str, ja: str) -> Class:
    """A class of these findings."""
    return Class(name, tuple(finding.code for finding in findings), en, ja, needs)


OWN = pl.lit(True)  # the own record's text says it all
MULTIPLE = of("multiple_records", [MULTIPLE_RECORDS], OWN, "several records", "複数レコード")
LOOP = of("include_loop", [INCLUDE_LOOP], saw_tree(), "include loop", "include の循環")

CHECK_HOST = (
    MULTIPLE,
    of("syntax", [SYNTAX, NOT_ASCII, WRONG_DASH], OWN, "syntax error", "文法誤り"),
    LOOP,
    of(
        "too_many_lookups",
        [TOO_MANY_LOOKUPS],
        saw_tree(),
        "more than ten lookups",
        "DNS 参照が 10 回超",
    ),
    of(
        "void_lookups", [VOID_LOOKUPS], saw_voids(), "more than two void lookups", "空応答が 2 回超"
    ),
    of(
        "without_record",
        [INCLUDE_WITHOUT_RECORD, REDIRECT_WITHOUT_RECORD],
        saw_tree(),
        "include or redirect without a record",
        "参照先に SPF レコードなし",
    ),
    of(
        "include_broken",
        [INCLUDE_BROKEN],
        saw_all(),
        "include or redirect to a broken record",
        "参照先のレコードに誤り",
    ),
    of(
        "too_many_mx", [TOO_MANY_MX], saw_all(), "more than ten MX behind mx", "mx の対象が 10 個超"
    ),
)

SLIDES = (
    MULTIPLE,
    LOOP,
    of(
        "lookups_10_or_more",
        [TEN_LOOKUPS, TOO_MANY_LOOKUPS],
        saw_tree(),
        "ten or more lookups",
        "DNS 参照が 10 回以上",
    ),
    of(
        "lookups_11_or_more",
        [TOO_MANY_LOOKUPS],
        saw_tree(),
        "eleven or more lookups",
        "DNS 参照が 11 回以上",
    ),
    of("all_not_last", [ALL_NOT_LAST], OWN, "a mechanism after all", "all の後に機構"),
    of(
        "syntax",
        [SYNTAX, NOT_ASCII, WRONG_DASH, FOREIGN_TEXT],
        OWN,
        "syntax, other services' text included",
        "文法誤り（他サービスの文字列を含む）",
    ),
    of("ptr", [PTR], OWN, "use of ptr", "ptr の使用"),
)

RULE_SETS = (
    RuleSet(
        "rfc7208",
        "RFC 7208: what check_host() returns permerror for",
        CHECK_HOST,
        has_record(),
        tuple(one.name for one in CHECK_HOST),
        "spf_lookups",
    ),
    RuleSet(
        "talk2021",
        "Hirano, Qualitia: slides on SPF mistakes in .jp, 2020 and 2021",
        SLIDES,
        has_record(),
        # the slides' total counts ten lookups as too many; eleven would count them twice
        tuple(one.name for one in SLIDES if one.name != "lookups_11_or_more"),
        "spf_lookups",
    ),
)
