"""What DKIM asks: does `_domainkey` exist, then two controls and the selectors worth a try.

The controls are names that nobody made up. `<made-up>.<domain>` says whether the domain answers for
every name (then NOERROR at `_domainkey` tells nothing), `<made-up>._domainkey.<domain>` whether
every selector is answered alike. A label made of the domain and the study's seed: a rerun asks the
same; the judge knows it by its beginning.
"""

import polars as pl
import pyarrow as pa

from ... import message
from ...words import Outcome, QType
from ..protocol import Context, ask, filled, without
from ..records import parsed
from .providers import SPF as SPF_TERM
from .providers import named_by_mx, named_by_spf
from .selectors import is_selector

OWN = "dkim"
ALIAS = "dkim-alias"
CONTROL = "dkim-control"
SELECTOR = "dkim-selector"
MX = "dkim-mx"
SPF = "dkim-spf"
LEADING = (OWN, ALIAS, MX, SPF)

BELOW = "_domainkey."
MADE_UP = "mailsurvey-"  # how a control's label begins: whoever reads a log sees who asked
LONGEST = 253  # octets of a name's text, RFC 1035 §2.3.4: a longer one cannot exist
RESERVED = 6  # of the selectors a domain, at most, and never more than a quarter of the budget
OF_MX = 2  # of those; the rest is for what SPF names, which are more often several


def reserved(context: Context) -> int:
    """How many selectors of the budget are kept for those that the domain's provider uses."""
    wanted = context.wanted
    return 0 if wanted.selectors_only else min(RESERVED, wanted.budget // 4)


def listed(context: Context) -> tuple[str, ...]:
    """The selectors that every domain is asked for: the first of the list that can be names."""
    lower = dict.fromkeys(selector.lower() for selector in context.wanted.selectors)
    named = tuple(selector for selector in lower if is_selector(selector))
    return named[: max(0, context.wanted.budget - reserved(context))]


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """TXT at `_domainkey` of every domain. domains: `domain`. Returns `schema.ASKS`.

    Where someone named the selectors they are asked at once: the server may deny `_domainkey` and
    have names below it, against RFC 8020.
    """
    asked = [ask(domains, filled("_domainkey.{}", "domain"), QType.TXT, OWN)]
    if context.wanted.selectors_only:
        name = filled("{}._domainkey.{}", "selector", "domain")
        rows = with_each(domains.select("domain"), listed(context))
        asked.append(ask(rows, name, QType.TXT, SELECTOR))
    return possible(pl.concat(asked))


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """What one fact makes worth asking.

    `_domainkey` exists: the controls, the listed selectors, and MX and SPF (kept already, as a
    rule) for the provider. A rebuilt NXDOMAIN there: the CNAME that it may hide. MX and SPF: the
    selectors of the providers they name.
    """
    name, own = pl.col("name"), facts.filter(pl.col("why").is_in([OWN, ALIAS]))
    denied = pl.col("outcome") == Outcome.NO_NAME.value
    hidden = own.filter(denied, pl.col("rebuilt").fill_null(False), pl.col("why") == OWN)
    there = own.filter(exists()).select("origin", "depth", owner=without(BELOW))
    made_up = filled(MADE_UP + "{}", pl.col("owner").hash(context.wanted.seed))
    led = there.with_columns(made_up=made_up)
    asked = [
        ask(hidden, name, QType.CNAME, ALIAS),
        ask(led, filled("{}.{}", "made_up", "owner"), QType.TXT, CONTROL),
        ask(led, filled("{}._domainkey.{}", "made_up", "owner"), QType.TXT, CONTROL),
    ]
    if not context.wanted.selectors_only:
        below = filled("{}._domainkey.{}", "selector", "owner")
        rows = with_each(there, listed(context))
        asked.append(ask(rows, below, QType.TXT, SELECTOR))
    if of_mx := min(OF_MX, reserved(context)):
        asked += [
            ask(there, pl.col("owner"), QType.MX, MX),
            ask(there, pl.col("owner"), QType.TXT, SPF),
            ask(named(facts, MX, of_mx, context), pl.col("below"), QType.TXT, SELECTOR),
            ask(
                named(facts, SPF, reserved(context) - of_mx, context),
                pl.col("below"),
                QType.TXT,
                SELECTOR,
            ),
        ]
    return possible(pl.concat(asked))


def exists() -> pl.Expr:
    """Does the answer say that the name asked for exists? An alias does, wherever it leads."""
    rr = pl.element().struct
    is_alias = (rr.field("section") == message.ANSWER) & (rr.field("type") == int(QType.CNAME))
    found = pl.col("outcome").is_in([Outcome.ANSWERED.value, Outcome.NO_DATA.value])
    denied = pl.col("outcome") == Outcome.NO_NAME.value
    return found | (denied & pl.col("rrs").list.eval(is_alias).list.any().fill_null(False))


def with_each(rows: pl.LazyFrame, names: tuple[str, ...]) -> pl.LazyFrame:
    """Every row once for each selector: `selector`."""
    return rows.with_columns(selector=pl.lit(list(names), pl.List(pl.String))).explode(
        "selector", empty_as_null=False
    )


def possible(asked: pl.LazyFrame) -> pl.LazyFrame:
    """The asks for names that can exist."""
    return asked.filter(pl.col("name").str.len_bytes() <= LONGEST)


NAMING = {MX: (QType.MX, named_by_mx, b""), SPF: (QType.TXT, named_by_spf, SPF_TERM)}


def named(facts: pl.LazyFrame, why: str, most: int, context: Context) -> pl.LazyFrame:
    """The selectors' names that the facts of a `why` lead to: origin, depth, below.

    most: so many a domain, beside those that are asked for anyway.
    """
    qtype, parse, part = NAMING[why]
    records = (
        facts.filter(pl.col("why") == why, pl.col("outcome") == Outcome.ANSWERED.value)
        .select("origin", "depth", "name", "rrs")
        .explode("rrs")
        .select("origin", "depth", "name", pl.col("rrs").struct.unnest())
        .filter(
            pl.col("section") == message.ANSWER,
            pl.col("type") == int(qtype),
            pl.col("rdata").bin.contains(part),
        )
        .select("origin", "depth", "name", payload="rdata")
    )
    fields = {"selectors": pa.large_list(pa.large_string())}
    return (
        records.join(parsed(records, parse, fields), on="payload")
        .sort("origin", "name", "payload")
        .explode("selectors")
        .filter(~pl.col("selectors").is_in(listed(context)))
        .unique(["origin", "depth", "name", "selectors"], keep="first", maintain_order=True)
        .filter(pl.int_range(pl.len()).over("origin", "depth", "name") < most)
        .select("origin", "depth", below=filled("{}._domainkey.{}", "selectors", "name"))
    )
