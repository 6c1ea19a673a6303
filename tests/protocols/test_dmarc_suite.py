"""The public suite for RFC 9989, whole: policies, organisational domains, and what these decide.

A survey has no message, but where a case has authenticated identifiers their organisational domains
are found as the domain's own is, and the result follows from them. What is expected of questions
is held against the names that the survey asks for, all at once and so in no order.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.protocols import dmarc, mx

CASES = [f"dmarc-{number:03}" for number in range(1, 71)]
CONTENTIOUS = {  # the converter's mark: RFC 7489 decides otherwise; read here as RFC 9989 has it
    "dmarc-005": "§4.10 step 2: several records are discarded, and the walk goes on",
    "dmarc-020": "§4.10.2 rule 3: the Public Suffix List has no say",
    "dmarc-044": "§4.10.2 rule 2: psd=y, one label below",
}
ALL_AT_ONCE = "a survey asks all names of a walk at once, and learns afterwards where it ends"
WALKED_ALL = "every identifier is walked here; the suite leaves out those that cannot align"
HIDDEN = (
    "§4.10.1 leaves DNS errors to the receiver, and the suite falls back to the start of the walk; "
    "a survey says that it does not know: a record could stand at the name that failed"
)
NO_NAME = "no population has such a name; nobody asked here whether it exists"
ALIGNED = "§4.10.2: it aligns, whichever of sp and np holds; only that is hidden"
DEVIATIONS: dict[str, dict[str, tuple[Any, str]]] = {  # what is found here, and why
    "dmarc-021": {"queries": (False, ALL_AT_ONCE)},
    "dmarc-023": {"queries": (False, WALKED_ALL)},
    "dmarc-024": {"query_count": (23, WALKED_ALL), "queries_exclude": (False, WALKED_ALL)},
    "dmarc-029": {"org_domain": ("unknown", HIDDEN), "policy": ("unknown", HIDDEN)},
    "dmarc-030": {"org_domain": ("unknown", HIDDEN)},
    "dmarc-042": {"policy": ("unknown", NO_NAME)},
    "dmarc-043": {"result": ("pass", ALIGNED)},
    "dmarc-044": {"queries": (False, f"{ALL_AT_ONCE}; {WALKED_ALL}")},
}
HOLDS: dict[str, Callable[[set[str], set[str]], bool]] = {
    "queries": lambda expected, asked: expected == asked,
    "queries_first": lambda expected, asked: expected <= asked,
    "queries_last": lambda expected, asked: expected <= asked,
    "queries_include": lambda expected, asked: expected <= asked,
    "queries_exclude": lambda expected, asked: expected.isdisjoint(asked),
}
TAGS = {"aspf": "spf_domains", "adkim": "dkim_domains"}


@pytest.fixture(scope="module")
def suite(shared: Path) -> dict[str, dict[str, Any]]:
    lines = (shared / "suites" / "dmarc-rfc9989.jsonl").read_text("utf-8").splitlines()
    return {case["id"]: case for case in map(json.loads, lines)}


def test_the_suite_is_whole(suite: dict[str, dict[str, Any]]) -> None:
    assert list(suite) == CASES
    assert {name for name, case in suite.items() if "contentious" in case} == set(CONTENTIOUS)


@pytest.mark.parametrize("is_contentious", [False, True])
def test_suite(
    suite: dict[str, dict[str, Any]], survey: Callable[..., Any], is_contentious: bool
) -> None:
    """All cases in one survey, each below top-level domains of its own."""
    chosen = [case for name, case in suite.items() if (name in CONTENTIOUS) == is_contentious]
    zone: dict[str, Any] = {}
    for case in chosen:
        zone |= zone_of(case)
    names = {renamed(name, case) for case in chosen for name in names_of(case)}
    seen = survey([mx, dmarc], {"zone": zone}, *(name for name in names if is_name(name)))
    never = survey([dmarc], {"zone": zone}, *(name for name in names if not is_name(name)))
    states = seen.states | never.states
    asked = {name for name, qtype in seen.asked + never.asked if qtype == "TXT"}
    got, wanted = {}, {}
    for case in chosen:
        got[case["id"]], wanted[case["id"]] = compared(case, states, asked)
    assert got == wanted


def renamed(name: str, case: dict[str, Any]) -> str:
    """The name below a top-level domain that is the case's own."""
    return name.removesuffix(".") + str(case["id"])[-3:]


def is_name(name: str) -> bool:
    """Can the name be asked for? A population has no other; `mx` would ask whether it exists."""
    return not re.search("[^.]{64}", name)


def names_of(case: dict[str, Any]) -> list[str]:
    """The author domain and the identifiers."""
    return [case["query_domain"], *case["spf_domains"], *case["dkim_domains"]]


def zone_of(case: dict[str, Any]) -> dict[str, Any]:
    """The case's names and errors, in the form of a zone file."""
    zone = {renamed(name, case): dict(rows) for name, rows in case["zone"].items()}
    for name, error in (case.get("dns_errors") or {}).items():
        if name == "type A, any name":
            zone.setdefault(renamed(case["query_domain"], case), {})["*"] = error
        elif error == "SERVFAIL":
            zone.setdefault(renamed(name, case), {})["TXT"] = error
        else:
            assert error in ("NXDOMAIN", "BADNAME"), error  # no record, as everywhere else
    return zone


def compared(
    case: dict[str, Any], states: dict[str, Any], asked: set[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the survey finds of a case's expectations, and these, but for the deviations."""
    number = case["id"][-3:]
    own_asked = {name.removesuffix(number) for name in asked if name.endswith(number)}
    found = found_in(case, states) | {"query_count": len(own_asked)}
    wanted: dict[str, Any] = {}
    got: dict[str, Any] = {}
    for key, expected in case["expect"].items():
        wanted[key] = True if key in HOLDS or key == "record_contains" else expected
        if key in HOLDS:
            got[key] = HOLDS[key](set(expected), own_asked)
        elif key == "result":
            wanted[key], got[key] = expected[0], found[key]
        elif key == "absent":
            got[key] = [one for one in expected if found.get(one) is None]
        elif key == "record_contains":
            got[key] = expected in found["record"]
        else:
            got[key] = found[key]
    return got, wanted | {key: one for key, (one, _) in DEVIATIONS.get(case["id"], {}).items()}


def found_in(case: dict[str, Any], states: dict[str, Any]) -> dict[str, Any]:
    """What the survey knows of a case, by the suite's keys."""
    domain, number = case["query_domain"].removesuffix("."), case["id"][-3:]
    of_case = {name.removesuffix("."): states[renamed(name, case)] for name in names_of(case)}
    own = dmarc.show(of_case[domain])
    orgs = {
        name: org and org.removesuffix(number)
        for name, org in ((name, state["dmarc_org_domain"]) for name, state in of_case.items())
    }
    for key in ("org_domain", "policy_domain"):
        own[key] = own[key] and own[key].removesuffix(number)
    text = record_at(case, own["policy_domain"])
    alignment = {
        tag: {
            name.removesuffix("."): is_aligned(
                name.removesuffix("."), domain, mode(text, tag), orgs
            )
            for name in case[key]
        }
        for tag, key in TAGS.items()
    }
    verdicts = [one for these in alignment.values() for one in these.values()]
    return {
        "org_domain": own["org_domain"],
        "policy_domain": own["policy_domain"],
        "policy": own["effective"],  # the suite's is that after t=y
        "result": result(own, verdicts),
        "aligned_spf": next((name for name, is_so in alignment["aspf"].items() if is_so), None),
        "aligned_dkim": next((name for name, is_so in alignment["adkim"].items() if is_so), None),
        "adkim": mode(text, "adkim"),
        "record": text,
        "existence_queries": 0,  # existence is told by what others ask
        **tags(text),
    }


def record_at(case: dict[str, Any], policy_domain: str | None) -> str:
    """The text of the record that applies; "": there is none."""
    rows = case["zone"].get(f"_dmarc.{policy_domain}", {}).get("TXT", [])
    return "".join(rows[0]) if rows else ""


def mode(text: str, tag: str) -> str:
    """adkim or aspf (§4.7), which the survey has no use for: r or s."""
    said = re.search(rf";\s*{tag}\s*=\s*([rs])\s*(?:;|$)", text, re.I)
    return said[1].lower() if said else "r"


def is_aligned(name: str, domain: str, mode: str, orgs: dict[str, Any]) -> bool | None:
    """RFC 9989 §4.10.2; None: a walk was hidden that could make it so."""
    if name == domain or mode == "s":
        return name == domain
    if orgs[name] is None or orgs[domain] is None:
        return None
    return bool(orgs[name] == orgs[domain])


def result(own: dict[str, Any], alignment: list[bool | None]) -> str:
    """pass, fail, none or temperror."""
    if own["policy_domain"] == "unknown":
        return "temperror"
    if own["policy_domain"] is None:
        return "none"
    return "pass" if True in alignment else "temperror" if None in alignment else "fail"


def tags(text: str) -> dict[str, Any]:
    """p, sp and np as published, or as they default."""
    record = dmarc.parse(text.encode())
    if record is None or record.policy is None:
        return {}
    sp = record.sp or record.policy
    return {"p": record.policy, "sp": sp, "np": record.np or sp, "test_mode": record.is_test}
