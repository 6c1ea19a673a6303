"""Which mail servers to visit, and under which name."""

import polars as pl

from ...words import Purpose
from ..dnssec.judge import hosts_of
from ..protocol import VISIT_ASKS, Context
from .hosts import addresses_of

HOST_NAME = r"^([a-z0-9_-]{1,63}\.)+[a-z0-9-]{1,63}$"  # what can stand in SNI, RFC 6066 §3
USABLE = "usable"  # of dane_hosts


def visits(facts: pl.LazyFrame, states: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """Every address of every MX host, once: VISIT_ASKS.

    states: `domain`, mx, mx_hosts, mtasts_txt, dane_hosts. An MX host of a domain with an MTA-STS
    record is needed by its own name, one with usable TLSA records by their base domain
    (RFC 8461 §4.1, RFC 7672 §8.1); of all others one name an address is enough.
    """
    used = hosts_of(states).join(states.select("domain", "mtasts_txt", "dane_hosts"), on="domain")
    record = pl.element().struct
    usable = pl.col("dane_hosts").list.eval(record.field("state") == USABLE)
    named = used.group_by("host").agg(
        is_needed=(pl.col("mtasts_txt") == "valid").any(),
    )
    bases = (
        states.filter(usable.list.any().fill_null(False))
        .select(pl.col("dane_hosts").explode())
        .unnest("dane_hosts")
        .filter(pl.col("state") == USABLE)
        .select("host", sni="base", is_needed=pl.lit(True))
    )
    wanted = pl.concat([named.select("host", sni="host", is_needed="is_needed"), bases])
    hosts = wanted.select("host").unique().collect()
    operators = hosts.with_columns(
        operator=pl.Series(
            [context.registrable(host) or host for host in hosts["host"]], dtype=pl.String
        )
    ).lazy()
    at = addresses_of(facts, hosts.lazy(), context)
    can_be_said = pl.col("sni").str.contains(HOST_NAME) & (pl.col("sni").str.len_bytes() <= 253)
    return (
        wanted.join(at, on="host")
        .join(operators, on="host")
        .with_columns(
            sni=pl.when(can_be_said).then("sni").otherwise(pl.lit("")),
            purpose=pl.lit(Purpose.SURVEY.value),
        )
        .select(*VISIT_ASKS)
        .unique()
    )
