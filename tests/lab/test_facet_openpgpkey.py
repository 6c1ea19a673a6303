"""The lab's table of OPENPGPKEY: each way gives the states and findings that stand beside it."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.lab.facet import Way
from pipeline.lab.facets.openpgpkey import FACET, LOCAL_PARTS
from pipeline.protocols import openpgpkey
from pipeline.protocols.protocol import Wanted

from ..protocols.conftest import Surveyed, survey

__all__ = ["survey"]

DOMAIN = "example.jp"
MAIL = {"MX": [[10, "mx1.example.jp"], [20, "mx2.example.jp"]], "A": ["192.0.2.1"]}
WANTED = Wanted(local_parts=LOCAL_PARTS)


def filled(way: Way) -> dict[str, Any]:
    names = {owner.replace("{d}", DOMAIN): dict(rows) for owner, rows in way.names.items()}
    secure = {DOMAIN: "secure"} if way.needs == "dnssec secure" else {}
    return {"zone": {DOMAIN: MAIL} | names, "dnssec": secure}


def seen(found: Surveyed) -> dict[str, Any]:
    return {name: found.states[DOMAIN][name] for name in FACET.nothing}


@pytest.mark.parametrize("way", FACET.ways, ids=lambda way: way.name)
def test_ways(survey: Callable[..., Surveyed], way: Way) -> None:
    found = survey([openpgpkey], filled(way), DOMAIN, wanted=WANTED)
    assert seen(found) == {**FACET.nothing, **way.truth}
    assert set(found.codes(DOMAIN)) == set(way.findings)


@pytest.mark.parametrize("answer", [None, "SERVFAIL", "TIMEOUT"])
def test_nothing_and_nothing_to_be_seen(
    survey: Callable[..., Surveyed], answer: str | None
) -> None:
    owner, qtype = FACET.question
    hidden = {owner.replace("{d}", DOMAIN): {qtype: answer}} if answer else {}
    found = survey([openpgpkey], {"zone": {DOMAIN: MAIL} | hidden}, DOMAIN, wanted=WANTED)
    assert seen(found) == (FACET.unseen if answer else FACET.nothing)
    assert found.codes(DOMAIN) == []


def test_every_finding_and_state_occurs() -> None:
    codes = {code for way in FACET.ways for code in way.findings}
    assert codes | {"openpgpkey.bogus"} == {finding.code for finding in openpgpkey.FINDINGS}
    states = {way.truth.get("openpgpkey", FACET.nothing["openpgpkey"]) for way in FACET.ways}
    assert states | {FACET.unseen["openpgpkey"]} == {"present", "absent", "unknown"}
