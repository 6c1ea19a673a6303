"""BIMI: the logo that a domain wants shown beside its mail.

TXT at `default._bimi.<domain>`, or else at its organisational domain: `v=BIMI1; l=https://…;
a=https://…` (draft-brand-indicators-for-message-identification; no RFC yet). Receivers look at it
only where DMARC is strict. Which selector a message names stands in its header, so a survey sees
the default one alone.

The logo (an SVG Tiny PS) and the mark certificate that vouches for it are not fetched here, but
judged from the context's fetches; where nothing was ever fetched, nothing is said of them. Who
issued a certificate is not judged.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from ...words import QType, State
from ..dmarc.walk import steps
from ..protocol import Context, ask, filled
from ..versioned import LONGEST_NAME
from .columns import COLUMNS, MEASURES, RULE_SETS
from .findings import RECORD_FINDINGS
from .judge import LABEL, fetches, judge
from .logo import Logo, parse_logo
from .logo_findings import LOGO_FINDINGS
from .mark_findings import MARK_FINDINGS
from .record import Record, parse

NAME = "bimi"
FOLLOWS: tuple[str, ...] = ("dmarc",)
LEADING: tuple[str, ...] = ()
FINDINGS = (*RECORD_FINDINGS, *LOGO_FINDINGS, *MARK_FINDINGS)


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The TXT at `default._bimi` of every name of the domain's tree walk, at once.

    Which of them is the organisational domain is DMARC's to say. The names above are shared, so
    that they cost a run few questions; waiting for the domain's own answer would save none of
    them, as nearly every domain has no record. domains: `domain`. Returns `schema.ASKS`.
    """
    name = filled(LABEL + "{}", "name")
    names = steps(domains).filter(name.str.len_bytes() <= LONGEST_NAME)
    return ask(names, name, QType.TXT, NAME)


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """Nothing: the names are known from the start."""
    return ask(facts.clear(), pl.col("name"), QType.TXT, NAME)


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON: "unknown" is what a failure hides, null what is not there."""
    is_hidden = state["bimi"] == State.UNKNOWN.value
    eligible = state["bimi_dmarc_eligible"]

    def unless_hidden(value: Any) -> Any:
        return State.UNKNOWN.value if is_hidden else value

    return {
        "state": state["bimi"],
        "location": unless_hidden(state["bimi_location"]),
        "authority": unless_hidden(state["bimi_authority"]),
        "inherited": unless_hidden(state["bimi_inherited"]),
        "dmarc_eligible": State.UNKNOWN.value if eligible is None else eligible,
        "logo": state["bimi_logo"],
        "mark": state["bimi_mark"],
        "mark_kind": state["bimi_mark_kind"],
    }


__all__ = [
    "COLUMNS",
    "FINDINGS",
    "FOLLOWS",
    "LEADING",
    "MEASURES",
    "NAME",
    "RULE_SETS",
    "Logo",
    "Record",
    "asks",
    "fetches",
    "follow_ups",
    "judge",
    "parse",
    "parse_logo",
    "show",
]
