"""The state columns and measures of both protocols, and their JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from ...schema import Column
from ...words import State
from ..protocol import Context, Measure
from ..validation import BOGUS, INSECURE, SECURE
from .judging import names_above
from .names import Place, hashed, wanted

MOST_ADDRESSES = 20  # kept a domain
MOST_RECORDS = 20  # kept an address
SEEN = (State.PRESENT, State.UNKNOWN, State.NOT_OBSERVED)


def columns(place: Place, record: pl.Struct) -> tuple[Column, ...]:
    """The state columns. record: what is kept of one record."""
    name, texts = place.name, dict.fromkeys(("owner", "state", "security"), pl.String)
    address = pl.Struct({**texts, "records": pl.List(record)})
    return (
        Column(
            name,
            pl.String,
            "",
            "present: at an address asked for; absent: at none of them; unknown; "
            "not_observed: no address was asked for",
            "present: 調べたアドレスのいずれかにあり、absent: いずれにもなし、unknown、"
            "not_observed: 調べたアドレスなし",
        ),
        Column(
            f"{name}_usable",
            pl.Boolean,
            "",
            "an address has a record that a client may use, proven by DNSSEC; null: not known",
            "DNSSEC で検証でき、利用可能なレコードを持つアドレスがあるか。null: 不明",
        ),
        Column(
            f"{name}_below",
            pl.Boolean,
            "",
            f"{place.label} exists below the domain, so some address has a record; null: not "
            "known, or a wildcard hides it. A lower bound: servers that ignore RFC 8020 deny it",
            f"{place.label} が存在し、いずれかのアドレスにレコードがあるか。null: 不明、または"
            "ワイルドカードで判別不能。RFC 8020 に従わないサーバーがあるため下限値",
        ),
        Column(
            f"{name}_addresses",
            pl.List(address),
            "",
            f"what was asked for, at most {MOST_ADDRESSES}, local parts only as hashes; "
            "security: secure, insecure, bogus, unknown or not_observed",
            f"調べたアドレス（最大 {MOST_ADDRESSES} 件、ローカル部はハッシュのみ）。"
            "security: secure、insecure、bogus、unknown、not_observed",
        ),
    )


def measures(place: Place, en: str, ja: str) -> tuple[Measure, ...]:
    """`<name>` and `<name>_possible` in the adoption table, of the addresses asked for only.

    en, ja: what the records are.
    """
    asked = pl.col(place.name) != State.NOT_OBSERVED.value
    security = pl.col(f"{place.name}_addresses").list.eval(pl.element().struct.field("security"))
    unproven = security.list.contains(State.NOT_OBSERVED.value).fill_null(False)
    usable = pl.col(f"{place.name}_usable")
    return (
        Measure(
            place.name,
            f"{en}, usable (of an address asked for)",
            f"{ja}（調べたアドレスで利用可能）",
            usable,
            asked & ~(usable.is_null() & unproven),
        ),
        Measure(
            f"{place.name}_possible",
            f"{en}, any address (lower bound)",
            f"{ja}がいずれかのアドレスにあり（下限）",
            pl.col(f"{place.name}_below"),
            asked,
        ),
    )


def states(
    place: Place,
    told: pl.LazyFrame,
    records: pl.LazyFrame,
    facts: pl.LazyFrame,
    domains: pl.LazyFrame,
    context: Context,
) -> pl.LazyFrame:
    """The states of every domain: domain, and `columns`.

    told: see `judging.answers`. records: domain, position, usable, record (a struct).
    """
    listed = records.group_by("domain", "position").agg(
        records=pl.col("record").sort().head(MOST_RECORDS),
        usable=pl.col("usable").any(ignore_nulls=False),
    )
    absent = pl.col("state") == State.ABSENT.value
    seen = (
        told.join(listed, on=["domain", "position"], how="left")
        .with_columns(
            pl.col("records").fill_null([]),
            usable=pl.when(absent).then(False).otherwise("usable"),
        )
        .sort("domain", "position")
        .group_by("domain", maintain_order=True)
        .agg(
            addresses=pl.struct("owner", "state", "security", "records").head(MOST_ADDRESSES),
            **{state.value: (pl.col("state") == state.value).any() for state in SEEN},
            usable=pl.col("usable").any(ignore_nulls=False),
            count=pl.len(),
        )
    )
    return (
        domains.select("domain")
        .join(seen, on="domain", how="left")
        .join(names_above(place, facts, context), on="domain", how="left")
        .join(expected(context), on="domain", how="left")
        .with_columns(state=state(context))
        .select("domain", *state_columns(place))
    )


def expected(context: Context) -> pl.LazyFrame:
    """The addresses of single domains: domain, own: how many; union: with the study's."""
    rows = wanted(context).collect()
    every = set(rows.filter(pl.col("domain").is_null())["label"])
    own: dict[str, set[str]] = {}
    alone = rows.filter(pl.col("domain").is_not_null()).select("domain", "label")
    for domain, label in alone.rows():
        own.setdefault(domain, set()).add(label)
    counts = [
        {"domain": domain, "own": len(labels), "union": len(labels | every)}
        for domain, labels in own.items()
    ]
    return pl.LazyFrame(counts, schema={"domain": pl.String, "own": pl.UInt32, "union": pl.UInt32})


def saw(state: State) -> pl.Expr:
    """Is this the state of one of the domain's addresses?"""
    return pl.col(state.value).fill_null(False)


def above_is(state: State) -> pl.Expr:
    """Is this what is known of the name above the owners? False where it was of no interest."""
    return (pl.col("above") == state.value).fill_null(False)


def state(context: Context) -> pl.Expr:
    """The rolled-up state: a failure is never an absence, and neither is what was not asked."""
    local_parts = len({hashed(one) for one in context.wanted.local_parts})
    own = pl.col("own").fill_null(0)
    due = pl.when(above_is(State.PRESENT)).then(pl.col("union").fill_null(local_parts))
    unasked = pl.col("count").fill_null(0) < due.otherwise(own)
    if local_parts:
        unasked |= pl.col("above").is_null() | above_is(State.NOT_OBSERVED)
    return (
        pl.when(saw(State.PRESENT))
        .then(pl.lit(State.PRESENT.value))
        .when(saw(State.UNKNOWN) | above_is(State.UNKNOWN))
        .then(pl.lit(State.UNKNOWN.value))
        .when(saw(State.NOT_OBSERVED) | unasked | (own + local_parts == 0))
        .then(pl.lit(State.NOT_OBSERVED.value))
        .otherwise(pl.lit(State.ABSENT.value))
    )


def state_columns(place: Place) -> list[pl.Expr]:
    """`columns` of one domain, from its state, its addresses and the name above them."""
    is_open = above_is(State.PRESENT) & (pl.col("wildcard") == False).fill_null(False)  # noqa: E712
    hidden = saw(State.UNKNOWN) | saw(State.NOT_OBSERVED) | above_is(State.UNKNOWN)
    is_known = pl.col("state").is_in([State.PRESENT.value, State.ABSENT.value]) & ~hidden
    none_kept = pl.col("addresses").is_null()
    return [
        pl.col("state").alias(place.name),
        pl.when(pl.col("usable"))
        .then(True)
        .when(is_known)
        .then(pl.when(none_kept).then(False).otherwise("usable"))
        .alias(f"{place.name}_usable"),
        pl.when(saw(State.PRESENT) | is_open)
        .then(True)
        .when(above_is(State.ABSENT))
        .then(False)
        .alias(f"{place.name}_below"),
        pl.col("addresses").fill_null([]).alias(f"{place.name}_addresses"),
    ]


# --- JSON ----------------------------------------------------------------------------------------


def show(place: Place, state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON: of the first address that its state is of, and `addresses` if several."""
    rolled_up = state[place.name]
    addresses = [shown(address) for address in state[f"{place.name}_addresses"] or ()]
    of_state = [address for address in addresses if address["state"] == rolled_up]
    nothing = {"owner": None, "state": rolled_up, "secure": State.NOT_OBSERVED.value, "records": []}
    first = next(iter(of_state), nothing)
    return first | ({"addresses": addresses} if len(addresses) > 1 else {})


def shown(address: Mapping[str, Any]) -> dict[str, Any]:
    """One address: owner, state, secure (true, false, or why it is not known), records."""
    security = address["security"]
    secure = {SECURE: True, INSECURE: False, BOGUS: False}.get(security, security)
    return {
        "owner": address["owner"],
        "state": address["state"],
        "secure": secure,
        "records": [shown_record(record, security) for record in address["records"]],
    }


def shown_record(record: Mapping[str, Any], security: str) -> dict[str, Any]:
    """One record. usable: where DNSSEC's word is missing, why it is."""
    plain = {
        key: value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value
        for key, value in record.items()
    }
    return plain | ({"usable": security} if record["usable"] is None else {})
