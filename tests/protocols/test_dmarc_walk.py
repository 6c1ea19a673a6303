"""DMARC's tree walk and states, with every kind of hole in the answers."""

from typing import Any

import polars as pl
import pytest

from pipeline.judge import judge as judge_all
from pipeline.population.suffixes import registrable
from pipeline.protocols import dmarc
from pipeline.protocols.dmarc.walk import steps
from pipeline.protocols.protocol import Context
from pipeline.schema import ASKS, polars_schema
from pipeline.words import Outcome

SERVFAIL = Outcome.SERVER_FAILURE


@pytest.fixture(scope="module")
def context() -> Context:
    return Context(frozenset(), registrable)


# --- the names of the walk -----------------------------------------------------------------------


def targets(domain: str) -> list[str | None]:
    rows = steps(pl.LazyFrame({"domain": [domain]})).sort("step").collect()
    return rows["target"].to_list()


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("jp", ["_dmarc.jp"]),
        ("example.jp", ["_dmarc.example.jp", "_dmarc.jp"]),
        (  # the example of RFC 9989 §4.10
            "a.b.c.d.e.f.g.h.i.j.mail.example.com",
            [
                "_dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com",
                "_dmarc.g.h.i.j.mail.example.com",
                "_dmarc.h.i.j.mail.example.com",
                "_dmarc.i.j.mail.example.com",
                "_dmarc.j.mail.example.com",
                "_dmarc.mail.example.com",
                "_dmarc.example.com",
                "_dmarc.com",
            ],
        ),
    ],
)
def test_names_of_the_walk(domain: str, expected: list[str]) -> None:
    assert targets(domain) == expected


def test_asks_have_the_stored_columns_and_leave_out_names_that_cannot_exist(
    context: Any,
) -> None:
    long = ".".join(["a" * 60] * 4 + ["jp"])  # 246 octets: with _dmarc. 253; one more is too long
    domains = pl.LazyFrame({"domain": ["example.jp", long, "b" + long]})
    asks = dmarc.asks(domains, context).collect()
    assert asks.schema == polars_schema(ASKS)
    assert f"_dmarc.{long}" in asks["name"]
    assert f"_dmarc.b{long}" not in asks["name"]
    assert set(asks["why"]) == {"dmarc"}


# --- states --------------------------------------------------------------------------------------


class Judged:
    """One domain judged over its walk; what `answers` leaves out is NXDOMAIN."""

    def __init__(self, crawled: Any, context: Any, domain: str, answers: dict[str, Any]) -> None:
        facts = []
        for name in [domain, *filter(None, targets(domain))]:
            qtype = "SOA" if name == domain else "TXT"
            answer = answers.get(name, Outcome.NO_NAME)
            if isinstance(answer, Outcome):
                facts.append(crawled.fact(name, qtype, outcome=answer))
            elif answer is not None:
                facts.append(crawled.fact(name, "TXT", [text.encode() for text in answer]))
        findings, states = judge_all(
            [dmarc], crawled.frame(*facts), pl.LazyFrame({"domain": [domain]}), context
        )
        self.findings = findings.drop("protocol").collect()
        (self.state,) = states.collect().to_dicts()
        self.shown = dmarc.show(self.state)


@pytest.fixture
def judged(crawled: Any, context: Any) -> Any:
    def judge(domain: str, answers: dict[str, Any]) -> Judged:
        return Judged(crawled, context, domain, answers)

    return judge


def test_own_record(judged: Any) -> None:
    found = judged(
        "example.jp", {"_dmarc.example.jp": ["v=DMARC1; p=reject; rua=mailto:r@example.jp"]}
    )
    assert found.shown == {
        "present": True,
        "inherited": False,
        "policy_domain": "example.jp",
        "org_domain": "example.jp",
        "policy": "reject",
        "effective": "reject",
        "enforced": True,
        "rua": ["mailto:r@example.jp"],
        "ruf": [],
        "external": {"mailto:r@example.jp": "not_external"},
        "rfc7489": {
            "policy_domain": "example.jp",
            "org_domain": "example.jp",
            "policy": "reject",
            "enforced": True,
            "pct": 100,
        },
    }
    assert found.state["dmarc_policy"] == "reject"
    assert found.state["dmarc_strict"] is found.state["dmarc_covered_strict"] is True


def test_no_record_anywhere(judged: Any) -> None:
    found = judged("example.jp", {"_dmarc.jp": Outcome.NO_DATA})  # NODATA is as NXDOMAIN
    assert found.shown == {
        "present": False,
        "inherited": False,
        "policy_domain": None,
        "org_domain": "example.jp",
        "policy": None,
        "effective": None,
        "enforced": False,
        "rua": [],
        "ruf": [],
        "external": {},
        "rfc7489": {
            "policy_domain": None,
            "org_domain": "example.jp",
            "policy": None,
            "enforced": False,
            "pct": None,
        },
    }
    assert found.state["dmarc_covered"] is found.state["dmarc_strict"] is False


def test_test_mode_lowers_what_applies_and_leaves_what_is_published(judged: Any) -> None:
    found = judged("example.jp", {"_dmarc.example.jp": ["v=DMARC1; p=quarantine; t=y"]})
    assert found.state["dmarc_strict"] is True
    assert (found.shown["policy"], found.shown["effective"]) == ("quarantine", "none")
    assert found.shown["enforced"] is False


@pytest.mark.parametrize(
    ("exists", "applies", "is_strict"),
    [
        (Outcome.NO_DATA, "none", False),
        (Outcome.NO_NAME, "reject", True),
        (SERVFAIL, "unknown", None),
    ],
)
def test_np_and_sp_by_whether_the_domain_exists(
    judged: Any, exists: Outcome, applies: str, is_strict: bool | None
) -> None:
    record = ["v=DMARC1; p=quarantine; sp=none; np=reject"]
    found = judged("a.example.jp", {"a.example.jp": exists, "_dmarc.example.jp": record})
    assert found.shown["policy"] == found.shown["effective"] == applies
    assert found.shown["inherited"] is True
    assert found.state["dmarc_covered"] is True
    assert found.state["dmarc_covered_strict"] is is_strict


def test_existence_is_not_needed_where_it_changes_nothing(judged: Any) -> None:
    record = ["v=DMARC1; p=none; sp=reject"]
    found = judged("a.example.jp", {"a.example.jp": SERVFAIL, "_dmarc.example.jp": record})
    assert found.shown["policy"] == "reject"
    assert found.shown["enforced"] is True


def test_a_strict_policy_is_known_though_which_of_two_is_not(judged: Any) -> None:
    record = ["v=DMARC1; p=none; sp=quarantine; np=reject"]
    found = judged("a.example.jp", {"a.example.jp": SERVFAIL, "_dmarc.example.jp": record})
    assert found.shown["policy"] == "unknown"
    assert found.state["dmarc_covered_strict"] is True


@pytest.mark.parametrize("failure", [SERVFAIL, Outcome.TIMEOUT, Outcome.REFUSED, Outcome.MALFORMED])
def test_a_failure_above_hides_the_walk_and_nothing_of_the_own_record(
    judged: Any, failure: Outcome
) -> None:
    found = judged(
        "example.jp", {"_dmarc.example.jp": ["v=DMARC1; p=reject"], "_dmarc.jp": failure}
    )
    assert found.shown["present"] is True
    assert found.shown["policy"] == "reject"
    assert found.shown["org_domain"] == "unknown"  # _dmarc.jp could be the highest record
    assert found.state["dmarc_covered_strict"] is True


def test_psd_n_ends_the_walk_before_a_failure_can_hide_anything(judged: Any) -> None:
    found = judged(
        "a.example.jp", {"_dmarc.example.jp": ["v=DMARC1; p=reject; psd=n"], "_dmarc.jp": SERVFAIL}
    )
    assert found.shown["org_domain"] == found.shown["policy_domain"] == "example.jp"
    assert found.state["dmarc_covered"] is True


def test_a_failure_above_hides_what_is_inherited(judged: Any) -> None:
    found = judged(
        "a.example.jp", {"_dmarc.example.jp": ["v=DMARC1; p=reject"], "_dmarc.jp": SERVFAIL}
    )
    older = found.shown.pop("rfc7489")
    assert found.shown == {"present": False} | dict.fromkeys(
        (
            "inherited",
            "policy_domain",
            "org_domain",
            "policy",
            "effective",
            "enforced",
            "rua",
            "ruf",
            "external",
        ),
        "unknown",
    )
    assert older["policy_domain"] == "example.jp"  # RFC 7489 never asks at _dmarc.jp
    assert found.state["dmarc"] == "absent"
    assert found.state["dmarc_strict"] is False
    assert found.state["dmarc_covered"] is found.state["dmarc_covered_strict"] is None


def test_a_failure_at_the_own_name_is_unknown_whatever_stands_above(judged: Any) -> None:
    found = judged(
        "a.example.jp",
        {"_dmarc.a.example.jp": SERVFAIL, "_dmarc.example.jp": ["v=DMARC1; p=reject"]},
    )
    assert found.shown["present"] == found.shown["policy"] == found.shown["enforced"] == "unknown"
    assert found.shown["org_domain"] == "unknown"  # psd=n could stand there
    assert found.state["dmarc_strict"] is found.state["dmarc_covered"] is None


def test_a_failure_at_the_own_name_alone_leaves_the_organisational_domain(judged: Any) -> None:
    found = judged("example.jp", {"_dmarc.example.jp": SERVFAIL})
    assert found.shown["org_domain"] == "example.jp"
    assert found.shown["policy"] == "unknown"


@pytest.mark.parametrize("own", [None, Outcome.NOT_ASKED])
def test_what_was_not_asked_is_not_observed(judged: Any, own: Outcome | None) -> None:
    found = judged("example.jp", {"_dmarc.example.jp": own})
    assert found.state["dmarc"] == found.shown["present"] == "not_observed"
    assert found.state["dmarc_covered"] is found.state["dmarc_strict"] is None


def test_a_record_that_is_not_processed_ends_discovery(judged: Any) -> None:
    found = judged(
        "a.example.jp",
        {"_dmarc.a.example.jp": ["v=DMARC1; adkim=s"], "_dmarc.example.jp": ["v=DMARC1; p=reject"]},
    )
    assert found.shown["present"] is found.shown["enforced"] is False
    assert found.shown["policy"] is found.shown["policy_domain"] is None
    assert "dmarc.not_processed" in found.findings["code"]


def test_a_name_too_long_to_have_a_record_hides_nothing(judged: Any) -> None:
    domain = ".".join(["a" * 55, *["a" * 60] * 3, "example", "jp"])
    found = judged(domain, {"_dmarc.example.jp": ["v=DMARC1; p=reject"]})
    assert found.state["dmarc"] == "absent"
    assert found.shown["policy_domain"] == "example.jp"


def test_several_records_are_discarded_and_found(judged: Any) -> None:
    found = judged(
        "a.example.jp",
        {
            "_dmarc.a.example.jp": ["v=DMARC1; p=reject", "v=DMARC1; p=none", "other text"],
            "_dmarc.example.jp": ["v=DMARC1; p=none; sp=quarantine"],
        },
    )
    assert found.shown["present"] is False
    assert (found.shown["policy_domain"], found.shown["policy"]) == ("example.jp", "quarantine")
    assert found.findings.to_dicts() == [
        {
            "domain": "a.example.jp",
            "code": "dmarc.multiple_records",
            "name": "_dmarc.a.example.jp",
            "at": None,
            "evidence": "2 records",
        }
    ]


def test_faults_are_the_findings_of_the_domain_that_publishes_them(judged: Any) -> None:
    record = ["v=DMARC1; p=reject; pct=50"]
    own = judged("example.jp", {"_dmarc.example.jp": record})
    assert own.findings.select("domain", "code", "name", "at", "evidence").rows() == [
        ("example.jp", "dmarc.removed_tag", "_dmarc.example.jp", 20, "pct=50")
    ]
    assert judged("a.example.jp", {"_dmarc.example.jp": record}).findings.is_empty()


def test_a_policy_at_the_domain_itself_is_found(judged: Any) -> None:
    found = judged("example.jp", {"example.jp": ["v=DMARC1; p=reject", "v=spf1 -all"]})
    assert found.findings["code"].to_list() == ["dmarc.wrong_name"]
    assert found.shown["present"] is False


def test_a_record_in_several_strings_is_joined(crawled: Any, context: Any) -> None:
    padding = "x=" + "a" * 300  # longer than one character-string holds
    facts = crawled.frame(
        crawled.fact("_dmarc.example.jp", "TXT", [f"v=DMARC1; {padding}; p=reject".encode()]),
        crawled.fact("_dmarc.jp", "TXT", outcome=Outcome.NO_NAME),
    )
    _, states = judge_all([dmarc], facts, pl.LazyFrame({"domain": ["example.jp"]}), context)
    assert states.collect()["dmarc_policy"].to_list() == ["reject"]


def test_states_have_one_row_a_domain_and_the_declared_columns(crawled: Any, context: Any) -> None:
    domains = pl.LazyFrame({"domain": ["a.jp", "b.jp", "jp"], "exists": [None, True, False]})
    findings, states = dmarc.judge(crawled.frame(), domains, context)
    columns = polars_schema(dmarc.COLUMNS)
    assert states.collect_schema() == {"domain": pl.String, **columns}
    assert sorted(states.collect()["domain"]) == ["a.jp", "b.jp", "jp"]
    assert findings.collect().is_empty()


def test_measures_never_call_a_failure_an_absence(judged: Any) -> None:
    expected = dict.fromkeys(
        (
            "dmarc",
            "dmarc_strict",
            "dmarc_covered",
            "dmarc_covered_strict",
            "dmarc_enforced",
            "dmarc_rfc7489",
            "dmarc_rfc7489_strict",
        )
    )
    state = judged("example.jp", {"_dmarc.example.jp": SERVFAIL}).state
    row = pl.DataFrame([state], schema={"domain": pl.String, **polars_schema(dmarc.COLUMNS)})
    assert row.select(**{m.name: m.value for m in dmarc.MEASURES}).to_dicts() == [expected]
    assert row.select(pl.all_horizontal(m.observed for m in dmarc.MEASURES)).item() is True


# --- edges ---------------------------------------------------------------------------------------


def test_below_a_public_suffix_of_seven_labels(judged: Any) -> None:
    """RFC 9989 §4.10.2 rule 2 makes a name of eight labels the organisational domain, which the
    walk of a longer name leaves out: its record is not seen (§5.1.8), the suffix's applies."""
    suffix = "b.c.d.e.f.example.jp"
    published = {
        f"_dmarc.{suffix}": ["v=DMARC1; p=reject; sp=quarantine; psd=y"],
        f"_dmarc.a.{suffix}": ["v=DMARC1; p=none"],
    }
    found = judged(f"x.y.a.{suffix}", published)
    assert found.shown["org_domain"] == f"a.{suffix}"
    assert (found.shown["policy_domain"], found.shown["policy"]) == (suffix, "quarantine")
    own = judged(f"a.{suffix}", published)  # eight labels: the walk starts there
    assert own.shown["org_domain"] == own.shown["policy_domain"] == f"a.{suffix}"


def test_single_label_parents_are_reached(judged: Any) -> None:
    found = judged("example.jp", {"_dmarc.jp": ["v=DMARC1; p=none; sp=reject; psd=y"]})
    assert found.shown["policy_domain"] == "jp"
    assert (found.shown["org_domain"], found.shown["policy"]) == ("example.jp", "reject")
    assert found.shown["present"] is False
    assert found.shown["enforced"] is True


@pytest.mark.parametrize("psd", ["", "; psd=y"])
def test_a_suffix_without_psd_is_the_organisational_domain_of_all_below(
    judged: Any, psd: str
) -> None:
    """§4.10.2 rule 3: what makes the difference is the tag, not the Public Suffix List."""
    found = judged("example.go.jp", {"_dmarc.go.jp": [f"v=DMARC1; p=reject{psd}"]})
    assert found.shown["org_domain"] == ("example.go.jp" if psd else "go.jp")
    assert found.shown["policy_domain"] == "go.jp"


def test_never_one_between_the_own_and_the_organisational(judged: Any) -> None:
    found = judged(
        "a.b.example.jp",
        {"_dmarc.b.example.jp": ["v=DMARC1; p=reject"], "_dmarc.jp": ["v=DMARC1; p=none; psd=y"]},
    )
    # example.jp, one below the suffix, publishes nothing: so the suffix's, not b.example.jp's
    assert (found.shown["org_domain"], found.shown["policy_domain"]) == ("example.jp", "jp")


def test_an_empty_set_is_the_same_whether_the_name_is_there_or_not(judged: Any) -> None:
    record = {"_dmarc.example.jp": ["v=DMARC1; p=reject"]}
    gone = judged("a.b.example.jp", record).shown
    empty = {f"_dmarc.{name}": Outcome.NO_DATA for name in ("a.b.example.jp", "b.example.jp", "jp")}
    assert judged("a.b.example.jp", record | empty).shown == gone


def test_several_records_above_are_discarded_and_the_walk_goes_on(judged: Any) -> None:
    found = judged(
        "a.b.example.jp",
        {
            "_dmarc.b.example.jp": ["v=DMARC1; p=reject; psd=n", "v=DMARC1; p=none"],
            "_dmarc.example.jp": ["v=DMARC1; p=quarantine"],
        },
    )
    assert found.shown["org_domain"] == found.shown["policy_domain"] == "example.jp"


def test_np_is_of_a_name_that_does_not_exist_and_never_of_an_own_record(judged: Any) -> None:
    record = ["v=DMARC1; p=none; np=reject"]
    own = judged("example.jp", {"example.jp": Outcome.NO_NAME, "_dmarc.example.jp": record})
    assert own.shown["policy"] == "none"
    suffix = {"_dmarc.jp": ["v=DMARC1; p=none; np=reject; psd=y"]}
    assert judged("gone.jp", suffix).shown["policy"] == "reject"
    assert judged("there.jp", suffix | {"there.jp": Outcome.NO_DATA}).shown["policy"] == "none"


@pytest.mark.parametrize(
    ("texts", "published", "present"),
    [
        (["v=dmarc1; p=reject"], True, False),
        (["v=DMARC1; p=reject"], True, True),
        (["other text"], False, False),
        ([], False, False),
    ],
)
def test_what_is_meant_as_dmarc(
    judged: Any, texts: list[str], published: bool, present: bool
) -> None:
    state = judged("example.jp", {"_dmarc.example.jp": texts}).state
    assert state["dmarc_published"] is published
    assert (state["dmarc"] == "present") is present
    assert judged("example.jp", {"_dmarc.example.jp": SERVFAIL}).state["dmarc_published"] is None
