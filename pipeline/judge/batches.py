"""A run judged in batches of domains, each by itself: memory stays bounded, whatever its size.

What a verdict needs lies at names of the domain, or at names that records lead to. So the facts are
first dealt out by their name's registrable domain (one pass, shard by shard); which registrable
domains lead to which is kept as pairs. A batch is a range of domains in their order; it gets the
facts of their registrable domains and of all that these lead to, at any distance. What has no
registrable domain (a public suffix, an odd name) goes to every batch.

One domain leads to another where a question of its own was asked there, or where a record of its
own names it: more than the protocols will look at, and never less. So a protocol must not judge by
the facts of a name that is neither of the domain (or above it), nor written in a record on the way.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote_to_bytes

import polars as pl
import pyarrow as pa

from .. import message
from ..message import to_text
from ..population.suffixes import listed
from ..protocols import ALL
from ..protocols.protocol import FETCH_ASKS, VISIT_ASKS, Context
from ..schema import FACTS, FINDINGS, Column
from ..store import Store
from ..words import Purpose, QType
from . import across, judge, state_columns
from .wanting import wanted

BATCH = 30_000  # domains: some 800 MiB of a process
SHARDS = 40  # dealt out at a time
UNREAD = ("depth", "wave", "transport", "rtt_ms", "tries", "message")
"""Columns of the facts that no verdict needs."""
HOME = Column(
    "home", pl.UInt64, "", "hash of the name's registrable domain", "登録ドメインのハッシュ"
)
DEALT = (*(column for column in FACTS if column.name not in UNREAD), HOME)
FACTS_DEALT, STATES_MADE, FINDINGS_MADE = (f"judging/{n}" for n in ("facts", "states", "findings"))
LED = {"source": pl.UInt64, "target": pl.UInt64}
NAME = re.compile(rb"[a-z0-9_.-]+")
PLAIN = r"^[a-z0-9._-]+$"
ABOVE_LABELS = r"^.*_[^.]*\."
"""Everything up to the last label with an underscore: no registrable domain has one."""

Each = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]
"""Applies a function to items, wherever that is done; results in the items' order."""
Bar = Callable[[str, int], Callable[[int, int], None]]
"""Opens a progress bar: a title and a total. It is told of more that are done, and have failed."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What judging a range of domains needs. homes: of the facts that may concern them; None: all
    facts, as they were stored."""

    store: Store
    number: int
    domains: pl.DataFrame
    homes: pl.Series | None
    context: Context


@dataclass(frozen=True, slots=True)
class Deal:
    """Some shards of the facts, to be dealt out."""

    store: Store
    first: int


def judge_all(store: Store, context: Context, each: Each, bar: Bar, size: int = BATCH) -> None:
    """Judge a run's facts: writes `states` and `findings`. Raises StoreError.

    size: domains in a batch.
    """
    domains = store.read("domains").select("domain").sort("domain").collect()
    facts = store.scan("facts", FACTS)
    context = replace(context, across=across(ALL, facts, domains.lazy(), context))
    store.remove("judging")
    made = list(batches(store, domains, context, each, size))
    progress = bar("judging", domains.height)
    for judged in each(judge_batch, made):
        progress(judged, 0)
    store.merge(STATES_MADE, "states", state_columns(ALL))
    store.merge(FINDINGS_MADE, "findings", FINDINGS)
    store.remove("judging")


def batches(
    store: Store, domains: pl.DataFrame, context: Context, each: Each, size: int
) -> Iterator[Batch]:
    """Ranges of the domains, with the homes of the facts that may concern them."""
    if domains.height <= size:
        yield Batch(store, 0, domains, None, context)
        return
    deals = [Deal(store, first) for first in range(0, store.count("facts"), SHARDS)]
    led = pl.concat([pl.DataFrame(schema=LED), *each(deal, deals)]).unique()
    count = -(-domains.height // size)
    domains = domains.with_columns(home=home("domain"))
    for number in range(count):
        first, end = (domains.height * edge // count for edge in (number, number + 1))
        mine = domains[first:end]
        yield Batch(store, number, mine.drop("home"), reached(mine["home"], led), context)


def reached(own: pl.Series, led: pl.DataFrame) -> pl.Series:
    """These homes, that of what has none, and all homes that they lead to."""
    nowhere = pl.select(home=pl.lit("").hash())["home"]
    seen = new = pl.concat([own, nowhere]).unique()
    while not new.is_empty():
        targets = led.join(new.to_frame("source"), on="source", how="semi")["target"].unique()
        new = targets.filter(~targets.is_in(seen.implode()))
        seen = pl.concat([seen, new])
    return seen


def facts_of(batch: Batch) -> pl.LazyFrame:
    """The facts that may concern a batch's domains."""
    if batch.homes is None:
        return batch.store.scan("facts", FACTS)
    is_mine = pl.col("home").is_in(batch.homes.implode())  # a join would decode every row
    mine = batch.store.scan(FACTS_DEALT, DEALT).filter(is_mine)
    return mine.drop("home").collect(engine="streaming").lazy()


def judge_batch(batch: Batch) -> int:
    """Judge a batch of domains, and write its part of the states and findings. Returns its size."""
    store = batch.store
    findings, states = judge(ALL, facts_of(batch), batch.domains.lazy(), batch.context)
    store.write(
        f"{STATES_MADE}/{batch.number:06d}", states.collect(), state_columns(ALL), is_brief=True
    )
    store.write(f"{FINDINGS_MADE}/{batch.number:06d}", findings.collect(), FINDINGS, is_brief=True)
    return batch.domains.height


# --- what to visit and fetch ---------------------------------------------------------------------


def wanted_all(
    store: Store, context: Context, each: Each, bar: Bar, size: int = BATCH
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the protocols want visited and fetched, by a run's facts: VISIT_ASKS and FETCH_ASKS.

    Each ask as often as batches want it. size: domains in a batch. Raises StoreError.
    """
    domains = store.read("domains").select("domain").sort("domain").collect()
    store.remove("judging")
    progress = bar("planning visits", domains.height)
    visits = [pl.DataFrame(schema=VISIT_ASKS)]
    fetches = [pl.DataFrame(schema=FETCH_ASKS)]
    for height, to_visit, to_fetch in each(
        wanted_by, list(batches(store, domains, context, each, size))
    ):
        visits.append(to_visit)
        fetches.append(to_fetch)
        progress(height, 0)
    store.remove("judging")
    return pl.concat(visits), pl.concat(fetches)


def wanted_by(batch: Batch) -> tuple[int, pl.DataFrame, pl.DataFrame]:
    """How many domains a batch has, and what they want visited and fetched."""
    visits, fetches = wanted(facts_of(batch), batch.domains.lazy(), batch.context)
    return batch.domains.height, visits, fetches


# --- dealing out ---------------------------------------------------------------------------------


def deal(part: Deal) -> pl.DataFrame:
    """Write some shards' facts again, less what no verdict needs and with their home.

    Returns which homes lead to which, each pair once: LED.
    """
    shards = slice(part.first, part.first + SHARDS)
    facts = (
        part.store.scan("facts", FACTS, shards)
        .filter(pl.col("purpose") != Purpose.AUDIT)
        .select(column.name for column in DEALT if column is not HOME)
        .with_columns(home=home("name"))
        .collect()
    )
    part.store.write(f"{FACTS_DEALT}/{part.first:06d}", facts, DEALT, is_brief=True)
    asked = facts.lazy().select("origin", target="home").unique()
    records = (
        facts.lazy()
        .select("home", "rrs")
        .explode("rrs")
        .select("home", pl.col("rrs").struct.unnest())
        .drop_nulls("owner")
    )
    leads = [
        asked.select(source=home("origin"), target="target"),
        records.select("home", "owner").unique().select(source="home", target=home("owner")),
        written(records).select(source="home", target=home("name")),
    ]
    return pl.concat(leads).filter(pl.col("source") != pl.col("target")).unique().collect()


def home(name: str) -> pl.Expr:
    """The hash of a name's registrable domain, or of one above that in rare kinds of suffixes.

    The hash of "" for what has none, and for names with other characters than a host's.
    """
    bare = (
        pl.when(pl.col(name).str.contains(PLAIN))
        .then(pl.col(name).str.replace(ABOVE_LABELS, ""))
        .otherwise(pl.lit(""))
    )
    two, three, four = (bare.str.extract(rf"((?:[^.]+\.){{{dots}}}[^.]+)$") for dots in (1, 2, 3))
    rules = {dots: [rule for rule in listed() if rule.count(".") == dots] for dots in (1, 2)}
    wild = [rule[2:] for rule in rules[2] if rule.startswith("*.")]
    by_list = (
        pl.when(three.is_in(rules[2]) | (two.is_in(wild) & three.is_not_null()))
        .then(four)
        .when(two.is_in(rules[1]))
        .then(three)
        .otherwise(two)
    )
    return by_list.fill_null("").hash()


def written(records: pl.LazyFrame) -> pl.LazyFrame:
    """The names that stand in records: home (of the question), name, each pair once."""
    of_types = [int(qtype) for qtype in (*AT, QType.TXT)]
    kept = records.filter(pl.col("type").is_in(of_types))
    found = kept.select("home", "type", "rdata").unique().collect()
    distinct = found.select("type", "rdata").unique()
    names = [mentions(qtype, rdata) for qtype, rdata in distinct.iter_rows()]
    read = distinct.with_columns(name=pl.Series(pa.array(names, pa.large_list(pa.large_string()))))
    some = read.filter(pl.col("name").list.len() > 0)
    pairs = found.join(some, on=["type", "rdata"]).select("home", "name").explode("name")
    return pairs.unique().lazy()


AT = {QType.MX: 2, QType.CNAME: 0, QType.NS: 0}
"""Types whose rdata ends in a name, and where it begins."""


def mentions(qtype: int, rdata: bytes) -> list[str]:
    """The names in one record: in a TXT, whatever looks like one."""
    if qtype != QType.TXT:
        return [to_text(rdata[AT[QType(qtype)] :])]
    text = message.text(rdata).lower()
    if b"%" in text:  # a URI may write any octet so (RFC 3986 §2.1)
        text += b" " + unquote_to_bytes(text)
    if b"." not in text:
        return []
    return list({name.strip(b".").decode() for name in NAME.findall(text) if b"." in name})
