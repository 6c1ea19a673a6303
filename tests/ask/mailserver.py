"""A mail server on loopback that plays a script, and a private CA for it."""

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)
LOOPBACK = "127.0.0.1"


@dataclass
class Authority:
    """A CA, and the certificates that it gave out, as files for `ssl`."""

    folder: Path
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    name: x509.Name = field(
        default_factory=lambda: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's CA")])
    )

    def __post_init__(self) -> None:
        self.certificate = self.signed(self.name, self.key.public_key(), is_ca=True)

    def signed(self, subject: x509.Name, key: Any, *, names: Any = (), is_ca: bool = False) -> Any:
        now = datetime.datetime.now(datetime.UTC)
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        if names:
            alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            built = built.add_extension(alternative, critical=False)
        return built.sign(self.key, hashes.SHA256())

    def context(self, host: str) -> tuple[ssl.SSLContext, tuple[bytes, ...]]:
        """A server's context with a certificate for a host, and the chain that it shows, in DER."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        chain = (self.signed(subject, key.public_key(), names=[host]), self.certificate)
        pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
        private = key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = self.folder / f"{host}.pem"
        path.write_bytes(private + b"".join(one.public_bytes(pem) for one in chain))
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(path)
        return made, tuple(one.public_bytes(der) for one in chain)


@dataclass
class MailServer:
    """Plays the turns of `cases/smtp.yaml` to everybody who connects."""

    turns: list[Any]
    context: ssl.SSLContext | None = None
    visits: int = 0
    under_way: list[Any] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)  # by the client
    names: list[str | None] = field(default_factory=list)  # asked for in TLS

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        self.under_way.append(asyncio.current_task())
        with suppress(ConnectionError, ssl.SSLError):
            for turn in self.turns:
                await self.play(turn, reader, writer)
                if turn == "closes":
                    break
            else:
                await reader.read()
        writer.transport.abort()

    async def play(self, turn: Any, reader: Any, writer: asyncio.StreamWriter) -> None:
        if turn in ("silent", "closes"):
            if turn == "silent":
                await reader.read()
            return
        if isinstance(turn, dict) and "handshake" in turn:
            if turn["handshake"] == "fails":
                await reader.read(1)
                writer.write(b"no TLS here\r\n")
                return
            assert self.context is not None
            self.context.sni_callback = lambda _, name, __: self.names.append(name)
            await writer.start_tls(self.context)
            self.said.append(await reader.readline())
            return
        text = turn["repeated"] * turn["times"] if isinstance(turn, dict) else turn
        writer.write(text.encode())
        await writer.drain()
        is_followed = turn is not self.turns[-1] and self.follows_a_command(turn)
        if is_followed and text.endswith("\n"):
            self.said.append(await reader.readline())

    def follows_a_command(self, turn: Any) -> bool:
        """Does the client speak before the next turn? Not where it is to begin with TLS."""
        following = self.turns[[id(one) for one in self.turns].index(id(turn)) + 1]
        return not (isinstance(following, dict) and "handshake" in following)


@asynccontextmanager
async def serving(server: MailServer) -> AsyncIterator[int]:
    """The port where it serves."""
    listening = await asyncio.start_server(server.serve, LOOPBACK, 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await asyncio.gather(*server.under_way)
