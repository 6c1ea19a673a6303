"""Mistakes and disagreement: hand-counted over a population of eight."""

import polars as pl
import pytest

from pipeline.config import Cohort
from pipeline.protocols.protocol import Class, RuleSet
from pipeline.schema import DISAGREEMENT, MISTAKES, polars_schema
from pipeline.tables.mistakes import disagreement, mistakes

WHOLE = pl.col("tree") == "complete"
PUBLISHES = pl.when(pl.col("spf") != "unknown").then(pl.col("spf") == "present").otherwise(None)

SLIDES = RuleSet(
    name="slides",
    source="a talk",
    classes=(
        Class("syntax", ("spf.syntax",), "syntax", "構文"),
        Class("lookups_10", ("spf.ten", "spf.eleven"), "10 or more", "10 以上", needs=WHOLE),
        Class("lookups_11", ("spf.eleven",), "11 or more", "11 以上", needs=WHOLE),
        Class("ptr", ("spf.ptr",), "ptr", "ptr"),
    ),
    of=PUBLISHES,
    broken=("syntax", "lookups_10", "ptr"),
    worst="lookups",
)
STRICT = RuleSet(
    name="strict",
    source="an RFC",
    classes=(
        Class("syntax", ("spf.syntax",), "syntax", "構文"),
        Class("too_many_lookups", ("spf.eleven",), "over 10", "10 超", needs=WHOLE),
        Class("void_lookups", ("spf.void",), "void", "空", needs=WHOLE),
    ),
    of=PUBLISHES,
    broken=("syntax", "too_many_lookups", "void_lookups"),
    worst="lookups",
)

STATES = pl.LazyFrame(
    [
        # domain, spf, tree, lookups
        ("a.jp", "present", "complete", 1),
        ("b.jp", "present", "complete", 3),  # syntax, ptr
        ("c.jp", "present", "complete", 10),  # ten: broken on the slides alone
        ("d.jp", "present", "complete", 90),  # eleven
        ("e.jp", "present", "unknown", None),  # an include brought no answer
        ("f.jp", "present", "unknown", None),  # so here, but a syntax error is proof
        ("g.jp", "unknown", "unknown", None),
        ("h.jp", "absent", "complete", None),
    ],
    schema=["domain", "spf", "tree", "lookups"],
    orient="row",
)
FINDINGS = pl.LazyFrame(
    {
        "domain": ["b.jp", "b.jp", "b.jp", "c.jp", "d.jp", "f.jp", "a.jp"],
        "code": [
            "spf.syntax",
            "spf.syntax",  # twice in one record is one domain
            "spf.ptr",
            "spf.ten",
            "spf.eleven",
            "spf.syntax",
            "spf.note_of_no_class",
        ],
    }
)
DOMAINS = STATES.select("domain", cohorts=pl.lit(["jp"], pl.List(pl.String)))
JP, GO = Cohort(name="jp", lists=()), Cohort(name="go.jp", lists=())


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return mistakes(STATES, FINDINGS, DOMAINS, [JP], [SLIDES, STRICT])


# yes, no, unknown, worst: counted by hand; of is always 6 (a to f), of_unknown 1 (g)
@pytest.mark.parametrize(
    ("rule_set", "kind", "expected"),
    [
        ("slides", "syntax", (2, 4, 0, None)),  # b f
        ("slides", "lookups_10", (2, 2, 2, 90)),  # c d; e f unknown
        ("slides", "lookups_11", (1, 3, 2, 90)),
        ("slides", "ptr", (1, 5, 0, None)),
        ("slides", "sum", (5, None, 2, None)),
        ("slides", "broken", (4, 1, 1, None)),  # b c d f; a is not; e unknown
        ("strict", "syntax", (2, 4, 0, None)),
        ("strict", "too_many_lookups", (1, 3, 2, 90)),
        ("strict", "void_lookups", (0, 4, 2, None)),
        ("strict", "sum", (3, None, 4, None)),
        ("strict", "broken", (3, 2, 1, None)),
    ],
)
def test_classes_by_hand(table, rule_set, kind, expected):
    found = table.row(
        by_predicate=(pl.col("rule_set") == rule_set) & (pl.col("class") == kind), named=True
    )
    assert tuple(found[name] for name in ("yes", "no", "unknown", "worst")) == expected
    assert (found["of"], found["of_unknown"]) == (6, 1)
    assert found["share"] == pytest.approx(expected[0] / 6)


def test_rows_and_columns(table):
    assert table.schema == pl.Schema(polars_schema(MISTAKES))
    assert table["class"].to_list() == [
        *("syntax", "lookups_10", "lookups_11", "ptr", "sum", "broken"),
        *("syntax", "too_many_lookups", "void_lookups", "sum", "broken"),
    ]


def test_a_cohort_where_nobody_publishes():
    empty = mistakes(STATES, FINDINGS, DOMAINS, [GO], [SLIDES])
    assert empty["of"].unique().to_list() == [0]
    assert empty["share"].null_count() == empty.height
    assert empty["worst"].null_count() == empty.height


def test_without_any_finding():
    none = mistakes(STATES, FINDINGS.clear(), DOMAINS, [JP], [SLIDES])
    broken = none.row(by_predicate=pl.col("class") == "broken", named=True)
    assert (broken["yes"], broken["no"], broken["unknown"]) == (0, 4, 2)


# yes, unknown by hand. slides broken: b c d f, e unknown; strict broken: b d f, e unknown
@pytest.mark.parametrize(
    ("rule_set", "kind", "expected"),
    [
        ("slides", "broken", (1, 2)),  # c; e unknown to both, g may not even publish
        ("slides", "syntax", (0, 1)),  # g: would it publish, it could be here
        ("slides", "lookups_10", (1, 2)),
        ("slides", "ptr", (0, 1)),
        ("strict", "broken", (0, 2)),
        ("strict", "void_lookups", (0, 2)),
    ],
)
def test_disagreement_by_hand(rule_set, kind, expected):
    table = disagreement(STATES, FINDINGS, DOMAINS, [JP], [SLIDES, STRICT])
    found = table.row(
        by_predicate=(pl.col("rule_set") == rule_set) & (pl.col("class") == kind), named=True
    )
    assert (found["yes"], found["unknown"]) == expected
    assert found["of"] == 6
    assert table.schema == pl.Schema(polars_schema(DISAGREEMENT))


def test_one_reading_has_nobody_to_disagree_with():
    table = disagreement(STATES, FINDINGS, DOMAINS, [JP], [SLIDES])
    assert table.is_empty()
    assert table.schema == pl.Schema(polars_schema(DISAGREEMENT))
