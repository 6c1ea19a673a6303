"""From facts to the DMARC findings and state of every domain (RFC 9989 §4.10)."""

import polars as pl
import pyarrow as pa

from ... import message
from ...words import Outcome, Purpose, QType, State
from ..existence import existence
from ..protocol import Context, settled
from ..records import faults_found, found, parsed
from .findings import MULTIPLE_RECORDS, WRONG_NAME
from .record import Record, parse
from .walk import steps, walk

UNKNOWN = State.UNKNOWN.value
STRICT = ("quarantine", "reject")
TESTED = {"reject": "quarantine", "quarantine": "none"}  # RFC 9989 §4.7: t=y, one level below
FIELDS = {
    "is_policy": pa.bool_(),
    "policy": pa.large_string(),
    "sp": pa.large_string(),
    "np": pa.large_string(),
    "psd": pa.large_string(),
    "is_test": pa.bool_(),
    "rua": pa.large_list(pa.large_string()),
    "ruf": pa.large_list(pa.large_string()),
}


def judge(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings of the domains' own records, and the state of every domain.

    facts: `schema.FACTS`; domains: `domain`. Returns findings (`schema.FINDINGS` less `protocol`)
    and states (`domain` and COLUMNS). A fault of an inherited record is its own domain's finding.
    """
    domains = domains.select("domain")
    surveyed = facts.filter(~pl.col("cd"), pl.col("purpose") == Purpose.SURVEY.value)
    texts = surveyed.filter(pl.col("qtype") == int(QType.TXT))
    names = steps(domains)
    records = read(texts, names.select(name="target"))
    policies = sole_policies(records)
    names = with_answers(names, texts, policies)
    own = names.filter(pl.col("step") == 0).select("domain", own_outcome="outcome")
    applied = policies.with_columns(policy_name=pl.col("name").str.strip_prefix("_dmarc.")).drop(
        "name"
    )
    seen = (
        walk(names)
        .join(own, on="domain")
        .join(applied, on="policy_name", how="left")
        .join(existence(surveyed, domains), on="domain", how="left")
    )
    states = with_policies(seen).select("domain", *state_columns())
    return findings(records, texts, domains), states


def read(texts: pl.LazyFrame, names: pl.LazyFrame) -> pl.LazyFrame:
    """What was meant as DMARC at the names: name, the fields of `record.Record`, faults.

    texts: facts of TXT questions; names: `name`.
    """
    published = answers(texts.join(names.drop_nulls().unique(), on="name", how="semi"))
    return published.join(parsed(published, parse_rdata, FIELDS), on="payload")


def answers(texts: pl.LazyFrame) -> pl.LazyFrame:
    """The TXT records that came: name, payload (rdata)."""
    return (
        texts.filter(settled())
        .select("name", "rrs")
        .explode("rrs")
        .select("name", pl.col("rrs").struct.unnest())
        .filter(pl.col("section") == message.ANSWER, pl.col("type") == int(QType.TXT))
        .select("name", payload="rdata")
        .unique()  # RFC 2181 §5: a record is in its set once
    )


def parse_rdata(rdata: bytes) -> Record | None:
    """`parse` of a TXT's strings put together (RFC 9989 §4.5)."""
    return parse(message.text(rdata))


def sole_policies(records: pl.LazyFrame) -> pl.LazyFrame:
    """The policy record of each name that has exactly one; several are all discarded (§4.10)."""
    return records.filter("is_policy").filter(pl.len().over("name") == 1)


def with_answers(names: pl.LazyFrame, texts: pl.LazyFrame, policies: pl.LazyFrame) -> pl.LazyFrame:
    """The names of the walks, with outcome, is_hidden and psd. names: see `walk.steps`.

    A name that cannot exist was not asked, and hides nothing: its outcome is no_name.
    """
    outcomes = texts.select(target="name", outcome="outcome")
    psd = policies.select(target="name", psd="psd")
    outcome = pl.when(pl.col("target").is_null()).then(pl.lit(Outcome.NO_NAME.value))
    return (
        names.join(outcomes, on="target", how="left")
        .join(psd, on="target", how="left")
        .with_columns(outcome=outcome.otherwise("outcome"))
        .with_columns(is_hidden=~settled().fill_null(False))
    )


def with_policies(seen: pl.LazyFrame) -> pl.LazyFrame:
    """The domains with is_own, if_there and if_gone: the policy should the domain exist, or not.

    §4.10.1: p of the domain's own record; of another's sp if the domain exists, np if not. Without
    np, sp; without sp, p.
    """
    is_own = pl.col("own_has_record") & pl.col("policy").is_not_null()
    below = pl.coalesce("sp", "policy")
    return seen.with_columns(
        is_own=is_own,
        if_there=pl.when("own_has_record").then("policy").otherwise(below),
        if_gone=pl.when("own_has_record").then("policy").otherwise(pl.coalesce("np", below)),
    ).with_columns(tested_there=lowered("if_there"), tested_gone=lowered("if_gone"))


def lowered(policy: str) -> pl.Expr:
    """A policy after t=y."""
    return (
        pl.when(pl.col("is_test").fill_null(False))
        .then(pl.col(policy).replace(TESTED))
        .otherwise(policy)
    )


def state_columns() -> list[pl.Expr]:
    """COLUMNS, of the domains of `with_policies`."""
    is_seen, is_own = ~pl.col("is_hidden"), pl.col("is_own")
    is_covered = pl.col("policy").is_not_null()
    no_uris = pl.lit([], pl.List(pl.String))
    return [
        own_state().alias("dmarc"),
        pl.when(is_own).then("policy").alias("dmarc_policy"),
        pl.when(~pl.col("own_is_hidden"))
        .then(is_own & pl.col("policy").is_in(STRICT).fill_null(False))
        .alias("dmarc_strict"),
        pl.when(is_seen).then(is_covered).alias("dmarc_covered"),
        pl.when(is_seen).then(covered_strict()).alias("dmarc_covered_strict"),
        pl.when(is_seen).then(is_covered & ~is_own).alias("dmarc_inherited"),
        pl.when(is_covered).then("policy_name").alias("dmarc_policy_domain"),
        pl.col("org_domain").alias("dmarc_org_domain"),
        pl.when(is_seen)
        .then(whichever("if_there", "if_gone"))
        .otherwise(pl.lit(UNKNOWN))
        .alias("dmarc_applies"),
        pl.when(is_seen)
        .then(whichever("tested_there", "tested_gone"))
        .otherwise(pl.lit(UNKNOWN))
        .alias("dmarc_effective"),
        pl.when(is_seen)
        .then(pl.when(is_covered).then("rua").otherwise(no_uris))
        .alias("dmarc_rua"),
        pl.when(is_seen)
        .then(pl.when(is_covered).then("ruf").otherwise(no_uris))
        .alias("dmarc_ruf"),
    ]


def own_state() -> pl.Expr:
    """The column `dmarc`: what stands at the domain's own _dmarc, whatever is hidden above it."""
    unasked = pl.col("own_outcome").is_null() | (pl.col("own_outcome") == Outcome.NOT_ASKED.value)
    return (
        pl.when(unasked)
        .then(pl.lit(State.NOT_OBSERVED.value))
        .when("own_is_hidden")
        .then(pl.lit(UNKNOWN))
        .when("is_own")
        .then(pl.lit(State.PRESENT.value))
        .otherwise(pl.lit(State.ABSENT.value))
    )


def whichever(if_there: str, if_gone: str) -> pl.Expr:
    """The one of two that holds; unknown where it is not known whether the domain exists."""
    return (
        pl.when(pl.col("exists"))
        .then(if_there)
        .when(~pl.col("exists"))
        .then(if_gone)
        .when(pl.col(if_there).eq_missing(pl.col(if_gone)))
        .then(if_there)
        .otherwise(pl.lit(UNKNOWN))
    )


def covered_strict() -> pl.Expr:
    """Is the policy that applies strict? Null where that hangs on whether the domain exists."""
    there, gone = (
        pl.col(policy).is_in(STRICT).fill_null(False) for policy in ("if_there", "if_gone")
    )
    return (
        pl.when(pl.col("exists"))
        .then(there)
        .when(~pl.col("exists"))
        .then(gone)
        .when(there == gone)
        .then(there)
    )


def findings(records: pl.LazyFrame, texts: pl.LazyFrame, domains: pl.LazyFrame) -> pl.LazyFrame:
    """What is wrong at the domains' own names: each record, then the records together."""
    own = domains.with_columns(name=pl.format("_dmarc.{}", "domain"))
    published = own.join(records, on="name")
    several = (
        published.filter("is_policy").group_by("domain", "name").len().filter(pl.col("len") > 1)
    )
    apex = domains.with_columns(name="domain")
    misplaced = apex.join(read(mentioning_dmarc(texts), apex.select("name")), on="name")
    return pl.concat(
        [
            faults_found(published),
            found(several, MULTIPLE_RECORDS, pl.format("{} records", "len")),
            found(misplaced.filter("is_policy").select("domain", "name").unique(), WRONG_NAME),
        ]
    )


def mentioning_dmarc(texts: pl.LazyFrame) -> pl.LazyFrame:
    """The TXT facts whose message mentions DMARC1: few of those that stand at the domains."""
    return texts.filter(pl.col("message").bin.contains(b"DMARC1"))
