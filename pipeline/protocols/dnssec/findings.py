"""What can be wrong with how a zone is signed.

Which numbers are withdrawn, and which nobody may sign by: the IANA registries, whose rules came
from RFC 8624 and are kept there since RFC 9904; SHA-1 by RFC 9905, ECC-GOST by RFC 9906.
"""

from ...words import Level
from ..protocol import Finding

SHA1_ALGORITHMS = (5, 7)  # RFC 9905 §2
WITHDRAWN_ALGORITHMS = (1, 3, 6, 12)  # RSA/MD5, DSA (RFC 8624 §3.1), ECC-GOST (RFC 9906 §2)
KNOWN_ALGORITHMS = (*SHA1_ALGORITHMS, *WITHDRAWN_ALGORITHMS, 8, 10, 13, 14, 15, 16, 17, 23)
"""All that the registry has for signing zones, but private ones (253, 254)."""
SHA1_DIGEST = 1
WITHDRAWN_DIGESTS = (3,)  # GOST R 34.11-94, RFC 9906 §2
KNOWN_DIGESTS = (1, 2, 3, 4, 5, 6)
VALIDATED_ALGORITHMS = (8, 10, 13, 14, 15, 16)  # that every validator may be expected to know
VALIDATED_DIGESTS = (2, 4)

BOGUS_CHAIN = Finding(
    "dnssec.bogus",
    Level.ERROR,
    "RFC 4035 §5.5",
    "validation fails: whoever validates cannot resolve the domain",
    "DNSSEC の検証に失敗する。検証するリゾルバーでは名前解決できない",
    example="example.jp. DS 60485 13 2 …, but no RRSIG at example.jp that this key made",
    fix_en="Sign the zone again, or make the DS in the parent zone name the key that signs. "
    "Until then, have the DS removed.",
    fix_ja="ゾーンを署名し直すか、親ゾーンの DS を実際に署名している鍵のものにしてください。"
    "直るまでは DS を削除してください。",
)
HOST_BOGUS = Finding(
    "dnssec.host_bogus",
    Level.ERROR,
    "RFC 4035 §5.5",
    "validation fails for an MX host: whoever validates cannot deliver there",
    "MX ホストの DNSSEC 検証に失敗する。検証する送信者はそこへ配送できない",
    example="example.jp. MX 10 mx.example.net., and example.net fails to validate",
    fix_en="Tell the operator of the MX host, and sign its zone again or remove its DS.",
    fix_ja="MX ホストの管理者に連絡し、そのゾーンを署名し直すか DS を削除してもらってください。",
)
SHA1_DIGEST_ONLY = Finding(
    "dnssec.sha1_digest_only",
    Level.WARNING,
    "RFC 9905 §2",
    "every DS is a SHA-1 digest, which validators may ignore: the zone then counts as unsigned",
    "DS がすべて SHA-1 ダイジェスト。無視するリゾルバーでは署名なしと同じになる",
    example="example.jp. DS 60485 13 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
    fix_en="Have a DS with digest type 2 (SHA-256) put into the parent zone, then the old removed.",
    fix_ja="ダイジェスト種別 2（SHA-256）の DS を親ゾーンに登録し、その後で古い DS を"
    "削除してください。",
)
SHA1_ALGORITHM = Finding(
    "dnssec.sha1_algorithm",
    Level.WARNING,
    "RFC 9905 §2",
    "signed by an algorithm with SHA-1 (5 or 7), which must not be used any more",
    "使用してはならない SHA-1 系のアルゴリズム（5 または 7）で署名されている",
    example="example.jp. DNSKEY 257 3 5 AwEAAc…",
    fix_en="Roll the zone over to algorithm 13 (ECDSA P-256) or 8 (RSA with SHA-256).",
    fix_ja="アルゴリズム 13（ECDSA P-256）か 8（RSA/SHA-256）へロールオーバーしてください。",
)
WITHDRAWN_ALGORITHM = Finding(
    "dnssec.withdrawn_algorithm",
    Level.WARNING,
    "RFC 8624 §3.1, RFC 9906 §2",
    "a withdrawn algorithm (1, 3, 6 or 12): validators take its signatures for none",
    "廃止されたアルゴリズム（1、3、6、12）。検証側ではその署名がないものとして扱われる",
    example="example.jp. DNSKEY 257 3 3 BOPd…",
    fix_en="Roll the zone over to algorithm 13 (ECDSA P-256) or 8 (RSA with SHA-256).",
    fix_ja="アルゴリズム 13（ECDSA P-256）か 8（RSA/SHA-256）へロールオーバーしてください。",
)
WITHDRAWN_DIGEST = Finding(
    "dnssec.withdrawn_digest",
    Level.WARNING,
    "RFC 9906 §2",
    "a DS with a withdrawn digest type (3, GOST R 34.11-94)",
    "廃止されたダイジェスト種別（3、GOST R 34.11-94）の DS がある",
    example="example.jp. DS 60485 12 3 22261A8B…",
    fix_en="Have a DS with digest type 2 (SHA-256) put into the parent zone, and this one removed.",
    fix_ja="ダイジェスト種別 2（SHA-256）の DS を親ゾーンに登録し、この DS を削除してください。",
)
UNKNOWN_ALGORITHM = Finding(
    "dnssec.unknown_algorithm",
    Level.WARNING,
    "RFC 4035 §5.2",
    "an algorithm number that is not registered for signing zones",
    "ゾーン署名用として登録されていないアルゴリズム番号",
    example="example.jp. DNSKEY 257 3 200 AQID…",
    fix_en="Sign the zone by a registered algorithm, such as 13 (ECDSA P-256).",
    fix_ja="13（ECDSA P-256）など、登録されたアルゴリズムで署名してください。",
)
UNKNOWN_DIGEST = Finding(
    "dnssec.unknown_digest",
    Level.WARNING,
    "RFC 6840 §5.2",
    "a DS with a digest type that is not registered: validators ignore it",
    "登録されていないダイジェスト種別の DS。検証側では無視される",
    example="example.jp. DS 60485 13 200 2BB1…",
    fix_en="Have the DS replaced by one with digest type 2 (SHA-256).",
    fix_ja="ダイジェスト種別 2（SHA-256）の DS に置き換えてください。",
)
UNSUPPORTED_DS = Finding(
    "dnssec.unsupported_ds",
    Level.WARNING,
    "RFC 4035 §5.2, RFC 6840 §5.2",
    "no DS has both an algorithm and a digest type that validators know: the zone counts as "
    "unsigned",
    "検証側が対応するアルゴリズムとダイジェスト種別を備えた DS がなく、署名なしとして扱われる",
    example="example.jp. DS 60485 12 3 22261A8B… (and no other)",
    fix_en="Sign the zone by algorithm 13 or 8, and have its DS with digest type 2 put into the "
    "parent zone.",
    fix_ja="アルゴリズム 13 か 8 で署名し、その鍵の DS（ダイジェスト種別 2）を親ゾーンに"
    "登録してください。",
)
ISLAND = Finding(
    "dnssec.island",
    Level.WARNING,
    "RFC 4033 §2",
    "an island of security: the zone has keys, but its parent no DS, so nothing is proven",
    "ゾーンに鍵はあるが親ゾーンに DS がなく、検証されない（孤立した署名ゾーン）",
    example="example.jp. DNSKEY 257 3 13 mdsswUyr…, and no DS for example.jp in jp",
    fix_en="Have the DS of the key put into the parent zone by the registrar.",
    fix_ja="レジストラを通じて、鍵の DS を親ゾーンに登録してください。",
)
DS_WITHOUT_KEY = Finding(
    "dnssec.ds_without_key",
    Level.WARNING,
    "RFC 4035 §2.4",
    "a DS that fits no key of the zone",
    "ゾーンのどの鍵とも一致しない DS がある",
    example="example.jp. DS 11111 13 2 …, and the keys of example.jp have tags 60485 and 370",
    fix_en="Have the DS removed if its key is gone for good; publish the key if it is to come.",
    fix_ja="鍵を廃止した場合は DS を削除し、これから使う鍵の場合は鍵を公開してください。",
)
FINDINGS = (
    BOGUS_CHAIN,
    HOST_BOGUS,
    SHA1_DIGEST_ONLY,
    SHA1_ALGORITHM,
    WITHDRAWN_ALGORITHM,
    WITHDRAWN_DIGEST,
    UNKNOWN_ALGORITHM,
    UNKNOWN_DIGEST,
    UNSUPPORTED_DS,
    ISLAND,
    DS_WITHOUT_KEY,
)
