"""What the notebooks show: a run's published tables as HTML, its charts as SVG, what it asked.

Nothing here reads the network, and no domain's name is shown.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import altair as alt
import great_tables as gt
import polars as pl
from IPython.display import SVG, Markdown

from .. import manifest as manifests
from ..protocols import ALL
from ..protocols.protocol import RuleSet
from ..run import about, cohorts_of
from ..store import Store, StoreError, runs
from ..tables import Published, published
from ..tables.labels import count, percent, title
from ..tables.layout import Sheet
from ..words import SETTLED
from .figures import svg

RUN = "MAILSURVEY_RUN"  # the environment variable that names a run's folder
RUNS = Path(__file__).parents[2] / "data" / "runs"


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has its tables."""

    store: Store
    manifest: Mapping[str, Any]
    published: Published


def open_run() -> Run:
    """The run that MAILSURVEY_RUN names, else the newest in data/runs. Raises StoreError."""
    store = chosen(Path(os.environ[RUN]) if RUN in os.environ else None)
    manifest = manifests.read(store)
    references = manifest["settings"].get("reference", ())
    return Run(
        store, manifest, published(store, cohorts_of(manifest), ALL, references, about(manifest))
    )


def chosen(run: Path | None, folder: Path = RUNS) -> Store:
    """The given run, or the newest in a folder. Raises StoreError where it has no tables."""
    for store in reversed([Store(run)] if run is not None else runs(folder)):
        if store.has("tables/adoption.parquet"):
            return store
    raise StoreError(f"{run or folder}: no run with tables; mailsurvey crawl makes one")


def rules_of(run: Run, name: str) -> RuleSet:
    """A reading by its name. Raises KeyError."""
    return {rules.name: rules for group in run.published.rule_sets for rules in group}[name]


def measured(run: Run) -> Markdown:
    """What was measured: when, whom, by what, as the manifest says."""
    manifest, settings = run.manifest, run.manifest["settings"]
    resolvers = [
        f"{one.get('software') or 'software unknown'} ({one.get('why', '')})"
        for one in manifest.get("resolvers", [])
    ]
    where = "the embedded lab: a planned population" if settings.get("lab") else "the Internet"
    lines = [
        f"**{settings.get('title') or manifest['study']}**, asked of {where}.",
        f"- asked: from {manifest['started_at']} to {manifest.get('finished_at') or 'now'}",
        f"- engine: {settings['engine']}, seed {settings['seed']}",
        *(f"- resolver: {one}" for one in resolvers),
        f"- mailsurvey {manifest['versions']['mailsurvey']}",
        *(f"- {line}" for line in population(run)),
    ]
    return Markdown("\n".join([lines[0], "", *lines[1:]]))  # type: ignore[no-untyped-call]


def population(run: Run) -> list[str]:
    """Each cohort: how many domains, of how many known, and over which of them the shares are."""
    lines = []
    for cohort in run.published.cohorts:
        listed = count(run.published.sizes.get(cohort.name, 0))
        known = f" of {count(cohort.known_size)} known" if cohort.known_size else ""
        drawn = f", a random sample of {count(cohort.sample)}" if cohort.sample else ""
        below = "with" if cohort.subdomains else "without"
        lines.append(
            f"cohort {title(cohort)}: {listed}{known} domains{drawn}, {below} subdomains; "
            f"denominator `{cohort.denominator}`"
        )
    return lines


def outcomes(run: Run) -> gt.GT:
    """Questions by what became of them; those that say nothing of a domain are failures."""
    found = run.manifest.get("facts", {}).get("outcome", {})
    asked = sum(found.values())
    rows = [
        (name, "" if name in SETTLED else "failure", count(number), percent(number / asked))
        for name, number in found.items()
    ]
    columns = ["outcome", "", "questions", "share"]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
    return gt.GT(frame).cols_align("right", ["questions", "share"])


def table(sheet: Sheet) -> gt.GT:
    """A sheet as an HTML table: a spanner a panel, its notes below."""
    columns = {"": list(sheet.labels)}
    heads: dict[str, Any] = {}
    spans: list[tuple[str, list[str]]] = []
    for number, panel in enumerate(sheet.panels):
        keys = []
        for lane in panel.lanes:
            keys.append(f"{number} {lane.head}")
            columns[keys[-1]] = list(lane.cells)
            heads[keys[-1]] = lane.head
        spans.append((f"{number}", keys))
    made = gt.GT(pl.DataFrame(columns), rowname_col="").cols_label(cases=heads)
    for (key, keys), panel in zip(spans, sheet.panels, strict=True):
        label = gt.html("<br>".join(escape(head) for head in panel.heads))
        made = made.tab_spanner(label=label, columns=keys, id=key)
    for note in sheet.notes:
        made = made.tab_source_note(note)
    return made.cols_align("right", list(heads)).tab_options(
        table_font_size="14px", data_row_padding="4px"
    )


def show(chart: alt.TopLevelMixin) -> SVG:
    """A chart, drawn."""
    return SVG(svg(chart))  # type: ignore[no-untyped-call]
