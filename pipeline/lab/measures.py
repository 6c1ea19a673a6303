"""What the adoption table counts, by the measures' names, from the states of a domain."""

from collections.abc import Callable, Mapping
from typing import Any

from .facets import ALL

States = Mapping[str, Any]
Value = Callable[[States], bool | None]


HIDDEN = ("unknown", "not_observed")


def is_in(column: str, *yes: str) -> Value:
    """Is a state one of these? None where it is not known."""
    return lambda states: None if states[column] in HIDDEN else states[column] in yes


def as_it_is(column: str) -> Value:
    """A column that is true, false, or None."""
    return lambda states: states[column]


def any_encrypts(states: States) -> bool | None:
    """Does any MX host encrypt? None: none that is known, and not all are."""
    if states["starttls"] == "not_applicable":
        return False
    if states["starttls_hosts"] is None:
        return None
    met = {host["state"] for host in states["starttls_hosts"]}
    return True if "encrypted" in met else False if met <= {"plain"} else None


def any_verified(states: States) -> bool | None:
    """Does any MX host show what its TLSA records say, and is the MX itself proven?"""
    verdicts = states["dane_verdicts"]
    if states["dane"] not in ("all", "some"):
        return None if states["dane"] in HIDDEN else False
    if "verified" in verdicts:
        return True
    return None if set(HIDDEN) & set(verdicts) else False


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
    "dane_verified": is_in("dane_verified", "all"),
    "dane_verified_any": any_verified,
    "starttls": is_in("starttls", "all"),
    "starttls_any": any_encrypts,
    "starttls_valid": is_in("starttls_certificates", "all"),
}
MEASURES = (*CORE, *(name for facet in ALL for name in facet.measures))


def measured(states: States) -> dict[str, bool | None]:
    """Every measure of one domain: true, false, or None: never to be known."""
    by_facet = {name: value for facet in ALL for name, value in facet.measures.items()}
    return {name: value(states) for name, value in {**CORE, **by_facet}.items()}


OF_VISITS = {
    "starttls": ("starttls", "starttls_any"),
    "starttls_certificates": ("starttls_valid",),
    "dane_verified": ("dane_verified", "dane_verified_any"),
}
"""State → the measures that are only seen where mail servers are visited."""
OF_ADDRESSES = ("smimea", "openpgpkey")
"""The facets that are only looked at where a study names local parts."""


def unobserved(states: States) -> frozenset[str]:
    """The measures that were not observed at one domain, which is neither no nor a failure."""
    found = [facet.unobserved(states) for facet in ALL]
    for facet in ALL:
        if facet.name in OF_ADDRESSES and states[facet.name] == "not_observed":
            found.append(frozenset(facet.measures))
    for column, names in OF_VISITS.items():
        if states[column] == "not_observed":
            found.append(frozenset(names))
    return frozenset().union(*found)
