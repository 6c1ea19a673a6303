"""TLS-RPT: the records of one domain, the public suite, and real records."""

import gzip
import json
from pathlib import Path
from typing import Any

import checkdmarc.smtp_tls_reporting
import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols import tlsrpt
from pipeline.protocols.protocol import Context
from pipeline.schema import ASKS, polars_schema
from pipeline.words import Level, Outcome

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "tlsrpt.yaml").read_text("utf-8"))
DOMAIN = "example.jp"
NAME = f"_smtp._tls.{DOMAIN}"


def judge(
    crawled: Any, context: Context, *facts: dict[str, Any], domain: str = DOMAIN
) -> tuple[list[str], dict[str, Any]]:
    """The findings, `code @at`, and the state of one domain."""
    domains = pl.LazyFrame({"domain": [domain]})
    findings, states = tlsrpt.judge(crawled.frame(*facts), domains, context)
    rows = findings.collect()
    assert set(rows["name"]) <= {NAME}
    found = [code if at is None else f"{code} @{at}" for code, at in rows["code", "at"].rows()]
    (state,) = states.collect().to_dicts()
    return sorted(found), state


@pytest.mark.parametrize("case", CASES, ids=lambda case: " | ".join(case["txt"]))
def test_records(crawled: Any, context: Context, case: dict[str, Any]) -> None:
    fact = crawled.fact(NAME, "TXT", [text.encode() for text in case["txt"]])
    found, state = judge(crawled, context, fact)
    assert found == sorted(case.get("faults", []))
    assert tlsrpt.show(state) == {"state": case["state"], "rua": case.get("rua", [])}


def test_every_finding_has_a_case() -> None:
    shown = {fault.split()[0] for case in CASES for fault in case.get("faults", [])}
    assert shown == {finding.code for finding in tlsrpt.FINDINGS}
    for finding in tlsrpt.FINDINGS:
        assert all((finding.en, finding.ja, finding.example, finding.fix_en, finding.fix_ja))


@pytest.mark.parametrize(
    ("outcome", "state", "rua"),
    [
        (Outcome.NO_DATA, "absent", []),
        (Outcome.NO_NAME, "absent", []),
        (Outcome.SERVER_FAILURE, "unknown", "unknown"),
        (Outcome.TIMEOUT, "unknown", "unknown"),
        (Outcome.TRUNCATED, "unknown", "unknown"),
        (Outcome.NOT_ASKED, "not_observed", "unknown"),
        (None, "not_observed", "unknown"),
    ],
)
def test_without_an_answer(
    crawled: Any, context: Context, outcome: Outcome | None, state: str, rua: Any
) -> None:
    facts = [] if outcome is None else [crawled.fact(NAME, "TXT", outcome=outcome)]
    found, judged = judge(crawled, context, *facts)
    assert not found
    assert tlsrpt.show(judged) == {"state": state, "rua": rua}


def test_other_questions_say_nothing(crawled: Any, context: Context) -> None:
    record = [b"v=TLSRPTv1; rua=mailto:a@example.jp"]
    facts = (
        crawled.fact(NAME, "TXT", record, cd=True),
        crawled.fact(DOMAIN, "TXT", record),
        crawled.fact("_tls." + DOMAIN, "TXT", record),
    )
    assert judge(crawled, context, *facts)[1]["tlsrpt"] == "not_observed"


def test_an_alias_is_followed(crawled: Any, context: Context) -> None:
    target = "tlsrpt.provider.example"
    records = [
        (NAME, "CNAME", target + "."),
        (target, "TXT", '"v=TLSRPTv1;" "rua=mailto:a@x.test"'),
    ]
    _, state = judge(crawled, context, crawled.fact(NAME, "TXT", records))
    assert state["tlsrpt_rua"] == ["mailto:a@x.test"]


def test_asks(context: Context) -> None:
    longest = ".".join(["a" * 63] * 3 + ["b" * 53])  # no room for the label
    asks = tlsrpt.asks(pl.LazyFrame({"domain": [DOMAIN, longest]}), context).collect()
    assert asks.schema == polars_schema(ASKS)
    assert asks["name", "qtype", "why", "origin"].rows() == [(NAME, 16, "tlsrpt", DOMAIN)]
    assert tlsrpt.follow_ups(pl.LazyFrame(schema=polars_schema(ASKS)), context).collect().is_empty()


def test_a_name_that_cannot_exist_has_no_record(crawled: Any, context: Context) -> None:
    domain = ".".join(["a" * 63] * 3 + ["b" * 53])
    assert judge(crawled, context, domain=domain)[1]["tlsrpt"] == "absent"


def test_what_is_counted() -> None:
    (measure,), (rules,) = tlsrpt.MEASURES, tlsrpt.RULE_SETS
    states = pl.DataFrame({"tlsrpt": ["present", "invalid", "absent", "unknown", "not_observed"]})
    counted = states.select(measure.value.alias("yes"), measure.observed.alias("seen"), of=rules.of)
    assert counted["yes"].to_list() == [True, False, False, None, None]
    assert counted["seen"].to_list() == [True, True, True, True, False]
    assert counted["of"].to_list() == [True, True, False, None, None]
    codes = [code for one in rules.classes for code in one.codes]
    errors = {finding.code for finding in tlsrpt.FINDINGS if finding.level is Level.ERROR}
    assert sorted(codes) == sorted(errors)


@given(st.binary(max_size=200) | st.binary(max_size=80).map(b"v=TLSRPTv1;rua=".__add__))
def test_parse_is_total(payload: bytes) -> None:
    record = tlsrpt.parse(payload)
    if record is not None:
        assert all(0 <= fault.at <= len(payload) for fault in record.faults)
        assert record.rua or any(f.finding.level is Level.ERROR for f in record.faults)


def test_a_hostile_record_is_bounded() -> None:
    many = b"v=TLSRPTv1; rua=" + b"mailto:a@b.test," * 500 + b"x," * 500
    record = tlsrpt.parse(many)
    assert record is not None
    assert (len(record.rua), len(record.faults)) == (50, 100)


# --- others' cases -------------------------------------------------------------------------------


def test_suite(shared: Path) -> None:
    """sys4/tlsrpt-rr-parser's own tests: no deviation."""
    lines = (shared / "suites" / "tlsrpt-record.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 5
    for case in map(json.loads, lines):
        record = tlsrpt.parse(case["input"].encode())
        assert record is not None
        assert bool(record.rua) == case["valid"], case["id"]
        if "rua" in case.get("parsed", {}):
            assert list(record.rua) == case["parsed"]["rua"], case["id"]


def theirs(text: str) -> list[str]:
    """checkdmarc's addresses; none: not valid."""
    try:
        tags = checkdmarc.smtp_tls_reporting.parse_smtp_tls_reporting_record(text)["tags"]
    except checkdmarc.smtp_tls_reporting.SMTPTLSReportingError:
        return []
    return list(tags["rua"]["value"])


def test_real_records(shared: Path) -> None:
    """All 61, good ones, for checkdmarc too; the figures are grep's."""
    with gzip.open(shared / "real" / "dns" / "records.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    texts = [
        "".join(row["strings"])
        for row in rows
        if row["type"] == "TXT" and row["name"].lower().startswith("_smtp._tls.")
    ]
    for text in set(texts):
        record = tlsrpt.parse(text.encode())
        assert record is not None, text
        assert not record.faults, text
        assert list(record.rua) == theirs(text), text
    assert len(texts) == 61
    assert sum("mailto:report@mailcheck.service.ncsc.gov.uk" in text for text in texts) == 43


CHECKDMARC_DIFFERS = {
    "v=TLSRPTv1; rua=mailto:a@example.jp,b@example.jp": "one bad address: it drops the record",
    "v=TLSRPTv1; rua=mailto:a@example.jp,http://example.jp/": "one other scheme: likewise",
}


def test_second_opinion() -> None:
    for case in CASES:
        text = case["txt"][0]
        if len(case["txt"]) == 1:
            differs = theirs(text) != case.get("rua", [])
            assert differs == (text in CHECKDMARC_DIFFERS), (text, theirs(text))
