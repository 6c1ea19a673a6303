"""DMARC records: the cases that a protocol expert can read, and whatever bytes arrive."""

from pathlib import Path
from typing import Any

import dns.rdata
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols import dmarc, spf

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "dmarc.yaml").read_text("utf-8"))


def payload_of(case: dict[str, Any]) -> bytes:
    return bytes.fromhex(case["bytes"]) if "bytes" in case else case["dmarc"].encode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.get("dmarc", case.get("bytes")))
def test_record(case: dict[str, Any]) -> None:
    record = dmarc.parse(payload_of(case))
    if not case.get("mine", True):
        assert record is None
        return
    assert record is not None
    assert sorted(f"{f.finding.code} @{f.at}" for f in record.faults) == sorted(
        case.get("faults", [])
    )
    assert record.is_policy == case.get("is_policy", True)
    if record.is_policy:
        assert record.policy == case["policy"]
        assert (record.sp, record.np) == (case.get("sp"), case.get("np"))
        assert record.psd == case.get("psd", "u")
        assert record.is_test == case.get("is_test", False)
        assert record.policy_7489 == case.get("policy_7489", case["policy"])
        assert record.sp_7489 == case.get("sp_7489", case.get("sp"))
        assert record.pct == case.get("pct", 100)
        assert list(record.rua) == case.get("rua", [])
        assert list(record.ruf) == case.get("ruf", [])


def test_every_finding_of_a_record_has_a_case() -> None:
    shown = {fault.split()[0] for case in CASES for fault in case.get("faults", [])}
    of_names = {  # not of one record: see test_dmarc_walk.py and test_dmarc_external.py
        "dmarc.multiple_records",
        "dmarc.wrong_name",
        "dmarc.report_not_authorised",
        "dmarc.authorisation_without_semicolon",
    }
    assert shown == {finding.code for finding in dmarc.FINDINGS} - of_names
    assert any("faults" not in case for case in CASES)  # the good ones stand there too


@pytest.mark.parametrize("protocol", [dmarc, spf], ids=["dmarc", "spf"])
def test_every_finding_says_what_it_means_and_what_to_do(protocol: Any) -> None:
    for finding in protocol.FINDINGS:
        assert all(getattr(finding, name) for name in finding.__slots__), finding.code


@pytest.mark.parametrize(
    "finding", [one for one in dmarc.FINDINGS if "_report." not in one.example]
)  # fmt: skip
def test_the_examples_are_what_they_show(finding: Any) -> None:
    """The example's text, as a zone file has it, has the fault."""
    if finding.code in ("dmarc.multiple_records", "dmarc.report_not_authorised"):
        return  # not of one record
    owner, rdata = finding.example.split(" TXT ")
    (part,) = dns.rdata.from_text("IN", "TXT", rdata).strings
    record = dmarc.parse(part)
    assert record is not None
    codes = {fault.finding.code for fault in record.faults}
    assert finding.code in codes or (owner, finding.code) == ("example.jp.", "dmarc.wrong_name")


@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=100).map(lambda rest: b"v=DMARC1;" + rest),
        st.lists(
            st.sampled_from(
                [b"v=DMARC1", b";", b"p=", b"sp=none", b"rua=", b"mailto:a@b.c", b"!", b",", b"\\",
                 b"\xe2\x80\x9c", b" ", b"=", b"t=y", b"psd=y", b"v=dmarc", b"\xff", b"reject"]
            ),
            max_size=20,
        ).map(b"".join),
    )
)  # fmt: skip
def test_parse_is_total_and_every_fault_lies_in_the_payload(payload: bytes) -> None:
    record = dmarc.parse(payload)
    if record is not None:
        assert all(0 <= fault.at <= len(payload) for fault in record.faults)
        assert [fault.at for fault in record.faults] == sorted(f.at for f in record.faults)
        assert record.policy in (None, "none", "quarantine", "reject")


@pytest.mark.parametrize(
    "payload",
    [b"v=DMARC1;" + b";" * 60_000, b"v=DMARC1;p=" + b" " * 60_000 + b"x", b"\\" * 65_000,
     b"v=DMARC1;rua=" + b"," * 60_000, b"v=DMARC1; p=none" + b" p" * 30_000, b"v" * 65_000],
    ids=["semicolons", "spaces", "backslashes", "commas", "tag names", "v"],
)  # fmt: skip
def test_a_hostile_record_yields_a_bounded_number_of_faults(payload: bytes) -> None:
    record = dmarc.parse(payload)
    assert record is None or len(record.faults) <= 100
