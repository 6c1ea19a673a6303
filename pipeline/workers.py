"""Where partitions run: in this process, or one process a core. The same `submit` either way.

The deferred lane has a worker of its own, so that a wave never waits behind slow questions.
"""

import importlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.queues import SimpleQueue
from typing import Any, Protocol

import pyarrow as pa

from .ask.dns import Engine
from .ask.pace import Pace
from .ask.partition import Partition, Progress, ask_partition
from .store import Store, StoreError
from .words import EngineName


class WorkerDied(StoreError):
    """A worker process has ended before its work: one line that says why, and what to do."""


@contextmanager
def told_of_death() -> Iterator[None]:
    """Say it in a line when a worker process ends before its work."""
    try:
        yield
    except BrokenProcessPool:
        raise WorkerDied(
            "a worker process was ended, perhaps for want of memory; what was asked is kept: "
            "free memory or set fewer workers, then run the same command again"
        ) from None


class Workers(Protocol):
    """What a crawl needs of the place where its partitions run."""

    def submit(self, partition: "Partition | Errand", progress: Progress) -> "Future[Any]":
        """Start a partition. Those of round 1 and later run in the deferred lane."""

    def stop(self) -> None:
        """Ask all partitions under way to keep what they have and return."""


def engine(name: EngineName) -> Engine:
    """The engine of a name; its module is loaded only where it is used."""
    loaded: Engine = importlib.import_module(f".ask.dns.{name.value}", __package__).ask
    return loaded


LANE_SHARE = 0.2  # of what may be in flight and of the rate; the wave's workers share the rest


def pace(partition: Partition) -> Pace:
    """How fast a partition may ask: its part of what the study allows over all workers.

    In the deferred lane failures are the usual thing and no reason to slow down.
    """
    asking = partition.asking
    share = LANE_SHARE if partition.round else (1 - LANE_SHARE) / asking.workers
    in_flight = max(1, int(asking.in_flight * share))
    return Pace(in_flight, asking.rate * share, usual=1.0 if partition.round else 0.0)


class Errand(Protocol):
    """A partition that knows by itself what to do: visits, fetches."""

    @property
    def round(self) -> int:
        """0: of a wave; else it runs beside the waves."""

    def run(self, store: Store, progress: Progress, is_stopping: Callable[[], bool]) -> bool:
        """Do it, and write its facts. Returns false if it was stopped on request, all kept."""


def work_on(
    partition: Partition | Errand,
    store: Store,
    progress: Progress,
    is_stopping: Callable[[], bool],
    asking: Engine | None = None,
) -> Any:
    """One partition, wherever it runs. asking: instead of the engine that a partition names."""
    if not isinstance(partition, Partition):
        return partition.run(store, progress, is_stopping)
    asked_by = asking or engine(partition.engine)
    return ask_partition(partition, asked_by, store, pace(partition), progress, is_stopping)


class Here:
    """One thread for the wave and one for the deferred lane, in this process."""

    def __init__(self, store: Store, asking: Engine | None = None):
        self.store, self.asking = store, asking
        self.stopping = threading.Event()
        self.pools = (ThreadPoolExecutor(1), ThreadPoolExecutor(1))

    def submit(self, partition: Partition | Errand, progress: Progress) -> "Future[Any]":
        """Start a partition."""
        pool = self.pools[partition.round > 0]
        return pool.submit(
            work_on, partition, self.store, progress, self.stopping.is_set, self.asking
        )

    def stop(self) -> None:
        """Ask all partitions under way to keep what they have and return."""
        self.stopping.set()

    def close(self) -> None:
        """Stop, and wait for what is under way."""
        self.stop()
        for pool in self.pools:
            pool.shutdown(cancel_futures=True)

    abandon = close  # no process of its own could have died


class Processes:
    """A process a core for the wave, and one more for the deferred lane.

    All die with this process, however it ends.
    """

    def __init__(self, store: Store, count: int):
        context = multiprocessing.get_context("spawn")
        self.store = store
        self.strangers = set(
            multiprocessing.active_children()
        )  # of whoever else is in this process
        self.stopping = context.Event()
        self.said: SimpleQueue[tuple[int, int, int] | None] = context.SimpleQueue()
        self.bars: dict[int, Progress] = {}
        begin = (self.stopping, self.said)
        self.pools: tuple[Executor, Executor] = (
            ProcessPoolExecutor(count, context, _begin, begin),
            ProcessPoolExecutor(1, context, _begin, begin),
        )
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self) -> None:
        """Hand the workers' progress to whoever submitted the partition."""
        while (said := self.said.get()) is not None:
            number, done, failed = said
            self.bars[number](done, failed)

    def submit(self, partition: Partition | Errand, progress: Progress) -> "Future[Any]":
        """Start a partition."""
        number = len(self.bars)
        self.bars[number] = progress
        return self.pools[partition.round > 0].submit(_work, partition, self.store, number)

    def stop(self) -> None:
        """Ask all partitions under way to keep what they have and return."""
        self.stopping.set()

    def close(self) -> None:
        """Stop, and wait for what is under way."""
        self.stop()
        for pool in self.pools:
            pool.shutdown(cancel_futures=True)
        self.said.put(None)
        self.listener.join()

    def abandon(self) -> None:
        """End the others, where one has died: it may hold the locks for talking to them."""
        for process in set(multiprocessing.active_children()) - self.strangers:
            process.kill()
        for pool in self.pools:
            pool.shutdown(wait=False, cancel_futures=True)


_mine: dict[str, Any] = {}  # what a worker process was given when it began


def _begin(stopping: Any, said: "SimpleQueue[tuple[int, int, int] | None]") -> None:
    """Set a worker process of a crawl up."""
    _mine.update(stopping=stopping, said=said)
    pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own keeps 20 MiB more of small shards
    _live_with_parent()


def _live_with_parent() -> None:
    """Set a worker process up: Ctrl-C is the driver's business, and so is how long it lives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    """A worker whose driver was killed must not go on asking what a new driver asks again."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _work(partition: Partition | Errand, store: Store, number: int) -> Any:
    """One partition, in a worker process."""
    return work_on(
        partition,
        store,
        lambda done, failed: _mine["said"].put((number, done, failed)),
        _mine["stopping"].is_set,
    )


@contextmanager
def workers(store: Store, count: int) -> Iterator[Here | Processes]:
    """Workers for a run: in this process where one is enough."""
    at_work = Here(store) if count == 1 else Processes(store, count)
    end = at_work.close
    try:
        with told_of_death():
            yield at_work
    except WorkerDied:
        end = at_work.abandon
        raise
    finally:
        end()


def each(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
    """A function of each item, results in the items' order: one process a core, this one if there
    is one item. All end with this process."""
    count = min(len(items), cores())
    if count < 2:
        yield from map(function, items)
        return
    context = multiprocessing.get_context("spawn")
    with one_thread_each(), ProcessPoolExecutor(count, context, _live_with_parent) as pool:
        futures = [pool.submit(function, item) for item in items]
        try:
            for future in futures:
                with told_of_death():
                    result = future.result()
                yield result
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Processes begun in the meantime have one thread of Polars: there is one process a core."""
    before = os.environ.get("POLARS_MAX_THREADS")
    os.environ["POLARS_MAX_THREADS"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["POLARS_MAX_THREADS"]
        else:
            os.environ["POLARS_MAX_THREADS"] = before


Call = Callable[[], None]


@contextmanager
def on_interrupt(call: Call) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) calls; the second ends the process as usual."""

    def first(number: int, _frame: Any) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        call()

    before = {}
    with suppress(ValueError):  # not the main thread: a test, a notebook
        before = {
            number: signal.signal(number, first) for number in (signal.SIGINT, signal.SIGTERM)
        }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
