"""List files as people have them → items, one a cell, line or row.

The format is the file name's ending, or what the study says; packing (gz, zst, xz) and encoding
are found by themselves. Which cells hold a domain name is not judged here: every item is handed
on, so that what is rejected can be counted, with its reason.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ..config import ALL_COLUMNS, FORMATS, ConfigError, ListFile
from . import tables, zonefile
from .files import content, decoded
from .names import Reason, clean, name_of, pieces
from .tables import Item

__all__ = ["Item", "Reason", "clean", "name_of", "pieces", "read_list"]

ENDINGS = {
    "": "text", ".txt": "text", ".list": "text", ".lst": "text", ".csv": "csv", ".tsv": "csv",
    ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".zone": "zone",
    ".db": "zone", ".xlsx": "xlsx", ".ods": "ods",
}  # fmt: skip
PACKED = (".gz", ".zst", ".xz")
COMMENT = re.compile(r"(?:^|(?<=\s))(?:#|;|//).*")
"""At a line's begin or after a blank: `a.jp;b.jp` are two names, `a.jp ; b.jp` is one."""


def read_list(path: Path, spec: ListFile) -> Iterator[Item]:
    """The items of a list file in its order, blank ones left out. Raises ConfigError."""
    kind = kind_of(path, spec)
    raw = content(path)
    if kind == "parquet":
        heads, rows = tables.parquet_table(raw, path)
        return tables.items(rows, heads, spec, path)
    if kind in ("xlsx", "ods"):
        from . import sheets  # few lists are one

        return tables.items(sheets.rows(raw, path, kind), None, spec, path)
    text = decoded(raw, path, spec.encoding)
    if kind == "csv":
        return tables.items(tables.csv_rows(text, path), None, spec, path)
    if kind in ("json", "jsonl"):
        read = tables.json_table if kind == "json" else tables.jsonl_table
        heads, rows = read(text, path)
        return tables.items(rows, heads, spec, path)
    if spec.column is not None or set(spec.strata) - {ALL_COLUMNS}:
        wrong = f"a {kind} file has no columns"
        raise ConfigError.at(path, 1, wrong, "column and strata left out, or another format")
    if kind == "zone":
        return (Item(line, name, {}) for line, name in zonefile.delegated(text, path))
    return lines(text)


def kind_of(path: Path, spec: ListFile) -> str:
    """One of FORMATS. Raises ConfigError: an ending that says nothing."""
    if spec.format:
        return spec.format
    bare = path.with_suffix("") if path.suffix.lower() in PACKED else path
    kind = ENDINGS.get(bare.suffix.lower())
    if kind is None:
        wrong = f"what kind of file is {path.name!r}?"
        raise ConfigError.at(path, 1, wrong, "format = one of " + ", ".join(FORMATS))
    # Who names a column knows that there are some, whatever the file is called.
    return "csv" if kind == "text" and spec.column is not None else kind


def lines(text: str) -> Iterator[Item]:
    """Lines of plain text, without comments."""
    nothing: dict[str, str] = {}
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if bare := COMMENT.sub("", line).strip():
            yield Item(number, bare, nothing)
