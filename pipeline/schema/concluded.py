"""What the facts mean, domain by domain."""

import polars as pl

from .collected import DOMAIN
from .column import Column

FINDINGS = (
    DOMAIN,
    Column("protocol", pl.String, "", "the protocol whose rule found it", "プロトコル"),
    Column(
        "code", pl.String, "", "what was found; `mailsurvey columns` lists the codes", "所見コード"
    ),
    Column(
        "name", pl.String, "", "owner name of the record where it stands", "該当レコードの所有者名"
    ),
    Column(
        "at",
        pl.UInt32,
        "bytes",
        "offset in the record's text; null: the record as a whole",
        "レコード内の位置。null: 全体",
    ),
    Column(
        "evidence",
        pl.String,
        "",
        "the text that shows it, cut at 200 characters; a stranger's: escape before showing",
        "根拠となる文字列（200 文字まで）",
    ),
)

EXISTS = Column(
    "exists",
    pl.Boolean,
    "",
    "the name is not NXDOMAIN; null: unknown",
    "名前が存在するか。null: 不明",
)
STATES = (DOMAIN, EXISTS)
"""The first columns of the states; then come each protocol's own."""
