"""A partition: the unit of asking, of writing, and of going on after a kill.

A worker asks its questions with one engine call, decodes what came back when a shard is full, and
writes the shard. What failed is handed back, to be asked again in the deferred lane; only the last
round writes a failure down.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa

from .. import message
from ..config import Asking
from ..message import AD
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


class Row(NamedTuple):
    """What an engine said of one question, see `dns.Keep`. tries: of all rounds."""

    number: int
    outcome: Outcome | None
    received: bytes | None
    resolver: str
    transport: Transport | None
    tries: int
    asked_at: float
    rtt_ms: float | None


class Shards:
    """Takes an engine's answers, and writes them away a shard at a time."""

    def __init__(self, partition: Partition, store: Store, progress: Progress):
        self.partition, self.store, self.progress = partition, store, progress
        self.rows: list[Row] = []
        self.failed: list[Row] = []
        asked = partition.questions
        self.names, self.qtypes = asked["name"].to_list(), asked["qtype"].to_list()
        self.tried = asked["tried"].to_list()
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
        tries = min(255, tries + self.tried[index])
        row = Row(index, outcome, received, resolver, transport, tries, asked_at, rtt_ms)
        (self.rows if came else self.failed).append(row)
        waiting, asking = len(self.rows), self.partition.asking
        if waiting >= asking.shard_rows or (
            waiting % 256 == 0 and time.monotonic() - self.flushed_at > asking.flush_s
        ):
            self.flush()
        if (waiting + len(self.failed)) % 256 == 0:
            self.report()

    def report(self) -> None:
        """Say how far it is, failures counted."""
        done = self.written + len(self.rows) + len(self.failed) + len(self.deferred)
        failed = self.unsettled + len(self.failed) + len(self.deferred)
        self.progress(done - self.reported[0], failed - self.reported[1])
        self.reported = (done, failed)

    def flush(self) -> None:
        """Decode and write what has come; what cannot be read counts as a failure of this round."""
        self.write(self.rows)
        self.rows = []

    def write(self, rows: list[Row]) -> None:
        """One shard, if there is anything in it."""
        facts = Facts(self.partition)
        with without_collections():
            for row in rows:
                if not facts.add(row, self.names[row.number], self.qtypes[row.number]):
                    self.deferred.append(row.number)
        if facts.rows:
            for outcome in facts.outcomes:
                self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
            self.store.write(f"{self.partition.name}-{self.count:05d}", facts.table(), FACTS)
            self.count += 1
            self.written += len(facts.rows)
        self.flushed_at = time.monotonic()

    def finish(self) -> pl.DataFrame:
        """Write the last shard. Returns the questions to be asked again."""
        self.flush()
        tried = {row.number: row.tries for row in self.failed}
        if self.partition.is_last:
            self.write(self.failed)
            self.unsettled = len(self.failed)
        else:
            self.deferred += [row.number for row in self.failed]
        self.failed = []
        self.report()
        asked = self.partition.questions
        deferred = asked[self.deferred] if self.deferred else asked.clear()
        return deferred.with_columns(
            tried=pl.Series([tried.get(index, 1) for index in self.deferred], dtype=pl.UInt8)
        )


NOTHING = message.Message(0, 0, 0, None, (), None, "")  # where no message came


class Facts:
    """Rows of schema.FACTS under construction: a shard is made column by column, at its end."""

    def __init__(self, partition: Partition):
        self.partition = partition
        self.sees_flags = partition.engine != EngineName.CARES
        self.rows: list[Row] = []
        self.outcomes: list[Outcome] = []
        self.rcodes: list[int | None] = []
        self.ads: list[bool | None] = []
        self.edes: list[int | None] = []
        self.errors: list[str | None] = []
        self.rrs: tuple[list[Any], ...] = ([], [], [], [], [])  # a list a field of schema.RR
        self.offsets = [0]

    def add(self, row: Row, name: str, qtype: int) -> bool:
        """Decode an answer and take it in. False: not taken in, for asking again may help."""
        outcome, read = row.outcome, NOTHING
        chain: Sequence[message.RR] = ()
        if row.received is not None:
            read = message.decode(row.received, name)
            chain = message.on_the_chain(read.rrs, name)
            if outcome is None:
                answered = any(rr.type == qtype and rr.section == message.ANSWER for rr in chain)
                outcome = message.outcome_of(read.rcode, answered)
                outcome = Outcome.MALFORMED if read.error else outcome
        assert outcome is not None  # an engine says what happened wherever it has no message
        is_over = outcome in SETTLED or outcome is Outcome.NOT_ASKED
        if not is_over and not self.partition.is_last:
            return False
        has_come = row.received is not None
        self.rows.append(row)
        self.outcomes.append(outcome)
        self.rcodes.append(read.rcode if has_come else None)
        self.ads.append(bool(read.flags & AD) if has_come and self.sees_flags else None)
        self.edes.append(read.ede)
        self.errors.append(read.error or None)
        for rr in chain:
            sections, owners, types, ttls, rdata = self.rrs
            sections.append(rr.section)
            owners.append(rr.owner)
            types.append(rr.type)
            ttls.append(rr.ttl)
            rdata.append(rr.rdata)
        self.offsets.append(len(self.rrs[0]))
        return True

    def table(self) -> pa.Table:
        """The rows as Arrow, in the order and types of schema.FACTS.

        Nothing is cast: the first cast of a process loads all of Arrow's functions, some 50 ms.
        """
        schema = arrow_schema(FACTS)
        columns = self.of_questions() | self.of_answers(schema)
        arrays = [
            values
            if isinstance(values := columns[item.name], pa.Array | pa.ChunkedArray)
            else pa.array(values, item.type)
            for item in schema
        ]
        return pa.Table.from_arrays(arrays, schema=schema)

    def of_questions(self) -> dict[str, pa.ChunkedArray]:
        """The columns that a fact takes over from its question."""
        rows = self.partition.questions[[row.number for row in self.rows]].drop("tried")
        asked = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
        return dict(zip(asked.column_names, asked.columns, strict=True))

    def of_answers(self, schema: pa.Schema) -> dict[str, Any]:
        """The columns that the answer fills, as Arrow or as Python's values."""
        _, _, received, resolver, transport, tries, asked_at, rtt_ms = zip(*self.rows, strict=True)

        def alike(name: str, value: Any) -> pa.Array:
            return pa.repeat(pa.scalar(value, schema.field(name).type), len(self.rows))

        return {
            "wave": alike("wave", self.partition.wave),
            "outcome": self.outcomes,
            "rcode": self.rcodes,
            "ad": self.ads,
            "ede": self.edes,
            "engine": alike("engine", self.partition.engine.value),
            "rebuilt": alike("rebuilt", not self.sees_flags),
            "resolver": resolver,
            "transport": transport,
            "asked_at": [int(moment * 1e6) for moment in asked_at],
            "rtt_ms": rtt_ms,
            "tries": tries,
            "message": received,
            "rrs": self.records(),
            "decode_error": self.errors,
        }

    def records(self) -> pa.Array:
        """The column `rrs`."""
        struct = arrow_schema(FACTS).field("rrs").type.value_type
        records = pa.StructArray.from_arrays(
            [pa.array(values, item.type) for values, item in zip(self.rrs, struct, strict=True)],
            fields=list(struct),
        )
        return pa.LargeListArray.from_arrays(pa.array(self.offsets, pa.int64()), records)


@contextmanager
def without_collections() -> Iterator[None]:
    """Decoding makes many objects and no cycles: to look for some takes a fifth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


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
        range(asked.height), shards.names, shards.qtypes, asked["cd"].to_list(), strict=True
    )

    async def ask() -> None:
        if partition.round:  # resolvers remember a failure, RFC 9520 §3.2
            await asyncio.sleep(partition.asking.pause_s)
        await engine(questions, partition.resolvers, partition.asking, pace, shards.keep)

    async def work() -> bool:
        asking = asyncio.ensure_future(ask())
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
