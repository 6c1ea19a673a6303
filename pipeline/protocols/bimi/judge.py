"""From facts to the BIMI findings and state of every domain (draft §7.2)."""

import polars as pl
import pyarrow as pa

from ...words import State
from .. import versioned
from ..dmarc.walk import steps
from ..protocol import FETCH_ASKS, Context, filled
from ..records import faults_found, found
from .columns import DECLINED, HIDDEN, INVALID
from .eligible import eligible
from .findings import DMARC_NOT_STRICT, MULTIPLE_RECORDS
from .record import parse
from .served import MOST_OF_LOGO, MOST_OF_MARK, asked_for, judge_served

LABEL = "default._bimi."
FIELDS = {
    "is_record": pa.bool_(),
    "is_valid": pa.bool_(),
    "location": pa.large_string(),
    "authority": pa.large_string(),
}
ABSENT, PRESENT = State.ABSENT.value, State.PRESENT.value


def judge(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings of the domains' own records, and the state of every domain.

    facts: `schema.FACTS`; domains: `domain` and DMARC's columns. Returns findings
    (`schema.FINDINGS` less `protocol`) and states (`domain` and COLUMNS). A fault of an inherited
    record is its own domain's finding.
    """
    walked = steps(domains.select("domain"))
    names = walked.select("domain", "step", name=filled(LABEL + "{}", "name")).collect().lazy()
    texts = versioned.texts(facts, LABEL)
    records = versioned.read(texts, names, parse, FIELDS)
    found_there = versioned.summary(records, "is_valid", "location", "authority")
    owners = versioned.observed(texts, names.select("name").unique(), found_there)
    # Read three times below: a plan would work it out anew each time.
    places = owners.with_columns(state=state_there()).collect().lazy()
    own = names.filter(pl.col("step") == 0).drop("step")
    seen = (
        own.join(places, on="name")
        .join(fallbacks(domains, names, places), on="domain", how="left")
        .join(eligible(facts, domains), on="domain")
        .with_columns(inherits=(pl.col("count") == 0) & (pl.col("count_org") > 0))
        .collect()
        .lazy()
    )
    orgs = domains.select("domain", "dmarc_org_domain")
    states = seen.select("domain", *state_columns()).collect().lazy()
    of_served, served = judge_served(states.join(orgs, on="domain"), context)
    return (
        pl.concat([findings(own, records, seen), of_served]),
        states.join(served, on="domain", how="left"),
    )


def fetches(states: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The logos and certificates of the usable records, each URL once, in FETCH_ASKS."""
    wanted = {"bimi_location": MOST_OF_LOGO, "bimi_authority": MOST_OF_MARK}
    asks = [
        asked_for(states, column).select(url="name", origin="domain", most=pl.lit(most))
        for column, most in wanted.items()
    ]
    once = pl.concat(asks).group_by("url").agg(pl.col("origin").min(), pl.col("most").max())
    return once.select(pl.col(name).cast(dtype) for name, dtype in FETCH_ASKS.items())


def state_there() -> pl.Expr:
    """What stands at one name, by itself. Only a sole record is used; several are none (§7.2)."""
    is_empty = pl.col("location").is_null() & pl.col("authority").is_null()
    return (
        pl.when(pl.col("seen") != PRESENT)
        .then("seen")
        .when(~pl.col("is_valid").fill_null(False))
        .then(pl.lit(INVALID))
        .when(is_empty)
        .then(pl.lit(DECLINED))
        .otherwise(pl.lit(PRESENT))
    )


def fallbacks(domains: pl.LazyFrame, names: pl.LazyFrame, places: pl.LazyFrame) -> pl.LazyFrame:
    """What applies where the domain has no record: domain, and places' columns with suffix _org.

    That of the organisational domain; state_org: absent where there is none. Where that domain is
    not known, it matters only if there is, or may be, a record at any of the names above.
    """
    above = names.filter(pl.col("step") > 0).join(places, on="name")
    is_clear = above.group_by("domain").agg(is_clear=(pl.col("count") == 0).all() & seen_all())
    org = domains.select(
        "domain", "dmarc_org_domain", name=filled(LABEL + "{}", "dmarc_org_domain")
    )
    there = places.select("name", pl.exclude("name").name.suffix("_org"))
    is_elsewhere = pl.col("dmarc_org_domain") != pl.col("domain")
    state = (
        pl.when(pl.col("dmarc_org_domain").is_null() & ~pl.col("is_clear").fill_null(True))
        .then(pl.lit(State.UNKNOWN.value))
        .when(is_elsewhere & ((pl.col("count_org") > 0) | pl.col("seen_org").is_in(HIDDEN)))
        .then("state_org")
        .otherwise(pl.lit(ABSENT))
    )
    return (
        org.join(is_clear, on="domain", how="left")
        .join(there, on="name", how="left")
        .select(
            "domain",
            "location_org",
            "authority_org",
            state_org=state,
            count_org=pl.when(is_elsewhere).then("count_org").fill_null(0),
        )
    )


def seen_all() -> pl.Expr:
    """Did every question bring an answer?"""
    return ~pl.col("seen").is_in(HIDDEN).any()


def state_columns() -> list[pl.Expr]:
    """COLUMNS, of the domains with what stands at their own name, and what applies otherwise."""
    inherits, has_own = pl.col("inherits"), pl.col("count") > 0
    own, org = pl.col("state"), pl.col("state_org")
    state = (
        pl.when(has_own | own.is_in(HIDDEN))
        .then("state")
        .when(inherits | org.is_in(HIDDEN))
        .then("state_org")
        .otherwise("state")  # absent, or meant but no record: invalid
    )
    return [
        state.alias("bimi"),
        pl.when(has_own)
        .then("location")
        .when(inherits)
        .then("location_org")
        .alias("bimi_location"),
        pl.when(has_own)
        .then("authority")
        .when(inherits)
        .then("authority_org")
        .alias("bimi_authority"),
        pl.when(~state.is_in(HIDDEN)).then(inherits).alias("bimi_inherited"),
        pl.col("bimi_dmarc_eligible"),
    ]


def findings(own: pl.LazyFrame, records: pl.LazyFrame, seen: pl.LazyFrame) -> pl.LazyFrame:
    """What is wrong at the domains' own names. own: domain, name; seen: see `judge`."""
    shows = (pl.col("count") == 1) & (pl.col("state") == PRESENT)
    weak = seen.filter(shows, ~pl.col("bimi_dmarc_eligible"))
    several = seen.filter(pl.col("count") > 1)
    return pl.concat(
        [
            faults_found(own.join(records, on="name")),
            found(several, MULTIPLE_RECORDS, filled("{} records", "count")),
            found(weak, DMARC_NOT_STRICT),
        ]
    )
