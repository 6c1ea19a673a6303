"""An address's owner names, and which addresses a study asks for."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import idna
import polars as pl

from ...words import QType
from ..protocol import Context

HASH_OCTETS = 28  # RFC 7929 §3, RFC 8162 §3
LABEL = 2 * HASH_OCTETS  # characters
LONGEST_ADDRESS = 64 + 1 + 255  # RFC 5321 §4.5.3.1
AROUND_DOTS = re.compile(r"[ \t]*\.[ \t]*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one protocol's records stand. name: its NAME; label: the name above the owners."""

    name: str
    label: str
    qtype: QType

    def why(self, step: str) -> str:
        """What a question is for: "owner", "lower" or "control"."""
        return f"{self.name}-{step}"


def canonical(local_part: str) -> str:
    """A local part as it is hashed (RFC 7929 §3): no quotes, no space around dots, NFC."""
    text = local_part.strip(" \t")
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    else:
        text = AROUND_DOTS.sub(".", text)
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=1 << 12)
def hashed(local_part: str, lower: bool = False) -> str:
    """The owner's first label: the beginning of SHA-256 of the local part's UTF-8, in hex."""
    text = canonical(local_part)
    octets = (text.lower() if lower else text).encode("utf-8", "surrogatepass")
    return hashlib.sha256(octets).hexdigest()[:LABEL]


def address_keys(address: str) -> list[str]:
    """What an address in a certificate or key can be found by: `<hash>.<domain>`, both cases.

    Hashed, so that no person's address gets into a stored column. Empty: it is no address.
    """
    local_part, at, domain = address.rpartition("@")
    if not (local_part and at and domain) or len(address) > LONGEST_ADDRESS:
        return []
    labels = dict.fromkeys([hashed(local_part), hashed(local_part, lower=True)])
    return [f"{label}.{a_labels(domain)}" for label in labels]


def a_labels(domain: str) -> str:
    """A mail address's domain as the DNS has it; user IDs are for people (RFC 9580 §5.11)."""
    plain = domain.lower().rstrip(".")
    try:
        return plain if plain.isascii() else idna.encode(plain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return plain


def wanted(context: Context) -> pl.LazyFrame:
    """The addresses a study asks for, the first first: domain (null: at every one), label, lower.

    lower: the label after a miss, null: none. position: the order of asking.
    """
    addresses: list[tuple[str | None, str]] = [
        *((domain, local) for local, domain in context.wanted.addresses),
        *((None, local) for local in context.wanted.local_parts),
    ]
    rows = [
        {
            "domain": domain,
            "label": hashed(local),
            "lower": hashed(local, lower=True),
            "position": number,
        }
        for number, (domain, local) in enumerate(addresses)
    ]
    schema = {"domain": pl.String, "label": pl.String, "lower": pl.String, "position": pl.UInt32}
    differs = pl.col("lower") != pl.col("label")
    return (
        pl.LazyFrame(rows, schema=schema)
        .with_columns(lower=pl.when(differs).then("lower"))
        .unique(["domain", "label"], keep="first", maintain_order=True)
    )
