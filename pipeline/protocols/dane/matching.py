"""Does the chain that a mail server shows fit the TLSA records of its host? RFC 7671, RFC 7672.

Usage 3: a record fits the server's own certificate or key, and nothing else counts, neither names
nor dates (RFC 7672 §3.1.1). Usage 2: a record names an anchor above it; the path to that one has to
be valid now, and the certificate to be for the host (RFC 7672 §3.1.2, §3.2). Usages 0 and 1 are
unusable (RFC 7672 §3.1.3). Of several digests of one usage and selector, only the strongest counts
(RFC 7671 §9).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..certificates import is_for, path_flaw, read, spki
from .record import CERTIFICATE, DANE_EE, DANE_TA, FULL, SHA2_256, SHA2_512, Record

DIGESTS = {SHA2_256: hashlib.sha256, SHA2_512: hashlib.sha512}
STRENGTH = (SHA2_256, SHA2_512)  # RFC 7671 §9: rising


class Match(StrEnum):
    """What the records say of the chain."""

    VERIFIED = "verified"
    MISMATCH = "mismatch"
    UNUSABLE = "unusable"  # no record that a sender could authenticate by


@dataclass(frozen=True, slots=True)
class Verdict:
    """record: the one that fits; why: what came closest to fitting, where none does."""

    match: Match
    record: Record | None = None
    why: str = ""


def verified(
    records: Sequence[Record], chain: Sequence[bytes], names: Sequence[str], at: datetime
) -> Verdict:
    """Hold a chain against the TLSA records of a host.

    chain: DER, the server's own first. names: what its certificate may be for (RFC 7672 §3.2.2):
    the TLSA base domain first, then the others. at: when it was shown.
    """
    usable = strongest([record for record in records if record.usable])
    if not usable:
        return Verdict(Match.UNUSABLE)
    why = "no record fits the chain" if chain else "no certificate was shown"
    for record in usable:
        if record.usage == DANE_EE and chain and fits(record, chain[0]):
            return Verdict(Match.VERIFIED, record)
        for anchor in anchors(record, chain) if record.usage == DANE_TA and chain else ():
            flaw = path_flaw(chain, [anchor], at) or name_flaw(chain[0], names)
            if not flaw:
                return Verdict(Match.VERIFIED, record)
            why = flaw
    return Verdict(Match.MISMATCH, None, why)


def strongest(records: Sequence[Record]) -> list[Record]:
    """All but the digests beside which stands a stronger one (RFC 7671 §9)."""
    best: dict[tuple[int, int], int] = {}
    for record in records:
        if record.matching in STRENGTH:
            key = record.usage, record.selector
            best[key] = max(best.get(key, 0), record.matching)
    return [
        record
        for record in records
        if record.matching not in STRENGTH or record.matching == best[record.usage, record.selector]
    ]


def fits(record: Record, der: bytes) -> bool:
    """Is this certificate, or its key, what the record names (RFC 6698 §2.1)?"""
    chosen = der if record.selector == CERTIFICATE else spki(der)
    if chosen is None:
        return False
    digest = DIGESTS.get(record.matching)
    return record.data == (digest(chosen).digest() if digest else chosen)


def anchors(record: Record, chain: Sequence[bytes]) -> Iterator[bytes]:
    """The certificates above the server's own that a record names; a whole one need not be shown.

    RFC 7672 §3.1.2: of a digest the certificate has to be in the chain.
    """
    yield from (der for der in chain[1:] if fits(record, der))
    if record.matching == FULL and record.selector == CERTIFICATE and record.data not in chain:
        yield record.data


def name_flaw(der: bytes, names: Sequence[str]) -> str:
    """Why a certificate is for none of the names; "": it is."""
    certificate = read(der)
    if certificate is None:
        return "the certificate cannot be read"
    if any(is_for(certificate, name, by_common_name=True) for name in names):
        return ""
    return "the certificate is for other names"
