"""Adoption: how many domains of each cohort have what.

Nothing that is not known is dropped on the way: an unknown answer is counted as such, a domain
that may not even belong to the denominator is counted beside it, and the bounds say how far both
together could move the share.
"""

from collections.abc import Sequence
from itertools import product

import polars as pl

from ..config import Cohort
from ..protocols.protocol import Measure
from ..schema import ADOPTION
from ..words import Denominator, State

NORMAL_95 = 1.959963984540054  # the two-sided 95 % point of the normal distribution
COUNTS = ("yes", "no", "unknown", "not_observed", "may_yes", "may_no", "may_unknown")


def adoption(
    states: pl.LazyFrame,
    domains: pl.LazyFrame,
    cohorts: Sequence[Cohort],
    measures: Sequence[Measure],
) -> pl.DataFrame:
    """One row for each cohort and measure, in that order, in the columns of `schema.ADOPTION`.

    states: `domain`, `exists`, `mx` and what the measures read. domains: `domain`, `cohorts`.
    A domain without states is unknown in everything. Counts are of domains, shares from 0 to 1.
    """
    counted = (
        members(states, domains, cohorts, measures)
        .group_by("cohort")
        .agg(counts(measure) for measure in measures)
        .unpivot(index="cohort", variable_name="measure", value_name="counts")
        .unnest("counts")
    )
    return (
        rows(cohorts, measures)
        .join(counted, on=("cohort", "measure"), how="left", maintain_order="left")
        .with_columns(pl.col(COUNTS).fill_null(0))
        .with_columns(
            of=pl.sum_horizontal("yes", "no", "unknown"),
            of_unknown=pl.sum_horizontal("may_yes", "may_no", "may_unknown"),
        )
        .with_columns(share=share(), low=least_share(), high=greatest_share())
        .with_columns(wilson_low=wilson(-1), wilson_high=wilson(+1))
        .select(pl.col(column.name).cast(column.dtype) for column in ADOPTION)
        .collect()
    )


def members(
    states: pl.LazyFrame,
    domains: pl.LazyFrame,
    cohorts: Sequence[Cohort],
    measures: Sequence[Measure],
) -> pl.LazyFrame:
    """One row for each cohort and domain of it: `cohort`, `member` and the measures' answers.

    member: does the domain belong to the cohort's denominator? null: not known.
    """
    return (
        domains.join(states, on="domain", how="left")
        .select(
            pl.col("cohorts").alias("cohort"),
            *(inside(denominator).alias(f"in {denominator}") for denominator in Denominator),
            *(column for measure in measures for column in answer(measure)),
        )
        .explode("cohort", empty_as_null=False)
        .with_columns(member=membership(cohorts))
    )


def membership(cohorts: Sequence[Cohort]) -> pl.Expr:
    """Each row by its own cohort's denominator. Boolean; null: not known."""
    belongs = pl.lit(None, pl.Boolean)
    for cohort in cohorts:
        is_here = pl.col("cohort") == cohort.name
        belongs = pl.when(is_here).then(f"in {cohort.denominator}").otherwise(belongs)
    return belongs


def inside(denominator: Denominator) -> pl.Expr:
    """Does a domain belong to a denominator? Boolean over `exists` and `mx`; null: not known."""
    match denominator:
        case Denominator.LISTED:
            return pl.lit(True)
        case Denominator.EXISTS:
            return pl.col("exists")
        case Denominator.WITH_MX:
            return mx_is("present")
        case Denominator.MAIL_CAPABLE:
            return mx_is("present", "implicit")


def mx_is(*states: str) -> pl.Expr:
    """Is the MX facet one of these? null where it is unknown or was not observed."""
    is_known = ~pl.col("mx").is_in([State.UNKNOWN.value, State.NOT_OBSERVED.value])
    return pl.when(is_known).then(pl.col("mx").is_in(states))


def answer(measure: Measure) -> tuple[pl.Expr, pl.Expr]:
    """A measure over the states: its value (null: unknown), and whether it was not observed."""
    was_observed = measure.observed.fill_null(True)  # null: the domain failed, the facet did not
    value = pl.when(was_observed).then(measure.value).cast(pl.Boolean)
    return value.alias(measure.name), was_observed.not_().alias(unobserved(measure))


def unobserved(measure: Measure) -> str:
    """The column that holds whether a measure was not observed."""
    return f"{measure.name} not observed"


def counts(measure: Measure) -> pl.Expr:
    """A cohort's counts of one measure, as a struct; `may_…`: of domains that may be members.

    Polars' `&` is Kleene's and `sum` passes nulls over: only what is known to be true is counted.
    """
    member, value = pl.col("member"), pl.col(measure.name)
    may = member.is_null()
    return pl.struct(
        yes=(member & value).sum(),
        no=(member & ~value).sum(),
        unknown=(member & value.is_null()).sum(),
        not_observed=(member & pl.col(unobserved(measure))).sum(),
        may_yes=(may & value).sum(),
        may_no=(may & ~value).sum(),
        may_unknown=(may & value.is_null()).sum(),
    ).alias(measure.name)


def rows(cohorts: Sequence[Cohort], measures: Sequence[Measure]) -> pl.LazyFrame:
    """The table's rows before anything is counted, so that an empty cohort has its zeros."""
    return pl.LazyFrame(
        [
            (cohort.name, cohort.denominator.value, cohort.sample is not None, measure.name)
            for cohort, measure in product(cohorts, measures)
        ],
        schema={
            "cohort": pl.String,
            "denominator": pl.String,
            "is_sample": pl.Boolean,
            "measure": pl.String,
        },
        orient="row",
    )


def share() -> pl.Expr:
    """yes / of; null where there is nobody, or nobody was observed: that is no share of zero.

    Nor is it where those that may have it were not observed, and so none was found: as where
    records say that there is a policy, and no policy was fetched.
    """
    yes, not_observed = pl.col("yes"), pl.col("not_observed")
    is_observed = (pl.col("of") > not_observed) & ((yes > 0) | (not_observed == 0))
    return pl.when(is_observed).then(yes / pl.col("of"))


def least_share() -> pl.Expr:
    """The least share over every way the unknowns could fall.

    All unknown members turn out to be without. Of the domains that may be members, each one that is
    (or may be) without joins, for it can only lower the share; each one with stays out, for it can
    only raise it. Only where nobody else is there does one with it join: then all are with.
    """
    of = pl.sum_horizontal("of", "may_no", "may_unknown")
    return pl.when(of > 0).then(pl.col("yes") / of).when(pl.col("may_yes") > 0).then(1.0)


def greatest_share() -> pl.Expr:
    """The greatest share over every way the unknowns could fall: `least_share` the other way."""
    yes = pl.sum_horizontal("yes", "unknown", "may_yes", "may_unknown")
    of = pl.sum_horizontal("of", "may_yes", "may_unknown")
    return pl.when(of > 0).then(yes / of).when(pl.col("may_no") > 0).then(0.0)


def wilson(side: int) -> pl.Expr:
    """One end (-1 lower, +1 upper) of the 95 % Wilson score interval; null unless a sample.

    It speaks of the sampling alone, not of the unknowns: for those there are the bounds.
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    squared = NORMAL_95**2
    of, part = pl.col("of"), pl.col("share")
    spread = (part * (1 - part) / of + squared / (4 * of**2)).sqrt()
    end = (part + squared / (2 * of) + side * NORMAL_95 * spread) / (1 + squared / of)
    return pl.when("is_sample").then(end.clip(0.0, 1.0))  # rounding can step over by an ulp


def sizes(domains: pl.LazyFrame) -> dict[str, int]:
    """How many domains each cohort lists, for the coverage of a population of known size."""
    listed = domains.select(pl.col("cohorts").list.explode(empty_as_null=False)).collect()
    return {str(cohort): count for cohort, count in listed["cohorts"].value_counts().iter_rows()}
