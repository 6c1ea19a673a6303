"""What DKIM asks: when, where, and never more than the budget; the lists that it asks by."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.config import ConfigError
from pipeline.message import from_strings, to_wire
from pipeline.protocols import dkim
from pipeline.protocols.dkim.asks import listed, reserved
from pipeline.protocols.dkim.providers import load_providers, named_by_mx, named_by_spf
from pipeline.protocols.dkim.selectors import load_selectors
from pipeline.protocols.protocol import Context, Wanted
from pipeline.schema import ASKS, polars_schema
from pipeline.words import Outcome

DOMAIN = "example.jp"
OWN = f"_domainkey.{DOMAIN}"
LISTED = tuple(f"l{number}" for number in range(24))


def context(wanted: Wanted) -> Context:
    return Context(frozenset(), lambda name: None, wanted)


STUDY = context(Wanted(selectors=LISTED, budget=24))
NAMED = context(Wanted(selectors=("a", "b.c"), budget=100, selectors_only=True))


def asked(crawled: Any, study: Context, *facts: dict[str, Any]) -> list[tuple[str, int, str]]:
    """What facts lead to: name, type, why."""
    asks = dkim.follow_ups(crawled.frame(*facts), study).collect()
    assert asks.schema == polars_schema(ASKS)
    assert set(asks["depth"]) <= {1}
    return sorted(asks["name", "qtype", "why"].rows())


def test_asks() -> None:
    domains = pl.LazyFrame({"domain": [DOMAIN]})
    asks = dkim.asks(domains, STUDY).collect()
    assert asks.schema == polars_schema(ASKS)
    assert asks.select("name", "qtype", "cd", "purpose", "why", "origin", "depth").rows() == [
        (OWN, 16, False, "survey", "dkim", DOMAIN, 0)
    ]
    asks = dkim.asks(domains, NAMED).collect()
    assert sorted(asks["name"]) == [OWN, f"a.{OWN}", f"b.c.{OWN}"]


@pytest.mark.parametrize(
    "outcome",
    [Outcome.NO_NAME, Outcome.SERVER_FAILURE, Outcome.TIMEOUT, Outcome.REFUSED, Outcome.MALFORMED],
)
def test_nothing_more_is_asked_where_nothing_is_below(crawled: Any, outcome: Outcome) -> None:
    assert asked(crawled, STUDY, crawled.fact(OWN, "TXT", outcome=outcome, why="dkim")) == []


@pytest.mark.parametrize("records", [[], [b"o=~"], [(OWN, "CNAME", "elsewhere.example.")]])
def test_what_noerror_leads_to(crawled: Any, records: list[Any]) -> None:
    outcome = Outcome.NO_NAME if records and isinstance(records[0], tuple) else None
    found = asked(crawled, STUDY, crawled.fact(OWN, "TXT", records, outcome, why="dkim"))
    whys = [why for _, _, why in found]
    assert whys.count("dkim-selector") == 18  # of 24, six are kept for the provider's
    beside, below = sorted(name for name, _, why in found if why == "dkim-control")
    assert {beside.split(".", 1)[1], below.split(".", 1)[1]} == {DOMAIN, OWN}
    assert beside.split(".")[0] == below.split(".")[0]
    assert [(name, why) for name, _, why in found if name == DOMAIN] == [
        (DOMAIN, "dkim-mx"),
        (DOMAIN, "dkim-spf"),
    ]
    assert len(found) == 18 + 2 + 2


def test_made_up_names_hang_on_domain_and_seed(crawled: Any) -> None:
    def controls(domain: str, seed: int) -> set[str]:
        fact = crawled.fact(f"_domainkey.{domain}", "TXT", why="dkim")
        rows = asked(crawled, context(Wanted(seed=seed)), fact)
        return {name.split(".")[0] for name, _, why in rows if why == "dkim-control"}

    assert controls("a.jp", 1) == controls("a.jp", 1)
    assert len(controls("a.jp", 1) | controls("b.jp", 1) | controls("a.jp", 2)) == 3


def test_named_selectors_are_all_that_is_asked(crawled: Any) -> None:
    found = asked(crawled, NAMED, crawled.fact(OWN, "TXT", why="dkim"))
    assert {why for _, _, why in found} == {"dkim-control"}


def test_a_selector_that_cannot_be_a_name_is_not_asked() -> None:
    named = Wanted(selectors=("S1", "s1", "a b", "", "ß", "-a"), budget=100, selectors_only=True)
    assert listed(context(named)) == ("s1",)


def test_a_rebuilt_nxdomain_may_hide_an_alias(crawled: Any) -> None:
    hidden = crawled.fact(OWN, "TXT", outcome=Outcome.NO_NAME, why="dkim", engine="cares")
    assert asked(crawled, STUDY, hidden) == [(OWN, 5, "dkim-alias")]
    alias = crawled.fact(OWN, "CNAME", ["x.example."], why="dkim-alias", engine="cares")
    assert len(asked(crawled, STUDY, alias)) == 18 + 2 + 2
    gone = crawled.fact(OWN, "CNAME", outcome=Outcome.NO_NAME, why="dkim-alias", engine="cares")
    assert asked(crawled, STUDY, gone) == []


def test_other_questions_lead_nowhere(crawled: Any) -> None:
    facts = [
        crawled.fact(DOMAIN, "MX", ["10 a.mail.protection.outlook.com."], why="mx"),
        crawled.fact(DOMAIN, "TXT", [b"v=spf1 include:_spf.google.com -all"], why="spf"),
        crawled.fact(f"s1.{OWN}", "TXT", [b"v=DKIM1; p="], why="dkim-selector"),
        crawled.fact(f"x.{OWN}", "TXT", [b"v=DKIM1; p="], why="dkim-control"),
    ]
    assert asked(crawled, STUDY, *facts) == []


def test_the_providers_selectors(crawled: Any) -> None:
    mx = ["10 a.mail.protection.outlook.com.", "20 mx1.example.jp."]
    spf = b"v=spf1 include:spf.protection.outlook.com include:sendgrid.net redirect=_spf.google.com"
    by_mx = crawled.fact(DOMAIN, "MX", mx, why="dkim-mx")
    by_spf = crawled.fact(DOMAIN, "TXT", [b"x=spf1", spf], why="dkim-spf")
    assert [name.split(".")[0] for name, _, _ in asked(crawled, STUDY, by_mx)] == [
        "selector1",
        "selector2",
    ]
    # four of SPF's, in the order in which it names them: two of the first, two of the second
    names = {name.split(".")[0] for name, _, _ in asked(crawled, STUDY, by_spf)}
    assert names == {"selector1", "selector2", "s1", "s2"}
    has_all = context(Wanted(selectors=("selector1", "s1"), budget=24))
    names = {name.split(".")[0] for name, _, _ in asked(crawled, has_all, by_spf)}
    assert names == {"selector2", "s2", "smtpapi", "m1"}  # what the list has is not counted


@pytest.mark.parametrize("budget", [0, 1, 3, 4, 8, 24, 100])
def test_never_more_than_the_budget(crawled: Any, budget: int) -> None:
    study = context(Wanted(selectors=LISTED, budget=budget))
    mx = crawled.fact(DOMAIN, "MX", ["10 a.protonmail.ch."], why="dkim-mx")
    text = b"v=spf1 include:sendgrid.net include:mailgun.org -all"
    spf = crawled.fact(DOMAIN, "TXT", [text], why="dkim-spf")
    found = asked(crawled, study, crawled.fact(OWN, "TXT", why="dkim"), mx, spf)
    assert sum(why == "dkim-selector" for _, _, why in found) <= budget
    assert len(listed(study)) == min(24, budget - reserved(study))


def test_a_question_is_asked_once(survey: Callable[..., Any]) -> None:
    zone = {
        DOMAIN: {"MX": [[10, "a.protonmail.ch"]]},
        f"protonmail.{OWN}": {"TXT": [["v=DKIM1; p="]]},
    }
    wanted = Wanted(selectors=LISTED, budget=24)
    seen = survey([dkim], {"zone": zone}, DOMAIN, wanted=wanted)
    assert len(seen.asked) == len(set(seen.asked)) == 1 + 2 + 18 + 2 + 2
    assert seen.states[DOMAIN]["dkim"] == "revoked_only"  # found by the provider alone


# --- the lists -----------------------------------------------------------------------------------


def test_the_list_of_selectors() -> None:
    selectors = load_selectors()
    assert selectors[:4] == ("selector1", "selector2", "google", "default")
    assert len(set(selectors)) == len(selectors) > 300


def test_a_list_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("# mine\nused_by,selector\n\nme,S1\nyou, k1.mail \nme,s1\n", "utf-8")
    assert load_selectors(path) == ("s1", "k1.mail")


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (None, "cannot be read"),
        (b"", ":1: no column 'selector'"),
        (b"# x\nname\ns1\n", ":2: no column 'selector'"),
        (b"selector\ns1\na b\n", ":3: no selector: 'a b'"),
        (b"selector,x\ns1,1\n,2\n", ":3: no selector: ''"),
        (b"selector\n-a\n", ":2: no selector"),
        (b"selector\n" + b"a" * 64 + b"\n", ":2: no selector"),
        (b"selector\n\xff\n", "not UTF-8"),
        (b'selector\n"a\n', ":2: no selector"),
        (b"selector\n" + b"a\n" * 10_001, "too long"),
    ],
)
def test_bad_lists(tmp_path: Path, octets: bytes | None, said: str) -> None:
    path = tmp_path / "own.csv"
    if octets is not None:
        path.write_bytes(octets)
    with pytest.raises(ConfigError) as caught:
        load_selectors(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_providers() -> None:
    providers = load_providers()
    assert len({one.name for one in providers}) == len(providers)
    named = [name for one in providers for name in (*one.mx, *one.spf)]
    assert all(one.selectors and (one.mx or one.spf) for one in providers)
    assert all(name == name.lower().strip(".") for name in named)
    assert not any(name.endswith(".example") for name in named)  # those are the lab's


@pytest.mark.parametrize(
    ("host", "first"),
    [
        ("x-jp.mail.protection.outlook.com", "selector1"),
        ("ASPMX.L.GOOGLE.COM", "google"),
        ("mail.protection.outlook.com.example.jp", None),
        ("notgoogle.com", None),
        (".", None),
    ],
)
def test_providers_by_mx(host: str, first: str | None) -> None:
    found = named_by_mx(b"\0\12" + to_wire(host))
    assert (found and found.selectors[0]) == first


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (b"v=spf1 include:_spf.google.com ~all", "google"),
        (b"V=SPF1 ?include:_SPF.Google.com ~all", "google"),
        (b"v=spf1 include:u1.wl2.sendgrid.net ~all", "s1"),
        (b"v=spf1 include:%{i}._spf.example.jp ~all", None),
        (b"v=spf1 -all", None),
        (b"include:_spf.google.com", None),
    ],
)
def test_providers_by_spf(text: bytes, first: str | None) -> None:
    found = named_by_spf(from_strings([text]))
    assert (found and found.selectors[0]) == first
