"""Zone files from real records: which zones there are, what is left out and why, which are signed.

One server holds them all: the root, the top-level domains, every registrable domain and everything
that the records delegate. Every name server's name leads to that one server.
"""

import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.txtbase import TXTBase

from pipeline.population.suffixes import registrable

ROOT = "."
SERVER = "ns.name-servers."
TTL = 3600  # where a record has none
SIGNED_TOP = (".", "uk.", "org.")
LEAST_ROWS = 20  # of a zone below these to be signed
FORGED = "wikimediafoundation.org."
REPLACED = "where a name server is"
FORGED_TYPES = ("SOA", "TXT", "MX")

Row = tuple[str, str, int, str]
"""Owner, type, TTL, rdata; names absolute and lower case, all else presentation form."""


@dataclass
class Zones:
    """The built zones. plain: before signing (what the zone says); served: what NSD loads."""

    folder: Path
    plain: dict[str, Path] = field(default_factory=dict)
    served: dict[str, Path] = field(default_factory=dict)
    signed: set[str] = field(default_factory=set)
    skipped: Counter[str] = field(default_factory=Counter)  # reason → rows
    rows: int = 0
    owners: dict[str, set[str]] = field(default_factory=dict)  # owner → types, of the rows kept

    @property
    def anchor(self) -> Path:
        """The root's key: what a validator has to trust."""
        return next(self.folder.glob("K.+*.key"))

    def zone_of(self, name: str, *, is_ds: bool = False) -> str:
        """The zone that answers for a name; a DS stands in the zone above (RFC 4035 §2.4)."""
        return deepest(parent(name) if is_ds and name != ROOT else name, self.plain)


def parent(name: str) -> str:
    """One label less. No label of these names holds an escaped dot."""
    return name.partition(".")[2] or ROOT


def deepest(name: str, origins: Iterable[str]) -> str:
    """The nearest of these zones at or above a name."""
    while name not in origins:
        name = parent(name)
    return name


def build(records: Iterable[dict[str, Any]], folder: Path, address: str) -> Zones:
    """Write the zone files into a folder, signed where wanted, and one of them forged.

    address: of the server that holds them all.
    """
    zones = Zones(folder)
    rows = list(fitting(list(readable(records, zones.skipped)), zones.skipped))
    for owner, rtype, _, _ in rows:
        zones.owners.setdefault(owner, set()).add(rtype)
    served = list(on_loopback(rows, address, zones.skipped))
    zones.rows = len(rows) - zones.skipped[REPLACED]
    contents = divided(served, origins_of(rows), address)
    for origin, lines in contents.items():
        path = folder / f"{origin if origin != ROOT else 'root.'}zone"
        path.write_text(
            "".join(f"{n} {ttl} IN {rtype} {value}\n" for n, rtype, ttl, value in lines)
        )
        zones.plain[origin] = zones.served[origin] = path
    for origin in sorted(to_be_signed(rows, zones), key=lambda name: -name.count(".")):
        sign(zones, origin)
    sign(zones, ROOT)
    forge(zones.served[FORGED])
    return zones


# --- which rows ----------------------------------------------------------------------------------


def readable(records: Iterable[dict[str, Any]], skipped: Counter[str]) -> Iterator[Row]:
    """The records that DNS knows and dnspython reads."""
    for record in records:
        try:
            rtype = dns.rdatatype.from_text(record["type"])
        except dns.rdatatype.UnknownRdatatype:
            skipped["no DNS type"] += 1
            continue
        try:
            rdata = value_of(record, rtype)
            owner = dns.name.from_text(record["name"]).to_text().lower()
        except (dns.exception.DNSException, ValueError):
            skipped["unreadable"] += 1
            continue
        yield owner, record["type"], record.get("ttl", TTL), rdata.to_text()


def value_of(record: dict[str, Any], rtype: dns.rdatatype.RdataType) -> dns.rdata.Rdata:
    """A record's rdata. A TXT has its character-strings as they are, not in presentation form."""
    if "strings" in record:
        kind = dns.rdata.get_rdata_class(dns.rdataclass.IN, rtype)
        assert issubclass(kind, TXTBase)
        return kind(dns.rdataclass.IN, rtype, [part.encode() for part in record["strings"]])
    return dns.rdata.from_text(dns.rdataclass.IN, rtype, record["rdata"], relativize=False)


def fitting(rows: list[Row], skipped: Counter[str]) -> Iterator[Row]:
    """The rows that can stand in one zone together (RFC 1034 §3.6.2: a CNAME stands alone)."""
    aliases = {owner: rdata for owner, rtype, _, rdata in reversed(rows) if rtype == "CNAME"}
    delegated = {owner for owner, rtype, _, _ in rows if rtype == "NS"}
    seen = set()
    for row in rows:
        owner, rtype, _, rdata = row
        if (owner, rtype, rdata) in seen:
            skipped["again"] += 1
        elif rtype == "CNAME" and aliases[owner] != rdata:
            skipped["second CNAME"] += 1
        elif rtype != "CNAME" and owner in aliases:
            skipped["beside a CNAME"] += 1
        elif rtype == "DS" and owner not in delegated:
            skipped["DS without a delegation"] += 1
        else:
            seen.add((owner, rtype, rdata))
            yield row


def on_loopback(rows: list[Row], address: str, skipped: Counter[str]) -> Iterator[Row]:
    """The rows with every name server at the one address: no packet may leave the machine."""
    servers = {rdata.lower() for _, rtype, _, rdata in rows if rtype == "NS"}
    for row in rows:
        if row[0] in servers and row[1] in ("A", "AAAA", "CNAME"):
            skipped[REPLACED] += 1
        else:
            yield row
    for server in sorted({*servers, SERVER}):
        yield server, "A", TTL, address


# --- which zones ---------------------------------------------------------------------------------


def origins_of(rows: list[Row]) -> set[str]:
    """The zones: the root, top-level and registrable domains, and whatever is delegated."""
    aliases = {owner for owner, rtype, _, _ in rows if rtype == "CNAME"}
    origins = {owner for owner, rtype, _, _ in rows if rtype == "NS"}
    for owner, *_ in rows:
        origins.add(owner.rstrip(".").rpartition(".")[2] + ".")
        origins.add((registrable(owner.rstrip(".")) or ROOT.strip(".")) + ".")
    return (origins - aliases) | {ROOT}


def divided(rows: list[Row], origins: set[str], address: str) -> dict[str, list[Row]]:
    """The rows by zone, each with its SOA, its name servers, and its delegations with glue."""
    contents: dict[str, list[Row]] = {
        origin: [(origin, "SOA", TTL, f"{SERVER} hostmaster.{SERVER} 1 3600 600 86400 300")]
        for origin in sorted(origins)
    }
    delegations: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        owner, rtype, _, _ = row
        if rtype == "NS":
            delegations[owner].append(row)
        is_ds = rtype == "DS"
        contents[deepest(parent(owner) if is_ds else owner, origins)].append(row)
    for origin in contents:
        if origin not in delegations:
            delegations[origin] = [(origin, "NS", TTL, SERVER)]
            contents[origin] += delegations[origin]
    for origin, servers in delegations.items():
        if origin != ROOT:
            above = contents[deepest(parent(origin), origins)]
            below = {rdata.lower() for *_, rdata in servers if rdata.lower().endswith("." + origin)}
            above += servers
            above += [(server, "A", TTL, address) for server in sorted(below)]
    return contents


# --- signing -------------------------------------------------------------------------------------


def to_be_signed(rows: list[Row], zones: Zones) -> set[str]:
    """Zones with many rows below signed ones, if no real DS record would break what is below."""
    sizes = Counter(zones.zone_of(owner) for owner, *_ in rows)
    with_ds = {zones.zone_of(owner, is_ds=True) for owner, rtype, _, _ in rows if rtype == "DS"}
    tops = set(SIGNED_TOP) - {ROOT}
    return tops | {
        origin
        for origin, size in sizes.items()
        if size >= LEAST_ROWS and zones.zone_of(parent(origin)) in tops and origin not in with_ds
    }


def sign(zones: Zones, origin: str) -> None:
    """Sign a zone (NSEC3), and put its DS into the zone above, which must not be signed yet."""
    key = run(zones.folder, "ldns-keygen", "-k", "-a", "ECDSAP256SHA256", origin).strip()
    plain, signed = zones.plain[origin], zones.plain[origin].with_suffix(".signed")
    run(zones.folder, "ldns-signzone", "-n", "-o", origin, "-f", str(signed), str(plain), key)
    zones.served[origin] = signed
    zones.signed.add(origin)
    if origin != ROOT:
        above = zones.plain[zones.zone_of(parent(origin))]
        with above.open("a") as file:
            file.write((zones.folder / f"{key}.ds").read_text())


def run(folder: Path, *command: str) -> str:
    """Run a tool in a folder; what it printed."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def forge(signed: Path) -> None:
    """Change every record of FORGED_TYPES in a signed zone: their signatures are no longer true."""
    text = signed.read_text()
    text = re.sub(r'(\tTXT\t")', r"\1forged ", text)
    text = re.sub(r"(\tMX\t)(\d+)", r"\g<1>1\2", text)
    signed.write_text(re.sub(r"(\tSOA\t\S+ \S+ )\d+", r"\g<1>99", text))
