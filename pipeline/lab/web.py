"""The web of a zone file: what each URL brings, under the key "https"."""

from pathlib import Path

import polars as pl

from ..schema import FETCHES, polars_schema


def load_fetches(path: Path) -> pl.LazyFrame:
    """What the URLs of a zone file bring, in `schema.FETCHES`. Raises ZoneError."""
    return pl.LazyFrame(schema=polars_schema(FETCHES))
