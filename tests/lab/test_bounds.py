"""Whatever kind of question fails, the truth lies inside the published bounds.

Offline: each kind in turn is answered by SERVFAIL, or not at all, at a share of the names, however
often it is asked.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.ask.dns.zone import RESOLVER, engine
from pipeline.ask.waves import Crawl
from pipeline.config import Asking, Cohort, Lab, Limits, ListFile
from pipeline.judge import judge
from pipeline.lab import plan, records, truth
from pipeline.lab.facets.smimea import LOCAL_PARTS
from pipeline.lab.misbehaviour import Fault, Misbehaviour
from pipeline.lab.zone import Zone
from pipeline.message import response, to_wire
from pipeline.population.suffixes import registrable
from pipeline.protocols import ALL
from pipeline.protocols.dkim.selectors import load_selectors
from pipeline.protocols.protocol import Context, Wanted
from pipeline.schema import FACTS
from pipeline.store import Store
from pipeline.tables.adoption import adoption
from pipeline.words import EngineName
from pipeline.workers import Here

COHORT = Cohort(name=".jp", lists=(ListFile("lab:jp.txt"),))
SERVFAIL = 2
KINDS = (
    "MX", "A", "AAAA", "SOA", "CNAME", "TXT", "DNSKEY", "DS", "TLSA", "_dmarc TXT",
    "_domainkey TXT", "_bimi TXT", "_mta-sts TXT", "_smtp._tls TXT", "_smimecert", "_openpgpkey",
)  # fmt: skip


@pytest.fixture(scope="module")
def planned() -> Any:
    return plan.plan(Lab(seed=11, jp=300, go_jp=0))


@pytest.fixture(scope="module")
def answer(planned: Any) -> Callable[..., bytes | None]:
    return Zone.from_json(records.zone(planned)).answer


def failing(answer: Callable[..., bytes | None], wrong: Misbehaviour) -> Callable[..., Any]:
    """The same answers, but for those that go wrong for ever."""

    def answered(name: str, qtype: int, cd: bool) -> bytes | None:
        question = to_wire(name) + qtype.to_bytes(2) + b"\0\1"
        fault = wrong.draw(question, 0)[0] if wrong.befalls(name, qtype) else None
        if fault is Fault.LOSS:
            return None
        if fault is Fault.SERVFAIL:
            return response(question, [], rcode=SERVFAIL)
        return answer(name, qtype, cd)

    return answered


@pytest.mark.parametrize("kind", KINDS)
def test_the_truth_stays_inside_the_bounds(
    planned: Any, answer: Callable[..., bytes | None], tmp_path: Path, kind: str
) -> None:
    wrong = Misbehaviour(servfail=0.3, loss=0.2, only=kind)
    selectors = load_selectors()[:24]
    context = Context(
        frozenset([RESOLVER]),
        registrable,
        Wanted(selectors, len(selectors), local_parts=LOCAL_PARTS, public=("127.18.0.0/15",)),
    )
    store = Store(tmp_path)
    domains = pl.LazyFrame({"domain": [row.domain for row in planned.rows]})
    Crawl(
        protocols=ALL,
        context=context,
        store=store,
        workers=Here(store, engine(failing(answer, wrong))),
        engine=EngineName.ZONE,
        resolvers=(),
        asking=Asking(rounds=0),
        limits=Limits(),
        bar=lambda title, total: lambda done, failed: None,
    ).run(domains)
    _, states = judge(ALL, store.scan("facts", FACTS), domains, context)
    listed = domains.with_columns(cohorts=pl.lit([COHORT.name]))
    measures = tuple(measure for protocol in ALL for measure in protocol.MEASURES)
    found = adoption(states, listed, (COHORT,), measures)
    expected = truth.expected_adoption(planned, (COHORT,), truth.Asked(addresses=True))
    compared = found.join(expected, on=("cohort", "denominator", "measure"), suffix="_true")
    assert compared.height == expected.height == found.height
    for row in compared.iter_rows(named=True):
        assert row["low"] <= row["high_true"], row
        assert row["high"] >= row["low_true"], row
        assert row["yes"] <= row["yes_true"] + row["unknown_true"] + row["of_unknown_true"], row
    moved = compared.filter(
        pl.col("unknown") + pl.col("of_unknown")
        > pl.col("unknown_true") + pl.col("of_unknown_true")
    )
    assert (moved.height > 0) == (kind not in WITHOUT_EFFECT), moved.rows(named=True)[:2]


WITHOUT_EFFECT = ("DNSKEY", "DS")
"""Of these questions nothing is published as a share."""
