"""One domain, now, in full: as a crawl does it, over a store that is thrown away."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from .ask.dns import zone
from .ask.dns.examine import Examination
from .ask.waves import Crawl
from .config import Asking, Https, Limits, Smtp
from .judge import judge
from .population.suffixes import registrable
from .protocols import ALL
from .protocols.dkim.selectors import load_selectors
from .protocols.protocol import Context, Wanted
from .schema import FACTS
from .store import Memory, Store
from .words import EngineName, Level, State
from .workers import Here

if TYPE_CHECKING:
    from .reaching import Ready

Answer = Callable[[str, int, bool], bytes | None]

ERROR, UNKNOWN, CLEAN = 1, 3, 0
"""Exit statuses: an error was found; something could not be found out; nothing wrong."""

OTHERS = ("findings", "selector", "location", "authority", "base")
"""Keys that hold a stranger's text, which may be any word."""

COUNTS = ("lookups", "void_lookups", "ipv4_addresses")
"""Of what is present these are numbers; null: a question brought no answer, or was not asked."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the answers come from: a function (a zone file's), or resolvers that were examined.

    fetches: what URLs bring (`schema.FETCHES`); None: nothing is known of them. ready: mail servers
    are visited and URLs fetched, too; None: they are not.
    """

    answer: Answer | None = None
    fetches: pl.LazyFrame | None = None
    resolvers: tuple[Examination, ...] = ()
    asking: Asking = field(default_factory=lambda: Asking(rounds=1, pause_s=1.0))
    ready: "Ready | None" = None


REACHING = Smtp(interval_s=0.1, connect_s=5.0, reply_s=15.0, visit_s=30.0, rounds=0)
"""How a check visits: somebody waits for it."""

MOST_QUESTIONS = 1000
"""That one domain may lead to: a crawl has no room for so many."""

SELECTORS = 100
"""How many DKIM selectors one domain is asked for."""


def wanted(selectors: Sequence[str] = (), addresses: Sequence[tuple[str, str]] = ()) -> Wanted:
    """What a check asks beyond the rest: all that may tell something of one domain.

    selectors: these instead of the list. addresses: (local part, domain).
    """
    listed = tuple(selectors) or load_selectors()[:SELECTORS]
    return Wanted(
        selectors=listed,
        budget=max(len(listed), SELECTORS),
        selectors_only=bool(selectors),
        addresses=tuple(addresses),
        islands=1.0,
    )


def check(
    domains: Sequence[str], source: Source, asked: Wanted, language: str = "en"
) -> list[dict[str, Any]]:
    """One JSON-ready object a domain, in the order given. asked: see `wanted`.

    Keys: domain, exists (true, false, "unknown"), then one object a protocol with its state and
    `findings` (code, level, rfc, where, evidence, message). The README documents each.
    """
    store = Memory()
    with pl.Config(engine_affinity="in-memory"):  # of a few rows the streaming engine takes longer
        names = pl.LazyFrame({"domain": list(domains)}, schema={"domain": pl.String}).unique()
        trusted = frozenset({zone.RESOLVER} if source.answer else trusted_by(source))
        context = Context(trusted, registrable, asked, source.fetches)
        workers = Here(store, zone.engine(source.answer) if source.answer else None)
        try:
            ask(store, names, source, context, workers)
            if source.ready:
                context = reach(store, names, source, source.ready, context, workers)
        finally:
            workers.close()
        found, judged = judge(ALL, store.scan("facts", FACTS), names, context)
        findings = found.collect().partition_by("domain", as_dict=True)
        states = {state["domain"]: state for state in judged.collect().iter_rows(named=True)}
    return [
        report(states[domain], findings.get((domain,), found.collect_schema().to_frame()), language)
        for domain in domains
    ]


def check_all(
    targets: Sequence[tuple[str, str]],
    source: Source,
    selectors: Sequence[str] = (),
    language: str = "en",
) -> list[dict[str, Any]]:
    """The same for (local part or "", domain): one object each, of that address.

    A domain is asked once, unless several of its addresses are wanted: once for each of these.
    """
    rounds: list[dict[str, str]] = []  # domain → local part
    place = []
    for local, domain in targets:
        fits = (n for n, one in enumerate(rounds) if one.get(domain, local) == local)
        number = next(fits, len(rounds))
        if number == len(rounds):
            rounds.append({})
        rounds[number][domain] = local
        place.append(number)
    found = []
    for one in rounds:
        addresses = [(local, domain) for domain, local in one.items() if local]
        reports = check(list(one), source, wanted(selectors, addresses), language)
        found.append({report["domain"]: report for report in reports})
    return [found[number][domain] for number, (_, domain) in zip(place, targets, strict=True)]


def unobserved(source: Source) -> list[str]:
    """Why DNSSEC will not be observed through a resolver: a line each."""
    return [
        f"{one.address}: {one.why}; DNSSEC is not observed through it"
        for one in source.resolvers
        if one.answers and not one.ad_trusted
    ]


def trusted_by(source: Source) -> set[str]:
    """The resolvers whose AD flag may be believed."""
    return {one.address for one in source.resolvers if one.ad_trusted}


def ask(store: Store, names: pl.LazyFrame, source: Source, context: Context, workers: Here) -> None:
    """Fill the store with the domains' facts."""
    offline = source.answer is not None
    Crawl(
        protocols=ALL,
        context=context,
        store=store,
        workers=workers,
        engine=EngineName.ZONE if offline else EngineName.WIRE,
        resolvers=answering(source),
        asking=replace(source.asking, rounds=0) if offline else source.asking,
        limits=Limits(per_domain=MOST_QUESTIONS),
        bar=no_bar,
    ).run(names)


def answering(source: Source) -> tuple[str, ...]:
    """The resolvers that answer."""
    return tuple(one.address for one in source.resolvers if one.answers)


def no_bar(title: str, total: int) -> Callable[[int, int], None]:
    """A progress bar that nobody sees."""
    return lambda done, failed: None


def reach(
    store: Store,
    names: pl.LazyFrame,
    source: Source,
    ready: "Ready",
    context: Context,
    workers: Here,
) -> Context:
    """Visit and fetch as a crawl does. Returns the context with what came back."""
    from .ask.beyond import Beyond  # a large library behind it
    from .judge.wanting import wanted as worth
    from .reaching import Reach, with_outside

    assert ready.fetching is not None
    context = replace(context, anchors=ready.fetching.anchors)
    beyond = Beyond(
        store=store,
        workers=workers,
        bar=no_bar,
        smtp=REACHING,
        https=Https(rounds=0),
        visiting=ready.visiting,
        fetching=ready.fetching,
    )
    Reach(
        beyond=beyond,
        context=context,
        plan=lambda seen: worth(store.scan("facts", FACTS), names, seen),
        engine=EngineName.WIRE,
        resolvers=answering(source),
        asking=source.asking,
    ).run()
    return with_outside(context, store, ready.told())


def report(state: dict[str, Any], findings: pl.DataFrame, language: str) -> dict[str, Any]:
    """One domain's object."""
    exists = "unknown" if state["exists"] is None else state["exists"]
    out: dict[str, Any] = {"domain": state["domain"], "exists": exists}
    for protocol in ALL:
        meanings = {finding.code: finding for finding in protocol.FINDINGS}
        rows = findings.filter(pl.col("protocol") == protocol.NAME).iter_rows(named=True)
        out[protocol.NAME] = protocol.show(state) | {
            "findings": [
                {
                    "code": row["code"],
                    "level": meanings[row["code"]].level.value,
                    "rfc": meanings[row["code"]].rfc,
                    "where": row["name"] if row["at"] is None else f"{row['name']} @{row['at']}",
                    "evidence": row["evidence"] or "",
                    "message": getattr(meanings[row["code"]], language),
                }
                for row in rows
            ]
        }
    return out


def words(facet: Mapping[str, Any]) -> Iterator[Any]:
    """What a facet says of itself, and of each of its hosts, addresses or keys."""
    for key, value in facet.items():
        if key in OTHERS:
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, Mapping):
                yield from words(part)
            elif part is value:  # a list of texts is a stranger's: hosts, addresses
                yield part


def exit_status(reports: Sequence[dict[str, Any]]) -> int:
    """1: an error was found somewhere; else 3: something is unknown; else 0."""
    facets = [one[protocol.NAME] for one in reports for protocol in ALL]
    if any(finding["level"] == Level.ERROR for facet in facets for finding in facet["findings"]):
        return ERROR
    hidden = [one["exists"] for one in reports] + [word for one in facets for word in words(one)]
    counts = [
        facet.get(key, 0)
        for facet in facets
        if facet.get("state") == State.PRESENT
        for key in COUNTS
    ]
    return UNKNOWN if "unknown" in hidden or None in counts else CLEAN
