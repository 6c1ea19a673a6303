"""From the owners' answers to addresses, their records, and the findings of both protocols."""

from collections.abc import Iterable

import polars as pl

from ... import message
from ...words import Outcome, Purpose, QType, State
from ..protocol import Context, Finding, filled, settled, without
from ..records import found
from ..validation import BOGUS, INSECURE, SECURE, verdicts
from .asking import CONTROL, VOID, is_there, label
from .names import LABEL, Place, wanted


def answers(
    place: Place, facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> pl.LazyFrame:
    """What was found out of each address asked for: one row an address.

    domain, position, label, lower (of the address); owner (the one that says it), state, security
    (see `validation.verdicts`), asked_at, rrs; is_lower: only the lower-case form is there.
    """
    told = of_owners(place, facts, context).join(domains, on="domain", how="semi")
    both = as_written(told, context).join(
        told, left_on=["domain", "lower"], right_on=["domain", "label"], how="left", suffix="_lower"
    )
    is_miss = (pl.col("state") == State.ABSENT.value) & (pl.col("security") != BOGUS)
    missed = is_miss & pl.col("lower").is_not_null()
    is_lower = missed & (pl.col("state_lower") == State.PRESENT.value).fill_null(False)
    unasked = missed & pl.col("state_lower").is_null()  # only half of what there is to see
    return both.select(
        "domain",
        "position",
        "label",
        "lower",
        pl.when(is_lower).then("owner_lower").otherwise("owner").alias("owner"),
        pl.when(unasked)
        .then(pl.lit(State.NOT_OBSERVED.value))
        .when(missed)
        .then("state_lower")
        .otherwise("state")
        .alias("state"),
        *(
            pl.when(missed & ~unasked).then(f"{name}_lower").otherwise(name).alias(name)
            for name in SAYS[2:]
        ),
        is_lower=is_lower,
    )


SAYS = ("owner", "state", "security", "asked_at", "rrs")


def as_written(told: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The owners that are an address wanted as it is written: domain, label, lower, position, SAYS.

    told: see `of_owners`. An address that is wanted twice stands where it was wanted first.
    """
    asked = wanted(context)
    some = asked.filter(pl.col("domain").is_not_null())
    every = asked.filter(pl.col("domain").is_null()).drop("domain")
    shape = ("domain", "label", "lower", "position", *SAYS)
    return (
        pl.concat(
            [
                told.join(some, on=["domain", "label"]).select(shape),
                told.join(every, on="label").select(shape),
            ]
        )
        .sort("position")
        .unique(["domain", "label"], keep="first", maintain_order=True)
    )


def of_owners(place: Place, facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """What each owner's questions said: domain, label, and SAYS.

    Where validation fails, an answer with CD=1 shows what stands there all the same.
    """
    middle = f".{place.label}."
    about = facts.filter(
        pl.col("qtype") == int(place.qtype), pl.col("name").str.slice(LABEL, len(middle)) == middle
    )
    rank = pl.col("cd").cast(pl.UInt8) * 2 + (pl.col("purpose") == Purpose.CONFIRM.value)
    shown = (
        about.filter(settled())
        .sort(rank)
        .unique("name", keep="first", maintain_order=True)
        .select("name", "rrs", "asked_at", shown="outcome")
    )
    proven = verdicts(about, context).join(shown, on="name", how="left")
    is_bogus = pl.col("security") == BOGUS
    shows_records = is_bogus & (pl.col("shown") == Outcome.ANSWERED.value)
    outcome = (
        pl.when(shows_records).then("shown").otherwise("outcome")
    )  # a forged denial: no answer
    return proven.select(
        "security",
        "asked_at",
        "rrs",
        domain=pl.col("name").str.slice(LABEL + len(middle)),
        label=label(),
        owner="name",
        state=state_of(outcome),
    )


def state_of(outcome: pl.Expr) -> pl.Expr:
    """What one question's outcome says of the record that it asked for; null: it was not put."""
    return (
        pl.when(outcome == Outcome.ANSWERED.value)
        .then(pl.lit(State.PRESENT.value))
        .when(outcome.is_in(VOID))
        .then(pl.lit(State.ABSENT.value))
        .when(outcome.is_null() | (outcome == Outcome.NOT_ASKED.value))
        .then(pl.lit(State.NOT_OBSERVED.value))
        .otherwise(pl.lit(State.UNKNOWN.value))
    )


def names_above(place: Place, facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """domain, above: is the name above the owners there? state_of its question; wildcard.

    above: present, absent (then nothing stands below it, RFC 8020 §2), unknown or not_observed.
    wildcard: is a name there that cannot be? Null: not known.
    """
    surveyed = facts.filter(
        pl.col("qtype") == int(QType.A), ~pl.col("cd"), pl.col("purpose") == Purpose.SURVEY.value
    )
    there = (
        pl.when(is_there()).then(pl.lit(State.PRESENT.value)).otherwise(state_of(pl.col("outcome")))
    )
    sides = []
    for prefix in (f"{place.label}.", f"{CONTROL}."):
        named = surveyed.filter(pl.col("name").str.starts_with(prefix))
        sides.append(named.select(domain=without(prefix), above=there))
    above, control = sides
    wildcard = (
        pl.when(pl.col("above_control") == State.PRESENT.value)
        .then(True)
        .when(pl.col("above_control") == State.ABSENT.value)
        .then(False)
    )
    return above.join(control, on="domain", how="left", suffix="_control").select(
        "domain", "above", wildcard=wildcard
    )


def record_rows(place: Place, told: pl.LazyFrame) -> pl.LazyFrame:
    """The records of the addresses, one a row. told: see `answers`.

    domain, position, label, lower, security, asked_at; name: the owner; payload: the rdata.
    """
    rr = pl.col("rrs").struct
    is_mine = (rr.field("section") == message.ANSWER) & (rr.field("type") == int(place.qtype))
    return (
        told.filter(pl.col("state") == State.PRESENT.value)
        .explode("rrs")
        .filter(is_mine)
        .select(
            *("domain", "position", "label", "lower", "security", "asked_at"),
            name="owner",
            payload=rr.field("rdata"),
        )
        .unique()
    )


def is_for_address(keys: str) -> pl.Expr:
    """Is the row's address one of a certificate's or key's? keys: a column of `address_keys`."""
    as_written = filled("{}.{}", "label", "domain")
    in_lower = filled("{}.{}", "lower", "domain")
    has = pl.col(keys).list.contains(as_written)
    return has.fill_null(False) | pl.col(keys).list.contains(in_lower).fill_null(False)


def with_codes(rows: pl.LazyFrame, told: Iterable[tuple[Finding, pl.Expr]]) -> pl.LazyFrame:
    """The records and `codes`: the parser's faults, and what only the question tells of each.

    told: a finding and where it holds.
    """
    codes = [pl.col("faults").list.eval(pl.element().struct.field("code")).list.unique()]
    for finding, holds in told:
        one = pl.when(holds.fill_null(False)).then(pl.lit([finding.code]))
        codes.append(one.otherwise(pl.lit([], pl.List(pl.String))))
    return rows.with_columns(codes=pl.concat_list(codes).list.sort())


def usable(is_unfit: pl.Expr) -> pl.Expr:
    """May a client use the record? Null: not known whether the answer is proven.

    Whatever validation ends in but "secure" is a failure: RFC 7929 §5, RFC 8162 §6.
    """
    return (
        pl.when(is_unfit | pl.col("security").is_in([INSECURE, BOGUS]))
        .then(False)
        .when(pl.col("security") == SECURE)
        .then(True)
    )


def owner_findings(
    told: pl.LazyFrame, not_secure: Finding, bogus: Finding, lower_only: Finding
) -> pl.LazyFrame:
    """What is told of an owner as a whole. told: see `answers`."""
    named = told.with_columns(name="owner")
    present = named.filter(pl.col("state") == State.PRESENT.value)
    return pl.concat(
        [
            found(present.filter(pl.col("security") == INSECURE), not_secure),
            found(named.filter(pl.col("security") == BOGUS), bogus),
            found(named.filter("is_lower"), lower_only),
        ]
    ).unique()
