"""STARTTLS: do a domain's mail servers take mail encrypted, and with which certificate?

SMTP over TLS (RFC 3207) as the servers at port 25 of the MX hosts offer it. Senders encrypt where
they can and look at no certificate (RFC 7435), unless MTA-STS (RFC 8461) or DANE (RFC 7672) asks
them to; both are told here: whether a host encrypts, and whether its certificate would pass.

A host is judged by its IPv4 addresses. One that says that it has no STARTTLS makes the host plain,
for mail may go there; one that cannot be reached makes nothing plain: no mail goes there at all.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from ...words import QType, State
from ..protocol import Context, ask
from .asks import visits
from .columns import COLUMNS, MEASURES, RULE_SETS
from .findings import FINDINGS
from .judge import judge

NAME = "starttls"
FOLLOWS: tuple[str, ...] = ("mx", "mtasts")
LEADING: tuple[str, ...] = ()


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """Nothing in the DNS: `mx` asks for the hosts and their addresses."""
    return ask(domains.filter(pl.lit(False)), pl.col("domain"), QType.A, NAME)


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """Nothing in the DNS."""
    return ask(facts.clear(), pl.col("name"), QType.A, NAME)


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON. hosts: by name, "unknown" where the MX is not known."""
    hosts = state["starttls_hosts"]
    is_unobserved = state["starttls"] == State.NOT_OBSERVED.value
    hidden = State.NOT_OBSERVED if is_unobserved else State.UNKNOWN
    shown = {
        host["host"]: {key: host[key] for key in ("state", "version", "certificate")}
        for host in hosts or ()
    }
    return {
        "state": state["starttls"],
        "certificates": state["starttls_certificates"],
        "hosts": hidden.value if hosts is None else shown,
    }


__all__ = [
    "COLUMNS",
    "FINDINGS",
    "FOLLOWS",
    "LEADING",
    "MEASURES",
    "NAME",
    "RULE_SETS",
    "asks",
    "follow_ups",
    "judge",
    "show",
    "visits",
]
