"""DKIM of whole domains: what stands in a zone, and what the survey makes of it."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from pipeline.protocols import dkim
from pipeline.protocols.dkim.keys import MANY
from pipeline.protocols.protocol import Context, Wanted
from pipeline.words import Outcome

from .test_dkim import CASES, with_keys

DOMAIN = "example.jp"
WANTED = Wanted(selectors=("s1", "s2", "k1"), budget=24)
FLAGS = ("is_key", "valid", "usable", "revoked", "testing")
KEY = f"v=DKIM1; p={CASES['keys']['rsa2048']}"


def filled(value: Any) -> Any:
    """A zone of the cases, its keys written out."""
    if isinstance(value, dict):
        return {name: filled(one) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one) for one in value]
    return with_keys(value) if isinstance(value, str) else value


def states_of(survey: Callable[..., Any], case: dict[str, Any]) -> Any:
    """What `survey` makes of a case's zone."""
    zone = {DOMAIN: {"MX": [[10, "mx1.example.jp"]]}, **filled(case["zone"])}
    wanted = WANTED
    if "only" in case:
        wanted = Wanted(selectors=tuple(case["only"]), budget=100, selectors_only=True)
    return survey([dkim], {"zone": zone}, DOMAIN, wanted=wanted)


@pytest.mark.parametrize("case", CASES["domains"], ids=lambda case: case["about"])
def test_domains(survey: Callable[..., Any], case: dict[str, Any]) -> None:
    seen = states_of(survey, case)
    shown = dkim.show(seen.states[DOMAIN])
    assert set(shown) == {"state", "wildcard", "keys"}
    assert (shown["state"], shown["wildcard"]) == (case["state"], case["wildcard"])
    keys = {key["selector"]: [flag for flag in FLAGS if key[flag]] for key in shown["keys"]}
    assert keys == {name: flags.split() for name, flags in case.get("keys", {}).items()}
    found = [f"{code} @{name}" for code, name in seen.findings["code", "name"].rows()]
    assert sorted(found) == sorted(case.get("findings", []))


def test_each_key_has_its_own_findings(survey: Callable[..., Any]) -> None:
    zone = {
        "s1._domainkey.example.jp": {"TXT": [["v=DKIM1; t=y; p="], ["v=dkim1; p="]]},
        "s2._domainkey.example.jp": {"TXT": [["hello"]]},
    }
    seen = survey([dkim], {"zone": zone}, DOMAIN, wanted=WANTED)
    s1, s2 = dkim.show(seen.states[DOMAIN])["keys"]
    assert s1["findings"] == [
        "dkim.multiple_records",
        "dkim.revoked",
        "dkim.testing",
        "dkim.version",
    ]
    assert s2 == {
        "selector": "s2",
        "is_key": False,
        "valid": False,
        "usable": False,
        "key_type": None,
        "key_bits": None,
        "revoked": False,
        "testing": False,
        "findings": [],
    }


def test_one_key_under_many_domains(survey: Callable[..., Any]) -> None:
    names = [f"{number}.jp" for number in range(MANY)]
    same = {f"s1._domainkey.{name}": {"TXT": [[KEY]]} for name in names}
    alone = {"s1._domainkey.alone.jp": {"TXT": [[KEY + ";"]]}}
    seen = survey([dkim], {"zone": same | alone}, *names, "alone.jp", wanted=WANTED)
    assert sorted(seen.findings["domain", "code", "evidence"].rows()) == [
        (name, "dkim.shared_key", f"{MANY} registrable domains") for name in names
    ]
    assert seen.states["0.jp"]["dkim_keys"][0]["findings"] == ["dkim.shared_key"]


def test_one_key_under_many_names_of_one_owner(survey: Callable[..., Any]) -> None:
    names = [f"{number}.example.jp" for number in range(MANY + 1)]
    zone = {f"s1._domainkey.{name}": {"TXT": [[KEY]]} for name in names}
    assert survey([dkim], {"zone": zone}, *names, wanted=WANTED).findings.is_empty()


def test_the_same_empty_key_everywhere_is_no_shared_key(survey: Callable[..., Any]) -> None:
    names = [f"{number}.jp" for number in range(MANY + 1)]
    zone = {f"s1._domainkey.{name}": {"TXT": [["v=DKIM1; p="]]} for name in names}
    seen = survey([dkim], {"zone": zone}, *names, wanted=WANTED)
    assert set(seen.findings["code"]) == {"dkim.revoked"}


# --- what was not asked, and what the other engine cannot see -------------------------------------


def judged(crawled: Any, context: Context, *facts: dict[str, Any]) -> dict[str, Any]:
    """The state of the domain by single facts."""
    domains = pl.LazyFrame({"domain": [DOMAIN]})
    _, states = dkim.judge(crawled.frame(*facts), domains, context)
    (state,) = states.collect().to_dicts()
    return dict(state)


OWN, BESIDE = f"_domainkey.{DOMAIN}", f"mailsurvey-1.{DOMAIN}"
LISTED, MADE_UP = f"s1._domainkey.{DOMAIN}", f"mailsurvey-1._domainkey.{DOMAIN}"
VOID, NO_NAME, NOT_ASKED = Outcome.NO_DATA, Outcome.NO_NAME, Outcome.NOT_ASKED


@pytest.mark.parametrize(
    ("outcomes", "state", "wildcard"),
    [
        ({}, "not_observed", None),
        ({OWN: NOT_ASKED}, "not_observed", None),
        ({OWN: NO_NAME}, "none", False),
        ({OWN: Outcome.REFUSED}, "unknown", None),
        ({OWN: Outcome.TIMEOUT}, "unknown", None),
        ({OWN: VOID, BESIDE: NO_NAME, MADE_UP: NO_NAME, LISTED: NO_NAME}, "possible", False),
        ({OWN: VOID, BESIDE: NO_NAME, MADE_UP: NO_NAME, LISTED: NOT_ASKED}, "not_observed", False),
        ({OWN: VOID, BESIDE: NOT_ASKED, MADE_UP: NOT_ASKED}, "not_observed", None),
        ({OWN: VOID}, "not_observed", None),
        ({OWN: VOID, BESIDE: NO_NAME}, "possible", None),
        ({OWN: VOID, BESIDE: NO_NAME, LISTED: Outcome.MALFORMED}, "unknown", None),
        ({OWN: VOID, BESIDE: VOID, MADE_UP: NO_NAME}, "possible", False),
        ({OWN: VOID, BESIDE: VOID, MADE_UP: VOID, LISTED: VOID}, "none", False),
        ({OWN: VOID, BESIDE: VOID, MADE_UP: Outcome.TIMEOUT}, "unknown", None),
        ({BESIDE: NO_NAME, LISTED: NO_NAME}, "not_observed", None),
    ],
)
def test_states_by_outcome(
    crawled: Any,
    context: Context,
    outcomes: dict[str, Outcome],
    state: str,
    wildcard: bool | None,
) -> None:
    facts = [crawled.fact(name, "TXT", outcome=outcome) for name, outcome in outcomes.items()]
    seen = judged(crawled, context, *facts)
    assert (seen["dkim"], seen["dkim_wildcard"], seen["dkim_keys"]) == (state, wildcard, [])
    shown = "not_observed" if state == "not_observed" else "unknown"
    assert dkim.show(seen)["wildcard"] == (shown if wildcard is None else wildcard)


def test_a_rebuilt_nxdomain_counts_once_the_cname_was_asked_for(
    crawled: Any, context: Context
) -> None:
    hidden = crawled.fact(OWN, "TXT", outcome=NO_NAME, engine="cares")
    alias = crawled.fact(OWN, "CNAME", ["gone.example."], engine="cares")
    gone = crawled.fact(OWN, "CNAME", outcome=NO_NAME, engine="cares")
    for told, state in (([], "unknown"), ([alias], "not_observed"), ([gone], "none")):
        assert judged(crawled, context, hidden, *told)["dkim"] == state


def test_answers_that_were_not_validated_say_nothing(crawled: Any, context: Context) -> None:
    key = crawled.fact(LISTED, "TXT", [KEY.encode()], cd=True)
    audit = crawled.fact(OWN, "TXT", outcome=NO_NAME, purpose="audit")
    assert judged(crawled, context, key, audit)["dkim"] == "not_observed"


def test_a_name_that_cannot_exist(crawled: Any, context: Context) -> None:
    long = ".".join(["a" * 60] * 4)  # 243 octets: `_domainkey.` has no room
    domains = pl.LazyFrame({"domain": [long]})
    assert dkim.asks(domains, context).collect().is_empty()
    _, states = dkim.judge(crawled.frame(), domains, context)
    assert states.collect()["dkim"].to_list() == ["none"]


# --- what is counted ------------------------------------------------------------------------------


def test_measures_and_rules() -> None:
    states = ["confirmed", "revoked_only", "possible", "none", "unknown", "not_observed"]
    key = {"is_key": True}
    keys = pl.Series([[key], [key], [{"is_key": False}], [], [key], []])
    frame = pl.DataFrame({"dkim": states, "dkim_keys": keys})
    counted = frame.select(
        **{measure.name: measure.value for measure in dkim.MEASURES},
        observed=dkim.MEASURES[0].observed,
        publishes=dkim.RULE_SETS[0].of,
    )
    assert counted["dkim"].to_list() == [True, False, False, False, None, None]
    assert counted["dkim_possible"].to_list() == [True, False, True, False, None, None]
    assert counted["observed"].to_list() == [True, True, True, True, True, False]
    assert counted["publishes"].to_list() == [True, True, False, False, True, None]
