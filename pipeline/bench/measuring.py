"""What a program took: its time, its CPU time, its memory and that of its processes."""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Taken:
    """cpu_s: of the program and all its processes; peak_mib: of itself; below_mib: of the largest
    process that it started."""

    printed: str
    seconds: float
    cpu_s: float
    peak_mib: float
    below_mib: float


def child(*arguments: str) -> tuple[dict[str, Any], Taken]:
    """Run a part of the benchmark in a fresh interpreter: what it found out, and what it took."""
    taken = measured([sys.executable, "-m", "pipeline.bench", *arguments])
    return json.loads(taken.printed.splitlines()[-1]), taken


def measured(command: Sequence[str]) -> Taken:
    """Run a program. Raises RuntimeError if it fails."""
    before, peak = resource.getrusage(resource.RUSAGE_CHILDREN), 0.0
    below: dict[str, float] = {}  # the last figure holds: the first ones are of the fork, not of it
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as printed:
        with subprocess.Popen(command, stdout=printed) as running:
            while running.poll() is None:
                peak = max(peak, peak_mib(running.pid))
                below |= {pid: mib for pid in children(running.pid) if (mib := peak_mib(pid))}
                time.sleep(0.02)
        seconds = time.monotonic() - started
        if running.returncode:
            raise RuntimeError(f"{command[0]} ended with status {running.returncode}")
        printed.seek(0)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Taken(printed.read(), seconds, cpu, peak, max(below.values(), default=0.0))


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


def cpu_s(pid: int) -> float:
    """The CPU time of a process that runs, without that of its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
