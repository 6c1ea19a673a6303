"""The loop: asks → facts → what these make worth asking, until nothing new is asked.

A question is kept once in a run, however many domains lead to it. What failed goes to the deferred
lane, which runs beside the waves: no wave waits for it, and what it brings opens a wave of its own.
Going on after a kill needs no state of its own: the waves are gone through again, and whatever has
a fact already is not asked.

Domains are taken in lots, some at a time in turn: one is planned while others are asked. What is
planned for them is in memory, and goes before the next. What the driver keeps of a run is small: a
hash of each ask and each question and where it was asked, and in full only what waits for the
deferred lane. That any two of n hashes are equal has a probability of n²/2⁶⁵, one in a
million for six million asks; the later question would not be asked, and count as not observed.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

import polars as pl

from ..config import Asking, Limits
from ..population.cohorts import opted_out
from ..protocols.protocol import Context, MailProtocol
from ..schema import ASKS, FACTS, KEY, polars_schema
from ..store import Store
from ..words import EngineName, Outcome, Purpose, QType
from .facts import QUESTIONS
from .partition import Answered, Partition, Progress, settled_keys

LOTS_AT_ONCE = 3  # one is planned while the others are asked
PLANNED_AT_ONCE = 25_000
"""Domains of a lot: what is asked of them is held in memory."""
MOST_IN_PARTITION = 50_000
ANY_ENGINE = (QType.A, QType.AAAA, QType.MX, QType.TXT, QType.NS)
"""Types that either engine can ask, and that say something without their AD flag, too."""
PLAIN = r"^[a-z0-9._-]+$"
HASHED = {"hash": pl.UInt64}
KEYS = {"key": pl.UInt64}  # what stands for a question: the hash of KEY
PLACES = KEYS | {"part": pl.UInt32}  # in which partition a question was asked
WANTED = polars_schema(ASKS) | KEYS
LED_TO = HASHED | {"count": pl.UInt32}  # questions that a domain (its hash) led to first
LANE_AHEAD = 2  # partitions of the deferred lane: one is asked, one is next
SHARDS_AT_ONCE = 8  # whose facts are held at a time


def hashed(*columns: str) -> pl.Expr:
    """What stands for these columns where only equality matters."""
    return pl.struct(columns).hash()


def unseen(new: pl.DataFrame, seen: pl.DataFrame, on: str) -> pl.DataFrame:
    """The new rows that are not among the many seen ones: the hash table is made of the new."""
    met = seen.join(new, on=on, how="semi")
    return new.join(met, on=on, how="anti", maintain_order="left")


def for_any_engine() -> pl.Expr:
    """May `cares` ask this too? It sees no flags, and asks no names but plain ones."""
    types = [int(qtype) for qtype in ANY_ENGINE]
    is_survey = pl.col("purpose") == Purpose.SURVEY.value  # a second opinion is its engine's own
    is_plain = pl.col("name").str.contains(PLAIN)
    return pl.col("qtype").is_in(types) & ~pl.col("cd") & is_survey & is_plain


class Submits(Protocol):
    """What the loop needs of `workers`."""

    def submit(self, partition: Partition, progress: Progress) -> "Future[Answered]":
        """Start a partition."""


Bar = Callable[[str, int], Progress]
"""Opens a progress bar: a title and a total."""


@dataclass(slots=True)
class Tally:
    """What a crawl did: questions by outcome, and rows a wave, for the manifest.

    wanted: asks before they were made distinct, as if every domain asked for itself.
    """

    outcomes: dict[str, int] = field(default_factory=dict)
    waves: list[int] = field(default_factory=list)
    wanted: int = 0
    already_kept: int = 0
    is_whole: bool = True

    def add(self, answered: Answered) -> None:
        """Count a partition's facts."""
        for outcome, count in answered.outcomes.items():
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + count
        self.is_whole &= answered.is_whole


@dataclass(slots=True)
class Crawl:
    """One crawl of a population. `run` does it; the fields say what it needs."""

    protocols: Sequence[MailProtocol]
    context: Context
    store: Store
    workers: Submits
    engine: EngineName
    resolvers: tuple[str, ...]
    asking: Asking
    limits: Limits
    bar: Bar
    opt_out: frozenset[str] = frozenset()  # never asked, nor what lies below them
    seed: int = 0
    lot: int = PLANNED_AT_ONCE  # domains
    tally: Tally = field(default_factory=Tally)
    asks: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=HASHED))
    questions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=KEYS))
    led_to: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LED_TO))
    names: list[str] = field(default_factory=list)  # of partitions
    places: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PLACES))
    lane: "dict[Future[Answered], Partition]" = field(default_factory=dict)
    pending: list[tuple[Partition, EngineName, pl.DataFrame]] = field(default_factory=list)
    waiting: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=WANTED))
    begun: int = 0  # partitions, for their names

    def run(self, domains: pl.LazyFrame) -> Tally:
        """Ask all that the protocols want to know of the domains. Returns what was done."""
        kept = self.store.scan("facts", FACTS).select(key=hashed(*KEY)).collect()
        listed = domains.collect()
        lots = (
            self.follow(listed[first : first + self.lot].lazy(), kept)
            for first in range(0, listed.height, self.lot)
        )
        at_work = deque(islice(lots, LOTS_AT_ONCE))
        while at_work:
            lot = at_work.popleft()
            if next(lot, False):
                at_work.append(lot)
            elif self.tally.is_whole:
                at_work += islice(lots, 1)
        for _ in self.follow(listed.clear().lazy(), kept, drains=True):
            pass
        for future in self.lane:  # stopped on request
            self.tally.add(future.result())
        return self.tally

    def follow(
        self, domains: pl.LazyFrame, kept: pl.DataFrame, *, drains: bool = False
    ) -> Iterator[bool]:
        """The waves of some domains, until nothing new is asked; yields while each is under way.

        Waves are waited for in the order in which they began, so what another lot had asked when a
        wave was planned has come when its answers are looked at. What the deferred lane brings is
        followed by the lot whose turn it is. drains: go on until the lane is empty.
        """
        fresh = self.newly_wanted(
            [protocol.asks(domains, self.context) for protocol in self.protocols]
        )
        while self.tally.is_whole:
            questions = self.within_limits(self.not_kept(fresh, kept))
            running, parts = self.begin(questions)
            yield True
            self.wait_for(running)
            arrived = self.from_the_lane(parts, wait_for_one=drains and fresh.is_empty())
            if fresh.is_empty() and arrived.is_empty() and not (drains and self.lane):
                break
            late = self.waiting.join(arrived, on="key", how="semi")
            now = fresh.join(questions, on="key", how="semi")
            before = fresh.join(questions, on="key", how="anti")  # answered for another purpose
            self.waiting = self.still_waiting(fresh)
            led = self.led_to_by(pl.concat([now, late]).unique(), parts)
            led += self.led_to_by(before, self.parts_of(before, kept))
            fresh = self.newly_wanted([*led, fresh.clear().drop("key").lazy()])

    def newly_wanted(self, asks: Iterable[pl.LazyFrame]) -> pl.DataFrame:
        """The asks that no protocol had made before, one row a question and `why`: WANTED.

        Where several domains lead to it in one wave, the nearest is its origin, then the first by
        name: the same in every run.
        """
        made = pl.concat(asks).with_columns(key=hashed(*KEY)).collect()
        self.tally.wanted += made.height
        asked = made.select("depth", "origin", hash=hashed("key", "why")).with_row_index()
        new = (
            unseen(asked, self.asks, "hash")  # whole rows are copied only once
            .lazy()
            .sort("depth", "origin")
            .unique("hash", keep="first", maintain_order=True)
            .select("index", "hash")
            .collect()
        )
        self.asks = pl.concat([self.asks, new.select("hash")])
        return made[new["index"]]

    def not_kept(self, fresh: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
        """The questions among the asks that are new to this run, in an order that spreads the load.

        kept: keys of the questions that an earlier start of the run brought a fact for.
        """
        order = pl.col("key").hash(self.seed).alias("order")
        questions = fresh.select("key", order).with_row_index()
        questions = questions.unique("key", keep="first", maintain_order=True)
        new = unseen(questions, self.questions, "key")
        unasked = new.join(kept, on="key", how="anti").sort("order")
        self.questions = pl.concat([self.questions, new.select("key")])
        self.tally.already_kept += questions.height - unasked.height
        self.count_origins(fresh[new.join(kept, on="key", how="semi")["index"]])
        return fresh[unasked["index"]]

    def count_origins(self, questions: pl.DataFrame) -> None:
        """Count how many questions each domain led to."""
        counts = questions.group_by(hash=pl.col("origin").hash()).agg(count=pl.len())
        self.led_to = pl.concat([self.led_to, counts]).group_by("hash").agg(pl.col("count").sum())

    def within_limits(self, unasked: pl.DataFrame) -> pl.DataFrame:
        """Cut off what lies too deep, what one domain led to too often, and who opted out."""
        earlier = self.led_to.rename({"count": "earlier"})
        self.count_origins(unasked)
        names = unasked["name"].unique()
        out = [name for name in names if opted_out(name, self.opt_out)] if self.opt_out else []
        is_in = (
            unasked.select("name", "depth", hash=pl.col("origin").hash())
            .join(earlier, on="hash", how="left", maintain_order="left")
            .select(
                (pl.col("depth") <= self.limits.depth)
                & ~pl.col("name").is_in(out)
                & (
                    pl.col("earlier").fill_null(0) + pl.int_range(pl.len()).over("hash")
                    < self.limits.per_domain
                )
            )
            .to_series()
        )
        if not is_in.all():
            self.write_not_asked(unasked.filter(~is_in))
        return unasked.filter(is_in)

    def write_not_asked(self, cut_off: pl.DataFrame) -> None:
        """One fact each, so that judging knows what a limit kept from it."""
        columns = polars_schema(FACTS)
        rows = cut_off.select(
            pl.col(name).cast(dtype) if name in cut_off.columns else pl.lit(None, dtype).alias(name)
            for name, dtype in columns.items()
        ).with_columns(
            wave=pl.lit(len(self.tally.waves), pl.UInt16),
            outcome=pl.lit(Outcome.NOT_ASKED.value),
            engine=pl.lit(self.engine.value),
            resolver=pl.lit(""),
            rebuilt=pl.lit(False),
            tries=pl.lit(0, pl.UInt8),
        )
        self.store.write(self.next_name("limit"), rows, FACTS)
        count = self.tally.outcomes.get(Outcome.NOT_ASKED, 0)
        self.tally.outcomes[Outcome.NOT_ASKED] = count + cut_off.height

    def next_name(self, kind: str) -> str:
        """A shard name that no earlier start of this run used."""
        self.begun += 1
        name = f"facts/{kind}-{self.begun:04d}"
        return self.next_name(kind) if self.store.holds(name) else name

    def begin(self, questions: pl.DataFrame) -> "tuple[set[Future[Answered]], set[str]]":
        """Start a wave: what to wait for, and its partitions' names, which their shards bear."""
        if questions.is_empty():
            return set(), set()
        number = len(self.tally.waves)
        self.tally.waves.append(questions.height)
        progress = self.bar(f"wave {number}", questions.height)
        partitions = self.partitions(questions, number)
        running = {self.workers.submit(partition, progress) for partition in partitions}
        return running, {partition.name for partition in partitions}

    def wait_for(self, running: "set[Future[Answered]]") -> None:
        """Wait for a wave, and pass on to the deferred lane what failed."""
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                self.settle(future.result())

    def note(self, name: str, questions: pl.DataFrame) -> None:
        """Remember in which partition the facts of questions will stand. questions: `key`."""
        number = pl.lit(len(self.names), pl.UInt32).alias("part")
        self.names.append(name)
        self.places = pl.concat([self.places, questions.select("key", number)])

    def parts_of(self, asks: pl.DataFrame, kept: pl.DataFrame) -> set[str] | None:
        """The partitions that hold their facts; None: any, those of an earlier start, too."""
        if kept.join(asks, on="key", how="semi").height:
            return None
        places = self.places.join(asks, on="key", how="semi")
        return {self.names[number] for number in places["part"].unique()}

    def partitions(self, questions: pl.DataFrame, wave: int) -> list[Partition]:
        """All questions of one name fall into one partition."""
        count = -(-questions.height // MOST_IN_PARTITION)
        count = max(count, self.asking.workers if questions.height > 1000 else 1)
        part = pl.col("name").hash(self.seed + 1) % count
        partitions = []
        for number in range(count):
            rows = questions.filter(part == number)
            if rows.is_empty():
                continue
            partition = Partition(
                name=self.next_name(f"w{wave:02d}"),
                wave=wave,
                questions=rows.with_columns(tried=pl.lit(0, pl.UInt8)).select(
                    column.name for column in QUESTIONS
                ),
                engine=self.engine,
                resolvers=self.resolvers,
                asking=self.asking,
                is_last=self.asking.rounds == 0,
            )
            self.note(partition.name, rows)
            partitions.append(partition)
        return partitions

    def settle(self, answered: Answered) -> None:
        """Count a partition; what failed goes into the deferred lane."""
        self.tally.add(answered)
        if answered.deferred.is_empty() or not answered.is_whole:
            return
        last = answered.partition.round + 1 >= self.asking.rounds
        other = EngineName.CARES if self.engine == EngineName.WIRE and last else self.engine
        for engine, rows in (
            (self.engine, answered.deferred.filter(~for_any_engine())),
            (other, answered.deferred.filter(for_any_engine())),
        ):
            if rows.height:
                self.pending.append((answered.partition, engine, rows))
        self.fill_lane()

    def fill_lane(self) -> None:
        """Submit what waits for the lane, in few partitions: each takes a pause and time-outs."""
        while self.pending and sum(not future.done() for future in self.lane) < LANE_AHEAD:
            first, engine, rows = self.pending.pop(0)
            others = self.pending
            self.pending = []
            for one in others:
                is_alike = one[0].round == first.round and one[1] == engine
                if is_alike and rows.height + one[2].height <= MOST_IN_PARTITION:
                    rows = pl.concat([rows, one[2]])
                else:
                    self.pending.append(one)
            partition = first.again(rows, engine, self.next_name("lane"))
            self.note(partition.name, rows.select(key=hashed(*KEY)))
            progress = self.bar(f"deferred, round {partition.round}", rows.height)
            self.lane[self.workers.submit(partition, progress)] = partition

    def from_the_lane(self, parts: set[str], wait_for_one: bool) -> pl.DataFrame:
        """The keys of what the deferred lane has brought; waits when there is nothing else.

        Adds its partitions' names to parts.
        """
        arrived = [pl.DataFrame(schema=KEYS)]
        if wait_for_one and self.lane:
            wait(self.lane, return_when=FIRST_COMPLETED)
        for future in [future for future in self.lane if future.done()]:
            parts.add(self.lane.pop(future).name)
            arrived.append(settled_keys(future.result()).select(key=hashed(*KEY)))
            self.settle(future.result())
        self.fill_lane()
        return pl.concat(arrived)

    def still_waiting(self, fresh: pl.DataFrame) -> pl.DataFrame:
        """The asks, old and new, whose question is in the deferred lane."""
        in_lane = [partition.questions.select(KEY) for partition in self.lane.values()]
        in_lane += [rows.select(KEY) for _, _, rows in self.pending]
        if not in_lane:
            return self.waiting.clear()
        keys = pl.concat(in_lane).select(key=hashed(*KEY))
        return pl.concat([self.waiting, fresh]).join(keys, on="key", how="semi")

    def led_to_by(self, due: pl.DataFrame, parts: set[str] | None = None) -> list[pl.LazyFrame]:
        """What the facts that these asks brought make worth asking.

        parts: the partitions that hold them; None: any. Some shards at a time, so that memory is
        bounded: each fact leads on by itself.
        """
        whys = due["why"].unique()
        led = [one for one in self.protocols if set(one.LEADING) & set(whys)]
        leading = sorted({why for one in led for why in one.LEADING})
        asks = due.lazy().filter(pl.col("why").is_in(leading))
        asks = asks.select("key", "why", "origin", "depth").collect().lazy()
        found = []
        for shards in self.store.scans("facts", FACTS, SHARDS_AT_ONCE, parts) if led else ():
            answers = shards.filter(pl.col("outcome") != Outcome.NOT_ASKED)
            facts = answers.drop("message", "origin", "depth").with_columns(key=hashed(*KEY))
            met = facts.join(asks, on="key").drop("key").collect().lazy()
            found += pl.collect_all(
                [protocol.follow_ups(met, self.context).unique() for protocol in led]
            )
        return [frame.lazy() for frame in found]


def audit_sample(facts: pl.LazyFrame, share: float, seed: int) -> pl.DataFrame:
    """What the other engine repeats: a seeded share of what settled and what it can ask."""
    asked = facts.filter(
        pl.col("purpose") == Purpose.SURVEY,
        pl.col("outcome").is_in(
            [Outcome.ANSWERED.value, Outcome.NO_DATA.value, Outcome.NO_NAME.value]
        ),
        for_any_engine(),
    )
    drawn = asked.filter(
        pl.struct("name", "qtype").hash(seed + 2) < int(share * (2**64 - 1))
    ).with_columns(purpose=pl.lit(Purpose.AUDIT.value), tried=pl.lit(0, pl.UInt8))
    return drawn.select(*polars_schema(QUESTIONS)).collect()
