"""What is counted, and what is made to check the rules: tables, comparisons, sheets."""

import polars as pl

from .collected import DOMAIN
from .column import Column

COHORT = Column("cohort", pl.String, "", "cohort", "コホート")
UNKNOWN = Column(
    "unknown", pl.UInt32, "domains", "asked without an answer, or not observed", "不明"
)
NOT_OBSERVED = Column(
    "not_observed",
    pl.UInt32,
    "domains",
    "of the unknown: not asked, or not to be trusted",
    "不明のうち観測対象外",
)
ADOPTION = (
    COHORT,
    Column("denominator", pl.String, "", "which domains of the cohort are counted", "分母"),
    Column("measure", pl.String, "", "what is counted", "指標"),
    Column("yes", pl.UInt32, "domains", "have it", "あり"),
    Column("no", pl.UInt32, "domains", "do not have it", "なし"),
    UNKNOWN,
    NOT_OBSERVED,
    Column("of", pl.UInt32, "domains", "yes + no + unknown", "合計"),
    Column(
        "of_unknown",
        pl.UInt32,
        "domains",
        "domains that may belong to the denominator: not known",
        "分母に属するか不明",
    ),
    Column("share", pl.Float64, "", "yes / of; null: nothing observed", "割合"),
    Column("low", pl.Float64, "", "least share over every way the unknowns could fall", "下限"),
    Column("high", pl.Float64, "", "greatest share over every way the unknowns could fall", "上限"),
    Column(
        "wilson_low",
        pl.Float64,
        "",
        "95 % Wilson interval, only for a seeded sample",
        "95% Wilson 区間の下限（標本のみ）",
    ),
    Column(
        "wilson_high",
        pl.Float64,
        "",
        "95 % Wilson interval, only for a seeded sample",
        "95% Wilson 区間の上限（標本のみ）",
    ),
)

MISTAKES = (
    COHORT,
    Column("rule_set", pl.String, "", "the reading of what counts as broken", "規則集合"),
    Column(
        "class",
        pl.String,
        "",
        "class of mistakes; broken: at least one of those that count; sum: their sum",
        "誤りの分類",
    ),
    Column("yes", pl.UInt32, "domains", "domains with it", "該当"),
    Column("no", pl.UInt32, "domains", "domains without it", "非該当"),
    Column(
        "unknown",
        pl.UInt32,
        "domains",
        "not known: part of what it depends on brought no answer",
        "不明",
    ),
    Column(
        "of", pl.UInt32, "domains", "yes + no + unknown: domains that publish such a record", "合計"
    ),
    Column(
        "of_unknown",
        pl.UInt32,
        "domains",
        "domains that may publish one: not known",
        "分母に属するか不明",
    ),
    Column("share", pl.Float64, "", "yes / of", "割合"),
    Column(
        "worst", pl.UInt32, "", "greatest count met, where the class counts something", "最大値"
    ),
)

DISAGREEMENT = (
    COHORT,
    Column("rule_set", pl.String, "", "the reading that calls them broken", "不正とする規則集合"),
    Column("other", pl.String, "", "the reading that does not", "不正としない規則集合"),
    Column(
        "class",
        pl.String,
        "",
        "the class of the first that they fall into; broken: any of those that count",
        "該当する誤りの分類",
    ),
    Column(
        "yes", pl.UInt32, "domains", "broken for the one, not for the other", "一方だけが不正とする"
    ),
    Column("unknown", pl.UInt32, "domains", "not known: one of the two verdicts is not", "不明"),
    Column("of", pl.UInt32, "domains", "domains that both readings look at", "両者の対象"),
)

REJUDGED = (
    Column(
        "part",
        pl.String,
        "",
        "what changed: a cell of this table, finding (a code's domains), state (a column's values)",
        "変化した対象（表の名前、finding、state）",
    ),
    Column("cohort", pl.String, "", "cohort; null: the whole population", "コホート。null: 全体"),
    Column(
        "row",
        pl.String,
        "",
        "the table's row, the finding's code, or the state's column",
        "表の行、所見コード、または状態の列",
    ),
    Column(
        "cell",
        pl.String,
        "",
        "the table's column that counts; domains: all of them; of a state also: old → new value",
        "件数の列。domains: 合計。state では「旧 → 新」も",
    ),
    Column(
        "versions",
        pl.String,
        "",
        "both: the two versions of the rules have it; before, after: only that one does",
        "both（両方の版にある）、before・after（その版だけにある）",
    ),
    Column("before", pl.UInt32, "domains", "count under the other rules", "比較する規則での件数"),
    Column("after", pl.UInt32, "domains", "count under this version's", "この版の規則での件数"),
    Column(
        "changed",
        pl.UInt32,
        "domains",
        "domains whose value or finding differs; null: a table holds no domains",
        "判定が変わったドメイン数。null: 表",
    ),
    Column("gained", pl.UInt32, "domains", "have the finding only after", "新たに該当"),
    Column("lost", pl.UInt32, "domains", "had the finding only before", "該当しなくなった"),
    Column("kept", pl.UInt32, "domains", "have the finding under both", "両方で該当"),
)

SAMPLE = (
    Column(
        "number", pl.UInt32, "", "line of the sheet, in a drawn order", "行番号（順序は無作為）"
    ),
    Column("rule", pl.String, "", "the finding to look for", "確かめる所見"),
    DOMAIN,
    Column(
        "records",
        pl.String,
        "",
        "what the protocol asked for the domain, and what came back; escaped, cut where too long",
        "問い合わせと応答（エスケープ済み、長すぎる場合は省略）",
    ),
    Column(
        "verdict",
        pl.String,
        "",
        "to be filled in: yes, no or unclear; empty: not judged",
        "記入欄：yes、no、unclear。空欄: 未判定",
    ),
    Column("remark", pl.String, "", "to be filled in, if need be", "記入欄：備考"),
)

SAMPLE_KEY = (
    Column("number", pl.UInt32, "", "line of the sheet", "標本の行番号"),
    Column("code", pl.String, "", "the finding's code", "所見コード"),
    DOMAIN,
    Column(
        "program", pl.String, "", "yes: the program found it; no: it did not", "プログラムの判定"
    ),
    Column(
        "where",
        pl.String,
        "",
        "where it found it, and the text that shows it; escaped",
        "該当箇所と根拠（エスケープ済み）",
    ),
)

PARKED = (
    COHORT,
    Column(
        "kind",
        pl.String,
        "",
        "null_mx: says that it takes no mail; no_mx: neither an MX nor an address",
        "null_mx: null MX あり、no_mx: MX もアドレスもなし",
    ),
    Column("of", pl.UInt32, "domains", "domains of this kind that exist", "該当ドメイン数"),
    Column("none", pl.UInt32, "domains", "none of the four records below", "対策なし"),
    Column("some", pl.UInt32, "domains", "some of them, but open to forgery", "一部対策"),
    Column(
        "fully",
        pl.UInt32,
        "domains",
        "SPF -all, DMARC reject, and every DKIM selector revoked",
        "完全（SPF -all、DMARC reject、全 DKIM セレクター失効）",
    ),
    UNKNOWN,
    NOT_OBSERVED,
    Column(
        "of_unknown",
        pl.UInt32,
        "domains",
        "domains that may be of this kind: not known",
        "該当するか不明",
    ),
    Column("null_mx", pl.UInt32, "domains", "a null MX", "null MX"),
    Column("spf", pl.UInt32, "domains", "SPF makes every sender fail", "SPF -all"),
    Column(
        "dmarc", pl.UInt32, "domains", "the DMARC policy that applies is reject", "DMARC reject"
    ),
    Column(
        "dkim",
        pl.UInt32,
        "domains",
        "every DKIM selector revoked by a wildcard",
        "ワイルドカードで DKIM 失効",
    ),
)

PROVIDER_MEASURES = {
    "starttls": ("STARTTLS at every MX host", "全 MX ホストで STARTTLS"),
    "starttls_valid": (
        "STARTTLS at every MX host, with a certificate valid for its name",
        "全 MX ホストで STARTTLS、証明書が有効",
    ),
    "mta_sts": ("MTA-STS record and policy, both valid", "MTA-STS のレコードとポリシーが有効"),
    "dane": ("usable TLSA records at every MX host", "全 MX ホストに使える TLSA"),
    "dane_verified": (
        "certificates that match them, at every MX host",
        "全 MX ホストの証明書が TLSA と一致",
    ),
}
"""The measures of the adoption table that are counted by operator, and what they mean here."""


def counted(measure: str, en: str, ja: str) -> tuple[Column, ...]:
    """The columns of one measure: its counts and its share."""
    return (
        Column(f"{measure}_yes", pl.UInt32, "domains", en, ja),
        Column(f"{measure}_no", pl.UInt32, "domains", f"not so: {en}", f"該当しない：{ja}"),
        *(
            Column(f"{measure}_{one.name}", one.dtype, one.unit, one.en, one.ja)
            for one in (UNKNOWN, NOT_OBSERVED)
        ),
        Column(f"{measure}_share", pl.Float64, "", "yes / domains; null: nothing observed", "割合"),
    )


PROVIDERS = (
    COHORT,
    Column(
        "operator",
        pl.String,
        "",
        "who takes the mail, by the most preferred MX host: a service of data/providers.toml, or a "
        "registrable domain that many share; other operators: too small for a row; own or other: "
        "the domain's own host, or one that few share; no mail; unknown: of an MX not known",
        "メール事業者（最優先の MX ホストによる）: data/providers.toml の事業者名、または多数が共有する"
        "登録ドメイン。other operators: 小規模な事業者、own or other: 自ドメインまたは少数のみの共有、"
        "no mail: 受信しない、unknown: MX 不明",
    ),
    Column("domains", pl.UInt32, "domains", "domains of the cohort's denominator", "ドメイン数"),
    Column(
        "of_unknown",
        pl.UInt32,
        "domains",
        "domains that may belong to the denominator: not known",
        "分母に属するか不明",
    ),
    *(column for name, said in PROVIDER_MEASURES.items() for column in counted(name, *said)),
)
