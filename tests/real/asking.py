"""Asks many questions by an engine, and holds what came against what the zone files say."""

import asyncio
import re
from collections.abc import Callable, Iterable

import dns.rdata
import dns.rdataclass

from pipeline import message
from pipeline.ask.pace import Pace
from pipeline.config import Asking
from pipeline.words import Outcome, QType

from .truth import NXDOMAIN, Said, canonical

ASKING = Asking(in_flight=100, timeout_s=10.0, tries=2)
ROUNDS = 3
ASKABLE = re.compile(r"[a-z0-9_.*/-]+")
"""What c-ares takes for a name. Two owners are slips of their operators: `\\@.…` and `#…`."""
Question = tuple[str, int, bool]
"""Name (lower case, no final dot), type, CD."""


def ask(engine: Callable, resolver: str, questions: Iterable[Question]) -> list[bytes | Outcome]:
    """Ask them all: the message, or why there is none, in the order of the questions.

    What the servers were too busy for is asked again in a fresh call, as a crawl does.
    """
    asked = [(number, *question) for number, question in enumerate(questions)]
    kept: dict[int, bytes | Outcome] = {}

    def keep(index, outcome, received, *_) -> None:
        assert kept.get(index, Outcome.TIMEOUT) is Outcome.TIMEOUT
        kept[index] = outcome or received

    for _ in range(ROUNDS):
        left = [one for one in asked if kept.get(one[0], Outcome.TIMEOUT) is Outcome.TIMEOUT]
        asyncio.run(engine(left, [resolver], ASKING, Pace(ASKING.in_flight), keep))
    return [kept[number] for number in range(len(asked))]


def said(received: bytes) -> Said:
    """A message in the oracle's words: every record of its answer section."""
    read = message.decode(received)
    assert read.error == ""
    records = {}
    for rr in read.rrs:
        if rr.section == message.ANSWER:
            rdata = dns.rdata.from_wire(dns.rdataclass.IN, rr.type, rr.rdata, 0, len(rr.rdata))
            records[rr.owner, rr.type, canonical(rdata)] = rr.ttl
    return Said(read.rcode, records)


def as_cares_sees_it(expected: Said) -> Said:
    """Without what c-ares cannot show: where TXT strings were cut, an NXDOMAIN's aliases."""
    if expected.rcode == NXDOMAIN:
        return Said(NXDOMAIN, {})
    joined = {}
    for (owner, rtype, rdata), ttl in expected.records.items():
        if rtype == QType.TXT:
            whole = b"".join(message.strings(rdata))
            parts = [whole[at : at + 255] for at in range(0, len(whole), 255)]
            rdata = message.from_strings(parts)
        joined[owner, rtype, rdata] = ttl
    return Said(expected.rcode, joined)


def differs(received: bytes | Outcome, expected: Said) -> str:
    """How what came differs from what the zones say; "": it does not."""
    if isinstance(received, Outcome):
        return f"{received}, and not an answer"
    came = said(received)
    if came.rcode != expected.rcode:
        return f"rcode {came.rcode}, not {expected.rcode}"
    if came.records.keys() != expected.records.keys():
        return f"{sorted(came.records)}, not {sorted(expected.records)}"
    older = [key for key, ttl in came.records.items() if ttl > expected.records[key]]
    return f"TTL above the zone's: {older}" if older else ""
