"""Rules changed by hand, a known number of domains each; facts that are not the same refused."""

import re
import shutil
import sys
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

import pipeline
from pipeline.cli import app
from pipeline.judge import state_columns
from pipeline.protocols import ALL
from pipeline.rejudge.sides import python_of
from pipeline.run import tables_run
from pipeline.schema import DOMAINS, FACTS, FINDINGS, REJUDGED, Column, polars_schema
from pipeline.store import Store

PTR_LOST = """
import polars as pl
judged = spf.judge
def judge(facts, domains, context):
    findings, states = judged(facts, domains, context)
    is_ptr = pl.col("code") == "spf.ptr"
    return findings.filter(~is_ptr), states.with_columns(spf_ptr=pl.lit(None, pl.Boolean))
spf.judge = judge
"""


@pytest.fixture
def run(undisturbed, tmp_path) -> Store:
    """A copy of the judged run, to be changed."""
    shutil.copytree(undisturbed / "run", tmp_path / "run")
    return Store(tmp_path / "run")


def rejudged(store: Store, *options: object, status: int) -> str:
    arguments = ["rejudge", str(store.root), *map(str, options)]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, SystemExit | None), result.exception  # no other 1
    assert result.exit_code == status, result.output
    return result.output


def rows(store: Store) -> dict[tuple[str, str], dict]:
    """What was written of findings and states as wholes, by part and row."""
    written = store.read("tables/rejudged").filter(pl.col("cohort").is_null(), cell="domains")
    return {(row["part"], row["row"]): row for row in written.collect().iter_rows(named=True)}


def found(store: Store) -> pl.DataFrame:
    return store.read("findings").collect()


def with_ptr(store: Store) -> list[str]:
    """The domains with spf.ptr that belong to one cohort only: each is in one cell a table."""
    of_one = store.read("domains").filter(pl.col("cohorts").list.len() == 1).collect()
    has_it = found(store).filter(pl.col("code") == "spf.ptr")["domain"]
    return sorted(set(has_it) & set(of_one["domain"]))


def test_the_same_rules_change_nothing_and_nothing_is_overwritten(run):
    kept = {name: (run.root / name).read_bytes() for name in ("states.parquet", "findings.parquet")}
    assert "Nothing changed" in rejudged(run, status=0)
    written = run.read("tables/rejudged").collect()
    assert written.is_empty()
    assert written.schema == polars_schema(REJUDGED)
    assert {name: (run.root / name).read_bytes() for name in kept} == kept


def test_findings_gained_lost_and_kept(run):
    """Stored: three domains without their spf.ptr, two others with one that the rule never saw."""
    gone = with_ptr(run)[:3]
    assert len(gone) == 3
    stored = found(run)
    is_gone = (pl.col("code") == "spf.ptr") & pl.col("domain").is_in(gone)
    has_ptr = set(stored.filter(code="spf.ptr")["domain"])
    others = stored.filter(~pl.col("domain").is_in(list(has_ptr))).unique("domain").sort("domain")
    planted = others.head(2).with_columns(code=pl.lit("spf.ptr"), protocol=pl.lit("spf"))
    run.write("findings", pl.concat([stored.filter(~is_gone), planted]), FINDINGS)
    shown = rejudged(run, status=1)
    row = rows(run)["finding", "spf.ptr"]
    kept = len(has_ptr) - 3
    assert (row["gained"], row["lost"], row["kept"], row["changed"]) == (3, 2, kept, 5)
    assert (row["before"], row["after"]) == (kept + 2, kept + 3)
    assert re.search(rf"^spf\.ptr +{kept + 2} +{kept + 3} +3 +2 +{kept}$", shown, re.MULTILINE)
    assert set(rows(run)) == {("finding", "spf.ptr")}


def test_cells_of_the_published_tables(run):
    """Three domains fewer in the published class of ptr: three more after, there and in the sum."""
    gone = with_ptr(run)[:3]
    assert len(gone) == 3
    is_gone = (pl.col("code") == "spf.ptr") & pl.col("domain").is_in(gone)
    run.write("findings", found(run).filter(~is_gone), FINDINGS)
    tables_run(run)
    rejudged(run, status=1)
    cells = run.read("tables/rejudged").filter(part="mistakes", cell="yes").collect()
    more = cells.with_columns(more=pl.col("after").cast(pl.Int64) - pl.col("before"))
    by_row = dict(more.group_by("row").agg(pl.col("more").sum()).rows())
    assert by_row["talk2021 / ptr"] == 3
    assert by_row["talk2021 / sum"] == 3
    assert run.read("tables/rejudged").filter(part="adoption").collect().is_empty()


def test_states_by_column(run):
    """Stored: what twelve domains' records allow at their end was read wrongly."""
    stored = run.read("states").collect()
    dozen = stored.filter(pl.col("spf_all") == "-")["domain"].head(12).to_list()
    assert len(dozen) == 12
    wrong = pl.when(pl.col("domain").is_in(dozen)).then(pl.lit("+")).otherwise("spf_all")
    run.write("states", stored.with_columns(spf_all=wrong), state_columns(ALL))
    shown = rejudged(run, status=1)
    assert {key: row["changed"] for key, row in rows(run).items()} == {("state", "spf_all"): 12}
    assert re.search(r"^spf_all +domains +12$", shown, re.MULTILINE)


def test_from_which_state_to_which(run):
    """Stored: five present ones were taken for absent, two for unknown. Names are never told."""
    stored = run.read("states").collect()
    seven = stored.filter(spf="present")["domain"].head(7).to_list()
    here = pl.col("domain")
    wrong = (
        pl.when(here.is_in(seven[:5]))
        .then(pl.lit("absent"))
        .when(here.is_in(seven[5:]))
        .then(pl.lit("unknown"))
        .otherwise("spf")
    )
    at = pl.when(here.is_in(seven)).then(pl.lit("elsewhere.jp")).otherwise("dmarc_org_domain")
    changed = stored.with_columns(spf=wrong, dmarc_org_domain=at)
    run.write("states", changed, state_columns(ALL))
    rejudged(run, status=1)
    written = run.read("tables/rejudged").filter(part="state").collect()
    told = {(row["row"], row["cell"]): row["changed"] for row in written.iter_rows(named=True)}
    assert told == {
        ("spf", "domains"): 7,
        ("spf", "absent → present"): 5,
        ("spf", "unknown → present"): 2,
        ("dmarc_org_domain", "domains"): 7,
    }


def test_what_only_one_version_has_is_listed_and_no_change(run):
    """Stored: without spf_ptr, with a column and a finding that were given up since."""
    old = Column("spf_strict", pl.Boolean, "", "an older word", "旧")
    stored = run.read("states").collect().drop("spf_ptr").with_columns(spf_strict=True)
    columns = [one for one in state_columns(ALL) if one.name != "spf_ptr"]
    run.write("states", stored, (*columns, old))
    given_up = found(run).unique("domain").head(5).with_columns(code=pl.lit("spf.given_up"))
    run.write("findings", pl.concat([found(run), given_up]), FINDINGS)
    shown = rejudged(run, status=0)
    assert rows(run)["state", "spf_strict"]["versions"] == "before"
    assert rows(run)["state", "spf_ptr"]["versions"] == "after"
    assert rows(run)["finding", "spf.given_up"]["versions"] == "before"
    assert rows(run)["finding", "spf.given_up"]["lost"] == 5
    assert "finding: spf.given_up (5 domains)" in shown
    assert "state: spf_strict" in shown


def test_another_runs_folder_with_the_same_facts(run, undisturbed):
    """Its shards may be cut otherwise: what counts is what is in them."""
    whole = run.scan("facts", FACTS).collect().reverse()
    shutil.rmtree(run.root / "facts")
    run.write("facts/all", whole, FACTS)
    stored = found(run)
    lost = stored.filter(pl.col("code") == "spf.ptr")["domain"].n_unique()
    run.write("findings", stored.filter(pl.col("code") != "spf.ptr"), FINDINGS)
    copy = Store(run.root.parent / "mine")
    shutil.copytree(undisturbed / "run", copy.root)
    rejudged(copy, "--against", run.root, status=1)
    assert rows(copy)["finding", "spf.ptr"]["gained"] == lost
    assert not (run.root / "tables" / "rejudged.parquet").exists()


def later(facts: pl.DataFrame) -> pl.DataFrame:
    return facts.with_columns(pl.col("asked_at") + timedelta(days=365))


def without_one(facts: pl.DataFrame) -> pl.DataFrame:
    return facts.slice(1)


@pytest.mark.parametrize(("change", "says"), [(later, "answers"), (without_one, "number of facts")])
def test_other_facts_are_refused_in_one_line(run, undisturbed, change, says):
    whole = run.scan("facts", FACTS).collect()
    shutil.rmtree(run.root / "facts")
    run.write("facts/all", change(whole), FACTS)
    said = rejudged(run, "--against", undisturbed / "run", status=2)
    assert len(said.splitlines()) == 1
    assert f"their {says} differ" in said
    assert not (run.root / "tables" / "rejudged.parquet").exists()


def test_another_population_is_refused(run, undisturbed):
    run.write("domains", run.read("domains").collect().slice(1), DOMAINS)
    assert "their populations differ" in rejudged(run, "--against", undisturbed / "run", status=2)


@pytest.fixture
def other_version(tmp_path) -> Path:
    """A checkout of its own, whose SPF misses every ptr."""
    folder = tmp_path / "checkout"
    source = Path(pipeline.__file__).parent
    shutil.copytree(source, folder / "pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    data = source.parent / "data"
    if (data / "reference").is_dir():
        (folder / "data").symlink_to(data)
    with (folder / "pipeline" / "protocols" / "__init__.py").open("a", encoding="utf-8") as file:
        file.write(PTR_LOST)
    return folder


def test_another_versions_rules(run, other_version):
    has_ptr = found(run).filter(pl.col("code") == "spf.ptr")["domain"].n_unique()
    is_known = run.read("states").select(pl.col("spf_ptr").is_not_null().sum()).collect().item()
    assert has_ptr > 3
    shown = rejudged(run, "--against", other_version, status=1)
    assert f"before: the rules of {other_version}" in shown.replace("\n", " ")
    row = rows(run)["finding", "spf.ptr"]
    assert (row["before"], row["after"]) == (0, has_ptr)
    assert (row["versions"], row["gained"], row["lost"]) == ("both", has_ptr, 0)
    assert rows(run)["state", "spf_ptr"]["changed"] == is_known
    assert set(rows(run)) == {("finding", "spf.ptr"), ("state", "spf_ptr")}


def test_a_version_that_cannot_judge_is_one_line(run, other_version):
    (other_version / "pipeline" / "run.py").write_text("raise SystemExit('too old')\n")
    said = rejudged(run, "--against", other_version, status=2)
    assert said.splitlines()[-1].endswith("it could not judge these facts (too old)")
    assert len(said.splitlines()) == 1


def test_neither_a_run_nor_a_version_is_one_line(run, tmp_path):
    said = rejudged(run, "--against", tmp_path, status=2)
    assert len(said.splitlines()) == 1
    assert "allowed are another run's folder" in said
    said = rejudged(run, "--against", tmp_path / "checkout", "--python", "none", status=2)
    assert len(said.splitlines()) == 1


def test_a_run_that_was_never_judged_is_one_line(run):
    (run.root / "states.parquet").unlink()
    assert "mailsurvey judge makes it" in rejudged(run, status=2)


def test_the_interpreter_is_the_other_versions_own(tmp_path):
    assert python_of(tmp_path) == Path(sys.executable)
    for prefix, home in (("a/.venv", "a"), ("b", "b/lib/python3.12/site-packages")):
        (tmp_path / home).mkdir(parents=True)
        own = tmp_path / prefix / "bin" / "python"
        own.parent.mkdir(parents=True)
        own.touch()
        assert python_of(tmp_path / home) == own.resolve()
