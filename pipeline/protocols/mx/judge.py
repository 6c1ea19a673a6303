"""From facts to MX findings and states."""

from collections.abc import Sequence
from ipaddress import ip_address

import polars as pl

from ...words import SETTLED, Outcome, Purpose, QType, State
from ..protocol import Context, Finding, settled
from ..records import LONGEST_EVIDENCE, as_findings, faults_found, found
from .columns import IMPLICIT, NULL_MX
from .findings import (
    DANGLING,
    MANY_HOSTS,
    NO_ADDRESS,
    NULL_MX_BESIDE_OTHERS,
    SPECIAL_PURPOSE_ADDRESS,
    TARGET_IS_CNAME,
    VIA_CNAME,
)
from .hosts import known_hosts
from .record import EXCHANGE_AT, MOST_HOSTS, NOWHERE, answer_rows, by_preference, host_flaw

QTYPES = (QType.MX, QType.A, QType.AAAA, QType.CNAME)
MOST_SHOWN = 4  # addresses in a finding's evidence


def judge(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings and the state of every domain's MX.

    facts: `schema.FACTS`; domains: `domain`. Returns findings (`schema.FINDINGS` less `protocol`)
    and states (`domain` and COLUMNS).
    """
    domains = domains.select("domain")
    survey = facts.filter(~pl.col("cd"), pl.col("purpose") == Purpose.SURVEY.value)
    own = (
        survey.filter(pl.col("qtype").is_in([int(qtype) for qtype in QTYPES]))
        .join(domains, left_on="name", right_on="domain", how="semi")
        .select("name", "qtype", "outcome", "rrs")
        .collect()  # read six times below
        .lazy()
    )
    answers = records(own)
    published = read(answers).collect().lazy()  # read four times below
    hosts = named_hosts(published).collect().lazy()
    known = known_hosts(survey, hosts.select("host").unique(), context).collect().lazy()
    states = domains
    for qtype in (QType.MX, QType.A, QType.AAAA):
        outcome = own.filter(pl.col("qtype") == int(qtype)).select(
            domain="name", **{qtype.name: "outcome"}
        )
        states = states.join(outcome, on="domain", how="left")
    for part in (summary(published), resolved(hosts, known), aliases(answers)):
        states = states.join(part, on="domain", how="left")
    looked_at = hosts.join(known, on="host", maintain_order="left")
    return findings(published, looked_at), states.select("domain", *state_columns())


# --- records -------------------------------------------------------------------------------------


def records(facts: pl.LazyFrame) -> pl.LazyFrame:
    """The records of the answers to the MX and CNAME questions: domain, owner, type, rdata."""
    asked = facts.filter(pl.col("qtype").is_in([int(QType.MX), int(QType.CNAME)]), settled())
    return answer_rows(asked.select("name", "rrs")).select("owner", "type", "rdata", domain="name")


def aliases(answers: pl.LazyFrame) -> pl.LazyFrame:
    """The domains that are themselves aliases: domain, via_cname (true)."""
    is_alias = (pl.col("type") == int(QType.CNAME)) & (pl.col("owner") == pl.col("domain"))
    return answers.filter(is_alias).select("domain", via_cname=pl.lit(True)).unique()


def read(answers: pl.LazyFrame) -> pl.LazyFrame:
    """The MX records, one a row, by preference.

    domain, name, payload, preference, host, via_cname, faults.
    """
    is_mx = pl.col("type") == int(QType.MX)
    listed = answers.filter(is_mx).select("domain", name="domain", payload="rdata").unique()
    return by_preference(listed.join(aliases(answers), on="domain", how="left"), "domain")


def named_hosts(published: pl.LazyFrame) -> pl.LazyFrame:
    """The hosts that are looked at, as `asks.listed_hosts` does: domain, host, preference."""
    return (
        published.filter(pl.col("host") != NOWHERE)
        .unique(["domain", "host"], keep="first", maintain_order=True)
        .group_by("domain", maintain_order=True)
        .head(MOST_HOSTS)
        .select("domain", "host", "preference")
    )


def summary(published: pl.LazyFrame) -> pl.LazyFrame:
    """One row a domain that has MX records: domain, hosts (no null MX), has_null_mx, is_cut."""
    is_null = pl.col("host") == NOWHERE
    return published.group_by("domain").agg(
        hosts=pl.col("host").filter(~is_null).unique(maintain_order=True).head(MOST_HOSTS),
        has_null_mx=is_null.any(),
        is_cut=pl.col("host").filter(~is_null).n_unique() > MOST_HOSTS,
    )


def resolved(hosts: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """Were all hosts' addresses seen? domain, are_resolved."""
    return (
        hosts.join(known, on="host")
        .group_by("domain")
        .agg(are_resolved=pl.col("is_resolved").all())
    )


# --- findings ------------------------------------------------------------------------------------


def findings(published: pl.LazyFrame, hosts: pl.LazyFrame) -> pl.LazyFrame:
    """What is wrong with each record, with each domain's records together, with their hosts."""
    once = published.group_by("domain", "name").agg(
        pl.col("host"), via_cname=pl.col("via_cname").any()
    )
    has_many = pl.col("host").list.n_unique() > MOST_HOSTS
    beside_others = pl.col("host").list.contains(NOWHERE) & (pl.col("host").list.n_unique() > 1)
    evidence = pl.col("host").list.head(MOST_HOSTS).list.join(" ")
    return pl.concat(
        [
            faults_found(published),
            found(once.filter(beside_others), NULL_MX_BESIDE_OTHERS, evidence),
            found(once.filter("via_cname"), VIA_CNAME),
            found(
                once.filter(has_many), MANY_HOSTS, pl.col("host").list.n_unique().cast(pl.String)
            ),
            host_findings(hosts),
        ]
    )


def host_findings(hosts: pl.LazyFrame) -> pl.LazyFrame:
    """What is wrong with the hosts of a domain. hosts: `named_hosts` with `hosts.known_hosts`.

    Where the name itself is wrong, that alone is told: it was told with the record.
    """
    is_wrong = pl.any_horizontal("is_alias", "has_no_address", "is_special", "is_dangling")
    wrong = hosts.filter(is_wrong).collect()
    evidence = [
        f"{preference} {host}" + (f" ({shown(rdata)})" if is_special else "")
        for host, preference, rdata, is_special in wrong.select(
            "host", "preference", "rdata", "is_special"
        ).iter_rows()
    ]
    is_flawed = [host_flaw(host) is not None for host in wrong["host"]]
    rows = wrong.lazy().with_columns(
        name=pl.col("domain"),
        at=pl.lit(EXCHANGE_AT, pl.UInt32),
        evidence=pl.Series(evidence, dtype=pl.String).str.head(LONGEST_EVIDENCE),
        is_flawed=pl.Series(is_flawed, dtype=pl.Boolean),
    )

    def told(flag: str, finding: Finding) -> pl.LazyFrame:
        met = rows.filter(flag, ~pl.col("is_flawed"))
        return as_findings(met.with_columns(code=pl.lit(finding.code)))

    return pl.concat(
        [
            told("is_alias", TARGET_IS_CNAME),
            told("has_no_address", NO_ADDRESS),
            told("is_special", SPECIAL_PURPOSE_ADDRESS),
            told("is_dangling", DANGLING),
        ]
    )


def shown(rdata: Sequence[bytes]) -> str:
    """Some addresses as text."""
    texts = [str(ip_address(octets)) for octets in rdata[:MOST_SHOWN]]
    return " ".join(texts) + (" …" if len(rdata) > MOST_SHOWN else "")


# --- states --------------------------------------------------------------------------------------


def state_columns() -> list[pl.Expr]:
    """COLUMNS, from the outcomes MX, A and AAAA, and what the records and hosts came to."""
    seen = outcome_in("MX", SETTLED)
    no_hosts = pl.lit([], pl.List(pl.String))
    are_resolved = pl.col("are_resolved").fill_null(True) & ~pl.col("is_cut").fill_null(False)
    return [
        state().alias("mx"),
        pl.when(seen).then(pl.col("hosts").fill_null(no_hosts)).alias("mx_hosts"),
        pl.when(seen).then(pl.col("via_cname").fill_null(False)).alias("mx_via_cname"),
        pl.when(seen).then(are_resolved).alias("mx_resolved"),
    ]


def state() -> pl.Expr:
    """The column `mx`. A failure is never an absence."""
    void = (Outcome.NO_DATA, Outcome.NO_NAME)
    no_address = outcome_in("A", (Outcome.NO_NAME,)) | (
        outcome_in("A", void) & outcome_in("AAAA", void)
    )
    has_address = outcome_in("A", (Outcome.ANSWERED,)) | outcome_in("AAAA", (Outcome.ANSWERED,))
    no_mx = outcome_in("MX", (Outcome.NO_DATA,))  # RFC 5321 §5.1: then, and only then, implicit
    aaaa_unasked = outcome_in("A", void) & not_asked("AAAA")
    return (
        pl.when(pl.col("hosts").list.len() > 0)
        .then(pl.lit(State.PRESENT.value))
        .when(pl.col("has_null_mx"))
        .then(pl.lit(NULL_MX))
        .when(outcome_in("MX", (Outcome.NO_NAME,)))
        .then(pl.lit(State.ABSENT.value))
        .when(no_mx & has_address)
        .then(pl.lit(IMPLICIT))
        .when(no_mx & no_address)
        .then(pl.lit(State.ABSENT.value))
        .when(not_asked("MX") | (no_mx & (not_asked("A") | aaaa_unasked)))
        .then(pl.lit(State.NOT_OBSERVED.value))
        .otherwise(pl.lit(State.UNKNOWN.value))
    )


def outcome_in(question: str, outcomes: Sequence[Outcome]) -> pl.Expr:
    """Was a question's outcome one of these? False where there is no fact."""
    return pl.col(question).is_in([outcome.value for outcome in outcomes]).fill_null(False)


def not_asked(question: str) -> pl.Expr:
    """Was the question never put?"""
    return pl.col(question).is_null() | outcome_in(question, (Outcome.NOT_ASKED,))
