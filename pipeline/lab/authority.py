"""The lab's certificate authorities, and the certificates of its servers: right ones, and such that
are wrong in one way each.

Everything follows from this file: keys out of small numbers, fixed dates, serial numbers that are
digests, and signatures that are always the same (Ed25519: RFC 8032 §5.1.6; ECDSA by RFC 6979;
RSASSA-PKCS1-v1_5). So a host shows the same octets in every process, and a plan can publish their
digests. The keys protect nothing: whoever reads this has them.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DER = serialization.Encoding.DER
LONGEST_COMMON_NAME = 64  # RFC 5280, appendix A: ub-common-name
KEPT = 1 << 12  # certificates

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Signer = ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
Dates = tuple[datetime, datetime]


class Kind(StrEnum):
    """What a server shows: a certificate that is right for its name, or wrong in one way."""

    GOOD = "good"
    WILDCARD = "wildcard"  # `*` for the first label of the name
    WEAK_KEY = "weak key"
    SHA1 = "SHA-1 signature"
    EXPIRED = "expired"
    EARLY = "not valid yet"
    SELF_SIGNED = "self-signed"
    UNTRUSTED = "by an unknown authority"
    INCOMPLETE = "without the authority's own"
    OTHER_NAME = "for another name"
    COMMON_NAME = "for a common name only"  # RFC 9525 §6.3: that is no name any more


@dataclass(frozen=True, slots=True)
class Shown:
    """What a server shows, in DER, its own certificate first; and the key that goes with it."""

    key: Key
    chain: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA: der is its certificate."""

    name: str
    key: Signer
    der: bytes


# --- keys and dates -------------------------------------------------------------------------------

LASTING = datetime(2020, 1, 1), datetime(2120, 1, 1)
OVER = datetime(2020, 1, 1), datetime(2021, 1, 1)
TO_COME = datetime(2119, 1, 1), datetime(2120, 1, 1)

EXPONENT = 65537
PRIMES = (  # 512 bits each: a key as they were in 2005
    int(
        "de1612f5243edbfef784fd82631c3a7033109926f0aeeb3367cc630b5f975b7b"
        "50170f89f3eec9c3cc2b9dc638f92b7530e40b7990d64fffbade22e23fcc3a57",
        16,
    ),
    int(
        "d2dce2ca73e4ebe18a2f10b43564858c14ca442a2be879a68905d91ec2de9856"
        "b75a8cdc7ca1bfdc0c119e6003ac74fe3be1db156eda88a50bd43836b508ed3f",
        16,
    ),
)


def curve_key(number: int) -> ec.EllipticCurvePrivateKey:
    """A key on P-256."""
    return ec.derive_private_key(number, ec.SECP256R1())


def edwards_key(number: int) -> ed25519.Ed25519PrivateKey:
    """A key on Ed25519."""
    return ed25519.Ed25519PrivateKey.from_private_bytes(number.to_bytes(32))


def short_key() -> rsa.RSAPrivateKey:
    """RSA with 1024 bits."""
    p, q = PRIMES
    d = pow(EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p,
        q,
        d,
        rsa.rsa_crt_dmp1(d, p),
        rsa.rsa_crt_dmq1(d, q),
        rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(EXPONENT, p * q),
    )
    return numbers.private_key()


SERVER, NEXT, SHORT = curve_key(1), curve_key(2), short_key()
"""The servers' key; one that nobody shows yet; a weak one."""


def spki_of(key: Any) -> bytes:
    """A public key as certificates have it: SubjectPublicKeyInfo."""
    octets: bytes = key.public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return octets


# --- certificates ---------------------------------------------------------------------------------


def named(name: str) -> x509.Name:
    """A name of one common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:LONGEST_COMMON_NAME])])


def built(
    subject: str, issuer: str, key: Any, signer: Any, dates: Dates, more: Iterable[tuple[Any, bool]]
) -> x509.CertificateBuilder:
    """A certificate that is to be signed. key, signer: public. more: extensions, each with whether
    it is critical."""
    extensions = list(more)
    told = repr((subject, issuer, dates, extensions)).encode() + spki_of(key)
    serial = hashlib.sha256(told).digest()[:16]
    builder = x509.CertificateBuilder(
        issuer_name=named(issuer),
        subject_name=named(subject),
        public_key=key,
        serial_number=int.from_bytes(serial) >> 1,  # RFC 5280 §4.1.2.2: not negative
        not_valid_before=dates[0],
        not_valid_after=dates[1],
    )
    identifiers = (
        (x509.SubjectKeyIdentifier.from_public_key(key), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), False),
    )
    for extension, is_critical in (*identifiers, *extensions):
        builder = builder.add_extension(extension, is_critical)
    return builder


def authority(name: str, key: Signer, above: "Authority | None" = None) -> Authority:
    """A CA; above: whose it is. None: its own."""
    issuer = above.name if above else name
    signer = above.key if above else key
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    extensions = ((x509.BasicConstraints(True, None), True), (usage, True))
    builder = built(name, issuer, key.public_key(), signer.public_key(), LASTING, extensions)
    assert isinstance(signer, ed25519.Ed25519PrivateKey)
    return Authority(name, key, builder.sign(signer, None).public_bytes(DER))


TOP = authority("Lab Root", edwards_key(1))
ISSUER = authority("Lab Mail and Web", edwards_key(2), TOP)
OLD_ISSUER = authority("Lab 2005", SHORT, TOP)
UNKNOWN_TOP = authority("Nobody's Root", edwards_key(3))
UNKNOWN_ISSUER = authority("Nobody's Mail and Web", edwards_key(4), UNKNOWN_TOP)

ROOT = TOP.der
"""What a study of the lab trusts, in DER."""
ROOT_PEM = x509.load_der_x509_certificate(ROOT).public_bytes(serialization.Encoding.PEM).decode()


@lru_cache(maxsize=KEPT)
def shown(kind: Kind, *names: str) -> Shown:
    """What a host shows. names: its own, and others that the certificate is good for, too."""
    host = names[0]
    if kind is Kind.SELF_SIGNED:
        builder = leaf(host, host, names, SERVER, SERVER, LASTING)
        return Shown(SERVER, (by_curve(builder, SERVER),))
    if kind is Kind.SHA1:
        builder = leaf(host, OLD_ISSUER.name, names, SERVER, SHORT, LASTING)
        return Shown(SERVER, (by_sha1(builder, SHORT), OLD_ISSUER.der))
    if kind in (Kind.WILDCARD, Kind.OTHER_NAME, Kind.COMMON_NAME):
        instead = {
            Kind.WILDCARD: (f"*.{host.partition('.')[2]}",),
            Kind.OTHER_NAME: ("www.rental-server.example", "*.rental-server.example"),
            Kind.COMMON_NAME: (),
        }
        names = instead[kind]
        host = host if kind is Kind.COMMON_NAME else names[0]
    dates = {Kind.EXPIRED: OVER, Kind.EARLY: TO_COME}.get(kind, LASTING)
    key: Key = SHORT if kind is Kind.WEAK_KEY else SERVER
    issuer = UNKNOWN_ISSUER if kind is Kind.UNTRUSTED else ISSUER
    der = leaf(host, issuer.name, names, key, issuer.key, dates).sign(issuer.key, None)
    above = () if kind is Kind.INCOMPLETE else (issuer.der,)
    return Shown(key, (der.public_bytes(DER), *above))


def leaf(
    host: str, issuer: str, names: tuple[str, ...], key: Key, signer: Signer | Key, dates: Dates
) -> x509.CertificateBuilder:
    """A server's certificate, to be signed. names: dNSNames; none: the common name alone."""
    extensions: list[tuple[Any, bool]] = [
        (x509.BasicConstraints(False, None), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
    ]
    if names:
        alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        extensions.append((alternative, False))
    return built(host, issuer, key.public_key(), signer.public_key(), dates, extensions)


def by_curve(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Signed by ECDSA, always with the same signature (RFC 6979)."""
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True).public_bytes(DER)


WITH_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")  # RFC 8017, appendix A.2.4
WITH_SHA1 = bytes.fromhex("300d06092a864886f70d0101050500")


def by_sha1(builder: x509.CertificateBuilder, key: rsa.RSAPrivateKey) -> bytes:
    """Signed with RSA over SHA-1, which the library does no more for certificates.

    Both algorithms' identifiers are of one length, and so are the signatures.
    """
    certificate = builder.sign(key, hashes.SHA256())
    signed = certificate.tbs_certificate_bytes.replace(WITH_SHA256, WITH_SHA1)
    signature = key.sign(signed, padding.PKCS1v15(), hashes.SHA1())
    whole = certificate.public_bytes(DER).replace(WITH_SHA256, WITH_SHA1)
    return whole[: -len(signature)] + signature


# --- digests, as TLSA has them --------------------------------------------------------------------


def key_of(key: Key | Signer) -> bytes:
    """The SubjectPublicKeyInfo of a key."""
    return spki_of(key.public_key())


def sha256(octets: bytes) -> str:
    """A digest in hexadecimal."""
    return hashlib.sha256(octets).hexdigest()


def sha512(octets: bytes) -> str:
    """The same with SHA-512."""
    return hashlib.sha512(octets).hexdigest()
