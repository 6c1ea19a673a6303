"""Lists as people have them, crawled where nearly none of their names exists.

What is proved is that nothing gets lost on the way from a line of a file to a printed count, and
that a name which is not there is told from one that brought no answer.
"""

import csv
import re
from pathlib import Path

import polars as pl
import pytest

from pipeline.words import EngineName, Outcome, QType

from . import crawling
from .conftest import Servers
from .crawling import Crawled, cohort, differences

pytestmark = pytest.mark.real

GO_JP = (
    ("go_jp.csv", "host"), "go_jp_registered.txt", "formats/go_jp_bom_crlf.txt",
    "formats/go_jp_comments.txt", "formats/go_jp_delegations.zone", "formats/go_jp_upper_dot.txt",
)  # fmt: skip
JP = (
    *GO_JP, "jp_registered.csv", "jp_municipalities.json", "toplists_jp_nl.csv",
    "universities_jp_nl.csv", "mx_yes_no_2022_jp_nl.csv", "formats/idn_jp_u_and_a.txt",
    "formats/jp_municipalities_sjis.csv", "formats/jp_municipalities_utf16.csv",
)  # fmt: skip
DUTCH = (
    "nl_government.csv", "nl_government_2022_openstate.csv", "nl_gemeente_2025_scope.txt",
    "nl_rijksoverheid_2025_scope.txt", "formats/nl_Gemeenschappelijke-Regelingen.csv",
    "formats/nl_Gemeenten.csv", "formats/nl_Provincies.csv", "formats/nl_Rijksoverheid.csv",
    "formats/nl_Waterschappen.csv", "formats/waterschappen.csv", "formats/waterschappen.ods",
    "formats/waterschappen.xlsx", "formats/mixed_datatypes.ods",
)  # fmt: skip
NL = ("nl_top_10000.txt", "universities_jp_nl.csv", "toplists_jp_nl.csv")
BROKEN = "formats/waterschappen_corrupted.xlsx"
NOT_ASKED = {  # nothing was fetched, nobody visited, and no addresses were asked for
    *("mta_sts", "mta_sts_enforce", "bimi_logo", "bimi_mark"),
    *("starttls", "starttls_any", "starttls_valid", "dane_verified", "dane_verified_any"),
    *("smimea", "smimea_possible", "openpgpkey", "openpgpkey_possible"),
}
THERE = "UK government"  # a cohort of names that the servers have, from their own records


@pytest.fixture(scope="session")
def lists(shared: Path) -> Path:
    return shared / "real/lists"


@pytest.fixture(scope="session")
def crawled(servers: Servers, lists: Path, tmp_path_factory) -> Crawled:
    """go.jp, .jp, the Dutch government, .nl, and some names that the servers do have."""

    def tables(files) -> list[str]:
        named = [file if isinstance(file, tuple) else (file, None) for file in files]
        return [
            f'{{path = "{lists / file}"' + (f', column = "{column}"' if column else "") + "}"
            for file, column in named
        ]

    records = f'{{path = "{lists.parent}/dns/records.jsonl.gz", column = "name", strata = []}}'
    go_jp = 'suffix = "go.jp"\nsubdomains = false\nknown_size = 582'
    study = crawling.study_file(
        tmp_path_factory.mktemp("lists"),
        servers.resolver,
        [
            cohort("go.jp", "exists", tables(GO_JP), go_jp),
            cohort(".jp", "exists", tables(JP), 'suffix = "jp"'),
            cohort("Dutch government", "exists", tables(DUTCH), "subdomains = false"),
            cohort(".nl", "exists", tables(NL), 'suffix = "nl"'),
            cohort(THERE, "exists", [records], 'suffix = "gov.uk"'),
        ],
        audit=0.005,
    )
    return crawling.crawl(study, EngineName.WIRE)


def test_no_list_is_forgotten(lists):
    files = {str(path.relative_to(lists)) for path in lists.rglob("*") if path.is_file()}
    used = {file if isinstance(file, str) else file[0] for file in (*JP, *DUTCH, *NL)}
    assert files == used | {BROKEN}


def test_every_listed_item_is_accounted_for(crawled, lists):
    domains, rejects = crawled.read("domains"), crawled.read("rejects")
    counts = crawled.manifest()["population"]
    for name, count in counts.items():
        assert count["listed"] == count["rejected"] + count["duplicates"] + count["domains"]
        assert rejects.filter(cohort=name).height == count["rejected"]
        assert domains.filter(pl.col("cohorts").list.contains(name)).height == count["domains"]
    assert counts["go.jp"]["listed"] == 147 + 87 + 4 * 80  # lines of the files
    with (lists / "go_jp.csv").open(newline="") as table:
        registered = {row["registered"] for row in csv.DictReader(table)}
    in_go_jp = domains.filter(pl.col("cohorts").list.contains("go.jp"))["domain"]
    assert set(in_go_jp) == registered
    assert counts[".jp"]["domains"] > 8000
    assert counts["Dutch government"]["domains"] > 2000
    assert domains.height > 20_000
    reasons = dict(rejects.group_by("cohort", "reason").len().select("reason", "len").rows())
    assert {"outside_suffix", "single_label", "bad_character"} <= reasons.keys()


def test_every_domain_was_asked_and_the_zones_say_so_too(crawled, servers):
    facts = crawled.facts()
    assert not differences(facts, servers.truth)
    for qtype in (QType.TXT, QType.MX, QType.SOA):
        asked = set(facts.filter(qtype=int(qtype))["name"])
        assert set(crawled.read("domains")["domain"]) <= asked
    # everything came back: no failure could be mistaken for an absence
    settled = {Outcome.ANSWERED.value, Outcome.NO_DATA.value, Outcome.NO_NAME.value}
    assert set(facts["outcome"]) == settled
    assert facts.filter(outcome=Outcome.NO_NAME.value).height > 80_000


def test_what_exists_is_what_the_zones_have(crawled, servers):
    states = crawled.read("states").select("domain", "exists")
    found = dict(states.iter_rows())
    assert found == {domain: servers.truth.exists(domain) for domain in found}
    domains = crawled.read("domains").join(states, on="domain").explode("cohorts")
    adoption = crawled.read("tables/adoption")
    for name in crawled.manifest()["population"]:
        rows = adoption.filter(cohort=name)
        existing = domains.filter(cohorts=name)["exists"].sum()
        assert set(rows["of"]) == {existing}
        assert set(rows["unknown"] - rows["not_observed"]) == set(rows["of_unknown"]) == {0}
        unobserved = set(rows.filter(pl.col("not_observed") > 0)["measure"])
        assert unobserved <= NOT_ASKED, name
        assert (existing > 500) is (name == THERE)


def test_the_coverage_is_printed(crawled, capsys):
    assert re.search(r"\b87 of 582\b", crawled.printed)
    counts = crawled.manifest()["population"]
    rejected = sum(count["rejected"] for count in counts.values())
    domains = crawled.read("domains").height
    assert f"{domains:,} domains, {rejected:,} list items rejected" in crawled.said
    with capsys.disabled():
        print(f"\n\n{crawled.said}\n{crawled.printed}")
