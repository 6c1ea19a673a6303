"""Mail servers: many (address, name) asks of the lab's own, by two worker processes as in a crawl.

The servers share the two cores with the crawler, so visits/s is a lower bound. Their log says how
many connections an address saw at once.
"""

import json
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ..ask.beyond import Beyond
from ..ask.smtp.visit import Visiting
from ..config import Https, Lab, Smtp
from ..lab import hosting
from ..lab.hosting.places import places_of
from ..lab.plan import plan
from ..protocols.protocol import FETCH_ASKS, VISIT_ASKS
from ..schema import VISITS
from ..store import Store
from ..workers import workers
from .asking import WORKERS
from .measuring import child, peak_mib

LAB = Lab(seed=1, jp=20_000, go_jp=330)
OWN = "127.18."  # hosts with an address of their own, most of them answering
SETTINGS = Smtp(interval_s=0.0, pause_s=0.0, rounds=0, names=1000, at_once=200)
HOW = Visiting("survey.lab", 5.0, 5.0, 10.0, ("127.18.0.0/15",))


@dataclass(frozen=True, slots=True)
class Visited:
    """So many visits. Memory in MiB, at its peak: driver_mib: of the process that plans;
    worker_mib: of its largest worker. encrypted: visits with TLS. most_at_once: connections to one
    address. addresses: visited."""

    visits: int
    addresses: int
    seconds: float
    encrypted: int
    most_at_once: int
    driver_mib: float
    worker_mib: float


def visited(visits: int) -> Visited:
    """Make so many, in a fresh process."""
    found, taken = child("visit", str(visits))
    return Visited(worker_mib=taken.below_mib, **found)


def visit_all(visits: str) -> dict[str, Any]:
    """What the child process does."""
    places = places_of(plan(LAB), mail=True, web=False)
    addresses = [address for address in places.mail if address.startswith(OWN)]
    asks = asked(addresses, int(visits))
    with tempfile.TemporaryDirectory(prefix="mailsurvey-bench-") as scratch:
        log, store = Path(scratch) / "log", Store(Path(scratch) / "run")
        with (
            hosting.start(json.dumps(asdict(LAB)), log, web=False) as served,
            workers(store, WORKERS) as at_work,
        ):
            beyond = Beyond(
                store=store,
                workers=at_work,
                bar=lambda title, total: lambda done, failed: None,
                smtp=SETTINGS,
                https=Https(),
                visiting=Visiting(**{**asdict(HOW), "port": served.smtp_port}),
                fetching=None,
                workers_count=WORKERS,
            )
            begun = time.monotonic()
            beyond.run(asks, pl.DataFrame(schema=FETCH_ASKS))
            seconds = time.monotonic() - begun
        made = store.scan("visits", VISITS).select("outcome").collect()
        return {
            "visits": made.height,
            "addresses": len(addresses),
            "seconds": seconds,
            "encrypted": made.filter(outcome="encrypted").height,
            "most_at_once": most_at_once(log),
            "driver_mib": peak_mib("self"),
        }


def asked(addresses: list[str], visits: int) -> pl.DataFrame:
    """Every address under as many names as it takes: VISIT_ASKS."""
    names = -(-visits // len(addresses))
    rows = (
        (address, f"n{name}.h{number}.example", "survey", f"h{number}.example", True)
        for name in range(names)
        for number, address in enumerate(addresses)
    )
    return pl.DataFrame(list(rows)[:visits], schema=VISIT_ASKS, orient="row")


def most_at_once(log: Path) -> int:
    """The most connections that any address saw at one time. log: see `hosting.line.Journal`."""
    here: Counter[str] = Counter()
    most = 0
    with log.open(encoding="ascii") as lines:
        for line in lines:
            _, event, _, address, *_ = line.split("\t")
            here[address] += {"open": 1, "close": -1}.get(event, 0)
            most = max(most, here[address])
    return most
