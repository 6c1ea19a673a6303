"""Each of the lab's ways to publish DMARC: the survey finds what is written beside its records."""

from typing import Any

import polars as pl
import pytest

from pipeline.ask.dns.zone import RESOLVER, engine
from pipeline.ask.waves import Crawl
from pipeline.config import Asking, Limits
from pipeline.judge import judge
from pipeline.lab.ways import MONITORED, NO_DMARC, STRICT, UNUSABLE, Dmarc
from pipeline.lab.zone import Zone
from pipeline.population.suffixes import registrable
from pipeline.protocols import dmarc, spf
from pipeline.protocols.protocol import Context
from pipeline.schema import FACTS
from pipeline.store import Store
from pipeline.words import EngineName
from pipeline.workers import Here

WAYS = (NO_DMARC, *MONITORED, *STRICT, *UNUSABLE)
LOWER = {"reject": "quarantine", "quarantine": "none", "none": "none"}
ENFORCED = ("quarantine", "reject")


def domain_of(way: Dmarc) -> str:
    return f"d{WAYS.index(way)}.jp"


def zone() -> dict[str, Any]:
    names: dict[str, Any] = {}
    for way in WAYS:
        d = domain_of(way)
        names[d] = {"TXT": [["v=spf1 -all"]]}
        if way.texts:
            names[f"_dmarc.{d}"] = {"TXT": [[text.format(d=d)] for text in way.texts]}
        for name, rows in way.beside.items():
            here = names.setdefault(name.format(d=d), {"TXT": []})
            here["TXT"] = [*here["TXT"], *rows["TXT"]]  # type: ignore[misc]
    return {"zone": names}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], pl.DataFrame]:
    """The states of each way's domain and of a name below it, and all findings."""
    store = Store(tmp_path_factory.mktemp("ways") / "facts")
    context = Context(frozenset([RESOLVER]), registrable)
    domains = [domain_of(way) for way in WAYS]
    names = pl.LazyFrame({"domain": [*domains, *(f"sub.{domain}" for domain in domains)]})
    protocols = [spf, dmarc]  # spf asks for what stands at the domain itself
    Crawl(
        protocols=protocols,
        context=context,
        store=store,
        workers=Here(store, engine(Zone.from_json(zone()).answer)),
        engine=EngineName.ZONE,
        resolvers=(),
        asking=Asking(rounds=0),
        limits=Limits(),
        bar=lambda title, total: lambda done, failed: None,
    ).run(names)
    found, states = judge(protocols, store.scan("facts", FACTS), names, context)
    return {row["domain"]: row for row in states.collect().to_dicts()}, found.collect()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_way(way: Dmarc, seen: Any) -> None:
    states, found = seen
    domain = domain_of(way)
    shown = dmarc.show(states[domain])
    assert shown["policy"] == way.policy
    lowered = LOWER.get(way.policy or "", way.policy) if way.is_test else way.policy
    assert (shown["effective"], shown["enforced"]) == (lowered, lowered in ENFORCED)
    assert shown["external"] == {key.format(d=domain): one for key, one in way.external.items()}
    older, older_below = way.older or (way.policy, way.below)
    assert shown["rfc7489"]["policy"] == older
    below = dmarc.show(states[f"sub.{domain}"])
    assert (below["policy"], below["rfc7489"]["policy"]) == (way.below, older_below)
    own = found.filter(pl.col("domain") == domain, pl.col("protocol") == dmarc.NAME)
    codes = set(own["code"])
    assert codes == set(way.findings)


def test_every_finding_has_a_way() -> None:
    told = {code for way in WAYS for code in way.findings}
    assert told == {finding.code for finding in dmarc.FINDINGS}
    assert len({way.name for way in WAYS}) == len(WAYS)
