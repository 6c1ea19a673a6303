"""However many batches a run is judged in, the verdicts are the same."""

import gzip
import json
import os
import shutil
from pathlib import Path

import polars as pl
import pytest

from pipeline.ask.dns.zone import RESOLVER, engine
from pipeline.ask.waves import Crawl
from pipeline.config import Asking, Limits
from pipeline.judge import state_columns
from pipeline.judge.batches import home, judge_all, mentions, reached
from pipeline.lab.zone import Zone
from pipeline.message import from_strings, to_wire
from pipeline.population.suffixes import registrable
from pipeline.protocols import ALL
from pipeline.protocols.protocol import Context, Wanted
from pipeline.run import context_of, judge_run, no_bar
from pipeline.schema import DOMAINS, polars_schema
from pipeline.store import Busy, Store
from pipeline.words import EngineName, QType
from pipeline.workers import Here, WorkerDied, each

RECORDS = "real/dns/records.jsonl.gz"


def verdicts(store: Store, context: Context, size: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    judge_all(store, context, map, no_bar, size)
    assert not (store.root / "judging").exists()
    return store.read("states").collect(), store.read("findings").collect()


def same(one: tuple[pl.DataFrame, pl.DataFrame], other: tuple[pl.DataFrame, pl.DataFrame]) -> bool:
    return all(a.sort(order(a)).equals(b.sort(order(b))) for a, b in zip(one, other, strict=True))


def order(frame: pl.DataFrame) -> list[str]:
    return [name for name, dtype in frame.schema.items() if not dtype.is_nested()]


@pytest.fixture(scope="module")
def lab_run(undisturbed: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    copy = tmp_path_factory.mktemp("batches") / "run"
    shutil.copytree(undisturbed / "run", copy)
    return Store(copy)


@pytest.mark.parametrize("size", [1000, 300])
def test_the_lab(lab_run: Store, size: int) -> None:
    context = context_of(json.loads(lab_run.read_text("manifest.json")), lab_run)
    whole = verdicts(lab_run, context, 10**6)
    assert whole[0].height > 2000
    assert whole[1].height > 1000
    assert same(whole, verdicts(lab_run, context, size))


def test_what_a_killed_judging_left_is_not_counted(lab_run: Store) -> None:
    context = context_of(json.loads(lab_run.read_text("manifest.json")), lab_run)
    whole = verdicts(lab_run, context, 10**6)
    stale = lab_run.read("states").head(5).collect()
    lab_run.write("judging/states/000099", stale, state_columns(ALL), is_brief=True)
    assert same(whole, verdicts(lab_run, context, 1500))


def test_two_cannot_judge_a_run_at_once(lab_run: Store) -> None:
    with lab_run.writing(), pytest.raises(Busy):
        judge_run(lab_run)


def test_processes_of_their_own(lab_run: Store) -> None:
    context = context_of(json.loads(lab_run.read_text("manifest.json")), lab_run)
    whole = verdicts(lab_run, context, 10**6)
    judge_all(lab_run, context, each, no_bar, 1500)
    assert same(whole, (lab_run.read("states").collect(), lab_run.read("findings").collect()))


def test_a_process_that_dies_is_one_line() -> None:
    with pytest.raises(WorkerDied, match="run the same command again"):
        list(each(os._exit, [1, 1]))


def test_what_is_published_out_there(shared: Path, tmp_path: Path) -> None:
    path = shared / RECORDS
    rows = map(json.loads, gzip.decompress(path.read_bytes()).splitlines())
    names = {row["name"].removesuffix(".").lower() for row in rows}
    plain = sorted(name for name in names if name.isascii() and "_" not in name and "." in name)
    store, context = Store(tmp_path), Context(frozenset([RESOLVER]), registrable, Wanted())
    domains = pl.DataFrame({"domain": plain}).select(
        "domain", cohorts=pl.lit([], pl.List(pl.String)), strata=pl.lit([])
    )
    store.write("domains", domains.cast(polars_schema(DOMAINS)), DOMAINS)
    Crawl(
        protocols=ALL,
        context=context,
        store=store,
        workers=Here(store, engine(Zone.load(path).answer)),
        engine=EngineName.ZONE,
        resolvers=(),
        asking=Asking(rounds=0),
        limits=Limits(),
        bar=no_bar,
    ).run(domains.lazy().select("domain"))
    whole = verdicts(store, context, 10**6)
    assert whole[0].height > 3000
    assert same(whole, verdicts(store, context, 200))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("example.jp", "_dmarc.example.jp"),
        ("example.co.jp", "s1._domainkey.example.co.jp"),
        ("example.co.jp", "mx.example.co.jp"),
        ("jp", "_dmarc.jp"),
        ("co.jp", "_dmarc.co.jp"),
        ("co.jp", "jp"),
        ("localhost", "jp"),
        ("odd\\.name.example.jp", "jp"),  # goes to every batch
    ],
)
def test_names_of_one_home(one: str, other: str) -> None:
    found = pl.DataFrame({"name": [one, other]}).select(home("name"))["name"]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [("a.jp", "b.jp"), ("a.co.jp", "b.co.jp"), ("a.aisai.aichi.jp", "b.aisai.aichi.jp")],
)
def test_names_of_two_homes(one: str, other: str) -> None:
    found = pl.DataFrame({"name": [one, other]}).select(home("name"))["name"]
    assert found[0] != found[1]


@pytest.mark.parametrize(
    ("qtype", "rdata", "named"),
    [
        (QType.MX, b"\0\x0a" + to_wire("mx.example.org"), {"mx.example.org"}),
        (QType.CNAME, to_wire("end.example.org"), {"end.example.org"}),
        (
            QType.TXT,
            from_strings([b"v=spf1 include:_spf.Exam", b"ple.org exists:%{i}._e.example.net ~all"]),
            {"_spf.example.org", "_e.example.net"},
        ),
        (
            QType.TXT,
            from_strings([b"v=DMARC1; p=none; rua=mailto:a%40rua.example"]),
            {"rua.example"},
        ),
        (QType.TXT, from_strings([b"v=DKIM1; p=MIIB"]), set()),
    ],
)
def test_the_names_in_a_record(qtype: QType, rdata: bytes, named: set[str]) -> None:
    assert named <= set(mentions(int(qtype), rdata))


def test_a_long_text_is_read_once() -> None:
    assert mentions(int(QType.TXT), from_strings([b"a" * 255] * 250)) == []


def test_what_is_reached_at_any_distance() -> None:
    led = pl.DataFrame(
        {"source": [1, 2, 3, 9], "target": [2, 3, 1, 1]},
        schema={"source": pl.UInt64, "target": pl.UInt64},
    )
    own = pl.Series("home", [1], dtype=pl.UInt64)
    nowhere = pl.select(home=pl.lit("").hash())["home"]
    assert set(reached(own, led)) == {1, 2, 3, nowhere[0]}
