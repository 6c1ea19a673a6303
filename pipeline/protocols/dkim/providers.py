"""Who signs for a domain, as its MX hosts and SPF includes tell, and with which selectors."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from ... import message
from ..protocol import Fault
from ..providers import Provider, upwards
from ..providers import load_providers as load_all

SPF = b"v=spf1"
NAMED = re.compile(rb"(?:include:|redirect=)([a-z0-9._-]+)")  # RFC 7208 §5.2, §6.1
MOST_NAMED = 50  # read of one record


@dataclass(frozen=True, slots=True)
class Named:
    """The selectors that one record leads to."""

    selectors: tuple[str, ...]
    faults: tuple[Fault, ...] = ()


@cache
def load_providers() -> tuple[Provider, ...]:
    """The providers whose selectors are known."""
    return tuple(one for one in load_all() if one.selectors)


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
        first = next((known[name] for name in upwards(host) if name in known), ())
        found |= dict.fromkeys(first)
    return Named(tuple(found)) if found else None
