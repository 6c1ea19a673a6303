"""DANE: single records, hosts with every kind of proof and alias, and what domains make of them."""

import hashlib
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols import dane, mx
from pipeline.protocols.dane.record import MATCHING_AT
from pipeline.protocols.protocol import Context, Wanted
from pipeline.schema import ASKS, polars_schema
from pipeline.words import Outcome, QType

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "dane.yaml").read_text("utf-8"))
DOMAIN = "example.jp"
ADDRESS = "198.51.99.1"
HOST, OWNER = "mx.example.jp", "_25._tcp.mx.example.jp"


@cache
def texts() -> dict[str, str]:
    """What stands for the marks in the cases, in hexadecimal."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    certificate = (
        x509.CertificateBuilder(name, name, private.public_key(), serial_number=1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2021, 1, 1, tzinfo=UTC))
        .sign(private, None)
    )
    spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        "{sha256}": hashlib.sha256(spki).hexdigest(),
        "{other}": hashlib.sha256(b"the next").hexdigest(),
        "{sha512}": hashlib.sha512(spki).hexdigest(),
        "{certificate}": certificate.public_bytes(Encoding.DER).hex(),
        "{key}": spki.hex(),
    }


def filled(text: str) -> str:
    """A case's text with the marks written out."""
    for mark, value in texts().items():
        text = text.replace(mark, value)
    return text


# --- records -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES["records"], ids=lambda case: case["tlsa"])
def test_record(case: dict[str, Any]) -> None:
    *numbers, data = filled(case["tlsa"]).split()
    record = dane.parse(bytes(map(int, numbers)) + bytes.fromhex(data))
    assert record is not None
    assert [record.usage, record.selector, record.matching] == list(map(int, numbers))
    assert record.data.hex() == data
    found = [f"{fault.finding.code} @{fault.at}" for fault in record.faults]
    assert found == case.get("faults", [])
    assert record.usable is not found


def test_every_finding_has_a_case() -> None:
    faults = {fault.split()[0] for case in CASES["records"] for fault in case.get("faults", [])}
    codes = {code for case in CASES["domains"] for code in case.get("codes", [])}
    of_visits = {"dane.mismatch", "dane.no_starttls"}  # see test_dane_served
    assert faults | codes == {finding.code for finding in dane.FINDINGS} - of_visits


def test_findings_are_told_in_full() -> None:
    for finding in dane.FINDINGS:
        assert all((finding.en, finding.ja, finding.example, finding.fix_en, finding.fix_ja))


@given(
    st.binary(max_size=300)
    | st.tuples(st.sampled_from([b"\3\0\0", b"\3\1\0"]), st.binary(max_size=300)).map(b"".join)
)
def test_parse_is_total(payload: bytes) -> None:
    record = dane.parse(payload)
    assert (record is None) == (len(payload) <= MATCHING_AT)


@given(st.data())
def test_parse_is_total_on_damaged_certificates(data: st.DataObject) -> None:
    whole = bytearray(bytes.fromhex(filled("030000{certificate}")))
    at = data.draw(st.integers(3, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(3, len(whole)))
    assert dane.parse(bytes(whole[:cut])) is not None


# --- domains -------------------------------------------------------------------------------------


def zone_of(case: dict[str, Any]) -> dict[str, Any]:
    """A case as a zone file's JSON."""
    names: dict[str, dict[str, Any]] = {DOMAIN: {}}
    for owner, types in json.loads(filled(json.dumps(case.get("zone", {})))).items():
        names.setdefault(owner, {}).update(types)
    for owner in case.get("addresses", ()):
        names.setdefault(owner, {})["A"] = [ADDRESS]
    for host, records in case.get("tlsa", {}).items():
        names[f"_25._tcp.{host}"] = {"TLSA": [filled(text) for text in records]}
    if "mx" in case:
        names[DOMAIN]["MX"] = [[10 * n, host] for n, host in enumerate(case["mx"])]
    proven = {name: state for state in ("secure", "bogus") for name in case.get(state, ())}
    return {"zone": names, "dnssec": proven}


@pytest.mark.parametrize("case", CASES["domains"], ids=lambda case: case["claim"])
def test_domain(survey: Any, case: dict[str, Any]) -> None:
    wanted = Wanted(islands=1.0 if case.get("thorough") else 0.0, public=("198.51.99.0/24",))
    done = survey((mx, dane), zone_of(case), DOMAIN, wanted=wanted)
    shown = dane.show(done.states[DOMAIN])
    assert {"mx": shown["mx"], "state": shown["state"]} == case["is"]
    hosts = shown["hosts"]
    if isinstance(hosts, dict):
        hosts = {
            name: host["state"] + (f" @{host['base']}" if host["base"] else "")
            for name, host in hosts.items()
        }
    assert hosts == case["hosts"]
    codes = {code for code in done.codes(DOMAIN) if code.startswith("dane.")}
    assert sorted(codes) == case.get("codes", [])


def test_shown_records(survey: Any) -> None:
    case = {
        "secure": [DOMAIN],
        "mx": [HOST],
        "addresses": [HOST],
        "tlsa": {HOST: ["3 1 1 {sha256}", "0 1 1 {sha256}"]},
    }
    done = survey((mx, dane), zone_of(case), DOMAIN)
    bad = {
        "usage": 0,
        "selector": 1,
        "matching": 1,
        "usable": False,
        "findings": ["dane.pkix_usage"],
    }
    good = {"usage": 3, "selector": 1, "matching": 1, "usable": True, "findings": []}
    assert dane.show(done.states[DOMAIN])["hosts"] == {
        HOST: {
            "state": "usable",
            "verdict": "not_observed",
            "base": HOST,
            "records": [bad, good],
        }
    }
    (told,) = done.findings.filter(pl.col("protocol") == "dane").to_dicts()
    assert (told["name"], told["at"]) == (OWNER, 0)
    assert told["evidence"] == f"0 1 1 {texts()['{sha256}'][:32]}…"


def test_records_without_proof_are_of_no_use(survey: Any) -> None:
    case = {"mx": [HOST], "addresses": [HOST], "tlsa": {HOST: ["3 1 1 {sha256}"]}}
    done = survey((mx, dane), zone_of(case), DOMAIN, wanted=Wanted(islands=1.0))
    (record,) = dane.show(done.states[DOMAIN])["hosts"][HOST]["records"]
    assert record["usable"] is False


def test_a_shared_host_is_asked_once(survey: Any) -> None:
    names = [f"d{number}.jp" for number in range(5)]
    zone = {
        "zone": {
            **{name: {"MX": [[10, HOST]]} for name in names},
            HOST: {"A": [ADDRESS]},
            OWNER: {"TLSA": [filled("3 1 1 {sha256}")]},
        },
        "dnssec": {"*": "secure"},
    }
    done = survey((mx, dane), zone, *names)
    assert done.asked.count((OWNER, "TLSA")) == 1
    assert {row["dane"] for row in done.states.values()} == {"all"}
    assert {row["dane_has_tlsa"] for row in done.states.values()} == {True}


def test_without_a_trusted_resolver_nothing_is_observed(crawled: Any) -> None:
    nobody = Context(frozenset(), lambda name: None)
    facts = crawled.frame(
        crawled.fact(DOMAIN, "MX", [f"10 {HOST}."], ad=True),
        crawled.fact(HOST, "A", [ADDRESS], ad=True),
        crawled.fact(OWNER, "TLSA", [filled("3 1 1 {sha256}")], ad=True),
    )
    domains = pl.LazyFrame({"domain": [DOMAIN], "mx": ["present"], "mx_hosts": [[HOST]]})
    findings, states = dane.judge(facts, domains, nobody)
    assert states.collect_schema() == {"domain": pl.String, **polars_schema(dane.COLUMNS)}
    (state,) = states.collect().to_dicts()
    assert (state["dane"], state["dane_mx"]) == ("not_observed", "not_observed")
    assert state["dane_hosts"][0]["state"] == "not_observed"
    assert findings.collect().is_empty()


def test_an_mx_that_was_not_asked_observes_nothing(crawled: Any, context: Context) -> None:
    domains = pl.LazyFrame(
        {"domain": [DOMAIN], "mx": ["not_observed"], "mx_hosts": [None]},
        {"domain": pl.String, "mx": pl.String, "mx_hosts": pl.List(pl.String)},
    )
    (state,) = dane.judge(crawled.frame(), domains, context)[1].collect().to_dicts()
    assert dane.show(state) == {
        "mx": "not_observed",
        "hosts": "not_observed",
        "state": "not_observed",
        "verified": "not_observed",
    }


def test_measures() -> None:
    states = ["all", "some", "none", "bogus", "not_applicable", "unknown", "not_observed"]
    everywhere, somewhere, *_ = dane.MEASURES
    counted = pl.DataFrame({"dane": states}).select(
        all=everywhere.value, any=somewhere.value, observed=everywhere.observed
    )
    assert counted["all"].to_list() == [True, False, False, False, False, None, None]
    assert counted["any"].to_list() == [True, True, False, False, False, None, None]
    assert counted["observed"].to_list() == [True] * 6 + [False]


def test_rules_name_findings_that_there_are() -> None:
    (rules,) = dane.RULE_SETS
    codes = {code for kind in rules.classes for code in kind.codes}
    assert codes <= {finding.code for finding in dane.FINDINGS}
    assert set(rules.broken) <= {kind.name for kind in rules.classes}


@pytest.mark.parametrize(
    ("hosts", "publishes", "is_seen"),
    [
        (["good"], True, True),
        (["bad"], True, True),
        (["good", "silent"], True, False),
        (["none"], False, True),
        (["silent"], None, False),
        (["none", "silent"], None, False),
    ],
)
def test_rules_count_among_those_who_publish(
    survey: Any, hosts: list[str], publishes: bool | None, is_seen: bool
) -> None:
    names = [f"{host}.{DOMAIN}" for host in hosts]
    case = {
        "secure": [DOMAIN],
        "mx": names,
        "addresses": names,
        "tlsa": {f"good.{DOMAIN}": ["3 1 1 {sha256}"], f"bad.{DOMAIN}": ["1 1 1 {sha256}"]},
        "zone": {f"_25._tcp.silent.{DOMAIN}": {"TLSA": "TIMEOUT"}},
    }
    states = pl.DataFrame([survey((mx, dane), zone_of(case), DOMAIN).states[DOMAIN]])
    (rules,) = dane.RULE_SETS
    malformed = next(kind for kind in rules.classes if kind.name == "malformed")
    of, needs = states.select(of=rules.of, needs=malformed.needs).row(0)
    assert (of, needs) == (publishes, is_seen)


# --- asks ----------------------------------------------------------------------------------------

ALIAS = [(HOST, "CNAME", "host.example.net."), ("host.example.net", "A", ADDRESS)]
AT_END = "_25._tcp.host.example.net"
VOID, GONE, FAILED = Outcome.NO_DATA, Outcome.NO_NAME, Outcome.SERVER_FAILURE


@pytest.mark.parametrize(
    ("fact", "asked"),
    [
        ({"records": [ADDRESS], "ad": True}, [(OWNER, "TLSA")]),
        ({"records": [ADDRESS], "ad": True, "why": "mx-host-confirm"}, [(OWNER, "TLSA")]),
        ({"records": [ADDRESS], "ad": True, "why": "mx-implicit"}, [(OWNER, "TLSA")]),
        ({"records": [ADDRESS], "ad": True, "why": "spf"}, []),
        ({"records": [ADDRESS]}, []),
        ({"records": [ADDRESS], "ad": None}, []),
        ({"records": [ADDRESS], "ad": True, "resolver": "192.0.2.53:53"}, []),
        ({"outcome": VOID, "ad": True}, [(OWNER, "TLSA")]),
        ({"outcome": VOID, "ad": True, "why": "mx-implicit"}, []),
        ({"outcome": GONE, "ad": True}, []),
        ({"outcome": FAILED}, [(HOST, "A")]),
        ({"records": ALIAS, "ad": True}, [(AT_END, "TLSA"), (OWNER, "TLSA")]),
        ({"records": ALIAS}, [(HOST, "CNAME")]),
    ],
)
def test_what_an_address_leads_to(
    crawled: Any, context: Context, fact: dict[str, Any], asked: list[tuple[str, str]]
) -> None:
    facts = crawled.frame(crawled.fact(HOST, "A", **{"why": "mx-host", **fact}))
    assert follow_ups(facts, context) == asked


@pytest.mark.parametrize(
    ("fact", "asked"),
    [
        ({"records": ALIAS[:1], "ad": True}, [(OWNER, "TLSA")]),
        ({"records": ALIAS[:1]}, []),
        ({"outcome": VOID, "ad": True}, []),
        ({"outcome": FAILED}, [(HOST, "CNAME")]),
    ],
)
def test_what_an_alias_leads_to(
    crawled: Any, context: Context, fact: dict[str, Any], asked: list[tuple[str, str]]
) -> None:
    facts = crawled.frame(crawled.fact(HOST, "CNAME", why="dane-cname", **fact))
    assert follow_ups(facts, context) == asked


def test_a_check_asks_for_what_has_no_effect(crawled: Any, context: Context) -> None:
    thorough = Context(context.trusted, context.registrable, Wanted(islands=1.0))
    unproven = crawled.frame(crawled.fact(HOST, "A", [ADDRESS], why="mx-host"))
    assert follow_ups(unproven, thorough) == [(OWNER, "TLSA")]
    void = crawled.frame(crawled.fact(OWNER, "TLSA", ad=True, why="dane-tlsa"))
    assert follow_ups(void, context) == []
    assert follow_ups(void, thorough) == [("_25.tcp.mx.example.jp", "TLSA")]


def test_a_name_that_cannot_exist_is_not_asked(crawled: Any, context: Context) -> None:
    label = "a" * 60
    host = f"{label}.{label}.{label}.{label}.example"
    facts = crawled.frame(crawled.fact(host, "A", [ADDRESS], ad=True, why="mx-host"))
    assert follow_ups(facts, context) == []
    domains = pl.LazyFrame({"domain": [DOMAIN], "mx": ["present"], "mx_hosts": [[host]]})
    facts = crawled.frame(
        crawled.fact(DOMAIN, "MX", [f"10 {host}."], ad=True),
        crawled.fact(host, "A", [ADDRESS], ad=True),
    )
    (state,) = dane.judge(facts, domains, context)[1].collect().to_dicts()
    assert (state["dane"], state["dane_hosts"][0]["state"]) == ("none", "absent")


def follow_ups(facts: pl.LazyFrame, context: Context) -> list[tuple[str, str]]:
    """What is asked, sorted."""
    asks = dane.follow_ups(facts, context).collect()
    assert asks.schema == polars_schema(ASKS)
    return sorted({(name, QType(qtype).name) for name, qtype in asks["name", "qtype"].rows()})


def test_nothing_is_asked_to_begin_with(context: Context) -> None:
    asks = dane.asks(pl.LazyFrame({"domain": [DOMAIN]}), context).collect()
    assert asks.schema == polars_schema(ASKS)
    assert asks.is_empty()
