"""Published figures to stand beside a run's own: `data/reference/*.toml`, one file a source."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..config import ConfigError

FOLDER = Path(__file__).parents[2] / "data" / "reference"
Language = Literal["en", "ja"]
KINDS = ("adoption", "mistakes", "providers")
REQUIRED = ("kind", "date", "source", "name", "denominator")
OPTIONAL = ("n", "worst", "rule_set", "percent", "count", "groups", "also", "url")


@dataclass(frozen=True, slots=True)
class Also:
    """Another source's figure for a measure, to be printed wherever the first is."""

    measure: str
    percent: float
    of: int | None
    source: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """One source's figures. key: the file's name, as studies name it.

    percent: by measure or class, of the source's own denominator. count: domains, by class, of n.
    worst: the greatest lookup count. groups: named lists of providers.
    """

    key: str
    kind: str
    name: Mapping[str, str]
    date: str
    source: str
    denominator: Mapping[str, str]
    n: int | None
    worst: int | None
    rule_set: str | None
    percent: Mapping[str, float]
    count: Mapping[str, int]
    groups: Mapping[str, tuple[str, ...]]
    also: tuple[Also, ...]


def load_references(keys: Iterable[str], folder: Path = FOLDER) -> tuple[Reference, ...]:
    """The sources of these keys, in their order. Raises ConfigError for a key that has no file."""
    known = {path.stem: path for path in sorted(folder.glob("*.toml"))}
    found = []
    for key in keys:
        if key not in known:
            allowed = ", ".join(known)
            raise ConfigError(f"{folder}: no published figures {key!r}; allowed: {allowed}")
        found.append(load_reference(known[key]))
    return tuple(found)


def load_reference(path: Path) -> Reference:
    """Read one source's file. Raises ConfigError: one line with the file and what is allowed."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}; allowed: TOML in UTF-8") from None
    for key in REQUIRED:
        if key not in found:
            raise ConfigError(f"{path}: {key} is missing; allowed: {', '.join(REQUIRED)}")
    for key in found:
        if key not in REQUIRED + OPTIONAL:
            allowed = ", ".join(REQUIRED + OPTIONAL)
            raise ConfigError(f"{path}: {key} has no meaning here; allowed: {allowed}")
    if found["kind"] not in KINDS:
        raise ConfigError(f"{path}: kind = {found['kind']!r}; allowed: {', '.join(KINDS)}")
    try:
        return reference(path.stem, found)
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"{path}: {error}; allowed: values as in the other files") from None


def reference(key: str, found: dict[str, Any]) -> Reference:
    """The typed figures of a parsed file. Raises TypeError, ValueError, AttributeError."""
    return Reference(
        key=key,
        kind=found["kind"],
        name=texts(found["name"]),
        date=str(found["date"]),
        source=str(found["source"]),
        denominator=texts(found["denominator"]),
        n=found.get("n"),
        worst=found.get("worst"),
        rule_set=found.get("rule_set"),
        percent={name: float(value) for name, value in found.get("percent", {}).items()},
        count={name: int(value) for name, value in found.get("count", {}).items()},
        groups={name: tuple(values) for name, values in found.get("groups", {}).items()},
        also=tuple(Also(**{"of": None, **one}) for one in found.get("also", [])),
    )


def texts(found: Mapping[str, str]) -> dict[str, str]:
    """One text in both languages. Raises ValueError where one is missing."""
    if set(found) != {"en", "ja"}:
        raise ValueError("a text needs en and ja")
    return dict(found)
