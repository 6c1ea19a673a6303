"""Adoption: hand-counted expectations, and the bounds against every way the unknowns could fall."""

from itertools import product

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Cohort
from pipeline.protocols.protocol import Measure
from pipeline.schema import ADOPTION, polars_schema
from pipeline.tables.adoption import adoption, sizes
from pipeline.words import Denominator

SPF = Measure("spf", "SPF record", "SPF レコード", pl.col("spf"))
SECURE = Measure(
    "dnssec",
    "signed",
    "署名あり",
    value=pl.col("dnssec") == "secure",
    observed=pl.col("dnssec") != "not_observed",
)
MX = Measure("mx", "MX", "MX", pl.col("mx") == "present")

STATES = pl.LazyFrame(
    [
        # domain, exists, mx, spf, dnssec
        ("a.jp", True, "present", True, "secure"),
        ("b.jp", True, "present", False, "not_observed"),
        ("c.jp", True, "present", None, "insecure"),
        ("d.jp", True, "implicit", True, "secure"),
        ("e.jp", True, "null_mx", True, "insecure"),
        ("f.jp", True, "absent", False, "insecure"),
        ("g.jp", False, "absent", False, "insecure"),
        ("h.jp", None, "unknown", True, "secure"),
        ("i.jp", None, "unknown", None, "secure"),
        ("j.jp", None, "not_observed", False, "not_observed"),
    ],
    schema=["domain", "exists", "mx", "spf", "dnssec"],
    orient="row",
)


def cohort(
    denominator: Denominator = Denominator.WITH_MX, name: str = "jp", sample: int | None = None
) -> Cohort:
    return Cohort(name=name, lists=(), denominator=denominator, sample=sample)


def listed(names: pl.LazyFrame, *cohorts: str) -> pl.LazyFrame:
    return names.select("domain", cohorts=pl.lit(list(cohorts), pl.List(pl.String)))


def row(cohort: Cohort, measure: Measure = SPF) -> dict[str, object]:
    table = adoption(STATES, listed(STATES, cohort.name), [cohort], [measure])
    return table.row(0, named=True)


# yes, no, unknown, of, of_unknown: counted by hand in STATES
@pytest.mark.parametrize(
    ("denominator", "expected"),
    [
        (Denominator.WITH_MX, (1, 1, 1, 3, 3)),  # a b c; h i j may
        (Denominator.MAIL_CAPABLE, (2, 1, 1, 4, 3)),  # and d
        (Denominator.EXISTS, (3, 2, 1, 6, 3)),  # a to f; h i j may
        (Denominator.LISTED, (4, 4, 2, 10, 0)),
    ],
)
def test_each_denominator_counts_its_own_domains(denominator, expected):
    counted = row(cohort(denominator))
    assert tuple(counted[name] for name in ("yes", "no", "unknown", "of", "of_unknown")) == expected


def test_share_and_bounds_by_hand():
    counted = row(cohort(Denominator.WITH_MX))
    assert counted["share"] == pytest.approx(1 / 3)
    assert counted["low"] == pytest.approx(1 / 5)  # c is without; i and j join and are without
    assert counted["high"] == pytest.approx(4 / 5)  # c is with; h and i join and are with


def test_not_observed_is_unknown_and_counted_beside_it():
    counted = row(cohort(Denominator.LISTED), SECURE)
    assert counted["yes"] == 4
    assert counted["no"] == 4
    assert counted["unknown"] == 2
    assert counted["not_observed"] == 2


def test_what_nobody_was_observed_in_has_no_share():
    states = STATES.with_columns(dnssec=pl.lit("not_observed"))
    table = adoption(states, listed(states, "jp"), [cohort()], [SECURE])
    counted = table.row(0, named=True)
    assert (counted["of"], counted["not_observed"], counted["no"]) == (3, 3, 0)
    assert counted["share"] is None
    assert (counted["low"], counted["high"]) == (0.0, 1.0)


def test_an_empty_cohort_keeps_its_row():
    table = adoption(STATES, listed(STATES, "jp"), [cohort(name="go.jp")], [SPF, MX])
    assert table["of"].to_list() == [0, 0]
    assert table["share"].to_list() == [None, None]
    assert table["low"].to_list() == [None, None]


def test_a_domain_without_states_is_unknown_not_absent():
    domains = pl.concat([listed(STATES, "jp"), listed(pl.LazyFrame({"domain": ["z.jp"]}), "jp")])
    with_mx = adoption(STATES, domains, [cohort()], [SPF]).row(0, named=True)
    assert (with_mx["of"], with_mx["of_unknown"]) == (3, 4)
    everything = adoption(STATES, domains, [cohort(Denominator.LISTED)], [SPF]).row(0, named=True)
    assert (everything["unknown"], everything["of"]) == (3, 11)


def test_rows_follow_cohorts_and_measures_and_columns_the_schema():
    cohorts = [cohort(name="go.jp"), cohort(Denominator.LISTED, name="jp")]
    table = adoption(STATES, listed(STATES, "jp", "go.jp"), cohorts, [SPF, MX, SECURE])
    assert table.schema == pl.Schema(polars_schema(ADOPTION))
    assert table.select("cohort", "measure").rows() == list(
        product(("go.jp", "jp"), ("spf", "mx", "dnssec"))
    )
    assert table["denominator"].unique(maintain_order=True).to_list() == ["with_mx", "listed"]


# yes, of, and the interval that R. G. Newcombe prints for Wilson's method: "Two-sided confidence
# intervals for the single proportion", Statistics in Medicine 17 (1998), table I, method 3
@pytest.mark.parametrize(
    ("yes", "of", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_of_a_sample(yes, of, low, high):
    states = pl.LazyFrame(
        {
            "domain": [f"d{number}.jp" for number in range(of)],
            "exists": [True] * of,
            "mx": ["present"] * of,
            "spf": [number < yes for number in range(of)],
        }
    )
    sample = adoption(states, listed(states, "jp"), [cohort(sample=of)], [SPF]).row(0, named=True)
    assert sample["wilson_low"] == pytest.approx(low, abs=5e-5)
    assert sample["wilson_high"] == pytest.approx(high, abs=5e-5)
    whole = adoption(states, listed(states, "jp"), [cohort()], [SPF]).row(0, named=True)
    assert (whole["wilson_low"], whole["wilson_high"]) == (None, None)


def fallen(rows: list[tuple[bool | None, bool | None]]) -> list[float]:
    """The share in every world that the unknowns allow. rows: (is a member, has it)."""
    shares = []
    ways = [
        product([member] if member is not None else [True, False],
                [value] if value is not None else [True, False])
        for member, value in rows
    ]  # fmt: skip
    for world in product(*map(list, ways)):
        values = [value for member, value in world if member]
        if values:
            shares.append(sum(values) / len(values))
    return shares


THREE = st.sampled_from([True, False, None])


@given(st.lists(st.tuples(THREE, THREE), max_size=6))
def test_bounds_are_the_extremes_over_every_way_the_unknowns_could_fall(rows):
    states = pl.LazyFrame(
        {
            "domain": [f"d{number}.jp" for number in range(len(rows))],
            "exists": [member for member, _ in rows],
            "mx": ["absent"] * len(rows),
            "spf": [value for _, value in rows],
        },
        schema={"domain": pl.String, "exists": pl.Boolean, "mx": pl.String, "spf": pl.Boolean},
    )
    exists = [cohort(Denominator.EXISTS)]
    counted = adoption(states, listed(states, "jp"), exists, [SPF]).row(0, named=True)
    shares = fallen(rows)
    if shares:
        assert counted["low"] == pytest.approx(min(shares))
        assert counted["high"] == pytest.approx(max(shares))
    else:
        assert counted["low"] is None
        assert counted["high"] is None


def test_sizes_count_what_is_listed():
    domains = pl.LazyFrame(
        {"domain": ["a.jp", "b.go.jp", "c.nl"], "cohorts": [["jp"], ["jp", "go.jp"], []]}
    )
    assert sizes(domains) == {"jp": 2, "go.jp": 1}
