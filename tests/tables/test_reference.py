"""The published figures: complete, typed, and the same as in the material they were taken from."""

import tomllib
from pathlib import Path

import pytest

from pipeline.config import ConfigError
from pipeline.tables.reference import FOLDER, load_reference, load_references

KEYS = sorted(path.stem for path in FOLDER.glob("*.toml"))
MEASURES = {"spf", "spf_hardfail", "dmarc", "dmarc_strict", "dnssec", "starttls", "mta_sts", "dane"}


def test_every_file_loads():
    for reference in load_references(KEYS):
        assert reference.source
        assert reference.name["ja"]
        assert reference.denominator["en"]


@pytest.mark.parametrize("key", ["nl_gov_2020_03", "go_jp_2020_11", "jp_2020_10"])
def test_adoption_figures_are_the_published_ones(shared, key):
    facts = tomllib.loads((shared / "reference.toml").read_text())[key]
    (reference,) = load_references([key])
    assert reference.percent == {name: facts[name] for name in MEASURES if name in facts}
    assert reference.n == facts.get("n")


def test_mistakes_are_the_published_ones(shared):
    facts = tomllib.loads((shared / "reference.toml").read_text())["spf_mistakes_jp_2020"]
    (reference,) = load_references(["spf_mistakes_jp_2020"])
    for name in ("multiple_records", "include_loop", "lookups_10_or_more", "all_not_last"):
        assert reference.count[name] == facts[name]
    assert reference.count["syntax"] == facts["syntax"]
    assert reference.count["ptr"] == facts["ptr"]
    assert reference.count["sum"] == facts["total"]
    assert reference.percent["lookups_11_or_more"] == facts["lookups_11_or_more_share"]
    assert reference.n == facts["n"]


def test_the_published_total_is_the_sum_of_its_classes():
    (reference,) = load_references(["spf_mistakes_jp_2020"])
    classes = [number for name, number in reference.count.items() if name != "sum"]
    assert sum(classes) == reference.count["sum"] == 8681


def test_providers(shared):
    facts = tomllib.loads((shared / "reference.toml").read_text())["providers_posteo"]
    (reference,) = load_references(["providers_posteo"])
    for group in ("dane_yes", "dane_no"):
        assert list(reference.groups[group]) == facts[group]


def test_both_dane_figures_of_the_dutch_government_are_kept():
    (reference,) = load_references(["nl_gov_2020_03"])
    assert reference.percent["dane"] == 81.0
    assert [also.percent for also in reference.also if also.measure == "dane"] == [50.0]


def test_an_unknown_key_names_the_known_ones():
    with pytest.raises(ConfigError, match=r"no published figures 'nl'; allowed: .*nl_gov_2020_03"):
        load_references(["nl"])


GOOD = """
kind = "adoption"
date = "2020"
source = "a report"
name = {en = "a", ja = "あ"}
denominator = {en = "b", ja = "い"}
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("source", "sauce"), "source is missing"),
        (GOOD.replace('"adoption"', '"adaption"'), "kind = 'adaption'; allowed: adoption, mist"),
        (GOOD + "percentage = 1", "percentage has no meaning here; allowed: kind, "),
        (GOOD.replace(', ja = "あ"', ""), "a text needs en and ja"),
        (GOOD + '[percent]\nspf = "many"', "could not convert"),
        (GOOD + "percent = 5", "allowed: values as in the other files"),
        (GOOD + "[[also]]\nmeasur = 1", "allowed: values as in the other files"),
        ("kind = ", "allowed: TOML in UTF-8"),
    ],
)
def test_a_wrong_file_is_named_in_one_line(tmp_path: Path, text: str, said: str):
    path = tmp_path / "wrong.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_reference(path)
    assert said in str(error.value)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)
