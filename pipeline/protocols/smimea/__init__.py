"""SMIMEA: the S/MIME certificate of a mail address, published in the DNS. RFC 8162.

SMIMEA at `<hash of the local part>._smimecert.<domain>`: usage, selector, matching type and data,
as in TLSA (RFC 6698 §2.1). Unlike for SMTP all four usages may be used (RFC 8162 §5). Only an
answer that DNSSEC proves counts (§6).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from ...words import QType
from ..addresses import asking, columns
from ..addresses.judging import (
    answers,
    is_for_address,
    owner_findings,
    record_rows,
    usable,
    with_codes,
)
from ..addresses.names import Place, address_keys
from ..protocol import Context, Fault, Finding, RuleSet
from ..records import faults_found, found, parsed
from .findings import (
    ADDRESS,
    BOGUS_ANSWER,
    FINDINGS,
    HASH_LENGTH,
    HASH_ONLY,
    LOWER_ONLY,
    MATCHING,
    NOT_SECURE,
    PURPOSE,
    SELECTOR,
    UNREADABLE,
    USAGE,
    VALIDITY,
    WEAK_KEY,
)

if TYPE_CHECKING:
    from .certificate import Certificate, Key

__all__ = [
    "COLUMNS",
    "FINDINGS",
    "FOLLOWS",
    "LEADING",
    "MEASURES",
    "NAME",
    "RULE_SETS",
    "Record",
    "asks",
    "follow_ups",
    "judge",
    "parse",
    "show",
]

NAME = "smimea"
FOLLOWS: tuple[str, ...] = ()
PLACE = Place(NAME, "_smimecert", QType.SMIMEA)
LEADING = asking.leading(PLACE)

PKIX_TA, PKIX_EE, DANE_TA, DANE_EE = range(4)  # RFC 7218 §2.1
CERTIFICATE, PUBLIC_KEY = range(2)  # RFC 7218 §2.2
FULL = 0  # RFC 7218 §2.3
HASHES = {1: ("SHA-256", 32), 2: ("SHA-512", 64)}
LEAST_RSA_BITS = 2048  # RFC 8551 §4

USAGE_AT, SELECTOR_AT, MATCHING_AT, DATA_AT = range(4)  # offsets in the rdata, RFC 6698 §2.1

RECORD = pl.Struct(
    {
        "usage": pl.UInt8,
        "selector": pl.UInt8,
        "matching": pl.UInt8,
        "usable": pl.Boolean,
        "what": pl.String,
        "findings": pl.List(pl.String),
    }
)
COLUMNS = columns.columns(PLACE, RECORD)
MEASURES = columns.measures(PLACE, "SMIMEA", "SMIMEA")
RULE_SETS: tuple[RuleSet, ...] = ()


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """See `addresses.asking`. domains: `domain`. Returns `schema.ASKS`."""
    return asking.asks(PLACE, domains, context)


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """See `addresses.asking`."""
    return asking.follow_ups(PLACE, facts, context)


@dataclass(frozen=True, slots=True)
class Record:
    """One SMIMEA record. what: what its data is, in words.

    addresses: of a certificate, as `address_keys`. not_before, not_after: a certificate's, null:
    none.
    """

    usage: int
    selector: int
    matching: int
    what: str
    addresses: tuple[str, ...]
    not_before: datetime | None
    not_after: datetime | None
    faults: tuple[Fault, ...]


FIELDS = {
    "usage": pa.uint8(),
    "selector": pa.uint8(),
    "matching": pa.uint8(),
    "what": pa.large_string(),
    "addresses": pa.large_list(pa.large_string()),
    "not_before": pa.timestamp("us", "UTC"),
    "not_after": pa.timestamp("us", "UTC"),
}


def parse(payload: bytes) -> Record | None:
    """Read the rdata of one SMIMEA; faults stand at offsets in it. None: too short to be one.

    Never raises, whatever the bytes.
    """
    if len(payload) < DATA_AT:
        return None
    usage, selector, matching, data = *payload[:DATA_AT], payload[DATA_AT:]
    faults = []
    if usage > DANE_EE:
        faults.append(Fault(USAGE, USAGE_AT, str(usage)))
    if selector > PUBLIC_KEY:
        faults.append(Fault(SELECTOR, SELECTOR_AT, str(selector)))
    subject = {CERTIFICATE: "a certificate", PUBLIC_KEY: "a public key"}.get(selector, "something")
    certificate, what = None, "unknown"
    if matching in HASHES:
        name, length = HASHES[matching]
        what = f"{name} of {subject}"
        faults.append(
            Fault(HASH_ONLY, DATA_AT)
            if len(data) == length
            else Fault(HASH_LENGTH, DATA_AT, f"{len(data)} octets")
        )
    elif matching != FULL:
        faults.append(Fault(MATCHING, MATCHING_AT, str(matching)))
    elif selector <= PUBLIC_KEY:
        certificate, what = read_full(usage, selector, data, faults)
    keys = (
        [key for one in certificate.addresses for key in address_keys(one)] if certificate else []
    )
    return Record(
        usage,
        selector,
        matching,
        what,
        tuple(dict.fromkeys(keys)),
        certificate.not_before if certificate else None,
        certificate.not_after if certificate else None,
        tuple(faults),
    )


def read_full(
    usage: int, selector: int, data: bytes, faults: list[Fault]
) -> "tuple[Certificate | None, str]":
    """A certificate or public key that stands there in full, and what it is. Adds to `faults`."""
    from .certificate import read_certificate, read_key  # large, and seldom published

    certificate = read_certificate(data) if selector == CERTIFICATE else None
    key = certificate.key if certificate else None
    if selector == PUBLIC_KEY:
        key = read_key(data)
    if (certificate or key) is None:
        is_pem = data.lstrip()[:10] == b"-----BEGIN"
        faults.append(Fault(UNREADABLE, DATA_AT, "PEM text" if is_pem else ""))
        return None, "unreadable"
    if key and key.type == "RSA" and key.bits is not None and key.bits < LEAST_RSA_BITS:
        faults.append(Fault(WEAK_KEY, DATA_AT, f"{key.bits} bits"))
    if certificate and usage in (PKIX_EE, DANE_EE) and not certificate.is_for_mail:
        faults.append(Fault(PURPOSE, DATA_AT))
    return certificate, in_words(key, "certificate" if certificate else "public key")


def in_words(key: "Key | None", holder: str) -> str:
    """A certificate or public key: its key's type, RSA's size too, where it is known."""
    if key is None:
        return holder
    size = f" {key.bits}" if key.type == "RSA" else ""  # of a curve its name says it
    return f"{key.type}{size} {holder}"


def judge(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings and the state of every domain.

    facts: `schema.FACTS`; domains: `domain`. Returns findings (`schema.FINDINGS` less `protocol`)
    and states (`domain` and COLUMNS).
    """
    domains = domains.select("domain")
    told = answers(PLACE, facts, domains, context).collect().lazy()  # few rows, read often
    rows = record_rows(PLACE, told)
    rows = rows.join(parsed(rows, parse, FIELDS), on="payload")
    rows = with_codes(rows, told_by_question()).with_columns(usable=usable(is_unfit()))
    records = rows.select(
        "domain",
        "position",
        "usable",
        record=pl.struct(
            *("usage", "selector", "matching"), "usable", "what", pl.col("codes").alias("findings")
        ),
    )
    findings = pl.concat(
        [
            owner_findings(told, NOT_SECURE, BOGUS_ANSWER, LOWER_ONLY),
            faults_found(rows),
            *(found(rows.filter(holds), one) for one, holds in told_by_question()),
        ]
    )
    return findings.unique(), columns.states(PLACE, told, records, facts, domains, context)


def told_by_question() -> list[tuple[Finding, pl.Expr]]:
    """What a certificate says of itself only beside the address and the time it was asked for."""
    is_end = pl.col("usage").is_in([PKIX_EE, DANE_EE])
    names_others = (pl.col("addresses").list.len() > 0) & ~is_for_address("addresses")
    is_valid = pl.col("asked_at").is_between("not_before", "not_after")
    return [(ADDRESS, is_end & names_others), (VALIDITY, ~is_valid)]


def is_unfit() -> pl.Expr:
    """Is there a finding for which no client can use the record?

    Usages 0 and 1 ask for a PKIX path: outside its validity period (RFC 5280 §6.1.3), or not for
    mail (RFC 8550 §4.4.4), a certificate fails it. With usage 3 the record itself vouches for the
    certificate (RFC 7671 §5.1), and a trust anchor's own period is no part of a path.
    """
    codes = pl.col("codes")
    fatal = (USAGE, SELECTOR, MATCHING, HASH_LENGTH, UNREADABLE)
    fails_path = codes.list.contains(VALIDITY.code) | codes.list.contains(PURPOSE.code)
    return pl.any_horizontal(
        *(codes.list.contains(finding.code) for finding in fatal),
        pl.col("usage").is_in([PKIX_TA, PKIX_EE]) & fails_path,
    )


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON."""
    return columns.show(PLACE, state)
