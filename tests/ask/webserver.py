"""A web server on loopback that sends what a test says, and a resolver for its names."""

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

LOOPBACK = "127.0.0.1"
SILENT = "silent"  # until the client goes
CLOSES = "closes"


@dataclass(frozen=True)
class Endless:
    """Some octets, again and again, until the client goes."""

    octets: bytes


def response(body: bytes = b"", status: str = "200 OK", **fields: str) -> bytes:
    """A whole answer."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in named.items())]
    if "Transfer-Encoding" not in named and "Content-Length" not in named:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class WebServer:
    """Answers each path by its turns. heads: the requests, as they came."""

    turns: Mapping[str, Sequence[Any]]
    heads: list[str] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    here: Counter[str] = field(default_factory=Counter)  # by Host, now
    most: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0
    under_way: list[Any] = field(default_factory=list)
    has_heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most_at_once = max(self.most_at_once, self.open)
        self.under_way.append(asyncio.current_task())
        host = ""
        with suppress(ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            head = await self.head(reader, writer)
            self.heads.append(head)
            self.has_heard.set()
            host = head.lower().partition("\r\nhost: ")[2].partition("\r\n")[0]
            self.here[host] += 1
            self.most[host] = max(self.most[host], self.here[host])
            for turn in self.turns.get(head.split(" ")[1], [response(status="404 Not Found")]):
                await self.play(turn, reader, writer)
        self.here[host] -= 1
        self.open -= 1
        writer.close()

    async def head(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        """A request; without TLS, no more than that something comes."""
        if writer.get_extra_info("ssl_object") is None:
            await reader.read(1)
            return "GET / HTTP/1.1\r\n\r\n"
        return (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")

    async def play(self, turn: Any, reader: Any, writer: asyncio.StreamWriter) -> None:
        if turn == SILENT:
            await reader.read()
        elif turn == CLOSES:
            writer.transport.abort()
            raise ConnectionError
        elif isinstance(turn, asyncio.Barrier):
            await asyncio.wait_for(turn.wait(), 5)
        elif isinstance(turn, Endless):
            while True:
                writer.write(turn.octets)
                await writer.drain()
        else:
            writer.write(turn)
            await writer.drain()


@asynccontextmanager
async def serving(server: WebServer, context: ssl.SSLContext | None) -> AsyncIterator[int]:
    """The port where it serves; at the end everybody has gone. context: None: without TLS."""
    listening = await asyncio.start_server(server.serve, LOOPBACK, 0, ssl=context)
    try:
        yield listening.sockets[0].getsockname()[1]
        await asyncio.wait_for(asyncio.gather(*server.under_way), 5)
    finally:
        listening.close()


class Resolver(asyncio.DatagramProtocol):
    """hosts: name → addresses, or the name of an rcode, or SILENT; another name: NXDOMAIN.

    failures: how often each question is answered with SERVFAIL before.
    """

    def __init__(self, hosts: Mapping[str, list[str] | str], failures: int = 0):
        self.hosts, self.failures = hosts, failures
        self.asked: list[str] = []
        self.questions: Counter[Any] = Counter()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, packet: bytes, peer: Any) -> None:
        query = dns.message.from_wire(packet)
        (asked,) = query.question
        name = asked.name.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        self.questions[name, asked.rdtype] += 1
        is_failing = self.questions[name, asked.rdtype] <= self.failures
        found = "SERVFAIL" if is_failing else self.hosts.get(name, "NXDOMAIN")
        if found == SILENT:
            return
        reply = dns.message.make_response(query)
        if isinstance(found, str):
            reply.set_rcode(dns.rcode.from_text(found))
        else:
            version = {dns.rdatatype.A: 4, dns.rdatatype.AAAA: 6}[asked.rdtype]
            fitting = [text for text in found if ip_address(text).version == version]
            if fitting:
                reply.answer = [dns.rrset.from_text(asked.name, 300, "IN", asked.rdtype, *fitting)]
        self.transport.sendto(reply.to_wire(), peer)


@asynccontextmanager
async def resolving(resolver: Resolver) -> AsyncIterator[str]:
    """Where it answers: "address:port"."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: resolver, local_addr=(LOOPBACK, 0))
    try:
        yield "{}:{}".format(*transport.get_extra_info("sockname"))
    finally:
        transport.close()
