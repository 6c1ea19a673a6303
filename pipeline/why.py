"""The trail behind a stored verdict: asks, messages as dig shows them, records, findings, state."""

from collections.abc import Iterator

import dns.message
import polars as pl

from . import message
from .protocols import ALL
from .protocols.protocol import Context, MailProtocol
from .report.terminal import printable
from .schema import FACTS, KEY
from .store import Store
from .words import QType


def built_on(protocol: MailProtocol) -> list[MailProtocol]:
    """The protocol, and those whose answers it follows, those first."""
    names = {protocol.NAME}
    for earlier in reversed(ALL):
        if earlier.NAME in names:
            names |= set(earlier.FOLLOWS)
    return [one for one in ALL if one.NAME in names]


def trail(
    protocol: MailProtocol, facts: pl.LazyFrame, domain: str, context: Context
) -> pl.DataFrame:
    """The asks of one protocol that start at one domain, in order, found from the facts alone."""
    protocols, key = built_on(protocol), [*KEY, "why"]
    domains = pl.LazyFrame({"domain": [domain]})
    first = pl.concat([one.asks(domains, context) for one in protocols])
    due = wanted = first.unique(key, keep="first", maintain_order=True).collect()
    while due.height:
        brought = facts.drop("origin", "depth").join(
            due.lazy().select(*key, "origin", "depth"), on=KEY
        )
        found = pl.concat([one.follow_ups(brought, context) for one in protocols])
        fresh = found.unique(key, keep="first", maintain_order=True)
        due = fresh.join(wanted.lazy(), on=key, how="anti").collect()
        wanted = pl.concat([wanted, due])
    return wanted


def explain(store: Store, protocol: MailProtocol, domain: str, context: Context) -> Iterator[str]:
    """Lines of text, safe for a terminal. Raises KeyError: the run has no such domain."""
    state = store.read("states").filter(pl.col("domain") == domain).collect()
    if state.is_empty():
        raise KeyError(domain)
    facts = store.scan("facts", FACTS)
    asks = trail(protocol, facts, domain, context).join(
        facts.drop("origin", "depth", "rrs").collect(), on=KEY, how="left", maintain_order="left"
    )
    for ask in asks.iter_rows(named=True):
        yield from shown(ask)
    yield ""
    yield "findings"
    found = store.read("findings").filter(
        pl.col("domain") == domain, pl.col("protocol") == protocol.NAME
    )
    rules = {finding.code: finding for finding in protocol.FINDINGS}
    for row in found.collect().iter_rows(named=True):
        rule, at = rules[row["code"]], "" if row["at"] is None else f" @{row['at']}"
        yield printable(
            f"  {rule.level:7} {rule.code} ({rule.rfc}) {row['name']}{at}: {row['evidence'] or ''}"
        )
        yield f"          {rule.en}"
    yield "state"
    for column in protocol.COLUMNS:
        value = state[column.name].to_list()[0]
        shown_value = "–" if value is None else value  # `columns` says what a null means
        yield printable(f"  {column.name:28} {shown_value}")


def shown(ask: dict[str, object]) -> Iterator[str]:
    """One question, what became of it, and its message as dig shows it."""
    qtype = int(str(ask["qtype"]))
    kind = QType(qtype).name if qtype in list(QType) else f"TYPE{qtype}"
    cd = " +cd" if ask["cd"] else ""
    yield ""
    yield printable(
        f"{ask['name']}. {kind}{cd}   for {ask['why']}, step {ask['depth']}, {ask['purpose']}"
    )
    yield printable(
        f"  {ask['outcome'] or 'not asked'}, {ask['engine']} from {ask['resolver']}"
        f" over {ask['transport'] or 'a transport not seen'}, tries: {ask['tries']},"
        f" at {ask['asked_at']}"
    )
    if ask["rebuilt"]:
        yield "  (rebuilt from what the library handed over, not the message as received)"
    received = ask["message"]
    if isinstance(received, bytes):
        try:
            text = dns.message.from_wire(
                received, ignore_trailing=True, continue_on_error=True
            ).to_text()
        except Exception as fault:  # a stranger's bytes: dnspython lets several kinds through
            text = f"{type(fault).__name__}; {message.decode(received).error or received.hex()}"
        for line in text.splitlines():
            yield "    " + printable(line)
