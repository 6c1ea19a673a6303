"""What asks: dnsperf, our engines, and a whole survey. Each is a process of its own."""

import asyncio
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from ..ask.dns import cares, wire
from ..ask.pace import Pace
from ..config import Asking
from ..words import EngineName, Outcome, QType, Transport
from .servers import program
from .zone import ASKED

ASKING = Asking()
WORKERS = 2
STUDY = """
[study]
name = "bench"
title = "The benchmark's zone"
engine = "{engine}"
[resolver]
addresses = ["{address}"]
[asking]
workers = {workers}
[[cohort]]
name = "bench"
lists = ["names.txt"]
"""


@dataclass(frozen=True, slots=True)
class Result:
    """What one client did. Sizes in MiB; grown: of the peak, what asking added; null: not known."""

    client: str
    questions: int
    seconds: float
    questions_per_s: float
    cpu_s_per_100k: float
    peak_mib: float
    grown_mib: float | None
    lost: int
    rcodes: dict[str, int] | None


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What a whole survey of the zone's names took. peak_mib: of the driver while it crawled;
    judged_peak_mib: at the end; worker_peak_mib: of the largest worker, null: not known."""

    engine: str
    domains: int
    questions: int
    crawl_s: float
    domains_per_s: float
    questions_per_s: float
    judge_s: float
    tables_s: float
    bytes_per_domain: float
    peak_mib: float
    judged_peak_mib: float
    worker_peak_mib: float | None = None


def measured(command: Sequence[str]) -> tuple[str, float, float, float]:
    """Run a program: what it printed, its CPU time (s), its peak memory and that of its largest
    child (MiB).

    Raises RuntimeError if it fails.
    """
    before, peak, below = resource.getrusage(resource.RUSAGE_CHILDREN), 0.0, 0.0
    with tempfile.TemporaryFile("w+") as printed:
        with subprocess.Popen(command, stdout=printed) as child:
            while child.poll() is None:
                peak = max(peak, peak_mib(child.pid))
                below = max([below, *map(peak_mib, children(child.pid))])
                time.sleep(0.02)
        if child.returncode:
            raise RuntimeError(f"{command[0]} ended with status {child.returncode}")
        printed.seek(0)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return printed.read(), cpu, peak, below


def children(pid: int) -> list[str]:
    """The processes that a process has started; none if it has ended."""
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []


def peak_mib(pid: int | str) -> float:
    """A process' peak resident memory in MiB, 0 if it has ended.

    Not by getrusage: its figure for a child begins with what the parent held when it forked.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def by_dnsperf(address: str, asked: Path, questions: int) -> Result:
    """All questions once by dnsperf, as many in flight and on as many sockets as the engines."""
    host, _, port = address.rpartition(":")
    flight, sockets = str(ASKING.in_flight), str(ASKING.sockets)
    options = ["-q", flight, "-c", sockets, "-T", "1", "-n", "1", "-t", str(ASKING.timeout_s)]
    command = [program("dnsperf"), "-s", host, "-p", port, "-d", str(asked), *options]
    printed, cpu, peak, _ = measured(command)
    figures = dict(line.strip().split(":", 1) for line in printed.splitlines() if ":" in line)
    return Result(
        client="dnsperf",
        questions=questions,
        seconds=float(figures["Run time (s)"]),
        questions_per_s=float(figures["Queries per second"]),
        cpu_s_per_100k=cpu / questions * 1e5,
        peak_mib=peak,
        grown_mib=None,
        lost=int(figures["Queries lost"].split()[0]),
        rcodes=None,
    )


def by_engine(engine: str, address: str, asked: Path) -> Result:
    """All questions once by one of our engines, in a fresh interpreter."""
    command = [sys.executable, "-m", "pipeline.bench", engine, address, str(asked)]
    printed, *_ = measured(command)
    return Result(**json.loads(printed))


def ask_all(engine: str, address: str, asked: Path) -> Result:
    """What the child process does: ask, count, keep nothing."""
    lines = asked.read_text().split("\n")[:-1]
    rcodes: Counter[str] = Counter()
    lost = 0

    def keep(
        index: int,
        outcome: Outcome | None,
        message: bytes | None,
        resolver: str,
        transport: Transport | None,
        tries: int,
        asked_at: float,
        rtt_ms: float | None,
    ) -> None:
        nonlocal lost
        lost += outcome is not None
        rcodes[str(message[3] & 15) if message else str(outcome)] += 1

    def questions() -> Iterator[tuple[int, str, int, bool]]:
        types = {qtype: int(QType[qtype]) for _, qtype in ASKED}
        for number, line in enumerate(lines):
            name, _, qtype = line.partition(" ")
            yield number, name, types[qtype], False

    ask = {EngineName.WIRE: wire.ask, EngineName.CARES: cares.ask}[EngineName(engine)]
    before, cpu, started = peak_mib("self"), time.process_time(), time.monotonic()
    asyncio.run(ask(questions(), [address], ASKING, Pace(ASKING.in_flight), keep))
    seconds = time.monotonic() - started
    cpu, peak = time.process_time() - cpu, peak_mib("self")
    return Result(
        client=engine,
        questions=len(lines),
        seconds=seconds,
        questions_per_s=len(lines) / seconds,
        cpu_s_per_100k=cpu / len(lines) * 1e5,
        peak_mib=peak,
        grown_mib=peak - before,
        lost=lost,
        rcodes=dict(rcodes),
    )


def by_survey(engine: str, address: str, folder: Path) -> Surveyed:
    """A survey of all names by one of our engines, in a fresh interpreter.

    folder: holds the zone's questions; the study and its run are written there.
    """
    listed = {line.split()[0] for line in (folder / "questions.txt").open()}
    names = [name for name in listed if not name.startswith("_")]
    (folder / "names.txt").write_text("\n".join(names) + "\n")
    study = folder / f"{engine}.toml"
    study.write_text(STUDY.format(engine=engine, address=address, workers=WORKERS))
    command = [sys.executable, "-m", "pipeline.bench", "survey", str(study), str(folder / engine)]
    printed, _, _, below = measured(command)
    return replace(Surveyed(**json.loads(printed)), worker_peak_mib=below)


def survey(path: Path, folder: Path) -> Surveyed:
    """What the child process does: crawl, judge, make the tables."""
    from .. import run as stages  # only here: it would be memory of the clients above
    from ..config import load_study
    from ..store import Store

    study, store = load_study(path), Store(folder)
    quiet = stages.Echo(bar=lambda title, total: lambda done, failed: None, line=lambda text: None)
    moments = [time.monotonic()]
    manifest = stages.crawl(study, store, quiet)
    moments.append(time.monotonic())
    peak = peak_mib("self")
    stages.judge_run(store)
    moments.append(time.monotonic())
    stages.tables_run(store)
    moments.append(time.monotonic())
    crawl_s, judge_s, tables_s = (after - at for at, after in pairwise(moments))
    domains = sum(counts["domains"] for counts in manifest["population"].values())
    questions = sum(manifest["facts"]["outcome"].values())
    return Surveyed(
        engine=study.engine.value,
        domains=domains,
        questions=questions,
        crawl_s=crawl_s,
        domains_per_s=domains / crawl_s,
        questions_per_s=questions / crawl_s,
        judge_s=judge_s,
        tables_s=tables_s,
        bytes_per_domain=store.size("facts") / domains,
        peak_mib=peak,
        judged_peak_mib=peak_mib("self"),
    )
