"""TLS-RPT: where senders report how TLS went with a domain's mail hosts (RFC 8460).

TXT at `_smtp._tls.<domain>`, aliases followed: `v=TLSRPTv1; rua=mailto:…` or `rua=https://…`.
It protects nothing by itself; it shows what MTA-STS and DANE would break before they enforce.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

from ..schema import Column
from ..words import Level, QType, State
from . import versioned
from .protocol import Class, Context, Fault, Finding, Measure, RuleSet, ask, filled
from .records import faults_found, found
from .versioned import FIELD_VALUE, LONGEST_NAME, WSP, Field, Version, fault, fields, in_order

NAME = "tlsrpt"
FOLLOWS: tuple[str, ...] = ()
LEADING: tuple[str, ...] = ()

LABEL = "_smtp._tls."
INVALID = "invalid"
MOST_URIS = 50  # kept of one record

COLUMNS = (
    Column(
        "tlsrpt",
        pl.String,
        "",
        "present: one record that names an address senders can report to; invalid: meant so, but "
        "of no use; absent; unknown; not_observed",
        "present: 報告先を示す有効なレコード、invalid: 使えないレコード、"
        "absent、unknown、not_observed",
    ),
    Column(
        "tlsrpt_rua",
        pl.List(pl.String),
        "",
        "where reports go, by a valid record; empty: there is none; null: unknown",
        "有効なレコードの報告先。空: なし、null: 不明",
    ),
)

VERSION_MISSPELT = Finding(
    "tlsrpt.version_misspelt",
    Level.ERROR,
    "RFC 8460 §3",
    "the version is not exactly v=TLSRPTv1 (capitals count): senders discard the text",
    "版が v=TLSRPTv1 と正確に一致しない（大文字小文字も区別）。送信側はこのレコードを無視する",
    "_smtp._tls.example.jp TXT v=TLSRPT1; rua=mailto:tls@example.jp",
    "Write the version exactly as v=TLSRPTv1.",
    "版を v=TLSRPTv1 と正確に書いてください。",
)
VERSION_NOT_FIRST = Finding(
    "tlsrpt.version_not_first",
    Level.ERROR,
    "RFC 8460 §3",
    "v=TLSRPTv1 is not the first thing in the text: senders discard it",
    "v=TLSRPTv1 が先頭にない。送信側はこのレコードを無視する",
    "_smtp._tls.example.jp TXT rua=mailto:tls@example.jp; v=TLSRPTv1",
    "Move v=TLSRPTv1 to the very beginning of the record.",
    "v=TLSRPTv1 をレコードの先頭に移してください。",
)
MISSING_SEMICOLON = Finding(
    "tlsrpt.missing_semicolon",
    Level.ERROR,
    "RFC 8460 §3",
    "no semicolon behind v=TLSRPTv1: senders discard the text",
    "v=TLSRPTv1 の後にセミコロンがない。送信側はこのレコードを無視する",
    "_smtp._tls.example.jp TXT v=TLSRPTv1 rua=mailto:tls@example.jp",
    "Put a semicolon between v=TLSRPTv1 and rua=.",
    "v=TLSRPTv1 と rua= の間にセミコロンを入れてください。",
)
MULTIPLE_RECORDS = Finding(
    "tlsrpt.multiple_records",
    Level.ERROR,
    "RFC 8460 §3",
    "several TLS-RPT records at one name: senders act as if there were none",
    "TLS-RPT レコードが複数ある。送信側は存在しないものとして扱う",
    "two TXT records at _smtp._tls.example.jp, both beginning with v=TLSRPTv1;",
    "Merge them into one record, with the addresses separated by commas.",
    "宛先をカンマで区切り、一つのレコードにまとめてください。",
)
RUA_MISSING = Finding(
    "tlsrpt.rua_missing",
    Level.ERROR,
    "RFC 8460 §3",
    "there is no rua field (its name in lower case): nobody knows where to report",
    "rua フィールド（名前は小文字）がない。報告先が分からない",
    "_smtp._tls.example.jp TXT v=TLSRPTv1;",
    "Add rua=mailto: and an address, or rua=https: and a URL.",
    "rua=mailto: とメールアドレス、または rua=https: の URL を追加してください。",
)
RUA_UNUSABLE = Finding(
    "tlsrpt.rua_unusable",
    Level.ERROR,
    "RFC 8460 §3",
    "none of the addresses in rua can be reported to",
    "rua の宛先がどれも使えない",
    "_smtp._tls.example.jp TXT v=TLSRPTv1; rua=tls@example.jp",
    "Give at least one address that begins with mailto: or https://.",
    "mailto: または https:// で始まる宛先を一つ以上書いてください。",
)
RUA_INVALID = Finding(
    "tlsrpt.rua_invalid",
    Level.WARNING,
    "RFC 8460 §3",
    "not a URI: no report is sent there",
    "URI として正しくない宛先。報告は送られない",
    "rua=mailto:tls@example.jp,reports@example.jp",
    "Write mailto: in front of every address; encode commas, ! and ; in a URI.",
    "各アドレスの前に mailto: を付け、URI の中のカンマ、!、; はエンコードしてください。",
)
RUA_SCHEME = Finding(
    "tlsrpt.rua_scheme",
    Level.WARNING,
    "RFC 8460 §3",
    "a URI that is neither mailto nor https: senders need not support it",
    "mailto でも https でもない宛先。送信側が対応する義務はない",
    "rua=http://tls.example.jp/report",
    "Use mailto: or https: instead.",
    "mailto: または https: を使ってください。",
)
SYNTAX = Finding(
    "tlsrpt.syntax",
    Level.ERROR,
    "RFC 8460 §3",
    "not a list of name=value fields: the record is not valid",
    "「名前=値」の並びになっていない。レコードとして無効",
    "_smtp._tls.example.jp TXT v=TLSRPTv1; rua = mailto:tls@example.jp",
    "Write the record in its plain form: v=TLSRPTv1; rua=mailto:tls@example.jp",
    "基本の形に書き直してください: v=TLSRPTv1; rua=mailto:tls@example.jp",
)
UNKNOWN_FIELD = Finding(
    "tlsrpt.unknown_field",
    Level.NOTE,
    "RFC 8460 §3",
    "a field that the standard does not know: ignored",
    "規格にないフィールド。無視される",
    "_smtp._tls.example.jp TXT v=TLSRPTv1; rua=mailto:tls@example.jp; ruf=mailto:x@example.jp",
    "Remove the field: TLS-RPT has rua only.",
    "このフィールドを削除してください。TLS-RPT にあるのは rua だけです。",
)
FINDINGS = (
    VERSION_MISSPELT,
    VERSION_NOT_FIRST,
    MISSING_SEMICOLON,
    MULTIPLE_RECORDS,
    RUA_MISSING,
    RUA_UNUSABLE,
    RUA_INVALID,
    RUA_SCHEME,
    SYNTAX,
    UNKNOWN_FIELD,
)

VERSION = Version(
    # As with MTA-STS, the text has "v=TLSRPTv1;", the grammar white space before the semicolon.
    exact=re.compile(rb"v=TLSRPTv1[ \t]*;"),
    meant=re.compile(rb"(?i)v[^a-z0-9;]{0,8}[=:][^a-z0-9;]{0,8}tls-?rptv?1(?![a-z0-9._-])"),
    spelt=re.compile(rb"v=TLSRPTv1"),
    misspelt=VERSION_MISSPELT,
    not_first=VERSION_NOT_FIRST,
    missing_semicolon=MISSING_SEMICOLON,
)
# RFC 3986 §2, without "," "!" and ";", which must be encoded (RFC 8460 §3)
URI = re.compile(
    rb"([A-Za-z][A-Za-z0-9+.-]*):((?:[A-Za-z0-9._~:/?#\[\]@$&'()*+=-]|%[0-9A-Fa-f]{2})+)"
)
WHERE = {  # what follows the scheme: RFC 6068 §2, RFC 9110 §4.2.2
    b"mailto": re.compile(rb"[^@?]+@(?:[A-Za-z0-9._-]+|\[[^\]]+\])(?:\?[^@?]*)?"),
    b"https": re.compile(rb"//(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?(?:[/?#].*)?"),
}


def of_record(is_so: pl.Expr) -> pl.Expr:
    """What is so of a domain whose answer came; null: not known."""
    return pl.when(~pl.col("tlsrpt").is_in([State.UNKNOWN.value, State.NOT_OBSERVED.value])).then(
        is_so
    )


MEASURES = (
    Measure(
        "tls_rpt",
        "TLS-RPT",
        "TLS-RPT",
        of_record(pl.col("tlsrpt") == State.PRESENT.value),
        pl.col("tlsrpt") != State.NOT_OBSERVED.value,
    ),
)
CLASSES = (
    Class("multiple_records", (MULTIPLE_RECORDS.code,), "several records", "レコードが複数"),
    Class(
        "version",
        (VERSION_MISSPELT.code, VERSION_NOT_FIRST.code, MISSING_SEMICOLON.code),
        "version not as it must be",
        "版の誤り",
    ),
    Class("syntax", (SYNTAX.code,), "syntax error", "文法誤り"),
    Class("rua", (RUA_MISSING.code, RUA_UNUSABLE.code), "no usable rua", "使える rua なし"),
)
RULE_SETS = (
    RuleSet(
        "rfc8460",
        "RFC 8460 §3: what keeps senders from reporting",
        CLASSES,
        of_record(pl.col("tlsrpt") != State.ABSENT.value),
        tuple(one.name for one in CLASSES),
    ),
)


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The TXT at `_smtp._tls` of every domain. domains: `domain`. Returns `schema.ASKS`."""
    name = filled(LABEL + "{}", "domain")
    return ask(domains.filter(name.str.len_bytes() <= LONGEST_NAME), name, QType.TXT, NAME)


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """Nothing: a record points nowhere in the DNS."""
    return ask(facts.clear(), pl.col("name"), QType.TXT, NAME)


@dataclass(frozen=True, slots=True)
class Record:
    """One TXT that is, or was meant as, a TLS-RPT record.

    is_record: it begins with v=TLSRPTv1; and so counts. rua: usable URIs; none: of no use.
    """

    is_record: bool
    rua: tuple[str, ...]
    faults: tuple[Fault, ...]


def parse(payload: bytes) -> Record | None:
    """Read a TXT's text. None: nothing to do with TLS-RPT. Never raises, whatever the bytes."""
    version = VERSION.exact.match(payload)
    if version is None:
        meant = VERSION.faults(payload)
        return Record(False, (), in_order(meant)) if meant else None
    faults: list[Fault] = []
    rua: list[str] = []
    last_rua = None
    for field in fields(payload, version.end(), SYNTAX, faults):
        if field.name == b"rua":  # more than one is allowed
            last_rua = field
            rua += usable_uris(field, faults)
        elif not FIELD_VALUE.fullmatch(field.value):
            faults.append(fault(SYNTAX, field.value_at, field.name + b"=" + field.value))
        else:
            faults.append(fault(UNKNOWN_FIELD, field.at, field.name + b"=" + field.value))
    if last_rua is None:
        faults.append(fault(RUA_MISSING, len(payload), b""))
    elif not rua:
        faults.append(fault(RUA_UNUSABLE, last_rua.at, b"rua=" + last_rua.value))
    if any(one.finding.level is Level.ERROR for one in faults):
        rua = []
    return Record(True, tuple(rua[:MOST_URIS]), in_order(faults))


def usable_uris(field: Field, faults: list[Fault]) -> list[str]:
    """The URIs of one rua that reports can go to; what is wrong is added to the faults."""
    uris, at = [], field.value_at
    for item in field.value.split(b","):
        item_at = at + len(item) - len(item.lstrip(WSP))
        at += len(item) + 1
        text = item.strip(WSP)
        uri = URI.fullmatch(text)
        where = WHERE.get(uri[1].lower()) if uri else None
        if uri and not where:
            faults.append(fault(RUA_SCHEME, item_at, text))
        elif uri and where and where.fullmatch(uri[2]):
            uris.append(text.decode())
        else:
            faults.append(fault(RUA_INVALID, item_at, text))
    return uris


def judge(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings and the state of every domain.

    facts: `schema.FACTS`; domains: `domain`. Returns findings (`schema.FINDINGS` less `protocol`)
    and states (`domain` and COLUMNS).
    """
    names = domains.select("domain", name=filled(LABEL + "{}", "domain"))
    texts = versioned.texts(facts, LABEL)
    columns = {"is_record": pa.bool_(), "rua": pa.large_list(pa.large_string())}
    records = versioned.read(texts, names, parse, columns)
    seen = versioned.observed(texts, names, versioned.summary(records, "rua")).collect().lazy()
    several = seen.filter(pl.col("count") > 1)
    rua = pl.col("rua").fill_null(pl.lit([], pl.List(pl.String)))
    state = pl.when(pl.col("seen") == State.PRESENT.value, rua.list.len() == 0).then(
        pl.lit(INVALID)
    )
    hidden = [State.UNKNOWN.value, State.NOT_OBSERVED.value]
    states = seen.select(
        "domain",
        tlsrpt=state.otherwise("seen"),
        tlsrpt_rua=pl.when(~pl.col("seen").is_in(hidden)).then(rua),
    )
    findings = [
        faults_found(names.join(records, on="name")),
        found(several, MULTIPLE_RECORDS, filled("{} records", "count")),
    ]
    return pl.concat(findings), states


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON. rua: "unknown" where the question brought no answer."""
    rua = state["tlsrpt_rua"]
    return {"state": state["tlsrpt"], "rua": State.UNKNOWN.value if rua is None else rua}
