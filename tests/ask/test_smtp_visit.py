"""Visits to mail servers on loopback: the same scripts as the dialogue's, over sockets and TLS."""

import asyncio
import socket
import ssl
import struct
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.ask.smtp.dialogue import Stage
from pipeline.ask.smtp.visit import Visited, Visiting, visit
from pipeline.words import SmtpOutcome

from ..authority import Authority, Leaf
from .mailserver import LOOPBACK, MailServer, serving

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases" / "smtp.yaml").read_text())
WORKING = CASES[0]["server"]
HOST = "mx.example.jp"


@pytest.fixture(scope="module")
def leaf() -> Leaf:
    return Authority().leaf(HOST)


@pytest.fixture
def context(leaf: Leaf, tmp_path: Path) -> ssl.SSLContext:
    return leaf.context(tmp_path)


def visited(server: MailServer, **more: Any) -> Visited:
    async def go() -> Visited:
        async with serving(server) as port:
            opened = {"public": ("127.0.0.0/8",)} | more
            return await visit(LOOPBACK, HOST, Visiting("probe.example.jp", port=port, **opened))

    return asyncio.run(go())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["claim"])
def test_cases(case: dict[str, Any], context: ssl.SSLContext) -> None:
    server = MailServer(case["server"], context)
    is_silent = "silent" in case["server"]
    found = visited(server, reply_s=1.0 if is_silent else 30.0)
    assert (found.outcome, found.stage) == (case["outcome"], case["stage"])
    assert (found.tls is not None) == (found.outcome is SmtpOutcome.ENCRYPTED)
    assert server.visits == 1


def test_what_the_server_shows_is_kept(leaf: Leaf, context: ssl.SSLContext) -> None:
    server = MailServer(WORKING, context)
    found = visited(server)
    assert found.tls is not None
    assert (found.tls.version, found.tls.chain) == ("TLSv1.3", leaf.chain)
    assert found.tls.cipher in {cipher["name"] for cipher in context.get_ciphers()}
    assert server.names == [HOST]
    assert server.said == [
        b"EHLO probe.example.jp\r\n", b"STARTTLS\r\n", b"EHLO probe.example.jp\r\n", b"QUIT\r\n",
    ]  # fmt: skip
    assert found.replies[Stage.EHLO_AGAIN].lines == (b"mx.example.jp",)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated")
def test_old_versions_are_starttls_too(context: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    found = visited(MailServer(WORKING, context))
    assert found.outcome is SmtpOutcome.ENCRYPTED
    assert found.tls is not None
    assert found.tls.version == {"TLSv1": "TLSv1"}.get(version.name, "TLSv1.2")


def test_a_server_without_a_cipher_in_common(context: ssl.SSLContext) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("aNULL:@SECLEVEL=0")
    found = visited(MailServer(WORKING, context))
    assert found.outcome is SmtpOutcome.HANDSHAKE_FAILED
    assert found.tls is None


def test_why_a_handshake_failed() -> None:
    (case,) = [case for case in CASES if case["claim"] == "the handshake fails"]
    assert visited(MailServer(case["server"])).why == "wrong version number"  # OpenSSL's words


@pytest.mark.parametrize("is_reset", [False, True])
def test_closed_in_the_handshake_is_the_same_either_way(is_reset: bool) -> None:
    # whether a close arrives as an end or as a reset is the kernel's whim (RFC 1122 §4.2.2.13)
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in (b"220 x\r\n", b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\n"):
            writer.write(reply)
            await reader.readline()
        if is_reset:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()

    async def go() -> Visited:
        server = await asyncio.start_server(serve, LOOPBACK, 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            how = Visiting("probe.example.jp", 2, 2, 4, ("127.0.0.0/8",), port)
            return await visit(LOOPBACK, HOST, how)

    found = asyncio.run(go())
    assert (found.outcome, found.stage) == (SmtpOutcome.HANDSHAKE_FAILED, Stage.HANDSHAKE)


def test_an_address_of_special_purpose_is_not_visited() -> None:
    server = MailServer(WORKING)
    found = visited(server, public=())
    assert (found.outcome, found.stage) == (SmtpOutcome.NOT_ASKED, None)
    assert server.visits == 0


@pytest.mark.parametrize("address", ["::ffff:127.0.0.1", "::1", "10.0.0.1", "169.254.169.254"])
def test_nor_is_one_in_disguise(address: str) -> None:
    found = asyncio.run(visit(address, HOST, Visiting("probe.example.jp")))
    assert found.outcome is SmtpOutcome.NOT_ASKED


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        how = Visiting("probe.example.jp", port=free.getsockname()[1], public=("127.0.0.0/8",))
        found = asyncio.run(visit(LOOPBACK, HOST, how))
    assert (found.outcome, found.stage) == (SmtpOutcome.REFUSED, None)


def test_a_server_that_drips_is_left_in_the_end() -> None:
    server = MailServer(["220-x\r\n", "silent"])
    found = visited(server, visit_s=1.0)
    assert (found.outcome, found.stage) == (SmtpOutcome.TIMEOUT, Stage.BANNER)
