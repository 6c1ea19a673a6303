"""Every stored column, defined once: name, type, unit, meaning.

    collected   population, asks, facts        concluded   findings, states
    published   the tables, and the sheets for checking rules

The Parquet schemas, the data dictionary (`mailsurvey columns`) and the table heads are made from
these. A stored column that is missing here fails a test. The columns of a facet stand in its
protocol's file, in the same form.
"""

from .collected import (
    ASKS,
    CERTIFICATES,
    DOMAIN,
    DOMAINS,
    FACTS,
    FETCHES,
    KEY,
    REJECTS,
    RR,
    VISIT_KEY,
    VISITS,
)
from .column import Column, arrow_schema, polars_schema
from .concluded import EXISTS, FINDINGS, STATES
from .published import (
    ADOPTION,
    DISAGREEMENT,
    MISTAKES,
    PARKED,
    PROVIDER_MEASURES,
    PROVIDERS,
    REJUDGED,
    SAMPLE,
    SAMPLE_KEY,
)

__all__ = [
    "ADOPTION",
    "ASKS",
    "CERTIFICATES",
    "DISAGREEMENT",
    "DOMAIN",
    "DOMAINS",
    "EXISTS",
    "FACTS",
    "FETCHES",
    "FINDINGS",
    "KEY",
    "MISTAKES",
    "PARKED",
    "PROVIDERS",
    "PROVIDER_MEASURES",
    "REJECTS",
    "REJUDGED",
    "RR",
    "SAMPLE",
    "SAMPLE_KEY",
    "STATES",
    "VISITS",
    "VISIT_KEY",
    "Column",
    "arrow_schema",
    "polars_schema",
]
