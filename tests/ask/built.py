"""Messages as dnspython builds them, for hypothesis."""

import struct

import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from hypothesis import assume
from hypothesis import strategies as st

from pipeline import message

labels = st.binary(min_size=1, max_size=63)
words = st.text("abcXYZ019-_", min_size=1, max_size=12).map(str.encode)
suffixes = st.sampled_from([(), (b"jp",), (b"Example", b"jp"), (b"mail", b"example", b"jp")])


@st.composite
def names(draw: st.DrawFn) -> dns.name.Name:
    """Absolute names; they share suffixes, so that dnspython finds something to compress."""
    inner = draw(st.lists(st.one_of(words, words, labels), max_size=3))
    parts = (*inner, *draw(suffixes), b"")
    assume(sum(len(part) + 1 for part in parts) <= 255)
    return dns.name.Name(parts)


def numbers(bits: int) -> st.SearchStrategy[int]:
    return st.integers(0, (1 << bits) - 1)


def rdata(rtype: str, *parts: st.SearchStrategy[bytes]) -> st.SearchStrategy[dns.rdata.Rdata]:
    """Rdata of a type out of wire parts, as dnspython reads it."""
    kind = dns.rdatatype.from_text(rtype)

    def read(drawn: tuple[bytes, ...]) -> dns.rdata.Rdata:
        wire = b"".join(drawn)
        return dns.rdata.from_wire(dns.rdataclass.IN, kind, wire, 0, len(wire))

    return st.tuples(*parts).map(read)


def packed(layout: str, *parts: st.SearchStrategy[int]) -> st.SearchStrategy[bytes]:
    return st.tuples(*parts).map(lambda drawn: struct.pack(layout, *drawn))


def string(most: int = 255) -> st.SearchStrategy[bytes]:
    return st.binary(max_size=most).map(lambda text: bytes([len(text)]) + text)


wire_names = names().map(lambda name: name.to_wire())
digest = st.binary(min_size=32, max_size=32)  # SHA-256: dnspython checks the length

RDATA = {
    "A": rdata("A", st.binary(min_size=4, max_size=4)),
    "AAAA": rdata("AAAA", st.binary(min_size=16, max_size=16)),
    "TXT": rdata("TXT", st.lists(string(), min_size=1, max_size=4).map(b"".join)),
    "CNAME": rdata("CNAME", wire_names),
    "NS": rdata("NS", wire_names),
    "MX": rdata("MX", packed("!H", numbers(16)), wire_names),
    "SOA": rdata("SOA", wire_names, wire_names, packed("!5I", *[numbers(32)] * 5)),
    "TLSA": rdata("TLSA", packed("!3B", numbers(8), numbers(8), st.just(1)), digest),
    "DS": rdata("DS", packed("!HBB", numbers(16), numbers(8), st.just(2)), digest),
    "DNSKEY": rdata("DNSKEY", packed("!HBB", numbers(16), st.just(3), numbers(8)), digest),
    "SRV": rdata("SRV", packed("!3H", *[numbers(16)] * 3), wire_names),
    "PTR": rdata("PTR", wire_names),
    "CAA": rdata("CAA", st.just(b"\x00\x05issue"), st.binary(max_size=40)),
    "NAPTR": rdata(
        "NAPTR", packed("!2H", *[numbers(16)] * 2), string(9), string(9), string(9), wire_names
    ),
    "TYPE65280": rdata("TYPE65280", st.binary(max_size=40)),
}


@st.composite
def messages(draw: st.DrawFn) -> dns.message.Message:
    """A response with records of every type, compressed by dnspython where it can."""
    asked = draw(names())
    built = dns.message.make_response(dns.message.make_query(asked, "TXT", use_edns=0))
    owners = st.one_of(st.just(asked), names())
    for section in (built.answer, built.authority):
        for rtype in draw(st.lists(st.sampled_from(sorted(RDATA)), max_size=5)):
            section.append(
                dns.rrset.from_rdata(draw(owners), draw(numbers(31)), draw(RDATA[rtype]))
            )
    built.set_rcode(draw(st.sampled_from([0, 2, 3, 5, 16, 23])))
    return built


def text_of(name: dns.name.Name) -> str:
    """A name as dnspython writes it, in this project's form."""
    return name.to_text(omit_final_dot=True).lower() if name != dns.name.root else "."


def records_of(read: dns.message.Message) -> list[message.RR]:
    """The records that dnspython reads, in this project's form."""
    return [
        message.RR(number, text_of(rrset.name), rrset.rdtype, rrset.ttl, one.to_wire())
        for number, section in ((1, read.answer), (2, read.authority))
        for rrset in section
        for one in rrset
    ]
