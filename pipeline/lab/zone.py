"""A zone file answered as a validating recursive resolver would answer: the whole DNS in one file.

Two formats: one JSON object `{"zone": {name: {type: rows}}, "dnssec": {zone: "secure"|…}}`, or
JSON lines of `{name, type, ttl?, strings|rdata}`; both may be gzipped.

Names: an owner `*.…` is a wildcard (RFC 4592), a name without rows above a listed one exists
without data, every other missing name does not exist. Aliases are followed inside the file.
"""

import gzip
import json
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..message import AD, ANSWER, AUTHORITY, CD, IN, QR, RA, RD, RR, response, to_text, to_wire
from ..words import QType
from .rows import (
    EVERY,
    FAILURES,
    SECURITIES,
    Failure,
    Security,
    canonical,
    parent,
    presented,
    rdata,
    record_type,
    shown,
)

TTL = 3600  # seconds, of rows that name none
LONGEST_TTL = (1 << 31) - 1  # RFC 2181 §8
NEGATIVE_TTL = 300
MOST_ALIASES = 16  # as many as resolvers follow
LARGEST_FILE = 1 << 30  # octets, unpacked
LARGEST_MESSAGE = 65535  # what TCP's length can say, RFC 1035 §4.2.2
DNSSEC_BOGUS = 6  # RFC 8914 §4.7
RCODES = {Failure.SERVFAIL: 2, Failure.NXDOMAIN: 3, Failure.REFUSED: 5}
NO_SOA = b"\0\0" + struct.pack("!5I", 1, 3600, 600, 86400, NEGATIVE_TTL)  # nobody's: "." and "."
FORMS = '{"zone": {name: {type: rows}}, "dnssec": …} or lines of {name, type, strings or rdata}'

Rows = tuple[tuple[int, bytes], ...]  # TTL and rdata of each record of a set
Node = dict[int, Rows | Failure]  # what stands at a name, by type


class ZoneError(Exception):
    """A zone file that cannot be served: one line that says where, what, and what is allowed."""


class Skipped(NamedTuple):
    """A row that no DNS server could serve: its line in the file, and why."""

    line: int
    reason: str


class Trail(NamedTuple):
    """Where a question led: records of the aliases and of their end, every name passed."""

    rrs: list[RR]
    names: list[str]
    failure: Failure | None


class Zone:
    """Names, their records, and what a validator would find. Immutable once made.

    skipped: rows that were left out (JSON lines only).
    """

    def __init__(
        self,
        nodes: dict[str, Node],
        dnssec: Mapping[str, Security] | None = None,
        skipped: tuple[Skipped, ...] = (),
    ):
        self.skipped = skipped
        self._nodes = nodes
        self._dnssec = dict(dnssec or {})
        self._default = self._dnssec.pop("*", Security.INSECURE)
        self._exists = {
            "."
        }  # listed names and all above them: empty non-terminals, RFC 4592 §2.2.2
        for name in nodes:
            while name not in self._exists:
                self._exists.add(name)
                name = parent(name)

    @classmethod
    def load(cls, path: Path) -> "Zone":
        """Read a file of either format. Raises ZoneError, its message beginning with the path."""
        octets = unpacked(path)
        lines = octets.splitlines()
        number, first = next(
            ((n, line) for n, line in enumerate(lines, 1) if line.strip()), (1, b"")
        )
        try:
            if is_row(first):
                return cls._from_lines(lines)
            return cls.from_json(parsed(octets, number))
        except ZoneError as fault:
            raise ZoneError(f"{path}: {fault}") from None

    @classmethod
    def from_json(cls, data: object) -> "Zone":
        """A zone from the parsed JSON object; keys it does not know are left to others.

        Raises ZoneError.
        """
        if not isinstance(data, dict) or not isinstance(data.get("zone"), dict):
            raise ZoneError(f'no object with a key "zone"; allowed: {FORMS}')
        nodes: dict[str, Node] = {}
        for owner, types in data["zone"].items():
            place = f"zone.{shown(owner)}"
            name = owner_name(owner, place)
            if name in nodes:
                raise ZoneError(f"{place}: the name is there already; allowed: each name once")
            if not isinstance(types, dict):
                raise ZoneError(f"{place}: {shown(types)}; allowed: an object {{type: rows}}")
            nodes[name] = node_of(types, place)
        return cls(nodes, security_of(data.get("dnssec", {})))

    @classmethod
    def _from_lines(cls, lines: Iterable[bytes]) -> "Zone":
        # A dump may hold a record twice; a set does not (RFC 2181 §5). Name, type, rdata: TTL.
        found: dict[str, dict[int, dict[bytes, int]]] = {}
        skipped: list[Skipped] = []
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            row = parsed(line, number)
            if not isinstance(row, dict):
                raise ZoneError(
                    f"line {number}: {shown(row)}; allowed: an object {{name, type, …}}"
                )
            try:
                name, rtype, ttl, wire = record_of(row)
                records = found.setdefault(name, {}).setdefault(rtype, {})
                if rtype == QType.CNAME and records and wire not in records:
                    raise ValueError("a second CNAME")  # RFC 1034 §3.6.2
                records.setdefault(wire, ttl)
            except ValueError as fault:
                skipped.append(Skipped(number, str(fault)))
        nodes: dict[str, Node] = {
            name: {
                rtype: tuple((ttl, wire) for wire, ttl in rows.items())
                for rtype, rows in types.items()
            }
            for name, types in found.items()
        }
        return cls(nodes, skipped=tuple(skipped))

    # --- answering -------------------------------------------------------------------------------

    def answer(self, name: str, qtype: int, cd: bool) -> bytes | None:
        """The message that answers a question, with id 0; None is silence.

        name: any spelling. Raises ValueError where it is no name.
        """
        name = canonical(name)
        question = to_wire(name) + struct.pack("!HH", qtype, IN)
        flags = QR | RD | RA | (CD if cd else 0)
        trail = self._follow(name, qtype)
        if trail.failure is Failure.TIMEOUT:
            return None
        if trail.failure in (Failure.SERVFAIL, Failure.REFUSED):
            return response(question, [], flags=flags, rcode=RCODES[trail.failure])
        found = {self.security(passed) for passed in trail.names}
        if Security.BOGUS in found and not cd:  # RFC 4035 §5.5
            servfail = RCODES[Failure.SERVFAIL]
            return response(question, [], flags=flags, rcode=servfail, ede=DNSSEC_BOGUS)
        if found == {Security.SECURE}:  # every link of the chain: RFC 4035 §3.2.3
            flags |= AD
        rcode = RCODES[trail.failure] if trail.failure else 0
        message = response(question, trail.rrs, flags=flags, rcode=rcode)
        if len(message) > LARGEST_MESSAGE:
            return response(question, [], flags=flags & ~AD, rcode=RCODES[Failure.SERVFAIL])
        return message

    def security(self, name: str) -> Security:
        """What a validator finds at a canonical name: the longest zone listed above it says."""
        for above in upwards(name) if self._dnssec else ():
            if above in self._dnssec:
                return self._dnssec[above]
        return self._default

    def _follow(self, name: str, qtype: int) -> Trail:
        """Go from alias to alias to what was asked for, or to what there is instead of it."""
        rrs: list[RR] = []
        names: list[str] = []
        while name not in names and len(names) <= MOST_ALIASES:
            names.append(name)
            rtype, rows = self._look_up(name, qtype)
            if isinstance(rows, Failure):
                if rows is Failure.NXDOMAIN:  # RFC 6604 §3: the end's rcode, behind the aliases
                    rrs.append(self._negative(name))
                return Trail(rrs, names, rows)
            rrs += [RR(ANSWER, name, rtype, ttl, wire) for ttl, wire in rows]
            if not rows:
                rrs.append(self._negative(name))
            if rtype == qtype:
                return Trail(rrs, names, None)
            name = to_text(rows[0][1])
        return Trail([], names, Failure.SERVFAIL)  # a loop, or a chain that nobody follows

    def _look_up(self, name: str, qtype: int) -> tuple[int, Rows | Failure]:
        """The rows of the asked type, or the alias, or why there are none; and their type."""
        node = self._nodes.get(name)
        if node is None and name not in self._exists:
            above = parent(name)
            while above not in self._exists:  # the closest encloser, RFC 4592 §3.3.1
                above = parent(above)
            source = f"*.{above}" if above != "." else "*"
            if source not in self._exists:
                return qtype, Failure.NXDOMAIN
            node = self._nodes.get(source)
        if node is None:
            return qtype, ()
        for rtype in (qtype, EVERY):
            if (rows := node.get(rtype)) is not None:
                return qtype, rows
        alias = node.get(QType.CNAME)
        return (QType.CNAME, alias) if isinstance(alias, tuple) and alias else (qtype, ())

    def _negative(self, name: str) -> RR:
        """The SOA of a negative answer (RFC 2308 §3): the nearest listed one, else one made up."""
        for above in upwards(name):
            rows = self._nodes.get(above, {}).get(QType.SOA)
            if isinstance(rows, tuple) and rows:
                ttl, wire = rows[0]
                least = min(ttl, int.from_bytes(wire[-4:]))  # RFC 2308 §5
                return RR(AUTHORITY, above, QType.SOA, least, wire)
        top = name
        while (above := parent(top)) != ".":
            top = above
        return RR(AUTHORITY, top, QType.SOA, NEGATIVE_TTL, NO_SOA)


def upwards(name: str) -> Iterator[str]:
    """A canonical name and every name above it, the root last."""
    yield name
    while name != ".":
        name = parent(name)
        yield name


# --- reading -------------------------------------------------------------------------------------


def unpacked(path: Path) -> bytes:
    """A file's octets, gunzipped where it is gzip. Raises ZoneError."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            octets = (gzip.GzipFile(fileobj=file) if packed else file).read(LARGEST_FILE + 1)
    except (OSError, EOFError, zlib.error) as fault:
        why = getattr(fault, "strerror", None) or f"broken gzip ({fault})"
        raise ZoneError(f"{path}: {why}; allowed: a readable file, plain or gzip") from None
    if len(octets) > LARGEST_FILE:
        raise ZoneError(f"{path}: too large; allowed: {LARGEST_FILE >> 20} MiB unpacked")
    return octets


def parsed(octets: bytes, line: int) -> Any:
    """The JSON value in some octets that begin on a line. Raises ZoneError."""
    try:
        return json.loads(octets)
    except json.JSONDecodeError as fault:
        place, why = f"line {line + fault.lineno - 1} column {fault.colno}", fault.msg
    except RecursionError:
        place, why = f"line {line}", "nested too deeply"
    except ValueError as fault:  # no UTF-8, a number of thousands of digits
        place, why = f"line {line}", shown(str(fault))
    raise ZoneError(f"{place}: not JSON: {why}; allowed: {FORMS}")


def is_row(line: bytes) -> bool:
    """Is this a whole row of JSON lines, not the beginning of one large object?"""
    try:
        row = parsed(line, 1)
    except ZoneError:
        return False
    return isinstance(row, dict) and "name" in row and "zone" not in row


def owner_name(owner: str, place: str) -> str:
    """A key of an object that holds names. Raises ZoneError."""
    try:
        return canonical(owner)
    except ValueError as fault:
        raise ZoneError(f"{place}: {fault}; allowed: a domain name") from None


def node_of(types: dict[str, object], place: str) -> Node:
    """What stands at one name of the JSON object. Raises ZoneError."""
    node: Node = {}
    for key, rows in types.items():
        here = f"{place}.{shown(key)}"
        try:
            rtype = record_type(key)
        except ValueError as fault:
            raise ZoneError(f"{here}: {fault}; allowed: TXT, MX, …, TYPE123, *") from None
        if rtype in node:
            raise ZoneError(f"{here}: the type is there already; allowed: each type once")
        if isinstance(rows, str) and rows in FAILURES:
            node[rtype] = Failure(rows)
        elif isinstance(rows, list) and not (rows and rtype == EVERY):
            node[rtype] = rows_of(rtype, rows, here)
        else:
            some = "" if rtype == EVERY else "a list of rows, "
            raise ZoneError(f"{here}: {shown(rows)}; allowed: {some}{', '.join(Failure)}")
    return node


def rows_of(rtype: int, rows: list[object], place: str) -> Rows:
    """The records of one set as they are listed, equal ones too: what to make of two equal SPF
    records is for the reader to say. Raises ZoneError.
    """
    wires: list[bytes] = []
    for number, row in enumerate(rows, 1):
        try:
            wires.append(rdata(rtype, row))
        except ValueError as fault:
            allowed = "[text, …]" if rtype in (QType.TXT, QType.SPF) else "presentation form"
            allowed = "[preference, host]" if rtype == QType.MX else allowed
            raise ZoneError(f"{place} row {number}: {fault}; allowed: {allowed}") from None
    if rtype == QType.CNAME and len(set(wires)) > 1:  # RFC 1034 §3.6.2
        raise ZoneError(f"{place}: {len(wires)} aliases; allowed: one CNAME at a name")
    return tuple((TTL, wire) for wire in wires)


def security_of(dnssec: object) -> dict[str, Security]:
    """The object "dnssec": zone or "*" to what a validator finds. Raises ZoneError."""
    if not isinstance(dnssec, dict):
        raise ZoneError(
            f"dnssec: {shown(dnssec)}; allowed: an object {{zone: {'|'.join(Security)}}}"
        )
    found: dict[str, Security] = {}
    for owner, value in dnssec.items():
        place = f"dnssec.{shown(owner)}"
        if not isinstance(value, str) or value not in SECURITIES:
            raise ZoneError(f"{place}: {shown(value)}; allowed: {', '.join(Security)}")
        found[owner if owner == "*" else owner_name(owner, place)] = Security(value)
    return found


def record_of(row: dict[str, object]) -> tuple[str, int, int, bytes]:
    """Owner, type, TTL and rdata of one row of JSON lines. Raises ValueError."""
    name, rtext, ttl = row.get("name"), row.get("type"), row.get("ttl", TTL)
    if not isinstance(name, str) or not isinstance(rtext, str) or rtext == "*":
        raise ValueError("no name and type in text")
    if ttl is None:
        ttl = TTL
    if not isinstance(ttl, int) or isinstance(ttl, bool) or not 0 <= ttl <= LONGEST_TTL:
        raise ValueError(f"TTL {shown(ttl)}")
    rtype = record_type(rtext)
    value = row.get("strings", row.get("rdata"))
    if rtype in (QType.TXT, QType.SPF) and isinstance(value, str) and value.startswith('"'):
        return canonical(name), rtype, ttl, presented(rtype, value)
    return canonical(name), rtype, ttl, rdata(rtype, value)
