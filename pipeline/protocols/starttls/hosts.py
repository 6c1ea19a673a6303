"""Each MX host by itself, once in a run, however many domains it serves."""

from ipaddress import ip_address

import polars as pl

from ...schema import VISITS, polars_schema
from ...words import Purpose, QType, SmtpOutcome
from ..protocol import Context
from ..spf.answers import read
from .chains import CERTIFICATE, judged_chains
from .columns import ENCRYPTED, NOT_OBSERVED, PLAIN, UNKNOWN

MOST_ADDRESSES = 20  # of a host; more are a zone's whim
IS_PLAIN = (
    SmtpOutcome.NOT_OFFERED,
    SmtpOutcome.STARTTLS_REFUSED,
    SmtpOutcome.HANDSHAKE_FAILED,
    SmtpOutcome.INJECTED,
)
SPEAKS = [outcome.value for outcome in (SmtpOutcome.ENCRYPTED, *IS_PLAIN)]
"""The outcomes that say something of STARTTLS; all others only of the visiting."""
SEEN = ("address", "sni", "purpose", "outcome", "why", "tls_version", "chain", "began_at")


def addresses_of(facts: pl.LazyFrame, hosts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The addresses of hosts, as the study visits them: host, address (text).

    hosts: `host`, each once.
    """
    families = (QType.A, QType.AAAA) if context.wanted.ipv6 else (QType.A,)
    answers = pl.concat(
        [
            read(facts, family)
            .join(hosts, left_on="name", right_on="host", how="semi")
            .select(host="name", rdata="rdata")
            for family in families
        ]
    )
    each = answers.explode("rdata").drop_nulls().unique().sort("host", "rdata").collect()
    each = each.filter(pl.int_range(pl.len()).over("host") < MOST_ADDRESSES)
    distinct = each.select("rdata").unique()
    texts = [text_of(rdata) for rdata in distinct["rdata"]]
    named = distinct.with_columns(address=pl.Series(texts, dtype=pl.String)).drop_nulls()
    return each.join(named, on="rdata").select("host", "address").lazy()


def without_address(facts: pl.LazyFrame, hosts: pl.LazyFrame) -> pl.LazyFrame:
    """The hosts of which it is known that they have no address of either family: `host`.

    A name that does not exist has none, whichever question said so (RFC 8020 §2).
    """
    families = [read(facts, family) for family in (QType.A, QType.AAAA)]
    void = hosts
    for answers in families:
        empty = answers.filter("is_seen", pl.col("rdata").list.len() == 0)
        void = void.join(empty.select(host="name").unique(), on="host", how="semi")
    gone = pl.concat([answers.filter("is_seen", "is_gone") for answers in families])
    names = hosts.join(gone.select(host="name").unique(), on="host", how="semi")
    return pl.concat([void, names]).unique()


def unresolved(facts: pl.LazyFrame, hosts: pl.LazyFrame) -> pl.LazyFrame:
    """The hosts whose question for IPv4 addresses brought no answer: `host`."""
    failed = read(facts, QType.A).filter(~pl.col("is_seen")).select(host="name").unique()
    return hosts.join(failed, on="host", how="semi")


def text_of(rdata: bytes) -> str | None:
    """An address as text; None: not of 4 or 16 octets."""
    return str(ip_address(rdata)) if len(rdata) in (4, 16) else None


def visited(context: Context, addresses: pl.LazyFrame) -> pl.LazyFrame:
    """The visits that were made to some addresses, less what no verdict needs: SEEN."""
    made = context.visits
    if made is None:
        made = pl.LazyFrame(schema=polars_schema(VISITS))
    return made.select(SEEN).join(addresses, on="address", how="semi")


def known_addresses(hosts: pl.LazyFrame, facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """One row a host and address: host, address, the visit that counts for it (SEEN), state, and
    what its certificate is (CERTIFICATE).

    The visit under the host's own name, or else another that says something of the address.
    """
    at = addresses_of(facts, hosts, context).collect().lazy()
    seen = visited(context, at.select("address").unique())
    rank = (
        ~pl.col("outcome").is_in(SPEAKS).fill_null(False),
        pl.col("sni") != pl.col("host"),
        pl.col("purpose") != Purpose.SURVEY.value,
        "sni",
    )
    best = (
        at.join(seen, on="address", how="left")
        .sort("host", "address", *rank)
        .unique(["host", "address"], keep="first", maintain_order=True)
        .with_columns(state=state(pl.col("sni") == pl.col("host")))
        .collect()
    )
    judged = judged_chains(best.filter(pl.col("state") == ENCRYPTED), context)
    return best.join(judged, on=["host", "address"], how="left").lazy()


def state(is_own: pl.Expr) -> pl.Expr:
    """What an address says of STARTTLS. An address that was not visited is not observed.

    is_own: was it visited under the name in question? A server may refuse the handshake for one
    name and not for another.
    """
    outcome = pl.col("outcome")
    is_unasked = outcome.is_null() | (outcome == SmtpOutcome.NOT_ASKED.value)
    is_unasked |= ~is_own & (outcome == SmtpOutcome.HANDSHAKE_FAILED.value)
    return (
        pl.when(outcome == SmtpOutcome.ENCRYPTED.value)
        .then(pl.lit(ENCRYPTED))
        .when(is_unasked)
        .then(pl.lit(NOT_OBSERVED))
        .when(outcome.is_in([one.value for one in IS_PLAIN]))
        .then(pl.lit(PLAIN))
        .otherwise(pl.lit(UNKNOWN))
    )


def known_hosts(addresses: pl.LazyFrame) -> pl.LazyFrame:
    """One row a host that has an address: host, state, version, certificate.

    addresses: see `known_addresses`. An address that is plain makes its host plain: mail may go
    there. One that cannot be reached takes none, and says nothing.
    """
    certificate = pl.col("certificate")
    verdicts = certificate.filter(pl.col("state") == ENCRYPTED)
    flaws = verdicts.filter(verdicts.is_in(CERTIFICATE[1:]))
    hidden = verdicts.filter(verdicts.is_in([UNKNOWN, NOT_OBSERVED]))
    is_there = {
        word: (pl.col("state") == word).any() for word in (PLAIN, ENCRYPTED, UNKNOWN, NOT_OBSERVED)
    }
    return addresses.group_by("host").agg(
        state=pl.when(is_there[PLAIN])
        .then(pl.lit(PLAIN))
        .when(is_there[ENCRYPTED])
        .then(pl.lit(ENCRYPTED))
        .when(is_there[UNKNOWN])
        .then(pl.lit(UNKNOWN))
        .otherwise(pl.lit(NOT_OBSERVED)),
        version=pl.col("tls_version").filter(pl.col("state") == ENCRYPTED).sort().first(),
        certificate=pl.coalesce(flaws.sort().first(), hidden.sort().first(), verdicts.first()),
    )
