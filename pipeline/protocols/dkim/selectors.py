"""Which selectors are worth asking for: a list, the most common first."""

import csv
import re
from pathlib import Path

from ...config import ConfigError

LISTED = Path(__file__).parents[3] / "data" / "selectors.csv"
COLUMN = "selector"
MOST = 10_000  # lines of a list; no study asks for so many a domain
NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")  # RFC 6376 §3.1: labels
ALLOWED = 'a label or several with dots, such as "s1" or "k1.mail"'


def load_selectors(path: Path | None = None) -> tuple[str, ...]:
    """The selectors of a list, in its order, each once, in lower case.

    path: a CSV file whose header has the column `selector`; lines that begin with # are comments;
    None is data/selectors.csv. Raises ConfigError.
    """
    path = path or LISTED
    try:
        text = path.read_text("utf-8-sig")
    except OSError as fault:
        raise ConfigError.at(path, 1, f"cannot be read: {fault.strerror}", "a CSV file") from None
    except UnicodeDecodeError:
        raise ConfigError.at(path, 1, "not UTF-8", "UTF-8") from None
    lines = [(n, row) for n, row in enumerate(text.splitlines(), 1) if is_row(row)]
    if len(lines) > MOST:
        raise ConfigError.at(path, lines[MOST][0], "too long", f"at most {MOST:,} lines")
    header = cells(lines[0][1]) if lines else []
    if COLUMN not in header:
        where = lines[0][0] if lines else 1
        raise ConfigError.at(path, where, f"no column {COLUMN!r} in the header", COLUMN)
    at = header.index(COLUMN)
    found: dict[str, None] = {}
    for number, line in lines[1:]:
        found_here = cells(line)
        selector = found_here[at].lower() if at < len(found_here) else ""
        if not is_selector(selector):
            raise ConfigError.at(path, number, f"no selector: {selector[:60]!r}", ALLOWED)
        found[selector] = None
    return tuple(found)


def is_selector(text: str) -> bool:
    """Can it stand before `_domainkey`? text: in lower case."""
    return bool(NAME.fullmatch(text))


def is_row(line: str) -> bool:
    """Is it neither blank nor a comment?"""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def cells(line: str) -> list[str]:
    """One line of a CSV file, none where it is not one; no cell here holds a line break."""
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True))]
    except csv.Error:
        return []
