"""checkdmarc on all real records: a second opinion on each, and a line for each kind of difference.

Both sides ask one zone, without a network: the records that real organisations publish. What these
delegate elsewhere is not among them, so it is put beside them: an include or redirect that leads
outside finds `v=spf1 ?all`, and every second host that reports go to accepts them by a wildcard.

A difference that its kind does not explain fails, and so does a kind that is no longer met.
"""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import checkdmarc.bimi
import checkdmarc.dmarc
import checkdmarc.mta_sts
import checkdmarc.smtp_tls_reporting
import checkdmarc.spf
import checkdmarc.utils
import dns.message
import dns.rdatatype
import dns.resolver
import polars as pl
import pytest
import requests

from pipeline import message
from pipeline.ask.dns.zone import RESOLVER, engine
from pipeline.ask.waves import Crawl
from pipeline.config import Asking, Limits
from pipeline.judge import judge
from pipeline.lab.zone import Zone
from pipeline.population.suffixes import registrable
from pipeline.protocols import bimi, dmarc, mtasts, mx, spf, tlsrpt
from pipeline.protocols.protocol import Context
from pipeline.schema import FACTS
from pipeline.store import Store
from pipeline.words import EngineName, Level
from pipeline.workers import Here

RECORDS = "real/dns/records.jsonl.gz"
LEADS = re.compile(r"(?:include:|redirect=)([a-z0-9._-]+)", re.I)
HOSTS = re.compile(r"mailto:[^@,; ]+@([a-z0-9.-]+)", re.I)

UNRELATED = "RFC 9989 §4.10 step 2: other texts are discarded; checkdmarc refuses to go on"
GONE = (
    "RFC 9989 §4.10.1: np is for names that do not exist, so the walk goes on (here: an alias "
    "whose target is gone); checkdmarc stops at the domain's NXDOMAIN"
)
VOID_MX = (
    "RFC 7208 §4.6.4: an mx whose hosts have no address finds nothing, and is void; "
    "checkdmarc counts only the answer to the MX question"
)
PER_LOOKUP = "the same, where that is what passes the limit of two"


# --- one zone for both ----------------------------------------------------------------------------


class World:
    """Who publishes what. texts: owner → the texts at it; rows: owner → all that stands there."""

    def __init__(self, path: Path) -> None:
        self.texts: dict[str, list[str]] = defaultdict(list)
        self.rows: dict[str, set[str]] = defaultdict(set)
        for row in map(json.loads, gzip.decompress(path.read_bytes()).splitlines()):
            name = row["name"].removesuffix(".").lower()
            if row["type"] == "TXT":
                self.texts[name].append("".join(row["strings"]))
            self.rows[name].add(json.dumps([row["type"], row.get("strings", row.get("rdata"))]))
        self.zone = Zone.load(path)
        self.elsewhere = Zone.from_json({"zone": self.led_to()})

    def led_to(self) -> dict[str, Any]:
        """What the records lead to and do not have themselves, in the form of a zone file."""
        led = {
            name.lower().rstrip(".") for one in self.said("v=spf1") for name in LEADS.findall(one)
        }
        hosts = {name.lower() for one in self.said("v=dmarc1") for name in HOSTS.findall(one)}
        texts = dict.fromkeys(led, "v=spf1 ?all")
        texts |= {f"*._report._dmarc.{name}": "v=DMARC1" for name in sorted(hosts)[::2]}
        return {name: {"TXT": [[text]]} for name, text in texts.items() if name not in self.rows}

    def answer(self, name: str, qtype: int, cd: bool) -> bytes | None:
        """The message that answers a question."""
        outside = self.elsewhere.answer(name, qtype, cd)
        rrs = message.decode(outside).rrs if outside else ()
        if any(rr.section == message.ANSWER for rr in rrs):
            return outside
        return self.zone.answer(name, qtype, cd)

    def said(self, version: str) -> Iterator[str]:
        """All texts of a version."""
        for texts in self.texts.values():
            yield from (text for text in texts if text.lower().startswith(version))

    @property
    def domains(self) -> list[str]:
        """Who publishes DMARC or SPF."""
        meant = re.compile("spf1|dmarc1", re.I)
        publish = {
            name
            for name, texts in self.texts.items()
            if name.startswith("_dmarc.") or meant.search(" ".join(texts))
        }
        return sorted({name.removeprefix("_dmarc.") for name in publish})

    def resolve(self, domain: str, record_type: str, **_: Any) -> list[Any]:
        """checkdmarc's question for its network, answered from the zone."""
        qtype = dns.rdatatype.from_text(record_type)
        try:
            wire = self.answer(domain, int(qtype), False)
        except ValueError:
            raise dns.resolver.NoNameservers from None  # no name at all
        assert wire is not None
        answer = dns.message.from_wire(wire)
        if answer.rcode() == dns.rcode.NXDOMAIN:
            raise dns.resolver.NXDOMAIN
        found = [rrset for rrset in answer.answer if rrset.rdtype == qtype]
        if not found:
            raise dns.resolver.NoAnswer(response=answer)
        return list(found[0])


@pytest.fixture(scope="module")
def world(shared: Path) -> World:
    return World(shared / RECORDS)


class Ours:
    """What the survey makes of the zone: states, and the codes of each domain."""

    def __init__(self, world: World, folder: Path) -> None:
        protocols = (mx, spf, dmarc)
        store = Store(folder / "facts")
        context = Context(frozenset([RESOLVER]), registrable)
        domains = pl.LazyFrame({"domain": world.domains})
        Crawl(
            protocols=protocols,
            context=context,
            store=store,
            workers=Here(store, engine(world.answer)),
            engine=EngineName.ZONE,
            resolvers=(),
            asking=Asking(rounds=0),
            limits=Limits(),
            bar=lambda title, total: lambda done, failed: None,
        ).run(domains)
        found, states = judge(protocols, store.scan("facts", FACTS), domains, context)
        self.states = {row["domain"]: row for row in states.collect().to_dicts()}
        self.codes: dict[str, set[str]] = defaultdict(set)
        for domain, code in found.select("domain", "code").collect().iter_rows():
            self.codes[domain].add(code)


@pytest.fixture(scope="module")
def ours(world: World, tmp_path_factory: pytest.TempPathFactory) -> Ours:
    return Ours(world, tmp_path_factory.mktemp("real"))


@pytest.fixture
def offline(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """checkdmarc without its network and without what it remembers of other tests."""

    def refuse(*_: Any, **__: Any) -> None:
        raise requests.ConnectionError

    monkeypatch.setattr(checkdmarc.utils, "_resolve_with_failover", world.resolve)
    monkeypatch.setattr(checkdmarc.utils, "DNS_CACHE", {})
    monkeypatch.setattr(requests.Session, "get", refuse)


# --- DMARC ----------------------------------------------------------------------------------------

TOLD = {  # a warning of theirs → the finding it is here
    "Unknown DMARC tag": "dmarc.unknown_tag",
    "was removed in RFC 9989": "dmarc.removed_tag",
    "is obsolete in RFC 9989": "dmarc.report_size",
    "does not immediately follow": "dmarc.policy_not_second",
    "A missing p tag": "dmarc.policy_missing",
    "at the root of": "dmarc.wrong_name",
}


def addresses(tags: dict[str, Any], name: str) -> list[str]:
    """The addresses that they found in rua or ruf."""
    return [f"mailto:{uri['address']}" for uri in tags.get(name, {}).get("value", [])]


def told(warnings: list[str], part: str) -> bool:
    return any(part in warning for warning in warnings)


def dmarc_differences(domain: str, ours: Ours, theirs: dict[str, Any]) -> Iterator[str]:
    """In which keys the two differ on one domain."""
    state = ours.states[domain]
    shown = dmarc.show(state)
    if not theirs["valid"]:
        if told([theirs["error"]], "Unrelated TXT records"):
            yield "unrelated"
        elif theirs["error"] == "The domain does not exist." and shown["policy"] is not None:
            yield "gone"
        elif shown["policy"] is not None or not told([theirs["error"]], "does not exist"):
            yield "validity"
        return
    tags, warnings = theirs["tags"], theirs["warnings"]
    is_own = theirs["location"] == domain
    tag = "p" if is_own else "sp" if state["exists"] else "np"
    refused = {
        address
        for address in addresses(tags, "rua") + addresses(tags, "ruf")
        if told(warnings, f"{address.rpartition('@')[2]} does not indicate that it accepts")
    }
    expected = {
        "policy_domain": theirs["location"],
        "inherited": not is_own,
        "policy": tags[tag]["value"],
        "rua": addresses(tags, "rua"),
        "ruf": addresses(tags, "ruf"),
    }
    yield from (key for key, value in expected.items() if shown[key] != value)
    if {one for one, said in shown["external"].items() if said == "not_authorised"} != refused:
        yield "external"
    if is_own:
        for part, code in TOLD.items():
            if told(warnings, part) != (code in ours.codes[domain]):
                yield code


DMARC_KINDS = {"unrelated": UNRELATED, "gone": GONE}


@pytest.mark.usefixtures("offline")
def test_dmarc(world: World, ours: Ours) -> None:
    kinds: dict[str, list[str]] = defaultdict(list)
    valid = external = 0
    for domain in world.domains:
        theirs = checkdmarc.dmarc.check_dmarc(domain)
        valid += theirs["valid"]
        external += "authorised" in dmarc.show(ours.states[domain])["external"].values()
        for kind in dmarc_differences(domain, ours, theirs):
            kinds[kind].append(domain)
    for domain in kinds["unrelated"]:  # and where they may go on?
        theirs = checkdmarc.dmarc.check_dmarc(domain, ignore_unrelated_records=True)
        for kind in dmarc_differences(domain, ours, theirs):
            kinds[kind].append(domain)
    assert set(kinds) == set(DMARC_KINDS), dict(kinds)
    assert valid > 700  # nothing was compared if they refused most
    assert external > 50


# --- SPF ------------------------------------------------------------------------------------------

QUALIFIERS = {"pass": "+", "fail": "-", "softfail": "~", "neutral": "?"}
SPF_KINDS = {"void": VOID_MX, "void limit": PER_LOOKUP}


def spf_differences(
    state: dict[str, Any], codes: set[str], theirs: dict[str, Any]
) -> Iterator[str]:
    """In what the two differ on one domain."""
    if state["spf"] == "absent":
        if not told([theirs.get("error", "")], "does not exist"):
            yield "presence"
    elif theirs["valid"] != state["spf_valid"]:
        errors = {one.code for one in spf.FINDINGS if one.level is Level.ERROR} & codes
        is_limit = errors == {"spf.void_lookups"} and has_mx(theirs["record"])
        yield "void limit" if is_limit else "validity"
    elif state["spf_valid"]:
        if theirs["dns_lookups"] != state["spf_lookups"]:
            yield "lookups"
        if QUALIFIERS[theirs["parsed"]["all"]] != state["spf_effective_all"]:
            yield "all"
        more = state["spf_void_lookups"] - theirs["void_dns_lookups"]
        if more:
            yield "void" if 0 < more <= has_mx(theirs["record"]) else "void lookups"


def has_mx(record: str) -> int:
    """How many mx terms."""
    return len(re.findall(r"(?:^| )[+?~-]?mx(?=[ :/]|$)", record, re.I))


@pytest.mark.usefixtures("offline")
def test_spf(world: World, ours: Ours) -> None:
    kinds: dict[str, list[Any]] = defaultdict(list)
    seen: dict[Any, str] = {}
    for domain in world.domains:  # parked names by the hundred say the same: once each
        seen.setdefault(frozenset(world.rows[domain]), domain)
    for domain in seen.values():
        theirs = checkdmarc.spf.check_spf(domain)
        for kind in spf_differences(ours.states[domain], ours.codes[domain], theirs):
            kinds[kind].append((domain, theirs.get("record"), theirs.get("error")))
    assert set(kinds) == set(SPF_KINDS), dict(kinds)
    assert len(seen) > 400


# --- records that stand alone ---------------------------------------------------------------------


def is_right(parse: Callable[[bytes], Any], text: str) -> bool:
    """Is it one of the protocol's records, without error?"""
    record = parse(text.encode())
    faults = record.faults if record else ()
    return record is not None and all(one.finding.level is not Level.ERROR for one in faults)


def is_taken(parse: Callable[[str], Any], text: str) -> bool:
    """Does checkdmarc read it without an exception?"""
    errors = (
        checkdmarc.bimi.BIMIError,
        checkdmarc.mta_sts.MTASTSError,
        checkdmarc.smtp_tls_reporting.SMTPTLSReportingError,
    )
    try:
        parse(text)
    except errors:
        return False
    return True


ALONE = {
    "v=stsv1": (mtasts.parse, checkdmarc.mta_sts.parse_mta_sts_record, 20),
    "v=tlsrptv1": (
        tlsrpt.parse,
        checkdmarc.smtp_tls_reporting.parse_smtp_tls_reporting_record,
        3,
    ),
    "v=bimi1": (bimi.parse, checkdmarc.bimi.parse_bimi_record, 2),
}


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("version", ALONE)
def test_records(world: World, version: str) -> None:
    ours, theirs, least = ALONE[version]
    texts = set(world.said(version))
    assert len(texts) >= least
    assert [text for text in texts if is_right(ours, text) != is_taken(theirs, text)] == []
