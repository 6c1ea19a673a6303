"""Mark certificates of the lab, for BIMI: right ones, and such that are wrong in one way each.

Made as `authority` makes those of servers: the same octets in every process. The logo stands in the
logotype extension (RFC 9399 §4.1), as a data: URI beside its SHA-256. Nobody vouches for it.
"""

import hashlib
from base64 import b64encode
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID, ObjectIdentifier

from .authority import LASTING, OVER, SERVER, Dates, authority, edwards_key

FOR_BIMI = ObjectIdentifier("1.3.6.1.5.5.7.3.31")
LOGOTYPE = ObjectIdentifier("1.3.6.1.5.5.7.1.12")
MARK_TYPE = ObjectIdentifier("1.3.6.1.4.1.53087.1.13")
SHA256 = bytes.fromhex("608648016503040201")  # the content of its identifier, RFC 5754 §2.2
SEQUENCE, OCTETS, IDENTIFIER, TEXT = 0x30, 0x04, 0x06, 0x16  # tags, X.690 §8
SUBJECT_LOGO, DIRECT = 0xA2, 0xA0  # RFC 9399 §4.1
LONGEST_SHORT = 0x7F  # of a length in one octet, X.690 §8.1.3

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" '
    'viewBox="0 0 64 64"><title>Lab</title><circle cx="32" cy="32" r="30"/></svg>\n'
)
OTHER_LOGO = LOGO.replace("30", "20")
MARKS = authority("Lab Marks", edwards_key(5))


def value(tag: int, *parts: bytes) -> bytes:
    """One DER value."""
    content = b"".join(parts)
    if len(content) <= LONGEST_SHORT:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes([tag, LONGEST_SHORT + 1 + len(length)]) + length + content


def logotype(svg: str) -> bytes:
    """The extension's value: one image, the subject's."""
    uri = b"data:image/svg+xml;base64," + b64encode(svg.encode())
    digest = hashlib.sha256(svg.encode()).digest()
    hashed = value(SEQUENCE, value(SEQUENCE, value(IDENTIFIER, SHA256)), value(OCTETS, digest))
    details = value(
        SEQUENCE,
        value(TEXT, b"image/svg+xml"),
        value(SEQUENCE, hashed),
        value(SEQUENCE, value(TEXT, uri)),
    )
    images = value(SEQUENCE, value(SEQUENCE, details))
    return value(SEQUENCE, value(SUBJECT_LOGO, value(DIRECT, images)))


def certificate(
    domain: str,
    mark_type: str = "Registered Mark",
    svg: str | None = LOGO,
    dates: Dates = LASTING,
    is_for_bimi: bool = True,
) -> str:
    """A mark certificate for a domain, PEM. mark_type: "": it does not say. svg: None: no logo."""
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, "Lab")]
    if mark_type:
        attributes.append(x509.NameAttribute(MARK_TYPE, mark_type))
    serial = hashlib.sha256(repr((domain, mark_type, svg, dates, is_for_bimi)).encode()).digest()
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(attributes))
        .issuer_name(x509.load_der_x509_certificate(MARKS.der).subject)
        .public_key(SERVER.public_key())
        .serial_number(int.from_bytes(serial[:16]) >> 1)
        .not_valid_before(dates[0])
        .not_valid_after(dates[1])
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
    )
    if is_for_bimi:
        builder = builder.add_extension(x509.ExtendedKeyUsage([FOR_BIMI]), critical=False)
    if svg is not None:
        extension = x509.UnrecognizedExtension(LOGOTYPE, logotype(svg))
        builder = builder.add_extension(extension, critical=False)
    assert not isinstance(MARKS.key, type(SERVER))
    return pem(builder.sign(MARKS.key, None))


def pem(made: x509.Certificate) -> str:
    """A certificate as text."""
    return made.public_bytes(serialization.Encoding.PEM).decode()


ISSUER = pem(x509.load_der_x509_certificate(MARKS.der))


@lru_cache(maxsize=256)
def chain(kind: str, domain: str) -> str:
    """What a domain serves as its mark certificate: the text that the mark of this name stands for.

    Raises KeyError: there is no such kind.
    """
    own = {
        "vmc": lambda: certificate(domain),
        "cmc": lambda: certificate(domain, "Prior Use Mark"),
        "anymark": lambda: certificate(domain, ""),
        "expiredmark": lambda: certificate(domain, dates=OVER),
        "othersmark": lambda: certificate("others.example"),
        "otherlogomark": lambda: certificate(domain, svg=OTHER_LOGO),
        "nologomark": lambda: certificate(domain, svg=None),
        "usagemark": lambda: certificate(domain, is_for_bimi=False),
        "alonemark": lambda: certificate(domain),
    }[kind]()
    return own if kind == "alonemark" else own + ISSUER
