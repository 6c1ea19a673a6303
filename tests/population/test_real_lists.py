"""Lists as people really have them. Counts were taken with grep, sort and wc, or by reading."""

import csv
import re

import idna
import pytest

from pipeline.config import ConfigError, ListFile, load_study
from pipeline.population.cohorts import entries_of, load_population
from pipeline.population.lists import Reason, read_list

COUNTS = [
    # file, settings, names, distinct names, rejected pieces
    ("go_jp.csv", {"column": "host"}, 147, 147, 0),
    ("go_jp.csv", {"column": "registered"}, 147, 87, 0),
    ("go_jp_registered.txt", {}, 87, 87, 0),
    ("jp_municipalities.json", {}, 1788, 1788, 0),
    ("jp_registered.csv", {}, 6501, 6501, 0),
    ("mx_yes_no_2022_jp_nl.csv", {}, 2713, 2713, 0),
    ("nl_gemeente_2025_scope.txt", {}, 344, 344, 0),
    ("nl_government.csv", {}, 2548, 2548, 0),
    ("nl_government_2022_openstate.csv", {}, 2461, 2461, 0),
    ("nl_rijksoverheid_2025_scope.txt", {}, 370, 370, 0),
    ("nl_top_10000.txt", {}, 10_000, 10_000, 0),
    ("toplists_jp_nl.csv", {}, 8045, 5893, 0),
    ("universities_jp_nl.csv", {}, 1146, 1146, 0),
    ("formats/go_jp_bom_crlf.txt", {}, 80, 80, 0),
    ("formats/go_jp_comments.txt", {}, 80, 80, 0),
    ("formats/go_jp_delegations.zone", {}, 80, 80, 0),
    ("formats/go_jp_upper_dot.txt", {}, 80, 80, 0),
    ("formats/idn_jp_u_and_a.txt", {}, 14, 7, 0),
    ("formats/jp_municipalities_sjis.csv", {}, 1788, 1788, 0),
    ("formats/jp_municipalities_utf16.csv", {}, 795, 795, 1),  # cut in its last URL: "htt"
    ("formats/mixed_datatypes.ods", {}, 0, 0, 9),  # 21, TRUE, a, $24.00, …: eight cells
    ("formats/nl_Gemeenschappelijke-Regelingen.csv", {}, 493, 388, 0),
    ("formats/nl_Gemeenten.csv", {}, 344, 344, 0),
    ("formats/nl_Provincies.csv", {}, 12, 12, 0),
    ("formats/nl_Rijksoverheid.csv", {}, 1773, 1751, 0),
    ("formats/nl_Waterschappen.csv", {}, 21, 21, 0),
    ("formats/waterschappen.csv", {}, 24, 24, 0),
    ("formats/waterschappen.ods", {}, 24, 24, 0),
    ("formats/waterschappen.xlsx", {}, 24, 24, 0),
]
BROKEN = {"formats/waterschappen_corrupted.xlsx"}


@pytest.fixture
def lists(shared):
    return shared / "real" / "lists"


def entries(lists, file, **settings):
    return list(entries_of(lists / file, ListFile(file, **settings)))


@pytest.mark.parametrize(("file", "settings", "names", "distinct", "rejected"), COUNTS)
def test_counts(lists, file, settings, names, distinct, rejected):
    found = [name for _, _, name, _ in entries(lists, file, **settings)]
    good = [name for name in found if not isinstance(name, Reason)]
    assert (len(good), len(set(good)), len(found) - len(good)) == (names, distinct, rejected)


def test_every_file_is_tried(lists):
    there = {str(path.relative_to(lists)) for path in lists.rglob("*") if path.is_file()}
    assert there == {file for file, *_ in COUNTS} | BROKEN


def test_a_broken_spreadsheet_is_one_line(lists):
    (file,) = BROKEN
    with pytest.raises(ConfigError, match=r"corrupted\.xlsx:1: broken xlsx: .*save it as CSV$"):
        list(read_list(lists / file, ListFile(file)))


def test_packaging_changes_no_name(lists):
    plain = (lists / "go_jp_registered.txt").read_text().split()
    for file in ("bom_crlf.txt", "comments.txt", "delegations.zone", "upper_dot.txt"):
        names = [name for _, _, name, _ in entries(lists, f"formats/go_jp_{file}")]
        assert names == [name for name in plain if name in set(names)]


def test_u_labels_and_a_labels_are_one_name(lists):
    lines = (lists / "formats/idn_jp_u_and_a.txt").read_text("utf-8").splitlines()[1:]
    found = entries(lists, "formats/idn_jp_u_and_a.txt")
    for (_, u_text, u_name, _), (_, a_text, a_name, _), line in zip(
        found[::2], found[1::2], lines, strict=True
    ):
        assert [u_text, a_text] == line.split("\t")
        assert u_name == a_name == a_text == idna.encode(u_text).decode()


@pytest.mark.parametrize(
    ("file", "encoding"),
    [("jp_municipalities_sjis.csv", "cp932"), ("jp_municipalities_utf16.csv", "utf-16")],
)
def test_japanese_encodings(lists, file, encoding):
    found = entries(lists, f"formats/{file}")
    with (lists / "formats" / file).open(encoding=encoding, newline="") as table:
        rows = list(csv.DictReader(table))
    assert len(found) == len(rows)
    for (line, url, name, strata), row, expected_line in zip(
        found, rows, range(2, 9999), strict=False
    ):
        assert (line, url) == (expected_line, row.pop("URL"))
        assert strata == {head: value for head, value in row.items() if value}
        if not isinstance(name, Reason):
            assert name == re.match(r"https?://([^/]+)", url)[1]


def test_spreadsheets_hold_what_the_csv_holds(lists):
    found = [
        [(text, name) for _, text, name, _ in entries(lists, f"formats/waterschappen.{kind}")]
        for kind in ("csv", "ods", "xlsx")
    ]
    assert found[0] == found[1] == found[2]


def test_a_registry_s_zone(shared):
    file = shared / "real" / "dns" / "gov_zone_2026-08-22.txt.gz"
    items = list(read_list(file, ListFile(file.name, format="zone")))
    assert len(items) == 16_537 - 1  # names with an NS record, without gov itself
    assert len({item.text for item in items}) == len(items)


def test_a_study_of_real_lists(lists, tmp_path):
    study = tmp_path / "s.toml"
    study.write_text(
        f"""
        [study]
        name = "s"
        title = "S"
        [[cohort]]
        name = "go.jp"
        suffix = "go.jp"
        subdomains = false
        known_size = 582
        lists = [{{path = "{lists}/go_jp.csv", column = "host"}}]
        [[cohort]]
        name = ".jp"
        suffix = "jp"
        lists = ["{lists}/jp_registered.csv", "{lists}/jp_municipalities.json",
                 "{lists}/toplists_jp_nl.csv", {{path = "{lists}/go_jp.csv", column = "host"}}]
        [resolver]
        addresses = ["127.0.0.1"]
        """
    )
    population = load_population(load_study(study), {})
    go_jp = population.counts["go.jp"]
    assert (go_jp["listed"], go_jp["domains"]) == (147, 87)  # what `registered` says beside them
    with (lists / "go_jp.csv").open(newline="") as table:
        registered = {row["registered"] for row in csv.DictReader(table)}
    counted = population.domains.filter(cohorts=["go.jp", ".jp"])["domain"].to_list()
    only_go_jp = population.domains.filter(cohorts=["go.jp"])["domain"].to_list()
    assert {*counted, *only_go_jp} == registered
    toplists = (lists / "toplists_jp_nl.csv").read_text().split()
    sites = re.findall(r'"url": "https?://([^/"]+)', (lists / "jp_municipalities.json").read_text())
    outside = sum(line.endswith(".nl") for line in toplists)
    outside += sum(not site.endswith(".jp") for site in sites)
    reasons = population.rejects.filter(cohort=".jp")["reason"].value_counts()
    assert dict(reasons.rows())["outside_suffix"] == outside
