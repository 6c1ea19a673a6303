"""The lab's tables: each way, asked and judged, is what stands beside it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.lab import facets
from pipeline.lab.domain_truth import FROM_THE_WEB
from pipeline.lab.facet import Facet, Way
from pipeline.lab.facets import bimi, dkim, mtasts, openpgpkey, smimea, tlsrpt
from pipeline.lab.filling import Marks, replaced
from pipeline.lab.web import load_fetches
from pipeline.protocols import ALL
from pipeline.protocols.dkim.selectors import load_selectors
from pipeline.protocols.protocol import MailProtocol, Wanted
from pipeline.schema import polars_schema

from ..protocols.conftest import Surveyed, survey

__all__ = ["survey"]  # the fixture

NOTHING_MORE = Wanted()
PROTOCOLS = {protocol.NAME: protocol for protocol in ALL}
BUDGET = 24  # DKIM selectors a domain, a study's default
SELECTORS = Wanted(selectors=load_selectors()[:BUDGET], budget=BUDGET)
ADDRESSES = Wanted(local_parts=smimea.LOCAL_PARTS)


@dataclass(frozen=True)
class Table:
    """A facet's table, and what it takes to see it.

    beside: the protocols that are judged before it. states: all that the table has to show.
    elsewhere: findings that no way of one domain has: several domains, a zone of its own, two runs.
    """

    facet: Facet
    states: frozenset[str]
    beside: tuple[str, ...] = ()
    wanted: Wanted = NOTHING_MORE
    elsewhere: frozenset[str] = frozenset()

    @property
    def protocol(self) -> MailProtocol:
        return PROTOCOLS[self.facet.name]

    @property
    def protocols(self) -> Sequence[MailProtocol]:
        return [PROTOCOLS[name] for name in (*self.beside, self.facet.name)]


def states(text: str) -> frozenset[str]:
    return frozenset(text.split())


ADDRESS_STATES = states("present absent unknown")
TABLES = {
    table.facet.name: table
    for table in (
        Table(
            dkim.FACET,
            states("confirmed revoked_only possible none unknown"),
            wanted=SELECTORS,
            elsewhere=frozenset({"dkim.rfc8020", "dkim.shared_key"}),
        ),
        Table(bimi.FACET, states("present declined invalid absent unknown"), ("dmarc",)),
        Table(
            mtasts.FACET,
            states("enforce testing mode_none broken absent unknown not_observed"),
            ("mx",),
            elsewhere=frozenset({"mtasts.id_unchanged"}),
        ),
        Table(tlsrpt.FACET, states("present invalid absent unknown")),
        Table(
            smimea.FACET,
            ADDRESS_STATES,
            wanted=ADDRESSES,
            elsewhere=frozenset({"smimea.bogus"}),
        ),
        Table(
            openpgpkey.FACET,
            ADDRESS_STATES,
            wanted=ADDRESSES,
            elsewhere=frozenset({"openpgpkey.bogus"}),
        ),
    )
}
WITH_WEB = [(table, True) for table in TABLES.values()]
WITHOUT = [(TABLES["mtasts"], False), (TABLES["bimi"], False)]


@pytest.fixture(params=TABLES.values(), ids=TABLES)
def table(request: pytest.FixtureRequest) -> Table:
    return request.param


def domain(number: int) -> str:
    """A registrable domain of its own for each way."""
    return f"w{number}.jp"


def filled(value: Any, number: int) -> Any:
    """What a table holds, with the names of the way's own domain for its marks."""
    own = domain(number)
    marks = {"{d}": own, "{mx}": f"mx1.{own}", "{mx2}": f"mx2.{own}", "{ip}": "127.18.0.1"}
    return json.loads(json.dumps(replaced(value, Marks(marks, own)), default=dict))


def zone_of(ways: Sequence[Way]) -> dict[str, Any]:
    """A zone file with every way at a domain of its own, and what the way needs."""
    zone: dict[str, Any] = {"zone": {}, "dnssec": {}, "https": {}}
    for number, way in enumerate(ways):
        names = {"{d}": {"MX": [[10, "{mx}"], [20, "{mx2}"]]}}
        if way.needs == "dmarc enforced":
            names["_dmarc.{d}"] = {"TXT": [["v=DMARC1; p=reject"]]}
        zone["zone"] |= filled(names | dict(way.names), number)
        zone["https"] |= filled(dict(way.https), number)
        if way.needs == "dnssec secure":
            zone["dnssec"][domain(number)] = "secure"
    return zone


def judged(seen: Surveyed, table: Table, number: int) -> tuple[dict[str, Any], set[str]]:
    """A facet's columns and findings at one way's domain."""
    state = seen.states[domain(number)]
    found = {code for code in seen.codes(domain(number)) if code.startswith(table.facet.name)}
    return {column.name: state[column.name] for column in table.protocol.COLUMNS}, found


def assert_true(state: dict[str, Any], truth: dict[str, Any], name: str) -> None:
    """Every column that the truth names; what it leaves out is the study's: how many selectors."""
    assert {column: state[column] for column in truth} == truth, name


@pytest.mark.parametrize(("table", "web"), [*WITH_WEB, *WITHOUT], ids=lambda one: str(one)[:24])
def test_ways(survey: Any, tmp_path: Path, table: Table, web: bool) -> None:
    ways = table.facet.ways
    zone = zone_of(ways)
    path = tmp_path / "zone.json"
    path.write_text(json.dumps(zone), "utf-8")
    fetches = load_fetches(path) if web else None
    domains = [domain(number) for number in range(len(ways))]
    seen = survey(table.protocols, zone, *domains, wanted=table.wanted, fetches=fetches)
    for number, way in enumerate(ways):
        state, found = judged(seen, table, number)
        truth = {**table.facet.nothing, **way.truth}
        told = set(way.findings)
        if not web:
            truth = dict(table.facet.without_web(truth))
            told = {code for code in told if not code.startswith(FROM_THE_WEB)}
        assert found - table.elsewhere == told, way.name
        assert_true(state, filled(truth, number), way.name)


@pytest.mark.parametrize("failure", ["SERVFAIL", "TIMEOUT", None])
def test_without_a_way(survey: Any, table: Table, failure: str | None) -> None:
    owner, rtype = filled(list(table.facet.question), 0)
    hidden = {owner: {rtype: failure}} if failure else {}
    zone = {"zone": {domain(0): {"MX": [[10, "mx1.w0.jp"]]}, **hidden}}
    seen = survey(table.protocols, zone, domain(0), wanted=table.wanted)
    state, found = judged(seen, table, 0)
    expected = table.facet.unseen if failure else table.facet.nothing
    assert_true(state, dict(expected), table.facet.name)
    assert found == set()
    for value in table.facet.measures.values():
        assert value(expected) is (None if failure else False)


def test_everything_occurs(table: Table) -> None:
    facet = table.facet
    found = {code for way in facet.ways for code in way.findings}
    assert found | table.elsewhere == {finding.code for finding in table.protocol.FINDINGS}
    truths = [facet.nothing, facet.unseen, *({**facet.nothing, **one.truth} for one in facet.ways)]
    truths += [facet.without_web(truth) for truth in truths]
    assert {truth[facet.name] for truth in truths} == table.states
    assert set(facet.measures) == {measure.name for measure in table.protocol.MEASURES}
    assert len({way.name for way in facet.ways}) == len(facet.ways)


def test_measures_are_what_the_protocol_counts(table: Table) -> None:
    """Two definitions, both by hand: the table's over a truth, the protocol's over a state."""
    facet, columns = table.facet, polars_schema(table.protocol.COLUMNS)
    ways = [{**facet.nothing, **way.truth} for way in facet.ways]
    for truth in (facet.nothing, facet.unseen, *ways, *map(facet.without_web, ways)):
        row = {name: [truth.get(name)] for name in columns}
        state = pl.DataFrame(row, schema=columns)
        for measure in table.protocol.MEASURES:
            (value,) = state.select(measure.value).to_series()
            assert facet.measures[measure.name](truth) == value, (measure.name, truth)


def test_no_table_is_forgotten() -> None:
    assert {facet.name for facet in facets.ALL} == set(TABLES)


def test_a_policy_that_nobody_fetched_is_no_answer() -> None:
    facet = TABLES["mtasts"].facet
    for way in facet.ways:
        truth = facet.without_web({**facet.nothing, **way.truth})
        is_valid = truth["mtasts_txt"] == "valid"
        values = [value(truth) for value in facet.measures.values()]
        assert values == ([True, None, None] if is_valid else [False] * 3), way.name
        assert facet.unobserved(truth) == ({"mta_sts", "mta_sts_enforce"} if is_valid else set())
