"""The hosts that MX records name: what is asked of them, and what is wrong with them."""

from ipaddress import ip_address
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Cohort
from pipeline.protocols import mx
from pipeline.protocols.mx.addresses import is_special
from pipeline.protocols.protocol import Context, Wanted
from pipeline.schema import ASKS, polars_schema
from pipeline.tables.mistakes import mistakes
from pipeline.words import Outcome

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "mx.yaml").read_text("utf-8"))
HOSTS = [case for case in CASES if "zone" in case]
DOMAIN, HOST = "example.jp", "mx1.example.jp"
VOID, FAILED, NO_NAME = Outcome.NO_DATA, Outcome.SERVER_FAILURE, Outcome.NO_NAME
SOA = ["ns.example.net. hostmaster.example.net. 1 1800 900 604800 86400"]


def zone_of(case: dict[str, Any]) -> dict[str, Any]:
    records = [text.split(" ", 1) for text in case["mx"]]
    return {"zone": {DOMAIN: {"MX": [[int(at), host] for at, host in records]}, **case["zone"]}}


@pytest.mark.parametrize("case", HOSTS, ids=lambda case: f"{case['mx']} {case['zone']}")
def test_hosts(survey: Any, case: dict[str, Any]) -> None:
    made = survey([mx], zone_of(case), DOMAIN)
    found = [f"{code} @{at}" for code, at in made.findings["code", "at"].rows()]
    assert sorted(found) == sorted(case.get("faults", []))
    assert set(made.findings["name"]) <= {DOMAIN}
    state = made.states[DOMAIN]
    assert (state["mx"], state["mx_hosts"]) == (case["state"], case["hosts"])
    assert state["mx_resolved"] is case.get("resolved", True)


@pytest.mark.parametrize(
    ("zone", "questions"),
    [
        ({HOST: {"A": ["9.9.9.9"]}}, ["A"]),  # one address is enough
        ({HOST: {"A": ["10.0.0.1", "9.9.9.9"]}}, ["A"]),
        ({HOST: {"A": ["10.0.0.1"]}}, ["A", "AAAA"]),
        ({HOST: {"A": "SERVFAIL"}}, ["A", "AAAA"]),
        ({HOST: {"TXT": [["only"]]}}, ["A", "AAAA"]),
        ({HOST: {"*": "NXDOMAIN"}}, ["A"]),  # RFC 8020 §2
    ],
)
def test_what_is_asked_of_a_host(survey: Any, zone: Any, questions: list[str]) -> None:
    made = survey([mx], {"zone": {DOMAIN: {"MX": [[10, HOST]]}, **zone}}, DOMAIN)
    assert sorted(qtype for name, qtype in made.asked if name == HOST) == questions


def test_a_shared_host_is_asked_once(survey: Any) -> None:
    zone = {f"d{n}.jp": {"MX": [[n, "mx.example.net"]]} for n in range(5)}
    zone["mx.example.net"] = {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"]}
    made = survey([mx], {"zone": zone}, *(f"d{n}.jp" for n in range(5)))
    assert sorted(qtype for name, qtype in made.asked if name == "mx.example.net") == ["A", "AAAA"]
    evidence = made.findings.sort("domain")["evidence"].to_list()
    assert evidence == [f"{n} mx.example.net (192.0.2.1 2001:db8::1)" for n in range(5)]


def test_only_the_first_hosts_are_looked_at(survey: Any) -> None:
    rows = [[n, f"h{n}.example.jp"] for n in range(mx.MOST_HOSTS + 10)]
    made = survey([mx], {"zone": {DOMAIN: {"MX": rows}}}, DOMAIN)
    asked = {name for name, _ in made.asked if name.startswith("h")}
    assert asked == {f"h{n}.example.jp" for n in range(mx.MOST_HOSTS)}
    assert made.states[DOMAIN]["mx_resolved"] is False
    assert made.codes(DOMAIN) == ["mx.many_hosts", *["mx.no_address"] * mx.MOST_HOSTS]


@pytest.mark.parametrize(
    ("fact", "follow_up"),
    [
        (("A", ["10.0.0.1"], None, "mx-host"), ("AAAA", HOST, "mx-host")),
        (("A", ["9.9.9.9"], None, "mx-host"), None),
        (("A", [], VOID, "mx-host"), ("AAAA", HOST, "mx-host")),
        (("A", [], FAILED, "mx-host"), ("AAAA", HOST, "mx-host")),
        (("A", [], Outcome.NOT_ASKED, "mx-host"), None),
        (("A", [], NO_NAME, "mx-host"), ("SOA", DOMAIN, "mx-dangling")),
        (("AAAA", [], NO_NAME, "mx-host"), ("SOA", DOMAIN, "mx-dangling")),
        (("AAAA", [], VOID, "mx-host"), None),
        (("A", [], VOID, "spf-a"), None),  # another protocol's question
        (("A", ["10.0.0.1"], None, "mx-implicit"), None),
    ],
)
def test_follow_ups(crawled: Any, fact: Any, follow_up: Any) -> None:
    qtype, records, outcome, why = fact
    facts = crawled.frame(crawled.fact(HOST, qtype, records, outcome, why=why))
    context = Context(frozenset(), lambda name: DOMAIN)
    asks = mx.follow_ups(facts, context).collect()
    assert asks.schema == polars_schema(ASKS)
    names = {1: "A", 6: "SOA", 28: "AAAA"}
    rows = [(names[qtype], name, why) for qtype, name, why in asks["qtype", "name", "why"].rows()]
    assert rows == ([] if follow_up is None else [follow_up])
    assert asks["depth"].to_list() == [1] * len(asks)


def test_the_facts_carry_the_domain_that_led_to_them(crawled: Any, context: Any) -> None:
    fact = crawled.fact(DOMAIN, "MX", ["10 b.example.jp.", "5 a.example.jp.", "0 ."], why="mx")
    asks = mx.follow_ups(crawled.frame(fact), context).collect()
    assert asks["name", "qtype", "why", "origin", "depth"].rows() == [
        ("a.example.jp", 1, "mx-host", DOMAIN, 1),
        ("b.example.jp", 1, "mx-host", DOMAIN, 1),
    ]


@pytest.mark.parametrize(
    ("top_level", "codes"),
    [({}, []), ({"lan": {"SOA": SOA}}, ["mx.dangling"])],
)
def test_nobody_can_register_below_a_top_level_domain_that_is_not_there(
    survey: Any, top_level: Any, codes: list[str]
) -> None:
    # the SOA of the zone that lacks the name comes with the NXDOMAIN (RFC 2308 §3)
    zone = {".": {"SOA": SOA}, DOMAIN: {"MX": [[10, "mail.corp.lan"]]}, **top_level}
    made = survey([mx], {"zone": zone}, DOMAIN)
    assert made.codes(DOMAIN) == [*codes, "mx.no_address"]


@pytest.mark.parametrize(
    ("public", "codes", "questions"),
    [
        ((), ["mx.special_purpose_address"], ["A", "AAAA"]),
        (("127.18.0.0/15",), [], ["A"]),
    ],
)
def test_a_studys_own_networks_count_as_reached(
    survey: Any, public: tuple[str, ...], codes: list[str], questions: list[str]
) -> None:
    zone = {"zone": {DOMAIN: {"MX": [[10, HOST]]}, HOST: {"A": ["127.18.0.7"]}}}
    made = survey([mx], zone, DOMAIN, wanted=Wanted(public=public))
    assert made.codes(DOMAIN) == codes
    assert sorted(qtype for name, qtype in made.asked if name == HOST) == questions


def test_answers_that_contradict_each_other_are_read_kindly(crawled: Any, context: Any) -> None:
    # RFC 8020 §2 forbids it, and servers do it: NXDOMAIN for one type, an address for the other
    facts = crawled.frame(
        crawled.fact(DOMAIN, "MX", [f"10 {HOST}."]),
        crawled.fact(HOST, "A", outcome=NO_NAME),
        crawled.fact(HOST, "AAAA", ["2620:fe::fe"]),
    )
    findings, states = mx.judge(facts, pl.LazyFrame({"domain": [DOMAIN]}), context)
    assert findings.collect().is_empty()
    assert states.collect()["mx_resolved"].to_list() == [True]


def test_answers_that_were_not_validated_say_nothing(crawled: Any, context: Any) -> None:
    facts = crawled.frame(
        crawled.fact(DOMAIN, "MX", [f"10 {HOST}."]), crawled.fact(HOST, "A", ["10.0.0.1"], cd=True)
    )
    findings, states = mx.judge(facts, pl.LazyFrame({"domain": [DOMAIN]}), context)
    assert findings.collect().is_empty()
    assert states.collect()["mx_resolved"].to_list() == [False]


# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "special"),
    [  # IANA's IPv4 and IPv6 special-purpose address registries, "Globally Reachable"
        ("9.9.9.9", False),
        ("0.0.0.0", True),
        ("10.255.255.255", True),
        ("11.0.0.0", False),
        ("100.64.0.1", True),
        ("100.128.0.0", False),
        ("127.0.0.1", True),
        ("169.254.1.1", True),
        ("172.15.255.255", False),
        ("172.16.0.0", True),
        ("172.32.0.0", False),
        ("192.0.0.8", True),
        ("192.0.0.9", False),  # PCP anycast
        ("192.0.0.170", True),
        ("192.0.2.1", True),
        ("192.31.196.1", False),  # AS112
        ("192.52.193.1", False),  # AMT
        ("192.175.48.1", False),  # AS112
        ("192.88.99.1", True),
        ("192.168.1.1", True),
        ("198.18.0.1", True),
        ("198.20.0.0", False),
        ("198.51.100.1", True),
        ("203.0.113.1", True),
        ("224.0.0.1", True),
        ("240.0.0.1", True),
        ("255.255.255.255", True),
        ("2620:fe::fe", False),
        ("::", True),
        ("::1", True),
        ("::ffff:9.9.9.9", True),
        ("::9.9.9.9", True),  # RFC 4291 §2.5.5.1: deprecated
        ("64:ff9b::9.9.9.9", False),
        ("64:ff9b::10.0.0.1", True),
        ("64:ff9b:1::9.9.9.9", True),
        ("100::1", True),
        ("2001::1", True),  # Teredo
        ("2001:1::1", False),  # PCP anycast
        ("2001:1::4", True),
        ("2001:2::1", True),
        ("2001:4:112::1", False),  # AS112
        ("2001:10::1", True),  # ORCHID, returned
        ("2001:200::1", False),
        ("2001:db8::1", True),
        ("2002:909:909::1", False),
        ("2002:a00:1::1", True),
        ("2620:4f:8000::1", False),  # AS112
        ("3fff::1", True),
        ("3fff:1000::1", False),
        ("4000::1", True),  # not given out
        ("5f00::1", True),
        ("fc00::1", True),
        ("fd00::1", True),
        ("fe80::1", True),
        ("fec0::1", True),  # RFC 3879
        ("ff02::1", True),
    ],
)
def test_special_purpose(address: str, special: bool) -> None:
    assert is_special(ip_address(address).packed) is special


def test_networks_that_count_as_public() -> None:
    octets = bytes([198, 18, 0, 1])
    assert is_special(octets, ("10.0.0.0/8", "2001:db8::/32"))
    assert not is_special(octets, ("2001:db8::/32", "198.18.0.0/15"))
    assert not is_special(bytes.fromhex("20010db8") + bytes(12), ("2001:db8::/32",))


@given(st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=16, max_size=16)))
def test_every_address_has_an_answer(octets: bytes) -> None:
    assert is_special(octets) in (True, False)
    assert not is_special(octets, ("0.0.0.0/0", "::/0"))


# --- rules ---------------------------------------------------------------------------------------


def test_the_rule_set_counts_who_has_an_mx_record() -> None:
    (rules,) = mx.RULE_SETS
    states = pl.LazyFrame(
        {
            "domain": ["a.jp", "b.jp", "c.jp", "d.jp", "e.jp", "f.jp"],
            "mx": ["present", "present", "null_mx", "implicit", "unknown", "present"],
            "mx_resolved": [True, False, True, True, None, True],
        }
    )
    told = [("a.jp", "mx.no_address"), ("a.jp", "mx.dangling"), ("c.jp", "mx.null_mx_preference")]
    findings = pl.LazyFrame(told, schema=["domain", "code"], orient="row")
    domains = states.select("domain", cohorts=pl.lit(["jp"], pl.List(pl.String)))
    table = mistakes(states, findings, domains, [Cohort(name="jp", lists=())], [rules])
    rows = {row["class"]: row for row in table.iter_rows(named=True)}
    assert (rows["broken"]["of"], rows["broken"]["of_unknown"]) == (4, 1)
    assert (rows["broken"]["yes"], rows["broken"]["unknown"], rows["broken"]["no"]) == (2, 1, 1)
    assert rows["dangling"]["yes"] == 1
    codes = {code for kind in rules.classes for code in kind.codes}
    assert codes == {finding.code for finding in mx.FINDINGS} - {"mx.via_cname", "mx.many_hosts"}


def test_every_finding_says_what_it_is_and_what_to_do() -> None:
    for finding in mx.FINDINGS:
        assert all((finding.en, finding.ja, finding.example, finding.fix_en, finding.fix_ja))


def test_what_came_with_a_failure_is_not_told(crawled: Any, context: Any) -> None:
    alias = (HOST, "CNAME", "host.example.net.")
    facts = crawled.frame(
        crawled.fact(DOMAIN, "MX", [f"10 {HOST}."]),
        crawled.fact(HOST, "A", [alias], FAILED),
        crawled.fact(HOST, "AAAA", [alias], FAILED),
    )
    findings, states = mx.judge(facts, pl.LazyFrame({"domain": [DOMAIN]}), context)
    assert findings.collect().is_empty()
    assert states.collect()["mx_resolved"].to_list() == [False]
