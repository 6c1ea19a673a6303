"""What fetches brought, read the same way by every protocol that wants something from the web."""

from collections.abc import Callable, Mapping

import polars as pl
import pyarrow as pa

from ..schema import FETCHES, polars_schema
from ..words import FETCH_FAILED, FetchOutcome
from .protocol import Context
from .records import Record, parsed

OK = 200  # RFC 9110 §15.3.1
SAYS_NOTHING = [outcome.value for outcome in (*FETCH_FAILED, FetchOutcome.NOT_ASKED)]
"""Outcomes that say nothing of what is served."""


def is_served() -> pl.Expr:
    """Did the whole document come?"""
    return (pl.col("outcome") == FetchOutcome.ANSWERED.value) & (pl.col("status") == OK)


def with_brought(
    wanted: pl.LazyFrame,
    context: Context,
    parse: Callable[[bytes], Record | None],
    fields: Mapping[str, pa.DataType],
    *more: str,
) -> pl.LazyFrame:
    """The domains with what their URL brought: outcome, status, began_at, more columns of
    `schema.FETCHES`, the record's, faults. All null: nothing was brought from there.

    wanted: domain, name (the URL). Each distinct document is parsed once.
    """
    fetches = context.fetches
    if fetches is None:
        fetches = pl.LazyFrame(schema=polars_schema(FETCHES))
    brought = (
        fetches.join(wanted, left_on="url", right_on="name", how="semi")
        .unique("url", keep="first", maintain_order=True)
        .select(
            "outcome",
            "status",
            "began_at",
            *more,
            name="url",
            payload=pl.when(is_served()).then(pl.col("body").fill_null(b"")),
        )
        .collect()  # few, and read twice
        .lazy()
    )
    records = parsed(brought.filter(is_served()), parse, fields)
    return wanted.join(
        brought.join(records, on="payload", how="left").drop("payload"), on="name", how="left"
    )
