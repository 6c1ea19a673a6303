"""MX: the records of one domain, the implicit MX, and every way not to know."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.message import to_wire
from pipeline.protocols import dane, dnssec, helo, mx, spf
from pipeline.protocols.existence import existence
from pipeline.schema import ASKS, polars_schema
from pipeline.words import Outcome

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "mx.yaml").read_text("utf-8"))
RECORDS = [case for case in CASES if "zone" not in case]  # test_mx_hosts has the others
DOMAIN = "example.jp"
VOID, FAILED, NO_NAME = Outcome.NO_DATA, Outcome.SERVER_FAILURE, Outcome.NO_NAME
ANSWERED, NOT_ASKED = Outcome.ANSWERED, Outcome.NOT_ASKED


def judge(
    crawled: Any, context: Any, *facts: dict[str, Any]
) -> tuple[pl.DataFrame, dict[str, Any]]:
    domains = pl.LazyFrame({"domain": [DOMAIN]})
    findings, states = mx.judge(crawled.frame(*facts), domains, context)
    (state,) = states.collect().to_dicts()
    return findings.collect(), state


@pytest.mark.parametrize("case", RECORDS, ids=lambda case: " ".join(case["mx"]))
def test_records(crawled: Any, context: Any, case: dict[str, Any]) -> None:
    records: list[Any] = list(case["mx"])
    if "alias" in case:
        records = [(case["alias"], "MX", text) for text in records]
        records.insert(0, (DOMAIN, "CNAME", case["alias"] + "."))
    findings, state = judge(crawled, context, crawled.fact(DOMAIN, "MX", records))
    found = [code if at is None else f"{code} @{at}" for code, at in findings["code", "at"].rows()]
    assert sorted(found) == sorted(case.get("faults", []))
    assert set(findings["name"]) <= {DOMAIN}
    assert (state["mx"], state["mx_hosts"]) == (case["state"], case["hosts"])
    assert state["mx_via_cname"] == ("alias" in case)
    assert mx.show(state) == {"state": case["state"], "hosts": case["hosts"]}


def test_every_finding_has_a_case() -> None:
    shown = {fault.split()[0] for case in CASES for fault in case.get("faults", [])}
    assert shown | {"mx.many_hosts"} == {finding.code for finding in mx.FINDINGS}


@pytest.mark.parametrize(
    ("of_mx", "of_a", "of_aaaa", "state"),
    [
        (VOID, ANSWERED, None, "implicit"),
        (VOID, VOID, ANSWERED, "implicit"),
        (VOID, FAILED, ANSWERED, "implicit"),
        (VOID, VOID, VOID, "absent"),
        (VOID, VOID, FAILED, "unknown"),
        (VOID, FAILED, None, "unknown"),
        (VOID, None, None, "not_observed"),
        (VOID, VOID, None, "not_observed"),
        (VOID, NOT_ASKED, None, "not_observed"),
        (VOID, VOID, NOT_ASKED, "not_observed"),
        (NO_NAME, None, None, "absent"),
        (NO_NAME, ANSWERED, None, "absent"),  # RFC 5321 §5.1: NXDOMAIN has no implicit MX
        (FAILED, ANSWERED, None, "unknown"),
        (Outcome.TIMEOUT, None, None, "unknown"),
        (Outcome.MALFORMED, None, None, "unknown"),
        (NOT_ASKED, ANSWERED, None, "not_observed"),
        (None, None, None, "not_observed"),
    ],
)
def test_state_without_records(
    crawled: Any,
    context: Any,
    of_mx: Outcome | None,
    of_a: Outcome | None,
    of_aaaa: Outcome | None,
    state: str,
) -> None:
    outcomes = {"MX": of_mx, "A": of_a, "AAAA": of_aaaa}
    facts = [crawled.fact(DOMAIN, t, outcome=o) for t, o in outcomes.items() if o is not None]
    findings, judged = judge(crawled, context, *facts)
    assert judged["mx"] == state
    assert findings.is_empty()
    hosts = [] if of_mx in (VOID, NO_NAME) else None
    assert judged["mx_hosts"] == hosts
    assert judged["mx_via_cname"] is (None if hosts is None else False)


def test_other_questions_about_the_name_say_nothing_of_its_mx(crawled: Any, context: Any) -> None:
    checking_off = crawled.fact(DOMAIN, "MX", ["10 a.example.jp."], cd=True)
    elsewhere = crawled.fact("other.jp", "MX", ["10 a.example.jp."])
    _, state = judge(crawled, context, checking_off, elsewhere)
    assert state["mx"] == "not_observed"


def test_a_hostile_number_of_hosts_is_cut(crawled: Any, context: Any) -> None:
    records = [f"{number} h{number}.example.jp." for number in range(300)]
    _, state = judge(crawled, context, crawled.fact(DOMAIN, "MX", records))
    assert state["mx_hosts"] == [f"h{number}.example.jp" for number in range(mx.MOST_HOSTS)]


def test_of_a_list_that_was_cut_nothing_is_told_of_all(survey: Any) -> None:
    """The last of many hosts lacks what the others have, and was never looked at."""
    names = [f"h{number:03}.example.jp" for number in range(mx.MOST_HOSTS + 1)]
    zone: dict[str, Any] = {"example.jp": {"MX": [[n, name] for n, name in enumerate(names)]}}
    for name in names[:-1]:
        zone[name] = {"A": ["8.8.8.8"], "TXT": [["v=spf1 a -all"]]}
        zone[f"_25._tcp.{name}"] = {"TLSA": ["3 1 1 " + "ab" * 32]}
    everything = {"zone": zone, "dnssec": {"example.jp": "secure"}}
    seen = survey((mx, helo, spf, dnssec, dane), everything, DOMAIN, most=10_000)
    state = seen.states[DOMAIN]
    assert [state[name] for name in ("helo", "dnssec_mx", "dane")] == ["not_observed"] * 3
    assert "mx.many_hosts" in seen.codes(DOMAIN)


# --- asks ----------------------------------------------------------------------------------------


def test_asks(context: Any) -> None:
    asks = mx.asks(pl.LazyFrame({"domain": [DOMAIN]}), context).collect()
    assert asks.schema == polars_schema(ASKS)
    assert asks.select("name", "qtype", "cd", "purpose", "why", "origin", "depth").rows() == [
        (DOMAIN, 15, False, "survey", "mx", DOMAIN, 0)
    ]


@pytest.mark.parametrize(
    ("fact", "follow_up"),
    [
        (("MX", VOID, "mx"), (1, "mx-implicit")),
        (("MX", NO_NAME, "mx"), None),
        (("MX", FAILED, "mx"), None),
        (("MX", VOID, "spf"), None),  # another protocol's question
        (("A", VOID, "mx-implicit"), (28, "mx-implicit")),
        (("A", FAILED, "mx-implicit"), (28, "mx-implicit")),
        (("A", NOT_ASKED, "mx-implicit"), None),
        (("A", ANSWERED, "mx-implicit"), None),
        (("A", NO_NAME, "mx-implicit"), None),
        (("A", VOID, "spf"), None),
        (("AAAA", VOID, "mx-implicit"), None),
    ],
)
def test_follow_ups(
    crawled: Any, context: Any, fact: tuple[str, Outcome, str], follow_up: tuple[int, str] | None
) -> None:
    qtype, outcome, why = fact
    facts = crawled.frame(crawled.fact(DOMAIN, qtype, outcome=outcome, why=why))
    asks = mx.follow_ups(facts, context).collect()
    assert asks.schema == polars_schema(ASKS)
    assert asks["qtype", "why"].rows() == ([] if follow_up is None else [follow_up])
    assert asks["depth"].to_list() == [1] * len(asks)


def test_the_alias_that_a_rebuilt_nxdomain_may_hide_is_asked_for(
    crawled: Any, context: Any
) -> None:
    hidden = crawled.fact(DOMAIN, "MX", outcome=NO_NAME, why="mx", engine="cares")
    asks = mx.follow_ups(crawled.frame(hidden), context).collect()
    assert asks["name", "qtype"].rows() == [(DOMAIN, 5)]
    alias = crawled.fact(DOMAIN, "CNAME", ["nowhere.example.jp."], engine="cares")
    gone = crawled.fact(DOMAIN, "CNAME", outcome=NO_NAME, engine="cares")
    domains = pl.LazyFrame({"domain": [DOMAIN]})
    for told, exists in (([], None), ([alias], True), ([gone], False)):
        facts = crawled.frame(hidden, *told)
        assert existence(facts, domains).collect().rows() == [(DOMAIN, exists)]
        _, state = judge(crawled, context, hidden, *told)
        assert (state["mx"], state["mx_via_cname"]) == ("absent", exists is True)


# --- parse ---------------------------------------------------------------------------------------


@given(st.binary(max_size=300))
def test_parse_is_total(payload: bytes) -> None:
    record = mx.parse(payload)
    assert record is None or payload[2:].lower() == to_wire(record.host).lower()


@pytest.mark.parametrize("payload", [b"", b"\0", b"\0\0", b"\0\0\1", b"\0\0\0\0", b"\0\0\xc0\0"])
def test_what_is_no_mx(payload: bytes) -> None:
    assert mx.parse(payload) is None
