"""What is stored and counted of BIMI at one domain."""

import polars as pl

from ...schema import Column
from ...words import State
from ..protocol import Class, Measure, RuleSet
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

DECLINED, INVALID = "declined", "invalid"

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
)

KNOWN = ~pl.col("bimi").is_in([State.UNKNOWN.value, State.NOT_OBSERVED.value])
MEASURES = (
    Measure(
        "bimi",
        "BIMI (own record or inherited)",
        "BIMI（継承を含む）",
        pl.when(KNOWN).then(pl.col("bimi") == State.PRESENT.value),
        pl.col("bimi") != State.NOT_OBSERVED.value,
    ),
)

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

# Of those with a record of their own: the faults of an inherited one are its own domain's.
HAS_OWN = pl.when(KNOWN).then((pl.col("bimi") != State.ABSENT.value) & ~pl.col("bimi_inherited"))
RULE_SETS = (
    RuleSet(
        "bimi",
        f"{DRAFT}: what keeps receivers from showing a logo",
        CLASSES,
        HAS_OWN,
        tuple(one.name for one in CLASSES),
    ),
)
