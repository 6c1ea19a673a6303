"""What SPF asks, and no more."""

from collections.abc import Callable
from typing import Any

import polars as pl

from pipeline.protocols import spf
from pipeline.words import QType

Crawl = Callable[..., pl.LazyFrame]


def asked(facts: pl.LazyFrame) -> set[tuple[str, str]]:
    rows = facts.select("name", "qtype").collect().iter_rows()
    return {(QType(qtype).name, name) for name, qtype in rows}


def test_terms_lead_to_questions(crawl_zone: Crawl) -> None:
    text = "v=spf1 include:B.jp. a mx:c.jp exists:%{o}.e.jp a:%{i}.x.jp ptr:p.jp ip4:192.0.2.1"
    zone = {
        "a.jp": {"TXT": [f"{text} ~all include:late.jp"], "A": ["192.0.2.1"]},
        "b.jp": {"TXT": ["v=spf1 redirect=d.jp exp=why.jp"]},
        "c.jp": {"MX": [[10, "m.c.jp"], [5, "gone.n.jp"]]},
    }
    assert asked(crawl_zone(zone, ["a.jp"])) == {
        ("TXT", "a.jp"),
        ("TXT", "b.jp"),
        ("TXT", "d.jp"),
        ("A", "a.jp"),
        ("AAAA", "a.jp"),
        ("MX", "c.jp"),
        *((kind, host) for kind in ("A", "AAAA") for host in ("m.c.jp", "gone.n.jp")),
        ("A", "a.jp.e.jp"),
    }


def test_registrable_domain_of_what_does_not_exist(crawl_zone: Crawl) -> None:
    zone = {"a.jp": {"TXT": ["v=spf1 include:x.gone.co.jp a:gone.jp mx:y.here.jp -all"]}}
    zone["here.jp"] = {"TXT": []}
    soa = {name for kind, name in asked(crawl_zone(zone, ["a.jp"])) if kind == "SOA"}
    assert soa == {"gone.co.jp", "here.jp"}  # gone.jp was asked itself


def test_an_included_name_that_is_surveyed_too(crawl_zone: Crawl) -> None:
    zone = {"a.jp": {"TXT": ["v=spf1 include:x.gone.jp -all"]}}
    facts = crawl_zone(zone, ["x.gone.jp", "a.jp"])
    assert ("SOA", "gone.jp") in asked(facts)


def test_no_question_of_what_is_no_name(crawl_zone: Crawl) -> None:
    long = "a" * 64
    text = f"v=spf1 a:x..jp mx:{long}.jp include:192.0.2.1 include:%{{d1}} exists:{long}.jp -all"
    assert asked(crawl_zone({"a.jp": {"TXT": [text]}}, ["a.jp"])) == {("TXT", "a.jp")}


def test_ten_hosts_by_preference(crawl_zone: Crawl) -> None:
    hosts = [[100 - number, f"m{number}.jp"] for number in range(12)]
    facts = crawl_zone({"a.jp": {"TXT": ["v=spf1 mx -all"], "MX": hosts}}, ["a.jp"])
    names = {name for kind, name in asked(facts) if kind == "A"}
    assert names == {f"m{number}.jp" for number in range(2, 12)}


def test_null_mx_leads_nowhere(crawl_zone: Crawl) -> None:
    zone = {"a.jp": {"TXT": ["v=spf1 mx -all"], "MX": [[0, "."]]}}
    assert asked(crawl_zone(zone, ["a.jp"])) == {("TXT", "a.jp"), ("MX", "a.jp")}


def test_classes_and_measures(survey: Callable[..., dict[str, dict[str, Any]]]) -> None:
    """The expressions of rule sets and measures over states, where all three answers occur."""
    zone = {
        "good.jp": {"TXT": ["v=spf1 -all"]},
        "two.jp": {"TXT": ["v=spf1 -all", "v=spf1 ~all"]},
        "dark.jp": {"TXT": ["v=spf1 include:down.jp ~all"]},
        "down.jp": {"TXT": "SERVFAIL"},
        "none.jp": {},
    }
    names = list(zone)
    rows = [survey(zone, names)[name]["row"] for name in names]
    states = pl.DataFrame(rows, schema_overrides={c.name: c.dtype for c in spf.COLUMNS})
    for rules in spf.RULE_SETS:
        assert states.select(rules.of).to_series().to_list() == [True, True, True, None, False]
        seen = {one.name: states.select(x=one.needs).to_series().to_list() for one in rules.classes}
        assert seen["include_loop"][:3] == [True, True, False]
        assert {name for one in rules.classes for name in one.codes} <= {
            finding.code for finding in spf.FINDINGS
        }
    measured = {
        measure.name: states.select(x=measure.value).to_series().to_list()
        for measure in spf.MEASURES
    }
    assert measured == {
        "spf": [True, True, True, None, False],
        "spf_valid": [True, False, None, None, False],
        "spf_hardfail": [True, False, False, None, False],
        "spf_hardfail_effective": [True, False, False, None, False],
    }
