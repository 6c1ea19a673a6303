"""What a BIMI assertion record can have wrong; what it names can have is told elsewhere.

The sections are those of draft-brand-indicators-for-message-identification, whose revisions from
-10 on number them alike. Where -10 and its successors differ (lps), both readings are accepted.
"""

from ...words import Level
from ..protocol import Finding

DRAFT = "draft-brand-indicators-for-message-identification"
RECORD = f"{DRAFT} §4.3"
GOOD = "v=BIMI1; l=https://example.jp/logo.svg; a=https://example.jp/vmc.pem"

VERSION_MISSPELT = Finding(
    "bimi.version_misspelt",
    Level.ERROR,
    RECORD,
    "the version is not exactly v=BIMI1 (capitals count): receivers ignore the text",
    "版が v=BIMI1 と正確に一致しない（大文字小文字も区別）。受信側は無視する",
    "default._bimi.example.jp TXT v=bimi1; l=https://example.jp/logo.svg",
    "Write the version exactly as v=BIMI1.",
    "版を v=BIMI1 と正確に書いてください。",
)
VERSION_NOT_FIRST = Finding(
    "bimi.version_not_first",
    Level.ERROR,
    RECORD,
    "v=BIMI1 is not the first thing in the text: receivers ignore it",
    "v=BIMI1 が先頭にない。受信側は無視する",
    "default._bimi.example.jp TXT l=https://example.jp/logo.svg; v=BIMI1",
    "Move v=BIMI1 to the very beginning of the record.",
    "v=BIMI1 をレコードの先頭に移してください。",
)
MISSING_SEMICOLON = Finding(
    "bimi.missing_semicolon",
    Level.ERROR,
    RECORD,
    "two tags without a semicolon between them: receivers must not mend that",
    "タグの間にセミコロンがない。受信側が補って解釈することは禁じられている",
    "v=BIMI1; l=https://example.jp/a.svg a=https://example.jp/a.pem",
    "Put a semicolon between the tags.",
    "タグの間にセミコロンを入れてください。",
)
MULTIPLE_RECORDS = Finding(
    "bimi.multiple_records",
    Level.ERROR,
    f"{DRAFT} §7.2",
    "several BIMI records at one name: receivers show nothing",
    "BIMI レコードが複数ある。受信側はロゴを表示しない",
    "two TXT records at default._bimi.example.jp, both beginning with v=BIMI1;",
    "Delete all of them but one.",
    "一つだけを残し、ほかのレコードを削除してください。",
)
SYNTAX = Finding(
    "bimi.syntax",
    Level.ERROR,
    RECORD,
    "not a list of tag=value: the record is not valid",
    "「タグ=値」の並びになっていない。レコードとして無効",
    "v=BIMI1; l=https://example.jp/logo.svg; brand",
    f"Write the record in its plain form: {GOOD}",
    f"基本の形に書き直してください: {GOOD}",
)
DUPLICATE_TAG = Finding(
    "bimi.duplicate_tag",
    Level.ERROR,
    "RFC 6376 §3.2",
    "a tag stands there more than once: the record is not valid",
    "同じタグが複数ある。レコードとして無効",
    "v=BIMI1; l=https://example.jp/a.svg; l=https://example.jp/b.svg",
    "Keep each tag once.",
    "各タグを一つだけにしてください。",
)
LOCATION_MISSING = Finding(
    "bimi.location_missing",
    Level.ERROR,
    RECORD,
    "there is no l tag (in lower case): the record is not valid",
    "l タグ（小文字）がない。レコードとして無効",
    "v=BIMI1; a=https://example.jp/vmc.pem",
    "Add l= with the address of the logo, or l=; a=; to decline.",
    "l= にロゴの URL を書いてください。参加しない場合は l=; a=; とします。",
)
LOCATION_EMPTY = Finding(
    "bimi.location_empty",
    Level.ERROR,
    f"{DRAFT} §7.3",
    "l is empty, but a is not: neither a logo nor a declination",
    "l が空で a に値がある。ロゴの公開にも辞退にもならない",
    "v=BIMI1; l=; a=https://example.jp/vmc.pem",
    "Fill l with the address of the logo, or empty a as well to decline.",
    "l にロゴの URL を書くか、辞退するなら a も空にしてください。",
)
LOCATION_INVALID = Finding(
    "bimi.location_invalid",
    Level.ERROR,
    RECORD,
    "l is not one URI: receivers show nothing",
    "l が一つの URI になっていない。受信側はロゴを表示しない",
    "l=https://example.jp/a.svg,https://example.jp/b.svg",
    "Give one address, with commas and spaces encoded (%2C, %20).",
    "URL を一つだけ書き、カンマや空白は %2C、%20 としてください。",
)
LOCATION_NOT_HTTPS = Finding(
    "bimi.location_not_https",
    Level.ERROR,
    RECORD,
    "l is not an https URI, the only transport there is",
    "l が https の URI でない（https のみ認められる）",
    "l=http://example.jp/logo.svg",
    "Serve the logo over https and write so in l.",
    "ロゴを https で配信し、l にその URL を書いてください。",
)
LOCATION_FORMAT = Finding(
    "bimi.location_format",
    Level.ERROR,
    f"{DRAFT} §4.3.2",
    "l ends with the suffix of an image format other than SVG",
    "l が SVG 以外の画像形式の拡張子で終わっている",
    "l=https://example.jp/logo.png",
    "Make the logo an SVG (profile SVG Tiny PS) and name it .svg.",
    "ロゴを SVG（SVG Tiny PS）にし、拡張子を .svg にしてください。",
)
LOCATION_SUFFIX = Finding(
    "bimi.location_suffix",
    Level.NOTE,
    f"{DRAFT} §4.3.2",
    "l does not end with .svg or .svgz: only what is served there can tell its format",
    "l が .svg でも .svgz でもない。形式は配信内容からしか分からない",
    "l=https://example.jp/logo",
    "Name the logo .svg.",
    "ロゴの拡張子を .svg にしてください。",
)
AUTHORITY_INVALID = Finding(
    "bimi.authority_invalid",
    Level.ERROR,
    RECORD,
    "a is not one URI with a fully qualified host name",
    "a が完全修飾ホスト名を含む一つの URI になっていない",
    "a=https://example.jp/a,b.pem",
    "Give one address, with commas and spaces encoded (%2C, %20).",
    "URL を一つだけ書き、カンマや空白は %2C、%20 としてください。",
)
AUTHORITY_NOT_HTTPS = Finding(
    "bimi.authority_not_https",
    Level.ERROR,
    RECORD,
    "a is not an https URI, the only transport there is",
    "a が https の URI でない（https のみ認められる）",
    "a=http://example.jp/vmc.pem",
    "Serve the certificate over https and write so in a.",
    "証明書を https で配信し、a にその URL を書いてください。",
)
NO_AUTHORITY = Finding(
    "bimi.no_authority",
    Level.NOTE,
    RECORD,
    "no evidence (a) for the logo: receivers that ask for a certificate show nothing",
    "ロゴの証拠（a）がない。証明書を求める受信側では表示されない",
    "v=BIMI1; l=https://example.jp/logo.svg",
    "Obtain a mark certificate (VMC or CMC) and give its address in a.",
    "マーク証明書（VMC または CMC）を取得し、その URL を a に書いてください。",
)
PREFERENCE_INVALID = Finding(
    "bimi.preference_invalid",
    Level.WARNING,
    RECORD,
    "avp is neither brand nor personal: ignored, or the record fails",
    "avp が brand でも personal でもない。無視されるか、レコードごと無効とされる",
    "avp=self",
    "Write avp=brand or avp=personal, or leave the tag out.",
    "avp=brand か avp=personal とするか、タグを省いてください。",
)
LOCAL_PARTS_INVALID = Finding(
    "bimi.local_parts_invalid",
    Level.WARNING,
    RECORD,
    "lps is neither true, false nor a list of prefixes of letters, digits and hyphens",
    "lps が true、false、または英数字とハイフンの接頭辞の列でない",
    "lps=news@example.jp",
    "Leave the tag out, unless each sender address has a record of its own.",
    "送信アドレスごとにレコードを分けないのであれば、タグを省いてください。",
)
UNKNOWN_TAG = Finding(
    "bimi.unknown_tag",
    Level.NOTE,
    RECORD,
    "a tag that the draft does not know: ignored",
    "規格にないタグ。無視される",
    "v=BIMI1; l=https://example.jp/logo.svg; p=quarantine",
    "Remove the tag.",
    "このタグを削除してください。",
)
DMARC_NOT_STRICT = Finding(
    "bimi.dmarc_not_strict",
    Level.ERROR,
    f"{DRAFT} §7.1",
    "DMARC is not strict enough at the domain or above it: receivers show no logo",
    "ドメインまたは組織ドメインの DMARC が十分に厳しくない。受信側はロゴを表示しない",
    "_dmarc.example.jp TXT v=DMARC1; p=none",
    "Publish p=quarantine or p=reject there, with no sp=none, no t=y and no pct below 100.",
    "p=quarantine または p=reject とし、sp=none、t=y、100 未満の pct を除いてください。",
)
RECORD_FINDINGS = (
    VERSION_MISSPELT,
    VERSION_NOT_FIRST,
    MISSING_SEMICOLON,
    MULTIPLE_RECORDS,
    SYNTAX,
    DUPLICATE_TAG,
    LOCATION_MISSING,
    LOCATION_EMPTY,
    LOCATION_INVALID,
    LOCATION_NOT_HTTPS,
    LOCATION_FORMAT,
    LOCATION_SUFFIX,
    AUTHORITY_INVALID,
    AUTHORITY_NOT_HTTPS,
    NO_AUTHORITY,
    PREFERENCE_INVALID,
    LOCAL_PARTS_INVALID,
    UNKNOWN_TAG,
    DMARC_NOT_STRICT,
)
