"""What can be wrong or notable with OPENPGPKEY records."""

from ...words import Level
from ..protocol import Finding

OWNER = "c93f…afd6._openpgpkey.example.jp"

NOT_SECURE = Finding(
    "openpgpkey.not_secure",
    Level.ERROR,
    "RFC 7929 §5",
    "the keys are not protected by DNSSEC: no client may use them",
    "鍵が DNSSEC で保護されておらず、利用してはならない",
    example=f"{OWNER}. IN OPENPGPKEY mQIN…  (example.jp has no DS in jp)",
    fix_en="Sign the zone and have its DS published, or take the records out.",
    fix_ja="ゾーンに署名して親ゾーンに DS を登録する。署名しないならレコードを削除する。",
)
BOGUS_ANSWER = Finding(
    "openpgpkey.bogus",
    Level.ERROR,
    "RFC 7929 §5",
    "DNSSEC validation of the address's name fails: no client gets an answer",
    "アドレスに対応する名前の DNSSEC 検証に失敗し、応答が得られない",
    example=f"{OWNER}. OPENPGPKEY: SERVFAIL, but an answer with checking disabled",
    fix_en="Have the zone signed again with keys that its DS records name.",
    fix_ja="DS に対応する鍵でゾーンを署名し直す。",
)
LOWER_ONLY = Finding(
    "openpgpkey.lower_case_only",
    Level.NOTE,
    "RFC 7929 §4",
    "found only under the hash of the lower-case local part, not as it was written",
    "ローカル部を小文字にした場合のハッシュでのみ見つかる（指定どおりの表記ではなし）",
    example="asked for Info@example.jp, found for info@example.jp",
    fix_en="Publish the record under every spelling that the address is given out in, "
    "for instance with a CNAME.",
    fix_ja="案内している表記のハッシュでも、CNAME などで公開する。",
)
ARMORED = Finding(
    "openpgpkey.armored",
    Level.ERROR,
    "RFC 7929 §2.1",
    "the record holds text (the armoured form) instead of the binary key",
    "バイナリー形式の鍵ではなくテキスト（ASCII armor）が公開されている",
    example=f"{OWNER}. IN OPENPGPKEY LS0tLS1CRUdJTiBQR1Ag…  (-----BEGIN PGP …)",
    fix_en="Publish the binary key: gpg --export --export-options export-dane ADDRESS.",
    fix_ja="バイナリー形式で公開する（例: gpg --export --export-options export-dane アドレス）。",
)
MALFORMED = Finding(
    "openpgpkey.malformed",
    Level.ERROR,
    "RFC 9580 §4.2",
    "the octets cannot be read as OpenPGP packets to their end",
    "OpenPGP のパケットとして最後まで読めない",
    example=f"{OWNER}. IN OPENPGPKEY mQIN…  (cut off in the middle of the key)",
    fix_en="Export the key again and publish all of it.",
    fix_ja="鍵を再度エクスポートし、全体を公開する。",
)
NO_KEY = Finding(
    "openpgpkey.no_public_key",
    Level.ERROR,
    "RFC 7929 §2.1",
    "the record does not begin with a public key",
    "レコードの先頭が公開鍵ではない",
    example=f"{OWNER}. IN OPENPGPKEY iQEz…  (a signature)",
    fix_en="Publish the transferable public key of the address, which begins with the primary key.",
    fix_ja="主鍵から始まる公開鍵（Transferable Public Key）を公開する。",
)
SECRET = Finding(
    "openpgpkey.secret_key",
    Level.ERROR,
    "RFC 7929 §2.1",
    "the record holds a SECRET key: only a passphrase, if any, keeps others from using it",
    "秘密鍵が公開されている。パスフレーズで守られていない限り、誰でも悪用できる",
    example=f"{OWNER}. IN OPENPGPKEY lQOY…",
    fix_en="Take the record out, revoke the key, and publish a new public key.",
    fix_ja="直ちにレコードを削除して鍵を失効させ、新しい公開鍵を公開する。",
)
SEVERAL = Finding(
    "openpgpkey.several_keys",
    Level.WARNING,
    "RFC 7929 §2.1",
    "one record holds more than one primary key; clients read only the first",
    "一つのレコードに主鍵が複数ある。先頭の鍵しか読まれない",
    example=f"{OWNER}. IN OPENPGPKEY <key of 2015><key of 2024>",
    fix_en="Publish one record a key.",
    fix_ja="鍵ごとにレコードを分けて公開する。",
)
NO_USER_ID = Finding(
    "openpgpkey.no_user_id",
    Level.ERROR,
    "RFC 7929 §5.3",
    "the key has no user ID, so nothing in it speaks of the address",
    "鍵にユーザー ID がなく、アドレスとの対応を確認できない",
    example="a key exported without its user IDs",
    fix_en="Export the key with the user ID of the address.",
    fix_ja="アドレスのユーザー ID を含めてエクスポートする。",
)
ADDRESS = Finding(
    "openpgpkey.address_mismatch",
    Level.ERROR,
    "RFC 7929 §5.3",
    "none of the key's user IDs is of the address that it stands for: clients do not use it",
    "鍵のユーザー ID がこのアドレスと一致せず、利用されない",
    example="the key of <office@example.jp> at the name of info@example.jp",
    fix_en="Add a user ID with the address to the key, and publish the key again.",
    fix_ja="アドレスのユーザー ID を鍵に追加し、公開し直す。",
)
VERSION = Finding(
    "openpgpkey.unknown_version",
    Level.ERROR,
    "RFC 9580 §5.5.2",
    "the key is of a version that is neither 4 nor 6",
    "鍵のバージョンが 4 でも 6 でもない",
    example="a key of version 3, of the 1990s",
    fix_en="Make a new key with a current program.",
    fix_ja="現在のソフトウェアで鍵を作り直す。",
)
ALGORITHM = Finding(
    "openpgpkey.unknown_algorithm",
    Level.ERROR,
    "RFC 9580 §9.1",
    "the primary key's algorithm is none that OpenPGP defines for public use",
    "主鍵のアルゴリズムが OpenPGP で定義されていない",
    example="a key of algorithm 100 (private use)",
    fix_en="Make a new key with a registered algorithm.",
    fix_ja="登録済みのアルゴリズムで鍵を作り直す。",
)
WEAK_KEY = Finding(
    "openpgpkey.weak_key",
    Level.WARNING,
    "RFC 9580 §12.4",
    "an RSA key of less than 2048 bits, which implementations must not use",
    "RSA 鍵が 2048 ビット未満で、使用してはならない",
    example="a key of RSA 1024",
    fix_en="Make a new key: Ed25519, or RSA of 3072 bits or more.",
    fix_ja="Ed25519、または 3072 ビット以上の RSA で鍵を作り直す。",
)
NO_ENCRYPTION = Finding(
    "openpgpkey.no_encryption_key",
    Level.WARNING,
    "RFC 7929 §5",
    "neither the key nor a subkey of it can encrypt: it serves to check signatures only",
    "暗号化に使える鍵・副鍵がなく、署名の検証にしか使えない",
    example="an Ed25519 key whose subkeys were not exported",
    fix_en="Export the key with its encryption subkey.",
    fix_ja="暗号化用の副鍵を含めてエクスポートする。",
)
REVOKED = Finding(
    "openpgpkey.revoked",
    Level.ERROR,
    "RFC 9580 §5.2.1",
    "the key carries its own revocation: clients do not use it",
    "鍵に失効署名が付いており、利用されない",
    example="a key with a key revocation signature",
    fix_en="Publish the key that took its place, or take the record out.",
    fix_ja="後継の鍵を公開するか、レコードを削除する。",
)
EXPIRED = Finding(
    "openpgpkey.expired",
    Level.ERROR,
    "RFC 9580 §5.2.3.13",
    "the key had expired when it was asked for: clients do not use it",
    "調査時点で鍵の有効期限が切れていた",
    example="a key that expired on 2024-03-31",
    fix_en="Extend the key's validity and publish it again.",
    fix_ja="有効期限を延長した鍵を公開し直す。",
)
ATTRIBUTE = Finding(
    "openpgpkey.user_attribute",
    Level.NOTE,
    "RFC 7929 §2.1.2",
    "the key carries a user attribute (a picture), which only makes the answer larger",
    "鍵にユーザー属性（画像）が含まれ、応答が大きくなる",
    example="a key with a photograph of its owner",
    fix_en="Export the key without attributes.",
    fix_ja="ユーザー属性を含めずにエクスポートする。",
)

FINDINGS = (
    NOT_SECURE,
    BOGUS_ANSWER,
    LOWER_ONLY,
    ARMORED,
    MALFORMED,
    NO_KEY,
    SECRET,
    SEVERAL,
    NO_USER_ID,
    ADDRESS,
    VERSION,
    ALGORITHM,
    WEAK_KEY,
    NO_ENCRYPTION,
    REVOKED,
    EXPIRED,
    ATTRIBUTE,
)
