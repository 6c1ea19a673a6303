"""Which domains are drawn, and the two files that they make: the sheet and its key.

The half without the finding is drawn among the domains that the protocol looked at: its state is
neither unknown nor unobserved, and at least one of its own first questions (of a protocol that has
none, of those that it follows) was answered with a record. Where nothing is published at all there
is nothing to read, and rows without records would only flatter the rule.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ..config import ConfigError
from ..explain import rule_of
from ..manifest import read
from ..protocols.protocol import Context, Finding, MailProtocol
from ..report.terminal import printable
from ..run import context_of
from ..schema import FACTS, SAMPLE, SAMPLE_KEY
from ..store import Store
from ..why import built_on
from ..words import Outcome, State
from .raw import bounded, records
from .sheet import as_csv

FOLDER = "samples"
KEY_END = "-key.csv"
UNSEEN = (State.UNKNOWN, State.NOT_OBSERVED, State.NOT_APPLICABLE)
YES, NO = "yes", "no"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was written: the sheet, its key, and how many rows are with the finding and without."""

    sheet: Path
    key: Path
    with_it: int
    without: int


def draw(store: Store, code: str, size: int, seed: int) -> Drawn:
    """Draw and write a sheet and its key. The same run, code, size and seed give the same files.

    Raises UnknownCode; ConfigError: nothing to draw from, or a sheet is there that differs.
    """
    protocol, rule = rule_of(code)
    context = context_of(read(store), store)
    facts = store.scan("facts", FACTS)
    findings = judged(store, "findings").filter(pl.col("code") == code).collect()
    found = set(findings["domain"])
    free = looked_at(protocol, judged(store, "states"), facts, context) - found
    chosen = drawn(found, free, size, random.Random(f"{seed} {code}"))
    if not chosen:
        raise ConfigError(f"{store.root}: nothing to draw; {protocol.NAME} read no record there")
    shown = records(protocol, facts, chosen, context)
    sheet = [sheet_row(rule, number, one, shown[one]) for number, one in enumerate(chosen, 1)]
    key = [key_row(rule, number, one, findings) for number, one in enumerate(chosen, 1)]
    name = f"{FOLDER}/{code}-n{size}-seed{seed}"
    write_once(store, name + ".csv", as_csv(sheet, SAMPLE))
    write_once(store, name + KEY_END, as_csv(key, SAMPLE_KEY))
    with_it = len(found.intersection(chosen))
    paths = (store.root / (name + ".csv"), store.root / (name + KEY_END))
    return Drawn(*paths, with_it, len(chosen) - with_it)


def judged(store: Store, name: str) -> pl.LazyFrame:
    """A run's states or findings. Raises ConfigError: there are none."""
    if not store.has(name + ".parquet"):
        raise ConfigError(f"{store.root} was never judged: mailsurvey judge does it")
    return store.read(name)


def looked_at(
    protocol: MailProtocol, states: pl.LazyFrame, facts: pl.LazyFrame, context: Context
) -> set[str]:
    """The domains that the protocol looked at, as the top of this file has it."""
    is_seen = ~pl.col(protocol.NAME).is_in([state.value for state in UNSEEN])
    is_seen = ~pl.col(protocol.NAME).is_in([state.value for state in UNSEEN])
    seen = states.filter(is_seen).select("domain")  # null: not seen either
    key = ("name", "qtype", "cd")
    answered = facts.filter(pl.col("outcome") == Outcome.ANSWERED.value).select(key).unique()
    for asking in ([protocol], built_on(protocol)):
        first = pl.concat([one.asks(seen, context) for one in asking])
        if not first.head(1).collect().is_empty():
            break
    hit = first.join(answered, on=key, how="semi").select("origin").unique().collect()
    return set(hit["origin"])


def drawn(found: set[str], free: set[str], size: int, rng: random.Random) -> list[str]:
    """So many domains, half with the finding where there are enough of both, in a drawn order."""
    without = min(len(free), size // 2)
    with_it = min(len(found), size - without)
    without = min(len(free), size - with_it)
    chosen = rng.sample(sorted(found), with_it) + rng.sample(sorted(free), without)
    rng.shuffle(chosen)
    return chosen


def sheet_row(rule: Finding, number: int, domain: str, shown: str) -> Row:
    """One line to judge. The rule is repeated so that a line speaks for itself."""
    return {
        "number": number,
        "rule": f"{rule.code} ({rule.rfc}): {rule.en} / {rule.ja}",
        "domain": domain,
        "records": shown,
        "verdict": "",
        "remark": "",
    }


def key_row(rule: Finding, number: int, domain: str, findings: pl.DataFrame) -> Row:
    """What the program says of that line, and where it found it."""
    places = []
    for one in findings.filter(pl.col("domain") == domain).iter_rows(named=True):
        at = "" if one["at"] is None else f" @{one['at']}"
        places.append(printable(f"{one['name']}{at}: {one['evidence'] or ''}"))
    return {
        "number": number,
        "code": rule.code,
        "domain": domain,
        "program": YES if places else NO,
        "where": bounded(places),
    }


def write_once(store: Store, name: str, text: str) -> None:
    """Write a file; one that is there and says something else may hold somebody's verdicts."""
    path = store.root / name
    if path.exists() and path.read_bytes() != text.encode():
        raise ConfigError(
            f"{path}: there already, and not as it would be drawn now; if it was filled in, "
            "--score it; to draw again move it away, or take another --seed"
        )
    store.write_text(name, text)
