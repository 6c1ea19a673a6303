"""What can be wrong or notable with SMIMEA records."""

from ...words import Level
from ..protocol import Finding

OWNER = "c93f…afd6._smimecert.example.jp"

NOT_SECURE = Finding(
    "smimea.not_secure",
    Level.ERROR,
    "RFC 8162 §6",
    "the records are not protected by DNSSEC: no client may use them",
    "レコードが DNSSEC で保護されておらず、利用してはならない",
    example=f"{OWNER}. IN SMIMEA 3 0 0 3082…  (example.jp has no DS in jp)",
    fix_en="Sign the zone and have its DS published, or take the records out.",
    fix_ja="ゾーンに署名して親ゾーンに DS を登録する。署名しないならレコードを削除する。",
)
BOGUS_ANSWER = Finding(
    "smimea.bogus",
    Level.ERROR,
    "RFC 8162 §6",
    "DNSSEC validation of the address's name fails: no client gets an answer",
    "アドレスに対応する名前の DNSSEC 検証に失敗し、応答が得られない",
    example=f"{OWNER}. SMIMEA: SERVFAIL, but an answer with checking disabled",
    fix_en="Have the zone signed again with keys that its DS records name.",
    fix_ja="DS に対応する鍵でゾーンを署名し直す。",
)
LOWER_ONLY = Finding(
    "smimea.lower_case_only",
    Level.NOTE,
    "RFC 8162 §4",
    "found only under the hash of the lower-case local part, not as it was written",
    "ローカル部を小文字にした場合のハッシュでのみ見つかる（指定どおりの表記ではなし）",
    example="asked for Info@example.jp, found for info@example.jp",
    fix_en="Publish the record under every spelling that the address is given out in, "
    "for instance with a CNAME.",
    fix_ja="案内している表記のハッシュでも、CNAME などで公開する。",
)
USAGE = Finding(
    "smimea.unknown_usage",
    Level.ERROR,
    "RFC 6698 §2.1.1",
    "the certificate usage is none of 0 to 3: clients ignore the record",
    "証明書の用途（usage）が 0〜3 でなく、無視される",
    example=f"{OWNER}. IN SMIMEA 4 0 0 3082…",
    fix_en="Use 3 for the certificate of the address itself.",
    fix_ja="アドレス自身の証明書であれば 3 を指定する。",
)
SELECTOR = Finding(
    "smimea.unknown_selector",
    Level.ERROR,
    "RFC 6698 §2.1.2",
    "the selector is neither 0 (certificate) nor 1 (public key): clients ignore the record",
    "セレクターが 0（証明書）でも 1（公開鍵）でもなく、無視される",
    example=f"{OWNER}. IN SMIMEA 3 2 1 92b7…",
    fix_en="Use 0 for the whole certificate.",
    fix_ja="証明書全体であれば 0 を指定する。",
)
MATCHING = Finding(
    "smimea.unknown_matching",
    Level.ERROR,
    "RFC 6698 §2.1.3",
    "the matching type is none of 0, 1 (SHA-256), 2 (SHA-512): clients ignore the record",
    "照合方式が 0、1（SHA-256）、2（SHA-512）のいずれでもなく、無視される",
    example=f"{OWNER}. IN SMIMEA 3 0 3 92b7…",
    fix_en="Use 0, and publish the certificate itself.",
    fix_ja="0 を指定し、証明書そのものを公開する。",
)
HASH_LENGTH = Finding(
    "smimea.hash_length",
    Level.ERROR,
    "RFC 6698 §2.1.3",
    "the data is not as long as the hash that the matching type names: nothing can match it",
    "データ長が照合方式のハッシュ長と一致せず、照合できない",
    example=f"{OWNER}. IN SMIMEA 3 0 1 92b7c4  (3 octets instead of 32)",
    fix_en="Publish the whole hash: 32 octets of SHA-256, 64 of SHA-512.",
    fix_ja="ハッシュ全体（SHA-256 は 32 オクテット、SHA-512 は 64 オクテット）を公開する。",
)
HASH_ONLY = Finding(
    "smimea.hash_only",
    Level.NOTE,
    "RFC 8162 §6",
    "only a hash: it confirms a certificate that came with a mail, but nobody can encrypt to it",
    "ハッシュのみ。受信したメールの証明書は確認できるが、これだけでは暗号化に使えない",
    example=f"{OWNER}. IN SMIMEA 3 0 1 92b7…",
    fix_en="Publish the certificate itself (3 0 0) if others are to encrypt to the address.",
    fix_ja="暗号化メールを受け取るには、証明書そのもの（3 0 0）を公開する。",
)
UNREADABLE = Finding(
    "smimea.unreadable",
    Level.ERROR,
    "RFC 6698 §2.1.4",
    "the data is not the DER form of a certificate, or of a public key, as its selector says",
    "データがセレクターの示す証明書または公開鍵の DER 形式になっていない",
    example=f"{OWNER}. IN SMIMEA 3 0 0 2d2d2d2d2d424547494e…  (PEM text)",
    fix_en="Publish the binary (DER) form in hex, not the PEM text.",
    fix_ja="PEM テキストではなく、バイナリー（DER）形式を 16 進数で記載する。",
)
ADDRESS = Finding(
    "smimea.address_mismatch",
    Level.WARNING,
    "RFC 8550 §3",
    "the certificate names mail addresses, but not this one: clients warn of the signature",
    "証明書のメールアドレスがこのアドレスと一致せず、署名の検証で警告される",
    example="a certificate for office@example.jp at the name of info@example.jp",
    fix_en="Publish the certificate that was issued for this very address.",
    fix_ja="このアドレスに対して発行された証明書を公開する。",
)
VALIDITY = Finding(
    "smimea.not_valid_now",
    Level.WARNING,
    "RFC 5280 §4.1.2.5",
    "the certificate was outside its validity period when it was asked for",
    "調査時点で証明書の有効期間外だった",
    example="a certificate that ended on 2024-03-31",
    fix_en="Publish the renewed certificate, and take the old one out.",
    fix_ja="更新後の証明書を公開し、期限切れのものを削除する。",
)
PURPOSE = Finding(
    "smimea.not_for_mail",
    Level.WARNING,
    "RFC 8550 §4.4.4",
    "the certificate's extended key usage does not allow mail protection",
    "証明書の拡張鍵用途にメール保護（emailProtection）が含まれない",
    example="a TLS server's certificate (serverAuth only)",
    fix_en="Publish a certificate that was issued for S/MIME.",
    fix_ja="S/MIME 用に発行された証明書を公開する。",
)
WEAK_KEY = Finding(
    "smimea.weak_key",
    Level.WARNING,
    "RFC 8551 §4",
    "an RSA key of less than 2048 bits",
    "RSA 鍵が 2048 ビット未満",
    example="a certificate with an RSA key of 1024 bits",
    fix_en="Have a certificate issued for a key of 2048 bits or more.",
    fix_ja="2048 ビット以上の鍵で証明書を取り直す。",
)

FINDINGS = (
    NOT_SECURE,
    BOGUS_ANSWER,
    LOWER_ONLY,
    USAGE,
    SELECTOR,
    MATCHING,
    HASH_LENGTH,
    HASH_ONLY,
    UNREADABLE,
    ADDRESS,
    VALIDITY,
    PURPOSE,
    WEAK_KEY,
)
