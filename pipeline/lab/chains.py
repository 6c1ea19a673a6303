"""The ways to sign a zone, or to seem to, each with what is true of it.

The keys are nobody's: whether they verify is said beside them, as the lab's validator finds it. The
DS are digests of them (RFC 4034 §5.1.4), where the digest is one that everybody has. Numbers: the
IANA registries of RFC 8624 §3.1 and §3.3, with RFC 9905 (SHA-1) and RFC 9906 (GOST).
"""

import hashlib
from base64 import b64encode
from dataclasses import dataclass

import dns.dnssec
import dns.name
import dns.rdata
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from .ways import Rows


@dataclass(frozen=True, slots=True)
class Chain:
    """One way to sign a zone.

    keys: the algorithm of each DNSKEY. delegations: algorithm and digest type of each DS; where no
    key is of the algorithm, the DS fits none. findings: codes, all of them told where a survey asks
    for the keys of the domain, as it does of a secure one.
    """

    name: str
    keys: tuple[int, ...]
    delegations: tuple[tuple[int, int], ...]
    findings: tuple[str, ...] = ()
    is_secure: bool = True

    @property
    def algorithms(self) -> list[int]:
        """Of DS and DNSKEY, ascending."""
        return sorted({*self.keys, *(algorithm for algorithm, _ in self.delegations)})

    @property
    def digest_types(self) -> list[int]:
        """Of the DS, ascending."""
        return sorted({digest_type for _, digest_type in self.delegations})


UNSIGNED = Chain("unsigned", (), (), is_secure=False)
SIGNED = (
    Chain("ECDSA", (13,), ((13, 2),)),
    Chain("SHA-1 digest", (13,), ((13, 1),), ("dnssec.sha1_digest_only",)),
    Chain("SHA-1 algorithm", (7,), ((7, 2),), ("dnssec.sha1_algorithm",)),
    Chain("withdrawn key beside", (3, 13), ((13, 2),), ("dnssec.withdrawn_algorithm",)),
    Chain("withdrawn digest beside", (13,), ((13, 2), (13, 3)), ("dnssec.withdrawn_digest",)),
    Chain("unknown key beside", (13, 200), ((13, 2),), ("dnssec.unknown_algorithm",)),
    Chain("unknown digest beside", (13,), ((13, 2), (13, 200)), ("dnssec.unknown_digest",)),
    Chain("DS of no key", (13,), ((8, 2), (13, 2)), ("dnssec.ds_without_key",)),
    Chain("RSA, two digests", (8,), ((8, 1), (8, 2))),
    Chain("two algorithms", (8, 13), ((8, 2), (13, 4))),
)
UNPROVEN = (
    Chain("island", (13,), (), ("dnssec.island",), is_secure=False),
    Chain(
        "unknown algorithm",
        (200,),
        ((200, 2),),
        ("dnssec.unsupported_ds", "dnssec.unknown_algorithm"),
        is_secure=False,
    ),
    Chain(
        "GOST",
        (12,),
        ((12, 3),),
        ("dnssec.unsupported_ds", "dnssec.withdrawn_algorithm", "dnssec.withdrawn_digest"),
        is_secure=False,
    ),
)
"""RFC 4033 §5, RFC 4035 §5.2: without a DS that a validator can use, a zone is insecure."""

DIGESTS = {1: hashlib.sha1, 2: hashlib.sha256, 3: hashlib.sha256, 4: hashlib.sha384}
"""By digest type; 3 stands for GOST, of which only the length is right."""


def chain_rows(chain: Chain, domain: str) -> Rows:
    """DNSKEY and DS of a domain, in the JSON form of a zone file; both stand at its name."""
    owner = dns.name.from_text(domain).to_wire() or b""
    rows: Rows = {}
    if chain.keys:
        rows["DNSKEY"] = [key_of(algorithm) for algorithm in chain.keys]
    if chain.delegations:
        rows["DS"] = [delegation(owner, *numbers) for numbers in chain.delegations]
    return rows


def key_of(algorithm: int) -> str:
    """A key-signing key of 64 octets that nobody holds."""
    octets = bytes((algorithm + place) % 256 for place in range(64))
    return f"257 3 {algorithm} {b64encode(octets).decode()}"


def delegation(owner: bytes, algorithm: int, digest_type: int) -> str:
    """The DS of that key. owner: the zone's name in wire form."""
    key = dns.rdata.from_text("IN", "DNSKEY", key_of(algorithm))
    assert isinstance(key, DNSKEY)
    digest = DIGESTS.get(digest_type, hashlib.sha256)(owner + (key.to_wire() or b""))
    return f"{dns.dnssec.key_id(key)} {algorithm} {digest_type} {digest.hexdigest()}"
