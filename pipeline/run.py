"""A run's folder and its stages in order: population, crawl, judge, tables.

RUN/manifest.json  study.toml                    what ran
    domains.parquet  rejects.parquet             the population
    facts/*.parquet                              what came back
    states.parquet  findings.parquet             what it means
    tables/*.parquet  *.csv  *.md                what is published
    samples/*.csv                                sheets for checking a rule by hand
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from json import dumps
from pathlib import Path
from typing import Any

from . import manifest as manifests
from .ask.dns.examine import Examination, examine
from .ask.partition import Partition
from .ask.waves import Bar, Crawl, Tally, audit_sample
from .config import LAB_RESOLVER, Cohort, ConfigError, Resolver, Study
from .judge.batches import judge_all
from .manifest import Manifest
from .population.cohorts import load_population
from .population.suffixes import registrable
from .protocols import ALL
from .protocols.dkim.selectors import load_selectors
from .protocols.protocol import Context, Wanted
from .schema import DOMAINS, FACTS, REJECTS
from .store import Store, runs
from .tables import About, Published, publish
from .words import Denominator, EngineName
from .workers import each, on_interrupt, workers

SELECTORS = "DKIM selectors"
"""What the manifest calls the list of selectors among its lists."""


class NoResolver(Exception):
    """No resolver answers: one line that says what was tried and what to do."""


class Interrupted(Exception):
    """Stopped on request; what was asked is kept, and the same command goes on."""


@dataclass(frozen=True, slots=True)
class Echo:
    """How a run speaks to its user: bars for long work, lines for the rest."""

    bar: Bar
    line: Callable[[str], None]


def no_bar(title: str, total: int) -> Callable[[int, int], None]:
    """A progress bar that nobody sees."""
    return lambda done, failed: None


def with_engine(study: Study, name: str | None) -> Study:
    """The study, asked by the engine of this name. Raises ConfigError: there is none."""
    if name is None:
        return study
    allowed = (EngineName.WIRE, EngineName.CARES)
    if name not in allowed:
        raise ConfigError(f"--engine {name}: allowed are {', '.join(allowed)}")
    return replace(study, engine=EngineName(name))


def open_run(study: Study, folder: Path, *, new: bool, name: str | None = None) -> Store:
    """The run to work on: the study's newest if that is unfinished, else a new one."""
    if name is not None:
        return Store(folder / name)
    for store in reversed(runs(folder)):
        manifest = manifests.read(store)
        if manifest["study"] == study.name and not new and manifest["finished_at"] is None:
            if manifest["settings"] == manifests.begin(study, {}, {})["settings"]:
                return store
            break
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return Store(folder / f"{study.name}-{moment}")


def crawl(study: Study, store: Store, echo: Echo, lab_log: Path | None = None) -> Manifest:
    """Collect a study's facts into its run's folder, going on with what is kept already.

    Raises ConfigError (study, lists), NoResolver, StoreError, Interrupted.
    """
    with store.writing(), served(study, store, lab_log) as (resolver, lists):
        population = load_population(study, lists)
        manifest = started(study, store, population.digests)
        store.write("domains", population.domains, DOMAINS)
        store.write("rejects", population.rejects, REJECTS)
        manifest["population"] = population.counts
        kept = manifest["starts"] > 1 and store.holds("facts/")
        echo.line(f"{'goes on with' if kept else 'new run'} {store.root}")
        domains, rejects = population.domains.height, population.rejects.height
        echo.line(f"{domains:,} domains, {rejects:,} list items rejected")
        found = asyncio.run(examine(resolver, study.asking))
        manifest["resolvers"] += manifests.examined(found, manifest["starts"])
        manifests.write(store, manifest)
        for one in found:
            echo.line(f"resolver {one.address}: {one.software or 'software unknown'}; {one.why}")
        usable = tuple(one.address for one in found if one.answers)
        if not usable:
            raise NoResolver(no_resolver(found, study))
        context = context_of(manifest)
        tally = ask_all(study, store, usable, context, population.opt_out, echo)
        manifest["waves"] = tally.waves
        distinct = sum(tally.waves) + tally.already_kept
        manifest["questions"] = {"wanted": tally.wanted, "distinct": distinct}
        manifest["facts"] = manifests.counts(store.scan("facts", FACTS))
        manifest["agreement"] = manifests.agreement(store.scan("facts", FACTS))
        manifest["finished_at"] = manifests.now()
        manifests.write(store, manifest)
    return manifest


def no_resolver(found: tuple[Examination, ...], study: Study) -> str:
    """What was tried, and what to do."""
    tried = "; ".join(f"{one.address}: {one.why}" for one in found)
    return f"{study.path}: no resolver answers ({tried}); start one, or name another in [resolver]"


def started(study: Study, store: Store, digests: Mapping[str, str]) -> Manifest:
    """The run's manifest: a new one, or the one of the start that was interrupted."""
    rule_sets = {
        rules.name: [kind.name for kind in rules.classes]
        for protocol in ALL
        for rules in protocol.RULE_SETS
    }
    wanted = wanted_of(study)
    selectors = {SELECTORS: manifests.digest(wanted.selectors)}
    manifest = manifests.begin(study, {**digests, **selectors}, rule_sets)
    manifest["wanted"] = asdict(wanted)
    if store.has(manifests.FILE):
        kept = manifests.read(store)
        if kept["settings_digest"] != manifest["settings_digest"]:
            raise ConfigError(
                f"{store.root}: begun with other settings or lists; use another --run, or undo that"
            )
        manifest = kept
    else:
        store.write_text("study.toml", study.path.read_text(encoding="utf-8"))
    manifest["starts"] += 1
    manifest["finished_at"] = None
    manifests.write(store, manifest)
    return manifest


def wanted_of(study: Study) -> Wanted:
    """What a study asks beyond the rest. Raises ConfigError: no such list of selectors."""
    questions = study.questions
    path = study.path.parent / questions.selector_list if questions.selector_list else None
    return Wanted(
        selectors=load_selectors(path)[: questions.selectors],
        budget=questions.selectors,
        local_parts=questions.local_parts,
        islands=questions.islands,
        seed=study.seed,
        public=questions.public,
    )


@contextmanager
def served(
    study: Study, store: Store, log: Path | None
) -> Iterator[tuple[Resolver, dict[str, Path]]]:
    """The resolvers to ask, and the lab's lists; a study's lab is served as long as this lasts."""
    if study.lab is None:
        yield study.resolver, {}
        return
    from .lab import plan, server
    from .lab.misbehaviour import Misbehaviour

    settings = asdict(study.lab)
    lists = plan.write_lists(plan.plan(study.lab), store.folder("lists"))
    faults = Misbehaviour(
        **{item.name: settings[item.name] for item in fields(Misbehaviour) if item.name in settings}
    )
    with server.start("plan:" + dumps(settings), log=log, misbehaviour=faults) as address:
        addresses = tuple(
            address if one == LAB_RESOLVER else one for one in study.resolver.addresses
        )
        yield replace(study.resolver, addresses=addresses), lists


def ask_all(
    study: Study,
    store: Store,
    usable: tuple[str, ...],
    context: Context,
    opt_out: frozenset[str],
    echo: Echo,
) -> Tally:
    """The waves, then the audit sample. Raises Interrupted."""
    with workers(store, study.asking.workers) as at_work, on_interrupt(at_work.stop):
        job = Crawl(
            protocols=ALL,
            context=context,
            store=store,
            workers=at_work,
            engine=study.engine,
            resolvers=usable,
            asking=study.asking,
            limits=study.limits,
            bar=echo.bar,
            opt_out=opt_out,
            seed=study.seed,
        )
        tally = job.run(store.read("domains").select("domain"))
        if tally.is_whole:
            audit(study, store, job, echo)
        if not tally.is_whole:
            raise Interrupted(
                f"stopped; {store.root} keeps what was asked, and the same command goes on"
            )
    return tally


def audit(study: Study, store: Store, job: Crawl, echo: Echo) -> None:
    """Ask a small random sample once more by the other engine, unless that is done."""
    sample = audit_sample(store.scan("facts", FACTS), study.asking.audit, study.seed)
    if sample.is_empty() or store.holds("facts/audit-"):
        return
    other = EngineName.CARES if study.engine == EngineName.WIRE else EngineName.WIRE
    partition = Partition(
        name="facts/audit-0001",
        wave=len(job.tally.waves),
        questions=sample,
        engine=other,
        resolvers=job.resolvers,
        asking=study.asking,
        is_last=True,
    )
    answered = job.workers.submit(partition, echo.bar(f"audit by {other}", sample.height)).result()
    job.tally.is_whole &= answered.is_whole


def context_of(manifest: Manifest) -> Context:
    """What asking and judging need of a run."""
    wanted: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in manifest.get("wanted", {}).items()
    }
    return Context(manifests.trusted(manifest), registrable, Wanted(**wanted))


def judge_run(store: Store, bar: Bar = no_bar) -> None:
    """Facts → findings and states, in the run's folder. No network. Raises StoreError."""
    with store.writing():
        judge_all(store, context_of(manifests.read(store)), each, bar=bar)


def tables_run(store: Store) -> Published:
    """States → published tables, in the run's folder. Raises ConfigError."""
    manifest = manifests.read(store)
    references = manifest["settings"]["reference"]
    return publish(store, cohorts_of(manifest), ALL, references, about(manifest))


def about(manifest: Manifest) -> About:
    """What the tables say of the run."""
    return About(
        selectors=manifest.get("wanted", {}).get("budget", 0),
        selector_list=manifest.get("lists", {}).get(SELECTORS, ""),
        is_finished=manifest["finished_at"] is not None,
    )


def cohorts_of(manifest: Manifest) -> tuple[Cohort, ...]:
    """The study's cohorts, as its manifest keeps them; a sample that took all of them is none."""
    cohorts = []
    for kept in manifest["settings"]["cohorts"]:
        is_drawn = manifest["population"][kept["name"]]["not_drawn"] > 0
        changed = {
            "lists": (),
            "denominator": Denominator(kept["denominator"]),
            "sample": kept["sample"] if is_drawn else None,
        }
        cohorts.append(Cohort(**{**kept, **changed}))
    return tuple(cohorts)
