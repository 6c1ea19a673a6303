"""DANE for SMTP: a domain's MX hosts publish the certificates or keys that they show, by DNSSEC.

TLSA records at `_25._tcp.<host>` (RFC 6698, RFC 7671), read as a sender reads them (RFC 7672): only
where the MX, the host's address and the TLSA are all proven. Whether the hosts show what the
records say is told by the visits (`served`). It protects the domain against eavesdroppers on the
way only if every MX host has it (§2.2.1: any host may be tried).

How a host of an insecure MX counts: not at all. A sender may use its TLSA (§2.2.1), but whoever
forges the MX sends the mail elsewhere; the hosts' own states are shown all the same.
"""

from collections.abc import Mapping
from typing import Any

from ...words import State
from .asks import LEADING, asks, follow_ups
from .columns import COLUMNS, MEASURES, RULE_SETS
from .findings import FINDINGS
from .judge import judge
from .record import Record, parse
from .served import asks_again, visits

__all__ = [
    "COLUMNS",
    "FINDINGS",
    "FOLLOWS",
    "LEADING",
    "MEASURES",
    "NAME",
    "RULE_SETS",
    "Record",
    "asks",
    "asks_again",
    "follow_ups",
    "judge",
    "parse",
    "show",
    "visits",
]

NAME = "dane"
FOLLOWS: tuple[str, ...] = ("mx",)


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON. hosts: by name, "unknown" where the MX is not known."""
    hosts = state["dane_hosts"]
    is_unobserved = state["dane"] == State.NOT_OBSERVED.value
    hidden = State.NOT_OBSERVED if is_unobserved else State.UNKNOWN
    shown = {
        host["host"]: {key: host[key] for key in ("state", "verdict", "base", "records")}
        for host in hosts or ()
    }
    return {
        "mx": state["dane_mx"],
        "hosts": hidden.value if hosts is None else shown,
        "state": state["dane"],
        "verified": state["dane_verified"],
    }
