"""What can be wrong, or notable, with STARTTLS at MX hosts."""

from ...words import Level
from ..protocol import Finding

NOT_OFFERED = Finding(
    "starttls.not_offered",
    Level.WARNING,
    "RFC 3207 §4",
    "an MX host does not offer STARTTLS: mail to it travels in clear text",
    "MX ホストが STARTTLS を提示しない。メールは平文で送られる",
    "250-mx.example.jp 250-SIZE 10240000 250 8BITMIME  (no STARTTLS)",
    "Enable TLS on the mail server; make sure that no firewall in front of it removes STARTTLS.",
    "メールサーバーで TLS を有効にし、手前のファイアウォールが STARTTLS を取り除いていないか確認"
    "してください。",
)
REFUSED = Finding(
    "starttls.refused",
    Level.ERROR,
    "RFC 3207 §4",
    "an MX host offers STARTTLS and then does not begin it: mail goes in clear text or waits",
    "MX ホストが STARTTLS を提示しながら開始を拒む。メールは平文になるか、遅延する",
    "STARTTLS → 454 TLS not available due to temporary reason",
    "Give the mail server a certificate and a key that it can read.",
    "メールサーバーが読める証明書と鍵を設定してください。",
)
HANDSHAKE_FAILED = Finding(
    "starttls.handshake_failed",
    Level.ERROR,
    "RFC 3207 §4",
    "the TLS handshake with an MX host fails: mail goes in clear text or waits",
    "MX ホストとの TLS ハンドシェイクが失敗する。メールは平文になるか、遅延する",
    "STARTTLS → 220 ready, then the connection is closed",
    "Check the server's certificate, key, and the TLS versions and ciphers that it accepts.",
    "証明書と鍵、受け付ける TLS バージョンと暗号スイートを確認してください。",
)
INJECTED = Finding(
    "starttls.injected",
    Level.ERROR,
    "RFC 3207 §5",
    "clear text follows the answer to STARTTLS: a broken server, or somebody on the way",
    "STARTTLS への応答の直後に平文が続く。サーバーの不具合、または経路上の第三者による挿入",
    "220 ready 250 injected",
    "Update the mail server; look for a device on the way that writes into the connection.",
    "メールサーバーを更新し、経路上で通信に書き込む機器がないか確認してください。",
)
OLD_VERSION = Finding(
    "starttls.old_version",
    Level.WARNING,
    "RFC 8996, RFC 9325 §3.1.1",
    "an MX host speaks no TLS newer than 1.1: versions that must not be used any more",
    "MX ホストが TLS 1.1 以前しか話さない。これらのバージョンは使用してはならない",
    "TLSv1",
    "Enable TLS 1.2 and 1.3 on the mail server.",
    "メールサーバーで TLS 1.2 と 1.3 を有効にしてください。",
)
SOME_HOSTS_WITHOUT = Finding(
    "starttls.some_hosts_without",
    Level.WARNING,
    "RFC 3207 §6",
    "some MX hosts encrypt and others do not: an attacker leads mail to those",
    "STARTTLS に対応しない MX ホストが混在する。攻撃者はメールをそちらへ誘導できる",
    "mx2.example.jp",
    "Enable STARTTLS on every MX host, the backup ones too.",
    "バックアップを含むすべての MX ホストで STARTTLS を有効にしてください。",
)
EXPIRED = Finding(
    "starttls.certificate_expired",
    Level.NOTE,
    "RFC 5280 §4.1.2.5",
    "an MX host's certificate has expired, or is not valid yet",
    "MX ホストの証明書が期限切れ、または有効期間前",
    "not after 2021-01-01",
    "Renew the certificate, and let that happen by itself.",
    "証明書を更新し、更新を自動化してください。",
)
SELF_SIGNED = Finding(
    "starttls.certificate_self_signed",
    Level.NOTE,
    "RFC 8461 §4.2",
    "an MX host's certificate is signed by itself: good for DANE, but not for MTA-STS",
    "MX ホストの証明書が自己署名。DANE には使えるが MTA-STS には使えない",
    "CN=mx.example.jp",
    "Install a certificate of a public authority, or publish it by DANE.",
    "公的な認証局の証明書を導入するか、DANE で公開してください。",
)
UNTRUSTED = Finding(
    "starttls.certificate_untrusted",
    Level.NOTE,
    "RFC 5280 §6.1",
    "no path leads from an MX host's certificate to an authority that the web trusts",
    "MX ホストの証明書から、ウェブで信頼された認証局への経路がない",
    "unable to get local issuer certificate",
    "Install the intermediate certificates with it, or a certificate of a public authority.",
    "中間証明書も設定するか、公的な認証局の証明書を導入してください。",
)
OTHER_NAME = Finding(
    "starttls.certificate_other_name",
    Level.NOTE,
    "RFC 9525 §6.3",
    "an MX host's certificate is for other names than the host's",
    "MX ホストの証明書が別の名前のもの",
    "www.example.jp",
    "Install a certificate that covers the name in the MX record.",
    "MX レコードのホスト名を含む証明書を導入してください。",
)
WEAK_KEY = Finding(
    "starttls.weak_key",
    Level.WARNING,
    "RFC 9325 §4.5",
    "the key of an MX host's certificate is too short (RSA below 2048 bits, or a curve below 224)",
    "MX ホストの証明書の鍵が短すぎる（RSA 2048 ビット未満、または楕円曲線 224 ビット未満）",
    "RSA 1024",
    "Make a new key: ECDSA P-256, or RSA of 2048 bits or more.",
    "新しい鍵（ECDSA P-256、または 2048 ビット以上の RSA）を作成してください。",
)
WEAK_SIGNATURE = Finding(
    "starttls.weak_signature",
    Level.WARNING,
    "RFC 9155 §1, RFC 9325 §4.5",
    "an MX host's certificate is signed by way of MD5 or SHA-1, which can be forged",
    "MX ホストの証明書の署名が MD5 または SHA-1 による。偽造のおそれがある",
    "sha1",
    "Renew the certificate: SHA-256 is the rule now.",
    "証明書を更新してください（現在は SHA-256 が標準です）。",
)
BLOCKS_MTA_STS = Finding(
    "starttls.blocks_mta_sts",
    Level.ERROR,
    "RFC 8461 §4.2, §5",
    "the MTA-STS policy is enforced, and an MX host has no TLS or no valid certificate: senders "
    "that know the policy deliver nothing there",
    "MTA-STS ポリシーが enforce なのに、TLS か有効な証明書のない MX ホストがある。ポリシーに従う"
    "送信側はそこへ配送しない",
    "mx.example.jp: expired",
    "Give every MX host a valid certificate, or set the policy to mode testing until then.",
    "すべての MX ホストに有効な証明書を設定するか、それまで mode: testing にしてください。",
)

FINDINGS = (
    NOT_OFFERED,
    REFUSED,
    HANDSHAKE_FAILED,
    INJECTED,
    OLD_VERSION,
    SOME_HOSTS_WITHOUT,
    EXPIRED,
    SELF_SIGNED,
    UNTRUSTED,
    OTHER_NAME,
    WEAK_KEY,
    WEAK_SIGNATURE,
    BLOCKS_MTA_STS,
)
