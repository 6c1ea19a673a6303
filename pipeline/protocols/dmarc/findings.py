"""What DMARC records and their names can have wrong (RFC 9989; reports: RFC 9990)."""

from ...words import Level
from ..protocol import Finding

VERSION_MISSPELT = Finding(
    "dmarc.version_misspelt",
    Level.ERROR,
    "RFC 9989 §4.7",
    "the version is not exactly v=DMARC1 (capitals count): receivers ignore the text",
    "版が v=DMARC1 と正確に一致しない（大文字小文字も区別）。受信側は無視する",
    '_dmarc.example.jp. TXT "v=dmarc1; p=reject"',
    "Begin the text with v=DMARC1 in capital letters, and a semicolon behind it.",
    "先頭を大文字で v=DMARC1 とし、直後にセミコロンを置いてください。",
)
VERSION_NOT_FIRST = Finding(
    "dmarc.version_not_first",
    Level.ERROR,
    "RFC 9989 §4.7",
    "v=DMARC1 is not the first thing in the text: receivers ignore it",
    "v=DMARC1 が先頭にない。受信側は無視する",
    '_dmarc.example.jp. TXT "p=reject; v=DMARC1"',
    "Move v=DMARC1 to the very beginning of the text, without a space or a mark before it.",
    "v=DMARC1 を空白や記号を挟まずに先頭へ移してください。",
)
MISSING_SEMICOLON = Finding(
    "dmarc.missing_semicolon",
    Level.ERROR,
    "RFC 9989 §4.8",
    "two tags without a semicolon between them",
    "タグの間にセミコロンがない",
    '_dmarc.example.jp. TXT "v=DMARC1 p=none; rua=mailto:dmarc@example.jp"',
    "Put a semicolon between every two tags.",
    "タグとタグの間をセミコロンで区切ってください。",
)
POLICY_MISSING = Finding(
    "dmarc.policy_missing",
    Level.WARNING,
    "RFC 9989 §4.10.1",
    "there is no p tag: at best it is read as p=none",
    "p タグがない。せいぜい p=none と解釈される",
    '_dmarc.example.jp. TXT "v=DMARC1; rua=mailto:dmarc@example.jp"',
    "Add p=none, p=quarantine or p=reject directly behind v=DMARC1.",
    "v=DMARC1 の直後に p=none、p=quarantine、p=reject のいずれかを書いてください。",
)
POLICY_INVALID = Finding(
    "dmarc.policy_invalid",
    Level.ERROR,
    "RFC 9989 §4.10.1",
    "p is none of none, quarantine and reject: at best it is read as p=none",
    "p の値が none、quarantine、reject のいずれでもない。せいぜい p=none と解釈される",
    '_dmarc.example.jp. TXT "v=DMARC1; p=block"',
    "Use one of the three policies that exist: none, quarantine or reject.",
    "p には none、quarantine、reject のいずれかを指定してください。",
)
SUBDOMAIN_POLICY_INVALID = Finding(
    "dmarc.subdomain_policy_invalid",
    Level.ERROR,
    "RFC 9989 §4.10.1",
    "sp is none of none, quarantine and reject: the whole record is at best read as p=none",
    "sp の値が不正。レコード全体がせいぜい p=none と解釈される",
    '_dmarc.example.jp. TXT "v=DMARC1; p=reject; sp=block; rua=mailto:dmarc@example.jp"',
    "Set sp to none, quarantine or reject, or leave it out: then p holds for subdomains too.",
    "sp を none、quarantine、reject のいずれかにするか、削除してください。"
    "削除すると p が適用されます。",
)
NONEXISTENT_POLICY_INVALID = Finding(
    "dmarc.nonexistent_policy_invalid",
    Level.ERROR,
    "RFC 9989 §4.10.1",
    "np is none of none, quarantine and reject: the whole record is at best read as p=none",
    "np の値が不正。レコード全体がせいぜい p=none と解釈される",
    '_dmarc.example.jp. TXT "v=DMARC1; p=reject; np=block; rua=mailto:dmarc@example.jp"',
    "Set np to none, quarantine or reject, or leave it out: then sp or p holds.",
    "np を none、quarantine、reject のいずれかにするか、削除してください。"
    "削除すると sp（なければ p）が適用されます。",
)
NOT_PROCESSED = Finding(
    "dmarc.not_processed",
    Level.ERROR,
    "RFC 9989 §4.10.1",
    "neither valid policies nor a valid rua address: receivers apply no DMARC at all",
    "有効なポリシーも有効な rua もない。受信側は DMARC を適用しない",
    '_dmarc.example.jp. TXT "v=DMARC1; adkim=s"',
    "Publish a valid p; the record protects nothing until then.",
    "有効な p を公開してください。それまで、このレコードは何も保護しません。",
)
POLICY_NOT_SECOND = Finding(
    "dmarc.policy_not_second",
    Level.NOTE,
    "RFC 7489 §6.4",
    "p does not stand directly behind v, where RFC 7489 wants it; RFC 9989 does not mind",
    "p が v の直後にない。RFC 7489 は直後を求めるが、RFC 9989 では順序を問わない",
    '_dmarc.example.jp. TXT "v=DMARC1; rua=mailto:dmarc@example.jp; p=reject"',
    "Move p directly behind v=DMARC1, so that older receivers read it too.",
    "古い受信側でも読まれるよう、p を v=DMARC1 の直後に移してください。",
)
SYNTAX = Finding(
    "dmarc.syntax",
    Level.WARNING,
    "RFC 9989 §4.8",
    "not tag=value: ignored",
    "タグ=値 の形でない。無視される",
    '_dmarc.example.jp. TXT "v=DMARC1; p=reject;; sp"',
    "Remove what is no tag=value, or complete it.",
    "「タグ=値」の形でない部分を削除するか、正しい形に直してください。",
)
DUPLICATE_TAG = Finding(
    "dmarc.duplicate_tag",
    Level.WARNING,
    "RFC 6376 §3.2",
    "a tag stands twice; only its first is read here, and receivers differ",
    "同じタグが二度ある。ここでは最初のものだけを読む（受信側により異なる）",
    '_dmarc.example.jp. TXT "v=DMARC1; p=none; p=reject"',
    "Keep each tag once.",
    "同じタグは一つだけ残してください。",
)
VALUE_INVALID = Finding(
    "dmarc.value_invalid",
    Level.WARNING,
    "RFC 9989 §4.7",
    "a value that its tag does not have: the default is used",
    "タグに許されない値。既定値が使われる",
    '_dmarc.example.jp. TXT "v=DMARC1; p=reject; adkim=strict"',
    "Use one of the tag's own values, such as adkim=s, or leave the tag out.",
    "そのタグで定められた値（例: adkim=s）にするか、タグを削除してください。",
)
BACKSLASH = Finding(
    "dmarc.backslash",
    Level.WARNING,
    "RFC 9989 §4.8",
    "a backslash is part of the text: an escape of a zone file that was published too",
    "バックスラッシュが本文に含まれる（ゾーンファイルのエスケープがそのまま公開された）",
    '_dmarc.example.jp. TXT "v=DMARC1\\\\; p=reject"',
    "Remove the backslashes: a semicolon inside quotation marks needs no escape.",
    "バックスラッシュを取り除いてください。引用符の中のセミコロンにエスケープは不要です。",
)
SMART_QUOTES = Finding(
    "dmarc.smart_quotes",
    Level.WARNING,
    "RFC 9989 §4.8",
    "typographic quotation marks are part of the text",
    "引用符（“ ” など）が本文に含まれる",
    '_dmarc.example.jp. TXT "“v=DMARC1; p=reject”"',
    "Remove the marks; copy the record from a plain text, not from a word processor.",
    "引用符を取り除いてください。ワープロではなくプレーンテキストから転記すると防げます。",
)
QUOTES = Finding(
    "dmarc.quotes",
    Level.WARNING,
    "RFC 9989 §4.8",
    "quotation marks are part of the text",
    '引用符（"）が本文に含まれる',
    '_dmarc.example.jp. TXT "\\"v=DMARC1; p=reject\\""',
    "Enter the text without quotation marks where the DNS service adds them by itself.",
    "DNS サービスが引用符を自動で付ける場合は、引用符なしで入力してください。",
)
NOT_ASCII = Finding(
    "dmarc.not_ascii",
    Level.WARNING,
    "RFC 9989 §4.8",
    "bytes that are not printable ASCII",
    "表示可能な ASCII でないバイトがある",
    '_dmarc.example.jp. TXT "v=DMARC1;　p=reject"',
    "Type the record in plain ASCII; full-width spaces and letters do not count.",
    "半角の ASCII 文字だけで書き直してください。全角の空白や文字は使えません。",
)
REPORT_URI_INVALID = Finding(
    "dmarc.report_uri_invalid",
    Level.WARNING,
    "RFC 9989 §4.6",
    "not a URI (mailto:…@…): no reports are sent there",
    "URI（mailto:…@…）でない。レポートは送られない",
    '_dmarc.example.jp. TXT "v=DMARC1; p=none; rua=dmarc@example.jp"',
    "Write every address as mailto:name@domain, and separate several with commas.",
    "宛先はすべて mailto:名前@ドメイン の形で書き、複数ある場合はカンマで区切ってください。",
)
REPORT_SCHEME = Finding(
    "dmarc.report_scheme",
    Level.NOTE,
    "RFC 9989 §4.7",
    "reports to another scheme than mailto, which receivers need not support",
    "mailto 以外のスキーム。受信側に対応の義務はない",
    '_dmarc.example.jp. TXT "v=DMARC1; p=none; rua=https://example.jp/dmarc"',
    "Give a mailto address, at least beside the other.",
    "mailto の宛先を指定してください（少なくとも併記してください）。",
)
REPORT_SIZE = Finding(
    "dmarc.report_size",
    Level.NOTE,
    "RFC 9989 §C.4",
    "a size limit behind a report address: removed from DMARC, ignored",
    "レポート先のサイズ制限（!10m など）は廃止された。無視される",
    '_dmarc.example.jp. TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.jp!10m"',
    "Remove the exclamation mark and what follows it.",
    "「!」以降を削除してください。",
)
REPORT_NOT_AUTHORISED = Finding(
    "dmarc.report_not_authorised",
    Level.WARNING,
    "RFC 9990 §4",
    "another organisation's address, and its domain does not say that it accepts these reports: "
    "none are sent",
    "他組織の宛先だが、受け取る側のドメインがレポートの受け入れを公開していない。レポートは送られない",
    '_dmarc.example.jp. TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"',
    "Ask whoever runs that address to publish a TXT record v=DMARC1; at "
    "example.jp._report._dmarc.example.com, or use an address of the domain's own.",
    "宛先の運営者に、example.jp._report._dmarc.example.com の TXT として v=DMARC1; を公開するよう"
    "依頼するか、自組織の宛先を使ってください。",
)
AUTHORISATION_WITHOUT_SEMICOLON = Finding(
    "dmarc.authorisation_without_semicolon",
    Level.NOTE,
    "RFC 9990 §4",
    "the record that accepts the reports is v=DMARC1 without a semicolon: fine for RFC 9990, "
    "wrong for RFC 7489 (erratum 5440)",
    "レポートを受け入れるレコードが、セミコロンのない v=DMARC1 である。RFC 9990 では問題ないが、"
    "RFC 7489（正誤表 5440）では誤り",
    'example.jp._report._dmarc.example.com. TXT "v=DMARC1"',
    "Ask whoever runs that address to publish v=DMARC1; with the semicolon, for older receivers.",
    "古い受信側のために、セミコロンを付けた v=DMARC1; を公開するよう、"
    "宛先の運営者に依頼してください。",
)
FO_WITHOUT_RUF = Finding(
    "dmarc.fo_without_ruf",
    Level.NOTE,
    "RFC 9989 §4.7",
    "fo says nothing without ruf",
    "ruf がないため fo は意味を持たない",
    '_dmarc.example.jp. TXT "v=DMARC1; p=none; fo=1"',
    "Add a ruf address, or remove fo.",
    "ruf を追加するか、fo を削除してください。",
)
REMOVED_TAG = Finding(
    "dmarc.removed_tag",
    Level.NOTE,
    "RFC 9989 §A.6",
    "pct, rf and ri were removed from DMARC: ignored",
    "pct、rf、ri は廃止された。無視される",
    '_dmarc.example.jp. TXT "v=DMARC1; p=reject; pct=50"',
    "Remove the tag; to try a policy out, use t=y.",
    "このタグを削除してください。ポリシーを試すには t=y を使います。",
)
UNKNOWN_TAG = Finding(
    "dmarc.unknown_tag",
    Level.NOTE,
    "RFC 9989 §4.7",
    "unknown tag: ignored",
    "未知のタグ。無視される",
    '_dmarc.example.jp. TXT "v=DMARC1; p=reject; policy=strict"',
    "Remove the tag, or correct its spelling.",
    "タグを削除するか、綴りを直してください。",
)
TEST_MODE = Finding(
    "dmarc.test_mode",
    Level.NOTE,
    "RFC 9989 §4.7",
    "t=y: the policy is applied one level lower",
    "t=y: ポリシーは一段階弱く適用される",
    '_dmarc.example.jp. TXT "v=DMARC1; p=reject; t=y"',
    "Remove t=y as soon as the reports show that the domain's own mail passes.",
    "自ドメインのメールが認証に通ることをレポートで確認できたら、t=y を外してください。",
)
MULTIPLE_RECORDS = Finding(
    "dmarc.multiple_records",
    Level.ERROR,
    "RFC 9989 §4.10",
    "several policy records at one name: receivers discard them all",
    "一つの名前に複数のポリシーレコードがある。受信側はすべて破棄する",
    '_dmarc.example.jp. TXT "v=DMARC1; p=none"\n_dmarc.example.jp. TXT "v=DMARC1; p=reject"',
    "Keep one of the records and remove the others.",
    "一つだけを残し、ほかは削除してください。",
)
WRONG_NAME = Finding(
    "dmarc.wrong_name",
    Level.WARNING,
    "RFC 9989 §4.10.1",
    "a policy record stands at the domain itself, where no receiver looks for it",
    "ポリシーレコードがドメイン自身にある。_dmarc でないため参照されない",
    'example.jp. TXT "v=DMARC1; p=reject"',
    "Move the record to _dmarc below the domain.",
    "レコードをドメイン直下の _dmarc へ移してください。",
)
FINDINGS = (
    VERSION_MISSPELT,
    VERSION_NOT_FIRST,
    MISSING_SEMICOLON,
    POLICY_MISSING,
    POLICY_INVALID,
    SUBDOMAIN_POLICY_INVALID,
    NONEXISTENT_POLICY_INVALID,
    NOT_PROCESSED,
    POLICY_NOT_SECOND,
    SYNTAX,
    DUPLICATE_TAG,
    VALUE_INVALID,
    BACKSLASH,
    SMART_QUOTES,
    QUOTES,
    NOT_ASCII,
    REPORT_URI_INVALID,
    REPORT_SCHEME,
    REPORT_SIZE,
    REPORT_NOT_AUTHORISED,
    AUTHORISATION_WITHOUT_SEMICOLON,
    FO_WITHOUT_RUF,
    REMOVED_TAG,
    UNKNOWN_TAG,
    TEST_MODE,
    MULTIPLE_RECORDS,
    WRONG_NAME,
)
