"""From facts and fetches to the MTA-STS findings and state of every domain."""

import polars as pl
import pyarrow as pa

from ...words import FetchOutcome, State
from .. import versioned
from ..fetched import SAYS_NOTHING, is_served, with_brought
from ..mx import IMPLICIT, may_be_cut
from ..protocol import Context, filled
from ..records import faults_found, found, parsed
from .columns import (
    BROKEN,
    ENFORCE,
    INVALID,
    MODE_NONE,
    MULTIPLE,
    NOT_FETCHED,
    NOT_OBSERVED,
    TESTING,
    UNKNOWN,
    VALID,
    policy_is,
    txt_is,
)
from .findings import (
    FETCH_NO_HOST,
    FETCH_NO_HTTP,
    FETCH_REDIRECT,
    FETCH_STATUS,
    FETCH_TLS,
    ID_UNCHANGED,
    MEDIA_TYPE,
    MULTIPLE_RECORDS,
    MX_NOT_COVERED,
    MX_NOT_COVERED_TESTING,
)
from .policy import parse_policy
from .policy_findings import TOO_LARGE
from .record import parse

LABEL = "_mta-sts."
RECORD_FIELDS = {"is_record": pa.bool_(), "id": pa.large_string()}
POLICY_FIELDS = {
    "is_valid": pa.bool_(),
    "mode": pa.large_string(),
    "max_age": pa.uint32(),
    "patterns": pa.large_list(pa.large_string()),
}
OF_OUTCOME = (
    (FetchOutcome.NO_HOST, FETCH_NO_HOST),
    (FetchOutcome.CERTIFICATE, FETCH_TLS),
    (FetchOutcome.TLS_ERROR, FETCH_TLS),
    (FetchOutcome.NOT_HTTP, FETCH_NO_HTTP),
    (FetchOutcome.TOO_MUCH, TOO_LARGE),
)
POLICY_PARTS = ("mode", "max_age", "patterns")  # what a policy says
REDIRECTS = (300, 399)
TOO_MANY_REQUESTS = 429  # RFC 6585 §4
HOSTS = pl.List(pl.String)


def judge(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings and the state of every domain.

    facts: `schema.FACTS`; domains: `domain`, mx, mx_hosts. Returns findings (`schema.FINDINGS` less
    `protocol`) and states (`domain` and COLUMNS).
    """
    names = domains.select("domain", "mx", "mx_hosts", name=filled(LABEL + "{}", "domain"))
    texts = versioned.texts(facts, LABEL)
    records = versioned.read(texts, names, parse, RECORD_FIELDS)
    seen = versioned.observed(texts, names, versioned.summary(records, "id"))
    judged = with_txt(seen).collect().lazy()
    # Read many times below, and few: a plan would work it out anew each time.
    fetched = with_policy(judged, context).collect().lazy()
    policies = fetched.drop("name", "mx", "mx_hosts")
    states = judged.join(policies, on="domain", how="left").with_columns(
        mtasts_policy=pl.when(txt_is(UNKNOWN))
        .then(pl.lit(UNKNOWN))
        .otherwise(pl.col("mtasts_policy").fill_null(NOT_FETCHED)),
    )
    states = states.with_columns(mtasts_id=pl.when(txt_is(VALID)).then("id"))
    several = judged.filter(pl.col("count") > 1).select("domain", "name", "count")
    findings = pl.concat(
        [
            faults_found(names.select("domain", "name").join(records, on="name")),
            found(several, MULTIPLE_RECORDS, filled("{} records", "count")),
            policy_findings(fetched),
            found(
                unchanged_ids(states, fetched, context), ID_UNCHANGED, filled("id={}", "mtasts_id")
            ),
        ]
    )
    return findings, states.select("domain", *state_columns())


def with_txt(seen: pl.LazyFrame) -> pl.LazyFrame:
    """The domains with mtasts_txt. seen: see `versioned.observed`."""
    return seen.with_columns(
        mtasts_txt=pl.when(pl.col("seen") != State.PRESENT.value)
        .then("seen")
        .when(pl.col("count") > 1)
        .then(pl.lit(MULTIPLE))
        .when(pl.col("id").is_not_null())
        .then(pl.lit(VALID))
        .otherwise(pl.lit(INVALID))
    )


def with_policy(judged: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The domains with a valid record: domain, name (the policy's URL), mtasts_policy, outcome,
    status, content_type, mode, max_age, faults, mtasts_mx_not_covered.

    Senders fetch no policy without a valid record (RFC 8461 §3.1).
    """
    wanted = judged.filter(txt_is(VALID)).select("domain", "mx", "mx_hosts", name=policy_url())
    brought = with_brought(wanted, context, parse_policy, POLICY_FIELDS, "content_type", "why")
    fetched = brought.with_columns(
        mtasts_policy=pl.lit(NOT_FETCHED) if context.fetches is None else policy_state()
    )
    return fetched.join(not_covered(fetched), on="domain", how="left").with_columns(
        mtasts_mx_not_covered=pl.when(policy_is(VALID), knows_hosts()).then(
            pl.col("uncovered").fill_null(pl.lit([], HOSTS))
        )
    )


def policy_url() -> pl.Expr:
    """Where a domain's policy stands (RFC 8461 §3.2, §3.3)."""
    return filled("https://mta-sts.{}/.well-known/mta-sts.txt", "domain")


def unchanged_ids(states: pl.LazyFrame, fetched: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The domains whose valid policy is another than in the run before, under the same id.

    Returns domain, name (of the record), mtasts_id. RFC 8461 §3.1: senders look at the id alone to
    learn of a new policy.
    """
    now = states.filter(policy_is(VALID)).select("domain", "mtasts_id").drop_nulls()
    policy = fetched.filter(policy_is(VALID)).select("domain", "name", *POLICY_PARTS)
    here = now.join(policy, on="domain").with_columns(
        url="name", name=filled(LABEL + "{}", "domain")
    )
    before = context.before
    if before is None or "mtasts_id" not in before.states.collect_schema():
        return here.select("domain", "name", "mtasts_id").filter(pl.lit(False))
    mine = before.fetches.join(here, on="url", how="semi")
    served = mine.filter(is_served()).select("url", payload=pl.col("body").fill_null(b""))
    there = (
        served.join(parsed(served, parse_policy, POLICY_FIELDS), on="payload")
        .filter("is_valid")
        .select("url", pl.col(POLICY_PARTS).name.suffix("_before"))
    )
    ids = before.states.select("domain", id_before="mtasts_id")
    both = here.join(there, on="url").join(ids, on="domain")
    patterns = pl.col("patterns").list.sort(), pl.col("patterns_before").list.sort()
    differs = pl.any_horizontal(
        pl.col("mode") != pl.col("mode_before"),
        pl.col("max_age") != pl.col("max_age_before"),
        patterns[0] != patterns[1],
    )
    same_id = pl.col("mtasts_id") == pl.col("id_before")
    return both.filter(same_id, differs).select("domain", "name", "mtasts_id")


def policy_state() -> pl.Expr:
    """mtasts_policy of a domain whose policy was wanted. A failed connection is no absence."""
    return (
        pl.when(pl.col("outcome").is_null() | pl.col("outcome").is_in(SAYS_NOTHING) | is_for_now())
        .then(pl.lit(UNKNOWN))
        .when(is_served() & pl.col("is_valid"))
        .then(pl.lit(VALID))
        .otherwise(pl.lit(INVALID))
    )


def is_for_now() -> pl.Expr:
    """Does the server say that it cannot serve just now? That is no fault of the policy."""
    status = pl.col("status").fill_null(0)
    return (status >= 500) | (status == TOO_MANY_REQUESTS)


def knows_hosts() -> pl.Expr:
    """Is it known where the domain's mail goes? Mode none asks nothing of the hosts."""
    hidden = (
        pl.col("mx").is_in([UNKNOWN, NOT_OBSERVED]) | pl.col("mx_hosts").is_null() | may_be_cut()
    )
    return ~hidden | (pl.col("mode") == "none")


def not_covered(fetched: pl.LazyFrame) -> pl.LazyFrame:
    """domain, uncovered: the MX hosts that no pattern of a policy matches; domains that have such.

    fetched: domain, mx, mx_hosts, mode, patterns (in lower case). An implicit MX is the domain
    itself (RFC 5321 §5.1). RFC 8461 §4.1: `*.` stands for exactly one label, the left-most.
    """
    hosts = pl.when(pl.col("mx") == IMPLICIT).then(pl.concat_list("domain")).otherwise("mx_hosts")
    host = pl.col("host")
    wild = host.str.replace(r"^[^.]+\.", "*.")
    is_covered = pl.col("patterns").list.contains(host) | pl.col("patterns").list.contains(wild)
    return (
        fetched.filter(pl.col("mode") != "none")
        .select("domain", "patterns", host=hosts)
        .explode("host")
        .filter(host.is_not_null(), ~is_covered | host.str.starts_with("*."))
        .group_by("domain")
        .agg(uncovered="host")
    )


def policy_findings(fetched: pl.LazyFrame) -> pl.LazyFrame:
    """What is wrong with how the policies are served, with their text, and with what they name."""
    is_answered = pl.col("outcome") == FetchOutcome.ANSWERED.value
    redirects = pl.col("status").is_between(*REDIRECTS)
    status = pl.col("status").cast(pl.String)
    is_text = pl.col("content_type").str.extract(r"^\s*([^;]*?)\s*(?:;|$)").str.to_lowercase()
    uncovered = pl.col("mtasts_mx_not_covered").list.join(" ")
    has_uncovered = pl.col("mtasts_mx_not_covered").list.len() > 0
    why = pl.col("why").fill_null("")
    return pl.concat(
        [
            *(
                found(fetched.filter(pl.col("outcome") == outcome.value), finding, why)
                for outcome, finding in OF_OUTCOME
            ),
            found(fetched.filter(is_answered, redirects), FETCH_REDIRECT, status),
            found(
                fetched.filter(is_answered, ~redirects & ~is_served() & ~is_for_now()),
                FETCH_STATUS,
                status,
            ),
            found(
                fetched.filter(is_served(), (is_text != "text/plain").fill_null(True)),
                MEDIA_TYPE,
                pl.col("content_type").fill_null(""),
            ),
            faults_found(fetched.filter(pl.col("faults").is_not_null())),
            found(
                fetched.filter(has_uncovered, pl.col("mode") == ENFORCE), MX_NOT_COVERED, uncovered
            ),
            found(
                fetched.filter(has_uncovered, pl.col("mode") == TESTING),
                MX_NOT_COVERED_TESTING,
                uncovered,
            ),
        ]
    )


def state_columns() -> list[pl.Expr]:
    """COLUMNS, of the domains with mtasts_txt and mtasts_policy."""
    is_valid = policy_is(VALID)
    by_mode = pl.col("mode").replace({"none": MODE_NONE})
    return [
        pl.when(txt_is(State.ABSENT.value, UNKNOWN, NOT_OBSERVED))
        .then("mtasts_txt")
        .when(txt_is(INVALID, MULTIPLE) | policy_is(INVALID))
        .then(pl.lit(BROKEN))
        .when(policy_is(NOT_FETCHED))
        .then(pl.lit(NOT_OBSERVED))
        .when(is_valid)
        .then(by_mode)
        .otherwise(pl.lit(UNKNOWN))
        .alias("mtasts"),
        pl.col("mtasts_txt", "mtasts_policy"),
        pl.when(is_valid).then("mode").alias("mtasts_mode"),
        pl.when(is_valid).then("max_age").alias("mtasts_max_age"),
        pl.col("mtasts_mx_not_covered"),
        pl.col("mtasts_id"),
    ]
