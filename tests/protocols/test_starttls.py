"""STARTTLS: what visits say of hosts and domains, and whom to visit."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from pipeline.protocols import starttls
from pipeline.protocols.protocol import VISIT_ASKS, Context, Wanted
from pipeline.words import Outcome
from tests.visited import visit, with_visits

CASES = yaml.safe_load(
    (Path(__file__).parent.parent / "cases" / "starttls.yaml").read_text("utf-8")
)
DOMAIN = "example.jp"
HOST = pl.Struct({"host": pl.String, "state": pl.String, "base": pl.String, "verdict": pl.String})


def domain(mx: str = "present", hosts: Any = (), policy: str | None = None) -> pl.LazyFrame:
    return pl.LazyFrame(
        {
            "domain": [DOMAIN],
            "mx": [mx],
            "mx_hosts": pl.Series([list(hosts)], dtype=pl.List(pl.String)),
            "mtasts_policy": ["valid" if policy else "not_fetched"],
            "mtasts_mode": pl.Series([policy], dtype=pl.String),
        }
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["claim"])
def test_domains(case: dict[str, Any], crawled: Any, context: Context) -> None:
    facts, visits, number = [], [], 0
    for host, said in case["at"].items():
        addresses = [f"192.0.2.{number + place}" for place in range(len(said))]
        number += len(said)
        facts.append(crawled.fact(host, "A", addresses))
        visits += [visit(at, host, text) for at, text in zip(addresses, said, strict=True)]
    for host in case.get("no_address", ()):
        facts += [crawled.fact(host, family) for family in ("A", "AAAA")]
    for host in case.get("unresolved", ()):
        facts.append(crawled.fact(host, "A", outcome=Outcome.TIMEOUT))
    about = domain(hosts=case["mx"], policy=case.get("policy"))
    findings, states = starttls.judge(crawled.frame(*facts), about, with_visits(context, *visits))
    (state,) = states.collect().to_dicts()
    assert state["starttls"] == case["starttls"]
    assert state["starttls_certificates"] == case["certificates"]
    words = {
        host["host"]: " ".join(
            host[key] for key in ("state", "version", "certificate") if host[key]
        )
        for host in state["starttls_hosts"]
    }
    told = {
        host: text.split()[0] if text.startswith("plain") else text for host, text in words.items()
    }
    assert told == {host: text.split()[0] if text.startswith("plain") else text
                    for host, text in case["hosts"].items()}  # fmt: skip
    assert sorted(findings.collect()["code"].to_list()) == case.get("codes", [])


def test_every_finding_has_a_case() -> None:
    told = {code for case in CASES for code in case.get("codes", [])}
    assert told == {one.code for one in starttls.FINDINGS}


@pytest.mark.parametrize("mx", ["unknown", "not_observed"])
def test_hidden_mx(mx: str, crawled: Any, context: Context) -> None:
    about = domain(mx).with_columns(mx_hosts=pl.lit(None, pl.List(pl.String)))
    _, states = starttls.judge(crawled.frame(), about, with_visits(context))
    (state,) = states.collect().to_dicts()
    assert (state["starttls"], state["starttls_certificates"]) == (mx, mx)
    assert state["starttls_hosts"] is None


@pytest.mark.parametrize("mx", ["null_mx", "absent"])
def test_takes_no_mail(mx: str, crawled: Any, context: Context) -> None:
    _, states = starttls.judge(crawled.frame(), domain(mx), with_visits(context))
    (state,) = states.collect().to_dicts()
    assert state["starttls"] == "not_applicable"


def test_nothing_was_visited(crawled: Any, context: Context) -> None:
    facts = crawled.frame(crawled.fact("mx.example.jp", "A", ["192.0.2.1"]))
    _, states = starttls.judge(facts, domain(hosts=["mx.example.jp"]), context)
    (state,) = states.collect().to_dicts()
    assert (state["starttls"], state["starttls_certificates"]) == ("not_observed",) * 2


def test_implicit_mx(crawled: Any, context: Context) -> None:
    facts = crawled.frame(crawled.fact(DOMAIN, "A", ["192.0.2.1"]))
    seen = with_visits(context, visit("192.0.2.1", DOMAIN, "encrypted"))
    _, states = starttls.judge(facts, domain("implicit"), seen)
    assert states.collect()["starttls"].to_list() == ["all"]


def test_shown_for_another_name(crawled: Any, context: Context) -> None:
    # STARTTLS is the address' own; which certificate this name would get was not seen
    facts = crawled.frame(crawled.fact("mx.example.jp", "A", ["192.0.2.1"]))
    seen = with_visits(context, visit("192.0.2.1", "mx.other.example", "encrypted"))
    _, states = starttls.judge(facts, domain(hosts=["mx.example.jp"]), seen)
    (state,) = states.collect().to_dicts()
    assert (state["starttls"], state["starttls_certificates"]) == ("all", "not_observed")


def test_a_handshake_that_failed_under_another_name(crawled: Any, context: Context) -> None:
    # a server may refuse a name and not the next one
    facts = crawled.frame(crawled.fact("mx.example.jp", "A", ["192.0.2.1"]))
    seen = with_visits(context, visit("192.0.2.1", "mx.other.example", "handshake_failed"))
    findings, states = starttls.judge(facts, domain(hosts=["mx.example.jp"]), seen)
    assert states.collect()["starttls"].to_list() == ["not_observed"]
    assert findings.collect().is_empty()
    # what is said before the handshake is said of every name
    seen = with_visits(context, visit("192.0.2.1", "mx.other.example", "not_offered"))
    _, states = starttls.judge(facts, domain(hosts=["mx.example.jp"]), seen)
    assert states.collect()["starttls"].to_list() == ["none"]


def test_measures(crawled: Any, context: Context) -> None:
    host = pl.Struct({"state": pl.String})
    rows = [
        # starttls, starttls_certificates, hosts, all, any, valid
        ("all", "all", ["encrypted"], True, True, True),
        ("all", "none", ["encrypted"], True, True, False),
        ("some", "some", ["encrypted", "plain"], False, True, False),
        ("none", "none", ["plain"], False, False, False),
        ("none", "none", ["plain", "not_observed"], False, False, False),  # one without address
        ("unknown", "unknown", ["encrypted", "unknown"], None, True, None),
        ("unknown", "unknown", ["plain", "unknown"], None, None, None),
        ("not_applicable", "not_applicable", [], False, False, False),
        ("not_observed", "not_observed", ["not_observed"], None, None, None),
    ]
    frame = pl.DataFrame(
        {
            "starttls": [row[0] for row in rows],
            "starttls_certificates": [row[1] for row in rows],
            "starttls_hosts": [[{"state": word} for word in row[2]] for row in rows],
        },
        schema_overrides={"starttls_hosts": pl.List(host)},
    )
    for place, measure in enumerate(starttls.MEASURES, 3):
        found = frame.select(measure.value.alias("value"))["value"].to_list()
        assert found == [row[place] for row in rows], measure.name


# --- whom to visit -------------------------------------------------------------------------------


def states(*rows: dict[str, Any]) -> pl.LazyFrame:
    schema = {
        "domain": pl.String,
        "mx": pl.String,
        "mx_hosts": pl.List(pl.String),
        "mtasts_txt": pl.String,
        "dane_hosts": pl.List(HOST),
    }
    plain = {"mx": "present", "mtasts_txt": "absent", "dane_hosts": []}
    return pl.LazyFrame([plain | row for row in rows], schema=schema)


def asked(facts: pl.LazyFrame, rows: pl.LazyFrame, context: Context) -> set[tuple]:
    wanted = starttls.visits(facts, rows, context).collect()
    assert wanted.schema == VISIT_ASKS
    assert set(wanted["purpose"]) <= {"survey"}
    return set(wanted.select("address", "sni", "operator", "is_needed").rows())


def test_visits(crawled: Any, context: Context) -> None:
    facts = crawled.frame(
        crawled.fact("mx.a.jp", "A", ["192.0.2.1", "192.0.2.2"]),
        crawled.fact("mx.a.jp", "AAAA", ["2001:db8::1"]),
        crawled.fact("mx.b.jp", "A", ["192.0.2.1"]),
        crawled.fact("c.jp", "A", ["192.0.2.3"]),
        crawled.fact("mx.d.jp", "A", outcome=Outcome.TIMEOUT),
    )
    rows = states(
        {"domain": "a.jp", "mx_hosts": ["mx.a.jp"]},
        {"domain": "b.jp", "mx_hosts": ["mx.b.jp"], "mtasts_txt": "valid"},
        {"domain": "c.jp", "mx": "implicit", "mx_hosts": []},
        {"domain": "d.jp", "mx_hosts": ["mx.d.jp"]},
        {"domain": "e.jp", "mx": "null_mx", "mx_hosts": []},
    )
    seen = with_visits(context)
    expected = {
        ("192.0.2.1", "mx.a.jp", "a.jp", False),
        ("192.0.2.2", "mx.a.jp", "a.jp", False),
        ("192.0.2.1", "mx.b.jp", "b.jp", True),  # MTA-STS: by its own name, RFC 8461 §4.1
        ("192.0.2.3", "c.jp", "c.jp", False),  # RFC 5321 §5.1
    }
    assert asked(facts, rows, seen) == expected
    by_both = Context(seen.trusted, seen.registrable, Wanted(ipv6=True), visits=seen.visits)
    more = {("2001:db8::1", "mx.a.jp", "a.jp", False)}
    assert asked(facts, rows, by_both) == expected | more


def test_tlsa_base_domain(crawled: Any, context: Context) -> None:
    # RFC 7672 §8.1: SNI is the TLSA base domain
    facts = crawled.frame(crawled.fact("mx.a.jp", "A", ["192.0.2.1"]))
    host = {"host": "mx.a.jp", "state": "usable", "base": "real.b.jp", "verdict": None}
    rows = states({"domain": "a.jp", "mx_hosts": ["mx.a.jp"], "dane_hosts": [host]})
    assert asked(facts, rows, with_visits(context)) == {
        ("192.0.2.1", "mx.a.jp", "a.jp", False),
        ("192.0.2.1", "real.b.jp", "a.jp", True),
    }


def test_a_name_that_sni_cannot_carry(crawled: Any, context: Context) -> None:
    facts = crawled.frame(crawled.fact("a b.jp", "A", ["192.0.2.1"]))
    rows = states({"domain": "a.jp", "mx_hosts": ["a b.jp"]})
    assert {sni for _, sni, _, _ in asked(facts, rows, with_visits(context))} == {""}
