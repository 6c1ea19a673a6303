"""What MX asks: the records, then the addresses of whatever they name."""

import polars as pl

from ...words import Outcome, QType
from ..protocol import Context, ask, settled
from ..spf.answers import read
from .hosts import FAMILIES, gone, led_on, registrables, top_of, with_reach
from .record import MOST_HOSTS, NOWHERE, answer_rows, by_preference

OWN = "mx"
HIDDEN = "mx-alias"
IMPLICIT = "mx-implicit"
HOST = "mx-host"
HIDDEN_HOST = "mx-host-alias"
DANGLING = "mx-dangling"
TOP = "mx-dangling-top"
LEADING = (OWN, IMPLICIT, HOST, HIDDEN_HOST, DANGLING)


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The MX of every domain. domains: `domain`. Returns `schema.ASKS`."""
    return ask(domains, pl.col("domain"), QType.MX, OWN)


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The hosts' addresses, or those that an implicit MX would have.

    AAAA only where the A brought no address to deliver to. A host that leads to a name that does
    not exist: is that one's registrable domain there? And a rebuilt NXDOMAIN may hide an alias that
    leads nowhere (RFC 6604 §3), so the domain's or host's CNAME is asked for.
    """
    why, outcome = pl.col("why"), pl.col("outcome")
    no_name = outcome == Outcome.NO_NAME.value
    hidden = facts.filter(why == OWN, no_name, "rebuilt")
    about_hosts = facts.filter(why == HOST)
    lost = pl.concat([gone(read(about_hosts, family)) for family in FAMILIES])
    led = led_on(facts.filter(why == HIDDEN_HOST))
    unsaid = facts.filter(why == DANGLING, no_name, "rebuilt")  # by whom it was said is not seen
    return pl.concat(
        [
            ask(hidden, pl.col("name"), QType.CNAME, HIDDEN),
            ask(without_records(facts), pl.col("name"), QType.A, IMPLICIT),
            ask(without_a(facts, IMPLICIT), pl.col("name"), QType.AAAA, IMPLICIT),
            ask(listed_hosts(facts), pl.col("host"), QType.A, HOST),
            ask(without_a(facts, HOST), pl.col("name"), QType.AAAA, HOST),
            ask(not_reached(facts, context), pl.col("name"), QType.AAAA, HOST),
            ask(registrables(lost, context), pl.col("registrable"), QType.SOA, DANGLING),
            ask(about_hosts.filter(no_name, "rebuilt"), pl.col("name"), QType.CNAME, HIDDEN_HOST),
            ask(registrables(led, context), pl.col("registrable"), QType.SOA, DANGLING),
            ask(unsaid, top_of("name"), QType.SOA, TOP),
        ]
    )


def without_records(facts: pl.LazyFrame) -> pl.LazyFrame:
    """The domains that exist and have no MX at all: NXDOMAIN ends it (RFC 5321 §5.1)."""
    return facts.filter(pl.col("why") == OWN, pl.col("outcome") == Outcome.NO_DATA.value)


def without_a(facts: pl.LazyFrame, why: str) -> pl.LazyFrame:
    """The names whose A is void, or brought no answer: they may have an AAAA all the same.

    Not after NXDOMAIN, which speaks of every type (RFC 8020 §2).
    """
    was_asked = pl.col("outcome") != Outcome.NOT_ASKED.value
    is_void = pl.col("outcome") == Outcome.NO_DATA.value
    about_a = facts.filter(pl.col("why") == why, pl.col("qtype") == int(QType.A))
    return about_a.filter(was_asked & (is_void | ~settled()))


def not_reached(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The MX hosts all of whose IPv4 addresses are of special purpose."""
    about_a = facts.filter(pl.col("why") == HOST, pl.col("outcome") == Outcome.ANSWERED.value)
    return with_reach(read(about_a, QType.A), context.wanted.public).filter("is_special")


def listed_hosts(facts: pl.LazyFrame) -> pl.LazyFrame:
    """The hosts that MX answers name: host, origin, depth. At most MOST_HOSTS an answer.

    facts: `schema.FACTS` and `why`, those for OWN among others. HELO asks at them, too.
    """
    about_mx = facts.filter(pl.col("why") == OWN, pl.col("qtype") == int(QType.MX), settled())
    is_mx = pl.col("type") == int(QType.MX)
    rows = answer_rows(about_mx).filter(is_mx)
    named = by_preference(rows.select("name", "origin", "depth", payload="rdata"), "name")
    return (
        named.filter(pl.col("host") != NOWHERE)
        .unique(["name", "host"], keep="first", maintain_order=True)
        .group_by("name", maintain_order=True)
        .head(MOST_HOSTS)
        .select("host", "origin", "depth")
    )
