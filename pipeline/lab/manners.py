"""The ways in which the lab's mail servers behave, each with what is true of it.

A table like those of the records: what a server says, and beside it, by hand, what that says of the
host. Nothing here asks the survey's rules.

In texts: {host} is the name that the server calls itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ..words import SmtpOutcome
from .authority import Kind

ENCRYPTED, PLAIN, UNKNOWN, NOT_OBSERVED = "encrypted", "plain", "unknown", "not_observed"
VALID = "valid"

GREETING = "220 {host} ESMTP\r\n"
OFFER = "250-{host}\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250 8BITMIME\r\n"
NO_OFFER = "250-{host}\r\n250-SIZE 10240000\r\n250 8BITMIME\r\n"
READY = "220 2.0.0 ready to start TLS\r\n"
CLOSES = None
SILENT: tuple[str, ...] = ()

Reply = tuple[str, ...] | None
"""What is said, piece by piece, each in a segment of its own; SILENT: nothing, and no more; CLOSES:
the connection is closed instead."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a server behaves.

    outcome: what a visit brings. state: what that says of the host. findings: codes, where nothing
    is to be said of the certificate. banner, ehlo, starttls: replies. is_heard: does the handshake
    succeed? newest: the newest TLS that it speaks, as a visit shows it. closes_after_banner:
    without waiting for a word. listens: false: nobody is there.
    """

    name: str
    outcome: SmtpOutcome
    state: str
    findings: tuple[str, ...] = ()
    banner: Reply = (GREETING,)
    ehlo: Reply = (OFFER,)
    starttls: Reply = (READY,)
    is_heard: bool = True
    newest: str = "TLSv1.3"
    closes_after_banner: bool = False
    listens: bool = True


def encrypts(name: str, *findings: str, **how: object) -> Manner:
    """STARTTLS works. how: the fields of Manner that are not their defaults."""
    return Manner(name, SmtpOutcome.ENCRYPTED, ENCRYPTED, findings, **how)  # type: ignore[arg-type]


def plain(name: str, outcome: SmtpOutcome, finding: str, **how: object) -> Manner:
    """The server says that there is no STARTTLS, or cannot do it."""
    return Manner(name, outcome, PLAIN, (f"starttls.{finding}",), **how)  # type: ignore[arg-type]


def hidden(name: str, outcome: SmtpOutcome, **how: object) -> Manner:
    """It never comes to that: nothing is said of STARTTLS."""
    return Manner(name, outcome, UNKNOWN, **how)  # type: ignore[arg-type]


GOOD = encrypts("STARTTLS")
SEVERAL_LINES = encrypts("greeting of several lines", banner=(f"220-{{host}}\r\n{GREETING}",))
PIECES = encrypts(  # cut in lines, and between CR and LF
    "piece by piece",
    banner=("220-we", "lcome\r", "\n22", "0 {host} ESMTP\r\n"),
    ehlo=("250-{host}\r\n250-START", "TLS\r\n250 ", "8BITMIME\r\n"),
    starttls=("220 ready\r", "\n"),
)
OLD_TLS = encrypts("TLS 1.0 only", "starttls.old_version", newest="TLSv1")
NO_STARTTLS = plain("no STARTTLS", SmtpOutcome.NOT_OFFERED, "not_offered", ehlo=(NO_OFFER,))
STRIPPED = plain(  # as somebody on the way overwrites the keyword
    "STARTTLS overwritten",
    SmtpOutcome.NOT_OFFERED,
    "not_offered",
    ehlo=(OFFER.replace("STARTTLS", "XXXXXXXA"),),
)
NO_EHLO = plain(  # RFC 5321 §4.2.4: a server without extensions
    "no EHLO", SmtpOutcome.NOT_OFFERED, "not_offered", ehlo=("502 5.5.1 unknown command\r\n",)
)
TLS_LATER = plain(
    "STARTTLS not now",
    SmtpOutcome.STARTTLS_REFUSED,
    "refused",
    starttls=("454 4.7.0 TLS not available due to temporary reason\r\n",),
)
NO_HANDSHAKE = plain(
    "handshake fails", SmtpOutcome.HANDSHAKE_FAILED, "handshake_failed", is_heard=False
)
INJECTED = plain(  # RFC 3207 §5
    "clear text behind STARTTLS",
    SmtpOutcome.INJECTED,
    "injected",
    starttls=(READY + "250 2.1.0 and more\r\n",),
)
BUSY = hidden(
    "too busy",
    SmtpOutcome.UNAVAILABLE,
    banner=("421 4.3.2 too many connections\r\n",),
    closes_after_banner=True,
)
UNWELCOME = hidden(
    "not welcome", SmtpOutcome.TURNED_AWAY, banner=("554 5.7.1 no service for you\r\n",)
)
SHUT = hidden("closes at once", SmtpOutcome.NO_BANNER, banner=CLOSES)
MUTE = hidden("says nothing", SmtpOutcome.NO_BANNER, banner=SILENT)
HANGS = hidden("says nothing after EHLO", SmtpOutcome.TIMEOUT, ehlo=SILENT)
DROPS = hidden("closes after EHLO", SmtpOutcome.DROPPED, ehlo=CLOSES)
ABSENT = hidden("nobody listens", SmtpOutcome.REFUSED, listens=False)
ENDLESS = hidden(
    "a megabyte of greeting",
    SmtpOutcome.TOO_MUCH,
    banner=("220-" + "welcome " * (1 << 17) + "\r\n",),
)
WEB = hidden(
    "a web server",
    SmtpOutcome.NOT_SMTP,
    banner=("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",),
    closes_after_banner=True,
)
MANNERS = (
    GOOD, SEVERAL_LINES, PIECES, OLD_TLS, NO_STARTTLS, STRIPPED, NO_EHLO, TLS_LATER, NO_HANDSHAKE,
    INJECTED, BUSY, UNWELCOME, SHUT, MUTE, HANGS, DROPS, ABSENT, ENDLESS, WEB,
)  # fmt: skip
SLOW = (MUTE, HANGS)
"""Each costs a visitor's whole patience."""


# --- certificates ---------------------------------------------------------------------------------

CERTIFICATES: dict[Kind, tuple[str, tuple[str, ...]]] = {
    Kind.GOOD: (VALID, ()),
    Kind.WILDCARD: (VALID, ()),
    Kind.WEAK_KEY: (VALID, ("starttls.weak_key",)),
    Kind.SHA1: (VALID, ("starttls.weak_signature",)),
    Kind.EXPIRED: ("expired", ("starttls.certificate_expired",)),
    Kind.EARLY: ("expired", ("starttls.certificate_expired",)),
    Kind.SELF_SIGNED: ("self_signed", ("starttls.certificate_self_signed",)),
    Kind.UNTRUSTED: ("untrusted", ("starttls.certificate_untrusted",)),
    Kind.INCOMPLETE: ("untrusted", ("starttls.certificate_untrusted",)),
    Kind.OTHER_NAME: ("other_name", ("starttls.certificate_other_name",)),
    Kind.COMMON_NAME: ("other_name", ("starttls.certificate_other_name",)),
}
"""What each is for the name of the host that shows it, and what is told of it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is to be known of an MX host.

    state: encrypted, plain, unknown, not_observed. version, certificate: None: no TLS. is_gone: it
    has no address, so that no mail can go there. findings: codes of STARTTLS.
    """

    state: str = NOT_OBSERVED
    version: str | None = None
    certificate: str | None = None
    findings: tuple[str, ...] = ()
    is_gone: bool = False

    @property
    def is_flawed(self) -> bool:
        """Would a sender that insists on a valid certificate deliver nothing there?"""
        flawed = self.certificate in ("expired", "self_signed", "untrusted", "other_name")
        return self.state == PLAIN or flawed


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server: how it talks, and what certificate it shows."""

    manner: Manner = GOOD
    kind: Kind = Kind.GOOD

    @property
    def seen(self) -> Seen:
        """What is to be known of a host that has this server alone."""
        manner = self.manner
        if manner.state != ENCRYPTED:
            return Seen(manner.state, findings=manner.findings)
        certificate, findings = CERTIFICATES[self.kind]
        return Seen(manner.state, manner.newest, certificate, manner.findings + findings)


FINE = Server()
NOT_VISITED = Seen()
"""Its address is not known, or one that nobody may visit."""
GONE = Seen(is_gone=True)


# --- all hosts of a domain ------------------------------------------------------------------------


def encrypting(hosts: Iterable[Seen]) -> str:
    """Which of a domain's hosts encrypt: all, some, none, unknown, not_observed."""
    states = [one.state for one in hosts if not one.is_gone]
    return over(states, ENCRYPTED, PLAIN)


def certified(hosts: Iterable[Seen]) -> str:
    """Which of them do so with a certificate that is valid for their name."""
    passed: list[str | None] = []
    for one in hosts:
        if one.is_flawed:
            passed.append("flawed")
        elif not one.is_gone:
            passed.append(one.certificate if one.state == ENCRYPTED else one.state)
    return over(passed, VALID, "flawed")


def over(words: Iterable[str | None], yes: str, no: str) -> str:
    """all, some or none; where neither is known, why."""
    met = set(words)
    if {yes, no} <= met:
        return "some"
    if not met <= {yes, no}:
        return NOT_OBSERVED if met == {NOT_OBSERVED} else UNKNOWN
    return NOT_OBSERVED if not met else "all" if yes in met else "none"
