"""From facts to the DKIM findings and state of every domain."""

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from ... import message
from ...words import Outcome, Purpose, QType, State
from ..existence import existence
from ..protocol import Context, Fault, filled, settled
from ..records import found, parsed
from .asks import BELOW, LONGEST, MADE_UP
from .columns import CONFIRMED, KEY, NONE, POSSIBLE, REVOKED_ONLY
from .findings import DANGLING, RFC8020, WILDCARD, WILDCARD_ABOVE
from .keys import entries, key_findings, records, shared, summary_of_keys

NOERROR = (Outcome.ANSWERED.value, Outcome.NO_DATA.value)
NOT_ASKED = Outcome.NOT_ASKED.value
UNKNOWN, NOT_OBSERVED = State.UNKNOWN.value, State.NOT_OBSERVED.value


def judge(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings of every domain's selectors, and its state.

    facts: `schema.FACTS`; domains: `domain`. Returns findings (`schema.FINDINGS` less `protocol`)
    and states (`domain` and COLUMNS).
    """
    domains = domains.select("domain")
    surveyed = facts.filter(was_surveyed())
    below = answers_below(surveyed, domains).collect().lazy()  # read five times below
    published = records(below, context)
    keys = entries(published)
    seen = (
        domains.join(own(surveyed, domains), on="domain", how="left")
        .join(above(surveyed), on="domain", how="left")
        .join(summary(below), on="domain", how="left")
        .join(summary_of_keys(keys), on="domain", how="left")
        .with_columns(
            pl.col("has_usable", "all_revoked", "is_hidden", "is_unasked").fill_null(False)
        )
        .with_columns(dkim=state())
    )
    states = seen.select(
        "domain",
        "dkim",
        dkim_wildcard=wildcard(),
        dkim_keys=pl.col("keys").fill_null(pl.lit([], pl.List(KEY))),
    )
    return pl.concat([key_findings(published, keys), of_aliases(below), of_domains(seen)]), states


def across(facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context) -> pl.DataFrame:
    """The texts that many domains publish, see `keys.shared`."""
    return shared(answers_below(facts.filter(was_surveyed()), domains), context)


def was_surveyed() -> pl.Expr:
    """Was it asked as a survey asks?"""
    return ~pl.col("cd") & (pl.col("purpose") == Purpose.SURVEY.value)


# --- what was asked ------------------------------------------------------------------------------


def answers_below(surveyed: pl.LazyFrame, domains: pl.LazyFrame) -> pl.LazyFrame:
    """The facts about selectors: domain, selector, name, is_made_up, outcome, rrs."""
    parts = pl.col("name").str.splitn("._domainkey.", 2).struct
    return (
        txt(surveyed)
        .filter(pl.col("name").str.contains("._domainkey.", literal=True))
        .select(
            "name",
            "outcome",
            "rrs",
            selector=parts.field("field_0"),
            domain=parts.field("field_1"),
            is_made_up=pl.col("name").str.starts_with(MADE_UP),
        )
        .join(domains, on="domain", how="semi")
    )


def txt(surveyed: pl.LazyFrame) -> pl.LazyFrame:
    """The facts of TXT questions."""
    return surveyed.filter(pl.col("qtype") == int(QType.TXT))


def own(surveyed: pl.LazyFrame, domains: pl.LazyFrame) -> pl.LazyFrame:
    """What is known of `_domainkey`: domain, own_outcome, own_exists (null: not known).

    A name that cannot exist, because it would be too long, is as good as denied.
    """
    at_own = surveyed.filter(pl.col("name").str.starts_with(BELOW))
    names = domains.select("domain", name=filled("_domainkey.{}", "domain"))
    outcomes = txt(at_own).select("name", own_outcome="outcome")
    exists = existence(at_own, names.select(domain="name")).rename({"domain": "name"})
    impossible = pl.col("name").str.len_bytes() > LONGEST
    return (
        names.join(outcomes, on="name", how="left")
        .join(exists, on="name", how="left")
        .select(
            "domain",
            own_outcome=pl.when(impossible)
            .then(pl.lit(Outcome.NO_NAME.value))
            .otherwise("own_outcome"),
            own_exists=pl.when(impossible).then(False).otherwise("exists"),
        )
    )


def above(surveyed: pl.LazyFrame) -> pl.LazyFrame:
    """What a made-up name beside `_domainkey` brought: domain, above_outcome."""
    name = pl.col("name")
    return (
        txt(surveyed)
        .filter(name.str.starts_with(MADE_UP), ~name.str.contains("._domainkey.", literal=True))
        .group_by(domain=name.str.splitn(".", 2).struct.field("field_1"))
        .agg(above_outcome=pl.col("outcome").min())  # one, unless labels were made up anew
    )


def summary(below: pl.LazyFrame) -> pl.LazyFrame:
    """One row a domain whose selectors were asked for: is_hidden, is_unasked, has_name_below,
    wildcard_outcome."""
    outcome, made_up = pl.col("outcome"), pl.col("is_made_up")
    unasked = outcome == NOT_ASKED
    return below.group_by("domain").agg(
        is_hidden=(~settled() & ~unasked & ~made_up).any(),
        is_unasked=(unasked & ~made_up).any(),
        has_name_below=outcome.is_in(NOERROR).any(),
        wildcard_outcome=outcome.filter(made_up).min(),
    )


# --- what follows --------------------------------------------------------------------------------


def state() -> pl.Expr:
    """The column `dkim`.

    A usable key proves itself, whatever failed beside it. Without one, a selector that brought no
    answer may have it. NOERROR at `_domainkey` means that there is something below it (RFC 8020
    §2), unless a wildcard at the domain says so of every name. Such a wildcard speaks for names
    below `_domainkey` only if that does not exist itself (RFC 4592 §3.3.1), so the second control
    tells: NXDOMAIN, it exists; the same as the first, it does not.
    """
    noerror = pl.col("own_outcome").is_in(NOERROR)
    is_above = noerror & pl.col("above_outcome").is_in(NOERROR)
    return (
        pl.when("has_usable")
        .then(pl.lit(CONFIRMED))
        .when(unseen("own_outcome"))
        .then(pl.lit(NOT_OBSERVED))
        .when(pl.col("own_exists").is_null() | pl.col("is_hidden"))
        .then(pl.lit(UNKNOWN))
        .when("is_unasked")
        .then(pl.lit(NOT_OBSERVED))
        .when("all_revoked")
        .then(pl.lit(REVOKED_ONLY))
        .when(~pl.col("own_exists"))
        .then(pl.lit(NONE))
        .when(unseen("above_outcome"))
        .then(pl.lit(NOT_OBSERVED))
        .when(noerror & (pl.col("above_outcome") == Outcome.NO_NAME.value))
        .then(pl.lit(POSSIBLE))
        .when(is_above & (pl.col("wildcard_outcome") == Outcome.NO_NAME.value))
        .then(pl.lit(POSSIBLE))
        .when(is_above & (pl.col("wildcard_outcome") == pl.col("above_outcome")))
        .then(pl.lit(NONE))
        .otherwise(pl.lit(UNKNOWN))
    )


def unseen(outcome: str) -> pl.Expr:
    """Was the question never put?"""
    return pl.col(outcome).is_null() | (pl.col(outcome) == NOT_ASKED)


def wildcard() -> pl.Expr:
    """The column `dkim_wildcard`. Below a name that does not exist there is none (RFC 8020 §2)."""
    outcome = pl.col("wildcard_outcome")
    is_settled = outcome.is_in([*NOERROR, Outcome.NO_NAME.value])
    return (
        pl.when(is_settled)
        .then(outcome == Outcome.ANSWERED.value)
        .when(outcome.is_null() & ~pl.col("own_exists"))
        .then(False)
    )


@dataclass(frozen=True, slots=True)
class Alias:
    """Where one CNAME leads."""

    target: str
    faults: tuple[Fault, ...] = ()


def of_aliases(below: pl.LazyFrame) -> pl.LazyFrame:
    """Selectors that are aliases of nothing: one finding each.

    Where the made-up selector is an alias, too, the alias is a wildcard's, and not the selector's.
    """
    aliases = (
        below.filter(pl.col("outcome").is_in([Outcome.NO_DATA.value, Outcome.NO_NAME.value]))
        .select("domain", "name", "is_made_up", "rrs")
        .explode("rrs")
        .select("domain", "name", "is_made_up", pl.col("rrs").struct.unnest())
        .filter(
            pl.col("section") == message.ANSWER,
            pl.col("type") == int(QType.CNAME),
            pl.col("owner") == pl.col("name"),
        )
        .select("domain", "name", "is_made_up", payload="rdata")
    )
    targets = parsed(aliases, lambda rdata: Alias(message.to_text(rdata)), {"target": pa.string()})
    published = aliases.filter(~pl.col("is_made_up")).join(
        aliases.filter("is_made_up"), on="domain", how="anti"
    )
    return found(published.join(targets, on="payload"), DANGLING, pl.col("target"))


def of_domains(seen: pl.LazyFrame) -> pl.LazyFrame:
    """What the controls tell of the domains."""
    is_wildcard = pl.col("wildcard_outcome") == Outcome.ANSWERED.value
    by_control = (
        pl.col("dkim").is_in([UNKNOWN, POSSIBLE, NONE])
        & ~pl.col("is_hidden")
        & pl.col("own_outcome").is_in(NOERROR)
        & pl.col("above_outcome").is_in(NOERROR)
    )
    disobeys = ~pl.col("own_exists") & pl.col("has_name_below")
    rows = (
        ("*._domainkey.{}", is_wildcard & ~pl.col("wildcard_is_revoked"), WILDCARD),
        ("*.{}", by_control, WILDCARD_ABOVE),
        ("_domainkey.{}", disobeys, RFC8020),
    )
    return pl.concat(
        [
            found(seen.filter(which).with_columns(name=filled(name, "domain")), finding)
            for name, which, finding in rows
        ]
    )
