"""What SPF asks: the record, then whatever its terms lead to, to the end of the tree.

A receiver stops at ten lookups; a survey goes on, so that all can be counted.
"""

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import polars as pl
import pyarrow as pa

from ...population.suffixes import registrable
from ...schema import ASKS, polars_schema
from ...words import QType
from ..protocol import Context, ask
from .answers import read, spf_payloads
from .macros import expand
from .parse import Record, Term, parse
from .walk import exchanges

OWN = "spf"
INCLUDED = "spf-include"  # apart from OWN: a target that does not exist may dangle
ADDRESS = "spf-a"  # of an a term
MX = "spf-mx"
HOST = "spf-mx-a"  # of an exchanger behind an mx term
EXISTS = "spf-exists"
DANGLING = "spf-dangling"

LEADING = (OWN, INCLUDED, ADDRESS, MX)

TARGETS = {INCLUDED: QType.TXT, ADDRESS: QType.A, MX: QType.MX}
"""The questions whose name a stranger could register where it does not exist."""

LEADS: dict[str, tuple[tuple[QType, str], ...]] = {
    "include": ((QType.TXT, INCLUDED),),
    "redirect": ((QType.TXT, INCLUDED),),
    "a": ((QType.A, ADDRESS), (QType.AAAA, ADDRESS)),
    "mx": ((QType.MX, MX),),
    "exists": ((QType.A, EXISTS),),
}
"""What a term asks. Both families, because void lookups differ between IPv4 and IPv6 clients."""


class Lead(NamedTuple):
    """One question that an answer makes worth asking."""

    name: str
    qtype: QType
    why: str
    origin: str
    depth: int  # of the answer


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """TXT at each domain itself (RFC 7208 §3.1). domains: `domain`."""
    return ask(domains, pl.col("domain"), QType.TXT, OWN)


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The targets of records, the hosts of MX, the registrable domains of what does not exist.

    facts: `schema.FACTS` and `why`. Returns `schema.ASKS`, each question once an origin.
    """
    found = chain(record_leads(facts), host_leads(facts), dangling_leads(facts))
    rows = list(dict.fromkeys(found))
    if not rows:
        return pl.LazyFrame(schema=polars_schema(ASKS))
    columns = {
        "name": pa.array([lead.name for lead in rows], pa.large_string()),
        "qtype": pa.array([int(lead.qtype) for lead in rows], pa.uint16()),
        "why": pa.array([lead.why for lead in rows], pa.large_string()),
        "origin": pa.array([lead.origin for lead in rows], pa.large_string()),
        "depth": pa.array([lead.depth for lead in rows], pa.uint16()),
    }
    frame = pl.DataFrame(pa.table(columns)).lazy()
    kinds = sorted({(lead.qtype, lead.why) for lead in rows})
    return pl.concat(
        ask(
            frame.filter((pl.col("qtype") == int(qtype)) & (pl.col("why") == why)),
            pl.col("name"),
            qtype,
            why,
        )
        for qtype, why in kinds
    )


def record_leads(facts: pl.LazyFrame) -> Iterator[Lead]:
    """From each TXT answer with exactly one SPF record: what its steps ask."""
    rows = read(facts.filter(pl.col("why").is_in([OWN, INCLUDED])), QType.TXT)
    frame = rows.filter("is_seen").select("name", "origin", "depth", "rdata").collect()
    kept: dict[bytes, bytes | None] = {}
    parsed: dict[bytes, Record | None] = {}
    for name, origin, depth, rdata in zip(*(c.to_list() for c in frame), strict=True):
        payloads = spf_payloads(rdata, kept)
        if len(payloads) != 1:  # RFC 7208 §4.5
            continue
        if payloads[0] not in parsed:  # providers' customers publish the same text
            parsed[payloads[0]] = parse(payloads[0])
        record = parsed[payloads[0]]
        for _, term in record.steps if record else ():
            for qtype, why in LEADS.get(term.kind, ()):
                asked = target(term, name, origin)
                if asked:
                    yield Lead(asked, qtype, why, origin, depth)


def target(term: Term, domain: str, origin: str) -> str | None:
    """The name that a term asks for; none: it needs the message, or the text is no name."""
    if term.spec is None:
        return domain
    if term.spec.needs_message:
        return None
    name = expand(term.spec, domain, origin)
    is_record = term.kind in ("include", "redirect")
    return None if is_record and "." not in name else name  # RFC 7208 §4.3: of one label: none


def host_leads(facts: pl.LazyFrame) -> Iterator[Lead]:
    """From each MX answer: the addresses of its first ten hosts (RFC 7208 §4.6.4)."""
    rows = read(facts.filter(pl.col("why") == MX), QType.MX)
    frame = rows.filter("is_seen").select("origin", "depth", "rdata").collect()
    for origin, depth, rdata in zip(*(c.to_list() for c in frame), strict=True):
        for host in exchanges(tuple(rdata)):
            yield Lead(host, QType.A, HOST, origin, depth)
            yield Lead(host, QType.AAAA, HOST, origin, depth)


def dangling_leads(facts: pl.LazyFrame) -> Iterator[Lead]:
    """From each target that does not exist: does its registrable domain?"""
    for why, qtype in TARGETS.items():
        rows = read(facts.filter(pl.col("why") == why), qtype)
        frame = rows.filter("is_seen", "is_gone").select("name", "origin", "depth").collect()
        for name, origin, depth in frame.iter_rows():
            domain = registrable(name)
            if domain and domain != name:
                yield Lead(domain, QType.SOA, DANGLING, origin, depth)
