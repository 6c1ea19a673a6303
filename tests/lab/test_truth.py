"""Every state and every finding that the survey makes of the planned internet, against the plan.

Out of the exported zone, with the lab's mail servers: here nothing fails but what is planned to.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from pipeline.ask.beyond import Beyond
from pipeline.ask.dns.zone import RESOLVER, engine
from pipeline.ask.smtp.visit import Visiting
from pipeline.ask.waves import Crawl
from pipeline.config import Asking, Https, Lab, Limits, Smtp, load_study
from pipeline.judge import judge
from pipeline.judge.wanting import wanted as wanted_outside
from pipeline.lab import hosting, plan, records, truth
from pipeline.lab.authority import ROOT
from pipeline.lab.facets.smimea import LOCAL_PARTS
from pipeline.lab.web import load_fetches
from pipeline.lab.zone import Zone
from pipeline.population.suffixes import registrable
from pipeline.protocols import ALL
from pipeline.protocols.dkim.selectors import load_selectors
from pipeline.protocols.protocol import AsksAgain, Context, Wanted
from pipeline.schema import CERTIFICATES, FACTS, VISITS
from pipeline.store import Store
from pipeline.words import EngineName, Purpose
from pipeline.workers import Here

CONFIGS = Path(__file__).parents[2] / "configs"
SETTINGS = Lab(seed=5, jp=1500, go_jp=40)
SELECTORS = 24
PUBLIC = ("127.18.0.0/15",)
PATIENCE_S = 2.0  # for the few servers that say nothing
NOT_STORED = ("dane_verdicts",)


class Judged(NamedTuple):
    """What the survey makes of the plan, and what the plan says itself, domain by domain."""

    states: dict[str, dict[str, Any]]
    codes: dict[str, set[str]]
    truth: list[dict[str, Any]]
    planned: dict[str, Any]


def judged(planned: Any, folder: Path, asked: truth.Asked) -> Judged:
    """Survey the exported zone."""
    zone = records.zone(planned)
    wanted = Wanted(
        selectors=load_selectors()[:SELECTORS],
        budget=SELECTORS,
        local_parts=LOCAL_PARTS if asked.addresses else (),
        islands=1.0 if asked.thorough else 0.0,
        public=PUBLIC,
    )
    fetches = load_fetches(exported(zone, folder)) if asked.web else None
    context = Context(frozenset([RESOLVER]), registrable, wanted, fetches, anchors=(ROOT,))
    store = Store(folder)
    names = pl.LazyFrame({"domain": [row.domain for row in planned.rows]})
    answer = Zone.from_json(zone).answer
    Crawl(
        protocols=ALL,
        context=context,
        store=store,
        workers=Here(store, engine(answer)),
        engine=EngineName.ZONE,
        resolvers=(),
        asking=Asking(rounds=0),
        limits=Limits(per_domain=1000),
        bar=no_bar,
    ).run(names)
    if asked.visits:
        context = visited(names, store, context, answer)
    findings, states = judge(ALL, store.scan("facts", FACTS), names, context)
    codes: dict[str, set[str]] = defaultdict(set)
    for domain, code in findings.select("domain", "code").collect().rows():
        codes[domain].add(code)
    return Judged(
        {row["domain"]: row for row in states.collect().to_dicts()},
        codes,
        truth.truths(planned, asked),
        {row.domain: row for row in planned.rows},
    )


def no_bar(title: str, total: int) -> Callable[[int, int], None]:
    return lambda done, failed: None


def visited(
    names: pl.LazyFrame, store: Store, context: Context, answer: Callable[..., bytes | None]
) -> Context:
    """Visit the mail servers as a run does it: all, then once more what did not fit."""
    with hosting.start(json.dumps(asdict(SETTINGS)), web=False) as ports:
        beyond = Beyond(
            store=store,
            workers=Here(store, engine(answer)),
            bar=no_bar,
            smtp=Smtp(interval_s=0.0, rounds=0, at_once=20),
            https=Https(),
            visiting=Visiting(
                "survey.example", 20.0, PATIENCE_S, 20.0, PUBLIC, port=ports.smtp_port
            ),
            fetching=None,
        )
        for purpose in (Purpose.SURVEY, Purpose.CONFIRM):
            context = replace(
                context,
                visits=store.scan("visits", VISITS),
                certificates=store.scan("certificates", CERTIFICATES),
            )
            visits, fetches = wanted_outside(store.scan("facts", FACTS), names, context)
            visits = visits.filter(purpose=purpose.value)
            for protocol in ALL:
                if isinstance(protocol, AsksAgain):
                    asks = protocol.asks_again(visits.lazy()).collect()
                    beyond.ask_again(asks, EngineName.ZONE, (), Asking(rounds=0))
            beyond.run(visits, fetches)
    return replace(
        context,
        visits=store.scan("visits", VISITS),
        certificates=store.scan("certificates", CERTIFICATES),
    )


def exported(zone: dict[str, Any], folder: Path) -> Path:
    """The zone as a file."""
    path = folder / "zone.json"
    path.write_text(json.dumps(zone), encoding="utf-8")
    return path


def about(row: Any) -> str:
    """What was planned of a domain, for the reader of a failure."""
    ways = {facet: way.name for facet, way in row.ways.items()}
    parts = (row.mail.value, row.outage.value, row.hosts and row.hosts.name, row.spf.name)
    return f"{row.domain}: {parts} {row.dmarc.name} {row.chain and row.chain.name} {ways}"


@pytest.fixture(scope="module")
def planned() -> Any:
    return plan.plan(SETTINGS)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(truth.CRAWL, id="over the DNS alone"),
        pytest.param(truth.Asked(web=True, visits=True), id="as a crawl"),
        pytest.param(truth.Asked(web=True, addresses=True, thorough=True), id="as a check"),
    ],
)
def found(request: Any, planned: Any, tmp_path_factory: Any) -> Judged:
    return judged(planned, tmp_path_factory.mktemp("truth"), request.param)


def test_every_state_is_the_planned_one(found: Judged) -> None:
    wrong = [
        f"{column}: {found.states[row['domain']][column]!r}, planned {value!r} at "
        + about(found.planned[row["domain"]])
        for row in found.truth
        for column, value in row["states"].items()
        if column not in NOT_STORED and found.states[row["domain"]][column] != value
    ]
    assert not wrong, "\n".join(wrong[:20])


def test_every_finding_is_planned_and_every_planned_one_found(found: Judged) -> None:
    wrong = [
        f"{sorted(found.codes[row['domain']] ^ set(row['findings']))} at "
        + about(found.planned[row["domain"]])
        for row in found.truth
        if found.codes[row["domain"]] != set(row["findings"])
    ]
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.parametrize(
    ("study", "asked"),
    [
        ("lab", truth.Asked(web=True, visits=True, addresses=True)),
        ("lab-large", truth.Asked(web=True)),
    ],
)
def test_what_a_study_asks(study: str, asked: truth.Asked) -> None:
    assert truth.asked_by(load_study(CONFIGS / f"{study}.toml")) == asked


def test_every_finding_and_every_state_occurs(planned: Any) -> None:
    rows = truth.truths(planned, truth.Asked(True, True, True, True))
    told = {code for row in rows for code in row["findings"]}
    codes = {finding.code for protocol in ALL for finding in protocol.FINDINGS}
    assert told == codes - NEVER
    for protocol in ALL:
        states = {row["states"][protocol.NAME] for row in rows}
        assert states >= STATES[protocol.NAME], protocol.NAME


NEVER = {
    "mx.many_hosts",  # no planned domain has so many
    "mtasts.id_unchanged",  # between two runs
    "dkim.rfc8020",  # only where someone names selectors is any asked for below what is denied
}
"""Findings that no survey of a population can have."""
STATES = {
    "mx": {"present", "implicit", "null_mx", "absent", "unknown"},
    "helo": {"all", "some", "none", "not_applicable", "unknown"},
    "spf": {"present", "absent", "unknown"},
    "dmarc": {"present", "absent", "unknown"},
    "dkim": {"confirmed", "revoked_only", "possible", "none", "unknown"},
    "bimi": {"present", "declined", "invalid", "absent", "unknown"},
    "mtasts": {"enforce", "testing", "mode_none", "broken", "absent", "unknown"},
    "tlsrpt": {"present", "invalid", "absent", "unknown"},
    "starttls": {"all", "some", "none", "unknown", "not_observed", "not_applicable"},
    "dnssec": {"secure", "insecure", "bogus", "unknown"},
    "dane": {"all", "some", "none", "bogus", "not_applicable", "unknown"},
    "smimea": {"present", "absent", "unknown"},
    "openpgpkey": {"present", "absent", "unknown"},
    "parked": {"none", "some", "fully", "not_applicable", "unknown"},
}
