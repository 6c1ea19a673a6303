"""SPF: which hosts may send mail in a domain's name.

A TXT record at the domain itself, `v=spf1 …`: mechanisms that are tried in order until one
matches the client, and modifiers (RFC 7208). A survey has no client and no message: it evaluates
the record for every address at once, follows includes and redirects to the end, and leaves open
what only a message could tell.

What is wrong with a record below the domain's own is told as `spf.include_broken` where it is
included; loops, dangling targets and the limits concern the whole tree and are told as they are.
"""

from collections.abc import Mapping
from typing import Any

from ...words import State
from .asks import LEADING, asks, follow_ups
from .columns import COLUMNS, MEASURES
from .findings import FINDINGS
from .judge import judge
from .parse import Record, parse
from .rules import RULE_SETS

NAME = "spf"
FOLLOWS: tuple[str, ...] = ()


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """One row of states as JSON values.

    tree: where there is no single record to have one, nothing of it is unseen: "complete".
    ptr: null where it is not known.
    """
    is_settled = state["spf"] in (State.PRESENT, State.ABSENT)
    return {
        "state": state["spf"],
        "tree": state["spf_tree"] or ("complete" if is_settled else "unknown"),
        "all": state["spf_all"],
        "effective_all": state["spf_effective_all"],
        "lookups": state["spf_lookups"],
        "void_lookups": state["spf_void_lookups"],
        "ptr": state["spf_ptr"],
        "ipv4_addresses": state["spf_ipv4_addresses"],
    }


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
    "follow_ups",
    "judge",
    "parse",
    "show",
]
