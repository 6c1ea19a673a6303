"""Which mail server stands where: planned for each host, listed by address, and what is to be known
of every MX host of a domain.

Providers have theirs by a table (`ways.PROVIDERS`), special hosts by another (`hosts.SERVERS`); so
that the shares come out, the rest is left to the domains that run a host of their own.
"""

from collections.abc import Iterator, Sequence
from random import Random

from . import hosts, manners
from .authority import Kind
from .draft import Draft
from .filling import exchangers, has_own_host, host_address, provider_of
from .hosts import APART, SEEN, SERVERS
from .manners import FINE, Seen, Server, encrypting
from .planned import Mail, Planned
from .ways import PROVIDERS

ENCRYPTING = (  # of the hosts that domains run themselves, with weights
    (FINE, 40),
    (Server(kind=Kind.WILDCARD), 4),
    (Server(kind=Kind.OTHER_NAME), 22),
    (Server(kind=Kind.SELF_SIGNED), 18),
    (Server(kind=Kind.EXPIRED), 7),
    (Server(kind=Kind.UNTRUSTED), 2),
    (Server(kind=Kind.INCOMPLETE), 2),
    (Server(kind=Kind.WEAK_KEY), 1),
    (Server(manners.OLD_TLS), 2),
    (Server(manners.OLD_TLS, Kind.EXPIRED), 1),
    (Server(manners.SEVERAL_LINES), 1),
)
OTHERS = (
    (Server(manners.NO_STARTTLS), 70),
    (Server(manners.STRIPPED), 5),
    (Server(manners.NO_EHLO), 1),
    (Server(manners.TLS_LATER), 3),
    (Server(manners.NO_HANDSHAKE), 3),
    (Server(manners.ABSENT), 8),
    (Server(manners.BUSY), 4),
    (Server(manners.UNWELCOME), 4),
    (Server(manners.DROPS), 1),
    (Server(manners.SHUT), 1),
)


def drawn(rng: Random, servers: tuple[tuple[Server, int], ...]) -> Server:
    """One of these, by their weights."""
    (one,) = rng.choices(servers, [weight for _, weight in servers])
    return one[0]


def plant_servers(
    rng: Random, taking: Sequence[tuple[int, Draft]], implicit: Sequence[Draft], share: float
) -> None:
    """Give the hosts that domains run themselves their servers.

    taking: the domains with MX, by their numbers. share: of these, the domains whose hosts all
    encrypt; it comes out as near as the providers' customers allow.
    """
    own = [one for number, one in taking if runs_host(number, one)]
    others = sum(encrypts(number, one) for number, one in taking if not runs_host(number, one))
    wanted = min(max(round(len(taking) * share) - others, 0), len(own))
    chosen = {one.domain for one in rng.sample(own, wanted)}
    for one in own:
        one.server = drawn(rng, ENCRYPTING if one.domain in chosen else OTHERS)
    for one in implicit:
        one.server = drawn(rng, ENCRYPTING if rng.random() < share else OTHERS)


def runs_host(number: int, one: Draft) -> bool:
    """Is its one MX host its own, and nothing more planned of it?"""
    return one.mail == Mail.MX and one.hosts is None and has_own_host(number)


def encrypts(number: int, one: Draft) -> bool:
    """Do all hosts encrypt that others run for a domain, or that are special?"""
    if one.hosts:
        seen = [seen_of(host) for _, host in one.hosts.mx if host != "."]
        return encrypting(seen) == "all"
    provider = PROVIDERS[0] if one.mail == Mail.ALIAS else provider_of(number)
    return encrypting(server.seen for server in provider.servers) == "all"


# --- what is to be known --------------------------------------------------------------------------

BY_PROVIDER = {
    f"mx{place}.{one.domain}": server
    for one in PROVIDERS
    for place, server in enumerate(one.servers, 1)
}


def seen_of(host: str, own: Server = FINE) -> Seen:
    """What is to be known of a host. own: the server, if it is in none of the tables."""
    if host in SEEN:
        return SEEN[host]
    if host in SERVERS:
        (server,) = SERVERS[host]
        return server.seen
    return BY_PROVIDER.get(host, own).seen


def hosts_seen(row: Planned) -> list[tuple[str, Seen]]:
    """The hosts that take a domain's mail, the preferred first, and what is to be known of them."""
    if row.mail == Mail.IMPLICIT:
        names = [row.domain]
    elif row.mail in (Mail.MX, Mail.ALIAS):
        names = [host for _, host in exchangers(row) if host != "."]
    else:
        names = []
    return [(host, seen_of(host, row.server)) for host in names]


# --- by address -----------------------------------------------------------------------------------

Placed = tuple[str, str, Server]
"""An address, a host that has it, and the server there."""


def shared_hosts() -> Iterator[Placed]:
    """The hosts that no domain of the population owns."""
    for number, one in enumerate(PROVIDERS):
        for place, server in enumerate(one.servers):
            yield hosts.provider_address(number, place), f"mx{place + 1}.{one.domain}", server
    named = {host for kind in hosts.HOSTS for _, host in kind.mx if "{d}" not in host}
    for host in sorted(named):
        servers = SERVERS.get(host, ())
        for place, address in enumerate(addresses_of(host)):
            yield address, host, servers[place] if servers else FINE


def addresses_of(host: str) -> list[str]:
    """The IPv4 addresses of a host of `hosts.ZONE` at which servers stand, aliases followed."""
    rows = hosts.ZONE.get(host, {})
    target = rows.get("CNAME")
    if isinstance(target, list):
        return addresses_of(target[0].removesuffix("."))
    found = rows.get("A")
    return [one for one in found if hosts.is_ours(one)] if isinstance(found, list) else []


def own_hosts(row: Planned) -> Iterator[Placed]:
    """The hosts that a domain runs itself."""
    address = host_address(row.number)
    if row.mail == Mail.IMPLICIT:
        yield address, row.domain, row.server
    elif row.mail == Mail.MX:
        for _, host in exchangers(row):
            if host.endswith(f".{row.domain}"):
                yield address, host, row.server


def names_beside(host: str, there: Sequence[str]) -> tuple[str, ...]:
    """The other names that a host's certificate is good for. there: the hosts at its address."""
    if host in APART:
        return ()
    return tuple(sorted(name for name in there if name != host and name not in APART))
