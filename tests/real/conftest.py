"""Real servers for the tests: NSD with all zones, and a validating Unbound before it."""

import gzip
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline import bench

from .truth import Truth
from .zones import Zones, build

NEEDED = ("nsd", "unbound", "ldns-keygen", "ldns-signzone")
PACKAGES = "nsd unbound ldnsutils"


@dataclass(frozen=True)
class Servers:
    """Where they listen, and what they serve. resolver: "address:port"."""

    resolver: str
    zones: Zones
    truth: Truth


def give_up(reason: str) -> None:
    """Skip, but not where the judge runs."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def free_address() -> str:
    """An own address of the loopback network, on whose port 53 nobody listens.

    A delegation always leads to port 53, so the authoritative server cannot have another.
    """
    address = f"127.53.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        try:
            taken.bind((address, 53))
        except OSError as fault:
            give_up(f"needs port 53 of {address} (run as root): {fault}")
    return address


@pytest.fixture(scope="session")
def servers(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """NSD and Unbound with the real records, running for the whole session."""
    if missing := [name for name in NEEDED if not bench.program(name)]:
        give_up(f"needs {', '.join(missing)} (Debian: apt-get install {PACKAGES})")
    folder, address = tmp_path_factory.mktemp("zones"), free_address()
    with gzip.open(shared / "real/dns/records.jsonl.gz", "rt", encoding="utf-8") as file:
        zones = build(map(json.loads, file), folder, address)
    resolver = f"127.0.0.1:{bench.free_port()}"
    with (
        bench.nsd(folder, f"{address}:53", zones.served),
        unbound(tmp_path_factory.mktemp("unbound"), resolver, address, zones.anchor),
    ):
        yield Servers(resolver, zones, Truth(zones))


def unbound(folder: Path, listening: str, authority: str, anchor: Path):
    """A validating Unbound whose root is the given server; a context manager.

    Without the shortened questions of RFC 9156: where they meet an alias on the way down, Unbound
    1.17 sometimes answers with that alias, and the zones say nothing of the kind.
    """
    more = f"""
 qname-minimisation: no
 module-config: "validator iterator"
 trust-anchor-file: "{anchor}"
 ede: yes
 num-threads: 1
 outgoing-range: 4096
 num-queries-per-thread: 2048
 so-rcvbuf: 4m
 infra-keep-probing: yes # a busy machine loses packets: that must not shut out the one server
 infra-host-ttl: 5
"""
    return bench.unbound(folder, listening, authority, more)
