"""A mail server as it is planned (see `manners`), as a plain object: octets in, acts out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..authority import Kind, Shown, shown
from ..manners import CLOSES, NO_OFFER, SILENT, Manner, Reply
from .acts import Act, Close, Encrypt, Say
from .tls import Trouble

LONGEST_LINE = 4096  # octets
MOST_COMMANDS = 50
TOO_MUCH = "500 5.5.2 line too long\r\n"
UNKNOWN = "502 5.5.1 unknown command\r\n"
GOOD_BYE = "221 2.0.0 bye\r\n"


@dataclass(frozen=True, slots=True)
class Post:
    """The mail server at one address.

    host: the name that it calls itself. certificates: by the name asked for in TLS: the kind, and
    the names beside that one. To whoever asks for another name it shows what `host` has.
    """

    manner: Manner
    host: str
    certificates: Mapping[str, tuple[Kind, tuple[str, ...]]] = field(default_factory=dict)

    def pick(self, sni: str) -> Shown | Trouble:
        """What the handshake shows."""
        if not self.manner.is_heard:
            return Trouble.ALERT
        name = sni if sni in self.certificates else self.host
        kind, beside = self.certificates.get(name, (Kind.GOOD, ()))
        return shown(kind, name, *beside)


class SmtpTalk:
    """One connection to it."""

    def __init__(self, post: Post):
        self.post = post
        self.unread = b""
        self.commands = 0
        self.is_secured = False
        self.is_over = False
        self.asked: list[str] = []

    def begin(self) -> list[Act]:
        """The greeting."""
        acts = self.reply(self.post.manner.banner)
        if self.post.manner.closes_after_banner:
            acts.append(self.close())
        return acts

    def receive(self, octets: bytes) -> list[Act]:
        """Commands came."""
        self.unread += octets
        acts: list[Act] = []
        while b"\n" in self.unread and not self.is_over:
            line, _, self.unread = self.unread.partition(b"\n")
            self.commands += 1
            acts += self.command(line.decode("latin-1").strip())
        if not self.is_over and (len(self.unread) > LONGEST_LINE or self.commands > MOST_COMMANDS):
            acts += [*self.reply((TOO_MUCH,)), self.close()]
        return acts

    def command(self, line: str) -> list[Act]:
        """One command."""
        manner, verb = self.post.manner, line.split(" ")[0].upper()
        if verb == "EHLO":  # RFC 3207 §4.2: not offered once more
            return self.reply((NO_OFFER,) if self.is_secured else manner.ehlo)
        if verb == "HELO":
            return self.reply(("250 {host}\r\n",))
        if verb == "STARTTLS" and not self.is_secured and offers(manner):
            acts = self.reply(manner.starttls)
            if manner.starttls and manner.starttls[0].startswith("220"):
                self.is_secured = True
                self.unread = b""
                acts.append(Encrypt(self.post.pick, manner.newest))
            return acts
        if verb == "QUIT":
            return [*self.reply((GOOD_BYE,)), self.close()]
        return self.reply((UNKNOWN,))

    def reply(self, reply: Reply) -> list[Act]:
        """Say it, or do not, and never again."""
        if reply is CLOSES:
            return [self.close()]
        self.is_over = self.is_over or reply == SILENT
        return [Say(piece.format(host=self.post.host).encode()) for piece in reply]

    def close(self) -> Act:
        """Whatever comes now is not read any more."""
        self.is_over = True
        return Close()


def offers(manner: Manner) -> bool:
    """Does a server say that it has STARTTLS?"""
    return "STARTTLS" in "".join(manner.ehlo or ())
