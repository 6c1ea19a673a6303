"""A run's published tables with what is needed to print them: made from states, or read again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from ..config import Cohort
from ..protocols.protocol import MailProtocol, Measure, RuleSet
from ..schema import (
    ADOPTION,
    DISAGREEMENT,
    MISTAKES,
    PARKED,
    PROVIDERS,
    Column,
    polars_schema,
)
from ..store import Store
from .adoption import adoption, sizes
from .mistakes import disagreement, mistakes
from .parked import parked_table
from .providers import providers_table
from .reference import Reference, load_references
from .text import csv, markdown

TABLES: dict[str, tuple[Column, ...]] = {
    "adoption": ADOPTION,
    "mistakes": MISTAKES,
    "disagreement": DISAGREEMENT,
    "parked": PARKED,
    "providers": PROVIDERS,
}


@dataclass(frozen=True, slots=True)
class About:
    """What the tables must say of the run they come from.

    selectors: how many DKIM selectors a domain was asked for at most; selector_list: the digest of
    the list that they were taken from. is_finished: was the crawl carried to its end? unreached:
    what was left alone ("smtp", "https"), and why.
    """

    selectors: int = 0
    selector_list: str = ""
    is_finished: bool = True
    unreached: Mapping[str, str] = field(default_factory=dict)


NOTHING_KNOWN = About()
UNFINISHED = (
    "UNFINISHED: the crawl stopped before its end, and these shares are not to be published.\n"
)


@dataclass(frozen=True, slots=True)
class Published:
    """The tables (no domain is named but operators'), and whom and what their rows are about.

    sizes: domains that each cohort lists. rule_sets: by protocol, for only those of one protocol
    can be compared. references: the published figures to print beside.
    """

    adoption: pl.DataFrame
    mistakes: pl.DataFrame
    disagreement: pl.DataFrame
    parked: pl.DataFrame
    providers: pl.DataFrame
    sizes: Mapping[str, int]
    cohorts: tuple[Cohort, ...]
    measures: tuple[Measure, ...]
    rule_sets: tuple[tuple[RuleSet, ...], ...]
    references: tuple[Reference, ...]
    about: About = NOTHING_KNOWN

    def references_of(self, kind: str) -> list[Reference]:
        """The published figures of one kind: adoption, mistakes or providers."""
        return [reference for reference in self.references if reference.kind == kind]


def tabulated(
    states: pl.LazyFrame,
    findings: pl.LazyFrame,
    domains: pl.LazyFrame,
    cohorts: Sequence[Cohort],
    protocols: Sequence[MailProtocol],
    references: Sequence[Reference] = (),
    about: About = NOTHING_KNOWN,
) -> Published:
    """Make the tables. states: every column of the protocols' own. No file is touched."""
    measures = tuple(measure for protocol in protocols for measure in protocol.MEASURES)
    rule_sets = tuple(protocol.RULE_SETS for protocol in protocols if protocol.RULE_SETS)
    mistaken = [pl.DataFrame(schema=polars_schema(MISTAKES))]
    disagreeing = [pl.DataFrame(schema=polars_schema(DISAGREEMENT))]
    for readings in rule_sets:
        mistaken.append(mistakes(states, findings, domains, cohorts, readings))
        disagreeing.append(disagreement(states, findings, domains, cohorts, readings))
    return Published(
        adoption=adoption(states, domains, cohorts, measures),
        mistakes=pl.concat(mistaken),
        disagreement=pl.concat(disagreeing),
        parked=parked_table(states, domains, cohorts),
        providers=providers_table(states, domains, cohorts, measures),
        sizes=sizes(domains),
        cohorts=tuple(cohorts),
        measures=measures,
        rule_sets=rule_sets,
        references=tuple(references),
        about=about,
    )


def publish(
    store: Store,
    cohorts: Sequence[Cohort],
    protocols: Sequence[MailProtocol],
    references: Iterable[str] = (),
    about: About = NOTHING_KNOWN,
) -> Published:
    """Make the tables of a judged run and write them: Parquet, CSV, Markdown. Raises ConfigError.

    references: names of files in data/reference.
    """
    made = tabulated(
        store.read("states"),
        store.read("findings"),
        store.read("domains"),
        cohorts,
        protocols,
        load_references(references),
        about,
    )
    warning = "" if about.is_finished else f"{UNFINISHED}\n"
    for name, columns in TABLES.items():
        frame: pl.DataFrame = getattr(made, name)
        store.write(f"tables/{name}", frame, columns)
        store.write_text(f"tables/{name}.csv", csv(frame))
        store.write_text(f"tables/{name}.md", warning + markdown(frame, columns))
    return made


def published(
    store: Store,
    cohorts: Sequence[Cohort],
    protocols: Sequence[MailProtocol],
    references: Iterable[str] = (),
    about: About = NOTHING_KNOWN,
) -> Published:
    """Read the tables that `publish` wrote. Raises ConfigError; OSError where there are none."""
    frames = {name: store.read(f"tables/{name}").collect() for name in TABLES}
    return Published(
        **frames,
        sizes=sizes(store.read("domains")),
        cohorts=tuple(cohorts),
        measures=tuple(measure for protocol in protocols for measure in protocol.MEASURES),
        rule_sets=tuple(protocol.RULE_SETS for protocol in protocols if protocol.RULE_SETS),
        references=load_references(references),
        about=about,
    )
