"""A small population with everything a table can show: unknowns, a sample, nobody observed."""

from types import SimpleNamespace

import polars as pl
import pytest

from pipeline.config import Cohort
from pipeline.protocols.protocol import Class, Measure, RuleSet
from pipeline.tables import Published
from pipeline.tables.published import tabulated
from pipeline.tables.reference import load_references

PUBLISHES = pl.col("spf")
TALK = RuleSet(
    "talk2021",
    "slides of a talk",
    (
        Class("syntax", ("spf.syntax",), "syntax error", "文法誤り"),
        Class("lookups_10_or_more", ("spf.ten",), "ten or more lookups", "DNS 参照が 10 回以上"),
        Class("ptr", ("spf.ptr",), "use of ptr", "ptr の使用"),
    ),
    PUBLISHES,
    ("syntax", "lookups_10_or_more", "ptr"),
    "lookups",
)
RFC = RuleSet(
    "rfc7208",
    "RFC 7208",
    (Class("syntax", ("spf.syntax",), "syntax error", "文法誤り"),),
    PUBLISHES,
    ("syntax",),
)
MEASURES = (
    Measure("spf", "publishes SPF (broken or not)", "SPF あり（誤りを含む）", pl.col("spf")),
    Measure(
        "dnssec",
        "validated by DNSSEC",
        "DNSSEC で検証できる",
        pl.col("dnssec") == "secure",
        pl.col("dnssec") != "not_observed",
    ),
)


COHORTS = (
    Cohort(name="go.jp", lists=(), known_size=582),
    Cohort(name="jp", lists=(), title=".jp", sample=200),
)


def spread(total: int, yes: int, unknown: int) -> list[bool | None]:
    """So many True, so many None, False for the rest."""
    return [True] * yes + [None] * unknown + [False] * (total - yes - unknown)


@pytest.fixture(scope="session")
def published() -> Published:
    """go.jp: 87 of 582 known, 60 with SPF, 3 unknown, DNSSEC seen; .jp: a sample of 200."""
    go = pl.DataFrame(
        {
            "domain": [f"leak{number}.go.jp" for number in range(87)],
            "mx": ["present"] * 80 + ["unknown"] * 2 + ["absent"] * 5,
            "spf": spread(80, 60, 3) + [None, None] + [False] * 5,
            "dnssec": ["secure"] * 8 + ["insecure"] * 79,
            "lookups": [90] + [1] * 59 + [None] * 27,
        },
        schema_overrides={"lookups": pl.UInt32},
    )
    jp = pl.DataFrame(
        {
            "domain": [f"leak{number}.jp" for number in range(200)],
            "mx": ["present"] * 200,
            "spf": spread(200, 124, 0),
            "dnssec": ["not_observed"] * 200,
            "lookups": [2] * 124 + [None] * 76,
        },
        schema_overrides={"lookups": pl.UInt32},
    )
    states = pl.concat([go, jp]).with_columns(exists=pl.lit(True))
    domains = pl.concat(
        frame.select("domain", cohorts=pl.lit([name], pl.List(pl.String)))
        for frame, name in ((go, "go.jp"), (jp, "jp"))
    )
    findings = pl.DataFrame(
        {
            "domain": ["leak0.go.jp", "leak1.go.jp", "leak0.jp", "leak0.jp"],
            "code": ["spf.ten", "spf.syntax", "spf.ptr", "spf.syntax"],
        }
    )
    return tabulated(
        states.lazy(),
        findings.lazy(),
        domains.lazy(),
        COHORTS,
        [SimpleNamespace(MEASURES=MEASURES, RULE_SETS=(RFC, TALK))],
        load_references(["go_jp_2020_11", "nl_gov_2020_03", "spf_mistakes_jp_2020"]),
    )
