"""What asks a list of questions: dnsperf, and our engines as a crawl uses them."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from .asking import ASKING
from .measuring import child, measured
from .servers import program


@dataclass(frozen=True, slots=True)
class Result:
    """What one client did. Memory in MiB: of itself, and of its largest worker (null: none).
    bytes: of the Parquet that it wrote (null: none)."""

    client: str
    questions: int
    seconds: float
    questions_per_s: float
    cpu_s_per_100k: float
    peak_mib: float
    worker_mib: float | None
    lost: int
    outcomes: dict[str, int] | None = None
    bytes: int | None = None


def by_dnsperf(address: str, asked: Path, questions: int) -> Result:
    """All questions once by dnsperf, as many in flight and on as many sockets as the engines."""
    host, _, port = address.rpartition(":")
    flight, sockets = str(ASKING.in_flight), str(ASKING.sockets)
    options = ["-q", flight, "-c", sockets, "-T", "1", "-n", "1", "-t", str(ASKING.timeout_s)]
    taken = measured([program("dnsperf"), "-s", host, "-p", port, "-d", str(asked), *options])
    lines = taken.printed.splitlines()
    figures = dict(line.strip().split(":", 1) for line in lines if ":" in line)
    return Result(
        client="dnsperf",
        questions=questions,
        seconds=float(figures["Run time (s)"]),
        questions_per_s=float(figures["Queries per second"]),
        cpu_s_per_100k=taken.cpu_s / questions * 1e5,
        peak_mib=taken.peak_mib,
        worker_mib=None,
        lost=int(figures["Queries lost"].split()[0]),
    )


def by_engine(engine: str, address: str, asked: Path) -> Result:
    """All questions once by one of our engines: two worker processes, answers into Parquet."""
    with tempfile.TemporaryDirectory(prefix="mailsurvey-bench-") as folder:
        found, taken = child("ask", engine, address, str(asked), folder)
    return Result(
        client=engine,
        questions=found["questions"],
        seconds=found["seconds"],
        questions_per_s=found["questions"] / found["seconds"],
        cpu_s_per_100k=taken.cpu_s / found["questions"] * 1e5,
        peak_mib=taken.peak_mib,
        worker_mib=taken.below_mib,
        lost=found["lost"],
        outcomes=found["outcomes"],
        bytes=found["bytes"],
    )
