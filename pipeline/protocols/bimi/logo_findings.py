"""What a logo can have wrong, and the fetching of it.

The profile is SVG Tiny 1.2 less what could harm or move, which its draft lists in §2.
"""

from ...words import Level
from ..protocol import Finding
from .findings import DRAFT

PROFILE = "draft-svg-tiny-ps-abrotman §2"
CERTIFICATE_IMAGE = "RFC 6170 §5.2"

FETCH_TLS = Finding(
    "bimi.logo_fetch_tls",
    Level.ERROR,
    f"{DRAFT} §7.5",
    "the logo's host has no certificate that is valid for its name, or TLS fails: nothing is shown",
    "ロゴのホストの証明書がその名前に対して有効でない、または TLS 接続に失敗する。表示されない",
    "https://logo.example.jp/logo.svg with a certificate for www.example.jp only",
    "Install a certificate of a public authority that covers the logo's host.",
    "ロゴのホスト名を含む、公的な認証局の証明書を設定してください。",
)
NOT_SERVED = Finding(
    "bimi.logo_not_served",
    Level.ERROR,
    f"{DRAFT} §7.6",
    "there is no logo at its address (no such host, status 404 or 410, or no HTTP)",
    "ロゴの URL に何もない（ホストが存在しない、404 または 410、HTTP でない）",
    "https://example.jp/logo.svg: 404",
    "Serve the logo at this address, or change l to where it is.",
    "この URL でロゴを配信するか、l を正しい URL に変更してください。",
)
STATUS = Finding(
    "bimi.logo_status",
    Level.NOTE,
    f"{DRAFT} §7.5",
    "the logo's address answers neither with 200 nor that it is gone, such as with a redirect, "
    "which is not followed here: what receivers get is not known",
    "ロゴの URL が 200 でも 404/410 でもない応答（リダイレクトなど）を返す。"
    "この調査では追跡しないため、受信側が何を得るかは不明",
    "https://example.jp/logo.svg: 301 to https://www.example.jp/logo.svg",
    "Serve the logo at this very address, with status 200.",
    "この URL でロゴを直接、ステータス 200 で返してください。",
)
NOT_SVG = Finding(
    "bimi.logo_not_svg",
    Level.ERROR,
    f"{DRAFT} §7.6",
    "what is served as the logo is no SVG document: receivers show nothing",
    "ロゴとして配信されているものが SVG 文書でない。受信側はロゴを表示しない",
    "https://example.jp/logo.svg: <!doctype html>…",
    "Serve a well-formed SVG document, whose root is svg in the namespace of SVG.",
    "正しい形式の SVG 文書（ルート要素が SVG 名前空間の svg）を配信してください。",
)
TOO_LARGE = Finding(
    "bimi.logo_too_large",
    Level.ERROR,
    f"{DRAFT} §7.6",
    "the logo has more than 32 kilobytes, uncompressed: receivers show nothing",
    "ロゴが（展開後）32 キロバイトを超えている。受信側はロゴを表示しない",
    "https://example.jp/logo.svg, 250 kilobytes",
    "Simplify the drawing and drop metadata, until it has less than 32 kilobytes.",
    "図形を簡素化し、メタデータを除いて 32 キロバイト未満にしてください。",
)
NOT_TINY_PS = Finding(
    "bimi.logo_profile",
    Level.ERROR,
    PROFILE,
    'the logo does not declare its profile: version="1.2" and baseProfile="tiny-ps"',
    'ロゴがプロファイルを宣言していない（version="1.2"、baseProfile="tiny-ps"）',
    '<svg xmlns="http://www.w3.org/2000/svg" version="1.1" viewBox="0 0 64 64">',
    'Convert the logo to SVG Tiny PS, with version="1.2" and baseProfile="tiny-ps".',
    'SVG Tiny PS に変換し、version="1.2" と baseProfile="tiny-ps" を指定してください。',
)
NO_TITLE = Finding(
    "bimi.logo_no_title",
    Level.ERROR,
    PROFILE,
    "the logo has no title, or an empty one",
    "ロゴに title 要素がない、または空である",
    '<svg … baseProfile="tiny-ps"><path d="…"/></svg>',
    "Add a title element with the name of the company right inside the svg element.",
    "svg 要素の直下に、会社名などを書いた title 要素を追加してください。",
)
POSITION = Finding(
    "bimi.logo_position",
    Level.ERROR,
    PROFILE,
    "the logo's svg element has a position (x or y)",
    "ロゴの svg 要素に位置（x または y）が指定されている",
    '<svg x="0px" y="0px" … baseProfile="tiny-ps">',
    "Remove x and y from the svg element.",
    "svg 要素から x と y を削除してください。",
)
NOT_SQUARE = Finding(
    "bimi.logo_not_square",
    Level.WARNING,
    PROFILE,
    "the logo's view box is not square, or there is none: it may be cut or distorted",
    "ロゴの viewBox が正方形でない、または指定がない。切れたり歪んだりすることがある",
    '<svg viewBox="0 0 120 40" …>',
    "Draw the logo in a square view box.",
    "正方形の viewBox に収めてください。",
)
SCRIPT = Finding(
    "bimi.logo_script",
    Level.ERROR,
    CERTIFICATE_IMAGE,
    "the logo has a script",
    "ロゴにスクリプトが含まれている",
    "<svg …><script>…</script></svg>",
    "Remove all scripts and handlers.",
    "スクリプトやハンドラーをすべて削除してください。",
)
EVENT = Finding(
    "bimi.logo_event",
    Level.ERROR,
    CERTIFICATE_IMAGE,
    "the logo has an event handler",
    "ロゴにイベントハンドラー属性がある",
    '<svg … onload="start()">',
    "Remove the attributes that begin with on.",
    "on で始まる属性を削除してください。",
)
ANIMATION = Finding(
    "bimi.logo_animation",
    Level.ERROR,
    PROFILE,
    "the logo is animated",
    "ロゴにアニメーションが含まれている",
    '<animate attributeName="x" …/>',
    "Remove all animation.",
    "アニメーションをすべて削除してください。",
)
EXTERNAL = Finding(
    "bimi.logo_external",
    Level.ERROR,
    CERTIFICATE_IMAGE,
    "the logo refers to something outside of itself",
    "ロゴが外部のリソースを参照している",
    '<use xlink:href="https://example.jp/parts.svg#mark"/>',
    "Refer only to what is in the document itself (#name).",
    "文書内の要素（#名前）だけを参照してください。",
)
RASTER = Finding(
    "bimi.logo_raster",
    Level.ERROR,
    PROFILE,
    "the logo embeds an image, a video, or another document",
    "ロゴに画像・動画・別の文書が埋め込まれている",
    '<image xlink:href="data:image/png;base64,…"/>',
    "Draw the logo with shapes and paths alone.",
    "図形とパスだけでロゴを描いてください。",
)
STYLE = Finding(
    "bimi.logo_style",
    Level.ERROR,
    PROFILE,
    "the logo uses style sheets, which SVG Tiny 1.2 does not have",
    "ロゴが SVG Tiny 1.2 にないスタイルシート（style）を使っている",
    '<path style="fill:#c00" d="…"/>',
    'Write the properties as attributes: fill="#c00".',
    'プロパティを属性（fill="#c00" など）として書いてください。',
)
ELEMENT = Finding(
    "bimi.logo_element",
    Level.ERROR,
    PROFILE,
    "the logo has an element that SVG Tiny PS does not allow",
    "ロゴに SVG Tiny PS で認められない要素がある",
    '<clipPath id="a">…</clipPath>',
    "Convert the logo to SVG Tiny PS, without clips, masks, filters, links and the like.",
    "クリップ、マスク、フィルター、リンクなどを使わず、SVG Tiny PS に変換してください。",
)
DOCTYPE = Finding(
    "bimi.logo_doctype",
    Level.WARNING,
    PROFILE,
    "the logo has a document type declaration: careful receivers do not read it",
    "ロゴに DOCTYPE 宣言がある。慎重な受信側は読み込まない",
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" …>',
    "Remove the document type declaration.",
    "DOCTYPE 宣言を削除してください。",
)
ENTITIES = Finding(
    "bimi.logo_entities",
    Level.ERROR,
    PROFILE,
    "the logo declares entities or attributes: receivers do not expand them, and read no further",
    "ロゴが実体（エンティティ）や属性を宣言している。展開は危険なため、以降は読み込まない",
    '<!DOCTYPE svg [<!ENTITY a "aaaa">]>',
    "Write out what the entities stand for, and remove the document type declaration.",
    "実体の内容を直接書き、DOCTYPE 宣言を削除してください。",
)
FETCH_FINDINGS = (FETCH_TLS, NOT_SERVED, STATUS)
CONTENT_FINDINGS = (
    NOT_SVG,
    TOO_LARGE,
    NOT_TINY_PS,
    NO_TITLE,
    POSITION,
    NOT_SQUARE,
    SCRIPT,
    EVENT,
    ANIMATION,
    EXTERNAL,
    RASTER,
    STYLE,
    ELEMENT,
    DOCTYPE,
    ENTITIES,
)
LOGO_FINDINGS = (*FETCH_FINDINGS, *CONTENT_FINDINGS)
