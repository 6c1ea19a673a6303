"""From facts and visits to the STARTTLS findings and state of every domain."""

from collections.abc import Iterator

import polars as pl

from ...words import QType, SmtpOutcome, State
from ..dnssec.judge import hosts_of
from ..mx import IMPLICIT, may_be_cut
from ..protocol import Context, filled
from ..records import found
from . import findings as F
from .columns import (
    ALL,
    ENCRYPTED,
    EXPIRED,
    HIDDEN,
    HOST,
    NONE,
    NOT_APPLICABLE,
    NOT_OBSERVED,
    OTHER_NAME,
    PLAIN,
    SELF_SIGNED,
    SOME,
    UNKNOWN,
    UNTRUSTED,
    VALID,
)
from .hosts import known_addresses, known_hosts, unresolved, without_address

TAKES_MAIL = (State.PRESENT.value, IMPLICIT)
OLD = ("SSLv3", "TLSv1", "TLSv1.1")
OF_OUTCOME = (
    (SmtpOutcome.NOT_OFFERED, F.NOT_OFFERED),
    (SmtpOutcome.STARTTLS_REFUSED, F.REFUSED),
    (SmtpOutcome.HANDSHAKE_FAILED, F.HANDSHAKE_FAILED),
    (SmtpOutcome.INJECTED, F.INJECTED),
)
OF_CERTIFICATE = (
    (EXPIRED, F.EXPIRED),
    (SELF_SIGNED, F.SELF_SIGNED),
    (UNTRUSTED, F.UNTRUSTED),
    (OTHER_NAME, F.OTHER_NAME),
)


def judge(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings and the state of every domain.

    facts: `schema.FACTS`; domains: `domain`, mx, mx_hosts, mtasts_policy, mtasts_mode. Returns
    findings (`schema.FINDINGS` less `protocol`) and states (`domain` and COLUMNS).
    """
    wanted = ("domain", "mx", "mx_hosts", "mtasts_policy", "mtasts_mode")
    domains = domains.select(wanted)
    used = hosts_of(domains)
    distinct = used.select("host").unique()
    about = about_addresses(distinct, facts, context)
    addresses = known_addresses(distinct, about, context).collect().lazy()
    gone = without_address(about, distinct).with_columns(is_gone=pl.lit(True))
    lost = unresolved(about, distinct).with_columns(lost=pl.lit(UNKNOWN))
    of_domains = (
        used.join(known_hosts(addresses), on="host", how="left")
        .join(gone, on="host", how="left")
        .join(lost, on="host", how="left")
        .with_columns(
            pl.coalesce("state", "lost").fill_null(NOT_OBSERVED), pl.col("is_gone").fill_null(False)
        )
        .collect()
        .lazy()
    )
    states = (
        domains.join(summary(of_domains), on="domain", how="left")
        .with_columns(
            starttls=over_hosts("state", ENCRYPTED, PLAIN),
            starttls_certificates=over_hosts("passed", VALID, NONE),
        )
        .with_columns(starttls_hosts=hosts_column())
        .collect()
        .lazy()
    )
    told = used.select("domain", "host").join(addresses, on="host")
    columns = ("domain", "starttls", "starttls_certificates", "starttls_hosts")
    return pl.concat([*of_addresses(told), *of_states(states)]), states.select(columns)


def about_addresses(hosts: pl.LazyFrame, facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The facts about the hosts' addresses; none where nobody was visited: none of them counts."""
    if context.visits is None:
        return facts.clear()
    families = [int(qtype) for qtype in (QType.A, QType.AAAA)]
    about = facts.filter(pl.col("qtype").is_in(families))
    return about.join(hosts, left_on="name", right_on="host", how="semi").collect().lazy()


def summary(of_domains: pl.LazyFrame) -> pl.LazyFrame:
    """Each domain's hosts: domain, hosts (HOST), and the words of `over_hosts` as lists.

    A host without address is in the first alone: no mail can go there.
    """
    passed = (
        pl.when(pl.col("state") == PLAIN)
        .then(pl.lit(NONE))
        .when(pl.col("state").is_in(HIDDEN))
        .then("state")
        .when(pl.col("certificate").is_in([VALID, *HIDDEN]))
        .then("certificate")
        .otherwise(pl.lit(NONE))
    )
    return (
        of_domains.sort("domain", "place")
        .group_by("domain", maintain_order=True)
        .agg(
            hosts=pl.struct("host", "state", "version", "certificate"),
            state=pl.col("state").filter(~pl.col("is_gone")),
            passed=passed.filter(~pl.col("is_gone")),
        )
    )


def over_hosts(words: str, yes: str, no: str) -> pl.Expr:
    """all, some or none of the hosts, or why that is not known. A failure is never an absence."""
    mx, of_hosts = pl.col("mx"), pl.col(words)
    has_yes, has_no = of_hosts.list.contains(yes), of_hosts.list.contains(no)
    is_one = pl.element()
    return (
        pl.when(mx.is_in(HIDDEN))
        .then("mx")
        .when(~mx.is_in(TAKES_MAIL))
        .then(pl.lit(NOT_APPLICABLE))
        .when(has_yes & has_no)
        .then(pl.lit(SOME))
        .when(of_hosts.list.len() == 0)
        .then(pl.lit(NOT_OBSERVED))
        .when(of_hosts.list.eval(is_one == yes).list.all() & ~may_be_cut())
        .then(pl.lit(ALL))
        .when(of_hosts.list.eval(is_one == no).list.all() & ~may_be_cut())
        .then(pl.lit(NONE))
        .when(of_hosts.list.eval(is_one.is_in([NOT_OBSERVED])).list.all() | may_be_cut())
        .then(pl.lit(NOT_OBSERVED))
        .otherwise(pl.lit(UNKNOWN))
    )


def hosts_column() -> pl.Expr:
    """The column `starttls_hosts`."""
    hosts = pl.col("hosts").cast(pl.List(HOST)).fill_null(pl.lit([], pl.List(HOST)))
    return pl.when(~pl.col("mx").is_in(HIDDEN)).then(hosts)


# --- findings ------------------------------------------------------------------------------------


def of_addresses(told: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    """What is told of single addresses. told: domain, and see `hosts.known_addresses`."""
    at_host = told.with_columns(name="host")
    with_why = filled("{} {}", "address", pl.col("why").fill_null(""))
    for outcome, finding in OF_OUTCOME:
        yield found(
            at_host.filter(pl.col("outcome") == outcome.value, pl.col("state") == PLAIN),
            finding,
            with_why.str.strip_chars(),
        )
    secured = at_host.filter(pl.col("state") == ENCRYPTED)
    version = filled("{} {}", "address", "tls_version")
    yield found(secured.filter(pl.col("tls_version").is_in(OLD)), F.OLD_VERSION, version)
    for verdict, finding in OF_CERTIFICATE:
        flawed = secured.filter(pl.col("certificate") == verdict)
        yield found(flawed, finding, filled("{} {}", "address", "flaw"))
    for column, finding in (("weak_key", F.WEAK_KEY), ("weak_signature", F.WEAK_SIGNATURE)):
        weak = secured.filter(pl.col(column).is_not_null())
        yield found(weak, finding, filled("{} {}", "address", column))


def of_states(states: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    """What is told of the hosts of a domain together."""
    at_domain = states.with_columns(name="domain")
    host = pl.element().struct
    plain = pl.col("starttls_hosts").list.eval(
        pl.when(host.field("state") == PLAIN).then(host.field("host")).drop_nulls()
    )
    yield found(
        at_domain.filter(pl.col("starttls") == SOME), F.SOME_HOSTS_WITHOUT, plain.list.join(" ")
    )
    flaw = pl.coalesce(
        pl.when(host.field("state") == PLAIN).then(pl.lit(PLAIN)), host.field("certificate")
    )
    blocked = pl.col("starttls_hosts").list.eval(
        pl.when(
            (host.field("state") == PLAIN)
            | host.field("certificate").is_in([EXPIRED, SELF_SIGNED, UNTRUSTED, OTHER_NAME])
        )
        .then(pl.concat_str(host.field("host"), pl.lit(": "), flaw))
        .drop_nulls()
    )
    enforced = at_domain.filter(
        pl.col("mtasts_policy") == VALID,
        pl.col("mtasts_mode") == "enforce",
        blocked.list.len() > 0,
    )
    yield found(enforced, F.BLOCKS_MTA_STS, blocked.list.join(", "))
