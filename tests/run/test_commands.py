"""The other commands on a finished run, and that nothing is stored which the dictionary lacks."""

import json
import re
import shlex
import shutil
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.judge.dictionary import stored
from pipeline.lab.server import start
from pipeline.protocols import ALL
from pipeline.schema import polars_schema
from pipeline.store import Store

from .conftest import crawl, published, study_file


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def commands() -> dict[str, str]:
    """Every command with its help."""
    group = typer.main.get_command(app)
    found = {}
    for name, command in group.commands.items():
        below = getattr(command, "commands", None)
        for second, inner in (below or {"": command}).items():
            found[f"{name} {second}".strip()] = inner.help
    return found


@pytest.mark.parametrize("name", commands())
def test_help_teaches(name):
    """What it does, whether it sends packets, and an example of that very command."""
    text = commands()[name]
    example = re.search(r"Example: mailsurvey (.+)", text)
    assert example is not None
    assert example[1].startswith(name)
    words = shlex.split(example[1])[len(name.split()) :]
    context = typer.main.get_command(app)
    for part in name.split():
        context = context.commands[part]
    context.make_context(name, words).close()  # the example's options exist and take such values


def test_why_shows_the_trail(undisturbed):
    states = Store(undisturbed / "run").read("states").filter(pl.col("spf") == "present").collect()
    domain = states["domain"][0]
    shown = run("why", undisturbed / "run", domain, "spf")
    assert f"{domain}. TXT   for spf" in shown
    assert ";ANSWER" in shown
    assert "v=spf1" in shown.lower()
    assert re.search(r"^  spf +present$", shown, re.MULTILINE)


def test_why_shows_visits_and_fetches(undisturbed):
    states = Store(undisturbed / "run").read("states").collect()
    mismatched = states.filter(dane_verified="mismatch")["domain"][0]
    shown = run("why", undisturbed / "run", mismatched, "dane").splitlines()
    for about, purposes in (
        ("_25._tcp.", {"survey", "again"}),
        ("visit to ", {"survey", "confirm"}),
    ):
        lines = [line for line in shown if line.startswith(about) and " IN " not in line]
        assert {line.rpartition(" ")[2] for line in lines} == purposes
    assert "    220 2.0.0 ready to start TLS" in shown
    assert any(line.startswith("    certificate for ") for line in shown)
    enforced = states.filter(mtasts="enforce")["domain"][0]
    shown = run("why", undisturbed / "run", enforced, "mtasts").splitlines()
    assert f"fetch of https://mta-sts.{enforced}/.well-known/mta-sts.txt" in shown
    assert "    mode: enforce" in shown


def test_why_of_a_stranger_is_a_usage_error(undisturbed):
    result = CliRunner().invoke(app, ["why", str(undisturbed / "run"), "not-there.jp", "spf"])
    assert result.exit_code == 2
    result = CliRunner().invoke(app, ["why", str(undisturbed / "run"), "a.jp", "arc"])
    assert "allowed are" in result.output


def test_the_dictionary_has_every_column_and_finding():
    text = run("columns")
    for name, columns in stored().items():
        assert f"## {name}\n" in text
        assert all(f"| {column.name} |" in text for column in columns)
    for protocol in ALL:
        assert all(f"| {finding.code} |" in text for finding in protocol.FINDINGS)
        assert all(finding.ja and finding.en and finding.rfc for finding in protocol.FINDINGS)


def test_nothing_is_stored_that_the_dictionary_lacks(undisturbed):
    store = Store(undisturbed / "run")
    folders = {path.parent for path in store.root.rglob("*.parquet")}
    kept = {"facts", "visits", "certificates", "fetches"}
    assert {folder.name for folder in folders} == {"run", "tables", *kept}
    for path in store.root.rglob("*.parquet"):
        name = path.relative_to(store.root).with_suffix("").as_posix()
        folder = name.partition("/")[0]
        name = folder if folder in kept else name
        assert pl.read_parquet_schema(path) == polars_schema(stored()[name])


def test_judging_again_changes_nothing(undisturbed):
    before = published(undisturbed, "adoption")
    printed = run("judge", undisturbed / "run")
    assert published(undisturbed, "adoption").equals(before)
    assert run("tables", undisturbed / "run") == printed


def test_published_tables_hold_no_domain_names(undisturbed):
    names = set(Store(undisturbed / "run").read("domains").collect()["domain"])
    for path in (undisturbed / "run" / "tables").iterdir():
        if path.suffix != ".parquet":
            text = path.read_text(encoding="utf-8")
            assert not names & set(re.findall(r"[\w.-]+", text))


REACHED = (
    *("mta_sts", "mta_sts_enforce", "bimi_logo", "bimi_mark", "starttls", "starttls_any"),
    *("starttls_valid", "dane_verified", "dane_verified_any"),
    *("rfc8461", "bimi", "rfc3207", "rfc7672"),
)
"""Measures and rule sets that rest on visits and fetches, too."""


def test_a_replayed_run_gives_the_same_tables(undisturbed, tmp_path):
    study = study_file(tmp_path)
    text = study.read_text(encoding="utf-8")
    with start(f"replay:{undisturbed / 'run'}") as address:
        lists = undisturbed / "run" / "lists"
        text = text.replace('["lab"]', f'["{address}"]').replace(
            "[lab]\nseed = 7\njp = 2500\ngo_jp = 330\n", ""
        )
        text = text.replace("[study]", '[study]\nskip = ["smtp", "https"]')
        study.write_text(text.replace("lab:", f"{lists}/"), encoding="utf-8")
        done = crawl(study, tmp_path / "log")
    assert done.returncode == 0, done.stderr
    for table, column in (("adoption", "measure"), ("mistakes", "rule_set"), ("disagreement", "")):
        again, first = (published(folder, table) for folder in (tmp_path, undisturbed))
        if column:  # what rests on visits and fetches cannot be replayed
            again, first = (one.filter(~pl.col(column).is_in(REACHED)) for one in (again, first))
        assert again.height > 5
        assert again.equals(first), table


def test_the_manifest_says_what_ran(undisturbed):
    manifest = json.loads((undisturbed / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["finished_at"] is not None
    assert manifest["resolvers"][0]["ad_trusted"] is True
    assert set(manifest["lists"]) >= {"lab:jp.txt", "lab:go-jp.txt"}
    agreement = manifest["agreement"]
    assert agreement["asked"] > 50
    assert agreement["same_answers"] == agreement["asked"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "[[cohort]]\nname = 'x'\nlists = ['x.txt']\n[study]\nname = 'x'\nsede = 3\n",
            "study.toml:6: ",
        ),
        ("[study\n", "study.toml:1: "),
    ],
)
def test_a_wrong_study_is_one_line_and_nothing_is_made(tmp_path: Path, text, says):
    (tmp_path / "study.toml").write_text(text)
    arguments = ["crawl", str(tmp_path / "study.toml"), "--runs", str(tmp_path / "runs")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert len(result.output.splitlines()) == 1
    assert says in result.output
    assert not (tmp_path / "runs").exists()


def test_an_unknown_reference_is_told_before_anything_is_asked(tmp_path):
    study = study_file(tmp_path)
    text = study.read_text(encoding="utf-8")
    study.write_text(
        text.replace("[study]\n", '[study]\nreference = ["nl_gov"]\n'), encoding="utf-8"
    )
    done = crawl(study, tmp_path / "log")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "nl_gov_2020_03" in done.stderr  # among the allowed
    assert not (tmp_path / "run").exists()


def test_the_tables_of_a_run_that_was_never_judged_are_a_usage_error(tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    result = CliRunner().invoke(app, ["tables", str(tmp_path)])
    assert result.exit_code == 2
    said = re.sub(r"[\s│]+", " ", result.output)  # the frame breaks lines anywhere
    assert "never judged" in said


def test_an_unfinished_run_says_so_above_its_tables(undisturbed, tmp_path):
    run_folder = tmp_path / "run"
    shutil.copytree(undisturbed / "run", run_folder)
    manifest = json.loads((run_folder / "manifest.json").read_text(encoding="utf-8"))
    (run_folder / "manifest.json").write_text(json.dumps(manifest | {"finished_at": None}))
    assert run("tables", run_folder).startswith("UNFINISHED")
    assert not run("tables", undisturbed / "run").startswith("UNFINISHED")


def test_no_resolver_is_one_line(tmp_path):
    study = study_file(tmp_path)
    text = study.read_text(encoding="utf-8").split("[lab]")[0].replace('["lab"]', '["127.0.0.1:9"]')
    (tmp_path / "names.txt").write_text("example.jp\n")
    study.write_text(text + '[[cohort]]\nname = "jp"\nlists = ["names.txt"]\nsuffix = "jp"\n'
                     'subdomains = true\ndenominator = "with_mx"\n', encoding="utf-8")  # fmt: skip
    done = crawl(study, tmp_path / "log")
    assert done.returncode == 2
    assert "no resolver answers" in done.stderr
