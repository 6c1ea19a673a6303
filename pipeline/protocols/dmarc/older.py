"""DMARC as RFC 7489 has it: the reading of receivers that do not know RFC 9989.

Only two names count, the domain and its organisational domain, which the Public Suffix List gives
(§3.2; here its ICANN part). Several records at one of them end it (§6.6.3); RFC 9989 walks on. np,
psd and t are unknown tags; pct says to how much of the mail that fails the policy applies.
"""

from collections.abc import Callable

import polars as pl

from .columns import STRICT

COLUMNS = ("covered", "strict", "enforced", "policy_domain", "org_domain", "policy", "pct")


def policies(
    names: pl.LazyFrame, records: pl.LazyFrame, registrable: Callable[[str], str | None]
) -> pl.LazyFrame:
    """One row a domain: `domain`, and COLUMNS as `dmarc_7489_…`.

    names: the rows of `walk.steps` with is_hidden; records: see `published.read`.
    """
    counted = (
        records.filter("is_policy")
        .group_by(target=pl.col("name"))
        .agg(
            count=pl.len(),
            policy=pl.col("policy_7489").first(),
            sp=pl.col("sp_7489").first(),
            pct=pl.col("pct").first(),
        )
    )
    asked = names.join(counted, on="target", how="left").select(
        "domain",
        "step",
        "name",
        "is_hidden",
        "policy",
        "sp",
        "pct",
        count=pl.col("count").fill_null(0),
    )
    domains = names.filter(pl.col("step") == 0).select("domain").collect()
    organised = domains.lazy().with_columns(
        org_domain=pl.col("domain").map_elements(
            lambda domain: registrable(domain) or domain, pl.String
        )
    )
    own = asked.filter(pl.col("step") == 0).drop("step", "name")
    org = asked.rename({"name": "org_domain"}).drop("step")
    seen = organised.join(own, on="domain").join(
        org, on=("domain", "org_domain"), how="left", suffix="_org"
    )
    return applied(seen).select(
        "domain", *(pl.col(name).alias(f"dmarc_7489_{name}") for name in COLUMNS)
    )


def applied(seen: pl.LazyFrame) -> pl.LazyFrame:
    """COLUMNS. seen: domain, org_domain; is_hidden, count, policy, sp, pct, and the same `_org`."""
    is_own = pl.col("count") > 0
    count = pl.when(is_own).then("count").otherwise("count_org")
    inherited = pl.coalesce("sp_org", "policy_org")
    policy = pl.when(is_own).then("policy").otherwise(inherited)
    pct = pl.when(is_own).then("pct").otherwise("pct_org")
    is_seen = ~pl.col("is_hidden") & (is_own | ~pl.col("is_hidden_org").fill_null(True))
    is_one = is_seen & (count == 1)
    return (
        seen.with_columns(
            is_seen=is_seen,
            policy=pl.when(is_one).then(policy),
            policy_domain=pl.when(is_own).then("domain").otherwise("org_domain"),
            pct=pct,
        )
        .with_columns(is_covered=pl.col("policy").is_not_null())
        .with_columns(
            covered=pl.when("is_seen").then("is_covered"),
            strict=pl.when("is_seen").then(pl.col("policy").is_in(STRICT).fill_null(False)),
            policy_domain=pl.when("is_covered").then("policy_domain"),
            pct=pl.when("is_covered").then("pct"),
        )
        # §6.6.4: reject is quarantine for the mail that pct leaves out, quarantine is none
        .with_columns(
            enforced=pl.col("strict")
            & ((pl.col("policy") == "reject") | (pl.col("pct") > 0)).fill_null(False)
        )
    )
