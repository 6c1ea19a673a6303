"""What a crawl stores: the population, what is asked, and what came back, unjudged."""

import polars as pl

from .column import Column

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
    Column(
        "wave",
        pl.UInt16,
        "",
        "the wave that asked it; of what was asked again, one that ran before",
        "問い合わせた波の番号（再問い合わせでは先行する波）",
    ),
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

WHY_FAILED = Column(
    "why", pl.String, "", "the library's words for a failure; empty: none", "失敗の理由"
)
BEGAN_AT = Column("began_at", pl.Datetime("us", "UTC"), "UTC", "when it was begun", "開始時刻")
TOOK_MS = Column("took_ms", pl.Float32, "ms", "from beginning to end", "所要時間")
MADE = Column("tries", pl.UInt8, "", "how often, all rounds together", "試行回数の合計")
ADDRESS = Column(
    "address", pl.String, "", "IP address connected to; null: none", "接続先アドレス。null: なし"
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
    WHY_FAILED,
    Column(
        "headers",
        pl.List(pl.Struct({"name": pl.String, "value": pl.String})),
        "",
        "the answer's header fields, in their order; null: no answer",
        "応答ヘッダー。null: 応答なし",
    ),
    ADDRESS,
    ORIGIN,
    BEGAN_AT,
    TOOK_MS,
    MADE,
)

REPLY = pl.Struct({"stage": pl.String, "code": pl.UInt16, "lines": pl.List(pl.Binary)})
VISITS = (
    Column("address", pl.String, "", "IP address visited", "接続先アドレス"),
    Column("sni", pl.String, "", "the name asked for in TLS", "SNI で示した名前"),
    Column(
        "purpose",
        pl.String,
        "",
        "survey; confirm: visited once more, for TLSA did not fit",
        "survey（調査）、confirm（TLSA 不一致の確認）",
    ),
    Column(
        "operator",
        pl.String,
        "",
        "registrable domain of the MX host that it is visited for",
        "運用者（MX ホストの登録ドメイン）",
    ),
    Column(
        "outcome",
        pl.String,
        "",
        "what became of the visit, see words.SmtpOutcome",
        "結果（words.SmtpOutcome）",
    ),
    Column(
        "stage",
        pl.String,
        "",
        "what decided the outcome: banner, ehlo, starttls, handshake; null: no connection",
        "結果が決まった段階。null: 接続なし",
    ),
    WHY_FAILED,
    Column("tls_version", pl.String, "", "as TLSv1.3; null: no TLS", "TLS バージョン"),
    Column("cipher", pl.String, "", "OpenSSL's name of it; null: no TLS", "暗号スイート"),
    Column(
        "chain",
        pl.List(pl.Binary),
        "",
        "SHA-256 of each certificate shown, the server's own first; see certificates",
        "提示された証明書の SHA-256（サーバー証明書が先頭）",
    ),
    Column("replies", pl.List(REPLY), "", "the server's replies, as sent", "サーバーの応答"),
    Column(
        "transcript",
        pl.Binary,
        "",
        "all that the server sent, decrypted, up to 64 KiB",
        "サーバーが送った全内容（64 KiB まで）",
    ),
    BEGAN_AT,
    TOOK_MS,
    MADE,
)
VISIT_KEY = ("address", "sni", "purpose")
"""What makes a visit one visit."""

CERTIFICATES = (
    Column("sha256", pl.Binary, "", "SHA-256 of the certificate", "証明書の SHA-256"),
    Column("der", pl.Binary, "", "the certificate, DER", "証明書（DER）"),
)
"""Each once a partition that met it."""
