"""DNSSEC: can a validating resolver prove what a domain publishes?

Judged as a resolver's client sees it (RFC 4035 §3.2.3, RFC 6840 §5.8): the SOA of the name is
asked, and the answer's AD flag read. Where validation fails, the resolver says SERVFAIL, and an
answer with CD=1 tells a forged or broken chain from a dead server. No alias is followed: where the
domain is a CNAME, whose target may lie in another zone, the CNAME itself is asked and judged.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from .. import message
from ..schema import Column
from ..words import SETTLED, EngineName, Level, Outcome, Purpose, QType, State
from .protocol import Context, Finding, Measure, RuleSet, ask, settled
from .records import found

NAME = "dnssec"
FOLLOWS: tuple[str, ...] = ()

SECURE, INSECURE, BOGUS = "secure", "insecure", "bogus"  # RFC 4033 §5

COLUMNS = (
    Column(
        "dnssec",
        pl.String,
        "",
        "secure: validated; insecure: not signed, or no chain of trust; bogus: validation fails; "
        "unknown: no answer with CD=1 either; not_observed: no resolver whose AD may be trusted",
        "secure: 検証成功、insecure: 署名なし、bogus: 検証失敗、unknown: CD=1 でも応答なし、"
        "not_observed: AD を信頼できるリゾルバーなし",
    ),
    Column(
        "dnssec_ede",
        pl.UInt16,
        "",
        "the extended error (RFC 8914) that came with the answer or failure; null: none",
        "応答または失敗に付いた拡張 DNS エラー（RFC 8914）。null: なし",
    ),
)

BOGUS_CHAIN = Finding(
    "dnssec.bogus",
    Level.ERROR,
    "RFC 4035 §5.5",
    "validation fails: whoever validates cannot resolve the domain",
    "DNSSEC の検証に失敗する。検証するリゾルバーでは名前解決できない",
)
FINDINGS = (BOGUS_CHAIN,)

RULE_SETS: tuple[RuleSet, ...] = ()


def measure() -> Measure:
    """`dnssec` in the adoption table: domains whose answers are proven.

    Bogus counts as no, as insecure does: it is known that nothing is proven to the domain's
    clients, whatever its owner meant; its number is that of the finding. Only what was not seen
    (unknown) is neither.
    """
    state = pl.col("dnssec")
    return Measure(
        "dnssec",
        "DNSSEC (AD flag of a trusted validating resolver)",
        "DNSSEC（信頼する検証リゾルバーの AD フラグ）",
        pl.when(state.is_in([SECURE, INSECURE, BOGUS])).then(state == SECURE),
        state != State.NOT_OBSERVED.value,
    )


MEASURES = (measure(),)


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The SOA at every domain. domains: `domain`. Returns `schema.ASKS`."""
    return ask(domains, pl.col("domain"), QType.SOA, "dnssec")


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """What one fact makes worth asking.

    SERVFAIL: the same with CD=1. Answered with CD=1: once more without, because only a second
    SERVFAIL tells bogus from a moment's outage. An alias whose chain is not secure as a whole: the
    CNAME itself.
    """
    why, name = pl.col("why"), pl.col("name")
    failed = facts.filter(
        pl.col("outcome") == Outcome.SERVER_FAILURE.value, why.is_in(["dnssec", "dnssec-cname"])
    )
    answers = facts.filter(settled(), why.str.starts_with("dnssec"))
    about_cname = pl.col("qtype") == int(QType.CNAME)
    elsewhere = is_alias() & ~about_cname  # the answer may speak of another zone
    undecided = answers.filter(~pl.col("ad").fill_null(False) | pl.col("cd"), elsewhere)
    with_cd = answers.filter(why == "dnssec-cd", ~elsewhere)
    asked = []
    for qtype in (QType.SOA, QType.CNAME):
        of_type = pl.col("qtype") == int(qtype)
        asked += [
            ask(failed.filter(of_type), name, qtype, "dnssec-cd", cd=True),
            ask(with_cd.filter(of_type), name, qtype, "dnssec-confirm", purpose=Purpose.CONFIRM),
        ]
    return pl.concat([*asked, ask(undecided, name, QType.CNAME, "dnssec-cname")])


def is_alias() -> pl.Expr:
    """Does the answer say that the name asked for is itself an alias?"""
    rr = pl.element().struct
    aliases = pl.col("rrs").list.eval(
        pl.when(rr.field("section") == message.ANSWER, rr.field("type") == int(QType.CNAME)).then(
            rr.field("owner")
        )
    )
    return aliases.list.contains(pl.col("name")).fill_null(False)


def judge(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings and the state of every domain.

    facts: `schema.FACTS`; domains: `domain`. Returns findings (`schema.FINDINGS` less `protocol`)
    and states (`domain` and COLUMNS).
    """
    names = domains.select("domain")
    relevant = facts.join(names, left_on="name", right_on="domain", how="semi").with_columns(
        can_tell=can_tell(context)
    )
    soa = verdicts(names, relevant, QType.SOA)
    cname = verdicts(names, relevant, QType.CNAME).drop("is_alias")
    # RFC 4035 §3.2.3: AD speaks of the whole answer, so a secure chain makes its alias secure too
    by_cname = pl.col("is_alias") & (pl.col("state") != SECURE)
    states = soa.join(cname, on="domain", suffix="_cname").select(
        "domain",
        dnssec=pl.when(by_cname).then("state_cname").otherwise("state"),
        dnssec_ede=pl.when(by_cname).then("ede_cname").otherwise("ede"),
    )
    broken = states.filter(pl.col("dnssec") == BOGUS).with_columns(name="domain")
    evidence = pl.format("EDE {}", "dnssec_ede").fill_null("")
    return found(broken, BOGUS_CHAIN, evidence), states


def can_tell(context: Context) -> pl.Expr:
    """May this fact's AD flag, or its SERVFAIL, be read as a validator's word?

    RFC 4035 §4.9.3: AD counts only from a resolver that is trusted over a channel that is.
    """
    return (
        pl.col("resolver").is_in(sorted(context.trusted))
        & ~pl.col("rebuilt").fill_null(False)
        & (pl.col("engine") != EngineName.CARES.value)  # sees no flags, and cannot set CD
    ).fill_null(False)


def verdicts(names: pl.LazyFrame, facts: pl.LazyFrame, qtype: QType) -> pl.LazyFrame:
    """What the questions of one type say: domain, state, ede, is_alias.

    facts: `schema.FACTS` of the domains, and can_tell.
    """
    of_type = facts.filter(pl.col("qtype") == int(qtype)).with_columns(is_alias=is_alias())
    asked = names
    for suffix, cd, purpose in (
        ("", False, Purpose.SURVEY),
        ("_cd", True, Purpose.SURVEY),
        ("_again", False, Purpose.CONFIRM),
    ):
        side = of_type.filter(pl.col("cd") == cd, pl.col("purpose") == purpose.value).select(
            pl.col("name").alias("domain"),
            pl.col("outcome", "ad", "ede", "can_tell", "is_alias").name.suffix(suffix),
        )
        asked = asked.join(side, on="domain", how="left")
    return asked.select(
        "domain",
        state=state(),
        ede=pl.coalesce("ede_again", "ede"),
        is_alias=pl.any_horizontal("is_alias", "is_alias_cd", "is_alias_again").fill_null(False),
    )


def state() -> pl.Expr:
    """The verdict of one question, asked plainly, with CD=1 (_cd), and once more (_again)."""
    failed = pl.col("outcome") == Outcome.SERVER_FAILURE.value
    exists_unchecked = failed & is_settled("outcome_cd")
    return (
        pl.when(pl.col("outcome").is_null() | (pl.col("outcome") == Outcome.NOT_ASKED.value))
        .then(pl.lit(State.NOT_OBSERVED.value))
        .when(~pl.col("can_tell"))
        .then(pl.lit(State.NOT_OBSERVED.value))
        .when(settled())
        .then(by_flag("ad"))
        .when(exists_unchecked & (pl.col("outcome_again") == Outcome.SERVER_FAILURE.value))
        .then(pl.lit(BOGUS))
        .when(exists_unchecked & is_settled("outcome_again") & pl.col("can_tell_again"))
        .then(by_flag("ad_again"))  # the first failure was a moment's
        .otherwise(pl.lit(State.UNKNOWN.value))
    )


def is_settled(column: str) -> pl.Expr:
    """`settled` of another column than `outcome`."""
    return pl.col(column).is_in([outcome.value for outcome in SETTLED])


def by_flag(ad: str) -> pl.Expr:
    """The state that an answer's AD flag says; a flag that the engine cannot see says nothing."""
    return (
        pl.when(pl.col(ad).is_null())
        .then(pl.lit(State.NOT_OBSERVED.value))
        .when(pl.col(ad))
        .then(pl.lit(SECURE))
        .otherwise(pl.lit(INSECURE))
    )


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON. ede: the extended error's code, null: none."""
    return {"state": state["dnssec"], "ede": state["dnssec_ede"]}
