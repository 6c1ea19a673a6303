"""`cares`: the second DNS engine, by c-ares, an implementation that shares no code with `wire`.

It runs on pycares itself, not on aiodns: aiodns drops the socket callback that keeps c-ares in the
event loop (without it every answer crosses a thread), and cannot ask TLSA. What it takes care of:

- c-ares shortens a channel's timeouts after its third answer (five times the average latency, down
  to 250 ms), and one unreadable packet fails every question in flight on its socket. So a failure
  on a shared channel proves nothing: the question is asked again alone, on a channel of its own,
  and only what happens there is final.
- c-ares keeps every answer in a cache for which pycares has no switch. Where pycares is the version
  whose inside is known, it is put off; everywhere, a shared channel is replaced after LIFETIME
  questions, which bounds the memory.
- c-ares calls back in the middle of its work. The callback only notes what came; what follows from
  it happens in the event loop, after c-ares has returned.

What c-ares cannot show is never invented: no flags, no extended error, no transport, no SOA behind
a negative answer, no aliases before an NXDOMAIN; a TXT's strings come joined (see `rebuild`).
What it cannot ask is said to be not asked: types and CD=1 outside its interface, and names with an
octet that no host name has (it takes letters, digits and `-_.*/`).
"""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import cycle, islice
from typing import Any

import dns.exception
import pycares

from ...config import Asking
from ...message import ANSWER, response, to_wire
from ...words import Outcome
from ..pace import Pace
from . import Keep
from .rebuild import RDATA, UNREADABLE, question_of, records

RCODES = {
    pycares.errno.ARES_ENODATA: 0,
    pycares.errno.ARES_EFORMERR: 1,
    pycares.errno.ARES_ESERVFAIL: 2,
    pycares.errno.ARES_ENOTFOUND: 3,
    pycares.errno.ARES_ENOTIMP: 4,
    pycares.errno.ARES_EREFUSED: 5,
}
FAILURES = {
    pycares.errno.ARES_ETIMEOUT: Outcome.TIMEOUT,
    pycares.errno.ARES_EBADRESP: Outcome.MALFORMED,
    pycares.errno.ARES_EBADNAME: Outcome.NOT_ASKED,
}
"""Every other status means that no packet got to the resolver or back."""

SERVFAIL = 2
LIFETIME = 1000  # questions of a shared channel; its cache holds about 1.8 kB of each
KNOWN_INSIDE = "5.2."  # versions of pycares
ARES_OPT_QUERY_CACHE = 1 << 21  # ares.h of c-ares 1.34; pycares does not export it
MOST_ALONE = 128  # channels of one question at a time, a socket each
RECEIVE_BUFFER = 4 << 20  # octets; c-ares' own choice loses answers at 500 in flight
TICK_S = 0.05  # how often c-ares looks for timeouts


async def ask(
    questions: Iterable[tuple[int, str, int, bool]],
    resolvers: Sequence[str],
    asking: Asking,
    pace: Pace,
    keep: Keep,
) -> None:
    """Ask each question (index, name, type, CD) until it is answered or given up; `keep` it once.

    resolvers: "address:port", asked in turn. A question that fails is asked at least once more,
    whatever `asking.tries` says. Cancelling ends it at once. Raises what `keep` raises.
    """
    asker = Asker(questions, resolvers, asking, pace, keep)
    try:
        asker.tick()
        await asker.over
    finally:
        asker.close()


class Question:
    """One question on its way."""

    __slots__ = ("asked_at", "due", "index", "name", "qtype", "resolver", "sent", "tries")

    def __init__(self, index: int, name: str, qtype: int):
        self.index, self.name, self.qtype = index, name, qtype
        self.resolver, self.tries, self.asked_at = "", 0, 0.0
        self.sent = self.due = 0.0  # monotonic; due: not to be asked again before


class Line:
    """One c-ares channel to one resolver, its sockets watched by the running loop.

    wake: called after c-ares has worked; what came lies in `heard` then.
    """

    def __init__(
        self,
        resolver: str,
        asking: Asking,
        heard: "list[Heard]",
        wake: Callable[[], None],
        is_alone: bool,
    ):
        self.resolver, self.heard, self.wake, self.is_alone = resolver, heard, wake, is_alone
        self.loop = asyncio.get_running_loop()
        self.asked = self.in_flight = 0
        self.watched: dict[int, tuple[bool, bool]] = {}
        self.is_closed = False
        # NOCHECKRESP: SERVFAIL and REFUSED are answers too, not a reason to avoid the resolver
        flags = pycares.ARES_FLAG_NOSEARCH | pycares.ARES_FLAG_NOCHECKRESP
        self.channel = pycares.Channel(
            flags=flags | (pycares.ARES_FLAG_EDNS if asking.edns else 0),
            servers=[resolver],
            timeout=asking.timeout_s,
            tries=1,
            lookups="b",  # no hosts file
            resolvconf_path=os.devnull,
            socket_receive_buffer_size=RECEIVE_BUFFER,
            sock_state_cb=self.watch,
        )
        if not is_alone:
            put_cache_off(self.channel)
            self.channel.servers = [resolver]

    def send(self, question: Question) -> None:
        """Ask. What comes of it is put into `heard`, perhaps at once."""
        self.asked += 1
        self.in_flight += 1
        question.resolver = self.resolver
        question.tries += 1
        question.asked_at, question.sent = time.time(), time.monotonic()
        note = partial(self.note, question)
        try:
            self.channel.query(absolute(question.name), question.qtype, callback=note)
        except pycares.AresError as fault:
            # c-ares calls back and fails for some of its reasons, and only fails for others
            if not (self.heard and self.heard[-1][1] is question):
                note(None, fault.args[0])

    def note(
        self, question: Question, result: pycares.DNSResult | None, status: int | None
    ) -> None:
        """c-ares' callback, in which it must not be asked anything."""
        if not self.is_closed:
            self.in_flight -= 1
            self.heard.append((self, question, result, status, time.monotonic()))

    def watch(self, fd: int, readable: bool, writable: bool) -> None:
        """c-ares says what it waits for on a socket; for nothing: it closes it now."""
        if self.is_closed:
            return  # pycares' own thread, which frees closed channels
        was_readable, was_writable = self.watched.pop(fd, (False, False))
        if readable and not was_readable:
            self.loop.add_reader(fd, self.process, fd, pycares.ARES_SOCKET_BAD)
        elif was_readable and not readable:
            self.loop.remove_reader(fd)
        if writable and not was_writable:
            self.loop.add_writer(fd, self.process, pycares.ARES_SOCKET_BAD, fd)
        elif was_writable and not writable:
            self.loop.remove_writer(fd)
        if readable or writable:
            self.watched[fd] = (bool(readable), bool(writable))

    def process(self, read_fd: int, write_fd: int) -> None:
        """Let c-ares read or write a socket that is ready."""
        self.channel.process_fd(read_fd, write_fd)
        self.wake()

    def expire(self) -> None:
        """Let c-ares give up what has waited too long."""
        self.channel.process_fd(pycares.ARES_SOCKET_BAD, pycares.ARES_SOCKET_BAD)

    def close(self) -> None:
        """End it, whatever is under way; not from within a callback. Closing twice is harmless."""
        if self.is_closed:
            return
        self.channel.cancel()  # closes the sockets, and so unwatches them, in this thread
        for fd in list(self.watched):
            self.watch(fd, False, False)
        self.is_closed = True
        self.channel.close()


Heard = tuple[Line, Question, pycares.DNSResult | None, int | None, float]
"""The line, the question, what came or c-ares' status, and when (monotonic)."""


class Asker:
    """One call of `ask`: which question goes on which line, and what is final.

    `in_flight` counts the questions that were sent and are not kept yet, those that wait in `again`
    included, so neither grows beyond what the pace allows.
    """

    def __init__(
        self,
        questions: Iterable[tuple[int, str, int, bool]],
        resolvers: Sequence[str],
        asking: Asking,
        pace: Pace,
        keep: Keep,
    ):
        self.questions, self.asking, self.pace, self.keep = iter(questions), asking, pace, keep
        self.loop = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = self.loop.create_future()
        self.heard: list[Heard] = []
        self.resolvers = cycle(resolvers)
        self.shared: deque[Line] = deque()
        self.lines: set[Line] = (
            set()
        )  # all that are open: shared, replaced, and those of one question
        self.again: deque[Question] = deque()  # failed on a shared line
        self.alone = self.in_flight = 0
        self.is_drained = False
        self.timers: dict[Callable[[], None], asyncio.TimerHandle] = {}
        for _ in range(max(asking.sockets, len(resolvers))):
            self.shared.append(self.open_line())

    def open_line(self, is_alone: bool = False) -> Line:
        """A fresh channel to the next resolver."""
        line = Line(next(self.resolvers), self.asking, self.heard, self.guarded, is_alone)
        self.lines.add(line)
        return line

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        """Call once, later; a call that is set already stays as it is."""
        if what not in self.timers and not self.over.done():
            self.timers[what] = self.loop.call_later(seconds, self.fire, what)

    def fire(self, what: Callable[[], None]) -> None:
        """A timer is over."""
        del self.timers[what]
        what()

    def tick(self) -> None:
        """Start, and look for timeouts from time to time."""
        for line in list(self.lines):
            line.expire()
        self.guarded()
        self.later(TICK_S, self.tick)

    def guarded(self) -> None:
        """Settle and send; what goes wrong here goes to the caller of `ask`, not into the loop."""
        if self.over.done():
            return
        try:
            heard = self.heard[:]
            self.heard.clear()
            for line, question, result, status, when in heard:
                self.settle(line, question, result, status, when)
                self.put_away(line)
            self.send()
            if self.is_drained and not self.in_flight:
                self.over.set_result(None)
            elif self.heard:
                self.later(0, self.guarded)  # refused at once: others have a turn first
        except Exception as fault:
            self.over.set_exception(fault)

    def settle(
        self,
        line: Line,
        question: Question,
        result: pycares.DNSResult | None,
        status: int | None,
        when: float,
    ) -> None:
        """Keep what came, or have the question asked again."""
        outcome, answer = read(question, result, status)
        is_final = answer is not None or result is not None or outcome is Outcome.NOT_ASKED
        if is_final or line.is_alone or outcome is Outcome.TIMEOUT:
            is_good = answer is not None and answer[3] & 15 != SERVFAIL
            self.pace.came(int(is_good), int(not is_good))
        if not is_final and not (line.is_alone and question.tries >= self.asking.tries):
            if outcome is Outcome.UNREACHABLE:
                # At once it would burn the whole list in the second that a resolver takes to start.
                question.due = question.sent + self.asking.timeout_s
            self.again.append(question)
            return
        self.in_flight -= 1
        tries = 0 if outcome is Outcome.NOT_ASKED else question.tries
        rtt_ms = (when - question.sent) * 1000 if answer else None
        self.keep(
            question.index,
            outcome,
            answer,
            question.resolver,
            None,
            tries,
            question.asked_at,
            rtt_ms,
        )

    def put_away(self, line: Line) -> None:
        """Close a line that has done its work."""
        if not line.in_flight and line in self.lines and (line.is_alone or line.asked >= LIFETIME):
            self.lines.remove(line)
            self.alone -= line.is_alone
            line.close()

    def send(self) -> None:
        """Send what the pace allows. What failed goes first: its place is taken already."""
        most = min(MOST_ALONE, self.asking.in_flight)
        while self.again and self.alone < most and self.again[0].due <= time.monotonic():
            self.alone += 1
            self.open_line(is_alone=True).send(self.again.popleft())
            self.pace.sent(1)
        room = self.pace.room(self.in_flight)
        taken = list(islice(self.questions, room)) if room and not self.is_drained else []
        self.is_drained |= len(taken) < room
        for index, name, qtype, cd in taken:
            if cd or qtype not in RDATA or not is_name(name):
                self.keep(index, Outcome.NOT_ASKED, None, "", None, 0, time.time(), None)
                continue
            self.next_line().send(Question(index, name, qtype))
            self.in_flight += 1
            self.pace.sent(1)
        if not self.is_drained:
            if taken and not self.in_flight:
                self.later(0, self.guarded)  # none of these could be asked
            elif wait := self.pace.wait():
                self.later(wait, self.guarded)

    def next_line(self) -> Line:
        """The shared lines in turn; one that has carried enough is replaced."""
        line = self.shared.popleft()
        if line.asked >= LIFETIME:
            self.put_away(line)
            line = self.open_line()
        self.shared.append(line)
        return line

    def close(self) -> None:
        """End everything that is under way."""
        self.over.cancel()
        for timer in self.timers.values():
            timer.cancel()
        for line in self.lines:
            line.close()


def put_cache_off(channel: Any) -> None:
    """Exchange the C channel inside for one without a query cache, whose servers are yet to be set.

    It saves a third of the time and 1.8 kB a question. This is pycares' inside: only versions that
    were tried are touched; with any other the channel stays as it is.
    """
    inside: Any = pycares
    if not inside.__version__.startswith(KNOWN_INSIDE):
        return
    ffi, lib = inside._ffi, inside._lib
    options, mask = ffi.new("struct ares_options *"), ffi.new("int *")
    fresh = ffi.new("ares_channel *")
    if lib.ares_save_options(channel._channel[0], options, mask) != pycares.errno.ARES_SUCCESS:
        return
    options.qcache_max_ttl = 0
    wanted = mask[0] | ARES_OPT_QUERY_CACHE
    if lib.ares_init_options(fresh, options, wanted) == pycares.errno.ARES_SUCCESS:
        lib.ares_destroy(channel._channel[0])
        channel._channel = fresh
    lib.ares_destroy_options(options)


# --- names and messages --------------------------------------------------------------------------


def absolute(name: str) -> str:
    """The name as c-ares is to read it: never to be searched for below another."""
    return name if name == "." else name + "."


def is_name(name: str) -> bool:
    """Can it be written as a DNS name at all?"""
    try:
        return bool(to_wire(name))
    except (ValueError, dns.exception.DNSException):
        return False


def read(
    question: Question, result: pycares.DNSResult | None, status: int | None
) -> tuple[Outcome | None, bytes | None]:
    """What c-ares' answer means: a rebuilt message, or the outcome without one."""
    asked = question_of(question.name, question.qtype)
    if status in RCODES:
        return None, response(asked, [], rcode=RCODES[status])
    if status is not None:
        return FAILURES.get(status, Outcome.UNREACHABLE), None
    try:
        rrs = records(result) if result is not None else []
    except UNREADABLE:
        rrs = []
    # c-ares says NODATA where a NOERROR holds nothing. Nothing without that is an rcode that it has
    # no status for, or records that pycares could not read: no answer, and surely no absence.
    if not any(rr.section == ANSWER for rr in rrs):
        return Outcome.MALFORMED, None
    return None, response(asked, rrs)
