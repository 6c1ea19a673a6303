"""Who is counted: suffixes, registrable names, opt-out, duplicates, samples, strata."""

import json
import random
import subprocess
import sys
from hashlib import sha256

import pytest

from pipeline.config import ConfigError, load_study
from pipeline.population.cohorts import load_population, opted_out
from pipeline.schema import DOMAINS, REJECTS, polars_schema

LIST = """\
# what a list may hold
www.a.go.jp
a.go.jp
b.go.jp, mail.b.go.jp
https://c.example.jp/
go.jp
example.com
192.0.2.1
x.left-alone.go.jp
xleft-alone.go.jp
b.go.jp
"""
STUDY = """\
[study]
name = "s"
title = "S"
seed = {seed}
{study}
[[cohort]]
name = "go.jp"
suffix = "go.jp"
subdomains = false
known_size = 9
lists = ["one.txt"]
[[cohort]]
name = ".jp"
suffix = "jp"
lists = ["one.txt", "two.csv"]
{cohort}
[resolver]
addresses = ["127.0.0.1"]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "one.txt").write_text(LIST)
    (tmp_path / "two.csv").write_text("host,kind,note\nb.go.jp,x,\nd.co.jp,y,z\nd.co.jp,w,z\n")
    (tmp_path / "opt-out.txt").write_text("# asked us by letter\nleft-alone.go.jp\n")
    return tmp_path


@pytest.fixture
def population_of(folder):
    def load(study="", cohort="", seed=1, lab=None):
        path = folder / "s.toml"
        path.write_text(STUDY.format(study=study, cohort=cohort, seed=seed))
        return load_population(load_study(path), lab or {})

    return load


def test_domains_once_with_their_cohorts(population_of):
    domains = population_of('opt_out = "opt-out.txt"').domains
    assert domains.schema == polars_schema(DOMAINS)
    assert domains.select("domain", "cohorts").rows() == [
        ("a.go.jp", ["go.jp", ".jp"]),
        ("b.go.jp", ["go.jp", ".jp"]),
        ("c.example.jp", [".jp"]),
        ("d.co.jp", [".jp"]),
        ("mail.b.go.jp", [".jp"]),
        ("www.a.go.jp", [".jp"]),
        ("xleft-alone.go.jp", ["go.jp", ".jp"]),
    ]
    strata = dict(domains.select("domain", "strata").rows())
    assert strata["b.go.jp"] == [{"column": "kind", "value": "x"}]
    assert strata["d.co.jp"] == [
        {"column": "kind", "value": "y"},
        {"column": "note", "value": "z"},
        {"column": "kind", "value": "w"},
    ]
    assert strata["a.go.jp"] == []


def test_rejects_have_reason_file_and_line(population_of):
    rejects = population_of('opt_out = "opt-out.txt"').rejects
    assert rejects.schema == polars_schema(REJECTS)
    both = [
        (6, "go.jp", "public_suffix"),
        (7, "example.com", "outside_suffix"),
        (8, "192.0.2.1", "ip_address"),
        (9, "x.left-alone.go.jp", "opted_out"),
    ]
    go_jp = [(5, "https://c.example.jp/", "outside_suffix"), *both]
    assert rejects.rows() == [("go.jp", "one.txt", *row) for row in go_jp] + [
        (".jp", "one.txt", *row) for row in both
    ]


def test_counts_and_digests(population_of, folder):
    population = population_of('opt_out = "opt-out.txt"')
    assert population.counts["go.jp"] == {
        "listed": 11,  # ten lines, one of them with two names
        "rejected": 5,
        "opted_out": 1,
        "reduced": 2,  # www.a and mail.b
        "duplicates": 3,
        "distinct": 3,
        "not_drawn": 0,
        "domains": 3,
        "known_size": 9,
    }
    for counts in population.counts.values():
        assert counts["listed"] == counts["rejected"] + counts["duplicates"] + counts["distinct"]
    json.dumps(population.counts)
    assert population.digests == {
        name: sha256((folder / name).read_bytes()).hexdigest()
        for name in ("one.txt", "two.csv", "opt-out.txt")
    }


def test_the_opt_out_list_covers_what_is_below(population_of):
    population = population_of('opt_out = "opt-out.txt"')
    assert population.opt_out == {"left-alone.go.jp"}
    assert opted_out("left-alone.go.jp", population.opt_out)
    assert opted_out("a.b.left-alone.go.jp", population.opt_out)
    assert not opted_out("xleft-alone.go.jp", population.opt_out)
    assert not opted_out("go.jp", population.opt_out)
    assert not opted_out("go.jp", frozenset())


def test_a_host_below_an_opted_out_name_does_not_bring_its_registrable_name(population_of, folder):
    (folder / "one.txt").write_text("www.a.go.jp\nb.go.jp\n")
    (folder / "opt-out.txt").write_text("www.a.go.jp\n")
    domains = population_of('opt_out = "opt-out.txt"').domains["domain"].to_list()
    assert domains == ["b.go.jp", "d.co.jp"]


def test_private_suffixes_are_an_option(population_of, folder):
    (folder / "two.csv").write_text("host\na.xii.jp\n")  # a company lets others use xii.jp
    (folder / "one.txt").write_text("xii.jp\na.go.jp\n")
    assert population_of().domains["domain"].to_list() == ["a.go.jp", "a.xii.jp", "xii.jp"]
    with_private = population_of("private_suffixes = true")
    assert with_private.domains["domain"].to_list() == ["a.go.jp", "a.xii.jp"]
    assert ("xii.jp", "public_suffix") in with_private.rejects.select("text", "reason").rows()


NAMES = [f"n{number}.jp" for number in range(300)]


def drawn(population):
    return population.domains["domain"].to_list()


def test_a_sample_depends_on_the_seed_alone(population_of, folder):
    (folder / "one.txt").write_text("\n".join(["a.go.jp", *NAMES]))
    first = population_of(cohort="sample = 30")
    assert first.counts[".jp"]["domains"] == 30
    assert first.counts[".jp"]["not_drawn"] == 303 - 30
    assert first.counts["go.jp"]["domains"] == 1
    assert set(drawn(first)) < {*NAMES, "a.go.jp", "b.go.jp", "d.co.jp"}
    (folder / "one.txt").write_text("\n".join(random.Random(0).sample(["a.go.jp", *NAMES], 301)))
    assert drawn(population_of(cohort="sample = 30")) == drawn(first)
    assert drawn(population_of(cohort="sample = 30", seed=2)) != drawn(first)
    assert population_of(cohort="sample = 999").counts[".jp"]["domains"] == 303


def test_a_sample_is_the_same_in_another_process(population_of, folder):
    (folder / "one.txt").write_text("\n".join(["a.go.jp", *NAMES]))
    first = drawn(population_of(cohort="sample = 30"))
    script = (
        "import sys; from pathlib import Path\n"
        "from pipeline.config import load_study\n"
        "from pipeline.population.cohorts import load_population\n"
        "study = load_study(Path(sys.argv[1]))\n"
        "print(*load_population(study, {}).domains['domain'])\n"
    )
    command = [sys.executable, "-c", script, str(folder / "s.toml")]
    for seed in ("1", "2"):
        env = {"PYTHONHASHSEED": seed}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        assert done.stdout.split() == first


def test_a_sample_draws_every_name_alike(population_of, folder):
    (folder / "one.txt").write_text("\n".join(["a.go.jp", *NAMES]))
    (folder / "two.csv").write_text("host\n")
    halves = [0, 0]
    for seed in range(1, 41):
        for name in drawn(population_of(cohort="sample = 30", seed=seed)):
            if name in NAMES:
                halves[NAMES.index(name) >= 150] += 1
    # 40 draws of 30: 600 a half, standard deviation below 17
    assert abs(halves[0] - halves[1]) < 150


@pytest.mark.parametrize(
    ("study", "cohort", "line", "says"),
    [
        ('opt_out = "none.txt"', "", 5, "no list file 'none.txt'; allowed: a list file's path"),
        ("", '[[cohort]]\nname = "x"\nlists = ["none.csv"]', 18, "no list file 'none.csv'"),
        ("", '[[cohort]]\nname = "x"\nlists = ["lab:x"]', 18, "'lab:x'; allowed: a file's path"),
        (
            "",
            '[[cohort]]\nname = "x"\nsuffix = "no"\nlists = ["one.txt"]',
            17,
            "no name is left for cohort 'x' of 11 listed",
        ),
    ],
)
def test_mistakes_are_one_line_in_the_study(population_of, folder, study, cohort, line, says):
    with pytest.raises(ConfigError) as caught:
        population_of(study, cohort)
    assert str(caught.value).startswith(f"{folder / 's.toml'}:{line}: ")
    assert says in str(caught.value)


def test_an_opt_out_list_with_a_typing_error_stops_the_study(population_of, folder):
    (folder / "opt-out.txt").write_text("a.go.jp\nleft-alone,go.jp\n")
    with pytest.raises(ConfigError, match=r"opt-out\.txt:2: 'left-alone' on the opt-out list"):
        population_of('opt_out = "opt-out.txt"')


def test_lists_of_the_lab(population_of, folder):
    (folder / "made.txt").write_text("q.jp\n")
    extra = '[[cohort]]\nname = "x"\nlists = ["lab:jp"]\n[lab]'
    population = population_of(cohort=extra, lab={"jp": folder / "made.txt"})
    assert population.domains.filter(domain="q.jp").rows() == [("q.jp", ["x"], [])]
    assert "lab:jp" in population.digests
    with pytest.raises(ConfigError, match="'lab:jp'; allowed: lab:go_jp"):
        population_of(cohort=extra, lab={"go_jp": folder / "made.txt"})
