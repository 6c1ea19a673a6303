"""Mistakes: how many domains are broken, in which way, and according to whom.

What counts as broken is a rule set, which is data; several are read over the same findings, and
where they disagree is a table of its own.

Counted are the domains of a cohort that publish such a record, whatever the cohort's denominator:
a record is read by receivers whether its domain has an MX or not.
"""

import re
from collections.abc import Sequence
from itertools import permutations

import polars as pl

from ..config import Cohort
from ..protocols.protocol import RuleSet
from ..schema import DISAGREEMENT, MISTAKES, polars_schema

BROKEN = "broken"  # distinct domains with at least one class of `RuleSet.broken`
SUM = "sum"  # those classes added up, as the slides do, though they may overlap
OF = "of"
WORST = "worst"
COUNTING = re.compile(r"(too_many_)?lookups")  # the classes that mean the count in RuleSet.worst


def mistakes(
    states: pl.LazyFrame,
    findings: pl.LazyFrame,
    domains: pl.LazyFrame,
    cohorts: Sequence[Cohort],
    rule_sets: Sequence[RuleSet],
) -> pl.DataFrame:
    """One row for each cohort, rule set and class, in the columns of `schema.MISTAKES`.

    After a rule set's own classes come `sum` and `broken`. In `sum`, `yes` and `unknown` are added
    up, so that they may pass `of`, and `no` has no meaning and is null. `worst` is null but for
    classes that count lookups: there it is the greatest count of the cohort, over the limit or not.
    """
    cells = [(rules, kind) for rules in rule_sets for kind in (*names(rules), SUM, BROKEN)]
    counted = (
        verdicts(states, findings, domains, rule_sets)
        .group_by("cohort")
        .agg(counts(rules, kind).alias(key(rules, kind)) for rules, kind in cells)
        .unpivot(index="cohort", variable_name="key", value_name="counts")
        .unnest("counts")
    )
    rows = [
        (cohort.name, rules.name, kind, key(rules, kind), kind != SUM)
        for cohort in cohorts
        for rules, kind in cells
    ]
    heads = ["cohort", "rule_set", "class", "key", "is_of_domains"]
    head = pl.LazyFrame(rows, schema=heads, orient="row")
    return (
        head.join(counted, on=("cohort", "key"), how="left", maintain_order="left")
        .with_columns(pl.col("yes", "no", "unknown", "of", "of_unknown").fill_null(0))
        .with_columns(
            no=pl.when("is_of_domains").then("no"),
            share=pl.when(pl.col("of") > 0).then(pl.col("yes") / pl.col("of")),
        )
        .select(pl.col(column.name).cast(column.dtype) for column in MISTAKES)
        .collect()
    )


def disagreement(
    states: pl.LazyFrame,
    findings: pl.LazyFrame,
    domains: pl.LazyFrame,
    cohorts: Sequence[Cohort],
    rule_sets: Sequence[RuleSet],
) -> pl.DataFrame:
    """Domains that one rule set calls broken and another does not: `schema.DISAGREEMENT`.

    rule_sets: of one protocol. For each ordered pair the first row, `broken`, counts them all; the
    rows of the first's classes say why (a domain may be in several).
    """
    if len(rule_sets) < 2:
        return pl.DataFrame(schema=polars_schema(DISAGREEMENT))
    cells = {
        f"{rules.name} {other.name} {kind}": (rules, other, kind)
        for rules, other in permutations(rule_sets, 2)
        for kind in (BROKEN, *rules.broken)
    }
    counted = (
        verdicts(states, findings, domains, rule_sets)
        .group_by("cohort")
        .agg(only(*cell).alias(name) for name, cell in cells.items())
        .unpivot(index="cohort", variable_name="key", value_name="counts")
        .unnest("counts")
    )
    rows = [
        (cohort.name, rules.name, other.name, kind, name)
        for cohort in cohorts
        for name, (rules, other, kind) in cells.items()
    ]
    head = pl.LazyFrame(rows, schema=["cohort", "rule_set", "other", "class", "key"], orient="row")
    return (
        head.join(counted, on=("cohort", "key"), how="left", maintain_order="left")
        .with_columns(pl.col("yes", "unknown", "of").fill_null(0))
        .select(pl.col(column.name).cast(column.dtype) for column in DISAGREEMENT)
        .collect()
    )


def names(rules: RuleSet) -> list[str]:
    """A rule set's own classes."""
    return [kind.name for kind in rules.classes]


def key(rules: RuleSet, kind: str) -> str:
    """The column of one verdict: one rule set's on one class."""
    return f"{rules.name}/{kind}"


def verdicts(
    states: pl.LazyFrame,
    findings: pl.LazyFrame,
    domains: pl.LazyFrame,
    rule_sets: Sequence[RuleSet],
) -> pl.LazyFrame:
    """One row for each cohort and domain of it: `cohort` and every rule set's verdicts.

    `RULES/CLASS` and `RULES/broken` are true, false or null (not known); `RULES/of` says whether
    the domain is looked at at all; `RULES/worst` is the count behind the lookup classes.
    """
    return (
        domains.join(states, on="domain", how="left")
        .join(hits(findings, rule_sets), on="domain", how="left")
        .select(
            pl.col("cohorts").alias("cohort"),
            *(column for rules in rule_sets for column in verdict(rules)),
        )
        .with_columns(union(rules).alias(key(rules, BROKEN)) for rules in rule_sets)
        .explode("cohort", empty_as_null=False)
    )


def hits(findings: pl.LazyFrame, rule_sets: Sequence[RuleSet]) -> pl.LazyFrame:
    """One row for each domain with a finding: which classes its findings put it into."""
    return findings.group_by("domain").agg(
        pl.col("code").is_in(kind.codes).any().alias("hit " + key(rules, kind.name))
        for rules in rule_sets
        for kind in rules.classes
    )


def verdict(rules: RuleSet) -> list[pl.Expr]:
    """One rule set over the states and hits of a domain: what it looks at, and each class.

    A finding is proof, so it counts even where not all was seen; that there is none is proof only
    where enough was seen (`Class.needs`).
    """
    columns = [
        rules.of.cast(pl.Boolean).alias(key(rules, OF)),
        (pl.col(rules.worst) if rules.worst else pl.lit(None, pl.UInt32)).alias(key(rules, WORST)),
    ]
    for kind in rules.classes:
        name = key(rules, kind.name)
        is_free = rules.of & kind.needs  # null too where nobody knows whether it publishes
        columns.append(pl.when("hit " + name).then(True).when(is_free).then(False).alias(name))
    return columns


def union(rules: RuleSet) -> pl.Expr:
    """Broken at all: true if any class is, null if none is and one is not known (Kleene's or)."""
    return pl.any_horizontal(pl.lit(False), *(key(rules, kind) for kind in rules.broken))


def counts(rules: RuleSet, kind: str) -> pl.Expr:
    """A cohort's counts of one class, as a struct. `sum` passes nulls over."""
    looked_at = pl.col(key(rules, OF))
    parts = [pl.col(key(rules, part)) for part in (rules.broken if kind == SUM else (kind,))]
    worst = pl.lit(None, pl.UInt32)
    if COUNTING.match(kind):
        worst = pl.col(key(rules, WORST)).filter(looked_at).max()
    return pl.struct(
        yes=pl.sum_horizontal((looked_at & part).sum() for part in parts),
        no=pl.sum_horizontal((looked_at & ~part).sum() for part in parts),
        unknown=pl.sum_horizontal((looked_at & part.is_null()).sum() for part in parts),
        of=looked_at.sum(),
        of_unknown=looked_at.is_null().sum(),
        worst=worst,
    )


def only(rules: RuleSet, other: RuleSet, kind: str) -> pl.Expr:
    """A cohort's domains that one rule set puts into a class and the other does not call broken."""
    both = pl.col(key(rules, OF)) & pl.col(key(other, OF))
    here = both & pl.col(key(rules, kind)) & ~pl.col(key(other, BROKEN))
    return pl.struct(yes=here.sum(), unknown=here.is_null().sum(), of=both.sum())
