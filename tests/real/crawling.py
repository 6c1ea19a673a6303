"""Runs a study against the real servers, and holds what was kept against what the zones say."""

import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dns.rdata
import dns.rdataclass
import polars as pl

from pipeline import manifest as manifests
from pipeline import message
from pipeline import run as stages
from pipeline.config import load_study
from pipeline.population.suffixes import registrable
from pipeline.protocols.protocol import Context
from pipeline.reaching import Ready
from pipeline.schema import DOMAINS, FACTS, polars_schema
from pipeline.store import Store
from pipeline.words import EngineName, Outcome, QType

from .asking import ASKABLE, as_cares_sees_it
from .truth import NOERROR, NXDOMAIN, Record, Said, Truth, canonical

STUDY = """
[study]
name = "real"
title = "real servers on loopback"
skip = {skip}

[resolver]
addresses = ["{resolver}"]
signed = "justice.gov.uk"
forged = "wikimediafoundation.org"
unsigned = "is-a.dev"

[asking]
timeout_s = 5.0 # they are near, but the machine may be busy
audit = {audit}

{cohorts}
"""

Row = dict[str, Any]


@dataclass(frozen=True)
class Crawled:
    """A finished run, and what the command printed: the tables, and on its way."""

    store: Store
    printed: str = ""
    said: str = ""

    def manifest(self) -> dict[str, Any]:
        """What ran."""
        return manifests.read(self.store)

    def facts(self) -> pl.DataFrame:
        """What came back, the audit sample left out."""
        return self.store.scan("facts", FACTS).filter(pl.col("purpose") != "audit").collect()

    def read(self, name: str) -> pl.DataFrame:
        """One frame of the run."""
        return self.store.read(name).collect()


def study_file(
    folder: Path,
    resolver: str,
    cohorts: Iterable[str],
    audit: float = 0.02,
    skip: Sequence[str] = ("smtp", "https"),
) -> Path:
    """Writes a study. cohorts: their TOML. skip: where there are name servers alone."""
    path = folder / "study.toml"
    text = STUDY.format(skip=list(skip), resolver=resolver, cohorts="\n".join(cohorts), audit=audit)
    path.write_text(text, encoding="utf-8")
    return path


def cohort(name: str, denominator: str, lists: Sequence[str], more: str = "") -> str:
    """One cohort's TOML. lists: inline tables, or paths in quotes. more: further lines."""
    return (
        f'[[cohort]]\nname = "{name}"\ndenominator = "{denominator}"\n'
        f"lists = [{', '.join(lists)}]\n{more}\n"
    )


def crawl(study: Path, engine: EngineName) -> Crawled:
    """The command, in a process of its own."""
    options = ["--engine", engine.value, "--runs", str(study.parent), "--run", engine.value]
    command = [sys.executable, "-m", "pipeline.cli", "crawl", str(study), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return Crawled(Store(study.parent / engine.value), done.stdout, done.stderr)


def crawl_names(study: Path, engine: EngineName, names: Iterable[str], folder: Path) -> Store:
    """The same waves and engine, for names that no population takes; nothing is judged."""
    settings = stages.with_engine(load_study(study), engine.value)
    frame = pl.DataFrame({"domain": sorted(names)}).with_columns(
        pl.lit(None, dtype).alias(name)
        for name, dtype in polars_schema(DOMAINS).items()
        if name != "domain"
    )
    store = Store(folder)
    with store.writing():
        store.write("domains", frame, DOMAINS)
        echo = stages.Echo(bar=lambda title, total: lambda done, failed: None, line=str)
        usable = settings.resolver.addresses
        context = Context(frozenset(usable), registrable, stages.wanted_of(settings))
        nothing = Ready(None, None, dict.fromkeys(("smtp", "https"), ""))
        stages.ask_all(settings, store, usable, context, frozenset(), echo, nothing)
    return store


# --- what was kept, and what the zones say -------------------------------------------------------


def differences(facts: pl.DataFrame, truth: Truth) -> dict[tuple[str, int], str]:
    """The questions without CD=1 whose facts are not what the zones say, and how they differ."""
    wanted = facts.filter(~pl.col("cd")).select("name", "qtype", "engine", "outcome", "rrs")
    found = {}
    for row in wanted.iter_rows(named=True):
        if difference := differs(row, truth):
            found[row["name"], row["qtype"]] = difference
    return found


def differs(row: Row, truth: Truth) -> str:
    """How one fact differs from what the zones say; "": it does not."""
    by_cares = row["engine"] == EngineName.CARES.value
    if by_cares and not ASKABLE.fullmatch(row["name"]):
        return "" if row["outcome"] == Outcome.NOT_ASKED.value else "cares cannot ask this"
    expected = truth.say(row["name"], row["qtype"])
    outcome = outcome_of(expected, row["qtype"])
    if row["outcome"] != outcome.value:
        return f"{row['outcome']}, not {outcome.value}"
    if by_cares:
        expected = as_cares_sees_it(expected)
    kept = answer(row["rrs"])
    if kept.keys() != expected.records.keys():
        return f"{sorted(kept)}, not {sorted(expected.records)}"
    older = [key for key, ttl in kept.items() if ttl > expected.records[key]]
    return f"TTL above the zone's: {older}" if older else ""


def outcome_of(said: Said, qtype: int) -> Outcome:
    """The outcome that a crawl has to keep for it."""
    if said.rcode == NXDOMAIN:
        return Outcome.NO_NAME
    if said.rcode != NOERROR:
        return Outcome.SERVER_FAILURE
    has_type = any(rtype == qtype for _, rtype, _ in said.records)
    return Outcome.ANSWERED if has_type else Outcome.NO_DATA


def answer(rrs: list[Row] | None) -> dict[Record, int]:
    """A fact's answer records in the oracle's words, with their TTLs."""
    records = {}
    for rr in rrs or ():
        if rr["section"] == message.ANSWER:
            rdata = dns.rdata.from_wire(
                dns.rdataclass.IN, rr["type"], rr["rdata"], 0, len(rr["rdata"])
            )
            records[rr["owner"], rr["type"], canonical(rdata)] = rr["ttl"]
    return records


def answered(facts: pl.DataFrame) -> dict[QType, int]:
    """Questions that were answered, by type."""
    rows = facts.filter(pl.col("outcome") == Outcome.ANSWERED.value)["qtype"].value_counts()
    return {QType(qtype): count for qtype, count in rows.iter_rows()}
