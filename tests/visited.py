"""Visits as a crawl keeps them, and the certificates that were shown."""

import hashlib
from datetime import UTC, datetime
from functools import cache
from typing import Any

import polars as pl
from cryptography.hazmat.primitives.asymmetric import rsa

from pipeline.protocols.protocol import Context
from pipeline.schema import CERTIFICATES, VISITS, polars_schema
from tests.authority import Authority, Leaf, named

OPERATOR = "example.jp"


@cache
def authorities() -> tuple[Authority, Authority]:
    """The one that is trusted, and another."""
    return Authority(), Authority("nobody knows it")


@cache
def chain_of(kind: str, host: str) -> tuple[bytes, ...]:
    """What a server shows."""
    known, unknown = authorities()
    if kind == "self_signed":
        itself = Authority(host)
        return (itself.signed(itself.name, itself.key.public_key(), names=[host]),)
    if kind == "weak_key":
        key = rsa.generate_private_key(65537, 1024).public_key()
        return (known.signed(named(host), key, names=[host]),)
    if kind == "weak_signature":
        return (signed_by_sha1(host),)
    if kind == "untrusted":
        return unknown.leaf(host).chain
    if kind in ("valid", "next"):
        return leaf_of(host, kind).chain
    names = ["other.example"] if kind == "other_name" else None
    return known.leaf(host, names=names, is_expired=kind == "expired").chain


SHA256_RSA, SHA1_RSA = (bytes.fromhex("2a864886f70d0101" + last) for last in ("0b", "05"))
"""The contents of the OIDs 1.2.840.113549.1.1.11 (RFC 4055 §5) and .5 (RFC 3279 §2.2.1)."""


@cache
def signed_by_sha1(host: str) -> bytes:
    """What no library makes any more: the digest's name is changed, the signature stays."""
    old = Authority("an old CA")
    old.key = rsa.generate_private_key(65537, 2048)  # type: ignore[assignment]
    der = old.signed(named(host), rsa.generate_private_key(65537, 2048).public_key(), names=[host])
    assert der.count(SHA256_RSA) == 2
    return der.replace(SHA256_RSA, SHA1_RSA)


@cache
def leaf_of(host: str, kind: str = "valid") -> Leaf:
    """A host's certificate; "next": the one of its next key."""
    return authorities()[0].leaf(host)


def visit(
    address: str, sni: str, said: str, purpose: str = "survey"
) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """One row of VISITS, and the certificates that it names. said: see the cases."""
    outcome, *more = said.split()
    row: dict[str, Any] = dict.fromkeys(polars_schema(VISITS))
    row |= {"address": address, "sni": sni, "purpose": purpose, "operator": OPERATOR, "why": ""}
    row |= {"outcome": outcome, "began_at": datetime.now(UTC)}
    chain: tuple[bytes, ...] = ()
    if outcome == "encrypted":
        kind, version = [*more, *["valid", "TLSv1.3"][len(more) :]]
        chain = chain_of(kind, sni)
        row |= {"tls_version": version, "chain": [hashlib.sha256(der).digest() for der in chain]}
    return row, chain


def with_visits(context: Context, *made: tuple[dict[str, Any], tuple[bytes, ...]]) -> Context:
    """The context of a run that made these visits."""
    ders = {hashlib.sha256(der).digest(): der for _, chain in made for der in chain}
    columns = {"sha256": list(ders), "der": list(ders.values())}
    return Context(
        context.trusted,
        lambda name: ".".join(name.split(".")[-2:]),
        visits=pl.LazyFrame([row for row, _ in made], schema=polars_schema(VISITS)),
        certificates=pl.LazyFrame(columns, schema=polars_schema(CERTIFICATES)),
        anchors=(authorities()[0].der,),
    )
