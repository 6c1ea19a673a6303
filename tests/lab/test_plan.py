"""The planned population: what it promises, and that its records are what it planned."""

import ast
import hashlib
import json
import subprocess
import sys
from collections import Counter
from dataclasses import asdict
from itertools import product
from pathlib import Path

import polars as pl
import pytest

from pipeline.config import Cohort, Lab, ListFile, load_study
from pipeline.lab import mistakes, plan, records, truth
from pipeline.lab.authority import Kind
from pipeline.lab.chains import SIGNED as SIGNED_WAYS
from pipeline.lab.chains import UNPROVEN
from pipeline.lab.facet import is_swept
from pipeline.lab.facets import ALL as FACETS
from pipeline.lab.hosts import HOSTS, SERVERS
from pipeline.lab.lists import REJECTED
from pipeline.lab.manners import MANNERS
from pipeline.lab.planned import Mail, Outage
from pipeline.lab.rule_sets import READINGS
from pipeline.lab.shared_zone import FORGED, SIGNED, UNSIGNED
from pipeline.lab.zone import Zone
from pipeline.message import AD, ANSWER, decode, exchange, strings, text
from pipeline.population.cohorts import load_population
from pipeline.population.suffixes import registrable
from pipeline.schema import ADOPTION, MISTAKES, PARKED

CONFIGS = Path(__file__).parents[2] / "configs"
SMALL = Lab(seed=3, jp=1500, go_jp=330)
COHORTS = (
    Cohort(name="go.jp", lists=(ListFile("lab:go-jp.txt"),)),
    Cohort(name=".jp", lists=(ListFile("lab:jp.txt"),)),
)
VISITED = truth.Asked(visits=True)
EVERYTHING = truth.Asked(web=True, visits=True, addresses=True)
# What the survey has to find at least.
CODES = (
    "multiple_records", "include_loop", "too_many_lookups", "void_lookups", "all_not_last",
    "syntax", "ptr", "include_without_record", "redirect_without_record", "include_broken",
    "too_many_mx", "permits_all", "no_all", "foreign_text", "wrong_dash", "not_ascii",
    "dangling",
)  # fmt: skip


@pytest.fixture(scope="module")
def small():
    return plan.plan(SMALL)


@pytest.fixture(scope="module")
def facts(small) -> pl.DataFrame:
    return truth.frame(small)


@pytest.fixture(scope="module")
def internet():
    return plan.source(json.dumps(asdict(SMALL)))


# --- what is promised -----------------------------------------------------------------------------

SHARES = {
    "go-jp": {
        "spf": 93, "spf_hardfail": 73, "dmarc": 7, "dmarc_strict": 1.5, "dnssec": 5.5,
        "starttls": 58,
    },
    "jp": {"spf": 62, "spf_hardfail": 11, "dmarc": 1.5, "dmarc_strict": 0.3, "starttls": 54},
}  # fmt: skip
# Of .jp the talk has 0.04 % signed, which is 8 of the 20,000: too few for every way to be, or to
# use, a signed domain.
SIGNED_AT_MOST = 80


def test_the_default_study_has_the_shares_of_the_talk():
    planned = truth.frame(plan.plan(load_study(CONFIGS / "lab.toml").lab), VISITED)
    for cohort, count in (("go-jp", 330), ("jp", 20_000)):
        with_mx = planned.filter(pl.col("cohort") == cohort, "with_mx")
        assert with_mx.height == count
        for measure, percent in SHARES[cohort].items():
            assert with_mx[measure].sum() == round(count * percent / 100), (cohort, measure)
    assert 0 < with_mx["dnssec"].sum() <= SIGNED_AT_MOST
    # what is counted beside it: more hosts than none, fewer with a certificate that is right
    assert with_mx["starttls_valid"].sum() < with_mx["starttls"].sum() * 0.8
    assert with_mx["starttls"].sum() < with_mx["starttls_any"].sum()
    assert 0 < with_mx["starttls"].null_count() < with_mx.height * 0.08


def test_the_default_study_has_the_mistakes_of_the_talk():
    planned = plan.plan(load_study(CONFIGS / "lab.toml").lab)
    table = truth.expected_mistakes(planned, COHORTS[1:]).filter(rule_set="talk2021")
    counts = dict(table.select("class", "yes").iter_rows())
    talk = {"multiple_records": 1363, "include_loop": 730, "lookups_10_or_more": 3076,
            "all_not_last": 1970, "syntax": 1106, "ptr": 436}  # fmt: skip
    for kind, count in talk.items():
        # one more: what is planned beside those with MX is of the table too
        assert counts[kind] - 1 <= round(12_400 * count / 212_123) <= counts[kind], kind
    assert abs(counts["lookups_11_or_more"] - 12_400 * 0.009) <= 1
    assert counts["sum"] > counts["broken"]  # classes overlap
    assert table["worst"].max() == 90


def test_the_large_study_is_of_the_size_of_the_talk():
    assert load_study(CONFIGS / "lab-large.toml").lab == Lab(seed=1, jp=320_000, go_jp=330)


def test_every_finding_and_every_way_is_planted(small, facts):
    planted = set(facts["findings"].explode().drop_nulls())
    assert {f"spf.{code}" for code in CODES} <= planted
    names = set(facts.filter(pl.col("cohort") == "jp")["planted"])
    ways = {way.name for group in mistakes.GROUPS for way in group.ways}
    assert ways <= names
    jp = [row for row in small.rows if row.cohort == "jp"]
    assert {row.outage for row in jp} == set(Outage)
    assert {row.mail for row in jp} == set(Mail)


def test_every_way_of_every_facet_is_planted_as_often_as_it_says(small):
    with_mx = [row for row in small.rows if row.cohort == "jp" and row.mail == Mail.MX]
    for facet in FACETS:
        planted = Counter(row.ways[facet.name].name for row in with_mx if facet.name in row.ways)
        if facet.name == "bimi":  # one more, for subdomains to inherit
            planted[facet.ways[0].name] -= 1
        planted -= Counter(kind.beside.get(facet.name) for kind in HOSTS)
        for way in facet.ways:
            assert planted[way.name] == max(round(SMALL.jp * way.share), 1) * way.times, way.name
        hidden = Counter(row.hidden.get(facet.name) for row in with_mx)
        assert hidden["SERVFAIL"] == hidden["TIMEOUT"] == 1
    planted = Counter(row.hosts.name for row in with_mx if row.hosts)
    assert planted == {kind.name: max(round(SMALL.jp * kind.share), 1) for kind in HOSTS}
    signed = Counter(row.chain.name for row in with_mx if row.chain)
    assert set(signed) == {chain.name for chain in (*SIGNED_WAYS, *UNPROVEN)}


def test_every_server_stands_somewhere(small):
    """In .jp, where everything occurs: each manner and certificate at an MX host by itself."""
    manner, kind = set(), set()
    for row in small.rows:
        if row.cohort == "jp" and row.mail == Mail.MX and not row.outage and row.hosts:
            for _, host in row.hosts.mx:
                for server in SERVERS.get(host, ()) if len(row.hosts.mx) == 1 else ():
                    manner.add(server.manner)
                    kind.add(server.kind)
    assert manner == set(MANNERS)
    assert kind == set(Kind)


# starttls, starttls_certificates, dane_verified; "" where it is not about that
BY_HOSTS = {
    "alias": ("all", "all", "none"),
    "no address": ("not_observed", "not_observed", "none"),
    "no such host": ("all", "all", "none"),
    "private": ("not_observed", "not_observed", "none"),
    "private and public": ("all", "all", "none"),
    "dangling": ("all", "all", "none"),
    "IP address": ("not_observed", "not_observed", "none"),
    "null MX beside": ("all", "all", "none"),
    "address hidden": ("unknown", "unknown", "none"),
    "zone hidden": ("all", "all", "none"),
    "DANE for nothing": ("all", "all", "none"),
    "DANE": ("all", "all", "all"),
    "DANE of its own": ("all", "all", "all"),
    "DANE of one": ("all", "all", "some"),
    "roll-over": ("all", "all", "all"),
    "no TLSA": ("all", "all", "none"),
    "hosts forged": ("unknown", "unknown", "bogus"),
    "TLSA fails": ("all", "all", "unknown"),
    "another key": ("all", "all", "mismatch"),
    "DANE without STARTTLS": ("none", "none", "no_starttls"),
    "DANE, handshake fails": ("none", "none", "no_starttls"),
    "authority, another name": ("all", "none", "mismatch"),
    "authority, expired": ("all", "none", "mismatch"),
    "authority not shown": ("all", "all", "mismatch"),
    "stronger digest wrong": ("all", "all", "mismatch"),
    "DANE, nobody listens": ("unknown", "unknown", "unknown"),
    "DANE, too busy": ("unknown", "unknown", "unknown"),
    "certificate's digest": ("all", "all", "all"),
    "key by SHA-512": ("all", "all", "all"),
    "authority's key": ("all", "all", "all"),
    "key, expired": ("all", "none", "all"),
    "key, self-signed": ("all", "none", "all"),
    "one fits, one does not": ("all", "all", "mismatch"),
    "one fits, one is plain": ("some", "some", "no_starttls"),
    "one fits, one is not there": ("unknown", "unknown", "unknown"),
    "SMTP: STARTTLS": ("all", "all", "none"),
    "SMTP: piece by piece": ("all", "all", "none"),
    "SMTP: TLS 1.0 only": ("all", "all", "none"),
    "SMTP: STARTTLS overwritten": ("none", "none", "none"),
    "SMTP: STARTTLS not now": ("none", "none", "none"),
    "SMTP: handshake fails": ("none", "none", "none"),
    "SMTP: clear text behind STARTTLS": ("none", "none", "none"),
    "SMTP: too busy": ("unknown", "unknown", "none"),
    "SMTP: not welcome": ("unknown", "unknown", "none"),
    "SMTP: nobody listens": ("unknown", "unknown", "none"),
    "SMTP: a web server": ("unknown", "unknown", "none"),
    "certificate: good": ("all", "all", "none"),
    "certificate: weak key": ("all", "all", "none"),
    "certificate: expired": ("all", "none", "none"),
    "certificate: self-signed": ("all", "none", "none"),
    "certificate: for a common name only": ("all", "none", "none"),
    "one encrypts, one is plain": ("some", "some", "none"),
    "one of each": ("some", "some", "none"),
    "one encrypts, one is busy": ("unknown", "unknown", "none"),
    "one is plain, one is busy": ("unknown", "unknown", "none"),
    "two are plain": ("none", "none", "none"),
    "one is valid, one expired": ("all", "some", "none"),
    "all servers": ("some", "some", "none"),
    "all certificates": ("all", "some", "none"),
    "one encrypts, one has no address": ("all", "all", "none"),
    "two addresses, 1": ("none", "none", "none"),
    "two addresses, 2": ("all", "all", "none"),
    "two addresses, 3": ("all", "all", "none"),
    "two addresses, 4": ("none", "none", "none"),
    "one address": ("all", "unknown", "none"),
    "enforced": ("all", "all", "none"),
    "enforced, plain": ("some", "some", "none"),
    "enforced, expired": ("all", "none", "none"),
    "enforced, another name": ("unknown", "unknown", "none"),
    "enforced, busy": ("unknown", "unknown", "none"),
    "tested, plain": ("none", "none", "none"),
}
BLOCKED = {"enforced, plain", "enforced, expired", "enforced, another name"}


def test_what_hosts_show_is_what_was_written_down_by_hand(small):
    found = {
        row["hosts_planted"]: row
        for row in truth.truths(small, EVERYTHING)
        if row["hosts_planted"] in BY_HOSTS
    }
    assert set(found) == set(BY_HOSTS)
    columns = ("starttls", "starttls_certificates", "dane_verified")
    for name, words in BY_HOSTS.items():
        assert tuple(found[name]["states"][column] for column in columns) == words, name
        assert ("starttls.blocks_mta_sts" in found[name]["findings"]) == (name in BLOCKED), name
        assert ("dane.mismatch" in found[name]["findings"]) == (words[2] == "mismatch"), name
        is_some = "starttls.some_hosts_without" in found[name]["findings"]
        assert is_some == (words[0] == "some"), name
    assert found["one encrypts, one is busy"]["starttls_any"] is True
    assert found["one is plain, one is busy"]["starttls_any"] is None
    assert found["one fits, one is not there"]["dane_verified_any"] is True
    assert found["DANE, nobody listens"]["dane_verified_any"] is None


def test_who_does_not_look_sees_nothing(small):
    for row in truth.truths(small, truth.CRAWL):
        states = row["states"]
        assert states["starttls"] in ("not_observed", "not_applicable", "unknown")
        assert (states["starttls"] == "unknown") == (states["mx"] == "unknown")
        assert not [code for code in row["findings"] if code.startswith("starttls.")]
        assert not {"dane.mismatch", "dane.no_starttls"} & set(row["findings"])
        if states["dane"] in ("all", "some"):
            assert states["dane_verified"] == "not_observed"
        else:
            assert states["dane_verified"] == states["dane"]


def test_few_questions_are_silent():
    """Each costs seconds."""
    for jp in (1500, 20_000):
        planned = plan.plan(Lab(seed=3, jp=jp, go_jp=330))
        for facet in FACETS:
            silent = sum(row.hidden.get(facet.name) == "TIMEOUT" for row in planned.rows)
            assert silent == 1, facet.name


def test_a_wildcard_stands_alone(small):
    swept = [row for row in small.rows if is_swept(row.ways.values())]
    assert swept
    for row in swept:
        assert len(row.ways) == 1
        assert not row.hidden
        assert not row.spf.below


def test_logos_are_inherited_by_subdomains(small, facts):
    inherited = facts.filter("bimi_inherited")
    assert inherited.height > 0
    rows = {row.domain: row for row in small.rows}
    for domain, location in inherited.select("domain", "bimi_location").iter_rows():
        assert rows[domain].base != domain
        assert location == f"https://{rows[domain].base}/logo.svg"


def test_something_is_unknown_in_every_measure(small, facts):
    jp = facts.filter(pl.col("cohort") == "jp")
    assert jp["with_mx"].null_count() > 0
    seen = truth.frame(small, EVERYTHING).filter(pl.col("cohort") == "jp", "with_mx")
    for measure in truth.MEASURES:
        assert jp.filter("with_mx")[measure].null_count() > 0, measure
        assert seen[measure].null_count() > 0, measure
    silent = facts.filter(pl.col("outage").is_in([Outage.SILENT, Outage.TXT_SILENT]))
    assert silent.height <= 12


def test_policies_are_inherited_by_subdomains(small, facts):
    rows = {row.domain: row for row in small.rows}
    inherited = facts.filter(~pl.col("dmarc"), "dmarc_covered")
    assert inherited.height > 0
    for domain, is_strict in inherited.select("domain", "dmarc_covered_strict").iter_rows():
        base = rows[rows[domain].base]
        assert base.domain != domain
        assert is_strict == (base.dmarc.below in ("quarantine", "reject"))
    assert set(inherited["dmarc_covered_strict"]) == {True, False}


def test_bases_are_registrable_domains_and_names_are_met_once(small):
    assert len({row.domain for row in small.rows}) == len(small.rows)
    for row in small.rows:
        assert registrable(row.domain) == row.base
        assert row.domain.endswith(".go.jp") == (row.cohort == "go-jp")


@pytest.mark.parametrize("jp", [0, 1, 2, 30, 120])
def test_any_size_can_be_planned(jp):
    planned = truth.frame(plan.plan(Lab(seed=1, jp=jp, go_jp=0)))
    assert planned["with_mx"].sum() == jp


# --- the same in every process --------------------------------------------------------------------

DIGEST = """
import hashlib, json, sys, tempfile, pathlib
from pipeline.config import Lab
from pipeline.lab import plan, records
planned = plan.plan(Lab(seed=3, jp=1500, go_jp=330))
digest = hashlib.sha256(json.dumps(records.zone(planned)).encode())
with tempfile.TemporaryDirectory() as folder:
    for path in plan.write_lists(planned, pathlib.Path(folder)).values():
        digest.update(path.read_bytes())
print(digest.hexdigest())
"""


def test_the_same_seed_is_the_same_internet_in_every_process(small, tmp_path):
    here = hashlib.sha256(json.dumps(records.zone(small)).encode())
    for path in plan.write_lists(small, tmp_path).values():
        here.update(path.read_bytes())
    for hash_seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(CONFIGS.parent)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == here.hexdigest()


def test_another_seed_is_another_internet(small):
    other = plan.plan(Lab(seed=4, jp=1500, go_jp=330))
    assert records.zone(other) != records.zone(small)


def test_the_plan_knows_nothing_of_the_rules_it_is_held_against():
    for path in Path(plan.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert "protocols" not in (node.module or ""), path
                assert "judge" not in (node.module or ""), path


# --- lists ----------------------------------------------------------------------------------------


def test_the_lists_hold_the_plan_and_its_dirt(small, tmp_path):
    study = load_study(CONFIGS / "lab.toml")
    loaded = load_population(study, plan.write_lists(small, tmp_path))
    assert sorted(loaded.domains["domain"]) == sorted(row.domain for row in small.rows)
    for cohort, name in (("go.jp", "go-jp"), (".jp", "jp")):
        rejects = loaded.rejects.filter(cohort=cohort)
        assert dict(rejects.select("text", "reason").iter_rows()) == REJECTED[name]
        assert rejects.height == len(REJECTED[name])
    government = loaded.domains.filter(pl.col("cohorts").list.contains("go.jp"))
    assert (government["strata"].list.len() == 1).all()


def test_the_lists_are_dirty(small, tmp_path):
    written = plan.write_lists(small, tmp_path)["jp.txt"].read_text(encoding="utf-8")
    lines = Counter(line.strip().lower().rstrip(".") for line in written.splitlines())
    assert max(count for line, count in lines.items() if line) > 1  # doublets
    assert any(line.startswith("https://") for line in lines)
    assert any("@" in line for line in lines)
    assert any(not line.isascii() for line in written.splitlines())  # U-labels
    assert any(line.isupper() for line in written.splitlines())


# --- records --------------------------------------------------------------------------------------


def asked(internet, name, qtype, cd=False):
    return decode(internet.answer(name, qtype, cd))


def test_the_server_answers_as_the_exported_zone_does(small, internet):
    data = records.zone(small)
    whole = Zone.from_json(data)
    names = set(data["zone"])
    names |= {row.domain for row in small.rows} | {f"_dmarc.{row.domain}" for row in small.rows}
    names |= {f"gone.{row.domain}" for row in small.rows[:200]}
    names |= {"jp", "co.jp", "go.jp", "_dmarc.jp", "nobody.jp", "a.nobody.co.jp", "com", "."}
    names |= {"x.customer.lolita-rental.example", "x.members.lolita-rental.example"}
    for name in sorted(name for name in names if not name.startswith("*")):
        for qtype, cd in ((1, False), (15, False), (16, False), (6, False), (6, True)):
            assert internet.answer(name, qtype, cd) == whole.answer(name, qtype, cd), (name, qtype)
    for name in sorted(name for name in names if name.startswith("_") or "hosts.example" in name):
        for qtype in (43, 48, 52, 53, 61):
            answer = whole.answer(name, qtype, False)
            assert internet.answer(name, qtype, False) == answer, (name, qtype)


def test_answers_hold_the_planned_records(small, internet):
    for row in small.rows:
        if row.outage or row.mail in (Mail.ALIAS, Mail.GONE):
            continue
        answer = asked(internet, row.domain, 16)
        texts = [strings(rr.rdata) for rr in answer.rrs if rr.section == ANSWER]
        want = [[records.filled(part, row).encode() for part in one] for one in row.spf.records]
        want += [[b"v=DMARC1; p=reject"]] * ("{d}" in row.dmarc.beside)  # at the wrong name
        assert [b"".join(one) for one in texts] == [b"".join(one) for one in want]
        if all(len(part) < 256 for one in want for part in one):
            assert texts == want
        hosts = [exchange(rr.rdata) for rr in asked(internet, row.domain, 15).rrs if rr.type == 15]
        assert bool(hosts) == (row.mail in (Mail.MX, Mail.NULL_MX))
        null = {(0, "."), (10, ".")} if row.hosts else {(0, ".")}
        assert bool(null.intersection(hosts)) == (
            row.mail == Mail.NULL_MX or (row.hosts is not None and (0, ".") in row.hosts.mx)
        )
        policies = [
            text(rr.rdata)
            for rr in asked(internet, f"_dmarc.{row.domain}", 16).rrs
            if rr.type == 16
        ]
        assert policies == [records.filled(one, row).encode() for one in row.dmarc.texts]


def test_mail_hosts_have_addresses(small, internet):
    for row in small.rows[:300]:
        if row.mail == Mail.MX and not row.outage:
            for rr in asked(internet, row.domain, 15).rrs:
                host = exchange(rr.rdata)[1]
                assert any(one.type == 1 for one in asked(internet, host, 1).rrs), host


def test_missing_names_do_not_exist(small, internet):
    for row in small.rows:
        if row.mail == Mail.GONE:
            assert asked(internet, row.domain, 15).rcode == 3
            assert asked(internet, f"_dmarc.{row.domain}", 16).rcode == 3


def test_an_alias_leads_to_the_mx(small, internet):
    aliased = [row for row in small.rows if row.mail == Mail.ALIAS]
    assert aliased
    for row in aliased:
        answer = asked(internet, row.domain, 15)
        assert [rr.type for rr in answer.rrs] == [5, 15]


RCODES = {Outage.SERVFAIL: 2, Outage.REFUSED: 5, Outage.BOGUS: 2}


def test_outages_never_heal_and_hit_what_is_planned(small, internet):
    failing = {Outage.MX: ("", 15), Outage.TXT: ("", 16), Outage.SOA: ("", 6),
               Outage.DMARC: ("_dmarc.", 16)}  # fmt: skip
    for row in small.rows:
        questions = [(row.domain, 15), (row.domain, 16), (row.domain, 6),
                     (f"_dmarc.{row.domain}", 16)]  # fmt: skip
        if row.outage == Outage.SILENT:
            assert all(internet.answer(*question, False) is None for question in questions)
        elif row.outage in RCODES:
            rcodes = {asked(internet, *question).rcode for question in questions}
            assert rcodes == {RCODES[row.outage]}
        elif row.outage == Outage.TXT_SILENT:
            silent = [q for q in questions if internet.answer(*q, False) is None]
            assert silent == [(row.domain, 16)]
        elif row.outage:
            prefix, qtype = failing[row.outage]
            failed = [question for question in questions if asked(internet, *question).rcode == 2]
            assert failed == [(prefix + row.domain, qtype)]


def test_signed_and_forged_zones(small, internet):
    for row in small.rows:
        if row.is_signed:
            assert asked(internet, row.domain, 6).flags & AD
        if row.outage == Outage.BOGUS:
            assert asked(internet, row.domain, 6, cd=True).rcode == 0
    assert asked(internet, SIGNED, 6).flags & AD
    assert (asked(internet, FORGED, 6).rcode, asked(internet, FORGED, 6, cd=True).rcode) == (2, 0)
    unsigned = asked(internet, UNSIGNED, 6)
    assert (unsigned.rcode, unsigned.flags & AD) == (0, 0)
    resolver = load_study(CONFIGS / "lab.toml").resolver
    assert (resolver.signed, resolver.forged, resolver.unsigned) == (SIGNED, FORGED, UNSIGNED)


# --- expected tables ------------------------------------------------------------------------------


def test_the_expected_adoption_is_a_recount_of_the_truth(small, facts):
    table = truth.expected_adoption(small, COHORTS)
    columns = [column.name for column in ADOPTION if not column.name.startswith("wilson")]
    assert table.columns == columns
    assert table.height == 2 * len(truth.MEASURES)
    for row in table.iter_rows(named=True):
        name = {"go.jp": "go-jp", ".jp": "jp"}[row["cohort"]]
        these = facts.filter(pl.col("cohort") == name)
        inside, maybe = these.filter("with_mx"), these.filter(pl.col("with_mx").is_null())
        value = pl.col(row["measure"])
        yes, no = inside.filter(value).height, inside.filter(~value).height
        assert (row["yes"], row["no"], row["of"]) == (yes, no, inside.height)
        assert row["unknown"] == row["of"] - yes - no
        assert row["of_unknown"] == maybe.height
        # every way the unknowns could fall, tried out
        may_yes, may_no = maybe.filter(value).height, maybe.filter(~value).height
        may_both = maybe.height - may_yes - may_no
        shares = [
            (yes + more + some_yes + some_both_yes)
            / (inside.height + some_yes + some_no + some_both_yes + some_both_no)
            for more in (0, row["unknown"])
            for some_yes in (0, may_yes)
            for some_no in (0, may_no)
            for some_both_yes, some_both_no in ((0, 0), (may_both, 0), (0, may_both))
        ]
        assert (row["low"], row["high"]) == (min(shares), max(shares))


def test_the_expected_mistakes_are_a_recount_of_the_truth(small, facts):
    table = truth.expected_mistakes(small, COHORTS)
    assert table.columns == [column.name for column in MISTAKES]
    for cohort, name in (("go.jp", "go-jp"), (".jp", "jp")):
        these = facts.filter(pl.col("cohort") == name)
        publishing = these.filter("spf")
        for rule_set in ("rfc7208", "talk2021"):
            classes = READINGS[rule_set].classes
            rows = table.filter(cohort=cohort, rule_set=rule_set)
            counts = {row["class"]: row for row in rows.iter_rows(named=True)}
            assert list(counts) == [*classes, "sum", "broken"]
            for kind, codes in classes.items():
                hit = pl.col("findings").list.set_intersection(sorted(codes)).list.len() > 0
                assert counts[kind]["yes"] == publishing.filter(hit).height
                row = counts[kind]
                assert row["yes"] + row["no"] + row["unknown"] == row["of"] == publishing.height
                assert row["of_unknown"] == these["spf"].null_count()
            distinct = {
                code
                for kind, codes in classes.items()
                if kind != "lookups_11_or_more"
                for code in codes
            }
            any_hit = pl.col("findings").list.set_intersection(sorted(distinct)).list.len() > 0
            assert counts["broken"]["yes"] == publishing.filter(any_hit).height
            summed = sum(
                row["yes"]
                for kind, row in counts.items()
                if kind in classes and kind != "lookups_11_or_more"
            )
            assert counts["sum"]["yes"] == summed


def test_every_class_of_every_reading_occurs(small):
    table = truth.expected_mistakes(small, COHORTS[1:], EVERYTHING)
    seen = {(row["rule_set"], row["class"]): row for row in table.iter_rows(named=True)}
    for rule_set, reading in READINGS.items():
        for kind in reading.classes:
            assert seen[rule_set, kind]["yes"] > 0, (rule_set, kind)
        broken = seen[rule_set, "broken"]
        assert broken["no"] > 0, rule_set
        assert broken["of_unknown"] > 0, rule_set


def test_domains_that_take_no_mail_are_closed_in_every_combination(small, facts):
    table = truth.expected_parked(small, COHORTS)
    assert table.columns == [column.name for column in PARKED]
    idle = facts.filter(
        pl.col("parked") != "not_applicable", pl.col("parked_null_mx").is_not_null()
    )
    parts = ["parked_spf", "parked_dmarc", "parked_dkim"]
    for name, kind, is_null_mx in (("jp", "null_mx", True), ("jp", "no_mx", False)):
        of_kind = idle.filter(cohort=name, parked_null_mx=is_null_mx)
        assert set(of_kind.select(parts).iter_rows()) >= set(product((True, False), repeat=3))
        row = table.row(
            by_predicate=(pl.col("cohort") == ".jp") & (pl.col("kind") == kind), named=True
        )
        assert row["of"] == of_kind.height
        for state in ("none", "some", "fully", "unknown"):
            assert row[state] == of_kind.filter(parked=state).height
            assert row[state] > 0 or (state == "none" and is_null_mx)
        for part in parts:
            assert row[part.removeprefix("parked_")] == of_kind.filter(part).height


def test_every_error_makes_a_record_invalid(facts):
    errors = {f"spf.{code}" for code in CODES} - {
        f"spf.{code}" for code in
        ("all_not_last", "ptr", "permits_all", "no_all", "foreign_text", "dangling")
    }  # fmt: skip
    for findings, valid in facts.filter("spf").select("findings", "spf_valid").iter_rows():
        assert (valid is False) == bool(errors & set(findings))
