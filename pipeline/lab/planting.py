"""Who publishes the facets, whose mail hosts are special, and whose questions fail.

Everything is planted at registrable domains of which nothing depends, a way of each facet at most,
so that what is true of a way is true of its domain. The draws of each facet are its own: another
way in one moves nothing in the others.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, product
from random import Random
from typing import NamedTuple

from .chains import SIGNED, UNPROVEN
from .draft import STRICT_POLICIES, Draft, Shares, quota
from .facet import Facet, Way, is_swept
from .facets import ALL, BY_NAME
from .filling import has_own_host
from .hosts import HOSTS, NULL_MX_PREFERENCE
from .mail_servers import plant_servers
from .planned import Mail, Outage
from .ways import MONITORED, NO_DMARC, NOTHING, PARKED, PLAIN, STRICT, Dmarc, Spf

FAILING = 0.0005  # of the domains with MX, at the question of one facet
WITHOUT_MX = 3  # domains with an implicit MX to each facet
PLAIN_SPF = frozenset({NOTHING.name, *(way.name for way, _ in PLAIN)})
"""Names of the ways that do not ask for the addresses of the domain's MX."""

Numbered = Sequence[tuple[int, Draft]]
"""Domains with their numbers in the plan."""


class Need(NamedTuple):
    """What a way can need of its domain: is it so, and how it is made so."""

    fits: Callable[[Draft], bool]
    make: Callable[[Draft], None]


def is_plain(one: Draft) -> bool:
    """Neither signed nor with DMARC, and nothing special about its mail hosts."""
    return one.chain is None and one.dmarc is NO_DMARC and one.hosts is None


def is_enforced(one: Draft) -> bool:
    """Does its DMARC policy protect it and all below it, with nothing to be told of it?"""
    levels = {one.dmarc.policy, one.dmarc.below}
    is_clean = not one.dmarc.findings and one.chain is None and one.hosts is None
    return is_clean and levels <= set(STRICT_POLICIES)


def enforce(one: Draft) -> None:
    """Publish such a policy."""
    one.dmarc = STRICT[0]


def sign(one: Draft) -> None:
    """Sign the zone, without anything special."""
    one.chain = SIGNED[0]


PLAIN_DOMAIN, ENFORCED, SECURE = "", "dmarc enforced", "dnssec secure"
NEEDS = {
    PLAIN_DOMAIN: Need(is_plain, lambda one: None),
    ENFORCED: Need(is_enforced, enforce),
    SECURE: Need(lambda one: one.is_signed and one.dmarc is NO_DMARC, sign),
}


def plant(seed: str, listed: Numbered, shares: Shares) -> None:
    """Plant in a cohort, listed in the plan's order with the plan's numbers."""
    free = [(number, one) for number, one in listed if one.is_free and one.mail == Mail.MX]
    with_mx = sum(has_mx(one) for _, one in listed)
    plant_chains(Random(f"{seed} dnssec"), with_mx, free, shares)
    plant_hosts(Random(f"{seed} hosts"), with_mx, free, shares)
    pools = pools_of(Random(f"{seed} needs"), with_mx, free, shares)
    for facet in ALL:
        plant_facet(Random(f"{seed} {facet.name}"), facet, with_mx, pools, shares)
    plant_inheritance([one for _, one in listed])
    plant_parked([one for _, one in listed if one.mail in (Mail.NULL_MX, Mail.NONE)])
    taking = [(number, one) for number, one in listed if has_mx(one)]
    implicit = [one for _, one in listed if one.mail == Mail.IMPLICIT]
    plant_servers(Random(f"{seed} servers"), taking, implicit, shares.starttls)
    if shares.is_complete:
        plant_without_mx([one for one in implicit if one.is_free])


def has_mx(one: Draft) -> bool:
    """Is it known that the domain has an MX?"""
    hides = one.outage.is_total or one.outage == Outage.MX
    return one.mail in (Mail.MX, Mail.ALIAS) and not hides


def plant_chains(rng: Random, with_mx: int, free: Numbered, shares: Shares) -> None:
    """Sign some domains, each way in turn; and let some look signed that are not."""
    drawn = [one for _, one in free if is_plain(one)]
    rng.shuffle(drawn)
    signed = quota(with_mx, shares.dnssec, shares)
    if shares.is_complete:
        signed = max(signed, len(SIGNED))
        for one, chain in zip(drawn[signed:], UNPROVEN, strict=False):
            one.chain = chain
    for number, one in enumerate(drawn[:signed]):
        one.chain = SIGNED[number % len(SIGNED)]


def plant_hosts(rng: Random, with_mx: int, free: Numbered, shares: Shares) -> None:
    """Give some domains special mail hosts, each kind at a known number."""
    drawn = [one for _, one in free if one.spf.name in PLAIN_SPF]
    rng.shuffle(drawn)
    signed = deque(one for one in drawn if one.is_signed)
    plain = deque(one for one in drawn if is_plain(one))
    for hosts in HOSTS:
        for _ in range(quota(with_mx, hosts.share, shares)):
            one = next(taken(signed if hosts.is_signed else plain), None)
            if one is None and hosts.is_signed:  # more than are signed by the cohort's share
                one = next(taken(plain), None)
                if one:
                    sign(one)
            if one:
                one.hosts = hosts
                for facet, name in hosts.beside.items():
                    one.ways[facet] = BY_NAME[facet].way(name)


def taken(queue: "deque[Draft]") -> Iterator[Draft]:
    """Take one domain after another off a queue."""
    while queue:
        yield queue.popleft()


# --- facets ---------------------------------------------------------------------------------------


def pools_of(
    rng: Random, with_mx: int, free: Numbered, shares: Shares
) -> dict[str, list[tuple[int, Draft]]]:
    """The domains that have what ways need, by need; so many are made so as ways need them."""
    pools = {need: [(n, one) for n, one in free if NEEDS[need].fits(one)] for need in NEEDS}
    rng.shuffle(pools[PLAIN_DOMAIN])
    for need in (ENFORCED, SECURE):
        wanted = max(
            (
                sum(times(way, with_mx, shares) for way in facet.ways if way.needs == need)
                for facet in ALL
            ),
            default=0,
        )
        while len(pools[need]) < wanted and pools[PLAIN_DOMAIN]:
            pools[need].append(pools[PLAIN_DOMAIN].pop())
            NEEDS[need].make(pools[need][-1][1])
    return pools


def times(way: Way, with_mx: int, shares: Shares) -> int:
    """How many domains publish in this way."""
    return quota(with_mx, way.share, shares) * way.times


def plant_facet(
    rng: Random,
    facet: Facet,
    with_mx: int,
    pools: dict[str, list[tuple[int, Draft]]],
    shares: Shares,
) -> None:
    """Plant the ways of one facet, and let its question fail at a few plain domains."""
    queues = {need: deque(rng.sample(pool, len(pool))) for need, pool in pools.items()}
    for way in facet.ways:
        for _ in range(times(way, with_mx, shares)):
            if one := suited(queues[way.needs], way):
                one.ways[facet.name] = way
    failing = ["SERVFAIL"] * quota(with_mx, FAILING, shares) + ["TIMEOUT"] * shares.is_complete
    spared = (one for _, one in queues[PLAIN_DOMAIN] if not is_swept(one.ways.values()))
    for how, one in zip(failing, spared, strict=False):
        one.hidden[facet.name] = how


def suited(queue: "deque[tuple[int, Draft]]", way: Way) -> Draft | None:
    """Take the first domain off a queue at which the way comes true; None: there is none."""
    two_hosts, any_host, sweeps = names_hosts(way, "{mx2}"), names_hosts(way), is_swept([way])
    for _ in range(len(queue)):
        number, one = queue.popleft()
        has_one_host = has_own_host(number)
        is_taken = one.ways or one.hidden or one.spf.name not in PLAIN_SPF
        if (
            is_swept(one.ways.values())
            or (two_hosts and has_one_host)
            or (any_host and one.hosts)
            or (sweeps and is_taken)
        ):
            queue.append((number, one))
        else:
            return one
    return None


def names_hosts(way: Way, mark: str = "{mx") -> bool:
    """Does a way name the domain's mail hosts?"""
    return mark in json.dumps([way.names, way.https, dict(way.truth)], default=str)


def plant_without_mx(implicit: list[Draft]) -> None:
    """Let some domains that take mail at their own address publish the facets, too."""
    for facet in ALL:
        ways = [
            way
            for way in facet.ways
            if not way.needs and not names_hosts(way) and not is_swept([way])
        ]
        for one, way in zip(implicit, ways[:WITHOUT_MX], strict=False):
            one.ways[facet.name] = way


def plant_inheritance(listed: list[Draft]) -> None:
    """Let subdomains inherit a logo: that of a domain whose DMARC is enforced at them, too."""
    own = {one.base for one in listed if one.domain != one.base and one.dmarc is not NO_DMARC}
    for one in listed:
        if one.has_subdomains and one.domain not in own and is_enforced(one) and not one.outage:
            one.ways["bimi"] = BY_NAME["bimi"].ways[0]
            return


# --- domains that take no mail --------------------------------------------------------------------


class Idle(NamedTuple):
    """What one domain that takes no mail publishes, and what of it brings no answer."""

    spf: Spf = NOTHING
    dmarc: Dmarc = NO_DMARC
    dkim: Way | None = None
    outage: Outage = Outage.NOTHING
    hides_dkim: bool = False


DKIM = BY_NAME["dkim"]


def dkim_way(state: str, wildcard: bool) -> Way | None:
    """The first way to publish DKIM of this truth, wherever the domain's mail goes."""
    for way in DKIM.ways:
        truth = {**DKIM.nothing, **way.truth}
        if truth["dkim"] == state and truth["dkim_wildcard"] is wildcard and not names_hosts(way):
            return way
    return None


REVOKED = dkim_way("revoked_only", wildcard=True)
IDLE = (
    *(Idle(*parts) for parts in product((PARKED, NOTHING), (STRICT[0], NO_DMARC), (REVOKED, None))),
    Idle(PLAIN[0][0], MONITORED[0], dkim_way("confirmed", wildcard=False)),
    Idle(PARKED, STRICT[0], REVOKED, Outage.TXT),
    Idle(PARKED, STRICT[0], REVOKED, Outage.DMARC),
    Idle(PARKED, STRICT[0], hides_dkim=True),
)


def plant_parked(idle: list[Draft]) -> None:
    """Close the domains that take no mail, each in another combination of what belongs to it.

    Of each kind (null MX, neither MX nor address) every combination occurs, if there are enough.
    """
    for mail in (Mail.NULL_MX, Mail.NONE):
        of_kind = [one for one in idle if one.mail == mail]
        for one, planned in zip(of_kind, cycle(IDLE), strict=False):
            one.spf, one.dmarc, one.outage = planned.spf, planned.dmarc, planned.outage
            if planned.dkim:
                one.ways["dkim"] = planned.dkim
            if planned.hides_dkim:
                one.hidden["dkim"] = "SERVFAIL"
    for one in [one for one in idle if one.mail == Mail.NULL_MX][:1]:
        one.hosts = NULL_MX_PREFERENCE
