"""DMARC: what a domain wants done with mail that pretends to come from it (RFC 9989).

TXT at `_dmarc.<domain>`: `v=DMARC1; p=none|quarantine|reject; …`. A domain without a record of its
own has that of its organisational domain, or of its public suffix, found by the tree walk: at most
eight names, which are all asked at once. Names above a domain are shared by many, and asked once.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from ...words import QType, State
from ..protocol import Context, RuleSet, ask
from .columns import COLUMNS, MEASURES
from .findings import FINDINGS
from .judge import STRICT, judge
from .record import Record, parse
from .walk import steps

NAME = "dmarc"
FOLLOWS: tuple[str, ...] = ()
RULE_SETS: tuple[RuleSet, ...] = ()


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """Every name of every domain's tree walk, at once. domains: `domain`. Returns `schema.ASKS`."""
    names = steps(domains).filter(pl.col("target").is_not_null())
    return ask(names, pl.col("target"), QType.TXT, "dmarc")


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """Nothing: the names are known from the start."""
    return ask(facts.clear(), pl.col("name"), QType.TXT, "dmarc")


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON: "unknown" is what a question without answer hides, null what is not there.

    present: true, false, "unknown" or "not_observed".
    """
    present = {State.PRESENT: True, State.ABSENT: False}
    is_covered, effective = state["dmarc_covered"], state["dmarc_effective"]
    enforced: bool | str = effective in STRICT
    if is_covered is None or effective == State.UNKNOWN:
        enforced = State.UNKNOWN.value

    def unless_hidden(value: Any) -> Any:
        return State.UNKNOWN.value if is_covered is None else value

    org_domain = state["dmarc_org_domain"]
    return {
        "present": present.get(state["dmarc"], state["dmarc"]),
        "inherited": unless_hidden(state["dmarc_inherited"]),
        "policy_domain": unless_hidden(state["dmarc_policy_domain"]),
        "org_domain": State.UNKNOWN.value if org_domain is None else org_domain,
        "policy": unless_hidden(state["dmarc_applies"]),
        "effective": unless_hidden(effective),
        "enforced": enforced,
        "rua": unless_hidden(state["dmarc_rua"]),
        "ruf": unless_hidden(state["dmarc_ruf"]),
    }


__all__ = [
    "COLUMNS",
    "FINDINGS",
    "FOLLOWS",
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
