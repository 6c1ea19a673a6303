"""DS and DNSKEY: by which algorithms a zone is signed, and whether its parent's DS fit its keys."""

import hashlib
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from ... import message
from ...words import Outcome, QType
from ..protocol import Fault, settled
from ..records import parsed
from .columns import NUMBERS

MOST_RECORDS = 64  # of one zone's DNSKEY or DS that are looked into
MD5 = 1
ZONE_KEY = 0x0100  # RFC 4034 §2.1.1
DIGESTS = {1: hashlib.sha1, 2: hashlib.sha256, 4: hashlib.sha384}  # RFC 4034 §5.1.4, 4509, 6605


@dataclass(frozen=True, slots=True)
class Key:
    """One DNSKEY (RFC 4034 §2)."""

    flags: int
    algorithm: int
    key_tag: int
    faults: tuple[Fault, ...] = ()  # a key by itself has none: what counts is the zone's set


@dataclass(frozen=True, slots=True)
class Delegation:
    """One DS (RFC 4034 §5)."""

    key_tag: int
    algorithm: int
    digest_type: int
    faults: tuple[Fault, ...] = ()


def parse_dnskey(payload: bytes) -> Key | None:
    """Read one DNSKEY's rdata. None: it is none, or no key of a zone. Never raises."""
    if len(payload) < 4:
        return None
    flags = int.from_bytes(payload[:2])
    if not flags & ZONE_KEY or payload[2] != 3:  # RFC 4034 §2.1.1, §2.1.2: then it signs nothing
        return None
    return Key(flags, payload[3], key_tag(payload))


def parse_ds(payload: bytes) -> Delegation | None:
    """Read one DS's rdata. None: it is none. Never raises."""
    if len(payload) < 4:
        return None
    return Delegation(int.from_bytes(payload[:2]), payload[2], payload[3])


def key_tag(dnskey: bytes) -> int:
    """RFC 4034 appendix B; for RSA/MD5 (B.1) other than for the rest."""
    if dnskey[3] == MD5:
        return int.from_bytes(dnskey[-3:-1]) if len(dnskey) >= 7 else 0
    total = sum(dnskey[0::2]) * 256 + sum(dnskey[1::2])
    return (total + (total >> 16)) & 0xFFFF


def is_digest_of(digest_type: int, digest: bytes, zone: str, dnskey: bytes) -> bool:
    """Is this a DS's digest of a zone's key (RFC 4034 §5.1.4)? True where the type is not known."""
    function = DIGESTS.get(digest_type)
    if function is None:
        return True
    return function(message.to_wire(zone) + dnskey).digest() == digest


def chains(facts: pl.LazyFrame) -> pl.LazyFrame:
    """The zones whose DNSKEY or DS were asked for, one a row.

    facts: `schema.FACTS` of such questions, with or without CD. Returns zone; saw_keys, saw_ds: the
    question was answered, by nothing too; has_keys (that may sign a zone), has_ds; algorithms,
    digest_types (null: not known), ds_pairs (algorithm and digest type of each DS), lone_ds (texts
    of the DS that no key fits).
    """
    seen = facts.filter(settled(), pl.col("qtype").is_in([int(QType.DNSKEY), int(QType.DS)]))
    keys, delegations = records(seen, QType.DNSKEY), records(seen, QType.DS)
    of_keys = pl.col("qtype") == int(QType.DNSKEY)
    answered = pl.col("outcome") == Outcome.ANSWERED.value
    zones = seen.group_by(zone="name").agg(
        saw_keys=of_keys.any(),
        saw_ds=(~of_keys).any(),
        has_ds=(~of_keys & answered).any(),
    )
    pair = pl.struct(pl.col("algorithm", "digest_type").cast(pl.UInt8))
    of_ds = delegations.group_by("zone").agg(
        ds_algorithms=pl.col("algorithm"), digest_types=pl.col("digest_type"), ds_pairs=pair
    )
    return (
        zones.join(keys.group_by("zone").agg(key_algorithms="algorithm"), on="zone", how="left")
        .join(of_ds, on="zone", how="left")
        .join(lone(keys, delegations), on="zone", how="left")
        .select(
            *("zone", "saw_keys", "saw_ds", "has_ds", "ds_pairs"),
            has_keys=pl.col("key_algorithms").is_not_null(),
            algorithms=pl.when(pl.col("saw_keys") | pl.col("has_ds")).then(
                numbers("key_algorithms").list.set_union(numbers("ds_algorithms")).list.sort()
            ),
            digest_types=pl.when("saw_ds").then(numbers("digest_types").list.unique().list.sort()),
            lone_ds=pl.when("saw_keys").then("lone_ds"),
        )
    )


def numbers(column: str) -> pl.Expr:
    """A list of numbers, empty where it is null."""
    return pl.col(column).cast(NUMBERS).fill_null(pl.lit([], NUMBERS))


def records(facts: pl.LazyFrame, qtype: QType) -> pl.LazyFrame:
    """The parsed records of one type: zone, payload, and the fields of Key or Delegation."""
    listed = (
        facts.filter(pl.col("qtype") == int(qtype))
        .select("name", "rrs")
        .explode("rrs")
        .select("name", pl.col("rrs").struct.unnest())
        .filter(pl.col("section") == message.ANSWER, pl.col("type") == int(qtype))
        .filter(pl.col("owner") == pl.col("name"))  # an alias's target is another zone
        .select(zone="name", payload="rdata")
        .unique()
        .sort("zone", "payload")
        .filter(pl.int_range(pl.len()).over("zone") < MOST_RECORDS)
    )
    parse, more = (parse_ds, "digest_type") if qtype == QType.DS else (parse_dnskey, "flags")
    fields = {name: pa.uint16() for name in ("key_tag", "algorithm", more)}
    return listed.join(parsed(listed, parse, fields), on="payload").drop("faults")


def lone(keys: pl.LazyFrame, delegations: pl.LazyFrame) -> pl.LazyFrame:
    """The zones with a DS that no key of theirs fits: zone, lone_ds (texts)."""
    same = ["zone", "key_tag", "algorithm"]
    pairs = delegations.join(keys.rename({"payload": "dnskey"}), on=same).collect()
    fits = [
        is_digest_of(row["digest_type"], row["payload"][4:], row["zone"], row["dnskey"])
        for row in pairs.iter_rows(named=True)
    ]
    fitting = pairs.filter(pl.Series(fits, dtype=pl.Boolean)).select("zone", "payload").lazy()
    text = pl.concat_str("key_tag", "algorithm", "digest_type", separator=" ")
    return (
        delegations.join(fitting, on=["zone", "payload"], how="anti")
        .group_by("zone", maintain_order=True)
        .agg(lone_ds=text)
    )
