"""Each MX host's DANE by itself, once in a run, however many domains it serves (RFC 7672 §2.2)."""

import polars as pl
import pyarrow as pa

from ... import message
from ...words import SETTLED, Outcome, Purpose, QType, State
from ..protocol import Context, settled, without
from ..records import parsed
from ..validation import BOGUS, INSECURE, SECURE, verdicts
from .asks import ADDRESSES, AT, LONGEST_NAME, end, is_answered
from .columns import HIDDEN, RECORD, UNUSABLE, USABLE
from .record import parse

MOST_RECORDS = 50  # kept of a host; more are a zone's whim
FIELDS = {
    "usage": pa.uint8(),
    "selector": pa.uint8(),
    "matching": pa.uint8(),
    "usable": pa.bool_(),
    "data": pa.large_binary(),
}
ANSWERED, NO_NAME = Outcome.ANSWERED.value, Outcome.NO_NAME.value
QTYPES = (*ADDRESSES, QType.CNAME, QType.TLSA)


def known_hosts(
    hosts: pl.LazyFrame, facts: pl.LazyFrame, tlsa: pl.LazyFrame, context: Context
) -> pl.LazyFrame:
    """One row a host: host, state, base, owner (of the TLSA), records (RECORD), has_records.

    hosts: `host`, each once. facts: see `relevant`. tlsa: see `records`.
    """
    told = verdicts(facts, context)
    seen = with_address(hosts, told).join(ends(facts), on="host", how="left")
    for marked, base in (("_here", "host"), ("_end", "end")):
        about = (pl.col("qtype") == int(QType.TLSA)) & pl.col("name").str.starts_with(AT)
        at = told.filter(about).select(
            without(AT).alias(base),
            pl.col("security", "outcome").name.suffix(f"_tlsa{marked}"),
        )
        seen = seen.join(at, on=base, how="left")
    chosen = seen.with_columns(is_at_end=is_at_end()).select(
        "host",
        "proof",
        is_gone=(pl.col("address") == NO_NAME) & ~pl.col("is_alias"),
        base=by_place("end", "host"),
        security=by_place("security_tlsa_end", "security_tlsa_here"),
        outcome=by_place("outcome_tlsa_end", "outcome_tlsa_here"),
    )
    return with_records(chosen, tlsa)


def relevant(hosts: pl.LazyFrame, facts: pl.LazyFrame) -> pl.LazyFrame:
    """The facts about the hosts' addresses and aliases, and all about TLSA records."""
    of_type = facts.filter(pl.col("qtype").is_in([int(qtype) for qtype in QTYPES]))
    is_tlsa = pl.col("qtype") == int(QType.TLSA)
    return pl.concat(
        [
            of_type.filter(~is_tlsa).join(hosts, left_on="name", right_on="host", how="semi"),
            of_type.filter(is_tlsa),
        ]
    )


def with_address(hosts: pl.LazyFrame, told: pl.LazyFrame) -> pl.LazyFrame:
    """The hosts with address (the outcome that counts), is_alias, and proof: may a TLSA be used?

    An address is enough, of either family; where there is none, a failure hides it. §2.2.2: behind
    an alias whose target is not proven, the proof of the alias itself is enough.
    """
    for qtype in (*ADDRESSES, QType.CNAME):
        side = told.filter(pl.col("qtype") == int(qtype)).select(
            pl.col("name").alias("host"),
            pl.struct("security", "outcome", "is_alias").alias(qtype.name),
        )
        hosts = hosts.join(side, on="host", how="left")
    a, aaaa = pl.col("A").struct, pl.col("AAAA").struct
    has_a, has_aaaa = (one.field("outcome") == ANSWERED for one in (a, aaaa))
    failed = [~one.field("outcome").is_in(list(SETTLED)) for one in (a, aaaa)]
    told_by_aaaa = ~has_a.fill_null(False) & (
        has_aaaa.fill_null(False) | (failed[1].fill_null(False) & ~failed[0].fill_null(False))
    )
    picked = pl.when(told_by_aaaa).then("AAAA").otherwise("A").struct
    security = picked.field("security").fill_null(State.NOT_OBSERVED.value)
    is_alias = picked.field("is_alias").fill_null(False)
    of_alias = pl.col("CNAME").struct.field("security").fill_null(State.NOT_OBSERVED.value)
    return hosts.select(
        "host",
        address=picked.field("outcome"),
        is_alias=is_alias,
        is_whole=security == SECURE,
        proof=pl.when(is_alias & (security == INSECURE)).then(of_alias).otherwise(security),
    )


def ends(facts: pl.LazyFrame) -> pl.LazyFrame:
    """Where the hosts' aliases lead: host, end. Only those that are aliases."""
    return (
        facts.filter(
            pl.col("qtype").is_in([int(qtype) for qtype in ADDRESSES]), ~pl.col("cd"), is_answered()
        )
        .select(host="name", end=end())
        .filter(pl.col("end") != pl.col("host"))
        .unique("host", keep="first")
    )


def is_at_end() -> pl.Expr:
    """Is the TLSA base the end of the aliases? (RFC 7672 §2.2.2, §2.2.3)

    The whole chain proven: the end first; the host's own name only if there is no proven TLSA. A
    failure at the end is a failure: mail waits.
    """
    security = pl.col("security_tlsa_end").fill_null(State.NOT_OBSERVED.value)
    is_there = (security == SECURE) & (pl.col("outcome_tlsa_end") == ANSWERED)
    decides = is_there | security.is_in([BOGUS, *HIDDEN])
    return (pl.col("is_whole") & pl.col("end").is_not_null() & decides).fill_null(False)


def by_place(at_end: str, here: str) -> pl.Expr:
    """One column of two, by is_at_end."""
    return pl.when("is_at_end").then(at_end).otherwise(here)


def with_records(chosen: pl.LazyFrame, tlsa: pl.LazyFrame) -> pl.LazyFrame:
    """The hosts with their records and states. chosen: see `known_hosts`."""
    record = pl.struct("usage", "selector", "matching", "usable", findings="codes")
    lists = tlsa.group_by("owner", maintain_order=True).agg(records=record)
    is_usable = pl.element().struct.field("usable")
    cannot = pl.element().struct.with_fields(usable=pl.lit(False))
    return (
        chosen.with_columns(owner=pl.lit(AT) + pl.col("base"))
        .join(lists, on="owner", how="left")
        .with_columns(pl.col("records").cast(pl.List(RECORD)).fill_null([]))
        .with_columns(state=state(pl.col("records").list.eval(is_usable).list.any()))
        .select(
            "host",
            "state",
            "owner",
            base=pl.when(pl.col("proof") == SECURE).then("base"),
            has_records=pl.col("records").list.len() > 0,
            records=pl.when(pl.col("state") == INSECURE)
            .then(pl.col("records").list.eval(cannot))
            .otherwise("records"),
        )
    )


def state(has_usable: pl.Expr) -> pl.Expr:
    """A host's state. proof: of its address; security, outcome: of its TLSA.

    A TLSA that does not exist is absent even where that is not proven (an opt-out span of NSEC3):
    a sender then finds none.
    """
    security = pl.col("security").fill_null(State.NOT_OBSERVED.value)
    cannot_exist = pl.col("owner").str.len_chars() > LONGEST_NAME
    return (
        pl.when(pl.col("proof") != SECURE)
        .then("proof")
        .when(pl.col("is_gone") | cannot_exist)
        .then(pl.lit(State.ABSENT.value))
        .when(security.is_in([BOGUS, *HIDDEN]))
        .then(security)
        .when(pl.col("outcome") != ANSWERED)
        .then(pl.lit(State.ABSENT.value))
        .when(security == INSECURE)
        .then(pl.lit(INSECURE))
        .when(has_usable)
        .then(pl.lit(USABLE))
        .otherwise(pl.lit(UNUSABLE))
    )


def records(facts: pl.LazyFrame, prefix: str) -> pl.LazyFrame:
    """The TLSA records below a prefix: owner, payload, usage, selector, matching, data, usable,
    codes (of findings), faults; in the order of their bytes.
    """
    listed = (
        facts.filter(
            pl.col("qtype") == int(QType.TLSA),
            pl.col("name").str.starts_with(prefix),
            ~pl.col("cd"),
            pl.col("purpose") != Purpose.AUDIT.value,
            settled(),
        )
        .select("name", "rrs")
        .explode("rrs")
        .select("name", pl.col("rrs").struct.unnest())
        .filter(pl.col("section") == message.ANSWER, pl.col("type") == int(QType.TLSA))
        .select(owner="name", payload="rdata")
        .unique()
    )
    codes = pl.col("faults").list.eval(pl.element().struct.field("code"))
    read = parsed(listed, parse, FIELDS).with_columns(codes=codes)
    ranked = listed.join(read, on="payload").sort("usable", descending=True)
    kept = ranked.filter(pl.int_range(pl.len()).over("owner") < MOST_RECORDS)  # usable ones first
    return kept.sort("owner", "payload")
