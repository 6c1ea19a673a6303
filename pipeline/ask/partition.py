"""A partition: the unit of asking, of writing, and of going on after a kill.

A worker asks its questions with one engine call, decodes what came back when a shard is full, and
writes the shard. What failed is handed back, to be asked again in the deferred lane; only the last
round writes a failure down.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl
import pyarrow as pa

from .. import message
from ..config import Asking
from ..schema import ASKS, FACTS, Column, arrow_schema
from ..store import Store
from ..words import SETTLED, EngineName, Outcome, Transport
from .dns import Engine
from .pace import Pace

Progress = Callable[[int, int], None]
"""Called now and then: so many more questions are done, so many more have failed."""

TRIED = Column(
    "tried", pl.UInt8, "", "packets and connections that earlier rounds took", "以前の試行回数"
)
QUESTIONS = (*(column for column in ASKS if column.name != "why"), TRIED)


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
        asking = replace(self.asking, timeout_s=self.asking.timeout_s * self.asking.growth)
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


@dataclass(slots=True)
class Rows:
    """Answers in columns, as they come: no object an answer."""

    index: list[int] = field(default_factory=list)
    outcome: list[Outcome | None] = field(default_factory=list)
    message: list[bytes | None] = field(default_factory=list)
    resolver: list[str] = field(default_factory=list)
    transport: list[Transport | None] = field(default_factory=list)
    tries: list[int] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)
    rtt_ms: list[float | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.index)


class Shards:
    """Takes an engine's answers, and writes them away a shard at a time."""

    def __init__(self, partition: Partition, store: Store, progress: Progress):
        self.partition, self.store, self.progress = partition, store, progress
        self.rows, self.failed = Rows(), Rows()
        self.questions = {
            name: partition.questions[name].to_list() for name in partition.questions.columns
        }
        self.deferred: list[int] = []
        self.outcomes: dict[str, int] = {}
        self.count = self.written = self.unsettled = 0
        self.reported = (0, 0)
        self.flushed_at = time.monotonic()

    def keep(
        self,
        index: int,
        outcome: Outcome | None,
        received: bytes | None,
        resolver: str,
        transport: Transport | None,
        tries: int,
        asked_at: float,
        rtt_ms: float | None,
    ) -> None:
        """One answer, or one failure. Called by the engine, once a question."""
        # NOERROR or NXDOMAIN in the header's low bits; the rest is looked at when the shard is full
        came = outcome is None and received is not None and received[3] & 15 in (0, 3)
        came |= outcome is Outcome.NOT_ASKED  # the engine cannot ask this: asking again is no use
        rows = self.rows if came else self.failed
        rows.index.append(index)
        rows.outcome.append(outcome)
        rows.message.append(received)
        rows.resolver.append(resolver)
        rows.transport.append(transport)
        rows.tries.append(min(255, tries + self.questions["tried"][index]))
        rows.asked_at.append(asked_at)
        rows.rtt_ms.append(rtt_ms)
        asking = self.partition.asking
        if len(self.rows) >= asking.shard_rows or (
            len(self.rows) % 256 == 0 and time.monotonic() - self.flushed_at > asking.flush_s
        ):
            self.flush()
        if (len(self.rows) + len(self.failed)) % 256 == 0:
            self.report()

    def report(self) -> None:
        """Say how far it is, failures counted."""
        done = self.written + len(self.rows) + len(self.failed) + len(self.deferred)
        failed = self.unsettled + len(self.failed) + len(self.deferred)
        self.progress(done - self.reported[0], failed - self.reported[1])
        self.reported = (done, failed)

    def flush(self) -> None:
        """Decode and write what has come; what cannot be read counts as a failure of this round."""
        facts = Facts(self.partition, self.questions)
        for number in range(len(self.rows)):
            if not facts.add(self.rows, number) and not self.partition.is_last:
                facts.drop_last()
                self.deferred.append(self.rows.index[number])
        self.write(facts)
        self.rows = Rows()

    def write(self, facts: "Facts") -> None:
        """One shard, if there is anything in it."""
        if facts.columns["name"]:
            for outcome in facts.columns["outcome"]:
                self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
            self.store.write(f"{self.partition.name}-{self.count:05d}", facts.table(), FACTS)
            self.count += 1
            self.written += len(facts.columns["name"])
        self.flushed_at = time.monotonic()

    def finish(self) -> pl.DataFrame:
        """Write the last shard. Returns the questions to be asked again."""
        self.flush()
        tried = dict(zip(self.failed.index, self.failed.tries, strict=True))
        if self.partition.is_last:
            facts = Facts(self.partition, self.questions)
            for number in range(len(self.failed)):
                facts.add(self.failed, number)
            self.write(facts)
            self.unsettled = len(self.failed)
        else:
            self.deferred += self.failed.index
        self.failed = Rows()
        self.report()
        deferred = (
            self.partition.questions[self.deferred]
            if self.deferred
            else self.partition.questions.clear()
        )
        return deferred.with_columns(
            tried=pl.Series([tried.get(index, 1) for index in self.deferred], dtype=pl.UInt8)
        )


class Facts:
    """Rows of schema.FACTS under construction, a Python list a column."""

    def __init__(self, partition: Partition, questions: dict[str, list[Any]]):
        self.partition, self.questions = partition, questions
        self.columns: dict[str, list[Any]] = {
            column.name: [] for column in FACTS if column.name != "rrs"
        }
        self.rrs: tuple[list[Any], ...] = ([], [], [], [], [])  # a list a field of schema.RR
        self.offsets = [0]

    def add(self, rows: Rows, number: int) -> bool:
        """Decode one answer into a row. False: it failed, and asking again may help."""
        index, received, put = rows.index[number], rows.message[number], self.columns
        name, qtype = self.questions["name"][index], self.questions["qtype"][index]
        outcome, rcode, ad, ede, error = rows.outcome[number], None, None, None, None
        rebuilt = self.partition.engine == EngineName.CARES
        if received is not None:
            read = message.decode(received)
            rcode, ede, error = read.rcode, read.ede, read.error or None
            ad = None if rebuilt else bool(read.flags & message.AD)
            chain = message.on_the_chain(read.rrs, name)
            answered = any(rr.type == qtype and rr.section == message.ANSWER for rr in chain)
            if outcome is None:
                outcome = Outcome.MALFORMED if error else message.outcome_of(rcode, answered)
            for rr in chain:
                for values, value in zip(self.rrs, rr, strict=True):
                    values.append(value)
        assert outcome is not None  # an engine says what happened wherever it has no message
        self.offsets.append(len(self.rrs[0]))
        for column in ("name", "qtype", "cd", "purpose", "origin", "depth"):
            put[column].append(self.questions[column][index])
        put["wave"].append(self.partition.wave)
        put["outcome"].append(outcome.value)
        put["rcode"].append(rcode)
        put["ad"].append(ad)
        put["ede"].append(ede)
        put["engine"].append(self.partition.engine.value)
        put["rebuilt"].append(rebuilt)
        put["resolver"].append(rows.resolver[number])
        put["transport"].append(rows.transport[number])
        put["asked_at"].append(int(rows.asked_at[number] * 1e6))
        put["rtt_ms"].append(rows.rtt_ms[number])
        put["tries"].append(rows.tries[number])
        put["message"].append(received)
        put["decode_error"].append(error)
        return outcome in SETTLED or outcome is Outcome.NOT_ASKED

    def drop_last(self) -> None:
        """Take the last row out again."""
        for column in self.columns.values():
            column.pop()
        self.offsets.pop()
        for values in self.rrs:
            del values[self.offsets[-1] :]

    def table(self) -> pa.Table:
        """The rows as Arrow, in the order and types of schema.FACTS."""
        schema = arrow_schema(FACTS)
        struct = schema.field("rrs").type.value_type
        records = pa.StructArray.from_arrays(
            [pa.array(values, field.type) for values, field in zip(self.rrs, struct, strict=True)],
            fields=list(struct),
        )
        lists = pa.LargeListArray.from_arrays(pa.array(self.offsets, pa.int64()), records)
        arrays = [
            lists.cast(item.type)
            if item.name == "rrs"
            else pa.array(self.columns[item.name], item.type)
            for item in schema
        ]
        return pa.Table.from_arrays(arrays, schema=schema)


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
        asked["name"].to_list(),
        asked["qtype"].to_list(),
        asked["cd"].to_list(),
        strict=True,
    )

    async def work() -> bool:
        asking = asyncio.ensure_future(
            engine(questions, partition.resolvers, partition.asking, pace, shards.keep)
        )
        while not asking.done():
            await asyncio.wait([asking], timeout=0.1)
            if is_stopping():
                asking.cancel()
        try:
            await asking
        except asyncio.CancelledError:
            return False
        return True

    is_whole = asyncio.run(work())
    deferred = shards.finish()
    return Answered(partition, shards.outcomes, deferred, is_whole)


def settled_keys(answered: Answered) -> pl.DataFrame:
    """The questions of a partition that now have a fact."""
    keys = ["name", "qtype", "cd", "purpose"]
    return answered.partition.questions.select(keys).join(
        answered.deferred.select(keys), on=keys, how="anti"
    )
