"""A web server as it is planned, as a plain object: octets in, acts out. HTTP/1.1, RFC 9112.

Which site is asked for is told by TLS (SNI), and again by `Host`; both have to agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...words import FetchOutcome
from ..authority import Kind, Shown, shown
from .acts import Act, Close, Encrypt, Say
from .tls import Trouble

LONGEST_REQUEST = 16 << 10  # octets
ENDLESS = 4 << 20  # octets of what has no end: far more than any policy or logo may have
NO_HTTP = b"220 this is another protocol\r\n"
REASONS = {200: "OK", 301: "Moved Permanently", 404: "Not Found", 405: "Method Not Allowed",
           400: "Bad Request", 421: "Misdirected Request"}  # fmt: skip
PLAIN_TEXT = "text/plain"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a path brings; only `answered` has a status, a media type (None: none) and a body."""

    outcome: FetchOutcome
    status: int = 200
    media: str | None = None
    body: bytes = b""


NOT_FOUND = Answer(FetchOutcome.ANSWERED, 404, PLAIN_TEXT, b"not here\n")


@dataclass(frozen=True, slots=True)
class Site:
    """One site. trouble: how its handshake fails; paths: what stands there."""

    host: str
    kind: Kind = Kind.GOOD
    trouble: Trouble | None = None
    paths: Mapping[str, Answer] = field(default_factory=dict)


class HttpsTalk:
    """One connection to the sites of an address, by host."""

    def __init__(self, sites: Mapping[str, Site]):
        self.sites = sites
        self.site: Site | None = None
        self.unread = b""
        self.asked: list[str] = []

    def begin(self) -> list[Act]:
        """TLS comes first."""
        return [Encrypt(self.pick, "TLSv1.3")]

    def pick(self, sni: str) -> Shown | Trouble:
        """What the handshake shows; to whoever asks for no site of ours, what the first has."""
        site = self.site = self.sites.get(sni)
        if site is None:
            return shown(Kind.GOOD, min(self.sites))
        return site.trouble or shown(site.kind, site.host)

    def receive(self, octets: bytes) -> list[Act]:
        """A request came, or a part of it."""
        self.unread += octets
        if b"\r\n\r\n" not in self.unread:
            return [Close()] if len(self.unread) > LONGEST_REQUEST else []
        head = self.unread.partition(b"\r\n\r\n")[0].decode("latin-1")
        self.unread = b""
        first, *fields = head.split("\r\n")
        method, _, rest = first.partition(" ")
        path, _, version = rest.partition(" ")
        if not version.startswith("HTTP/1.") or not path.startswith("/"):
            return [*answered(self.site, only(400)), Close()]
        self.asked.append(path)
        if self.site is None or host_of(fields) != self.site.host:
            return [*answered(self.site, only(421)), Close()]
        if method != "GET":
            return [*answered(self.site, only(405)), Close()]
        return self.brings(self.site.paths.get(path, NOT_FOUND))

    def brings(self, answer: Answer) -> list[Act]:
        """What is planned for a path."""
        if answer.outcome is FetchOutcome.NOT_HTTP:
            return [Say(NO_HTTP), Close()]
        if answer.outcome is FetchOutcome.DROPPED:
            whole = Answer(FetchOutcome.ANSWERED, 200, PLAIN_TEXT, b"version: STSv1\r\n" * 8)
            (said,) = answered(self.site, whole)
            return [Say(said.octets[: -len(whole.body) // 2]), Close(is_rude=True)]
        if answer.outcome is FetchOutcome.TOO_MUCH:  # no length: it ends when the server closes
            body = b"more: and more\r\n" * (ENDLESS // 16)
            return [Say(head_of(200, PLAIN_TEXT, []) + body), Close()]
        return [*answered(self.site, answer), Close()]


def host_of(fields: list[str]) -> str:
    """The host of a request, without its port (RFC 9112 §3.2); "": none."""
    for line in fields:
        name, _, value = line.partition(":")
        if name.lower() == "host":
            return value.strip().rpartition(":")[0].lower() or value.strip().lower()
    return ""


def only(status: int) -> Answer:
    """An answer that says only what is wrong."""
    return Answer(FetchOutcome.ANSWERED, status, PLAIN_TEXT, f"{REASONS[status]}\n".encode())


def answered(site: Site | None, answer: Answer) -> list[Say]:
    """A whole answer. What has moved stands elsewhere at the same site, where nothing is."""
    more = [f"Content-Length: {len(answer.body)}"]
    if 300 <= answer.status < 400 and site:
        more.append(f"Location: https://{site.host}/elsewhere")
    return [Say(head_of(answer.status, answer.media, more) + answer.body)]


def head_of(status: int, media: str | None, more: list[str]) -> bytes:
    """Status line and header fields."""
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Planned')}", *more, "Connection: close"]
    if media is not None:
        lines.insert(1, f"Content-Type: {media}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8")
