"""The lab's DKIM keys: what the table says is true is what the survey finds."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from publicsuffixlist import PublicSuffixList

from pipeline.ask.dns.zone import RESOLVER, engine
from pipeline.ask.waves import Crawl
from pipeline.config import Asking, Limits
from pipeline.judge import judge
from pipeline.lab.facets.dkim import FACET
from pipeline.lab.zone import Zone
from pipeline.protocols import dkim
from pipeline.protocols.dkim.selectors import load_selectors
from pipeline.protocols.protocol import Context, Wanted
from pipeline.schema import FACTS
from pipeline.store import Store
from pipeline.words import EngineName
from pipeline.workers import Here

DOMAIN = "example.jp"
MARKS = {
    "{d}": DOMAIN,
    "{mx}": "mx1.example.jp",
    "{mx2}": "mx2.example.jp",
    "{ip}": "198.18.0.1",
}
NEVER_IN_A_CRAWL = {"dkim.rfc8020"}  # only where someone names the selectors
OF_SEVERAL = {"dkim.shared_key"}  # no way of one domain: tests/protocols/test_dkim_states.py
BUDGET = 24  # a study's default


def marked(value: Any) -> Any:
    """The marks of a way, written out."""
    text = json.dumps(value, default=dict)
    for mark, said in MARKS.items():
        text = text.replace(mark, said)
    return json.loads(text)


def surveyed(folder: Path, names: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """State and codes of the domain, as a crawl with the default settings has them."""
    mx = [[10, "mx1.example.jp"], [20, "mx2.example.jp"]]
    hosts = {f"mx{number}.example.jp": {"A": ["198.18.0.2"]} for number in (1, 2)}
    zone = Zone.from_json({"zone": {DOMAIN: {"MX": mx}, **hosts, **names}})
    wanted = Wanted(selectors=load_selectors()[:BUDGET], budget=BUDGET)
    registrable = PublicSuffixList(only_icann=True).privatesuffix
    context = Context(frozenset([RESOLVER]), registrable, wanted)
    store = Store(folder)
    domains = pl.LazyFrame({"domain": [DOMAIN]})
    Crawl(
        protocols=[dkim],
        context=context,
        store=store,
        workers=Here(store, engine(zone.answer)),
        engine=EngineName.ZONE,
        resolvers=(),
        asking=Asking(rounds=0),
        limits=Limits(),
        bar=lambda title, total: lambda done, failed: None,
    ).run(domains)
    findings, states = judge([dkim], store.scan("facts", FACTS), domains, context)
    return states.collect().to_dicts()[0], sorted(findings.collect()["code"].unique())


@pytest.mark.parametrize("way", FACET.ways, ids=lambda way: way.name)
def test_each_way_is_what_it_says(tmp_path: Path, way: Any) -> None:
    state, codes = surveyed(tmp_path, marked(way.names))
    truth = marked({**FACET.nothing, **way.truth})
    assert {column: state[column] for column in truth} == truth
    assert codes == sorted(way.findings)


def test_a_domain_without_keys_and_one_whose_question_fails(tmp_path: Path) -> None:
    state, codes = surveyed(tmp_path / "nothing", {})
    assert ({column: state[column] for column in FACET.nothing}, codes) == (FACET.nothing, [])
    owner, qtype = FACET.question
    for failure in ("SERVFAIL", "TIMEOUT"):
        names = marked({owner: {qtype: failure}})
        state, codes = surveyed(tmp_path / failure, names)
        assert ({column: state[column] for column in FACET.unseen}, codes) == (FACET.unseen, [])


def test_every_state_and_finding_occurs() -> None:
    codes = {code for way in FACET.ways for code in way.findings}
    assert codes | NEVER_IN_A_CRAWL | OF_SEVERAL == {finding.code for finding in dkim.FINDINGS}
    truths = [FACET.nothing, FACET.unseen, *(way.truth for way in FACET.ways)]
    states = {truth["dkim"] for truth in truths}
    assert states == {"confirmed", "revoked_only", "possible", "none", "unknown"}


def test_measures_are_the_protocols() -> None:
    assert set(FACET.measures) == {measure.name for measure in dkim.MEASURES}
    for way in FACET.ways:
        truth = {**FACET.nothing, **way.truth}
        frame = pl.DataFrame({"dkim": [truth["dkim"]]})
        for measure in dkim.MEASURES:
            (value,) = frame.select(measure.value).to_series()
            assert FACET.measures[measure.name](truth) == value
