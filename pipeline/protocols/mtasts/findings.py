"""What an MTA-STS TXT record can have wrong, and the fetching of its policy (RFC 8461).

What the policy itself can have wrong stands in `policy_findings`.
"""

from ...words import Level
from ..protocol import Finding

GOOD = "_mta-sts.example.jp TXT v=STSv1; id=20240401T000000"

VERSION_MISSPELT = Finding(
    "mtasts.version_misspelt",
    Level.ERROR,
    "RFC 8461 §3.1",
    "the version is not exactly v=STSv1 (capitals count): senders discard the text",
    "版が v=STSv1 と正確に一致しない（大文字小文字も区別）。送信側はこのレコードを無視する",
    "_mta-sts.example.jp TXT v=STSV1; id=20240401T000000",
    "Write the version exactly as v=STSv1.",
    "版を v=STSv1 と正確に書いてください。",
)
VERSION_NOT_FIRST = Finding(
    "mtasts.version_not_first",
    Level.ERROR,
    "RFC 8461 §3.1",
    "v=STSv1 is not the first thing in the text: senders discard it",
    "v=STSv1 が先頭にない。送信側はこのレコードを無視する",
    "_mta-sts.example.jp TXT id=20240401T000000; v=STSv1",
    "Move v=STSv1 to the very beginning of the record.",
    "v=STSv1 をレコードの先頭に移してください。",
)
MISSING_SEMICOLON = Finding(
    "mtasts.missing_semicolon",
    Level.ERROR,
    "RFC 8461 §3.1",
    "no semicolon behind v=STSv1: senders discard the text",
    "v=STSv1 の後にセミコロンがない。送信側はこのレコードを無視する",
    "_mta-sts.example.jp TXT v=STSv1 id=20240401T000000",
    "Put a semicolon between v=STSv1 and id=.",
    "v=STSv1 と id= の間にセミコロンを入れてください。",
)
MULTIPLE_RECORDS = Finding(
    "mtasts.multiple_records",
    Level.ERROR,
    "RFC 8461 §3.1",
    "several MTA-STS records at one name: senders act as if there were none",
    "MTA-STS レコードが複数ある。送信側は存在しないものとして扱う",
    "two TXT records at _mta-sts.example.jp, both beginning with v=STSv1;",
    "Delete all of them but one.",
    "一つだけを残し、ほかのレコードを削除してください。",
)
ID_MISSING = Finding(
    "mtasts.id_missing",
    Level.ERROR,
    "RFC 8461 §3.1",
    "there is no id field (its name in lower case): the record is not valid",
    "id フィールド（名前は小文字）がない。レコードとして無効",
    "_mta-sts.example.jp TXT v=STSv1;",
    "Add an id of at most 32 letters and digits, and change it whenever the policy changes.",
    "32 文字以内の英数字で id を追加し、ポリシーを変えるたびに値を変更してください。",
)
ID_INVALID = Finding(
    "mtasts.id_invalid",
    Level.ERROR,
    "RFC 8461 §3.1",
    "id is not 1 to 32 letters and digits: the record is not valid",
    "id が 1～32 文字の英数字でない。レコードとして無効",
    "_mta-sts.example.jp TXT v=STSv1; id=2024-04-01",
    "Use letters and digits only in id, at most 32 of them.",
    "id には英数字のみを使い、32 文字以内にしてください。",
)
SYNTAX = Finding(
    "mtasts.syntax",
    Level.ERROR,
    "RFC 8461 §3.1",
    "not a list of name=value fields: the record is not valid",
    "「名前=値」の並びになっていない。レコードとして無効",
    "_mta-sts.example.jp TXT v=STSv1; ; id=20240401T000000",
    f"Write the record in its plain form: {GOOD}",
    f"基本の形に書き直してください: {GOOD}",
)
DUPLICATE_ID = Finding(
    "mtasts.duplicate_id",
    Level.WARNING,
    "RFC 8461 §3.2",
    "id stands there more than once: the first one counts",
    "id が複数ある。最初のものだけが有効",
    "_mta-sts.example.jp TXT v=STSv1; id=20240401; id=20240501",
    "Keep only one id.",
    "id を一つだけにしてください。",
)
UNKNOWN_FIELD = Finding(
    "mtasts.unknown_field",
    Level.NOTE,
    "RFC 8461 §3.1",
    "a field that the standard does not know: ignored",
    "規格にないフィールド。無視される",
    "_mta-sts.example.jp TXT v=STSv1; id=20240401T000000; mode=enforce",
    "Remove the field: mode and mx belong into the policy file.",
    "このフィールドを削除してください。mode や mx はポリシーファイルに書くものです。",
)
ID_UNCHANGED = Finding(
    "mtasts.id_unchanged",
    Level.WARNING,
    "RFC 8461 §3.1",
    "the policy differs from that of the run before under the same id: senders keep the old one",
    "前回の調査からポリシーが変わったのに id が同じ。送信側は古いポリシーを使い続ける",
    "mode: testing became mode: enforce, and id=20240401T000000 stayed",
    "Change the id in the TXT record whenever the policy changes.",
    "ポリシーを変更するたびに TXT レコードの id を変えてください。",
)
FETCH_TLS = Finding(
    "mtasts.fetch_tls",
    Level.ERROR,
    "RFC 8461 §3.3",
    "the policy host has no certificate that is valid for its name, or TLS fails",
    "ポリシーホストの証明書がその名前に対して有効でない、または TLS 接続に失敗する",
    "https://mta-sts.example.jp/ with a certificate for www.example.jp only",
    "Install a certificate of a public authority that covers mta-sts and your domain.",
    "「mta-sts.ドメイン名」を含む、公的な認証局の証明書を設定してください。",
)
FETCH_NO_HOST = Finding(
    "mtasts.fetch_no_host",
    Level.ERROR,
    "RFC 8461 §3.3",
    "there is a record, but no host of the policy's name, or none with an address",
    "レコードはあるが、ポリシーホストの名前またはアドレスが存在しない",
    "_mta-sts.example.jp TXT v=STSv1; id=20240401T000000  (and no mta-sts.example.jp)",
    "Create mta-sts below your domain and serve the policy there, or remove the record.",
    "「mta-sts.ドメイン名」を作成してポリシーを公開するか、レコードを削除してください。",
)
FETCH_NO_HTTP = Finding(
    "mtasts.fetch_no_http",
    Level.ERROR,
    "RFC 8461 §3.3",
    "the policy's host answers with something that is no HTTP",
    "ポリシーホストの応答が HTTP でない",
    "220 mx.example.jp ESMTP",
    "Let a web server answer at port 443 of the policy's host.",
    "ポリシーホストの 443 番ポートでウェブサーバーを動かしてください。",
)
FETCH_REDIRECT = Finding(
    "mtasts.fetch_redirect",
    Level.ERROR,
    "RFC 8461 §3.3",
    "the policy's address redirects elsewhere: senders do not follow",
    "ポリシーの URL が別の場所にリダイレクトされる。送信側は追跡しない",
    "https://mta-sts.example.jp/.well-known/mta-sts.txt: 301 to https://www.example.jp/",
    "Serve the policy at this very address, with status 200.",
    "この URL でポリシーを直接、ステータス 200 で返してください。",
)
FETCH_STATUS = Finding(
    "mtasts.fetch_status",
    Level.ERROR,
    "RFC 8461 §3.3",
    "the policy's address answers with a status other than 200",
    "ポリシーの URL が 200 以外のステータスを返す",
    "https://mta-sts.example.jp/.well-known/mta-sts.txt: 404",
    "Serve the policy at /.well-known/mta-sts.txt with status 200.",
    "/.well-known/mta-sts.txt でポリシーをステータス 200 で返してください。",
)
MEDIA_TYPE = Finding(
    "mtasts.media_type",
    Level.WARNING,
    "RFC 8461 §3.2",
    "the policy is not served as text/plain: senders should reject it, and some do",
    "ポリシーが text/plain で配信されていない。送信側によっては拒否される",
    "Content-Type: text/html",
    "Serve the policy with Content-Type: text/plain.",
    "Content-Type: text/plain でポリシーを配信してください。",
)
MX_NOT_COVERED = Finding(
    "mtasts.mx_not_covered",
    Level.ERROR,
    "RFC 8461 §4.1",
    "an MX that the policy does not name: in mode enforce, senders do not deliver to it",
    "ポリシーに含まれない MX がある。enforce モードでは送信側がそこへ配送しない",
    "MX mx2.example.jp, with a policy in mode enforce that has mx: mx1.example.jp alone",
    "Add the host to the policy, then change the id in the TXT record.",
    "そのホストをポリシーに追加し、TXT レコードの id を変更してください。",
)
MX_NOT_COVERED_TESTING = Finding(
    "mtasts.mx_not_covered_testing",
    Level.WARNING,
    "RFC 8461 §4.1",
    "an MX that the policy does not name: it would get no mail in mode enforce",
    "ポリシーに含まれない MX がある。enforce モードにすると配送されなくなる",
    "MX mx2.example.jp, with a policy in mode testing that has mx: mx1.example.jp alone",
    "Add the host to the policy before you change its mode to enforce.",
    "enforce モードに変える前に、そのホストをポリシーに追加してください。",
)
RECORD_FINDINGS = (
    VERSION_MISSPELT,
    VERSION_NOT_FIRST,
    MISSING_SEMICOLON,
    MULTIPLE_RECORDS,
    ID_MISSING,
    ID_INVALID,
    SYNTAX,
    DUPLICATE_ID,
    UNKNOWN_FIELD,
)
FETCH_FINDINGS = (
    ID_UNCHANGED,
    FETCH_NO_HOST,
    FETCH_NO_HTTP,
    FETCH_TLS,
    FETCH_REDIRECT,
    FETCH_STATUS,
    MEDIA_TYPE,
)
MX_FINDINGS = (MX_NOT_COVERED, MX_NOT_COVERED_TESTING)
