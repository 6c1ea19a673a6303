"""Parked domains: from other facets' columns, made by hand, to how far a domain is closed."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols import mx, parked, spf
from pipeline.schema import ASKS, polars_schema
from pipeline.words import Level, Outcome

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "parked.yaml").read_text("utf-8"))
DOMAIN = "example.jp"
HIDDEN = {"unknown": Outcome.TIMEOUT, "not_observed": Outcome.NOT_ASKED}
GIVEN = {
    "domain": pl.String,
    "exists": pl.Boolean,
    "mx": pl.String,
    "spf": pl.String,
    "dmarc": pl.String,
    "dmarc_policy_domain": pl.String,
    "dmarc_effective": pl.String,
    "dkim": pl.String,
    "dkim_wildcard": pl.Boolean,
}
"""The columns of other facets that are read."""


def columns(case: dict[str, Any]) -> pl.LazyFrame:
    """One domain's row, as the facets before this one fill it."""
    texts, policy, dkim = case["spf"], case["dmarc"], case["dkim"]
    is_known = policy is not None and policy != "unknown"
    row = {
        "domain": DOMAIN,
        "exists": case.get("exists", True),
        "mx": case["mx"],
        "spf": texts if isinstance(texts, str) else "present" if texts else "absent",
        "dmarc": policy if policy == "unknown" else "present" if is_known else "absent",
        "dmarc_policy_domain": DOMAIN if is_known else None,
        "dmarc_effective": policy,
        "dkim": dkim.removesuffix(" *"),
        "dkim_wildcard": dkim.endswith(" *"),
    }
    return pl.LazyFrame([row], schema=GIVEN)


def texts_of(crawled: Any, texts: str | list[str], name: str = DOMAIN) -> dict[str, Any]:
    if isinstance(texts, str):
        fact: dict[str, Any] = crawled.fact(name, "TXT", outcome=HIDDEN[texts])
        return fact
    fact = crawled.fact(name, "TXT", [text.encode() for text in texts])
    return fact


@pytest.mark.parametrize("case", CASES, ids=str)
def test_cases(crawled: Any, context: Any, case: dict[str, Any]) -> None:
    facts = crawled.frame(texts_of(crawled, case["spf"]))
    findings, states = parked.judge(facts, columns(case), context)
    assert states.collect_schema() == {"domain": pl.String, **polars_schema(parked.COLUMNS)}
    (state,) = states.collect().to_dicts()
    parts = dict(zip(("null_mx", "spf", "dmarc", "dkim"), case["parts"], strict=True))
    assert parked.show(state) == {"state": case["state"], **parts}
    assert sorted(findings.collect()["code"]) == case["faults"]


def test_every_finding_has_a_case_and_says_what_to_do() -> None:
    shown = {code for case in CASES for code in case["faults"]}
    assert shown == {finding.code for finding in parked.FINDINGS}
    for finding in parked.FINDINGS:
        assert all((finding.en, finding.ja, finding.example, finding.fix_en, finding.fix_ja))
        assert finding.level != Level.ERROR  # a domain without MX may send mail


@pytest.mark.parametrize(
    ("texts", "forbids"),
    [
        (["v=spf1 -all"], True),
        (["V=SPF1 -ALL"], True),  # RFC 7208 §4.5, §12: no case
        (["v=spf1  -all "], True),
        (["v=spf1 -all", "google-site-verification=x"], True),
        (["v=spf1 exp=explain.example.jp -all"], True),
        (["v=spf1 -ip4:192.0.2.1 -all"], True),  # fails either way
        (["v=spf1 -all ip4:192.0.2.1"], True),  # RFC 7208 §5.1: never reached
        (["v=spf1 ~all"], False),
        (["v=spf1 ?all"], False),
        (["v=spf1"], False),  # RFC 7208 §4.7: neutral
        (["v=spf1 a -all"], False),
        (["v=spf1 ip6:2001:db8::/32 -all"], False),  # though no IPv4 address passes
        (["v=spf1 ~ip4:192.0.2.1 -all"], False),
        (["v=spf1 exists:%{i}.example.jp -all"], False),
        (["v=spf1 –all"], False),  # a dash that is no hyphen: permerror
        (["v=spf1 foo -all"], False),  # permerror
        (["v=spf1 -all", "v=spf1 -all"], False),  # RFC 7208 §4.5: permerror
        ([], False),
    ],
)
def test_what_makes_every_sender_fail(
    crawled: Any, context: Any, texts: list[str], forbids: bool
) -> None:
    case = {"mx": "null_mx", "spf": texts, "dmarc": "reject", "dkim": "revoked_only *"}
    _, states = parked.judge(crawled.frame(texts_of(crawled, texts)), columns(case), context)
    (state,) = states.collect().to_dicts()
    assert state["parked_spf"] is forbids
    assert state["parked"] == ("fully" if forbids else "some")


@pytest.mark.parametrize(
    ("target", "forbids"),
    [
        (["v=spf1 -all"], True),
        (["v=spf1 ~all"], False),
        ([], False),
        ("unknown", None),
        ("not_observed", None),
        (None, None),
    ],
)
def test_a_redirect_is_followed(crawled: Any, context: Any, target: Any, forbids: Any) -> None:
    texts = ["v=spf1 redirect=_spf.Example.net."]
    facts = [texts_of(crawled, texts)]
    if target is not None:
        facts.append(texts_of(crawled, target, "_spf.example.net"))
    case = {"mx": "null_mx", "spf": texts, "dmarc": "reject", "dkim": "revoked_only *"}
    _, states = parked.judge(crawled.frame(*facts), columns(case), context)
    (state,) = states.collect().to_dicts()
    assert state["parked_spf"] is forbids
    assert state["parked"] == {True: "fully", False: "some", None: "unknown"}[forbids]


def test_a_wildcard_that_is_not_known(crawled: Any, context: Any) -> None:
    case = {"mx": "null_mx", "spf": ["v=spf1 -all"], "dmarc": "reject", "dkim": "revoked_only"}
    unknown = columns(case).with_columns(dkim_wildcard=pl.lit(None, pl.Boolean))
    facts = crawled.frame(texts_of(crawled, case["spf"]))
    findings, states = parked.judge(facts, unknown, context)
    (state,) = states.collect().to_dicts()
    assert (state["parked"], state["parked_dkim"]) == ("unknown", None)
    assert findings.collect().is_empty()


def test_findings_stand_where_the_records_are(crawled: Any, context: Any) -> None:
    case = {"mx": "absent", "spf": ["v=spf1 -all"], "dmarc": "none", "dkim": "none"}
    inherited = columns(case).with_columns(dmarc_policy_domain=pl.lit("jp"))
    facts = crawled.frame(texts_of(crawled, case["spf"]))
    findings, _ = parked.judge(facts, inherited, context)
    assert findings.sort("code").collect()["code", "name", "evidence"].rows() == [
        ("parked.dkim_not_revoked", "*._domainkey.example.jp", ""),
        ("parked.dmarc_not_reject", "_dmarc.jp", "none"),
        ("parked.no_null_mx", DOMAIN, ""),
    ]


def test_with_the_facets_that_it_follows(survey: Any, crawled: Any, context: Any) -> None:
    zone = {DOMAIN: {"MX": [[0, "."]], "TXT": [["v=spf1 -all"]]}}
    state = survey([mx, spf], {"zone": zone}, DOMAIN).states[DOMAIN]
    row = {
        "dmarc": "present",
        "dmarc_policy_domain": DOMAIN,
        "dmarc_effective": "reject",
        "dkim": "revoked_only",
        "dkim_wildcard": True,
    }
    given = pl.LazyFrame([{name: (state | row)[name] for name in GIVEN}], schema=GIVEN)
    _, states = parked.judge(crawled.frame(texts_of(crawled, ["v=spf1 -all"])), given, context)
    assert states.collect()["parked"].to_list() == ["fully"]


def test_nothing_is_asked(crawled: Any, context: Any) -> None:
    facts = crawled.frame(crawled.fact(DOMAIN, "MX", ["0 ."], why="mx"))
    domains = pl.LazyFrame({"domain": [DOMAIN]})
    for asks in (parked.asks(domains, context), parked.follow_ups(facts, context)):
        assert asks.collect().is_empty()
        assert asks.collect_schema() == polars_schema(ASKS)


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(b"v=spf1 ".__add__)))
def test_parse_is_total(payload: bytes) -> None:
    record = parked.parse(payload)
    assert (record is None) == (spf.parse(payload) is None)
    if record is not None:
        assert not (record.fails_all and record.redirect)
