"""A judged run's folder with its tables, of domains whose names must show up nowhere."""

import json
from dataclasses import asdict

import polars as pl
import pytest

from pipeline.config import Cohort
from pipeline.judge import state_columns
from pipeline.protocols import ALL
from pipeline.schema import DOMAINS, FINDINGS, polars_schema
from pipeline.store import Store
from pipeline.tables import Published, publish
from pipeline.tables import published as read_tables

REFERENCES = ["go_jp_2020_11", "jp_2020_10", "nl_gov_2020_03", "spf_mistakes_jp_2020"]


COHORTS = (
    Cohort(name="go.jp", lists=(), known_size=582),
    Cohort(name="jp", lists=(), title=".jp"),
)


def states() -> pl.DataFrame:
    """400 domains. go.jp (100): all with SPF; .jp (300): every second. DNSSEC: every tenth.

    Every thirtieth has an include that brought no answer.
    """
    seen = pl.int_range(400)
    is_go = seen < 100
    has_spf = is_go | (seen % 2 == 0)
    is_known = seen % 30 != 0
    facets = {
        "domain": pl.format("leak{}.jp", seen),
        "exists": pl.lit(True),
        "mx": pl.lit("present"),
        "spf": pl.when(has_spf).then(pl.lit("present")).otherwise(pl.lit("absent")),
        "spf_tree": pl.when(has_spf & is_known)
        .then(pl.lit("complete"))
        .when(has_spf)
        .then(pl.lit("unknown")),
        "spf_lookups": pl.when(has_spf & is_known).then(seen % 7 + seen // 25),
        "spf_valid": pl.when(is_known).then(has_spf),
        "spf_hardfail": has_spf & (seen % 3 == 0),
        "spf_hardfail_effective": has_spf & (seen % 3 == 0),
        "dnssec": pl.when(seen % 10 == 0).then(pl.lit("secure")).otherwise(pl.lit("insecure")),
    }
    return pl.select(
        facets[column.name].cast(column.dtype).alias(column.name)
        if column.name in facets
        else pl.lit(None, column.dtype).alias(column.name)
        for column in state_columns(ALL)
    )


def findings() -> pl.DataFrame:
    planted = {
        "spf.syntax": [0, 1, 2, 150],
        "spf.multiple_records": [3, 4, 102],
        "spf.all_not_last": [5, 104],
        "spf.ptr": [6, 7, 106],
        "spf.too_many_lookups": [8, 108],
    }
    rows = [(f"leak{number}.jp", code) for code, numbers in planted.items() for number in numbers]
    found = pl.DataFrame(rows, schema=["domain", "code"], orient="row")
    return found.select(
        pl.col(name) if name in found.columns else pl.lit(None, kind).alias(name)
        for name, kind in polars_schema(FINDINGS).items()
    )


@pytest.fixture(scope="session")
def run(tmp_path_factory) -> Store:
    """The run's folder, as a crawl and its judging leave it."""
    store = Store(tmp_path_factory.mktemp("runs") / "synthetic-20260101-000000")
    judged = states()
    is_go = pl.int_range(pl.len()) < 100
    cohorts = pl.when(is_go).then(pl.lit("go.jp")).otherwise(pl.lit("jp"))
    domains = judged.select("domain", cohorts=pl.concat_list(cohorts)).with_columns(
        strata=pl.lit([], polars_schema(DOMAINS)["strata"])
    )
    store.write("states", judged, state_columns(ALL))
    store.write("findings", findings(), FINDINGS)
    store.write("domains", domains, DOMAINS)
    manifest = {
        "study": "synthetic",
        "settings": {
            "title": "A synthetic study",
            "engine": "wire",
            "seed": 1,
            "lab": {"seed": 1},
            "reference": REFERENCES,
            "cohorts": [asdict(cohort) for cohort in COHORTS],
        },
        "population": {cohort.name: {"not_drawn": 0} for cohort in COHORTS},
        "versions": {"mailsurvey": "0"},
        "started_at": "2026-01-01T00:00:00+00:00",
        "finished_at": "2026-01-01T00:01:00+00:00",
        "resolvers": [{"software": "lab", "why": "validates"}],
        "facts": {"outcome": {"answered": 900, "timeout": 100}},
    }
    store.write_text("manifest.json", json.dumps(manifest))
    publish(store, COHORTS, ALL, REFERENCES)
    return store


@pytest.fixture(scope="session")
def published(run) -> Published:
    return read_tables(run, COHORTS, ALL, REFERENCES)
