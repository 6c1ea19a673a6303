"""Mail services that many domains use (`data/providers.toml`), and whose an MX host is."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..tomlread import Reader, text_of

LISTED = Path(__file__).parents[2] / "data" / "providers.toml"
MOST_LABELS = 127  # of a name: 255 octets hold no more (RFC 1035 §2.3.4)


@dataclass(frozen=True, slots=True)
class Provider:
    """One service. mx: its MX hosts, or names above them. spf: names that customers include, or
    names above those. selectors: of DKIM, the same for every customer; none: not known."""

    name: str
    mx: tuple[str, ...] = ()
    spf: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()


@cache
def load_providers(path: Path = LISTED) -> tuple[Provider, ...]:
    """The services of a file. Raises ConfigError."""
    reader = Reader(path, text_of(path))
    rows = reader.array(reader.parsed(), "provider")
    return tuple(
        reader.table(Provider, row, ("provider", number, "")) for number, row in enumerate(rows)
    )


@cache
def names_by_mx() -> dict[str, str]:
    """MX host, or a name above it → the service's name."""
    return {suffix: one.name for one in load_providers() for suffix in one.mx}


def operator(host: str) -> str | None:
    """The service that operates an MX host, by the longest name that is listed; None: none is.

    host: presentation form, lower case.
    """
    known = names_by_mx()
    return next((known[name] for name in upwards(host) if name in known), None)


def upwards(name: str) -> Iterator[str]:
    """A name, then the names above it; nothing of what has too many labels for a name."""
    labels = name.strip(".").split(".")
    if len(labels) <= MOST_LABELS:
        for at in range(len(labels)):
            yield ".".join(labels[at:])
