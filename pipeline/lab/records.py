"""From the plan to records: the zone as a whole, or of one domain at the moment it is asked for."""

import socket
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from ..words import QType
from .chains import chain_rows
from .facets import BY_NAME
from .filling import (
    exchangers,
    filled,
    filled_rows,
    host_address,
    marked,
    replaced,
    web_address,
)
from .planned import Mail, Outage, Plan, Planned
from .rows import Failure, Security, rdata, record_type
from .shared_zone import ALIASED_TO, APEX, DNSSEC, shared_zone
from .ways import Rows
from .zone import TTL, Node, Zone

NO_HOST, REFUSED = "NO_HOST", "REFUSED"  # of a zone file's "https"
FAMILIES_KEPT = 1 << 13  # each about 5 KB; questions about one domain come close together

Zones = dict[str, Rows]


def zone(plan: Plan) -> dict[str, Any]:
    """The whole planned internet, in the JSON form of a zone file."""
    names = shared_zone() | outside(plan.rows)
    security = dict(DNSSEC)
    web: dict[str, Any] = {}
    for row in plan.rows:
        names.update(records(row))
        security.update(security_of(row))
        web.update(fetched(row))
    return {"zone": names, "dnssec": security, "https": web}


def records(row: Planned) -> Zones:
    """The names that one domain has, with their rows."""
    if row.mail == Mail.GONE:
        return {}
    if row.outage in (Outage.SILENT, Outage.SERVFAIL, Outage.REFUSED):
        return {name: {"*": row.outage.value} for name in (row.domain, f"*.{row.domain}")}
    names = {row.domain: own_rows(row)}
    if row.mail == Mail.MX:
        add(names, own_hosts(row))
    if row.mail != Mail.ALIAS:
        for name, rows in row.spf.below.items():
            names[filled(name, row)] = {
                kind: filled_rows(these, row) for kind, these in rows.items()
            }
    if row.dmarc.texts:
        texts = [[filled(text, row)] for text in row.dmarc.texts]
        names[f"_dmarc.{row.domain}"] = {"TXT": texts}
    add(names, {name: rows for name, rows in beside(row).items() if is_within(name, row)})
    for way in row.ways.values():
        add(names, marked(way.names, row))
    elsewhere = {host: {"A": [at]} for host, at in web_hosts(row).items() if host != row.domain}
    add(names, elsewhere)
    return outage(row, names)


def beside(row: Planned) -> Zones:
    """Further names of the domain's way of DMARC; some stand outside the domain."""
    return {
        filled(name, row): {kind: filled_rows(these, row) for kind, these in rows.items()}
        for name, rows in row.dmarc.beside.items()
    }


def is_within(name: str, row: Planned) -> bool:
    """Is a name the domain's, or below it?"""
    return name == row.domain or name.endswith(f".{row.domain}")


def outside(rows: Iterable[Planned]) -> Zones:
    """What all domains publish that is not within themselves."""
    return {
        name: these
        for row in rows
        if row.dmarc.beside
        for name, these in beside(row).items()
        if not is_within(name, row)
    }


def add(names: Zones, more: Mapping[str, Mapping[str, Any]]) -> None:
    """Put rows beside those that stand at a name already."""
    for name, rows in more.items():
        node = names.setdefault(name, {})
        for kind, these in rows.items():
            held: Any = node.get(kind)
            node[kind] = [*held, *these] if isinstance(held, list) else these


def own_rows(row: Planned) -> Rows:
    """What stands at the domain itself."""
    if row.mail == Mail.ALIAS:  # nothing may stand beside a CNAME, RFC 1034 §3.6.2
        return {"CNAME": [f"{ALIASED_TO}."]}
    rows: Rows = dict(APEX) if row.domain == row.base else {}
    if row.mail in (Mail.MX, Mail.IMPLICIT):
        rows["A"] = [host_address(row.number)]
    if row.mail == Mail.MX or row.hosts:
        rows["MX"] = [list(one) for one in exchangers(row)]
    elif row.mail == Mail.NULL_MX:
        rows["MX"] = [[0, "."]]
    if row.spf.records:
        texts = [[filled(part, row) for part in strings] for strings in row.spf.records]
        rows["TXT"] = [cut(strings) for strings in texts]
    return rows | (chain_rows(row.chain, row.domain) if row.chain else {})


def cut(strings: list[str]) -> list[str]:
    """Character-strings of at most 255 characters (RFC 1035 §3.3); the planned ones are ASCII
    where they are long."""
    return [part[at : at + 255] for part in strings for at in range(0, len(part), 255)]


def own_hosts(row: Planned) -> Zones:
    """The names of a domain's own mail hosts."""
    own = {"{d}": row.domain, "{a}": host_address(row.number)}
    if row.hosts:
        return dict(replaced(row.hosts.names, own))
    names = [host for _, host in exchangers(row) if host.endswith(f".{row.domain}")]
    return {name: {"A": [own["{a}"]]} for name in names}


def outage(row: Planned, names: Zones) -> Zones:
    """Let the questions of one type fail."""
    kinds = {Outage.MX: "MX", Outage.SOA: "SOA", Outage.TXT: "TXT", Outage.TXT_SILENT: "TXT"}
    if kind := kinds.get(row.outage):
        how = "TIMEOUT" if row.outage == Outage.TXT_SILENT else "SERVFAIL"
        names[row.domain][kind] = how
    if row.outage == Outage.DMARC:
        names[f"_dmarc.{row.domain}"] = {"TXT": "SERVFAIL"}
    for facet, how in row.hidden.items():
        owner, kind = BY_NAME[facet].question
        names.setdefault(owner.replace("{d}", row.domain), {})[kind] = how
    return names


def fetched(row: Planned) -> dict[str, Any]:
    """What the domain's URLs bring, in the JSON form of a zone file's "https"."""
    web: dict[str, Any] = {}
    for way in row.ways.values():
        web |= marked(way.https, row)
    return web


def web_hosts(row: Planned) -> dict[str, str]:
    """The hosts of the domain's URLs that have an address, and which."""
    found = {}
    for url, brings in fetched(row).items():
        host = urlsplit(url).hostname or ""
        if host == row.domain:
            found[host] = host_address(row.number)
        elif brings != NO_HOST:
            found[host] = web_address(row.number, listens=brings != REFUSED)
    return found


def security_of(row: Planned) -> dict[str, str]:
    """What a validator finds at the domain and below it, where it is not insecure."""
    if row.outage == Outage.BOGUS:
        return {row.domain: "bogus"}
    found = {row.domain: "secure"} if row.is_signed else {}
    if row.hosts:
        found |= replaced(row.hosts.security, {"{d}": row.domain})
    for way in row.ways.values():
        found |= marked(way.security, row)
    return found


# --- answering ------------------------------------------------------------------------------------


class Internet:
    """The planned internet as a source of answers. Records are made when they are asked for.

    A family is a registrable domain and what is planned below it; each is a small zone.
    """

    def __init__(self, plan: Plan):
        self._shared = nodes_of(shared_zone())
        self._rest = Zone(self._shared | nodes_of(outside(plan.rows)), secured(DNSSEC))
        self._families = families(plan.rows)
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
        if any(row.mail == Mail.ALIAS for row in family):
            for name in (ALIASED_TO, ALIASED_TO.partition(".")[2]):
                nodes[name] = self._shared[name]
        above = base.partition(".")[2]
        while above:
            if above in self._shared:
                nodes[above] = self._shared[above]
            above = above.partition(".")[2]
        security: dict[str, str] = {}
        for row in family:
            security |= security_of(row)
        return Zone(nodes | own_nodes(family), secured(security))


def every_node(plan: Plan) -> Iterator[tuple[str, Node]]:
    """The whole planned internet in wire format, family by family; each name once."""
    yield from nodes_of(shared_zone() | outside(plan.rows)).items()
    for family in families(plan.rows).values():
        yield from own_nodes(family).items()


def families(rows: Iterable[Planned]) -> dict[str, list[Planned]]:
    """Registrable domain → what exists of it and below it, in the plan's order."""
    found: dict[str, list[Planned]] = {}
    for row in rows:
        if row.mail != Mail.GONE:
            found.setdefault(row.base, []).append(row)
    return found


def own_nodes(family: Iterable[Planned]) -> dict[str, Node]:
    """The names of one family, in wire format."""
    nodes: dict[str, Node] = {}
    for row in family:
        nodes |= nodes_of(records(row))
    return nodes


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
