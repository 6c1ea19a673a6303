"""What to ask about DANE: TLSA records, where the address of an MX host is proven."""

import polars as pl

from ... import message
from ...words import Outcome, Purpose, QType
from ..protocol import Context, ask, settled, without
from ..validation import can_tell, doubted, doubts, is_alias, may_refuse

MX, HOST, IMPLICIT = "mx", "mx-host", "mx-implicit"  # asked by `mx`
TLSA, ALIAS, MISNAMED = "dane-tlsa", "dane-cname", "dane-misnamed"
LEADING = tuple(doubted(MX, HOST, IMPLICIT, TLSA, ALIAS))
AT, AT_MISNAMED = "_25._tcp.", "_25.tcp."  # RFC 7672 §2.2.3; without the underscore before tcp
ADDRESSES = (QType.A, QType.AAAA)
LONGEST_NAME = 253  # characters, RFC 1035 §2.3.4; longer ones cannot exist


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """Nothing yet: the hosts are in the MX. Returns `schema.ASKS`."""
    return ask(domains.filter(pl.lit(False)), pl.col("domain"), QType.TLSA, TLSA)


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """What one fact makes worth asking (RFC 7672 §2.2.2).

    A proven address: the TLSA at the host; at the end of its aliases, too. An address that is not
    proven behind an alias: the CNAME, whose own proof is enough for the TLSA at the host's name.
    SERVFAIL: see `doubts`. In a thorough study, what has no effect as well: TLSA records at hosts
    that are not proven, and at `_25.tcp`.
    """
    told = facts.filter(
        settled(), ~pl.col("cd"), pl.col("purpose") != Purpose.AUDIT.value, can_tell(context)
    )
    addresses = met(told)
    is_secure, is_moved = pl.col("ad").fill_null(False), pl.col("end") != pl.col("name")
    aliases = told.filter(pl.col("why").is_in(doubted(ALIAS)), is_answered())
    hosts = [addresses.filter(is_secure), aliases.filter(is_secure)]
    if context.wanted.islands >= 1:  # only a check is so thorough
        hosts.append(addresses.filter(~is_secure))
    void = told.filter(pl.col("why").is_in(doubted(TLSA)), ~is_answered())
    misplaced = void if context.wanted.islands >= 1 else void.filter(pl.lit(False))
    wrong = pl.lit(AT_MISNAMED) + without(AT)
    return pl.concat(
        [
            doubts(facts.filter(may_refuse(context)), (MX, HOST, IMPLICIT, TLSA, ALIAS)),
            *[ask_tlsa(rows, pl.col("name")) for rows in hosts],
            ask_tlsa(addresses.filter(is_secure, is_moved), pl.col("end")),
            ask(addresses.filter(~is_secure, is_alias()), pl.col("name"), QType.CNAME, ALIAS),
            ask(misplaced, wrong, QType.TLSA, MISNAMED),
        ]
    )


def met(told: pl.LazyFrame) -> pl.LazyFrame:
    """The addresses of MX hosts that may have TLSA records, and `end`: where aliases lead.

    A host without an address keeps its TLSA: what it lacks is told by `mx`. Below a name that does
    not exist there is none (RFC 8020 §2). An implicit MX is there only if it has an address.
    """
    why = pl.col("why")
    of_host = why.is_in(doubted(HOST)) & ((pl.col("outcome") != Outcome.NO_NAME.value) | is_alias())
    of_domain = why.is_in(doubted(IMPLICIT)) & is_answered()
    is_address = pl.col("qtype").is_in([int(qtype) for qtype in ADDRESSES])
    return told.filter(is_address, of_host | of_domain).with_columns(end=end())


def end() -> pl.Expr:
    """The owner of the addresses that an answer holds; null: it holds none."""
    rr = pl.element().struct
    is_address = (rr.field("section") == message.ANSWER) & rr.field("type").is_in(
        [int(qtype) for qtype in ADDRESSES]
    )
    owners = pl.col("rrs").list.eval(pl.when(is_address).then(rr.field("owner")).drop_nulls())
    return owners.list.first()


def is_answered() -> pl.Expr:
    """Did the question bring records of its type?"""
    return pl.col("outcome") == Outcome.ANSWERED.value


def ask_tlsa(rows: pl.LazyFrame, host: pl.Expr) -> pl.LazyFrame:
    """TLSA at the SMTP port of hosts."""
    fits = pl.lit(AT).str.len_chars() + host.str.len_chars() <= LONGEST_NAME
    return ask(rows.filter(fits), pl.lit(AT) + host, QType.TLSA, TLSA)
