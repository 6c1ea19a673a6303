"""The same facts under two versions of the rules: a mended rule must not be taken for a trend.

After is always this version's rules, over the run's facts. Before is what is stored with the run,
what is stored with another run of the same facts, or what another version of the program makes of
them, in a process of its own.

    sides.py     the two versions' verdicts
    compare.py   what differs between them
    shown.py     the same for a terminal
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from ..schema import REJUDGED
from ..store import Store
from ..tables.text import csv, markdown
from .compare import BOTH, compared
from .sides import Side, other_side, own_side

OUT = "tables/rejudged"


@dataclass(frozen=True, slots=True)
class Rejudged:
    """What differs, in the columns of `schema.REJUDGED`, and whose verdicts were compared."""

    rows: pl.DataFrame
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        """Does anything differ that both versions have?"""
        return not self.rows.filter(versions=BOTH).is_empty()


def rejudge(run: Store, against: Path | None, python: Path | None = None) -> Rejudged:
    """Judge the run's facts by this version's rules, compare, and write RUN/tables/rejudged.*.

    against: another run's folder, or one that holds the package `pipeline`; None: the run as it is
    stored. python: what runs the other version. Raises ConfigError: one line.
    """
    with both_sides(run, against, python) as (before, after):
        made = Rejudged(compared(before, after), before.said, after.said)
    run.write(OUT, made.rows, REJUDGED)
    run.write_text(OUT + ".csv", csv(made.rows))
    run.write_text(OUT + ".md", markdown(made.rows, REJUDGED))
    return made


@contextmanager
def both_sides(
    run: Store, against: Path | None, python: Path | None
) -> Iterator[tuple[Side, Side]]:
    """Before and after, as long as this lasts: what was judged for it lies in a passing folder."""
    with TemporaryDirectory(prefix="mailsurvey-") as folder:
        yield (
            other_side(run, against, python, Path(folder) / "before"),
            own_side(run, Path(folder) / "after"),
        )
