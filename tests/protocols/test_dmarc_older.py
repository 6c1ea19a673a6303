"""DMARC by RFC 7489 beside RFC 9989, and which records each reading calls broken."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from pipeline.config import Cohort, ListFile
from pipeline.protocols import dmarc
from pipeline.schema import polars_schema
from pipeline.tables.mistakes import disagreement, mistakes

NOTHING = {"policy_domain": None, "policy": None, "enforced": False, "pct": None}


def text(*records: str) -> dict[str, list[list[str]]]:
    return {"TXT": [[record] for record in records]}


@pytest.fixture
def older(survey: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    def read(domain: str, zone: dict[str, Any]) -> dict[str, Any]:
        shown = dmarc.show(survey([dmarc], {"zone": zone}, domain).states[domain])
        return dict(shown["rfc7489"])

    return read


@pytest.mark.parametrize(
    ("record", "policy", "enforced", "pct"),
    [
        ("v=DMARC1; p=reject", "reject", True, 100),
        ("v=DMARC1; p=reject; t=y", "reject", True, 100),  # t is unknown there
        ("v=DMARC1; p=quarantine; pct=1", "quarantine", True, 1),
        ("v=DMARC1; p=quarantine; pct=0", "quarantine", False, 0),  # §6.6.4: none for all mail
        ("v=DMARC1; p=reject; pct=0", "reject", True, 0),  # §6.6.4: quarantine for all mail
        ("v=DMARC1; p=none; sp=reject; np=reject", "none", False, 100),
        ("v=DMARC1; p=reject; np=block", "reject", True, 100),  # np is unknown there
    ],
)
def test_own_record(
    older: Callable[..., Any], record: str, policy: str, enforced: bool, pct: int
) -> None:
    assert older("example.jp", {"_dmarc.example.jp": text(record)}) == {
        "policy_domain": "example.jp",
        "org_domain": "example.jp",
        "policy": policy,
        "enforced": enforced,
        "pct": pct,
    }


@pytest.mark.parametrize(
    ("record", "policy"),
    [
        ("v=DMARC1; p=none; sp=reject", "reject"),
        ("v=DMARC1; p=reject", "reject"),
        ("v=DMARC1; p=none; np=reject", "none"),  # the name is missing, and np unknown
    ],
)
def test_inherited_by_the_list_s_organisational_domain(
    older: Callable[..., Any], record: str, policy: str
) -> None:
    found = older("a.b.example.co.jp", {"_dmarc.example.co.jp": text(record)})
    assert (found["policy_domain"], found["org_domain"]) == ("example.co.jp", "example.co.jp")
    assert found["policy"] == policy


@pytest.mark.parametrize("at", ["_dmarc.b.example.jp", "_dmarc.jp"])
def test_no_other_name_counts(older: Callable[..., Any], at: str) -> None:
    zone = {at: text("v=DMARC1; p=reject; psd=y")}
    assert older("a.b.example.jp", zone) == {"org_domain": "example.jp", **NOTHING}


def test_several_own_records_end_it(older: Callable[..., Any]) -> None:
    """§6.6.3 step 5; RFC 9989 §4.10 discards them and walks on."""
    zone = {
        "_dmarc.a.example.jp": text("v=DMARC1; p=reject", "v=DMARC1; p=none"),
        "_dmarc.example.jp": text("v=DMARC1; p=reject"),
    }
    assert older("a.example.jp", zone) == {"org_domain": "example.jp", **NOTHING}


@pytest.mark.parametrize(
    ("record", "policy"),
    [
        ("v=DMARC1; rua=mailto:d@example.jp", "none"),  # §6.6.3 step 6
        ("v=DMARC1; p=reject; sp=x; rua=mailto:d@example.jp", "none"),
        ("v=DMARC1; p=reject; sp=x", None),
        ("v=DMARC1; p=x", None),
    ],
)
def test_without_valid_policies(older: Callable[..., Any], record: str, policy: str | None) -> None:
    assert older("example.jp", {"_dmarc.example.jp": text(record)})["policy"] == policy


@pytest.mark.parametrize(
    ("domain", "failing", "is_hidden"),
    [
        ("a.example.jp", "_dmarc.a.example.jp", True),
        ("a.example.jp", "_dmarc.example.jp", True),
        ("a.example.jp", "_dmarc.jp", False),  # never asked by RFC 7489
        ("example.jp", "_dmarc.example.jp", True),
    ],
)
def test_a_failure_hides_what_it_hides(
    older: Callable[..., Any], domain: str, failing: str, is_hidden: bool
) -> None:
    found = older(domain, {failing: {"TXT": "SERVFAIL"}})
    assert found == {
        "org_domain": "example.jp",  # the list's, whatever fails
        **(dict.fromkeys(NOTHING, "unknown") if is_hidden else NOTHING),
    }


def test_an_own_record_is_known_whatever_fails_above(older: Callable[..., Any]) -> None:
    zone: dict[str, Any] = {"_dmarc.a.example.jp": text("v=DMARC1; p=reject")}
    zone["_dmarc.example.jp"] = {"TXT": "REFUSED"}
    assert older("a.example.jp", zone)["policy"] == "reject"


def test_a_public_suffix_has_itself(older: Callable[..., Any]) -> None:
    assert older("co.jp", {"_dmarc.co.jp": text("v=DMARC1; p=reject")})["policy_domain"] == "co.jp"


# --- what is broken -------------------------------------------------------------------------------

BROKEN = {  # record → classes by RFC 9989, by RFC 7489
    "v=DMARC1; p=reject": ([], []),
    "v=DMARC1; p=reject; pct=50; rf=afrf; ri=3600": ([], []),
    "v=DMARC1; rua=mailto:d@d.jp; p=none": ([], ["policy_not_second"]),
    "v=DMARC1; rua=mailto:d@d.jp": ([], ["policy_missing"]),
    "v=DMARC1; p=reject; np=block; rua=mailto:d@d.jp": (["policy"], []),
    "v=DMARC1; p=block; rua=mailto:d@d.jp": (["policy"], ["policy"]),
    "v=DMARC1; p=block": (["policy", "not_processed"], ["policy"]),
    "v=dmarc1; p=reject": (["version"], ["version"]),
    "p=reject; v=DMARC1": (["version"], ["version"]),
    "v=DMARC1 p=reject": (["missing_semicolon"], ["missing_semicolon"]),
    "v=DMARC1; p=reject; adkim=strict": (["ignored_part"], ["ignored_part"]),
    "v=DMARC1; p=reject|v=DMARC1; p=none": (["multiple_records"], ["multiple_records"]),
}


def test_rule_sets(survey: Callable[..., Any]) -> None:
    zone: dict[str, Any] = {
        f"_dmarc.d{number}.jp": text(*records.split("|")) for number, records in enumerate(BROKEN)
    }
    zone["_dmarc.hidden.jp"] = {"TXT": "SERVFAIL"}
    zone["_dmarc.other.jp"] = text("nothing to do with it")
    names = [f"d{number}.jp" for number in range(len(BROKEN))]
    found = survey([dmarc], {"zone": zone}, *names, "hidden.jp", "other.jp", "none.jp")
    for name, classes in zip(names, BROKEN.values(), strict=True):
        codes = set(found.codes(name))
        got = [
            [one.name for one in rules.classes if codes & set(one.codes)]
            for rules in dmarc.RULE_SETS
        ]
        assert got == list(classes), name
    cohort = Cohort(name="all", lists=(ListFile("x"),))
    states = pl.DataFrame(
        list(found.states.values()),
        schema={"domain": pl.String, "exists": pl.Boolean, **polars_schema(dmarc.COLUMNS)},
    ).lazy()
    domains = states.select("domain", cohorts=pl.lit(["all"], pl.List(pl.String)))
    args = (states, found.findings.lazy(), domains, [cohort], dmarc.RULE_SETS)
    table = mistakes(*args).filter(pl.col("class") == "broken")
    assert table.select("rule_set", "yes", "no", "of", "of_unknown").rows() == [
        ("rfc9989", 7, 5, 12, 1),
        ("rfc7489", 8, 4, 12, 1),
    ]
    apart = disagreement(*args).filter(pl.col("class") == "broken")
    assert apart.select("rule_set", "other", "yes").rows() == [
        ("rfc9989", "rfc7489", 1),
        ("rfc7489", "rfc9989", 2),
    ]
