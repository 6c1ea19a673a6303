"""The waves beyond the DNS: mail servers visited, policies and logos fetched.

They come behind the DNS, whose answers say where to go, and are distinct and kept as facts like
its questions: an (address, name) is visited once in a run, a URL fetched once. Going on after a
kill: whatever has a fact already is not asked again.
"""

from collections.abc import Iterable
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

import polars as pl

from ..config import Asking, Https, Smtp
from ..population.cohorts import opted_out
from ..protocols.protocol import FETCH_ASKS
from ..schema import FACTS, FETCHES, KEY, VISIT_KEY, VISITS, polars_schema
from ..store import Store
from ..words import EngineName, Purpose
from .facts import QUESTIONS
from .fetching import FetchPartition
from .https import Fetching
from .partition import Partition, Progress
from .smtp.partition import VisitPartition
from .smtp.visit import Visiting
from .waves import Bar

FRESH_S = 600  # an answer for a second look that is older would be as old as the first one


class Submits(Protocol):
    """What is needed of `workers`."""

    def submit(self, partition: Any, progress: Progress) -> "Future[Any]":
        """Start a partition."""


@dataclass(slots=True)
class Beyond:
    """Visits and fetches of one run. visiting, fetching: None: the study leaves them out.

    workers_count: processes that share the visits.
    """

    store: Store
    workers: Submits
    bar: Bar
    smtp: Smtp
    https: Https
    visiting: Visiting | None
    fetching: Fetching | None
    opt_out: frozenset[str] = frozenset()
    workers_count: int = 1
    begun: int = 0
    is_whole: bool = True

    def run(self, visits: pl.DataFrame, fetches: pl.DataFrame) -> None:
        """Visit and fetch what is not kept yet. visits: VISIT_ASKS; fetches: FETCH_ASKS."""
        running: list[Future[Any]] = []
        if self.visiting:
            running += self.submitted(self.visit_partitions(self.visits_due(visits)))
        if self.fetching:
            running += self.submitted(self.fetch_partitions(self.fetches_due(fetches)))
        for future in as_completed(running):
            self.is_whole &= future.result()

    def submitted(self, partitions: Iterable[tuple[Any, str, int]]) -> "list[Future[Any]]":
        """Start partitions, each kind with one bar."""
        found = list(partitions)
        if not found:
            return []
        progress = self.bar(found[0][1], sum(count for _, _, count in found))
        return [self.workers.submit(partition, progress) for partition, _, _ in found]

    def next_name(self, kind: str, dataset: str) -> str:
        """A partition's name that no earlier start of this run used."""
        self.begun += 1
        name = f"{kind}-{self.begun:04d}"
        return self.next_name(kind, dataset) if self.store.holds(f"{dataset}/{name}") else name

    # --- visits ----------------------------------------------------------------------------------

    def visits_due(self, wanted: pl.DataFrame) -> pl.DataFrame:
        """The visits to make: of each address the needed names, or else one; none made before.

        What was cut off by the limit on names is no fact: it was not observed.
        """
        is_out = pl.col("sni").map_elements(
            lambda name: opted_out(name, self.opt_out), return_dtype=pl.Boolean
        )
        named = wanted.filter(~is_out) if self.opt_out and wanted.height else wanted
        operator = pl.col("operator").min().over("address")
        chosen = (
            named.lazy()
            .with_columns(operator=operator)
            .group_by(VISIT_KEY)
            .agg(pl.col("operator").first(), pl.col("is_needed").any())
            .sort("address", pl.col("is_needed").not_(), "sni")
            .with_columns(
                place=pl.int_range(pl.len()).over("address", "purpose"),
                needs_any=pl.col("is_needed").any().over("address", "purpose"),
            )
            .filter(
                pl.when("needs_any")
                .then(pl.col("is_needed") & (pl.col("place") < self.smtp.names))
                .otherwise(pl.col("place") == 0)
            )
        )
        kept = self.store.scan("visits", VISITS).select(VISIT_KEY)
        return chosen.join(kept, on=VISIT_KEY, how="anti").select(*VISIT_KEY, "operator").collect()

    def visit_partitions(self, due: pl.DataFrame) -> Iterable[tuple[VisitPartition, str, int]]:
        """All visits to one operator fall into one partition, in an order that spreads the load."""
        assert self.visiting is not None
        count = min(self.workers_count, self.smtp.at_once)
        part = pl.col("operator").hash(1) % count
        for number in range(count):
            rows = due.filter(part == number).sort(pl.col("address").hash(2), "sni")
            if rows.height:
                partition = VisitPartition(
                    name=self.next_name("v", "visits"),
                    visits=rows,
                    settings=self.smtp,
                    how=self.visiting,
                    share=1 / count,
                )
                yield partition, "mail servers", rows.height

    # --- fetches ---------------------------------------------------------------------------------

    def fetches_due(self, wanted: pl.DataFrame) -> pl.DataFrame:
        """The URLs to fetch, each once, nearest origin first by name; none fetched before."""
        is_out = pl.col("url").map_elements(
            lambda url: opted_out(host_of(url), self.opt_out), return_dtype=pl.Boolean
        )
        allowed = wanted.filter(~is_out) if self.opt_out and wanted.height else wanted
        once = (
            allowed.lazy()
            .sort("url", "origin")
            .group_by("url", maintain_order=True)
            .agg(pl.col("origin").first(), pl.col("most").max())
        )
        kept = self.store.scan("fetches", FETCHES).select("url")
        return once.join(kept, on="url", how="anti").select(*FETCH_ASKS).collect()

    def fetch_partitions(self, due: pl.DataFrame) -> Iterable[tuple[FetchPartition, str, int]]:
        """One: there are few, and one process makes hundreds a second."""
        if due.height:
            assert self.fetching is not None
            partition = FetchPartition(
                self.next_name("f", "fetches"), due, self.https, self.fetching
            )
            yield partition, "policies and logos", due.height

    # --- the second look -------------------------------------------------------------------------

    def ask_again(
        self, asks: pl.DataFrame, engine: EngineName, resolvers: tuple[str, ...], asking: Asking
    ) -> None:
        """Ask DNS questions that come before visits of a second look, unless they just were.

        asks: `schema.ASKS`. Their facts are written whatever they bring.
        """
        now = datetime.now(UTC)
        is_fresh = pl.col("asked_at") > pl.lit(now - timedelta(seconds=FRESH_S))
        again = self.store.scan("facts", FACTS).filter(purpose=Purpose.AGAIN.value)
        kept = again.filter(is_fresh).select(KEY).collect()
        due = asks.unique(KEY).join(kept, on=KEY, how="anti").sort("name")
        if due.is_empty():
            return
        questions = due.with_columns(tried=pl.lit(0, pl.UInt8)).select(*polars_schema(QUESTIONS))
        partition = Partition(
            name=f"facts/{self.next_name('again', 'facts')}",
            wave=0,
            questions=questions,
            engine=engine,
            resolvers=resolvers,
            asking=replace(asking, rounds=0),
            is_last=True,
        )
        progress = self.bar("TLSA once more", due.height)
        self.is_whole &= self.workers.submit(partition, progress).result().is_whole


def host_of(url: str) -> str:
    """The host of a URL; "": none that can be read."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
