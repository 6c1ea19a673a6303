"""The grammar of SPF, case by case, and that no bytes break it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols import spf
from pipeline.protocols.spf import parse

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "spf.yaml").read_text("utf-8"))
TERMS = st.sampled_from(
    (
        b"-all +all ip4:192.0.2.0/24 ip6:2001:db8::/32 a:%{d2r.}.example.com/24//64 mx ptr "
        b"redirect=a.jp exp=%{i}.a.jp include:_spf.example.com exists:%{ir}.x.jp "
        b"\xe2\x80\x93all MS=ms1 %{ %% //"
    ).split()
)


def payload_of(case: dict[str, Any]) -> bytes:
    return case["cp932"].encode("cp932") if "cp932" in case else case["spf"].encode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case.get("spf", case.get("cp932"))))
def test_record(case: dict[str, Any]) -> None:
    record = parse(payload_of(case))
    assert (record is not None) == case.get("mine", True)
    if record is None:
        return
    told = sorted(f"{fault.finding.code} @{fault.at}" for fault in record.faults)
    assert told == sorted(case["faults"])
    if "all" in case:
        assert record.all == case["all"]
    if "steps" in case:
        assert [term.kind for _, term in record.steps] == case["steps"]


def test_every_finding_has_a_case() -> None:
    """A finding of the text alone has a record here; one that needs a zone, a tree."""
    trees = yaml.safe_load(
        (Path(__file__).parent.parent / "cases" / "spf-trees.yaml").read_text("utf-8")
    )
    told = {fault.split(" ")[0] for case in CASES for fault in case.get("faults", [])}
    told |= {found.split(" ")[0] for tree in trees for found in tree["findings"]}
    assert told == {finding.code for finding in spf.FINDINGS}


def test_evidence_is_the_term() -> None:
    record = parse("v=spf1 ip4:192.0.2.0/33 −all".encode())
    assert record is not None
    assert [fault.evidence for fault in record.faults][:2] == ["ip4:192.0.2.0/33", "−all"]


@given(st.binary(max_size=300))
def test_any_bytes(payload: bytes) -> None:
    parse(payload)
    record = parse(b"v=spf1 " + payload)
    assert record is not None
    assert all(0 <= fault.at <= 7 + len(payload) for fault in record.faults)


@given(st.lists(TERMS, max_size=12), st.integers(0, 200), st.binary(max_size=3))
def test_mutated_records(terms: list[bytes], at: int, octets: bytes) -> None:
    text = b" ".join(terms)
    record = parse(b"v=spf1 " + text[:at] + octets + text[at + len(octets) :])
    assert record is not None
    places = [fault.at for fault in record.faults]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "payload",
    [
        b"v=spf1 " + b"a" * 65000,
        b"v=spf1 a:" + b"a" * 65000 + b"!",
        b"v=spf1 a:" + b"a." * 32000 + b"com",
        b"v=spf1 a" + b"/1" * 32000,
        b"v=spf1 a:" + b"%{d" + b"9" * 65000 + b"}",
        b"v=spf1 " + b"verif" * 13000 + b"!",
        b"v=spf1 " + b"x " * 32000,
        b"v=spf1 " + b"redirect=a.jp " * 4000,
    ],
    ids=["name", "toplabel", "labels", "slashes", "digits", "token", "terms", "redirects"],
)
def test_huge_records_are_bounded(payload: bytes) -> None:
    """Lengths at which anything quadratic would take minutes."""
    record = parse(payload)
    assert record is not None
    assert len(record.faults) <= 400
