"""MTA-STS: records, policies, how they are served, and every way not to know."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lab.web import load_fetches
from pipeline.protocols import mtasts, mx
from pipeline.protocols.mtasts.findings import MX_NOT_COVERED_TESTING
from pipeline.protocols.mtasts.policy import LARGEST
from pipeline.protocols.mtasts.policy_findings import TOO_LARGE
from pipeline.protocols.protocol import Before, Context
from pipeline.schema import ASKS, FETCHES, polars_schema
from pipeline.words import Level, Outcome

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "mtasts.yaml").read_text("utf-8"))
DOMAIN = "example.jp"
NAME = f"_mta-sts.{DOMAIN}"
URL = f"https://mta-sts.{DOMAIN}/.well-known/mta-sts.txt"
GOOD = "version: STSv1\nmode: enforce\nmx: mx1.example.jp\nmax_age: 604800\n"
SHUFFLED = "version: STSv1\nmax_age: 604800\nmx: mx1.example.jp\nmode: enforce\n"
HOSTS = ["mx1.example.jp", "mx2.example.jp"]


def fetches(brings: Any, url: str = URL) -> pl.LazyFrame:
    """What a URL brings, as a zone file has it; None: it is not listed."""
    row: dict[str, Any] = dict.fromkeys(polars_schema(FETCHES)) | {"url": url, "why": ""}
    if isinstance(brings, str):
        row["outcome"] = brings.lower()
    elif brings is not None:
        body = brings.get("body")
        octets = body.encode() if body is not None else None
        row |= {"outcome": "answered", "status": brings["status"], "body": octets}
        row["content_type"] = brings.get("content_type")
    rows = [row] if brings is not None else []
    return pl.LazyFrame(rows, schema=polars_schema(FETCHES))


def judge(
    crawled: Any,
    context: Context,
    *facts: dict[str, Any],
    mx_state: str = "present",
    hosts: list[str] | None = HOSTS,
    web: pl.LazyFrame | None = None,
) -> tuple[list[str], dict[str, Any]]:
    """The findings, `code @at`, and the state of one domain."""
    domains = pl.LazyFrame(
        {"domain": [DOMAIN], "mx": [mx_state], "mx_hosts": [hosts]},
        schema_overrides={"mx_hosts": pl.List(pl.String)},
    )
    asked = Context(context.trusted, context.registrable, fetches=web)
    findings, states = mtasts.judge(crawled.frame(*facts), domains, asked)
    rows = findings.collect()
    found = [code if at is None else f"{code} @{at}" for code, at in rows["code", "at"].rows()]
    assert set(rows["name"]) <= {NAME, URL}
    (state,) = states.collect().to_dicts()
    return sorted(found), state


def txt(crawled: Any, *records: str) -> dict[str, Any]:
    return crawled.fact(NAME, "TXT", [record.encode() for record in records])


@pytest.mark.parametrize("case", CASES["records"], ids=lambda case: " | ".join(case["txt"]))
def test_records(crawled: Any, context: Context, case: dict[str, Any]) -> None:
    found, state = judge(crawled, context, txt(crawled, *case["txt"]))
    assert found == sorted(case.get("faults", []))
    assert (state["mtasts_txt"], state["mtasts_id"]) == (case["state"], case.get("id"))
    without_web = {"valid": "not_observed", "absent": "absent"}
    assert state["mtasts"] == without_web.get(case["state"], "broken")
    assert state["mtasts_policy"] == "not_fetched"


@pytest.mark.parametrize("case", CASES["policies"], ids=lambda case: case["policy"])
def test_policies(case: dict[str, Any]) -> None:
    policy = mtasts.parse_policy(case["policy"].encode())
    found = [f"{fault.finding.code} @{fault.at}" for fault in policy.faults]
    assert sorted(found) == sorted(case.get("faults", []))
    assert policy.is_valid == ("mode" in case)
    if policy.is_valid:
        assert policy.mode == case["mode"]
        assert policy.max_age == case["max_age"]
        assert list(policy.patterns) == case["mx"]


@pytest.mark.parametrize("case", CASES["served"], ids=lambda case: str(case["brings"])[:70])
def test_serving(crawled: Any, context: Context, case: dict[str, Any]) -> None:
    fact = txt(crawled, "v=STSv1; id=a")
    found, state = judge(crawled, context, fact, web=fetches(case["brings"]))
    assert found == sorted(case.get("faults", []))
    shown = mtasts.show(state)
    assert list(shown) == ["txt", "policy", "mode", "max_age", "mx_not_covered", "state"]
    assert {key: shown[key] for key in ("policy", "state", "mx_not_covered")} == {
        key: case[key] for key in ("policy", "state", "mx_not_covered")
    }
    mode = {"mode_none": "none", "broken": None, "unknown": "unknown"}
    assert shown["mode"] == mode.get(case["state"], case["state"])


def test_every_finding_has_a_case() -> None:
    shown = {
        fault.split()[0]
        for cases in CASES.values()
        for case in cases
        for fault in case.get("faults", [])
    }
    # 64 kilobytes are no line of a table, and neither are two runs
    tested_by_name = {TOO_LARGE.code, "mtasts.id_unchanged"}
    assert shown | tested_by_name == {finding.code for finding in mtasts.FINDINGS}
    for finding in mtasts.FINDINGS:
        assert all((finding.en, finding.ja, finding.example, finding.fix_en, finding.fix_ja))


def test_a_policy_of_more_than_64_kilobytes_is_not_read(crawled: Any, context: Context) -> None:
    fact = txt(crawled, "v=STSv1; id=a")
    for size, policy, code in ((LARGEST, "valid", None), (LARGEST + 1, "invalid", TOO_LARGE.code)):
        body = GOOD + "x: " + "a" * (size - len(GOOD) - 3)
        brings = {"status": 200, "content_type": "text/plain", "body": body}
        found, state = judge(crawled, context, fact, hosts=HOSTS[:1], web=fetches(brings))
        assert state["mtasts_policy"] == policy
        assert (found == [f"{code} @{LARGEST}"]) == (code is not None)


# --- what is not known ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.NO_DATA, "absent"),
        (Outcome.NO_NAME, "absent"),
        (Outcome.SERVER_FAILURE, "unknown"),
        (Outcome.TIMEOUT, "unknown"),
        (Outcome.REFUSED, "unknown"),
        (Outcome.MALFORMED, "unknown"),
        (Outcome.NOT_ASKED, "not_observed"),
        (None, "not_observed"),
    ],
)
def test_without_an_answer(
    crawled: Any, context: Context, outcome: Outcome | None, state: str
) -> None:
    facts = [] if outcome is None else [crawled.fact(NAME, "TXT", outcome=outcome)]
    for web in (None, fetches({"status": 200, "body": GOOD})):
        found, judged = judge(crawled, context, *facts, web=web)
        assert not found
        assert (judged["mtasts"], judged["mtasts_txt"]) == (state, state)
        policy = "unknown" if state == "unknown" else "not_fetched"
        assert judged["mtasts_policy"] == policy  # no sender fetches a policy that no record names


def test_nothing_fetched_is_neither_an_answer_nor_a_failure(crawled: Any, context: Context) -> None:
    fact = txt(crawled, "v=STSv1; id=a")
    _, state = judge(crawled, context, fact)
    assert mtasts.show(state) == {
        "txt": "valid",
        "policy": "not_fetched",
        "mode": None,
        "max_age": None,
        "mx_not_covered": [],
        "state": "not_observed",
    }
    _, state = judge(crawled, context, fact, web=fetches(None))
    assert (state["mtasts_policy"], state["mtasts"]) == ("unknown", "unknown")


@pytest.mark.parametrize(
    ("mx_state", "hosts", "not_covered"),
    [
        ("present", ["mx1.example.jp"], []),
        ("present", ["mx1.example.jp", "a.mx1.example.jp"], ["a.mx1.example.jp"]),
        ("implicit", [], ["example.jp"]),  # RFC 5321 §5.1: the domain itself
        ("null_mx", [], []),
        ("absent", [], []),
        ("unknown", None, "unknown"),
        ("unknown", [], "unknown"),  # no MX, and no answer about an address
        ("not_observed", None, "unknown"),
    ],
)
def test_the_hosts_that_a_policy_leaves_out(
    crawled: Any, context: Context, mx_state: str, hosts: list[str] | None, not_covered: Any
) -> None:
    web = fetches({"status": 200, "content_type": "text/plain", "body": GOOD})
    fact = txt(crawled, "v=STSv1; id=a")
    _, state = judge(crawled, context, fact, mx_state=mx_state, hosts=hosts, web=web)
    assert state["mtasts"] == "enforce"
    assert mtasts.show(state)["mx_not_covered"] == not_covered


def test_other_questions_say_nothing(crawled: Any, context: Context) -> None:
    record = [b"v=STSv1; id=a"]
    facts = (
        crawled.fact(NAME, "TXT", record, cd=True),
        crawled.fact(NAME, "TXT", record, purpose="confirm"),
        crawled.fact(DOMAIN, "TXT", record),
        crawled.fact("_mta-sts.other.jp", "TXT", record),
    )
    _, state = judge(crawled, context, *facts)
    assert state["mtasts"] == "not_observed"


# --- asks, and the whole of it -------------------------------------------------------------------


def test_asks(context: Context) -> None:
    longest = ".".join(["a" * 63] * 3 + ["b" * 53])  # 245 octets: no room for the label
    asks = mtasts.asks(pl.LazyFrame({"domain": [DOMAIN, longest]}), context).collect()
    assert asks.schema == polars_schema(ASKS)
    assert asks["name", "qtype", "why", "origin"].rows() == [(NAME, 16, "mtasts", DOMAIN)]
    assert mtasts.follow_ups(pl.LazyFrame(schema=polars_schema(ASKS)), context).collect().is_empty()


def test_a_name_that_cannot_exist_has_no_record(crawled: Any, context: Context) -> None:
    domain = ".".join(["a" * 63] * 3 + ["b" * 53])
    domains = pl.LazyFrame({"domain": [domain], "mx": ["absent"], "mx_hosts": [[]]})
    _, states = mtasts.judge(crawled.frame(), domains, context)
    assert states.collect()["mtasts"].to_list() == ["absent"]


def test_a_hosted_record_is_followed(survey: Callable[..., Any], tmp_path: Path) -> None:
    zone = {
        "zone": {
            DOMAIN: {"MX": [[10, "mx1.example.jp."]]},
            NAME: {"CNAME": ["_mta-sts.provider.example."]},
            "_mta-sts.provider.example": {"TXT": [["v=STSv1; ", "id=a"]]},
            "_mta-sts.www.example.jp": {"CNAME": ["gone.provider.example."]},
        },
        "https": {
            URL: {
                "status": 200,
                "content_type": "text/plain",
                "body_base64": base64.b64encode(GOOD.encode()).decode(),
            }
        },
    }
    path = tmp_path / "zone.json"
    path.write_text(json.dumps(zone), "utf-8")
    seen = survey([mx, mtasts], zone, DOMAIN, "www.example.jp", fetches=load_fetches(path))
    assert seen.states[DOMAIN]["mtasts"] == "enforce"
    assert seen.states[DOMAIN]["mtasts_id"] == "a"
    assert seen.states["www.example.jp"]["mtasts"] == "absent"
    assert seen.findings.filter(pl.col("protocol") == "mtasts").is_empty()


# --- counting ------------------------------------------------------------------------------------


def test_what_is_counted() -> None:
    """yes, no, None: unknown, "-": not observed; for mta_sts_txt, mta_sts, mta_sts_enforce."""
    rows = {  # txt, policy, mode
        ("valid", "valid", "enforce"): [True, True, True],
        ("valid", "valid", "testing"): [True, True, False],
        ("valid", "invalid", None): [True, False, False],
        ("valid", "unknown", None): [True, None, None],
        ("valid", "not_fetched", None): [True, "-", "-"],
        ("invalid", "not_fetched", None): [False, False, False],
        ("multiple", "not_fetched", None): [False, False, False],
        ("absent", "not_fetched", None): [False, False, False],
        ("unknown", "unknown", None): [None, None, None],
        ("not_observed", "not_fetched", None): ["-", "-", "-"],
    }
    states = pl.DataFrame(
        list(rows), schema=["mtasts_txt", "mtasts_policy", "mtasts_mode"], orient="row"
    )
    values = states.select(one.value.alias(one.name) for one in mtasts.MEASURES).rows()
    observed = states.select(one.observed.alias(one.name) for one in mtasts.MEASURES).rows()
    counted = [
        [yes if seen else "-" for yes, seen in zip(*pair, strict=True)]
        for pair in zip(values, observed, strict=True)
    ]
    assert counted == list(rows.values())
    assert [one.name for one in mtasts.MEASURES] == ["mta_sts_txt", "mta_sts", "mta_sts_enforce"]


def test_the_rule_set_counts_every_error() -> None:
    (rules,) = mtasts.RULE_SETS
    counted = [code for one in rules.classes for code in one.codes]
    errors = {finding.code for finding in mtasts.FINDINGS if finding.level is Level.ERROR}
    assert sorted(counted) == sorted(errors)
    assert MX_NOT_COVERED_TESTING.code not in counted
    states = pl.DataFrame({"mtasts_txt": ["valid", "invalid", "absent", "unknown"]})
    assert states.select(rules.of).to_series().to_list() == [True, True, False, None]


# --- between two runs ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "id_before", "is_told"),
    [
        (GOOD, "20240401", False),  # nothing changed
        (GOOD.replace("enforce", "testing"), "20240401", True),  # RFC 8461 §3.1
        (GOOD.replace("enforce", "testing"), "20240101", False),  # as it should be
        (GOOD + "mx: mx2.example.jp\n", "20240401", True),
        (GOOD.replace("\n", "\r\n"), "20240401", False),  # the same policy, written otherwise
        (SHUFFLED, "20240401", False),
        ("garbage", "20240401", False),  # senders took none
    ],
)
def test_a_policy_that_changes_under_its_id(
    body: str, id_before: str, is_told: bool, crawled: Any, context: Context
) -> None:
    served = {"status": 200, "content_type": "text/plain"}
    states = pl.LazyFrame({"domain": [DOMAIN], "mtasts_id": [id_before]})
    now = replace(
        context,
        fetches=fetches(served | {"body": GOOD}),
        before=Before(states, fetches(served | {"body": body})),
    )
    domains = pl.LazyFrame({"domain": [DOMAIN], "mx": ["present"], "mx_hosts": [HOSTS[:1]]})
    facts = crawled.frame(crawled.fact(NAME, "TXT", [b"v=STSv1; id=20240401"]))
    findings, _ = mtasts.judge(facts, domains, now)
    rows = findings.collect().select("code", "name", "evidence").rows()
    told = [("mtasts.id_unchanged", NAME, "id=20240401")]
    assert rows == (told if is_told else [])


# --- parse ---------------------------------------------------------------------------------------


@given(st.binary(max_size=200) | st.binary(max_size=80).map(b"v=STSv1;".__add__))
def test_parse_is_total(payload: bytes) -> None:
    record = mtasts.parse(payload)
    if record is not None:
        assert all(0 <= fault.at <= len(payload) for fault in record.faults)
        assert (record.id is None) or record.is_record


@given(
    st.binary(max_size=300) | st.text("version: STSv1mode\r\nax_g0*.", max_size=200).map(str.encode)
)
def test_parse_policy_is_total(body: bytes) -> None:
    policy = mtasts.parse_policy(body)
    assert all(0 <= fault.at <= len(body) for fault in policy.faults)
    assert not policy.is_valid or policy.mode is not None


def test_a_hostile_policy_is_bounded() -> None:
    policy = mtasts.parse_policy(b"mx: a.example\n" + b"mx: -\n" * 5000)
    assert len(policy.faults) <= 100
    many = b"".join(b"mx: a%d.example\n" % number for number in range(2000))
    assert len(mtasts.parse_policy(many).patterns) == 2000  # of 64 KiB none is left out
