"""What the adoption table counts, by the measures' names, from the states of a domain."""

from collections.abc import Callable, Mapping
from typing import Any

from .facets import ALL

States = Mapping[str, Any]
Value = Callable[[States], bool | None]


def is_in(column: str, *yes: str) -> Value:
    """Is a state one of these? None where it is not known."""
    return lambda states: None if states[column] == "unknown" else states[column] in yes


def as_it_is(column: str) -> Value:
    """A column that is true, false, or None."""
    return lambda states: states[column]


CORE: Mapping[str, Value] = {
    "helo_spf": is_in("helo", "all"),
    "spf": is_in("spf", "present"),
    "spf_valid": as_it_is("spf_valid"),
    "spf_hardfail": as_it_is("spf_hardfail"),
    "spf_hardfail_effective": as_it_is("spf_hardfail_effective"),
    "dmarc": is_in("dmarc", "present"),
    "dmarc_strict": as_it_is("dmarc_strict"),
    "dmarc_covered": as_it_is("dmarc_covered"),
    "dmarc_covered_strict": as_it_is("dmarc_covered_strict"),
    "dmarc_enforced": as_it_is("dmarc_enforced"),
    "dmarc_rfc7489": as_it_is("dmarc_7489_covered"),
    "dmarc_rfc7489_strict": as_it_is("dmarc_7489_strict"),
    "dnssec": is_in("dnssec", "secure"),
    "dnssec_mx": is_in("dnssec_mx", "secure"),
    "dane": is_in("dane", "all"),
    "dane_any": is_in("dane", "all", "some"),
}
MEASURES = (*CORE, *(name for facet in ALL for name in facet.measures))


def measured(states: States) -> dict[str, bool | None]:
    """Every measure of one domain: true, false, or None: never to be known."""
    by_facet = {name: value for facet in ALL for name, value in facet.measures.items()}
    return {name: value(states) for name, value in {**CORE, **by_facet}.items()}


OF_ADDRESSES = ("smimea", "openpgpkey")
"""The facets that are only looked at where a study names local parts."""


def unobserved(states: States) -> frozenset[str]:
    """The measures that were not observed at one domain, which is neither no nor a failure."""
    found = [facet.unobserved(states) for facet in ALL]
    for facet in ALL:
        if facet.name in OF_ADDRESSES and states[facet.name] == "not_observed":
            found.append(frozenset(facet.measures))
    return frozenset().union(*found)
