"""Some visits: made by one worker, and their facts written a shard at a time.

All visits to one operator are in one partition, so what the rota allows in it is allowed in all.
What failed is visited again after a pause, behind all others: it may be so for now. Only the last
round writes a failure down.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from ...config import Smtp
from ...schema import CERTIFICATES, VISITS, polars_schema
from ...store import Store
from ...words import SmtpOutcome
from ..partition import Progress, finished
from .rota import Rota, Wanted
from .visit import Visited, Visiting, Visits, visit
from .visits import ask

SHARD_ROWS = 500
SHARD_OCTETS = 8 << 20  # of transcripts
FLUSH_S = 10.0
FOR_NOW = (
    SmtpOutcome.UNAVAILABLE,
    SmtpOutcome.NO_BANNER,
    SmtpOutcome.DROPPED,
    SmtpOutcome.TIMEOUT,
    SmtpOutcome.REFUSED,
    SmtpOutcome.UNREACHABLE,
)
"""Outcomes that may be others a little later."""
TWICE = (*FOR_NOW, SmtpOutcome.HANDSHAKE_FAILED, SmtpOutcome.STARTTLS_REFUSED)
"""Outcomes that are looked at again: these two speak against a host, and may be a moment's."""


@dataclass(frozen=True, slots=True)
class VisitPartition:
    """visits: address, sni, purpose, operator. share: of all connections that the study allows."""

    name: str  # of its shards, which add a number to it
    visits: pl.DataFrame
    settings: Smtp
    how: Visiting
    share: float = 1.0
    round: int = 0  # in the wave

    def run(
        self,
        store: Store,
        progress: Progress,
        is_stopping: Callable[[], bool],
        visit: Visits = visit,
    ) -> bool:
        """Make the visits. Returns false if it was stopped on request; what was made is kept."""
        kept = Kept(self, store, progress)
        is_whole = asyncio.run(finished(self.rounds(kept, visit), is_stopping))
        kept.flush()
        return is_whole

    async def rounds(self, kept: "Kept", visit: Visits) -> None:
        """All visits, then again what failed for now."""
        wanted = [
            Wanted(number, address, sni, operator)
            for number, (address, sni, operator) in enumerate(
                self.visits.select("address", "sni", "operator").iter_rows()
            )
        ]
        most = max(1, int(self.settings.at_once * self.share))
        for number in range(self.settings.rounds + 1):
            kept.begin(number, is_last=number == self.settings.rounds)
            rota = Rota(wanted, most, self.settings.operator_at_once, self.settings.interval_s)
            await ask(rota, self.how, kept.keep, visit)
            wanted = kept.failed
            if not wanted:
                return
            if number < self.settings.rounds:
                await asyncio.sleep(self.settings.pause_s)


class Kept:
    """Takes the visits that were made, and writes them away a shard at a time."""

    def __init__(self, partition: VisitPartition, store: Store, progress: Progress):
        self.partition, self.store, self.progress = partition, store, progress
        self.purposes = partition.visits["purpose"].to_list()
        self.rows: list[dict[str, Any]] = []
        self.certificates: dict[bytes, bytes] = {}
        self.known: set[bytes] = set()  # digests of those written
        self.failed: list[Wanted] = []
        self.count = self.octets = self.round = 0
        self.is_last = False
        self.flushed_at = time.monotonic()

    def begin(self, number: int, *, is_last: bool) -> None:
        """Another round."""
        self.round, self.is_last = number, is_last
        self.failed = []

    def keep(self, wanted: Wanted, visited: Visited) -> None:
        """One visit that is over."""
        if visited.outcome in TWICE and not self.is_last:
            self.failed.append(wanted)
            return
        digests = []
        for der in visited.tls.chain if visited.tls else ():
            digests.append(hashlib.sha256(der).digest())
            if digests[-1] not in self.known:
                self.certificates[digests[-1]] = der
                self.octets += len(der)
        self.rows.append(self.row(wanted, visited, digests))
        self.octets += len(visited.transcript)
        has_waited = time.monotonic() - self.flushed_at > FLUSH_S
        if has_waited or len(self.rows) >= SHARD_ROWS or self.octets >= SHARD_OCTETS:
            self.flush()
        self.progress(1, int(visited.outcome in FOR_NOW))

    def row(self, wanted: Wanted, visited: Visited, digests: list[bytes]) -> dict[str, Any]:
        """One row of `schema.VISITS`."""
        tls = visited.tls
        return {
            "address": wanted.address,
            "sni": wanted.sni,
            "purpose": self.purposes[wanted.number],
            "operator": wanted.operator,
            "outcome": visited.outcome.value,
            "stage": visited.stage.value if visited.stage else None,
            "why": visited.why,
            "tls_version": tls.version if tls else None,
            "cipher": tls.cipher if tls else None,
            "chain": digests if tls else None,
            "replies": [
                {"stage": stage.value, "code": reply.code, "lines": list(reply.lines)}
                for stage, reply in visited.replies.items()
            ],
            "transcript": visited.transcript,
            "began_at": datetime.fromtimestamp(visited.began_at, UTC),
            "took_ms": visited.took_ms,
            "tries": min(self.round + 1, 255),
        }

    def flush(self) -> None:
        """Write what has come: certificates first, for the visits name them."""
        self.flushed_at, self.octets = time.monotonic(), 0
        if self.certificates:
            columns = {
                "sha256": list(self.certificates),
                "der": list(self.certificates.values()),
            }
            shard = pl.DataFrame(columns, schema=polars_schema(CERTIFICATES))
            self.store.write(self.shard("certificates"), shard, CERTIFICATES)
            self.known.update(self.certificates)
            self.certificates = {}
        if self.rows:
            shard = pl.DataFrame(self.rows, schema=polars_schema(VISITS))
            self.store.write(self.shard("visits"), shard, VISITS)
            self.rows = []
            self.count += 1

    def shard(self, dataset: str) -> str:
        """The next shard's name."""
        return f"{dataset}/{self.partition.name}-{self.count:05d}"
