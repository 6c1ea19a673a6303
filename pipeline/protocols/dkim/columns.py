"""The state columns of DKIM and what the adoption table counts of them."""

import polars as pl

from ...schema import Column
from ...words import State
from ..protocol import Measure

CONFIRMED, REVOKED_ONLY, POSSIBLE, NONE = "confirmed", "revoked_only", "possible", "none"

KEY = pl.Struct(
    {
        "selector": pl.String,
        "is_key": pl.Boolean,
        "valid": pl.Boolean,
        "usable": pl.Boolean,
        "key_type": pl.String,
        "key_bits": pl.UInt32,
        "revoked": pl.Boolean,
        "testing": pl.Boolean,
        "findings": pl.List(pl.String),
    }
)

COLUMNS = (
    Column(
        "dkim",
        pl.String,
        "",
        "confirmed: a usable key was found at a selector that was asked for; revoked_only: keys, "
        "all with an empty p=; possible: _domainkey exists, and not by a wildcard's word; none: "
        "NXDOMAIN at _domainkey, or a wildcard's word only, which holds if the server obeys RFC "
        "8020 and 4592; unknown; not_observed. Selectors cannot be listed: others may hold a key",
        "confirmed: 問い合わせたセレクターで使用可能な鍵を確認、revoked_only: 鍵はすべて失効"
        "（p= が空）、possible: _domainkey が存在（ワイルドカードでない）、none: _domainkey が "
        "NXDOMAIN またはワイルドカードの応答のみ（サーバーが RFC 8020 と RFC 4592 に従う場合）、"
        "unknown、not_observed。セレクターは列挙できないため、別のセレクターに鍵がある可能性は残る",
    ),
    Column(
        "dkim_wildcard",
        pl.Boolean,
        "",
        "a made-up selector is answered with a TXT record too; null: unknown",
        "存在しないセレクターにも TXT が返るか。null: 不明",
    ),
    Column(
        "dkim_keys",
        pl.List(KEY),
        "",
        "selectors that were answered with a TXT record, by name: is_key: meant as a DKIM key; "
        "valid: well formed; usable: may verify ordinary mail today; key_type, key_bits (null: no "
        "readable key), revoked (empty p=), testing (t=y), codes of the findings",
        "TXT が返ったセレクター（名前順）。is_key: DKIM 鍵か、valid: 書式が正しいか、usable: 通常の"
        "メールの検証に使えるか、key_type、key_bits（null: 鍵を読めない）、revoked（p= が空）、"
        "testing（t=y）、所見コード",
    ),
)


def measures() -> tuple[Measure, ...]:
    """Two bounds of the same thing: keys that were seen, and domains that may have one."""
    state = pl.col("dkim")
    is_known = state.is_in([CONFIRMED, REVOKED_ONLY, POSSIBLE, NONE])
    was_observed = state != State.NOT_OBSERVED.value
    return (
        Measure(
            "dkim",
            "DKIM key confirmed (at a selector asked for; selectors cannot be listed)",
            "DKIM 鍵を確認（問い合わせたセレクターのみ。セレクターは列挙できない）",
            pl.when(is_known).then(state == CONFIRMED),
            was_observed,
        ),
        Measure(
            "dkim_possible",
            "DKIM key confirmed or possible (at another selector: _domainkey exists)",
            "DKIM 鍵を確認または可能性あり（別のセレクターに。_domainkey が存在）",
            pl.when(is_known).then(state.is_in([CONFIRMED, POSSIBLE])),
            was_observed,
        ),
    )


MEASURES = measures()
