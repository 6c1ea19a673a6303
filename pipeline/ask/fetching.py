"""Some fetches over HTTPS: made by one worker, and their facts written a shard at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from ..config import Https
from ..schema import FETCHES, polars_schema
from ..store import Store
from ..words import FETCH_FAILED
from .https import Fetched, Fetching, fetch_all
from .partition import Progress, finished

SHARD_ROWS = 500
SHARD_OCTETS = 16 << 20  # of bodies


def is_for_now(fetched: Fetched) -> bool:
    """May it be otherwise a little later? RFC 9110 §15.6; RFC 6585 §4: 429, too many requests."""
    status = fetched.status or 0
    return fetched.outcome in FETCH_FAILED or status >= 500 or status == 429


@dataclass(frozen=True, slots=True)
class FetchPartition:
    """fetches: url, origin, most (octets). Beside the visits, as the deferred lane is."""

    name: str  # of its shards, which add a number to it
    fetches: pl.DataFrame
    settings: Https
    how: Fetching
    round: int = 1

    def run(self, store: Store, progress: Progress, is_stopping: Callable[[], bool]) -> bool:
        """Make the fetches. Returns false if it was stopped on request; what was made is kept."""
        kept = Kept(self, store, progress)
        is_whole = asyncio.run(finished(self.rounds(kept), is_stopping))
        kept.flush()
        return is_whole

    async def rounds(self, kept: "Kept") -> None:
        """All fetches, then again what failed for now."""
        columns = self.fetches.select("url", "most").iter_rows()
        wanted = [(number, url, most) for number, (url, most) in enumerate(columns)]
        for number in range(self.settings.rounds + 1):
            kept.begin(number, is_last=number == self.settings.rounds)
            await fetch_all(wanted, self.how, kept.keep)
            wanted = [wanted_one for wanted_one in wanted if wanted_one[0] in kept.failed]
            if not wanted:
                return
            if number < self.settings.rounds:
                await asyncio.sleep(self.settings.pause_s)


class Kept:
    """Takes what was fetched, and writes it away a shard at a time."""

    def __init__(self, partition: FetchPartition, store: Store, progress: Progress):
        self.partition, self.store, self.progress = partition, store, progress
        self.asked = partition.fetches.select("url", "origin").rows()
        self.rows: list[dict[str, object]] = []
        self.failed: set[int] = set()
        self.count = self.octets = self.round = 0
        self.is_last = False

    def begin(self, number: int, *, is_last: bool) -> None:
        """Another round."""
        self.round, self.is_last = number, is_last
        self.failed = set()

    def keep(self, number: int, fetched: Fetched) -> None:
        """One fetch that is over."""
        if is_for_now(fetched) and not self.is_last:
            self.failed.add(number)
            return
        url, origin = self.asked[number]
        headers = fetched.headers
        self.rows.append(
            {
                "url": url,
                "outcome": fetched.outcome.value,
                "status": fetched.status,
                "content_type": fetched.content_type,
                "body": fetched.body,
                "why": fetched.why,
                "headers": headers and [{"name": n, "value": value} for n, value in headers],
                "address": fetched.address,
                "origin": origin,
                "began_at": datetime.fromtimestamp(fetched.began_at, UTC),
                "took_ms": fetched.took_ms,
                "tries": min(self.round + 1, 255),
            }
        )
        self.octets += len(fetched.body or b"")
        if len(self.rows) >= SHARD_ROWS or self.octets >= SHARD_OCTETS:
            self.flush()
        self.progress(1, int(is_for_now(fetched)))

    def flush(self) -> None:
        """Write what has come."""
        if self.rows:
            shard = pl.DataFrame(self.rows, schema=polars_schema(FETCHES))
            self.store.write(f"fetches/{self.partition.name}-{self.count:05d}", shard, FETCHES)
            self.rows, self.octets = [], 0
            self.count += 1
