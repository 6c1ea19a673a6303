"""What `explain` tells of each SPF finding: all of it there, and its example true."""

import re
from collections.abc import Callable
from typing import Any

import dns.rdata
import pytest

from pipeline.protocols import spf

TXT = re.compile(r'example\.jp\. TXT (".*?")(?=$| \(| \')', re.M)
GOOD, SPOILT = {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"]}, {"TXT": ["v=spf1 ip:192.0.2.1 -all"]}
NINE = {f"_spf{number}.example.com": GOOD for number in range(1, 10)}
BESIDE: dict[str, dict[str, Any]] = {  # what stands at the names that the examples lead to
    "spf.include_broken": {"spf.example.com": SPOILT},
    "spf.include_without_record": {"spf.example.com": {"TXT": ["other"]}},
    "spf.redirect_without_record": {"spf.example.com": {"TXT": ["other"]}},
    "spf.too_many_lookups": NINE,
    "spf.ten_lookups": NINE,
    "spf.too_many_mx": {"example.jp": {"MX": [[10, f"mx{n}.example.jp"] for n in range(11)]}},
}


def written_out(example: str) -> str:
    """`_spf1 … _spf9` is short for all of them."""
    between = " ".join(f"include:_spf{number}.example.com" for number in range(2, 9))
    return example.replace("…", between)


@pytest.mark.parametrize("finding", spf.FINDINGS, ids=lambda finding: finding.code)
def test_every_finding_says_what_it_means_and_what_to_do(finding: Any) -> None:
    assert all(getattr(finding, name) for name in finding.__slots__)


@pytest.mark.parametrize("finding", spf.FINDINGS, ids=lambda finding: finding.code)
def test_the_example_has_the_fault(
    finding: Any, survey: Callable[..., dict[str, dict[str, Any]]]
) -> None:
    texts = []
    for rdata in TXT.findall(written_out(finding.example)):
        record = dns.rdata.from_text("IN", "TXT", rdata)
        texts.append(b"".join(record.strings).decode())
    assert texts
    zone = {"example.com": GOOD, **BESIDE.get(finding.code, {})}
    zone["example.jp"] = {"TXT": texts, "A": ["192.0.2.1"], **zone.get("example.jp", {})}
    assert finding.code in survey(zone, ["example.jp"])["example.jp"]["codes"]


def test_ptr_is_null_where_it_is_not_known(
    survey: Callable[..., dict[str, dict[str, Any]]],
) -> None:
    zone = {"example.jp": {"*": "TIMEOUT"}, "other.jp": {"TXT": ["v=spf1 ptr -all"]}}
    seen = survey(zone, ["example.jp", "other.jp", "none.jp"])
    assert [seen[name]["ptr"] for name in ("example.jp", "other.jp", "none.jp")] == [
        None,
        True,
        False,
    ]
