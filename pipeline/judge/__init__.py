"""Facts → findings and states, for every protocol. Offline, and as often as one likes."""

from collections.abc import Mapping, Sequence

import polars as pl

from ..protocols.existence import existence
from ..protocols.protocol import Context, LooksAcross, MailProtocol
from ..schema import FINDINGS, STATES, Column, polars_schema
from ..words import Purpose


def state_columns(protocols: Sequence[MailProtocol]) -> tuple[Column, ...]:
    """The columns of the states: the domain, whether it exists, and each protocol's own."""
    return (*STATES, *(column for protocol in protocols for column in protocol.COLUMNS))


def judge(
    protocols: Sequence[MailProtocol],
    facts: pl.LazyFrame,
    domains: pl.LazyFrame,
    context: Context,
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings (`schema.FINDINGS`) and states (`state_columns`), one row a domain.

    facts: `schema.FACTS`; audit rows are left out here. domains: at least `domain`. The protocols
    are judged one after another, each with the states of those before it at hand, so that memory
    holds the work of one at a time. Memory grows with the domains: `batches` bounds it.
    """
    facts = facts.filter(pl.col("purpose") != Purpose.AUDIT)
    names = domains.select("domain")
    states = names.join(existence(facts, names), on="domain", how="left").collect()
    findings = [pl.DataFrame(schema=polars_schema(FINDINGS))]
    for protocol in protocols:
        found, judged = pl.collect_all(protocol.judge(facts, states.lazy(), context))
        findings.append(
            found.with_columns(protocol=pl.lit(protocol.NAME)).select(
                pl.col(column.name).cast(column.dtype) for column in FINDINGS
            )
        )
        own = [pl.col(column.name).cast(column.dtype) for column in protocol.COLUMNS]
        states = states.join(judged.select("domain", *own), on="domain", how="left")
    columns = [column.name for column in state_columns(protocols)]
    order = ("domain", "protocol", "name", "at", "code")
    return (
        pl.concat(findings).sort(order, nulls_last=True).lazy(),
        states.select(columns).sort("domain").lazy(),
    )


def across(
    protocols: Sequence[MailProtocol],
    facts: pl.LazyFrame,
    domains: pl.LazyFrame,
    context: Context,
) -> Mapping[str, pl.DataFrame]:
    """What the protocols have to see of all domains at once, by protocol."""
    return {
        protocol.NAME: protocol.across(facts, domains, context)
        for protocol in protocols
        if isinstance(protocol, LooksAcross)
    }
