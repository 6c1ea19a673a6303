"""From other facets' states, and the text of SPF records, to how far a domain is parked."""

import polars as pl
import pyarrow as pa

from ...words import QType, State
from ..mx import NULL_MX
from ..protocol import Context, filled
from ..records import found, parsed
from ..spf.answers import read
from .columns import FULLY, NONE, PARTS, SOME
from .findings import (
    DKIM_KEY,
    DKIM_NOT_REVOKED,
    DMARC_MISSING,
    DMARC_NOT_REJECT,
    NO_NULL_MX,
    SPF_MISSING,
    SPF_OPEN,
)
from .record import parse_rdata

HIDDEN = [State.UNKNOWN.value, State.NOT_OBSERVED.value]


def judge(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings and states, from the columns of the protocols in FOLLOWS, and the SPF records' text.

    Findings: `schema.FINDINGS` less `protocol`. States: `domain` and COLUMNS.
    """
    idle = domains.with_columns(is_idle=takes_no_mail()).select(
        "domain",
        "is_idle",
        *("mx", "spf", "dmarc", "dmarc_policy_domain", "dmarc_effective", "dkim", "dkim_wildcard"),
    )
    names = idle.filter(pl.col("is_idle")).select(name="domain")
    spf = senders(facts, names).with_columns(has_one=pl.lit(True))
    judged = (
        idle.join(spf, left_on="domain", right_on="name", how="left")
        .with_columns(
            parked_null_mx=pl.col("mx") == NULL_MX,
            parked_spf=forbids_all(),
            parked_dmarc=rejects(),
            parked_dkim=revokes(),
        )
        .with_columns(parked=state())
        .collect()
        .lazy()
    )
    only_idle = [pl.when("is_idle").then(column.name).alias(column.name) for column in PARTS]
    return findings(judged), judged.select("domain", "parked", *only_idle)


def takes_no_mail() -> pl.Expr:
    """Does a domain that exists take no mail? null: not known."""
    mx = pl.col("mx")
    by_mx = pl.when(~mx.is_in(HIDDEN)).then(mx.is_in([NULL_MX, State.ABSENT.value]))
    return by_mx & pl.col("exists")


# --- the four parts ------------------------------------------------------------------------------


def senders(facts: pl.LazyFrame, names: pl.LazyFrame) -> pl.LazyFrame:
    """What the one SPF record of a name comes to: name, fails_all.

    A redirect is followed once; null: what stands there is not known. Names without exactly one
    record (RFC 7208 §4.5) are left out. facts: `schema.FACTS`; names: `name`.
    """
    texts = facts.filter(pl.col("qtype") == int(QType.TXT))
    own = sole_records(answers(texts, names)).collect().lazy()
    beyond = answers(texts, own.select(name="redirect").drop_nulls().unique())
    there = sole_records(beyond).select(redirect="name", fails_there="fails_all")
    seen = beyond.select(redirect="name", is_there=pl.lit(True))
    return (
        own.join(seen, on="redirect", how="left")
        .join(there, on="redirect", how="left")
        .select(
            "name",
            fails_all=pl.when(pl.col("redirect").is_null())
            .then("fails_all")
            .when("is_there")
            .then(pl.col("fails_there").fill_null(False)),
        )
    )


def answers(texts: pl.LazyFrame, names: pl.LazyFrame) -> pl.LazyFrame:
    """The answers to TXT questions at some names: name, rdata (list)."""
    seen = read(texts.join(names, on="name", how="semi"), QType.TXT).filter("is_seen")
    return seen.select("name", "rdata").collect().lazy()


def sole_records(answers: pl.LazyFrame) -> pl.LazyFrame:
    """The SPF record of each name that has exactly one: name, fails_all, redirect."""
    listed = answers.select("name", payload="rdata").explode("payload").drop_nulls("payload")
    fields = {"fails_all": pa.bool_(), "redirect": pa.large_string()}
    records = listed.join(parsed(listed, parse_rdata, fields), on="payload")
    return records.filter(pl.len().over("name") == 1).select("name", "fails_all", "redirect")


def forbids_all() -> pl.Expr:
    """The column `parked_spf`; has_one: is there exactly one record?"""
    is_known = ~pl.col("spf").is_in(HIDDEN)
    return (
        pl.when(is_known & pl.col("has_one").is_null()).then(False).when(is_known).then("fails_all")
    )


def rejects() -> pl.Expr:
    """The column `parked_dmarc`, of what applies: inherited or own, after t=y."""
    effective = pl.col("dmarc_effective")
    is_known = effective.is_null() | (effective != State.UNKNOWN.value)
    return pl.when(is_known).then((effective == "reject").fill_null(False))


def revokes() -> pl.Expr:
    """The column `parked_dkim`."""
    state = pl.col("dkim")
    return pl.when(~state.is_in(HIDDEN)).then((state == "revoked_only") & pl.col("dkim_wildcard"))


def state() -> pl.Expr:
    """The column `parked`, from the parts. A part that is not known matters only where it decides.

    Polars' `&` and `|` are Kleene's.
    """
    is_closed = pl.col("parked_spf") & pl.col("parked_dmarc") & pl.col("parked_dkim")
    parts = [column.name for column in PARTS]
    has_any = pl.any_horizontal(*parts)
    return (
        pl.when(~pl.col("is_idle"))
        .then(pl.lit(State.NOT_APPLICABLE.value))
        .when(pl.col("is_idle").is_null())
        .then(hidden("mx"))
        .when(is_closed)
        .then(pl.lit(FULLY))
        .when(is_closed.is_null() | has_any.is_null())
        .then(hidden("spf", "dmarc", "dkim"))
        .when(has_any)
        .then(pl.lit(SOME))
        .otherwise(pl.lit(NONE))
    )


def hidden(*facets: str) -> pl.Expr:
    """Why it is not known: not_observed where no facet of these was asked in vain."""
    states = [pl.col(facet) for facet in facets]
    is_unobserved = [state == State.NOT_OBSERVED.value for state in states]
    was_in_vain = [state == State.UNKNOWN.value for state in states]
    return (
        pl.when(pl.any_horizontal(*is_unobserved) & ~pl.any_horizontal(*was_in_vain))
        .then(pl.lit(State.NOT_OBSERVED.value))
        .otherwise(pl.lit(State.UNKNOWN.value))
    )


# --- findings ------------------------------------------------------------------------------------


def findings(judged: pl.LazyFrame) -> pl.LazyFrame:
    """What is missing, or open, at the domains that take no mail; nothing of what is not known."""
    idle = judged.filter("is_idle")
    domain, dmarc = pl.col("domain"), filled("_dmarc.{}", "domain")
    policy = filled("_dmarc.{}", "dmarc_policy_domain")
    dkim = filled("*._domainkey.{}", "domain")
    has_spf = pl.col("spf") == State.PRESENT.value
    has_key = (pl.col("dkim") == "confirmed").fill_null(False)
    effective = pl.col("dmarc_effective")
    told = (
        (~pl.col("parked_null_mx"), NO_NULL_MX, domain, None),
        (~pl.col("parked_spf") & ~has_spf, SPF_MISSING, domain, None),
        (~pl.col("parked_spf") & has_spf, SPF_OPEN, domain, None),
        (~pl.col("parked_dmarc") & effective.is_null(), DMARC_MISSING, dmarc, None),
        (~pl.col("parked_dmarc") & effective.is_not_null(), DMARC_NOT_REJECT, policy, effective),
        (has_key, DKIM_KEY, domain, None),
        (~pl.col("parked_dkim") & ~has_key, DKIM_NOT_REVOKED, dkim, None),
    )
    return pl.concat(
        found(idle.filter(where).with_columns(name=name), finding, evidence)
        for where, finding, name, evidence in told
    )
