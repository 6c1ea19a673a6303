"""The trail behind a stored verdict: asks, messages as dig shows them, records, findings, state."""

from collections.abc import Iterator, Sequence
from typing import Any

import dns.message
import polars as pl

from . import message
from .protocols import ALL
from .protocols.dnssec.judge import hosts_of
from .protocols.protocol import Context, Fetches, MailProtocol, Visits
from .protocols.starttls.hosts import addresses_of
from .report.terminal import printable
from .schema import FACTS, KEY
from .store import Store
from .words import Purpose, QType

MOST_LINES, LONGEST_LINE, MOST_NAMES = 40, 200, 5  # shown of what strangers sent


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
    is_again = pl.col("purpose") == Purpose.AGAIN.value
    again = facts.filter(is_again, pl.col("name").is_in(asks["name"].unique().implode()))
    for ask in again.with_columns(why=pl.lit("a second look")).collect().iter_rows(named=True):
        yield from shown(ask)
    yield from outside(protocol, facts, state, context)
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


def outside(
    protocol: MailProtocol, facts: pl.LazyFrame, state: pl.DataFrame, context: Context
) -> Iterator[str]:
    """What mail servers showed, and what was fetched, as far as the protocol looks at it."""
    if isinstance(protocol, Visits) and context.visits is not None:
        hosts = hosts_of(state.lazy()).select("host").unique()
        at = addresses_of(facts, hosts, context).select("address").unique()
        made = context.visits.join(at, on="address", how="semi")
        for visit in made.sort("address", "sni", "began_at").collect().iter_rows(named=True):
            yield from shown_visit(visit, context)
    if isinstance(protocol, Fetches) and context.fetches is not None:
        wanted = protocol.fetches(state.lazy(), context).select("url").unique()
        for fetch in context.fetches.join(wanted, on="url").collect().iter_rows(named=True):
            yield from shown_fetch(fetch)


def shown_visit(visit: dict[str, Any], context: Context) -> Iterator[str]:
    """One visit: what became of it, what the server said, and its certificates."""
    yield ""
    yield printable(
        f"visit to {visit['address']} as {visit['sni'] or 'nobody'}, {visit['purpose']}"
    )
    tls = f", {visit['tls_version']} {visit['cipher']}" if visit["tls_version"] else ""
    why = f" ({visit['why']})" if visit["why"] else ""
    at = visit["stage"] or "the connection"
    yield printable(f"  {visit['outcome']} at {at}{tls}{why}, tries: {visit['tries']},")
    yield printable(f"  at {visit['began_at']}")
    said = (visit["transcript"] or b"").decode("ascii", "replace").splitlines()
    for line in said[:MOST_LINES]:
        yield "    " + printable(line, LONGEST_LINE)
    for line in certificates(visit["chain"] or (), context):
        yield "    " + printable(line, LONGEST_LINE)


def certificates(chain: Sequence[bytes], context: Context) -> Iterator[str]:
    """A line for each certificate of a chain, the server's own first."""
    from .protocols.certificates import read  # a large library

    kept = context.certificates.filter(pl.col("sha256").is_in(list(chain))).collect()
    ders = dict(zip(kept["sha256"].to_list(), kept["der"].to_list(), strict=True))
    for digest in chain:
        certificate = read(ders.get(digest, b""))
        if certificate is None:
            yield f"certificate {digest.hex()} that cannot be read"
            continue
        names = " ".join(certificate.names[:MOST_NAMES]) or certificate.common_name
        yield f"certificate for {names}, until {certificate.not_after:%Y-%m-%d}, {digest.hex()}"


def shown_fetch(fetch: dict[str, Any]) -> Iterator[str]:
    """One fetch: what became of it, its header and the beginning of its body."""
    yield ""
    yield printable(f"fetch of {fetch['url']}")
    why = f" ({fetch['why']})" if fetch["why"] else ""
    status = f" {fetch['status']}" if fetch["status"] else ""
    where = fetch["address"] or "no address"
    yield printable(f"  {fetch['outcome']}{status}{why} from {where}, at {fetch['began_at']}")
    for field in (fetch["headers"] or ())[:MOST_LINES]:
        yield "    " + printable(f"{field['name']}: {field['value']}", LONGEST_LINE)
    body = (fetch["body"] or b"").decode("utf-8", "replace").splitlines()
    for line in body[:MOST_LINES]:
        yield "    " + printable(line, LONGEST_LINE)


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
