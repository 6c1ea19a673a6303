"""Fetching over HTTPS, by aiohttp: policies, logos and certificates. What came is a fact, unjudged.

A URL is what a stranger wrote into the DNS, and where it leads is hostile. So nothing but https on
port 443 is asked for, no address of special purpose (RFC 6890) is connected to, be it in the URL
or behind its name, and everything that is read has a limit. Redirects are answers, too.

aiohttp asks a second time where the connection was closed before an answer (RFC 9112 §9.3.1).
"""

import asyncio
import os
import re
import socket
import ssl
import struct
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from ipaddress import ip_address

import aiodns
import aiohttp
import pycares
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.http_exceptions import LineTooLong
from yarl import URL

from ..protocols.mx.addresses import is_special
from ..words import FetchOutcome

HTTPS_PORT = 443
LONGEST_URL = 8000  # octets, RFC 9110 §4.1
LONGEST_FIELD = 8190  # octets of a status line or header field
MOST_FIELDS = 100  # of a header
LONGEST_WHY = 200  # characters
HOST_NAME = re.compile(r"(?=.{1,254}\Z)(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")
NUMBER = re.compile(r"(?:^|\.)(?:\d+|0[xX][0-9a-fA-F]*)\.?\Z")
"""How odd forms of IPv4 addresses end, and no host name (RFC 3696 §2)."""
MOST_ADDRESSES = 4  # of one host that are tried
AT_ADDRESS = 4  # connections at once to one address
CONNECTING = 0.5  # of the whole patience: for one address, TLS included
ASKING = 1 / 15  # of the whole patience: for the first try of a DNS question
LIFETIME = 1000  # hosts asked of one c-ares channel, whose cache cannot be put off
AT_ONCE = struct.pack("ii", 1, 0)  # close with a reset, socket(7)
TURNS = 20  # of the event loop, in which asyncio takes leave of a socket
CODINGS = ("gzip", "x-gzip", "deflate")  # RFC 9110 §8.4.1
GZIP_OR_ZLIB = zlib.MAX_WBITS | 32  # what the octets themselves say

Keep = Callable[[int, "Fetched"], None]
"""Called exactly once for each URL, by its number."""


@dataclass(frozen=True, slots=True)
class Fetching:
    """How to fetch. contact: for the User-Agent; "" for none. port: where 443 is really found.

    timeout_s: of a whole fetch. public: networks that are connected to although they are of special
    purpose, as a lab's are. anchors: the certificates that are trusted, DER, and no others.
    resolvers: "address:port".
    """

    contact: str
    port: int
    at_once: int
    timeout_s: float
    public: tuple[str, ...]
    anchors: tuple[bytes, ...]
    resolvers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one fetch brought. status, content_type, headers: None: no answer. body: as far as it
    was read; None: nothing was. why: the library's words for a failure. address: connected to, or
    tried at last; None: none. began_at: unix, s; took_ms: all of it.
    """

    outcome: FetchOutcome
    status: int | None
    content_type: str | None
    headers: tuple[tuple[str, str], ...] | None
    body: bytes | None
    why: str
    address: str | None
    began_at: float
    took_ms: float


@dataclass(slots=True)
class Answer:
    """What has come of a fetch that is under way."""

    status: int | None = None
    headers: tuple[tuple[str, str], ...] | None = None
    body: bytes | None = None

    def first(self, name: str) -> str | None:
        """The first header field of a name, in lower case; None: there is none."""
        return next((value for key, value in self.headers or () if key.lower() == name), None)


@dataclass(slots=True)
class Opened:
    """The sockets of one fetch, the addresses that they are for, and those that may be used."""

    usable: list[str] = field(default_factory=list)
    sockets: list[socket.socket] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)


OPENED: ContextVar[Opened] = ContextVar("OPENED")
"""Of the fetch that this task makes: aiohttp does not say which address it connected to."""


async def fetch_all(urls: Sequence[tuple[int, str, int]], how: Fetching, keep: Keep) -> None:
    """Fetch each (number, URL, most octets of its body) once, one connection at a time to a host,
    and a few to an address, where many hosts may live.

    Raises what `keep` raises; cancelled, or ended by that, it leaves nothing open.
    """
    queues = iter(by_host(urls))
    names = Names(how)
    async with session(how, names) as web:

        async def work() -> None:
            for queue in queues:  # shared: each queue goes to one worker
                for number, url, most in queue:
                    keep(number, await fetch(web, names, url, most, how))

        workers = [asyncio.create_task(work()) for _ in range(min(how.at_once, len(urls)))]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            await names.close()


def by_host(urls: Sequence[tuple[int, str, int]]) -> list[list[tuple[int, str, int]]]:
    """The URLs in one queue a host, the longest first: it decides when all is over."""
    queues: dict[str, list[tuple[int, str, int]]] = {}
    for one in urls:
        with suppress(NotAsked):
            host = target(one[1]).raw_host or ""
            queues.setdefault(host.lower().rstrip("."), []).append(one)
            continue
        queues.setdefault("", []).append(one)  # takes no time
    return sorted(queues.values(), key=len, reverse=True)


def session(how: Fetching, names: "Names") -> aiohttp.ClientSession:
    """No cookies, no proxies, nothing unpacked, and no connection used twice."""
    connector = aiohttp.TCPConnector(
        ssl=trusting(how.anchors),
        resolver=names,
        use_dns_cache=False,
        limit=how.at_once,
        force_close=True,
        happy_eyeballs_delay=None,  # one address after the other
        socket_factory=lambda info: guarded_socket(info, how.public),
    )
    contact = f" (+{how.contact})" if how.contact else ""
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": f"mailsurvey{contact}", "Accept-Encoding": "identity"},
        timeout=aiohttp.ClientTimeout(how.timeout_s, sock_connect=how.timeout_s * CONNECTING),
        auto_decompress=False,
        max_line_size=LONGEST_FIELD,
        max_field_size=LONGEST_FIELD,
        max_headers=MOST_FIELDS,
    )


def trusting(anchors: Sequence[bytes]) -> ssl.SSLContext:
    """TLS that verifies chain and name, by these anchors only; one need not be self-signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.hostname_checks_common_name = False  # RFC 9525 §6.3
    context.set_alpn_protocols(["http/1.1"])
    if anchors:
        context.load_verify_locations(cadata=b"".join(anchors))
    return context


# --- one fetch -----------------------------------------------------------------------------------


async def fetch(
    web: aiohttp.ClientSession, names: "Names", url: str, most: int, how: Fetching
) -> Fetched:
    """Fetch one URL. Raises nothing but that it is cancelled."""
    began_at, started = time.time(), time.monotonic()
    answer, opened, outcome = Answer(), Opened(), FetchOutcome.NOT_ASKED
    OPENED.set(opened)
    try:
        place = target(url)
        async with names.turn(place.raw_host or ""):
            began_at, started = time.time(), time.monotonic()
            outcome, why = await asked(web, place, most, how.port, answer)
    except Exception as fault:  # whatever strangers make the libraries raise
        outcome, why = failure(fault)
    finally:
        await take_leave(opened, by_reset=outcome is not FetchOutcome.ANSWERED)
    return Fetched(
        outcome=outcome,
        status=answer.status,
        content_type=answer.first("content-type"),
        headers=answer.headers,
        body=answer.body,
        why=why[:LONGEST_WHY].encode("utf-8", "backslashreplace").decode(),
        address=opened.addresses[-1] if opened.addresses else None,
        began_at=began_at,
        took_ms=(time.monotonic() - started) * 1000,
    )


def target(url: str) -> URL:
    """The URL, not quoted anew. Raises NotAsked: it is none of https, or leads to another port."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise NotAsked("no URL that could be asked for")
    try:
        found = URL(url, encoded=True)
        host, port = found.raw_host or "", found.explicit_port
    except (ValueError, IndexError) as fault:
        raise NotAsked(str(fault)) from None
    if found.scheme != "https":
        raise NotAsked("not https")
    if "@" in found.raw_authority:
        raise NotAsked("a user in the URL")
    if port not in (None, HTTPS_PORT):
        raise NotAsked("a port other than 443")
    is_name = HOST_NAME.fullmatch(host) and not NUMBER.search(host)
    if not is_name and not is_address(host):
        raise NotAsked("no host name")
    return found


def is_address(text: str) -> bool:
    """Is it an IP address?"""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


async def asked(
    web: aiohttp.ClientSession, url: URL, most: int, port: int, answer: Answer
) -> tuple[FetchOutcome, str]:
    """Ask, and read into the answer: the outcome, and why. Raises what aiohttp raises."""
    named = {"Host": url.with_port(None).host_port_subcomponent or ""}
    async with web.get(url.with_port(port), headers=named, allow_redirects=False) as response:
        connection = response.connection
        try:
            answer.status = response.status
            answer.headers = tuple(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in response.raw_headers
            )
            whole = await read(response.content, most, answer)
        finally:
            if connection is not None and connection.transport is not None:
                connection.transport.abort()  # a stranger need not agree that it is over
    if not whole:
        return FetchOutcome.TOO_MUCH, f"more than {most} octets"
    return unpacked(answer, most)


async def read(content: aiohttp.StreamReader, most: int, answer: Answer) -> bool:
    """Read the body, `most` octets of it at most; is that all of it? Raises what aiohttp raises."""
    octets = bytearray()
    try:
        async for chunk in content.iter_any():
            octets += chunk
            if len(octets) > most:
                return False
        return True
    finally:
        answer.body = bytes(octets[:most])


def unpacked(answer: Answer, most: int) -> tuple[FetchOutcome, str]:
    """Undo a content coding, which we never asked for, as far as to `most` octets."""
    coding = (answer.first("content-encoding") or "").strip().lower()
    if coding not in CODINGS or not answer.body:
        return FetchOutcome.ANSWERED, ""
    engine = zlib.decompressobj(GZIP_OR_ZLIB)
    try:
        octets = engine.decompress(answer.body, most + 1)
    except zlib.error as fault:
        return FetchOutcome.NOT_HTTP, f"content coding {coding}: {fault}"
    answer.body = octets[:most]
    if len(octets) > most:
        return FetchOutcome.TOO_MUCH, f"more than {most} octets, unpacked"
    if not engine.eof:
        return FetchOutcome.DROPPED, f"content coding {coding}: cut off"
    return FetchOutcome.ANSWERED, ""


# --- connections ---------------------------------------------------------------------------------


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
    """

    def __init__(self, how: Fetching):
        self.how, self.asked = how, 0
        self.turns: dict[str, asyncio.Semaphore] = {}
        self.resolver = self.fresh()

    def fresh(self) -> aiodns.DNSResolver:
        """A channel of its own, without the machine's settings."""
        return aiodns.DNSResolver(
            self.how.resolvers,
            timeout=self.how.timeout_s * ASKING,
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
        usable = [one for one in found if not is_special(ip_address(one).packed, self.how.public)]
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


# --- failures ------------------------------------------------------------------------------------


def failure(fault: BaseException) -> tuple[FetchOutcome, str]:
    """What an exception means, and its words."""
    if isinstance(fault, aiohttp.ClientConnectorError):
        fault = fault.os_error
    elif isinstance(fault, aiohttp.ClientOSError) and isinstance(fault.__cause__, ssl.SSLError):
        fault = fault.__cause__  # TLS 1.3 may fail after the handshake
    match fault:
        case ssl.SSLCertVerificationError():
            return FetchOutcome.CERTIFICATE, fault.verify_message
        case ssl.SSLError():
            reason = fault.reason or str(fault)
            return FetchOutcome.TLS_ERROR, reason.replace("_", " ").lower()
        case aiohttp.ClientResponseError() | aiohttp.ClientPayloadError():
            return broken(fault)
        case aiohttp.InvalidURL():
            return FetchOutcome.NOT_ASKED, str(fault.description or fault)
        case _:
            return OUTCOMES.get(kind_of(fault), FetchOutcome.UNREACHABLE), words(fault)


OUTCOMES: dict[type[BaseException], FetchOutcome] = {
    NotAsked: FetchOutcome.NOT_ASKED,
    NoHost: FetchOutcome.NO_HOST,
    TimeoutError: FetchOutcome.TIMEOUT,
    ConnectionRefusedError: FetchOutcome.REFUSED,
    ConnectionError: FetchOutcome.DROPPED,
    aiohttp.ServerDisconnectedError: FetchOutcome.DROPPED,
    aiohttp.ClientOSError: FetchOutcome.DROPPED,
}
"""By the first that fits; anything else says nothing of the other side: UNREACHABLE."""


def kind_of(fault: BaseException) -> type[BaseException]:
    """The first of OUTCOMES that it is; its own type: none."""
    return next((kind for kind in OUTCOMES if isinstance(fault, kind)), type(fault))


def broken(fault: BaseException) -> tuple[FetchOutcome, str]:
    """An answer that could not be read: too long, cut off, or no HTTP."""
    causes = list(chain_of(fault))
    text = next((words(one) for one in reversed(causes)), "")
    if any(isinstance(one, LineTooLong) for one in causes) or "Too many headers" in text:
        return FetchOutcome.TOO_MUCH, text
    is_cut = isinstance(fault, aiohttp.ClientPayloadError) and "Not enough data" in text
    return (FetchOutcome.DROPPED if is_cut else FetchOutcome.NOT_HTTP), text


def chain_of(fault: BaseException | None) -> Iterator[BaseException]:
    """An exception and what it came from."""
    while fault is not None:
        yield fault
        fault = fault.__cause__


def words(fault: BaseException) -> str:
    """The words of an exception, or its name, in one line."""
    text = fault.strerror if isinstance(fault, OSError) and fault.strerror else str(fault)
    return " ".join(text.split()) or type(fault).__name__
