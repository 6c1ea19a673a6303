"""A zone as a literal, asked and judged as a crawl would: no network, no other room."""

from collections.abc import Callable, Mapping
from typing import Any

import dns.rdata
import dns.rdataclass
import dns.rdatatype
import polars as pl
import pytest
from publicsuffixlist import PublicSuffixList

from pipeline import message
from pipeline.protocols import spf
from pipeline.protocols.protocol import Context
from pipeline.protocols.spf.answers import Answers
from pipeline.protocols.spf.walk import Walk
from pipeline.schema import FACTS, KEY, polars_schema
from pipeline.words import Outcome, QType

FAILURES = {
    "SERVFAIL": Outcome.SERVER_FAILURE,
    "TIMEOUT": Outcome.TIMEOUT,
    "REFUSED": Outcome.REFUSED,
    "NXDOMAIN": Outcome.NO_NAME,
    "NOT_ASKED": Outcome.NOT_ASKED,
}
Zone = Mapping[str, Mapping[str, Any]]
CONTEXT = Context(frozenset(), PublicSuffixList(only_icann=True).privatesuffix)


def rdata_of(kind: str, row: Any) -> bytes:
    """One row of a zone literal in wire format."""
    if kind == "TXT":
        strings = [row] if isinstance(row, str) else row
        cut = [string.encode("utf-8", "surrogateescape") for string in strings]
        pieces = [one[at : at + 255] for one in cut for at in range(0, len(one), 255)]
        return message.from_strings(pieces)
    if kind == "MX":
        return int(row[0]).to_bytes(2) + message.to_wire(row[1].rstrip(".").lower() or ".")
    text = row if kind in ("A", "AAAA") else f"{row}".rstrip(".") + "."
    rdtype = dns.rdatatype.from_text(kind)
    return dns.rdata.from_text(dns.rdataclass.IN, rdtype, text).to_wire() or b""


def look_up(zone: Zone, name: str, qtype: int) -> tuple[Outcome, list[dict[str, Any]]]:
    """The outcome and the records of one question; aliases are followed."""
    kind, records, met = QType(qtype).name, [], set()
    while True:
        rows = zone.get(name)
        if rows is None:
            below = any(owner.endswith(f".{name}") for owner in zone)
            return (Outcome.NO_DATA if below else Outcome.NO_NAME), records
        found = rows.get(kind, rows.get("*", []))
        if isinstance(found, str):
            return FAILURES[found], []
        alias = rows.get("CNAME")
        if alias and not found:
            records.append(record(name, QType.CNAME, rdata_of("CNAME", alias[0])))
            met.add(name)
            name = alias[0].rstrip(".").lower()
            if name in met:
                return Outcome.SERVER_FAILURE, []
            continue
        records += [record(name, qtype, rdata_of(kind, row)) for row in found]
        return (Outcome.ANSWERED if found else Outcome.NO_DATA), records


def record(owner: str, rtype: int, rdata: bytes) -> dict[str, Any]:
    """One decoded record of an answer section."""
    return {"section": 1, "owner": owner, "type": int(rtype), "ttl": 300, "rdata": rdata}


def fact_of(zone: Zone, ask: dict[str, Any], is_asked: bool) -> dict[str, Any]:
    """One fact, its other columns null."""
    outcome, rrs = Outcome.NOT_ASKED, []
    if is_asked:
        outcome, rrs = look_up(zone, ask["name"], ask["qtype"])
    columns = dict.fromkeys(polars_schema(FACTS))
    return {**columns, **ask, "outcome": outcome.value, "rrs": rrs}


def crawl(zone: Zone, domains: list[str], depth: int = 30) -> pl.LazyFrame:
    """Ask until nothing new is wanted. A fact wanted for another reason is handed on again."""
    zone = {name.lower(): rows for name, rows in zone.items()}
    frame = spf.asks(
        pl.LazyFrame({"domain": domains}, schema={"domain": pl.String}), CONTEXT
    ).collect()
    kept: dict[tuple[Any, ...], dict[str, Any]] = {}
    handed: set[tuple[Any, ...]] = set()
    while frame.height:
        wave = []
        for ask in frame.iter_rows(named=True):
            key = tuple(ask[column] for column in KEY)
            if key not in kept:
                kept[key] = fact_of(zone, ask, ask["depth"] <= depth)
            if (*key, ask["why"]) not in handed:
                handed.add((*key, ask["why"]))
                wanted = {column: ask[column] for column in ("why", "origin", "depth")}
                wave.append({**kept[key], **wanted})
        facts = pl.DataFrame(wave, schema={**polars_schema(FACTS), "why": pl.String})
        frame = spf.follow_ups(facts.lazy(), CONTEXT).collect()
    rows = [{name: fact[name] for name in polars_schema(FACTS)} for fact in kept.values()]
    return pl.DataFrame(rows, schema=polars_schema(FACTS)).lazy()


def survey_zone(zone: Zone, domains: list[str], depth: int = 30) -> dict[str, dict[str, Any]]:
    """Per domain: the JSON of `check`, the stored `row`, and its `found` findings."""
    findings, states = spf.judge(
        crawl(zone, domains, depth), pl.LazyFrame({"domain": domains}), CONTEXT
    )
    told = findings.collect().to_dicts()
    return {
        row["domain"]: {
            **spf.show(row),
            "row": row,
            "found": [finding for finding in told if finding["domain"] == row["domain"]],
            "codes": sorted({f["code"] for f in told if f["domain"] == row["domain"]}),
        }
        for row in states.collect().to_dicts()
    }


@pytest.fixture
def survey() -> Callable[..., dict[str, dict[str, Any]]]:
    return survey_zone


@pytest.fixture
def walk_of() -> Callable[[Zone, list[str]], Walk]:
    """A zone, asked and ready to be walked."""
    return lambda zone, domains: Walk(Answers(crawl(zone, domains)), CONTEXT.registrable)


@pytest.fixture
def crawl_zone() -> Callable[..., pl.LazyFrame]:
    """All facts that SPF asks for of a zone."""
    return crawl
