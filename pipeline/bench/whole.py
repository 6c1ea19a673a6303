"""The whole work: the lab of `configs/lab-large.toml` at several sizes, served by NSD from the zone
that `mailsurvey lab export` writes; crawled, judged, made tables of.

dnsperf then asks the questions that the crawl asked, of the same server.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from .asking import WORKERS
from .clients import by_dnsperf
from .measuring import child, peak_mib
from .servers import free_port, nsd

GO_JP = 330
STUDY = """
[study]
name = "bench"
title = "The lab, served by NSD"
skip = ["smtp", "https"]
[resolver]
addresses = ["{address}"]
[asking]
workers = {workers}
[questions]
public = ["127.18.0.0/15"]
[[cohort]]
name = "go.jp"
suffix = "go.jp"
subdomains = false
denominator = "with_mx"
lists = ["lists/go-jp.txt", {{path = "lists/go-jp.csv", column = "domain", strata = ["kind"]}}]
[[cohort]]
name = ".jp"
suffix = "jp"
subdomains = true
denominator = "with_mx"
lists = ["lists/jp.txt"]
"""


@dataclass(frozen=True, slots=True)
class Whole:
    """What one survey took. Memory in MiB, at its peak: driver_mib: of the process that plans,
    while it crawls; worker_mib: of its largest worker; judging_mib: of driver and workers together
    at most, counted as if all of them peaked at once. wanted: questions, as if each domain asked
    for itself; questions: sent; facts_bytes: of the Parquet; dnsperf_s: for the same questions."""

    size: int
    domains: int
    wanted: int
    questions: int
    crawl_s: float
    judge_s: float
    tables_s: float
    dnsperf_s: float
    driver_mib: float
    worker_mib: float
    judging_mib: float
    facts_bytes: int


@contextmanager
def served_lab(size: int) -> Iterator[tuple[Path, str]]:
    """NSD with a lab of so many .jp domains with MX: a folder with `lists`, and its address."""
    with tempfile.TemporaryDirectory(prefix="mailsurvey-bench-") as scratch:
        folder, address = Path(scratch), f"127.0.0.1:{free_port()}"
        child("served", str(size), scratch)
        with nsd(folder, address, {".": folder / "root.zone"}):
            yield folder, address


def surveyed(size: int, repeats: int) -> Iterator[Whole]:
    """Survey a lab several times over."""
    with served_lab(size) as (folder, address):
        study, questions = folder / "study.toml", folder / "questions.txt"
        study.write_text(STUDY.format(address=address, workers=WORKERS))
        for number in range(repeats):
            run = str(folder / f"run-{number}")
            found, taken = child("survey", str(study), run)
            asked, _ = child("asked", run, str(questions))
            there = by_dnsperf(address, questions, asked["questions"])
            judging_mib = found.pop("judged_mib") + WORKERS * taken.below_mib
            yield Whole(
                size=size,
                questions=asked["questions"],
                dnsperf_s=there.seconds,
                worker_mib=taken.below_mib,
                judging_mib=judging_mib,
                **found,
            )


def serve(size: str, folder: str) -> dict[str, Any]:
    """What a child process does: write the lab's lists and zone."""
    from ..config import Lab
    from ..lab.export import write_served
    from ..lab.plan import plan

    lists = Path(folder) / "lists"
    lists.mkdir()
    _, written = write_served(plan(Lab(seed=1, jp=int(size), go_jp=GO_JP)), lists)
    written.path.rename(Path(folder) / "root.zone")
    return {"records": written.records}


def survey(study_file: str, run: str) -> dict[str, Any]:
    """What a child process does: crawl, judge, make the tables."""
    from .. import run as stages
    from ..config import load_study
    from ..store import Store

    study, store = load_study(Path(study_file)), Store(run)
    begun = time.monotonic()
    manifest = stages.crawl(study, store, stages.Echo(bar=stages.no_bar, line=lambda text: None))
    crawled, driver_mib = time.monotonic(), peak_mib("self")
    stages.judge_run(store)
    judged, judged_mib = time.monotonic(), peak_mib("self")
    stages.tables_run(store)
    ended = time.monotonic()
    return {
        "domains": store.read("domains").select(pl.len()).collect().item(),
        "wanted": manifest["questions"]["wanted"],
        "crawl_s": crawled - begun,
        "judge_s": judged - crawled,
        "tables_s": ended - judged,
        "driver_mib": driver_mib,
        "judged_mib": judged_mib,
        "facts_bytes": store.size("facts"),
    }


def write_asked(run: str, path: str) -> dict[str, Any]:
    """What a child process does: write what a crawl asked in dnsperf's form, a line a question."""
    from ..schema import FACTS
    from ..store import Store
    from ..words import Outcome, QType

    types = {int(qtype): qtype.name for qtype in QType}
    asked = Store(run).scan("facts", FACTS).filter(pl.col("outcome") != Outcome.NOT_ASKED.value)
    line = pl.concat_str("name", pl.lit(" "), pl.col("qtype").replace_strict(types))
    lines = asked.select(line).collect()
    lines.write_csv(path, include_header=False, quote_style="never")
    return {"questions": lines.height}
