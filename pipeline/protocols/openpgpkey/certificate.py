"""A transferable public key (RFC 9580 §10.1), read far enough to say what it is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..addresses.names import address_keys
from .packets import (
    ENCRYPTING,
    PUBLIC_KEY,
    PUBLIC_SUBKEY,
    SECRET_KEY,
    SECRET_SUBKEY,
    SIGNATURE,
    USER_ATTRIBUTE,
    USER_ID,
    Key,
    Packet,
    Signature,
    read_key,
    read_signature,
)

MOST_USER_IDS = 100  # whose address is looked at
NO_ADDRESS = re.compile(r"[<>\s]")

DIRECT, REVOCATION = 0x1F, 0x20  # signature types, RFC 9580 §5.2.1
CERTIFICATIONS = range(0x10, 0x14)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the packets say. key: the first primary key, None: there is none that can be read.

    keys: how many primary keys; user_ids: how many; addresses: of them, as `address_keys`.
    expires: None: never, or not said. Signatures are not verified.
    """

    key: Key | None
    keys: int
    user_ids: int
    addresses: tuple[str, ...]
    expires: datetime | None
    is_revoked: bool
    has_secret: bool
    has_attribute: bool
    can_encrypt: bool


def read_certificate(packets: Iterable[Packet]) -> Certificate:
    """What some packets say, in whatever order they come."""
    packets = list(packets)
    of_type = {kind: [one for one in packets if one.type == kind] for kind in KINDS}
    primary = of_type[PUBLIC_KEY]
    key = read_key(primary[0].body) if primary else None
    subkeys = [read_key(packet.body) for packet in of_type[PUBLIC_SUBKEY]]
    signatures = self_signatures(packets, key)
    texts = [packet.body.decode("utf-8", "replace") for packet in of_type[USER_ID]]
    addresses = [one for text in texts[:MOST_USER_IDS] for one in address_keys(address_of(text))]
    return Certificate(
        key=key,
        keys=len(primary),
        user_ids=len(texts),
        addresses=tuple(dict.fromkeys(addresses)),
        expires=expiry(key, signatures),
        is_revoked=any(one.type == REVOCATION for one in signatures),
        has_secret=bool(of_type[SECRET_KEY] or of_type[SECRET_SUBKEY]),
        has_attribute=bool(of_type[USER_ATTRIBUTE]),
        can_encrypt=any(one is not None and one.algorithm in ENCRYPTING for one in [key, *subkeys]),
    )


KINDS = (PUBLIC_KEY, PUBLIC_SUBKEY, SECRET_KEY, SECRET_SUBKEY, USER_ID, USER_ATTRIBUTE)


def address_of(user_id: str) -> str:
    """The mail address of a user ID: `Name <address>` or the address alone (RFC 9580 §5.11)."""
    text = user_id.strip()
    if text.endswith(">"):
        text = text[text.rfind("<") + 1 : -1]
    return "" if NO_ADDRESS.search(text) else text


def self_signatures(packets: Iterable[Packet], key: Key | None) -> list[Signature]:
    """The signatures that name the primary key as their issuer and speak of it, up to a subkey."""
    if key is None or key.fingerprint is None:
        return []
    own = {key.id, key.fingerprint}
    found = []
    for packet in packets:
        if packet.type == PUBLIC_SUBKEY:
            break
        if packet.type == SIGNATURE:
            read = read_signature(packet.body)
            if read and read.issuers & own:
                found.append(read)
    return found


def expiry(key: Key | None, signatures: Iterable[Signature]) -> datetime | None:
    """When the newest self-signature lets the key expire (RFC 9580 §5.2.3.13); None: never."""
    about_key = [one for one in signatures if one.type in (*CERTIFICATIONS, DIRECT)]
    if key is None or not about_key:
        return None
    newest = max(about_key, key=lambda one: one.created)
    return key.created + timedelta(seconds=newest.key_expires) if newest.key_expires else None
