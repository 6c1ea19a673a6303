"""What can be wrong or notable in SPF. Error: check_host() can return permerror."""

from ...words import Level
from ..protocol import Finding

MULTIPLE_RECORDS = Finding(
    "spf.multiple_records",
    Level.ERROR,
    "RFC 7208 §4.5",
    "more than one SPF record: none of them counts",
    "SPF レコードが複数あり、どれも有効にならない",
    'example.jp. TXT "v=spf1 mx -all"\nexample.jp. TXT "v=spf1 include:_spf.example.com ~all"',
    "Merge the records into one that begins with v=spf1, and remove the others.",
    "v=spf1 で始まる一つのレコードにまとめ、ほかは削除してください。",
)
SYNTAX = Finding(
    "spf.syntax",
    Level.ERROR,
    "RFC 7208 §4.6, §12",
    "a term that the grammar does not know; the whole record fails",
    "文法にない記述があり、レコード全体が無効になる",
    'example.jp. TXT "v=spf1 ip:192.0.2.1 -all"',
    "Correct the term, for example ip4: instead of ip:, or remove it.",
    "誤った記述を直すか（例: ip: ではなく ip4:）、削除してください。",
)
WRONG_DASH = Finding(
    "spf.wrong_dash",
    Level.ERROR,
    "RFC 7208 §12",
    "a typographic dash where the hyphen-minus '-' belongs",
    "半角ハイフン「-」の代わりに別のダッシュ文字が使われている",
    'example.jp. TXT "v=spf1 mx –all"',
    "Type the hyphen-minus of the keyboard: -all.",
    "キーボードから半角のハイフンで -all と入力し直してください。",
)
NOT_ASCII = Finding(
    "spf.not_ascii",
    Level.ERROR,
    "RFC 7208 §3.1",
    "characters that are not ASCII",
    "ASCII でない文字を含む",
    'example.jp. TXT "v=spf1 mx　-all"',
    "Type the record in plain ASCII; full-width spaces and letters break it.",
    "半角の ASCII 文字だけで書き直してください。全角の空白や文字が一つでもあると無効になります。",
)
FOREIGN_TEXT = Finding(
    "spf.foreign_text",
    Level.WARNING,
    "RFC 7208 §6",
    "another service's token stands inside the SPF record",
    "他サービスの確認用文字列が SPF レコードに混入している",
    'example.jp. TXT "v=spf1 mx google-site-verification=abc -all"',
    "Publish the other service's token as a TXT record of its own.",
    "他サービスの確認用文字列は、別の TXT レコードとして公開してください。",
)
UNKNOWN_MODIFIER = Finding(
    "spf.unknown_modifier",
    Level.NOTE,
    "RFC 7208 §6",
    "a name=value that no receiver knows: it is ignored",
    "受信側が解釈しない name=value（無視される）",
    'example.jp. TXT "v=spf1 mx foo=bar -all"',
    "Remove it, unless it is an extension that you use on purpose.",
    "意図した拡張でなければ削除してください。",
)
INCLUDE_LOOP = Finding(
    "spf.include_loop",
    Level.ERROR,
    "RFC 7208 §4.6.4",
    "include or redirect leads back to a record that is being evaluated",
    "include または redirect が評価中のレコードに戻り、循環している",
    'example.jp. TXT "v=spf1 include:example.jp -all"',
    "Remove the include or redirect that leads back to where it came from.",
    "元のレコードに戻る include または redirect を削除してください。",
)
INCLUDE_WITHOUT_RECORD = Finding(
    "spf.include_without_record",
    Level.ERROR,
    "RFC 7208 §5.2",
    "the included name has no SPF record",
    "include 先に SPF レコードがない",
    'example.jp. TXT "v=spf1 include:spf.example.com -all" (spf.example.com: no SPF)',
    "Correct the included name, or remove the include if that service is no longer used.",
    "include 先の名前を直すか、そのサービスを使っていなければ include を削除してください。",
)
REDIRECT_WITHOUT_RECORD = Finding(
    "spf.redirect_without_record",
    Level.ERROR,
    "RFC 7208 §6.1",
    "redirect leads to a name without an SPF record",
    "redirect 先に SPF レコードがない",
    'example.jp. TXT "v=spf1 redirect=spf.example.com" (spf.example.com: no SPF)',
    "Correct the name, publish a record there, or end the own record with all instead.",
    "redirect 先の名前を直すか、そこに SPF レコードを公開してください。"
    "または自身のレコードを all で終えてください。",
)
INCLUDE_BROKEN = Finding(
    "spf.include_broken",
    Level.ERROR,
    "RFC 7208 §5.2, §6.1",
    "the included or redirected record is itself in error",
    "include または redirect 先のレコード自体に誤りがある",
    'example.jp. TXT "v=spf1 include:spf.example.com -all" '
    '(spf.example.com: "v=spf1 ip:192.0.2.1 -all")',
    "Ask whoever runs the included domain to mend its record, or remove the include.",
    "include 先の運営者に修正を依頼するか、include を削除してください。",
)
TOO_MANY_LOOKUPS = Finding(
    "spf.too_many_lookups",
    Level.ERROR,
    "RFC 7208 §4.6.4",
    "more than ten terms ask the DNS",
    "DNS を参照する項目が 10 個を超える",
    'example.jp. TXT "v=spf1 a mx include:_spf1.example.com … include:_spf9.example.com -all"',
    "Remove services that are no longer used, or replace a and mx by ip4 and ip6.",
    "使っていないサービスの include を削除するか、a や mx を ip4、ip6 に置き換えてください。",
)
TEN_LOOKUPS = Finding(
    "spf.ten_lookups",
    Level.NOTE,
    "RFC 7208 §4.6.4",
    "exactly ten terms ask the DNS: nothing to spare",
    "DNS を参照する項目がちょうど 10 個（余裕なし）",
    'example.jp. TXT "v=spf1 a include:_spf1.example.com … include:_spf9.example.com -all"',
    "Free some lookups before a provider's record grows: one more makes yours invalid.",
    "参照先が一つ増えるだけで無効になります。今のうちに参照を減らしてください。",
)
VOID_LOOKUPS = Finding(
    "spf.void_lookups",
    Level.ERROR,
    "RFC 7208 §4.6.4",
    "more than two terms ask for what does not exist",
    "存在しない名前を参照する項目が 2 個を超える",
    'example.jp. TXT "v=spf1 a:old1.example.jp a:old2.example.jp a:old3.example.jp -all"',
    "Remove the terms whose names no longer exist.",
    "もう存在しない名前を参照する項目を削除してください。",
)
TOO_MANY_MX = Finding(
    "spf.too_many_mx",
    Level.ERROR,
    "RFC 7208 §4.6.4",
    "an mx term meets more than ten mail exchangers",
    "mx の対象に 10 個を超える MX がある",
    'example.jp. TXT "v=spf1 mx -all" (example.jp: 11 MX)',
    "List the mail servers' networks with ip4 and ip6 instead of mx.",
    "mx の代わりに、メールサーバのネットワークを ip4、ip6 で列挙してください。",
)
ALL_NOT_LAST = Finding(
    "spf.all_not_last",
    Level.WARNING,
    "RFC 7208 §5.1",
    "a mechanism stands after all: it is never reached",
    "all の後に機構があり、評価されない",
    'example.jp. TXT "v=spf1 mx -all include:_spf.example.com"',
    "Move all to the end of the record.",
    "all をレコードの末尾へ移してください。",
)
NO_ALL = Finding(
    "spf.no_all",
    Level.WARNING,
    "RFC 7208 §4.7",
    "neither all nor redirect: every other client is neutral",
    "all も redirect もなく、それ以外の送信元は neutral になる",
    'example.jp. TXT "v=spf1 mx"',
    "End the record with -all or ~all.",
    "レコードの末尾に -all または ~all を加えてください。",
)
REDIRECT_IGNORED = Finding(
    "spf.redirect_ignored",
    Level.NOTE,
    "RFC 7208 §6.1",
    "redirect beside all: it is ignored",
    "all があるため redirect は無視される",
    'example.jp. TXT "v=spf1 mx redirect=_spf.example.com -all"',
    "Remove redirect, or remove all if the other record shall decide.",
    "redirect を削除するか、参照先に委ねるなら all を削除してください。",
)
PERMITS_ALL = Finding(
    "spf.permits_all",
    Level.WARNING,
    "RFC 7208 §5.1",
    "every address may send as this domain",
    "すべてのアドレスからの送信を許可している",
    'example.jp. TXT "v=spf1 +all"',
    "List the hosts that may send, and end the record with -all or ~all.",
    "送信を許可するホストだけを列挙し、末尾を -all または ~all にしてください。",
)
PTR = Finding(
    "spf.ptr",
    Level.WARNING,
    "RFC 7208 §5.5",
    "ptr: slow and unreliable, not to be published",
    "ptr は遅く信頼できず、使用すべきでない",
    'example.jp. TXT "v=spf1 ptr -all"',
    "Replace ptr by ip4 and ip6, a or mx.",
    "ptr を ip4、ip6、a、mx のいずれかに置き換えてください。",
)
DANGLING = Finding(
    "spf.dangling",
    Level.WARNING,
    "RFC 7208 §11.1",
    "the target's registrable domain does not exist: a stranger could register it",
    "参照先の登録可能ドメインが存在せず、第三者が登録できる",
    'example.jp. TXT "v=spf1 include:spf.gone-example.jp -all" (gone-example.jp: NXDOMAIN)',
    "Remove the term at once: whoever registers that domain may send as yours.",
    "直ちに削除してください。そのドメインを登録した者が、あなたのドメインで送信できてしまいます。",
)
INVALID_TARGET = Finding(
    "spf.invalid_target",
    Level.WARNING,
    "RFC 7208 §4.8",
    "the target is no domain name; receivers differ in what they make of it",
    "参照先がドメイン名として不正（受信側により扱いが異なる）",
    'example.jp. TXT "v=spf1 a:mail..example.jp -all"',
    "Correct the name: labels of 1 to 63 characters, separated by single dots.",
    "名前を直してください（1～63 文字のラベルをドット一つで区切ります）。",
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
