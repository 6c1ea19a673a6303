"""Every finding about DKIM keys, each with the section of the RFC that it comes from."""

from ...words import Level
from ..protocol import Finding

KEY = "MIIBIjANBgkqhkiG9w0BAQ…AQAB"  # how examples write a key

VERSION = Finding(
    "dkim.version",
    Level.ERROR,
    "RFC 6376 §3.6.1",
    "v= is not exactly DKIM1, so verifiers discard the record",
    "v= が正確に DKIM1 でないため、検証側はレコードを破棄する",
    f"s1._domainkey.example.jp TXT v=dkim1; k=rsa; p={KEY}",
    "Write v=DKIM1 in capital letters and without anything behind it.",
    "大文字で v=DKIM1 と書き、後ろに余分な文字を付けないでください。",
)
VERSION_NOT_FIRST = Finding(
    "dkim.version_not_first",
    Level.ERROR,
    "RFC 6376 §3.6.1",
    "v=DKIM1 is not the first tag",
    "v=DKIM1 が先頭のタグでない",
    f"s1._domainkey.example.jp TXT k=rsa; v=DKIM1; p={KEY}",
    "Move v=DKIM1 to the beginning of the record.",
    "v=DKIM1 をレコードの先頭に移してください。",
)
SYNTAX = Finding(
    "dkim.syntax",
    Level.ERROR,
    "RFC 6376 §3.2",
    "the record is no list of tag=value, separated by semicolons",
    "「タグ=値」をセミコロンで区切った形になっていない",
    f"s1._domainkey.example.jp TXT v=DKIM1; k rsa; p={KEY}",
    "Write every part as tag=value, with one semicolon between two parts.",
    "各項目を「タグ=値」の形で書き、項目の間をセミコロン一つで区切ってください。",
)
DUPLICATE_TAG = Finding(
    "dkim.duplicate_tag",
    Level.ERROR,
    "RFC 6376 §3.2",
    "a tag stands twice, which makes the whole record invalid",
    "同じタグが二度現れ、レコード全体が無効になる",
    f"s1._domainkey.example.jp TXT v=DKIM1; k=rsa; k=rsa; p={KEY}",
    "Leave each tag in the record once.",
    "各タグが一度だけ現れるようにしてください。",
)
KEY_MISSING = Finding(
    "dkim.key_missing",
    Level.ERROR,
    "RFC 6376 §3.6.1",
    "the record has no p=, where the key must stand",
    "鍵を入れる p= がない",
    "s1._domainkey.example.jp TXT v=DKIM1; k=rsa",
    "Publish the key in p=; an empty p= says that the key is revoked.",
    "p= に公開鍵を入れてください。失効を示す場合は空の p= を書きます。",
)
QUOTES = Finding(
    "dkim.quotes",
    Level.ERROR,
    "RFC 6376 §3.2",
    "quotation marks are part of the text that is published, and break it",
    "引用符が公開テキストの一部になっており、レコードが壊れている",
    's1._domainkey.example.jp TXT "v=DKIM1; p=MIIBIjAN" "BgkqhkiG9w0BAQ…AQAB" (with the quotes)',
    "Enter the text without quotation marks; the DNS tool adds its own, and splits long texts.",
    "引用符を付けずに入力してください。引用符や長い文字列の分割は DNS の管理画面が行います。",
)
BACKSLASH = Finding(
    "dkim.backslash",
    Level.ERROR,
    "RFC 6376 §3.2",
    "a backslash before a semicolon is part of the text that is published, and breaks it",
    "セミコロンの前のバックスラッシュが公開テキストに残り、レコードが壊れている",
    f"s1._domainkey.example.jp TXT v=DKIM1\\; k=rsa\\; p={KEY}",
    "Remove the backslashes: they belong into zone files of some servers, not into the text.",
    "バックスラッシュを取り除いてください。一部のゾーンファイルの書き方で、テキストには不要です。",
)
NOT_ASCII = Finding(
    "dkim.not_ascii",
    Level.WARNING,
    "RFC 6376 §3.2",
    "a tag that verifiers pass over holds octets that no tag may hold",
    "検証側が読み飛ばすタグに、使用できない文字が含まれている",
    f"s1._domainkey.example.jp TXT v=DKIM1; n=営業部; p={KEY}",
    "Write only printable ASCII characters.",
    "表示可能な ASCII 文字だけで書いてください。",
)
BASE64 = Finding(
    "dkim.base64",
    Level.ERROR,
    "RFC 6376 §3.6.1",
    "p= is not base64, so no verifier can read the key",
    "p= が正しい base64 でなく、鍵を読み取れない",
    "s1._domainkey.example.jp TXT v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQ…",
    "Copy the whole key once more, without line breaks, dots or dashes.",
    "改行や記号が混ざらないよう、鍵全体をコピーし直してください。",
)
PADDING = Finding(
    "dkim.padding",
    Level.WARNING,
    "RFC 6376 §2.10",
    "the base64 in p= lacks its final =; the RFC allows that, some verifiers do not",
    "p= の base64 の末尾に = がない。RFC では許されるが、拒否する検証側もある",
    "s1._domainkey.example.jp TXT v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvP…cHURo",
    "Publish the key with the = at its end, as it was generated.",
    "生成された鍵を、末尾の = まで含めて公開してください。",
)
WHITE_SPACE = Finding(
    "dkim.white_space",
    Level.NOTE,
    "RFC 6376 §3.6.1",
    "white space stands within the key; the RFC allows that, some tools stumble over it",
    "鍵の途中に空白がある。RFC では許されるが、誤って扱うツールもある",
    "s1._domainkey.example.jp TXT v=DKIM1; k=rsa; p=MIIBIjANBgkqh kiG9w0BAQ…AQAB",
    "Publish the key without spaces.",
    "空白を入れずに鍵を公開してください。",
)
KEY_MALFORMED = Finding(
    "dkim.key_malformed",
    Level.ERROR,
    "RFC 6376 §3.6.1, RFC 8463 §4.2",
    "what p= holds is not a public key of the type that k= names",
    "p= の内容が k= の種類の公開鍵でない",
    "s1._domainkey.example.jp TXT v=DKIM1; k=rsa; p=MIIBIjANBgkqh",
    "Copy the whole key once more; k=ed25519 takes the 32 octets of the key alone.",
    "鍵全体をコピーし直してください。k=ed25519 の場合は鍵そのものの 32 オクテットを入れます。",
)
KEY_TYPE = Finding(
    "dkim.key_type",
    Level.ERROR,
    "RFC 6376 §3.6.1",
    "k= names a type of key that is not known, so verifiers pass the record over",
    "k= の鍵の種類が未知のため、検証側はレコードを無視する",
    f"s1._domainkey.example.jp TXT v=DKIM1; k=dsa; p={KEY}",
    "Publish an RSA key (k=rsa) or an Ed25519 key (k=ed25519).",
    "RSA 鍵（k=rsa）または Ed25519 鍵（k=ed25519）を公開してください。",
)
KEY_TOO_SHORT = Finding(
    "dkim.key_too_short",
    Level.ERROR,
    "RFC 8301 §3.2",
    "an RSA key of less than 1024 bits, which verifiers must not accept",
    "RSA 鍵が 1024 ビット未満で、検証側は受け入れてはならない",
    "s1._domainkey.example.jp TXT v=DKIM1; k=rsa; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJB…AQAB",
    "Sign with a new RSA key of 2048 bits under a new selector.",
    "新しいセレクターで 2048 ビットの RSA 鍵に切り替えてください。",
)
KEY_WEAK = Finding(
    "dkim.key_weak",
    Level.WARNING,
    "RFC 8301 §3.2",
    "an RSA key of less than the 2048 bits that signers should use",
    "RSA 鍵が、署名側に推奨される 2048 ビットに満たない",
    "s1._domainkey.example.jp TXT v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQ…AQAB",
    "Sign with a new RSA key of 2048 bits under a new selector.",
    "新しいセレクターで 2048 ビットの RSA 鍵に切り替えてください。",
)
KEY_LARGE = Finding(
    "dkim.key_large",
    Level.NOTE,
    "RFC 8301 §3.2",
    "an RSA key of more than the 4096 bits that every verifier must take",
    "RSA 鍵が、検証側に対応の義務がある 4096 ビットを超えている",
    "s1._domainkey.example.jp TXT v=DKIM1; k=rsa; p=MIIEIjANBgkqhkiG9w0BAQ…AQAB",
    "Sign with a key of 2048 to 4096 bits.",
    "2048～4096 ビットの鍵で署名してください。",
)
BARE_RSA = Finding(
    "dkim.bare_rsa",
    Level.WARNING,
    "RFC 6376 §3.6.1, eid 3017",
    "the RSA key stands bare (RSAPublicKey), as the RFC's text says; many verifiers know only "
    "its example's form (SubjectPublicKeyInfo)",
    "RSA 鍵が RSAPublicKey 形式。RFC の本文どおりだが、例にある SubjectPublicKeyInfo 形式しか"
    "読めない検証側が多い",
    "s1._domainkey.example.jp TXT v=DKIM1; k=rsa; p=MIIBCgKCAQEA…AQAB",
    "Publish the key as `openssl rsa -pubout` writes it.",
    "`openssl rsa -pubout` が出力する形式で鍵を公開してください。",
)
REVOKED = Finding(
    "dkim.revoked",
    Level.NOTE,
    "RFC 6376 §3.6.1",
    "an empty p=: the key of this selector is revoked",
    "p= が空で、このセレクターの鍵は失効している",
    "s1._domainkey.example.jp TXT v=DKIM1; p=",
    "Nothing, if mail is no longer signed with this selector.",
    "このセレクターで署名していなければ、対応は不要です。",
)
TESTING = Finding(
    "dkim.testing",
    Level.WARNING,
    "RFC 6376 §3.6.1",
    "t=y: the domain says that it only tests, so verifiers are to treat its mail as unsigned",
    "t=y（テスト中）のため、検証側は署名のないメールと同じ扱いにする",
    f"s1._domainkey.example.jp TXT v=DKIM1; t=y; p={KEY}",
    "Remove y from t= once signing works.",
    "署名が正しく動いたら、t= から y を外してください。",
)
STRICT_IDENTITY = Finding(
    "dkim.strict_identity",
    Level.NOTE,
    "RFC 6376 §3.6.1",
    "t=s: the key is not for signatures in the name of subdomains (i=)",
    "t=s のため、サブドメインの識別子（i=）での署名には使えない",
    f"s1._domainkey.example.jp TXT v=DKIM1; t=s; p={KEY}",
    "Nothing, unless mail is signed with i= of a subdomain.",
    "i= にサブドメインを使っていなければ、対応は不要です。",
)
NO_SHA256 = Finding(
    "dkim.no_sha256",
    Level.ERROR,
    "RFC 8301 §3.1",
    "h= does not allow sha256, the only hash that verifiers still accept",
    "h= が sha256 を許していない。現在有効なハッシュは sha256 だけである",
    f"s1._domainkey.example.jp TXT v=DKIM1; h=sha1; p={KEY}",
    "Remove h=, or write h=sha256.",
    "h= を削除するか、h=sha256 としてください。",
)
SERVICE_TYPE = Finding(
    "dkim.service_type",
    Level.WARNING,
    "RFC 6376 §3.6.1",
    "s= names neither email nor *, so verifiers of mail ignore the key",
    "s= に email も * もないため、メールの検証ではこの鍵は無視される",
    f"s1._domainkey.example.jp TXT v=DKIM1; s=tlsrpt; p={KEY}",
    "Remove s=, or write s=email, if ordinary mail is signed with the key.",
    "通常のメールの署名に使う鍵なら、s= を削除するか s=email としてください。",
)
VALUE_CASE = Finding(
    "dkim.value_case",
    Level.NOTE,
    "RFC 6376 §3.2",
    "a value of k=, h=, s= or t= is not in lower case; some verifiers compare exactly",
    "k=、h=、s=、t= の値が小文字でない。厳密に比較する検証側もある",
    f"s1._domainkey.example.jp TXT v=DKIM1; k=RSA; p={KEY}",
    "Write the value in lower case.",
    "値を小文字で書いてください。",
)
OBSOLETE_TAG = Finding(
    "dkim.obsolete_tag",
    Level.NOTE,
    "RFC 6376 App. E",
    "g= was removed with RFC 6376 and is ignored",
    "g= は RFC 6376 で廃止され、無視される",
    f"s1._domainkey.example.jp TXT v=DKIM1; g=*; p={KEY}",
    "Remove g=.",
    "g= を削除してください。",
)
MULTIPLE_RECORDS = Finding(
    "dkim.multiple_records",
    Level.WARNING,
    "RFC 6376 §3.6.2.2",
    "several TXT records at one selector: which one a verifier takes is undefined",
    "一つのセレクターに複数の TXT レコードがあり、どれが使われるか定まらない",
    f"s1._domainkey.example.jp TXT v=DKIM1; p={KEY}  and  s1._domainkey.example.jp TXT v=DKIM1; p=",
    "Leave one record at each selector, and give a further key a selector of its own.",
    "セレクターごとにレコードを一つにし、別の鍵には別のセレクターを使ってください。",
)
DANGLING = Finding(
    "dkim.dangling",
    Level.WARNING,
    "RFC 6376 §6.1.2",
    "the selector is an alias whose target has no TXT record, or does not exist",
    "セレクターの CNAME の先が存在しないか、TXT レコードがない",
    "s1._domainkey.example.jp CNAME s1.dkim.provider.example",
    "Remove the alias if the service is no longer used: whoever registers the target's domain "
    "could sign your mail. Otherwise have the service publish the key.",
    "サービスを使っていなければ CNAME を削除してください。先のドメインを取得した者に署名される"
    "おそれがあります。使用中であれば、事業者に鍵の公開を依頼してください。",
)
SHARED_KEY = Finding(
    "dkim.shared_key",
    Level.NOTE,
    "RFC 5863 §3",
    "the same record with the same key stands under three registrable domains or more",
    "同じ鍵のレコードが、三つ以上の登録ドメインにある",
    f"s1._domainkey of example.jp, example.co.jp and example.com: TXT v=DKIM1; p={KEY}",
    "Whoever has the private key can sign for all these domains: use a key for each domain.",
    "秘密鍵を持つ者はすべてのドメインの署名ができます。ドメインごとに鍵を分けてください。",
)
WILDCARD = Finding(
    "dkim.wildcard",
    Level.NOTE,
    "RFC 6376 §3.6.2.1",
    "every selector is answered with a text, also one that nobody made up: a wildcard",
    "存在しないセレクターにも TXT が返る（ワイルドカード）",
    f"*._domainkey.example.jp TXT v=DKIM1; p={KEY}",
    "Publish keys at their selectors; a wildcard makes sense only with an empty p=.",
    "鍵は各セレクターに公開してください。ワイルドカードが意味を持つのは p= が空の場合だけです。",
)
WILDCARD_ABOVE = Finding(
    "dkim.wildcard_above",
    Level.NOTE,
    "RFC 4592 §2.2.1",
    "a wildcard at the domain answers for _domainkey too: a made-up selector told the two apart",
    "ドメインのワイルドカードが _domainkey にも応答する（架空のセレクターへの応答で判別した）",
    "*.example.jp A 192.0.2.1",
    "Nothing for mail's sake; publish the names that are used instead of * if nobody needs it.",
    "メールの動作上は対応不要です。不要であれば、* の代わりに使用中の名前だけを公開してください。",
)
RFC8020 = Finding(
    "dkim.rfc8020",
    Level.WARNING,
    "RFC 8020 §2",
    "_domainkey does not exist (NXDOMAIN), says the server, and yet a selector below it answers",
    "_domainkey は存在しない（NXDOMAIN）と応答されるのに、その下のセレクターが応答する",
    "_domainkey.example.jp NXDOMAIN, s1._domainkey.example.jp TXT v=DKIM1; p=…",
    "Have the name server mended: a resolver that believes it will not find the key.",
    "権威サーバーを修正してください。NXDOMAIN を信じるリゾルバーは鍵を見つけられません。",
)

FINDINGS = (
    VERSION,
    VERSION_NOT_FIRST,
    SYNTAX,
    DUPLICATE_TAG,
    KEY_MISSING,
    QUOTES,
    BACKSLASH,
    NOT_ASCII,
    BASE64,
    PADDING,
    WHITE_SPACE,
    KEY_MALFORMED,
    KEY_TYPE,
    KEY_TOO_SHORT,
    KEY_WEAK,
    KEY_LARGE,
    BARE_RSA,
    REVOKED,
    TESTING,
    STRICT_IDENTITY,
    NO_SHA256,
    SERVICE_TYPE,
    VALUE_CASE,
    OBSOLETE_TAG,
    MULTIPLE_RECORDS,
    DANGLING,
    SHARED_KEY,
    WILDCARD,
    WILDCARD_ABOVE,
    RFC8020,
)
