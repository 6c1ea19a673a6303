"""What the facts of some domains make worth visiting and fetching, by the states they lead to."""

from collections.abc import Sequence

import polars as pl

from ..protocols import ALL
from ..protocols.protocol import (
    FETCH_ASKS,
    VISIT_ASKS,
    Context,
    Fetches,
    MailProtocol,
    Visits,
)
from ..words import Purpose
from . import judge


def wanted(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the protocols want visited and fetched, each once: VISIT_ASKS and FETCH_ASKS."""
    needed = with_followed([one for one in ALL if isinstance(one, Visits | Fetches)])
    facts = facts.filter(pl.col("purpose") != Purpose.AUDIT)
    _, judged = judge(needed, facts, domains, context)
    states = judged.collect().lazy()
    visits = [one.visits(facts, states, context) for one in needed if isinstance(one, Visits)]
    fetches = [one.fetches(states, context) for one in needed if isinstance(one, Fetches)]
    return (
        pl.concat([pl.LazyFrame(schema=VISIT_ASKS), *visits]).unique().collect(),
        pl.concat([pl.LazyFrame(schema=FETCH_ASKS), *fetches]).unique().collect(),
    )


def with_followed(protocols: Sequence[MailProtocol]) -> list[MailProtocol]:
    """These protocols and all that they judge by, in the order of ALL."""
    names = {one.NAME for one in protocols}
    while more := {name for one in ALL if one.NAME in names for name in one.FOLLOWS} - names:
        names |= more
    return [one for one in ALL if one.NAME in names]
