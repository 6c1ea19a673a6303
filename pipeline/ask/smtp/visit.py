"""One visit over the network: the dialogue and TLS, on a connection and a clock.

The connection goes to an address, never to a name, and not to one that is kept for other purposes
(RFC 6890): a stranger's DNS must not make us knock at our own doors.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from ...protocols.mx.addresses import is_special
from ...words import SmtpOutcome
from .dialogue import Done, Reply, Secure, Send, Stage, Step, Visit
from .tls import Session, Shown, TlsError

PORT = 25
MOST_AT_ONCE = 1 << 14  # octets read at once


@dataclass(frozen=True, slots=True)
class Visiting:
    """How to visit. helo: the name that we say is ours. connect_s, reply_s: patience for the
    connection and each reply; visit_s: for all together. public: networks that may be visited
    although they are of special purpose, as a lab's are; port: everywhere."""

    helo: str
    connect_s: float = 10.0
    reply_s: float = 30.0
    visit_s: float = 120.0
    public: tuple[str, ...] = ()
    port: int = PORT


@dataclass(frozen=True, slots=True)
class Visited:
    """What one visit brought. stage: what decided the outcome; None: there was no connection.

    why: OpenSSL's or the system's words for a failure. began_at: unix, s; took_ms: all of it.
    """

    outcome: SmtpOutcome
    stage: Stage | None
    began_at: float
    took_ms: float
    why: str = ""
    transcript: bytes = b""
    replies: dict[Stage, Reply] = field(default_factory=dict)
    tls: Shown | None = None


async def visit(address: str, sni: str, how: Visiting) -> Visited:
    """Visit a mail server once. address: an IPv4 or IPv6 address; sni: the name asked for in TLS.

    Never raises but ValueError: no address. The connection is closed, whatever happens.
    """
    began_at, started = time.time(), time.monotonic()

    def brought(outcome: SmtpOutcome, stage: Stage | None, **more: Any) -> Visited:
        return Visited(outcome, stage, began_at, (time.monotonic() - started) * 1000, **more)

    if is_special(ip_address(address).packed, how.public):
        return brought(SmtpOutcome.NOT_ASKED, None, why="an address of special purpose")
    try:
        async with asyncio.timeout(how.connect_s):
            reader, writer = await asyncio.open_connection(address, how.port)
    except TimeoutError:
        return brought(SmtpOutcome.TIMEOUT, None)
    except ConnectionRefusedError:
        return brought(SmtpOutcome.REFUSED, None)
    except OSError as fault:
        # neither refused nor slow: no way there, or none out of here; never an absence
        return brought(SmtpOutcome.UNREACHABLE, None, why=fault.strerror or type(fault).__name__)
    talk = Talk(Visit(how.helo), reader, writer, sni, how.reply_s)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(how.visit_s):
                await talk.run()
        done = talk.visit.expire() if talk.done is None else talk.done
    finally:
        writer.transport.abort()
    return brought(
        done.outcome,
        done.stage,
        why=talk.why,
        transcript=bytes(talk.visit.transcript),
        replies=talk.visit.replies,
        tls=talk.shown,
    )


class Talk:
    """A dialogue that is under way on a connection."""

    def __init__(
        self,
        visit: Visit,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        sni: str,
        reply_s: float,
    ):
        self.visit, self.reader, self.writer = visit, reader, writer
        self.sni, self.reply_s = sni, reply_s
        self.session: Session | None = None
        self.shown: Shown | None = None
        self.why = ""
        self.done: Done | None = None

    async def run(self) -> None:
        """Until it is done."""
        step: Step = None
        while not isinstance(step, Done):
            try:
                step = await self.obey(step)
            except TimeoutError:
                step = self.visit.expire()
            except OSError as fault:
                self.why = self.why or fault.strerror or type(fault).__name__
                step = self.closed()
            except TlsError as fault:
                self.why = self.why or str(fault)
                is_begun = self.session is not None and self.session.is_secured
                step = self.visit.lose() if is_begun else self.visit.unsecured()
        self.done = step

    async def obey(self, step: Step) -> Step:
        """Do what the dialogue wants, then read. Raises TimeoutError, OSError, TlsError."""
        async with asyncio.timeout(self.reply_s):
            if isinstance(step, Secure):
                self.session = Session(self.sni)
                await self.send(self.session.begin())
            elif isinstance(step, Send):
                await self.send(self.session.send(step.octets) if self.session else step.octets)
            octets = await self.reader.read(MOST_AT_ONCE)
        if not octets:
            return self.closed()
        if self.session is None:
            return self.visit.receive(octets)
        return await self.decrypted(self.session, octets)

    def closed(self) -> Step:
        """The server closed the connection; in the handshake that is how it failed."""
        if self.visit.stage is Stage.HANDSHAKE:
            self.why = self.why or "closed in the handshake"
            return self.visit.unsecured()
        return self.visit.lose()

    async def decrypted(self, session: Session, octets: bytes) -> Step:
        """Hand TLS what came, and the dialogue what it says. Raises as `obey`."""
        was_secured = session.is_secured
        out, clear = session.receive(octets)
        if out:
            await self.send(out)
        if session.is_secured and not was_secured:
            self.shown = session.shown()
            # what a server says before it is asked, behind the handshake, is not looked at
            return self.visit.secured()
        return self.visit.receive(clear) if clear else None

    async def send(self, octets: bytes) -> None:
        """Send, and wait until the kernel has taken it."""
        self.writer.write(octets)
        await self.writer.drain()


Visits = Callable[[str, str, Visiting], Coroutine[Any, Any, Visited]]
"""`visit`, or what stands in its place."""
