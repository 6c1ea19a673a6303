"""The public BIMI cases (mailauth), all 29; and real records with checkdmarc as second opinion.

Held to what is expected in strict mode, and where nothing is, to the lax one. A survey sees no
message, so what a header would choose is not judged: those cases are listed.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import checkdmarc.bimi
import pytest
import requests
import yaml

from pipeline.protocols import bimi

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "bimi.yaml").read_text("utf-8"))

NEED_A_HEADER = {
    "bimi-25": "BIMI-Selector names another selector than default",
    "bimi-26": "BIMI-Selector: which spelling of it counts",
    "bimi-27": "BIMI-Selector: which order of it counts",
    "bimi-28": "BIMI-Selector: which of two selectors counts",
    "bimi-29": "BIMI-Selector: which characters a selector may have",
}


def load(shared: Path) -> list[dict[str, Any]]:
    lines = (shared / "suites" / "bimi-record.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 29
    return [json.loads(line) for line in lines]


def test_suite(shared: Path) -> None:
    """No deviation. none: no text counts as a record; fail: the one that does is not valid."""
    for case in load(shared):
        texts = case["records"][f"default._bimi.{case['author_domain']}"]
        records = [bimi.parse(text.encode()) for text in texts]
        counted = [record for record in records if record and record.is_record]
        expected = case["expect_strict"] or case["expect_lax"]
        if case["id"] in NEED_A_HEADER:  # what can be seen: the default record is a good one
            assert [record.is_valid for record in counted] == [True], case["id"]
            continue
        result = "none"
        if counted:
            result = "pass" if len(counted) == 1 and counted[0].is_valid else "fail"
        assert [result] == expected["result"], case["id"]
        if "location" in expected:
            assert counted[0].location == expected["location"], case["id"]
        if case["section"].startswith("5.1"):
            assert counted[0].location == "https://example.com/default.svg"


def test_the_preferences_that_are_read_otherwise(shared: Path) -> None:
    """avp: the suite says which value is used; here, whether it is one."""
    for case in load(shared):
        expected = case["expect_lax"] or {}
        (text, *_) = case["records"].get("default._bimi.example.com")
        record = bimi.parse(text.encode())
        if "preference" in expected and "avp=" in text:
            assert record is not None
            found = {fault.finding.code for fault in record.faults}
            is_valid = "bimi.preference_invalid" not in found
            assert is_valid == (expected["preference"] is not None), case["id"]


def theirs(text: str, patch: pytest.MonkeyPatch) -> bool:
    """Is it valid for checkdmarc, which may fetch nothing here?"""

    def no_network(*_: Any, **__: Any) -> None:
        raise requests.ConnectionError("no network in tests")

    patch.setattr(requests.Session, "get", no_network)
    try:
        checkdmarc.bimi.parse_bimi_record(text)
    except checkdmarc.bimi.BIMIError:
        return False
    return True


def test_real_records(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of them, read by hand: one names a logo twice, the other declares no evidence."""
    with gzip.open(shared / "real" / "dns" / "records.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    found = {}
    for row in rows:
        if row["type"] == "TXT" and row["name"].startswith("default._bimi."):
            text = "".join(row["strings"])
            record = bimi.parse(text.encode())
            assert record is not None
            assert record.is_valid
            assert theirs(text, monkeypatch)
            codes = [fault.finding.code for fault in record.faults]
            found[row["name"]] = (record.location, record.authority, codes)
    logo = "https://abineethan.is-a.dev/assets/images/logo.svg"
    icon = "https://alexgaming.is-a.dev/content/svg/logo/icon.svg"
    assert found == {
        "default._bimi.abineethan.is-a.dev.": (logo, logo, []),
        "default._bimi.alexgaming.is-a.dev.": (icon, None, ["bimi.no_authority"]),
    }


PNG = "v=BIMI1; l=https://example.jp/logo.png; a=https://example.jp/vmc.pem"
CHECKDMARC_DIFFERS = {
    "v=BIMI1; L=": "§4.3: capitals must not be mended; reads L as l",
    "v=BIMI1; l=; a=https://example.jp/vmc.pem": "§7.3: without l nothing is shown; accepts it",
    PNG: "§4.3.2: another format's suffix is a permanent error; looks at the image alone",
    "v=BIMI1; l=; avp=Personal; lps=news@example.jp; p=none": "§4.3: other values of avp are "
    "ignored, or fail, as the receiver likes; fails",
}


def test_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    for case in CASES:
        (text, *more) = case["txt"]
        if not more:
            ours = case["state"] in ("present", "declined")
            differs = theirs(text, monkeypatch) != ours
            assert differs == (text in CHECKDMARC_DIFFERS), text
