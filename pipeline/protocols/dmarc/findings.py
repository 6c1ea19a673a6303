"""What a DMARC policy record can have wrong (RFC 9989), beside what its names can."""

from ...words import Level
from ..protocol import Finding

VERSION_MISSPELT = Finding(
    "dmarc.version_misspelt",
    Level.ERROR,
    "RFC 9989 §4.7",
    "the version is not exactly v=DMARC1 (capitals count): receivers ignore the text",
    "版が v=DMARC1 と正確に一致しない（大文字小文字も区別）。受信側は無視する",
)
VERSION_NOT_FIRST = Finding(
    "dmarc.version_not_first",
    Level.ERROR,
    "RFC 9989 §4.7",
    "v=DMARC1 is not the first thing in the text: receivers ignore it",
    "v=DMARC1 が先頭にない。受信側は無視する",
)
MISSING_SEMICOLON = Finding(
    "dmarc.missing_semicolon",
    Level.ERROR,
    "RFC 9989 §4.8",
    "two tags without a semicolon between them",
    "タグの間にセミコロンがない",
)
POLICY_MISSING = Finding(
    "dmarc.policy_missing",
    Level.WARNING,
    "RFC 9989 §4.10.1",
    "there is no p tag: at best it is read as p=none",
    "p タグがない。せいぜい p=none と解釈される",
)
POLICY_INVALID = Finding(
    "dmarc.policy_invalid",
    Level.ERROR,
    "RFC 9989 §4.10.1",
    "p is none of none, quarantine and reject: at best it is read as p=none",
    "p の値が none、quarantine、reject のいずれでもない。せいぜい p=none と解釈される",
)
SUBDOMAIN_POLICY_INVALID = Finding(
    "dmarc.subdomain_policy_invalid",
    Level.ERROR,
    "RFC 9989 §4.10.1",
    "sp or np is none of none, quarantine and reject: the whole record is at best read as p=none",
    "sp または np の値が不正。レコード全体がせいぜい p=none と解釈される",
)
NOT_PROCESSED = Finding(
    "dmarc.not_processed",
    Level.ERROR,
    "RFC 9989 §4.10.1",
    "neither valid policies nor a valid rua address: receivers apply no DMARC at all",
    "有効なポリシーも有効な rua もない。受信側は DMARC を適用しない",
)
SYNTAX = Finding(
    "dmarc.syntax",
    Level.WARNING,
    "RFC 9989 §4.8",
    "not tag=value: ignored",
    "タグ=値 の形でない。無視される",
)
DUPLICATE_TAG = Finding(
    "dmarc.duplicate_tag",
    Level.WARNING,
    "RFC 6376 §3.2",
    "a tag stands twice; only its first is read here, and receivers differ",
    "同じタグが二度ある。ここでは最初のものだけを読む（受信側により異なる）",
)
VALUE_INVALID = Finding(
    "dmarc.value_invalid",
    Level.WARNING,
    "RFC 9989 §4.7",
    "a value that its tag does not have: the default is used",
    "タグに許されない値。既定値が使われる",
)
BACKSLASH = Finding(
    "dmarc.backslash",
    Level.WARNING,
    "RFC 9989 §4.8",
    "a backslash is part of the text: an escape of a zone file that was published too",
    "バックスラッシュが本文に含まれる（ゾーンファイルのエスケープがそのまま公開された）",
)
SMART_QUOTES = Finding(
    "dmarc.smart_quotes",
    Level.WARNING,
    "RFC 9989 §4.8",
    "typographic quotation marks are part of the text",
    "引用符（“ ” など）が本文に含まれる",
)
QUOTES = Finding(
    "dmarc.quotes",
    Level.WARNING,
    "RFC 9989 §4.8",
    "quotation marks are part of the text",
    '引用符（"）が本文に含まれる',
)
NOT_ASCII = Finding(
    "dmarc.not_ascii",
    Level.WARNING,
    "RFC 9989 §4.8",
    "bytes that are not printable ASCII",
    "表示可能な ASCII でないバイトがある",
)
REPORT_URI_INVALID = Finding(
    "dmarc.report_uri_invalid",
    Level.WARNING,
    "RFC 9989 §4.6",
    "not a URI (mailto:…@…): no reports are sent there",
    "URI（mailto:…@…）でない。レポートは送られない",
)
REPORT_SCHEME = Finding(
    "dmarc.report_scheme",
    Level.NOTE,
    "RFC 9989 §4.7",
    "reports to another scheme than mailto, which receivers need not support",
    "mailto 以外のスキーム。受信側に対応の義務はない",
)
REPORT_SIZE = Finding(
    "dmarc.report_size",
    Level.NOTE,
    "RFC 9989 §C.4",
    "a size limit behind a report address: removed from DMARC, ignored",
    "レポート先のサイズ制限（!10m など）は廃止された。無視される",
)
FO_WITHOUT_RUF = Finding(
    "dmarc.fo_without_ruf",
    Level.NOTE,
    "RFC 9989 §4.7",
    "fo says nothing without ruf",
    "ruf がないため fo は意味を持たない",
)
REMOVED_TAG = Finding(
    "dmarc.removed_tag",
    Level.NOTE,
    "RFC 9989 §A.6",
    "pct, rf and ri were removed from DMARC: ignored",
    "pct、rf、ri は廃止された。無視される",
)
UNKNOWN_TAG = Finding(
    "dmarc.unknown_tag",
    Level.NOTE,
    "RFC 9989 §4.7",
    "unknown tag: ignored",
    "未知のタグ。無視される",
)
TEST_MODE = Finding(
    "dmarc.test_mode",
    Level.NOTE,
    "RFC 9989 §4.7",
    "t=y: the policy is applied one level lower",
    "t=y: ポリシーは一段階弱く適用される",
)
MULTIPLE_RECORDS = Finding(
    "dmarc.multiple_records",
    Level.ERROR,
    "RFC 9989 §4.10",
    "several policy records at one name: receivers discard them all",
    "一つの名前に複数のポリシーレコードがある。受信側はすべて破棄する",
)
WRONG_NAME = Finding(
    "dmarc.wrong_name",
    Level.WARNING,
    "RFC 9989 §4.10.1",
    "a policy record stands at the domain itself, where no receiver looks for it",
    "ポリシーレコードがドメイン自身にある。_dmarc でないため参照されない",
)
FINDINGS = (
    VERSION_MISSPELT,
    VERSION_NOT_FIRST,
    MISSING_SEMICOLON,
    POLICY_MISSING,
    POLICY_INVALID,
    SUBDOMAIN_POLICY_INVALID,
    NOT_PROCESSED,
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
    FO_WITHOUT_RUF,
    REMOVED_TAG,
    UNKNOWN_TAG,
    TEST_MODE,
    MULTIPLE_RECORDS,
    WRONG_NAME,
)
