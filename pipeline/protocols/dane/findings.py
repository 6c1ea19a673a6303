"""What can be wrong, or notable, with the TLSA records of MX hosts."""

from ...words import Level
from ..protocol import Finding

PKIX_USAGE = Finding(
    "dane.pkix_usage",
    Level.WARNING,
    "RFC 7672 §3.1.3",
    "certificate usage 0 or 1: senders of mail take the record for unusable",
    "証明書用途が 0 または 1。メールの送信側では使えないレコードとして扱われる",
    example="_25._tcp.mx.example.jp. TLSA 1 1 1 7ACF…",
    fix_en="Publish usage 3 (DANE-EE) with selector 1 and matching type 1, or usage 2 (DANE-TA).",
    fix_ja="用途 3（DANE-EE）、セレクター 1、照合種別 1 のレコード、または用途 2（DANE-TA）の"
    "レコードを公開してください。",
)
UNKNOWN_USAGE = Finding(
    "dane.unknown_usage",
    Level.WARNING,
    "RFC 6698 §2.1.1",
    "a certificate usage that is not defined (0 to 3 are): the record is unusable",
    "未定義の証明書用途（定義は 0〜3）。このレコードは使えない",
    example="_25._tcp.mx.example.jp. TLSA 4 1 1 7ACF…",
    fix_en="Write usage 3 (DANE-EE), or 2 (DANE-TA) for the certificate of an authority.",
    fix_ja="用途を 3（DANE-EE）、認証局の証明書なら 2（DANE-TA）にしてください。",
)
UNKNOWN_SELECTOR = Finding(
    "dane.unknown_selector",
    Level.WARNING,
    "RFC 6698 §2.1.2",
    "a selector that is not defined (0 and 1 are): the record is unusable",
    "未定義のセレクター（定義は 0 と 1）。このレコードは使えない",
    example="_25._tcp.mx.example.jp. TLSA 3 2 1 7ACF…",
    fix_en="Write selector 1 (public key), or 0 (whole certificate), and the data to match.",
    fix_ja="セレクターを 1（公開鍵）または 0（証明書全体）にし、データも合わせてください。",
)
UNKNOWN_MATCHING = Finding(
    "dane.unknown_matching",
    Level.WARNING,
    "RFC 6698 §2.1.3",
    "a matching type that is not defined (0 to 2 are): the record is unusable",
    "未定義の照合種別（定義は 0〜2）。このレコードは使えない",
    example="_25._tcp.mx.example.jp. TLSA 3 1 3 7ACF…",
    fix_en="Write matching type 1 and the SHA-256 digest.",
    fix_ja="照合種別を 1 にし、SHA-256 のダイジェストを書いてください。",
)
WRONG_LENGTH = Finding(
    "dane.wrong_length",
    Level.WARNING,
    "RFC 6698 §2.1.4",
    "the digest is not as long as its matching type makes it (32 octets for 1, 64 for 2)",
    "ダイジェストの長さが照合種別（1 は 32 オクテット、2 は 64 オクテット）と合わない",
    example="_25._tcp.mx.example.jp. TLSA 3 1 1 7ACF3D…  (20 octets: a SHA-1 digest)",
    fix_en="Compute the digest anew: SHA-256 (64 hexadecimal digits) for matching type 1.",
    fix_ja="ダイジェストを計算し直してください。照合種別 1 は SHA-256（16 進 64 桁）です。",
)
NO_CERTIFICATE = Finding(
    "dane.no_certificate",
    Level.WARNING,
    "RFC 6698 §2.1.4",
    "matching type 0, but the data is no certificate (selector 0) or public key (1) in DER",
    "照合種別 0 なのに、データが DER の証明書（セレクター 0）や公開鍵（1）でない",
    example="_25._tcp.mx.example.jp. TLSA 3 0 0 7ACF…  (a digest)",
    fix_en="If the data is a SHA-256 digest, write matching type 1.",
    fix_ja="データが SHA-256 のダイジェストなら、照合種別を 1 にしてください。",
)
ALL_UNUSABLE = Finding(
    "dane.all_unusable",
    Level.ERROR,
    "RFC 7672 §2.2",
    "an MX host has TLSA records, but senders can use none: they encrypt without authenticating",
    "MX ホストの TLSA レコードがすべて使えない。送信側は相手を認証せず暗号化だけ行う",
    example="_25._tcp.mx.example.jp. TLSA 1 1 1 7ACF…  (and no other)",
    fix_en="Publish at least one well-formed record of usage 3 or 2 for the host's certificate.",
    fix_ja="ホストの証明書に合う、用途 3 または 2 の正しいレコードを一つ以上公開してください。",
)
BOGUS = Finding(
    "dane.bogus",
    Level.ERROR,
    "RFC 7672 §2.1.2",
    "DNSSEC validation of the MX, an MX host's address or its TLSA fails: senders with DANE wait",
    "MX、MX ホストのアドレス、TLSA のいずれかで DNSSEC の検証に失敗する。DANE 対応の送信者は"
    "配送を保留する",
    example="_25._tcp.mx.example.jp. TLSA: SERVFAIL, but an answer without validation",
    fix_en="Sign the zone again. A server that answers TLSA questions wrongly must be updated.",
    fix_ja="ゾーンを署名し直してください。TLSA に正しく応答しないサーバーは更新が必要です。",
)
INSECURE_MX = Finding(
    "dane.insecure_mx",
    Level.WARNING,
    "RFC 7672 §2.2.1",
    "the MX hosts have TLSA records, but the MX itself is not proven, and may be forged",
    "MX ホストには TLSA があるが、ドメインの MX が DNSSEC で検証できず、偽の MX を見抜けない",
    example="example.jp. MX 10 mx.example.net. (unsigned); _25._tcp.mx.example.net. TLSA 3 1 1 …",
    fix_en="Sign the domain's own zone with DNSSEC, and have its DS put into the parent zone.",
    fix_ja="ドメイン自身のゾーンを DNSSEC で署名し、DS を親ゾーンに登録してください。",
)
SOME_HOSTS_WITHOUT = Finding(
    "dane.some_hosts_without",
    Level.WARNING,
    "RFC 7672 §2.2.1",
    "not every MX host has DANE: an attacker who blocks those that have it meets the others",
    "DANE のない MX ホストがある。DANE のあるホストを妨害されると、そちらに配送される",
    example="example.jp. MX 10 mx1.example.jp. (with TLSA), MX 20 mx2.example.jp. (without)",
    fix_en="Publish TLSA records for every MX host, the backup hosts too.",
    fix_ja="バックアップも含め、すべての MX ホストに TLSA レコードを公開してください。",
)
WITHOUT_DNSSEC = Finding(
    "dane.without_dnssec",
    Level.WARNING,
    "RFC 7672 §2.2.2",
    "an MX host has TLSA records that have no effect: its address or they are not proven",
    "MX ホストに TLSA があるが、DNSSEC で検証できないため効果がない",
    example="_25._tcp.mx.example.jp. TLSA 3 1 1 7ACF…, and example.jp is not signed",
    fix_en="Sign the zone of the MX host with DNSSEC, and have its DS put into the parent zone.",
    fix_ja="MX ホストのゾーンを DNSSEC で署名し、DS を親ゾーンに登録してください。",
)
MISNAMED = Finding(
    "dane.misnamed",
    Level.WARNING,
    "RFC 6698 §3",
    "TLSA records stand at a name without the underscore before tcp, where nobody looks",
    "TLSA が tcp の前に下線のない名前（_25.tcp）にあり、参照されない",
    example="_25.tcp.mx.example.jp. TLSA 3 1 1 7ACF…",
    fix_en="Move the records to _25._tcp followed by the host's name.",
    fix_ja="レコードを _25._tcp に続けてホスト名を書いた名前に移してください。",
)
ROLL_OVER = Finding(
    "dane.roll_over",
    Level.NOTE,
    "RFC 7671 §8.1",
    "several usable records of one kind: as for a current and a next certificate, which is right",
    "同種の使えるレコードが複数ある。現行と次期の証明書に備えた形であれば適切",
    example="_25._tcp.mx.example.jp. TLSA 3 1 1 7ACF… and TLSA 3 1 1 19B2…",
    fix_en="Nothing, while one of them matches. Remove the old one after the change.",
    fix_ja="どれか一つが一致していれば対応は不要です。切り替え後に古い方を削除してください。",
)
MISMATCH = Finding(
    "dane.mismatch",
    Level.ERROR,
    "RFC 7672 §2.2, §3.1",
    "an MX host shows a certificate that fits none of its TLSA records, when asked and visited "
    "twice: senders that use DANE deliver nothing there",
    "MX ホストの証明書がどの TLSA レコードにも一致しない（再確認済み）。DANE に従う送信側はそこへ"
    "配送しない",
    example="_25._tcp.mx.example.jp. TLSA 3 1 1 7ACF…  (the server's key has the digest 19B2…)",
    fix_en="Publish the digest of the key in use; for a change publish the next one first, wait "
    "until the old answer has expired everywhere, and only then change the key.",
    fix_ja="使用中の鍵のダイジェストを公開してください。鍵の更新時は、先に次期の鍵を公開し、古い"
    "応答の TTL が切れてから切り替えてください。",
)
NO_STARTTLS = Finding(
    "dane.no_starttls",
    Level.ERROR,
    "RFC 7672 §2.2",
    "an MX host with usable TLSA records does not encrypt: senders that use DANE deliver nothing "
    "there",
    "使える TLSA のある MX ホストが STARTTLS に対応しない。DANE に従う送信側はそこへ配送しない",
    example="_25._tcp.mx.example.jp. TLSA 3 1 1 7ACF…  (and no STARTTLS at mx.example.jp)",
    fix_en="Enable STARTTLS on the host, or remove its TLSA records until then.",
    fix_ja="ホストで STARTTLS を有効にするか、それまで TLSA レコードを削除してください。",
)
FINDINGS = (
    PKIX_USAGE,
    UNKNOWN_USAGE,
    UNKNOWN_SELECTOR,
    UNKNOWN_MATCHING,
    WRONG_LENGTH,
    NO_CERTIFICATE,
    ALL_UNUSABLE,
    BOGUS,
    INSECURE_MX,
    SOME_HOSTS_WITHOUT,
    WITHOUT_DNSSEC,
    MISNAMED,
    ROLL_OVER,
    MISMATCH,
    NO_STARTTLS,
)
