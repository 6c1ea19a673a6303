"""The TXT records of DMARC's names, read: what every part of judging begins with."""

import polars as pl
import pyarrow as pa

from ... import message
from ...words import Outcome, QType
from ..records import parsed
from .record import Record, parse

TEXT, TEXTS = pa.large_string(), pa.large_list(pa.large_string())
FIELDS = {
    "is_policy": pa.bool_(),
    "is_bare": pa.bool_(),
    "policy": TEXT,
    "sp": TEXT,
    "np": TEXT,
    "psd": TEXT,
    "is_test": pa.bool_(),
    "rua": TEXTS,
    "ruf": TEXTS,
    "policy_7489": TEXT,
    "sp_7489": TEXT,
    "pct": pa.uint8(),
}


def read(texts: pl.LazyFrame, names: pl.LazyFrame) -> pl.LazyFrame:
    """What was meant as DMARC at the names: name, the fields of `record.Record`, faults.

    texts: facts of TXT questions; names: `name`.
    """
    return records(answers(texts.join(names.drop_nulls().unique(), on="name", how="semi")))


def answers(texts: pl.LazyFrame) -> pl.LazyFrame:
    """The TXT records that came: name, payload (rdata)."""
    return (
        texts.filter(pl.col("outcome") == Outcome.ANSWERED.value)
        .select("name", "rrs")
        .explode("rrs")
        .select("name", pl.col("rrs").struct.unnest())
        .filter(pl.col("section") == message.ANSWER, pl.col("type") == int(QType.TXT))
        .select("name", payload="rdata")
        .unique()  # RFC 2181 §5: a record is in its set once
    )


def records(published: pl.LazyFrame) -> pl.LazyFrame:
    """The same of answers: `name`, `payload`."""
    published = published.collect().lazy()  # of which `parsed` takes the distinct ones
    return published.join(parsed(published, parse_rdata, FIELDS), on="payload")


def parse_rdata(rdata: bytes) -> Record | None:
    """`parse` of a TXT's strings put together (RFC 9989 §4.5)."""
    return parse(message.text(rdata))


def sole_policies(records: pl.LazyFrame) -> pl.LazyFrame:
    """The policy record of each name that has exactly one; several are all discarded (§4.10)."""
    return records.filter("is_policy").filter(pl.len().over("name") == 1)
