"""A server's side of TLS, by OpenSSL over memory: octets in, octets out; no socket.

Which certificate is shown is decided by the name that the client asks for, and so is whether the
handshake goes well at all.
"""

from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from functools import cache

from cryptography import x509
from OpenSSL import SSL

from ..authority import Shown

CIPHERS = b"DEFAULT:@SECLEVEL=0"  # old versions, short keys and SHA-1 are planned, too
VERSIONS = {"TLSv1": SSL.TLS1_VERSION, "TLSv1.2": SSL.TLS1_2_VERSION, "TLSv1.3": SSL.TLS1_3_VERSION}
ALERT = bytes.fromhex("15030300020228")  # fatal, handshake_failure: RFC 8446 §6
MOST = 1 << 16  # octets read at once


class Trouble(Enum):
    """What a handshake can end in instead of a certificate."""

    ALERT = auto()
    SILENCE = auto()


Pick = Callable[[str], Shown | Trouble]
"""What is shown to whoever asks for a name, in lower case; "": for none."""


class TlsError(Exception):
    """The handshake failed, or what came is no TLS."""


class Troubled(Exception):
    """The handshake goes wrong as planned."""

    def __init__(self, trouble: Trouble):
        self.trouble = trouble


class Session:
    """One connection. newest: the newest version that is spoken, as "TLSv1.3".

    sni: the name that was asked for, once is_secured.
    """

    def __init__(self, pick: Pick, newest: str):
        self.pick = pick
        self.sni = ""
        self.trouble: Trouble | None = None
        self.is_secured = False
        self.connection = SSL.Connection(context(newest, ()), None)
        self.connection.set_app_data(self)
        self.connection.set_accept_state()

    def receive(self, octets: bytes) -> tuple[bytes, bytes]:
        """Octets came: what to send, and what they said, decrypted. Raises TlsError, Troubled."""
        clear = bytearray()
        for at in range(0, len(octets), MOST):
            try:
                self.connection.bio_write(octets[at : at + MOST])
                clear += self.go_on()
            except SSL.WantReadError:
                pass
            except (SSL.ZeroReturnError, SSL.Error) as fault:
                if self.trouble is None:
                    raise TlsError(str(fault)) from None
            if self.trouble is not None:
                raise Troubled(self.trouble)
        return self.outgoing(), bytes(clear)

    def go_on(self) -> bytes:
        """The handshake as far as it goes, and what comes behind it. Raises SSL.Error."""
        if not self.is_secured:
            self.connection.do_handshake()
            self.is_secured = True
        clear = bytearray()
        with suppress(SSL.WantReadError):
            while True:
                clear += self.connection.recv(MOST)
        return bytes(clear)

    def send(self, clear: bytes) -> bytes:
        """The octets that say this, encrypted."""
        self.connection.sendall(clear)
        return self.outgoing()

    def end(self) -> bytes:
        """The octets that say that no more will come (RFC 8446 §6.1)."""
        with suppress(SSL.Error):
            self.connection.shutdown()
        return self.outgoing()

    def outgoing(self) -> bytes:
        """What is to be sent now."""
        octets = bytearray()
        with suppress(SSL.WantReadError):
            while True:
                octets += self.connection.bio_read(MOST)
        return bytes(octets)


def asked_for(connection: SSL.Connection) -> None:
    """OpenSSL knows the name that a client asks for: show what is planned for it."""
    session = connection.get_app_data()
    session.sni = (connection.get_servername() or b"").decode("latin-1").lower()
    picked = session.pick(session.sni)
    if isinstance(picked, Trouble):
        session.trouble = picked
        return
    own, *above = picked.chain
    connection.set_context(context("", tuple(above)))  # the versions stay those of the first one
    connection.use_certificate(x509.load_der_x509_certificate(own))
    connection.use_privatekey(picked.key)


@cache
def context(newest: str, above: tuple[bytes, ...]) -> SSL.Context:
    """Settings of a session. newest: "" is any. above: the certificates that follow the server's
    own, in DER."""
    made = SSL.Context(SSL.TLS_SERVER_METHOD)
    made.set_min_proto_version(SSL.TLS1_VERSION)
    if newest:
        made.set_max_proto_version(VERSIONS[newest])
    made.set_cipher_list(CIPHERS)
    made.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    made.set_options(SSL.OP_NO_TICKET)
    for der in above:
        made.add_extra_chain_cert(x509.load_der_x509_certificate(der))
    made.set_tlsext_servername_callback(asked_for)
    return made
