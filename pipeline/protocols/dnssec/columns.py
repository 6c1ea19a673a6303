"""What is stored and counted of DNSSEC at one domain."""

import polars as pl

from ...schema import Column
from ...words import State
from ..protocol import Measure
from ..validation import BOGUS, INSECURE, SECURE

NUMBERS = pl.List(pl.UInt8)
HOST = pl.Struct(
    {
        "host": pl.String,
        "state": pl.String,
        "zone": pl.String,
        "algorithms": NUMBERS,
        "digest_types": NUMBERS,
    }
)

COLUMNS = (
    Column(
        "dnssec",
        pl.String,
        "",
        "secure: validated; insecure: not signed, or no chain of trust; bogus: validation fails; "
        "unknown: no answer with CD=1 either; not_observed: no resolver whose AD may be trusted",
        "secure: 検証成功、insecure: 署名なし、bogus: 検証失敗、unknown: CD=1 でも応答なし、"
        "not_observed: AD を信頼できるリゾルバーなし",
    ),
    Column(
        "dnssec_ede",
        pl.UInt16,
        "",
        "the extended error (RFC 8914) that came with the answer or failure; null: none",
        "応答または失敗に付いた拡張 DNS エラー（RFC 8914）。null: なし",
    ),
    Column(
        "dnssec_zone",
        pl.String,
        "",
        "apex of the zone that the name lies in, by its SOA; null: an alias, or unknown",
        "名前が属するゾーンの頂点（SOA による）。null: CNAME、または不明",
    ),
    Column(
        "dnssec_algorithms",
        NUMBERS,
        "",
        "algorithm numbers of the zone's DS and DNSKEY, ascending; null: not asked, or unknown",
        "ゾーンの DS と DNSKEY のアルゴリズム番号（昇順）。null: 問い合わせなし、または不明",
    ),
    Column(
        "dnssec_digest_types",
        NUMBERS,
        "",
        "digest types of the zone's DS, ascending; null: not asked, or unknown",
        "ゾーンの DS のダイジェスト種別（昇順）。null: 問い合わせなし、または不明",
    ),
    Column(
        "dnssec_mx",
        pl.String,
        "",
        "the same of all MX hosts' names: secure: every one; bogus: at least one; insecure: at "
        "least one, none bogus; not_applicable: no MX host; unknown; not_observed",
        "MX ホスト名全体の状態。secure: すべて、bogus: 一つ以上、insecure: 一つ以上（bogus なし）、"
        "not_applicable: MX ホストなし、unknown、not_observed",
    ),
    Column(
        "dnssec_hosts",
        pl.List(HOST),
        "",
        "each MX host's name and zone; an implicit MX is the domain itself; null: not known",
        "MX ホストごとの状態。MX がなくアドレスがある場合はドメイン自身。null: 不明",
    ),
)


def measure(column: str, en: str, ja: str) -> Measure:
    """Names whose answers are proven.

    Bogus counts as no, as insecure does: it is known that nothing is proven to the domain's
    clients, whatever its owner meant; its number is that of the finding. Only what was not seen
    (unknown) is neither.
    """
    state = pl.col(column)
    known = [SECURE, INSECURE, BOGUS, State.NOT_APPLICABLE.value]
    return Measure(
        column,
        en,
        ja,
        pl.when(state.is_in(known)).then(state == SECURE),
        state != State.NOT_OBSERVED.value,
    )


MEASURES = (
    measure(
        "dnssec",
        "DNSSEC (AD flag of a trusted validating resolver)",
        "DNSSEC（信頼する検証リゾルバーの AD フラグ）",
    ),
    measure(
        "dnssec_mx",
        "DNSSEC of all MX hosts",
        "全 MX ホスト名の DNSSEC",
    ),
)
