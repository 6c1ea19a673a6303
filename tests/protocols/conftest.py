"""A small builder of facts: messages as a resolver would send them, decoded as a crawl does it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dns.rdata
import dns.rdataclass
import dns.rdatatype
import polars as pl
import pytest
from publicsuffixlist import PublicSuffixList

from pipeline import message
from pipeline.ask.dns.zone import RESOLVER, engine
from pipeline.ask.waves import Crawl
from pipeline.config import Asking, Limits
from pipeline.judge import judge
from pipeline.lab.zone import Zone
from pipeline.protocols.protocol import Context, MailProtocol, Wanted
from pipeline.schema import FACTS, polars_schema
from pipeline.store import Store
from pipeline.words import EngineName, Outcome, QType
from pipeline.workers import Here

TRUSTED = "127.0.0.1:53"
NOTHING_MORE = Wanted()
RCODES = {Outcome.NO_NAME: 3, Outcome.SERVER_FAILURE: 2, Outcome.REFUSED: 5}


class Crawled:
    """Builds facts one by one; `frame` puts them together."""

    def fact(
        self,
        name: str,
        qtype: str,
        records: Iterable[str | bytes | tuple[str, str, str]] = (),
        outcome: Outcome | None = None,
        *,
        ad: bool | None = False,
        cd: bool = False,
        purpose: str = "survey",
        why: str = "",
        resolver: str = TRUSTED,
        engine: str = "wire",
        ede: int | None = None,
    ) -> dict[str, Any]:
        """One fact. records: rdata text, TXT payload bytes, or (owner, type, rdata text).

        outcome: by default what the records say: answered, or no_data. Without a message: all but
        the settled ones, SERVFAIL and REFUSED.
        """
        rrs = [self.rr(name, qtype, record) for record in records]
        has_type = any(rr.type == QType[qtype] for rr in rrs)
        outcome = outcome or (Outcome.ANSWERED if has_type else Outcome.NO_DATA)
        row: dict[str, Any] = dict.fromkeys(polars_schema(FACTS))
        row |= {"name": name, "qtype": int(QType[qtype]), "cd": cd, "purpose": purpose}
        row |= {"origin": name, "depth": 0, "wave": 0, "outcome": outcome.value, "engine": engine}
        row |= {"rebuilt": engine == "cares", "resolver": resolver, "tries": 1, "why": why}
        row |= {"asked_at": datetime(2020, 11, 1, tzinfo=UTC)}
        if outcome in (Outcome.ANSWERED, Outcome.NO_DATA, *RCODES):
            question = message.to_wire(name) + int(QType[qtype]).to_bytes(2) + b"\0\1"
            rcode = RCODES.get(outcome, 0)
            wire = message.response(question, rrs, rcode=rcode, ede=ede)
            read = message.decode(wire)
            assert not read.error, read.error
            row |= {"rcode": rcode, "ad": ad, "ede": read.ede, "message": wire, "rtt_ms": 1.0}
            row |= {"rrs": [rr._asdict() for rr in read.rrs], "transport": "udp"}
        return row

    def rr(self, name: str, qtype: str, record: str | bytes | tuple[str, str, str]) -> message.RR:
        """One answer record."""
        if isinstance(record, bytes):
            parts = [record[at : at + 255] for at in range(0, len(record), 255)]
            return message.RR(1, name, int(QType.TXT), 300, message.from_strings(parts))
        owner, rtype, text = record if isinstance(record, tuple) else (name, qtype, record)
        rdatatype = dns.rdatatype.from_text(rtype)
        rdata = dns.rdata.from_text(dns.rdataclass.IN, rdatatype, text).to_wire()
        return message.RR(1, owner, int(rdatatype), 300, rdata)

    def frame(self, *facts: dict[str, Any]) -> pl.LazyFrame:
        """The facts as a crawl stores them, and the `why` of their asks."""
        schema = {**polars_schema(FACTS), "why": pl.String}
        return pl.DataFrame(list(facts), schema=schema).lazy()


@pytest.fixture(scope="session")
def crawled() -> Crawled:
    return Crawled()


@pytest.fixture(scope="session")
def context() -> Context:
    """A run whose one resolver was found to validate."""
    return Context(frozenset([TRUSTED]), lambda name: None)


@dataclass(frozen=True)
class Surveyed:
    """What some protocols made of a zone. asked: every question, (name, type), in any order."""

    findings: pl.DataFrame
    states: dict[str, dict[str, Any]]
    asked: list[tuple[str, str]]

    def codes(self, domain: str) -> list[str]:
        """The findings of one domain, sorted."""
        return sorted(self.findings.filter(pl.col("domain") == domain)["code"])


@pytest.fixture
def survey(tmp_path: Path) -> Callable[..., Surveyed]:
    """Ask and judge as `check --zone` does, with some protocols only (in ALL's order)."""

    def run(
        protocols: Sequence[MailProtocol],
        zone: dict[str, Any],
        *domains: str,
        wanted: Wanted = NOTHING_MORE,
        fetches: pl.LazyFrame | None = None,
        most: int = 1000,
    ) -> Surveyed:
        """zone: a zone file's JSON object, "dnssec" and all. most: questions a domain."""
        answer = Zone.from_json(zone).answer
        registrable = PublicSuffixList(only_icann=True).privatesuffix
        context = Context(frozenset([RESOLVER]), registrable, wanted, fetches)
        store = Store(tmp_path / "facts")
        names = pl.LazyFrame({"domain": list(domains)}, schema={"domain": pl.String})
        crawl = Crawl(
            protocols=protocols,
            context=context,
            store=store,
            workers=Here(store, engine(answer)),
            engine=EngineName.ZONE,
            resolvers=(),
            asking=Asking(rounds=0),
            limits=Limits(per_domain=most),
            bar=lambda title, total: lambda done, failed: None,
        )
        crawl.run(names)
        facts = store.scan("facts", FACTS)
        findings, states = judge(protocols, facts, names, context)
        asked = facts.filter(pl.col("outcome") != Outcome.NOT_ASKED).select("name", "qtype")
        return Surveyed(
            findings.collect(),
            {row["domain"]: row for row in states.collect().to_dicts()},
            [(name, QType(qtype).name) for name, qtype in asked.collect().rows()],
        )

    return run
