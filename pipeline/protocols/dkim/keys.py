"""What stands at the selectors: texts, the keys among them, and what is wrong with each."""

import polars as pl
import pyarrow as pa

from ... import message
from ...words import Outcome, QType
from ..protocol import Context, filled
from ..records import faults_found, found, parsed
from .columns import KEY
from .findings import MULTIPLE_RECORDS, SHARED_KEY
from .record import Record, parse

MANY = 3
"""Registrable domains that publish one record with one key, from which on it is told of: two names
of one owner often share a key."""

FIELDS = {
    "valid": pa.bool_(),
    "usable": pa.bool_(),
    "key_type": pa.large_string(),
    "key_bits": pa.uint32(),
    "revoked": pa.bool_(),
    "testing": pa.bool_(),
}
ENTRY = ("domain", "selector", "name", "is_made_up")
BEST_FIRST = ("usable", "valid", "is_key", "key_bits")
NO_CODES = pl.lit([], pl.List(pl.String))


def records(below: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The TXT records at the selectors, one a row: ENTRY, payload, is_key, FIELDS, faults, repeats,
    shared_by.

    below: see `judge.answers_below`. repeats: the made-up selector is answered with the same text.
    shared_by: registrable domains that publish the same, null: less than MANY.
    """
    found = texts(below).unique().collect().lazy()  # RFC 2181 §5: a record is in its set once
    made_up = found.filter("is_made_up").select("domain", "payload").unique()
    read = found.join(parsed(found, parse_rdata, FIELDS), on="payload", how="left").join(
        made_up.with_columns(repeats=True), on=["domain", "payload"], how="left"
    )
    filled = read.with_columns(
        pl.col("repeats", "usable", "revoked", "testing").fill_null(False),
        is_key=pl.col("valid").is_not_null(),
        valid=pl.col("valid").fill_null(False),
    )
    many = shared(below, context) if context.across is None else context.across["dkim"]
    is_key = pl.col("key_bits").is_not_null()
    return filled.join(many.lazy(), on="payload", how="left").with_columns(
        shared_by=pl.when(is_key).then("shared_by")
    )


def texts(below: pl.LazyFrame) -> pl.LazyFrame:
    """The TXT records that came back, one a row: ENTRY, payload."""
    return (
        below.filter(pl.col("outcome") == Outcome.ANSWERED.value)
        .select(*ENTRY, "rrs")
        .explode("rrs")
        .select(*ENTRY, pl.col("rrs").struct.unnest())
        .filter(pl.col("section") == message.ANSWER, pl.col("type") == int(QType.TXT))
        .select(*ENTRY, payload="rdata")
    )


def parse_rdata(rdata: bytes) -> Record | None:
    """`parse` of a TXT's strings put together (RFC 6376 §3.6.2.2)."""
    return parse(message.text(rdata))


def shared(below: pl.LazyFrame, context: Context) -> pl.DataFrame:
    """The texts that stand under many registrable domains: payload, shared_by.

    below: see `judge.answers_below`, of all domains. Text for text: who writes the same key in
    another way is not counted, so these are the fewest.
    """
    published = texts(below).select("domain", "payload", hash=pl.col("payload").hash())
    holders = published.select("domain", "hash").unique()  # hashes: the texts are long
    often = holders.group_by("hash").len().filter(pl.col("len") >= MANY).select("hash")
    found = published.join(often, on="hash", how="semi").select("domain", "payload").unique()
    held = found.collect(engine="streaming")
    names = held["domain"].unique().to_list()
    owners = {"domain": names, "owner": [context.registrable(name) or name for name in names]}
    owner = pl.DataFrame(owners, schema={"domain": pl.String, "owner": pl.String})
    return (
        held.join(owner, on="domain")
        .group_by("payload")
        .agg(shared_by=pl.col("owner").n_unique())
        .filter(pl.col("shared_by") >= MANY)
    )


def entries(published: pl.LazyFrame) -> pl.LazyFrame:
    """The selectors, one a row: ENTRY, KEY's fields, count, repeats (all of its records do).

    Of several records the one that a verifier can use best stands for the selector: it may take any
    (RFC 6376 §6.1.2). The findings are those of all.
    """
    code = pl.element().struct.field("code")
    order = ("domain", "selector", *BEST_FIRST, "payload")
    return (
        published.with_columns(codes=pl.col("faults").list.eval(code))
        .sort(order, descending=[one in BEST_FIRST for one in order], nulls_last=True)
        .group_by(ENTRY, maintain_order=True)
        .agg(
            pl.col("is_key", *FIELDS).first(),
            pl.col("repeats").all(),
            pl.col("shared_by").max(),
            codes=pl.col("codes").explode().drop_nulls().unique(maintain_order=True),
            count=pl.len(),
        )
        .with_columns(
            findings=pl.concat_list(
                "codes",
                code_if(pl.col("count") > 1, MULTIPLE_RECORDS.code),
                code_if(pl.col("shared_by").is_not_null(), SHARED_KEY.code),
            ).list.sort()
        )
    )


def code_if(condition: pl.Expr, code: str) -> pl.Expr:
    """A list with one code, or without."""
    return pl.when(condition).then(pl.lit([code], pl.List(pl.String))).otherwise(NO_CODES)


def summary_of_keys(keys: pl.LazyFrame) -> pl.LazyFrame:
    """One row a domain that has texts at selectors: keys, has_usable, all_revoked,
    wildcard_is_revoked.

    What a made-up selector is answered with is no key of the domain's list, but evidence as good.
    """
    is_key, made_up = pl.col("is_key"), pl.col("is_made_up")
    return keys.group_by("domain").agg(
        keys=pl.struct(*KEY.to_schema())
        .filter(~made_up)
        .sort_by(pl.col("selector").filter(~made_up)),
        has_usable=pl.col("usable").any(),
        all_revoked=is_key.any() & pl.col("revoked").filter(is_key).all(),
        wildcard_is_revoked=made_up.any() & pl.col("revoked").filter(made_up).all(),
    )


def key_findings(published: pl.LazyFrame, keys: pl.LazyFrame) -> pl.LazyFrame:
    """What is wrong with each record, then with the records of each selector together.

    What a wildcard answers everywhere is told of once, at its name.
    """
    wildcard = filled("*._domainkey.{}", "domain")
    place = pl.when("is_made_up").then(wildcard).otherwise("name")
    told = pl.col("is_made_up") | ~pl.col("repeats")
    each = published.filter(told).with_columns(name=place)
    several = keys.filter(told, pl.col("count") > 1).with_columns(name=place)
    many = keys.filter(told, pl.col("shared_by").is_not_null()).with_columns(name=place)
    return pl.concat(
        [
            faults_found(each.filter(pl.col("is_key"))),
            found(several, MULTIPLE_RECORDS, filled("{} records", "count")),
            found(many, SHARED_KEY, filled("{} registrable domains", "shared_by")),
        ]
    )
