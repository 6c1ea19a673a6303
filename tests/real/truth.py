"""What the zone files say to a question, read by dnspython: an oracle that shares no code with us.

The algorithm is RFC 1034 §4.3.2 with RFC 4592's wildcards, over all zones at once. The rules for
what a resolver adds to it:

- An alias is followed through every zone; the answer holds the chain. One that leads to a name that
  no zone has ends in NXDOMAIN (RFC 6604 §3): everything that exists is served here, so a target
  outside the records does not exist.
- A chain that comes back to itself or is too long for Unbound ends in SERVFAIL.
- In the forged zone the changed types are bogus, and so is every negative answer, because it
  carries the SOA: SERVFAIL. So is whatever an alias leads to there.
"""

from dataclasses import dataclass

import dns.name
import dns.node
import dns.rdataset
import dns.rdatatype
import dns.zone

from .zones import FORGED, FORGED_TYPES, Zones

NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
LONGEST_CHAIN = 11  # Unbound 1.17 follows so many aliases

Record = tuple[str, int, bytes]
"""Owner (lower case, no final dot), type, rdata in canonical wire form."""


@dataclass(frozen=True)
class Said:
    """An answer: its rcode, and its records with their TTLs."""

    rcode: int
    records: dict[Record, int]


class Truth:
    """All zone files, read."""

    def __init__(self, zones: Zones):
        self.zones = zones
        self.read = {
            origin: dns.zone.from_file(str(path), origin, relativize=False, check_origin=False)
            for origin, path in zones.plain.items()
        }
        self.keys = {origin: keys_of(origin, zones.served[origin]) for origin in zones.signed}
        self.above = {origin: with_ancestors(zone) for origin, zone in self.read.items()}

    def say(self, name: str, qtype: int) -> Said:
        """The answer to a question. name: lower case, no final dot."""
        records: dict[Record, int] = {}
        here = dns.name.from_text(name)
        for _ in range(LONGEST_CHAIN + 1):
            origin = self.zones.zone_of(here.to_text().lower(), is_ds=qtype == dns.rdatatype.DS)
            node = self.find(origin, here)
            rdataset = node and (
                node.get_rdataset(1, qtype) or node.get_rdataset(1, dns.rdatatype.CNAME)
            )
            if qtype == dns.rdatatype.DNSKEY and here.to_text().lower() == origin:
                rdataset = self.keys.get(origin)
            is_changed = not rdataset or dns.rdatatype.to_text(rdataset.rdtype) in FORGED_TYPES
            if origin == FORGED and is_changed:
                return Said(SERVFAIL, {})
            if not rdataset:
                return Said(NXDOMAIN if node is None else NOERROR, records)
            for rdata in rdataset:
                owner = here.to_text(omit_final_dot=True).lower()
                records[owner, rdataset.rdtype, canonical(rdata)] = rdataset.ttl
            if rdataset.rdtype == qtype:
                return Said(NOERROR, records)
            here = rdataset[0].target
        return Said(SERVFAIL, {})

    def is_alias(self, name: str) -> bool:
        """Does a CNAME stand at the name itself, or a wildcard's?"""
        node = self.find(self.zones.zone_of(name + "."), dns.name.from_text(name))
        return node is not None and node.get_rdataset(1, dns.rdatatype.CNAME) is not None

    def exists(self, name: str) -> bool:
        """Is the name there, whatever stands at it or below it?"""
        return self.find(self.zones.zone_of(name + "."), dns.name.from_text(name)) is not None

    def dnssec(self, name: str) -> str:
        """What a validator makes of the name itself, no alias followed. Signed zones have a chain
        to the root; in the forged one an alias is not forged, and all else needs the SOA."""
        origin = self.zones.zone_of(name + ".")
        if origin not in self.zones.signed:
            return "insecure"
        return "bogus" if origin == FORGED and not self.is_alias(name) else "secure"

    def find(self, origin: str, name: dns.name.Name) -> dns.node.Node | None:
        """The node that answers for a name in a zone; an empty one where there is nothing but names
        below it; None: no such name."""
        zone, existing = self.read[origin], self.above[origin]
        if name in existing:
            return zone.get_node(name) or dns.node.Node()
        while name not in existing:
            name = name.parent()
        return zone.get_node(dns.name.Name((b"*", *name.labels)))  # RFC 4592 §3.3.1


def keys_of(origin: str, path) -> dns.rdataset.Rdataset | None:
    """The keys that signing put at a zone's apex."""
    signed = dns.zone.from_file(str(path), origin, relativize=False, check_origin=False)
    return signed.get_rdataset(origin, dns.rdatatype.DNSKEY)


def with_ancestors(zone: dns.zone.Zone) -> set[dns.name.Name]:
    """The names of a zone, those included that only have names below them (RFC 4592 §2.2.2)."""
    existing = {zone.origin}
    for name in zone.nodes:
        while name not in existing:
            existing.add(name)
            name = name.parent()
    return existing


def canonical(rdata) -> bytes:
    """Rdata in wire form, host names in lower case (RFC 4034 §6.2)."""
    return rdata.to_digestable()
