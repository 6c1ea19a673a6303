"""How fast the engines ask, beside `dnsperf`, against NSD on loopback: one run, the same questions.

A generated zone is asked for TXT, MX, A, AAAA and the `_dmarc` TXT of each of its names; about a
third of the answers are negative. Then its names are surveyed, by either engine: crawled, judged,
made tables of. Every client is a process of its own, so that its memory and its CPU time are its
own. The figures of one run compare with each other; those of two machines do not.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from .clients import ASKING, WORKERS, Result, Surveyed, by_dnsperf, by_engine, by_survey
from .servers import free_port, nsd, program
from .servers import running as running  # the tests' servers run by it too
from .zone import ASKED, ZONE, write_questions, write_root, write_zone

ENGINES = ("wire", "cares")
REPEATS = 3  # of which the median by speed is shown
LINE = "{:<10} {:>12} {:>12} {:>16} {:>12} {:>12} {:>8}"
HEADINGS = ("client", "questions/s", "of dnsperf", "CPU s/100,000", "peak MiB", "grown MiB", "lost")
CRAWL_LINE = "{:<10} {:>12} {:>12} {:>12} {:>12} {:>12} {:>8} {:>8} {:>14}"
CRAWL_HEADINGS = (
    "crawl", "domains/s", "questions/s", "of dnsperf", "driver MiB", "worker MiB", "judge s",
    "tables s", "bytes/domain",
)  # fmt: skip


def main(questions: int = 200_000, out: Path = Path("data/runs/bench.json")) -> None:
    """Measure, print two tables, write all results as JSON; one line says if a program is missing.

    questions: how many each client asks; a fifth as many names are served, and surveyed.
    """
    missing = [name for name in ("nsd", "dnsperf") if not program(name)]
    if missing:
        raise SystemExit(
            f"mailsurvey: bench needs {' and '.join(missing)} (Debian: apt-get install nsd dnsperf)"
        )
    with tempfile.TemporaryDirectory(prefix="mailsurvey-bench-") as scratch:
        folder, address = Path(scratch), f"127.0.0.1:{free_port()}"
        asked, names = write_questions(folder, questions), -(-questions // len(ASKED))
        zones = {ZONE: write_zone(folder, names), ".": write_root(folder)}
        results = []
        with nsd(folder, address, zones):
            for _ in range(REPEATS):
                results.append(by_dnsperf(address, asked, questions))
                results += [by_engine(engine, address, asked) for engine in ENGINES]
            surveys = [by_survey(engine, address, folder) for engine in ENGINES]
    show(results, surveys)
    out.parent.mkdir(parents=True, exist_ok=True)
    everything = {
        "clients": [asdict(result) for result in results],
        "surveys": [asdict(survey) for survey in surveys],
    }
    out.write_text(json.dumps(everything, indent=1) + "\n")
    print(f"\nAll results as JSON: {out}")


def show(results: Sequence[Result], surveys: Sequence[Surveyed]) -> None:
    """Print the tables; the first client is what the others are compared with."""
    clients = [middle(results, client) for client in dict.fromkeys(r.client for r in results)]
    yardstick = clients[0].questions_per_s
    print(f"{clients[0].questions:,} questions, {ASKING.in_flight} in flight, NSD on loopback\n")
    print(LINE.format(*HEADINGS))
    for result in clients:
        print(
            LINE.format(
                result.client,
                f"{result.questions_per_s:,.0f}",
                f"{result.questions_per_s / yardstick:.2f}",
                f"{result.cpu_s_per_100k:.2f}",
                f"{result.peak_mib:.0f}",
                "" if result.grown_mib is None else f"{result.grown_mib:.0f}",
                f"{result.lost / result.questions:.3%}",
            )
        )
    print(f"\n{surveys[0].domains:,} domains surveyed, {WORKERS} processes, Parquet included\n")
    print(CRAWL_LINE.format(*CRAWL_HEADINGS))
    for one in surveys:
        print(
            CRAWL_LINE.format(
                one.engine,
                f"{one.domains_per_s:,.0f}",
                f"{one.questions_per_s:,.0f}",
                f"{one.questions_per_s / yardstick:.2f}",
                f"{one.peak_mib:.0f}",
                f"{one.worker_peak_mib or 0:.0f}",
                f"{one.judge_s:.1f}",
                f"{one.tables_s:.1f}",
                f"{one.bytes_per_domain:,.0f}",
            )
        )


def middle(results: Sequence[Result], client: str) -> Result:
    """A client's result of median speed."""
    own = [result for result in results if result.client == client]
    speed = median(result.questions_per_s for result in own)
    return next(result for result in own if result.questions_per_s == speed)
