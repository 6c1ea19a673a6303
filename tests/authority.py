"""A private CA: certificates that are right, and such that are wrong in one way."""

import datetime
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@dataclass
class Leaf:
    """A server's certificate with its key, and the chain that is shown with it, in DER."""

    key: ec.EllipticCurvePrivateKey
    chain: tuple[bytes, ...]

    def context(self, folder: Path) -> ssl.SSLContext:
        private = self.key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        shown = [x509.load_der_x509_certificate(der).public_bytes(PEM) for der in self.chain]
        path = folder / "shown.pem"
        path.write_bytes(private + b"".join(shown))
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(path)
        return made


class Authority:
    """A CA that signs by itself."""

    def __init__(self, name: str = "a test's CA") -> None:
        self.name, self.key = named(name), ec.generate_private_key(ec.SECP256R1())
        self.der = self.signed(self.name, self.key.public_key(), is_ca=True)

    def signed(
        self,
        subject: x509.Name,
        key: Any,
        *,
        names: Sequence[str] = (),
        is_ca: bool = False,
        is_expired: bool = False,
    ) -> bytes:
        now = datetime.datetime.now(datetime.UTC)
        constraints = x509.BasicConstraints(ca=is_ca, path_length=None)
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 3 * DAY)
            .not_valid_after(now - DAY if is_expired else now + DAY)
            .add_extension(constraints, critical=True)
        )
        if names:
            alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            built = built.add_extension(alternative, critical=False)
        return built.sign(self.key, hashes.SHA256()).public_bytes(DER)

    def leaf(
        self,
        host: str,
        *,
        names: Sequence[str] | None = None,
        is_expired: bool = False,
        with_anchor: bool = True,
    ) -> Leaf:
        """A server's certificate. names: in it, the host's if None; none: only a common name."""
        key = ec.generate_private_key(ec.SECP256R1())
        stated = [host] if names is None else names
        der = self.signed(named(host), key.public_key(), names=stated, is_expired=is_expired)
        return Leaf(key, (der, self.der) if with_anchor else (der,))
