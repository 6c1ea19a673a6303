"""HELO's SPF: each state, by zones; who is asked; what is not known."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols import helo, mx
from pipeline.protocols.spf import parse as parse_spf
from pipeline.schema import ASKS, polars_schema
from pipeline.words import Level, Outcome

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "helo.yaml").read_text("utf-8"))
DOMAIN = "example.jp"


def zone_of(case: dict[str, Any]) -> dict[str, Any]:
    mails = case.get("mx", [f"{n} {host}." for n, host in enumerate(case["txt"], 1)])
    zone: dict[str, Any] = {
        DOMAIN: {"MX": [[int(text.split()[0]), text.split()[1]] for text in mails]}
    }
    if case.get("a"):
        zone[DOMAIN]["A"] = ["9.9.9.9"]
    for host, texts in case["txt"].items():
        rows = texts if isinstance(texts, str) else [[text] for text in texts]
        zone.setdefault(host, {"A": ["9.9.9.9"]})["TXT"] = rows
    return {"zone": zone}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_cases(survey: Any, case: dict[str, Any]) -> None:
    made = survey([mx, helo], zone_of(case), DOMAIN)
    state = made.states[DOMAIN]
    assert helo.show(state) == {"state": case["state"], "hosts": case["hosts"]}
    found = [
        f"{code} {name}" + ("" if at is None else f" @{at}")
        for code, name, at in made.findings.filter(protocol="helo")["code", "name", "at"].rows()
    ]
    assert sorted(found) == sorted(case.get("faults", []))


def test_every_finding_has_a_case_and_says_what_to_do() -> None:
    shown = {fault.split()[0] for case in CASES for fault in case.get("faults", [])}
    assert shown == {finding.code for finding in helo.FINDINGS}
    for finding in helo.FINDINGS:
        assert all((finding.en, finding.ja, finding.example, finding.fix_en, finding.fix_ja))
        assert finding.level != Level.ERROR  # the host may never send


def test_hosts_without_a_record_are_told_together(survey: Any) -> None:
    made = survey([mx, helo], zone_of({"txt": {"b.example.jp": [], "a.example.jp": []}}), DOMAIN)
    (row,) = made.findings.filter(code="helo.no_record").to_dicts()
    assert row["evidence"] == "b.example.jp a.example.jp"  # in the order of preference


def test_a_shared_host_is_asked_once(survey: Any) -> None:
    zone = {f"d{n}.jp": {"MX": [[n, "mx.example.net"]]} for n in range(5)}
    zone["mx.example.net"] = {"A": ["9.9.9.9"], "TXT": [["v=spf1 a -all"]]}
    made = survey([mx, helo], {"zone": zone}, *(f"d{n}.jp" for n in range(5)))
    assert made.asked.count(("mx.example.net", "TXT")) == 1
    assert {state["helo"] for state in made.states.values()} == {"all"}


@pytest.mark.parametrize(
    ("fact", "asked"),
    [
        (("MX", ["10 a.example.jp.", "0 ."], None, "mx"), ["a.example.jp"]),
        (("MX", ["10 a.example.jp."], None, "spf-mx"), []),
        (("MX", [], Outcome.TIMEOUT, "mx"), []),
        (("A", ["9.9.9.9"], None, "mx-implicit"), [DOMAIN]),
        (("AAAA", ["2620:fe::fe"], None, "mx-implicit"), [DOMAIN]),
        (("A", [], Outcome.NO_DATA, "mx-implicit"), []),
        (("A", ["9.9.9.9"], None, "mx-host"), []),
    ],
)
def test_follow_ups(crawled: Any, context: Any, fact: Any, asked: list[str]) -> None:
    qtype, records, outcome, why = fact
    facts = crawled.frame(crawled.fact(DOMAIN, qtype, records, outcome, why=why))
    asks = helo.follow_ups(facts, context).collect()
    assert asks.schema == polars_schema(ASKS)
    rows = [(name, 16, "helo", DOMAIN, 1) for name in asked]
    assert asks["name", "qtype", "why", "origin", "depth"].rows() == rows


def test_nothing_is_asked_to_begin_with(context: Any) -> None:
    asks = helo.asks(pl.LazyFrame({"domain": [DOMAIN]}), context).collect()
    assert asks.is_empty()
    assert asks.schema == polars_schema(ASKS)


@pytest.mark.parametrize("hidden", ["unknown", "not_observed"])
def test_where_the_mx_is_not_known(crawled: Any, context: Any, hidden: str) -> None:
    domains = pl.LazyFrame(
        {"domain": [DOMAIN], "mx": [hidden], "mx_hosts": [None]},
        schema_overrides={"mx_hosts": pl.List(pl.String)},
    )
    findings, states = helo.judge(crawled.frame(), domains, context)
    (state,) = states.collect().to_dicts()
    assert helo.show(state) == {"state": hidden, "hosts": None}
    assert findings.collect().is_empty()


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ((None, None), "not_observed"),
        ((Outcome.NOT_ASKED, Outcome.NO_DATA), "not_observed"),
        ((Outcome.NOT_ASKED, Outcome.TIMEOUT), "unknown"),
    ],
)
def test_where_hosts_were_not_asked(
    crawled: Any, context: Any, outcomes: tuple[Outcome | None, ...], state: str
) -> None:
    hosts = ["a.example.jp", "b.example.jp"]
    domains = pl.LazyFrame({"domain": [DOMAIN], "mx": ["present"], "mx_hosts": [hosts]})
    facts = [
        crawled.fact(host, "TXT", outcome=outcome)
        for host, outcome in zip(hosts, outcomes, strict=True)
        if outcome is not None
    ]
    _, states = helo.judge(crawled.frame(*facts), domains, context)
    assert states.collect()["helo"].to_list() == [state]
    assert states.collect_schema() == {"domain": pl.String, **polars_schema(helo.COLUMNS)}


@pytest.mark.parametrize(
    ("state", "value"),
    [
        ("all", True),
        ("some", False),
        ("none", False),
        ("not_applicable", False),
        ("unknown", None),
        ("not_observed", None),
    ],
)
def test_measure(state: str, value: bool | None) -> None:
    (measure,) = helo.MEASURES
    row = pl.DataFrame({"helo": [state]}).select(value=measure.value, observed=measure.observed)
    assert row.row(0) == (value, state != "not_observed")


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(b"v=spf1 ".__add__)))
def test_parse_is_total(payload: bytes) -> None:
    record = helo.parse(payload)
    assert (record is None) == (parse_spf(payload) is None)
    if record is not None:
        assert {fault.finding for fault in record.faults} <= {helo.SYNTAX}
    helo.parse_rdata(payload)
