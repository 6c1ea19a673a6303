"""Beyond the DNS: which visits and fetches are made, where, and never twice."""

from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.ask.beyond import Beyond
from pipeline.ask.partition import Answered, Partition
from pipeline.ask.smtp.partition import VisitPartition
from pipeline.ask.smtp.visit import Visiting
from pipeline.config import Asking, Https, Smtp
from pipeline.protocols import dane
from pipeline.protocols.protocol import FETCH_ASKS, VISIT_ASKS
from pipeline.schema import FACTS, FETCHES, VISITS, polars_schema
from pipeline.store import Store
from pipeline.words import EngineName

HOW = Visiting("survey.example.org")


class Submitted:
    """Takes partitions, and does nothing."""

    def __init__(self) -> None:
        self.partitions: list[Any] = []

    def submit(self, partition: Any, progress: Any) -> Future:
        self.partitions.append(partition)
        done: Future = Future()
        is_dns = isinstance(partition, Partition)
        done.set_result(Answered(partition, {}, pl.DataFrame(), True) if is_dns else True)
        return done


def beyond(folder: Path, **settings: Any) -> Beyond:
    return Beyond(
        store=Store(folder),
        workers=Submitted(),
        bar=lambda title, total: lambda done, failed: None,
        smtp=settings.pop("smtp", Smtp()),
        https=Https(),
        visiting=HOW,
        fetching=None,
        **settings,
    )


def wanted(*rows: tuple[str, str, str, bool], purpose: str = "survey") -> pl.DataFrame:
    asks = [(address, sni, purpose, operator, needed) for address, sni, operator, needed in rows]
    return pl.DataFrame(asks, schema=VISIT_ASKS, orient="row")


def due(job: Beyond, asks: pl.DataFrame) -> list[tuple[str, str]]:
    return sorted(job.visits_due(asks).select("address", "sni").rows())


def test_one_name_an_address(tmp_path: Path) -> None:
    asks = wanted(
        ("192.0.2.1", "mx.b.jp", "b.jp", False),
        ("192.0.2.1", "mx.a.jp", "a.jp", False),
        ("192.0.2.2", "mx.a.jp", "a.jp", False),
    )
    assert due(beyond(tmp_path), asks) == [("192.0.2.1", "mx.a.jp"), ("192.0.2.2", "mx.a.jp")]


def test_all_names_that_are_needed(tmp_path: Path) -> None:
    asks = wanted(
        ("192.0.2.1", "mx.a.jp", "a.jp", False),
        ("192.0.2.1", "mx.c.jp", "c.jp", True),
        ("192.0.2.1", "mx.b.jp", "b.jp", True),
    )
    names = [("192.0.2.1", "mx.b.jp"), ("192.0.2.1", "mx.c.jp")]
    assert due(beyond(tmp_path), asks) == names
    assert due(beyond(tmp_path, smtp=Smtp(names=1)), asks) == names[:1]


def test_opt_out(tmp_path: Path) -> None:
    asks = wanted(("192.0.2.1", "mx.a.jp", "a.jp", False), ("192.0.2.2", "mx.b.jp", "b.jp", False))
    assert due(beyond(tmp_path, opt_out=frozenset(["a.jp"])), asks) == [("192.0.2.2", "mx.b.jp")]


def test_what_is_kept_is_not_visited_again(tmp_path: Path) -> None:
    job = beyond(tmp_path)
    row = dict.fromkeys(polars_schema(VISITS)) | {
        "address": "192.0.2.1", "sni": "mx.a.jp", "purpose": "survey", "outcome": "timeout",
    }  # fmt: skip
    job.store.write(
        "visits/v-0001-00000", pl.DataFrame([row], schema=polars_schema(VISITS)), VISITS
    )
    asks = wanted(("192.0.2.1", "mx.a.jp", "a.jp", False), ("192.0.2.2", "mx.a.jp", "a.jp", False))
    assert due(job, asks) == [("192.0.2.2", "mx.a.jp")]
    again = wanted(("192.0.2.1", "mx.a.jp", "a.jp", True), purpose="confirm")
    assert due(job, again) == [("192.0.2.1", "mx.a.jp")]  # another purpose, another fact
    assert job.next_name("v", "visits") == "v-0002"


def test_an_operator_is_in_one_partition(tmp_path: Path) -> None:
    # an address that two operators' hosts share is the first one's
    rows = [
        (f"192.0.2.{number}", f"mx{number}.{operator}", operator, False)
        for number in range(100)
        for operator in (f"{number % 7}.jp", f"{number % 5}.example")
    ]
    job = beyond(tmp_path, workers_count=3)
    job.run(wanted(*rows), pl.DataFrame(schema=FETCH_ASKS))
    parts: list[VisitPartition] = job.workers.partitions
    assert 1 < len(parts) <= 3
    assert sum(part.visits.height for part in parts) == 100
    for column in ("operator", "address"):
        held = [set(part.visits[column]) for part in parts]
        assert sum(map(len, held)) == len(set.union(*held))
    assert {part.share for part in parts} == {1 / 3}


def test_an_old_answer_is_no_second_look(tmp_path: Path) -> None:
    asks = dane.asks_again(wanted(("192.0.2.1", "mx.a.jp", "a.jp", True), purpose="confirm").lazy())
    now = datetime.now(UTC)
    for age, count in ((timedelta(days=3), 1), (timedelta(seconds=5), 0)):
        job = beyond(tmp_path / str(count))
        fact = dict.fromkeys(polars_schema(FACTS)) | {
            "name": "_25._tcp.mx.a.jp", "qtype": 52, "cd": False, "purpose": "again",
            "origin": "a.jp", "outcome": "answered", "asked_at": now - age,
        }  # fmt: skip
        job.store.write("facts/again-0001-00000", pl.DataFrame([fact], polars_schema(FACTS)), FACTS)
        job.ask_again(asks.collect(), EngineName.WIRE, ("127.0.0.1:53",), Asking())
        assert len(job.workers.partitions) == count


def test_a_url_is_fetched_once(tmp_path: Path) -> None:
    job = beyond(tmp_path, opt_out=frozenset(["c.jp"]))
    asks = pl.DataFrame(
        [
            ("https://a.jp/", "b.jp", 1),
            ("https://a.jp/", "a.jp", 1),
            ("https://x.c.jp/", "c.jp", 1),
        ],
        schema=FETCH_ASKS,
        orient="row",
    )
    assert job.fetches_due(asks).rows() == [("https://a.jp/", "a.jp", 1)]
    row = dict.fromkeys(polars_schema(FETCHES)) | {"url": "https://a.jp/", "outcome": "timeout"}
    shard = pl.DataFrame([row], schema=polars_schema(FETCHES))
    job.store.write("fetches/f-0001-00000", shard, FETCHES)
    assert job.fetches_due(asks).is_empty()
