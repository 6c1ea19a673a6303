"""Is a domain's DMARC strict enough for BIMI? (draft §7.1)

Receivers show nothing where the policy that applies is none, where the record of the domain or of
its organisational domain says p=none or sp=none, or p=quarantine for less than all mail. The
columns of DMARC say what applies; what the two records say beside it is read here.
"""

import re
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from .. import versioned
from ..dmarc import parse as parse_dmarc
from ..protocol import Fault, filled

LABEL = "_dmarc."
STRICT = ("quarantine", "reject")
PCT = re.compile(rb"(?i);[ \t]*pct[ \t]*=[ \t]*([0-9]{1,9})")  # RFC 7489 §6.3; gone in RFC 9989


@dataclass(frozen=True, slots=True)
class Policy:
    """One DMARC policy record. is_weak: it rules BIMI out at its domain and below."""

    is_record: bool
    is_weak: bool
    faults: tuple[Fault, ...] = ()


def parse_policy(payload: bytes) -> Policy | None:
    """Read a TXT's text. None: no DMARC policy record."""
    record = parse_dmarc(payload)
    if record is None or not record.is_policy:
        return None
    pct = PCT.search(payload)
    is_partial = record.is_test or (pct is not None and int(pct[1]) < 100)
    return Policy(
        True,
        record.policy not in STRICT
        or record.sp == "none"
        or (record.policy == "quarantine" and is_partial),
    )


def eligible(facts: pl.LazyFrame, domains: pl.LazyFrame) -> pl.LazyFrame:
    """domain, bimi_dmarc_eligible: true, false, null: hidden by a query without answer.

    facts: `schema.FACTS`; domains: domain, dmarc_effective (what applies after t=y),
    dmarc_org_domain (null: unknown; known, its record was seen).
    """
    own = domains.select("domain", name=filled(LABEL + "{}", "domain"))
    org = domains.select("domain", name=filled(LABEL + "{}", "dmarc_org_domain"))
    names = pl.concat([own, org.filter(pl.col("name").is_not_null())]).unique()
    records = versioned.read(
        versioned.texts(facts, LABEL),
        names,
        parse_policy,
        {"is_record": pa.bool_(), "is_weak": pa.bool_()},
    )
    sole = versioned.summary(records, "is_weak")
    weak = names.join(sole, on="name").group_by("domain").agg(pl.col("is_weak").any())
    effective = pl.col("dmarc_effective")
    return domains.join(weak, on="domain", how="left").select(
        "domain",
        bimi_dmarc_eligible=pl.when(effective.is_null() | (effective == "none"))
        .then(False)
        .when("is_weak")
        .then(False)
        .when(effective.is_in(STRICT), pl.col("dmarc_org_domain").is_not_null())
        .then(True),
    )
