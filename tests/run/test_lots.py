"""However the domains are dealt into lots, and whatever is read again, the same is asked."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.ask.dns.zone import RESOLVER, engine
from pipeline.ask.waves import Crawl
from pipeline.config import Asking, Limits, Study, load_study
from pipeline.lab.plan import plan, source, write_lists
from pipeline.population.cohorts import load_population
from pipeline.population.suffixes import registrable
from pipeline.protocols import ALL
from pipeline.protocols.protocol import Context, MailProtocol
from pipeline.run import no_bar, wanted_of
from pipeline.schema import FACTS, KEY
from pipeline.store import Memory, Store
from pipeline.words import EngineName
from pipeline.workers import Here

from .conftest import study_file


class Noting(Crawl):
    """A crawl that notes the `why`s that it meets."""

    whys: frozenset[str] = frozenset()

    def led_to_by(self, due: pl.DataFrame, parts: Any = None) -> list[pl.LazyFrame]:
        self.whys |= set(due["why"])
        return super().led_to_by(due, parts)


class ReadingAll:
    """A protocol that is shown every answer."""

    def __init__(self, protocol: MailProtocol, whys: frozenset[str]):
        self.protocol, self.LEADING = protocol, tuple(whys)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.protocol, name)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return load_study(study_file(tmp_path_factory.mktemp("lots")))


@pytest.fixture(scope="module")
def domains(study: Study, tmp_path_factory: pytest.TempPathFactory) -> pl.LazyFrame:
    folder: Path = tmp_path_factory.mktemp("lots")
    population = load_population(study, write_lists(plan(study.lab), folder))
    assert population.domains.height > 2500
    return population.domains.lazy().select("domain")


def crawled(
    study: Study,
    domains: pl.LazyFrame,
    lot: int,
    store: Store,
    protocols: Sequence[Any] = ALL,
) -> tuple[frozenset[str], set[tuple[Any, ...]]]:
    """The `why`s, and the questions with their outcomes."""
    answers = source(json.dumps(asdict(study.lab)))
    job = Noting(
        protocols=protocols,
        context=Context(frozenset([RESOLVER]), registrable, wanted_of(study)),
        store=store,
        workers=Here(store, engine(answers.answer)),
        engine=EngineName.ZONE,
        resolvers=(),
        asking=Asking(rounds=0),
        limits=Limits(per_domain=100_000),
        bar=no_bar,
        lot=lot,
    )
    job.run(domains)
    facts = store.scan("facts", FACTS).select(*KEY, "outcome").collect()
    assert not facts.select(KEY).is_duplicated().any()
    return job.whys, set(facts.rows())


def test_the_lab(study: Study, domains: pl.LazyFrame, tmp_path: Path) -> None:
    whys, whole = crawled(study, domains, 10**6, Memory())
    assert len(whole) > 20_000
    assert crawled(study, domains, 400, Store(tmp_path)) == (whys, whole)
    shown_all = [ReadingAll(protocol, whys) for protocol in ALL]
    assert crawled(study, domains, 10**6, Memory(), shown_all) == (whys, whole)
