"""From facts to the DNSSEC findings and state of every domain.

Names are judged once, whether domains or MX hosts of many, and joined to the domains afterwards.
"""

from collections.abc import Iterator

import polars as pl

from ...words import Outcome, QType, State
from ..mx import may_be_cut
from ..protocol import Context, Finding, filled, settled
from ..records import found
from ..validation import BOGUS, INSECURE, SECURE, can_tell, is_alias, verdicts
from . import findings as F
from .asks import zones_of
from .chain import chains
from .columns import HOST, NUMBERS

READ = [
    *("name", "qtype", "cd", "purpose", "outcome", "ad", "ede", "engine", "rebuilt", "resolver"),
    "rrs",
]
QTYPES = (QType.SOA, QType.CNAME, QType.DNSKEY, QType.DS)
NOT_OBSERVED, UNKNOWN = State.NOT_OBSERVED.value, State.UNKNOWN.value
NO_HOST = ("null_mx", State.ABSENT.value)  # the column `mx`: no mail is taken
WORST_FIRST = (BOGUS, INSECURE, UNKNOWN, NOT_OBSERVED)


def judge(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings and the state of every domain.

    facts: `schema.FACTS`; domains: `domain`, `mx`, `mx_hosts`. Returns findings (`schema.FINDINGS`
    less `protocol`) and states (`domain` and COLUMNS).
    """
    domains = domains.select("domain", "mx", "mx_hosts")
    used = hosts_of(domains)
    names = pl.concat([domains.select(name="domain"), used.select(name="host")]).unique()
    of_type = facts.filter(pl.col("qtype").is_in([int(qtype) for qtype in QTYPES]))
    facts = of_type.select(READ).collect().lazy()  # read several times below
    zones = chains(facts).collect().lazy()
    judged = states_of(names, facts, zones, context).collect().lazy()
    own = domains.join(judged, left_on="domain", right_on="name", how="left").collect().lazy()
    hosts = used.join(judged, left_on="host", right_on="name", how="left").collect().lazy()
    states = own.join(summary(hosts), on="domain", how="left").select("domain", *columns())
    return pl.concat(list(told(own, hosts))), states


def hosts_of(domains: pl.LazyFrame) -> pl.LazyFrame:
    """Where each domain's mail goes: domain, place (in preference), host; itself where implicit."""
    itself = pl.concat_list("domain")
    hosts = pl.when(pl.col("mx") == "implicit").then(itself).otherwise("mx_hosts")
    return (
        domains.select("domain", host=hosts)
        .explode("host", empty_as_null=False, keep_nulls=False)
        .with_columns(place=pl.int_range(pl.len()).over("domain"))
    )


def states_of(
    names: pl.LazyFrame, facts: pl.LazyFrame, zones: pl.LazyFrame, context: Context
) -> pl.LazyFrame:
    """One row a name: name, state, ede, is_there, and what `chains` has of its zone.

    An alias's zone is not known, so neither are its keys: an alias is no apex (RFC 1034 §3.6.2),
    and its question is answered from elsewhere.
    """
    is_of_name = pl.col("qtype").is_in([int(QType.SOA), int(QType.CNAME)])
    of_names = facts.filter(is_of_name).join(names, on="name", how="semi").collect().lazy()
    told = verdicts(of_names, context).collect().lazy()
    soa = told.filter(pl.col("qtype") == int(QType.SOA))
    cname = told.filter(pl.col("qtype") == int(QType.CNAME)).select("name", "security", "ede")
    # RFC 4035 §3.2.3: AD speaks of the whole answer, so a secure chain makes its alias secure too
    by_cname = pl.col("is_alias") & (pl.col("security") != SECURE)
    return (
        names.join(soa, on="name", how="left")
        .join(cname, on="name", how="left", suffix="_cname")
        .join(zone_rows(of_names, zones, context), on="name", how="left")
        .select(
            "name",
            *ZONE_COLUMNS,
            state=pl.when(by_cname)
            .then("security_cname")
            .otherwise("security")
            .fill_null(NOT_OBSERVED),
            ede=pl.when(by_cname).then("ede_cname").otherwise("ede"),
            is_there=pl.col("outcome") != Outcome.NO_NAME.value,
        )
    )


ZONE_COLUMNS = (
    *("zone", "saw_keys", "saw_ds", "has_keys", "has_ds"),
    *("algorithms", "digest_types", "ds_pairs", "lone_ds"),
)


def zone_rows(facts: pl.LazyFrame, zones: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The zone of each name, where its SOA tells it: name and ZONE_COLUMNS."""
    tells = facts.filter(
        settled(), pl.col("qtype") == int(QType.SOA), can_tell(context), ~is_alias()
    )
    is_signed = (pl.col("has_keys") | pl.col("has_ds")).fill_null(False)
    return (
        zones_of(tells)
        .select("name", "zone")
        .unique()
        .join(zones, on="zone", how="left")
        .sort(is_signed, pl.col("zone").str.len_bytes(), descending=True)
        .unique("name", keep="first", maintain_order=True)
        .select("name", *ZONE_COLUMNS)
    )


def summary(hosts: pl.LazyFrame) -> pl.LazyFrame:
    """The hosts of each domain as one list: domain, hosts (HOST), host_states."""
    one = pl.struct("host", "state", "zone", "algorithms", "digest_types")
    return (
        hosts.sort("domain", "place")
        .group_by("domain", maintain_order=True)
        .agg(hosts=one, host_states=pl.col("state").unique())
    )


def columns() -> list[pl.Expr]:
    """COLUMNS, from a domain's own row and its hosts."""
    met = pl.col("host_states").list
    of_hosts = pl.coalesce(
        *[pl.when(met.contains(state)).then(pl.lit(state)) for state in WORST_FIRST],
        pl.lit(SECURE),
    )
    no_list = pl.col("mx").is_in([UNKNOWN, NOT_OBSERVED])
    mx = (
        pl.when(pl.col("mx").is_in(NO_HOST))
        .then(pl.lit(State.NOT_APPLICABLE.value))
        .when(no_list)
        .then("mx")
        .when((of_hosts == SECURE) & may_be_cut())
        .then(pl.lit(NOT_OBSERVED))
        .otherwise(of_hosts)
    )
    nothing = pl.lit([], pl.List(HOST))
    return [
        pl.col("state").alias("dnssec"),
        pl.col("ede").alias("dnssec_ede"),
        pl.col("zone").alias("dnssec_zone"),
        pl.col("algorithms").cast(NUMBERS).alias("dnssec_algorithms"),
        pl.col("digest_types").cast(NUMBERS).alias("dnssec_digest_types"),
        mx.alias("dnssec_mx"),
        pl.when(~no_list)
        .then(pl.col("hosts").cast(pl.List(HOST)).fill_null(nothing))
        .alias("dnssec_hosts"),
    ]


# --- findings ------------------------------------------------------------------------------------


def told(own: pl.LazyFrame, hosts: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    """The findings: of the domain, then of its and its hosts' zones.

    Whose zone is not proven is looked into by a sample of the domains only, so what is told of such
    a zone (an island, a DS that nobody can use) is told of the domain's own alone.
    """
    by_ede = filled("EDE {}", "ede").fill_null("")
    own = own.with_columns(name=pl.coalesce("zone", "domain"))
    yield found(
        own.filter(pl.col("state") == BOGUS).with_columns(name="domain"), F.BOGUS_CHAIN, by_ede
    )
    others = hosts.filter(pl.col("host") != pl.col("domain")).with_columns(name="host")
    yield found(others.filter(pl.col("state") == BOGUS), F.HOST_BOGUS, by_ede)
    unproven = own.filter(pl.col("state") == INSECURE, "is_there")
    is_island = pl.col("has_keys") & pl.col("saw_ds") & ~pl.col("has_ds")
    yield found(unproven.filter(is_island), F.ISLAND, shown("algorithm", "algorithms"))
    useless = pl.col("has_ds") & ~pl.col("ds_pairs").list.eval(is_validated()).list.any()
    yield found(unproven.filter(useless), F.UNSUPPORTED_DS, shown("digest type", "digest_types"))
    yield from of_numbers(zones_told(own, hosts))


def is_validated() -> pl.Expr:
    """Of a DS in `ds_pairs`: may every validator be expected to use it?"""
    ds = pl.element().struct
    return ds.field("algorithm").is_in(F.VALIDATED_ALGORITHMS) & ds.field("digest_type").is_in(
        F.VALIDATED_DIGESTS
    )


def zones_told(own: pl.LazyFrame, hosts: pl.LazyFrame) -> pl.LazyFrame:
    """The zones that a domain depends on, each once: domain, name (the apex), ZONE_COLUMNS."""
    is_proven = pl.col("state").is_in([SECURE, BOGUS])
    columns = ["domain", *ZONE_COLUMNS]
    return (
        pl.concat(
            [
                own.filter("is_there").select(columns),
                hosts.filter(is_proven, "is_there").select(columns),
            ]
        )
        .filter(pl.col("zone").is_not_null())
        .unique(["domain", "zone"], keep="any")
        .with_columns(name="zone")
    )


def of_numbers(zones: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    """What the numbers of a zone's algorithms and digests say, and the DS without a key."""
    algorithms, digests = pl.col("algorithms").cast(NUMBERS), pl.col("digest_types").cast(NUMBERS)
    rules: tuple[tuple[Finding, str, pl.Expr], ...] = (
        (F.SHA1_ALGORITHM, "algorithm", among(algorithms, F.SHA1_ALGORITHMS)),
        (F.WITHDRAWN_ALGORITHM, "algorithm", among(algorithms, F.WITHDRAWN_ALGORITHMS)),
        (F.UNKNOWN_ALGORITHM, "algorithm", beside(algorithms, F.KNOWN_ALGORITHMS)),
        (F.WITHDRAWN_DIGEST, "digest type", among(digests, F.WITHDRAWN_DIGESTS)),
        (F.UNKNOWN_DIGEST, "digest type", beside(digests, F.KNOWN_DIGESTS)),
    )
    for finding, what, bad in rules:
        rows = zones.with_columns(bad=bad).filter(pl.col("bad").list.len() > 0)
        yield found(rows, finding, shown(what, "bad"))
    only_sha1 = (digests.list.len() == 1) & digests.list.contains(F.SHA1_DIGEST)
    yield found(zones.filter(only_sha1), F.SHA1_DIGEST_ONLY, shown("digest type", "digest_types"))
    yield found(
        zones.filter(pl.col("lone_ds").list.len() > 0),
        F.DS_WITHOUT_KEY,
        filled("DS {}", pl.col("lone_ds").list.join(", ")),
    )


def among(numbers: pl.Expr, bad: tuple[int, ...]) -> pl.Expr:
    """Those of the numbers that are listed."""
    return numbers.list.set_intersection(pl.lit(list(bad), NUMBERS))


def beside(numbers: pl.Expr, good: tuple[int, ...]) -> pl.Expr:
    """Those of the numbers that are not listed."""
    return numbers.list.set_difference(pl.lit(list(good), NUMBERS))


def shown(what: str, column: str) -> pl.Expr:
    """The evidence: "algorithm 5 7"."""
    numbers = pl.col(column).list.sort().cast(pl.List(pl.String)).list.join(" ")
    return filled("{} {}", pl.lit(what), numbers)
