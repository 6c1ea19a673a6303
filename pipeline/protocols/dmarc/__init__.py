"""DMARC: what a domain wants done with mail that pretends to come from it (RFC 9989).

TXT at `_dmarc.<domain>`: `v=DMARC1; p=none|quarantine|reject; …`. A domain without a record of its
own has that of its organisational domain, or of its public suffix, found by the tree walk: at most
eight names, which are all asked at once. Names above a domain are shared by many, and asked once.

Reports to another organisation need its consent, which is one question more (RFC 9990 §4). What a
receiver of the older RFC 7489 makes of the same answers is told beside it.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from ...words import QType, State
from ..protocol import Context, ask
from . import external
from .columns import COLUMNS, MEASURES
from .findings import FINDINGS
from .judge import judge
from .record import Record, parse
from .rules import RULE_SETS
from .walk import steps

NAME = "dmarc"
FOLLOWS: tuple[str, ...] = ()
LEADING: tuple[str, ...] = (NAME,)


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """Every name of every domain's tree walk, at once. domains: `domain`. Returns `schema.ASKS`."""
    names = steps(domains).filter(pl.col("target").is_not_null())
    return ask(names, pl.col("target"), QType.TXT, "dmarc")


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """Whether the report addresses of other organisations accept the reports."""
    return external.follow_ups(facts)


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON: "unknown" is what a question without answer hides, null what is not there.

    present: true, false, "unknown" or "not_observed".
    """
    present = {State.PRESENT: True, State.ABSENT: False}
    is_covered = state["dmarc_covered"]
    addresses = state["dmarc_external"]

    def unless_hidden(value: Any) -> Any:
        return State.UNKNOWN.value if is_covered is None else value

    return {
        "present": present.get(state["dmarc"], state["dmarc"]),
        "inherited": unless_hidden(state["dmarc_inherited"]),
        "policy_domain": unless_hidden(state["dmarc_policy_domain"]),
        "org_domain": known(state["dmarc_org_domain"]),
        "policy": unless_hidden(state["dmarc_applies"]),
        "effective": unless_hidden(state["dmarc_effective"]),
        "enforced": known(state["dmarc_enforced"]),
        "rua": unless_hidden(state["dmarc_rua"]),
        "ruf": unless_hidden(state["dmarc_ruf"]),
        "external": unless_hidden({one["address"]: one["state"] for one in addresses or ()}),
        "rfc7489": older(state),
    }


def older(state: Mapping[str, Any]) -> dict[str, Any]:
    """The same by RFC 7489. pct: null where no policy applies."""
    is_hidden = state["dmarc_7489_covered"] is None
    keys = ("policy_domain", "org_domain", "policy", "enforced", "pct")
    return {
        key: State.UNKNOWN.value
        if is_hidden and key != "org_domain"
        else state[f"dmarc_7489_{key}"]
        for key in keys
    }


def known(value: Any) -> Any:
    """A value that is null only where a question without answer hides it."""
    return State.UNKNOWN.value if value is None else value


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
