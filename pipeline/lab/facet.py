"""The ways to publish what stands at names of its own, each with what is true of it.

A facet's file (`lab/facets/`) is a table: records and truth side by side, both written by hand.
Nothing here reads a record, and nothing asks the survey's rules.

In texts, wherever they stand: {d} is the domain, {mx} and {mx2} its MX hosts (the first twice where
there is one only), {ip} an address of its own; {vmc} and others its mark certificates, see
`marks.chain`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Truth = Mapping[str, Any]
"""State columns of one facet at one domain, by name. A text may hold the marks above."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to publish something.

    names: owner, at the domain or below → type → rows, in the JSON form of a zone file. https: URL
    → what it brings, in the JSON form of a zone file's "https". truth: the columns that differ from
    `Facet.nothing`, the web included. findings: every code that is told of the domain by this
    facet, without repetition.
    security: what a validator finds at names below the domain, where it is not as at the domain.
    share: of the domains with MX that publish so; 0: `times` where everything has to occur.
    needs: what only goes with this one: "dmarc enforced", "dnssec secure"; "": a domain without
    DMARC and DNSSEC.
    """

    name: str
    names: Mapping[str, Mapping[str, Any]]
    truth: Truth
    findings: tuple[str, ...] = ()
    https: Mapping[str, Any] = field(default_factory=dict)
    share: float = 0.0
    needs: str = ""
    times: int = 1
    security: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet of the plan.

    nothing: the truth at a domain that publishes nothing, or does not exist. unseen: at a domain
    whose questions of this facet bring no answer. question: owner and type of the question whose
    failure hides it. without_web: the truth where nothing was fetched, from the truth with the web.
    measures: by name, what the adoption table counts: true, false, None: never to be known; from a
    domain's truth as it was asked. unobserved: the measures that were not observed, likewise.
    """

    name: str
    question: tuple[str, str]
    nothing: Truth
    unseen: Truth
    ways: tuple[Way, ...]
    measures: Mapping[str, Callable[[Truth], bool | None]]
    without_web: Callable[[Truth], Truth] = lambda truth: truth
    unobserved: Callable[[Truth], frozenset[str]] = lambda truth: frozenset()

    def way(self, name: str) -> Way:
        """The way of this name."""
        return next(way for way in self.ways if way.name == name)


SWEEPING = "*.{d}"


def is_swept(ways: Iterable[Way]) -> bool:
    """Does one of a domain's ways answer for every name below it that is not there?

    No other facet may be planted beside it, for all of them would change.
    """
    return any(SWEEPING in way.names for way in ways)
