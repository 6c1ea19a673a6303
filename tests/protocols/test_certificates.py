"""Certificates: what is weak of them, and reading several."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols.certificates import certificates_in, path_flaw, read, spki
from tests.authority import Authority, named
from tests.visited import signed_by_sha1


@pytest.mark.parametrize(
    ("key", "weak"),
    [
        (rsa.generate_private_key(65537, 1024), "RSA 1024"),  # RFC 9325 §4.5
        (rsa.generate_private_key(65537, 2048), ""),
        (ec.generate_private_key(ec.SECP192R1()), "secp192r1"),
        (ec.generate_private_key(ec.SECP256R1()), ""),
        (ed25519.Ed25519PrivateKey.generate(), ""),
    ],
    ids=["RSA 1024", "RSA 2048", "P-192", "P-256", "Ed25519"],
)
def test_keys(key: object, weak: str) -> None:
    der = Authority().signed(named("mx.jp"), key.public_key(), names=["mx.jp"])
    certificate = read(der)
    assert certificate is not None
    assert (certificate.weak_key, certificate.weak_signature) == (weak, "")


def test_signatures() -> None:
    certificate = read(signed_by_sha1("mx.jp"))
    assert certificate is not None
    assert certificate.weak_signature == "SHA-1 (RSA)"


def test_pem() -> None:
    one, other = Authority("one").der, Authority("other").der
    texts = [
        x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode()
        for der in (one, other)
    ]
    assert certificates_in("# two of them\n" + "\n".join(texts)) == (one, other)
    assert certificates_in("no certificate") == ()


@given(st.binary(max_size=400))
def test_total(octets: bytes) -> None:
    read(octets)
    spki(octets)
    certificates_in(octets.decode("latin-1"))
    now = x509.load_der_x509_certificate(Authority().der).not_valid_before_utc
    assert path_flaw([octets], [Authority().der], now)
