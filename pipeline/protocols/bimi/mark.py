"""One mark certificate (VMC or CMC) with its chain, as PEM: what it says, and of which logo.

draft-fetch-validation-vmc-wchuang. The logo stands in the logotype extension (RFC 9399, before it
RFC 3709), as a data: URI (RFC 2397) of packed SVG beside its hash. Whether the chain leads to an
authority that receivers trust is not judged: each keeps a list of its own, and none is published
for all. Nor are revocation and transparency logs looked at.
"""

import base64
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise
from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.x509.oid import ObjectIdentifier

from ...words import Level
from ..certificates import fields, names_of
from ..protocol import Fault, Finding
from .gzipped import MAGIC, unpacked
from .logo import LARGEST, digests
from .mark_findings import CHAIN, NO_LOGO, UNREADABLE, USAGE

MOST_CERTIFICATES = 10
MOST_IMAGES = 8  # of one certificate
FOR_BIMI = ObjectIdentifier("1.3.6.1.5.5.7.3.31")  # id-kp-BrandIndicatorforMessageIdentification
LOGOTYPE = ObjectIdentifier("1.3.6.1.5.5.7.1.12")
MARK_TYPE = ObjectIdentifier("1.3.6.1.4.1.53087.1.13")
VMC, CMC = "vmc", "cmc"
KINDS = {
    "registered mark": VMC,
    "government mark": VMC,
    "prior use mark": CMC,
    "modified registered mark": CMC,
}
"""The subject's mark type, by the Minimum Security Requirements for Issuance of Mark Certificates;
BIMI draft §3.5 says which is which."""

SUBJECT_LOGO, DIRECT = 0xA2, 0xA0  # tags, RFC 9399 §4.1
HASHES = {
    bytes.fromhex("2b0e03021a"): "sha1",
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}
DATA_URI = re.compile(rb"data:image/svg\+xml(?:\+gzip)?(?:;[^,;]*)*;base64,", re.I)


@dataclass(frozen=True, slots=True)
class Mark:
    """What was served as a mark certificate. is_valid: by itself, whatever domain, moment and logo.

    kind: vmc or cmc; None: it does not say. names: its dNSNames, lower case. digests:
    "algorithm:hex" of the logo in it, as the extension states them and as the logo itself has them.
    """

    is_valid: bool
    kind: str | None = None
    names: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    digests: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


def parse_mark(body: bytes) -> Mark:
    """Read a chain of certificates in PEM. Never raises, whatever the octets."""
    if not 0 < body.count(b"-----BEGIN") <= MOST_CERTIFICATES:
        return Mark(False, faults=(Fault(UNREADABLE, 0),))
    try:
        with warnings.catch_warnings():  # of what strangers write the library warns on the terminal
            warnings.simplefilter("ignore")
            return judged(x509.load_pem_x509_certificates(body))
    except Exception as wrong:  # the library raises many kinds on hostile bytes
        return Mark(False, faults=(Fault(UNREADABLE, 0, str(wrong)[:200]),))


def judged(chain: Sequence[x509.Certificate]) -> Mark:
    """What the mark certificate of a chain says and lacks. Raises what the library raises."""
    own = next((one for one in chain if not is_authority(one)), chain[0])
    found: list[tuple[Finding, str]] = []
    if flaw := chain_flaw(chain, own):
        found.append((CHAIN, flaw))
    if not is_for_bimi(own):
        found.append((USAGE, own.subject.rfc4514_string()))
    of_logo = logo_digests(extension(own, LOGOTYPE))
    if not of_logo:
        found.append((NO_LOGO, ""))
    return Mark(
        is_valid=all(finding.level is not Level.ERROR for finding, _ in found),
        kind=kind(own),
        names=tuple(names_of(own)),
        not_before=own.not_valid_before_utc,
        not_after=own.not_valid_after_utc,
        digests=of_logo,
        faults=tuple(Fault(finding, 0, evidence[:200]) for finding, evidence in found),
    )


def is_authority(certificate: x509.Certificate) -> bool:
    """May it sign others (RFC 5280 §4.2.1.9)?"""
    with suppress(x509.ExtensionNotFound):
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        return constraints.value.ca
    return False


def is_for_bimi(certificate: x509.Certificate) -> bool:
    """Does its extended key usage name BIMI?"""
    with suppress(x509.ExtensionNotFound):
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        return FOR_BIMI in usage.value
    return False


def kind(certificate: x509.Certificate) -> str | None:
    """VMC or CMC, by the subject's mark type."""
    for attribute in certificate.subject.get_attributes_for_oid(MARK_TYPE):
        return KINDS.get(str(attribute.value).strip().lower())
    return None


def chain_flaw(chain: Sequence[x509.Certificate], own: x509.Certificate) -> str:
    """What is not as it should be with the order of a chain; "": nothing (draft §3.3)."""
    if chain[0] is not own:
        return "the mark certificate is not the first"
    if len(set(chain)) < len(chain):
        return "a certificate stands there twice"
    if sum(not is_authority(one) for one in chain) > 1:
        return "several certificates that are no authority's"
    if any(one.issuer != following.subject for one, following in pairwise(chain)):
        return "out of order"
    if len(chain) == 1 and own.issuer != own.subject:
        return "without its issuer's certificate"
    return ""


def extension(certificate: x509.Certificate, oid: ObjectIdentifier) -> bytes:
    """The value of an extension that the library does not know, DER; b"": it has none."""
    with suppress(x509.ExtensionNotFound):
        value = certificate.extensions.get_extension_for_oid(oid).value
        return value.value if isinstance(value, x509.UnrecognizedExtension) else b""
    return b""


# --- the logo inside -----------------------------------------------------------------------------


def logo_digests(der: bytes) -> tuple[str, ...]:
    """ "algorithm:hex" of the SVG in a logotype extension; (): it has none that can be read."""
    with suppress(IndexError, ValueError):  # cut, or not that many values
        for stated, uris in images(der):
            for uri in uris:
                if (octets := svg_of(uri)) is not None:
                    return tuple(dict.fromkeys((*stated, *digests(("sha256",), (octets,)))))
    return ()


def images(der: bytes) -> Iterator[tuple[list[str], list[bytes]]]:
    """The subject's images: their hashes ("algorithm:hex") and URIs. IndexError, ValueError: cut.

    LogotypeExtn → [2] → [0] LogotypeData → LogotypeImage → LogotypeDetails, RFC 9399 §4.1.
    """
    for tag, logo, _ in fields(first(der)[1]):
        if tag != SUBJECT_LOGO or first(logo)[0] != DIRECT:
            continue
        data = first(logo)[1]
        for _, image, _ in islice(fields(first(data)[1]), MOST_IMAGES):
            _, hashes, uris = (value for _, value, _ in fields(first(image)[1]))
            yield list(stated_in(hashes)), [uri for _, uri, _ in fields(uris)]


def first(der: bytes) -> tuple[int, bytes]:
    """The tag and content of the first value. IndexError: there is none."""
    for tag, content, _ in fields(der):
        return tag, content
    raise IndexError("nothing there")


def stated_in(hashes: bytes) -> Iterator[str]:
    """ "algorithm:hex" of those hashes whose algorithm is known."""
    for _, pair, _ in fields(hashes):
        (_, algorithm, _), (_, value, _) = fields(pair)
        if name := HASHES.get(first(algorithm)[1]):
            yield f"{name}:{value.hex()}"


def svg_of(uri: bytes) -> bytes | None:
    """The SVG in a data: URI, unpacked. None: there is none, or it is too large."""
    head = DATA_URI.match(uri)
    if head is None:
        return None
    try:
        octets: bytes | None = base64.b64decode(unquote_to_bytes(uri[head.end() :]), validate=True)
    except ValueError:
        return None
    if octets is not None and octets.startswith(MAGIC):
        octets = unpacked(octets, LARGEST + 1)
    return octets if octets and len(octets) <= LARGEST else None
