"""Messages: what dnspython builds is read as dnspython reads it; nothing hostile gets through."""

import struct

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import message

from .built import RDATA, messages, names, records_of, text_of

HEADER = bytes.fromhex("123481800001000100000000")
QUESTION = b"\x01a\x00" + b"\x00\x10\x00\x01"  # a. TXT IN


@given(messages())
@settings(max_examples=60)
def test_reads_what_dnspython_reads(built: dns.message.Message) -> None:
    wire = built.to_wire(max_size=65535)
    oracle = dns.message.from_wire(wire, one_rr_per_rrset=True)
    read = message.decode(wire)
    assert read.error == ""
    assert list(read.rrs) == records_of(oracle)
    assert (read.id, read.flags, read.rcode) == (oracle.id, int(oracle.flags), oracle.rcode())
    asked = oracle.question[0]
    assert read.question == (text_of(asked.name), asked.rdtype, asked.rdclass)


@pytest.mark.parametrize("rtype", sorted(RDATA))
@given(data=st.data())
@settings(max_examples=10)
def test_every_type_alone(rtype: str, data: st.DataObject) -> None:
    built = dns.message.make_response(dns.message.make_query("www.example.jp", rtype))
    built.answer.append(dns.rrset.from_rdata("www.example.jp.", 300, data.draw(RDATA[rtype])))
    wire = built.to_wire()
    records = records_of(dns.message.from_wire(wire))  # compression may have changed a name's case
    assert list(message.decode(wire).rrs) == records
    assert len(records) == 1


@given(messages(), st.data())
@settings(max_examples=30)
def test_a_message_cut_short_keeps_what_stands_before_the_cut(
    built: dns.message.Message, data: st.DataObject
) -> None:
    wire = built.to_wire(max_size=65535)
    whole = message.decode(wire).rrs
    cut = data.draw(st.integers(0, len(wire) - 1))
    read = message.decode(wire[:cut])
    assert read.error
    assert read.rrs == whole[: len(read.rrs)]


def test_cut_at_every_byte() -> None:
    built = dns.message.make_response(dns.message.make_query("example.jp", "MX", use_edns=0))
    for text in ("MX 10 mx.example.jp.", 'TXT "v=spf1 -all"', "A 192.0.2.1"):
        rtype, _, rest = text.partition(" ")
        built.answer.append(dns.rrset.from_text("example.jp.", 60, "IN", rtype, rest))
    wire = built.to_wire()
    assert all(message.decode(wire[:cut]).error for cut in range(len(wire)))
    assert message.decode(wire).error == ""


@given(messages(), st.data())
@settings(max_examples=60)
def test_flipped_bits_never_raise(built: dns.message.Message, data: st.DataObject) -> None:
    wire = bytearray(built.to_wire(max_size=65535))
    for at in data.draw(st.lists(st.integers(0, len(wire) * 8 - 1), min_size=1, max_size=6)):
        wire[at // 8] ^= 1 << at % 8
    assert isinstance(message.decode(bytes(wire)), message.Message)


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(HEADER.__add__)))
@settings(max_examples=300)
def test_random_bytes_never_raise(wire: bytes) -> None:
    assert message.decode(wire).error or len(wire) >= 12


@pytest.mark.parametrize(
    ("owner", "reason"),
    [
        (b"\xc0\x13", "pointer not backwards"),  # to itself
        (b"\xc0\x15\xc0\x13", "pointer not backwards"),  # forwards, where one leads back
        (b"\xc0\xff", "pointer not backwards"),  # past the end
        (b"\x01b\xc0\x13", "pointer not backwards"),  # a label, then back to that label
        (b"\x40a\x00", "unknown label type"),  # RFC 6891 §5: binary labels are gone
        (b"\x80a\x00", "unknown label type"),
        (b"\x3fshort", "past the end"),
        ((b"\x3f" + b"x" * 63) * 4 + b"\x00", "over 255 octets"),  # RFC 1035 §2.3.4
        (b"", "past the end"),
        (b"\xc0", "past the end"),
    ],
)
def test_bad_owner_names(owner: bytes, reason: str) -> None:
    read = message.decode(HEADER + QUESTION + owner)
    assert reason in read.error
    assert read.question == ("a", 16, 1)
    assert read.rrs == ()


def test_pointers_to_pointers_are_bounded() -> None:
    chain = b"".join((0xC000 | 12 + 2 * max(0, at - 1)).to_bytes(2) for at in range(1, 300))
    name = b"\x00\x00" + chain
    with pytest.raises(message.Malformed, match="too many"):
        message.wire_name(bytes(12) + name, 12 + len(name) - 2)


@pytest.mark.parametrize(
    ("rtype", "rdata"),
    [
        (1, b"\x7f\x00\x00"),  # A of three octets
        (28, bytes(15)),
        (16, b""),  # RFC 1035 §3.3.14: one string or more
        (16, b"\x05abc"),  # a string past the end
        (16, b"\x01ab"),  # one octet left, a string of which would be needed
        (15, b"\x00\x0a"),  # no name: the next octets are not its own
        (15, b"\x00\x0a\x01a\x00!"),  # something behind the name
        (2, b"\x01a\x00\x00"),
        (6, b"\x00\x00" + bytes(19)),
        (6, b"\x00\x00" + bytes(21)),
        (43, b"\x00\x01\x08"),
        (48, b"\x01\x01\x03"),
        (33, b"\x00\x01"),  # by dnspython
    ],
)
def test_bad_rdata_is_named_and_what_stands_before_is_kept(rtype: int, rdata: bytes) -> None:
    good = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + bytes([192, 0, 2, 1])
    bad = b"\xc0\x0c" + struct.pack("!HHIH", rtype, 1, 60, len(rdata)) + rdata
    header = struct.pack("!6H", 1, 0x8180, 1, 2, 0, 0)
    read = message.decode(header + QUESTION + good + bad + b"\0\0\0")
    assert f"type {rtype}" in read.error
    assert read.rrs == (message.RR(1, "a", 1, 60, bytes([192, 0, 2, 1])),)


def test_counts_that_lie() -> None:
    read = message.decode(struct.pack("!6H", 1, 0x8180, 1, 65535, 65535, 65535) + QUESTION)
    assert "more questions or records" in read.error
    read = message.decode(struct.pack("!6H", 1, 0x8180, 2, 0, 0, 0) + QUESTION + QUESTION)
    assert "more questions or records" in read.error


def test_records_of_another_class_are_left_out() -> None:
    record = b"\xc0\x0c" + struct.pack("!HHIH", 16, 3, 0, 2) + b"\x01x"
    header = struct.pack("!6H", 1, 0x8180, 1, 1, 0, 0)
    assert message.decode(header + QUESTION + record).rrs == ()
    chaos = b"\x01a\x00" + b"\x00\x10\x00\x03"
    assert message.decode(header + chaos + record).rrs == (message.RR(1, "a", 16, 0, b"\x01x"),)


def test_extended_error() -> None:
    query = dns.message.make_query("example.jp", "A", use_edns=0)
    built = dns.message.make_response(query)
    built.use_edns(0, options=[dns.edns.GenericOption(10, b"cookie12"), dns.edns.EDEOption(6, "x")])
    assert message.decode(built.to_wire()).ede == 6  # RFC 8914 §4.7: DNSSEC bogus


# --- names and questions -------------------------------------------------------------------------


@given(names())
def test_names_go_to_text_and_back(name: dns.name.Name) -> None:
    wire = name.to_wire()
    text = message.to_text(wire)
    assert text == text_of(name)
    assert message.to_wire(text) == name.canonicalize().to_wire()
    assert message.wire_name(wire, 0) == (wire, len(wire))


@pytest.mark.parametrize(
    "name",
    [
        "a..b",
        ".a",
        "a.",
        "a..",
        "a" * 64,
        ".".join(["a" * 63] * 4),
        ".".join(["a" * 63] * 3 + ["a" * 62]),  # 256 octets
        ".".join("a" * 128),
        ".".join("a" * 100_000),
        "a\\",
        "a\\25x",
        "日本.jp",
        "\\日",
    ],
)
def test_what_is_no_name_is_a_value_error(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        message.to_wire(name)


@pytest.mark.parametrize("name", [".".join(["a" * 63] * 3 + ["a" * 61]), ".".join("a" * 127)])
def test_the_longest_names(name: str) -> None:
    assert len(message.to_wire(name)) == 255  # RFC 1035 §2.3.4


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_a_value_error(text: str) -> None:
    try:
        wire = message.to_wire(text)
    except ValueError:
        return
    assert message.wire_name(wire, 0) == (wire, len(wire))


@given(names(), st.sampled_from(["A", "TXT", "CAA"]), st.booleans(), st.sampled_from([0, 1232]))
def test_queries_are_what_dnspython_reads(
    name: dns.name.Name, qtype: str, cd: bool, edns: int
) -> None:
    kind = dns.rdatatype.from_text(qtype)
    read = dns.message.from_wire(message.query(name.to_wire(), kind, id=7, cd=cd, edns=edns))
    assert (read.id, read.question[0].name, read.question[0].rdtype) == (7, name, kind)
    flags = dns.flags.RD | dns.flags.AD | (dns.flags.CD if cd else 0)
    assert read.flags == flags
    assert (read.edns, read.payload) == ((0, 1232) if edns else (-1, 0))


@given(messages())
@settings(max_examples=60)
def test_responses_are_what_dnspython_reads(built: dns.message.Message) -> None:
    records = records_of(built)
    asked = built.question[0]
    question = asked.name.to_wire() + struct.pack("!HH", asked.rdtype, asked.rdclass)
    wire = message.response(question, records, rcode=built.rcode(), ede=22)
    read = dns.message.from_wire(wire, one_rr_per_rrset=True)
    assert (read.rcode(), read.question) == (built.rcode(), built.question)
    assert sorted(records_of(read)) == sorted(records)
    assert read.options[0].code == 22  # type: ignore[attr-defined]


# --- rdata ---------------------------------------------------------------------------------------


@given(RDATA["TXT"])
def test_strings_of_a_txt(one: dns.rdata.Rdata) -> None:
    wire = one.to_wire()
    assert message.strings(wire) == list(one.strings)
    assert message.text(wire) == b"".join(one.strings)
    assert message.from_strings(list(one.strings)) == wire


@given(RDATA["MX"])
def test_exchange_of_an_mx(one: dns.rdata.Rdata) -> None:
    assert message.exchange(one.to_wire()) == (one.preference, text_of(one.exchange))
