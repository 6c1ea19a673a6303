"""Reports to another organisation: has it said that it accepts them (RFC 9990 §4, RFC 9991 §5)?

It says so by a TXT at `<policy domain>._report._dmarc.<host of the URI>`, or by a wildcard below
`_report._dmarc`, which answers the same question.

What has to stand there: RFC 7489 §7.1 wrote "v=DMARC1" in its text and examples, though its own
grammar (§6.4) demands a semicolon behind the version; erratum 5440 put `v=DMARC1;` everywhere. RFC
9990 §4 step 6 ends the doubt: a list of tags that begins with v=DMARC1, "a trailing ";" is
optional", as in the grammar of RFC 9989 §4.8. Both are authorised here; where the semicolon is
missing, a note says so, for receivers that read the older grammar.

External is an address whose host has another organisational domain than the policy domain, by the
tree walk. The one of the policy domain is known from its own walk; a host belongs to it if it is
that name or lies below it, since every walk from below goes through the same names. Only `psd=n` at
a name between the two would part them: the host's own walk is not asked for. The Public Suffix List
(as in RFC 7489) can differ: mail.example.jp with a record, below an example.jp without one, is an
organisation of its own by RFC 9989 §4.10.2, so that addresses at example.jp are external to it.
"""

import polars as pl

from ...words import Outcome, QType
from ..protocol import ask, filled, settled, without
from ..records import found
from .findings import AUTHORISATION_WITHOUT_SEMICOLON, REPORT_NOT_AUTHORISED
from .published import answers, read, records, sole_policies
from .walk import is_possible

WHY = "dmarc-external"
AUTHORISED, NOT_AUTHORISED = "authorised", "not_authorised"
NOT_EXTERNAL, UNKNOWN = "not_external", "unknown"

HOST = r"(?i)^mailto:[^@?]+@([a-z0-9._-]+)"  # as in record.MAILBOX; an address literal has no name
NAME = r"^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$"


def follow_ups(facts: pl.LazyFrame) -> pl.LazyFrame:
    """What the policy records of a wave make worth asking: `schema.ASKS`. facts: with `why`.

    The record alone does not tell its organisational domain, which may stand above it, so an
    address there is asked for too. A name too long for the DNS is not.
    """
    texts = facts.filter(
        pl.col("why") == "dmarc",
        pl.col("qtype") == int(QType.TXT),
        pl.col("outcome") == Outcome.ANSWERED.value,
    )
    policies = sole_policies(records(answers(texts))).filter(pl.col("policy").is_not_null())
    led = texts.select("name", "origin", "depth")
    rows = destinations(policies.join(led, on="name").with_columns(policy_name=without("_dmarc.")))
    worth = rows.filter(pl.col("target").is_not_null(), ~is_of("policy_name"))
    return ask(worth, pl.col("target"), QType.TXT, WHY).unique()


def destinations(published: pl.LazyFrame) -> pl.LazyFrame:
    """One row a mailto address of a record: its columns, address, host and target.

    published: policy_name, rua, ruf and others. host: null where it is no name. target: where the
    host would authorise the reports; null where no such name can exist (§4 step 4).
    """
    host = pl.col("address").str.extract(HOST, 1).str.to_lowercase().str.strip_chars_end(".")
    target = filled("{}._report._dmarc.{}", "policy_name", "host")
    return (
        published.with_columns(address=pl.concat_list("rua", "ruf").list.unique())
        .drop("rua", "ruf")
        .explode("address")
        .filter(pl.col("address").str.contains("(?i)^mailto:"))
        .with_columns(host=host)
        .with_columns(host=pl.when(pl.col("host").str.contains(NAME)).then("host"))
        .with_columns(target=pl.when(is_possible(target)).then(target))
    )


def is_of(org_domain: str) -> pl.Expr:
    """Is the host of this organisational domain? Under a public suffix (psd=y) each name has its
    own (RFC 9989 §4.10.2). Null where that is not known."""
    is_below = pl.col("host").str.ends_with(filled(".{}", org_domain))
    is_same = pl.col("host") == pl.col(org_domain)
    has_host = pl.col("host").is_not_null()
    return has_host & (is_same | (is_below & (pl.col("psd") != "y")))


def standing(seen: pl.LazyFrame, texts: pl.LazyFrame) -> pl.LazyFrame:
    """One row for each domain and mailto address of the record that applies.

    seen: domain, is_covered, policy_name, org_domain, own_has_record, psd, rua, ruf. texts: facts
    of TXT questions. Returns domain, own_has_record, address, target, state, is_bare.
    """
    rows = destinations(
        seen.filter("is_covered").select(
            "domain",
            "policy_name",
            "own_has_record",
            "psd",
            "rua",
            "ruf",
            org=pl.when("own_has_record").then("org_domain").otherwise("policy_name"),
        )
    )
    asked = texts.join(rows.select(name="target").drop_nulls().unique(), on="name", how="semi")
    outcomes = asked.select(target="name", is_settled=settled())
    agreed = agreements(asked)
    state = (
        pl.when(is_of("policy_name") | is_of("org"))
        .then(pl.lit(NOT_EXTERNAL))
        .when(pl.col("org").is_null())
        .then(pl.lit(UNKNOWN))
        .when(pl.col("target").is_null())
        .then(pl.lit(NOT_AUTHORISED))  # §4 step 4: "a positive determination […] cannot be made"
        .when(~pl.col("is_settled").fill_null(False))
        .then(pl.lit(UNKNOWN))
        .when("is_agreed")
        .then(pl.lit(AUTHORISED))
        .otherwise(pl.lit(NOT_AUTHORISED))
    )
    return (
        rows.join(outcomes, on="target", how="left")
        .join(agreed, on="target", how="left")
        .select("domain", "own_has_record", "address", "target", "is_bare", state=state)
    )


def agreements(texts: pl.LazyFrame) -> pl.LazyFrame:
    """Where reports are accepted: target, is_agreed, is_bare. texts: facts of the targets.

    Any number of records may stand there (§4 steps 6 to 8). One that sends the reports on to yet
    another host undoes it (§4: "to either the original or the override URI").
    """
    hosts = pl.concat_list("rua", "ruf").list.eval(
        pl.element().str.extract(HOST, 1).str.to_lowercase()
    )
    own = pl.concat_list(pl.col("name").str.split("._report._dmarc.").list.last())
    return (
        read(texts, texts.select("name"))
        .filter("is_policy")
        .with_columns(sends_on=hosts.list.set_difference(own).list.len() > 0)
        .group_by(target=pl.col("name"))
        .agg(is_agreed=~pl.col("sends_on").any(), is_bare=pl.col("is_bare").all())
    )


def listed(standing: pl.LazyFrame) -> pl.LazyFrame:
    """domain, external: the addresses in order, with their states."""
    return (
        standing.sort("domain", "address")
        .group_by("domain")
        .agg(external=pl.struct("address", "state"))
    )


def findings(standing: pl.LazyFrame) -> pl.LazyFrame:
    """What is wrong with the addresses of the domains' own records."""
    own = standing.filter("own_has_record").with_columns(
        name=pl.coalesce("target", filled("_dmarc.{}", "domain"))
    )
    refused = own.filter(pl.col("state") == NOT_AUTHORISED)
    bare = own.filter(pl.col("state") == AUTHORISED, "is_bare")
    address = pl.col("address")
    return pl.concat(
        [
            found(refused, REPORT_NOT_AUTHORISED, address),
            found(bare, AUTHORISATION_WITHOUT_SEMICOLON, address),
        ]
    )
