"""DKIM: the keys with which receivers check that a domain signed a message (RFC 6376).

TXT at `<selector>._domainkey.<domain>`: `v=DKIM1; k=rsa; p=<key>`. Selectors cannot be listed: a
survey asks for common ones and says how it knows. What tells without guessing is `_domainkey`
itself: a name with names below it exists (NOERROR), one without does not (NXDOMAIN, RFC 8020).
"""

from collections.abc import Mapping
from typing import Any

from ...words import State
from .asks import LEADING, asks, follow_ups
from .columns import COLUMNS, MEASURES
from .findings import FINDINGS
from .judge import across, judge
from .record import Record, parse
from .rules import RULE_SETS

NAME = "dkim"
FOLLOWS: tuple[str, ...] = ()


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON. wildcard: true, false, or "unknown" where the question brought no answer.

    keys: what was found, one a selector that answered with a TXT.
    """
    wildcard = state["dkim_wildcard"]
    hidden = State.NOT_OBSERVED if state["dkim"] == State.NOT_OBSERVED else State.UNKNOWN
    return {
        "state": state["dkim"],
        "wildcard": hidden.value if wildcard is None else wildcard,
        "keys": state["dkim_keys"],
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
    "across",
    "asks",
    "follow_ups",
    "judge",
    "parse",
    "show",
]
