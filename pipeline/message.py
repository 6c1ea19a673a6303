"""DNS messages: bytes to names, questions and records, and back (RFC 1035 §4, RFC 6891).

Knows nothing of sockets. Reading is total: whatever the bytes, `decode` returns what it could read
and says in `error` what it could not, and where. Eleven of the survey's types are read here; every
other is left to dnspython, which is also the oracle that the tests hold this file against.

Names are text: lower case, presentation form (RFC 1035 §5.1), no final dot; the root is ".".
Rdata is wire format with every name written out, so that it can be read without its message.
"""

import re
import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from .words import Outcome, QType

HEADER = struct.Struct("!6H")
QUESTION = struct.Struct("!HH")  # type, class
FIXED = struct.Struct("!HHIH")  # type, class, TTL, rdata length
QR, TC, RD, RA, AD, CD = 0x8000, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010
IN, CH = 1, 3
ANSWER, AUTHORITY = 1, 2
CNAME, OPT = 5, 41
TO_THE_QUESTION = b"\xc0\x0c"  # the compression pointer to byte 12
EDE = 15  # RFC 8914 §2
SAFE = re.compile(rb"[0-9A-Za-z_*+/-]+")
LONGEST_NAME = 255  # RFC 1035 §2.3.4, on the wire
LENGTHS = [bytes([length]) for length in range(64)]  # of a label, as an octet
MOST_POINTERS = 127  # in one name: as many as it can have labels
MOST_RECORDS = 4096  # more fit into no message that a mail domain needs


class Malformed(ValueError):
    """Bytes that are not what they should be; `at` is the offset in the message."""

    def __init__(self, reason: str, at: int):
        super().__init__(f"{reason} at byte {at}")
        self.at = at


class RR(NamedTuple):
    """One record of a message: section 1 (answer) or 2 (authority)."""

    section: int
    owner: str
    type: int
    ttl: int
    rdata: bytes


class Message(NamedTuple):
    """One message, read as far as it could be. error: what could not be read, "": all was."""

    id: int
    flags: int
    rcode: int  # with its EDNS part, RFC 6891 §6.1.3
    question: tuple[str, int, int] | None  # name, type, class
    rrs: tuple[RR, ...]
    ede: int | None  # the first extended error's code
    error: str


# --- names ---------------------------------------------------------------------------------------


@lru_cache(maxsize=1 << 14)
def to_wire(name: str) -> bytes:
    """A name's wire form. Raises ValueError: label over 63 octets or empty, name over 255."""
    if name in (".", ""):
        return b"\0"
    if "\\" in name:
        try:
            return dns.name.from_text(name.encode("ascii"), dns.name.root).to_wire() or b"\0"
        except dns.exception.DNSException as fault:
            raise ValueError(f"{fault} in {name[:80]!r}") from None
    if len(name) + 2 > LONGEST_NAME:  # before its labels are gone through: there may be thousands
        raise ValueError(f"name of over 255 octets: {name[:80]!r}")
    # What is asked below a name comes one after another: the rest is in the cache.
    label, dot, rest = name.partition(".")
    if not 0 < len(label) < 64 or (dot and rest in (".", "")):
        raise ValueError(f"label that is empty or over 63 octets in {name[:80]!r}")
    return LENGTHS[len(label)] + label.encode("ascii") + to_wire(rest)


@lru_cache(maxsize=1 << 16)
def to_text(wire: bytes) -> str:
    """The text of an uncompressed wire name that is known to be well formed."""
    labels, at = [], 0
    while length := wire[at]:
        label = wire[at + 1 : at + 1 + length]
        labels.append(label.decode("ascii").lower() if SAFE.fullmatch(label) else escaped(label))
        at += 1 + length
    return ".".join(labels) or "."


def escaped(label: bytes) -> str:
    """One label in presentation form (RFC 1035 §5.1)."""
    out = []
    for octet in label.lower():
        if octet in b'"().;\\@$':
            out.append("\\" + chr(octet))
        else:
            out.append(chr(octet) if 0x20 < octet < 0x7F else f"\\{octet:03d}")
    return "".join(out)


def wire_name(message: bytes, at: int) -> tuple[bytes, int]:
    """The name at an offset, decompressed, and the offset behind it. Raises Malformed.

    Every pointer must point before the place it was read from (RFC 1035 §4.1.4: "a prior
    occurrence"), so reading ends; their number is bounded too, or else one message of pointers to
    pointers would keep us busy for seconds.
    """
    parts: list[bytes] = []
    size, after, limit, pointers = 1, -1, at, 0
    try:
        while length := message[at]:
            if length < 64:
                end = at + 1 + length
                parts.append(message[at:end])
                size += 1 + length
                if size > LONGEST_NAME:
                    raise Malformed("name over 255 octets", limit)
                at = end
            elif length >= 0xC0:
                target = (length & 0x3F) << 8 | message[at + 1]
                pointers += 1
                if target >= limit or pointers > MOST_POINTERS:
                    raise Malformed("compression pointer not backwards, or too many", at)
                if after < 0:
                    after = at + 2
                at = limit = target
            else:
                raise Malformed("unknown label type", at)
    except IndexError:
        raise Malformed("name past the end", limit) from None
    parts.append(b"\0")
    return b"".join(parts), after if after >= 0 else at + 1


# --- building ------------------------------------------------------------------------------------


def query(
    name: bytes, qtype: int, *, id: int, qclass: int = IN, cd: bool = False, edns: int = 1232
) -> bytes:
    """A question to a recursive resolver. name: wire form; edns: advertised UDP size, 0: no OPT.

    AD is set, which asks for the AD flag of the answer without its signatures (RFC 6840 §5.7).
    """
    flags = RD | AD | (CD if cd else 0)
    head = HEADER.pack(id, flags, 1, 0, 0, 1 if edns else 0)
    tail = struct.pack("!HH", qtype, qclass)
    opt = struct.pack("!BHHIH", 0, OPT, edns, 0, 0) if edns else b""
    return head + name + tail + opt


def response(
    question: bytes,
    rrs: list[RR],
    *,
    id: int = 0,
    flags: int = QR | RD | RA,
    rcode: int = 0,
    edns: int = 1232,
    ede: int | None = None,
) -> bytes:
    """An answer message. question: name, type and class in wire form. edns: 0 leaves the OPT out.

    Owners equal to the question's name are compressed to a pointer; nothing else is.
    """
    name = question[:-4]
    counts = [0, 0, 0]
    body = bytearray()
    for rr in sorted(rrs, key=lambda rr: rr.section):
        owner = to_wire(rr.owner)
        counts[rr.section - 1] += 1
        body += b"\xc0\x0c" if owner == name.lower() else owner
        body += FIXED.pack(rr.type, IN, rr.ttl, len(rr.rdata)) + rr.rdata
    if edns:
        option = struct.pack("!HHH", EDE, 2, ede) if ede is not None else b""
        body += struct.pack("!BHHIH", 0, OPT, edns, (rcode >> 4) << 24, len(option)) + option
        counts[2] += 1
    return HEADER.pack(id, flags | (rcode & 15), 1, *counts) + question + bytes(body)


# --- reading -------------------------------------------------------------------------------------


def decode(message: bytes, name: str = "") -> Message:
    """Read a message. Never raises; records before an unreadable one are kept.

    Kept are records of the question's class (without a question: IN). name: what was asked for, if
    the message's question is known to be about it: it is not read again, which takes long.
    """
    if len(message) < 12:
        return Message(0, 0, 0, None, (), None, "shorter than a header at byte 0")
    id, flags, questions, answers, authorities, additionals = HEADER.unpack_from(message)
    rcode, ede, question, qclass, error = flags & 15, None, None, IN, ""
    rrs: list[RR] = []
    try:
        at = 12
        if questions:
            after = 14 + len(name)
            if name in ("", ".") or "\\" in name or message[after - 1 : after] != b"\0":
                wire, after = wire_name(message, at)
                name = to_text(wire)
            qtype, qclass = QUESTION.unpack_from(message, after)
            question, at = (name, qtype, qclass), after + 4
        ruled, total = answers + authorities, answers + authorities + additionals
        if questions > 1 or total > MOST_RECORDS:
            raise Malformed("more questions or records than a message can mean", 4)
        for number in range(total):
            if question and message.startswith(TO_THE_QUESTION, at):  # nearly every owner
                owner, at = question[0], at + 2
            else:
                wire, at = wire_name(message, at)
                owner = to_text(wire)
            rtype, rclass, ttl, length = FIXED.unpack_from(message, at)
            at += 10
            if at + length > len(message):
                raise Malformed("rdata past the end", at)
            if number < ruled:
                if rclass == qclass:
                    section = ANSWER if number < answers else AUTHORITY
                    rrs.append(
                        RR(section, owner, rtype, ttl, written_out(message, rtype, at, length))
                    )
            elif rtype == OPT:
                rcode |= ttl >> 24 << 4
                ede = extended_error(message[at : at + length])
            at += length
    except Malformed as fault:
        error = str(fault)
    except struct.error:
        error = f"message cut short at byte {len(message)}"
    return Message(id, flags, rcode, question, tuple(rrs), ede, error)


def extended_error(options: bytes) -> int | None:
    """The first extended error's info code in an OPT's options (RFC 8914 §2)."""
    at = 0
    while at + 4 <= len(options):
        code, length = struct.unpack_from("!HH", options, at)
        if code == EDE and length >= 2 and at + 6 <= len(options):
            return int.from_bytes(options[at + 4 : at + 6])
        at += 4 + length
    return None


def written_out(message: bytes, rtype: int, at: int, length: int) -> bytes:
    """Rdata with its names decompressed. Raises Malformed where it is not what its type says."""
    read = READERS.get(rtype)
    if not read:
        return by_dnspython(message, rtype, at, length)
    rdata, after = read(message, at, at + length)
    if after != at + length:
        raise Malformed(f"bad rdata of type {rtype}", at)
    return rdata


SIZES: dict[int, tuple[int, int]] = {
    QType.A: (4, 4),
    QType.AAAA: (16, 16),
    # Opaque, so that one record cut short does not hide the good ones beside it (RFC 3597 §4):
    QType.TLSA: (0, 65535),  # RFC 6698 §2.1
    QType.SMIMEA: (0, 65535),  # RFC 8162 §2
    QType.DS: (4, 65535),  # RFC 4034 §5.1
    QType.DNSKEY: (4, 65535),  # RFC 4034 §2.1
}
"""Rdata without names: its least and greatest length."""

Reader = Callable[[bytes, int, int], tuple[bytes, int]]
"""message, begin and end of the rdata → what it holds, and where that ended: not at the end, bad"""


def sized(least: int, most: int) -> Reader:
    """Rdata without names, of a length within bounds (both inclusive)."""

    def read(message: bytes, at: int, end: int) -> tuple[bytes, int]:
        return message[at:end], end if least <= end - at <= most else -1

    return read


def character_strings(message: bytes, at: int, end: int) -> tuple[bytes, int]:
    """One string or more that fill the rdata exactly (RFC 1035 §3.3.14)."""
    if at == end:
        return b"", -1
    rdata = message[at:end]
    while at < end:
        at += 1 + message[at]
    return rdata, at


def preference_and_name(message: bytes, at: int, end: int) -> tuple[bytes, int]:
    """RFC 1035 §3.3.9."""
    name, after = wire_name(message, at + 2)
    return message[at : at + 2] + name, after


def soa(message: bytes, at: int, end: int) -> tuple[bytes, int]:
    """RFC 1035 §3.3.13: two names and five numbers."""
    mname, after = wire_name(message, at)
    rname, after = wire_name(message, after)
    return mname + rname + message[after : after + 20], after + 20


def one_name(message: bytes, at: int, end: int) -> tuple[bytes, int]:
    """RFC 1035 §3.3.1, §3.3.11."""
    return wire_name(message, at)


READERS: dict[int, Reader] = {
    QType.TXT: character_strings,
    QType.MX: preference_and_name,
    QType.CNAME: one_name,
    QType.NS: one_name,
    QType.SOA: soa,
} | {qtype: sized(*bounds) for qtype, bounds in SIZES.items()}


def by_dnspython(message: bytes, rtype: int, at: int, length: int) -> bytes:
    """Any other type, read and written out by dnspython."""
    try:
        rdata = dns.rdata.from_wire(
            dns.rdataclass.IN, dns.rdatatype.RdataType.make(rtype), message, at, length
        )
        return rdata.to_wire() or b""
    except Exception as fault:  # dnspython lets several kinds through on hostile bytes
        raise Malformed(f"bad rdata of type {rtype}: {type(fault).__name__}", at) from None


def outcome_of(rcode: int, answered: bool) -> Outcome:
    """The outcome of a message that was read. answered: a record of the asked type is in it."""
    if rcode == 0:
        return Outcome.ANSWERED if answered else Outcome.NO_DATA
    return OUTCOMES.get(rcode, Outcome.OTHER_RCODE)


OUTCOMES = {2: Outcome.SERVER_FAILURE, 3: Outcome.NO_NAME, 5: Outcome.REFUSED}


# --- rdata ---------------------------------------------------------------------------------------


def strings(rdata: bytes) -> list[bytes]:
    """The character-strings of a TXT."""
    out, at = [], 0
    while at < len(rdata):
        out.append(rdata[at + 1 : at + 1 + rdata[at]])
        at += 1 + rdata[at]
    return out


def text(rdata: bytes) -> bytes:
    """A TXT's strings put together without a space, as SPF and DMARC read it (RFC 7208 §3.3)."""
    first = rdata[0] + 1 if rdata else 0
    return rdata[1:] if first == len(rdata) else b"".join(strings(rdata))


def from_strings(parts: list[bytes]) -> bytes:
    """A TXT's rdata from its character-strings, each at most 255 octets."""
    return b"".join(bytes([len(part)]) + part for part in parts) or b"\0"


def exchange(rdata: bytes) -> tuple[int, str]:
    """An MX's preference and host ("." is the null MX, RFC 7505)."""
    return int.from_bytes(rdata[:2]), to_text(rdata[2:])


def on_the_chain(rrs: Sequence[RR], name: str) -> Sequence[RR]:
    """The records that answer a question for a name: the alias chain and what stands at its end.

    A record in the answer section that no alias leads to answers nothing and is left out.
    Authority is kept.
    """
    if all(rr.owner == name or rr.section != ANSWER for rr in rrs):
        return rrs  # nearly always
    aliases = {
        rr.owner: to_text(rr.rdata) for rr in rrs if rr.type == CNAME and rr.section == ANSWER
    }
    chain = {name}
    here = name
    while (here := aliases.get(here, "")) and here not in chain:
        chain.add(here)
    return [rr for rr in rrs if rr.section != ANSWER or rr.owner in chain]
