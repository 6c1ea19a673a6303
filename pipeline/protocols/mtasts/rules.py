"""What counts as broken MTA-STS."""

import polars as pl

from ...words import Level
from ..protocol import Class, Finding, RuleSet
from .columns import INVALID, MULTIPLE, VALID, policy_is, txt_is
from .findings import (
    FETCH_NO_HOST,
    FETCH_NO_HTTP,
    FETCH_REDIRECT,
    FETCH_STATUS,
    FETCH_TLS,
    MULTIPLE_RECORDS,
    MX_NOT_COVERED,
    RECORD_FINDINGS,
)
from .policy_findings import POLICY_FINDINGS


def errors(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """The codes of those that make a record or policy unusable, several records apart."""
    return tuple(
        finding.code
        for finding in findings
        if finding.level is Level.ERROR and finding is not MULTIPLE_RECORDS
    )


def saw_policy() -> pl.Expr:
    """Is it known what the policy is, or that no sender asks for it?"""
    return txt_is(INVALID, MULTIPLE) | policy_is(VALID, INVALID)


def saw_hosts() -> pl.Expr:
    """Is it also known which MX hosts a valid policy does not name?"""
    return saw_policy() & (~policy_is(VALID) | pl.col("mtasts_mx_not_covered").is_not_null())


def publishes() -> pl.Expr:
    """Does the domain publish a record, usable or not? Null: not known."""
    known = txt_is(VALID, INVALID, MULTIPLE, "absent")
    return pl.when(known).then(~txt_is("absent"))


CLASSES = (
    Class(
        "multiple_records", (MULTIPLE_RECORDS.code,), "several TXT records", "TXT レコードが複数"
    ),
    Class("txt", errors(RECORD_FINDINGS), "TXT record not valid", "TXT レコードの誤り"),
    Class(
        "fetch",
        tuple(
            finding.code
            for finding in (FETCH_NO_HOST, FETCH_TLS, FETCH_NO_HTTP, FETCH_REDIRECT, FETCH_STATUS)
        ),
        "policy not served",
        "ポリシーを取得できない（証明書、ステータス）",
        saw_policy(),
    ),
    Class(
        "policy", errors(POLICY_FINDINGS), "policy not valid", "ポリシーの内容の誤り", saw_policy()
    ),
    Class(
        "mx_not_covered",
        (MX_NOT_COVERED.code,),
        "mode enforce without one of the MX",
        "enforce モードで MX が不足",
        saw_hosts(),
    ),
)
RULE_SETS = (
    RuleSet(
        "rfc8461",
        "RFC 8461: what keeps senders from applying the policy, or from delivering under it",
        CLASSES,
        publishes(),
        tuple(one.name for one in CLASSES),
    ),
)
