"""What a researcher would use instead: checkdmarc, and pyspf for SPF alone, on the same domains."""

import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import dns.resolver

from .measuring import child

CHECKERS = ("checkdmarc", "pyspf")
SENDER = "192.0.2.1"  # RFC 5737


@dataclass(frozen=True, slots=True)
class Other:
    """What another tool took for some domains."""

    tool: str
    domains: int
    seconds: float
    domains_per_s: float


def by_other(tool: str, address: str, domains: Path) -> Other:
    """A tool in a fresh interpreter. Raises RuntimeError if it is not installed."""
    found, _ = child("other", tool, address, str(domains))
    return Other(tool, found["domains"], found["seconds"], found["domains"] / found["seconds"])


def check_all(tool: str, address: str, path: Path) -> dict[str, Any]:
    """What the child process does: check the domains one after another, as the tool does it."""
    host, _, port = address.rpartition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [host], int(port)
    dns.resolver.default_resolver = resolver
    domains = path.read_text().split()
    check = {"checkdmarc": with_checkdmarc, "pyspf": with_pyspf}[tool]
    started = time.monotonic()
    check(domains, resolver)
    return {"domains": len(domains), "seconds": time.monotonic() - started}


def with_checkdmarc(domains: list[str], resolver: dns.resolver.Resolver) -> None:
    """Every record that checkdmarc reads. Its fetches over HTTPS fail at once: nothing serves."""
    session = import_module("requests").Session

    def refuse(*_: Any, **__: Any) -> None:
        raise import_module("requests").ConnectionError

    session.get = refuse
    import_module("checkdmarc").check_domains(domains, resolver=resolver, retries=0)


def with_pyspf(domains: list[str], _: dns.resolver.Resolver) -> None:
    """SPF alone, for one sender."""
    spf = import_module("spf")
    for domain in domains:
        spf.check2(SENDER, f"postmaster@{domain}", domain)
