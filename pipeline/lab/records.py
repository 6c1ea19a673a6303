"""From the plan to records: the zone as a whole, or of one domain at the moment it is asked for."""

import socket
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from ..words import QType
from .planned import Mail, Outage, Plan, Planned
from .rows import Failure, Security, rdata, record_type
from .shared_zone import ALIASED_TO, APEX, DNSSEC, shared_zone
from .ways import PROVIDERS, Rows
from .zone import TTL, Node, Zone

FAMILIES_KEPT = 1 << 13  # each about 5 KB; questions about one domain come close together
OWN_MX = 5  # one domain in so many runs its own mail host
POOL = 1 << 16  # addresses of hosts, 198.18.0.0/16; more domains share them

Zones = dict[str, Rows]


def zone(plan: Plan) -> dict[str, Any]:
    """The whole planned internet, in the JSON form of a zone file."""
    names = shared_zone()
    security = dict(DNSSEC)
    for row in plan.rows:
        names.update(records(row))
        security.update(security_of(row))
    return {"zone": names, "dnssec": security}


def records(row: Planned) -> Zones:
    """The names that one domain has, with their rows."""
    if row.mail == Mail.GONE:
        return {}
    if row.outage in (Outage.SILENT, Outage.SERVFAIL, Outage.REFUSED):
        return {name: {"*": row.outage.value} for name in (row.domain, f"*.{row.domain}")}
    names = {row.domain: own_rows(row)}
    if row.mail == Mail.MX:
        names[row.domain]["MX"], hosts = exchangers(row)
        names |= hosts
    if row.mail not in (Mail.GONE, Mail.ALIAS):
        for name, rows in row.spf.below.items():
            names[filled(name, row)] = {
                kind: filled_rows(these, row) for kind, these in rows.items()
            }
    if row.dmarc.texts:
        texts = [[filled(text, row)] for text in row.dmarc.texts]
        names[f"_dmarc.{row.domain}"] = {"TXT": texts}
    return outage(row, names)


def own_rows(row: Planned) -> Rows:
    """What stands at the domain itself, its MX apart."""
    if row.mail == Mail.ALIAS:  # nothing may stand beside a CNAME, RFC 1034 §3.6.2
        return {"CNAME": [f"{ALIASED_TO}."]}
    rows: Rows = dict(APEX) if row.domain == row.base else {}
    if row.mail in (Mail.MX, Mail.IMPLICIT):
        rows["A"] = [host_address(row.number)]
    if row.mail == Mail.NULL_MX:
        rows["MX"] = [[0, "."]]
    if row.spf.records:
        rows["TXT"] = [[filled(part, row) for part in strings] for strings in row.spf.records]
        rows["TXT"] = [cut(strings) for strings in rows["TXT"]]  # type: ignore[attr-defined]
    return rows


def cut(strings: list[str]) -> list[str]:
    """Character-strings of at most 255 characters (RFC 1035 §3.3); the planned ones are ASCII
    where they are long."""
    return [part[at : at + 255] for part in strings for at in range(0, len(part), 255)]


def exchangers(row: Planned) -> tuple[list[list[object]], Zones]:
    """A domain's MX rows, and its own hosts. Few providers serve most domains (Zipf's law)."""
    if row.number % OWN_MX == 0:
        host = f"mx1.{row.domain}"
        return [[10, host]], {host: {"A": [host_address(row.number)]}}
    weights = [one.weight for one in PROVIDERS]
    place = row.number * 2654435761 % sum(weights)  # spread, the same in every process
    for provider in PROVIDERS:
        place -= provider.weight
        if place < 0:
            break
    return [[10, f"mx1.{provider.domain}"], [20, f"mx2.{provider.domain}"]], {}


def outage(row: Planned, names: Zones) -> Zones:
    """Let the questions of one type fail."""
    kinds = {Outage.MX: "MX", Outage.SOA: "SOA", Outage.TXT: "TXT", Outage.TXT_SILENT: "TXT"}
    if kind := kinds.get(row.outage):
        how = "TIMEOUT" if row.outage == Outage.TXT_SILENT else "SERVFAIL"
        names[row.domain][kind] = how
    if row.outage == Outage.DMARC:
        names[f"_dmarc.{row.domain}"] = {"TXT": "SERVFAIL"}
    return names


def security_of(row: Planned) -> dict[str, str]:
    """What a validator finds at the domain, if it is not insecure."""
    if row.outage == Outage.BOGUS:
        return {row.domain: "bogus"}
    return {row.domain: "secure"} if row.is_signed else {}


def host_address(number: int) -> str:
    """An address for a host, of those that no packet of the Internet may carry (RFC 2544)."""
    return f"198.18.{number % POOL // 256}.{number % 256}"


def sender_address(number: int) -> str:
    """An address for an SPF record, the number's own: shared address space (RFC 6598)."""
    number %= 1 << 22
    return f"100.{64 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def filled(text: str, row: Planned) -> str:
    """A way's text with the domain's own values."""
    return text.format(
        d=row.domain,
        q=row.qualifier,
        ip=sender_address(2 * row.number),
        ip2=sender_address(2 * row.number + 1),
    )


def filled_rows(rows: Any, row: Planned) -> Any:
    """The same for the rows of a name, however they are nested."""
    return filled(rows, row) if isinstance(rows, str) else [filled_rows(one, row) for one in rows]


# --- answering ------------------------------------------------------------------------------------


class Internet:
    """The planned internet as a source of answers. Records are made when they are asked for.

    A family is a registrable domain and what is planned below it; each is a small zone.
    """

    def __init__(self, plan: Plan):
        self._shared = nodes_of(shared_zone())
        self._rest = Zone(self._shared, secured(DNSSEC))
        self._families: dict[str, list[Planned]] = {}
        for row in plan.rows:
            if row.mail != Mail.GONE:
                self._families.setdefault(row.base, []).append(row)
        self._zone = lru_cache(FAMILIES_KEPT)(self._made)

    def answer(self, name: str, qtype: int, cd: bool) -> bytes | None:
        """The message that answers a question, with id 0; None is silence. name: canonical."""
        at = name
        while at and at not in self._families:
            at = at.partition(".")[2]
        return (self._zone(at) if at else self._rest).answer(name, qtype, cd)

    def _made(self, base: str) -> Zone:
        """One family's zone, with what stands above it and where its aliases lead."""
        family = self._families[base]
        nodes = {}
        above = base.partition(".")[2]
        while above:
            if above in self._shared:
                nodes[above] = self._shared[above]
            above = above.partition(".")[2]
        if any(row.mail == Mail.ALIAS for row in family):
            for name in (ALIASED_TO, ALIASED_TO.partition(".")[2]):
                nodes[name] = self._shared[name]
        security: dict[str, str] = {}
        for row in family:
            nodes |= nodes_of(records(row))
            security |= security_of(row)
        return Zone(nodes, secured(security))


def secured(security: Mapping[str, str]) -> dict[str, Security]:
    """Zone → what a validator finds there."""
    return {name: Security(value) for name, value in security.items()}


def nodes_of(names: Zones) -> dict[str, Node]:
    """Rows in JSON form → wire format."""
    return {
        name: {type_number(kind): wired(type_number(kind), rows) for kind, rows in types.items()}
        for name, types in names.items()
    }


type_number = lru_cache(record_type)


def wired(qtype: int, rows: Any) -> Failure | tuple[tuple[int, bytes], ...]:
    """One set: rows, or how every question for it fails."""
    if isinstance(rows, str):
        return Failure(rows)
    return tuple((TTL, octets) for octets in wires(qtype, rows))


def wires(qtype: int, rows: Iterable[Any]) -> Iterable[bytes]:
    """Each row's rdata. Addresses and the SOA that all share do not go through dnspython, which
    takes ten times as long."""
    if qtype == QType.A:
        return [socket.inet_aton(row) for row in rows]
    if qtype == QType.SOA:
        return [shared_rdata(qtype, row) for row in rows]
    return [rdata(qtype, row) for row in rows]


shared_rdata = lru_cache(rdata)
