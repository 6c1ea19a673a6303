"""TLS as a plain object, by OpenSSL over memory: octets in, octets out; no socket.

What the server shows is a fact; whether it is right is judged later. So no certificate is refused
here, and neither is an old version or a weak cipher: who has only TLS 1.0 has STARTTLS, too. Not
offered are ciphers without a certificate, which some servers would take.
"""

from dataclasses import dataclass
from functools import cache

from OpenSSL import SSL, crypto

CIPHERS = b"DEFAULT:@SECLEVEL=0"  # OpenSSL's own choice, old ones too; none without certificate
LEGACY_SERVER_CONNECT = 0x4  # servers older than RFC 5746; SSL_OP_… has no name in the library
MOST = 1 << 16  # octets read at once
MOST_CERTIFICATES = 20  # of a chain, kept
LONGEST_REASON = 200  # characters


class TlsError(Exception):
    """The handshake failed, or the connection inside broke: OpenSSL's reason, in a few words."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a server showed. version: as "TLSv1.3"; chain: DER, its own certificate first."""

    version: str
    cipher: str
    chain: tuple[bytes, ...]


class Session:
    """One client's side of TLS. sni: the name asked for, in A-labels; "": none."""

    def __init__(self, sni: str):
        self.connection = SSL.Connection(context(), None)
        self.connection.set_connect_state()
        if sni:
            self.connection.set_tlsext_host_name(sni.encode("ascii"))
        self.is_secured = False

    def begin(self) -> bytes:
        """What to send first. Raises TlsError."""
        self.go_on()
        return self.outgoing()

    def receive(self, octets: bytes) -> tuple[bytes, bytes]:
        """Octets came: what to send, and what they said, decrypted. Raises TlsError.

        is_secured is true from the octets on that ended the handshake.
        """
        clear = bytearray()
        for at in range(0, len(octets), MOST):
            self.connection.bio_write(octets[at : at + MOST])
            if not self.is_secured:
                self.go_on()
            if self.is_secured:
                clear += self.incoming()
        return self.outgoing(), bytes(clear)

    def send(self, clear: bytes) -> bytes:
        """The octets that say this, encrypted. Raises TlsError."""
        try:
            self.connection.sendall(clear)
        except SSL.Error as fault:
            raise TlsError(reason(fault)) from None
        return self.outgoing()

    def shown(self) -> Shown:
        """What the server showed, once is_secured."""
        chain = self.connection.get_peer_cert_chain() or []
        return Shown(
            version=self.connection.get_protocol_version_name(),
            cipher=self.connection.get_cipher_name() or "",
            chain=tuple(
                crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)
                for certificate in chain[:MOST_CERTIFICATES]
            ),
        )

    def go_on(self) -> None:
        """The handshake, as far as it goes."""
        try:
            self.connection.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as fault:
            raise TlsError(reason(fault)) from None
        self.is_secured = True

    def incoming(self) -> bytes:
        """What has come, decrypted; a server that ends TLS has no more to say."""
        clear = bytearray()
        try:
            while True:
                clear += self.connection.recv(MOST)
        except (SSL.WantReadError, SSL.ZeroReturnError):
            return bytes(clear)
        except SSL.Error as fault:
            raise TlsError(reason(fault)) from None

    def outgoing(self) -> bytes:
        """What is to be sent now."""
        octets = bytearray()
        try:
            while True:
                octets += self.connection.bio_read(MOST)
        except SSL.WantReadError:
            return bytes(octets)


@cache
def context() -> SSL.Context:
    """One for all visits."""
    made = SSL.Context(SSL.TLS_CLIENT_METHOD)
    made.set_min_proto_version(SSL.TLS1_VERSION)
    made.set_options(LEGACY_SERVER_CONNECT)
    made.set_cipher_list(CIPHERS)
    made.set_verify(SSL.VERIFY_NONE)
    made.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    return made


def reason(fault: SSL.Error) -> str:
    """OpenSSL's words for a failure, without its file names."""
    entries = fault.args[0] if fault.args and isinstance(fault.args[0], list) else []
    words = "; ".join(str(entry[-1]) for entry in entries if entry)
    return (words or type(fault).__name__)[:LONGEST_REASON]
