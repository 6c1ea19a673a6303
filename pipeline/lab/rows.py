"""What a zone file says in JSON, one piece at a time: names, types and rows to wire format.

Whoever wrote the file is a stranger: everything here raises ValueError with a reason that fits on
one line, and nothing else, whatever it is given.
"""

import re
import struct
from enum import StrEnum

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from ..message import from_strings, to_text, to_wire
from ..words import QType

EVERY = 255  # QTYPE "*", RFC 1035 §3.2.3
LONGEST_STRING = 255  # RFC 1035 §3.3
LONGEST_TEXT = 253  # 255 octets on the wire
LONGEST_RDATA = 65535
U_LABELS = dns.name.IDNA2008Codec(uts_46=True, allow_pure_ascii=True)  # "_dmarc" beside them
PLAIN = re.compile(r"[a-z0-9_*-]{1,63}(?:\.[a-z0-9_*-]{1,63})*")
GENERIC = re.compile(r"\\# +([0-9]{1,5})((?: +(?:[0-9a-fA-F]{2})+)*)")
NAMELESS = (QType.DS, QType.DNSKEY, QType.TLSA, QType.SMIMEA, QType.OPENPGPKEY)
THREE_NUMBERS = {int(QType.TLSA): "!3B", int(QType.SMIMEA): "!3B", int(QType.DS): "!H2B"}
NUMBERED = re.compile(r"([0-9]{1,5})\s+([0-9]{1,3})\s+([0-9]{1,3})\s+([0-9a-fA-F\s]+)")
FIRST_LABEL = re.compile(r"(?:[^\\.]|\\[0-9]{3}|\\.)+", re.DOTALL)


class Failure(StrEnum):
    """What may stand instead of rows: how the question ends."""

    SERVFAIL = "SERVFAIL"
    TIMEOUT = "TIMEOUT"  # silence
    REFUSED = "REFUSED"
    NXDOMAIN = "NXDOMAIN"


FAILURES = frozenset(failure.value for failure in Failure)


class Security(StrEnum):
    """What a validating resolver finds in a zone (RFC 4035 §4.3)."""

    SECURE = "secure"
    INSECURE = "insecure"
    BOGUS = "bogus"


SECURITIES = frozenset(security.value for security in Security)


def shown(value: object) -> str:
    """A stranger's value for an error message: one printable line, cut at 60 characters."""
    return ascii(value)[:60]


def canonical(name: str) -> str:
    """A name as the project writes it, from any spelling: with final dot, upper case, U-labels.

    A name without a final dot is absolute too. Raises ValueError where it is no name.
    """
    if PLAIN.fullmatch(name) and len(name) <= LONGEST_TEXT:  # nearly all, and ten times as fast
        return name
    if name.isascii() and "\\" not in name:
        if name.startswith(".") and name != ".":
            raise ValueError("empty label")
        return to_text(to_wire(name.removesuffix(".")))
    try:
        read = dns.name.from_text(name, dns.name.root, idna_codec=U_LABELS)
        return to_text(read.to_wire() or b"\0")
    except (dns.exception.DNSException, UnicodeError) as fault:
        raise ValueError(f"not a name ({type(fault).__name__})") from None


def parent(name: str) -> str:
    """A canonical name without its first label; the root's is the root."""
    if "\\" not in name:
        return name.partition(".")[2] or "."
    first = FIRST_LABEL.match(name)
    return name[first.end() + 1 :] if first and first.end() < len(name) else "."


def record_type(text: str) -> int:
    """A record type's number from its name or `TYPE123` (RFC 3597 §5); "*" is every type."""
    if text == "*":
        return EVERY
    try:
        rtype = dns.rdatatype.from_text(text)
    except (dns.exception.DNSException, ValueError):
        raise ValueError(f"unknown type {shown(text)}") from None
    if dns.rdatatype.is_metatype(rtype):
        raise ValueError(f"{shown(text)} is a question, not the type of a record")
    return int(rtype)


def rdata(rtype: int, row: object) -> bytes:
    """One row's rdata in wire format, names written out.

    TXT: a list of character-strings, or one text. MX: [preference, host] or text. Any other type,
    and MX as text: presentation form, in which names are absolute. Raises ValueError.
    """
    if rtype in (QType.TXT, QType.SPF):
        wire = text_rdata(row)
    elif rtype == QType.MX and isinstance(row, list):
        wire = mx_rdata(row)
    elif isinstance(row, str):
        wire = presented(rtype, row)
    else:
        raise ValueError(f"{shown(row)} is no text in presentation form")
    if len(wire) > LONGEST_RDATA:
        raise ValueError(f"{len(wire)} octets, over {LONGEST_RDATA}")
    return wire


def text_rdata(row: object) -> bytes:
    """A TXT from its character-strings. Text becomes UTF-8; a long string is cut at 255 octets."""
    texts = [row] if isinstance(row, str) else row
    if not isinstance(texts, list):
        raise ValueError(f"{shown(row)} is no list of character-strings")
    strings: list[bytes] = []
    for text in texts:
        if not isinstance(text, str):
            raise ValueError(f"{shown(text)} is no character-string")
        octets = text.encode("utf-8", "surrogatepass")  # JSON may hold half a surrogate pair
        cuts = range(0, len(octets) or 1, LONGEST_STRING)
        strings += [octets[at : at + LONGEST_STRING] for at in cuts]
    return from_strings(strings)


def mx_rdata(row: list[object]) -> bytes:
    """An MX from [preference, host]; the host "." or "" makes a null MX (RFC 7505)."""
    match row:
        case [int(preference), str(host)] if not isinstance(preference, bool):
            if not 0 <= preference <= 65535:
                raise ValueError(f"preference {shown(preference)} is not in 0..65535")
            return preference.to_bytes(2) + to_wire(canonical(host))
    raise ValueError(f"{shown(row)} is not [preference, host]")


def presented(rtype: int, text: str) -> bytes:
    """Rdata from presentation form, read by dnspython.

    For types that hold no names, the form `\\# length hex` of RFC 3597 §5 is taken as it stands:
    dnspython knows no TLSA with a digest of the wrong length; so the plain form of those types that
    are three numbers and hexadecimal data is taken at any length, too.
    """
    if rtype in THREE_NUMBERS and (plain := NUMBERED.fullmatch(text.strip())):
        try:
            numbers = struct.pack(THREE_NUMBERS[rtype], *map(int, plain.group(1, 2, 3)))
            return numbers + bytes.fromhex("".join(plain[4].split()))
        except (struct.error, ValueError):
            pass  # dnspython says what is wrong with it
    if rtype in NAMELESS and (generic := GENERIC.fullmatch(text)):
        octets = bytes.fromhex("".join(generic[2].split()))
        if len(octets) != int(generic[1]):
            raise ValueError(f"{shown(text)} is not of the length that it says")
        return octets
    kind = dns.rdatatype.RdataType.make(rtype)
    try:
        read = dns.rdata.from_text(
            dns.rdataclass.IN,
            kind,
            text,
            origin=dns.name.root,
            relativize=False,
            idna_codec=U_LABELS,
        )
        return read.to_wire() or b""
    except Exception as fault:  # dnspython lets several kinds through on a stranger's text
        reason = f"{shown(text)} is no {dns.rdatatype.to_text(kind)} ({type(fault).__name__})"
        raise ValueError(reason) from None
