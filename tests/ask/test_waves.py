"""The loop: every question once, nothing dropped, limits kept, and going on after a stop."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace

import polars as pl
import pytest

from pipeline.ask.dns import zone
from pipeline.ask.partition import Partition
from pipeline.ask.waves import Crawl
from pipeline.config import Asking, Limits
from pipeline.message import ANSWER, RR, from_strings, response, text, to_wire
from pipeline.protocols.protocol import Context, ask
from pipeline.schema import FACTS, KEY
from pipeline.store import Store
from pipeline.words import EngineName, QType
from pipeline.workers import Here

ASKING = Asking(rounds=2, pause_s=0.0, shard_rows=7)
LIMITS = Limits()


class Pointers:
    """A protocol whose TXT names the next TXT to ask, as an include does."""

    NAME = "pointer"
    LEADING = ("pointer",)

    @staticmethod
    def asks(domains, context):
        return ask(domains, pl.col("domain"), QType.TXT, "pointer")

    @staticmethod
    def follow_ups(facts, context):
        targets = facts.filter(pl.col("outcome") == "answered", pl.col("why") == "pointer")
        rdata = pl.col("rrs").list.first().struct.field("rdata")
        names = rdata.map_elements(lambda it: text(it).decode(), return_dtype=pl.String)
        return ask(
            targets.with_columns(name=names.str.split(" ")).explode("name"),
            pl.col("name"),
            QType.TXT,
            "pointer",
        )


@dataclass
class Net:
    """Answers TXT from a dict; `failing` counts down the SERVFAILs before an answer."""

    pointers: dict[str, str]
    failing: dict[str, int] = field(default_factory=dict)
    asked: Counter = field(default_factory=Counter)

    def answer(self, name, qtype, cd):
        self.asked[name] += 1
        question = to_wire(name) + qtype.to_bytes(2) + b"\0\1"
        if self.failing.get(name, 0) >= self.asked[name]:
            return response(question, [], rcode=2)
        if name not in self.pointers:
            return response(question, [], rcode=3)
        rdata = from_strings([self.pointers[name].encode()])
        return response(question, [RR(ANSWER, name, QType.TXT, 60, rdata)])


def crawl(store, net, domains, *, limits=LIMITS, asking=ASKING, stop_after=None, **more):
    workers = Here(store, zone.engine(net.answer))
    if stop_after is not None:
        answer = net.answer

        def counted(*question):
            if sum(net.asked.values()) >= stop_after:
                raise KeyboardInterrupt
            return answer(*question)

        workers = Here(store, zone.engine(counted))
    job = Crawl(
        protocols=(Pointers,),
        context=Context(frozenset(), lambda name: None),
        store=store,
        workers=workers,
        engine=EngineName.ZONE,
        resolvers=("zone",),
        asking=asking,
        limits=limits,
        bar=more.pop("bar", lambda title, total: lambda done, failed: None),
        **more,
    )
    try:
        return job.run(pl.LazyFrame({"domain": domains}))
    finally:
        workers.close()


def outcomes(store):
    facts = store.scan("facts", FACTS).collect()
    assert facts.select(KEY).is_duplicated().sum() == 0
    return dict(zip(facts["name"], facts["outcome"], strict=True))


def test_shared_targets_are_asked_once(tmp_path):
    net = Net({"a": "x", "b": "x", "x": "y z", "y": "x"})
    tally = crawl(Store(tmp_path), net, ["a", "b"])
    assert net.asked == Counter({"a": 1, "b": 1, "x": 1, "y": 1, "z": 1})
    assert outcomes(Store(tmp_path)) == {
        "a": "answered", "b": "answered", "x": "answered", "y": "answered", "z": "no_name",
    }  # fmt: skip
    assert tally.waves == [2, 1, 2]


@pytest.mark.parametrize("lot", [1, 2, 3])
def test_lots_of_domains_share_what_was_asked(tmp_path, lot):
    """Not asked again; and what an earlier lot asked leads a later one on."""
    pointers = {"a": "x", "b": "x", "x": "y z", "y": "x", "c": "b end", "d": "z"}
    net = Net(pointers, failing={"a": 2, "x": 1})
    crawl(Store(tmp_path), net, ["a", "b", "c", "d"], lot=lot)
    retried = Counter({"a": 3, "x": 2})
    assert net.asked == retried + Counter({"b": 1, "c": 1, "d": 1, "y": 1, "z": 1, "end": 1})
    found = outcomes(Store(tmp_path))
    assert {name for name, outcome in found.items() if outcome == "no_name"} == {"z", "end"}
    assert set(found) == {"a", "b", "c", "d", "x", "y", "z", "end"}


def test_a_failure_is_asked_again_and_what_it_brings_is_followed(tmp_path):
    net = Net({"a": "x", "b": "c", "c": "d", "d": "e", "x": "end"}, failing={"a": 2})
    crawl(Store(tmp_path), net, ["a", "b"])
    assert net.asked["a"] == 3
    found = outcomes(Store(tmp_path))
    assert found["a"] == "answered"
    assert found["end"] == "no_name"
    tries = Store(tmp_path).scan("facts", FACTS).filter(pl.col("name") == "a").collect()["tries"]
    assert tries.to_list() == [3]


def test_a_failure_that_stays_is_kept_as_one(tmp_path):
    net = Net({"a": "x"}, failing={"a": 99})
    crawl(Store(tmp_path), net, ["a"])
    assert net.asked["a"] == 1 + ASKING.rounds
    assert outcomes(Store(tmp_path)) == {"a": "server_failure"}


def test_depth_is_bounded_and_what_is_cut_off_is_written_down(tmp_path):
    net = Net({f"n{number}": f"n{number + 1}" for number in range(9)})
    crawl(Store(tmp_path), net, ["n0"], limits=Limits(depth=3))
    assert set(net.asked) == {"n0", "n1", "n2", "n3"}
    assert outcomes(Store(tmp_path))["n4"] == "not_asked"


def test_one_domain_cannot_make_us_ask_without_end(tmp_path):
    net = Net({"evil": " ".join(f"e{number}" for number in range(50)), "good": "g"})
    crawl(Store(tmp_path), net, ["evil", "good"], limits=Limits(per_domain=10))
    asked_for_evil = [name for name in net.asked if name.startswith("e")]
    assert len(asked_for_evil) == 10
    assert net.asked["g"] == 1
    assert Counter(outcomes(Store(tmp_path)).values())["not_asked"] == 41


@pytest.mark.parametrize("stop_after", [0, 3, 10, 25, 60])
def test_going_on_asks_nothing_again_that_was_kept(tmp_path, stop_after):
    pointers = {f"d{number}": f"t{number % 7}" for number in range(40)} | {
        f"t{number}": f"u{number}" for number in range(7)
    }
    whole, broken = Store(tmp_path / "whole"), Store(tmp_path / "broken")
    domains = [f"d{number}" for number in range(40)]
    crawl(whole, Net(pointers), domains)
    net = Net(pointers)
    with suppress(KeyboardInterrupt):
        crawl(broken, net, domains, stop_after=stop_after, asking=replace(ASKING, shard_rows=3))
    kept = set(outcomes(broken))
    before = Counter(net.asked)
    crawl(broken, net, domains)
    assert outcomes(broken) == outcomes(whole)
    assert all(net.asked[name] == before[name] for name in kept)


def test_who_opted_out_is_not_asked_either_where_a_record_leads_there(tmp_path):
    net = Net({"a": "x spf.out.jp", "x": "end"})
    crawl(Store(tmp_path), net, ["a"], opt_out=frozenset({"out.jp"}))
    assert set(net.asked) == {"a", "x", "end"}
    assert outcomes(Store(tmp_path))["spf.out.jp"] == "not_asked"


def test_progress_counts_each_question_once(tmp_path):
    net = Net({"a": "x", "b": "x", "x": "end"}, failing={"a": 99, "x": 1})
    told: dict[str, list[int]] = {}

    def bar(title, total):
        counts = told.setdefault(f"{title} of {total}", [0, 0])

        def more(done, failed):
            counts[0] += done
            counts[1] += failed

        return more

    crawl(Store(tmp_path), net, ["a", "b"], bar=bar)
    assert told == {
        "wave 0 of 2": [2, 1],
        "wave 1 of 1": [1, 1],
        "deferred, round 1 of 1": [2, 1],  # a, which fails again, and x
        "deferred, round 2 of 1": [1, 1],
        "wave 2 of 1": [1, 0],
    }


def test_each_deferred_round_is_more_patient():
    asking = Asking(timeout_s=1.0, pause_s=4.0, growth=3.0, rounds=2)
    engine, rows = EngineName.WIRE, pl.DataFrame()
    wave = Partition("w", 0, rows, engine, ("zone",), asking)
    first = wave.again(rows, engine, "l1")
    second = first.again(rows, engine, "l2")
    patience = [(one.asking.timeout_s, one.asking.pause_s) for one in (first, second)]
    assert patience == [(3.0, 4.0), (9.0, 12.0)]
    assert [one.is_last for one in (wave, first, second)] == [False, False, True]
