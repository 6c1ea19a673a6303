"""Fetching over HTTPS from a server on loopback: answers, limits, and every way to fail."""

import asyncio
import gzip
import socket
import ssl
import threading
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ask.https import Fetched, Fetching, fetch_all
from pipeline.ask.https.connecting import AT_ADDRESS, NotAsked
from pipeline.ask.https.fetch import target
from pipeline.words import FetchOutcome

from ..authority import Authority, Leaf
from .webserver import (
    CLOSES,
    LOOPBACK,
    SILENT,
    Endless,
    Resolver,
    WebServer,
    resolving,
    response,
    serving,
)

HOST = "www.example.jp"
LAB = ("127.0.0.0/8",)
MOST = 1000
PATIENCE = 10.0  # seconds; a busy machine is no reason to fail
IMPATIENCE = 0.5
LONGER = 1.5  # for a handshake and a header, also on a busy machine
AUTHORITY, STRANGER = Authority(), Authority("another CA")
GOOD = AUTHORITY.leaf(HOST, names=["*.example.jp"])
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Web:
    """A server, its names, and a client with some settings."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.server = WebServer({})
        self.resolver = Resolver({HOST: [LOOPBACK]})
        self.context: ssl.SSLContext | None = GOOD.context(folder)
        self.how: dict[str, Any] = {
            "contact": "https://survey.example/about",
            "at_once": 10,
            "timeout_s": PATIENCE,
            "public": LAB,
            "anchors": (AUTHORITY.der,),
        }
        self.port: int | None = None

    def serves(self, *turns: Any, path: str = "/") -> None:
        self.server.turns = {**self.server.turns, path: turns}

    def fetch(self, *urls: str, most: int = MOST) -> list[Fetched]:
        """What each URL brought."""
        kept: dict[int, Fetched] = {}

        def keep(number: int, fetched: Fetched) -> None:
            assert number not in kept
            kept[number] = fetched

        asyncio.run(self.run([(n, url, most) for n, url in enumerate(urls)], keep))
        assert sorted(kept) == list(range(len(urls)))
        return [kept[number] for number in range(len(urls))]

    async def run(self, urls: Sequence[tuple[int, str, int]], keep: Any) -> None:
        async with (
            resolving(self.resolver) as resolver,
            serving(self.server, self.context) as port,
        ):
            how = Fetching(port=self.port or port, resolvers=(resolver,), **self.how)
            before = asyncio.all_tasks() - {*self.server.under_way}
            await fetch_all(urls, how, keep)
            assert asyncio.all_tasks() - {*self.server.under_way} == before

    def one(self, *turns: Any, most: int = MOST, url: str = f"https://{HOST}/") -> Fetched:
        """What one URL brought, whose path is served so."""
        self.serves(*turns)
        (fetched,) = self.fetch(url, most=most)
        return fetched


@pytest.fixture
def web(tmp_path: Path) -> Web:
    return Web(tmp_path)


# --- answers -------------------------------------------------------------------------------------


def test_what_is_served(web: Web) -> None:
    policy = response(b"version: STSv1\n", Content_Type="text/plain", X_Name="a", x_name="b")
    fetched = web.one(policy)
    assert fetched.outcome is FetchOutcome.ANSWERED
    assert (fetched.status, fetched.body, fetched.why) == (200, b"version: STSv1\n", "")
    assert (fetched.content_type, fetched.address) == ("text/plain", LOOPBACK)
    assert fetched.headers == (
        ("Content-Type", "text/plain"),
        ("X-Name", "a"),
        ("x-name", "b"),
        ("Content-Length", "15"),
    )
    assert fetched.took_ms > 0


def test_what_is_asked(web: Web) -> None:
    web.serves(response(), path="/a%2Fb/../c?x=%41&y")
    (fetched,) = web.fetch(f"https://{HOST.upper()}:443/a%2Fb/../c?x=%41&y#part")
    assert fetched.status == 200
    (head,) = web.server.heads
    first, *fields = head.rstrip("\r\n").split("\r\n")
    assert first == "GET /a%2Fb/../c?x=%41&y HTTP/1.1"
    assert sorted(fields) == [
        "Accept-Encoding: identity",
        "Accept: */*",
        "Connection: close",
        f"Host: {HOST.upper()}",
        "User-Agent: mailsurvey (+https://survey.example/about)",
    ]


@pytest.mark.parametrize(
    ("status", "number"),
    [("301 Moved", 301), ("404 Not Found", 404), ("503 Busy", 503), ("299 Odd", 299)],
)
def test_every_status_is_an_answer_and_no_redirect_is_followed(
    web: Web, status: str, number: int
) -> None:
    fetched = web.one(response(b"elsewhere", status, Location=f"https://{HOST}/other"))
    assert (fetched.outcome, fetched.status) == (FetchOutcome.ANSWERED, number)
    assert fetched.body == b"elsewhere"
    assert web.server.connections == 1


def test_a_body_without_length_ends_with_the_connection(web: Web) -> None:
    fetched = web.one(b"HTTP/1.0 200 OK\r\n\r\nabc")
    assert (fetched.outcome, fetched.body) == (FetchOutcome.ANSWERED, b"abc")


def test_chunks(web: Web) -> None:
    fetched = web.one(CHUNKED + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert (fetched.outcome, fetched.body) == (FetchOutcome.ANSWERED, b"abcde")


def test_no_cookie_comes_back_and_no_proxy_is_asked(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    web.serves(response(Set_Cookie="a=b; Path=/"))
    fetched = web.fetch(f"https://{HOST}/", f"https://{HOST}/")
    assert [one.status for one in fetched] == [200, 200]
    assert not any("cookie" in head.lower() for head in web.server.heads)


def test_an_octet_that_is_no_text_in_a_header(web: Web) -> None:
    fetched = web.one(b"HTTP/1.1 200 OK\r\nContent-Type: \xff\xfe\r\nContent-Length: 0\r\n\r\n")
    assert (fetched.outcome, fetched.content_type) == (FetchOutcome.ANSWERED, "ÿþ")


# --- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [MOST, MOST + 1, 300 * MOST])
def test_a_body_is_read_up_to_its_limit(web: Web, size: int) -> None:
    fetched = web.one(response(b"x" * size))
    is_whole = size == MOST
    assert fetched.outcome is (FetchOutcome.ANSWERED if is_whole else FetchOutcome.TOO_MUCH)
    assert (fetched.status, fetched.body) == (200, b"x" * MOST)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", CHUNKED])
def test_an_endless_body(web: Web, head: bytes) -> None:
    fetched = web.one(head, Endless((b"10\r\n" + b"x" * 16 + b"\r\n") * 50))
    assert (fetched.outcome, fetched.status) == (FetchOutcome.TOO_MUCH, 200)
    assert len(fetched.body or b"") == MOST


@pytest.mark.parametrize(
    "turns",
    [
        [b"HTTP/1.1 200 OK\r\nX: ", Endless(b"x" * 1000)],
        [b"HTTP/1.1 200 OK\r\n", Endless(b"X: y\r\n" * 200)],
        [b"HTTP/1.1 200 ", Endless(b"OK" * 500)],
    ],
)
def test_an_endless_header(web: Web, turns: list[Any]) -> None:
    fetched = web.one(*turns)
    assert (fetched.outcome, fetched.status) == (FetchOutcome.TOO_MUCH, None)
    assert (fetched.body, fetched.headers) == (None, None)
    assert fetched.address == LOOPBACK


def test_a_bomb_is_not_blown_up(web: Web) -> None:
    bomb = gzip.compress(b"x" * 100_000)
    assert len(bomb) < MOST
    fetched = web.one(response(bomb, Content_Encoding="gzip"))
    assert (fetched.outcome, fetched.body) == (FetchOutcome.TOO_MUCH, b"x" * MOST)


@pytest.mark.parametrize("coding", ["gzip", "X-GZIP", "deflate"])
def test_a_coding_that_was_not_asked_for(web: Web, coding: str) -> None:
    packed = zlib.compress(b"abc") if coding == "deflate" else gzip.compress(b"abc")
    fetched = web.one(response(packed, Content_Encoding=coding))
    assert (fetched.outcome, fetched.body) == (FetchOutcome.ANSWERED, b"abc")


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b"not packed", FetchOutcome.NOT_HTTP),
        (gzip.compress(b"abc" * 99)[:-9], FetchOutcome.DROPPED),
    ],
)
def test_a_coding_that_is_not_so(web: Web, body: bytes, outcome: FetchOutcome) -> None:
    assert web.one(response(body, Content_Encoding="gzip")).outcome is outcome


# --- certificates and TLS ------------------------------------------------------------------------


def self_signed() -> Leaf:
    alone = Authority(HOST)
    return Leaf(alone.key, (alone.der,))


@pytest.mark.parametrize(
    ("leaf", "why"),
    [
        (AUTHORITY.leaf("www.example.com"), "Hostname mismatch"),
        (AUTHORITY.leaf(HOST, names=[]), "Hostname mismatch"),  # a common name is none
        (AUTHORITY.leaf(HOST, is_expired=True), "certificate has expired"),
        (self_signed(), "self-signed certificate"),
        (STRANGER.leaf(HOST), "self-signed certificate in certificate chain"),
        (STRANGER.leaf(HOST, with_anchor=False), "unable to get local issuer certificate"),
    ],
    ids=["wrong name", "common name", "expired", "self-signed", "untrusted", "no issuer"],
)
def test_certificates(web: Web, tmp_path: Path, leaf: Leaf, why: str) -> None:
    web.context = leaf.context(tmp_path)
    fetched = web.one(response())
    assert fetched.outcome is FetchOutcome.CERTIFICATE
    assert fetched.why.startswith(why)
    assert (fetched.status, fetched.address) == (None, LOOPBACK)
    assert web.server.heads == []  # nothing is said to a stranger


def test_without_anchors_nothing_is_trusted(web: Web) -> None:
    web.how["anchors"] = ()
    assert web.one(response()).outcome is FetchOutcome.CERTIFICATE


def test_an_anchor_need_not_sign_itself(web: Web) -> None:
    web.how["anchors"] = (GOOD.chain[0],)
    assert web.one(response()).outcome is FetchOutcome.ANSWERED


def test_plain_http_on_the_port(web: Web) -> None:
    web.context = None
    fetched = web.one(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert fetched.outcome is FetchOutcome.TLS_ERROR
    assert fetched.why


PROTOCOL_VERSION = bytes([21, 3, 1, 0, 2, 2, 70])  # a fatal alert, RFC 8446 §6


@pytest.mark.parametrize(
    ("turn", "outcome"),
    [(PROTOCOL_VERSION, FetchOutcome.TLS_ERROR), (CLOSES, FetchOutcome.DROPPED)],
)
def test_handshakes_that_end_early(web: Web, turn: Any, outcome: FetchOutcome) -> None:
    web.context = None
    assert web.one(turn).outcome is outcome


def test_an_alert_behind_the_handshake(web: Web, tmp_path: Path) -> None:
    """TLS 1.3: who misses a certificate of ours says so after we think it is done."""
    context = GOOD.context(tmp_path)
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server((LOOPBACK, 0)) as listening:
        listening.settimeout(5)
        web.port = listening.getsockname()[1]
        server = threading.Thread(target=refuse_clients, args=(listening, context, 2))
        server.start()
        (fetched,) = web.fetch(f"https://{HOST}/")
        server.join()
    assert fetched.outcome is FetchOutcome.TLS_ERROR
    assert "certificate required" in fetched.why


def refuse_clients(listening: socket.socket, context: ssl.SSLContext, count: int) -> None:
    """A handshake with each of so many, which fails. (asyncio's server sends no alerts.)"""
    for _ in range(count):
        with suppress(OSError), listening.accept()[0] as client:
            client.settimeout(5)
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = context.wrap_bio(incoming, outgoing, server_side=True)
            while not refuses(tls):
                client.sendall(outgoing.read())
                incoming.write(client.recv(1 << 16))
            client.sendall(outgoing.read())
            while client.recv(1 << 16):
                pass  # what is left unread would be answered with a reset


def refuses(tls: ssl.SSLObject) -> bool:
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return False
    except ssl.SSLError:
        return True
    raise AssertionError("a certificate of ours?")


# --- broken answers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("turns", "outcome", "body"),
    [
        ([CLOSES], FetchOutcome.DROPPED, None),
        ([b"HTTP/1.1 200 OK\r\nContent-", CLOSES], FetchOutcome.DROPPED, None),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"], FetchOutcome.DROPPED, b"abc"),
        ([CHUNKED + b"9\r\nabc"], FetchOutcome.DROPPED, b"abc"),
        ([b"220 mx.example.jp ESMTP\r\n"], FetchOutcome.NOT_HTTP, None),
        ([b"HTTP/1.1 abc\r\n\r\n"], FetchOutcome.NOT_HTTP, None),
        ([b"HTTP/1.1 200 OK\r\nno field\r\n\r\n"], FetchOutcome.NOT_HTTP, None),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"], FetchOutcome.NOT_HTTP, None),
        ([bytes(100)], FetchOutcome.NOT_HTTP, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_broken_answers(
    web: Web, turns: list[Any], outcome: FetchOutcome, body: bytes | None
) -> None:
    fetched = web.one(*turns)
    assert (fetched.outcome, fetched.body) == (outcome, body)
    assert fetched.why


@pytest.mark.parametrize("is_at_once", [True, False])
def test_chunked_nonsense(web: Web, is_at_once: bool) -> None:
    nonsense = [CHUNKED, b"zz\r\nabc\r\n", SILENT]
    fetched = web.one(*([b"".join(nonsense[:2]), SILENT] if is_at_once else nonsense))
    assert fetched.outcome is FetchOutcome.NOT_HTTP


# --- time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("turns", "patience", "status", "body"),
    [
        ([SILENT], IMPATIENCE, None, None),
        ([b"HTTP/1.1 200 OK\r\nContent-", SILENT], IMPATIENCE, None, None),
        ([response(b"abc", Content_Length="9"), SILENT], LONGER, 200, b"abc"),
    ],
)
def test_slow_answers(
    web: Web, turns: list[Any], patience: float, status: int | None, body: bytes | None
) -> None:
    web.how["timeout_s"] = patience
    fetched = web.one(*turns)
    assert (fetched.outcome, fetched.status) == (FetchOutcome.TIMEOUT, status)
    assert fetched.body == body  # what came is kept


def test_a_silent_handshake(web: Web) -> None:
    web.how["timeout_s"], web.context = IMPATIENCE, None
    fetched = web.one(SILENT)
    assert fetched.outcome is FetchOutcome.TIMEOUT


# --- addresses -----------------------------------------------------------------------------------


def test_nobody_listens(web: Web) -> None:
    with socket.socket() as closed:
        closed.bind((LOOPBACK, 0))
        web.port = closed.getsockname()[1]
        fetched = web.one(response())
    assert (fetched.outcome, fetched.address) == (FetchOutcome.REFUSED, LOOPBACK)


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        ("NXDOMAIN", FetchOutcome.NO_HOST),
        ([], FetchOutcome.NO_HOST),
        ("SERVFAIL", FetchOutcome.UNREACHABLE),
        ("REFUSED", FetchOutcome.UNREACHABLE),
        (SILENT, FetchOutcome.UNREACHABLE),
    ],
)
def test_names_without_address(web: Web, found: Any, outcome: FetchOutcome) -> None:
    web.how["timeout_s"] = 3.0  # a fifteenth of it for a question that nobody answers
    web.resolver.hosts = {HOST: found}
    fetched = web.one(response())
    assert (fetched.outcome, fetched.address) == (outcome, None)
    assert HOST in fetched.why


def test_a_question_that_fails_is_asked_once_more(web: Web) -> None:
    web.resolver.failures = 2  # c-ares' own tries
    assert web.one(response()).outcome is FetchOutcome.ANSWERED
    assert web.resolver.asked == [HOST] * 6  # two types, three times


def test_channels_are_replaced_while_others_are_in_use(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.ask.https.connecting.LIFETIME", 2)
    hosts = [f"h{number}.example.jp" for number in range(9)]
    web.resolver.hosts = {host: [LOOPBACK] for host in hosts}
    web.serves(response())
    fetched = web.fetch(*(f"https://{host}/" for host in hosts))
    assert {one.outcome for one in fetched} == {FetchOutcome.ANSWERED}


@pytest.mark.parametrize(
    "url",
    [
        f"https://{HOST}/",
        f"https://{LOOPBACK}/",
        "https://[::1]/",
        f"https://[::ffff:{LOOPBACK}]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://127.1/",
        "https://2130706433/",
        "https://127.0.0.1./",
    ],
)
def test_no_address_of_special_purpose_is_connected_to(web: Web, url: str) -> None:
    web.how["public"] = ()
    web.serves(response())
    (fetched,) = web.fetch(url)
    assert (fetched.outcome, fetched.address) == (FetchOutcome.NOT_ASKED, None)
    assert fetched.why
    assert web.server.connections == 0


@pytest.mark.parametrize("mapped", [f"::ffff:{LOOPBACK}", "::1", "fe80::1", "fc00::1"])
def test_the_labs_network_in_another_form_is_special(web: Web, mapped: str) -> None:
    web.resolver.hosts = {HOST: [mapped]}
    web.serves(response())
    fetched = web.fetch(f"https://{HOST}/", f"https://[{mapped}]/")
    assert [one.outcome for one in fetched] == [FetchOutcome.NOT_ASKED] * 2
    assert web.server.connections == 0


def test_other_addresses_are_tried(web: Web) -> None:
    web.resolver.hosts = {HOST: ["10.0.0.1", "127.0.0.9", LOOPBACK]}
    fetched = web.one(response())  # the first is special, at the second nobody listens
    assert (fetched.outcome, fetched.address) == (FetchOutcome.ANSWERED, LOOPBACK)


# --- what is not asked for -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        f"http://{HOST}/",
        f"ftp://{HOST}/",
        f"//{HOST}/",
        f"https://{HOST}:8443/",
        f"https://{HOST}:80/",
        f"https://{HOST}:99999/",
        f"https://{HOST}:x/",
        f"https://user@{HOST}/",
        f"https://user:secret@{HOST}/",
        f"https://@{HOST}/",
        f"https://{HOST}\\@10.0.0.1/",
        f"https://{HOST}/a b",
        f"https://{HOST}/\r\nX: y",
        f"https://{HOST}/\x00",
        f"https://{HOST}/é",
        f"https://{'a' * 64}.jp/",
        "https://a..jp/",
        "https://.jp/",
        "https://[::1/",
        "https://[1.2.3.4]/",
        "https:///path",
        "https://",
        "",
        f"https://{HOST}/" + "a" * 8000,
    ],
)
def test_what_is_not_asked_for(web: Web, url: str) -> None:
    (fetched,) = web.fetch(url)
    assert fetched.outcome is FetchOutcome.NOT_ASKED
    assert fetched.why
    assert web.server.connections == 0
    assert web.resolver.asked == []


@given(st.text() | st.text("https:/@[]:%.0a\\ ", max_size=30).map("https://".__add__))
def test_a_url_is_taken_or_not_asked_for(url: str) -> None:
    with suppress(NotAsked):
        found = target(url)
        assert found.scheme == "https"
        assert found.explicit_port in (None, 443)


# --- many at once --------------------------------------------------------------------------------


def test_many_hosts_at_once_and_one_connection_to_each(web: Web) -> None:
    hosts = [f"h{number}.example.jp" for number in range(12)]
    web.resolver.hosts = {host: [LOOPBACK] for host in hosts}
    web.how["at_once"] = 4
    web.serves(asyncio.Barrier(4), response(b"abc"))  # answers when four have come
    fetched = web.fetch(*(f"https://{host}/" for host in hosts * 5))
    assert {one.outcome for one in fetched} == {FetchOutcome.ANSWERED}
    assert web.server.most == dict.fromkeys(hosts, 1)
    assert web.server.most_at_once == 4
    assert web.server.connections == 60


def test_an_address_has_few_connections_however_many_hosts_live_there(web: Web) -> None:
    hosts = [f"h{number}.example.jp" for number in range(12)]
    web.resolver.hosts = {host: [LOOPBACK] for host in hosts}
    web.how["at_once"] = 12
    web.serves(asyncio.Barrier(AT_ADDRESS), response(b"abc"))  # answers when so many have come
    fetched = web.fetch(*(f"https://{host}/" for host in hosts))
    assert {one.outcome for one in fetched} == {FetchOutcome.ANSWERED}
    assert web.server.most_at_once == AT_ADDRESS


def test_each_is_kept_by_its_number(web: Web) -> None:
    web.resolver.hosts = {HOST: [LOOPBACK], "x.example.com": [LOOPBACK]}
    web.serves(response(b"abc"))
    fetched = web.fetch(
        f"https://{HOST}/",
        "http://example.jp/",
        "https://gone.example.jp/",
        "https://x.example.com/",
        f"https://{HOST}/other",
        f"https://{HOST}/",
    )
    assert [one.outcome.value for one in fetched] == [
        "answered",
        "not_asked",
        "no_host",
        "certificate",
        "answered",
        "answered",
    ]
    assert [one.status for one in fetched] == [200, None, None, None, 404, 200]


def test_nothing_to_fetch(web: Web) -> None:
    assert web.fetch() == []


def test_what_keep_raises_ends_it(web: Web) -> None:
    web.serves(response(), path="/")
    web.serves(SILENT, path="/silent")
    web.resolver.hosts = {HOST: [LOOPBACK], "b.example.jp": [LOOPBACK]}
    urls = [(0, f"https://{HOST}/", MOST), (1, "https://b.example.jp/silent", MOST)]

    def keep(number: int, fetched: Fetched) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        asyncio.run(web.run(urls, keep))


def test_cancelled_it_leaves_nothing_open(web: Web) -> None:
    web.serves(SILENT)
    kept: list[int] = []

    async def go() -> None:
        async with (
            resolving(web.resolver) as resolver,
            serving(web.server, web.context) as port,
        ):
            how = Fetching(port=port, resolvers=(resolver,), **web.how)
            urls = [(0, f"https://{HOST}/", MOST)]
            fetching = asyncio.create_task(fetch_all(urls, how, lambda n, _: kept.append(n)))
            await asyncio.wait_for(web.server.has_heard.wait(), PATIENCE)
            fetching.cancel()
            with pytest.raises(asyncio.CancelledError):
                await fetching

    asyncio.run(go())  # `serving` waits until the client has gone
    assert kept == []
