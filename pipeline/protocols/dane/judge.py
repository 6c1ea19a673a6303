"""From facts to the DANE findings and state of every domain."""

from collections.abc import Iterator

import polars as pl

from ...words import QType, State
from ..dnssec.judge import hosts_of
from ..mx import may_be_cut
from ..protocol import Context, filled, without
from ..records import faults_found, found
from ..validation import BOGUS as IS_BOGUS
from ..validation import INSECURE, SECURE, verdicts
from . import findings as F
from .asks import AT, AT_MISNAMED
from .columns import (
    ALL,
    HIDDEN,
    HOST,
    MISMATCH,
    NO_STARTTLS,
    NONE,
    SOME,
    UNUSABLE,
    USABLE,
)
from .hosts import known_hosts, records, relevant
from .served import is_again, verdicts_of
from .served import of_hosts as of_visits

UNKNOWN, NOT_OBSERVED = HIDDEN
TAKES_MAIL = ("present", "implicit")  # the column `mx`


def judge(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings and the state of every domain.

    facts: `schema.FACTS`; domains: `domain`, `mx`, `mx_hosts`. Returns findings (`schema.FINDINGS`
    less `protocol`) and states (`domain` and COLUMNS).
    """
    domains = domains.select("domain", "mx", "mx_hosts")
    every, facts = facts, facts.filter(~is_again())
    used = hosts_of(domains)
    distinct = used.select("host").unique()
    about = relevant(distinct, facts).collect().lazy()  # few, and read several times below
    tlsa = records(about, AT).collect().lazy()
    hosts = known_hosts(distinct, about, tlsa, context).collect().lazy()
    shown = of_visits(verdicts_of(relevant(distinct, every), hosts, context))
    of_domains = used.join(hosts.join(shown, on="host", how="left"), on="host").collect().lazy()
    states = (
        domains.join(mx_verdicts(domains, facts, context), on="domain", how="left")
        .join(summary(of_domains), on="domain", how="left")
        .with_columns(dane_mx=pl.col("security").fill_null(NOT_OBSERVED))
        .with_columns(dane=state())
        .with_columns(dane_verified=verified_state())
        .select("domain", *columns())
        .collect()
        .lazy()
    )
    told = of_domains.join(states.select("domain", "dane", "dane_mx"), on="domain")
    wrong = records(about, AT_MISNAMED)
    return pl.concat([*of_records(told, tlsa), *of_hosts(told, wrong), *of_states(states)]), states


def mx_verdicts(domains: pl.LazyFrame, facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """What is proven of each domain's MX: domain, security."""
    about = facts.filter(pl.col("qtype") == int(QType.MX)).join(
        domains, left_on="name", right_on="domain", how="semi"
    )
    return verdicts(about, context).select("security", domain="name")


def summary(of_domains: pl.LazyFrame) -> pl.LazyFrame:
    """Each domain's hosts: domain, hosts (HOST), and how many there are of each kind of state."""
    state = pl.col("state")
    return (
        of_domains.sort("domain", "place")
        .group_by("domain", maintain_order=True)
        .agg(
            hosts=pl.struct("host", "state", "verdict", "base", "records"),
            verdicts=pl.col("verdict").drop_nulls(),
            count=pl.len(),
            usable=(state == USABLE).sum(),
            hidden=state.is_in(HIDDEN).sum(),
            unobserved=(state == NOT_OBSERVED).sum(),
            bogus=(state == IS_BOGUS).sum(),
            with_tlsa=state.is_in([USABLE, UNUSABLE]).sum(),
        )
    )


def state() -> pl.Expr:
    """The column `dane`. A failure is never an absence."""
    mx, proof = pl.col("mx"), pl.col("dane_mx")
    hidden, usable = pl.col("hidden"), pl.col("usable")
    is_mixed = (usable > 0) & (usable + hidden < pl.col("count"))
    return (
        pl.when(proof == IS_BOGUS)
        .then(pl.lit(IS_BOGUS))
        .when(mx.is_in(HIDDEN))
        .then("mx")
        .when(~mx.is_in(TAKES_MAIL))
        .then(pl.lit(State.NOT_APPLICABLE.value))
        .when(proof.is_in(HIDDEN))
        .then("dane_mx")
        .when(proof == INSECURE)  # RFC 7672 §2.2.1
        .then(pl.lit(NONE))
        .when((usable == pl.col("count")) & ~may_be_cut())
        .then(pl.lit(ALL))
        .when(is_mixed)
        .then(pl.lit(SOME))
        .when((hidden > 0) & (hidden == pl.col("unobserved")))
        .then(pl.lit(NOT_OBSERVED))
        .when(hidden > 0)
        .then(pl.lit(UNKNOWN))
        .when(may_be_cut())
        .then(pl.lit(NOT_OBSERVED))
        .when(pl.col("bogus") > 0)
        .then(pl.lit(IS_BOGUS))
        .otherwise(pl.lit(NONE))
    )


def verified_state() -> pl.Expr:
    """The column `dane_verified`: what the hosts with usable records show."""
    dane, verdicts = pl.col("dane"), pl.col("verdicts")
    words = [
        pl.when(verdicts.list.contains(word)).then(pl.lit(word))
        for word in (MISMATCH, NO_STARTTLS, UNKNOWN, NOT_OBSERVED)
    ]
    return pl.when(dane.is_in([ALL, SOME])).then(pl.coalesce(*words, dane)).otherwise(dane)


def columns() -> list[pl.Expr]:
    """COLUMNS, from a domain's MX and its hosts."""
    no_list = pl.col("mx").is_in(HIDDEN)
    has_tlsa = (
        pl.when(pl.col("with_tlsa") > 0)
        .then(True)
        .when(no_list | (pl.col("hidden") + pl.col("bogus") > 0))
        .then(None)
        .otherwise(False)
    )
    hosts = pl.col("hosts").cast(pl.List(HOST)).fill_null(pl.lit([], pl.List(HOST)))
    return [
        pl.col("dane"),
        pl.col("dane_mx"),
        has_tlsa.alias("dane_has_tlsa"),
        pl.when(~no_list).then(hosts).alias("dane_hosts"),
        pl.col("dane_verified"),
    ]


# --- findings ------------------------------------------------------------------------------------


def of_records(told: pl.LazyFrame, tlsa: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    """What is told of single records, and of several that stand together.

    told: a row a domain and host, with the host's state and owner. Two hosts may share an owner.
    """
    owners = told.filter("has_records").select("domain", "state", name="owner").unique()
    yield faults_found(owners.join(tlsa.rename({"owner": "name"}), on="name"))
    kind = ["owner", "usage", "selector", "matching"]
    several = (
        tlsa.filter("usable").group_by(kind).len("several").filter(pl.col("several") > 1)
    ).select(name="owner", kind=pl.concat_str(kind[1:], separator=" "))
    ready = owners.filter(pl.col("state") == USABLE).join(several, on="name")
    yield found(ready, F.ROLL_OVER, pl.col("kind"))


def of_hosts(told: pl.LazyFrame, wrong: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    """What is told of a host. wrong: records at names where nobody looks."""
    state = pl.col("state")
    at_host, at_owner = told.with_columns(name="host"), told.with_columns(name="owner")
    yield found(at_owner.filter(state == UNUSABLE), F.ALL_UNUSABLE)
    yield found(at_host.filter(state == IS_BOGUS), F.BOGUS)
    yield found(at_owner.filter(state == INSECURE, "has_records"), F.WITHOUT_DNSSEC)
    misnamed = told.filter(state == State.ABSENT.value).with_columns(
        name=pl.lit(AT_MISNAMED) + without(AT, "owner")
    )
    at = wrong.select(name="owner").unique()
    yield found(misnamed.join(at, on="name", how="semi"), F.MISNAMED)
    for verdict, finding in ((MISMATCH, F.MISMATCH), (NO_STARTTLS, F.NO_STARTTLS)):
        failing = at_owner.filter(pl.col("verdict") == verdict)
        yield found(failing, finding, filled("{}: {}", "host", "why"))


def of_states(states: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    """What is told of the hosts of a domain together."""
    at_domain = states.with_columns(name="domain")
    host = pl.element().struct
    yield found(at_domain.filter(pl.col("dane_mx") == IS_BOGUS), F.BOGUS, pl.lit("MX"))
    published = at_domain.filter(pl.col("dane_mx") == INSECURE, "dane_has_tlsa")
    yield found(published, F.INSECURE_MX)
    without = pl.col("dane_hosts").list.eval(
        pl.when(~host.field("state").is_in([USABLE, *HIDDEN])).then(host.field("host")).drop_nulls()
    )
    partly = at_domain.filter(pl.col("dane") == SOME, pl.col("dane_mx") == SECURE)
    yield found(partly, F.SOME_HOSTS_WITHOUT, without.list.join(" "))
