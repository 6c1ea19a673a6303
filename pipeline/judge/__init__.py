"""Facts → findings and states, for every protocol. Offline, and as often as one likes."""

from collections.abc import Sequence

import polars as pl

from ..protocols.existence import existence
from ..protocols.protocol import Context, MailProtocol
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

    facts: `schema.FACTS`; audit rows are left out here. domains: at least `domain`.
    """
    facts = facts.filter(pl.col("purpose") != Purpose.AUDIT)
    names = domains.select("domain")
    states = names.join(existence(facts, names), on="domain", how="left")
    findings = [pl.LazyFrame(schema=polars_schema(FINDINGS))]
    for protocol in protocols:
        found, judged = protocol.judge(facts, names, context)
        findings.append(
            found.with_columns(protocol=pl.lit(protocol.NAME)).select(
                pl.col(column.name).cast(column.dtype) for column in FINDINGS
            )
        )
        states = states.join(judged, on="domain", how="left")
    columns = state_columns(protocols)
    return (
        pl.concat(findings).sort("domain", "protocol", "name", "at", "code", nulls_last=True),
        states.select(pl.col(column.name).cast(column.dtype) for column in columns).sort("domain"),
    )
