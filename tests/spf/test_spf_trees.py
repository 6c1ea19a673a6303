"""Trees of records: the numbers and findings that a zone comes to, computed by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

CASES = yaml.safe_load(
    (Path(__file__).parent.parent / "cases" / "spf-trees.yaml").read_text("utf-8")
)
Survey = Callable[..., dict[str, dict[str, Any]]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_tree(case: dict[str, Any], survey: Survey) -> None:
    domain = case.get("domain", "a.jp")
    seen = survey(case["zone"], [domain])[domain]
    assert {key: seen[key] for key in case["expect"]} == case["expect"]
    assert {key: seen["row"][key] for key in case.get("row", {})} == case.get("row", {})
    assert sorted(written(found) for found in seen["found"]) == sorted(case["findings"])


def written(found: dict[str, Any]) -> str:
    """A finding as the cases write it."""
    at = "-" if found["at"] is None else found["at"]
    where = "" if found["name"] == found["domain"] else f" {found['name']}"
    return f"{found['code']} @{at}{where}"


def test_one_run_is_as_good_as_many(survey: Survey) -> None:
    """What is remembered from one domain to the next changes nothing."""
    zone: dict[str, dict[str, Any]] = {}
    for number, case in enumerate(CASES):
        text = yaml.safe_dump(case["zone"], allow_unicode=True)
        for name in ("a.jp", "b.jp", "c.jp", "d.jp"):
            text = text.replace(name, f"{name[0]}{number}.jp")
        zone |= yaml.safe_load(text) if "domain" not in case and "aaaa" not in text else {}
    domains = sorted(name for name in zone if zone[name].get("TXT"))
    together = survey(zone, domains)
    assert len(domains) > 100
    for domain in domains[::7]:
        assert survey(zone, [domain])[domain] == together[domain]
    assert survey(zone, domains[::-1]) == together


def test_cause_is_told(survey: Survey) -> None:
    zone = {
        "a.jp": {"TXT": ["v=spf1 include:b.jp -all"]},
        "b.jp": {"TXT": ["v=spf1 include:c.jp -all"]},
        "c.jp": {"TXT": ["v=spf1 ipv4:192.0.2.1 -all"]},
    }
    found = survey(zone, ["a.jp"])["a.jp"]["found"]
    assert [one["evidence"] for one in found] == ["include:b.jp (c.jp: spf.syntax)"]


def test_records_that_all_include_each_other(survey: Survey) -> None:
    """A full mesh has too many paths to walk: the number is open, the error is not."""
    names = [f"m{number}.jp" for number in range(14)]
    text = "v=spf1 " + " ".join(f"include:{name}" for name in names) + " -all"
    seen = survey({name: {"TXT": [text]} for name in names}, names[:2])["m1.jp"]
    assert seen["lookups"] is None
    assert seen["row"]["spf_valid"] is False
    assert {"spf.include_loop", "spf.too_many_lookups"} <= set(seen["codes"])


def test_thousands_of_terms_in_order(survey: Survey) -> None:
    """RFC 7208 §4.6.2: the first match decides, so the lower half of each /24 fails."""
    pairs = [(high, low) for high in range(6) for low in range(250)]
    terms = [f"-ip4:10.{high}.{low}.0/25 ip4:10.{high}.{low}.0/24 " for high, low in pairs]
    strings = ["v=spf1 ", *terms, "-all"]
    seen = survey({"a.jp": {"TXT": [strings]}}, ["a.jp"])["a.jp"]
    assert (seen["ipv4_addresses"], seen["found"]) == (1500 * 128, [])


def test_a_mesh_of_records_of_64_kib(survey: Survey) -> None:
    """Neither the paths nor the terms are walked to the end; what is certain is told."""
    names = [f"m{number}.jp" for number in range(10)]
    includes = [f"include:{name} " for name in names]
    zone = {
        name: {"TXT": [["v=spf1 ", *includes, *["a " * 125] * 240, "-all"]], "A": ["192.0.2.1"]}
        for name in names
    }
    seen = survey(zone, ["m0.jp"])["m0.jp"]
    assert (seen["tree"], seen["lookups"]) == ("unknown", None)
    assert {"spf.include_loop", "spf.too_many_lookups"} <= {one["code"] for one in seen["found"]}


def test_chain_longer_than_the_crawl(survey: Survey) -> None:
    """What the crawl cut off is unknown, never absent."""
    zone = {f"c{n}.jp": {"TXT": [f"v=spf1 include:c{n + 1}.jp -all"]} for n in range(300)}
    seen = survey(zone, ["c0.jp"], depth=5)["c0.jp"]
    assert (seen["tree"], seen["lookups"], seen["codes"]) == ("unknown", None, [])
    deep = survey(zone, ["c0.jp"], depth=1000)["c0.jp"]
    assert (deep["tree"], deep["codes"]) == ("unknown", ["spf.too_many_lookups"])


def test_cycles_and_order(survey: Survey) -> None:
    """A cycle's numbers depend on where it is entered, not on who was judged before."""
    zone = {
        "a.jp": {"TXT": ["v=spf1 include:b.jp -all"]},
        "b.jp": {"TXT": ["v=spf1 include:c.jp a:c.jp -all"]},
        "c.jp": {"TXT": ["v=spf1 include:a.jp include:b.jp -all"], "A": ["192.0.2.1"]},
    }
    # a: b, (c, (a back, b back), a:c.jp); b: c, (a, (b back), b back), a:c.jp
    # c: a, (b, (c back, a:c.jp)), b, (c back, a:c.jp)
    for order in (["a.jp", "b.jp", "c.jp"], ["c.jp", "b.jp", "a.jp"]):
        seen = survey(zone, order)
        assert {name: seen[name]["lookups"] for name in order} == {
            "a.jp": 5,
            "b.jp": 5,
            "c.jp": 7,
        }
