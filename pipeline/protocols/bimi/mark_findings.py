"""What a mark certificate can have wrong, and the fetching of it."""

from ...words import Level
from ..protocol import Finding
from .findings import DRAFT

VALIDATION = "draft-fetch-validation-vmc-wchuang"

FETCH_TLS = Finding(
    "bimi.mark_fetch_tls",
    Level.ERROR,
    f"{VALIDATION} §3.2",
    "the host of the mark certificate has no certificate that is valid for its name, or TLS fails",
    "マーク証明書を置くホストの証明書がその名前に対して有効でない、または TLS 接続に失敗する",
    "https://vmc.example.jp/vmc.pem with a certificate for www.example.jp only",
    "Install a certificate of a public authority that covers this host.",
    "このホスト名を含む、公的な認証局の証明書を設定してください。",
)
NOT_SERVED = Finding(
    "bimi.mark_not_served",
    Level.ERROR,
    f"{VALIDATION} §5.3",
    "there is no mark certificate at its address (no such host, status 404 or 410, or no HTTP)",
    "マーク証明書の URL に何もない（ホストが存在しない、404 または 410、HTTP でない）",
    "https://example.jp/vmc.pem: 404",
    "Serve the certificate at this address, or change a to where it is.",
    "この URL で証明書を配信するか、a を正しい URL に変更してください。",
)
STATUS = Finding(
    "bimi.mark_status",
    Level.NOTE,
    f"{VALIDATION} §3.2",
    "the certificate's address answers neither with 200 nor that it is gone, such as with a "
    "redirect, which is not followed here: what receivers get is not known",
    "マーク証明書の URL が 200 でも 404/410 でもない応答（リダイレクトなど）を返す。"
    "この調査では追跡しないため、受信側が何を得るかは不明",
    "https://example.jp/vmc.pem: 302 to https://cdn.example.jp/vmc.pem",
    "Serve the certificate at this very address, with status 200.",
    "この URL で証明書を直接、ステータス 200 で返してください。",
)
UNREADABLE = Finding(
    "bimi.mark_unreadable",
    Level.ERROR,
    f"{VALIDATION} §3.3",
    "what is served as the evidence is no chain of certificates in PEM",
    "証拠として配信されているものが PEM 形式の証明書チェーンでない",
    "https://example.jp/vmc.pem: <!doctype html>…",
    "Serve the mark certificate in PEM, with its issuers behind it.",
    "マーク証明書とその発行者の証明書を、この順に PEM 形式で配信してください。",
)
CHAIN = Finding(
    "bimi.mark_chain",
    Level.WARNING,
    f"{VALIDATION} §3.3",
    "the chain is out of order, has a certificate twice, or lacks the issuer's: some receivers "
    "reject it",
    "証明書チェーンの順序の誤り、重複、発行者の証明書の欠落がある。受信側によっては拒否される",
    "the issuer's certificate before the mark certificate",
    "Put the mark certificate first, then its issuer's, and each certificate once.",
    "マーク証明書、発行者の証明書の順に、それぞれ一度だけ並べてください。",
)
USAGE = Finding(
    "bimi.mark_usage",
    Level.ERROR,
    f"{VALIDATION} §4.4",
    "the certificate is not for BIMI: its extended key usage does not say so",
    "証明書が BIMI 用でない（拡張鍵用途に記載がない）",
    "the web server's own certificate at https://example.jp/vmc.pem",
    "Obtain a mark certificate (VMC or CMC) and serve that one.",
    "マーク証明書（VMC または CMC）を取得し、それを配信してください。",
)
OTHER_DOMAIN = Finding(
    "bimi.mark_other_domain",
    Level.ERROR,
    f"{VALIDATION} §5.2",
    "the mark certificate names neither the domain nor its organisational domain",
    "マーク証明書にこのドメインも組織ドメインも含まれていない",
    "a certificate for example.com at a domain example.jp",
    "Have a certificate issued that names this domain.",
    "このドメインを含む証明書を発行してもらってください。",
)
EXPIRED = Finding(
    "bimi.mark_expired",
    Level.ERROR,
    f"{VALIDATION} §5.1",
    "the mark certificate has expired, or is not valid yet",
    "マーク証明書の有効期限が切れている、またはまだ有効でない",
    "not valid after 2024-04-01",
    "Renew the certificate.",
    "証明書を更新してください。",
)
NO_LOGO = Finding(
    "bimi.mark_no_logo",
    Level.ERROR,
    f"{VALIDATION} §4.1",
    "the mark certificate carries no logo (an SVG in its logotype extension)",
    "マーク証明書にロゴ（logotype 拡張内の SVG）が含まれていない",
    "a certificate without the extension 1.3.6.1.5.5.7.1.12",
    "Have a certificate issued that carries the logo.",
    "ロゴを含む証明書を発行してもらってください。",
)
OTHER_LOGO = Finding(
    "bimi.mark_other_logo",
    Level.ERROR,
    f"{DRAFT} §7.9",
    "the logo in the mark certificate is not the one that l names",
    "マーク証明書内のロゴが l のロゴと異なる",
    "a logo that was redrawn after its certificate was issued",
    "Serve exactly the logo that the certificate was issued for, or have a new one issued.",
    "証明書の発行時のロゴをそのまま配信するか、証明書を再発行してもらってください。",
)
FETCH_FINDINGS = (FETCH_TLS, NOT_SERVED, STATUS)
MARK_FINDINGS = (
    *FETCH_FINDINGS,
    UNREADABLE,
    CHAIN,
    USAGE,
    OTHER_DOMAIN,
    EXPIRED,
    NO_LOGO,
    OTHER_LOGO,
)
