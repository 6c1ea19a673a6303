"""The grammar of an SPF record (RFC 7208 §4.5, §4.6.1, §12), every fault of it found.

A term is read without its place, so that each distinct term is read once; a record is its terms
and where they stand. A term that the grammar does not know is a fault and nothing else: it is no
mechanism, asks nothing and matches nothing.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from itertools import islice
from typing import NamedTuple

from ..protocol import Fault, Finding
from .findings import (
    ALL_NOT_LAST,
    FOREIGN_TEXT,
    NO_ALL,
    NOT_ASCII,
    PERMITS_ALL,
    PTR,
    REDIRECT_IGNORED,
    SYNTAX,
    UNKNOWN_MODIFIER,
    WRONG_DASH,
)
from .macros import MacroString, read_domain_spec, read_macros

VERSION = b"v=spf1"
MOST_FAULTS = 100  # kept a record; a record of garbage has thousands
LONGEST_EVIDENCE = 200
LONGEST_KEPT = 255  # octets of a term that is remembered: bounds the memory
LONGEST_TOKEN = 200  # looked at: keeps the search for tokens linear

# name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ); its "=" comes before any ":" or "/"
MODIFIER = re.compile(r"([A-Za-z][0-9A-Za-z._-]*)=")
MECHANISM = re.compile(r"([+?~-]?)([0-9A-Za-z]+)")
# dual-cidr-length, its numbers not yet judged; it ends the term, because no toplabel holds a "/"
DUAL_CIDR = re.compile(r"(/[0-9]*)?(//[0-9]*)?\Z")
NUMBER = re.compile(r"0|[1-9][0-9]{0,2}")
QNUM = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
IP4_NETWORK = re.compile(rf"({QNUM})\.({QNUM})\.({QNUM})\.({QNUM})")

# Dashes that word processors, input methods and web pages put for "-": UTF-8 of U+2010..2015,
# U+2212, U+FF0D, U+30FC, U+FF70 and of the C1 controls that Windows-1252 dashes turn into; then
# the same in cp932 and in Windows-1252.
DASH = re.compile(
    rb"\xe2\x80[\x90-\x95]|\xe2\x88\x92|\xef\xbc\x8d|\xe3\x83\xbc|\xef\xbd\xb0|\xc2[\x96\x97]"
    rb"|\x81[\x5b\x5c\x5d\x7c]|\A[\x96\x97\xb0]"
)

# Tokens by which other services know a domain's owner; all are meant for a TXT of their own.
FOREIGN = re.compile(
    r"(?:ms|docusign|amazonses|firebase|apple-domain|d365mktkey|globalsign-smime-dv)[=:]"
    r"|[0-9a-z_.-]*(?:verif|validation)[0-9a-z_.-]*(?:[=:]|$)"
    r"|v=(?!spf1$)|spf2\.0",
    re.IGNORECASE,
)
REPORTING = frozenset(("ra", "rp", "rr"))  # RFC 6652 §3


@dataclass(frozen=True, slots=True)
class Term:
    """One mechanism, or the redirect modifier, as far as a survey can use it.

    kind: its name, lower case; qualifier: "" for redirect; spec: None means the record's own
    domain; network: ip4's addresses, first and behind the last; prefix4: the IPv4 prefix length
    of a and mx; is_everything: ip4 or ip6 with prefix length 0.
    """

    kind: str
    qualifier: str
    text: str
    spec: MacroString | None = None
    network: tuple[int, int] | None = None
    prefix4: int = 32
    is_everything: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What one term is. mechanism, modifier: the name that was recognised, even if faulty."""

    term: Term | None = None
    mechanism: str = ""
    modifier: str = ""
    faults: tuple[tuple[Finding, int], ...] = ()


class Placed(NamedTuple):
    """A term where it stands."""

    at: int
    raw: bytes
    reading: Reading


@dataclass(frozen=True, slots=True)
class Record:
    """One SPF record. Places are byte offsets in the payload.

    steps: what check_host() can evaluate, in its order: the mechanisms before the first `all`,
    and the redirect where the record has no `all`. all: the qualifier of the first `all`.
    """

    steps: tuple[tuple[int, Term], ...]
    all: str | None
    has_ptr: bool
    faults: tuple[Fault, ...]


def is_spf(payload: bytes) -> bool:
    """RFC 7208 §4.5: the version section is exactly `v=spf1`, ended by a space or the record."""
    return payload[:6].lower() == VERSION and payload[6:7] in (b"", b" ")


def parse(payload: bytes) -> Record | None:
    """Read one TXT payload. None: not an SPF record. Never raises, whatever the bytes."""
    if not is_spf(payload):
        return None
    placed = [Placed(at, raw, read_term(raw)) for at, raw in split(payload)]
    terms = [(place.at, place.reading.term) for place in placed if place.reading.term is not None]
    alls = [(at, term) for at, term in terms if term.kind == "all"]
    end = alls[0][0] if alls else len(payload)
    steps = [(at, term) for at, term in terms if at < end and term.kind != "redirect"]
    if not alls:  # RFC 7208 §6.1: any `all` in the record makes redirect ignored
        steps += [(at, term) for at, term in terms if term.kind == "redirect"][:1]
    found = [*islice(term_faults(placed), MOST_FAULTS), *islice(repeated(placed), MOST_FAULTS)]
    found += islice(use_faults(terms, end), MOST_FAULTS)
    found += order_faults(placed, terms, end, len(payload))
    return Record(
        tuple(steps),
        alls[0][1].qualifier if alls else None,
        any(term.kind == "ptr" for _, term in terms),
        tuple(sorted(found, key=lambda fault: fault.at)),
    )


def split(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """The terms and where they begin. Only SP separates, one or more of them (RFC 7208 §12)."""
    at = len(VERSION)
    for raw in payload[at:].split(b" "):
        if raw:
            yield at, raw
        at += len(raw) + 1


def term_faults(placed: list[Placed]) -> Iterator[Fault]:
    """What is wrong with each term by itself."""
    for place in placed:
        for finding, offset in place.reading.faults:
            yield Fault(finding, place.at + offset, shown(place.raw))


def repeated(placed: list[Placed]) -> Iterator[Fault]:
    """RFC 7208 §6: redirect and exp MUST NOT appear more than once each."""
    seen = set()
    for place in placed:
        name = place.reading.modifier
        if name in seen:
            yield Fault(SYNTAX, place.at, shown(place.raw))
        if name in ("redirect", "exp"):
            seen.add(name)


def use_faults(terms: list[tuple[int, Term]], end: int) -> Iterator[Fault]:
    """Well-formed mechanisms that should not be published. end: where the first `all` stands."""
    for at, term in terms:
        if term.kind == "ptr":
            yield Fault(PTR, at, term.text)
        if at <= end and term.qualifier == "+" and (term.is_everything or term.kind == "all"):
            yield Fault(PERMITS_ALL, at, term.text)


def order_faults(
    placed: list[Placed], terms: list[tuple[int, Term]], end: int, size: int
) -> Iterator[Fault]:
    """What is wrong with the terms together. end: where the first `all` stands, else size."""
    late = next((place for place in placed if place.at > end and place.reading.mechanism), None)
    if late:
        yield Fault(ALL_NOT_LAST, late.at, shown(late.raw))
    redirect = next(((at, term) for at, term in terms if term.kind == "redirect"), None)
    if redirect and end < size:
        yield Fault(REDIRECT_IGNORED, redirect[0], redirect[1].text[:LONGEST_EVIDENCE])
    if end == size and not redirect:
        yield Fault(NO_ALL, size)


def shown(raw: bytes) -> str:
    """Bytes as evidence: as UTF-8, else as cp932 (a Japanese editor's), else escaped."""
    raw = raw[: 4 * LONGEST_EVIDENCE]
    for encoding in ("utf-8", "cp932"):
        try:
            return raw.decode(encoding)[:LONGEST_EVIDENCE]
        except UnicodeDecodeError:
            continue
    return raw.decode("ascii", "backslashreplace")[:LONGEST_EVIDENCE]


# --- terms ---------------------------------------------------------------------------------------


def read_term(raw: bytes) -> Reading:
    """One term: what it is, and its faults with their offsets in it."""
    return kept_term(raw) if len(raw) <= LONGEST_KEPT else new_term(raw)


@lru_cache(maxsize=1 << 16)
def kept_term(raw: bytes) -> Reading:
    """The same, read once: providers' includes and `~all` stand in most records."""
    return new_term(raw)


def new_term(raw: bytes) -> Reading:
    """The same, read now."""
    text = raw.decode("latin-1")  # one character an octet, so that places are byte offsets
    met = MODIFIER.match(text)
    reading = read_modifier(text, met[1].lower()) if met else read_mechanism(text)
    slips = []
    if not raw.isascii():
        slips.append((NOT_ASCII, next(at for at, octet in enumerate(raw) if octet > 0x7F)))
        if dash := DASH.search(raw):
            slips.append((WRONG_DASH, dash.start()))
    if not is_known(reading):
        if FOREIGN.match(text[:LONGEST_TOKEN].lstrip("+-~?_")):
            slips.append((FOREIGN_TEXT, 0))
        elif reading.modifier and not reading.faults:
            slips.append((UNKNOWN_MODIFIER, 0))
    if not slips:
        return reading
    return replace(reading, faults=(*reading.faults, *slips))


def is_known(reading: Reading) -> bool:
    """Is it a term that receivers act on, right or wrong?"""
    return bool(reading.mechanism) or reading.modifier in ("redirect", "exp", *REPORTING)


def read_modifier(text: str, name: str) -> Reading:
    """redirect, explanation, or an unknown modifier (RFC 7208 §6, §12)."""
    start = len(name) + 1
    if name not in ("redirect", "exp"):
        # RFC 7208 §6: ignored, but its value must be a macro-string
        _, wrong = read_macros(text[start:])
        return Reading(modifier=name, faults=() if wrong is None else ((SYNTAX, start + wrong),))
    spec = read_domain_spec(text[start:])
    if isinstance(spec, int):
        return Reading(modifier=name, faults=((SYNTAX, start + spec),))
    # exp is asked only after a fail, and never counts (RFC 7208 §4.6.4): nothing to keep of it
    term = Term("redirect", "", text, spec) if name == "redirect" else None
    return Reading(term, modifier=name)


def read_mechanism(text: str) -> Reading:
    """A directive; whatever is none is a syntax error."""
    met = MECHANISM.match(text)
    reader = READERS.get(met[2].lower()) if met else None
    if met is None or reader is None:
        return Reading(faults=((SYNTAX, met.start(2) if met else 0),))
    kind = met[2].lower()
    term = reader(Term(kind, met[1] or "+", text), met.end())
    if isinstance(term, int):
        return Reading(mechanism=kind, faults=((SYNTAX, term),))
    return Reading(term, mechanism=kind)


# The readers below are given a mechanism and where in its text its name ends. They return it with
# what follows, or the place where the text is wrong.


def read_all(term: Term, start: int) -> Term | int:
    """`all`: a name alone (RFC 7208 §5.1)."""
    return term if start == len(term.text) else start


def read_target(term: Term, start: int) -> Term | int:
    """`include` and `exists`: `":" domain-spec` (RFC 7208 §5.2, §5.7)."""
    return with_target(term, start, len(term.text))


def read_ptr(term: Term, start: int) -> Term | int:
    """`ptr`: a domain-spec may follow (RFC 7208 §5.5)."""
    return term if start == len(term.text) else with_target(term, start, len(term.text))


def with_target(term: Term, start: int, end: int) -> Term | int:
    """`":" domain-spec` from start to end."""
    if not term.text.startswith(":", start):
        return start
    spec = read_domain_spec(term.text[start + 1 : end])
    return start + 1 + spec if isinstance(spec, int) else replace(term, spec=spec)


def read_addresses(term: Term, start: int) -> Term | int:
    """`a` and `mx`: a domain-spec and a dual-cidr-length may follow (RFC 7208 §5.3, §5.4)."""
    met = DUAL_CIDR.search(term.text, start)
    cut = met.start() if met else len(term.text)
    read = with_target(term, start, cut) if cut > start else term
    if isinstance(read, int) or met is None:
        return read
    prefix = 32 if met[1] is None else prefix_length(met[1][1:], 32)
    if prefix is None:
        return met.start(1)
    if met[2] is not None and prefix_length(met[2][2:], 128) is None:
        return met.start(2)
    return replace(read, prefix4=prefix)


def read_ip4(term: Term, start: int) -> Term | int:
    """`":" ip4-network [ ip4-cidr-length ]` (RFC 7208 §5.6)."""
    if not term.text.startswith(":", start):
        return start
    met = IP4_NETWORK.match(term.text, start + 1)
    if met is None:
        return start + 1
    prefix = read_prefix(term.text[met.end() :], 32)
    if prefix is None:
        return met.end()
    first, second, third, fourth = met.groups()
    address = int(first) << 24 | int(second) << 16 | int(third) << 8 | int(fourth)
    whole = prefix == 0
    return Term("ip4", term.qualifier, term.text, None, network(address, prefix), 32, whole)


def read_ip6(term: Term, start: int) -> Term | int:
    """`":" ip6-network [ ip6-cidr-length ]`; its addresses are not counted (RFC 7208 §5.6)."""
    if not term.text.startswith(":", start):
        return start
    address = term.text[start + 1 :].partition("/")[0]
    try:
        if "%" in address:  # a zone index is no part of an address, RFC 4291 §2.2
            return start + 1
        IPv6Address(address)
    except AddressValueError:
        return start + 1
    behind = start + 1 + len(address)
    prefix = read_prefix(term.text[behind:], 128)
    return behind if prefix is None else replace(term, is_everything=prefix == 0)


def read_prefix(text: str, most: int) -> int | None:
    """What follows a network: nothing, or `/` and a prefix length. None: something else."""
    if not text:
        return most
    return prefix_length(text[1:], most) if text[0] == "/" else None


def prefix_length(text: str, most: int) -> int | None:
    """A prefix length without leading zeros (RFC 7208 §12), or None."""
    return int(text) if NUMBER.fullmatch(text) and int(text) <= most else None


def network(address: int, prefix: int) -> tuple[int, int]:
    """The addresses that share the first prefix bits: the first, and the one behind the last."""
    size = 1 << (32 - prefix)
    first = address & ~(size - 1)
    return first, first + size


READERS: dict[str, Callable[[Term, int], Term | int]] = {
    "all": read_all,
    "include": read_target,
    "a": read_addresses,
    "mx": read_addresses,
    "ptr": read_ptr,
    "ip4": read_ip4,
    "ip6": read_ip6,
    "exists": read_target,
}
