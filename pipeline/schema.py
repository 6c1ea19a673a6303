"""Every stored column, defined once: name, type, unit, meaning.

The Parquet schemas, the data dictionary (`mailsurvey columns`) and the table heads are made from
these. A stored column that is missing here fails a test. The columns of a facet stand in its
protocol's file, in the same form.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
import pyarrow as pa
from polars.datatypes import DataType, DataTypeClass


@dataclass(frozen=True, slots=True)
class Column:
    """One stored column. unit: "" where the type says all."""

    name: str
    dtype: DataType | DataTypeClass
    unit: str
    en: str
    ja: str


NAME = Column(
    "name",
    pl.String,
    "",
    "owner name: lower case, presentation form, no final dot",
    "所有者名（小文字、表示形式、末尾ドットなし）",
)
DOMAIN = Column(
    "domain",
    pl.String,
    "",
    "domain of the population, lower-case A-labels",
    "調査対象ドメイン（小文字の A ラベル）",
)
QTYPE = Column(
    "qtype", pl.UInt16, "", "record type asked, IANA number", "問い合わせた型（IANA 番号）"
)
CD = Column(
    "cd",
    pl.Boolean,
    "",
    "asked with CD=1: the resolver was told not to validate",
    "CD=1 で問い合わせたか（検証なし）",
)
PURPOSE = Column(
    "purpose",
    pl.String,
    "",
    "survey; confirm: SERVFAIL asked again after CD=1 was answered; audit: repeated by the other engine",
    "survey（調査）、confirm（確認）、audit（別エンジンによる検査）",
)
WHY = Column("why", pl.String, "", "what the answer is for", "問い合わせの目的")
ORIGIN = Column(
    "origin",
    pl.String,
    "",
    "the domain that led to this question first",
    "最初にこの問い合わせに至ったドメイン",
)
DEPTH = Column(
    "depth",
    pl.UInt16,
    "steps",
    "follow-up steps from the origin's own questions",
    "起点の問い合わせからの段数",
)

ASKS = (NAME, QTYPE, CD, PURPOSE, WHY, ORIGIN, DEPTH)
KEY = ("name", "qtype", "cd", "purpose")
"""What makes a question one question; class is always IN."""

RR = pl.Struct(
    {
        "section": pl.UInt8,
        "owner": pl.String,
        "type": pl.UInt16,
        "ttl": pl.UInt32,
        "rdata": pl.Binary,
    }
)

FACTS = (
    NAME,
    QTYPE,
    CD,
    PURPOSE,
    ORIGIN,
    DEPTH,
    Column("wave", pl.UInt16, "", "the wave that asked it", "問い合わせた波の番号"),
    Column(
        "outcome",
        pl.String,
        "",
        "what became of the question, see words.Outcome",
        "問い合わせの結果（words.Outcome）",
    ),
    Column(
        "rcode",
        pl.UInt16,
        "",
        "response code with its EDNS part; null: no message",
        "応答コード（EDNS 拡張を含む）。null: 応答なし",
    ),
    Column(
        "ad",
        pl.Boolean,
        "",
        "AD flag of the answer; null: the engine cannot see it",
        "応答の AD フラグ。null: 取得不可",
    ),
    Column(
        "ede",
        pl.UInt16,
        "",
        "first extended DNS error (RFC 8914); null: none",
        "最初の拡張 DNS エラー（RFC 8914）",
    ),
    Column("engine", pl.String, "", "wire, cares or zone", "エンジン"),
    Column(
        "rebuilt",
        pl.Boolean,
        "",
        "the message was rebuilt from a library's values, not received",
        "受信メッセージでなく再構成されたものか",
    ),
    Column(
        "resolver",
        pl.String,
        "",
        "address:port that answered, or was asked last",
        "応答した（最後に尋ねた）リゾルバー",
    ),
    Column(
        "transport",
        pl.String,
        "",
        "udp or tcp; null: no message, or the engine cannot see it",
        "udp または tcp",
    ),
    Column(
        "asked_at",
        pl.Datetime("us", "UTC"),
        "UTC",
        "last sending of the question",
        "最後に送信した時刻",
    ),
    Column(
        "rtt_ms",
        pl.Float32,
        "ms",
        "question sent to answer read; null: no answer",
        "送信から受信まで。null: 応答なし",
    ),
    Column(
        "tries",
        pl.UInt8,
        "",
        "packets and connections that it took, all lanes together",
        "試行回数の合計",
    ),
    Column(
        "message",
        pl.Binary,
        "",
        "the DNS message as received; null: none",
        "受信した DNS メッセージ。null: なし",
    ),
    Column(
        "rrs",
        pl.List(RR),
        "",
        "decoded answer (section 1) and authority (2) records, names in rdata written out",
        "復号したレコード（1: answer、2: authority）",
    ),
    Column(
        "decode_error",
        pl.String,
        "",
        "what could not be read of the message, and where; null: nothing",
        "復号できなかった理由と位置",
    ),
)

DOMAINS = (
    DOMAIN,
    Column(
        "cohorts",
        pl.List(pl.String),
        "",
        "the cohorts that the domain belongs to",
        "属するコホート",
    ),
    Column(
        "strata",
        pl.List(pl.Struct({"column": pl.String, "value": pl.String})),
        "",
        "further columns of its lists",
        "リストの追加列",
    ),
)

REJECTS = (
    Column("cohort", pl.String, "", "the cohort whose list held it", "コホート"),
    Column("file", pl.String, "", "list file", "リストファイル"),
    Column("line", pl.UInt64, "", "line, row or item in it, from 1", "行番号（1 から）"),
    Column(
        "text",
        pl.String,
        "",
        "what stood there, cut at 300 characters",
        "元の文字列（300 文字まで）",
    ),
    Column(
        "reason", pl.String, "", "why it is not counted, see population.lists.Reason", "除外理由"
    ),
)

FETCHES = (
    Column("url", pl.String, "", "what was fetched", "取得した URL"),
    Column(
        "outcome",
        pl.String,
        "",
        "what became of the fetch, see words.FetchOutcome",
        "取得の結果（words.FetchOutcome）",
    ),
    Column("status", pl.UInt16, "", "HTTP status; null: no answer", "HTTP ステータス"),
    Column("content_type", pl.String, "", "media type as sent; null: none", "メディアタイプ"),
    Column("body", pl.Binary, "", "body, as far as it was read; null: none", "本文"),
)

FINDINGS = (
    DOMAIN,
    Column("protocol", pl.String, "", "the protocol whose rule found it", "プロトコル"),
    Column(
        "code", pl.String, "", "what was found; `mailsurvey columns` lists the codes", "所見コード"
    ),
    Column(
        "name", pl.String, "", "owner name of the record where it stands", "該当レコードの所有者名"
    ),
    Column(
        "at",
        pl.UInt32,
        "bytes",
        "offset in the record's text; null: the record as a whole",
        "レコード内の位置。null: 全体",
    ),
    Column(
        "evidence",
        pl.String,
        "",
        "the text that shows it, cut at 200 characters; a stranger's: escape before showing",
        "根拠となる文字列（200 文字まで）",
    ),
)

EXISTS = Column(
    "exists",
    pl.Boolean,
    "",
    "the name is not NXDOMAIN; null: unknown",
    "名前が存在するか。null: 不明",
)
STATES = (DOMAIN, EXISTS)
"""The first columns of the states; then come each protocol's own."""

ADOPTION = (
    Column("cohort", pl.String, "", "cohort", "コホート"),
    Column("denominator", pl.String, "", "which domains of the cohort are counted", "分母"),
    Column("measure", pl.String, "", "what is counted", "指標"),
    Column("yes", pl.UInt32, "domains", "have it", "あり"),
    Column("no", pl.UInt32, "domains", "do not have it", "なし"),
    Column("unknown", pl.UInt32, "domains", "asked without an answer, or not observed", "不明"),
    Column(
        "not_observed",
        pl.UInt32,
        "domains",
        "of the unknown: not asked, or not to be trusted",
        "不明のうち観測対象外",
    ),
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
    Column("cohort", pl.String, "", "cohort", "コホート"),
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
    Column("cohort", pl.String, "", "cohort", "コホート"),
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
    Column("cohort", pl.String, "", "cohort", "コホート"),
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
    Column("unknown", pl.UInt32, "domains", "asked without an answer, or not observed", "不明"),
    Column(
        "not_observed",
        pl.UInt32,
        "domains",
        "of the unknown: not asked, or not to be trusted",
        "不明のうち観測対象外",
    ),
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


def polars_schema(columns: Iterable[Column]) -> dict[str, DataType | DataTypeClass]:
    """Name → polars type, in order."""
    return {column.name: column.dtype for column in columns}


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """The Parquet schema: Arrow types, and each column's unit and meaning as field metadata."""
    columns = tuple(columns)
    plain = pl.DataFrame(schema=polars_schema(columns)).to_arrow(
        compat_level=pl.CompatLevel.oldest()
    )
    return pa.schema(
        field.with_metadata({"unit": column.unit, "en": column.en, "ja": column.ja})
        for field, column in zip(plain.schema, columns, strict=True)
    )
