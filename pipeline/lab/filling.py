"""A domain's own values: its mail hosts and addresses, and the texts of its ways with them."""

import re
from collections.abc import Mapping
from typing import Any

from .planned import Mail, Planned
from .ways import PROVIDERS

OWN_MX = 5  # one domain in so many runs its own mail host
POOL = 1 << 16  # addresses of hosts, 198.18.0.0/16; more domains share them
MARK = re.compile(r"\{[a-z0-9]+\}")


def host_address(number: int) -> str:
    """An address for a host, of those that no packet of the Internet may carry (RFC 2544)."""
    return f"198.18.{number % POOL // 256}.{number % 256}"


def sender_address(number: int) -> str:
    """An address for an SPF record, the number's own: shared address space (RFC 6598)."""
    number %= 1 << 22
    return f"100.{64 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def exchangers(row: Planned) -> list[tuple[int, str]]:
    """The MX rows of a domain that has any. Few providers serve most domains (Zipf's law)."""
    if row.hosts:
        return [(preference, host.replace("{d}", row.domain)) for preference, host in row.hosts.mx]
    if row.mail == Mail.ALIAS:
        return [(10, f"mx1.{PROVIDERS[0].domain}")]
    if row.number % OWN_MX == 0:
        return [(10, f"mx1.{row.domain}")]
    weights = [one.weight for one in PROVIDERS]
    place = row.number * 2654435761 % sum(weights)  # spread, the same in every process
    for provider in PROVIDERS:
        place -= provider.weight
        if place < 0:
            break
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
    return replaced(value, marks)


def replaced(value: Any, marks: Mapping[str, str]) -> Any:
    """Any nesting of mappings, lists and tuples, with the marks in its texts replaced."""
    if isinstance(value, str):
        return MARK.sub(lambda mark: marks.get(mark[0], mark[0]), value) if "{" in value else value
    if isinstance(value, Mapping):
        return {replaced(key, marks): replaced(one, marks) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(replaced(one, marks) for one in value)
    return value
