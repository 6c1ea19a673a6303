"""pyspf and checkdmarc on the same records and zones, without a network.

pyspf answers for one client at a time, so a tree's address set is held against it address by
address; where the two differ, the RFC section that decides stands beside the case.
"""

import random
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import checkdmarc.spf
import pytest
import spf as pyspf
import yaml

from pipeline.protocols.spf import parse
from pipeline.protocols.spf.walk import Walk

Survey = Callable[..., dict[str, dict[str, Any]]]

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "spf.yaml").read_text("utf-8"))
TEXTS = [case["spf"] for case in CASES if "spf" in case and case.get("mine", True)]
SYNTAX = {"spf.syntax", "spf.not_ascii", "spf.wrong_dash"}
NAMES = [f"n{number}.jp" for number in range(7)]
CLIENTS = [f"192.0.2.{number}" for number in (0, 1, 2, 3, 5, 8, 64, 127, 128, 200, 255)]

PYSPF_DIFFERS = {
    "v=spf1 a:%{d0}.example.com -all": "§7.3: the number MUST be nonzero; read as all parts",
    "v=spf1 a:\0.example.com -all": "§7.1: macro-literal has no control characters",
}
AFTER_ALL = "§4.6: errors anywhere are detected; not read after all"
DOMAIN_END = "§7.1: domain-end; only warned of"
WHITE_SPACE = "§12: only SP separates; any white space does"
MACROS = "§7.1, §7.2: macro syntax; not read there"
CHECKDMARC_DIFFERS = {
    "V=SPF1 -ALL": "§12: the version has no case; read as lower case only",
    "v=spf1 a:foo:bar/baz.example.com -all": "§7.1: a macro-literal may be a slash; read as prefix",
    "v=spf1 mx\t-all": WHITE_SPACE,
    "v=spf1 ip4:192.0.2.5\r\n include:example.com -all": WHITE_SPACE,
    "v=spf1 mx\u3000-all": WHITE_SPACE,
    "v=spf1 -all moo": AFTER_ALL,
    "v=spf1 -all ip4:192.0.2.256": AFTER_ALL,
    "v=spf1 a:museum -all": DOMAIN_END,
    "v=spf1 a:abc.123 -all": DOMAIN_END,
    "v=spf1 a:example.-com -all": DOMAIN_END,
    "v=spf1 a:example.com:8080 -all": DOMAIN_END,
    "v=spf1 a:%{d}x -all": DOMAIN_END,
    "v=spf1 exists:example.com/24 ~all": DOMAIN_END,
    "v=spf1 include:example.com/24 ~all": DOMAIN_END,
    "v=spf1 include:192.0.2.1 -all": DOMAIN_END,
    "v=spf1 -all exp=%{r}.example.com": MACROS,
    "v=spf1 foo=%abc -all": MACROS,
}


def answering(zone: dict[str, Any]) -> Callable[..., list[Any]]:
    """pyspf's question for its network, answered from a zone literal; "*": every other name."""

    def look_up(name: str, qtype: str, *_: Any) -> list[Any]:
        rows = zone.get(name.lower(), zone.get("*", {})).get(qtype, [])
        if qtype == "TXT":
            return [((name, "TXT"), [row.encode("utf-8", "surrogateescape")]) for row in rows]
        return [((name, qtype), tuple(row) if qtype == "MX" else row) for row in rows]

    return look_up


def counted(zone: dict[str, Any], domain: str, patch: pytest.MonkeyPatch) -> tuple[int, int]:
    """pyspf's lookups and void lookups for an IPv4 client that no term matches."""
    patch.setattr(pyspf, "DNSLookup", answering(zone))
    query = pyspf.query("203.0.113.5", f"x@{domain}", "h.example", strict=True)
    query.check()
    return query.lookups, query.void_lookups


def opinion(zone: dict[str, Any], domain: str, client: str, patch: pytest.MonkeyPatch) -> str:
    """pyspf's result for one client."""
    patch.setattr(pyspf, "DNSLookup", answering(zone))
    return str(pyspf.query(client, f"x@{domain}", "h.example", strict=True).check()[0])


def has_syntax_error(text: str) -> bool:
    """The judgement that is compared."""
    record = parse(text.encode())
    assert record is not None
    return any(fault.finding.code in SYNTAX for fault in record.faults)


@pytest.mark.parametrize("text", [text for text in TEXTS if text.isascii()])
def test_syntax_pyspf(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = {"TXT": ["v=spf1 ?all"], "A": ["198.51.100.9"], "MX": [[10, "m.example.com"]]}
    zone = {"*": everything, "a.jp": {**everything, "TXT": [text]}}
    theirs = opinion(zone, "a.jp", "203.0.113.5", monkeypatch) == "permerror"
    assert (has_syntax_error(text) != theirs) == (text in PYSPF_DIFFERS)


@pytest.mark.parametrize("text", TEXTS)
def test_syntax_checkdmarc(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        "get_a_records": ["198.51.100.9"],
        "get_mx_records": [{"preference": 10, "hostname": "m.example.com"}],
        "get_txt_records": ["why"],
        "query_spf_record": {"record": "v=spf1 ?all", "warnings": []},
    }
    for name, answer in answers.items():
        monkeypatch.setattr(checkdmarc.spf, name, lambda *_, answer=answer, **__: answer)
    try:
        checkdmarc.spf.parse_spf_record(text, "a.jp")
        theirs = False
    except checkdmarc.spf.SPFSyntaxError:
        theirs = True
    assert (has_syntax_error(text) != theirs) == (text in CHECKDMARC_DIFFERS)


def random_zone(
    dice: random.Random,
    kinds: Sequence[str] = ("ip4", "ip4", "a", "mx", "include", "exists"),
    alls: Sequence[str] = ("-all", "~all", "?all", "+all"),
) -> dict[str, Any]:
    """Records that include, redirect and shadow each other; gone.jp is missing."""
    zone: dict[str, Any] = {}
    for number, name in enumerate(NAMES):
        later = NAMES[number + 1 :] + (["gone.jp"] if dice.random() < 0.2 else [])
        terms = [random_term(dice, later, kinds) for _ in range(dice.randrange(5))]
        last = dice.choice([*alls, "", ""])
        if not last and later and dice.random() < 0.6:
            last = f"redirect={dice.choice(later)}"
        zone[name] = {
            "TXT": [" ".join(["v=spf1", *terms, last]).strip()],
            "A": [f"192.0.2.{dice.randrange(256)}" for _ in range(dice.randrange(1, 4))],
            "MX": [[n, dice.choice(NAMES)] for n in range(dice.randrange(3))],
        }
    return zone


def random_term(dice: random.Random, later: list[str], kinds: Sequence[str]) -> str:
    kind = dice.choice(kinds)
    qualifier = dice.choice(["", "", "", "+", "-", "?", "~"])
    target = dice.choice(later or ["gone.jp"])
    if kind == "ip4":
        return f"{qualifier}ip4:192.0.2.{dice.randrange(256)}/{dice.randrange(22, 33)}"
    if kind in ("a", "mx"):
        prefix = dice.choice(["", "", "/25", "/30"])
        return f"{qualifier}{kind}{dice.choice(['', ':' + target])}{prefix}"
    return f"{qualifier}{kind}:{target}"


@pytest.mark.parametrize("seed", range(60))
def test_random_zone(
    seed: int,
    survey: Survey,
    walk_of: Callable[..., Walk],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    zone = random_zone(random.Random(seed))
    seen, walk = survey(zone, NAMES), walk_of(zone, NAMES)
    for name in NAMES:
        record = parse(zone[name]["TXT"][0].encode())
        assert record is not None
        passes = walk.root(name, record).passes
        for client in CLIENTS:
            result = opinion(zone, name, client, monkeypatch)
            if seen[name]["row"]["spf_valid"]:
                does_pass = any(first <= int(IPv4Address(client)) < end for first, end in passes)
                assert result in ("pass", "fail", "softfail", "neutral"), (name, client, zone)
                assert (result == "pass") == does_pass, (name, client, zone)
            elif result != "permerror":
                assert result in ("pass", "fail", "softfail", "neutral"), (name, client, zone)


@pytest.mark.parametrize("seed", range(60))
def test_counts(
    seed: int,
    survey: Survey,
    walk_of: Callable[..., Walk],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where nothing ends the evaluation early, pyspf meets every term."""
    zone = random_zone(
        random.Random(seed), kinds=("ip4", "a", "mx", "include"), alls=("-all", "~all")
    )
    seen, walk = survey(zone, NAMES), walk_of(zone, NAMES)
    for name in NAMES:
        record = parse(zone[name]["TXT"][0].encode())
        assert record is not None
        if seen[name]["row"]["spf_valid"]:
            tree = walk.root(name, record)
            assert counted(zone, name, monkeypatch) == (tree.lookups, tree.void4), (name, zone)


def test_void_hosts(survey: Survey, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 7208 §4.6.4 limits the *terms* that meet nothing; pyspf counts each host of an mx."""
    zone = {
        "n0.jp": {"TXT": ["v=spf1 mx -all"], "MX": [[1, "x.n0.jp"], [2, "y.n0.jp"]]},
    }
    assert survey(zone, ["n0.jp"])["n0.jp"]["void_lookups"] == 1
    assert counted(zone, "n0.jp", monkeypatch) == (1, 2)
