"""What a resolver is, and whether its AD flag may be believed, before a crawl relies on it.

It validates if it treats three names of the study's configuration as RFC 4035 §3.2 asks: the
signed one has AD, the forged one is SERVFAIL and yet answered with CD=1, the unsigned one has no
AD. Its AD flag is trusted only then, and only over loopback or where the study says so: anybody on
the way could have set it (RFC 4035 §4.9.3).
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

from ...config import Asking, Resolver
from ...message import AD, ANSWER, CH, IN, Message, decode, strings
from ...words import Outcome, QType, Transport
from ..pace import Pace
from . import wire
from .matching import NOERROR, REFUSED, SERVFAIL

LONGEST_SOFTWARE = 100  # characters of a stranger's text that go into the manifest
ROOT, SIGNED, FORGED, FORGED_CD, UNSIGNED = range(5)


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found out about one resolver."""

    address: str  # address:port
    answers: bool  # something, and not only "refused"
    software: str | None  # what it says it is (version.bind); None: it does not say
    validates: bool | None  # None: no names to tell by, or they could not be asked
    ad_trusted: bool
    why: str  # one sentence on the last two


async def examine(resolver: Resolver, asking: Asking) -> tuple[Examination, ...]:
    """Examine each address of the configured resolvers, one after another. Never raises."""
    return tuple([await examine_one(address, resolver, asking) for address in resolver.addresses])


async def examine_one(address: str, resolver: Resolver, asking: Asking) -> Examination:
    """Examine one address."""
    try:
        answers = await put(address, asking, IN, questions(resolver))
        said = await put(address, asking, CH, [(0, "version.bind", QType.TXT, False)])
    except (OSError, ValueError) as fault:
        return Examination(address, False, None, None, False, f"cannot be asked: {fault}")
    if not answers:
        return Examination(address, False, None, None, False, "no answer")
    if all(answer.rcode == REFUSED for answer in answers.values()):
        return Examination(address, False, software(said), None, False, "refuses every question")
    validates, why = validation(resolver, answers)
    ad_trusted = bool(validates) and (resolver.trusted or is_loopback(address))
    if validates and not ad_trusted:
        why += ", but its AD flag is not trusted: it is not on loopback nor marked as trusted"
    return Examination(address, True, software(said), validates, ad_trusted, why)


def questions(resolver: Resolver) -> list[tuple[int, str, int, bool]]:
    """The root, which every resolver can answer about, and the configured names."""
    names = (
        (ROOT, ".", False),
        (SIGNED, resolver.signed, False),
        (FORGED, resolver.forged, False),
        (FORGED_CD, resolver.forged, True),
        (UNSIGNED, resolver.unsigned, False),
    )
    return [(which, name, QType.SOA, cd) for which, name, cd in names if name]


async def put(
    address: str, asking: Asking, qclass: int, asked: list[tuple[int, str, int, bool]]
) -> dict[int, Message]:
    """Ask a few questions of a class. Returns the answers by index; what has none is missing."""
    answers: dict[int, Message] = {}

    def keep(
        index: int,
        outcome: Outcome | None,
        message: bytes | None,
        resolver: str,
        transport: Transport | None,
        tries: int,
        asked_at: float,
        rtt_ms: float | None,
    ) -> None:
        if message is not None:
            answers[index] = decode(message)

    pace = Pace(asking.in_flight, asking.rate)
    await wire.ask(asked, [address], asking, pace, keep, qclass=qclass)
    return answers


def software(said: dict[int, Message]) -> str | None:
    """What a resolver calls itself, made harmless for a terminal and cut."""
    if not said or said[0].rcode != NOERROR:
        return None
    for rr in said[0].rrs:
        if rr.section == ANSWER and rr.type == QType.TXT:
            text = b" ".join(strings(rr.rdata)).decode("utf-8", "replace")
            printable = "".join(one if one.isprintable() else "?" for one in text)
            return printable[:LONGEST_SOFTWARE] or None
    return None


def validation(resolver: Resolver, answers: dict[int, Message]) -> tuple[bool | None, str]:
    """Does it validate, and why so. None: cannot be told.

    A plain "no" of one name decides, whatever became of the others.
    """
    if not (resolver.signed and resolver.forged and resolver.unsigned):
        return None, "whether it validates is unknown: no signed, forged and unsigned name is set"
    verdicts = [rule(resolver, answers) for rule in RULES]
    for wanted in (False, None):
        for is_right, why in verdicts:
            if is_right is wanted:
                return is_right, why
    return True, "it validates"


def is_loopback(address: str) -> bool:
    """Does "address:port" name this very machine?"""
    return ipaddress.ip_address(address.rpartition(":")[0].strip("[]")).is_loopback


Verdict = tuple[bool | None, str]


def signed_has_ad(resolver: Resolver, answers: dict[int, Message]) -> Verdict:
    """RFC 4035 §3.2.3: AD where all of the answer was validated."""
    answer = answers.get(SIGNED)
    if answer is None or answer.rcode != NOERROR:
        return None, f"whether it validates is unknown: no answer for {resolver.signed} (signed)"
    return bool(answer.flags & AD), f"it does not validate: no AD for {resolver.signed} (signed)"


def forged_fails(resolver: Resolver, answers: dict[int, Message]) -> Verdict:
    """RFC 4035 §5.5: SERVFAIL for what is bogus; with CD=1 it is handed on (§3.2.2)."""
    answer, unchecked = answers.get(FORGED), answers.get(FORGED_CD)
    if answer is not None and answer.rcode == NOERROR:
        return False, f"it does not validate: it believes {resolver.forged} (forged)"
    fails = answer is not None and answer.rcode == SERVFAIL
    if fails and unchecked is not None and unchecked.rcode == NOERROR:
        return True, ""
    return None, (
        f"whether it validates is unknown: {resolver.forged} (forged) is not SERVFAIL, "
        "or not answered with CD=1"
    )


def unsigned_has_none(resolver: Resolver, answers: dict[int, Message]) -> Verdict:
    """AD on everything says nothing."""
    answer = answers.get(UNSIGNED)
    if answer is None or answer.rcode != NOERROR:
        return None, f"whether it validates is unknown: no answer for {resolver.unsigned} (plain)"
    return not answer.flags & AD, f"it does not validate: AD for {resolver.unsigned} (plain)"


RULES: tuple[Callable[[Resolver, dict[int, Message]], Verdict], ...] = (
    signed_has_ad,
    forged_fails,
    unsigned_has_none,
)
