"""A stored column, and what is made from a table's columns: the polars and the Parquet schema."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
import pyarrow as pa
from polars.datatypes import DataType, DataTypeClass


@dataclass(frozen=True, slots=True)
class Column:
    """One stored column. unit: "" where the type says all."""

    name: str
    dtype: DataType | DataTypeClass
    unit: str
    en: str
    ja: str


def polars_schema(columns: Iterable[Column]) -> dict[str, DataType | DataTypeClass]:
    """Name → polars type, in order."""
    return {column.name: column.dtype for column in columns}


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """The Parquet schema: Arrow types, and each column's unit and meaning as field metadata."""
    columns = tuple(columns)
    plain = pl.DataFrame(schema=polars_schema(columns)).to_arrow(
        compat_level=pl.CompatLevel.oldest()
    )
    return pa.schema(
        field.with_metadata({"unit": column.unit, "en": column.en, "ja": column.ja})
        for field, column in zip(plain.schema, columns, strict=True)
    )
