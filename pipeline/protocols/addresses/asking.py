"""Which owners are asked for, and when."""

import polars as pl

from ...words import Outcome, QType
from ..protocol import Context, ask, filled, settled, without
from ..validation import CONFIRM, doubted, doubts, is_alias
from .names import LABEL, Place, wanted

CONTROL = "no-such-name-d41bb39d"
"""Nobody's label: where it is there, a wildcard answers for every name that is not."""

VOID = (Outcome.NO_DATA.value, Outcome.NO_NAME.value)


def asks(place: Place, domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The owners of a check's addresses, and where local parts are wanted the name above them."""
    some = wanted(context).join(domains.select("domain"), on="domain")
    owner = filled(f"{{}}.{place.label}.{{}}", "label", "domain")
    asked = [ask(some, owner, place.qtype, place.why("owner"))]
    if context.wanted.local_parts:
        # A: small, any engine can ask it, and every type says the same of whether the name is there
        asked.append(ask(domains, filled(f"{place.label}.{{}}", "domain"), QType.A, place.name))
    return pl.concat(asked)


def leading(place: Place) -> tuple[str, ...]:
    """The `why`s whose answers lead on."""
    return (place.name, *doubted(place.why("owner"), place.why("lower")))


def follow_ups(place: Place, facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """What one fact makes worth asking.

    The name above is there: the owners, and a name that cannot be there, which tells it from a
    wildcard. A miss as written: the lower-case form. SERVFAIL at an owner: is it bogus?
    """
    why, name = pl.col("why"), pl.col("name")
    above = facts.filter(why == place.name, is_there()).with_columns(
        base=without(f"{place.label}.")
    )
    everywhere = wanted(context).filter(pl.col("domain").is_null()).select("label")
    owners = above.join(everywhere, how="cross")
    owner = filled(f"{{}}.{place.label}.{{}}", "label", "base")
    control = filled(f"{CONTROL}.{{}}", "base")
    as_written = [place.why("owner"), place.why("owner") + CONFIRM]
    missed = facts.filter(why.is_in(as_written), pl.col("outcome").is_in(VOID))
    lower = missed.with_columns(label=label(), rest=name.str.slice(LABEL)).join(
        wanted(context).select("label", "lower").drop_nulls().unique(), on="label"
    )
    return pl.concat(
        [
            ask(owners, owner, place.qtype, place.why("owner")),
            ask(above, control, QType.A, place.why("control")),
            ask(lower, filled("{}{}", "lower", "rest"), place.qtype, place.why("lower")),
            doubts(facts, [place.why("owner"), place.why("lower")]),
        ]
    )


def label() -> pl.Expr:
    """The hash in an owner's name."""
    return pl.col("name").str.head(LABEL)


def is_there() -> pl.Expr:
    """Is the name that was asked for there? NXDOMAIN behind an alias is the end's, RFC 6604 §3."""
    is_named = pl.col("outcome").is_in([Outcome.ANSWERED.value, Outcome.NO_DATA.value])
    return is_named | (settled() & is_alias())
