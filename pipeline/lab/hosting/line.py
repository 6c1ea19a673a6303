"""A connection to a server of the lab: its socket, its TLS, its clock, and its lines in the log."""

import asyncio
import select
import socket
from collections import defaultdict, deque
from collections.abc import Callable

from ..server import Log
from .acts import Act, Close, Encrypt, Say, Talk
from .tls import ALERT, Session, TlsError, Trouble, Troubled

PATIENCE_S = 10.0  # without an octet from the client
PIECE_S = 0.01  # between two pieces that are to arrive one by one
LONGEST_NOTE = 200  # characters
GONE = select.POLLRDHUP | select.POLLHUP | select.POLLERR


class Journal:
    """What is written down: when each connection began and ended, and what was asked for.

    A line: unix time; open, say or close; smtp or https; the server's address; the client's port;
    the name asked for in TLS, or a path, or nothing. A connection that its client has left is
    closed before another one is opened at the same address, in whatever order this process hears
    of it: two that are open at once are two that their client had open at once.
    """

    def __init__(self, log: Log | None):
        self.log = log
        self.open: defaultdict[str, set[Line]] = defaultdict(set)

    def opened(self, line: "Line") -> None:
        """A connection begins."""
        for other in list(self.open[line.address]):
            if other.is_left():
                self.closed(other)
        self.open[line.address].add(line)
        self.note("open", line)

    def closed(self, line: "Line") -> None:
        """A connection ends; it is told once."""
        if line in self.open[line.address]:
            self.open[line.address].discard(line)
            self.note("close", line)

    def note(self, word: str, line: "Line", what: str = "") -> None:
        """Write a line."""
        if self.log:
            said = "".join(one if "!" <= one <= "~" else "?" for one in what[:LONGEST_NOTE])
            self.log.note(word, f"{line.service}\t{line.address}\t{line.port}\t{said}")


class Line(asyncio.Protocol):
    """One connection. service: "smtp" or "https"; address: the server's."""

    def __init__(self, talk: Talk, service: str, address: str, journal: Journal):
        self.talk, self.service, self.address, self.journal = talk, service, address, journal
        self.port = 0
        self.session: Session | None = None
        self.acts: deque[Act] = deque()
        self.is_pausing = False
        self.loop = asyncio.get_running_loop()

    # --- what happens to it ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.socket: socket.socket = transport.get_extra_info("socket")
        self.port = transport.get_extra_info("peername")[1]
        self.timer = self.loop.call_later(PATIENCE_S, transport.abort)
        self.journal.opened(self)
        self.obey(self.talk.begin())

    def data_received(self, octets: bytes) -> None:
        """Octets came."""
        self.timer.cancel()
        self.timer = self.loop.call_later(PATIENCE_S, self.transport.abort)
        if self.session is None:
            self.obey(self.talk.receive(octets))
            return
        try:
            self.decrypted(self.session, octets)
        except Troubled as planned:
            self.journal.note("say", self, self.session.sni)
            if planned.trouble is Trouble.ALERT:
                self.transport.write(ALERT)
                self.transport.close()
        except TlsError:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self.timer.cancel()
        self.acts.clear()
        self.journal.closed(self)

    def is_left(self) -> bool:
        """Has the client closed it, even if that was not heard yet?"""
        if self.socket.fileno() < 0:
            return True
        poll = select.poll()
        poll.register(self.socket, GONE)
        return bool(poll.poll(0))

    # --- what is done ----------------------------------------------------------------------------

    def decrypted(self, session: Session, octets: bytes) -> None:
        """Hand TLS what came, and the talk what it says. Raises TlsError, Troubled."""
        if self.transport.is_closing():
            return
        was_secured = session.is_secured
        out, clear = session.receive(octets)
        self.transport.write(out)
        if session.is_secured and not was_secured:
            self.journal.note("say", self, session.sni)
        if clear:
            self.obey(self.talk.receive(clear))

    def obey(self, acts: list[Act]) -> None:
        """Do these behind what is still to be done."""
        for path in self.talk.asked:
            self.journal.note("say", self, path)
        self.talk.asked.clear()
        self.acts.extend(acts)
        if not self.is_pausing:
            self.go_on()

    def go_on(self) -> None:
        """Do what is to be done, up to the next pause between two pieces."""
        self.is_pausing = False
        while self.acts and not self.transport.is_closing():
            act = self.acts.popleft()
            if isinstance(act, Encrypt):
                self.session = Session(act.pick, act.newest)
            elif isinstance(act, Close):
                self.close(act.is_rude)
            else:
                self.say(act)
                if self.acts and isinstance(self.acts[0], Say):
                    self.is_pausing = True
                    self.loop.call_later(PIECE_S, self.go_on)
                    return

    def say(self, act: Say) -> None:
        """Send it, encrypted where that has begun."""
        self.transport.write(self.session.send(act.octets) if self.session else act.octets)

    def close(self, is_rude: bool) -> None:
        """Close it once everything is sent."""
        if self.session and not is_rude:
            self.transport.write(self.session.end())
        self.transport.close()


Answering = Callable[[], Talk]
"""Makes the talk of one connection."""
