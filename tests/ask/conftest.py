"""A scripted resolver on loopback, in the test's own event loop."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from pipeline.words import Outcome, Transport

Query = dns.message.QueryMessage
Act = Callable[[Query], bytes]


def reply(query: Query, text: str = '"v=spf1 -all"') -> Any:
    """The right answer, before it is spoiled."""
    built = dns.message.make_response(query)
    asked = query.question[0]
    built.answer.append(dns.rrset.from_text(asked.name, 300, "IN", "TXT", text))
    return built


def with_rcode(rcode: int) -> Act:
    def act(query: Query) -> bytes:
        built = dns.message.make_response(query)
        built.set_rcode(rcode)
        return built.to_wire()

    return act


def bare(rcode: int) -> Act:
    """A header alone."""
    return lambda query: query.id.to_bytes(2) + bytes([0x80, rcode]) + bytes(8)


def about(**changes: Any) -> Act:
    """The answer to another question."""

    def act(query: Query) -> bytes:
        built, (asked,) = reply(query), query.question
        name = changes.get("name", asked.name)
        rdclass, rdtype = changes.get("rdclass", asked.rdclass), changes.get("rdtype", asked.rdtype)
        built.question = [dns.rrset.RRset(name, rdclass, rdtype)]
        return built.to_wire()

    return act


def changed(field: str, value: Callable[[Query], Any]) -> Act:
    """The right answer but for one field."""

    def act(query: Query) -> bytes:
        built = reply(query)
        setattr(built, field, value(query))
        return built.to_wire()

    return act


def truncated(query: Query) -> bytes:
    built = dns.message.make_response(query)
    built.flags |= dns.flags.TC
    return built.to_wire()


def without_edns(act: Act) -> Act:
    """As a server that knows no EDNS answers: without an OPT (RFC 6891 §7)."""

    def plain(query: Query) -> bytes:
        read = dns.message.from_wire(act(query))
        read.use_edns(False)
        return read.to_wire()

    return plain


def unreadable(query: Query) -> bytes:
    wire = reply(query).to_wire()
    return wire[:-30] + b"\xff" * 30


def upper_case(query: Query) -> bytes:
    name = dns.name.from_text(query.question[0].name.to_text().upper())
    return about(name=name)(query)


ACTS: dict[str, Act] = {
    "answer": lambda query: reply(query).to_wire(),
    "no_data_with_opt": lambda query: dns.message.make_response(query).to_wire(),
    "long": lambda query: reply(query, " ".join([f'"{"x" * 200}"'] * 300)).to_wire(max_size=65535),
    "wrong_id": changed("id", lambda query: query.id ^ 1),
    "echo": lambda query: query.to_wire(),
    "notify": lambda query: query.id.to_bytes(2) + b"\xa4\x00" + reply(query).to_wire()[4:],
    "wrong_name": about(name=dns.name.from_text("other.example.")),
    "wrong_type": about(rdtype=dns.rdatatype.MX),
    "wrong_class": about(rdclass=dns.rdataclass.CH),
    "garbage": lambda query: b"\x5a" * 40,
    "garbage_with_id": lambda query: query.id.to_bytes(2) + b"\x81\x80" + b"\xc0\xff" * 20,
    "stub": lambda query: query.id.to_bytes(2) + b"\x81",
    "upper_case": upper_case,
    "unreadable": unreadable,
    "truncated": truncated,
    "servfail": with_rcode(dns.rcode.SERVFAIL),
    "refused": with_rcode(dns.rcode.REFUSED),
    "formerr": without_edns(with_rcode(dns.rcode.FORMERR)),
    "notimp": without_edns(with_rcode(dns.rcode.NOTIMP)),
    "badvers": with_rcode(dns.rcode.BADVERS),
    "refused_bare": bare(dns.rcode.REFUSED),
    "formerr_bare": bare(dns.rcode.FORMERR),
    "noerror_bare": bare(dns.rcode.NOERROR),
}


class Script:
    """What a server does, packet by packet; remembers what arrived, and what it did not expect."""

    def __init__(self, acts: Sequence[str | list[str]]):
        self.left = list(acts)
        self.arrived: list[tuple[Query, Any]] = []
        self.unexpected = 0

    def next(self, packet: bytes, peer: Any) -> list[str]:
        """The acts for a packet that has arrived."""
        self.arrived.append((dns.message.from_wire(packet), peer))
        if not self.left:
            self.unexpected += 1
            return []
        act = self.left.pop(0)
        return act if isinstance(act, list) else [act]


class UdpServer(asyncio.DatagramProtocol):
    def __init__(self, script: Script):
        self.script = script
        self.elsewhere: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, packet: bytes, peer: Any) -> None:
        for name in self.script.next(packet, peer):
            query, to = self.script.arrived[0 if name == "answer_to_the_first" else -1]
            if name == "silent":
                continue
            if name == "answer_from_elsewhere":
                assert self.elsewhere
                self.elsewhere.sendto(ACTS["answer"](query), to)
            else:
                self.transport.sendto(ACTS.get(name, ACTS["answer"])(query), to)


async def on_one_port(protocol: asyncio.DatagramProtocol, host: str, accept=None):
    """A UDP transport, its port, and a TCP server on that port too, if there is an `accept`.

    A free UDP port may be taken for TCP by somebody's connection: then another one is tried.
    """
    loop = asyncio.get_running_loop()
    for left in reversed(range(20)):
        udp, _ = await loop.create_datagram_endpoint(lambda: protocol, local_addr=(host, 0))
        port = udp.get_extra_info("sockname")[1]
        if accept is None:
            return udp, port, None
        try:
            return udp, port, await asyncio.start_server(accept, host, port)
        except OSError:
            udp.close()
            if not left:
                raise
    raise AssertionError("not reached")


class Server:
    """A scripted resolver on a port of its own; TCP only where there is a script for it."""

    def __init__(
        self,
        udp: Sequence[str | list[str]] = (),
        tcp: Sequence[str] | None = None,
        host: str = "127.0.0.1",
    ):
        self.udp, self.tcp = Script(udp), Script(tcp or ())
        self.has_tcp, self.host = tcp is not None, host
        self.writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> "Server":
        loop = asyncio.get_running_loop()
        protocol = UdpServer(self.udp)
        accept = self.accept if self.has_tcp else None
        self.transport, self.port, self.listener = await on_one_port(protocol, self.host, accept)
        protocol.elsewhere, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=(self.host, 0)
        )
        self.elsewhere = protocol.elsewhere
        self.address = (
            f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        )
        return self

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        size = int.from_bytes(await reader.readexactly(2))
        (name,) = self.tcp.next(await reader.readexactly(size), None) or ["closed"]
        if name == "silent":
            return
        if name != "closed":
            wire = ACTS["answer" if name == "short" else name](self.tcp.arrived[-1][0])
            writer.write(len(wire).to_bytes(2) + (wire[:-5] if name == "short" else wire))
        writer.close()

    async def __aexit__(self, *_: object) -> None:
        self.transport.close()
        self.elsewhere.close()
        for writer in self.writers:
            writer.transport.abort()
        if self.listener:
            self.listener.close()

    def check_nothing_left(self) -> None:
        """Every act was used, and nothing else arrived."""
        assert (self.udp.left, self.tcp.left) == ([], [])
        assert (self.udp.unexpected, self.tcp.unexpected) == (0, 0)


class Kept:
    """Collects what an engine keeps; fails on a question that is kept twice."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Any]] = {}

    def __call__(
        self,
        index: int,
        outcome: Outcome | None,
        message: bytes | None,
        resolver: str,
        transport: Transport | None,
        tries: int,
        asked_at: float,
        rtt_ms: float | None,
    ) -> None:
        assert index not in self.rows
        self.rows[index] = {
            "outcome": outcome,
            "message": message,
            "resolver": resolver,
            "transport": transport,
            "tries": tries,
            "asked_at": asked_at,
            "rtt_ms": rtt_ms,
        }
