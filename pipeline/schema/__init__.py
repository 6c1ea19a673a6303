"""Every stored column, defined once: name, type, unit, meaning.

    collected   population, asks, facts        concluded   findings, states
    published   the tables, and the sheets for checking rules

The Parquet schemas, the data dictionary (`mailsurvey columns`) and the table heads are made from
these. A stored column that is missing here fails a test. The columns of a facet stand in its
protocol's file, in the same form.
"""

from .collected import ASKS, DOMAIN, DOMAINS, FACTS, FETCHES, KEY, REJECTS, RR
from .column import Column, arrow_schema, polars_schema
from .concluded import EXISTS, FINDINGS, STATES
from .published import ADOPTION, DISAGREEMENT, MISTAKES, PARKED, REJUDGED, SAMPLE, SAMPLE_KEY

__all__ = [
    "ADOPTION",
    "ASKS",
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
    "REJECTS",
    "REJUDGED",
    "RR",
    "SAMPLE",
    "SAMPLE_KEY",
    "STATES",
    "Column",
    "arrow_schema",
    "polars_schema",
]
