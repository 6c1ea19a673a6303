"""CSV as spreadsheets read it, and as they write it back."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..config import ConfigError
from ..schema import Column

BOM = "\ufeff"  # without it a spreadsheet takes UTF-8 for the system's own encoding
ENCODINGS = ("utf-8-sig", "cp932")  # the second: what a Japanese spreadsheet saves as CSV
DELIMITERS = ",;\t"  # some languages' spreadsheets write the second, "Unicode text" is the third
FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # what a spreadsheet may take for a formula's beginning


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> str:
    """CSV (RFC 4180) that a spreadsheet opens as it is meant: every cell quoted, none a formula."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    names = [column.name for column in columns]
    writer.writerow(names)
    writer.writerows([defused(str(row[name])) for name in names] for row in rows)
    return BOM + out.getvalue()


def defused(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + cell if cell.startswith(FORMULA) else cell


def read_csv(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """A sheet's rows, each with at least the needed columns. Raises ConfigError: it is no sheet."""
    text = decoded(path)
    head = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=head.count)
    try:
        read = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        rows = [{name: row.get(name) or "" for name in needed} for row in read]
        found = read.fieldnames or ()
    except csv.Error as fault:
        raise ConfigError(f"{path}: {fault}; allowed: a sheet that sample wrote, as CSV") from None
    if missing := [name for name in needed if name not in found]:
        raise ConfigError(f"{path}: no column {missing[0]}; allowed: a sheet that sample wrote")
    return rows


def decoded(path: Path) -> str:
    """A file's text. Raises ConfigError: there is none, or it is in no known encoding."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; allowed: a sheet that sample wrote") from None
    encodings = ("utf-16",) if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ENCODINGS
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ConfigError(f"{path}: allowed encodings are UTF-8, UTF-16 and Shift_JIS")
