"""A run's folder and its stages in order: population, crawl, judge, tables.

RUN/manifest.json  study.toml                    what ran
    domains.parquet  rejects.parquet             the population
    facts/*.parquet                              what came back over the DNS,
    visits/ certificates/ fetches/               from mail servers, and from the web
    anchors.pem                                  the certificates that were trusted
    states.parquet  findings.parquet             what it means
    tables/*.parquet  *.csv  *.md                what is published
    samples/*.csv                                sheets for checking a rule by hand
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from json import dumps
from pathlib import Path
from typing import Any, NamedTuple

from . import manifest as manifests
from .ask.beyond import Beyond
from .ask.dns.examine import Examination, examine
from .ask.partition import Partition
from .ask.waves import Bar, Crawl, Tally, audit_sample
from .config import (
    LAB_RESOLVER,
    SKIPPABLE,
    Cohort,
    ConfigError,
    Https,
    Resolver,
    Smtp,
    Study,
)
from .judge.batches import judge_all, wanted_all
from .manifest import Manifest
from .population.cohorts import load_population
from .population.suffixes import registrable
from .protocols import ALL
from .protocols.dkim.selectors import load_selectors
from .protocols.protocol import Context, Wanted
from .reaching import ANCHORS, Reach, Ready, anchors_text, made_ready, with_outside
from .schema import DOMAINS, FACTS, FETCHES, REJECTS, VISITS
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


def without(study: Study, kinds: Sequence[str]) -> Study:
    """The study, with these kinds left out besides. Raises ConfigError: there is none such."""
    for kind in kinds:
        if kind not in SKIPPABLE:
            raise ConfigError(f"--skip {kind}: allowed are {', '.join(SKIPPABLE)}")
    return replace(study, skip=tuple(dict.fromkeys((*study.skip, *kinds))))


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
    with store.writing(), served(study, store, lab_log) as place:
        population = load_population(study, place.lists)
        manifest = started(study, store, population.digests)
        if not store.has(ANCHORS):
            store.write_text(ANCHORS, anchors_text(study, place.anchors))
        store.write("domains", population.domains, DOMAINS)
        store.write("rejects", population.rejects, REJECTS)
        manifest["population"] = population.counts
        kept = manifest["starts"] > 1 and store.holds("facts/")
        echo.line(f"{'goes on with' if kept else 'new run'} {store.root}")
        domains, rejects = population.domains.height, population.rejects.height
        echo.line(f"{domains:,} domains, {rejects:,} list items rejected")
        found = asyncio.run(examine(place.resolver, study.asking))
        manifest["resolvers"] += manifests.examined(found, manifest["starts"])
        manifests.write(store, manifest)
        for one in found:
            echo.line(f"resolver {one.address}: {one.software or 'software unknown'}; {one.why}")
        usable = tuple(one.address for one in found if one.answers)
        if not usable:
            raise NoResolver(no_resolver(found, study))
        context = context_of(manifest, store)
        reached = replace(study, smtp=place.smtp, https=place.https)
        ready = made_ready(reached, usable, study.questions.public, context.anchors)
        manifest["beyond"] = told(ready, store, study.name)
        manifests.write(store, manifest)
        echo.line(f"mail servers: {ready.why['smtp']}; policies and logos: {ready.why['https']}")
        tally = ask_all(reached, store, usable, context, population.opt_out, echo, ready)
        manifest["waves"] = tally.waves
        distinct = sum(tally.waves) + tally.already_kept
        manifest["questions"] = {"wanted": tally.wanted, "distinct": distinct}
        manifest["facts"] = manifests.counts(store.scan("facts", FACTS))
        manifest["visits"] = manifests.outcomes(store.scan("visits", VISITS))
        manifest["fetches"] = manifests.outcomes(store.scan("fetches", FETCHES))
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
        ipv6=study.smtp.ipv6,
    )


class Place(NamedTuple):
    """Where a study's questions go. anchors: PEM, of a lab; "": the study's own."""

    resolver: Resolver
    lists: dict[str, Path]
    smtp: Smtp
    https: Https
    anchors: str = ""


@contextmanager
def served(study: Study, store: Store, log: Path | None) -> Iterator[Place]:
    """Where to ask, visit and fetch; a study's lab is served as long as this lasts."""
    if study.lab is None:
        yield Place(study.resolver, {}, study.smtp, study.https)
        return
    from .lab import authority, hosting, plan, server
    from .lab.misbehaviour import Misbehaviour

    settings = asdict(study.lab)
    lists = plan.write_lists(plan.plan(study.lab), store.folder("lists"))
    faults = Misbehaviour(
        **{item.name: settings[item.name] for item in fields(Misbehaviour) if item.name in settings}
    )
    with ExitStack() as at_work:
        address = at_work.enter_context(
            server.start("plan:" + dumps(settings), log=log, misbehaviour=faults)
        )
        addresses = tuple(
            address if one == LAB_RESOLVER else one for one in study.resolver.addresses
        )
        smtp, https = study.smtp, study.https
        if set(study.skip) < set(SKIPPABLE):
            beside = log.with_name(log.name + "-hosts") if log else None
            mail, web = (kind not in study.skip for kind in ("smtp", "https"))
            hosts = at_work.enter_context(
                hosting.start(dumps(settings), beside, mail=mail, web=web)
            )
            smtp = replace(smtp, port=hosts.smtp_port or smtp.port, canary=hosting.CANARY)
            https = replace(https, port=hosts.https_port or https.port)
        resolver = replace(study.resolver, addresses=addresses)
        yield Place(resolver, lists, smtp, https, authority.ROOT_PEM)


def ask_all(
    study: Study,
    store: Store,
    usable: tuple[str, ...],
    context: Context,
    opt_out: frozenset[str],
    echo: Echo,
    ready: Ready,
) -> Tally:
    """The waves, the visits and fetches, then the audit sample. Raises Interrupted."""
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
            tally.is_whole &= reaching(study, store, context, ready, job, echo).run()
        if tally.is_whole:
            audit(study, store, job, echo)
        if not tally.is_whole:
            raise Interrupted(
                f"stopped; {store.root} keeps what was asked, and the same command goes on"
            )
    return tally


def reaching(
    study: Study, store: Store, context: Context, ready: Ready, job: Crawl, echo: Echo
) -> Reach:
    """The stage beyond the DNS, behind a crawl's waves."""
    return Reach(
        beyond=Beyond(
            store=store,
            workers=job.workers,
            bar=echo.bar,
            smtp=study.smtp,
            https=study.https,
            visiting=ready.visiting,
            fetching=ready.fetching,
            opt_out=job.opt_out,
            workers_count=study.asking.workers,
        ),
        context=context,
        plan=lambda seen: wanted_all(store, seen, each, echo.bar),
        engine=study.engine,
        resolvers=job.resolvers,
        asking=study.asking,
    )


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


def told(ready: Ready, store: Store, study: str) -> dict[str, Any]:
    """What the manifest says of visits and fetches; what an earlier start made was made."""
    found = ready.told()
    for kind, dataset in (("smtp", "visits"), ("https", "fetches")):
        found[kind]["is_made"] |= store.holds(f"{dataset}/")
    return found | {"before": name_before(store, study)}


def name_before(store: Store, study: str) -> str | None:
    """The folder of the study's newest other finished run beside this one; None: there is none."""
    for other in reversed(runs(store.root.parent)):
        manifest = manifests.read(other)
        is_finished = manifest["study"] == study and manifest["finished_at"] is not None
        if other.root.name != store.root.name and is_finished:
            return other.root.name
    return None


def context_of(manifest: Manifest, store: Store) -> Context:
    """What asking and judging need of a run."""
    wanted: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in manifest.get("wanted", {}).items()
    }
    context = Context(manifests.trusted(manifest), registrable, Wanted(**wanted))
    return with_outside(context, store, manifest.get("beyond", {}))


def judge_run(store: Store, bar: Bar = no_bar) -> None:
    """Facts → findings and states, in the run's folder. No network. Raises StoreError."""
    with store.writing():
        judge_all(store, context_of(manifests.read(store), store), each, bar=bar)


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
        unreached={
            kind: manifest["beyond"][kind]["why"]
            for kind in SKIPPABLE
            if "beyond" in manifest and not manifest["beyond"][kind]["is_made"]
        },
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
