"""The planned internet as a master file: NSD loads it, and answers as the lab's own server does."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
import yaml

from pipeline import bench, message
from pipeline.ask.dns import wire
from pipeline.ask.dns.zone import RESOLVER, engine
from pipeline.ask.waves import Crawl
from pipeline.config import Asking, Lab, Limits
from pipeline.lab import records
from pipeline.lab.export import write_served
from pipeline.lab.facets.smimea import LOCAL_PARTS
from pipeline.lab.masterfile import write_zone
from pipeline.lab.plan import plan
from pipeline.lab.rows import record_type
from pipeline.lab.zone import Zone
from pipeline.population.suffixes import registrable
from pipeline.protocols import ALL
from pipeline.protocols.dkim.selectors import load_selectors
from pipeline.protocols.protocol import Context, Wanted
from pipeline.schema import FACTS
from pipeline.store import Store
from pipeline.words import EngineName, Outcome, QType
from pipeline.workers import Here

from .asking import Question, ask
from .conftest import give_up
from .truth import NOERROR, NXDOMAIN

pytestmark = pytest.mark.real

SETTINGS = Lab(seed=5, jp=400, go_jp=30)
SELECTORS = 24
CASES = yaml.safe_load(
    (Path(__file__).parents[1] / "cases" / "masterfile.yaml").read_text(encoding="utf-8")
)
FAILS, APEX, ALIKE = "is planned to fail", "has an SOA or NS", "alike"
LEFT_OUT = (QType.SOA, QType.NS)
NAMING = (QType.CNAME, QType.MX, QType.PTR)

Answer = Callable[[str, int, bool], bytes | None]


@contextmanager
def served(folder: Path, zone: Path) -> Iterator[str]:
    """NSD with a root zone; where it listens."""
    if not bench.program("nsd"):
        give_up("needs nsd (Debian: apt-get install nsd)")
    address = f"127.0.0.1:{bench.free_port()}"
    with bench.nsd(folder, address, {".": zone}):
        log = (folder / "nsd.log").read_text()
        assert "warning" not in log
        assert "error" not in log
        yield address


def kinds(address: str, answer: Answer, questions: Iterable[Question]) -> dict[Question, str]:
    """Ask NSD, hold what comes against the lab's own answer with CD=1, and say how they differ:
    FAILS or APEX, each as the module `masterfile` says. Fails where they differ in another way.
    """
    asked = list(dict.fromkeys(questions))
    found, wrong = {}, {}
    for question, received in zip(asked, ask(wire.ask, address, asked), strict=True):
        assert not isinstance(received, Outcome), (question, received)
        name, qtype, _ = question
        found[question], difference = compared(answer(name, qtype, True), received, qtype)
        if difference:
            wrong[question] = difference
    assert not wrong, list(wrong.items())[:20]
    return found


def compared(planned: bytes | None, received: bytes, qtype: int) -> tuple[str, str]:
    """The kind of a pair of answers, and how they differ beyond that; "": they do not."""
    came = message.decode(received)
    answered, kind = answer_of(came), ALIKE
    if came.error or came.flags & message.AD or came.rcode not in (NOERROR, NXDOMAIN):
        return kind, f"no answer of an authoritative server: {came}"
    wanted = message.decode(planned) if planned is not None else None
    if wanted is None or wanted.rcode not in (NOERROR, NXDOMAIN):
        kind, rcode = FAILS, NOERROR
        expected = {one for one in answered if one[1] == QType.CNAME != qtype}
    else:
        rcode, expected = wanted.rcode, answer_of(wanted)
        if left_out := {one for one in expected if one[1] in LEFT_OUT}:
            kind, expected = APEX, expected - left_out
    if (came.rcode, answered) != (rcode, expected):
        return kind, f"{came.rcode} {answered}, not {rcode} {expected}"
    soas = [rr.owner for rr in came.rrs if (rr.section, rr.type) == (message.AUTHORITY, QType.SOA)]
    is_negative = not any(one[1] == qtype for one in answered)
    return kind, "" if soas == ["."] * is_negative else f"SOA of {soas}"


def answer_of(read: message.Message) -> set[tuple[str, int, int, bytes]]:
    """The answer section: owner, type, TTL, rdata with names in lower case."""
    return {
        (rr.owner, rr.type, rr.ttl, rr.rdata.lower() if rr.type in NAMING else rr.rdata)
        for rr in read.rrs
        if rr.section == message.ANSWER
    }


def at_and_around(names: Iterable[str], types: Iterable[int]) -> Iterator[Question]:
    """Every type at every name, and names beside and below that are mostly not there."""
    for name in names:
        yield from ((name, int(qtype), False) for qtype in types)
        below = name.removeprefix("*.")
        for missing in (f"not-there.{below}", f"not.there.{below}"):
            yield from ((missing, int(qtype), False) for qtype in (QType.A, QType.TXT))


# --- what is hard to write -----------------------------------------------------------------------


def test_nsd_reads_every_case_as_the_lab_does(tmp_path):
    nodes = records.nodes_of({name: case["rows"] for name, case in CASES["names"].items()})
    both = nodes["both.lab"]
    nodes["large.lab"] = {
        int(QType.TXT): ((60, message.from_strings([bytes([n]) * 255 for n in range(240)])),)
    }
    lab = Zone(nodes)
    zone = write_zone(nodes.items(), tmp_path / "root.zone").path
    types = {rtype for node in nodes.values() for rtype in node if rtype != 255}
    alone = [name for name in nodes if name != "both.lab"]
    around = ["there.wild.lab", "empty.lab", "*.empty.lab", "below.empty.lab", "lab", "arpa"]
    with served(tmp_path, zone) as address:
        found = kinds(address, lab.answer, at_and_around([*alone, *around], types))
        # the one case whose records, not only its failures, are left out
        (received,) = ask(wire.ask, address, [("both.lab", int(QType.A), False)])
    rows = [(rr.owner, rr.type) for rr in message.decode(received).rrs]
    assert len(both) == 3
    assert rows == [("both.lab", QType.CNAME), *[("host.lab", QType.A)] * 2]
    counted = Counter(found.values())
    assert counted[APEX] == 3
    assert counted[FAILS] > len(types) * 2
    assert counted[ALIKE] > 500


# --- the plan -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def planned():
    return plan(SETTINGS)


def of_a_crawl(answer: Answer, domains: list[str], folder: Path) -> list[Question]:
    """What a survey of everything asks that gets these answers."""
    wanted = Wanted(
        selectors=load_selectors()[:SELECTORS],
        budget=SELECTORS,
        local_parts=LOCAL_PARTS,
        islands=1.0,
        public=("127.18.0.0/15",),
    )
    store = Store(folder)
    workers = Here(store, engine(answer))
    Crawl(
        protocols=ALL,
        context=Context(frozenset([RESOLVER]), registrable, wanted),
        store=store,
        workers=workers,
        engine=EngineName.ZONE,
        resolvers=(),
        asking=Asking(rounds=0),
        limits=Limits(per_domain=1000),
        bar=lambda title, total: lambda done, failed: None,
    ).run(pl.LazyFrame({"domain": domains}))
    workers.close()
    asked = store.scan("facts", FACTS).select("name", "qtype", pl.lit(False)).unique()
    return sorted(asked.collect().rows())


def test_nsd_answers_as_the_lab_does(planned, tmp_path):
    internet = records.Internet(planned)
    zone = records.zone(planned)["zone"]
    _, written = write_served(planned, tmp_path / "lab")
    types = {record_type(kind) for rows in zone.values() for kind in rows if kind != "*"}
    types |= {QType.NS, QType.SRV}
    domains = [row.domain for row in planned.rows]
    crawled = of_a_crawl(internet.answer, domains, tmp_path / "run")
    (tmp_path / "nsd").mkdir()
    with served(tmp_path / "nsd", written.path) as address:
        of_names = kinds(address, internet.answer, at_and_around([*zone, *domains], types))
        of_crawl = kinds(address, internet.answer, crawled)
    # Which questions may differ is the plan's to say.
    apexes = {name for name, rows in zone.items() if isinstance(rows.get("SOA"), list)}
    assert {name for (name, _, _), kind in of_names.items() if kind == APEX} == apexes
    assert sum(kind == APEX for kind in of_names.values()) == len(apexes) == written.left_out["SOA"]
    failing = {
        (name, qtype)
        for name, rows in zone.items()
        for kind, failure in rows.items()
        if isinstance(failure, str)
        for qtype in (types if kind == "*" else [record_type(kind)])
    }
    assert {
        (name, qtype) for (name, qtype, _), kind in of_names.items() if kind == FAILS
    } >= failing
    dead = {name.removeprefix("*.") for name, rows in zone.items() if "*" in rows}
    others = {
        name
        for (name, qtype, _), kind in (of_names | of_crawl).items()
        if kind == FAILS and (name, qtype) not in failing
    }
    assert all(any(name.endswith(f".{one}") for one in dead) for name in others), others
    # Nothing was proved if most differ.
    assert len(of_crawl) > 5_000
    assert Counter(of_crawl.values())[ALIKE] > 0.9 * len(of_crawl)
