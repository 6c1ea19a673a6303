"""The DNS tree walk: which names are asked, and what their records make of a domain.

A receiver walks name by name (RFC 9989 §4.10). A survey asks all the names at once and walks over
the answers, with one difference: where a receiver may guess past a query that failed, the walk here
ends, and what lies behind it is not known.

Policy discovery (§4.10.1) walks from above the domain, the search for the organisational domain
(§4.10.2) from the domain itself, so that `psd=y` where the walk starts can mean two organisational
domains for one domain. Published is that of §4.10.2; the policy that applies is the same by either.
Below a `psd=y` at seven labels a longer domain's organisational domain has eight, and the walk has
left that name out: as for a receiver, the public suffix's policy applies (the warning of §5.1.8).
"""

import polars as pl

from ..protocol import filled

MOST_QUERIES = 8  # RFC 9989 §4.10
SHORTENED = 7  # labels, step 4
LONGEST_NAME = 253  # octets of text, RFC 1035 §2.3.4
LONG_LABEL = r"[^.]{64}"


def steps(domains: pl.LazyFrame) -> pl.LazyFrame:
    """The names of each domain's walk, longest first: domain, step (from 0), name, target.

    domains: `domain`. Step 0 is the domain itself, the last step its top-level domain. target: the
    owner of the policy record; null where no such name can exist, so that nothing is published.
    """
    labels = pl.col("domain").str.split(".")
    count = labels.list.len().cast(pl.Int64)
    above = pl.min_horizontal(count - 1, pl.lit(SHORTENED))  # step 4: of 8 or more labels, 7 stay
    kept = [count, *(above - up for up in range(MOST_QUERIES - 1))]
    names = [pl.when(length > 0).then(labels.list.tail(length).list.join(".")) for length in kept]
    target = filled("_dmarc.{}", "name")
    return (
        domains.select("domain", name=pl.concat_list(names))
        .with_columns(pl.col("name").list.drop_nulls())  # the last ones, where labels run out
        .with_columns(step=pl.int_ranges(pl.col("name").list.len(), dtype=pl.UInt8))
        .explode("name", "step")
        .with_columns(target=pl.when(is_possible(target)).then(target))
    )


def is_possible(name: pl.Expr) -> pl.Expr:
    """Can the DNS hold a name of this length?"""
    return (name.str.len_bytes() <= LONGEST_NAME) & ~name.str.contains(LONG_LABEL)


def walk(names: pl.LazyFrame) -> pl.LazyFrame:
    """One row a domain: own_is_hidden, own_has_record, is_hidden, org_domain, policy_name.

    names: the rows of `steps` with is_hidden (the query brought no answer) and, where exactly one
    policy record was found, psd (y, n or u; null: none was found). org_domain: null where a hidden
    name could change it. policy_name: where the record that applies stands; null: there is none,
    or it is hidden.
    """
    has_record, is_own = pl.col("psd").is_not_null(), pl.col("step") == 0
    ends = pl.col("psd").is_in(["y", "n"]).fill_null(False)  # steps 2 and 6: stop
    walked = (
        names.sort("domain", "step")
        .with_columns(end=pl.col("step").filter(ends).min().over("domain"))
        .filter(pl.col("end").is_null() | (pl.col("step") <= pl.col("end")))
    )
    seen = walked.group_by("domain").agg(
        own_is_hidden=(pl.col("is_hidden") & is_own).any(),
        own_has_record=(has_record & is_own).any(),
        above_is_hidden=(pl.col("is_hidden") & ~is_own).any(),
        below_psd=(ends & ~is_own & (pl.col("psd") == "y")).any(),
        with_record=pl.col("name").filter(has_record),  # longest first; the end is the last
    )
    highest = pl.col("with_record").list.last()
    org = organisational(highest)
    seen = seen.with_columns(org=org).with_columns(
        is_hidden=~pl.col("own_has_record") & (pl.col("own_is_hidden") | pl.col("above_is_hidden")),
        found=pl.when("own_has_record")
        .then("domain")
        .when(pl.col("with_record").list.contains(pl.col("org")))
        .then("org")
        .otherwise(highest),  # the public suffix's, §4.10.1; null: no record at all
    )
    return seen.select(
        "domain",
        "own_is_hidden",
        "own_has_record",
        "is_hidden",
        org_domain=pl.when(org_is_known()).then("org"),
        policy_name=pl.when(~pl.col("is_hidden")).then("found"),
    )


def organisational(highest: pl.Expr) -> pl.Expr:
    """The organisational domain that the records seen lead to (RFC 9989 §4.10.2)."""
    labels = highest.str.split(".").list.len() + 1
    one_below = pl.col("domain").str.split(".").list.tail(labels).list.join(".")
    return (
        pl.when("below_psd")
        .then(one_below)  # rule 2: psd=y, but not where the walk started
        .otherwise(pl.coalesce(highest, "domain"))  # rules 1 and 3; none: the initial target
    )


def org_is_known() -> pl.Expr:
    """Could no hidden name change the organisational domain?

    A hidden name above could be it (psd=n). The domain itself could be it too, which changes
    nothing where it is so already.
    """
    own_changes_nothing = ~pl.col("own_is_hidden") | (pl.col("org") == pl.col("domain"))
    return ~pl.col("above_is_hidden") & own_changes_nothing
