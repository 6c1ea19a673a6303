"""What a validating resolver's answers prove: secure, insecure or bogus, of any question.

Read as a resolver's client reads it (RFC 4035 §3.2.3, RFC 6840 §5.8): the answer's AD flag. Where
validation fails, the resolver says SERVFAIL, as it does where the servers are down. To tell the two
apart, the question is asked with CD=1, and where that is answered, once more without: only a second
SERVFAIL is the validator's word.
"""

from collections.abc import Iterable

import polars as pl

from .. import message
from ..schema import ASKS
from ..words import SETTLED, EngineName, Outcome, Purpose, QType, State
from .protocol import Context, settled

SECURE, INSECURE, BOGUS = "secure", "insecure", "bogus"  # RFC 4033 §5
KNOWN = (SECURE, INSECURE, BOGUS)

WITH_CD, CONFIRM = "-cd", "-confirm"
"""What `doubts` puts behind a `why`."""


def doubted(*whys: str) -> list[str]:
    """The `why`s, and those under which `doubts` asks about them: all their answers."""
    return [why + suffix for why in whys for suffix in ("", WITH_CD, CONFIRM)]


def doubts(facts: pl.LazyFrame, whys: Iterable[str]) -> pl.LazyFrame:
    """What tells bogus from outage, for the questions asked under these `why`s.

    facts: `schema.FACTS` and `why`. SERVFAIL: the same with CD=1, as `<why>-cd`. Answered with
    CD=1: once more without, as `<why>-confirm`. Returns `schema.ASKS`.
    """
    whys = list(whys)
    failed = facts.filter(
        pl.col("outcome") == Outcome.SERVER_FAILURE.value,
        pl.col("why").is_in(whys),
        ~pl.col("cd"),
        pl.col("purpose") == Purpose.SURVEY.value,
    )
    exists = facts.filter(
        settled(), pl.col("why").is_in([why + WITH_CD for why in whys]), pl.col("cd")
    )
    plain_why = pl.col("why").str.head(-len(WITH_CD))
    return pl.concat(
        [
            asked_again(failed, pl.col("why") + WITH_CD, cd=True, purpose=Purpose.SURVEY),
            asked_again(exists, plain_why + CONFIRM, cd=False, purpose=Purpose.CONFIRM),
        ]
    )


def asked_again(facts: pl.LazyFrame, why: pl.Expr, *, cd: bool, purpose: Purpose) -> pl.LazyFrame:
    """The questions of some facts, once more."""
    return facts.select(
        "name",
        "qtype",
        cd=pl.lit(cd),
        purpose=pl.lit(purpose.value),
        why=why,
        origin="origin",
        depth=pl.col("depth") + 1,
    ).select(pl.col(column.name).cast(column.dtype) for column in ASKS)


def can_tell(context: Context) -> pl.Expr:
    """May this fact's AD flag be read as a validator's word?

    RFC 4035 §4.9.3: AD counts only from a resolver that is trusted over a channel that is.
    """
    return (
        may_refuse(context)
        & ~pl.col("rebuilt").fill_null(False)
        & (pl.col("engine") != EngineName.CARES.value)  # sees no flags, and cannot set CD
    ).fill_null(False)


def may_refuse(context: Context) -> pl.Expr:
    """May this fact's SERVFAIL be a validator's word?

    Whichever engine heard it: what fails is asked last by the one that sees no flags.
    """
    return pl.col("resolver").is_in(sorted(context.trusted)).fill_null(False)


def is_alias() -> pl.Expr:
    """Does the answer say that the name asked for is itself an alias?"""
    rr = pl.element().struct
    aliases = pl.col("rrs").list.eval(
        pl.when(rr.field("section") == message.ANSWER, rr.field("type") == int(QType.CNAME)).then(
            rr.field("owner")
        )
    )
    return aliases.list.contains(pl.col("name")).fill_null(False)


def verdicts(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """What is proven of each question: one row a (name, qtype) that was asked without CD.

    facts: `schema.FACTS`, already only those that matter. Returns name, qtype; security (secure,
    insecure, bogus; unknown: no answer with CD=1 either, or failed in another way; not_observed:
    not asked, or by no resolver or engine whose word counts); outcome (the first answer's, or the
    second's where the first was a moment's failure); ede (extended error, null: none); is_alias.
    """
    seen = facts.with_columns(
        can_tell=can_tell(context), may_refuse=may_refuse(context), is_alias=is_alias()
    )
    survey = pl.col("purpose") == Purpose.SURVEY.value
    again = pl.col("purpose") == Purpose.CONFIRM.value
    told = side(seen.filter(survey, ~pl.col("cd")), "")
    for of, suffix in ((survey & pl.col("cd"), "_cd"), (again & ~pl.col("cd"), "_again")):
        told = told.join(side(seen.filter(of), suffix), on=["name", "qtype"], how="left")
    recovered = was_failure() & is_settled("outcome_again")
    return told.select(
        "name",
        "qtype",
        security=security(),
        outcome=pl.when(recovered).then("outcome_again").otherwise("outcome"),
        ede=pl.coalesce("ede_again", "ede"),
        is_alias=pl.any_horizontal("is_alias", "is_alias_cd", "is_alias_again").fill_null(False),
    )


def side(facts: pl.LazyFrame, suffix: str) -> pl.LazyFrame:
    """One of the three ways in which a question is asked, its columns marked."""
    columns = ("outcome", "ad", "ede", "can_tell", "may_refuse", "is_alias")
    return facts.select("name", "qtype", pl.col(columns).name.suffix(suffix)).unique(
        ["name", "qtype"], keep="any"
    )


def was_failure() -> pl.Expr:
    """Was the plain question's first answer SERVFAIL?"""
    return pl.col("outcome") == Outcome.SERVER_FAILURE.value


def security() -> pl.Expr:
    """The verdict of one question, asked plainly, with CD=1 (_cd), and once more (_again)."""
    exists_unchecked = was_failure() & is_settled("outcome_cd") & pl.col("may_refuse")
    failed_again = pl.col("outcome_again") == Outcome.SERVER_FAILURE.value
    return (
        pl.when(exists_unchecked & failed_again & pl.col("may_refuse_again"))
        .then(pl.lit(BOGUS))
        .when(exists_unchecked & is_settled("outcome_again") & pl.col("can_tell_again"))
        .then(by_flag("ad_again"))  # the first failure was a moment's
        .when(was_failure() & was_asked("outcome_cd") & pl.col("may_refuse"))
        .then(pl.lit(State.UNKNOWN.value))  # whoever asked last: in vain, with CD=1 too
        .when(~pl.col("can_tell") | (pl.col("outcome") == Outcome.NOT_ASKED.value))
        .then(pl.lit(State.NOT_OBSERVED.value))
        .when(settled())
        .then(by_flag("ad"))
        .otherwise(pl.lit(State.UNKNOWN.value))
    )


def was_asked(column: str) -> pl.Expr:
    """Was the question of this outcome put?"""
    return pl.col(column).is_not_null() & (pl.col(column) != Outcome.NOT_ASKED.value)


def is_settled(column: str) -> pl.Expr:
    """`settled` of another column than `outcome`."""
    return pl.col(column).is_in([outcome.value for outcome in SETTLED])


def by_flag(ad: str) -> pl.Expr:
    """What an answer's AD flag says; a flag that the engine cannot see says nothing."""
    return (
        pl.when(pl.col(ad).is_null())
        .then(pl.lit(State.NOT_OBSERVED.value))
        .when(pl.col(ad))
        .then(pl.lit(SECURE))
        .otherwise(pl.lit(INSECURE))
    )
