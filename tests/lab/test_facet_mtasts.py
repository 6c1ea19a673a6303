"""The plan's table of MTA-STS: each way, asked and judged, is what the table says."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.lab.facets.mtasts import FACET, FROM_THE_WEB
from pipeline.lab.web import load_fetches
from pipeline.protocols import mtasts, mx

from ..protocols.conftest import Surveyed, survey

__all__ = ["survey"]  # the fixture

NUMBERS = range(len(FACET.ways))


def filled(value: Any, number: int) -> Any:
    """What a table holds, with the names of the way's own domain for its marks."""
    domain = f"w{number}.example"
    text = json.dumps(value)
    for mark, name in (("{d}", domain), ("{mx}", "mx1." + domain), ("{mx2}", "mx2." + domain)):
        text = text.replace(mark, name)
    return json.loads(text)


def own(seen: Surveyed, number: int) -> dict[str, Any]:
    """The facet's columns alone, at one way's domain."""
    state = seen.states[f"w{number}.example"]
    return {column.name: state[column.name] for column in mtasts.COLUMNS}


def codes(seen: Surveyed, number: int) -> set[str]:
    """The facet's findings alone, at one way's domain."""
    found = seen.codes(f"w{number}.example")
    return {code for code in found if code.startswith("mtasts.")}


@pytest.fixture
def all_ways() -> dict[str, Any]:
    """A zone file with every way at a domain of its own."""
    zone: dict[str, Any] = {"zone": {}, "https": {}}
    for number, way in enumerate(FACET.ways):
        mx_rows = {"{d}": {"MX": [[10, "{mx}."], [20, "{mx2}."]]}}
        zone["zone"] |= filled(mx_rows | dict(way.names), number)
        zone["https"] |= filled(dict(way.https), number)
    return zone


def surveyed(survey: Any, zone: dict[str, Any], folder: Path | None) -> Surveyed:
    """All the ways, with the web (read in this folder) or without."""
    fetches = None
    if folder:
        path = folder / "zone.json"
        path.write_text(json.dumps(zone), "utf-8")
        fetches = load_fetches(path)
    domains = [f"w{number}.example" for number in NUMBERS]
    seen: Surveyed = survey([mx, mtasts], zone, *domains, fetches=fetches)
    return seen


def test_ways(survey: Any, tmp_path: Path, all_ways: dict[str, Any]) -> None:
    seen = surveyed(survey, all_ways, tmp_path)
    for number, way in enumerate(FACET.ways):
        assert codes(seen, number) == set(way.findings), way.name
        assert own(seen, number) == filled({**FACET.nothing, **way.truth}, number), way.name


def test_ways_where_nothing_was_fetched(survey: Any, all_ways: dict[str, Any]) -> None:
    seen = surveyed(survey, all_ways, None)
    for number, way in enumerate(FACET.ways):
        told = {code for code in way.findings if not code.startswith(FROM_THE_WEB)}
        assert codes(seen, number) == told, way.name
        truth = FACET.without_web({**FACET.nothing, **way.truth})
        assert own(seen, number) == filled(truth, number), way.name


def test_measures() -> None:
    for way in FACET.ways:
        truth = FACET.without_web({**FACET.nothing, **way.truth})
        values = [value(truth) for value in FACET.measures.values()]
        is_valid = truth["mtasts_txt"] == "valid"
        assert values == ([True, None, None] if is_valid else [False] * 3), way.name
        missing = {"mta_sts", "mta_sts_enforce"} if is_valid else set()
        assert FACET.unobserved(truth) == missing
    assert [value(FACET.unseen) for value in FACET.measures.values()] == [None] * 3
    assert list(FACET.measures) == [measure.name for measure in mtasts.MEASURES]


@pytest.mark.parametrize("rows", ["SERVFAIL", "TIMEOUT", None])
def test_without_a_way(survey: Any, rows: str | None) -> None:
    owner, rtype = filled(list(FACET.question), 0)
    names: dict[str, Any] = {"w0.example": {"MX": [[10, "mx1.w0.example."]]}}
    if rows:
        names[owner] = {rtype: rows}
    seen = survey([mx, mtasts], {"zone": names}, "w0.example")
    assert own(seen, 0) == (FACET.unseen if rows else FACET.nothing)


def test_everything_occurs() -> None:
    found = {code for way in FACET.ways for code in way.findings}
    assert found == {finding.code for finding in mtasts.FINDINGS}
    truths = [{**FACET.nothing, **way.truth} for way in FACET.ways] + [FACET.unseen]
    truths += [FACET.without_web(truth) for truth in truths]
    states = {"enforce", "testing", "mode_none", "broken", "absent", "unknown", "not_observed"}
    assert {truth["mtasts"] for truth in truths} == states
    assert {truth["mtasts_txt"] for truth in truths} >= {"valid", "invalid", "multiple", "absent"}
    assert len({way.name for way in FACET.ways}) == len(FACET.ways)
