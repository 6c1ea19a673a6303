"""MTA-STS: senders shall deliver over TLS only, to hosts with a valid certificate (RFC 8461).

TXT at `_mta-sts.<domain>`, aliases followed: `v=STSv1; id=…` says that there is a policy, which
stands at `https://mta-sts.<domain>/.well-known/mta-sts.txt`. A domain that publishes the record
alone protects nothing, so both are counted. Where nothing was ever fetched, nothing is said of the
policy.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from ...words import QType
from ..protocol import Context, ask, filled
from ..versioned import LONGEST_NAME
from .columns import COLUMNS, MEASURES, UNKNOWN, VALID
from .findings import FETCH_FINDINGS, MX_FINDINGS, RECORD_FINDINGS
from .judge import LABEL, judge, policy_url
from .policy import LARGEST, Policy, parse_policy
from .policy_findings import POLICY_FINDINGS
from .record import Record, parse
from .rules import RULE_SETS

NAME = "mtasts"
FOLLOWS: tuple[str, ...] = ("mx",)
LEADING: tuple[str, ...] = ()
FINDINGS = (*RECORD_FINDINGS, *FETCH_FINDINGS, *POLICY_FINDINGS, *MX_FINDINGS)


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The TXT at `_mta-sts` of every domain. domains: `domain`. Returns `schema.ASKS`."""
    name = filled(LABEL + "{}", "domain")
    return ask(domains.filter(name.str.len_bytes() <= LONGEST_NAME), name, QType.TXT, NAME)


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """Nothing: the policy is no matter of the DNS."""
    return ask(facts.clear(), pl.col("name"), QType.TXT, NAME)


def fetches(states: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The policies of the domains with a valid record (RFC 8461 §3.1). Returns FETCH_ASKS."""
    wanted = states.filter(pl.col("mtasts_txt") == VALID)
    most = pl.lit(LARGEST, pl.UInt32)
    return wanted.select(url=policy_url(), origin="domain", most=most)


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON: "unknown" is what a failure hides, null what is not there.

    mx_not_covered: [] also where no valid policy says anything of the MX.
    """
    policy, not_covered = state["mtasts_policy"], state["mtasts_mx_not_covered"]
    is_hidden = policy == UNKNOWN
    if not_covered is None:
        not_covered = UNKNOWN if policy in (UNKNOWN, VALID) else []
    return {
        "txt": state["mtasts_txt"],
        "policy": policy,
        "mode": UNKNOWN if is_hidden else state["mtasts_mode"],
        "max_age": UNKNOWN if is_hidden else state["mtasts_max_age"],
        "mx_not_covered": not_covered,
        "state": state["mtasts"],
    }


__all__ = [
    "COLUMNS",
    "FINDINGS",
    "FOLLOWS",
    "LEADING",
    "MEASURES",
    "NAME",
    "RULE_SETS",
    "Policy",
    "Record",
    "asks",
    "fetches",
    "follow_ups",
    "judge",
    "parse",
    "parse_policy",
    "show",
]
