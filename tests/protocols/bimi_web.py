"""What the URLs of a BIMI record bring, as tests say it in a word."""

from datetime import UTC, datetime
from typing import Any

import polars as pl

from pipeline.schema import FETCHES, polars_schema

LOGO_URL, MARK_URL = "https://example.jp/logo.svg", "https://example.jp/vmc.pem"
RECORD = f"v=BIMI1; l={LOGO_URL}; a={MARK_URL}"
REJECT = {"TXT": [["v=DMARC1; p=reject"]]}
ZONE = {
    "zone": {
        "_dmarc.example.jp": REJECT,
        "default._bimi.example.jp": {"TXT": [[RECORD]]},
    }
}
FETCHED_AT = datetime(2024, 4, 1, 12, tzinfo=UTC)  # day 0
LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" '
    b'viewBox="0 0 64 64">\r\n<title>Example</title><circle cx="32" cy="32" r="30"/></svg>\r\n'
)
BODIES = {
    "good": LOGO,
    "untitled": LOGO.replace(b"<title>Example</title>", b""),
    "html": b"<!doctype html><title>Not found</title>",
}


def fetches(*brought: tuple[str, Any]) -> pl.LazyFrame:
    """(URL, what it brings): an outcome, a body, {outcome, status, logo}, or None: not fetched."""
    rows = []
    for url, brings in brought:
        row: dict[str, Any] = {"url": url, "outcome": "answered", "began_at": FETCHED_AT}
        if isinstance(brings, bytes):
            row |= {"status": 200, "body": brings}
        elif isinstance(brings, dict):
            row |= {"outcome": brings.get("outcome", "answered"), "status": brings["status"]}
            row |= {"body": BODIES.get(brings.get("logo"))}
        elif brings in BODIES:
            row |= {"status": 200, "body": BODIES[brings]}
        elif brings is not None:
            row |= {"outcome": brings}
        if brings is not None:
            rows.append(row)
    return pl.DataFrame(rows, schema=polars_schema(FETCHES)).lazy()


def codes(findings: pl.DataFrame, domain: str, prefix: str) -> list[str]:
    """The codes that begin so, with their place, sorted."""
    rows = findings.filter(pl.col("domain") == domain, pl.col("code").str.starts_with(prefix))
    found = rows.select("code", "at").rows()
    return sorted(code if at is None else f"{code} @{at}" for code, at in found)
