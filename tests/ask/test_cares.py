"""`cares` against a server on loopback whose every answer dnspython wrote."""

import asyncio
import os
import socket
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pycares
import pytest

from pipeline import message
from pipeline.ask.dns import cares
from pipeline.ask.pace import Pace
from pipeline.config import Asking
from pipeline.words import Outcome, QType

from .conftest import on_one_port

QUICK = Asking(in_flight=50, timeout_s=0.3, tries=2, sockets=2)
TXT = QType.TXT
RECORDS = {
    "a.example": {
        "A": ["192.0.2.1", "192.0.2.2"],
        "AAAA": ["2001:db8::1"],
        "MX": ["10 mx.example.", "65535 MX\\.odd.example."],
        "TXT": ['"v=spf1 -all"', '"\\200\\000\\255" "second; string \\"quoted\\""', '""'],
        "NS": ["ns1.example.", "ns2.example."],
        "SOA": ["ns1.example. host\\.master.example. 4294967295 2 3 4 5"],
        "SRV": ["1 2 3 target.example."],
        "PTR": ["ptr.example."],
        "CAA": ['128 issue "ca.example; policy=ev"'],
        "TLSA": ["3 1 1 " + "00ff" * 16],
    },
    "null.example": {"MX": ["0 ."]},
    "long.example": {"TXT": [f'"{"x" * 255}" "{"y" * 200}"']},
    "alias.example": {"CNAME": ["b.example."]},
    "b.example": {"CNAME": ["a.example."]},
    "dangling.example": {"CNAME": ["empty.example."]},
    "empty.example": {},
    "_dmarc.a.example": {"TXT": ['"v=DMARC1; p=none"']},
    "_un-der\\.dot.example": {"TXT": ['"odd name"'], "MX": ["1 sp\\032ace\\@\\;\\200.example."]},
    ".": {"NS": ["a.root.example."]},
}
BROKEN = {"servfail.example": 2, "refused.example": 5, "notimp.example": 4, "formerr.example": 1}


def absolute(name: str) -> dns.name.Name:
    return dns.name.from_text(name)


ZONE = {absolute(owner): types for owner, types in RECORDS.items()}


def answer(query: dns.message.Message) -> dns.message.Message:
    """What a resolver with RECORDS says, aliases followed."""
    reply = dns.message.make_response(query, recursion_available=True)
    name, qtype = query.question[0].name, dns.rdatatype.to_text(query.question[0].rdtype)
    first = name.relativize(dns.name.root).to_text()
    if first in BROKEN:
        reply.set_rcode(BROKEN[first])
        return reply
    while True:
        if name not in ZONE:
            reply.set_rcode(dns.rcode.NXDOMAIN)
            return reply
        types = ZONE[name]
        here = qtype if qtype in types else "CNAME"
        if here in types:
            reply.answer.append(dns.rrset.from_text_list(name, 300, "IN", here, types[here]))
        if here == qtype or here not in types:
            return reply
        name = absolute(types["CNAME"][0])


class Server(asyncio.DatagramProtocol):
    """Answers over UDP and TCP; `twist` may change an answer's bytes, or swallow it (None)."""

    def __init__(self, twist: Callable[[bytes, dns.message.Message, str, int], bytes | None]):
        self.twist = twist
        self.asked: Counter[str] = Counter()
        self.most_waiting = self.waiting = 0

    def reply(self, query: bytes, transport: str) -> bytes | None:
        read = dns.message.from_wire(query)
        name = read.question[0].name.relativize(dns.name.root).to_text()
        self.asked[name] += 1
        made = answer(read)
        return self.twist(made.to_wire(), made, transport, self.asked[name])

    def connection_made(self, transport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if (reply := self.reply(data, "udp")) is not None:
            self.transport.sendto(reply, addr)

    async def stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readexactly(2):
                reply = self.reply(await reader.readexactly(int.from_bytes(head)), "tcp")
                if reply is not None:
                    writer.write(len(reply).to_bytes(2) + reply)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def faithful(wire: bytes, made: dns.message.Message, transport: str, count: int) -> bytes | None:
    return wire


@asynccontextmanager
async def serving(twist=faithful) -> AsyncIterator[tuple[Server, str]]:
    server = Server(twist)
    udp, port, tcp = await on_one_port(server, "127.0.0.1", server.stream)
    try:
        yield server, f"127.0.0.1:{port}"
    finally:
        udp.close()
        tcp.close()


class Kept(dict):
    """What `keep` was given, by index; a second time for one index fails."""

    def keep(self, index, outcome, wire, resolver, transport, tries, asked_at, rtt_ms) -> None:
        assert index not in self
        self[index] = (outcome, wire, resolver, transport, tries, asked_at, rtt_ms)


def crawl(
    questions: Iterable[tuple[str, int]],
    twist=faithful,
    asking: Asking = QUICK,
    pace: Pace | None = None,
) -> tuple[list[tuple], Server]:
    """Ask in a loop of its own; what was kept, in the order of the questions."""
    questions = [(number, name, qtype, False) for number, (name, qtype) in enumerate(questions)]
    kept = Kept()

    async def run() -> Server:
        async with serving(twist) as (server, address):
            the_pace = pace or Pace(asking.in_flight, asking.rate)
            await asyncio.wait_for(cares.ask(questions, [address], asking, the_pace, kept.keep), 30)
            return server

    server = asyncio.run(run())
    assert len(kept) == len(questions)
    return [kept[number] for number in range(len(questions))], server


def joined(rr: message.RR) -> tuple:
    """A record, its TXT strings joined: c-ares does not tell where they were cut."""
    rdata = message.text(rr.rdata) if rr.type == TXT else rr.rdata
    return (rr.section, rr.owner, rr.type, rr.ttl, rdata)


ALL = [
    (name, QType[qtype])
    for name, types in RECORDS.items()
    for qtype in ("A", "AAAA", "MX", "TXT", "NS", "SOA", "SRV", "PTR", "CAA", "TLSA", "CNAME")
]


@pytest.mark.parametrize("question", ALL, ids=lambda value: f"{value[0]}-{value[1].name}")
def test_says_what_dnspython_wrote(question):
    """Every askable type, aliases and odd names and octets included."""
    name, qtype = question
    ((outcome, wire, *_),), _ = crawl([question])
    asked = dns.message.make_query(absolute(name), qtype)
    expected = message.decode(answer(asked).to_wire())
    read = message.decode(wire)
    assert outcome is None
    assert read.error == ""
    assert read.question == (name, qtype, 1)
    assert read.rcode == expected.rcode
    assert sorted(joined(rr) for rr in read.rrs) == sorted(joined(rr) for rr in expected.rrs)


@pytest.mark.parametrize(("name", "rcode"), BROKEN.items())
def test_a_failure_of_the_server_is_final_and_keeps_its_rcode(name, rcode):
    ((outcome, wire, _, _, tries, _, _),), server = crawl([(name, TXT)])
    assert outcome is None
    assert message.decode(wire).rcode == rcode
    assert tries == 1
    assert server.asked[name] == 1 + (rcode == 1)  # c-ares tries FORMERR once more without EDNS


def test_a_missing_name_and_a_missing_type():
    (missing, empty), _ = crawl([("nowhere.example", TXT), ("empty.example", TXT)])
    assert message.decode(missing[1]).rcode == 3
    assert message.decode(empty[1]).rcode == 0
    assert message.decode(empty[1]).rrs == ()


def test_silence_is_a_timeout_after_all_tries():
    (silent, fine), server = crawl(
        [("silent.example", TXT), ("a.example", TXT)],
        lambda wire, made, *_: None if "silent" in str(made.question[0].name) else wire,
    )
    assert silent[:2] == (Outcome.TIMEOUT, None)
    assert silent[4] == server.asked["silent.example"] == 2
    assert silent[6] is None
    assert fine[0] is None


def test_a_lost_packet_is_asked_for_again():
    ((outcome, wire, _, _, tries, _, rtt_ms),), _ = crawl(
        [("a.example", TXT)], lambda wire, made, transport, count: wire if count > 1 else None
    )
    assert outcome is None
    assert message.decode(wire).rrs
    assert tries == 2
    assert rtt_ms > 0


def test_nobody_there_is_unreachable():
    kept = Kept()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    questions = [(number, f"{number}.example", TXT, False) for number in range(60)]
    asyncio.run(cares.ask(questions, [address], QUICK, Pace(50), kept.keep))
    assert {row[0] for row in kept.values()} == {Outcome.UNREACHABLE}
    assert len(kept) == 60


def test_one_unreadable_packet_spoils_no_other_question():
    """c-ares fails all that is in flight on the socket; only the guilty one may be called so."""
    names = ["garbage.example"] + [f"a{number}.example" for number in range(200)]
    kept, _ = crawl(
        [(name, TXT) for name in names],
        lambda wire, made, *_: wire[:-9] if "garbage" in str(made.question[0].name) else wire,
    )
    assert kept[0][0] is Outcome.MALFORMED
    assert {message.decode(row[1]).rcode for row in kept[1:]} == {3}


def test_an_rcode_without_a_status_is_no_absence():
    """c-ares reports YXDOMAIN as a success that holds nothing."""

    def strange(wire, made, *_):
        made.set_rcode(dns.rcode.YXDOMAIN)
        return made.to_wire()

    ((outcome, *_),), _ = crawl([("nowhere.example", TXT)], strange)
    assert outcome is Outcome.MALFORMED


def test_a_truncated_answer_is_read_over_tcp():
    def truncating(wire, made, transport, count):
        if transport == "tcp":
            return wire
        made.answer.clear()
        made.flags |= dns.flags.TC
        return made.to_wire()

    ((outcome, wire, *_),), server = crawl([("long.example", TXT)], truncating)
    assert outcome is None
    assert message.text(message.decode(wire).rrs[0].rdata) == b"x" * 255 + b"y" * 200
    assert server.asked["long.example"] == 2


def test_another_id_or_question_is_no_answer():
    def forged(wire, made, transport, count):
        if count == 1:
            return bytes([wire[0] ^ 1]) + wire[1:]
        return wire.replace(b"\x01a", b"\x01b", 1) if count == 2 else wire

    ((outcome, *_),), _ = crawl([("a.example", TXT)], forged)
    assert outcome is Outcome.TIMEOUT


@pytest.mark.parametrize(
    ("name", "qtype", "cd"),
    [
        ("a.example", QType.DS, False),
        ("a.example", QType.DNSKEY, False),
        ("a.example", QType.SMIMEA, False),
        ("a.example", QType.OPENPGPKEY, False),
        ("a.example", TXT, True),
        ("x" * 64 + ".example", TXT, False),
        ("a..example", TXT, False),
        ("sp\\032ace.example", TXT, False),
        ("a:b.example", TXT, False),
    ],
)
def test_what_cannot_be_asked_is_said_so(name, qtype, cd):
    kept = Kept()

    async def run() -> Server:
        async with serving() as (server, address):
            await cares.ask([(7, name, qtype, cd)] * 1, [address], QUICK, Pace(50), kept.keep)
            return server

    server = asyncio.run(run())
    assert kept[7][:2] == (Outcome.NOT_ASKED, None)
    assert kept[7][4] == 0
    assert not server.asked


def test_names_are_absolute_whatever_the_machine_is_set_to(monkeypatch):
    monkeypatch.setenv("LOCALDOMAIN", "search.example")
    monkeypatch.setenv("RES_OPTIONS", "ndots:5 rotate")
    _, server = crawl([("nowhere", TXT), ("localhost", QType.A)])
    assert server.asked == {"nowhere": 1, "localhost": 1}


def test_many_questions_use_few_channels_and_every_one_is_kept_once(monkeypatch):
    monkeypatch.setattr(cares, "LIFETIME", 20)
    opened = []
    init = cares.Line.__init__
    monkeypatch.setattr(
        cares.Line,
        "__init__",
        lambda self, *rest, **named: (opened.append(self), init(self, *rest, **named))[1],
    )
    kept, server = crawl([(f"n{number}.example", TXT) for number in range(1000)])
    assert {message.decode(row[1]).rcode for row in kept} == {3}
    assert sum(server.asked.values()) == 1000
    assert 50 <= len(opened) <= 60
    assert all(line.is_closed for line in opened)


@pytest.mark.parametrize("version", [pycares.__version__, "6.0.0"])
def test_with_any_version_of_the_library_the_same_comes_back(monkeypatch, version):
    """The cache is put off inside known versions only; both ways must work."""
    monkeypatch.setattr(pycares, "__version__", version)
    kept, server = crawl(
        [("a.example", QType.AAAA)] * 3, asking=replace(QUICK, in_flight=1, sockets=1), pace=Pace(1)
    )
    assert len({row[1] for row in kept}) == 1
    assert server.asked["a.example"] == (3 if version.startswith(cares.KNOWN_INSIDE) else 1)


def test_never_more_in_flight_than_the_pace_allows():
    class Watched(Pace):
        most = 0

        def room(self, in_flight: int) -> int:
            room = super().room(in_flight)
            self.most = max(self.most, in_flight + room)
            return room

    pace = Watched(7)
    crawl(
        [(f"n{number}.example", TXT) for number in range(200)],
        asking=replace(QUICK, in_flight=7),
        pace=pace,
    )
    assert pace.most == 7


def test_the_rate_is_kept():
    """On a clock that moves a millisecond whenever it is looked at, and no other."""

    class Logged(Pace):
        def sent(self, count: int) -> None:
            super().sent(count)
            sendings.append(ticks[0])

    ticks, sendings = [0], []

    def clock() -> float:
        ticks[0] += 1
        return ticks[0] / 1000

    crawl([(f"n{number}.example", TXT) for number in range(30)], pace=Logged(50, 100.0, clock))
    assert len(sendings) == 30
    burst = 100 * 0.05
    assert all(number <= 1 + burst + 100 * at / 1000 for number, at in enumerate(sendings, 1))


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_cancelling_stops_at_once_and_leaks_nothing():
    kept = Kept()
    before, threads = open_files(), threading.active_count()

    async def run() -> None:
        async with serving(lambda *_: None) as (server, address):
            endless = ((number, f"n{number}.example", TXT, False) for number in range(10**9))
            task = asyncio.ensure_future(cares.ask(endless, [address], QUICK, Pace(50), kept.keep))
            while sum(server.asked.values()) < 50:
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not [
                handle for handle in asyncio.get_running_loop()._scheduled if not handle.cancelled()
            ]

    asyncio.run(run())
    assert not kept
    assert open_files() <= before + 1
    assert threading.active_count() <= threads + 1  # pycares' one thread that frees channels


def test_what_keep_raises_reaches_the_caller():
    def full(*_):
        raise OSError("no space left")

    async def run() -> None:
        async with serving() as (_, address):
            await cares.ask([(0, "a.example", TXT, False)], [address], QUICK, Pace(50), full)

    with pytest.raises(OSError, match="no space left"):
        asyncio.run(run())


def test_no_questions_no_packets():
    kept, server = crawl([])
    assert kept == []
    assert not server.asked
