"""DNSSEC of one name: each state, each failure, aliases, and who may be believed."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from pipeline.protocols import dnssec
from pipeline.protocols.dnssec.asks import upto
from pipeline.protocols.protocol import Context
from pipeline.schema import ASKS, polars_schema
from pipeline.words import Outcome

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "dnssec.yaml").read_text("utf-8"))
DOMAIN = "example.jp"
DOMAINS = {"domain": pl.String, "mx": pl.String, "mx_hosts": pl.List(pl.String)}
SOA = "ns.example.jp. hostmaster.example.jp. 1 7200 3600 604800 300"
ALIAS = (DOMAIN, "CNAME", "target.example.net.")
BEYOND = ("target.example.net", "SOA", SOA)
FAILED = Outcome.SERVER_FAILURE
ROLES: dict[str, dict[str, Any]] = {
    "soa": {"qtype": "SOA"},
    "cd": {"qtype": "SOA", "cd": True},
    "again": {"qtype": "SOA", "purpose": "confirm"},
    "cname": {"qtype": "CNAME"},
    "cname_cd": {"qtype": "CNAME", "cd": True},
    "cname_again": {"qtype": "CNAME", "purpose": "confirm"},
}


def fact(crawled: Any, role: str, answer: str, **more: Any) -> dict[str, Any]:
    """answer: an outcome, `+ad` behind it; `alias`: answered by way of a CNAME."""
    words, _, flag = answer.partition("+")
    arguments = ROLES[role] | {"ad": flag == "ad"} | more
    qtype = arguments.pop("qtype")
    if words == "alias":
        records = [ALIAS] if qtype == "CNAME" else [ALIAS, BEYOND]
        return crawled.fact(DOMAIN, qtype, records, **arguments)
    return crawled.fact(DOMAIN, qtype, outcome=Outcome(words), **arguments)


def judge(context: Context, facts: pl.LazyFrame) -> tuple[pl.DataFrame, dict[str, Any]]:
    domains = pl.LazyFrame({"domain": [DOMAIN], "mx": ["null_mx"], "mx_hosts": [[]]}, DOMAINS)
    findings, states = dnssec.judge(facts, domains, context)
    assert states.collect_schema() == {"domain": pl.String, **polars_schema(dnssec.COLUMNS)}
    (state,) = states.collect().to_dicts()
    return findings.collect(), state


def judged(crawled: Any, context: Context, **answers: str) -> tuple[pl.DataFrame, dict[str, Any]]:
    return judge(context, crawled.frame(*(fact(crawled, *answer) for answer in answers.items())))


@pytest.mark.parametrize("case", CASES["proofs"], ids=str)
def test_state(crawled: Any, context: Context, case: dict[str, str]) -> None:
    answers = {role: answer for role, answer in case.items() if role != "state"}
    findings, state = judged(crawled, context, **answers)
    assert state["dnssec"] == case["state"]
    assert findings["code"].to_list() == (["dnssec.bogus"] if case["state"] == "bogus" else [])


@pytest.mark.parametrize("answer", ["answered+ad", "answered", "server_failure", "timeout"])
def test_a_resolver_that_is_not_trusted_observes_nothing(crawled: Any, answer: str) -> None:
    facts = crawled.frame(
        fact(crawled, "soa", answer),
        fact(crawled, "cd", "answered"),
        fact(crawled, "again", "server_failure"),
    )
    findings, state = judge(Context(frozenset(["192.0.2.53:53"]), lambda name: None), facts)
    assert state["dnssec"] == "not_observed"
    assert findings.is_empty()


@pytest.mark.parametrize("answer", ["answered", "server_failure", "timeout"])
def test_an_engine_that_sees_no_flags_observes_nothing(
    crawled: Any, context: Context, answer: str
) -> None:
    facts = crawled.frame(fact(crawled, "soa", answer, ad=None, engine="cares"))
    assert judge(context, facts)[1]["dnssec"] == "not_observed"


def test_a_flag_that_is_not_known_is_not_false(crawled: Any, context: Context) -> None:
    facts = crawled.frame(fact(crawled, "soa", "answered", ad=None))
    assert judge(context, facts)[1]["dnssec"] == "not_observed"


def test_the_extended_error_is_kept_and_shown(crawled: Any, context: Context) -> None:
    facts = crawled.frame(
        fact(crawled, "soa", "server_failure", ede=22),
        fact(crawled, "cd", "answered"),
        fact(crawled, "again", "server_failure", ede=9),  # RFC 8914 §4.10: DNSKEY Missing
    )
    findings, state = judge(context, facts)
    assert dnssec.show(state) == {
        "state": "bogus",
        "ede": 9,
        "algorithms": None,  # nothing names the zone here
        "digest_types": None,
        "hosts": {},
    }
    assert findings.to_dicts() == [
        {
            "domain": DOMAIN,
            "code": "dnssec.bogus",
            "name": DOMAIN,
            "at": None,
            "evidence": "EDE 9",
        }
    ]


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({"soa": "alias+ad"}, "secure"),  # the whole chain is secure, and so its first link
        ({"soa": "alias", "cname": "alias+ad"}, "secure"),  # the target's zone is not signed
        ({"soa": "alias", "cname": "alias"}, "insecure"),
        ({"soa": "alias"}, "not_observed"),
        ({"soa": "alias", "cname": "timeout"}, "unknown"),
        ({"soa": "server_failure", "cd": "alias", "cname": "alias+ad"}, "secure"),
        (
            {
                "soa": "server_failure",
                "cd": "alias",
                "cname": "server_failure",
                "cname_cd": "alias",
                "cname_again": "server_failure",
            },
            "bogus",
        ),
    ],
)
def test_no_alias_is_followed(
    crawled: Any, context: Context, answers: dict[str, str], state: str
) -> None:
    assert judged(crawled, context, **answers)[1]["dnssec"] == state


def test_measure_counts_bogus_as_no_and_failure_as_neither() -> None:
    measure = dnssec.MEASURES[0]
    states = pl.DataFrame({"dnssec": ["secure", "insecure", "bogus", "unknown", "not_observed"]})
    counted = states.select(value=measure.value, observed=measure.observed)
    assert counted["value"].to_list() == [True, False, False, None, None]
    assert counted["observed"].to_list() == [True, True, True, True, False]


def test_mx_measure_asks_for_every_host() -> None:
    measure = dnssec.MEASURES[1]
    values = ["secure", "insecure", "bogus", "not_applicable", "unknown", "not_observed"]
    counted = pl.DataFrame({"dnssec_mx": values}).select(
        value=measure.value, observed=measure.observed
    )
    assert counted["value"].to_list() == [True, False, False, False, None, None]
    assert counted["observed"].to_list() == [True] * 5 + [False]


# --- asks ----------------------------------------------------------------------------------------


def test_asks(context: Context) -> None:
    asks = dnssec.asks(pl.LazyFrame({"domain": [DOMAIN]}), context).collect()
    assert asks.schema == polars_schema(ASKS)
    assert asks["name", "qtype", "cd", "purpose", "why"].rows() == [
        (DOMAIN, 6, False, "survey", "dnssec")
    ]


@pytest.mark.parametrize(
    ("role", "answer", "why", "follow_up"),
    [
        ("soa", "server_failure", "dnssec", (6, True, "survey", "dnssec-cd")),
        ("soa", "timeout", "dnssec", None),
        ("soa", "answered", "dnssec", None),
        ("soa", "server_failure", "spf", None),  # another protocol's question
        ("cd", "answered", "dnssec-cd", (6, False, "confirm", "dnssec-confirm")),
        ("cd", "no_data", "dnssec-cd", (6, False, "confirm", "dnssec-confirm")),
        ("cd", "server_failure", "dnssec-cd", None),
        ("again", "server_failure", "dnssec-confirm", None),
        ("again", "answered", "dnssec-confirm", None),
        ("soa", "alias", "dnssec", (5, False, "survey", "dnssec-cname")),
        ("soa", "alias+ad", "dnssec", None),
        ("cd", "alias", "dnssec-cd", (5, False, "survey", "dnssec-cname")),
        ("again", "alias", "dnssec-confirm", (5, False, "survey", "dnssec-cname")),
        ("cname", "server_failure", "dnssec-cname", (5, True, "survey", "dnssec-cname-cd")),
        ("cname", "alias", "dnssec-cname", None),
        ("cname_cd", "alias", "dnssec-cname-cd", (5, False, "confirm", "dnssec-cname-confirm")),
        ("cname_again", "server_failure", "dnssec-cname-confirm", None),
        ("soa", "server_failure", "dnssec-host", (6, True, "survey", "dnssec-host-cd")),
        ("soa", "alias", "dnssec-host", (5, False, "survey", "dnssec-cname")),
    ],
)
def test_follow_ups(
    crawled: Any,
    context: Context,
    role: str,
    answer: str,
    why: str,
    follow_up: tuple[int, bool, str, str] | None,
) -> None:
    facts = crawled.frame(fact(crawled, role, answer, why=why))
    asks = dnssec.follow_ups(facts, context).collect()
    assert asks.schema == polars_schema(ASKS)
    asked = asks["qtype", "cd", "purpose", "why"].rows()
    assert asked == ([] if follow_up is None else [follow_up])
    assert set(asks["name"]) <= {DOMAIN}


@pytest.mark.parametrize(
    ("name", "top", "zones"),
    [
        ("a.b.jp", "jp", ["a.b.jp", "b.jp", "jp"]),
        ("a.jp", ".", ["a.jp", "jp", "."]),
        ("jp", "jp", ["jp"]),
        ("odd\\.", "jp", ["odd\\.", ".", "jp"]),  # an apex that is none of its names ends it, too
    ],
)
def test_the_zones_up_to_an_apex(name: str, top: str, zones: list[str]) -> None:
    assert upto(name, top) == zones
