"""What a protocol asked for a domain and what came back, as text for one cell of a sheet."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dns.exception
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import polars as pl

from .. import message
from ..protocols.protocol import Context, MailProtocol
from ..report.terminal import printable
from ..schema import FACTS, KEY, polars_schema
from ..why import built_on
from ..words import QType

LONGEST_RECORD = 2000  # characters
MOST_RECORDS = 50  # of one answer
LONGEST_CELL = 30_000  # characters; a spreadsheet's cell holds 32,767


def records(
    protocol: MailProtocol, facts: pl.LazyFrame, domains: Sequence[str], context: Context
) -> dict[str, str]:
    """Each domain's cell: every question of the protocol for it, and what came back.

    The protocol's own questions first, then those that it follows; the domain's own before what
    they led to. A domain with the finding is shown no other way than one without.
    """
    asks, kept = trails(protocol, facts, domains, context)
    is_own = (pl.col("why") == protocol.NAME) | pl.col("why").str.starts_with(protocol.NAME + "-")
    ordered = (
        asks.with_columns(is_other=~is_own)
        .sort("origin", "is_other", "depth", *KEY)
        .unique(["origin", *KEY], keep="first", maintain_order=True)
        .join(kept, on=KEY, how="left", maintain_order="left")
    )
    cells: dict[str, list[str]] = {domain: [] for domain in domains}
    for row in ordered.iter_rows(named=True):
        cells[row["origin"]] += answer_lines(row)
    return {domain: bounded(lines) for domain, lines in cells.items()}


def trails(
    protocol: MailProtocol, facts: pl.LazyFrame, domains: Sequence[str], context: Context
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The asks that start at these domains, each once an origin, and the facts that they brought.

    `why.trail` for many domains at a time: one pass over the facts a wave, not one a domain.
    """
    protocols, key = built_on(protocol), [*KEY, "why", "origin"]
    names = pl.LazyFrame({"domain": list(domains)}, schema={"domain": pl.String})
    first = pl.concat([one.asks(names, context) for one in protocols])
    due = wanted = first.unique(key, keep="first", maintain_order=True).collect()
    kept = pl.DataFrame(schema=polars_schema(FACTS)).drop("message", "origin", "depth")
    while due.height:
        new = due.select(KEY).unique().join(kept, on=KEY, how="anti")
        arrived = (
            facts.filter(pl.col("name").is_in(new["name"].unique().to_list()))
            .select(kept.columns)
            .join(new.lazy(), on=KEY, how="semi")
        )
        kept = pl.concat([kept, arrived.collect()])
        asks = due.lazy().select(*KEY, "why", "origin", "depth")
        brought = kept.lazy().join(asks, on=KEY).collect().lazy()
        found = pl.concat([one.follow_ups(brought, context) for one in protocols])
        fresh = found.unique(key, keep="first", maintain_order=True)
        due = fresh.join(wanted.lazy(), on=key, how="anti").collect()
        wanted = pl.concat([wanted, due])
    return wanted, kept


def bounded(lines: Sequence[str]) -> str:
    """Lines as one cell; what does not fit is counted."""
    taken, used = 0, 0
    for line in lines:
        used += len(line) + 1
        if used > LONGEST_CELL:
            break
        taken += 1
    rest = len(lines) - taken
    more = [f"… {rest:,} more lines: mailsurvey why shows them"] if rest else []
    return "\n".join([*lines[:taken], *more])


def answer_lines(fact: Mapping[str, Any]) -> Iterator[str]:
    """A question and its outcome, then the records of its answer, as dig writes them."""
    cd = " +cd" if fact["cd"] else ""
    ad = ", AD" if fact["ad"] else ""
    ede = "" if fact["ede"] is None else f", EDE {fact['ede']}"
    asked = f"{fact['name']}. {type_name(fact['qtype'])}{cd}"
    yield printable(f"{asked}: {fact['outcome'] or 'not asked'}{ad}{ede}")
    answers = [rr for rr in fact["rrs"] or () if rr["section"] == message.ANSWER]
    for rr in answers[:MOST_RECORDS]:
        text = rdata_text(rr["type"], rr["rdata"])
        yield "  " + printable(f"{rr['owner']}. {type_name(rr['type'])} {text}", LONGEST_RECORD)
    if len(answers) > MOST_RECORDS:
        yield f"  … {len(answers) - MOST_RECORDS:,} more records"


def type_name(qtype: int) -> str:
    """A record type's name (RFC 3597 §5 where it has none)."""
    return QType(qtype).name if qtype in list(QType) else f"TYPE{qtype}"


def rdata_text(rtype: int, rdata: bytes) -> str:
    """Rdata in presentation form; what dnspython cannot read, as RFC 3597 §5 writes it."""
    try:
        kind = dns.rdatatype.RdataType.make(rtype)
        return dns.rdata.from_wire(dns.rdataclass.IN, kind, rdata, 0, len(rdata)).to_text()
    except (dns.exception.DNSException, ValueError, struct.error):
        return f"\\# {len(rdata)} {rdata.hex()}"
