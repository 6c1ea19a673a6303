"""Parked: how far the domains that take no mail are closed to forgery.

A table of its own, because the denominators of the others hide them: a domain with a null MX, or
with neither MX nor address, is in no share of the domains with an MX. Counted are those that exist,
whatever the cohort's denominator.
"""

from collections.abc import Sequence
from itertools import product

import polars as pl

from ..config import Cohort
from ..schema import PARKED, polars_schema
from ..words import State
from .adoption import mx_is
from .labels import count, percent, title
from .layout import Lane, Panel, Sheet
from .reference import Language

KINDS = {"null_mx": "null_mx", "no_mx": State.ABSENT.value}  # as `mx` has them
STATES = ("none", "some", "fully")
PARTS = ("null_mx", "spf", "dmarc", "dkim")
SHOWN = (*STATES, "unknown", *PARTS)

TEXTS: dict[str, dict[Language, str]] = {
    "head": {
        "en": "Domains that take no mail: how far they are closed to forgery",
        "ja": "メールを受信しないドメインのなりすまし対策",
    },
    "kind null_mx": {"en": "null MX", "ja": "null MX あり"},
    "kind no_mx": {"en": "neither MX nor address", "ja": "MX・アドレスなし"},
    "none": {"en": "none of those below", "ja": "対策なし"},
    "some": {"en": "some of them", "ja": "一部"},
    "fully": {"en": "fully closed", "ja": "完全"},
    "unknown": {"en": "not known", "ja": "不明"},
    "null_mx": {"en": "· null MX", "ja": "・null MX"},
    "spf": {"en": "· SPF -all", "ja": "・SPF -all"},
    "dmarc": {"en": "· DMARC reject", "ja": "・DMARC reject"},
    "dkim": {"en": "· DKIM wildcard revoked", "ja": "・DKIM（全失効）"},
    "of": {"en": "of {}", "ja": "{} 件中"},
    "perhaps": {"en": "+ {} perhaps", "ja": "他に不明 {}"},
    "domains": {"en": "domains", "ja": "件数"},
    "share": {"en": "share", "ja": "割合"},
    "note": {
        "en": "Fully closed: SPF makes every sender fail, the DMARC policy that applies is reject, "
        "and a wildcard revokes every DKIM selector. Not known: a question brought no answer, or "
        "was not asked.",
        "ja": "完全：SPF がすべての送信元を fail とし、適用される DMARC ポリシーが reject で、"
        "ワイルドカードにより全 DKIM セレクターが失効しているもの。"
        "不明：応答がない、または問い合わせていない。",
    },
}


def parked_table(
    states: pl.LazyFrame, domains: pl.LazyFrame, cohorts: Sequence[Cohort]
) -> pl.DataFrame:
    """One row for each cohort and kind, in the columns of `schema.PARKED`.

    states: `domain`, `exists`, `mx` and the columns of the facet `parked`; where it was not judged,
    the table is empty. domains: `domain`, `cohorts`. A domain without states is unknown in all.
    """
    if "parked" not in states.collect_schema().names():
        return pl.DataFrame(schema=polars_schema(PARKED))
    members = (
        domains.join(states, on="domain", how="left")
        .select(
            pl.col("cohorts").alias("cohort"),
            "parked",
            *(f"parked_{part}" for part in PARTS),
            *((mx_is(mx) & pl.col("exists")).alias(kind) for kind, mx in KINDS.items()),
        )
        .explode("cohort", empty_as_null=False)
    )
    counted = pl.concat(
        members.group_by("cohort").agg(*counts(kind)).with_columns(kind=pl.lit(kind))
        for kind in KINDS
    )
    heads = [(cohort.name, kind) for cohort, kind in product(cohorts, KINDS)]
    rows = pl.LazyFrame(heads, schema={"cohort": pl.String, "kind": pl.String}, orient="row")
    return (
        rows.join(counted, on=("cohort", "kind"), how="left", maintain_order="left")
        .with_columns(pl.exclude("cohort", "kind").fill_null(0))
        .select(pl.col(column.name).cast(column.dtype) for column in PARKED)
        .collect()
    )


def counts(kind: str) -> list[pl.Expr]:
    """A cohort's counts of one kind; only what is known to be true is counted."""
    member, state = pl.col(kind), pl.col("parked")
    hidden = [State.UNKNOWN.value, State.NOT_OBSERVED.value]
    return [
        member.sum().alias("of"),
        *((member & (state == name)).sum().alias(name) for name in STATES),
        (member & state.is_in(hidden)).sum().alias("unknown"),
        (member & (state == State.NOT_OBSERVED.value)).sum().alias("not_observed"),
        member.is_null().sum().alias("of_unknown"),
        *((member & pl.col(f"parked_{part}")).sum().alias(part) for part in PARTS),
    ]


def parked_sheet(parked: pl.DataFrame, cohorts: Sequence[Cohort], lang: Language) -> Sheet:
    """The table for reading: kind beside kind, cohort beside cohort, a line a state and a part."""
    labels = [TEXTS[name][lang] for name in SHOWN]
    rows = {(row["cohort"], row["kind"]): row for row in parked.iter_rows(named=True)}
    panels = []
    for cohort, kind in product(cohorts, KINDS):
        row = rows[cohort.name, kind]
        heads = [title(cohort), TEXTS[f"kind {kind}"][lang]]
        heads.append(TEXTS["of"][lang].format(count(row["of"])))
        if row["of_unknown"]:
            heads.append(TEXTS["perhaps"][lang].format(count(row["of_unknown"])))
        of = row["of"]
        shares = [percent(row[name] / of if of else None) for name in SHOWN]
        lanes = (
            Lane(TEXTS["domains"][lang], [count(row[name]) for name in SHOWN]),
            Lane(TEXTS["share"][lang], shares),
        )
        panels.append(Panel(tuple(heads), lanes))
    return Sheet(TEXTS["head"][lang], labels, panels, [TEXTS["note"][lang]])
