"""Lists with columns: CSV, JSON, Parquet, spreadsheets. Which column holds the names?

Each format becomes a header, where it has one, and rows of text; the rest is the same for all.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from ..config import ALL_COLUMNS, ConfigError, ListFile
from .names import Reason, clean, name_of, pieces

Row = tuple[int, list[str]]
"""Line, row or item in the file, from 1, and the cells."""

USUAL = (
    "domain", "domain name", "domainname", "ドメイン", "ドメイン名", "fqdn",
    "hostname", "host name", "host", "ホスト名", "name",
    "url", "website", "web page", "site", "email", "mail", "address",
)  # fmt: skip
"""Heads of columns that hold names; where a file has several of them, the first here counts."""
SAMPLE = 50  # rows that show what a file is
DELIMITERS = ",;\t|"
LONGEST_VALUE = 200
DEEPEST = 4  # objects around a JSON file's list


class Item(NamedTuple):
    """What one place of a list file holds: a cell, and the further columns beside it."""

    line: int
    text: str
    strata: dict[str, str]


def items(
    rows: Iterator[Row], header: list[str] | None, spec: ListFile, path: Path
) -> Iterator[Item]:
    """The items of a table. header: None if it may be the first row. Raises ConfigError."""
    sample = list(islice(rows, SAMPLE))
    if header is None and sample and is_header(sample[0][1], spec.column):
        header = sample.pop(0)[1]
    if not sample:
        return
    width = max(len(cells) for _, cells in sample)
    titles = [*(header or []), *[""] * width][: max(width, len(header or []))]
    heads = [title.strip() or f"column {number}" for number, title in enumerate(titles, 1)]
    column = chosen(heads, [cells for _, cells in sample], spec, path)
    strata = [(heads[at], at) for at in kept(heads, column, spec, path)]
    for line, cells in chain(sample, rows):
        if column < len(cells) and (text := cells[column].strip()):
            beside = ((head, cells[at].strip()) for head, at in strata if at < len(cells))
            yield Item(line, text, {head: value[:LONGEST_VALUE] for head, value in beside if value})


def is_header(cells: list[str], column: str | int | None) -> bool:
    """Is a first row the head? With a named column it must be; else if no name stands in it."""
    if isinstance(column, str):
        return True
    looked_at = cells[column - 1 : column] if column else cells
    return not any(holds_name(cell) for cell in looked_at)


def holds_name(cell: str) -> bool:
    """Is there a domain name in a cell?"""
    return isinstance(found := clean(cell), list) and bool(found)


def chosen(heads: list[str], rows: list[list[str]], spec: ListFile, path: Path) -> int:
    """The index of the column with the names: as configured, by its head, or by what it holds."""
    if spec.column is not None:
        return position(spec.column, heads, path)
    plain = [" ".join(head.lower().replace("_", " ").split()) for head in heads]
    for usual in USUAL:
        if usual in plain:
            return plain.index(usual)
    if len(heads) == 1:
        return 0
    full = [[row[at] for row in rows if at < len(row) and row[at]] for at in range(len(heads))]
    names = [at for at, cells in enumerate(full) if cells and all(map(only_names, cells))]
    if len(names) != 1:
        raise ConfigError.at(path, 1, "which column holds the names?", "column = " + listed(heads))
    return names[0]


def only_names(cell: str) -> bool:
    """Is there nothing in a cell but domain names, URLs, e-mail addresses?"""
    return not any(isinstance(name_of(piece), Reason) for piece in pieces(cell))


def kept(heads: list[str], column: int, spec: ListFile, path: Path) -> list[int]:
    """The indexes of the strata's columns."""
    if ALL_COLUMNS in spec.strata:
        return [at for at in range(len(heads)) if at != column]
    return [position(wanted, heads, path) for wanted in spec.strata]


def position(wanted: str | int, heads: list[str], path: Path) -> int:
    """The index of a named or numbered column. Raises ConfigError."""
    if isinstance(wanted, int) and wanted <= len(heads):
        return wanted - 1
    if isinstance(wanted, str) and wanted in heads:
        return heads.index(wanted)
    raise ConfigError.at(path, 1, f"no column {wanted!r}", listed(heads))


def listed(heads: list[str]) -> str:
    """The columns of a file, as an error names them."""
    return ", ".join(f"{number} ({head[:40]!r})" for number, head in enumerate(heads[:40], 1))


# --- formats -------------------------------------------------------------------------------------


def csv_rows(text: str, path: Path) -> Iterator[Row]:
    """Rows of a CSV file with the line where each begins. `#` begins a comment. Raises ConfigError.

    A file without a separator is a single column, whose cells may hold several names.
    """
    delimiter = delimiter_of(text)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter or "\0")
    line = 1
    try:
        for cells in reader:
            if any(cells) and not cells[0].lstrip().startswith("#"):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as fault:
        allowed = f"cells of up to {csv.field_size_limit():,} characters, closed quotes"
        raise ConfigError.at(path, line, f"no CSV: {fault}", allowed) from None


def delimiter_of(text: str) -> str:
    """The separator that cuts most of the first rows into the same number of cells; "": none."""
    best, best_score = "", 0
    for delimiter in DELIMITERS:
        try:
            reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
            widths = [len(cells) for cells in islice(reader, SAMPLE) if cells]
        except csv.Error:
            continue
        usual = max(set(widths), key=widths.count, default=1)
        score = widths.count(usual) if usual > 1 else 0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def json_table(text: str, path: Path) -> tuple[list[str], Iterator[Row]]:
    """Header and rows of a JSON file: a list of texts or of objects, also within objects."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as fault:
        raise ConfigError.at(path, fault.lineno, f"no JSON: {fault.msg}", "a JSON list") from None
    except (ValueError, RecursionError):
        wrong = "nested too deeply, or a number too long"
        raise ConfigError.at(path, 1, wrong, "a JSON list") from None
    return object_table(enumerate(the_list(found, path), 1), path)


def jsonl_table(text: str, path: Path) -> tuple[list[str], Iterator[Row]]:
    """Header and rows of JSON lines."""
    numbered = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                numbered.append((number, json.loads(line)))
            except (ValueError, RecursionError):
                wrong = "not one JSON value"
                raise ConfigError.at(path, number, wrong, "a text or an object a line") from None
    return object_table(numbered, path)


def the_list(found: Any, path: Path) -> list[Any]:
    """The one list of a JSON file, which may stand in objects. Raises ConfigError."""
    level, lists = [("", found)], []
    for _ in range(DEEPEST):
        lists += [(key, value) for key, value in level if isinstance(value, list) and value]
        level = [pair for _, value in level if isinstance(value, dict) for pair in value.items()]
    if len(lists) != 1:
        keys = ", ".join(repr(key[:40]) for key, _ in lists[:20])
        wrong = f"several lists: {keys}" if lists else "no list"
        raise ConfigError.at(path, 1, wrong, "one list of texts or of objects")
    (_, values), *_ = lists
    return list(values)


def object_table(
    numbered: Iterable[tuple[int, Any]], path: Path
) -> tuple[list[str], Iterator[Row]]:
    """Header and rows of JSON values that are all objects, or all not. Raises ConfigError."""
    values = list(numbered)
    objects = [isinstance(value, dict) for _, value in values]
    if not any(objects):
        return ["value"], ((line, [cell(value)]) for line, value in values)
    if not all(objects):
        line = values[objects.index(False)][0]
        raise ConfigError.at(path, line, f"item {line} is no object", "objects only, or texts only")
    heads = list(dict.fromkeys(key for _, value in values for key in value))
    rows = ((line, [cell(value.get(head)) for head in heads]) for line, value in values)
    return [cell(head) for head in heads], rows


def parquet_table(raw: bytes, path: Path) -> tuple[list[str], Iterator[Row]]:
    """Header and rows of a Parquet file. Raises ConfigError."""
    try:
        table = pq.ParquetFile(pa.BufferReader(raw))
        heads = [str(head) for head in table.schema_arrow.names]
    except (pa.ArrowException, OSError) as fault:
        wrong = f"no Parquet: {str(fault)[:100]}"
        raise ConfigError.at(path, 1, wrong, "a Parquet file") from None
    return heads, parquet_rows(table, path)


def parquet_rows(table: pq.ParquetFile, path: Path) -> Iterator[Row]:
    """The rows, batch by batch. Raises ConfigError."""
    line = 1
    try:
        for batch in table.iter_batches():
            columns = [column.to_pylist() for column in batch.columns]
            for values in zip(*columns, strict=True):
                yield line, [cell(value) for value in values]
                line += 1
    except (pa.ArrowException, OSError) as fault:
        wrong = f"broken Parquet: {str(fault)[:100]}"
        raise ConfigError.at(path, line, wrong, "a whole Parquet file") from None


def cell(value: Any) -> str:
    """A value of JSON or Parquet as text; nothing, and an object, is an empty cell."""
    if isinstance(value, str):
        # JSON can spell half a surrogate pair, which no text that is stored may hold.
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list):
        return " ".join(map(cell, value))
    return str(value)
