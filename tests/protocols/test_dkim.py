"""DKIM keys: the text at a selector, case by case, and the public suite."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols import dkim
from pipeline.protocols.dkim.record import MOST_FAULTS, Record

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "dkim.yaml").read_text("utf-8"))
FLAGS = ("valid", "usable", "revoked", "testing")
ELSEWHERE = {"dkim.shared_key"}  # of several domains: test_dkim_states


def with_keys(text: str) -> str:
    """A case's text, its keys written out."""
    for name, key in CASES["keys"].items():
        text = text.replace(f"<{name}>", key)
    return text


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["dkim"][:60])
def test_texts(case: dict[str, Any]) -> None:
    record = dkim.parse(with_keys(case["dkim"]).encode())
    if not case.get("mine", True):
        assert record is None
        return
    assert record is not None
    kind, bits, *flags = case["key"].split()
    assert (record.key_type, record.key_bits or 0) == (kind, int(bits))
    assert [flag for flag in FLAGS if getattr(record, flag)] == flags
    told = [f"{fault.finding.code} @{fault.at}" for fault in record.faults]
    assert sorted(told) == sorted(case.get("faults", []))


def test_every_finding_has_a_case() -> None:
    told = [fault for case in CASES["cases"] for fault in case.get("faults", [])]
    told += [finding for case in CASES["domains"] for finding in case.get("findings", [])]
    shown = {one.split()[0] for one in told}
    assert shown | ELSEWHERE == {finding.code for finding in dkim.FINDINGS}


def test_findings_are_whole() -> None:
    for finding in dkim.FINDINGS:
        for text in (finding.en, finding.ja, finding.example, finding.fix_en, finding.fix_ja):
            assert text, finding.code
    codes = [finding.code for finding in dkim.FINDINGS]
    assert len(set(codes)) == len(codes)


def test_rules_name_findings_that_there_are() -> None:
    codes = {finding.code for finding in dkim.FINDINGS}
    for rules in dkim.RULE_SETS:
        assert {code for one in rules.classes for code in one.codes} <= codes
        assert set(rules.broken) <= {one.name for one in rules.classes}


# --- the suite -----------------------------------------------------------------------------------

DEVIATIONS: dict[str, str] = {}
"""Cases of the suite that are read otherwise here, and the RFC's reason. There is none."""


def test_suite(shared: Path) -> None:
    lines = (shared / "suites" / "dkim-keys.jsonl").read_text("utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    assert len(cases) == 8
    for case in cases:
        # presentation form is what a zone file holds; the record is what DNS hands over
        text = case["record"].encode() if case["record"] else base64.b64decode(case["input_b64"])
        record = dkim.parse(text)
        assert record is not None
        agrees = record.valid == case["valid"]
        if case["valid"]:
            agrees &= (record.key_type, record.key_bits) == (case["key_type"], case["key_bits"])
        assert agrees != (case["id"] in DEVIATIONS), case["id"]


# --- totality ------------------------------------------------------------------------------------

PIECES = (
    *(b"v=DKIM1", b";", b"=", b"p=", b"p", b"k=", b"rsa", b"ed25519", b"h=sha1", b"s=", b"t=y:s"),
    *(b'"', b"\\", b" ", b"\r\n", b"\xff", b"\0", b"MFww", b"AAAA", b"MIIB", b"==", b"g=;", b":"),
)


@given(st.binary(max_size=300) | st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join))
def test_parse_is_total(payload: bytes) -> None:
    check(dkim.parse(payload))


@given(st.binary(max_size=300), st.sampled_from([b"rsa", b"ed25519"]))
def test_parse_is_total_for_keys(octets: bytes, kind: bytes) -> None:
    check(dkim.parse(b"v=DKIM1; k=" + kind + b"; p=" + base64.b64encode(octets)))


@given(st.integers(0, 293), st.integers(0, 255))
def test_parse_is_total_for_damaged_keys(at: int, octet: int) -> None:
    key = bytearray(base64.b64decode(CASES["keys"]["rsa2048"]))
    key[at] = octet
    check(dkim.parse(b"p=" + base64.b64encode(bytes(key))))


def check(record: Record | None) -> None:
    """What holds of any record."""
    if record is not None:
        assert len(record.faults) <= MOST_FAULTS
        assert not record.usable or (record.valid and record.key_bits is not None)
        assert not (record.usable and record.revoked)
        assert record.faults or record.valid


@pytest.mark.parametrize(
    "payload",
    [
        b";" * 65_535,
        b"v=DKIM1;" + b"p=A;" * 16_000,
        b"v=DKIM1; p=" + b"A" * 65_000,
        b"v=DKIM1; p=" + b" \r\n" * 20_000,
        b"v=DKIM1; k=" + b"rsa:" * 16_000 + b"; p=AAAA",
    ],
    ids=["parts", "tags", "key", "space", "types"],
)
def test_hostile_sizes(payload: bytes) -> None:
    record = dkim.parse(payload)
    check(record)
    if record is not None:
        assert len(record.key_type) <= 40
