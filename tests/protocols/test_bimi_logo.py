"""BIMI's logo: documents of every kind, and what their URL may bring."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import checkdmarc.bimi
import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols import bimi, dmarc
from pipeline.protocols.bimi.gzipped import unpacked
from pipeline.protocols.bimi.logo import LARGEST, parse_logo
from pipeline.protocols.bimi.logo_findings import LOGO_FINDINGS, STATUS
from pipeline.protocols.bimi.served import as_fetched
from pipeline.protocols.protocol import FETCH_ASKS, Context
from pipeline.words import Level

from .bimi_web import LOGO, LOGO_URL, MARK_URL, REJECT, ZONE, codes, fetches

CASES = yaml.safe_load(
    (Path(__file__).parent.parent / "cases" / "bimi-logo.yaml").read_text("utf-8")
)
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64"><title>Example</title>'
)
Survey = Callable[..., Any]


def faults(body: bytes, begin: int = 0) -> list[str]:
    """`code @offset`, sorted."""
    logo = parse_logo(body)
    return sorted(f"{one.finding.code} @{one.at - begin}" for one in logo.faults)


@pytest.mark.parametrize("case", CASES["documents"], ids=lambda case: case["svg"][:60])
def test_documents(case: dict[str, Any]) -> None:
    body = case["svg"].encode()
    expected = sorted(case.get("faults", []))
    assert faults(body) == expected
    assert parse_logo(body).is_valid == case.get("is_valid", not expected)


@pytest.mark.parametrize("case", CASES["insides"], ids=lambda case: case["inside"][:60])
def test_what_a_logo_has_inside(case: dict[str, Any]) -> None:
    body = f"{HEAD}{case['inside']}</svg>".encode()
    expected = sorted(case.get("faults", []))
    assert faults(body, len(HEAD)) == expected
    assert parse_logo(body).is_valid is not bool(expected)


def test_every_finding_has_a_case() -> None:
    named = {
        fault.split()[0] for cases in CASES.values() for case in cases
        for fault in case.get("faults", [])
    }  # fmt: skip
    assert named == {finding.code for finding in LOGO_FINDINGS}
    for finding in LOGO_FINDINGS:
        assert all((finding.en, finding.ja, finding.example, finding.fix_en, finding.fix_ja))


def test_size() -> None:
    for body, is_valid in ((padded(LARGEST), True), (padded(LARGEST + 1), False)):
        for served in (body, gzip.compress(body)):
            logo = parse_logo(served)
            assert logo.is_valid is is_valid
            assert bool(logo.digests) is is_valid
            found = [one.finding.code for one in logo.faults]
            assert found == ([] if is_valid else ["bimi.logo_too_large"])


def padded(size: int) -> bytes:
    return LOGO + b" " * (size - len(LOGO))


def test_packed() -> None:
    plain, packed = parse_logo(LOGO), parse_logo(gzip.compress(LOGO))
    assert packed.is_valid
    assert set(plain.digests) < set(packed.digests)
    assert faults(gzip.compress(LOGO)[:-9]) == ["bimi.logo_not_svg @0"]
    assert faults(b"\x1f\x8bno gzip") == ["bimi.logo_not_svg @0"]
    bomb = gzip.compress(bytes(50_000_000))
    assert unpacked(bomb, 1000) == bytes(1000)
    assert faults(bomb) == [f"bimi.logo_too_large @{LARGEST}"]


def test_digests() -> None:
    """Against sha256sum of the same octets, and of them with LF alone."""
    small = parse_logo(b'<svg xmlns="http://www.w3.org/2000/svg"/>\r\n')
    assert "sha256:" + DIGEST_CRLF in small.digests
    assert "sha256:" + DIGEST_LF in small.digests
    assert len(small.digests) == 8


DIGEST_CRLF = "1749dac31c469e1db6e3a250d152923d2c1b85e70361bfeeab353c39188beab2"
DIGEST_LF = "fb91f9a03c202c5f160eef644da6f2f704b19ac5c5f8b4c124e1b0b485ad57a0"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    assert parse_logo((HEAD + "</svg>").encode(encoding)).is_valid


@given(
    st.binary(max_size=200)
    | st.binary(max_size=80).map(lambda octets: HEAD.encode() + octets + b"</svg>")
    | st.binary(max_size=80).map(b"\x1f\x8b\x08".__add__)
    | st.text("<!ENTITYDOCsvg[]>\"'&;%/ ", max_size=80).map(str.encode)
)
def test_parse_is_total(body: bytes) -> None:
    logo = parse_logo(body)
    errors = [one for one in logo.faults if one.finding.level is Level.ERROR]
    assert logo.is_valid is not bool(errors)
    assert all(one.at >= 0 for one in logo.faults)


def test_hostile_documents_are_bounded() -> None:
    deep = HEAD.encode() + b"<g>" * 10_000
    many = HEAD.encode() + b"<a/>" * 8000 + b"</svg>"
    for body in (deep, many):
        assert len(body) <= LARGEST
        assert not parse_logo(body).is_valid
    assert len(parse_logo(many).faults) == 100


def test_second_opinion() -> None:
    """checkdmarc judges profile, title and position; a blank title is one for it, a prefix none."""
    theirs = {"bimi.logo_profile", "bimi.logo_no_title", "bimi.logo_position"}
    for case in CASES["documents"]:
        named = {fault.split()[0] for fault in case.get("faults", [])}
        is_read_alike = "<title> <" not in case["svg"] and "<s:svg" not in case["svg"]
        if named <= theirs and is_read_alike:
            assert is_good_for_checkdmarc(case["svg"]) is not bool(named), case["svg"]


def is_good_for_checkdmarc(svg: str) -> bool:
    try:
        metadata = checkdmarc.bimi.get_svg_metadata(svg)
    except ValueError:  # no version, for one
        return False
    return not checkdmarc.bimi.check_svg_requirements(metadata)


# --- what a URL brings ---------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES["served"], ids=lambda case: str(case["brings"]))
def test_served(survey: Survey, case: dict[str, Any]) -> None:
    web = fetches((LOGO_URL, case["brings"]))
    seen = survey([dmarc, bimi], ZONE, "example.jp", fetches=web)
    assert codes(seen.findings, "example.jp", "bimi.logo_") == case.get("faults", [])
    rows = seen.findings.filter(pl.col("code").str.starts_with("bimi.logo_"))
    assert set(rows["name"]) <= {LOGO_URL}
    shown = bimi.show(seen.states["example.jp"])
    assert (shown["logo"], shown["mark"], shown["mark_kind"]) == (case["logo"], "unknown", None)
    assert shown["state"] == "present"


@pytest.mark.parametrize(
    ("record", "state"),
    [
        ("v=BIMI1; l=; a=;", "absent"),
        ("v=spf1 -all", "absent"),
        (f"v=BIMI1; l={LOGO_URL}; l={LOGO_URL}", "absent"),  # invalid: nobody asks for it
        (f"v=BIMI1; l={LOGO_URL}", "valid"),
    ],
)
def test_records_without_a_logo(survey: Survey, record: str, state: str) -> None:
    zone = {"zone": ZONE["zone"] | {"default._bimi.example.jp": {"TXT": [[record]]}}}
    seen = survey([dmarc, bimi], zone, "example.jp", fetches=fetches((LOGO_URL, LOGO)))
    shown = bimi.show(seen.states["example.jp"])
    assert (shown["logo"], shown["mark"]) == (state, "absent")


@pytest.mark.parametrize("failure", ["SERVFAIL", "TIMEOUT"])
def test_a_hidden_record(survey: Survey, failure: str) -> None:
    zone = {"zone": {"_dmarc.example.jp": REJECT, "default._bimi.example.jp": {"TXT": failure}}}
    seen = survey([dmarc, bimi], zone, "example.jp", fetches=fetches())
    shown = bimi.show(seen.states["example.jp"])
    assert (shown["logo"], shown["mark"]) == ("unknown", "unknown")


def test_where_nothing_was_ever_fetched(survey: Survey) -> None:
    seen = survey([dmarc, bimi], ZONE, "example.jp", "absent.example.jp")
    shown = bimi.show(seen.states["example.jp"])
    assert (shown["logo"], shown["mark"]) == ("not_observed", "not_observed")
    assert codes(seen.findings, "example.jp", "bimi.") == []


def test_an_inherited_logo_has_its_own_domains_findings(survey: Survey) -> None:
    web = fetches((LOGO_URL, "untitled"))
    seen = survey([dmarc, bimi], ZONE, "example.jp", "news.example.jp", fetches=web)
    for domain, found in (("example.jp", ["bimi.logo_no_title @0"]), ("news.example.jp", [])):
        assert bimi.show(seen.states[domain])["logo"] == "invalid"
        assert codes(seen.findings, domain, "bimi.logo_") == found


def test_what_is_to_be_fetched(context: Context) -> None:
    states = pl.LazyFrame(
        {
            "domain": ["a.jp", "b.jp", "c.jp", "d.jp"],
            "bimi": ["present", "present", "invalid", "absent"],
            "bimi_location": ["https://A.jp:443/l.svg#x", "https://b.jp", LOGO_URL, None],
            "bimi_authority": [MARK_URL, None, MARK_URL, None],
        }
    )
    asks = bimi.fetches(states, context).collect()
    assert dict(asks.schema) == FETCH_ASKS
    assert sorted(asks.rows()) == [
        ("https://a.jp/l.svg", "a.jp", 65_536),
        ("https://b.jp/", "b.jp", 65_536),
        (MARK_URL, "a.jp", 262_144),
    ]
    alike = states.with_columns(bimi_authority="bimi_location")  # as real ones have it
    assert set(bimi.fetches(alike, context).collect()["most"]) == {262_144}
    assert bimi.fetches(states.clear(), context).collect().is_empty()


@pytest.mark.parametrize(
    ("url", "fetched"),
    [
        ("HTTPS://Example.JP/A.svg", "https://example.jp/A.svg"),
        ("https://example.jp.:443?x=1#y", "https://example.jp/?x=1"),
        ("https://example.jp:/a", "https://example.jp/a"),
        ("https://example.jp:8443/a", "https://example.jp:8443/a"),
        ("https://[::1]/a", "https://[::1]/a"),
        ("https://[1.2.3.4]/a", "https://[1.2.3.4]/a"),
        ("https://example.jp:99999/a", "https://example.jp:99999/a"),
    ],
)
def test_urls_as_they_are_fetched(url: str, fetched: str) -> None:
    assert as_fetched(url) == fetched
    assert as_fetched(fetched) == fetched


def test_a_status_that_says_nothing_is_a_note() -> None:
    assert STATUS.level is Level.NOTE
