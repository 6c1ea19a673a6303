"""A published table as a file's text: CSV and Markdown."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from ..schema import Column
from .labels import count, percent
from .reference import Language


def csv(frame: pl.DataFrame) -> str:
    """A table with its column names in the first line; null is empty, shares are from 0 to 1."""
    return frame.write_csv()


def markdown(frame: pl.DataFrame, columns: Sequence[Column], lang: Language = "en") -> str:
    """A table, and under it what its columns mean. columns: the table's own, in its order."""
    kinds = {column.name: column.dtype for column in columns}
    lines = [
        "| " + " | ".join(kinds) + " |",
        "|" + "|".join(" :-- " if kind == pl.String else " --: " for kind in kinds.values()) + "|",
    ]
    for row in frame.select(list(kinds)).iter_rows(named=True):
        cells = (cell(value, kinds[name]) for name, value in row.items())
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("")
    for column in columns:
        unit = f" ({column.unit})" if column.unit else ""
        lines.append(f"- `{column.name}`{unit}: {column.en if lang == 'en' else column.ja}")
    return "\n".join(lines) + "\n"


def cell(value: Any, kind: Any) -> str:
    """One value in Markdown."""
    if value is None:
        return ""
    if kind == pl.String:
        return str(value).replace("|", "\\|")  # a cohort's name is free text
    return percent(value) if kind == pl.Float64 else count(value)
