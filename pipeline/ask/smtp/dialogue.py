"""One visit to a mail server as a plain object: octets in, what to do out; no socket, no clock.

    banner, EHLO, STARTTLS, handshake, EHLO, QUIT     RFC 5321 §3.1, §3.2; RFC 3207 §4

Whoever holds the connection hands in what came (`receive`), that nothing came in time (`expire`),
that the server has closed (`lose`) or how the handshake went (`secured`, `unsecured`), and does
what comes back. Every reply is kept as it came. What a stranger may send is bounded: octets in
all, octets of a line, lines of a reply.

The outcome stands once STARTTLS is decided; the QUIT after it is politeness, and whatever becomes
of that changes nothing.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from ...words import SmtpOutcome

LINE = re.compile(rb"([2-5][0-5][0-9])([ -]|$)(.*)", re.DOTALL)  # RFC 5321 §4.2
LONGEST_LINE = 2048  # octets; RFC 5321 §4.5.3.1.5 says 512, and some banners are longer
MOST_LINES = 100  # of one reply: more extensions exist nowhere
MOST_OCTETS = 64 << 10  # of one visit
UNAVAILABLE = 421  # RFC 5321 §3.8: the server closes, whatever was asked
UNKNOWN_COMMAND = (
    500,
    502,
)  # RFC 5321 §4.2.4: a server without extensions, and so without STARTTLS
READY = 220


class Stage(StrEnum):
    """What a visit is waiting for."""

    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    HANDSHAKE = "handshake"
    EHLO_AGAIN = "ehlo_again"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Send:
    """These octets are to be sent."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Secure:
    """The TLS handshake is to be begun, now."""


@dataclass(frozen=True, slots=True)
class Done:
    """The connection is to be closed. stage: what decided the outcome."""

    outcome: SmtpOutcome
    stage: Stage


Step = Send | Secure | Done | None
"""What to do; None: go on reading."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: its code, and the text of each line, as sent."""

    code: int
    lines: tuple[bytes, ...]


class Visit:
    """One visit. helo: the name that we say is ours.

    replies: by the stage that waited for them. transcript: all that came, as it came, up to
    MOST_OCTETS; what came encrypted in clear text.
    """

    def __init__(self, helo: str):
        self.hello = b"EHLO " + helo.encode("ascii") + b"\r\n"
        self.stage = Stage.BANNER
        self.decided: Done | None = None
        self.replies: dict[Stage, Reply] = {}
        self.transcript = bytearray()
        self.unread = bytearray()
        self.lines: list[bytes] = []
        self.code = 0

    # --- what happens to it ----------------------------------------------------------------------

    def receive(self, octets: bytes) -> Step:
        """Octets came, however cut."""
        room = MOST_OCTETS - len(self.transcript)
        self.transcript += octets[:room]
        if len(octets) > room:
            return self.end(SmtpOutcome.TOO_MUCH)
        if self.stage is Stage.HANDSHAKE:
            return None  # the holder's TLS reads by itself; nothing in clear text counts any more
        self.unread += octets
        while (end := self.unread.find(b"\n")) >= 0:
            line = bytes(self.unread[: end + 1]).removesuffix(b"\n").removesuffix(b"\r")
            del self.unread[: end + 1]
            if step := self.read_line(line):
                return self.in_turn(step)
        return self.end(SmtpOutcome.TOO_MUCH) if len(self.unread) > LONGEST_LINE else None

    def in_turn(self, step: Step) -> Step:
        """The same, unless the server has already answered what we are about to send."""
        if isinstance(step, Send) and self.stage is not Stage.QUIT and self.unread:
            return self.end(SmtpOutcome.NOT_SMTP)
        return step

    def expire(self) -> Done:
        """Nothing came in time."""
        has_begun = self.stage is not Stage.BANNER or self.transcript
        return self.end(SmtpOutcome.TIMEOUT if has_begun else SmtpOutcome.NO_BANNER)

    def lose(self) -> Done:
        """The server closed the connection, or it broke."""
        has_begun = self.stage is not Stage.BANNER or self.transcript
        return self.end(SmtpOutcome.DROPPED if has_begun else SmtpOutcome.NO_BANNER)

    def secured(self) -> Send:
        """The handshake succeeded: all that the server said before is forgotten (RFC 3207 §4.2)."""
        self.decided = Done(SmtpOutcome.ENCRYPTED, Stage.HANDSHAKE)
        self.stage = Stage.EHLO_AGAIN
        return Send(self.hello)

    def unsecured(self) -> Done:
        """The handshake failed: no command may follow on this connection."""
        return self.end(SmtpOutcome.HANDSHAKE_FAILED)

    # --- what follows from it --------------------------------------------------------------------

    def end(self, outcome: SmtpOutcome) -> Done:
        """What was decided earlier stands."""
        self.decided = self.decided or Done(outcome, self.stage)
        return self.decided

    def leave(self, outcome: SmtpOutcome) -> Send:
        """Decide, and say good-bye."""
        self.end(outcome)
        self.stage = Stage.QUIT
        return Send(b"QUIT\r\n")

    def read_line(self, line: bytes) -> Step:
        """One line of a reply; at its last line, what to do."""
        if len(line) > LONGEST_LINE:
            return self.end(SmtpOutcome.TOO_MUCH)
        read = LINE.fullmatch(line)
        if read is None:
            return self.end(SmtpOutcome.NOT_SMTP)
        code, is_last = int(read[1]), read[2] != b"-"
        if self.lines and code != self.code:  # RFC 5321 §4.2.1: the same in every line
            return self.end(SmtpOutcome.NOT_SMTP)
        self.code = code
        self.lines.append(read[3])
        if not is_last:
            return self.end(SmtpOutcome.TOO_MUCH) if len(self.lines) >= MOST_LINES else None
        reply = Reply(code, tuple(self.lines))
        self.replies[self.stage] = reply
        self.lines = []
        return self.answered(reply)

    def answered(self, reply: Reply) -> Step:
        """A whole reply to what this stage waits for."""
        if self.stage is Stage.QUIT:
            return self.decided
        if self.stage is Stage.EHLO_AGAIN:
            return self.leave(SmtpOutcome.ENCRYPTED)
        if reply.code == UNAVAILABLE:  # it says nothing of what the server can do
            return self.end(SmtpOutcome.UNAVAILABLE)
        if self.stage is Stage.BANNER:
            return self.greeted(reply)
        return self.offered(reply) if self.stage is Stage.EHLO else self.begun(reply)

    def greeted(self, reply: Reply) -> Step:
        """The banner: 220, or no service (RFC 5321 §3.1)."""
        if reply.code == READY:
            self.stage = Stage.EHLO
            return Send(self.hello)
        if reply.code < 400:
            return self.end(SmtpOutcome.NOT_SMTP)
        is_temporary = reply.code < 500
        return self.leave(SmtpOutcome.UNAVAILABLE if is_temporary else SmtpOutcome.TURNED_AWAY)

    def offered(self, reply: Reply) -> Step:
        """The extensions (RFC 5321 §4.1.1.1): is STARTTLS among them?"""
        if 200 <= reply.code < 300:
            if b"STARTTLS" in keywords(reply):
                self.stage = Stage.STARTTLS
                return Send(b"STARTTLS\r\n")
            return self.leave(SmtpOutcome.NOT_OFFERED)
        if reply.code in UNKNOWN_COMMAND:
            return self.leave(SmtpOutcome.NOT_OFFERED)
        is_temporary = 400 <= reply.code < 500
        return self.leave(SmtpOutcome.UNAVAILABLE if is_temporary else SmtpOutcome.TURNED_AWAY)

    def begun(self, reply: Reply) -> Step:
        """STARTTLS: 220, or it cannot be used now or here (RFC 3207 §4)."""
        if reply.code != READY:
            return self.leave(SmtpOutcome.STARTTLS_REFUSED)
        self.stage = Stage.HANDSHAKE
        if self.unread:  # clear text where the handshake has to begin: injected, or a broken server
            return self.end(SmtpOutcome.INJECTED)
        return Secure()


def keywords(reply: Reply) -> set[bytes]:
    """The keywords of a reply to EHLO, upper case (RFC 5321 §4.1.1.1), behind its greeting."""
    return {line.split(b" ")[0].rstrip().upper() for line in reply.lines[1:]}
