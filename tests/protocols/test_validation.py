"""What is proven of any question, and what is asked to know it."""

from typing import Any

import pytest

from pipeline.lab.zone import Zone
from pipeline.message import AD, decode
from pipeline.protocols.protocol import Context
from pipeline.protocols.validation import doubted, doubts, verdicts
from pipeline.schema import ASKS, polars_schema
from pipeline.words import Outcome, QType

HOST = "mx.example.jp"
A = ["192.0.2.1"]
FAILED, TIMEOUT = Outcome.SERVER_FAILURE, Outcome.TIMEOUT
WITH_CD = {"cd": True}
AGAIN = {"purpose": "confirm"}


def verdict(crawled: Any, context: Context, *facts: dict[str, Any]) -> dict[str, Any]:
    """What is told of the one question that the facts are about."""
    (row,) = verdicts(crawled.frame(*facts), context).collect().to_dicts()
    assert (row.pop("name"), row.pop("qtype")) == (HOST, 1)
    return row


def test_an_answer_says_it_by_its_flag(crawled: Any, context: Context) -> None:
    for ad, security in ((True, "secure"), (False, "insecure"), (None, "not_observed")):
        told = verdict(crawled, context, crawled.fact(HOST, "A", A, ad=ad))
        assert told == {"security": security, "outcome": "answered", "ede": None, "is_alias": False}


def test_bogus_is_a_second_failure_where_there_is_an_answer(crawled: Any, context: Context) -> None:
    told = verdict(
        crawled,
        context,
        crawled.fact(HOST, "A", outcome=FAILED, ede=22),
        crawled.fact(HOST, "A", A, **WITH_CD),
        crawled.fact(HOST, "A", outcome=FAILED, ede=6, **AGAIN),
    )
    assert told == {"security": "bogus", "outcome": FAILED, "ede": 6, "is_alias": False}


def test_the_second_answer_counts_where_the_first_was_a_moments_failure(
    crawled: Any, context: Context
) -> None:
    told = verdict(
        crawled,
        context,
        crawled.fact(HOST, "A", outcome=FAILED),
        crawled.fact(HOST, "A", A, **WITH_CD),
        crawled.fact(HOST, "A", ad=True, **AGAIN),
    )
    assert (told["security"], told["outcome"]) == ("secure", "no_data")


@pytest.mark.parametrize("engine", ["wire", "cares"])
@pytest.mark.parametrize("last", ["wire", "cares"])
def test_a_failure_is_one_whichever_engine_hears_it(
    crawled: Any, context: Context, engine: str, last: str
) -> None:
    """What fails is asked last by the engine that sees no flags."""
    facts = (
        crawled.fact(HOST, "A", outcome=FAILED, engine=engine),
        crawled.fact(HOST, "A", A, **WITH_CD),
        crawled.fact(HOST, "A", outcome=FAILED, engine=last, **AGAIN),
    )
    assert verdict(crawled, context, *facts)["security"] == "bogus"
    elsewhere = Context(frozenset(["192.0.2.53:53"]), lambda name: None)
    assert verdict(crawled, elsewhere, *facts)["security"] == "not_observed"


@pytest.mark.parametrize(
    ("engine", "outcome", "security"),
    [
        ("wire", FAILED, "unknown"),
        ("wire", TIMEOUT, "unknown"),
        ("cares", FAILED, "not_observed"),
        ("cares", Outcome.ANSWERED, "not_observed"),
        ("wire", Outcome.NOT_ASKED, "not_observed"),
    ],
)
def test_one_failure_proves_nothing(
    crawled: Any, context: Context, engine: str, outcome: Outcome, security: str
) -> None:
    ad = None if engine == "cares" else False
    told = verdict(crawled, context, crawled.fact(HOST, "A", A, outcome, engine=engine, ad=ad))
    assert told["security"] == security


def test_an_answer_with_cd_alone_proves_nothing(crawled: Any, context: Context) -> None:
    frame = crawled.frame(crawled.fact(HOST, "A", A, ad=True, **WITH_CD))
    assert verdicts(frame, context).collect().is_empty()


def test_types_are_told_apart(crawled: Any, context: Context) -> None:
    facts = crawled.frame(
        crawled.fact(HOST, "A", A, ad=True),
        crawled.fact(HOST, "AAAA", outcome=FAILED),
        crawled.fact(HOST, "AAAA", **WITH_CD),
        crawled.fact(HOST, "AAAA", outcome=FAILED, **AGAIN),
    )
    told = verdicts(facts, context).sort("qtype").collect()
    assert told["qtype", "security"].rows() == [(1, "secure"), (28, "bogus")]


# --- asks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "follow_up"),
    [
        ({"outcome": FAILED, "why": "mx-host"}, (1, True, "survey", "mx-host-cd")),
        ({"outcome": TIMEOUT, "why": "mx-host"}, None),
        ({"outcome": FAILED, "why": "spf"}, None),  # another's question
        ({"outcome": FAILED, "why": "mx-host-cd", "cd": True}, None),
        ({"why": "mx-host"}, None),
        ({"why": "mx-host-cd", "cd": True}, (1, False, "confirm", "mx-host-confirm")),
        ({"why": "spf-cd", "cd": True}, None),
        ({"outcome": FAILED, "why": "mx-host-confirm", "purpose": "confirm"}, None),
        ({"why": "mx-host-confirm", "purpose": "confirm"}, None),
    ],
)
def test_doubts(
    crawled: Any, arguments: dict[str, Any], follow_up: tuple[int, bool, str, str] | None
) -> None:
    asked = doubts(crawled.frame(crawled.fact(HOST, "A", **arguments)), ["mx", "mx-host"]).collect()
    assert asked.schema == polars_schema(ASKS)
    assert asked["qtype", "cd", "purpose", "why"].rows() == ([follow_up] if follow_up else [])
    assert asked["name", "origin", "depth"].rows() == ([(HOST, HOST, 1)] if follow_up else [])


def test_doubted_names_all_their_whys() -> None:
    assert doubted("mx", "a-b") == ["mx", "mx-cd", "mx-confirm", "a-b", "a-b-cd", "a-b-confirm"]


# --- the table of the talk -----------------------------------------------------------------------

ZONES = {
    "zone": {f"{kind}.example.jp": {"A": A} for kind in ("unsigned", "signed", "forged")},
    "dnssec": {"signed.example.jp": "secure", "forged.example.jp": "bogus"},
}


@pytest.mark.parametrize(
    ("name", "validating", "with_cd"),
    [
        ("unsigned", (0, False, True), (0, True)),
        ("signed", (0, True, True), (0, True)),
        ("forged", (2, False, False), (0, True)),  # RFC 4035 §5.5: SERVFAIL
    ],
)
def test_the_lab_answers_as_a_validating_resolver(
    name: str, validating: tuple[int, bool, bool], with_cd: tuple[int, bool]
) -> None:
    """rcode, AD and whether there is an answer; a resolver that does not validate: as with CD=1."""
    zone = Zone.from_json(ZONES)
    plain, unchecked = (
        decode(zone.answer(f"{name}.example.jp", int(QType.A), cd) or b"") for cd in (False, True)
    )
    assert (plain.rcode, bool(plain.flags & AD), bool(plain.rrs)) == validating
    assert (unchecked.rcode, bool(unchecked.rrs)) == with_cd
    assert unchecked.ede is None
