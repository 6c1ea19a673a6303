"""The public key in p=: base64, and what it decodes to (RFC 6376 §3.6.1, RFC 8463 §4.2)."""

import base64
import binascii
import re
from dataclasses import dataclass

from ..protocol import Finding
from .findings import (
    BARE_RSA,
    BASE64,
    KEY_LARGE,
    KEY_MALFORMED,
    KEY_TOO_SHORT,
    KEY_WEAK,
    PADDING,
    QUOTES,
    WHITE_SPACE,
)

LEAST_BITS, SHOULD_BITS, MOST_BITS = 1024, 2048, 4096  # RFC 8301 §3.2
ED25519_OCTETS = 32  # RFC 8463 §4.2: the bare key, no ASN.1 around it
LONGEST = 4096  # octets; an RSA key of 16,384 bits has half of that
BLANK = b" \t\r\n"
FWS = re.compile(rb"(?:[ \t]*\r\n)?[ \t]+")  # RFC 6376 §2.8
ALPHABET = re.compile(rb"[A-Za-z0-9+/]+(={0,2})")  # §2.10, where the padding is optional
INTEGER = 0x02  # DER


@dataclass(frozen=True, slots=True)
class Key:
    """What p= holds. bits: None where it is no key; flaws: each with its evidence.

    is_sound: well formed. is_accepted: a key that verifiers may accept. is_revoked: p= is empty.
    """

    bits: int | None = None
    is_sound: bool = False
    is_accepted: bool = False
    is_revoked: bool = False
    flaws: tuple[tuple[Finding, str], ...] = ()


def read_key(value: bytes, kind: str) -> Key:
    """Read a p= that is not empty. kind: "rsa" or "ed25519". Never raises."""
    flaws: list[tuple[Finding, str]] = []
    text = value.strip(BLANK)
    if any(octet in text for octet in BLANK):  # rare, and slow to remove
        text = FWS.sub(b"", text)
        flaws.append((WHITE_SPACE, ""))
    octets = decoded(text, flaws)
    if octets is None:
        return Key(flaws=tuple(flaws))
    bits = rsa_bits(octets, flaws) if kind == "rsa" else ed25519_bits(octets)
    if bits is None:
        flaws.append((KEY_MALFORMED, described(octets, kind)))
        return Key(flaws=tuple(flaws))
    if kind == "rsa" and (flaw := size_flaw(bits)):
        flaws.append((flaw, f"{bits} bits"))
    is_accepted = kind != "rsa" or bits >= LEAST_BITS
    return Key(bits, is_sound=True, is_accepted=is_accepted, flaws=tuple(flaws))


def decoded(text: bytes, flaws: list[tuple[Finding, str]]) -> bytes | None:
    """The octets of a base64 text without white space, or None and a flaw."""
    whole = ALPHABET.fullmatch(text)
    if not whole:
        wrong = re.search(rb"[^A-Za-z0-9+/=]", text) or re.search(rb"=(?=[^=])|===", text)
        said = text[wrong.start() :][:20].decode("ascii", "backslashreplace") if wrong else ""
        flaws.append((QUOTES if b'"' in text or b"'" in text else BASE64, said))
        return None
    digits = text.rstrip(b"=")
    lacking = -len(digits) % 4
    if lacking == 3 or len(whole[1]) > lacking:
        flaws.append((BASE64, f"{len(digits)} characters cannot be the end of a base64 text"))
        return None
    if len(whole[1]) < lacking:
        flaws.append((PADDING, ""))
    try:
        return base64.b64decode(digits + b"=" * lacking)
    except binascii.Error:  # not met; the grammar was checked above
        flaws.append((BASE64, ""))
        return None


def rsa_bits(octets: bytes, flaws: list[tuple[Finding, str]]) -> int | None:
    """The size of an RSA key in DER, None if it is none.

    RFC 6376 §3.6.1 says RSAPublicKey, and its appendix C shows SubjectPublicKeyInfo; eid 3017 would
    have both. Verifiers that know one form only know the second (OpenDKIM).
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # large, so not before it is needed
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    if len(octets) > LONGEST:
        return None
    try:
        key = load_der_public_key(octets)
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, RSAPublicKey):
        return None
    if first_inside(octets) == INTEGER:
        flaws.append((BARE_RSA, ""))
    return key.key_size


def first_inside(octets: bytes) -> int:
    """The tag of the first element within a DER sequence that is known to be well formed."""
    return octets[2 + (octets[1] & 0x7F if octets[1] & 0x80 else 0)]


def ed25519_bits(octets: bytes) -> int | None:
    """256, or None: not 32 octets."""
    return 256 if len(octets) == ED25519_OCTETS else None


def size_flaw(bits: int) -> Finding | None:
    """What RFC 8301 §3.2 says about the size of an RSA key."""
    if bits < LEAST_BITS:
        return KEY_TOO_SHORT
    if bits < SHOULD_BITS:
        return KEY_WEAK
    return KEY_LARGE if bits > MOST_BITS else None


def described(octets: bytes, kind: str) -> str:
    """Why octets are no key, as far as one sees it."""
    if kind == "rsa" and len(octets) == ED25519_OCTETS:
        return "32 octets: an Ed25519 key, but without k=ed25519?"
    if kind == "ed25519":
        return f"{len(octets)} octets, not {ED25519_OCTETS}"
    return f"{len(octets)} octets that are no RSA key"
