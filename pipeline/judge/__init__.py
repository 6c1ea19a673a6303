"""Facts → findings and states, for every protocol. Offline, and as often as one likes."""

from collections.abc import Sequence

import polars as pl

from ..message import ANSWER
from ..protocols.protocol import Context, MailProtocol
from ..schema import EXISTS, FINDINGS, STATES, Column, polars_schema
from ..words import Outcome, Purpose, QType


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


def existence(facts: pl.LazyFrame, names: pl.LazyFrame) -> pl.LazyFrame:
    """domain, exists: is the name there? Null where no question about it brought an answer.

    NXDOMAIN speaks of every type at once (RFC 8020 §2), so one answer is enough. Behind an alias it
    speaks of the chain's end (RFC 6604 §3): the alias itself is there.
    """
    is_alias = (
        pl.col("rrs")
        .list.eval(
            (pl.element().struct.field("section") == ANSWER)
            & (pl.element().struct.field("type") == QType.CNAME)
        )
        .list.any()
    )
    is_there = pl.col("outcome").is_in([Outcome.ANSWERED.value, Outcome.NO_DATA.value]) | is_alias
    return (
        facts.join(names, left_on="name", right_on="domain", how="semi")
        .group_by(domain=pl.col("name"))
        .agg(there=is_there.any(), gone=(pl.col("outcome") == Outcome.NO_NAME).any())
        .select("domain", exists=pl.when("there").then(True).when("gone").then(False))
        .with_columns(pl.col("exists").cast(EXISTS.dtype))
    )
