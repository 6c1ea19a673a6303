"""What is stored and counted of DMARC at one domain."""

import polars as pl

from ...schema import Column
from ...words import State
from ..protocol import Measure

POLICY = "none, quarantine, reject; unknown: hidden by a query without answer; null: none applies"
POLICY_JA = "none、quarantine、reject。unknown: 応答がなく不明。null: 適用なし"

COLUMNS = (
    Column(
        "dmarc",
        pl.String,
        "",
        "present: a usable record at the domain's own _dmarc; absent; unknown; not_observed",
        "自身の _dmarc に有効なレコードがあるか（present、absent、unknown、not_observed）",
    ),
    Column(
        "dmarc_policy",
        pl.String,
        "",
        "the own record's p as a receiver reads it; null: no usable own record, or unknown",
        "自身のレコードの p（受信側の解釈）。null: なし、または不明",
    ),
    Column(
        "dmarc_strict",
        pl.Boolean,
        "",
        "the own record's p is quarantine or reject; null: unknown",
        "自身のレコードの p が quarantine または reject か。null: 不明",
    ),
    Column(
        "dmarc_covered",
        pl.Boolean,
        "",
        "a policy applies, be it the domain's own or an inherited one; null: unknown",
        "自身または上位のポリシーが適用されるか。null: 不明",
    ),
    Column(
        "dmarc_covered_strict",
        pl.Boolean,
        "",
        "the policy that applies is quarantine or reject; null: unknown",
        "適用されるポリシーが quarantine または reject か。null: 不明",
    ),
    Column(
        "dmarc_inherited",
        pl.Boolean,
        "",
        "the policy that applies stands above the domain; null: unknown",
        "上位ドメインのポリシーが適用されるか。null: 不明",
    ),
    Column(
        "dmarc_policy_domain",
        pl.String,
        "",
        "where the policy that applies stands; null: nowhere, or unknown (see dmarc_covered)",
        "適用されるポリシーのあるドメイン。null: なし、または不明",
    ),
    Column(
        "dmarc_org_domain",
        pl.String,
        "",
        "organisational domain by the tree walk; null: unknown",
        "ツリーウォークによる組織ドメイン。null: 不明",
    ),
    Column("dmarc_applies", pl.String, "", f"the policy that applies: {POLICY}", POLICY_JA),
    Column(
        "dmarc_effective",
        pl.String,
        "",
        f"the same after t=y, which lowers it by one level: {POLICY}",
        f"t=y を反映した適用ポリシー: {POLICY_JA}",
    ),
    Column(
        "dmarc_rua",
        pl.List(pl.String),
        "",
        "where aggregate reports go, by the record that applies; null: unknown",
        "適用されるレコードの集約レポート送付先。null: 不明",
    ),
    Column(
        "dmarc_ruf",
        pl.List(pl.String),
        "",
        "where failure reports go, by the record that applies; null: unknown",
        "適用されるレコードの失敗レポート送付先。null: 不明",
    ),
)

OBSERVED = pl.col("dmarc") != State.NOT_OBSERVED.value
MEASURES = (
    Measure(
        "dmarc",
        "DMARC, own record",
        "DMARC（自身のレコード）",
        pl.when(pl.col("dmarc").is_in([State.PRESENT.value, State.ABSENT.value])).then(
            pl.col("dmarc") == State.PRESENT.value
        ),
        OBSERVED,
    ),
    Measure(
        "dmarc_strict",
        "DMARC quarantine/reject",
        "DMARC quarantine/reject",
        pl.col("dmarc_strict"),
        OBSERVED,
    ),
    Measure(
        "dmarc_covered",
        "DMARC, own or inherited",
        "DMARC（上位からの継承を含む）",
        pl.col("dmarc_covered"),
        OBSERVED,
    ),
    Measure(
        "dmarc_covered_strict",
        "DMARC quarantine/reject, own or inherited",
        "DMARC quarantine/reject（継承を含む）",
        pl.col("dmarc_covered_strict"),
        OBSERVED,
    ),
)
