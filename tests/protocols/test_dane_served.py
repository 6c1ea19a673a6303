"""DANE against what the hosts show: first looks, second looks, and whom to visit again."""

import hashlib
from typing import Any

import polars as pl
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pipeline.protocols import dane
from pipeline.protocols.protocol import VISIT_ASKS, Context
from pipeline.words import Outcome, QType
from tests.visited import leaf_of, visit, with_visits

DOMAIN, HOST, OWNER = "example.jp", "mx.example.jp", "_25._tcp.mx.example.jp"
ADDRESSES = ["192.0.2.1", "192.0.2.2"]


def record(kind: str = "valid", host: str = HOST) -> str:
    """TLSA 3 1 1 of a host's key."""
    public = leaf_of(host, kind).key.public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"3 1 1 {hashlib.sha256(spki).hexdigest()}"


def of(kind: str, text: str) -> tuple[str, str]:
    """A visit's purpose and what was seen."""
    return kind, text


FITS, OTHER = "encrypted valid", "encrypted next"
CASES = [
    # claim, TLSA, visits to the first address, TLSA when asked again, verdict, codes
    ("fits", ["valid"], [of("survey", FITS)], None, "verified", []),
    ("a roll-over pair", ["next", "valid"], [of("survey", FITS)], None, "verified", []),
    # RFC 7672 §3.1.1: of usage 3 neither names nor dates count; certificates differ, keys do not
    ("does not fit, seen once", ["next"], [of("survey", FITS)], None, "unknown", []),
    (
        "does not fit, seen twice",
        ["next"],
        [of("survey", FITS), of("confirm", FITS)],
        ["next"],
        "mismatch",
        ["dane.mismatch"],
    ),
    (
        "a roll-over between the two looks",
        ["next"],
        [of("survey", FITS), of("confirm", OTHER)],
        ["next"],
        "verified",
        [],
    ),
    (
        "the first answer was old",
        ["next"],
        [of("survey", FITS), of("confirm", FITS)],
        ["valid"],
        "verified",
        [],
    ),
    (
        "TLSA brought no second answer",
        ["next"],
        [of("survey", FITS), of("confirm", FITS)],
        None,
        "unknown",
        [],
    ),
    (
        "the second visit brought nothing",
        ["next"],
        [of("survey", FITS), of("confirm", "timeout")],
        ["next"],
        "unknown",
        [],
    ),
    ("plain", ["valid"], [of("survey", "not_offered")], None, "no_starttls", ["dane.no_starttls"]),
    ("silent", ["valid"], [of("survey", "timeout")], None, "unknown", []),
    ("a 421", ["valid"], [of("survey", "unavailable")], None, "unknown", []),
    ("not visited", ["valid"], [], None, "not_observed", []),
]


def facts_of(crawled: Any, tlsa: list[str], again: list[str] | None, addresses: int = 1) -> Any:
    facts = [
        crawled.fact(DOMAIN, "MX", [f"10 {HOST}."], ad=True),
        crawled.fact(HOST, "A", ADDRESSES[:addresses], ad=True),
        crawled.fact(OWNER, "TLSA", [record(kind) for kind in tlsa], ad=True),
    ]
    if again is not None:
        texts = [record(kind) for kind in again]
        facts.append(crawled.fact(OWNER, "TLSA", texts, ad=True, purpose="again"))
    return crawled.frame(*facts)


def domains() -> pl.LazyFrame:
    return pl.LazyFrame({"domain": [DOMAIN], "mx": ["present"], "mx_hosts": [[HOST]]})


def judged(facts: Any, context: Context) -> tuple[dict[str, Any], list[str]]:
    findings, states = dane.judge(facts, domains(), context)
    (state,) = states.collect().to_dicts()
    told = findings.collect().filter(pl.col("code") != "dane.roll_over")
    assert set(told["name"]) <= {OWNER}
    return state, sorted(told["code"].to_list())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_one_address(case: Any, crawled: Any, context: Context) -> None:
    _, tlsa, made, again, verdict, codes = case
    visits = [visit(ADDRESSES[0], HOST, said, purpose) for purpose, said in made]
    seen = with_visits(context, *visits)
    state, told = judged(facts_of(crawled, tlsa, again), seen)
    assert state["dane"] == "all"
    assert state["dane_hosts"][0]["verdict"] == verdict
    assert state["dane_verified"] == {"verified": "all"}.get(verdict, verdict)
    assert told == codes


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        (FITS, FITS, "verified"),
        (FITS, "timeout", "verified"),  # no mail goes there
        (FITS, "not_offered", "no_starttls"),
        ("timeout", "timeout", "unknown"),
    ],
)
def test_two_addresses(
    first: str, second: str, verdict: str, crawled: Any, context: Context
) -> None:
    visits = [visit(at, HOST, said) for at, said in zip(ADDRESSES, (first, second), strict=True)]
    seen = with_visits(context, *visits)
    state, _ = judged(facts_of(crawled, ["valid"], None, 2), seen)
    assert state["dane_hosts"][0]["verdict"] == verdict


def test_nothing_is_visited_without_a_second_look(crawled: Any, context: Context) -> None:
    state, codes = judged(facts_of(crawled, ["next"], None), context)
    assert (state["dane"], state["dane_verified"], codes) == ("all", "not_observed", [])


def test_an_answer_without_proof_is_none(crawled: Any, context: Context) -> None:
    facts = crawled.frame(
        crawled.fact(DOMAIN, "MX", [f"10 {HOST}."], ad=True),
        crawled.fact(HOST, "A", ADDRESSES[:1], ad=True),
        crawled.fact(OWNER, "TLSA", [record("next")], ad=True),
        crawled.fact(OWNER, "TLSA", [record("valid")], ad=False, purpose="again"),
    )
    made = [visit(ADDRESSES[0], HOST, FITS, purpose) for purpose in ("survey", "confirm")]
    state, _ = judged(facts, with_visits(context, *made))
    assert state["dane_verified"] == "unknown"


def test_whom_to_visit_again(crawled: Any, context: Context) -> None:
    facts = facts_of(crawled, ["next"], None, 2)
    seen = with_visits(
        context, visit(ADDRESSES[0], HOST, FITS), visit(ADDRESSES[1], HOST, "timeout")
    )
    states = dane.judge(facts, domains(), seen)[1].collect().lazy()
    wanted = dane.visits(facts, states, seen).collect()
    assert wanted.schema == VISIT_ASKS
    assert wanted.rows() == [(ADDRESSES[0], HOST, "confirm", DOMAIN, True)]
    asks = dane.asks_again(wanted.lazy()).collect()
    assert asks.select("name", "qtype", "cd", "purpose").rows() == [
        (OWNER, int(QType.TLSA), False, "again")
    ]
    confirmed = facts_of(crawled, ["next"], ["next"], 2)
    both = with_visits(
        context,
        *(visit(ADDRESSES[0], HOST, FITS, purpose) for purpose in ("survey", "confirm")),
        visit(ADDRESSES[1], HOST, "timeout"),
    )
    assert dane.visits(confirmed, states, both).collect().is_empty()


def test_a_failed_second_answer(crawled: Any, context: Context) -> None:
    facts = crawled.frame(
        *facts_of(crawled, ["next"], None).drop("why").collect().to_dicts(),
        crawled.fact(OWNER, "TLSA", outcome=Outcome.TIMEOUT, purpose="again"),
    )
    made = [visit(ADDRESSES[0], HOST, FITS, purpose) for purpose in ("survey", "confirm")]
    state, _ = judged(facts, with_visits(context, *made))
    assert state["dane_verified"] == "unknown"


def test_measures() -> None:
    def host(verdict: str | None) -> dict[str, Any]:
        return {"verdict": verdict}

    rows = [
        # dane, dane_verified, verdicts, all, any
        ("all", "all", ["verified"], True, True),
        ("some", "some", ["verified", None], False, True),
        ("all", "mismatch", ["verified", "mismatch"], False, True),
        ("all", "mismatch", ["mismatch"], False, False),
        ("all", "unknown", ["unknown"], None, None),
        ("all", "unknown", ["unknown", "verified"], None, True),
        ("none", "none", [None], False, False),
        ("not_applicable", "not_applicable", [], False, False),
        ("unknown", "unknown", [None], None, None),
    ]
    schema = {"dane_hosts": pl.List(pl.Struct({"verdict": pl.String}))}
    frame = pl.DataFrame(
        {
            "dane": [row[0] for row in rows],
            "dane_verified": [row[1] for row in rows],
            "dane_hosts": [[host(one) for one in row[2]] for row in rows],
        },
        schema_overrides=schema,
    )
    measures = {one.name: one for one in dane.MEASURES}
    for name, at in (("dane_verified", 3), ("dane_verified_any", 4)):
        found = frame.select(measures[name].value.alias("value"))["value"].to_list()
        assert found == [row[at] for row in rows], name
