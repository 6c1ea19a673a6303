"""What can be wrong or notable in SPF. Error: check_host() can return permerror."""

from ...words import Level
from ..protocol import Finding

MULTIPLE_RECORDS = Finding(
    "spf.multiple_records",
    Level.ERROR,
    "RFC 7208 §4.5",
    "more than one SPF record: none of them counts",
    "SPF レコードが複数あり、どれも有効にならない",
)
SYNTAX = Finding(
    "spf.syntax",
    Level.ERROR,
    "RFC 7208 §4.6, §12",
    "a term that the grammar does not know; the whole record fails",
    "文法にない記述があり、レコード全体が無効になる",
)
WRONG_DASH = Finding(
    "spf.wrong_dash",
    Level.ERROR,
    "RFC 7208 §12",
    "a typographic dash where the hyphen-minus '-' belongs",
    "半角ハイフン「-」の代わりに別のダッシュ文字が使われている",
)
NOT_ASCII = Finding(
    "spf.not_ascii",
    Level.ERROR,
    "RFC 7208 §3.1",
    "characters that are not ASCII",
    "ASCII でない文字を含む",
)
FOREIGN_TEXT = Finding(
    "spf.foreign_text",
    Level.WARNING,
    "RFC 7208 §6",
    "another service's token stands inside the SPF record",
    "他サービスの確認用文字列が SPF レコードに混入している",
)
UNKNOWN_MODIFIER = Finding(
    "spf.unknown_modifier",
    Level.NOTE,
    "RFC 7208 §6",
    "a name=value that no receiver knows: it is ignored",
    "受信側が解釈しない name=value（無視される）",
)
INCLUDE_LOOP = Finding(
    "spf.include_loop",
    Level.ERROR,
    "RFC 7208 §4.6.4",
    "include or redirect leads back to a record that is being evaluated",
    "include または redirect が評価中のレコードに戻り、循環している",
)
INCLUDE_WITHOUT_RECORD = Finding(
    "spf.include_without_record",
    Level.ERROR,
    "RFC 7208 §5.2",
    "the included name has no SPF record",
    "include 先に SPF レコードがない",
)
REDIRECT_WITHOUT_RECORD = Finding(
    "spf.redirect_without_record",
    Level.ERROR,
    "RFC 7208 §6.1",
    "redirect leads to a name without an SPF record",
    "redirect 先に SPF レコードがない",
)
INCLUDE_BROKEN = Finding(
    "spf.include_broken",
    Level.ERROR,
    "RFC 7208 §5.2, §6.1",
    "the included or redirected record is itself in error",
    "include または redirect 先のレコード自体に誤りがある",
)
TOO_MANY_LOOKUPS = Finding(
    "spf.too_many_lookups",
    Level.ERROR,
    "RFC 7208 §4.6.4",
    "more than ten terms ask the DNS",
    "DNS を参照する項目が 10 個を超える",
)
TEN_LOOKUPS = Finding(
    "spf.ten_lookups",
    Level.NOTE,
    "RFC 7208 §4.6.4",
    "exactly ten terms ask the DNS: nothing to spare",
    "DNS を参照する項目がちょうど 10 個（余裕なし）",
)
VOID_LOOKUPS = Finding(
    "spf.void_lookups",
    Level.ERROR,
    "RFC 7208 §4.6.4",
    "more than two terms ask for what does not exist",
    "存在しない名前を参照する項目が 2 個を超える",
)
TOO_MANY_MX = Finding(
    "spf.too_many_mx",
    Level.ERROR,
    "RFC 7208 §4.6.4",
    "an mx term meets more than ten mail exchangers",
    "mx の対象に 10 個を超える MX がある",
)
ALL_NOT_LAST = Finding(
    "spf.all_not_last",
    Level.WARNING,
    "RFC 7208 §5.1",
    "a mechanism stands after all: it is never reached",
    "all の後に機構があり、評価されない",
)
NO_ALL = Finding(
    "spf.no_all",
    Level.WARNING,
    "RFC 7208 §4.7",
    "neither all nor redirect: every other client is neutral",
    "all も redirect もなく、それ以外の送信元は neutral になる",
)
REDIRECT_IGNORED = Finding(
    "spf.redirect_ignored",
    Level.NOTE,
    "RFC 7208 §6.1",
    "redirect beside all: it is ignored",
    "all があるため redirect は無視される",
)
PERMITS_ALL = Finding(
    "spf.permits_all",
    Level.WARNING,
    "RFC 7208 §5.1",
    "every address may send as this domain",
    "すべてのアドレスからの送信を許可している",
)
PTR = Finding(
    "spf.ptr",
    Level.WARNING,
    "RFC 7208 §5.5",
    "ptr: slow and unreliable, not to be published",
    "ptr は遅く信頼できず、使用すべきでない",
)
DANGLING = Finding(
    "spf.dangling",
    Level.WARNING,
    "RFC 7208 §11.1",
    "the target's registrable domain does not exist: a stranger could register it",
    "参照先の登録可能ドメインが存在せず、第三者が登録できる",
)
INVALID_TARGET = Finding(
    "spf.invalid_target",
    Level.WARNING,
    "RFC 7208 §4.8",
    "the target is no domain name; receivers differ in what they make of it",
    "参照先がドメイン名として不正（受信側により扱いが異なる）",
)

FINDINGS = (
    MULTIPLE_RECORDS,
    SYNTAX,
    WRONG_DASH,
    NOT_ASCII,
    FOREIGN_TEXT,
    UNKNOWN_MODIFIER,
    INCLUDE_LOOP,
    INCLUDE_WITHOUT_RECORD,
    REDIRECT_WITHOUT_RECORD,
    INCLUDE_BROKEN,
    TOO_MANY_LOOKUPS,
    TEN_LOOKUPS,
    VOID_LOOKUPS,
    TOO_MANY_MX,
    ALL_NOT_LAST,
    NO_ALL,
    REDIRECT_IGNORED,
    PERMITS_ALL,
    PTR,
    DANGLING,
    INVALID_TARGET,
)
