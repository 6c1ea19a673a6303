"""The public MTA-STS cases (Snawoot's postfix-mta-sts-resolver, mailauth), all 161 of them.

Held to `valid_strict`, which is the RFC's grammar. What the survey decides otherwise, or elsewhere,
stands in the tables below with its reason.
"""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.lab.rows import canonical
from pipeline.population.names import clean
from pipeline.protocols import mtasts
from pipeline.protocols.mtasts.judge import not_covered
from pipeline.protocols.protocol import Context
from pipeline.schema import FETCHES, polars_schema
from pipeline.words import Outcome

KINDS = {
    "txt": 52,
    "txt-dns": 3,
    "query-name": 5,
    "policy": 44,
    "content-type": 11,
    "mx-match": 22,
    "resolve": 24,
}
STATUSES = {"ENOTFOUND": Outcome.NO_NAME, "ENODATA": Outcome.NO_DATA, "timeout": Outcome.TIMEOUT}

DIFFERS = {
    "mtasts-005": "RFC 8461 §3.1: white space at the end needs a semicolon before it",
    "mtasts-009": "RFC 8461 §3.1: no empty fields",
    "mtasts-034": "RFC 8461 §3.2: that senders validate the media type is a SHOULD; a finding only",
}
CONTENTIOUS_AND_AGREED = {
    "mtasts-117": "a line without a colon is not in the grammar; senders skip it: a finding only",
}
NOT_A_DOMAIN = {
    "mtasts-024": ".good.loc is no name: in a list it means good.loc",
    "mtasts-025": ".good.loc. is no name: in a list it means good.loc",
}
NOT_A_HOST = {
    "mtasts-145": "no name begins with a dot, so no MX's rdata says so",
    "mtasts-150": "a space in an MX's rdata is an octet of the name, and shown as an escape",
    "mtasts-152": "an MX without a host is the null MX, which is no host",
}


def load(shared: Path, kind: str) -> list[dict[str, Any]]:
    lines = (shared / "suites" / "mtasts.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 161
    cases = [row for row in rows if row["kind"] == kind]
    assert len(cases) == KINDS[kind]
    return cases


def differing(cases: list[dict[str, Any]], verdicts: dict[str, bool]) -> set[str]:
    """The cases whose strict verdict is another than ours."""
    assert len(cases) == len(verdicts)
    return {case["id"] for case in cases if verdicts[case["id"]] != case["valid_strict"]}


def expected(cases: list[dict[str, Any]]) -> set[str]:
    """The differences that the tables give a reason for."""
    return {case["id"] for case in cases} & set(DIFFERS)


def test_every_kind_is_run() -> None:
    assert sum(KINDS.values()) == 161


def txt_state(crawled: Any, context: Context, *facts: dict[str, Any]) -> dict[str, Any]:
    domains = pl.LazyFrame({"domain": ["x.test"], "mx": ["null_mx"], "mx_hosts": [[]]})
    _, states = mtasts.judge(crawled.frame(*facts), domains, context)
    return states.collect().to_dicts()[0]


def test_txt(crawled: Any, context: Context, shared: Path) -> None:
    cases, verdicts = load(shared, "txt"), {}
    for case in cases:
        texts = [record.encode() for record in case["input"]]
        state = txt_state(crawled, context, crawled.fact("_mta-sts.x.test", "TXT", texts))
        verdicts[case["id"]] = state["mtasts_txt"] == "valid"
        if verdicts[case["id"]] and "id" in case.get("parsed", {}):
            assert state["mtasts_id"] == case["parsed"]["id"], case["id"]
        if case.get("reason") == "multi_sts_records":
            assert state["mtasts_txt"] == "multiple"
    assert differing(cases, verdicts) == expected(cases)


def test_contentious_cases_are_known(shared: Path) -> None:
    cases = [case for kind in KINDS for case in load(shared, kind) if "contentious" in case]
    named = set(DIFFERS) - {"mtasts-034"} | set(CONTENTIOUS_AND_AGREED)
    assert {case["id"] for case in cases} == named


def test_failed_queries(crawled: Any, context: Context, shared: Path) -> None:
    """A failure is told from an absence: NONE is absent, ERROR unknown."""
    for case in load(shared, "txt-dns"):
        outcome = STATUSES.get(case["dns_error"], Outcome.SERVER_FAILURE)
        fact = crawled.fact("_mta-sts.x.test", "TXT", outcome=outcome)
        state = txt_state(crawled, context, fact)["mtasts_txt"]
        assert state == {"NONE": "absent", "ERROR": "unknown"}[case["status"][0]]


def test_names_asked(context: Context, shared: Path) -> None:
    """U-labels and final dots are the population's matter; so is an address's domain."""
    for case in load(shared, "query-name"):
        domain = clean(case["input"].rpartition("@")[2])
        assert isinstance(domain, list)
        asks = mtasts.asks(pl.LazyFrame({"domain": domain}), context).collect()
        assert asks["name"].to_list() == [case["query_name"]]


def test_policies(shared: Path) -> None:
    cases, verdicts = load(shared, "policy"), {}
    for case in cases:
        policy = mtasts.parse_policy(case["input"].encode())
        verdicts[case["id"]] = policy.is_valid
        parsed = case.get("parsed", {})
        seen = {"mode": policy.mode, "max_age": policy.max_age, "mx": list(policy.patterns)}
        for key in parsed.keys() & seen.keys():
            assert seen[key] == parsed[key], case["id"]
    assert differing(cases, verdicts) == expected(cases)


def test_media_types(crawled: Any, context: Context, shared: Path) -> None:
    cases, verdicts = load(shared, "content-type"), {}
    for case in cases:
        policy = {"http_status": 200, "content_type": case["input"], "body": "x"}
        _, findings = resolved(crawled, context, "x.test", [b"v=STSv1; id=a"], policy)
        verdicts[case["id"]] = "mtasts.media_type" not in findings
    assert not differing(cases, verdicts)


def test_mx_matching(shared: Path) -> None:
    cases, verdicts = load(shared, "mx-match"), {}
    for case in cases:
        # hosts come as the DNS has them: lower case, A-labels, no final dot
        host = case["input"] if case["id"] in NOT_A_HOST else canonical(case["input"])
        patterns = [pattern for pattern in case["policy_mx"] or [] if pattern]
        row = {"domain": "x.test", "mx": "present", "mx_hosts": [host], "patterns": patterns}
        policies = pl.LazyFrame(
            [row | {"mode": case["policy_mode"]}],
            schema_overrides={"patterns": pl.List(pl.String)},
        )
        verdicts[case["id"]] = not_covered(policies).collect().is_empty()
    assert differing(cases, verdicts) == {"mtasts-150"}  # see NOT_A_HOST


def resolved(
    crawled: Any, context: Context, domain: str, texts: list[bytes], policy: Any, tls: str = ""
) -> tuple[str, list[str]]:
    """The state of one domain, and the codes found."""
    row = (f"https://mta-sts.{domain}/.well-known/mta-sts.txt", "tls_error", None, None, None)
    if policy and not tls:
        body = policy.get("body") or policy["body_prefix"] + (
            policy["body_repeat"]["text"] * policy["body_repeat"]["times"]
        )
        served = (policy["http_status"], policy["content_type"], body.encode())
        row = (row[0], "answered", *served)
    rows = [row] if policy else []
    columns = list(polars_schema(FETCHES))[: len(row)]
    dicts = [
        dict.fromkeys(polars_schema(FETCHES)) | dict(zip(columns, one, strict=True)) for one in rows
    ]
    fetches = pl.LazyFrame(dicts, schema=polars_schema(FETCHES))
    domains = pl.LazyFrame({"domain": [domain], "mx": ["null_mx"], "mx_hosts": [[]]})
    facts = crawled.frame(crawled.fact(f"_mta-sts.{domain}", "TXT", texts))
    asked = Context(context.trusted, context.registrable, fetches=fetches)
    findings, states = mtasts.judge(facts, domains, asked)
    return states.collect()["mtasts"].item(), findings.collect()["code"].to_list()


def test_resolving(crawled: Any, context: Context, shared: Path) -> None:
    """The whole way. VALID is a mode, FETCH_ERROR broken, NONE no record that counts."""
    cases, verdicts = load(shared, "resolve"), {}
    for case in cases:
        if case["id"] in NOT_A_DOMAIN:
            assert clean(case["domain"]) == ["good.loc"]
            verdicts[case["id"]] = False
        elif case.get("dns_error"):  # the source has FETCH_ERROR; here nothing is known
            fact = crawled.fact("_mta-sts.x.test", "TXT", outcome=STATUSES[case["dns_error"]])
            assert txt_state(crawled, context, fact)["mtasts"] == "unknown"
            verdicts[case["id"]] = False
        else:
            texts = [record.encode() for record in case["txt"]]
            domain = canonical(case["domain"])
            tls = case.get("tls", "")
            state, _ = resolved(crawled, context, domain, texts, case["policy"], tls)
            verdicts[case["id"]] = state in ("enforce", "testing", "mode_none")
            if case["status"] == ["FETCH_ERROR"] and case["id"] not in DIFFERS:
                assert state == "broken", case["id"]
    assert differing(cases, verdicts) == expected(cases)


@pytest.mark.parametrize("table", [DIFFERS, CONTENTIOUS_AND_AGREED, NOT_A_DOMAIN, NOT_A_HOST])
def test_every_deviation_has_its_reason(table: dict[str, str]) -> None:
    assert all(len(reason) > 20 for reason in table.values())
