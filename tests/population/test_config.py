"""Studies: what is read, and the one line that each kind of mistake gets."""

import dataclasses
import re
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Asking, Cohort, ConfigError, Lab, ListFile, Resolver, load_study
from pipeline.words import Denominator, EngineName
from tests.conftest import ROOT

GOOD = """\
[study]
name = "a"
title = "A"

[[cohort]]
name = "go"
suffix = ".GO.JP."
lists = [
  "one.txt",
  {path = "two.csv", column = 2, strata = ["kind", 3]},
]

[[cohort]]
name = "jp"
lists = ["one.txt"]

[resolver]
addresses = ["127.0.0.1", "::1", "[2001:DB8::1]:5353", "192.0.2.1:54"]
"""


@pytest.fixture
def study_of(tmp_path):
    def load(text):
        path = tmp_path / "s.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_study(path)

    return load


def test_a_study(study_of):
    study = study_of(GOOD)
    assert (study.name, study.title, study.seed, study.engine) == ("a", "A", 1, EngineName.WIRE)
    assert study.cohorts[0] == Cohort(
        name="go",
        suffix="go.jp",
        lists=(
            ListFile("one.txt", None, ("*",), None, None),
            ListFile("two.csv", 2, ("kind", 3), None, None),
        ),
    )
    assert study.cohorts[1].denominator is Denominator.WITH_MX
    assert study.resolver.addresses == (
        "127.0.0.1:53",
        "[::1]:53",
        "[2001:db8::1]:5353",
        "192.0.2.1:54",
    )
    assert study.asking == Asking()
    assert study.lab is None
    assert study.opt_out is None


def test_a_lab_needs_no_resolver(study_of):
    study = study_of(GOOD.split("[resolver]")[0] + "[lab]\njp = 5\nloss = 0.5\nservfail = 0.5")
    assert study.lab == Lab(jp=5, loss=0.5, servfail=0.5)
    assert study.resolver == Resolver(addresses=("lab",))


def test_settings_cannot_be_changed(study_of):
    with pytest.raises(dataclasses.FrozenInstanceError):
        study_of(GOOD).seed = 2


def test_byte_order_mark_and_crlf(study_of):
    assert study_of(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()) == study_of(GOOD)


def test_the_real_study_is_well_formed():
    study = load_study(ROOT / "configs" / "jp.toml")
    go_jp, jp = study.cohorts
    assert (go_jp.suffix, go_jp.subdomains, go_jp.known_size) == ("go.jp", False, 582)
    assert (jp.suffix, jp.subdomains) == ("jp", True)
    assert {study.resolver.signed, study.resolver.forged, study.resolver.unsigned} >= {
        "dnssec-failed.org"
    }
    assert 0 < study.asking.rate <= 100


BAD = [
    # what is replaced, by what, line, what the line must say
    ('name = "a"', 'nane = "a"', 2, "nane.*did you mean 'name'.*seed"),
    ('name = "a"', "name = 1", 2, "name = 1; allowed: a text"),
    ('name = "a"', 'name = " "', 2, "not blank"),
    ('title = "A"\n', "", 1, "no 'title'"),
    ('title = "A"', 'title = "A"\nseed = -1', 4, "seed = -1; allowed: a whole number from 0"),
    ('title = "A"', 'title = "A"\nseed = 1.0', 4, "seed = 1.0; allowed: a whole number"),
    ('title = "A"', 'title = "A"\nseed = true', 4, "seed = true"),
    ('title = "A"', 'title = "A"\nseed = 1979-01-01', 4, "seed = "),
    ('title = "A"', 'title = "A"\nengine = "zone"', 4, "'zone'; allowed: wire, cares"),
    ('title = "A"', 'title = "A"\nreference = "x"', 4, "a list"),
    ('title = "A"', 'title = "A"\nreference = ["x", 1]', 4, "reference = 1; allowed: a text"),
    ('title = "A"', 'title = "A"\nprivate_suffixes = 1', 4, "true or false"),
    ('title = "A"', 'title = "A', 3, "no TOML"),
    ('title = "A"', 'title = "A"\ntitle = "B"', 4, "no TOML"),
    ('title = "A"', 'title = "A"\nx = ' + "[" * 5000 + "]" * 5000, 1, "nested too deeply"),
    ('name = "jp"', 'name = "go"', 14, "second cohort 'go'"),
    ('name = "jp"', 'name = "jp"\ndenominator = "mx"', 15, "listed, exists, with_mx, mail_capable"),
    ('name = "jp"', 'name = "jp"\nsuffix = "go jp"', 15, "a domain name such as"),
    ('name = "jp"', 'name = "jp"\nsample = 0', 15, "from 1 to 1,000,000,000"),
    ('name = "jp"', 'name = "jp"\nsize = 5', 15, "unknown key in .cohort. 'size'"),
    ('lists = ["one.txt"]', "lists = []", 15, "at least one"),
    ('lists = ["one.txt"]', 'lists = "one.txt"', 15, "a list"),
    ('lists = ["one.txt"]\n', "", 13, "no 'lists'"),
    ('lists = ["one.txt"]', "lists = [1]", 15, "a table of keys"),
    ("column = 2", "colum = 2", 10, "'colum', did you mean 'column'"),
    ("column = 2", "column = 0", 10, "column = 0; allowed: a text or a whole number from 1"),
    ("column = 2", 'format = "xls"', 10, "text, csv, json"),
    ("column = 2", 'encoding = "sjis"', 10, "utf-8, .*cp932"),
    ('path = "two.csv", ', "", 8, "no 'path'"),
    ("[resolver]", "[resolvers]", 17, "unknown table 'resolvers', did you mean 'resolver'"),
    ("[resolver]", "[[resolver]]", 17, "a table of keys"),
    ('"::1"', '"dns.example.jp"', 18, "an IP address with or without a port"),
    ('"::1"', '"127.0.0.1:0"', 18, "an IP address with or without a port"),
    ('"::1"', '"127.0.0.1:70000"', 18, "an IP address with or without a port"),
    ('"::1"', '"[127.0.0.1]:53"', 18, "an IP address with or without a port"),
    ('"::1"', '"lab"', 18, r"no \[lab\]"),
    ("[[cohort]]", "[cohort]", 13, "no TOML|no ..cohort"),
    ("[resolver]", "[asking]\nrate = nan\n[resolver]", 18, "rate = nan; allowed: a number from 0"),
    ("[resolver]", "[asking]\nedns = 65536\n[resolver]", 18, "from 0 to 65,535"),
    ("[resolver]", "[limits]\ndepth = 0\n[resolver]", 18, "from 1 to 1,000"),
    (
        "[resolver]",
        "[lab]\nloss = 1.5\n[resolver]",
        18,
        "loss = 1.5; allowed: a number from 0 to 1",
    ),
    ("[resolver]", "[lab]\nloss = 0.6\nrefused = 0.6\n[resolver]", 17, "is over 1"),
]


@pytest.mark.parametrize(("old", "new", "line", "says"), BAD)
def test_a_mistake_is_one_line_with_its_place(study_of, tmp_path, old, new, line, says):
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        study_of(GOOD.replace(old, new, 1))
    said = str(caught.value)
    assert said.startswith(f"{tmp_path / 's.toml'}:{line}: ")
    assert re.search(says, said)
    assert "\n" not in said


def test_no_resolver(study_of):
    with pytest.raises(ConfigError, match="no resolver to ask; allowed"):
        study_of(GOOD.split("[resolver]")[0])


def test_files_that_are_no_studies(study_of, tmp_path):
    with pytest.raises(ConfigError, match=r"s\.toml:3: not UTF-8"):
        study_of(GOOD.replace('"A"', '"北"').encode("cp932"))
    with pytest.raises(ConfigError, match=r"none\.toml:1: cannot be read"):
        load_study(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match=r"s\.toml:1: no \[\[cohort\]\]"):
        study_of("")


@given(st.text(max_size=200) | st.sampled_from(GOOD.splitlines()).map(lambda line: line * 2))
def test_any_text_is_read_or_refused_in_one_line(text):
    with NamedTemporaryFile(suffix=".toml") as file:
        file.write(text.encode("utf-8", "replace"))
        file.flush()
        said = ""
        try:
            load_study(Path(file.name))
        except ConfigError as fault:
            said = str(fault)
        assert "\n" not in said
