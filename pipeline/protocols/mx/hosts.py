"""What is known of each host that an MX names: whether it exists, and who can reach it."""

import polars as pl

from ... import message
from ...message import to_text
from ...words import Outcome, QType
from ..protocol import Context
from ..spf.answers import read
from .addresses import is_special
from .record import host_flaw

FAMILIES = (QType.A, QType.AAAA)
ROOT = "."


def with_reach(answers: pl.LazyFrame, public: tuple[str, ...]) -> pl.LazyFrame:
    """Answers of one family, and is_special: there are addresses, and the Internet reaches none.

    answers: `rdata` (list). public: see `addresses.is_special`; Python sees each address once.
    """
    distinct = answers.select(pl.col("rdata").explode()).unique().drop_nulls().collect()
    special = [rdata for rdata in distinct["rdata"].to_list() if is_special(rdata, public)]
    all_of_them = pl.col("rdata").list.eval(pl.element().is_in(special)).list.all()
    return answers.with_columns(is_special=(pl.col("rdata").list.len() > 0) & all_of_them)


def gone(answers: pl.LazyFrame) -> pl.LazyFrame:
    """Of `spf.answers.read`, the names that do not exist, or whose last alias leads to such a one.

    Adds target: the rdata of that alias, null: none.
    """
    rr = pl.element().struct.field
    targets = pl.col("rrs").list.eval(pl.when(is_alias()).then(rr("rdata"))).list.drop_nulls()
    is_no_name = pl.col("outcome") == Outcome.NO_NAME.value
    return answers.filter("is_seen", is_no_name).with_columns(target=targets.list.last())


def top_of(name: str) -> pl.Expr:
    """The top-level domain of a column of names."""
    return pl.col(name).str.split(".").list.last()


def led_on(facts: pl.LazyFrame) -> pl.LazyFrame:
    """Facts of CNAME questions that were answered, with target: the rdata."""
    about = facts.filter(
        pl.col("qtype") == int(QType.CNAME), pl.col("outcome") == Outcome.ANSWERED.value
    )
    rdata = pl.element().struct.field("rdata")
    targets = pl.col("rrs").list.eval(pl.when(is_alias()).then(rdata)).list.drop_nulls()
    return about.with_columns(target=targets.list.last())


def is_alias() -> pl.Expr:
    """Of a record in a list: is it a CNAME of the answer?"""
    rr = pl.element().struct.field
    return (rr("section") == message.ANSWER) & (rr("type") == int(QType.CNAME))


def registrables(hosts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The hosts of `gone` whose end belongs to a registrable domain, and which: `registrable`.

    None of what is no host's full name: its flaw is told as it is.
    """
    once = hosts.select("name", "target").unique("name").collect()
    domains = [
        None if host_flaw(name) else context.registrable(to_text(target) if target else name)
        for name, target in once.iter_rows()
    ]
    found = once.lazy().select("name", registrable=pl.Series(domains, dtype=pl.String))
    return hosts.join(found.drop_nulls(), on="name")


def known_hosts(facts: pl.LazyFrame, hosts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """One row a host: host, is_resolved, is_alias, has_no_address, is_special, is_dangling, rdata.

    facts: `schema.FACTS`; hosts: `host`, each once. What a failure hides is false everywhere, and
    is_resolved with it. rdata: all addresses.
    """
    of_families = facts.filter(pl.col("qtype").is_in([int(family) for family in FAMILIES]))
    about = (  # collected, for it is read six times below
        of_families.join(hosts, left_on="name", right_on="host", how="semi").collect().lazy()
    )
    for family in FAMILIES:
        hosts = hosts.join(answers(about, family, context), on="host", how="left")
    both = [pl.col(family.name).struct for family in FAMILIES]
    hidden = led_on(facts).select(host="name", is_hidden_alias=pl.lit(True)).unique()

    def flags(field: str) -> list[pl.Expr]:
        return [one.field(field).fill_null(False) for one in both]

    has_address, is_reached, is_no_name, was_alias = (
        pl.any_horizontal(flags(field))
        for field in ("has_address", "is_reached", "is_no_name", "is_alias")
    )
    is_known = is_reached | is_no_name | pl.all_horizontal(flags("is_seen"))
    is_free = pl.col("is_free") & ~has_address
    judged = hosts.join(dangling(about, facts, context), on="host", how="left")
    return judged.join(hidden, on="host", how="left").select(
        "host",
        is_resolved=is_known & (pl.col("is_lost").is_null() | is_free.is_not_null()),
        is_alias=was_alias | pl.col("is_hidden_alias").fill_null(False),
        has_no_address=is_known & ~has_address,
        is_special=is_known & has_address & ~is_reached,
        is_dangling=is_free.fill_null(False),
        rdata=pl.concat_list(one.field("rdata").fill_null([]) for one in both),
    )


def answers(facts: pl.LazyFrame, family: QType, context: Context) -> pl.LazyFrame:
    """What one family's questions brought: host, and a struct named as the family."""
    owner = pl.element().struct.field("owner")
    aliases = pl.col("rrs").list.eval(pl.when(is_alias()).then(owner))
    has_address = pl.col("is_seen") & (pl.col("rdata").list.len() > 0)
    read_once = with_reach(read(facts, family), context.wanted.public)
    return read_once.select(
        pl.col("name").alias("host"),
        pl.struct(
            "is_seen",
            "rdata",
            is_no_name=pl.col("is_seen") & (pl.col("outcome") == Outcome.NO_NAME.value),
            is_alias=pl.col("is_seen") & aliases.list.contains(pl.col("name")).fill_null(False),
            has_address=has_address,
            is_reached=has_address & ~pl.col("is_special"),
        ).alias(family.name),
    )


def dangling(about: pl.LazyFrame, facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The hosts that lead to nowhere: host, is_lost (true), is_free.

    is_free: the domain that they lead to does not exist; null: not known. about: the facts of the
    hosts' addresses. Where the root itself says that there is no such name, the top-level domain
    does not exist, and nobody can register below it; a rebuilt answer does not show who said it, so
    the top-level domain itself is asked for.
    """
    met = [gone(read(about, family)).select("name", "target") for family in FAMILIES]
    hidden = led_on(facts).select("name", hidden_target="target").unique("name")
    seen = pl.concat(met).unique("name").join(hidden, on="name", how="left")
    named = seen.select("name", target=pl.coalesce("target", "hidden_target"))
    lost = registrables(named, context)
    soa = facts.filter(pl.col("qtype") == int(QType.SOA)).join(
        lost, left_on="name", right_on="registrable", how="semi"
    )
    rr = pl.element().struct.field
    by_root = (rr("section") == message.AUTHORITY) & (rr("owner") == ROOT)
    said_by_root = pl.col("rrs").list.eval(by_root).list.any().fill_null(False)
    is_free = pl.col("is_gone") & ~said_by_root & pl.col("is_top_gone").is_null()
    is_no_name = pl.col("outcome") == Outcome.NO_NAME.value
    tops = facts.filter(
        pl.col("qtype") == int(QType.SOA), ~pl.col("name").str.contains(".", literal=True)
    )
    gone_tops = tops.filter(is_no_name).select(top="name", is_top_gone=pl.lit(True)).unique()
    answers_to_soa = read(soa, QType.SOA).filter("is_seen").with_columns(top=top_of("name"))
    known = answers_to_soa.join(gone_tops, on="top", how="left").select(
        registrable="name", is_free=is_free
    )
    return lost.join(known, on="registrable", how="left").select(
        "is_free", host="name", is_lost=pl.lit(True)
    )
