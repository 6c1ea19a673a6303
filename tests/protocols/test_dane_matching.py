"""TLSA records against chains: RFC 7671 and 7672, each rule right and wrong."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols.certificates import is_for, path_flaw, read, spki
from pipeline.protocols.dane.matching import Match, Verdict, verified
from pipeline.protocols.dane.record import Record, parse

from ..authority import Authority, Leaf

HOST = "mx.example.jp"
DIGESTS = (lambda octets: octets, lambda octets: hashlib.sha256(octets).digest(),
           lambda octets: hashlib.sha512(octets).digest())  # fmt: skip
CA = Authority()


def key_of(der: bytes) -> bytes:
    """The key as the certificate's own library writes it."""
    key = x509.load_der_x509_certificate(der).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def tlsa(usage: int, selector: int, matching: int, der: bytes, *, is_wrong: bool = False) -> Record:
    chosen = key_of(der) if selector else der
    if is_wrong:  # of another name: OpenSSL tries one issuer of a name only
        other = Authority("another CA").der
        chosen = key_of(other) if selector else other
    record = parse(bytes([usage, selector, matching]) + DIGESTS[matching](chosen))
    assert record is not None
    return record


def judged(records: Sequence[Record], leaf: Leaf, names: Sequence[str] = (HOST,)) -> Verdict:
    return verified(records, leaf.chain, names, datetime.now(UTC))


COMBINATIONS = [
    (usage, selector, matching) for usage in (2, 3) for selector in (0, 1) for matching in (0, 1, 2)
]


@pytest.mark.parametrize(("usage", "selector", "matching"), COMBINATIONS)
def test_every_combination(usage: int, selector: int, matching: int) -> None:
    leaf = CA.leaf(HOST)
    der = leaf.chain[0 if usage == 3 else 1]
    right = tlsa(usage, selector, matching, der)
    wrong = tlsa(usage, selector, matching, der, is_wrong=True)
    assert judged([right], leaf) == Verdict(Match.VERIFIED, right)
    assert judged([wrong], leaf).match is Match.MISMATCH
    assert judged([wrong, right], leaf) == Verdict(Match.VERIFIED, right)  # a roll-over pair


@pytest.mark.parametrize("usage", [0, 1])
def test_usages_that_need_everybodys_cas_are_unusable(usage: int) -> None:  # RFC 7672 §3.1.3
    leaf = CA.leaf(HOST)
    assert judged([tlsa(usage, 1, 1, leaf.chain[0])], leaf).match is Match.UNUSABLE


def test_no_records_at_all_are_unusable() -> None:
    assert judged([], CA.leaf(HOST)).match is Match.UNUSABLE


def test_of_usage_3_neither_dates_nor_names_count() -> None:  # RFC 7672 §3.1.1
    leaf = CA.leaf("another.example", is_expired=True)
    assert judged([tlsa(3, 1, 1, leaf.chain[0])], leaf).match is Match.VERIFIED


def test_of_usage_2_dates_count() -> None:  # RFC 7672 §3.1.2
    leaf = CA.leaf(HOST, is_expired=True)
    verdict = judged([tlsa(2, 1, 1, CA.der)], leaf)
    assert (verdict.match, verdict.why) == (Match.MISMATCH, "certificate has expired")


def test_of_usage_2_names_count() -> None:  # RFC 7672 §3.2
    leaf = CA.leaf("another.example")
    verdict = judged([tlsa(2, 0, 1, CA.der)], leaf)
    assert (verdict.match, verdict.why) == (Match.MISMATCH, "the certificate is for other names")
    assert judged([tlsa(2, 0, 1, CA.der)], leaf, (HOST, "another.example")).match is Match.VERIFIED


def test_an_anchor_whose_digest_is_published_has_to_be_shown() -> None:  # RFC 7672 §3.1.2
    leaf = CA.leaf(HOST, with_anchor=False)
    assert judged([tlsa(2, 0, 1, CA.der)], leaf).match is Match.MISMATCH
    assert judged([tlsa(2, 0, 0, CA.der)], leaf).match is Match.VERIFIED


def test_the_servers_own_certificate_is_no_anchor() -> None:
    leaf = CA.leaf(HOST)
    assert judged([tlsa(2, 0, 1, leaf.chain[0])], leaf).match is Match.MISMATCH


def test_the_strongest_digest_decides() -> None:  # RFC 7671 §9
    leaf = CA.leaf(HOST)
    der = leaf.chain[0]
    strong, weak = tlsa(3, 1, 2, der), tlsa(3, 1, 1, der)
    other_strong = tlsa(3, 1, 2, der, is_wrong=True)
    other_weak = tlsa(3, 1, 1, der, is_wrong=True)
    assert judged([strong, other_weak], leaf).match is Match.VERIFIED
    assert judged([other_strong, weak], leaf).match is Match.MISMATCH
    assert judged([other_strong, tlsa(3, 0, 1, der)], leaf).match is Match.VERIFIED


def test_nothing_was_shown() -> None:
    leaf = CA.leaf(HOST)
    record = tlsa(3, 1, 1, leaf.chain[0])
    assert verified([record], (), (HOST,), datetime.now(UTC)).match is Match.MISMATCH


# --- certificates --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "host", "fits"),
    [
        (["mx.example.jp"], "mx.example.jp", True),
        (["MX.Example.JP"], "mx.example.jp", True),
        (["*.example.jp"], "mx.example.jp", True),
        (["*.example.jp"], "example.jp", False),  # RFC 9525 §6.3: exactly one label
        (["*.example.jp"], "a.mx.example.jp", False),
        (["m*.example.jp"], "mx.example.jp", False),  # a whole label only
        (["mx.*.jp"], "mx.example.jp", False),
        (["*"], "jp", False),
        (["other.jp", "mx.example.jp"], "mx.example.jp", True),
        (["other.jp"], "mx.example.jp", False),  # the common name does not count beside it
    ],
)
def test_names(names: list[str], host: str, fits: bool) -> None:
    certificate = read(CA.leaf(host, names=names).chain[0])
    assert certificate is not None
    assert is_for(certificate, host, by_common_name=True) is fits


def test_a_common_name_alone() -> None:
    certificate = read(CA.leaf(HOST, names=()).chain[0])
    assert certificate is not None
    assert is_for(certificate, HOST, by_common_name=True)
    assert not is_for(certificate, HOST)


def test_paths() -> None:
    leaf, now = CA.leaf(HOST), datetime.now(UTC)
    assert path_flaw(leaf.chain, [CA.der], now) == ""
    assert "local issuer" in path_flaw(leaf.chain[:1], [Authority("another").der], now)
    assert path_flaw([], [CA.der], now) == path_flaw([b"no DER"], [CA.der], now) == "no certificate"
    forged = Authority()  # of the same name, with another key
    assert path_flaw(leaf.chain[:1], [forged.der], now)


def test_a_moment_is_the_same_in_every_time_zone() -> None:
    leaf = CA.leaf(HOST, is_expired=True)
    certificate = read(leaf.chain[0])
    assert certificate is not None
    after = certificate.not_after + timedelta(hours=1)
    before = certificate.not_after - timedelta(hours=1)
    for hours in (-12, 0, 12):
        zone = timezone(timedelta(hours=hours))
        assert path_flaw(leaf.chain, [CA.der], after.astimezone(zone)) == "certificate has expired"
        assert path_flaw(leaf.chain, [CA.der], before.astimezone(zone)) == ""


def test_the_key_is_where_the_library_finds_it() -> None:
    assert spki(CA.der) == key_of(CA.der)


@given(st.one_of(st.binary(max_size=80), st.integers(0, len(CA.der)).map(lambda n: CA.der[:n])))
def test_any_octets_are_read_or_not_and_never_raise(octets: bytes) -> None:
    assert read(octets) is None or octets == CA.der
    assert spki(octets) is None or octets == CA.der
    record = parse(b"\3\1\1" + bytes(32))
    assert record is not None
    assert verified([record], [octets], [HOST], datetime.now(UTC)).match is Match.MISMATCH
