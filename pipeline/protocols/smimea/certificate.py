"""A certificate or a public key, read far enough to say what it is.

Whoever published it is a stranger: reading ends in `None` for whatever cannot be read, and takes
time that is linear in the octets, of which a DNS message holds 65,535 at most. Nothing is verified.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

MOST_ADDRESSES = 100  # read of one certificate
FOR_MAIL = (  # RFC 8550 §4.4.4
    ExtendedKeyUsageOID.EMAIL_PROTECTION,
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
)
SMTP_UTF8_MAILBOX = "1.3.6.1.5.5.7.8.9"  # RFC 9598 §3
UTF8_STRING = 0x0C


@dataclass(frozen=True, slots=True)
class Key:
    """A public key. bits: of the modulus or the curve, None: not known."""

    type: str  # RSA, EC, Ed25519, …
    bits: int | None


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says. key: None where its algorithm is not known.

    not_before, not_after: both inclusive, UTC. is_for_mail: its extended key usage, where it has
    one, allows mail protection.
    """

    key: Key | None
    addresses: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    is_for_mail: bool


def read_key(der: bytes) -> Key | None:
    """A SubjectPublicKeyInfo (RFC 5280 §4.1). None: it is none, or of no known algorithm."""
    try:
        return described(load_der_public_key(der))
    except Exception:  # on hostile bytes more than ValueError comes through
        return None


def read_certificate(der: bytes) -> Certificate | None:
    """A certificate in DER. None: it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of serial numbers and the like
            found = x509.load_der_x509_certificate(der)
            return Certificate(
                key=key_of(found),
                addresses=tuple(addresses_of(found))[:MOST_ADDRESSES],
                not_before=found.not_valid_before_utc,
                not_after=found.not_valid_after_utc,
                is_for_mail=is_for_mail(found),
            )
    except Exception:  # on hostile bytes more than ValueError comes through
        return None


def key_of(certificate: x509.Certificate) -> Key | None:
    """The certificate's key; the rest of it may be of use where the algorithm is not known."""
    try:
        return described(certificate.public_key())
    except Exception:  # UnsupportedAlgorithm, ValueError, …
        return None


def described(key: object) -> Key:
    """Type and size."""
    match key:
        case rsa.RSAPublicKey():
            return Key("RSA", key.key_size)
        case ec.EllipticCurvePublicKey():
            return Key(f"EC {key.curve.name}", key.key_size)
        case dsa.DSAPublicKey():
            return Key("DSA", key.key_size)
    return Key(type(key).__name__.removesuffix("PublicKey"), None)  # Ed25519, X448, …


def addresses_of(certificate: x509.Certificate) -> Iterator[str]:
    """The mail addresses of the subject (RFC 8550 §3): alternative names, and the old attribute."""
    for attribute in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS):
        yield str(attribute.value)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    yield from names.get_values_for_type(x509.RFC822Name)
    for other in names.get_values_for_type(x509.OtherName):
        value = other.value
        short = len(value) > 1 and value[0] == UTF8_STRING and value[1] == len(value) - 2
        if other.type_id.dotted_string == SMTP_UTF8_MAILBOX and short:
            yield value[2:].decode("utf-8", "replace")


def is_for_mail(certificate: x509.Certificate) -> bool:
    """Does the extended key usage, where there is one, allow mail protection?"""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return any(purpose in FOR_MAIL for purpose in usage)
