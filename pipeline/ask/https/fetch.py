"""Many fetches, a few at a time, and each of them: what is asked for, and how much is read."""

import asyncio
import re
import ssl
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import aiohttp
from yarl import URL

from ...words import FetchOutcome
from .connecting import (
    OPENED,
    Names,
    NotAsked,
    Opened,
    guarded_socket,
    is_address,
    take_leave,
)
from .failures import failure

HTTPS_PORT = 443
LONGEST_URL = 8000  # octets, RFC 9110 §4.1
LONGEST_FIELD = 8190  # octets of a status line or header field
MOST_FIELDS = 100  # of a header
LONGEST_WHY = 200  # characters
HOST_NAME = re.compile(r"(?=.{1,254}\Z)(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")
NUMBER = re.compile(r"(?:^|\.)(?:\d+|0[xX][0-9a-fA-F]*)\.?\Z")
"""How odd forms of IPv4 addresses end, and no host name (RFC 3696 §2)."""
CONNECTING = 0.5  # of the whole patience: for one address, TLS included
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


async def fetch_all(urls: Sequence[tuple[int, str, int]], how: Fetching, keep: Keep) -> None:
    """Fetch each (number, URL, most octets of its body) once, one connection at a time to a host,
    and a few to an address, where many hosts may live.

    Raises what `keep` raises; cancelled, or ended by that, it leaves nothing open.
    """
    queues = iter(by_host(urls))
    names = Names(how.resolvers, how.timeout_s, how.public)
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


def session(how: Fetching, names: Names) -> aiohttp.ClientSession:
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
    web: aiohttp.ClientSession, names: Names, url: str, most: int, how: Fetching
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
