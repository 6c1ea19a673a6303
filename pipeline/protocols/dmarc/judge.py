"""From facts to the DMARC findings and state of every domain (RFC 9989 §4.10)."""

import polars as pl

from ...words import Outcome, Purpose, QType, State
from ..protocol import Context, filled, settled, without
from ..records import faults_found, found
from . import external, older
from .columns import COLUMNS, STRICT
from .findings import MULTIPLE_RECORDS, WRONG_NAME
from .published import answers, read, records, sole_policies
from .walk import steps, walk

UNKNOWN = State.UNKNOWN.value
TESTED = {"reject": "quarantine", "quarantine": "none"}  # RFC 9989 §4.7: t=y, one level below


def judge(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings of the domains' own records, and the state of every domain.

    facts: `schema.FACTS`; domains: `domain`, `exists`. Returns findings (`schema.FINDINGS` less
    `protocol`) and states (`domain` and COLUMNS). A fault of an inherited record is its own
    domain's finding.
    """
    domains = domains.select("domain", "exists")
    surveyed = pl.col("purpose") == Purpose.SURVEY.value
    texts = facts.filter(pl.col("qtype") == int(QType.TXT), ~pl.col("cd"), surveyed)
    about = once(texts.filter(speaks_of_dmarc()).select("name", "outcome", "rrs"))
    names = steps(domains)
    published = once(read(about, names.select(name="target")))
    policies = sole_policies(published)
    names = once(with_answers(names, about, policies))
    seen = once(with_policies(seen_of(names, policies).join(domains, on="domain")))
    standing = once(external.standing(seen, about))
    states = (
        seen.join(external.listed(standing), on="domain", how="left")
        .join(meant(published), on="domain", how="left")
        .join(older.policies(names, published, context.registrable), on="domain")
        .with_columns(**state_columns())
        .select("domain", *(column.name for column in COLUMNS))
    )
    return findings(published, texts, standing, domains), states


def once(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The same, worked out now: several of the steps behind it begin here, each with a scan."""
    return frame.collect().lazy()


def speaks_of_dmarc() -> pl.Expr:
    """Is it a name at which policies stand, or the consent of those who get reports?"""
    consent = pl.col("name").str.contains("._report._dmarc.", literal=True)
    return pl.col("name").str.starts_with("_dmarc.") | consent


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


def seen_of(names: pl.LazyFrame, policies: pl.LazyFrame) -> pl.LazyFrame:
    """One row a domain: what `walk` says, own_outcome, and the record that applies."""
    own = names.filter(pl.col("step") == 0).select("domain", own_outcome="outcome")
    record = policies.with_columns(policy_name=without("_dmarc."))
    return (
        walk(names)
        .join(own, on="domain")
        .join(record.drop("name", "payload", "faults"), on="policy_name", how="left")
    )


def meant(published: pl.LazyFrame) -> pl.LazyFrame:
    """The domains at whose own name anything meant as DMARC stands: domain, is_meant (true)."""
    domain = without("_dmarc.")
    return published.select(domain=domain, is_meant=pl.lit(True)).unique()


def with_policies(seen: pl.LazyFrame) -> pl.LazyFrame:
    """The domains with is_own, if_there and if_gone: the policy should the domain exist, or not.

    §4.10.1: p of the domain's own record; of another's sp if the domain exists, np if not. Without
    np, sp; without sp, p.
    """
    is_own = pl.col("own_has_record") & pl.col("policy").is_not_null()
    below = pl.coalesce("sp", "policy")
    return seen.with_columns(
        is_own=is_own,
        is_covered=pl.col("policy").is_not_null(),
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


def state_columns() -> dict[str, pl.Expr]:
    """COLUMNS less OLDER, of the domains of `with_policies`."""
    is_own, is_covered = pl.col("is_own"), pl.col("is_covered")
    no_uris = pl.lit([], pl.List(pl.String))
    own_is_strict = is_own & pl.col("policy").is_in(STRICT).fill_null(False)
    return {
        "dmarc": own_state(),
        "dmarc_published": unless_own_hidden(pl.col("is_meant").fill_null(False)),
        "dmarc_policy": pl.when(is_own).then("policy"),
        "dmarc_strict": unless_own_hidden(own_is_strict),
        "dmarc_covered": unless_hidden(is_covered),
        "dmarc_covered_strict": unless_hidden(strict("if_there", "if_gone")),
        "dmarc_enforced": unless_hidden(strict("tested_there", "tested_gone")),
        "dmarc_inherited": unless_hidden(is_covered & ~is_own),
        "dmarc_policy_domain": pl.when(is_covered).then("policy_name"),
        "dmarc_org_domain": pl.col("org_domain"),
        "dmarc_applies": unless_hidden(whichever("if_there", "if_gone"), pl.lit(UNKNOWN)),
        "dmarc_effective": unless_hidden(whichever("tested_there", "tested_gone"), pl.lit(UNKNOWN)),
        "dmarc_rua": unless_hidden(pl.when(is_covered).then("rua").otherwise(no_uris)),
        "dmarc_ruf": unless_hidden(pl.when(is_covered).then("ruf").otherwise(no_uris)),
        "dmarc_external": unless_hidden(pl.col("external").fill_null([])),
    }


def unless_hidden(value: pl.Expr, hidden: pl.Expr | None = None) -> pl.Expr:
    """A value that is known where the walk is."""
    return pl.when(~pl.col("is_hidden")).then(value).otherwise(hidden)


def unless_own_hidden(value: pl.Expr) -> pl.Expr:
    """A value that is known where the domain's own name is, whatever is hidden above it."""
    return pl.when(~pl.col("own_is_hidden")).then(value)


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


def strict(if_there: str, if_gone: str) -> pl.Expr:
    """Is the policy strict? Null where that hangs on whether the domain exists."""
    there, gone = (pl.col(policy).is_in(STRICT).fill_null(False) for policy in (if_there, if_gone))
    return (
        pl.when(pl.col("exists"))
        .then(there)
        .when(~pl.col("exists"))
        .then(gone)
        .when(there == gone)
        .then(there)
    )


def findings(
    published: pl.LazyFrame, texts: pl.LazyFrame, standing: pl.LazyFrame, domains: pl.LazyFrame
) -> pl.LazyFrame:
    """What is wrong at the domains' own names: each record, the records together, the reports."""
    own = domains.select("domain", name=filled("_dmarc.{}", "domain")).join(published, on="name")
    several = own.filter("is_policy").group_by("domain", "name").len().filter(pl.col("len") > 1)
    apex = domains.select("domain", name="domain")
    return pl.concat(
        [
            faults_found(own),
            found(several, MULTIPLE_RECORDS, filled("{} records", "len")),
            found(misplaced(texts, apex), WRONG_NAME),
            external.findings(standing),
        ]
    )


def misplaced(texts: pl.LazyFrame, apex: pl.LazyFrame) -> pl.LazyFrame:
    """The domains with a policy record at their own name. apex: domain, name.

    Few of the many texts that stand there speak of DMARC1, so only these are parsed.
    """
    speaking = answers(texts.join(apex, on="name", how="semi")).filter(
        pl.col("payload").bin.contains(b"DMARC1")
    )
    policies = records(speaking).filter("is_policy").select("name").unique()
    return apex.join(policies, on="name")
