"""What a domain that takes no mail leaves open. None is an error: the domain may still send."""

from ...words import Level
from ..protocol import Finding

NO_NULL_MX = Finding(
    "parked.no_null_mx",
    Level.NOTE,
    "RFC 7505 §1",
    "the domain takes no mail but does not say so by a null MX",
    "メールを受信しないことが null MX で明示されていない",
    "example.jp has neither an MX nor an A or AAAA record",
    "Publish a null MX: MX 0 . It holds even if the name is given an address later.",
    "null MX（MX 0 .）を公開してください。後で A レコードを追加しても有効です。",
)
SPF_MISSING = Finding(
    "parked.spf_missing",
    Level.WARNING,
    "RFC 7208 §10.1.2",
    "the domain takes no mail and has no SPF record: anyone can send in its name",
    "メールを受信しないドメインに SPF レコードがなく、誰でも名前をかたって送信できる",
    "example.jp. MX 0 .\n(no TXT record v=spf1 at example.jp)",
    'If no mail is sent either, publish "v=spf1 -all".',
    "送信もしないのであれば「v=spf1 -all」を公開してください。",
)
SPF_OPEN = Finding(
    "parked.spf_open",
    Level.NOTE,
    "RFC 7208 §10.1.2",
    "the domain takes no mail, but its SPF does not make every sender fail",
    "メールを受信しないドメインだが、SPF がすべての送信元を fail にはしない",
    'example.jp. MX 0 .\nexample.jp. TXT "v=spf1 include:spf.example.net ~all"',
    'If no mail is sent, publish "v=spf1 -all" alone. If some is, give the domain an MX that '
    "takes the replies and bounces.",
    "送信しないのであれば「v=spf1 -all」だけにしてください。送信するのであれば、返信やバウンスを"
    "受け取る MX を設定してください。",
)
DMARC_MISSING = Finding(
    "parked.dmarc_missing",
    Level.WARNING,
    "RFC 9989 §4.7",
    "the domain takes no mail and no DMARC policy applies to it",
    "メールを受信しないドメインに DMARC ポリシーが適用されていない",
    "example.jp. MX 0 .\n(no record at _dmarc.example.jp)",
    'Publish "v=DMARC1; p=reject" at _dmarc; reports must go to a domain that takes mail.',
    "_dmarc に「v=DMARC1; p=reject」を公開してください。レポートの送付先には、受信できる別の"
    "ドメインのアドレスを指定してください。",
)
DMARC_NOT_REJECT = Finding(
    "parked.dmarc_not_reject",
    Level.WARNING,
    "RFC 9989 §4.7",
    "the domain takes no mail, but the DMARC policy that applies to it is weaker than reject",
    "メールを受信しないドメインだが、適用される DMARC ポリシーが reject より弱い",
    'example.jp. MX 0 .\n_dmarc.example.jp. TXT "v=DMARC1; p=none"',
    "Nothing legitimate can be lost where nothing is sent: set p=reject, without t=y.",
    "送信しないドメインでは正規のメールが失われることはありません。p=reject とし、t=y は"
    "外してください。",
)
DKIM_KEY = Finding(
    "parked.dkim_key",
    Level.WARNING,
    "RFC 6376 §3.6.1",
    "the domain takes no mail, but a usable DKIM key is published: whoever holds the private key "
    "can send mail that passes DMARC",
    "メールを受信しないドメインに有効な DKIM 鍵があり、秘密鍵の保有者は DMARC に合格する"
    "メールを送信できる",
    'example.jp. MX 0 .\ns1._domainkey.example.jp. TXT "v=DKIM1; p=MIIBIjANBgkq…"',
    "Remove the key, or revoke it by an empty p.",
    "鍵を削除するか、p を空にして失効させてください。",
)
DKIM_NOT_REVOKED = Finding(
    "parked.dkim_not_revoked",
    Level.NOTE,
    "RFC 6376 §3.6.1",
    "the domain takes no mail and does not revoke every DKIM selector (good practice, not needed)",
    "メールを受信しないドメインで、すべての DKIM セレクターの失効が明示されていない（任意）",
    "example.jp. MX 0 .\n(nothing at *._domainkey.example.jp)",
    'Publish "v=DKIM1; p=" at *._domainkey: it says for every selector that its key is revoked.',
    "*._domainkey に「v=DKIM1; p=」を公開すると、すべてのセレクターの鍵が失効していることを"
    "明示できます。",
)
FINDINGS = (
    NO_NULL_MX,
    SPF_MISSING,
    SPF_OPEN,
    DMARC_MISSING,
    DMARC_NOT_REJECT,
    DKIM_KEY,
    DKIM_NOT_REVOKED,
)
