"""Where a fetch connects to: a host's addresses, none of them of special purpose (RFC 6890)."""

import asyncio
import os
import socket
import struct
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from ipaddress import ip_address

import aiodns
import aiohttp
import pycares
from aiohttp.abc import AbstractResolver, ResolveResult

from ...protocols.mx.addresses import is_special

MOST_ADDRESSES = 4  # of one host that are tried
AT_ADDRESS = 4  # connections at once to one address
ASKING = 1 / 15  # of the whole patience: for the first try of a DNS question
LIFETIME = 1000  # hosts asked of one c-ares channel, whose cache cannot be put off
AT_ONCE = struct.pack("ii", 1, 0)  # close with a reset, socket(7)
TURNS = 20  # of the event loop, in which asyncio takes leave of a socket


@dataclass(slots=True)
class Opened:
    """The sockets of one fetch, the addresses that they are for, and those that may be used."""

    usable: list[str] = field(default_factory=list)
    sockets: list[socket.socket] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)


OPENED: ContextVar[Opened] = ContextVar("OPENED")
"""Of the fetch that this task makes: aiohttp does not say which address it connected to."""


class NotAsked(OSError):
    """This is not asked for, or not connected to."""


class NoHost(OSError):
    """The name does not exist, or has no address."""


class NoAddress(OSError):
    """The resolver brought no answer."""


def guarded_socket(info: aiohttp.AddrInfoType, public: tuple[str, ...]) -> socket.socket:
    """A socket for an address that aiohttp is about to connect to. Raises NotAsked.

    Every connection passes here, also to an address that stands in the URL, for which no resolver
    is asked.
    """
    family, kind, protocol, _, place = info
    address = str(place[0])
    if is_special(ip_address(address).packed, public):
        raise NotAsked(f"{address} is an address of special purpose")
    made = socket.socket(family, kind, protocol)
    here = OPENED.get()
    here.addresses.append(address)
    here.sockets.append(made)
    return made


async def take_leave(opened: Opened, *, by_reset: bool) -> None:
    """End what aiohttp has left open: it waits for the other side to agree, up to half a minute.

    by_reset: the other side may not even notice otherwise, while it has something to send.
    """
    for one in opened.sockets:
        with suppress(OSError):
            if by_reset:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            one.shutdown(socket.SHUT_RDWR)
    for _ in range(TURNS):
        if all(one.fileno() < 0 for one in opened.sockets):
            return
        await asyncio.sleep(0)


class Names(AbstractResolver):
    """Host names to addresses, by aiodns, that may be connected to.

    c-ares shortens its patience after a few quick answers and lets one unreadable packet spoil all
    that is under way, so what fails is asked once more. It keeps every answer: after LIFETIME hosts
    a fresh channel takes over, and the old one goes with the last question on it.

    resolvers: "address:port". timeout_s: of a whole fetch. public: see `addresses.is_special`.
    """

    def __init__(self, resolvers: Sequence[str], timeout_s: float, public: tuple[str, ...]):
        self.resolvers, self.timeout_s, self.public = resolvers, timeout_s, public
        self.asked = 0
        self.turns: dict[str, asyncio.Semaphore] = {}
        self.resolver = self.fresh()

    def fresh(self) -> aiodns.DNSResolver:
        """A channel of its own, without the machine's settings."""
        return aiodns.DNSResolver(
            self.resolvers,
            timeout=self.timeout_s * ASKING,
            tries=2,
            flags=pycares.ARES_FLAG_NOSEARCH | pycares.ARES_FLAG_EDNS,
            resolvconf_path=os.devnull,
        )

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """What `turn` has found."""
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in OPENED.get().usable
        ]

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Find a host's addresses, and wait until the first has a connection to spare."""
        usable = OPENED.get().usable = await self.usable(host)
        async with self.turns.setdefault(usable[0], asyncio.Semaphore(AT_ADDRESS)):
            yield

    async def usable(self, host: str) -> list[str]:
        """IPv4 addresses first. Raises NoHost, NoAddress, or NotAsked: all of special purpose."""
        found = [host] if is_address(host) else await self.addresses(host)
        usable = [one for one in found if not is_special(ip_address(one).packed, self.public)]
        if not usable:
            raise NotAsked(f"{found[0]} is an address of special purpose")
        return usable[:MOST_ADDRESSES]

    async def addresses(self, host: str) -> list[str]:
        """Its addresses, at least one. Raises NoHost, NoAddress."""
        self.asked += 1
        if self.asked % LIFETIME == 0:
            self.resolver = self.fresh()
        resolver = self.resolver
        for _ in range(2):
            answers = await asyncio.gather(
                resolver.query_dns(host, "A"),
                resolver.query_dns(host, "AAAA"),
                return_exceptions=True,
            )
            if found := [one for answer in answers for one in addresses_in(answer)]:
                return found
            failed = [answer for answer in answers if not is_negative(answer)]
            if not failed:
                raise NoHost(f"{host} has no address")
        raise NoAddress(f"{host}: {getattr(failed[0], 'args', failed)[-1]}")

    async def close(self) -> None:
        """Release the channel."""
        await self.resolver.close()


def is_negative(answer: object) -> bool:
    """Does it say that there is no such address (an alias may lead to nothing)?"""
    if isinstance(answer, aiodns.error.DNSError):
        return answer.args[0] in (pycares.errno.ARES_ENOTFOUND, pycares.errno.ARES_ENODATA)
    return isinstance(answer, pycares.DNSResult)


def addresses_in(answer: object) -> Iterator[str]:
    """The addresses in an answer; none in a failure."""
    if isinstance(answer, pycares.DNSResult):
        for record in answer.answer:
            if isinstance(record.data, pycares.ARecordData | pycares.AAAARecordData):
                yield record.data.addr


def is_address(text: str) -> bool:
    """Is it an IP address?"""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
