"""MX: where a domain's mail is delivered, and whether it takes mail at all.

MX records stand at the domain itself, aliases followed (RFC 5321 §5.1). A domain that has none but
has an address takes mail at that address: the implicit MX. A single record `0 .` says that the
domain takes no mail: the null MX (RFC 7505).

Each host that an MX names is looked at once in a run: it must have an address, be no alias, and be
reachable from the Internet; and its name must not be free for a stranger to register.
"""

from collections.abc import Mapping
from typing import Any

from .asks import LEADING, asks, follow_ups, listed_hosts
from .columns import COLUMNS, IMPLICIT, MEASURES, NULL_MX, RULE_SETS, may_be_cut
from .findings import FINDINGS
from .judge import judge
from .record import MOST_HOSTS, Record, parse

NAME = "mx"
FOLLOWS: tuple[str, ...] = ()


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON. hosts: null where the question brought no answer."""
    return {"state": state["mx"], "hosts": state["mx_hosts"]}


__all__ = [
    "COLUMNS",
    "FINDINGS",
    "FOLLOWS",
    "IMPLICIT",
    "LEADING",
    "MEASURES",
    "MOST_HOSTS",
    "NAME",
    "NULL_MX",
    "RULE_SETS",
    "Record",
    "asks",
    "follow_ups",
    "judge",
    "listed_hosts",
    "may_be_cut",
    "parse",
    "show",
]
