"""One MX record (RFC 1035 §3.3.9), and what is wrong with it by itself."""

import re
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from ... import message
from ..protocol import Fault, Finding
from ..records import parsed
from .findings import ADDRESS_LITERAL, LOCALHOST, NULL_MX_PREFERENCE, SINGLE_LABEL

MOST_HOSTS = 100  # looked at and kept a domain; a hostile zone can list thousands
NOWHERE = "."  # the host of a null MX

IPV4 = re.compile(r"\[?\d{1,3}(\.\d{1,3}){3}\]?")
IPV6 = re.compile(r"\[?(ipv6:)?[0-9a-f]*:[0-9a-f:.]*\]?")
PREFERENCE_AT, EXCHANGE_AT = 0, 2  # 16 bits, then the name


@dataclass(frozen=True, slots=True)
class Record:
    """One MX record. host: "." is the null MX."""

    preference: int
    host: str
    faults: tuple[Fault, ...]


FIELDS = {"preference": pa.uint16(), "host": pa.large_string()}


def parse(payload: bytes) -> Record | None:
    """Read the rdata of one MX; faults stand at offsets in it. None: not an MX's rdata.

    Never raises, whatever the bytes.
    """
    try:
        preference, host = message.exchange(payload)
        whole = len(payload) == 2 + len(message.wire_name(payload, 2)[0])
    except (IndexError, message.Malformed):
        return None
    if not whole:
        return None
    faults = []
    if host == NOWHERE and preference != 0:  # RFC 7505 §3
        faults.append(Fault(NULL_MX_PREFERENCE, PREFERENCE_AT, f"{preference} ."))
    elif flaw := host_flaw(host):
        faults.append(Fault(flaw, EXCHANGE_AT, f"{preference} {host}"))
    return Record(preference, host, tuple(faults))


def host_flaw(host: str) -> Finding | None:
    """What is wrong with a host name by itself. host: presentation form, lower case."""
    plain = host.replace("\\", "")
    if IPV4.fullmatch(plain) or IPV6.fullmatch(plain):
        return ADDRESS_LITERAL
    if host in ("localhost", "localhost.localdomain") or host.endswith(".localhost"):
        return LOCALHOST
    if "." not in host:
        return SINGLE_LABEL
    return None


def answer_rows(facts: pl.LazyFrame) -> pl.LazyFrame:
    """The records of answers: the facts' columns, and section, owner, type, rdata of each."""
    return (
        facts.filter(pl.col("rrs").list.len() > 0)
        .explode("rrs")
        .with_columns(pl.col("rrs").struct.unnest())
        .filter(pl.col("section") == message.ANSWER)
    )


def by_preference(rows: pl.LazyFrame, *key: str) -> pl.LazyFrame:
    """MX records read, in the order in which senders try them, then by name.

    rows: the key's columns and `payload`. Adds preference, host and faults.
    """
    return rows.join(parsed(rows, parse, FIELDS), on="payload").sort(*key, "preference", "host")
