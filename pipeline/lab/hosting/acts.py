"""What a server of the lab can do on a connection: it decides without a socket, the line obeys."""

from dataclasses import dataclass
from typing import Protocol

from .tls import Pick


@dataclass(frozen=True, slots=True)
class Say:
    """Send these octets; what is said next goes into a segment of its own."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Encrypt:
    """From here on the connection is TLS. pick, newest: see `tls.Session`."""

    pick: Pick
    newest: str


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection. is_rude: without the end of TLS, in the middle."""

    is_rude: bool = False


Act = Say | Encrypt | Close


class Talk(Protocol):
    """One connection, from the server's side."""

    @property
    def asked(self) -> list[str]:
        """What the log tells of it beside the names in TLS: paths. Emptied by whoever reads it."""

    def begin(self) -> list[Act]:
        """What is done at once."""

    def receive(self, octets: bytes) -> list[Act]:
        """Octets came, decrypted, however cut: what is done now."""
