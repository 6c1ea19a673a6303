"""The main job on what real organisations publish: both engines, through a real validator."""

import ipaddress
import re
from collections import Counter

import dns.zone
import polars as pl
import pytest

from pipeline.words import EngineName, Outcome, QType

from . import crawling
from .conftest import Servers
from .crawling import Crawled, Row, answered, cohort, differences
from .zones import FORGED

pytestmark = pytest.mark.real

DENOMINATORS = ("listed", "exists", "with_mx", "mail_capable")
CANNOT_BE_ASKED = "white.is-a.dev"  # by cares: it publishes `include:://improvmx.com`
FORGED_DOMAINS = [prefix + "wikimediafoundation.org" for prefix in ("m.", "", "www.")]
COUNTS = ("yes", "no", "unknown", "of", "of_unknown")
# An MX below sakura.ne.jp: here the root itself denies it, which only wire sees, and has "jp" as an
# empty non-terminal, which no real root has; asked for its top-level domain, cares finds it there.
BELOW_JP = 2
BY_FLAG = (  # what cares cannot see
    *("dnssec", "dnssec_mx", "dane", "dane_any", "dane_verified", "dane_verified_any", "rfc7672"),
)


@pytest.fixture(scope="session")
def study(servers: Servers, shared, tmp_path_factory):
    """All owner names of the records, counted by each denominator."""
    records = shared / "real/dns/records.jsonl.gz"
    listed = f'{{path = "{records}", column = "name", strata = []}}'
    cohorts = [cohort(name, name, [listed]) for name in DENOMINATORS]
    return crawling.study_file(tmp_path_factory.mktemp("records"), servers.resolver, cohorts)


@pytest.fixture(scope="session")
def by_cares(study) -> Crawled:
    return crawling.crawl(study, EngineName.CARES)


@pytest.fixture(scope="session")
def by_wire(study) -> Crawled:
    return crawling.crawl(study, EngineName.WIRE)


@pytest.fixture(params=["cares", "wire"])  # the resolver's cache is empty for the first
def crawled(request) -> Crawled:
    return request.getfixturevalue(f"by_{request.param}")


# --- what came back ------------------------------------------------------------------------------


def test_every_listed_name_is_counted(crawled):
    manifest = crawled.manifest()
    assert manifest["facts"]["outcome"].get("timeout", 0) == 0
    for counts in manifest["population"].values():
        assert counts["listed"] == 15_625
        assert counts["rejected"] + counts["duplicates"] + counts["domains"] == 15_625
    rejects = crawled.read("rejects").filter(cohort="listed")
    names = rejects.unique("text").group_by("reason").len()
    assert dict(names.rows()) == {"underscore": 2466, "empty_label": 1}
    # of 6,000 owners; six are wildcards right below another domain, and count as that
    assert crawled.read("domains").height == 6000 - 2467 - 6


def test_the_kept_facts_are_what_the_zones_say(crawled, servers):
    facts = crawled.facts()
    assert not differences(facts, servers.truth)
    assert not facts.select("name", "qtype", "cd", "purpose").is_duplicated().any()
    first = {
        (prefix + name, int(qtype))
        for name in crawled.read("domains")["domain"]
        for prefix, qtype in (
            ("", QType.TXT),
            ("", QType.MX),
            ("", QType.SOA),
            ("_dmarc.", QType.TXT),
        )
    }
    assert first <= set(facts.select("name", "qtype").iter_rows())
    counts = answered(facts)
    assert counts[QType.TXT] > 2500
    assert counts[QType.MX] > 900
    assert counts[QType.A] > 500
    assert counts[QType.SOA] > 1000
    assert {QType.AAAA, QType.CNAME} < counts.keys()


@pytest.mark.parametrize("engine", [EngineName.CARES, EngineName.WIRE])
def test_names_that_are_no_mail_domains_too(engine, study, by_wire, servers, tmp_path):
    """`_dmarc.…`, `*.…`, DKIM selectors: no population takes them, but the engines can ask them."""
    owners = {owner.removesuffix(".") for owner in servers.zones.owners}
    names = owners - set(by_wire.read("domains")["domain"])
    assert len(names) > 2400
    store = crawling.crawl_names(study, engine, names, tmp_path)
    facts = Crawled(store).facts()
    assert not differences(facts, servers.truth)
    assert names <= set(facts["name"])
    assert answered(facts)[QType.TXT] > 1000


def test_what_is_forged_is_kept_as_it_came(by_wire, servers):
    """With CD=1 the validator hands on what it does not believe: here, serials of 99…"""
    forged = dns.zone.from_file(str(servers.zones.served[FORGED]), FORGED, relativize=False)
    soa = forged.get_rdataset(FORGED, "SOA")[0]
    of_domains = pl.col("qtype").is_in([int(QType.SOA), int(QType.CNAME)])
    facts = by_wire.facts().filter(pl.col("cd"), of_domains, pl.col("name").is_in(FORGED_DOMAINS))
    assert facts.height > 0
    assert set(facts["ad"]) == {False}
    assert facts["name"].sort().to_list() == FORGED_DOMAINS
    (apex,) = facts.filter(name=FORGED.removesuffix("."))["rrs"].to_list()
    ((_, _, rdata),) = crawling.answer(apex)
    assert rdata == soa.to_digestable()
    assert str(soa.serial).startswith("99")


# --- what it means -------------------------------------------------------------------------------


def test_dnssec_is_as_the_zones_were_built(by_wire, servers):
    states = dict(by_wire.read("states").select("domain", "dnssec").iter_rows())
    assert states == {domain: servers.truth.dnssec(domain) for domain in states}
    counts = Counter(states.values())
    assert counts["secure"] > 500
    assert counts["insecure"] > 2000
    bogus = sorted(domain for domain, state in states.items() if state == "bogus")
    assert bogus == FORGED_DOMAINS
    findings = by_wire.read("findings").filter(code="dnssec.bogus")
    assert findings["evidence"].to_list() == ["EDE 6"] * 3  # RFC 8914 §4.7


def test_cares_sees_no_dnssec(by_cares):
    assert set(by_cares.read("states")["dnssec"]) == {"not_observed"}
    rows = by_cares.read("tables/adoption").filter(measure="dnssec")
    assert rows["not_observed"].to_list() == rows["of"].to_list()
    assert rows["share"].to_list() == [None] * len(DENOMINATORS)


def test_what_exists_is_what_the_zones_have(crawled, servers):
    """An alias that leads nowhere is there itself. Where all is forged, nothing is known."""
    states = dict(crawled.read("states").select("domain", "exists").iter_rows())
    for domain, exists in states.items():
        is_forged = servers.truth.dnssec(domain) == "bogus"
        assert exists is (None if is_forged else servers.truth.exists(domain)), domain
    assert Counter(states.values())[None] == 3


def test_both_engines_publish_the_same(by_wire, by_cares):
    """All but what rests on AD; and one domain leads to a name that cares cannot ask."""
    states = [
        run.read("states")
        .filter(pl.col("domain") != CANNOT_BE_ASKED)
        .select(pl.exclude("^dnssec.*$", "^dane.*$"))
        for run in (by_wire, by_cares)
    ]
    assert states[0].equals(states[1])
    key = {"adoption": ["cohort", "measure"], "mistakes": ["cohort", "rule_set", "class"]}
    for table, columns in key.items():
        wire, cares = (run.read(f"tables/{table}") for run in (by_wire, by_cares))
        both = wire.join(cares, on=columns, suffix="_cares")
        assert both.height == wire.height == cares.height
        for row in both.iter_rows(named=True):
            by_flag = str(row.get("measure") or row["rule_set"]) in BY_FLAG
            if row.get("class") == "dangling":
                assert row["yes_cares"] - row["yes"] in (0, BELOW_JP), row
            elif not by_flag and row.get("class") != "sum":  # of other rows
                assert_same(row)


def assert_same(row: Row) -> None:
    """One row of a table, by both engines: what differs is that one domain, now unknown."""
    if "worst" in row:
        assert row["worst"] == row["worst_cares"], row
    more = {name: row[f"{name}_cares"] - row[name] for name in COUNTS}
    assert more["of"] == more["of_unknown"] == 0, row
    assert 0 <= more["unknown"] == -more["yes"] - more["no"] <= 1, row
    assert max(more["yes"], more["no"]) <= 0, row


def test_the_engines_agree_in_the_audit_sample(crawled):
    agreement = crawled.manifest()["agreement"]
    assert agreement["asked"] > 100
    assert agreement["failed"] == 0
    assert agreement["same_outcome"] == agreement["same_answers"] == agreement["asked"]


def test_the_resolver_is_in_the_manifest(crawled, servers):
    (resolver,) = crawled.manifest()["resolvers"]
    assert resolver["address"] == servers.resolver
    assert resolver["ad_trusted"]
    assert resolver["software"].startswith("unbound")


def test_the_tables_are_printed(crawled, capsys):
    for head in ("Adoption", *DENOMINATORS, "3,527", "rfc7208", "talk2021"):
        assert head in crawled.printed
    with capsys.disabled():
        print(f"\n\n{crawled.said}\n{crawled.printed}")


# --- SPF, once more by hand ----------------------------------------------------------------------

ASKS_THE_DNS = re.compile(r"[+?~-]?(include|a|mx|ptr|exists)([:/].*)?|redirect=.*", re.I)


def spf_records(servers: Servers, domain: str) -> list[str]:
    """The SPF records that the zones have at a name."""
    texts = (
        b"".join(strings_of(rdata)).decode("utf-8", "replace")
        for _, rtype, rdata in servers.truth.say(domain, QType.TXT).records
        if rtype == QType.TXT
    )
    return [text for text in texts if re.match(r"v=spf1( |$)", text, re.I)]


def strings_of(rdata: bytes):
    """The character-strings of a TXT."""
    while rdata:
        yield rdata[1 : 1 + rdata[0]]
        rdata = rdata[1 + rdata[0] :]


def passing(record: str) -> int | None:
    """IPv4 addresses that a record without lookups lets pass; None: it has lookups."""
    networks = []
    for term in record.split(" ")[1:]:
        if re.fullmatch(r"[+?~-]?all", term, re.I):
            break  # RFC 7208 §5.1: what stands after it is never reached
        if ASKS_THE_DNS.fullmatch(term):
            return None
        if ip4 := re.fullmatch(r"\+?ip4:([\d.]+(/\d+)?)", term, re.I):
            networks.append(ipaddress.IPv4Network(ip4[1], strict=False))
        assert not re.match(r"[?~-]ip4:", term, re.I)  # then order would matter
    return sum(network.num_addresses for network in ipaddress.collapse_addresses(networks))


def test_addresses_of_spf_without_lookups(by_wire, servers):
    states = by_wire.read("states").filter(spf="present", spf_records=1)
    counted = Counter()
    for row in states.iter_rows(named=True):
        (record,) = spf_records(servers, row["domain"])
        addresses = passing(record)
        last = re.search(r" ([+?~-]?)all\b", record, re.I)
        assert row["spf_all"] == (last and (last[1] or "+")), record
        assert row["spf_hardfail"] is (row["spf_all"] == "-"), record
        if addresses is not None:
            counted[addresses > 0] += 1
            found = (row["spf_ipv4_addresses"], row["spf_lookups"], row["spf_tree"])
            assert found == (addresses, 0, "complete"), record
    assert counted[False] > 1000
    assert counted[True] > 10


def test_who_publishes_spf(crawled, servers):
    states = crawled.read("states").filter(pl.col("spf") != "unknown")
    found = dict(states.select("domain", "spf_records").iter_rows())
    assert found == {domain: len(spf_records(servers, domain)) for domain in found}
    assert crawled.facts().filter(outcome=Outcome.MALFORMED.value).height == 0
