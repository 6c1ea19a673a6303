"""What the certificates are that servers showed, each distinct chain looked at once."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from ..protocol import Context
from .columns import (
    EXPIRED,
    NOT_OBSERVED,
    OTHER_NAME,
    SELF_SIGNED,
    UNKNOWN,
    UNTRUSTED,
    VALID,
)

if TYPE_CHECKING:  # a large library: loaded where there are certificates
    from ..certificates import Certificate

CERTIFICATE = (VALID, EXPIRED, SELF_SIGNED, UNTRUSTED, OTHER_NAME)
MOST_NAMES_SHOWN = 5
HAS_EXPIRED = ("certificate has expired", "certificate is not yet valid")  # OpenSSL's words
JUDGED = {
    "host": pl.String,
    "address": pl.String,
    "certificate": pl.String,
    "flaw": pl.String,
    "weak_key": pl.String,
    "weak_signature": pl.String,
}


def judged_chains(seen: pl.DataFrame, context: Context) -> pl.DataFrame:
    """The certificates of visits that encrypted: JUDGED.

    seen: host, address, sni, chain, began_at. certificate: valid, or what is wrong with it first;
    flaw: the words that show it; weak_key, weak_signature: null: they are not.
    """
    if seen.is_empty():
        return pl.DataFrame(schema=JUDGED)
    from ..certificates import path_flaw, read

    ders = ders_of(seen, context)
    days: dict[tuple[tuple[bytes, ...], datetime], str] = {}
    leaves: dict[bytes, Certificate | None] = {}
    rows: list[tuple[str | None, ...]] = []
    columns = ("host", "address", "sni", "chain", "began_at")
    for host, address, sni, chain, began_at in seen.select(columns).iter_rows():
        shown = tuple(ders[one] for one in chain or () if one in ders)
        if not shown:
            rows.append((host, address, UNKNOWN, "", None, None))
            continue
        if shown[0] not in leaves:
            leaves[shown[0]] = read(shown[0])
        leaf = leaves[shown[0]]
        day = began_at.replace(minute=0, second=0, microsecond=0)
        if (shown, day) not in days:
            days[shown, day] = path_flaw(shown, context.anchors, began_at)
        verdict, flaw = verdict_of(leaf, days[shown, day], host, sni, began_at)
        weak = (leaf.weak_key, leaf.weak_signature) if leaf else ("", "")
        rows.append((host, address, verdict, flaw, weak[0] or None, weak[1] or None))
    return pl.DataFrame(rows, schema=JUDGED, orient="row")


def ders_of(seen: pl.DataFrame, context: Context) -> dict[bytes, bytes]:
    """The certificates of some chains, by their SHA-256."""
    wanted = seen.lazy().select(sha256=pl.col("chain").explode()).drop_nulls().unique()
    found = context.certificates.join(wanted, on="sha256", how="semi").unique("sha256").collect()
    pairs: list[tuple[Any, Any]] = list(found.iter_rows())
    return dict(pairs)


def verdict_of(
    leaf: "Certificate | None", path: str, host: str, sni: str, at: datetime
) -> tuple[str, str]:
    """Valid, or what is wrong first, and the words for it. path: see `certificates.path_flaw`."""
    from ..certificates import is_for

    if leaf is None:
        return UNKNOWN, "cannot be read"
    names = leaf.names[:MOST_NAMES_SHOWN]
    if sni != host and not is_for(leaf, host):
        return NOT_OBSERVED, "shown for another name"
    if leaf.not_after < at:
        return EXPIRED, f"not after {leaf.not_after:%Y-%m-%d}"
    if leaf.not_before > at:
        return EXPIRED, f"not before {leaf.not_before:%Y-%m-%d}"
    if path in HAS_EXPIRED:  # one above it
        return EXPIRED, path
    if path and leaf.is_self_issued:
        return SELF_SIGNED, leaf.common_name
    if path:
        return UNTRUSTED, path
    if not is_for(leaf, host):
        return OTHER_NAME, " ".join(names)
    return VALID, ""
