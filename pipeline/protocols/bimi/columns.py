"""What is stored and counted of BIMI at one domain."""

import polars as pl

from ...schema import Column
from ...words import Level, State
from ..protocol import Class, Finding, Measure, RuleSet
from . import logo_findings, mark_findings
from .findings import (
    AUTHORITY_INVALID,
    AUTHORITY_NOT_HTTPS,
    DMARC_NOT_STRICT,
    DRAFT,
    DUPLICATE_TAG,
    LOCATION_EMPTY,
    LOCATION_FORMAT,
    LOCATION_INVALID,
    LOCATION_MISSING,
    LOCATION_NOT_HTTPS,
    MISSING_SEMICOLON,
    MULTIPLE_RECORDS,
    SYNTAX,
    VERSION_MISSPELT,
    VERSION_NOT_FIRST,
)

DECLINED, INVALID, VALID = "declined", "invalid", "valid"
HIDDEN = [State.UNKNOWN.value, State.NOT_OBSERVED.value]

COLUMNS = (
    Column(
        "bimi",
        pl.String,
        "",
        "by the record that applies, own or inherited: present; declined: l and a are empty; "
        "invalid; absent; unknown; not_observed",
        "適用されるレコード（自身または継承）による。present、declined: 辞退、invalid、"
        "absent、unknown、not_observed",
    ),
    Column(
        "bimi_location",
        pl.String,
        "",
        "where the logo is (l); null: no well-formed one, or unknown",
        "ロゴの URL（l）。null: なし、または不明",
    ),
    Column(
        "bimi_authority",
        pl.String,
        "",
        "where its evidence is (a); null: no well-formed one, or unknown",
        "証拠の URL（a）。null: なし、または不明",
    ),
    Column(
        "bimi_inherited",
        pl.Boolean,
        "",
        "the record that applies is the organisational domain's; null: unknown",
        "組織ドメインのレコードが適用されるか。null: 不明",
    ),
    Column(
        "bimi_dmarc_eligible",
        pl.Boolean,
        "",
        "DMARC is as strict as BIMI asks, at the domain and its organisational domain: quarantine "
        "(pct=100, no t=y) or reject, and no sp=none; null: unknown",
        "DMARC が BIMI の条件を満たすか（ドメインと組織ドメインで、pct=100 かつ t=y でない "
        "quarantine、または reject。sp=none でない）。null: 不明",
    ),
    Column(
        "bimi_logo",
        pl.String,
        "",
        "what l brings: valid: an SVG Tiny PS logo; invalid; absent: no usable record; unknown; "
        "not_observed: nothing was fetched",
        "l のロゴ。valid: 有効な SVG Tiny PS、invalid、absent: 有効なレコードなし、unknown、"
        "not_observed: 未取得",
    ),
    Column(
        "bimi_mark",
        pl.String,
        "",
        "what a brings: valid: a mark certificate for this domain and logo, in time, whoever "
        "issued it; invalid; absent: no usable record, or none with a; unknown; not_observed: "
        "nothing was fetched",
        "a のマーク証明書。valid: このドメインとロゴに対する期限内の証明書（発行者は問わない）、"
        "invalid、absent: 有効なレコードまたは a なし、unknown、not_observed: 未取得",
    ),
    Column(
        "bimi_mark_kind",
        pl.String,
        "",
        "vmc (registered or government mark) or cmc (prior use or modified mark), as the "
        "certificate says; null: none, or it does not say",
        "マーク証明書の種類。vmc（登録商標、政府のマーク）、cmc（先使用、変更した商標）。"
        "null: なし、または記載なし",
    ),
)

KNOWN = ~pl.col("bimi").is_in(HIDDEN)
SHOWS = pl.col("bimi") == State.PRESENT.value


def all_valid(*columns: str) -> pl.Expr:
    """Are these states all valid? False where one is known not to be; null: not known."""
    states = [pl.col(column) for column in columns]
    return (
        pl.when(pl.any_horizontal(state.is_in([INVALID, State.ABSENT.value]) for state in states))
        .then(False)
        .when(pl.all_horizontal(state == VALID for state in states))
        .then(True)
    )


MEASURES = (
    Measure(
        "bimi",
        "BIMI (own record or inherited)",
        "BIMI（継承を含む）",
        pl.when(KNOWN).then(SHOWS),
        pl.col("bimi") != State.NOT_OBSERVED.value,
    ),
    Measure(
        "bimi_logo",
        "BIMI with a valid logo",
        "BIMI（ロゴが有効）",
        all_valid("bimi_logo"),
        pl.col("bimi_logo") != State.NOT_OBSERVED.value,
    ),
    Measure(
        "bimi_mark",
        "BIMI with a valid logo and mark certificate",
        "BIMI（ロゴとマーク証明書が有効）",
        all_valid("bimi_logo", "bimi_mark"),
        pl.col("bimi_logo") != State.NOT_OBSERVED.value,
    ),
)


def is_judged(column: str) -> pl.Expr:
    """Was what is served seen, or is there nothing to see?"""
    return ~pl.col(column).is_in(HIDDEN)


def errors(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """The codes of those that keep a logo from being shown."""
    return tuple(finding.code for finding in findings if finding.level is Level.ERROR)


CLASSES = (
    Class("multiple_records", (MULTIPLE_RECORDS.code,), "several records", "レコードが複数"),
    Class(
        "syntax",
        tuple(
            finding.code
            for finding in (
                VERSION_MISSPELT,
                VERSION_NOT_FIRST,
                MISSING_SEMICOLON,
                SYNTAX,
                DUPLICATE_TAG,
            )
        ),
        "syntax error",
        "文法誤り",
    ),
    Class(
        "location",
        tuple(
            finding.code
            for finding in (
                LOCATION_MISSING,
                LOCATION_EMPTY,
                LOCATION_INVALID,
                LOCATION_NOT_HTTPS,
                LOCATION_FORMAT,
            )
        ),
        "no usable logo (l)",
        "使えるロゴ（l）なし",
    ),
    Class(
        "authority",
        (AUTHORITY_INVALID.code, AUTHORITY_NOT_HTTPS.code),
        "evidence (a) not valid",
        "証拠（a）の誤り",
    ),
    Class(
        "dmarc_not_strict",
        (DMARC_NOT_STRICT.code,),
        "DMARC not strict enough",
        "DMARC が十分に厳しくない",
        pl.col("bimi_dmarc_eligible").is_not_null(),
    ),
)

SERVED = (
    Class(
        "logo",
        errors(logo_findings.LOGO_FINDINGS),
        "logo not served, or not SVG Tiny PS",
        "ロゴの配信や形式の誤り",
        is_judged("bimi_logo"),
    ),
    Class(
        "certificate",
        errors(mark_findings.MARK_FINDINGS),
        "mark certificate not valid",
        "マーク証明書の誤り",
        is_judged("bimi_mark"),
    ),
)
"""Beside the others: "broken" speaks of the records, so that it can be told where nothing was
fetched."""

# Of those with a record of their own: the faults of an inherited one are its own domain's.
HAS_OWN = pl.when(KNOWN).then((pl.col("bimi") != State.ABSENT.value) & ~pl.col("bimi_inherited"))
RULE_SETS = (
    RuleSet(
        "bimi",
        f"{DRAFT}: what keeps receivers from showing a logo",
        (*CLASSES, *SERVED),
        HAS_OWN,
        tuple(one.name for one in CLASSES),
    ),
)
