"""What two versions of the rules make of the same facts, for a terminal."""

from collections.abc import Iterator, Sequence

import polars as pl

from ..report.terminal import printable
from ..tables.labels import count
from ..tables.layout import Lane, Panel, fold, tabulate
from . import Rejudged
from .compare import AFTER, BEFORE, BOTH, FINDING, STATE

MOST = 100  # cells in a line
TEXTS = {"Findings": [], "States": ["cell"], "Tables": ["part", "cohort", "cell"]}
MOST_ROWS = 60  # of one block; the file has them all


def lines(made: Rejudged) -> Iterator[str]:
    """The comparison in lines of at most MOST cells."""
    yield from fold(f"before: {printable(made.before)}", MOST)
    yield from fold(f"after:  {printable(made.after)}", MOST)
    rows = made.rows.filter(versions=BOTH)
    findings, states = rows.filter(part=FINDING), rows.filter(part=STATE)
    tables = rows.filter(~pl.col("part").is_in([FINDING, STATE]))
    if rows.is_empty():
        yield "\nNothing changed that both versions have."
    yield from block("Findings", findings, "domains", ["before", "after", "gained", "lost", "kept"])
    yield from block("States", states, "domains", ["changed"])
    yield from block("Tables", tables, "cells", ["before", "after"])
    for versions, side in ((BEFORE, "before"), (AFTER, "after")):
        yield from only(made.rows.filter(versions=versions), side)


def block(head: str, rows: pl.DataFrame, of: str, counts: Sequence[str]) -> Iterator[str]:
    """One table under its head; nothing where it would be empty. of: what its counts are of."""
    if rows.is_empty():
        return
    shown = rows.head(MOST_ROWS)
    texts = TEXTS[head]
    lanes = [Lane(name, list(map(printable, shown[name])), is_left=True) for name in texts]
    lanes += [Lane(name, [count(number) for number in shown[name]]) for name in counts]
    yield f"\n{head}\n{'═' * MOST}"
    yield tabulate([printable(row) for row in shown["row"]], [Panel((of,), tuple(lanes))], MOST)
    if rows.height > shown.height:
        yield f"… {rows.height - shown.height:,} more in tables/rejudged.csv"


def only(rows: pl.DataFrame, side: str) -> Iterator[str]:
    """What one version alone has, by its names; no change of what is published with both."""
    if rows.is_empty():
        return
    yield f"\nOnly {side}:"
    for part in rows["part"].unique(maintain_order=True):
        counts = rows.filter(part=part).group_by("row", maintain_order=True).agg(pl.col(side).max())
        names = (
            f"{row} ({count(domains)} domains)" if part == FINDING and domains else row
            for row, domains in counts.iter_rows()
        )
        yield from (
            f"  {line}" for line in fold(printable(f"{part}: {', '.join(names)}"), MOST - 2)
        )
