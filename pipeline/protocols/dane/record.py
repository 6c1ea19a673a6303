"""One TLSA record, read as a sender of mail reads it."""

import warnings
from dataclasses import dataclass

from ..protocol import Fault, Finding
from .findings import (
    NO_CERTIFICATE,
    PKIX_USAGE,
    UNKNOWN_MATCHING,
    UNKNOWN_SELECTOR,
    UNKNOWN_USAGE,
    WRONG_LENGTH,
)

USAGE_AT, SELECTOR_AT, MATCHING_AT, DATA_AT = 0, 1, 2, 3  # RFC 6698 §2.1
PKIX_TA, PKIX_EE, DANE_TA, DANE_EE = range(4)  # RFC 7218 §2.1
CERTIFICATE, KEY = range(2)  # RFC 7218 §2.2
FULL, SHA2_256, SHA2_512 = range(3)  # RFC 7218 §2.3
OCTETS = {SHA2_256: 32, SHA2_512: 64}
SHOWN = 16  # octets of the data


@dataclass(frozen=True, slots=True)
class Record:
    """One TLSA. usable: a sender may authenticate by it, should its DNS be proven."""

    usage: int
    selector: int
    matching: int
    data: bytes
    usable: bool
    faults: tuple[Fault, ...]


def parse(payload: bytes) -> Record | None:
    """Read one TLSA's rdata; faults stand at offsets in it. None: it is none.

    Never raises, whatever the bytes.
    """
    if len(payload) < DATA_AT:
        return None
    usage, selector, matching = payload[:DATA_AT]
    data = payload[DATA_AT:]
    shown = f"{usage} {selector} {matching} {data[:SHOWN].hex()}" + "…" * (len(data) > SHOWN)
    flaws = (
        (USAGE_AT, usage_flaw(usage)),
        (SELECTOR_AT, None if selector in (CERTIFICATE, KEY) else UNKNOWN_SELECTOR),
        (MATCHING_AT, None if matching in (FULL, *OCTETS) else UNKNOWN_MATCHING),
        (DATA_AT, data_flaw(selector, matching, data)),
    )
    faults = tuple(Fault(flaw, at, shown) for at, flaw in flaws if flaw)
    return Record(usage, selector, matching, data, not faults, faults)


def usage_flaw(usage: int) -> Finding | None:
    """Of the certificate usage (RFC 7672 §3.1.3: 0 and 1 need CAs that all senders trust)."""
    if usage in (PKIX_TA, PKIX_EE):
        return PKIX_USAGE
    return None if usage in (DANE_TA, DANE_EE) else UNKNOWN_USAGE


def data_flaw(selector: int, matching: int, data: bytes) -> Finding | None:
    """Of what is to be matched (RFC 6698 §2.1.4)."""
    if matching in OCTETS:
        return None if len(data) == OCTETS[matching] else WRONG_LENGTH
    if matching == FULL and selector in (CERTIFICATE, KEY):
        return None if is_der(selector, data) else NO_CERTIFICATE
    return None


def is_der(selector: int, data: bytes) -> bool:
    """Is this a whole certificate, or a whole SubjectPublicKeyInfo? Of a kind we know or not."""
    from cryptography import x509  # large, and most records hold a hash
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        with warnings.catch_warnings():  # of what strangers write the library warns on the terminal
            warnings.simplefilter("ignore")
            if selector == CERTIFICATE:
                x509.load_der_x509_certificate(data)
            else:
                load_der_public_key(data)
    except UnsupportedAlgorithm:
        return True  # well formed, of a key that this library does not know
    except Exception:  # of several kinds, ValueError not the base of all of them
        return False
    return True
