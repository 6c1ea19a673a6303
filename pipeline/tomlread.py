"""TOML → dataclasses, for any dataclasses: their fields are the only list of what is allowed.

A field's type, default and metadata say what its key may hold: `least` and `most` (inclusive),
`read` (a function from text to text that raises ValueError with what is allowed), `of` (the words
of a closed vocabulary). tomllib forgets where things stood, so lines are found beside it.
"""

import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, NoReturn, get_args, get_origin, get_type_hints


class ConfigError(Exception):
    """A study or one of its lists cannot be used. `str(error)` is one line that says all."""

    @classmethod
    def at(cls, file: Path | str, line: int, wrong: str, allowed: str = "") -> "ConfigError":
        """The error at one place. line: from 1. allowed: what could stand there instead."""
        said = f"{file}:{line}: {wrong}" + (f"; allowed: {allowed}" if allowed else "")
        return cls(" ".join(said.split()))


def text_of(path: Path) -> str:
    """A study's text; a byte order mark is forgiven. Raises ConfigError."""
    try:
        raw = path.read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as fault:
        raise ConfigError.at(path, 1, f"cannot be read: {fault.strerror}", "a TOML file") from None
    except UnicodeDecodeError as fault:
        line = raw[: fault.start].count(b"\n") + 1
        raise ConfigError.at(path, line, "not UTF-8, as TOML has to be", "UTF-8") from None


def line_with(path: Path, text: str) -> int:
    """The first line of a study that mentions a text, 1 if none does: for errors found later."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return 1
    spellings = (f'"{text}"', f"'{text}'")
    return next((n for n, line in enumerate(lines, 1) if any(s in line for s in spellings)), 1)


Place = tuple[str, int, str]
"""Table, its number among tables of the same name, key; key "" is the table itself."""

HEADER = re.compile(r"\s*\[\[?\s*([\w.\"'-]+)\s*\]")
KEY = re.compile(r"""\s*["']?([\w-]+)["']?\s*(?:=|\.\s*["']?([\w-]+))""")


def places(text: str) -> dict[Place, int]:
    """The line on which each table and each of its keys stands. tomllib does not tell."""
    found: dict[Place, int] = {}
    headers: Counter[str] = Counter()
    table, number = "", 0
    for line_number, line in enumerate(text.split("\n"), 1):
        if header := HEADER.match(line):
            table = header[1].strip("\"'")
            number = headers[table]
            headers[table] += 1
            found[table, number, ""] = line_number
        elif key := KEY.match(line):
            if table:
                found.setdefault((table, number, key[1]), line_number)
            else:  # `study.name = …` or `resolver = {…}` above all tables
                found.setdefault((key[1], 0, key[2] or ""), line_number)
    return found


class Reader:
    """Turns parsed TOML into the dataclasses, and knows where everything stands."""

    def __init__(self, path: Path, text: str):
        self.path = path
        self.text = text
        self.places = places(text)

    def parsed(self) -> dict[str, Any]:
        """The tables of the file. Raises ConfigError."""
        try:
            return tomllib.loads(self.text)
        except RecursionError:
            raise ConfigError.at(self.path, 1, "nested too deeply", "what configs/ shows") from None
        except ValueError as fault:  # TOMLDecodeError, and numbers too long for Python
            at = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)", str(fault))
            line = int(at[1]) if at and at[1] else self.text.rstrip().count("\n") + 1
            wrong = "no TOML: " + str(fault).replace(at[0] if at else "\0", "")
            raise ConfigError.at(self.path, line, wrong) from None

    def line(self, place: Place, within: str = "") -> int:
        """Where a key stands, else its table, else 1; within: a key of an inline table there."""
        table, number, _ = place
        line = self.places.get(place) or self.places.get((table, number, "")) or 1
        if within:
            word = re.compile(rf"(?<![\w-]){re.escape(within)}(?![\w-])")
            for later, text in enumerate(self.text.split("\n")[line - 1 :], line):
                if word.search(text):
                    return later
        return line

    def fail(self, place: Place, wrong: str, allowed: str, within: str = "") -> NoReturn:
        """Raise the ConfigError of a place."""
        raise ConfigError.at(self.path, self.line(place, within), wrong, allowed)

    def unknown(
        self, kind: str, word: str, allowed: tuple[str, ...], place: Place, within: str = ""
    ) -> NoReturn:
        """Raise the ConfigError of a word that is not allowed, with the closest that is."""
        close = difflib.get_close_matches(word, allowed, 1)
        hint = f", did you mean {close[0]!r}?" if close else ""
        self.fail(place, f"unknown {kind} {word!r}{hint}", ", ".join(allowed), within)

    def array(self, found: Mapping[str, Any], table: str) -> list[Any]:
        """An array of tables that must not be empty."""
        values = found.get(table)
        if not values or not isinstance(values, list):
            self.fail((table, 0, ""), f"no [[{table}]]", f"at least one [[{table}]] table")
        return values

    def one(self, kind: type, found: Mapping[str, Any], table: str, **elsewhere: Any) -> Any:
        """A table's dataclass; a table that is left out is all defaults."""
        return self.table(kind, found.get(table, {}), (table, 0, ""), **elsewhere)

    def table(
        self, kind: type, values: Any, place: Place, inline: bool = False, **elsewhere: Any
    ) -> Any:
        """One dataclass from one table. Raises ConfigError.

        inline: the table stands within the key of `place`. elsewhere: fields that are no keys.
        """
        title = f"[{place[0]}]" + (f" {place[2]}" if place[2] else "")
        if not isinstance(values, dict):
            self.fail(place, f"{title} is {spelled(values)}", "a table of keys and values")
        own = {f.name: f for f in fields(kind) if f.name not in elsewhere}
        for key in values:
            if key not in own:
                at = place if inline else (place[0], place[1], key)
                self.unknown(f"key in {title}", key, tuple(own), at, key if inline else "")
        hints = get_type_hints(kind)
        ready = dict(elsewhere)
        for key, definition in own.items():
            at = place if inline else (place[0], place[1], key)
            if key in values:
                ready[key] = self.value(
                    hints[key], values[key], definition, at, key if inline else ""
                )
            elif definition.default is MISSING:
                self.fail(place, f"{title} has no {key!r}", ", ".join(own))
        return kind(**ready)

    def entry(self, kind: Any, value: Any, place: Place, number: int) -> Any:
        """One of a list of inline tables; a bare text is short for its first key alone."""
        first = fields(kind)[0].name
        values = {first: value} if isinstance(value, str) else value
        table, at, key = place
        own = (table, at, f"{key} {number}")
        begin = values.get(first) if isinstance(values, dict) else None
        self.places[own] = self.line(place, begin) if isinstance(begin, str) else self.line(place)
        return self.table(kind, values, own, inline=True)

    def value(
        self, hint: Any, value: Any, definition: "Field[Any]", place: Place, within: str
    ) -> Any:
        """One value as its field's type, checked. Raises ConfigError."""
        if get_origin(hint) is tuple:
            kind = get_args(hint)[0]
            if not isinstance(value, list):
                self.fail(place, f"{definition.name} = {spelled(value)}", "a list: [ … ]", within)
            if definition.default is MISSING and not value:
                self.fail(place, f"{definition.name} is empty", "at least one entry", within)
            if is_dataclass(kind):
                return tuple(self.entry(kind, one, place, n) for n, one in enumerate(value, 1))
            return tuple(self.value(kind, one, definition, place, within) for one in value)
        kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
        ready, allowed = checked(kinds, value, definition.metadata)
        if allowed:
            self.fail(place, f"{definition.name} = {spelled(value)}", allowed, within)
        return ready


def checked(kinds: tuple[Any, ...], value: Any, rules: Mapping[str, Any]) -> tuple[Any, str]:
    """A value as one of its types, and "" or what is allowed instead."""
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            words = rules.get("of") or tuple(member.value for member in kind)
            return (kind(value), "") if value in words else (None, ", ".join(words))
    if isinstance(value, bool):
        return (value, "") if bool in kinds else (None, described(kinds, rules))
    if isinstance(value, str) and str in kinds:
        try:
            return rules["read"](value) if "read" in rules else value, ""
        except ValueError as fault:
            return None, str(fault)
    number = isinstance(value, int) and (int in kinds or float in kinds)
    number = number or (isinstance(value, float) and float in kinds)
    if number and rules.get("least", value) <= value <= rules.get("most", value):
        return float(value) if float in kinds else value, ""
    return None, described(kinds, rules)


NOUNS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def described(kinds: tuple[Any, ...], rules: Mapping[str, Any]) -> str:
    """What types and ranges allow, in words."""
    said = " or ".join(NOUNS[kind] for kind in kinds if kind in NOUNS)
    return f"{said} from {rules['least']:,} to {rules['most']:,}" if "least" in rules else said


def spelled(value: Any) -> str:
    """A value as an error shows it, on one line and cut."""
    text = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else repr(value)
    return text if text and len(text) <= 60 else f"{text}"[:60] + "…"
