"""The planned population: an internet whose truth is decided before a record of it is made.

    settings ─► plan ─► truth (what every published number has to be)
                   └──► records ─► lists, zone, the server's answers

A plan never reads a record, and the survey's own rules have no part in it. Shares are the talk's:
of go.jp in November and of .jp in October 2020, always of the domains with MX. The cohorts are the
talk's two surveys and share no domain: .jp is listed without go.jp.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random

from ..config import Lab
from . import naming
from .draft import GO_JP, JP, STRICT_POLICIES, Draft, Shares, quota
from .lists import write_lists
from .mistakes import GROUPS, REDIRECTED
from .planned import Mail, Outage, Plan, Planned
from .planting import plant
from .records import Internet
from .ways import (
    CHOSEN,
    HOSTED,
    MONITORED,
    NO_DMARC,
    NOT_SPF,
    NOTHING,
    ORDINARY,
    PLAIN,
    STRICT,
    UNUSABLE,
    Spf,
)

__all__ = ["plan", "source", "write_lists"]

HARDFAIL, SOFT = "-", "~~~?"  # three softfail to one neutral
ALIASES = 0.08  # of the subdomains

# Listed domains beside those with MX, as shares of these; at most so many.
OTHERS = (
    (Mail.GONE, Outage.NOTHING, 0.035, 10**9),
    (Mail.NONE, Outage.NOTHING, 0.025, 10**9),
    (Mail.IMPLICIT, Outage.NOTHING, 0.025, 10**9),
    (Mail.NULL_MX, Outage.NOTHING, 0.01, 10**9),
    (Mail.MX, Outage.MX, 0.001, 10**9),
    (Mail.MX, Outage.SERVFAIL, 0.002, 10**9),
    (Mail.MX, Outage.REFUSED, 0.0005, 10**9),
    (Mail.MX, Outage.BOGUS, 0.001, 10**9),
    (Mail.MX, Outage.SILENT, 0.0004, 10),  # each costs seconds
)
PARTIAL = ((Outage.TXT, 0.001), (Outage.SOA, 0.0005), (Outage.DMARC, 0.001), (Outage.TXT_SILENT, 0))


def plan(settings: Lab) -> Plan:
    """The plan of these settings, the same in every process.

    settings.jp and settings.go_jp: domains that are known to have MX; about a tenth more are
    listed beside them.
    """
    rows: list[Planned] = []
    for cohort, count, shares in (("go-jp", settings.go_jp, GO_JP), ("jp", settings.jp, JP)):
        seed = f"{settings.seed} {cohort}"
        listed = drafts(Random(seed), cohort, count, shares)
        numbered = [(len(rows) + place, one) for place, one in enumerate(listed)]
        plant(seed, numbered, shares)
        rows += [one.final(cohort, number) for number, one in numbered]
    return Plan(settings, rows)


def source(settings: str) -> Internet:
    """What the lab's server answers from. settings: the fields of `Lab`, as JSON."""
    return Internet(plan(Lab(**json.loads(settings))))


def drafts(rng: Random, cohort: str, count: int, shares: Shares) -> list[Draft]:
    """One cohort. count: domains with MX."""
    if not count:
        return []
    make = naming.government_names if cohort == "go-jp" else naming.registrable_names
    names = make(rng)
    with_mx = domains(rng, names, count, round(count * shares.subdomains))
    outages(rng, with_mx, shares)
    plan_spf(rng, with_mx, shares)
    plan_dmarc(rng, with_mx, shares)
    listed = with_mx + others(rng, names, count, shares)
    rng.shuffle(listed)
    return listed


def domains(rng: Random, names: Iterator[str], count: int, below: int) -> list[Draft]:
    """Domains with MX; so many of them are subdomains, of some of the others."""
    found = [Draft(name, name) for name in islice(names, count - below)]
    if not below:
        return found
    bases = {one.domain: one for one in rng.sample(found, max(1, len(found) // 10))}
    aliases = max(1, round(below * ALIASES))
    for name, base in islice(naming.subdomains(rng, list(bases)), below):
        bases[base].has_subdomains = True
        mail, way = (Mail.ALIAS, HOSTED) if aliases > 0 else (Mail.MX, NOTHING)
        found.append(Draft(name, base, mail=mail, spf=way))
        aliases -= 1
    return found


def outages(rng: Random, with_mx: list[Draft], shares: Shares) -> None:
    """Let some questions fail, of domains that nothing depends on, and one policy of many."""
    for outage, share in PARTIAL:
        free = [one for one in with_mx if one.is_free]
        for one in rng.sample(free, min(len(free) // 2, quota(len(with_mx), share, shares))):
            one.outage = outage
    bases = [one for one in with_mx if one.has_subdomains]
    if len(bases) > 1:
        bases[-1].outage = Outage.DMARC


# --- SPF ------------------------------------------------------------------------------------------


def plan_spf(rng: Random, with_mx: list[Draft], shares: Shares) -> None:
    """Choose who publishes SPF, how, and with which qualifier."""
    lost = (Outage.TXT, Outage.TXT_SILENT)
    seen = [one for one in with_mx if one.outage not in lost and one.mail == Mail.MX]
    rng.shuffle(seen)
    aliases = sum(one.mail == Mail.ALIAS for one in with_mx)
    publish = min(max(round(len(with_mx) * shares.spf) - aliases, 0), len(seen))
    ways = chosen_ways(rng, publish, publish + aliases, shares)
    for one, way in zip(seen, ways, strict=False):
        one.spf = way
    silent = seen[publish:]
    for number in range(min(len(silent), len(NOT_SPF) * quota(len(with_mx), 0.002, shares))):
        silent[number].spf = NOT_SPF[number % len(NOT_SPF)]
    for one in with_mx:
        if one.outage in lost:  # what nobody will ever see
            one.spf = ORDINARY[0][0]
    qualifiers(rng, seen, round(len(with_mx) * shares.hardfail))


def chosen_ways(rng: Random, count: int, published: int, shares: Shares) -> list[Spf]:
    """So many ways: the mistakes by their quotas, for the rest the ordinary ones by weight.

    published: domains that the mistakes' shares are of.
    """
    ways: list[Spf] = []
    for group in GROUPS:
        planted = sum(not set(way.findings).isdisjoint(group.codes) for way in ways)
        wanted = round(published * group.share) - planted
        least = len(group.ways) if shares.is_complete else 0
        order = list(group.ways)
        rng.shuffle(order)  # so that a small quota is not always the first way's
        ways += [order[number % len(order)] for number in range(max(wanted, least))]
    del ways[count:]
    plain, weights = zip(*ORDINARY, strict=True)
    return ways + rng.choices(plain, weights, k=count - len(ways))


def qualifiers(rng: Random, seen: Sequence[Draft], hardfail: int) -> None:
    """Give so many domains a first `all` of `-`, and every other another qualifier."""
    ready = sum(one.spf.all == HARDFAIL for one in seen)
    open_ones = [one for one in seen if one.spf.all == CHOSEN]
    chosen = {
        one.domain for one in rng.sample(open_ones, min(len(open_ones), max(0, hardfail - ready)))
    }
    own_redirect = REDIRECTED[-1]
    for one in seen:
        one.qualifier = HARDFAIL if one.domain in chosen else rng.choice(SOFT)
        if one.spf is own_redirect and rng.random() < 0.5:
            one.qualifier = HARDFAIL  # to be seen only after redirect


# --- DMARC and the rest ---------------------------------------------------------------------------


FIRM = tuple(way for way in STRICT if way.below in STRICT_POLICIES and not way.findings)


def plan_dmarc(rng: Random, with_mx: list[Draft], shares: Shares) -> None:
    """Choose who publishes DMARC and how; some that subdomains inherit."""
    seen = [one for one in with_mx if one.outage != Outage.DMARC]
    rng.shuffle(seen)
    bases = [one for one in seen if one.has_subdomains][: len(STRICT[:1] + MONITORED[:3])]
    first = {one.domain for one in bases}
    order = bases + [one for one in seen if one.domain not in first]
    strict, count = dmarc_counts(len(with_mx), shares)
    # The first base is strict, the next three show what subdomains inherit from p=none.
    monitored = [MONITORED[n % len(MONITORED)] for n in range(count - strict)]
    firm = [*STRICT, *(FIRM[n % len(FIRM)] for n in range(strict))][:strict]
    ways = firm[:1] + monitored + firm[1:]
    for one in order:
        if ways and (one.is_free or not ways[0].beside):
            one.dmarc = ways.pop(0)
    rest = [one for one in order if one.is_free and one.dmarc is NO_DMARC]
    for number in range(min(len(rest), len(UNUSABLE) * quota(len(with_mx), 0.0002, shares))):
        rest[number].dmarc = UNUSABLE[number % len(UNUSABLE)]


def dmarc_counts(with_mx: int, shares: Shares) -> tuple[int, int]:
    """How many publish a strict DMARC policy, and how many publish any."""
    least = (len(STRICT), len(MONITORED)) if shares.is_complete else (0, 0)
    strict = max(round(with_mx * shares.strict), least[0])
    return strict, max(round(with_mx * shares.dmarc), strict + least[1])


def others(rng: Random, names: Iterator[str], count: int, shares: Shares) -> list[Draft]:
    """The listed domains whose MX does not exist, does not count, or is never seen."""
    found = []
    plain, weights = zip(*PLAIN, strict=True)
    for mail, outage, share, most in OTHERS:
        wanted = min(max(round(count * share), 1), most)
        if outage == Outage.SILENT and not shares.is_complete:
            continue
        for name in islice(names, wanted):
            one = Draft(name, name, mail, outage)
            if mail in (Mail.IMPLICIT, Mail.MX) and rng.random() < 0.5:
                one.spf = rng.choices(plain, weights)[0]
                one.qualifier = rng.choice("-~")
            found.append(one)
    return found
