"""The wire engine against a resolver with one fault at a time, and against its callers' faults."""

import asyncio
import itertools
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.flags
import pytest
import yaml

from pipeline.ask.dns import wire
from pipeline.ask.dns.matching import is_answer
from pipeline.ask.pace import Pace
from pipeline.config import Asking
from pipeline.words import Outcome, Transport

from .conftest import ACTS, Kept, Server

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases" / "wire.yaml").read_text())
QUESTION = (0, "www.example.jp", 16, False)


def asking(**changes: Any) -> Asking:
    return Asking(**{"timeout_s": 5.0, "tries": 3, "sockets": 2, **changes})


async def ask(questions: Any, resolvers: list[str], settings: Asking, keep: Any = None) -> Kept:
    kept = keep or Kept()
    await wire.ask(questions, resolvers, settings, Pace(settings.in_flight), kept)
    return kept


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["claim"])
def test_one_fault(case: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, wire.__name__)
    before, expected = time.time(), case["expect"]

    async def play() -> None:
        async with Server(case["udp"], case.get("tcp")) as server:
            settings = asking(timeout_s=case.get("patience", 5.0))
            kept = await ask([QUESTION], [server.address], settings)
            server.check_nothing_left()
            row = kept.rows[0]
            edns = [query.edns for query, _ in server.udp.arrived]
            assert edns == expected.get("edns", [0] * len(edns))
            assert row["resolver"] == server.address

        assert (row["outcome"] or "answered") == expected["outcome"]
        assert row["tries"] == expected["tries"]
        assert before <= row["asked_at"] <= time.time()
        if expected["outcome"] == "timeout":
            assert (row["message"], row["transport"], row["rtt_ms"]) == (None, None, None)
        else:
            assert row["message"][2] & 0x80
            assert row["rtt_ms"] >= 0
            assert row["transport"] == expected.get("transport", Transport.UDP)
        if "strays" in expected:
            counted = f"ignored {expected['strays']} packets" if expected["strays"] else ""
            own = [one.getMessage() for one in caplog.records if one.name == wire.__name__]
            assert len(own) == bool(counted)
            assert counted in "".join(own)

    asyncio.run(play())


@pytest.mark.parametrize("qtype", [53, 61])
@pytest.mark.parametrize(
    ("tcp", "udp", "transport", "tries", "edns"),
    [
        (["answer"], [], "tcp", 1, [0]),
        (["long"], [], "tcp", 1, [0]),
        (["servfail"], [], "tcp", 1, [0]),
        (["closed"], ["answer"], "udp", 2, [0, 0]),
        (["silent"], ["answer"], "udp", 2, [0, 0]),
        (["short"], ["answer"], "udp", 2, [0, 0]),
        (["wrong_id"], ["answer"], "udp", 2, [0, 0]),
        (["wrong_type"], ["answer"], "udp", 2, [0, 0]),
        (["closed", "answer"], ["truncated"], "tcp", 3, [0, 0, 0]),
        (["closed"], ["silent", "answer"], "udp", 3, [0, 0, 0]),
        (["formerr"], ["formerr", "answer"], "udp", 3, [0, 0, -1]),
        (None, ["answer"], "udp", 2, [0]),
    ],
)
def test_types_that_are_asked_over_tcp_first(
    qtype: int,
    tcp: list[str] | None,
    udp: list[str | list[str]],
    transport: str,
    tries: int,
    edns: list[int],
) -> None:
    """RFC 8162 §7, RFC 7929 §6. tcp None: a resolver that has none."""

    async def play() -> None:
        async with Server(udp, tcp) as server:
            patience = 0.1 if "silent" in [*(tcp or ()), *udp] else 5.0
            question = (0, "hash._smimecert.example.jp", qtype, False)
            settings = asking(timeout_s=patience)
            row = (await ask([question], [server.address], settings)).rows[0]
            server.check_nothing_left()
            arrived = [query.edns for query, _ in (*server.tcp.arrived, *server.udp.arrived)]
        assert (row["outcome"], row["transport"], row["tries"]) == (None, transport, tries)
        assert row["message"][2] & 0x80
        assert sorted(arrived) == sorted(edns)

    asyncio.run(play())


def test_over_tcp_first_there_are_never_more_in_flight_than_the_pace_allows() -> None:
    async def play() -> None:
        async with Server([], ["answer"] * 40) as server:
            asked, kept = [], Kept()

            def questions() -> Iterator[tuple[int, str, int, bool]]:
                for number in range(40):
                    asked.append(number)
                    assert len(asked) - len(kept.rows) <= 7
                    yield number, f"d{number}.jp", 61, False

            await ask(questions(), [server.address], asking(in_flight=7), kept)
            server.check_nothing_left()
        assert {row["transport"] for row in kept.rows.values()} == {Transport.TCP}

    asyncio.run(play())


def test_over_tcp_first_silence_everywhere_is_a_timeout() -> None:
    async def play() -> None:
        async with Server(["silent"] * 2, ["silent"]) as server:
            question = (0, "www.example.jp", 61, False)
            row = (await ask([question], [server.address], asking(timeout_s=0.05))).rows[0]
            server.check_nothing_left()
        assert (row["outcome"], row["tries"], row["message"]) == (Outcome.TIMEOUT, 3, None)

    asyncio.run(play())


def test_what_is_sent() -> None:
    async def play() -> None:
        async with Server(["answer"] * 40) as server:
            asked = [(number, f"d{number}.example.jp", 16, number % 2 == 0) for number in range(40)]
            await ask(asked, [server.address], asking(sockets=4, edns=1400))
            queries = [query for query, _ in server.udp.arrived]
            ports = {peer[1] for _, peer in server.udp.arrived}
        assert sorted(str(query.question[0]) for query in queries) == sorted(
            f"{name}. IN TXT" for _, name, _, _ in asked
        )
        assert all(query.flags & dns.flags.RD and query.flags & dns.flags.AD for query in queries)
        assert all(query.payload == 1400 for query in queries)
        assert sum(bool(query.flags & dns.flags.CD) for query in queries) == 20
        assert len(ports) == 4
        ids = [query.id for query in queries]
        assert len(set(ids)) >= 39  # 40 of 65,536, drawn: a sequence or a constant would be seen
        assert len({later - earlier for earlier, later in itertools.pairwise(ids)}) > 30

    asyncio.run(play())


def test_resolvers_take_turns_and_a_lost_packet_goes_to_the_next() -> None:
    async def play() -> None:
        questions = [(number, f"d{number}.jp", 16, False) for number in range(20)]
        async with Server(["silent"] * 20) as dead, Server(["answer"] * 20) as alive:
            kept = await ask(
                questions, [dead.address, alive.address], asking(sockets=3, timeout_s=0.1)
            )
            assert len(dead.udp.arrived) == 10
            assert len(alive.udp.arrived) == 20
        assert {row["resolver"] for row in kept.rows.values()} == {alive.address}
        assert sorted(row["tries"] for row in kept.rows.values()) == [1] * 10 + [2] * 10

    asyncio.run(play())


def test_a_resolver_over_ipv6() -> None:
    async def play() -> None:
        try:
            server = await Server(["truncated"], ["answer"], host="::1").__aenter__()
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
        kept = await ask([QUESTION], [server.address], asking())
        await server.__aexit__()
        assert kept.rows[0]["transport"] == Transport.TCP

    asyncio.run(play())


def test_nobody_listens() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as once:
        once.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{once.getsockname()[1]}"
    kept = asyncio.run(ask([QUESTION], [address], asking(timeout_s=0.03)))
    row = kept.rows[0]
    assert (row["outcome"], row["message"], row["tries"]) == (Outcome.UNREACHABLE, None, 3)


@pytest.mark.parametrize("address", ["resolver.example:53", "127.0.0.1:dns", ""])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises((OSError, ValueError), match=r"."):
        asyncio.run(ask([QUESTION], [address], asking()))


def test_a_name_that_no_message_can_carry_is_not_asked() -> None:
    async def play() -> None:
        async with Server(["answer"]) as server:
            names = ["a..jp", "x" * 64 + ".jp", ".".join(["y" * 60] * 5), "日本.jp", "fine.jp"]
            questions = [(number, name, 16, False) for number, name in enumerate(names)]
            kept = await ask(questions, [server.address], asking())
            server.check_nothing_left()
        outcomes = [kept.rows[number]["outcome"] for number in range(5)]
        assert outcomes == [Outcome.NOT_ASKED] * 4 + [None]
        assert kept.rows[0]["tries"] == 0

    asyncio.run(play())


def test_no_questions() -> None:
    assert asyncio.run(ask([], ["127.0.0.1:1"], asking())).rows == {}


# --- what the caller does ------------------------------------------------------------------------


def open_files() -> int:
    return len(os.listdir("/dev/fd"))


@pytest.mark.parametrize("step", ["udp", "tcp"])
def test_cancelled_it_leaves_nothing_open(step: str) -> None:
    async def play() -> None:
        acts = {"udp": ["silent"] * 9, "tcp": ["truncated"] * 9}[step]
        async with Server(acts, ["silent"] * 9) as server:
            before = open_files()
            questions = [(number, f"d{number}.jp", 16, False) for number in range(9)]
            task = asyncio.create_task(ask(questions, [server.address], asking()))
            script = {"udp": server.udp, "tcp": server.tcp}[step]
            while len(script.arrived) < 9:
                await asyncio.sleep(0)
            assert open_files() > before
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            for writer in server.writers:
                writer.transport.abort()
            for _ in range(3):  # transports close in the loop's next rounds
                await asyncio.sleep(0)
            assert open_files() <= before
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(play())


@pytest.mark.parametrize(("acts", "qtype"), [(["answer"], 16), (["truncated"], 16), ([], 61)])
def test_what_keep_raises_ends_the_call(acts: list[str], qtype: int) -> None:
    def keep(*_: Any) -> None:
        raise RuntimeError("disk full")

    async def play() -> None:
        async with Server(acts, ["answer"]) as server:
            before = open_files()
            with pytest.raises(RuntimeError, match="disk full"):
                await ask([(0, "www.example.jp", qtype, False)], [server.address], asking(), keep)
            assert open_files() <= before + 2  # the server's end of TCP

    asyncio.run(play())


def test_what_the_questions_raise_ends_the_call() -> None:
    def questions() -> Iterator[Any]:
        yield QUESTION
        raise RuntimeError("list unreadable")

    async def play() -> None:
        async with Server(["answer"]) as server:
            with pytest.raises(RuntimeError, match="list unreadable"):
                await ask(questions(), [server.address], asking())

    asyncio.run(play())


def test_never_more_in_flight_than_the_pace_allows() -> None:
    async def play() -> None:
        async with Server(["answer"] * 200) as server:
            asked, kept = [], Kept()

            def questions() -> Iterator[tuple[int, str, int, bool]]:
                for number in range(200):
                    asked.append(number)
                    assert len(asked) - len(kept.rows) <= 7
                    yield number, f"d{number}.jp", 16, False

            await ask(questions(), [server.address], asking(in_flight=7), kept)
            assert len(kept.rows) == 200

    asyncio.run(play())


def test_a_rate_is_waited_for() -> None:
    async def play() -> None:
        async with Server(["answer"] * 60) as server:
            questions = ((number, f"d{number}.jp", 16, False) for number in range(60))
            kept, pace = Kept(), Pace(500, rate=1000)  # 50 are its greatest burst
            await wire.ask(questions, [server.address], asking(timeout_s=60.0), pace, kept)
            server.check_nothing_left()
            assert len(kept.rows) == 60

    asyncio.run(play())


class ShiftedTime:
    """The time module, but for a shift that a test makes."""

    def __init__(self) -> None:
        self.shift = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.shift

    def time(self) -> float:
        return time.time() + self.shift


def test_answers_that_wait_while_keep_writes_are_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, kept = ShiftedTime(), Kept()
    monkeypatch.setattr(wire, "time", clock)
    monkeypatch.setattr(wire, "BATCH", 1)

    def keep_slowly(*row: Any) -> None:
        kept(*row)
        if len(kept.rows) == 1:
            clock.shift = 60.0

    async def play() -> None:
        acts = ["silent"] * 19 + [["answer"]]
        async with Server(acts) as server:

            def answer_all(packet: bytes, peer: Any) -> None:
                server.udp.next(packet, peer)
                if len(server.udp.arrived) == 20:  # all at once, so that 19 lie in the buffers
                    for query, to in server.udp.arrived:
                        server.transport.sendto(ACTS["answer"](query), to)

            server.transport.get_protocol().datagram_received = answer_all  # type: ignore[method-assign]
            questions = [(number, f"d{number}.jp", 16, False) for number in range(20)]
            await ask(questions, [server.address], asking(timeout_s=1.0), keep_slowly)
            server.check_nothing_left()
        assert [row["tries"] for row in kept.rows.values()] == [1] * 20

    asyncio.run(play())


class FullSocket(socket.socket):
    """A socket whose kernel buffer is full at every third packet."""

    sends = 0

    def send(self, *arguments: Any) -> int:
        FullSocket.sends += 1
        if FullSocket.sends % 3 == 0:
            raise BlockingIOError
        return super().send(*arguments)


def test_packets_that_the_kernel_has_no_room_for_are_sent_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def play() -> None:
        async with Server(["answer"] * 100) as server:
            questions = [(number, f"d{number}.jp", 16, False) for number in range(100)]
            monkeypatch.setattr(wire.socket, "socket", FullSocket)
            kept = await ask(questions, [server.address], asking())
            monkeypatch.undo()
            server.check_nothing_left()
        assert [row["tries"] for row in kept.rows.values()] == [1] * 100

    asyncio.run(play())


# --- many ----------------------------------------------------------------------------------------


class LossyServer(threading.Thread):
    """Says NOERROR to everything at once, but loses the first packet of every twentieth name."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"

    def run(self) -> None:
        lost = set()
        while packet := (received := self.socket.recvfrom(512))[0]:
            label = packet[13 : 13 + packet[12]]
            if label.endswith((b"00", b"20", b"40", b"60", b"80")) and label not in lost:
                lost.add(label)
                continue
            self.socket.sendto(packet[:2] + b"\x81\x80" + packet[4:], received[1])

    def stop(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.socket.getsockname())
        self.join()
        self.socket.close()


def test_of_many_questions_each_is_kept_once_whatever_is_lost() -> None:
    server = LossyServer()
    server.start()
    kept = Kept()
    questions = ((number, f"d{number}.example.jp", 16, False) for number in range(20_000))
    settings = asking(in_flight=1000, sockets=8, timeout_s=0.3, tries=10)
    asyncio.run(ask(questions, [server.address], settings, kept))
    server.stop()
    assert sorted(kept.rows) == list(range(20_000))
    assert all(row["outcome"] is None for row in kept.rows.values())
    assert all(
        row["tries"] > 1 for index, row in kept.rows.items() if index % 20 == 0 and index > 19
    )
    for index, row in kept.rows.items():  # every question has its own answer
        assert f"d{index}".encode() + b"\x07example\x02jp\x00\x00\x10" in row["message"]


def test_type_and_class_are_compared_as_they_are() -> None:
    question = b"\x01a\x00" + b"\x00\x41\x00\x01"  # type 65 looks like the letter A
    header = bytes.fromhex("000081800001000000000000")
    assert is_answer(header + b"\x01A\x00" + b"\x00\x41\x00\x01", question)
    assert not is_answer(header + b"\x01a\x00" + b"\x00\x61\x00\x01", question)
