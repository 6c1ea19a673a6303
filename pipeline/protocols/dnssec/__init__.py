"""DNSSEC: can a validating resolver prove what a domain publishes, and where its mail goes?

Judged as a resolver's client sees it (`validation`): the SOA of the name is asked, and the answer's
AD flag read (RFC 4035 §3.2.3, RFC 6840 §5.8). No alias is followed: where a name is a CNAME, whose
target may lie in another zone, the CNAME itself is asked and judged.

The zone's DS and DNSKEY say by which algorithms, and why not. They are asked for where they can
say it: in zones that are signed, and in a sample of the others, for islands (RFC 4033 §2).
"""

from collections.abc import Mapping
from typing import Any

from ...words import State
from ..protocol import RuleSet
from ..validation import KNOWN
from .asks import LEADING, asks, follow_ups
from .chain import Delegation, Key, parse_dnskey, parse_ds
from .columns import COLUMNS, MEASURES
from .findings import FINDINGS
from .judge import judge

__all__ = [
    "COLUMNS",
    "FINDINGS",
    "FOLLOWS",
    "LEADING",
    "MEASURES",
    "NAME",
    "RULE_SETS",
    "Delegation",
    "Key",
    "asks",
    "follow_ups",
    "judge",
    "parse_dnskey",
    "parse_ds",
    "show",
]

NAME = "dnssec"
FOLLOWS: tuple[str, ...] = ("mx",)
RULE_SETS: tuple[RuleSet, ...] = ()


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON. ede: the extended error's code, null: none. hosts: of the MX, by name.

    Numbers that a failure hides are "unknown", and null at an alias, whose zone is not looked for.
    """
    hosts = state["dnssec_hosts"]
    own = {name: state[f"dnssec_{name}"] for name in ("zone", *NUMBERS_SHOWN)}
    return {
        "state": state["dnssec"],
        "ede": state["dnssec_ede"],
        **numbers(own, state["dnssec"]),
        "hosts": state["dnssec_mx"]
        if hosts is None
        else {
            host["host"]: {"state": host["state"], **numbers(host, host["state"])} for host in hosts
        },
    }


NUMBERS_SHOWN = ("algorithms", "digest_types")


def numbers(of: Mapping[str, Any], state: str) -> dict[str, Any]:
    """The algorithms and digest types of a name's zone, for the JSON."""
    if state not in KNOWN:
        return dict.fromkeys(NUMBERS_SHOWN, state)
    hidden = None if of["zone"] is None else State.UNKNOWN.value
    return {name: hidden if of[name] is None else of[name] for name in NUMBERS_SHOWN}
