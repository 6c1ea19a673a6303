"""TXT records that begin with a version and stand under a label of their own below the domain.

`_mta-sts`, `_smtp._tls` and `default._bimi` are found alike: an alias is followed, what does not
begin with the version is discarded, and exactly one record must be left (RFC 8461 §3.1, RFC 8460
§3, BIMI draft §7.2). A discarded text that was meant as a record is told only where none is left.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl
import pyarrow as pa

from .. import message
from ..words import Outcome, Purpose, QType, State
from .protocol import Fault, Finding, settled
from .records import Record, parsed

WSP = b" \t"
LONGEST_NAME = 253  # octets of text, RFC 1035 §2.3.4
MOST_FAULTS = 100  # kept of one record
FIELD_NAME = re.compile(rb"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")  # *-ext-name
FIELD_VALUE = re.compile(rb"[\x21-\x3a\x3c\x3e-\x7e]+")  # *-ext-value


# --- the text ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Version:
    """How a record's first field is read. exact: of a whole record, from its first octet.

    meant: of what was meant so, wherever it stands. spelt: as it must be written.
    """

    exact: re.Pattern[bytes]
    meant: re.Pattern[bytes]
    spelt: re.Pattern[bytes]
    misspelt: Finding
    not_first: Finding
    missing_semicolon: Finding

    def faults(self, payload: bytes) -> list[Fault]:
        """Why a text that does not begin with the version is none; empty: never meant as one."""
        meant = self.meant.search(payload)
        if meant is None:
            return []
        at = meant.start()
        faults = []
        if at > 0:
            faults.append(fault(self.not_first, at, payload[: at + 20]))
        spelt = self.spelt.match(payload, at)
        behind = payload[spelt.end() :].lstrip(WSP) if spelt else b""
        if spelt is None:
            faults.append(fault(self.misspelt, at, payload[at : at + 20]))
        elif not behind.startswith(b";") and (behind or not faults):
            faults.append(fault(self.missing_semicolon, spelt.end(), payload[at : at + 40]))
        return faults


class Segment(NamedTuple):
    """What stands between two semicolons. at: where it begins."""

    octets: bytes
    at: int
    is_last: bool


class Field(NamedTuple):
    """One name=value. at: where the name begins; value_at: the value."""

    name: bytes
    value: bytes
    at: int
    value_at: int


def segments(payload: bytes, at: int) -> Iterator[Segment]:
    """The segments of a text from `at` on."""
    parts = payload[at:].split(b";")
    for number, part in enumerate(parts, 1):
        yield Segment(part, at, number == len(parts))
        at += len(part) + 1


def fields(payload: bytes, at: int, syntax: Finding, faults: list[Fault]) -> Iterator[Field]:
    """The fields of a record from behind its version's semicolon on; what is none is a fault.

    The grammar is the same in RFC 8461 §3.1 and RFC 8460 §3: white space stands around semicolons
    only, and a text may end with a semicolon.
    """
    for segment in segments(payload, at):
        octets = segment.octets.strip(WSP)
        begin = segment.at + len(segment.octets) - len(segment.octets.lstrip(WSP))
        name, equals, value = octets.partition(b"=")
        if not octets and segment.is_last:
            continue
        if segment.is_last and segment.octets.rstrip(WSP) != segment.octets:
            faults.append(fault(syntax, segment.at + len(segment.octets.rstrip(WSP)), octets))
        if not equals or not FIELD_NAME.fullmatch(name):
            faults.append(fault(syntax, begin, octets))
        else:
            yield Field(name, value, begin, begin + len(name) + 1)


def fault(finding: Finding, at: int, evidence: bytes) -> Fault:
    """A fault with its evidence as text, whatever the bytes."""
    return Fault(finding, at, evidence[:200].decode("utf-8", "backslashreplace"))


def in_order(faults: list[Fault]) -> tuple[Fault, ...]:
    """By place; the first MOST_FAULTS of them."""
    return tuple(sorted(faults, key=lambda fault: fault.at)[:MOST_FAULTS])


# --- the frames ----------------------------------------------------------------------------------


def texts(facts: pl.LazyFrame, prefix: str) -> pl.LazyFrame:
    """The survey's own facts about TXT at names that begin so."""
    return facts.filter(
        pl.col("qtype") == int(QType.TXT),
        ~pl.col("cd"),
        pl.col("purpose") == Purpose.SURVEY.value,
        pl.col("name").str.starts_with(prefix),
    )


def read(
    facts: pl.LazyFrame,
    names: pl.LazyFrame,
    parse: Callable[[bytes], Record | None],
    columns: Mapping[str, pa.DataType],
) -> pl.LazyFrame:
    """What stands at the names, one row a record: name, the record's columns, `faults`.

    facts: see `texts`; names: `name`. parse: of the text; its record says `is_record`: does it
    begin with the version, and so count?
    """
    answers = (
        facts.filter(pl.col("outcome") == Outcome.ANSWERED.value)
        .join(names.select("name").unique(), on="name", how="semi")
        .select("name", "rrs")
        .explode("rrs")
        .select("name", pl.col("rrs").struct.unnest())
        .filter(pl.col("section") == message.ANSWER, pl.col("type") == int(QType.TXT))
        .select("name", payload="rdata")
        .unique()  # RFC 2181 §5: a record is in its set once
    )
    records = parsed(answers, lambda rdata: parse(message.text(rdata)), columns)
    counts = pl.col("is_record")
    return (
        answers.join(records, on="payload")
        .drop("payload")
        .filter(counts | ~counts.any().over("name"))
        .collect()  # few, and read for the findings as well as for the states
        .lazy()
    )


def summary(records: pl.LazyFrame, *columns: str) -> pl.LazyFrame:
    """One row a name: name, count (of records), is_meant (a text that is none), the sole record's
    columns (null where there are none or several). records: see `read`."""
    counts = pl.col("is_record")
    sole = [
        pl.when(counts.sum() == 1).then(pl.col(column).filter(counts).first()).alias(column)
        for column in columns
    ]
    return records.group_by("name").agg(
        *sole, count=counts.sum().cast(pl.UInt32), is_meant=(~counts).any()
    )


def observed(facts: pl.LazyFrame, names: pl.LazyFrame, found: pl.LazyFrame) -> pl.LazyFrame:
    """The names with how their question ended and what stands there.

    facts: see `texts`; names: `name` and others; found: see `summary`. Adds seen (present: at least
    one text counts or was meant; absent; unknown; not_observed), and found's columns. A name that
    is too long to exist is not asked for: nothing stands there.
    """
    there = (pl.col("count") > 0) | pl.col("is_meant")
    seen = (
        pl.when(pl.col("name").str.len_bytes() > LONGEST_NAME)
        .then(pl.lit(State.ABSENT.value))
        .when(pl.col("outcome").is_null() | (pl.col("outcome") == Outcome.NOT_ASKED.value))
        .then(pl.lit(State.NOT_OBSERVED.value))
        .when(~settled())
        .then(pl.lit(State.UNKNOWN.value))
        .when(there)
        .then(pl.lit(State.PRESENT.value))
        .otherwise(pl.lit(State.ABSENT.value))
    )
    return (
        names.join(facts.select("name", "outcome").unique("name"), on="name", how="left")
        .join(found, on="name", how="left")
        .with_columns(pl.col("count").fill_null(0), pl.col("is_meant").fill_null(False))
        .with_columns(seen=seen)
        .drop("outcome")
    )
