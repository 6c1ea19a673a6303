"""The fast engine: our own UDP sockets, read in the asyncio loop, and the whole message kept.

A question in flight is one tuple in the table of its socket; an answer is found there by its id,
compared with what was asked, and kept as received. No future, task or timer a question: at tens of
thousands of questions a second, what is built a question is what a question costs. Only what is
rare (TCP after truncation, and the types that are asked over TCP first) gets a task.

What is believed: a connected socket's peer (the kernel checks the source), a random port, a random
id that is in flight on this very socket, and the question repeated (`matching`). Everything else is
counted as a stray and ignored, and the question goes on waiting. What stands behind the question is
not looked at: a message that answers us and cannot be read is kept, and its decoder says so. This
engine therefore never says MALFORMED.
"""

import asyncio
import itertools
import logging
import os
import socket
import struct
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from ...config import Asking
from ...message import IN, query, to_wire
from ...words import Outcome, QType, Transport
from ..pace import Pace
from . import Keep, tcp
from .matching import (
    HEADER_SIZE,
    SERVFAIL,
    is_answer,
    is_plain_answer,
    is_truncated,
    refuses_edns,
)

Form = tuple[bytes, bytes]
"""What stands before (behind the id) and after the question in a packet: flags and counts, EDNS."""

Waiting = tuple[int, bytes, Form, int, float]
"""In flight: index, question in wire form, form, packets so far, time of sending (monotonic)."""
SENT: Final = 4

TYPE_AND_CLASS = struct.Struct("!HH")
BATCH = 64  # answers read from one socket before the others get their turn
BURST = 2 * BATCH  # questions sent at once: more would overrun the resolver's receive buffer
MOST_IN_FLIGHT = 1 << 15  # half of all ids: a free one is found at once, even on one socket alone
RECEIVE_BUFFER = 4 << 20  # octets; the system's default loses answers (the kernel may grant less)
MOST_CONNECTIONS = 64  # TCP connections at a time
UDP = Transport.UDP  # an enum's member is looked up slowly
TCP_FIRST = frozenset({int(QType.SMIMEA), int(QType.OPENPGPKEY)})
"""Their records are too large for a packet: to be asked for over TCP, RFC 8162 §7, RFC 7929 §6."""

log = logging.getLogger(__name__)


async def ask(
    questions: Iterable[tuple[int, str, int, bool]],
    resolvers: Sequence[str],
    asking: Asking,
    pace: Pace,
    keep: Keep,
    *,
    qclass: int = IN,
) -> None:
    """Ask every question, and hand each to `keep` exactly once.

    questions: index, name, qtype, CD. resolvers: "address:port", taken in turn.
    keep: index, outcome (None: the message says), message, resolver, transport, packets and
    connections it took, time of the last one (unix, s), milliseconds to the answer (None: none).
    qclass: of all the questions.

    A packet without an answer for `asking.timeout_s` is sent again, through another socket to the
    next resolver, until `asking.tries` are spent. An rcode is an answer and is not asked again. A
    name that no message can carry is NOT_ASKED. Raises OSError where a resolver's address is none,
    and whatever `questions` or `keep` raise. Ended or cancelled, it has closed all that it opened.
    """
    asker = Asker(questions, resolvers, asking, pace, keep, qclass)
    try:
        await asker.run()
    finally:
        await asker.close()


class Lane:
    """One connected UDP socket, and the questions that wait for their answer on it.

    waiting: id → question. The dict keeps the order of sending, so the one that waits longest is
    the first: timeouts need no other structure.
    """

    __slots__ = ("failed_at", "fd", "is_blocked", "number", "peer", "resolver", "socket", "waiting")

    def __init__(self, number: int, resolver: str):
        self.number, self.resolver = number, resolver
        family, _, _, _, self.peer = lookup(resolver)
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.fd = self.socket.fileno()  # os.read and os.write take less than the socket's own
        self.waiting: dict[bytes, Waiting] = {}
        self.failed_at = 0.0  # when the network last said that the resolver cannot be reached
        self.is_blocked = False  # the kernel takes no more packets for now
        with suppress(OSError):  # no way there: sending fails too, and the timeouts say so
            self.socket.connect(self.peer)  # from here on only this address's packets come through


class TypesAndClass(dict[int, bytes]):
    """What stands behind the name in a question of a class, made once a type."""

    def __init__(self, qclass: int):
        super().__init__()
        self.qclass = qclass

    def __missing__(self, qtype: int) -> bytes:
        self[qtype] = octets = TYPE_AND_CLASS.pack(qtype, self.qclass)
        return octets


class Asker:
    """One call of `ask`: its sockets, what is in flight, and what comes next."""

    def __init__(
        self,
        questions: Iterable[tuple[int, str, int, bool]],
        resolvers: Sequence[str],
        asking: Asking,
        pace: Pace,
        keep: Keep,
        qclass: int,
    ):
        self.questions, self.types = iter(questions), TypesAndClass(qclass)
        self.asking, self.pace, self.keep = asking, pace, keep
        self.forms = {cd: form_for(cd, asking.edns) for cd in (False, True)}
        self.largest = max(4096, asking.edns)  # octets read of a packet
        self.resolvers = resolvers
        self.lanes: list[Lane] = []
        self.ids = random_ids()
        self.in_flight = 0  # taken from the questions and not kept yet
        self.unsent: list[Waiting] = []  # of these: what the kernel had no room for
        self.strays = 0
        self.is_exhausted = False
        self.epoch = time.time() - time.monotonic()
        self.connections = asyncio.Semaphore(MOST_CONNECTIONS)
        self.tasks: set[asyncio.Task[None]] = set()
        self.timers: dict[str, asyncio.TimerHandle] = {}
        self.loop = asyncio.get_running_loop()
        self.finished: asyncio.Future[None] = self.loop.create_future()

    async def run(self) -> None:
        """Ask until every question is kept."""
        # As many lanes for each resolver, in turn: the next lane is always the next resolver's.
        many = len(self.resolvers)
        for number in range(-(-self.asking.sockets // many) * many):
            lane = Lane(number, self.resolvers[number % many])
            self.lanes.append(lane)
            self.loop.add_reader(lane.socket, self.guarded, self.read, lane)
        self.turn = itertools.cycle(self.lanes)
        self.guarded(self.fill)
        self.guarded(self.expire)
        await self.finished

    async def close(self) -> None:
        """Leave nothing behind, wherever it stood."""
        for timer in self.timers.values():
            timer.cancel()
        for lane in self.lanes:
            self.loop.remove_reader(lane.socket)
            self.loop.remove_writer(lane.socket)
        for task in self.tasks:
            task.cancel()
        if self.strays:
            log.info("ignored %d packets that answered no question in flight", self.strays)
        try:
            await asyncio.gather(*self.tasks, return_exceptions=True)
        finally:  # only now: the number of a closed socket may soon be another file's
            for lane in self.lanes:
                lane.socket.close()

    def guarded(self, step: Callable[..., None], *arguments: Any) -> None:
        """Run a step of a callback: what it raises must end `ask`, not vanish in the loop."""
        if self.finished.done():
            return
        try:
            step(*arguments)
        except Exception as fault:
            self.finished.set_exception(fault)

    def later(self, name: str, seconds: float, step: Callable[[], None]) -> None:
        """Run a step later; a new timer of the same name takes the place of the old one."""
        if name in self.timers:
            self.timers[name].cancel()
        self.timers[name] = self.loop.call_later(seconds, self.guarded, step)

    # --- sending ---------------------------------------------------------------------------------

    def fill(self) -> None:
        """Send what the pace allows; what the kernel had no room for goes first."""
        while self.unsent and not any(lane.is_blocked for lane in self.lanes):
            index, question, form, tries, _ = self.unsent.pop()
            self.send(next(self.turn), index, question, form, tries)
        room = min(self.pace.room(self.in_flight), MOST_IN_FLIGHT - self.in_flight, BURST)
        count = 0
        questions, forms, turn, types = self.questions, self.forms, self.turn, self.types
        while count < room and not self.unsent:
            asked = next(questions, None)
            if asked is None:
                self.is_exhausted = True
                break
            index, name, qtype, cd = asked
            try:
                question = to_wire(name) + types[qtype]
            except ValueError:
                self.keep(index, Outcome.NOT_ASKED, None, "", None, 0, time.time(), None)
                continue
            self.in_flight += 1
            count += 1
            if qtype in TCP_FIRST:
                self.start(self.over_tcp_first(next(turn), index, question, forms[cd]))
            else:
                self.send(next(turn), index, question, forms[cd], 1)
        self.pace.sent(count)
        if self.is_exhausted and not self.in_flight:
            if not self.finished.done():
                self.finished.set_result(None)
        elif not self.is_exhausted and (wait := self.pace.wait()):
            self.later("rate", max(wait, 0.001), self.fill)

    def send(self, lane: Lane, index: int, question: bytes, form: Form, tries: int) -> None:
        """Send one packet, with an id that nothing else on this socket waits for."""
        waiting = lane.waiting
        id = next(self.ids)
        while id in waiting:
            id = next(self.ids)
        head, tail = form
        packet = id + head + question + tail
        waiting[id] = (index, question, form, tries, time.monotonic())
        try:
            os.write(lane.fd, packet)
        except BlockingIOError:
            self.unsent.append(waiting.pop(id))
            if not lane.is_blocked:
                lane.is_blocked = True
                self.loop.add_writer(lane.socket, self.guarded, self.unblock, lane)
        except OSError:
            self.send_in_spite(lane, packet)

    def send_in_spite(self, lane: Lane, packet: bytes) -> None:
        """The kernel reported an error that an earlier packet met; this one has not gone out yet.

        If it fails again there is no way. It waits for its timeout all the same: to fail at once
        would burn the whole list in the second that a resolver takes to start again.
        """
        lane.failed_at = time.monotonic()
        try:
            os.write(lane.fd, packet)
        except OSError:
            lane.failed_at = time.monotonic()

    def unblock(self, lane: Lane) -> None:
        """The kernel takes packets again."""
        self.loop.remove_writer(lane.socket)
        lane.is_blocked = False
        self.fill()

    # --- reading ---------------------------------------------------------------------------------

    def read(self, lane: Lane) -> None:
        """Keep what has come, and send as much again."""
        self.drain(lane, BATCH)
        self.fill()

    def drain(self, lane: Lane, most: int) -> None:
        """Read a socket until it would block, `most` packets at most."""
        fd, waiting, keep, now = lane.fd, lane.waiting, self.keep, time.monotonic
        resolver, largest, epoch = lane.resolver, self.largest, self.epoch
        came = failed = 0
        for _ in range(most):
            try:
                message = os.read(fd, largest)
            except BlockingIOError:
                break
            except OSError:  # an ICMP error: not which packet met it, only that one did
                lane.failed_at = now()
                continue
            id = message[:2]
            if (entry := waiting.get(id)) is None:
                self.strays += 1
                continue
            index, question, _, tries, sent = entry
            if not is_plain_answer(message, question):
                if not is_answer(message, question):
                    self.strays += 1
                    continue
                if self.ask_otherwise(lane, message, entry):
                    del waiting[id]
                    continue
            del waiting[id]
            self.in_flight -= 1
            came += 1
            failed += message[3] & 15 == SERVFAIL
            rtt_ms = (now() - sent) * 1000
            keep(index, None, message, resolver, UDP, tries, epoch + sent, rtt_ms)
        if came:
            self.pace.came(came - failed, failed)

    def ask_otherwise(self, lane: Lane, message: bytes, entry: Waiting) -> bool:
        """Ask once more without EDNS, or over TCP, if that is what the answer calls for."""
        index, question, form, tries, _ = entry
        if form[1] and refuses_edns(message):
            # RFC 6891 §6.2.2. Only this question: a FORMERR may be about one name alone, and one
            # that is forged must not cost all others their EDNS.
            self.pace.sent(1)
            self.send(lane, index, question, form_without_edns(form), tries + 1)
            return True
        if not is_truncated(message):
            return False
        self.start(self.over_tcp(lane, message, entry))
        return True

    # --- losing ----------------------------------------------------------------------------------

    def expire(self) -> None:
        """Give up, or send again, what has waited for too long; then look again a little later."""
        timeout = self.asking.timeout_s
        for lane in self.lanes:
            if not overdue(lane, time.monotonic() - timeout):
                continue
            # `keep` may have held us up (it writes shards): what came meanwhile is not lost.
            self.drain(lane, len(lane.waiting))
            for id in overdue(lane, time.monotonic() - timeout):
                self.lose(lane, lane.waiting.pop(id))
        self.fill()
        self.later("expire", min(max(timeout / 10, 0.005), 0.25), self.expire)

    def lose(self, lane: Lane, entry: Waiting) -> None:
        """One packet brought no answer in time. Its id is gone: a late answer will be a stray."""
        index, question, form, tries, sent = entry
        self.pace.came(0, 1)
        most = self.asking.tries + (form not in self.forms.values())  # losing EDNS was no loss
        if tries < most:
            self.pace.sent(1)
            following = self.lanes[(lane.number + 1) % len(self.lanes)]
            self.send(following, index, question, form, tries + 1)
            return
        self.in_flight -= 1
        is_unreachable = lane.failed_at >= sent
        outcome = Outcome.UNREACHABLE if is_unreachable else Outcome.TIMEOUT
        self.keep(index, outcome, None, lane.resolver, None, tries, self.epoch + sent, None)

    # --- TCP -------------------------------------------------------------------------------------

    def start(self, exchange: Coroutine[Any, Any, None]) -> None:
        """Have a question asked over TCP beside the others."""
        task = self.loop.create_task(exchange)
        self.tasks.add(task)
        task.add_done_callback(self.settle_task)

    async def over_tcp_first(self, lane: Lane, index: int, question: bytes, form: Form) -> None:
        """Ask once over TCP; where that brings nothing, or no EDNS is known, go on over UDP.

        A resolver without TCP still says over UDP that there is no record, which most have to say.
        """
        received, sent = await self.exchanged(lane, question, form)
        if received and not (form[1] and refuses_edns(received)):
            is_failure = received[3] & 15 == SERVFAIL
            self.pace.came(int(not is_failure), int(is_failure))
            self.keep_tcp(lane, index, received, 1, sent)
            return
        self.pace.came(0, 1)
        self.pace.sent(1)
        self.send(lane, index, question, form, 2)

    async def over_tcp(self, lane: Lane, truncated: bytes, entry: Waiting) -> None:
        """Ask over TCP what did not fit into a packet (RFC 7766 §5), or keep what did."""
        index, question, form, tries, sent = entry
        rtt_ms = (time.monotonic() - sent) * 1000
        for _ in range(self.asking.tries):
            tries += 1
            received, sent = await self.exchanged(lane, question, form)
            self.pace.sent(1)
            if received:
                self.pace.came(1, 0)
                self.keep_tcp(lane, index, received, tries, sent)
                return
        self.pace.came(0, 1)
        self.in_flight -= 1
        asked_at, udp = self.epoch + sent, Transport.UDP
        self.keep(index, Outcome.TRUNCATED, truncated, lane.resolver, udp, tries, asked_at, rtt_ms)

    async def exchanged(self, lane: Lane, question: bytes, form: Form) -> tuple[bytes, float]:
        """One connection: the whole answer (empty: none that is one), and when it was asked."""
        head, tail = form
        id = next(self.ids)
        async with self.connections:
            sent = time.monotonic()
            packet = id + head + question + tail
            received = await tcp.exchange(lane.peer, packet, self.asking.timeout_s)
        is_mine = received[:2] == id and is_answer(received, question)
        return received if is_mine and not is_truncated(received) else b"", sent

    def keep_tcp(self, lane: Lane, index: int, message: bytes, tries: int, sent: float) -> None:
        """Keep what came over TCP."""
        self.in_flight -= 1
        rtt_ms, asked_at = (time.monotonic() - sent) * 1000, self.epoch + sent
        self.keep(index, None, message, lane.resolver, Transport.TCP, tries, asked_at, rtt_ms)

    def settle_task(self, task: asyncio.Task[None]) -> None:
        """What was asked over TCP is kept, or goes on over UDP."""
        self.tasks.discard(task)
        if task.cancelled() or self.finished.done():
            return
        if fault := task.exception():
            self.finished.set_exception(fault)
        self.guarded(self.fill)


def lookup(resolver: str) -> Any:
    """The socket address of "address:port" or "[address]:port". Raises OSError: not an address."""
    host, _, port = resolver.rpartition(":")
    return socket.getaddrinfo(
        host.strip("[]"), int(port), type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
    )[0]


def random_ids() -> Iterator[bytes]:
    """Ids that cannot be guessed (RFC 5452 §9.2), from the kernel in bulk: a call each is slow."""
    pools = (struct.iter_unpack("2s", os.urandom(1 << 13)) for _ in itertools.repeat(None))
    return itertools.chain.from_iterable(itertools.chain.from_iterable(pools))


def form_for(cd: bool, edns: int) -> Form:
    """What stands around the question, less the id. edns: advertised size in octets, 0: no EDNS."""
    packet = query(b"", 0, id=0, cd=cd, edns=edns)
    return packet[2:HEADER_SIZE], packet[HEADER_SIZE + TYPE_AND_CLASS.size :]


def form_without_edns(form: Form) -> Form:
    """The same flags and no additional record."""
    return form[0][:8] + b"\0\0", b""


def overdue(lane: Lane, oldest: float) -> list[bytes]:
    """The ids of the questions that were sent at that time or before, which are the first ones."""
    ids = []
    for id, entry in lane.waiting.items():
        if entry[SENT] > oldest:
            break
        ids.append(id)
    return ids
