"""What is stored and counted of DMARC at one domain."""

import polars as pl

from ...schema import Column
from ...words import State
from ..protocol import Measure

STRICT = ("quarantine", "reject")
EXTERNAL = pl.List(pl.Struct({"address": pl.String, "state": pl.String}))
POLICY = "none, quarantine, reject; unknown: hidden by a query without answer; null: none applies"
POLICY_JA = "none、quarantine、reject。unknown: 応答がなく不明。null: 適用なし"

OWN = (
    Column(
        "dmarc",
        pl.String,
        "",
        "present: a usable record at the domain's own _dmarc; absent; unknown; not_observed",
        "自身の _dmarc に有効なレコードがあるか（present、absent、unknown、not_observed）",
    ),
    Column(
        "dmarc_published",
        pl.Boolean,
        "",
        "anything meant as DMARC stands at the domain's own _dmarc, usable or not; null: unknown",
        "自身の _dmarc に DMARC のつもりのレコードがあるか（有効でなくてもよい）。null: 不明",
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
)
APPLIED = (
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
        "dmarc_enforced",
        pl.Boolean,
        "",
        "the same after t=y, which lowers the policy by one level; null: unknown",
        "t=y を反映しても quarantine または reject か。null: 不明",
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
)
REPORTS = (
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
    Column(
        "dmarc_external",
        EXTERNAL,
        "",
        "the mailto addresses among these: not_external: of the same organisation; authorised, "
        "not_authorised: another's, which says that it accepts the reports, or does not; unknown. "
        "null: unknown which there are",
        "上記のうち mailto の宛先。not_external: 同じ組織、authorised / not_authorised: 他組織で"
        "受け入れの公開あり／なし、unknown。null: 宛先が不明",
    ),
)
OLDER = (
    Column(
        "dmarc_7489_covered",
        pl.Boolean,
        "",
        "by RFC 7489: a policy applies, the domain's own or its organisational domain's; "
        "null: unknown",
        "RFC 7489 の規則でポリシーが適用されるか。null: 不明",
    ),
    Column(
        "dmarc_7489_strict",
        pl.Boolean,
        "",
        "by RFC 7489: the policy that applies is quarantine or reject; null: unknown",
        "RFC 7489 の規則で適用されるポリシーが quarantine または reject か。null: 不明",
    ),
    Column(
        "dmarc_7489_enforced",
        pl.Boolean,
        "",
        "the same for at least some mail, by pct; null: unknown",
        "pct を反映しても quarantine または reject か。null: 不明",
    ),
    Column(
        "dmarc_7489_policy_domain",
        pl.String,
        "",
        "by RFC 7489: where the policy stands; null: nowhere, or unknown",
        "RFC 7489 の規則で適用されるポリシーのあるドメイン。null: なし、または不明",
    ),
    Column(
        "dmarc_7489_org_domain",
        pl.String,
        "",
        "organisational domain by the Public Suffix List",
        "Public Suffix List による組織ドメイン",
    ),
    Column(
        "dmarc_7489_policy",
        pl.String,
        "",
        "by RFC 7489: the policy that applies; null: none, or unknown (see dmarc_7489_covered)",
        "RFC 7489 の規則で適用されるポリシー。null: なし、または不明",
    ),
    Column(
        "dmarc_7489_pct",
        pl.UInt8,
        "percent",
        "of the mail that fails, to this share the policy applies, by RFC 7489; null: no policy",
        "RFC 7489 の pct（ポリシーを適用する割合）。null: ポリシーなし、または不明",
    ),
)
COLUMNS = (*OWN, *APPLIED, *REPORTS, *OLDER)

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
    *(
        Measure(name, en, ja, pl.col(column), OBSERVED)
        for name, column, en, ja in (
            (
                "dmarc_strict",
                "dmarc_strict",
                "DMARC quarantine/reject",
                "DMARC quarantine/reject",
            ),
            (
                "dmarc_covered",
                "dmarc_covered",
                "DMARC, own or inherited",
                "DMARC（上位からの継承を含む）",
            ),
            (
                "dmarc_covered_strict",
                "dmarc_covered_strict",
                "DMARC quarantine/reject, own or inherited",
                "DMARC quarantine/reject（継承を含む）",
            ),
            (
                "dmarc_enforced",
                "dmarc_enforced",
                "DMARC enforced (after t=y), own or inherited",
                "DMARC 適用中（t=y を除く、継承を含む）",
            ),
            (
                "dmarc_rfc7489",
                "dmarc_7489_covered",
                "DMARC by RFC 7489",
                "DMARC（RFC 7489 の規則）",
            ),
            (
                "dmarc_rfc7489_strict",
                "dmarc_7489_strict",
                "DMARC quarantine/reject by RFC 7489",
                "DMARC quarantine/reject（RFC 7489 の規則）",
            ),
        )
    ),
)
