"""The table of the domains that take no mail, counted by hand."""

from typing import Any

import polars as pl
import pytest

from pipeline.config import Cohort
from pipeline.schema import PARKED, polars_schema
from pipeline.tables.layout import width
from pipeline.tables.parked import PARTS, parked_sheet, parked_table
from pipeline.tables.render import MOST, written
from pipeline.tables.text import csv, markdown

COHORTS = [Cohort(name="jp", lists=(), title=".jp"), Cohort(name="go.jp", lists=())]
EMPTY = Cohort(name="empty", lists=())
GIVEN = {
    "domain": pl.String,
    "exists": pl.Boolean,
    "mx": pl.String,
    "parked": pl.String,
    **{f"parked_{part}": pl.Boolean for part in PARTS},
}
# domain, exists, mx, parked, null_mx, spf, dmarc, dkim
ROWS: list[tuple[Any, ...]] = [
    ("a.jp", True, "null_mx", "fully", True, True, True, True),
    ("b.jp", True, "null_mx", "fully", True, True, True, False),
    ("c.jp", True, "null_mx", "some", True, False, False, False),
    ("d.jp", True, "null_mx", "unknown", True, None, True, False),
    ("e.jp", True, "null_mx", "not_observed", True, True, True, None),
    ("f.jp", True, "absent", "none", False, False, False, False),
    ("g.jp", True, "absent", "some", False, True, False, False),
    ("h.jp", False, "absent", "not_applicable", None, None, None, None),  # does not exist
    ("i.jp", None, "absent", "unknown", None, None, None, None),  # perhaps of no_mx
    ("j.jp", None, "unknown", "unknown", None, None, None, None),  # perhaps of either
    ("k.jp", True, "not_observed", "not_observed", None, None, None, None),  # likewise
    ("l.jp", False, "unknown", "not_applicable", None, None, None, None),  # of neither
    ("m.jp", True, "present", "not_applicable", None, None, None, None),
    ("n.jp", True, "implicit", "not_applicable", None, None, None, None),
    ("x.go.jp", True, "absent", "fully", False, True, True, False),
]
STATES = pl.LazyFrame(ROWS, schema=GIVEN, orient="row")
DOMAINS = pl.concat(
    [
        STATES.select(
            "domain",
            cohorts=pl.when(pl.col("domain").str.ends_with(".go.jp"))
            .then(pl.lit(["go.jp", "jp"]))
            .otherwise(pl.lit(["jp"])),
        ),
        pl.LazyFrame({"domain": ["never-judged.jp"], "cohorts": [["jp"]]}),
    ]
)


def test_counts() -> None:
    table = parked_table(STATES, DOMAINS, [*COHORTS, EMPTY])
    assert table.schema == polars_schema(PARKED)
    none = dict.fromkeys(polars_schema(PARKED), 0)
    assert table.to_dicts() == [
        {"cohort": "jp", "kind": "null_mx", "of": 5, "none": 0, "some": 1, "fully": 2}
        | {"unknown": 2, "not_observed": 1, "of_unknown": 3}
        | {"null_mx": 5, "spf": 3, "dmarc": 4, "dkim": 1},
        {"cohort": "jp", "kind": "no_mx", "of": 3, "none": 1, "some": 1, "fully": 1}
        | {"unknown": 0, "not_observed": 0, "of_unknown": 4}
        | {"null_mx": 0, "spf": 2, "dmarc": 1, "dkim": 0},
        none | {"cohort": "go.jp", "kind": "null_mx"},
        none | {"cohort": "go.jp", "kind": "no_mx", "of": 1, "fully": 1} | {"spf": 1, "dmarc": 1},
        none | {"cohort": "empty", "kind": "null_mx"},
        none | {"cohort": "empty", "kind": "no_mx"},
    ]


def test_every_domain_of_a_kind_is_in_one_state() -> None:
    table = parked_table(STATES, DOMAINS, COHORTS)
    assert table.select(pl.sum_horizontal("none", "some", "fully", "unknown") == pl.col("of"))[
        "none"
    ].all()


def test_without_the_facet_there_is_no_table() -> None:
    table = parked_table(STATES.select("domain", "exists", "mx"), DOMAINS, COHORTS)
    assert table.is_empty()
    assert table.schema == polars_schema(PARKED)


def test_the_sheet_cell_by_cell() -> None:
    sheet = parked_sheet(parked_table(STATES, DOMAINS, COHORTS), COHORTS, "en")
    assert [panel.heads for panel in sheet.panels] == [
        (".jp", "null MX", "of 5", "+ 3 perhaps"),
        (".jp", "neither MX nor address", "of 3", "+ 4 perhaps"),
        ("go.jp", "null MX", "of 0"),
        ("go.jp", "neither MX nor address", "of 1"),
    ]
    lines = zip(sheet.labels, *(lane.cells for lane in sheet.panels[1].lanes), strict=True)
    assert list(lines) == [
        ("none of those below", "1", "33.3 %"),
        ("some of them", "1", "33.3 %"),
        ("fully closed", "1", "33.3 %"),
        ("not known", "0", "0.0 %"),
        ("· null MX", "0", "0.0 %"),
        ("· SPF -all", "2", "66.7 %"),
        ("· DMARC reject", "1", "33.3 %"),
        ("· DKIM wildcard revoked", "0", "0.0 %"),
    ]
    assert set(sheet.panels[2].lanes[1].cells) == {"–"}  # no share of nobody


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_sheet_fits_the_screen_and_names_no_domain(lang: Any) -> None:
    table = parked_table(STATES, DOMAINS, [*COHORTS, EMPTY])
    text = written(parked_sheet(table, [*COHORTS, EMPTY], lang), MOST)
    assert max(width(line) for line in text.split("\n")) <= MOST
    for shown in (text, csv(table), markdown(table, PARKED, lang)):
        assert not [row[0] for row in ROWS if row[0] in shown]
