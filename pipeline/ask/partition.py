"""A partition: the unit of asking, of writing, and of going on after a kill.

A worker asks its questions with one engine call, decodes what came back when a shard is full, and
writes the shard. What failed is handed back, to be asked again in the deferred lane; only the last
round writes a failure down.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from ..config import Asking
from ..schema import FACTS
from ..store import Store
from ..words import EngineName, Outcome
from .dns import Engine
from .facts import NUMBER, OUTCOME, RECEIVED, Facts, Row
from .pace import Pace

LOT = 256  # answers that are sorted at once
REPORT_S = 0.1  # what a bar needs: each report is a message between processes

Progress = Callable[[int, int], None]
"""Called now and then: so many more questions are done, so many more have failed."""


@dataclass(frozen=True, slots=True)
class Partition:
    """Some questions, and how to ask them. round: 0 in the wave, then 1, 2, … in the lane."""

    name: str  # of its shards, which add a number to it
    wave: int
    questions: pl.DataFrame  # QUESTIONS
    engine: EngineName
    resolvers: tuple[str, ...]
    asking: Asking
    round: int = 0
    is_last: bool = False

    def again(self, questions: pl.DataFrame, engine: EngineName, name: str) -> "Partition":
        """The next round in the deferred lane: fresh sockets, more patience."""
        number = self.round + 1
        asking = replace(
            self.asking,
            timeout_s=self.asking.timeout_s * self.asking.growth,
            pause_s=self.asking.pause_s * (self.asking.growth if self.round else 1),
        )
        return replace(
            self,
            name=name,
            questions=questions,
            engine=engine,
            asking=asking,
            round=number,
            is_last=number >= asking.rounds,
        )


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a partition. deferred: the questions that failed, with `tried` counted up."""

    partition: Partition
    outcomes: dict[str, int]
    deferred: pl.DataFrame
    is_whole: bool  # false: stopped on request before every question was asked


class Shards:
    """Takes an engine's answers, and writes them away a shard at a time."""

    def __init__(self, partition: Partition, store: Store, progress: Progress):
        self.partition, self.store, self.progress = partition, store, progress
        self.facts = Facts(partition.questions, partition.wave, partition.engine, partition.is_last)
        self.lot = min(LOT, partition.asking.shard_rows)
        self.came: list[Row] = []
        self.rows: list[Row] = []
        self.failed: list[Row] = []
        self.deferred: list[Row] = []
        self.count = self.written = self.unsettled = 0
        self.reported = (0, 0)
        self.flushed_at = self.reported_at = time.monotonic()

    def keep(self, *row: Any) -> None:
        """One answer, or one failure: a `Row`. Called by the engine, once a question."""
        self.came.append(row)
        if len(self.came) >= self.lot:
            self.now_and_then()

    def now_and_then(self) -> None:
        """Sort what has come, write what fills a shard or has waited for long, report."""
        for row in self.came:
            outcome, received = row[OUTCOME], row[RECEIVED]
            # NOERROR or NXDOMAIN in the header's low bits; the rest is looked at in a full shard
            if outcome is None:
                is_kept = received is not None and received[3] & 15 in (0, 3)
            else:  # what the engine cannot ask is not asked again
                is_kept = outcome is Outcome.NOT_ASKED
            (self.rows if is_kept else self.failed).append(row)
        self.came.clear()
        now = time.monotonic()
        has_waited = now - self.flushed_at > self.partition.asking.flush_s
        if has_waited or len(self.rows) >= self.partition.asking.shard_rows:
            self.flush()
        if now - self.reported_at > REPORT_S:
            self.report()

    def report(self) -> None:
        """Say how far it is, failures counted."""
        done = self.written + len(self.rows) + len(self.failed) + len(self.deferred)
        failed = self.unsettled + len(self.failed) + len(self.deferred)
        self.progress(done - self.reported[0], failed - self.reported[1])
        self.reported, self.reported_at = (done, failed), time.monotonic()

    def flush(self) -> None:
        """Decode and write what has come; what cannot be read counts as a failure of this round."""
        self.write(self.rows)
        self.rows = []

    def write(self, rows: list[Row]) -> None:
        """One shard, if there is anything in it."""
        table, again = self.facts.made(rows)
        self.deferred += again
        if table.num_rows:
            self.store.write(f"{self.partition.name}-{self.count:05d}", table, FACTS)
            self.count += 1
            self.written += table.num_rows
        self.flushed_at = time.monotonic()

    def finish(self) -> pl.DataFrame:
        """Write the last shard. Returns the questions to be asked again."""
        self.now_and_then()
        self.flush()
        if self.partition.is_last:
            self.write(self.failed)
            self.unsettled = len(self.failed)
        else:
            self.deferred += self.failed
        self.failed = []
        self.report()
        asked = self.partition.questions
        deferred = asked[[row[NUMBER] for row in self.deferred]] if self.deferred else asked.clear()
        tried = [self.facts.tries(row) for row in self.deferred]
        return deferred.with_columns(tried=pl.Series(tried, dtype=pl.UInt8))


def ask_partition(
    partition: Partition,
    engine: Engine,
    store: Store,
    pace: Pace,
    progress: Progress,
    is_stopping: Callable[[], bool],
) -> Answered:
    """Ask a partition's questions and write its shards. Returns early, all kept, when stopping."""
    shards = Shards(partition, store, progress)
    asked = partition.questions
    questions = zip(
        range(asked.height),
        shards.facts.names,
        shards.facts.qtypes,
        asked["cd"].to_list(),
        strict=True,
    )

    async def ask() -> None:
        if partition.round:  # resolvers remember a failure, RFC 9520 §3.2
            await asyncio.sleep(partition.asking.pause_s)
        await engine(questions, partition.resolvers, partition.asking, pace, shards.keep)

    is_whole = asyncio.run(finished(ask(), is_stopping))
    deferred = shards.finish()
    return Answered(partition, dict(shards.facts.outcomes), deferred, is_whole)


async def finished(work: Coroutine[Any, Any, None], is_stopping: Callable[[], bool]) -> bool:
    """Do some work, unless it is to stop: was it done to its end?"""
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.wait([task], timeout=0.1)
        if is_stopping():
            task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return False
    return True


def settled_keys(answered: Answered) -> pl.DataFrame:
    """The questions of a partition that now have a fact."""
    keys = ["name", "qtype", "cd", "purpose"]
    return answered.partition.questions.select(keys).join(
        answered.deferred.select(keys), on=keys, how="anti"
    )
