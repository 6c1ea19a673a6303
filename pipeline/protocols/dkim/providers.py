"""Who signs for a domain, as its MX hosts and SPF includes tell, and with which selectors.

`data/providers.toml` holds what providers tell in their public documentation.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ... import message
from ...tomlread import Reader, text_of
from ..protocol import Fault

LISTED = Path(__file__).parents[3] / "data" / "providers.toml"
SPF = b"v=spf1"
NAMED = re.compile(rb"(?:include:|redirect=)([a-z0-9._-]+)")  # RFC 7208 §5.2, §6.1
MOST_NAMED = 50  # read of one record


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider. mx: suffixes of its MX hosts. spf: names that customers include, or below."""

    name: str
    selectors: tuple[str, ...]
    mx: tuple[str, ...] = ()
    spf: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """The selectors that one record leads to."""

    selectors: tuple[str, ...]
    faults: tuple[Fault, ...] = ()


@cache
def load_providers(path: Path = LISTED) -> tuple[Provider, ...]:
    """The providers of a file. Raises ConfigError."""
    reader = Reader(path, text_of(path))
    rows = reader.array(reader.parsed(), "provider")
    return tuple(
        reader.table(Provider, row, ("provider", number, "")) for number, row in enumerate(rows)
    )


@cache
def by_mx() -> dict[str, tuple[str, ...]]:
    """Suffix of an MX host → selectors."""
    return {suffix: one.selectors for one in load_providers() for suffix in one.mx}


@cache
def by_spf() -> dict[str, tuple[str, ...]]:
    """Name that SPF includes → selectors."""
    return {name: one.selectors for one in load_providers() for name in one.spf}


def named_by_mx(payload: bytes) -> Named | None:
    """The selectors of the provider that one MX rdata names; None: no provider that we know."""
    return named([message.exchange(payload)[1]], by_mx())


def named_by_spf(payload: bytes) -> Named | None:
    """The selectors of the providers that one TXT rdata, if it is SPF, names itself."""
    text = message.text(payload).lower()
    if not text.startswith(SPF):
        return None
    hosts = [host.decode("ascii") for host in NAMED.findall(text)[:MOST_NAMED]]
    return named(hosts, by_spf())


def named(hosts: Iterable[str], known: dict[str, tuple[str, ...]]) -> Named | None:
    """The selectors that stand for the hosts or for names above them, the first host's first."""
    found: dict[str, None] = {}
    for host in hosts:
        labels = host.strip(".").split(".")
        for at in range(len(labels)):
            if selectors := known.get(".".join(labels[at:])):
                found |= dict.fromkeys(selectors)
                break
    return Named(tuple(found)) if found else None
