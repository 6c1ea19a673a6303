"""What is stored and counted of MTA-STS at one domain."""

import polars as pl

from ...schema import Column
from ...words import State
from ..protocol import Measure

VALID, INVALID, MULTIPLE, NOT_FETCHED = "valid", "invalid", "multiple", "not_fetched"
ENFORCE, TESTING, MODE_NONE, BROKEN = "enforce", "testing", "mode_none", "broken"
UNKNOWN, NOT_OBSERVED = State.UNKNOWN.value, State.NOT_OBSERVED.value

COLUMNS = (
    Column(
        "mtasts",
        pl.String,
        "",
        "enforce, testing, mode_none: by a valid policy; broken: a record or policy that senders "
        "cannot use; absent; unknown; not_observed: nothing was fetched, or not asked",
        "enforce、testing、mode_none: 有効なポリシーのモード、broken: レコードやポリシーの不正、"
        "absent、unknown、not_observed: ポリシー未取得",
    ),
    Column(
        "mtasts_txt",
        pl.String,
        "",
        "the TXT record at _mta-sts: valid, invalid, multiple, absent, unknown, not_observed",
        "_mta-sts の TXT レコード（valid、invalid、multiple、absent、unknown、not_observed）",
    ),
    Column(
        "mtasts_policy",
        pl.String,
        "",
        "valid; invalid: what was served is no policy; unknown: its host cannot be reached; "
        "not_fetched: no valid record asks for it, or nothing was fetched at all",
        "ポリシー: valid、invalid: 内容か配信方法が不正、unknown: 接続不可、not_fetched: 未取得",
    ),
    Column(
        "mtasts_mode",
        pl.String,
        "",
        "mode of a valid policy: enforce, testing, none; null: no valid policy, or unknown",
        "有効なポリシーの mode。null: なし、または不明",
    ),
    Column(
        "mtasts_max_age",
        pl.UInt32,
        "s",
        "max_age of a valid policy; null: no valid policy, or unknown",
        "有効なポリシーの max_age。null: なし、または不明",
    ),
    Column(
        "mtasts_mx_not_covered",
        pl.List(pl.String),
        "",
        "MX hosts that a valid policy in mode enforce or testing does not name; null: no valid "
        "policy, or MX unknown",
        "有効なポリシー（enforce、testing）に含まれない MX ホスト。null: ポリシーなし、または不明",
    ),
    Column(
        "mtasts_id",
        pl.String,
        "",
        "id of the valid record; null: there is none, or unknown",
        "有効なレコードの id。null: なし、または不明",
    ),
)


def txt_is(*states: str) -> pl.Expr:
    """Is the record's state one of these?"""
    return pl.col("mtasts_txt").is_in(states)


def policy_is(*states: str) -> pl.Expr:
    """Is the policy's state one of these?"""
    return pl.col("mtasts_policy").is_in(states)


def of_policy(is_so: pl.Expr) -> pl.Expr:
    """What is so of a valid policy; false where it is known that there is none, null: not known."""
    return (
        pl.when(txt_is("absent", INVALID, MULTIPLE) | policy_is(INVALID))
        .then(False)
        .when(policy_is(VALID))
        .then(is_so)
    )


FETCHED = ~txt_is(NOT_OBSERVED) & ~(txt_is(VALID) & policy_is(NOT_FETCHED))
MEASURES = (
    Measure(
        "mta_sts_txt",
        "MTA-STS record (valid TXT)",
        "MTA-STS レコード（有効な TXT）",
        pl.when(txt_is(VALID, INVALID, MULTIPLE, "absent")).then(txt_is(VALID)),
        ~txt_is(NOT_OBSERVED),
    ),
    Measure(
        "mta_sts",
        "MTA-STS record and policy (both valid)",
        "MTA-STS レコードとポリシー（ともに有効）",
        of_policy(pl.lit(True)),
        FETCHED,
    ),
    Measure(
        "mta_sts_enforce",
        "MTA-STS, mode enforce",
        "MTA-STS enforce モード",
        of_policy(pl.col("mtasts_mode") == ENFORCE),
        FETCHED,
    ),
)
