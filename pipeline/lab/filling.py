"""A domain's own values: its mail hosts and addresses, and the texts of its ways with them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .marks import chain
from .planned import Mail, Planned
from .ways import PROVIDERS, Provider

OWN_MX = 5  # one domain in so many runs its own mail host
POOL = 1 << 16  # addresses of hosts, 127.18.0.0/16; more domains share them
SHARED_WEB = 8  # addresses of web servers, 127.19.250.1 and so on
MARK = re.compile(r"\{[a-z0-9]+\}")


def host_address(number: int) -> str:
    """An address for a host: of loopback (RFC 1122 §3.2.1.3), so that a server can stand there."""
    return f"127.18.{number % POOL // 256}.{number % 256}"


def web_address(number: int, *, listens: bool) -> str:
    """An address for a web server: one that many share, or one where nobody listens."""
    if listens:
        return f"127.19.250.{1 + number % SHARED_WEB}"
    return f"127.19.251.{1 + number % 250}"


def sender_address(number: int) -> str:
    """An address for an SPF record, the number's own: shared address space (RFC 6598)."""
    number %= 1 << 22
    return f"100.{64 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def has_own_host(number: int) -> bool:
    """Does the domain of this number run its own mail host, where nothing else is planned?"""
    return number % OWN_MX == 0


def provider_of(number: int) -> Provider:
    """Who takes the mail of all others. Few providers serve most domains (Zipf's law)."""
    weights = [one.weight for one in PROVIDERS]
    place = number * 2654435761 % sum(weights)  # spread, the same in every process
    for provider in PROVIDERS:
        place -= provider.weight
        if place < 0:
            break
    return provider


def exchangers(row: Planned) -> list[tuple[int, str]]:
    """The MX rows of a domain that has any."""
    if row.hosts:
        return [(preference, host.replace("{d}", row.domain)) for preference, host in row.hosts.mx]
    if row.mail == Mail.ALIAS:
        return [(10, f"mx1.{PROVIDERS[0].domain}")]
    if has_own_host(row.number):
        return [(10, f"mx1.{row.domain}")]
    provider = provider_of(row.number)
    return [(10, f"mx1.{provider.domain}"), (20, f"mx2.{provider.domain}")]


def filled(text: str, row: Planned) -> str:
    """The text of a way of SPF or DMARC."""
    return text.format(
        d=row.domain,
        q=row.qualifier,
        ip=sender_address(2 * row.number),
        ip2=sender_address(2 * row.number + 1),
    )


def filled_rows(rows: Any, row: Planned) -> Any:
    """The same for the rows of a name, however they are nested."""
    return filled(rows, row) if isinstance(rows, str) else [filled_rows(one, row) for one in rows]


def marked(value: Any, row: Planned) -> Any:
    """The texts of a facet, as `facet` says, however they are nested."""
    hosts = [host for _, host in exchangers(row)] if row.mail == Mail.MX else [""]
    marks = {
        "{d}": row.domain,
        "{mx}": hosts[0],
        "{mx2}": hosts[-1],
        "{ip}": host_address(row.number),
    }
    return replaced(value, Marks(marks, row.domain))


class Marks(Mapping[str, str]):
    """What the marks of a domain stand for. Mark certificates are made once they are asked for."""

    def __init__(self, marks: Mapping[str, str], domain: str):
        self.marks, self.domain = marks, domain

    def __getitem__(self, mark: str) -> str:
        """Raises KeyError."""
        return self.marks[mark] if mark in self.marks else chain(mark[1:-1], self.domain)

    def __iter__(self) -> Iterator[str]:
        return iter(self.marks)

    def __len__(self) -> int:
        return len(self.marks)


def replaced(value: Any, marks: Mapping[str, str]) -> Any:
    """Any nesting of mappings, lists and tuples, with the marks in its texts replaced."""
    if isinstance(value, str):
        return MARK.sub(lambda mark: marks.get(mark[0], mark[0]), value) if "{" in value else value
    if isinstance(value, Mapping):
        return {replaced(key, marks): replaced(one, marks) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(replaced(one, marks) for one in value)
    return value
