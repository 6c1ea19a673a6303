"""What differs between two versions' verdicts: findings, states and published cells."""

import polars as pl

from ..protocols import ALL
from ..protocols.protocol import filled
from ..schema import REJUDGED, polars_schema
from ..store import Store
from ..tables.published import TABLES
from .sides import Side

NOW = " now"  # ends the names of the other side's columns
BOTH, BEFORE, AFTER = "both", "before", "after"
FINDING, STATE = "finding", "state"
COUNTED = "domains"  # what a finding's and a state's row counts
BESIDE = ("cohort", "denominator")  # a table's columns that do not name its row: a cohort has one
CELLS = {"cohort": pl.String, "row": pl.String, "cell": pl.String, "count": pl.UInt32}
ROW = {
    name: polars_schema(REJUDGED)[name] for name in ("part", "row", "cell", "versions", "changed")
}


def compared(before: Side, after: Side) -> pl.DataFrame:
    """What differs, or exists on one side only: findings, states, then cells of the tables."""
    tables = [changed_cells(before.store, after.store, name) for name in TABLES]
    parts = [changed_findings(before, after), changed_states(before.store, after.store), *tables]
    return pl.concat([as_rejudged(part) for part in parts])


def as_rejudged(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows in the stored columns; what a part does not have is null."""
    return rows.select(
        pl.col(name).cast(dtype) if name in rows.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in polars_schema(REJUDGED).items()
    )


def changed_findings(before: Side, after: Side) -> pl.DataFrame:
    """For each code that a domain gained or lost, or that one side cannot make: its domains."""
    pairs = [
        side.store.read("findings").select("domain", row="code").unique()
        for side in (before, after)
    ]
    had, has = (pairs[0].with_columns(had=True), pairs[1].with_columns(has=True))
    both = had.join(has, on=("domain", "row"), how="full", coalesce=True)
    was, now = pl.col("had").fill_null(False), pl.col("has").fill_null(False)
    counted = both.group_by("row").agg(
        before=was.sum(),
        after=now.sum(),
        gained=(now & ~was).sum(),
        lost=(was & ~now).sum(),
        kept=(was & now).sum(),
    )
    known = (pl.col("row").is_in(list(side.codes)) for side in (before, after))
    codes = pl.LazyFrame({"row": sorted(before.codes | after.codes)}, schema={"row": pl.String})
    return (
        codes.join(counted, on="row", how="left")
        .with_columns(pl.col("before", "after", "gained", "lost", "kept").fill_null(0))
        .with_columns(
            part=pl.lit(FINDING),
            cell=pl.lit(COUNTED),
            versions=versions(*known),
            changed=pl.col("gained") + pl.col("lost"),
        )
        .filter((pl.col("changed") > 0) | (pl.col("versions") != BOTH))
        .sort("changed", "row", descending=[True, False])
        .collect()
    )


def changed_states(before: Store, after: Store) -> pl.DataFrame:
    """For each column of the states: the domains whose value differs; those of one side only.

    Where values are words of a closed list, also how many went from which to which.
    """
    old, new = before.read("states"), after.read("states")
    was, now = old.collect_schema(), new.collect_schema()
    names = [name for name in {**was, **now} if name != "domain"]
    having = {
        name: BEFORE if name not in now else AFTER if name not in was else BOTH for name in names
    }
    common = [name for name in names if having[name] == BOTH and comparable(was[name], now[name])]
    joined = old.select(
        "domain", *(pl.col(name).cast(now[name], strict=False) for name in common)
    ).join(new.select("domain", *common), on="domain", how="full", coalesce=True, suffix=NOW)
    changed = joined.select(differs(name).sum().alias(name) for name in common).collect()
    rows = []
    for name in names:
        count = changed[name].item() if name in common else None  # of another shape: not known
        if having[name] != BOTH or count != 0:
            rows.append((STATE, name, COUNTED, having[name], count))
        if count and is_closed(name, now[name]):
            rows += [(STATE, name, move, BOTH, many) for move, many in moves(joined, name)]
    return pl.DataFrame(rows, schema=ROW, orient="row")


def differs(name: str) -> pl.Expr:
    """Is a column's value another one on the other side? null is a value."""
    return pl.col(name).ne_missing(pl.col(name + NOW))


def comparable(was: pl.DataType, now: pl.DataType) -> bool:
    """Can values of these two types be equal? Lists and structs only where they are alike."""
    return was == now or not (was.is_nested() or now.is_nested())


def is_closed(name: str, dtype: pl.DataType) -> bool:
    """Are a column's values words of a closed list? Others could be names, which no table holds."""
    return dtype == pl.Boolean or name in {protocol.NAME for protocol in ALL}


def moves(joined: pl.LazyFrame, name: str) -> list[tuple[str, int]]:
    """From which value to which, and how many domains, the most first."""
    pair = [pl.col(one).cast(pl.String).fill_null("null") for one in (name, name + NOW)]
    move = filled("{} → {}", *pair).alias("move")
    counted = joined.filter(differs(name)).select(move).group_by("move").len()
    return counted.sort("len", "move", descending=[True, False]).collect().rows()


def changed_cells(before: Store, after: Store, table: str) -> pl.DataFrame:
    """The cells of one published table whose counts differ; rows that one side only has."""
    was, now = cells(before, table), cells(after, table)
    key = ["cohort", "row", "cell"]
    both = was.with_row_index("was").join(
        now.with_row_index("now"), on=key, how="full", coalesce=True, suffix=NOW
    )
    in_before, in_after = pl.col("was").is_not_null(), pl.col("now").is_not_null()
    return (
        both.select(
            *key,
            part=pl.lit(table),
            versions=versions(in_before, in_after),
            before="count",
            after="count" + NOW,
            order=pl.coalesce("now", "was"),
        )
        .filter((pl.col("versions") != BOTH) | pl.col("before").ne_missing(pl.col("after")))
        .sort("order", *key)
    )


def cells(store: Store, table: str) -> pl.DataFrame:
    """A published table, a row for each of its counts; none where that version has no such table.

    Shares are left out: they follow from the counts.
    """
    if not store.has(f"tables/{table}.parquet"):
        return pl.DataFrame(schema=CELLS)
    made = store.read(f"tables/{table}").collect()
    keys = [name for name in made.columns if made.schema[name] == pl.String and name not in BESIDE]
    counts = [name for name in made.columns if made.schema[name].is_integer()]
    return (
        made.with_columns(row=pl.concat_str(keys, separator=" / "))
        .with_row_index("line")
        .unpivot(counts, index=["line", "cohort", "row"], variable_name="cell", value_name="count")
        .sort("line", maintain_order=True)
        .select(pl.col(name).cast(dtype) for name, dtype in CELLS.items())
    )


def versions(in_before: pl.Expr, in_after: pl.Expr) -> pl.Expr:
    """Which versions have it. Both arguments: never null."""
    only = pl.when(in_after).then(pl.lit(AFTER)).otherwise(pl.lit(BEFORE))
    return pl.when(in_before & in_after).then(pl.lit(BOTH)).otherwise(only)
