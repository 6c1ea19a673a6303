"""The openspf suite for RFC 7208, as far as a judge without a client can be held to it.

A survey has no client address and no message. So a test that ends in permerror asks for an error
in the judgement, and a domain none of whose tests may end in permerror must have no syntax error.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.protocols import spf
from pipeline.words import Level

ERRORS = {finding.code for finding in spf.FINDINGS if finding.level == Level.ERROR}
SYNTAX = {"spf.syntax", "spf.not_ascii", "spf.wrong_dash"}

# Undecidable: RFC 7208 §4.3, a sender's malformed domain is `none`; no population holds one.
NO_DOMAIN = {
    "toolonglabel",
    "emptylabel",
    "helo-not-fqdn",
    "helo-domain-literal",
    "domain-literal",
}

Survey = Callable[..., dict[str, dict[str, Any]]]
Rows = dict[str, dict[str, Any]]


def zones_of(suite: Path) -> dict[str, Rows]:
    """The suite's zones as literals. A TIMEOUT row stands for every type that the name lacks."""
    zones: dict[str, Rows] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for line in (suite / "openspf-rfc7208-zones.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        name = row["name"].lower().removesuffix(".")
        rows = zones[row["scenario"]][name]
        if row["type"] == "TIMEOUT":
            rows["*"] = "TIMEOUT"
        elif row["type"] == "TXT":
            rows["TXT"].append(row["strings"])
        elif row["type"] in ("A", "AAAA", "MX", "CNAME"):
            rows[row["type"]].append(row["rdata"])
        else:
            rows.setdefault(row["type"], [])  # the name exists
    return zones


def cases_of(suite: Path) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The tests by scenario and the domain that is checked."""
    tests = defaultdict(list)
    for line in (suite / "openspf-rfc7208.jsonl").read_text("utf-8").splitlines():
        test = json.loads(line)
        domain = (test["mailfrom"] or test["helo"]).rpartition("@")[2].lower()
        tests[test["scenario"], domain].append(test)
    return tests


def contradictions(seen: dict[str, Any], tests: list[dict[str, Any]]) -> list[str]:
    """The tests of one domain that its judgement does not agree with."""
    codes = set(seen["codes"])
    out = []
    for test in tests:
        wanted = set(test["result"])
        if (
            (wanted == {"permerror"} and not codes & ERRORS)
            or (wanted == {"none"} and seen["state"] != "absent")
            or (wanted == {"temperror"} and not is_open(seen))
            or ("pass" in wanted and seen["state"] != "present")
        ):
            out.append(f"{test['id']}: {test['result']}")
    if all("permerror" not in test["result"] for test in tests) and codes & SYNTAX:
        out.append(f"{tests[0]['id']}: syntax")
    return out


def is_open(seen: dict[str, Any]) -> bool:
    """Does the judgement say that something brought no answer?"""
    return "unknown" in (seen["state"], seen["tree"]) or seen["void_lookups"] is None


def test_all(shared: Path, survey: Survey) -> None:
    suite = shared / "suites"
    zones, tests = zones_of(suite), cases_of(suite)
    assert sum(map(len, tests.values())) == 203
    wrong = {}
    for (scenario, domain), group in tests.items():
        known = [test for test in group if test["id"] not in NO_DOMAIN]
        if known:
            seen = survey(zones[scenario], [domain])[domain]
            found = contradictions(seen, known)
            if found:
                wrong[scenario, domain] = (found, seen["codes"])
    assert wrong == {}
