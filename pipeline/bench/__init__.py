"""How fast it is, beside what others are, on this machine: every figure a ratio within one run.

- engines: the same questions by `dnsperf` and by either engine, whose answers go into Parquet as in
  a crawl; NSD answers, a third of it negatively.
- resolver: the same through an Unbound that knows nothing yet.
- lab: the lab of the large study at several sizes, crawled from NSD, judged, made tables of.
- visits: mail servers of the lab, many names at each address.
- start: what a user waits for.
- others: what a researcher would use instead.

Every client is a process of its own. What two machines say cannot be compared.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import shown
from .clients import by_dnsperf, by_engine
from .servers import free_port, nsd, program
from .servers import unbound as unbound  # the tests' servers are these, too
from .zone import ASKED, ZONE, write_questions, write_root, write_zone

ENGINES = ("wire", "cares")
REPEATS = 3  # of which the middle one is shown
THROUGH = 2  # of so many questions, one is asked through the resolver
SIZES = (10_000, 100_000, 320_000, 1_000_000)
ONCE = 1_000_000  # a lab of this size, or more, is surveyed once
OTHERS = 300  # domains
OUT = Path("data/runs/bench.json")
VISITS = (10_000, 100_000)  # how memory grows with them
PARTS = ("engines", "resolver", "lab", "visits", "start", "others")
NEEDED = ("nsd", "dnsperf", "unbound")  # programs, and the Debian packages that have them


def main(
    questions: int = 1_000_000,
    sizes: Sequence[int] = SIZES,
    parts: Sequence[str] = PARTS,
    out: Path = OUT,
    repeats: int = REPEATS,
) -> None:
    """Measure, print tables, keep all results as JSON; one line says if a program is missing.

    questions: how many each client asks. sizes: of the lab, in .jp domains with MX. parts: of
    PARTS; what an earlier run measured of the others stays in the file.
    """
    missing = [name for name in NEEDED if not program(name)]
    if missing:
        cure = f"Debian: apt-get install {' '.join(missing)}"
        raise SystemExit(f"mailsurvey: bench needs {' and '.join(missing)} ({cure})")
    measure: dict[str, Callable[[], Any]] = {
        "engines": lambda: engines(questions, repeats),
        "resolver": lambda: resolvers(questions // THROUGH, repeats),
        "lab": lambda: labs(sizes, repeats),
        "visits": visits,
        "start": start,
        "others": lambda: others(repeats),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(out.read_text()) if out.exists() else {}
    for part in parts:
        kept[part] = measure[part]()
        out.write_text(json.dumps(kept, indent=1) + "\n")  # at once: an hour's work is not lost
        print(shown.part(part, kept), flush=True)
    print(f"\nAll results as JSON: {out}")


@contextmanager
def generated(questions: int) -> Iterator[tuple[str, Path]]:
    """NSD with the generated zone: its address, and the questions in dnsperf's form."""
    with tempfile.TemporaryDirectory(prefix="mailsurvey-bench-") as scratch:
        folder, address = Path(scratch), f"127.0.0.1:{free_port()}"
        asked, names = write_questions(folder, questions), -(-questions // len(ASKED))
        zones = {ZONE: write_zone(folder, names), ".": write_root(folder)}
        with nsd(folder, address, zones):
            yield address, asked


def engines(questions: int, repeats: int) -> list[dict[str, Any]]:
    """The same questions by every client in turn."""
    found = []
    with generated(questions) as (address, asked):
        for _ in range(repeats):
            found.append(by_dnsperf(address, asked, questions))
            found += [by_engine(engine, address, asked) for engine in ENGINES]
    return [asdict(one) for one in found]


def resolvers(questions: int, repeats: int) -> list[dict[str, Any]]:
    """The same through an Unbound that was started for it."""
    from .resolver import through

    with generated(questions) as (address, asked):
        return [
            asdict(through(client, address, asked, questions))
            for _ in range(repeats)
            for client in ("dnsperf", "wire")
        ]


def labs(sizes: Sequence[int], repeats: int) -> list[dict[str, Any]]:
    """Surveys of the lab at several sizes."""
    from .whole import surveyed

    return [asdict(one) for size in sizes for one in surveyed(size, repeats if size < ONCE else 1)]


def visits() -> list[dict[str, Any]]:
    """Visits to the lab's mail servers."""
    from .visits import visited

    return [asdict(visited(count)) for count in VISITS]


def start() -> list[dict[str, Any]]:
    """What a user waits for."""
    from .starting import started

    return [asdict(one) for one in started()]


def others(repeats: int) -> list[dict[str, Any]]:
    """What other tools take for some of the lab's domains."""
    from .others import CHECKERS, by_other
    from .whole import served_lab

    with served_lab(OTHERS * 10) as (folder, address):
        names = (folder / "lists/jp.txt").read_text().split()
        domains = folder / "some.txt"
        domains.write_text("\n".join(names[:: len(names) // OTHERS][:OTHERS]) + "\n")
        return [
            asdict(by_other(tool, address, domains)) for _ in range(repeats) for tool in CHECKERS
        ]
