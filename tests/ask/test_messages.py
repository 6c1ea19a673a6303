"""Many messages read at once: the same as one by one, and only the plain ones."""

import struct
from typing import Any

import dns.message
import dns.rrset
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import message, messages
from pipeline.ask import facts
from pipeline.ask.facts import QUESTIONS, Facts, Row
from pipeline.schema import polars_schema
from pipeline.words import EngineName, Outcome, Transport

from .built import messages as built_messages

QUERY = dns.message.make_query("www.example.jp", "MX", use_edns=0)
SOA = "example.jp. 300 IN SOA ns.example.jp. host.example.jp. 1 2 3 4 5"
PLAIN = {
    "MX": ("www.example.jp. 60 IN MX 10 mx.example.jp.", "www.example.jp. 60 IN MX 20 a.b.net."),
    "null MX": ("www.example.jp. 60 IN MX 0 .",),
    "MX below the name": ("www.example.jp. 60 IN MX 1 www.example.jp.",),
    "TXT": ("www.example.jp. 60 IN TXT v=spf1 -all", f"www.example.jp. 60 IN TXT {'x' * 250} y z"),
    "A": ("www.example.jp. 60 IN A 192.0.2.1", "www.example.jp. 60 IN A 192.0.2.2"),
    "AAAA": ("www.example.jp. 60 IN AAAA 2001:db8::1",),
    "CNAME": ("www.example.jp. 60 IN CNAME www2.example.jp.",),
    "NS": ("www.example.jp. 60 IN NS ns.www.example.jp.",),
    "TLSA": ("www.example.jp. 60 IN TLSA 3 1 1 " + "ab" * 32,),
    "DS": ("www.example.jp. 60 IN DS 1 13 2 " + "cd" * 32,),
    "DNSKEY": ("www.example.jp. 60 IN DNSKEY 257 3 13 " + "qgk=",),
}


def answer(*records: str, authority: str = "", rcode: int = 0) -> bytes:
    built = dns.message.make_response(QUERY)
    built.answer += [dns.rrset.from_text_list(*parted(record)) for record in records]
    if authority:
        built.authority.append(dns.rrset.from_text_list(*parted(authority)))
    built.set_rcode(rcode)
    built.use_edns(0, payload=1232)
    return built.to_wire()


def parted(record: str) -> tuple[str, int, str, str, list[str]]:
    name, ttl, rdclass, rtype, rdata = record.split(" ", 4)
    return name, int(ttl), rdclass, rtype, [rdata]


def read(wires: list[bytes], names: list[str]) -> messages.Read:
    qtypes = pa.array([15] * len(names), pa.uint16())
    return messages.read(wires, pa.array(names, pa.large_string()), qtypes)


def asked(wire: bytes) -> str:
    """What the question says, if it can be read."""
    question = message.decode(wire).question
    return question[0] if question else "a"


def check(wires: list[bytes], found: messages.Read) -> None:
    """Whatever was taken for plain is what `decode` reads."""
    plain = [wire for wire, is_plain in zip(wires, found.is_plain, strict=True) if is_plain]
    columns = (found.section, found.owner.to_pylist(), found.type, found.ttl)
    rrs = list(zip(*columns, found.rdata.to_pylist(), strict=True))
    for number, wire in enumerate(plain):
        one = message.decode(wire)
        assert (one.error, one.ede) == ("", None)
        assert (one.flags, one.rcode) == (found.flags[number], found.rcode[number])
        assert rrs[found.offsets[number] : found.offsets[number + 1]] == list(one.rrs)
        answered = any(rr.type == 15 and rr.section == message.ANSWER for rr in one.rrs)
        assert found.is_answered[number] == answered


@pytest.mark.parametrize("name", PLAIN)
def test_what_most_domains_answer_is_plain(name: str) -> None:
    no_data, root = answer(authority=SOA), SOA.replace("example.jp.", ".", 1)
    wires = [answer(*PLAIN[name]), no_data, answer(authority=root, rcode=3)]
    found = read(wires, ["www.example.jp"] * len(wires))
    assert found.is_plain.all()
    assert found.offsets.tolist() == [0, len(PLAIN[name]), len(PLAIN[name]) + 1, len(found.type)]
    assert found.owner.to_pylist()[-2:] == ["example.jp", "."]
    check(wires, found)


def test_an_alias_and_what_stands_behind_it_is_left_to_decode() -> None:
    alias = "www.example.jp. 60 IN CNAME a.example.jp."
    wires = [answer(alias, "a.example.jp. 60 IN MX 5 mx.example.jp."), answer(*PLAIN["MX"])]
    assert read(wires, ["www.example.jp"] * 2).is_plain.tolist() == [False, True]


@pytest.mark.parametrize("name", ["", ".", "a\\.b", "www.example.jp.jp", "ww.example.jp"])
def test_a_name_that_is_not_the_question_s_text_is_left_to_decode(name: str) -> None:
    assert not read([answer(*PLAIN["A"])], [name]).is_plain.any()


def test_none_at_all() -> None:
    found = read([], [])
    assert (len(found.is_plain), found.offsets.tolist(), len(found.rdata)) == (0, [0], 0)


@given(st.lists(built_messages(), max_size=6))
@settings(max_examples=60)
def test_read_as_one_by_one(built: list[dns.message.Message]) -> None:
    wires = [one.to_wire(max_size=65535) for one in built]
    check(wires, read(wires, [asked(wire) for wire in wires]))


@given(st.sampled_from(sorted(PLAIN)), st.data())
@settings(max_examples=200)
def test_hostile_bytes_are_read_as_one_by_one_or_left(name: str, data: st.DataObject) -> None:
    question, wires = 12 + 16 + 4, []  # what is asked is known: the engine has compared it
    for wire in (answer(*PLAIN[name], authority=SOA), answer(authority=SOA, rcode=3)):
        broken = bytearray(wire)
        for _ in range(data.draw(st.integers(1, 3))):
            at = data.draw(st.integers(0, len(wire) - 1).filter(lambda at: not 12 <= at < question))
            broken[at] = data.draw(st.integers(0, 255))
        cut = data.draw(st.sampled_from([len(wire), *range(question, len(wire))]))
        wires += [bytes(broken), bytes(broken[:cut]), bytes(wire[:cut]), b"", bytes(wire)]
    found = read(wires, ["www.example.jp"] * len(wires))
    assert found.is_plain[len(wires) // 2 - 1]
    check(wires, found)


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_random_bytes_never_raise(wires: list[bytes]) -> None:
    check(wires, read(wires, [asked(wire) for wire in wires]))


@pytest.mark.parametrize(
    "owner",
    [
        b"\xc0\x0d",  # into a label of the question
        b"\xc0\x1b",  # to the end of the question's name
        b"\xc0\x20",  # to itself
        b"\xc0\xff",
        b"\x01b\xc0\x0c",
    ],
)
def test_an_owner_that_is_no_part_of_the_name_is_left(owner: bytes) -> None:
    rdata = struct.pack("!HHIH", 1, 1, 60, 4) + bytes(4)
    header = struct.pack("!6H", 1, 0x8180, 1, 0, 1, 0)
    wire = header + QUERY.to_wire()[12:32] + owner + rdata
    assert not read([wire], ["www.example.jp"]).is_plain.any()


# --- facts ---------------------------------------------------------------------------------------


def questions(names: list[str]) -> pl.DataFrame:
    values: dict[str, Any] = {"name": names, "origin": names}
    alike = {"qtype": 15, "cd": False, "purpose": "survey", "depth": 0, "tried": 1}
    frame = pl.DataFrame(values).with_columns(**{key: pl.lit(of) for key, of in alike.items()})
    return frame.select(pl.col(c).cast(t) for c, t in polars_schema(QUESTIONS).items())


@given(st.lists(built_messages(), min_size=1, max_size=5), st.booleans(), st.booleans())
@settings(max_examples=40)
def test_facts_are_the_same_read_together_or_one_by_one(
    built: list[dns.message.Message], is_last: bool, sees_flags: bool
) -> None:
    wires = [*(one.to_wire(max_size=65535) for one in built), answer(*PLAIN["MX"])]
    names = [asked(wire) for wire in wires]
    rows: list[Row] = [
        (number, None, wire, "192.0.2.53:53", Transport.UDP, 2, 1.5e9 + number, 0.5)
        for number, wire in enumerate(wires)
    ]
    rows.append((0, Outcome.TIMEOUT, None, "192.0.2.53:53", None, 3, 1.5e9, None))
    engine = EngineName.WIRE if sees_flags else EngineName.CARES
    made = []
    for many in (1, len(rows) + 1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(facts, "MANY", many)
            maker = Facts(questions(names), 0, engine, is_last)
            table, again = maker.made(rows)
        keys = ["asked_at", "outcome"]
        made.append((table.sort_by([(key, "ascending") for key in keys]), again, maker.outcomes))
    together, one_by_one = made
    assert together == one_by_one
    assert together[0].num_rows + len(together[1]) == len(rows)
