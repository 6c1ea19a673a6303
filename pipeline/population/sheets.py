"""The first sheet of a spreadsheet (xlsx, ods) as rows of text. Raises ConfigError.

Both are zip archives of XML. What these do not hold in plain cells is not worth guessing at: the
error says to save the sheet as CSV.
"""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

from ..config import ConfigError

MOST_XML = 1 << 28
WIDEST = 1024  # columns; a sheet says "1021 empty cells" in one element
ADVICE = "a sheet that opens without repair; else save it as CSV"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
PARAGRAPH = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}p"

Row = tuple[int, list[str]]


def rows(raw: bytes, path: Path, kind: str) -> Iterator[Row]:
    """Row number from 1 and cells, rows without text left out. kind: xlsx or ods."""
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            yield from xlsx_rows(archive) if kind == "xlsx" else ods_rows(archive)
    except (zipfile.BadZipFile, KeyError, ValueError, ElementTree.ParseError, EOFError) as fault:
        raise ConfigError.at(path, 1, f"broken {kind}: {fault}", ADVICE) from None
    except (NotImplementedError, RuntimeError) as fault:  # a password, an unusual compression
        raise ConfigError.at(path, 1, f"cannot read this {kind}: {fault}", ADVICE) from None


def parsed(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    """One part's XML. Raises ValueError over the limit, and for entities, which can explode."""
    with archive.open(part) as file:
        xml = file.read(MOST_XML + 1)
    if len(xml) > MOST_XML or b"<!DOCTYPE" in xml:
        raise ValueError(f"{part} is too large or not plain")
    return ElementTree.fromstring(xml)


def xlsx_rows(archive: zipfile.ZipFile) -> Iterator[Row]:
    """Rows of the first worksheet (ISO/IEC 29500-1 §18.3)."""
    shared: list[str] = []
    if "xl/sharedStrings.xml" in archive.namelist():
        strings = parsed(archive, "xl/sharedStrings.xml").iter(f"{MAIN}si")
        shared = ["".join(t.text or "" for t in one.iter(f"{MAIN}t")) for one in strings]
    sheet = parsed(archive, first_worksheet(archive))
    for number, row in enumerate(sheet.iter(f"{MAIN}row"), 1):
        cells: dict[int, str] = {}
        for place, cell in enumerate(row.iter(f"{MAIN}c")):
            cells[column_of(cell.get("r", ""), place)] = xlsx_text(cell, shared)
        if any(cells.values()):
            width = min(max(cells) + 1, WIDEST)
            yield int(row.get("r", number)), [cells.get(n, "") for n in range(width)]


def first_worksheet(archive: zipfile.ZipFile) -> str:
    """The part of the sheet that stands first in the workbook, by its relationship."""
    workbook = parsed(archive, "xl/workbook.xml")
    relations = parsed(archive, "xl/_rels/workbook.xml.rels")
    sheet = next(workbook.iter(f"{MAIN}sheet"), None)
    wanted = (
        next((v for k, v in sheet.items() if k.endswith("}id")), "") if sheet is not None else ""
    )
    for relation in relations:
        if relation.get("Id") == wanted:
            target = relation.get("Target", "")
            return target[1:] if target.startswith("/") else f"xl/{target}"
    raise ValueError("no worksheet")


def column_of(reference: str, place: int) -> int:
    """The column of "B2", from 0; a cell without reference stands at its place in the row."""
    letters = re.match(r"[A-Z]{1,3}", reference)
    if not letters:
        return place
    column = 0
    for letter in letters[0]:
        column = column * 26 + ord(letter) - 64
    return column - 1


def xlsx_text(cell: ElementTree.Element, shared: list[str]) -> str:
    """A cell's text: a shared string's number, an inline string, or the value itself."""
    if cell.get("t") == "inlineStr":
        return "".join(t.text or "" for t in cell.iter(f"{MAIN}t"))
    value = cell.findtext(f"{MAIN}v") or ""
    if cell.get("t") != "s":
        return value
    number = int(value)
    if not 0 <= number < len(shared):
        raise ValueError(f"no shared string {number}")
    return shared[number]


def ods_rows(archive: zipfile.ZipFile) -> Iterator[Row]:
    """Rows of the first table (OpenDocument 1.3 part 3 §9.1)."""
    table = next(parsed(archive, "content.xml").iter(f"{TABLE}table"), None)
    if table is None:
        raise ValueError("no table")
    number = 1
    for row in table.iter(f"{TABLE}table-row"):
        cells: list[str] = []
        for cell in row:
            room = WIDEST - len(cells)  # the number is the file's word, and may be any
            repeated = min(int(cell.get(f"{TABLE}number-columns-repeated", 1)), room)
            text = "\n".join("".join(p.itertext()) for p in cell.iter(PARAGRAPH))
            cells += [text] * repeated
        while cells and not cells[-1]:  # the sheet's empty right side
            cells.pop()
        if cells:
            yield number, cells
        number += int(row.get(f"{TABLE}number-rows-repeated", 1))
