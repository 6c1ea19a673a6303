"""The plan's table of TLS-RPT: each way, asked and judged, is what the table says."""

import json
from typing import Any

import pytest

from pipeline.lab.facets.tlsrpt import FACET
from pipeline.protocols import tlsrpt

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
    return {column.name: state[column.name] for column in tlsrpt.COLUMNS}


def codes(seen: Surveyed, number: int) -> set[str]:
    """The facet's findings alone, at one way's domain."""
    found = seen.codes(f"w{number}.example")
    return {code for code in found if code.startswith("tlsrpt.")}


@pytest.fixture
def all_ways() -> dict[str, Any]:
    """A zone file with every way at a domain of its own."""
    names: dict[str, Any] = {}
    for number, way in enumerate(FACET.ways):
        names |= filled(dict(way.names), number)
    return {"zone": names}


def test_ways(survey: Any, all_ways: dict[str, Any]) -> None:
    seen = survey([tlsrpt], all_ways, *(f"w{number}.example" for number in NUMBERS))
    for number, way in enumerate(FACET.ways):
        assert codes(seen, number) == set(way.findings), way.name
        truth = {**FACET.nothing, **way.truth}
        assert own(seen, number) == filled(truth, number), way.name
        assert [value(truth) for value in FACET.measures.values()] == [truth["tlsrpt"] == "present"]


@pytest.mark.parametrize("rows", ["SERVFAIL", "TIMEOUT", None])
def test_without_a_way(survey: Any, rows: str | None) -> None:
    owner, rtype = filled(list(FACET.question), 0)
    names: dict[str, Any] = {"w0.example": {"A": ["192.0.2.1"]}}
    if rows:
        names[owner] = {rtype: rows}
    seen = survey([tlsrpt], {"zone": names}, "w0.example")
    assert own(seen, 0) == (FACET.unseen if rows else FACET.nothing)
    (measure,) = FACET.measures.values()
    assert measure(own(seen, 0)) is (None if rows else False)


def test_everything_occurs() -> None:
    found = {code for way in FACET.ways for code in way.findings}
    assert found == {finding.code for finding in tlsrpt.FINDINGS}
    states = {way.truth.get("tlsrpt", "absent") for way in FACET.ways}
    assert states == {"present", "invalid", "absent"}
    assert list(FACET.measures) == [measure.name for measure in tlsrpt.MEASURES]
    assert len({way.name for way in FACET.ways}) == len(FACET.ways)
