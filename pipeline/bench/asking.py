"""A list of questions asked as a crawl asks them: partitions, worker processes, Parquet shards."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import wait
from pathlib import Path
from typing import Any

import polars as pl

from ..ask.facts import QUESTIONS
from ..ask.partition import Partition
from ..ask.waves import MOST_IN_PARTITION
from ..config import Asking
from ..schema import polars_schema
from ..store import Store
from ..words import SETTLED, EngineName, Purpose, QType
from ..workers import Here, Processes, workers

WORKERS = 2
ASKING = Asking(workers=WORKERS)


def questions(path: Path) -> pl.DataFrame:
    """The lines of dnsperf's form as rows of QUESTIONS."""
    types = {qtype.name: int(qtype) for qtype in QType}
    name, qtype = (pl.col("line").str.split(" ").list.get(part) for part in (0, 1))
    rows = pl.scan_csv(
        path, has_header=False, separator="\n", quote_char=None, new_columns=["line"]
    ).select(
        name=name,
        qtype=qtype.replace_strict(types),
        cd=pl.lit(False),
        purpose=pl.lit(Purpose.SURVEY.value),
        origin=name,
        depth=pl.lit(0),
        tried=pl.lit(0),
    )
    columns = polars_schema(QUESTIONS)
    return rows.select(pl.col(column).cast(dtype) for column, dtype in columns.items()).collect()


def partitions(asked: pl.DataFrame, engine: EngineName, address: str) -> Iterator[Partition]:
    """The questions in partitions of the size that a crawl makes."""
    count = max(WORKERS, -(-asked.height // MOST_IN_PARTITION))
    for number in range(count):
        first, end = (asked.height * edge // count for edge in (number, number + 1))
        yield Partition(f"facts/{number:04d}", 0, asked[first:end], engine, (address,), ASKING)


def warmed_up(at_work: Here | Processes, engine: EngineName, address: str) -> None:
    """Worker processes that have begun, and loaded what they need."""
    name = pl.DataFrame({"name": ["."], "qtype": [int(QType.SOA)], "origin": ["."]})
    one = name.with_columns(cd=False, purpose=pl.lit(Purpose.SURVEY.value), depth=0, tried=0)
    asked = one.select(pl.col(c).cast(d) for c, d in polars_schema(QUESTIONS).items())
    first = [
        Partition(f"warm/{number}", 0, asked, engine, (address,), ASKING)
        for number in range(WORKERS)
    ]
    wait([at_work.submit(partition, lambda done, failed: None) for partition in first])


def ask_all(engine: str, address: str, path: Path, folder: Path) -> dict[str, Any]:
    """What the child process does: ask by two worker processes, as a crawl, and count.

    seconds: from the first question to the last shard on the disk, worker processes running.
    lost: questions whose answer did not come, or could not be read.
    """
    name, store = EngineName(engine), Store(folder)
    asked = questions(path)
    with workers(store, WORKERS) as at_work:
        warmed_up(at_work, name, address)
        started = time.monotonic()
        futures = [
            at_work.submit(partition, lambda done, failed: None)
            for partition in partitions(asked, name, address)
        ]
        outcomes: Counter[str] = Counter()
        for future in futures:
            outcomes.update(future.result().outcomes)
        seconds = time.monotonic() - started
    settled = sum(outcomes[outcome.value] for outcome in SETTLED)
    return {
        "questions": asked.height,
        "seconds": seconds,
        "outcomes": dict(outcomes),
        "lost": asked.height - settled,
        "bytes": store.size("facts"),
    }
