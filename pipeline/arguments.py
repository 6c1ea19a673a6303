"""What a user typed at a command, read; a usage error where it cannot be meant."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import typer

from .ask.dns.examine import examine
from .check import Source
from .config import Asking, Resolver
from .population.names import Reason, clean
from .protocols.dkim.selectors import ALLOWED, is_selector
from .store import Store

ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"  # with letters of any script, RFC 6531 §3.3
LOCAL_PART = re.compile(rf"{ATOM}(\.{ATOM})*|\"([^\"\\]|\\.)+\"")  # RFC 5321 §4.1.2
LONGEST_LOCAL_PART = 64  # octets, RFC 5321 §4.5.3.1.1


def opened(run: Path) -> Store:
    """The run in a folder."""
    store = Store(run)
    if not store.has("manifest.json"):
        raise typer.BadParameter(f"{run} is not a run's folder: it has no manifest.json")
    return store


def domain(text: str) -> str:
    """A domain, as one would write it, in the form of the population."""
    names = clean(text)
    if isinstance(names, Reason):
        raise typer.BadParameter(f"{text!r} is not a domain name: {names.value}")
    if not names:  # in a list, a blank line or a comment
        raise typer.BadParameter(f"{text!r} is not a domain name")
    if len(names) > 1:
        raise typer.BadParameter(f"{text!r} is several domain names: give them one by one")
    return names[0]


def target(text: str) -> tuple[str, str]:
    """A domain, or an address: local part ("" for a domain alone) and domain."""
    if "@" not in text:
        return "", domain(text)
    local, _, name = text.rpartition("@")
    octets = local.encode("utf-8", "surrogatepass")
    is_local_part = local.isprintable() and LOCAL_PART.fullmatch(local)
    if not is_local_part or len(octets) > LONGEST_LOCAL_PART:
        raise typer.BadParameter(f"{text!r} is not an address: local@domain")
    return local, domain(name)


def selector(text: str) -> str:
    """A DKIM selector."""
    if not is_selector(text.lower()):
        raise typer.BadParameter(f"{text!r} is no selector: {ALLOWED}")
    return text.lower()


def source(zone: Path | None, resolvers: list[str]) -> Source:
    """Where `check` gets its answers from: a zone file, or resolvers (none named: the system's).

    Raises ZoneError, NoResolver.
    """
    if zone is not None:
        from .lab.web import load_fetches  # not needed with a resolver
        from .lab.zone import Zone

        return Source(answer=Zone.load(zone).answer, fetches=load_fetches(zone))
    addresses = tuple(resolvers or system_resolvers())
    found = asyncio.run(examine(Resolver(addresses=addresses), Asking()))
    if not any(one.answers for one in found):
        from .run import NoResolver  # it loads what makes tables, too

        tried = ", ".join(one.address for one in found)
        raise NoResolver(f"no resolver answers ({tried}); name one with --resolver ADDRESS:PORT")
    return Source(resolvers=found)


def reaching(source: Source, helo: str) -> Source:
    """The same source, whose domains' mail servers are visited and URLs fetched, too.

    Raises ConfigError: no name to say HELO with.
    """
    from .check import REACHING, answering  # and what follows is large
    from .reaching import ready_for_check

    if source.answer is not None:
        raise typer.BadParameter(
            "--reach: a zone file has no mail servers; name a resolver instead"
        )
    return replace(source, ready=ready_for_check(helo, answering(source), REACHING))


def system_resolvers() -> list[str]:
    """The resolvers of this machine, as address:port."""
    import dns.resolver  # it loads an HTTP library

    found = dns.resolver.Resolver().nameservers
    return [f"[{one}]:53" if ":" in str(one) else f"{one}:53" for one in found]
