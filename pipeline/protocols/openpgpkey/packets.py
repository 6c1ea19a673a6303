"""OpenPGP packets: where each begins, and what a key or signature packet says. RFC 9580 §4, §5.

Whoever published them is a stranger: reading never raises, takes time linear in the octets, and
verifies nothing.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

MOST_PACKETS = 1000  # read of one record

SIGNATURE, SECRET_KEY, PUBLIC_KEY, SECRET_SUBKEY = 2, 5, 6, 7  # RFC 9580 §5
USER_ID, PUBLIC_SUBKEY, USER_ATTRIBUTE = 13, 14, 17

ALGORITHMS = {  # RFC 9580 §9.1
    1: "RSA",
    2: "RSA",
    3: "RSA",
    16: "Elgamal",
    17: "DSA",
    18: "ECDH",
    19: "ECDSA",
    22: "EdDSA",
    25: "X25519",
    26: "X448",
    27: "Ed25519",
    28: "Ed448",
}
ENCRYPTING = frozenset({1, 2, 16, 18, 25, 26})
WITH_MODULUS = frozenset({1, 2, 3, 16, 17})  # begin with an MPI whose size is the key's
WITH_CURVE = frozenset({18, 19, 22})  # begin with a curve's identifier
FIXED_BITS = {25: 256, 26: 448, 27: 256, 28: 448}
CURVES = {  # RFC 9580 §9.2
    "2a8648ce3d030107": 256,
    "2b81040022": 384,
    "2b81040023": 521,
    "2b2403030208010107": 256,
    "2b240303020801010b": 384,
    "2b240303020801010d": 512,
    "2b06010401da470f01": 256,
    "2b060104019755010501": 256,
}
CREATED, KEY_EXPIRES, ISSUER, ISSUER_FINGERPRINT = 2, 9, 16, 33  # subpackets, RFC 9580 §5.2.3.7


class Packet(NamedTuple):
    """One packet: its type ID, where it begins, and what it holds."""

    type: int
    at: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Key:
    """A public key packet. algorithm: its number; fingerprint: None where the version has none we
    know; bits: of the modulus or the curve, None: not known.
    """

    version: int
    created: datetime
    algorithm: int
    fingerprint: bytes | None
    bits: int | None

    @property
    def id(self) -> bytes:
        """The key ID (RFC 9580 §5.5.4)."""
        whole = self.fingerprint or b""
        return whole[:8] if self.version == 6 else whole[-8:]


class Signature(NamedTuple):
    """What a signature packet says of itself: type, time (seconds since 1970), who, how long."""

    type: int
    created: int
    issuers: frozenset[bytes]  # key IDs and fingerprints
    key_expires: int | None  # seconds after the key's creation


class Unreadable(ValueError):
    """Octets that are no packet; `at` is the offset where it begins."""

    def __init__(self, reason: str, at: int):
        super().__init__(reason)
        self.at = at


def packets(octets: bytes) -> Iterator[Packet]:
    """The packets one after another, as far as they can be read. Raises Unreadable after them."""
    at = count = 0
    while at < len(octets):
        if count == MOST_PACKETS:
            raise Unreadable(f"more than {MOST_PACKETS} packets", at)
        packet, at = packet_at(octets, at)
        count += 1
        yield packet


def packet_at(octets: bytes, at: int) -> tuple[Packet, int]:
    """The packet at an offset, and the offset behind it. Raises Unreadable."""
    first = octets[at]
    if not first & 0x80:  # RFC 9580 §4.2
        raise Unreadable(f"octet {first:#04x} begins no packet", at)
    try:
        if first & 0x40:
            kind, (size, begin) = first & 0x3F, length(octets, at + 1)
        else:
            kind, (size, begin) = first >> 2 & 0x0F, legacy_length(octets, at)
    except IndexError:
        raise Unreadable("cut off in a packet's header", at) from None
    if size < 0:  # partial lengths are for data packets alone, RFC 9580 §4.2.1.4
        raise Unreadable("partial length", at)
    if begin + size > len(octets):
        raise Unreadable(f"packet of {size} octets, {len(octets) - begin} left", at)
    return Packet(kind, at, octets[begin : begin + size]), begin + size


def length(octets: bytes, at: int) -> tuple[int, int]:
    """A length (RFC 9580 §4.2.1), and the offset behind it; -1: a part's. Raises IndexError."""
    first = octets[at]
    if first < 192:
        return first, at + 1
    if first < 224:
        return (first - 192 << 8) + octets[at + 1] + 192, at + 2
    if first == 255:
        return number(octets, at + 1, 4), at + 5
    return -1, at + 1


def legacy_length(octets: bytes, at: int) -> tuple[int, int]:
    """The length of a packet with a header of the old form (RFC 9580 §4.2.2). Raises IndexError."""
    kind = octets[at] & 3
    if kind == 3:  # indeterminate: to the end
        return len(octets) - at - 1, at + 1
    width = 1 << kind
    return number(octets, at + 1, width), at + 1 + width


def number(octets: bytes, at: int, width: int) -> int:
    """A number of so many octets. Raises IndexError where they are not there."""
    if at + width > len(octets):
        raise IndexError
    return int.from_bytes(octets[at : at + width])


# --- keys ----------------------------------------------------------------------------------------


def read_key(body: bytes) -> Key | None:
    """A public key packet's body (RFC 9580 §5.5.2). None: cut off."""
    try:
        version, created = body[0], number(body, 1, 4)
        head = 7 if version < 4 else 5  # older ones hold two octets of validity, RFC 9580 §5.5.2.1
        algorithm = body[head]
        material = body[head + 1 + (4 if version > 4 else 0) :]
        bits = key_bits(algorithm, material)
    except IndexError:
        return None
    return Key(
        version, datetime.fromtimestamp(created, UTC), algorithm, fingerprint(version, body), bits
    )


def fingerprint(version: int, body: bytes) -> bytes | None:
    """RFC 9580 §5.5.4."""
    if version == 4 and len(body) < 1 << 16:
        return hashlib.sha1(b"\x99" + len(body).to_bytes(2) + body, usedforsecurity=False).digest()
    if version == 6:
        return hashlib.sha256(b"\x9b" + len(body).to_bytes(4) + body).digest()
    return None


def key_bits(algorithm: int, material: bytes) -> int | None:
    """The key's size. Raises IndexError: cut off."""
    if algorithm in WITH_MODULUS:
        bits = number(material, 0, 2)  # of the MPI, RFC 9580 §3.2
        number(material, 2, (bits + 7) // 8)
        return bits
    if algorithm in WITH_CURVE:
        size = number(material, 0, 1)
        number(material, 1, size)
        return CURVES.get(material[1 : 1 + size].hex())
    return FIXED_BITS.get(algorithm)


# --- signatures ----------------------------------------------------------------------------------


def read_signature(body: bytes) -> Signature | None:
    """A signature packet of version 4 or 6 (RFC 9580 §5.2.3). None: another one, or cut off."""
    if not body or body[0] not in (4, 6):
        return None
    width = 2 if body[0] == 4 else 4
    created, issuers, key_expires = 0, set(), None
    try:
        kind, at = body[1], 4
        for is_hashed in (True, False):
            end = at + width + number(body, at, width)
            for subtype, value in subpackets(body[at + width : end]):
                if subtype == ISSUER:
                    issuers.add(value)
                elif subtype == ISSUER_FINGERPRINT:
                    issuers.add(value[1:])  # behind the key's version
                elif is_hashed and subtype == CREATED:
                    created = number(value, 0, 4)
                elif is_hashed and subtype == KEY_EXPIRES:
                    key_expires = number(value, 0, 4)
            at = end
    except IndexError:
        return None
    return Signature(kind, created, frozenset(issuers), key_expires)


def subpackets(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and value of each (RFC 9580 §5.2.3.7). Raises IndexError: cut off."""
    at = 0
    while at < len(octets):
        first = octets[at]
        if first < 192:
            size, at = first, at + 1
        elif first < 255:
            size, at = (first - 192 << 8) + octets[at + 1] + 192, at + 2
        else:
            size, at = number(octets, at + 1, 4), at + 5
        if not 0 < size <= len(octets) - at:
            raise IndexError
        yield octets[at] & 0x7F, octets[at + 1 : at + size]
        at += size
