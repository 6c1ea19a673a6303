"""The main job on the embedded lab: every published number against the plan made before the run."""

import signal
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from pipeline.config import load_study
from pipeline.lab import truth
from pipeline.lab.plan import plan
from pipeline.schema import FACTS, KEY
from pipeline.store import Store
from pipeline.words import QType

from .conftest import (
    crawl,
    killed_at_shard,
    killed_when_done,
    published,
    study_file,
    workers_killed_when_done,
)

PROBES = ("signed.lab", "forged.lab", "unsigned.lab")  # the resolver is examined with these
UNSEEN_BY_CARES = (  # it sees no AD flag, asks no TLSA
    "dnssec", "dnssec_mx", "dane", "dane_any", "dane_verified", "dane_verified_any",
)  # fmt: skip
COUNTS = ["yes", "no", "unknown", "of", "of_unknown"]


def logged(log: Path) -> Counter:
    """(name, type, CD) → how often the lab's server was asked it."""
    rows = [line.split() for line in log.read_text(encoding="utf-8").splitlines()]
    return Counter((row[2], QType[row[3]], row[4] == "1") for row in rows)


def assert_equals_plan(
    folder: Path, measures_not_observed: tuple[str, ...] = (), without: tuple[str, ...] = ()
) -> None:
    """without: rule sets that this run cannot tell of."""
    study = load_study(folder / "study.toml")
    planned = plan(study.lab)
    asked = truth.asked_by(study)
    expected = truth.expected_adoption(planned, study.cohorts, asked)
    key = ["cohort", "denominator", "measure"]
    found = published(folder, "adoption").join(expected, on=key, suffix="_planned")
    assert found.height == expected.height == published(folder, "adoption").height
    for row in found.iter_rows(named=True):
        if row["measure"] in measures_not_observed:
            assert (row["not_observed"], row["share"]) == (row["of"], None)
        else:
            got, want = ({name: row[name + end] for name in COUNTS} for end in ("", "_planned"))
            assert got == want, (row["cohort"], row["measure"])
    expected = truth.expected_mistakes(planned, study.cohorts, asked)
    key = ["cohort", "rule_set", "class"]
    found = published(folder, "mistakes").join(expected, on=key, suffix="_planned")
    assert found.height == expected.height == published(folder, "mistakes").height
    for row in found.filter(~pl.col("rule_set").is_in(without)).iter_rows(named=True):
        got, want = ({name: row[name + end] for name in COUNTS} for end in ("", "_planned"))
        assert got == want, (row["cohort"], row["rule_set"], row["class"])
    expected = truth.expected_parked(planned, study.cohorts, asked)
    assert published(folder, "parked").rows(named=True) == expected.rows(named=True)


def test_the_tables_equal_the_plan(undisturbed):
    assert_equals_plan(undisturbed)


def test_the_tables_equal_the_plan_by_cares(tmp_path):
    done = crawl(study_file(tmp_path, engine="cares"), tmp_path / "log")
    assert done.returncode == 0, done.stderr
    assert_equals_plan(tmp_path, measures_not_observed=UNSEEN_BY_CARES, without=("rfc7672",))


def test_the_operators_add_up_to_their_cohorts(undisturbed):
    adoption, providers = (published(undisturbed, name) for name in ("adoption", "providers"))
    for measure in ("starttls", "starttls_valid", "mta_sts", "dane", "dane_verified"):
        for row in adoption.filter(measure=measure).iter_rows(named=True):
            mine = providers.filter(cohort=row["cohort"])
            assert mine["domains"].sum() == row["of"]
            for word in ("yes", "no", "unknown"):
                assert mine[f"{measure}_{word}"].sum() == row[word], (row["cohort"], measure, word)
    # what the plan has of its largest provider: every domain's hosts encrypt
    kumo = providers.filter(cohort="go.jp", operator="kumo-mail.example").row(0, named=True)
    assert kumo["starttls_yes"] == kumo["domains"] > 50


def test_no_question_is_kept_twice(undisturbed):
    facts = Store(undisturbed / "run").scan("facts", FACTS).select(KEY).collect()
    assert facts.height > 10_000
    assert not facts.is_duplicated().any()


@pytest.mark.parametrize(
    ("workers", "beginning"),
    [
        pytest.param(1, killed_at_shard(1), id="before the first shard"),
        pytest.param(1, killed_at_shard(8), id="after the eighth"),
        pytest.param(1, killed_at_shard(21), id="before the twenty-first"),
        pytest.param(2, killed_when_done(3000), id="with two processes at work"),
    ],
)
def test_a_kill_loses_nothing_that_was_kept(undisturbed, tmp_path, workers, beginning):
    study = study_file(tmp_path, workers=workers)
    killed = crawl(study, tmp_path / "log-1", beginning)
    assert killed.returncode == -signal.SIGKILL
    facts = Store(tmp_path / "run").scan("facts", FACTS).filter(pl.col("purpose") == "survey")
    kept = set(facts.select("name", "qtype", "cd").collect().iter_rows())
    done = crawl(study, tmp_path / "log-2")
    assert done.returncode == 0, done.stderr
    for table in ("adoption", "mistakes", "disagreement"):
        assert published(tmp_path, table).equals(published(undisturbed, table)), table
    other = Store(tmp_path / "run").scan("facts", FACTS).filter(pl.col("purpose") != "survey")
    repeated = set(other.select("name", "qtype", "cd").collect().iter_rows())
    probes = {(name, QType.SOA, cd) for name in PROBES for cd in (False, True)}
    assert not (kept & set(logged(tmp_path / "log-2"))) - repeated - probes


def test_workers_that_die_end_it_in_one_line(tmp_path):
    study = study_file(tmp_path, workers=2)
    ended = crawl(study, tmp_path / "log", workers_killed_when_done(3000))
    assert ended.returncode == 4
    assert "Traceback" not in ended.stderr
    assert "a worker process was ended" in ended.stderr.splitlines()[-1]
    assert "run the same command again" in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize("misbehaviour", ["loss = 0.05", "servfail = 0.2", "truncation = 0.3"])
def test_what_was_made_to_fail_stays_inside_the_bounds(undisturbed, tmp_path, misbehaviour):
    done = crawl(study_file(tmp_path, extra=misbehaviour), tmp_path / "log")
    assert done.returncode == 0, done.stderr
    key = ["cohort", "denominator", "measure"]
    disturbed = published(tmp_path, "adoption").join(
        published(undisturbed, "adoption"), on=key, suffix="_true"
    )
    for row in disturbed.iter_rows(named=True):
        assert row["low"] <= row["high_true"], row
        assert row["high"] >= row["low_true"], row
        assert row["yes"] <= row["yes_true"] + row["unknown_true"] + row["of_unknown_true"], row
