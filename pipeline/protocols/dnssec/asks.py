"""What to ask about DNSSEC: the SOA of names, then the keys of zones."""

from collections.abc import Iterator

import polars as pl

from ...words import EngineName, Purpose, QType
from ..mx import listed_hosts
from ..protocol import Context, ask, settled
from ..validation import WITH_CD, can_tell, doubted, doubts, is_alias, may_refuse

OWN, HOST, ALIAS, CHAIN = "dnssec", "dnssec-host", "dnssec-cname", "dnssec-chain"
PROOFS = (OWN, HOST, ALIAS)
"""The questions whose AD flag is read."""
LEADING = ("mx", *doubted(*PROOFS))


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The SOA at every domain. domains: `domain`. Returns `schema.ASKS`."""
    return ask(domains, pl.col("domain"), QType.SOA, OWN)


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """What one fact makes worth asking.

    An MX: the SOA at its hosts. SERVFAIL: see `doubts`. An alias whose chain is not secure as a
    whole, so that the answer may speak of another zone: the CNAME itself. A zone that is signed or
    drawn: its DNSKEY and DS.
    """
    ours = facts.filter(pl.col("why").str.starts_with(OWN))
    elsewhere = is_alias() & (pl.col("qtype") == int(QType.SOA))
    undecided = ours.filter(settled(), ~pl.col("ad").fill_null(False) | pl.col("cd"), elsewhere)
    return pl.concat(
        [
            ask(listed_hosts(facts), pl.col("host"), QType.SOA, HOST),
            doubts(ours.filter(~elsewhere, may_refuse(context)), PROOFS),
            ask(undecided, pl.col("name"), QType.CNAME, ALIAS),
            *chain_asks(ours, context),
        ]
    )


# --- the zone's keys -----------------------------------------------------------------------------


def chain_asks(facts: pl.LazyFrame, context: Context) -> Iterator[pl.LazyFrame]:
    """DNSKEY and DS at the apex of the zones that the SOA answers tell, where worth asking.

    Bogus: an answer with CD=1, which is asked for after SERVFAIL only; then these too (the rest of
    the chain may be as bad). Insecure: a drawn share of the domains; in a check their hosts too.
    """
    of_soa = facts.filter(
        settled(), pl.col("qtype") == int(QType.SOA), ~is_alias(), can_tell(context)
    )
    is_plain = ~pl.col("cd") & pl.col("purpose").is_in(
        [Purpose.SURVEY.value, Purpose.CONFIRM.value]
    )
    wanted = is_plain & (pl.col("ad").fill_null(False) | is_drawn(context))
    unchecked = pl.col("cd") & pl.col("why").is_in([OWN + WITH_CD, HOST + WITH_CD])
    for rows, cd in ((of_soa.filter(wanted), False), (of_soa.filter(unchecked), True)):
        at = zones_of(rows)
        for qtype in (QType.DNSKEY, QType.DS):
            yield ask(at, pl.col("zone"), qtype, CHAIN, cd=cd)


def is_drawn(context: Context) -> pl.Expr:
    """Is the name in the sample whose zones are looked into although nothing is proven?"""
    share = context.wanted.islands
    if share >= 1:
        return pl.lit(True)
    limit = int(share * (2**64 - 1))
    is_own = pl.col("why").str.starts_with(HOST).not_()
    return is_own & (pl.col("name").hash(context.wanted.seed + 3) < limit)


def zones_of(facts: pl.LazyFrame) -> pl.LazyFrame:
    """The facts of SOA questions with the zones that their names may lie in, one a row: `zone`.

    The owner of the SOA, in the answer or in the authority section (RFC 2308 §3), is the apex. A
    zone file may leave its SOA out, so that one further up answers instead: there, all names in
    between may be an apex.
    """
    with_apex = facts.with_columns(apex=apex()).filter(pl.col("apex").is_not_null())
    from_file = pl.col("engine") == EngineName.ZONE.value
    beside = with_apex.filter(from_file, pl.col("apex") != pl.col("name"))
    pairs = beside.select("name", "apex").unique().collect()
    between = [(name, top, zone) for name, top in pairs.rows() for zone in upto(name, top)]
    schema = {"name": pl.String, "apex": pl.String, "zone": pl.String}
    steps = pl.LazyFrame(between, schema=schema, orient="row")
    plain = with_apex.filter(~(from_file & (pl.col("apex") != pl.col("name"))))
    columns = [*with_apex.collect_schema().names(), "zone"]
    return pl.concat(
        [
            plain.with_columns(zone="apex").select(columns),
            beside.join(steps, on=["name", "apex"]).select(columns),
        ]
    )


def apex() -> pl.Expr:
    """The owner of the first SOA in a message; null: there is none."""
    rr = pl.element().struct
    owners = pl.col("rrs").list.eval(
        pl.when(rr.field("type") == int(QType.SOA)).then(rr.field("owner")).drop_nulls()
    )
    return owners.list.first()


def upto(name: str, top: str) -> list[str]:
    """The name and every name above it, up to and with `top`, which is one of them."""
    found = [name]
    while found[-1] not in (top, ".") and "." in found[-1]:
        found.append(found[-1].partition(".")[2] or ".")
    return found if found[-1] == top else [*found, top]
