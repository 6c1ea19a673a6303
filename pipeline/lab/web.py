"""The web of a zone file: what each URL brings, under the key "https".

`{url: {"status", "content_type", "body" or "body_base64"}}`, or `{url: "TIMEOUT"}` and the other
ways to fail. A URL that is not listed cannot be reached. JSON lines have no such key: nothing there
can be reached.
"""

import base64
import binascii
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from ..schema import FETCHES, polars_schema
from ..words import FetchOutcome
from .rows import canonical, shown
from .zone import ZoneError, is_row, parsed, unpacked

FAILED = {
    "TIMEOUT": FetchOutcome.TIMEOUT,
    "TLS_ERROR": FetchOutcome.TLS_ERROR,
    "REFUSED": FetchOutcome.REFUSED,
    "NO_HOST": FetchOutcome.NO_HOST,
    "CERTIFICATE": FetchOutcome.CERTIFICATE,
    "NOT_HTTP": FetchOutcome.NOT_HTTP,
    "TOO_MUCH": FetchOutcome.TOO_MUCH,
    "DROPPED": FetchOutcome.DROPPED,
}
KEYS = ("status", "content_type", "body", "body_base64")
FORMS = f'{{"status", "content_type", "body" or "body_base64"}}, {", ".join(FAILED)}'
STATUSES = range(100, 600)  # RFC 9110 §15
NOTHING_MORE: dict[str, Any] = {**dict.fromkeys(polars_schema(FETCHES)), "why": ""}
"""The columns that a file does not say."""


def load_fetches(path: Path) -> pl.LazyFrame:
    """What the URLs of a zone file bring, in `schema.FETCHES`. Raises ZoneError.

    path: as `Zone.load` reads it, plain or gzip.
    """
    octets = unpacked(path)
    lines = octets.splitlines()
    number, first = next(((n, line) for n, line in enumerate(lines, 1) if line.strip()), (1, b""))
    try:
        data = {} if is_row(first) else parsed(octets, number)
        web = data.get("https", {}) if isinstance(data, dict) else {}
        rows = fetches_of(web)
    except ZoneError as fault:
        raise ZoneError(f"{path}: {fault}") from None
    return pl.LazyFrame(rows, schema=polars_schema(FETCHES), orient="row")


def fetches_of(web: object) -> list[dict[str, Any]]:
    """The rows of the object "https", as if all were fetched now. Raises ZoneError."""
    if not isinstance(web, dict):
        raise ZoneError(f"https: {shown(web)}; allowed: an object {{url: {FORMS}}}")
    rows: dict[str, dict[str, Any]] = {}
    now = datetime.now(UTC)
    for key, value in web.items():
        place = f"https.{shown(key)}"
        try:
            url = url_of(key)
        except ValueError as fault:
            raise ZoneError(f"{place}: {fault}; allowed: https://host/path") from None
        if url in rows:
            raise ZoneError(f"{place}: the URL is there already; allowed: each URL once")
        rows[url] = NOTHING_MORE | {"url": url, "began_at": now} | brought(value, place)
    return list(rows.values())


def url_of(text: str) -> str:
    """A URL as the survey asks for it: host in lower-case A-labels. Raises ValueError."""
    if not text.isprintable() or " " in text:
        raise ValueError("a space or an unprintable character")
    parts = urlsplit(text)
    if parts.scheme.lower() != "https" or not parts.hostname or "@" in parts.netloc:
        raise ValueError("not a URL of https")
    port = f":{parts.port}" if parts.port not in (None, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"https://{canonical(parts.hostname)}{port}{parts.path or '/'}{query}"


def brought(value: object, place: str) -> dict[str, Any]:
    """What one URL brings: outcome, status, content_type, body. Raises ZoneError."""
    if isinstance(value, str) and value in FAILED:
        return {"outcome": FAILED[value].value, "status": None, "content_type": None, "body": None}
    if not isinstance(value, dict):
        raise ZoneError(f"{place}: {shown(value)}; allowed: {FORMS}")
    if unknown := [key for key in value if key not in KEYS]:
        raise ZoneError(f"{place}.{shown(unknown[0])}: no such key; allowed: {', '.join(KEYS)}")
    status, media = value.get("status"), value.get("content_type")
    if not isinstance(status, int) or isinstance(status, bool) or status not in STATUSES:
        raise ZoneError(f"{place}.status: {shown(status)}; allowed: a number from 100 to 599")
    if media is not None and not isinstance(media, str):
        raise ZoneError(f"{place}.content_type: {shown(media)}; allowed: text, null")
    return {
        "outcome": FetchOutcome.ANSWERED.value,
        "status": status,
        "content_type": media,
        "body": body_of(value, place),
    }


def body_of(value: dict[str, Any], place: str) -> bytes | None:
    """The octets of a body, as text or base64; None: no body. Raises ZoneError."""
    given = [key for key in ("body", "body_base64") if value.get(key) is not None]
    if not given:
        return None
    if len(given) > 1:
        raise ZoneError(f"{place}: body and body_base64; allowed: one of them")
    (key,) = given
    text = value[key]
    try:
        if isinstance(text, str):
            return text.encode() if key == "body" else base64.b64decode(text, validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        pass
    allowed = "text" if key == "body" else "base64 (RFC 4648 §4)"
    raise ZoneError(f"{place}.{key}: {shown(text)}; allowed: {allowed}")
