"""Do the hosts show what their TLSA records say? By the visits, each host once in a run.

A record that was asked for before the visit may be older than what the server shows: in a roll-over
that would be a mismatch that no sender sees. So a chain that does not fit is no verdict yet: TLSA
is asked for again, the host visited again, and only what does not fit then is a mismatch.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import polars as pl

from ...words import Outcome, Purpose, QType, SmtpOutcome
from ..protocol import VISIT_ASKS, Context, ask
from ..starttls.chains import ders_of
from ..starttls.columns import ENCRYPTED, PLAIN
from ..starttls.hosts import addresses_of, state, visited
from .asks import AT
from .columns import HIDDEN, MISMATCH, NO_STARTTLS, USABLE, VERIFIED
from .hosts import records
from .record import Record, parse

UNKNOWN, NOT_OBSERVED = HIDDEN
UNCONFIRMED = "unconfirmed"  # does not fit, and was not looked at again
WORST = (MISMATCH, NO_STARTTLS, UNCONFIRMED, VERIFIED, UNKNOWN, NOT_OBSERVED)
"""Of a host's addresses the first of these counts: mail may go to any that can be reached."""
TLSA_AGAIN = "dane-again"
VERDICTS = {"host": pl.String, "address": pl.String, "verdict": pl.String, "why": pl.String}


def is_again() -> pl.Expr:
    """Was it asked for the second look?"""
    return pl.col("purpose") == Purpose.AGAIN.value


def verdicts_of(facts: pl.LazyFrame, hosts: pl.LazyFrame, context: Context) -> pl.DataFrame:
    """One row a host with usable records and address: VERDICTS.

    facts: `schema.FACTS`, those of the second look too. hosts: host, base, state.
    """
    usable = hosts.filter(pl.col("state") == USABLE).select("host", "base").unique().collect()
    if context.visits is None or usable.is_empty():
        return usable.select("host", verdict=pl.lit(NOT_OBSERVED)).select(
            "host", pl.lit(None, pl.String).alias("address"), "verdict", pl.lit("").alias("why")
        )
    at = addresses_of(facts, usable.lazy().select("host").unique(), context)
    placed = usable.lazy().join(at, on="host", how="left").collect()
    seen = (
        visited(context, placed.lazy().select("address").unique())
        .with_columns(state=state(pl.lit(True)))
        .collect()
    )
    first, second = (
        seen.filter(pl.col("purpose") == purpose.value)
        for purpose in (Purpose.SURVEY, Purpose.CONFIRM)
    )
    newest = facts.filter(is_again()).sort("asked_at").unique("name", keep="last")
    once, again = (records_of(which) for which in (facts.filter(~is_again()), newest))
    ders = ders_of(seen, context)
    rows = []
    for host, base, address in placed.select("host", "base", "address").iter_rows():
        verdict, why = of_visit(row_of(first, address, base), once.get(base, ()), ders, host, base)
        if verdict == MISMATCH:
            confirmed = row_of(second, address, base)
            if confirmed is None:
                verdict = UNCONFIRMED
            elif base not in again:  # the second question brought no answer
                verdict = UNKNOWN
            else:
                verdict, why = of_visit(confirmed, again[base], ders, host, base)
        rows.append((host, address, verdict, why))
    return pl.DataFrame(rows, schema=VERDICTS, orient="row")


def row_of(seen: pl.DataFrame, address: str | None, sni: str) -> dict[str, Any] | None:
    """The visit to an address under a name; None: there was none."""
    rows = seen.filter(pl.col("address") == address, pl.col("sni") == sni)
    return rows.row(0, named=True) if rows.height else None


def of_visit(
    row: dict[str, Any] | None,
    published: Sequence[Record],
    ders: dict[bytes, bytes],
    host: str,
    base: str,
) -> tuple[str, str]:
    """What one visit says of the records, and the words for it."""
    if row is None:
        return NOT_OBSERVED, ""
    if row["state"] == PLAIN:
        return NO_STARTTLS, SmtpOutcome(row["outcome"]).value
    if row["state"] != ENCRYPTED:
        return row["state"], ""
    chain = [ders[one] for one in row["chain"] or () if one in ders]
    if not chain:
        return UNKNOWN, ""
    from .matching import Match, verified  # a large library: loaded where there are certificates

    moment: datetime = row["began_at"]
    found = verified(published, chain, (base, host), moment)
    if found.match is Match.UNUSABLE:  # changed since: nothing is to be said of it
        return UNKNOWN, ""
    return (VERIFIED if found.match is Match.VERIFIED else MISMATCH), found.why


def records_of(facts: pl.LazyFrame) -> dict[str, list[Record]]:
    """The TLSA records below `_25._tcp`, by base domain; only of questions that were answered."""
    found: dict[str, list[Record]] = {}
    is_proven = pl.col("ad").fill_null(False)
    answered = facts.filter(pl.col("outcome") == Outcome.ANSWERED.value, is_proven)
    rows = records(answered, AT).select("owner", "payload").collect()
    for owner, payload in rows.iter_rows():
        if record := parse(payload):
            found.setdefault(owner.removeprefix(AT), []).append(record)
    return found


def of_hosts(verdicts: pl.DataFrame) -> pl.LazyFrame:
    """One row a host: host, verdict, why. What was not looked at again is unknown."""
    rank = pl.col("verdict").replace_strict({word: n for n, word in enumerate(WORST)})
    return (
        verdicts.lazy()
        .sort("host", rank, "address")
        .unique("host", keep="first", maintain_order=True)
        .select("host", "why", verdict=pl.col("verdict").replace({UNCONFIRMED: UNKNOWN}))
    )


# --- the second look -----------------------------------------------------------------------------


def visits(facts: pl.LazyFrame, states: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The addresses whose certificates did not fit, once more: VISIT_ASKS.

    states: `dane_hosts`.
    """
    hosts = states.select(pl.col("dane_hosts").explode()).drop_nulls().unnest("dane_hosts")
    hosts = hosts.select("host", "base", "state").collect().lazy()
    unconfirmed = verdicts_of(facts, hosts, context).filter(pl.col("verdict") == UNCONFIRMED)
    operators = [context.registrable(host) or host for host in unconfirmed["host"]]
    return (
        unconfirmed.with_columns(operator=pl.Series(operators, dtype=pl.String))
        .lazy()
        .join(hosts.select("host", sni="base").unique(), on="host")
        .with_columns(purpose=pl.lit(Purpose.CONFIRM.value), is_needed=pl.lit(True))
        .select(*VISIT_ASKS)
    )


def asks_again(visits: pl.LazyFrame) -> pl.LazyFrame:
    """The TLSA questions that come before visits of a second look. Returns `schema.ASKS`."""
    due = visits.filter(pl.col("purpose") == Purpose.CONFIRM.value)
    rows = due.select(domain="sni").unique()
    owner = pl.lit(AT) + pl.col("domain")
    return ask(rows, owner, QType.TLSA, TLSA_AGAIN, purpose=Purpose.AGAIN)
