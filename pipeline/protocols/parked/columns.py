"""What is stored of a domain that takes no mail."""

import polars as pl

from ...schema import Column

NONE, SOME, FULLY = "none", "some", "fully"

COLUMNS = (
    Column(
        "parked",
        pl.String,
        "",
        "how far a domain that takes no mail is closed to forgery: none, some, fully (SPF -all, "
        "DMARC reject, every DKIM selector revoked); not_applicable: takes mail, or does not "
        "exist; unknown; not_observed",
        "受信しないドメインのなりすまし対策（none、some、fully: SPF -all・DMARC reject・"
        "全 DKIM セレクター失効）。not_applicable: 受信する、または存在しない。"
        "unknown、not_observed",
    ),
    Column(
        "parked_null_mx",
        pl.Boolean,
        "",
        "it says so by a null MX; null: not applicable, or unknown",
        "null MX があるか。null: 対象外または不明",
    ),
    Column(
        "parked_spf",
        pl.Boolean,
        "",
        "its SPF record, or the one that it redirects to, makes every sender fail; null: not "
        "applicable, or unknown",
        "SPF（redirect 先を含む）がすべての送信元を fail にするか。null: 対象外または不明",
    ),
    Column(
        "parked_dmarc",
        pl.Boolean,
        "",
        "the DMARC policy that applies is reject; null: not applicable, or unknown",
        "適用される DMARC ポリシーが reject か。null: 対象外または不明",
    ),
    Column(
        "parked_dkim",
        pl.Boolean,
        "",
        "every DKIM selector is revoked by a wildcard with an empty p; null: not applicable, or "
        "unknown",
        "ワイルドカードの空の p ですべての DKIM セレクターが失効済みか。null: 対象外または不明",
    ),
)
PARTS = COLUMNS[1:]
