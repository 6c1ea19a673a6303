"""X.509 certificates as servers show them: what they say, whose they are, what they rest on.

RFC 5280; names as RFC 9525 §6 matches them. A chain is what a server sent, its own certificate
first, each in DER; strangers made it, so everything here is total: `None` or a reason, never an
exception.
"""

import base64
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import NameOID
from OpenSSL import crypto

MOST_NAMES = 1000  # of one certificate
SPKI_FIELD = 6  # of a TBSCertificate that states its version, RFC 5280 §4.1
SEQUENCE, VERSION = 0x30, 0xA0  # tags, X.690 §8.1.2
LONG_FORM = 0x80  # of a length, X.690 §8.1.3.5
NO_CERTIFICATE = "no certificate"
LEAST_BITS, LEAST_CURVE = 2048, 224  # RFC 9325 §4.5
PEM_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----")
WEAK_DIGESTS = {
    "1.2.840.113549.1.1.4": "MD5 (RSA)",  # RFC 3279 §2.2.1
    "1.2.840.113549.1.1.5": "SHA-1 (RSA)",
    "1.2.840.10040.4.3": "SHA-1 (DSA)",
    "1.2.840.10045.4.1": "SHA-1 (ECDSA)",
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """What one says. names: its dNSNames, lower case; common_name: the subject's first, or "".

    is_self_issued: subject and issuer are the same, as of a root. weak_key, weak_signature: what is
    weak of them by RFC 9325 §4.5, in a word or two; "": nothing.
    """

    names: tuple[str, ...]
    common_name: str
    not_before: datetime
    not_after: datetime
    is_self_issued: bool
    weak_key: str = ""
    weak_signature: str = ""


def read(der: bytes) -> Certificate | None:
    """Read a certificate. None: it cannot be read."""
    try:
        with warnings.catch_warnings():  # of what strangers write the library warns on the terminal
            warnings.simplefilter("ignore")
            certificate = x509.load_der_x509_certificate(der)
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return Certificate(
            names=tuple(names_of(certificate)),
            common_name=str(common[0].value).lower() if common else "",
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            is_self_issued=certificate.subject == certificate.issuer,
            weak_key=weak_key(certificate),
            weak_signature=weak_signature(certificate),
        )
    except Exception:  # the library raises many kinds on hostile bytes
        return None


def certificates_in(pem: str) -> tuple[bytes, ...]:
    """The certificates of a PEM text (RFC 7468 §5), DER; what is no base64 is left out."""
    found = []
    for block in PEM_BLOCK.findall(pem):
        with suppress(ValueError):
            found.append(base64.b64decode("".join(block.split()), validate=True))
    return tuple(found)


def weak_key(certificate: x509.Certificate) -> str:
    """The key's kind and bits, if these are too few; "": they are not, or it is of another kind."""
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return ""  # well formed, of a kind that is not known here
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey) and key.key_size < LEAST_BITS:
        return f"{'RSA' if isinstance(key, rsa.RSAPublicKey) else 'DSA'} {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size < LEAST_CURVE:
        return key.curve.name
    return ""


def weak_signature(certificate: x509.Certificate) -> str:
    """The digest that it is signed by way of, if that can be forged; not of a root."""
    if certificate.subject == certificate.issuer:
        return ""
    return WEAK_DIGESTS.get(certificate.signature_algorithm_oid.dotted_string, "")


def names_of(certificate: x509.Certificate) -> list[str]:
    """The dNSNames of the subject alternative name (RFC 5280 §4.2.1.6)."""
    with suppress(x509.ExtensionNotFound):
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = found.value.get_values_for_type(x509.DNSName)[:MOST_NAMES]
        return [name.lower().removesuffix(".") for name in names]
    return []


def is_for(certificate: Certificate, host: str, *, by_common_name: bool = False) -> bool:
    """Does it stand for a host (an A-label name, lower case, without final dot)?

    by_common_name: where it has no dNSName at all, its common name counts, which RFC 9525 §6.3 has
    given up and RFC 7672 §3.2.3 still allows.
    """
    names = certificate.names
    if not names and by_common_name:
        names = (certificate.common_name,)
    return any(matches(name, host) for name in names)


def matches(presented: str, host: str) -> bool:
    """A name itself, or `*` as a whole first label for exactly one (RFC 9525 §6.3)."""
    if presented == host:
        return bool(host)
    star, _, parent = presented.partition(".")
    first, _, rest = host.partition(".")
    return star == "*" and bool(first and parent) and rest == parent


def path_flaw(chain: Sequence[bytes], anchors: Sequence[bytes], at: datetime) -> str:
    """Why no path leads from a chain's first certificate to an anchor at a moment; "": one does.

    at: of any time zone.

    OpenSSL builds it (RFC 5280 §6): signatures, dates, CA flags, of the whole path. Names are not
    looked at. An anchor need not be self-signed.
    """
    store = crypto.X509Store()  # a store keeps the first time that it is given
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    store.set_time(at.astimezone(UTC))  # it takes the figures as they are
    try:
        for anchor in all_loaded(tuple(anchors)):
            store.add_cert(anchor)
        own, *others = map(loaded, chain)
    except (crypto.Error, ValueError):  # one that OpenSSL cannot read, or none at all
        return NO_CERTIFICATE
    try:
        crypto.X509StoreContext(store, own, others).verify_certificate()
    except crypto.X509StoreContextError as fault:
        return str(fault)
    return ""


@lru_cache(maxsize=8)
def all_loaded(anchors: tuple[bytes, ...]) -> tuple[crypto.X509, ...]:
    """Anchors as OpenSSL has them: the web's are more than a hundred. Raises what that raises."""
    return tuple(map(loaded, anchors))


def loaded(der: bytes) -> crypto.X509:
    """As OpenSSL has it. Raises what that raises."""
    return crypto.load_certificate(crypto.FILETYPE_ASN1, der)


# --- the key, as it is written -------------------------------------------------------------------


def spki(der: bytes) -> bytes | None:
    """A certificate's SubjectPublicKeyInfo, octet for octet (RFC 6698 §2.1.2). None: not found.

    Not by a library: those write a key anew, which need not be what stands in the certificate.
    """
    try:
        body = next(fields(der))[1]  # Certificate
        parts = list(fields(next(fields(body))[1]))  # TBSCertificate
        has_version = parts[0][0] == VERSION
        tag, _, whole = parts[SPKI_FIELD - (not has_version)]
        return whole if tag == SEQUENCE else None
    except (IndexError, StopIteration):
        return None


def fields(octets: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """The DER values in some octets: tag, content, and both with the length. IndexError: cut."""
    at = 0
    while at < len(octets):
        first = octets[at + 1]
        size_of_length = first & ~LONG_FORM if first & LONG_FORM else 0
        begin = at + 2 + size_of_length
        length = int.from_bytes(octets[at + 2 : begin]) if size_of_length else first
        end = begin + length
        if end > len(octets):
            raise IndexError("a value past the end")
        yield octets[at], octets[begin:end], octets[at:end]
        at = end
