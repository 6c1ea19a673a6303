"""The two versions' verdicts, each as a folder with states, findings and tables.

Everything is judged in folders that link to the run's facts: the run itself stays as it is.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from .. import manifest as manifests
from .. import run as stages
from ..config import ConfigError
from ..protocols import ALL
from ..report.terminal import printable
from ..schema import FACTS, KEY
from ..store import Store

MADE = ("states.parquet", "findings.parquet", "tables", "charts", "notebooks", "samples", "lock")
"""What a run's folder holds that is not what was asked or brought."""
VERSION = "version.json"

JUDGING = f"""
import sys
from pathlib import Path
import pipeline
home = Path(sys.argv[2]).resolve()
if home not in Path(pipeline.__file__).resolve().parents:
    sys.exit(f"this Python takes pipeline from {{pipeline.__file__}}")
import json
from pipeline import run
from pipeline.protocols import ALL
from pipeline.store import Store
store = Store(sys.argv[1])
run.judge_run(store)
run.tables_run(store)
codes = [finding.code for protocol in ALL for finding in protocol.FINDINGS]
(Path(sys.argv[1]) / {VERSION!r}).write_text(json.dumps(codes))
"""
"""What the other version runs: only what has been there since the first one."""


@dataclass(frozen=True, slots=True)
class Side:
    """One version's verdicts: a folder with states, findings and tables.

    said: whose they are. codes: all findings that it could make, as far as that can be known.
    """

    store: Store
    said: str
    codes: frozenset[str]


def own_side(run: Store, folder: Path) -> Side:
    """This version's verdicts on the run's facts."""
    store = mirrored(run, folder)
    stages.judge_run(store)
    stages.tables_run(store)
    codes = frozenset(finding.code for protocol in ALL for finding in protocol.FINDINGS)
    return Side(store, "this version's rules", codes)


def other_side(run: Store, against: Path | None, python: Path | None, folder: Path) -> Side:
    """What is compared with. Raises ConfigError: it cannot be."""
    if against is None:
        return stored_side(run)
    if (against / manifests.FILE).exists():
        other = Store(against)
        same_facts(run, other)
        return stored_side(other)
    if (against / "pipeline" / "__init__.py").exists():
        return judged_by(run, against, python or python_of(against), folder)
    raise ConfigError(
        f"--against {against}: allowed are another run's folder, and the folder of another version "
        "of this program, the one that holds its package pipeline"
    )


def stored_side(store: Store) -> Side:
    """What a run's folder holds. A stored run does not say which codes its version knew.

    Those of a protocol whose state it has are taken to have been known: where one was not, its
    domains count as gained, which is the safe side.
    """
    for name, cure in (("states", "judge"), ("findings", "judge"), ("tables/adoption", "tables")):
        if not store.has(name + ".parquet"):
            raise ConfigError(f"{store.root} has no {name}.parquet: mailsurvey {cure} makes it")
    columns = store.read("states").collect_schema().names()
    known = {
        finding.code
        for protocol in ALL
        if any(column.name in columns for column in protocol.COLUMNS)
        for finding in protocol.FINDINGS
    }
    found = store.read("findings").select(pl.col("code").unique()).collect()["code"]
    return Side(store, f"as stored in {store.root}", frozenset(known | set(found)))


def judged_by(run: Store, program: Path, python: Path, folder: Path) -> Side:
    """Another version's verdicts on the run's facts. Raises ConfigError: it cannot judge them."""
    store = mirrored(run, folder)
    home = program.resolve()
    command = [
        str(python),
        "-P",
        "-c",
        JUDGING,
        str(folder),
        str(home),
    ]  # -P: not the current folder's
    environment = {**os.environ, "PYTHONPATH": str(home)}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
    except OSError as error:
        raise ConfigError(f"{python}: {error.strerror}; name another with --python") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise ConfigError(
            f"--against {program}: it could not judge these facts ({printable(said[-1], 300)})"
        )
    codes = json.loads(store.read_text(VERSION))
    return Side(store, f"the rules of {program}", frozenset(codes))


def python_of(program: Path) -> Path:
    """The interpreter that belongs to a checkout or to an installed version; else this one."""
    home = program.resolve()
    places = [home / ".venv" / "bin" / "python"]
    if home.name == "site-packages":  # PREFIX/lib/pythonX.Y/site-packages
        places.append(home.parents[2] / "bin" / "python")
    return next((place for place in places if place.exists()), Path(sys.executable))


def mirrored(run: Store, folder: Path) -> Store:
    """A folder that has all of a run but what is made of its facts; nothing is copied.

    Published figures are left out of its settings: no cell depends on them, and another version may
    not have them.
    """
    store = Store(folder)
    folder.mkdir()
    for entry in run.root.resolve().iterdir():
        if entry.name not in (*MADE, manifests.FILE):
            (folder / entry.name).symlink_to(entry)
    manifest = manifests.read(run)
    manifest["settings"]["reference"] = []
    manifests.write(store, manifest)
    return store


def same_facts(run: Store, other: Store) -> None:
    """Are these one population's same facts? Raises ConfigError: they are not."""
    one, two = fingerprint(run), fingerprint(other)
    if one == two:
        return
    parts = ("number of facts", "questions", "answers", "populations")
    differing = next(part for part, a, b in zip(parts, one, two, strict=True) if a != b)
    raise ConfigError(
        f"{other.root} holds other facts than {run.root} (their {differing} differ): "
        "only the same facts show what the rules changed; tables of two crawls show a trend"
    )


def fingerprint(store: Store) -> tuple[int, int, int, int]:
    """Facts counted; and hashed without regard to their order: questions, answers, domains."""
    answer = pl.struct(*KEY, "outcome", "asked_at")  # two crawls never ask at the same moments
    facts = store.scan("facts", FACTS).select(
        pl.len(), pl.struct(KEY).hash().sum().alias("keys"), answer.hash().sum().alias("answers")
    )
    listed = pl.struct("domain", pl.col("cohorts").list.sort().list.join("\n"))
    population = store.read("domains").select(listed.hash().sum())
    number, keys, answers = facts.collect().row(0)
    return number, keys, answers, population.collect().item()
