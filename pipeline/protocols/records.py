"""From payloads to records to findings: what every protocol does with what `parse` returns.

Each distinct payload is parsed once, however many domains publish it; everything after that is a
join. A finding is one row (domain, code, name, at, evidence), in the columns of `schema.FINDINGS`
less `protocol`.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import polars as pl
import pyarrow as pa

from ..schema import FINDINGS, polars_schema
from .protocol import Fault, Finding

LONGEST_EVIDENCE = 200  # characters, see schema.FINDINGS
FAULTS = pa.list_(pa.struct({"code": pa.string(), "at": pa.uint32(), "evidence": pa.string()}))


class Record(Protocol):
    """What `parse` returns: fields of its own, and every fault of the payload."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All of them, by place."""


def parsed(
    payloads: pl.LazyFrame,
    parse: Callable[[bytes], Record | None],
    fields: Mapping[str, pa.DataType],
) -> pl.LazyFrame:
    """Each distinct payload's record: `payload`, the record's fields by name, `faults`.

    payloads: `payload` (binary), repeated as often as it likes. A payload that is not the
    protocol's is left out.
    """
    distinct = payloads.select("payload").unique().collect()["payload"].to_list()
    pairs = [(payload, parse(payload)) for payload in distinct]
    mine = [(payload, record) for payload, record in pairs if record is not None]
    columns = {"payload": pa.array([payload for payload, _ in mine], pa.large_binary())}
    for name, dtype in fields.items():
        columns[name] = pa.array([getattr(record, name) for _, record in mine], dtype)
    columns["faults"] = pa.array([fault_rows(record.faults) for _, record in mine], FAULTS)
    return pl.DataFrame(pa.table(columns)).lazy()


def fault_rows(faults: tuple[Fault, ...]) -> list[dict[str, str | int]]:
    """Faults as rows of FAULTS."""
    return [
        {"code": f.finding.code, "at": f.at, "evidence": f.evidence[:LONGEST_EVIDENCE]}
        for f in faults
    ]


def faults_found(published: pl.LazyFrame) -> pl.LazyFrame:
    """The findings of parsed records. published: domain, name (of the owner), faults."""
    rows = published.select("domain", "name", "faults").explode("faults")
    return as_findings(rows.unnest("faults").filter(pl.col("code").is_not_null()))


def found(domains: pl.LazyFrame, finding: Finding, evidence: pl.Expr | None = None) -> pl.LazyFrame:
    """One finding at each domain, of its records as a whole. domains: domain, name."""
    return as_findings(
        domains.with_columns(
            code=pl.lit(finding.code),
            at=pl.lit(None, pl.UInt32),
            evidence=pl.lit("") if evidence is None else evidence.str.head(LONGEST_EVIDENCE),
        )
    )


def as_findings(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The stored columns, in their order and types."""
    columns = polars_schema(column for column in FINDINGS if column.name != "protocol")
    return rows.select(pl.col(name).cast(dtype) for name, dtype in columns.items())
