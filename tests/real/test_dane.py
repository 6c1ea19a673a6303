"""DNSSEC and DANE through a real validator: zones signed by ldns, one forged, one an island."""

import re
import socket
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from pipeline import bench
from pipeline.ask.waves import Crawl
from pipeline.config import Asking, Limits
from pipeline.judge import judge
from pipeline.population.suffixes import registrable
from pipeline.protocols import dane, dnssec, mx
from pipeline.protocols.protocol import Context, Wanted
from pipeline.schema import FACTS
from pipeline.store import Store
from pipeline.words import EngineName
from pipeline.workers import Here

from .conftest import NEEDED, PACKAGES, give_up, unbound
from .zones import FORGED, LEAST_ROWS, Zones, build, run

pytestmark = pytest.mark.real

DIGEST = "7acf3de42afc6c05b0f9e40fd9d3ec5b4ed9ec3f9c6dcd3c0ed07ae1a70bbc4d"
NEXT = DIGEST[::-1]
GOOD = f"3 1 1 {DIGEST}"
ADDRESS = "198.51.99.1"
ECDSA_P256 = 13
SIGNED = ("good.org", "half.org", "alias.org", "nodane.org", "forged-tlsa.org", FORGED[:-1])
"""Large enough for `zones` to sign them, below a signed zone."""

Rows = dict[str, list[tuple[str, str]]]

RECORDS: Rows = {
    "good.org": [("MX", "10 mx.good.org."), ("MX", "20 mx2.good.org.")],
    "mx.good.org": [("A", ADDRESS)],
    "mx2.good.org": [("AAAA", "2001:4860::1")],
    "_25._tcp.mx.good.org": [("TLSA", GOOD), ("TLSA", f"3 1 1 {NEXT}")],
    "_25._tcp.mx2.good.org": [("TLSA", GOOD)],
    "half.org": [("MX", "10 mx.good.org."), ("MX", "20 mx.hosting.net.")],
    "hosting.net": [("MX", "10 mx.hosting.net.")],
    "mx.hosting.net": [("A", ADDRESS)],
    "_25._tcp.mx.hosting.net": [("TLSA", GOOD)],
    "hosted.net": [("MX", "10 mx.good.org.")],
    # the whole chain proven; then only its first link
    "alias.org": [("MX", "10 whole.alias.org."), ("MX", "20 first.alias.org.")],
    "whole.alias.org": [("CNAME", "mx.good.org.")],
    "first.alias.org": [("CNAME", "mx.hosting.net.")],
    "_25._tcp.first.alias.org": [("TLSA", GOOD)],
    "nodane.org": [("A", ADDRESS)],  # an implicit MX
    "forged-tlsa.org": [("MX", "10 mx.forged-tlsa.org.")],
    "mx.forged-tlsa.org": [("A", ADDRESS)],
    "_25._tcp.mx.forged-tlsa.org": [("TLSA", GOOD)],
    FORGED[:-1]: [("MX", "10 mx.good.org.")],
    "island.net": [("MX", "10 mx.good.org.")],
    "odd.org": [("NS", "ns.odd.org."), ("DS", f"12345 200 2 {DIGEST}"), ("TXT", '"odd"')],
    "some.uk": [("TXT", '"a zone that `zones` signs"')],
}


def records() -> Iterator[dict[str, Any]]:
    """The records, and so many more that the zones are signed."""
    for name, rows in RECORDS.items():
        yield from ({"name": name, "type": rtype, "rdata": rdata} for rtype, rdata in rows)
    for zone in SIGNED:
        for number in range(LEAST_ROWS):
            yield {"name": f"{number}.{zone}", "type": "A", "rdata": ADDRESS}


def own_address() -> str:
    """Another address than that of the session's servers."""
    for last in range(1, 255):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            try:
                taken.bind((f"127.54.0.{last}", 53))
            except OSError as fault:
                if isinstance(fault, PermissionError):
                    give_up(f"needs port 53 of 127.54.0.{last} (run as root): {fault}")
                continue
            return f"127.54.0.{last}"
    raise RuntimeError("no free address in 127.54.0.0/24")


def make_island(zones: Zones, origin: str) -> None:
    """Sign a zone, but tell nobody above."""
    key = run(zones.folder, "ldns-keygen", "-k", "-a", "ECDSAP256SHA256", origin).strip()
    signed = zones.plain[origin].with_suffix(".signed")
    plain = str(zones.plain[origin])
    run(zones.folder, "ldns-signzone", "-o", origin, "-f", str(signed), plain, key)
    zones.served[origin] = signed


@pytest.fixture(scope="module")
def resolver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A validating Unbound before NSD."""
    if missing := [name for name in NEEDED if not bench.program(name)]:
        give_up(f"needs {', '.join(missing)} (Debian: apt-get install {PACKAGES})")
    folder, address = tmp_path_factory.mktemp("dane"), own_address()
    zones = build(records(), folder, address)
    anchor = zones.anchor  # before there is another key in the folder
    make_island(zones, "island.net.")
    forged = zones.served["forged-tlsa.org."]
    forged.write_text(re.sub(r"(\tTLSA\t3 1 1 )[0-9a-f]{4}", r"\g<1>0000", forged.read_text()))
    listening = f"127.0.0.1:{bench.free_port()}"
    with (
        bench.nsd(folder, f"{address}:53", zones.served),
        unbound(tmp_path_factory.mktemp("unbound-dane"), listening, address, anchor),
    ):
        yield listening


@pytest.fixture(scope="module")
def judged(
    resolver: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[pl.DataFrame, dict[str, dict[str, Any]]]:
    """All domains asked as `check` does, and judged: findings, and states by domain."""
    store = Store(tmp_path_factory.mktemp("facts"))
    context = Context(
        frozenset([resolver]), registrable, Wanted(islands=1.0, public=("198.51.99.0/24",))
    )
    names = pl.LazyFrame({"domain": [name for name in RECORDS if name.count(".") == 1]})
    workers = Here(store)
    try:
        Crawl(
            protocols=(mx, dnssec, dane),
            context=context,
            store=store,
            workers=workers,
            engine=EngineName.WIRE,
            resolvers=(resolver,),
            asking=Asking(timeout_s=10.0, rounds=1, pause_s=0.0),
            limits=Limits(per_domain=1000),
            bar=lambda title, total: lambda done, failed: None,
        ).run(names)
    finally:
        workers.close()
    findings, states = judge((mx, dnssec, dane), store.scan("facts", FACTS), names, context)
    return findings.collect(), {row["domain"]: row for row in states.collect().to_dicts()}


def codes(findings: pl.DataFrame, domain: str, facet: str) -> set[str]:
    """The findings of one facet at one domain."""
    of = (pl.col("domain") == domain) & (pl.col("protocol") == facet)
    return set(findings.filter(of)["code"])


@pytest.mark.parametrize(
    ("domain", "proof", "state", "hosts", "told"),
    [
        (
            "good.org",
            "secure",
            "all",
            {"mx.good.org": ("usable", "mx.good.org"), "mx2.good.org": ("usable", "mx2.good.org")},
            {"dane.roll_over"},
        ),
        (
            "half.org",
            "secure",
            "some",
            {"mx.good.org": ("usable", "mx.good.org"), "mx.hosting.net": ("insecure", None)},
            {"dane.roll_over", "dane.some_hosts_without", "dane.without_dnssec"},
        ),
        (
            "hosting.net",
            "insecure",
            "none",
            {"mx.hosting.net": ("insecure", None)},
            {"dane.without_dnssec"},
        ),
        (
            "hosted.net",
            "insecure",
            "none",
            {"mx.good.org": ("usable", "mx.good.org")},
            {"dane.insecure_mx", "dane.roll_over"},
        ),
        (
            "alias.org",
            "secure",
            "all",
            {
                "whole.alias.org": ("usable", "mx.good.org"),
                "first.alias.org": ("usable", "first.alias.org"),
            },
            {"dane.roll_over"},
        ),
        ("nodane.org", "secure", "none", {"nodane.org": ("absent", "nodane.org")}, set()),
        (
            "forged-tlsa.org",
            "secure",
            "bogus",
            {"mx.forged-tlsa.org": ("bogus", "mx.forged-tlsa.org")},
            {"dane.bogus"},
        ),
        (FORGED[:-1], "bogus", "bogus", "unknown", {"dane.bogus"}),
    ],
)
def test_dane(judged: Any, domain: str, proof: str, state: str, hosts: Any, told: set[str]) -> None:
    findings, states = judged
    shown = dane.show(states[domain])
    assert (shown["mx"], shown["state"]) == (proof, state)
    if isinstance(hosts, dict):
        found = {name: (host["state"], host["base"]) for name, host in shown["hosts"].items()}
        assert found == hosts
    else:
        assert shown["hosts"] == hosts
    assert codes(findings, domain, "dane") == told


@pytest.mark.parametrize(
    ("domain", "state", "algorithms", "of_hosts", "told"),
    [
        ("good.org", "secure", [ECDSA_P256], "secure", set()),
        ("half.org", "secure", [ECDSA_P256], "insecure", set()),
        ("hosting.net", "insecure", [], "insecure", set()),
        ("island.net", "insecure", [ECDSA_P256], "secure", {"dnssec.island"}),
        (
            "odd.org",
            "insecure",
            [200],
            "not_applicable",
            {"dnssec.ds_without_key", "dnssec.unknown_algorithm", "dnssec.unsupported_ds"},
        ),
        (FORGED[:-1], "bogus", [ECDSA_P256], "unknown", {"dnssec.bogus"}),
    ],
)
def test_dnssec(
    judged: Any, domain: str, state: str, algorithms: list[int], of_hosts: str, told: set[str]
) -> None:
    findings, states = judged
    shown = dnssec.show(states[domain])
    assert (shown["state"], shown["algorithms"]) == (state, algorithms)
    assert states[domain]["dnssec_mx"] == of_hosts
    assert codes(findings, domain, "dnssec") == told
    if state == "bogus":
        assert shown["ede"] == 6  # RFC 8914 §4.7: DNSSEC Bogus
