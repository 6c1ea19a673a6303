"""Reports to another organisation, and whether it accepts them (RFC 9990 §4)."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.protocols import dmarc
from pipeline.schema import ASKS, polars_schema

SENT_OUT = {"_dmarc.example.jp": {"TXT": [["v=DMARC1; p=none; rua=mailto:d@example.com"]]}}
AT = "example.jp._report._dmarc.example.com"
NOT_AUTHORISED = "dmarc.report_not_authorised"


def external(survey: Callable[..., Any], zone: dict[str, Any], domain: str = "example.jp") -> Any:
    return dmarc.show(survey([dmarc], {"zone": zone}, domain).states[domain])["external"]


STANDS_THERE: list[tuple[Any, str]] = [
    ([["v=DMARC1;"]], "authorised"),
    ([["v=DMARC1"]], "authorised"),  # RFC 9990 §4 step 6: "A trailing ";" is optional"
    ([["v=DMARC1; p=none"]], "authorised"),
    ([["v=DMARC1;", "rua=mailto:else@example.com"]], "authorised"),
    ([["something else"], ["v=DMARC1;"]], "authorised"),  # steps 7 and 8: one is enough
    ([["v=DMARC1;"], ["v=DMARC1; p=none"]], "authorised"),  # no policy: several may stand there
    ([["v=dmarc1;"]], "not_authorised"),  # RFC 9989 §4.7: case counts
    ([["v=DMARC1 p=none"]], "not_authorised"),
    ([["p=none; v=DMARC1"]], "not_authorised"),  # step 6: "MUST appear first"
    ([["something else"]], "not_authorised"),
    ([["v=DMARC1; rua=mailto:x@example.org"]], "not_authorised"),  # "MUST NOT generate a report"
    ([], "not_authorised"),
    ("SERVFAIL", "unknown"),  # a failure is never an absence
    ("TIMEOUT", "unknown"),
]


def test_authorisation(survey: Callable[..., Any]) -> None:
    zone: dict[str, Any] = {}
    for number, (records, _) in enumerate(STANDS_THERE):
        zone[f"_dmarc.d{number}.jp"] = SENT_OUT["_dmarc.example.jp"]
        zone[f"d{number}.jp._report._dmarc.example.com"] = {"TXT": records}
    domains = [f"d{number}.jp" for number in range(len(STANDS_THERE))]
    found = survey([dmarc], {"zone": zone}, *domains)
    for domain, (_, state) in zip(domains, STANDS_THERE, strict=True):
        shown = dmarc.show(found.states[domain])["external"]
        assert shown == {"mailto:d@example.com": state}, domain
        assert (NOT_AUTHORISED in found.codes(domain)) == (state == "not_authorised"), domain


def test_a_name_that_is_missing_is_no_authorisation(survey: Callable[..., Any]) -> None:
    assert external(survey, SENT_OUT) == {"mailto:d@example.com": "not_authorised"}


def test_a_wildcard_answers_too(survey: Callable[..., Any]) -> None:
    zone = {**SENT_OUT, "*._report._dmarc.example.com": {"TXT": [["v=DMARC1;"]]}}
    assert external(survey, zone) == {"mailto:d@example.com": "authorised"}


def test_the_missing_semicolon_is_told_of(survey: Callable[..., Any]) -> None:
    bare = survey([dmarc], {"zone": {**SENT_OUT, AT: {"TXT": [["v=DMARC1"]]}}}, "example.jp")
    assert bare.findings.select("code", "name", "evidence").rows() == [
        ("dmarc.authorisation_without_semicolon", AT, "mailto:d@example.com")
    ]


def test_nothing_is_told_of_a_whole_authorisation(survey: Callable[..., Any]) -> None:
    whole = survey([dmarc], {"zone": {**SENT_OUT, AT: {"TXT": [["v=DMARC1;"]]}}}, "example.jp")
    assert whole.findings.is_empty()


RUA = "v=DMARC1; p=none; rua=mailto:"


@pytest.mark.parametrize(
    ("zone", "domain", "state"),
    [
        ({"_dmarc.example.jp": RUA + "d@example.jp"}, "example.jp", False),
        ({"_dmarc.example.jp": "v=DMARC1; p=none; ruf=mailto:d@Example.JP"}, "example.jp", False),
        ({"_dmarc.example.jp": RUA + "d@a.example.jp"}, "example.jp", False),
        ({"_dmarc.example.jp": RUA + "d@otherexample.jp"}, "example.jp", True),
        ({"_dmarc.example.jp": RUA + "d@[192.0.2.1]"}, "example.jp", True),
        ({"_dmarc.example.jp": RUA + "d@a..example.com"}, "example.jp", True),
        # inherited: the record's own domain is what counts
        ({"_dmarc.example.jp": RUA + "d@example.jp"}, "a.example.jp", False),
        # an organisational domain above the record
        ({"_dmarc.a.example.jp": RUA + "d@b.example.jp", "_dmarc.example.jp": "v=DMARC1; p=none"},
         "a.example.jp", False),
        # no record above: an organisation of its own (RFC 9989 §4.10.2), whatever the PSL says
        ({"_dmarc.a.example.jp": RUA + "d@example.jp"}, "a.example.jp", True),
        ({"_dmarc.a.example.jp": RUA + "d@example.jp; psd=n",
          "_dmarc.example.jp": "v=DMARC1; p=none"}, "a.example.jp", True),
        # a public suffix: each name below is an organisation of its own
        ({"_dmarc.go.jp": RUA + "d@go.jp; psd=y"}, "x.go.jp", False),
        ({"_dmarc.go.jp": RUA + "d@x.go.jp; psd=y"}, "x.go.jp", True),
    ],
)  # fmt: skip
def test_what_is_external(
    survey: Callable[..., Any], zone: dict[str, str], domain: str, state: bool
) -> None:
    names = {name: {"TXT": [[text]]} for name, text in zone.items()}
    (found,) = external(survey, names, domain).values()
    assert found == ("not_authorised" if state else "not_external")


def test_only_addresses_that_may_be_external_are_asked_for(survey: Callable[..., Any]) -> None:
    record = (
        "v=DMARC1; p=none; rua=mailto:a@example.jp,mailto:b@sub.example.jp,https://example.com/r,"
        "mailto:c@example.com,mailto:d@EXAMPLE.com; ruf=mailto:c@example.com,mailto:e@[192.0.2.1]"
    )
    found = survey([dmarc], {"zone": {"_dmarc.example.jp": {"TXT": [[record]]}}}, "example.jp")
    reports = [name for name, _ in found.asked if "_report" in name]
    assert reports == [AT]
    assert dmarc.show(found.states["example.jp"])["external"] == {
        "mailto:a@example.jp": "not_external",
        "mailto:b@sub.example.jp": "not_external",
        "mailto:c@example.com": "not_authorised",
        "mailto:d@EXAMPLE.com": "not_authorised",
        "mailto:e@[192.0.2.1]": "not_authorised",
    }


def test_a_name_too_long_is_not_asked_and_cannot_authorise(survey: Callable[..., Any]) -> None:
    host = ".".join(["h" * 60] * 4)  # RFC 9990 §4 step 4
    zone = {"_dmarc.example.jp": {"TXT": [[f"v=DMARC1; p=none; rua=mailto:d@{host}"]]}}
    found = survey([dmarc], {"zone": zone}, "example.jp")
    assert not [name for name, _ in found.asked if "_report" in name]
    assert dmarc.show(found.states["example.jp"])["external"] == {
        f"mailto:d@{host}": "not_authorised"
    }
    assert found.findings.select("name", "code").rows() == [("_dmarc.example.jp", NOT_AUTHORISED)]


@pytest.mark.parametrize("address", ["d@other.jp", "d@jp"])
def test_a_hidden_walk_hides_what_is_external(survey: Callable[..., Any], address: str) -> None:
    record = {"TXT": [[f"v=DMARC1; p=none; rua=mailto:{address},mailto:d@example.jp"]]}
    zone = {"_dmarc.example.jp": record, "_dmarc.jp": {"TXT": "SERVFAIL"}}
    assert external(survey, zone) == {
        f"mailto:{address}": "unknown",  # one organisation, if _dmarc.jp has a record without psd
        "mailto:d@example.jp": "not_external",
    }


@pytest.mark.parametrize(
    "record",
    ["v=DMARC1; p=block; ruf=mailto:d@example.com", "v=dmarc1; p=none; rua=mailto:d@example.com"],
)
def test_no_record_that_applies_no_addresses(survey: Callable[..., Any], record: str) -> None:
    found = survey([dmarc], {"zone": {"_dmarc.example.jp": {"TXT": [[record]]}}}, "example.jp")
    assert dmarc.show(found.states["example.jp"])["external"] == {}
    assert not [name for name, _ in found.asked if "_report" in name]


def test_an_inherited_record_s_addresses_are_its_own_domain_s_finding(
    survey: Callable[..., Any],
) -> None:
    found = survey([dmarc], {"zone": SENT_OUT}, "example.jp", "a.example.jp")
    shown = dmarc.show(found.states["a.example.jp"])["external"]
    assert shown == {"mailto:d@example.com": "not_authorised"}
    assert found.codes("a.example.jp") == []
    assert found.codes("example.jp") == [NOT_AUTHORISED]


def test_asks_stand_one_step_behind_the_record(crawled: Any, context: Any) -> None:
    text = b"v=DMARC1; p=none; rua=mailto:d@example.com"
    facts = crawled.frame(
        crawled.fact("_dmarc.example.jp", "TXT", [text], why="dmarc"),
        crawled.fact("_dmarc.other.jp", "TXT", [text], why="bimi"),  # another's question
        crawled.fact("_dmarc.third.jp", "TXT", [text, text + b"!1m"], why="dmarc"),  # discarded
    )
    asks = dmarc.follow_ups(facts, context).collect()
    assert asks.schema == polars_schema(ASKS)
    assert asks.select("name", "qtype", "cd", "why", "origin", "depth").rows() == [
        (AT, 16, False, "dmarc-external", "_dmarc.example.jp", 1)
    ]


def test_a_hostile_list_of_addresses_is_bounded(survey: Callable[..., Any]) -> None:
    uris = ",".join(f"mailto:d@h{number}.example" for number in range(3000))
    text = f"v=DMARC1; p=none; rua={uris}"
    strings = [text[at : at + 255] for at in range(0, len(text), 255)][:250]
    found = survey([dmarc], {"zone": {"_dmarc.example.jp": {"TXT": [strings]}}}, "example.jp")
    assert len([name for name, _ in found.asked if "_report" in name]) <= 50
