"""BIMI: the records of one domain, what is inherited, DMARC's part, and every way not to know."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols import bimi, dmarc
from pipeline.protocols.bimi.findings import DMARC_NOT_STRICT, RECORD_FINDINGS
from pipeline.protocols.protocol import Context
from pipeline.schema import ASKS, polars_schema
from pipeline.words import Level

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "bimi.yaml").read_text("utf-8"))
DOMAIN, BELOW = "example.jp", "news.example.jp"
NAME = f"default._bimi.{DOMAIN}"
REJECT = {"TXT": [["v=DMARC1; p=reject"]]}
LOGO = "v=BIMI1; l=https://example.jp/logo.svg; a=https://example.jp/vmc.pem"
URIS = {"location": "https://example.jp/logo.svg", "authority": "https://example.jp/vmc.pem"}
NOT_FETCHED = {"logo": "not_observed", "mark": "not_observed", "mark_kind": None}

Survey = Callable[..., Any]


def shown(survey: Survey, names: dict[str, Any], domain: str = DOMAIN) -> dict[str, Any]:
    """The facet's JSON of one domain in a zone."""
    seen = survey([dmarc, bimi], {"zone": names}, domain)
    return bimi.show(seen.states[domain])


def test_records(survey: Survey) -> None:
    """All the cases in one zone, each at a domain of its own."""
    zone: dict[str, Any] = {}
    domains = [f"n{number}.example" for number in range(len(CASES))]
    for domain, case in zip(domains, CASES, strict=True):
        zone[f"_dmarc.{domain}"] = REJECT
        zone[f"default._bimi.{domain}"] = {"TXT": [[text] for text in case["txt"]]}
    seen = survey([dmarc, bimi], {"zone": zone}, *domains)
    for domain, case in zip(domains, CASES, strict=True):
        rows = seen.findings.filter(pl.col("domain") == domain, pl.col("protocol") == "bimi")
        found = [code if at is None else f"{code} @{at}" for code, at in rows["code", "at"].rows()]
        assert sorted(found) == sorted(case.get("faults", [])), case["txt"]
        assert set(rows["name"]) <= {f"default._bimi.{domain}"}
        assert bimi.show(seen.states[domain]) == {
            "state": case["state"],
            "location": case.get("location"),
            "authority": case.get("authority"),
            "inherited": False,
            "dmarc_eligible": True,
            "logo": "not_observed" if case["state"] == "present" else "absent",
            "mark": "not_observed" if names_both(case) else "absent",
            "mark_kind": None,
        }, case["txt"]


def names_both(case: dict[str, Any]) -> bool:
    return case["state"] == "present" and "authority" in case


def test_every_finding_has_a_case() -> None:
    named = {fault.split()[0] for case in CASES for fault in case.get("faults", [])}
    tested_below = {DMARC_NOT_STRICT.code}
    assert named | tested_below == {finding.code for finding in RECORD_FINDINGS}
    for finding in bimi.FINDINGS:
        assert all((finding.en, finding.ja, finding.example, finding.fix_en, finding.fix_ja))


# --- inheritance ---------------------------------------------------------------------------------

ORG = {f"_dmarc.{DOMAIN}": REJECT, NAME: {"TXT": [[LOGO]]}}


def test_the_organisational_domains_record_applies_where_there_is_none(survey: Survey) -> None:
    seen = survey([dmarc, bimi], {"zone": ORG}, BELOW, "a.b.c.example.jp", DOMAIN)
    for domain in (BELOW, "a.b.c.example.jp", DOMAIN):
        is_below = domain != DOMAIN
        assert bimi.show(seen.states[domain]) == {
            "state": "present",
            **URIS,
            "inherited": is_below,
            "dmarc_eligible": True,
            **NOT_FETCHED,
        }
    assert seen.asked.count((NAME, "TXT")) == 1  # shared names are asked once


@pytest.mark.parametrize(
    ("own", "state", "inherited"),
    [
        ("v=BIMI1; l=; a=;", "declined", False),  # §4.3.1: that is what it is for
        ("v=BIMI1; l=http://example.jp/a.svg", "invalid", False),
        ("v=spf1 -all", "present", True),
        ("v=bimi1; l=https://example.jp/a.svg", "present", True),  # §7.2: discarded
    ],
)
def test_what_the_domain_itself_has(survey: Survey, own: str, state: str, inherited: bool) -> None:
    names = ORG | {f"default._bimi.{BELOW}": {"TXT": [[own]]}}
    seen = shown(survey, names, BELOW)
    assert (seen["state"], seen["inherited"]) == (state, inherited)


def test_a_name_between_is_not_the_organisational_domain(survey: Survey) -> None:
    names = {
        f"_dmarc.{DOMAIN}": REJECT,
        "default._bimi.b.example.jp": {"TXT": [[LOGO]]},
        "default._bimi.jp": {"TXT": [[LOGO]]},
    }
    assert shown(survey, names, "a.b.example.jp")["state"] == "absent"


def test_faults_of_an_inherited_record_are_its_own_domains(survey: Survey) -> None:
    names = ORG | {NAME: {"TXT": [["v=BIMI1; l=https://example.jp/a.png; a=https://a.jp/a"]]}}
    seen = survey([dmarc, bimi], {"zone": names}, BELOW, DOMAIN)
    assert bimi.show(seen.states[BELOW])["state"] == "invalid"
    assert bimi.show(seen.states[BELOW])["inherited"] is True
    assert seen.codes(BELOW) == []
    assert seen.codes(DOMAIN) == ["bimi.location_format"]


# --- what is not known ---------------------------------------------------------------------------


@pytest.mark.parametrize("failure", ["SERVFAIL", "TIMEOUT", "REFUSED"])
def test_a_failure_is_never_an_absence(survey: Survey, failure: str) -> None:
    hidden = {"state": "unknown", "location": "unknown", "authority": "unknown"}
    hidden |= {"inherited": "unknown", "logo": "unknown", "mark": "unknown", "mark_kind": None}
    own = ORG | {f"default._bimi.{BELOW}": {"TXT": failure}}
    assert shown(survey, own, BELOW) == hidden | {"dmarc_eligible": True}


@pytest.mark.parametrize("failure", ["SERVFAIL", "TIMEOUT", "REFUSED"])
def test_a_failure_above_hides_what_would_be_inherited(survey: Survey, failure: str) -> None:
    names: dict[str, Any] = ORG | {NAME: {"TXT": failure}}
    assert shown(survey, names, BELOW)["state"] == "unknown"


@pytest.mark.parametrize(
    ("above", "state"), [(LOGO, "unknown"), ("v=spf1 -all", "absent"), (None, "absent")]
)
def test_an_unknown_organisational_domain_matters_where_a_record_is_above(
    survey: Survey, above: str | None, state: str
) -> None:
    names: dict[str, Any] = {f"_dmarc.{DOMAIN}": {"TXT": "SERVFAIL"}}
    if above:
        names[NAME] = {"TXT": [[above]]}
    seen = shown(survey, names, BELOW)
    assert (seen["state"], seen["dmarc_eligible"]) == (state, "unknown")


def test_what_was_not_asked(crawled: Any, context: Context) -> None:
    domains = pl.LazyFrame(
        {"domain": [DOMAIN], "dmarc_effective": ["reject"], "dmarc_org_domain": [DOMAIN]}
    )
    facts = (
        crawled.fact(NAME, "TXT", [LOGO.encode()], cd=True),
        crawled.fact(f"_bimi.{DOMAIN}", "TXT", [LOGO.encode()]),
    )
    _, states = bimi.judge(crawled.frame(*facts), domains, context)
    (state,) = states.collect().to_dicts()
    assert (state["bimi"], state["bimi_inherited"]) == ("not_observed", None)
    assert (state["bimi_logo"], state["bimi_mark"]) == ("not_observed", "not_observed")


# --- DMARC ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "org", "eligible"),
    [
        ("p=reject", None, True),
        ("p=quarantine", None, True),
        ("p=none", None, False),  # §7.1 item 7
        (None, None, False),
        ("p=reject; sp=none", None, False),  # item 8
        ("p=reject; sp=quarantine", None, True),
        ("p=quarantine; pct=99", None, False),  # item 9
        ("p=quarantine; pct=100", None, True),
        ("p=reject; pct=10", None, True),  # §2: any percentage
        ("p=quarantine; t=y", None, False),  # RFC 9989 §A.6: as pct=0 was
        ("p=reject; t=y", None, True),
        (None, "p=reject", True),
        (None, "p=reject; sp=none", False),
        (None, "p=none; sp=reject", False),  # item 7: the organisational domain's p
        ("p=reject", "p=none", False),
        ("p=none", "p=reject", False),
        ("p=reject", "p=reject; sp=none", False),
        ("p=reject", "p=quarantine; pct=50", False),
        ("p=reject", "p=quarantine", True),
    ],
)
def test_dmarc_has_to_be_strict(
    survey: Survey, own: str | None, org: str | None, eligible: bool
) -> None:
    """At BELOW, with own records of its own, and of the organisational domain."""
    names: dict[str, Any] = {f"default._bimi.{BELOW}": {"TXT": [[LOGO]]}}
    for domain, policy in ((BELOW, own), (DOMAIN, org)):
        if policy:
            names[f"_dmarc.{domain}"] = {"TXT": [["v=DMARC1; " + policy]]}
    seen = survey([dmarc, bimi], {"zone": names}, BELOW)
    assert seen.states[BELOW]["bimi_dmarc_eligible"] is eligible
    assert (DMARC_NOT_STRICT.code in seen.codes(BELOW)) is not eligible
    assert seen.states[BELOW]["bimi"] == "present"


@pytest.mark.parametrize(
    ("own", "org", "eligible"),
    [
        ("SERVFAIL", [["v=DMARC1; p=reject"]], "unknown"),
        ([["v=DMARC1; p=reject"]], "SERVFAIL", "unknown"),
        ([["v=DMARC1; p=none"]], "SERVFAIL", False),  # whatever stands above
    ],
)
def test_hidden_dmarc(survey: Survey, own: Any, org: Any, eligible: Any) -> None:
    names = {f"_dmarc.{BELOW}": {"TXT": own}, f"_dmarc.{DOMAIN}": {"TXT": org}}
    assert shown(survey, names, BELOW)["dmarc_eligible"] == eligible


def test_a_declination_needs_no_dmarc(survey: Survey) -> None:
    seen = survey([dmarc, bimi], {"zone": {NAME: {"TXT": [["v=BIMI1; l=; a=;"]]}}}, DOMAIN)
    assert seen.codes(DOMAIN) == []


# --- asks, counting, parse -----------------------------------------------------------------------


def test_asks(context: Context) -> None:
    longest = ".".join(["a" * 63] * 3 + ["b" * 50])  # no room for the label
    asks = bimi.asks(pl.LazyFrame({"domain": [BELOW, longest]}), context).collect()
    assert asks.schema == polars_schema(ASKS)
    below = asks.filter(pl.col("origin") == BELOW)
    names = [f"default._bimi.{name}" for name in (BELOW, DOMAIN, "jp")]
    assert below["name", "qtype", "why"].rows() == [(name, 16, "bimi") for name in names]
    assert asks.filter(pl.col("origin") == longest)["name"].str.len_bytes().max() <= 253
    assert bimi.follow_ups(pl.LazyFrame(schema=polars_schema(ASKS)), context).collect().is_empty()


def test_a_name_that_cannot_exist_has_no_record(survey: Survey) -> None:
    domain = ".".join(["a" * 63] * 3 + ["b" * 50])
    assert shown(survey, {"b.example": {}}, domain)["state"] == "absent"


def test_what_is_counted() -> None:
    (rules,) = bimi.RULE_SETS
    bimis = ["present", "present", "declined", "invalid", "absent", "unknown"]
    states = pl.DataFrame(
        {
            "bimi": bimis,
            "bimi_inherited": [False, True, False, False, False, None],
            "bimi_logo": ["valid", "unknown", "absent", "absent", "absent", "unknown"],
            "bimi_mark": ["absent", "valid", "absent", "absent", "absent", "unknown"],
        }
    )
    yes = {measure.name: measure.value for measure in bimi.MEASURES}
    counted = states.select(of=rules.of, **yes)
    assert counted["bimi"].to_list() == [True, True, False, False, False, None]
    assert counted["bimi_logo"].to_list() == [True, None, False, False, False, None]
    assert counted["bimi_mark"].to_list() == [False, None, False, False, False, None]
    assert counted["of"].to_list() == [True, False, True, True, False, None]
    codes = [code for one in rules.classes for code in one.codes]
    errors = {finding.code for finding in bimi.FINDINGS if finding.level is Level.ERROR}
    assert sorted(codes) == sorted(errors)


@pytest.mark.parametrize(
    ("logo", "mark", "counts_logo", "counts_mark"),
    [
        ("valid", "valid", True, True),
        ("valid", "invalid", True, False),
        ("valid", "unknown", True, None),
        ("invalid", "valid", False, False),
        ("unknown", "invalid", None, False),
        ("unknown", "unknown", None, None),
        ("not_observed", "not_observed", None, None),
    ],
)
def test_logos_and_marks_that_are_counted(
    logo: str, mark: str, counts_logo: bool | None, counts_mark: bool | None
) -> None:
    states = pl.DataFrame({"bimi": ["present"], "bimi_logo": [logo], "bimi_mark": [mark]})
    measures = {one.name: one for one in bimi.MEASURES}
    for name, counts in (("bimi_logo", counts_logo), ("bimi_mark", counts_mark)):
        (row,) = states.select(yes=measures[name].value, is_observed=measures[name].observed).rows()
        assert row == (counts, logo != "not_observed")
    (rules,) = bimi.RULE_SETS
    needs = {one.name: one.needs for one in rules.classes}
    seen = states.select(logo=needs["logo"], mark=needs["certificate"]).row(0)
    assert seen == tuple(state in ("valid", "invalid") for state in (logo, mark))
    assert {"logo", "certificate"}.isdisjoint(rules.broken)


@given(st.binary(max_size=200) | st.binary(max_size=80).map(b"v=BIMI1; l=https://a.b/".__add__))
def test_parse_is_total(payload: bytes) -> None:
    record = bimi.parse(payload)
    if record is not None:
        assert all(0 <= fault.at <= len(payload) for fault in record.faults)
        assert record.is_record or not record.is_valid


def test_a_hostile_record_is_bounded() -> None:
    record = bimi.parse(b"v=BIMI1" + b"; x" * 5000)
    assert record is not None
    assert len(record.faults) == 100
