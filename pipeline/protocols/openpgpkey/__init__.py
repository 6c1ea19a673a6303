"""OPENPGPKEY: the OpenPGP key of a mail address, published in the DNS. RFC 7929.

OPENPGPKEY at `<hash of the local part>._openpgpkey.<domain>`: one transferable public key in its
binary form (RFC 9580 §10.1), with a user ID of the address. Only an answer that DNSSEC proves
counts (RFC 7929 §5).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
from ..addresses.names import Place
from ..protocol import Context, Fault, Finding, RuleSet
from ..records import faults_found, found, parsed
from .certificate import Certificate, read_certificate
from .findings import (
    ADDRESS,
    ALGORITHM,
    ARMORED,
    ATTRIBUTE,
    BOGUS_ANSWER,
    EXPIRED,
    FINDINGS,
    LOWER_ONLY,
    MALFORMED,
    NO_ENCRYPTION,
    NO_KEY,
    NO_USER_ID,
    NOT_SECURE,
    REVOKED,
    SECRET,
    SEVERAL,
    VERSION,
    WEAK_KEY,
)
from .packets import ALGORITHMS, PUBLIC_KEY, Key, Packet, Unreadable, packets

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

NAME = "openpgpkey"
FOLLOWS: tuple[str, ...] = ()
PLACE = Place(NAME, "_openpgpkey", QType.OPENPGPKEY)
LEADING = asking.leading(PLACE)

LEAST_RSA_BITS = 2048  # RFC 9580 §12.4

RECORD = pl.Struct(
    {
        "version": pl.UInt8,
        "algorithm": pl.String,
        "fingerprint": pl.String,
        "bits": pl.UInt32,
        "created": pl.Datetime("us", "UTC"),
        "user_ids": pl.UInt32,
        "usable": pl.Boolean,
        "findings": pl.List(pl.String),
    }
)
COLUMNS = columns.columns(PLACE, RECORD)
MEASURES = columns.measures(PLACE, "OPENPGPKEY", "OPENPGPKEY")
RULE_SETS: tuple[RuleSet, ...] = ()


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """See `addresses.asking`. domains: `domain`. Returns `schema.ASKS`."""
    return asking.asks(PLACE, domains, context)


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """See `addresses.asking`."""
    return asking.follow_ups(PLACE, facts, context)


@dataclass(frozen=True, slots=True)
class Record:
    """One OPENPGPKEY record; of its first primary key, null: none that can be read.

    fingerprint: hex. bits: of the modulus or the curve, null: not known. user_ids: how many.
    addresses: of the user IDs, as `address_keys`. expires: null: never.
    """

    version: int | None
    algorithm: str | None
    fingerprint: str | None
    bits: int | None
    created: datetime | None
    user_ids: int
    addresses: tuple[str, ...]
    expires: datetime | None
    faults: tuple[Fault, ...]


FIELDS = {
    "version": pa.uint8(),
    "algorithm": pa.large_string(),
    "fingerprint": pa.large_string(),
    "bits": pa.uint32(),
    "created": pa.timestamp("us", "UTC"),
    "user_ids": pa.uint32(),
    "addresses": pa.large_list(pa.large_string()),
    "expires": pa.timestamp("us", "UTC"),
}


def parse(payload: bytes) -> Record:
    """Read the rdata of one OPENPGPKEY; faults stand at offsets in it.

    Never raises, whatever the bytes.
    """
    if payload and payload.isascii():  # every packet's first octet has its highest bit set
        return Record(None, None, None, None, None, 0, (), None, (Fault(ARMORED, 0),))
    read: list[Packet] = []
    unreadable = []
    try:
        read.extend(packets(payload))
    except Unreadable as fault:
        unreadable.append(Fault(MALFORMED, fault.at, str(fault)))
    certificate = read_certificate(read)
    key = certificate.key
    if key is None and read and read[0].type == PUBLIC_KEY and not unreadable:
        unreadable.append(Fault(MALFORMED, read[0].at, "key cut off"))
    faults = [*flaws(certificate, read), *unreadable]
    return Record(
        version=key.version if key else None,
        algorithm=ALGORITHMS.get(key.algorithm, str(key.algorithm)) if key else None,
        fingerprint=key.fingerprint.hex() if key and key.fingerprint else None,
        bits=key.bits if key else None,
        created=key.created if key else None,
        user_ids=certificate.user_ids,
        addresses=certificate.addresses,
        expires=certificate.expires,
        faults=tuple(sorted(faults, key=lambda fault: fault.at)),
    )


def flaws(certificate: Certificate, read: list[Packet]) -> Iterator[Fault]:
    """What is wrong with the packets that could be read. read: the packets."""
    if certificate.has_secret:
        yield Fault(SECRET, 0)
    if not read or read[0].type != PUBLIC_KEY:
        yield Fault(NO_KEY, 0, f"packet type {read[0].type}" if read else "")
    if certificate.keys > 1:
        yield Fault(SEVERAL, 0, f"{certificate.keys} keys")
    if certificate.has_attribute:
        yield Fault(ATTRIBUTE, 0)
    if certificate.key is None:
        return
    yield from key_flaws(certificate.key)
    if certificate.is_revoked:
        yield Fault(REVOKED, 0)
    if certificate.user_ids == 0:
        yield Fault(NO_USER_ID, 0)
    if not certificate.can_encrypt:
        yield Fault(NO_ENCRYPTION, 0)


def key_flaws(key: Key) -> Iterator[Fault]:
    """What is wrong with the primary key by itself."""
    if key.version not in (4, 6):
        yield Fault(VERSION, 0, f"version {key.version}")
    elif key.algorithm not in ALGORITHMS:
        yield Fault(ALGORITHM, 0, f"algorithm {key.algorithm}")
    elif ALGORITHMS[key.algorithm] == "RSA" and (key.bits or 0) < LEAST_RSA_BITS:
        yield Fault(WEAK_KEY, 0, f"{key.bits} bits")


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
    shown = ("version", "algorithm", "fingerprint", "bits", "created", "user_ids", "usable")
    record = pl.struct(*shown, pl.col("codes").alias("findings"))
    records = rows.select("domain", "position", "usable", record=record)
    findings = pl.concat(
        [
            owner_findings(told, NOT_SECURE, BOGUS_ANSWER, LOWER_ONLY),
            faults_found(rows),
            *(found(rows.filter(holds), one) for one, holds in told_by_question()),
        ]
    )
    return findings.unique(), columns.states(PLACE, told, records, facts, domains, context)


def told_by_question() -> list[tuple[Finding, pl.Expr]]:
    """What a key says of itself only beside the address and the time it was asked for."""
    mismatch = (pl.col("user_ids") > 0) & ~is_for_address("addresses")
    return [(ADDRESS, mismatch), (EXPIRED, pl.col("expires") <= pl.col("asked_at"))]


def is_unfit() -> pl.Expr:
    """Is there a finding for which no client can use the record?"""
    useful = (NO_ENCRYPTION, ATTRIBUTE, SEVERAL)
    about_owner = (NOT_SECURE, BOGUS_ANSWER, LOWER_ONLY)
    fatal = [one.code for one in FINDINGS if one not in (*useful, *about_owner)]
    return pl.col("codes").list.eval(pl.element().is_in(fatal)).list.any()


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON."""
    return columns.show(PLACE, state)
