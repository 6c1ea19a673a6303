"""Parked: how far is a domain that does no mail closed to those who would mail in its name?

Judged are domains that take no mail: with a null MX (RFC 7505), or with neither MX nor address, so
that there is nowhere to deliver to (RFC 5321 §5.1). What such a domain should publish is agreed on
by M3AAWG ("Protecting Parked Domains"), the British government ("Protect domains that do not send
email") and the Dutch Internet Standards Platform ("Parked domain how-to"):

    example.jp.               MX  0 .                        RFC 7505 §3
    example.jp.               TXT "v=spf1 -all"              RFC 7208 §10.1.2
    _dmarc.example.jp.        TXT "v=DMARC1; p=reject"       RFC 9989 §4.7
    *._domainkey.example.jp.  TXT "v=DKIM1; p="              RFC 6376 §3.6.1

`none`: not one of the four. `fully`: all of them, where the first may also be that there is no
address, so that nothing arrives anyway. That a key which is not there and one which is revoked are
the same to a verifier (RFC 6376 §6.1.2) does not make the fourth needless: a survey cannot list
selectors, and only the wildcard closes those that nobody remembers.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from ...words import QType, State
from ..protocol import Context, Measure, RuleSet, ask
from .columns import COLUMNS, PARTS
from .findings import FINDINGS
from .judge import judge
from .record import Record, parse

NAME = "parked"
FOLLOWS: tuple[str, ...] = ("mx", "spf", "dmarc", "dkim")
LEADING: tuple[str, ...] = ()

MEASURES: tuple[Measure, ...] = ()
"""These domains lie outside the usual denominators: `tables.parked` counts them."""
RULE_SETS: tuple[RuleSet, ...] = ()


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """Nothing: other protocols ask all that this one judges by."""
    return ask(domains.head(0), pl.col("domain"), QType.TXT, NAME)


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """Nothing."""
    return ask(facts.head(0), pl.col("name"), QType.TXT, NAME)


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON. The parts are null where the facet does not apply."""
    applies = state["parked"] != State.NOT_APPLICABLE.value
    parts = {column.name.removeprefix("parked_"): state[column.name] for column in PARTS}
    hidden_part = State.UNKNOWN.value if applies else None
    return {"state": state["parked"]} | {
        name: hidden_part if value is None else value for name, value in parts.items()
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
