"""The lab's certificates: the same everywhere, and right or wrong as they are called.

OpenSSL is the judge, by Python's own `ssl`: a client that trusts the lab's root alone.
"""

import hashlib
import ssl
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from pipeline.lab import authority
from pipeline.lab.authority import ISSUER, NEXT, ROOT, SERVER, Kind, key_of, sha256, shown
from pipeline.lab.hosting.tls import Session, TlsError
from pipeline.protocols.certificates import path_flaw, read, spki

HOST = "mx1.yama-kobo.co.jp"
PACKAGE = Path(authority.__file__).parents[2]
DIGEST = """
import hashlib
from pipeline.lab.authority import ISSUER, ROOT, Kind, shown
print(hashlib.sha256(ROOT + ISSUER.der).hexdigest())
for kind in Kind:
    print(hashlib.sha256(b"".join(shown(kind, "mx1.yama-kobo.co.jp", "b.jp").chain)).hexdigest())
"""


def test_the_same_certificates_in_every_process() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(PACKAGE)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    chains = [ROOT + ISSUER.der, *(b"".join(shown(kind, HOST, "b.jp").chain) for kind in Kind)]
    assert said == {"".join(f"{hashlib.sha256(one).hexdigest()}\n" for one in chains)}


def handshake(kind: Kind, client: ssl.SSLContext, newest: str = "TLSv1.3") -> ssl.SSLObject:
    """TLS between a client of Python's and a server of ours. Raises ssl.SSLError."""
    session = Session(lambda name: shown(kind, name), newest)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    visitor = client.wrap_bio(back, there, server_hostname=HOST)
    for _ in range(10):
        try:
            visitor.do_handshake()
            assert (session.sni, session.is_secured or newest == "TLSv1.3") == (HOST, True)
            return visitor
        except ssl.SSLWantReadError:
            back.write(session.receive(there.read())[0])
    raise AssertionError("no end")


def trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=ROOT)
    context.hostname_checks_common_name = False
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


WORDS = {
    Kind.GOOD: "",
    Kind.WILDCARD: "",
    Kind.WEAK_KEY: "",
    Kind.SHA1: "",
    Kind.EXPIRED: "certificate has expired",
    Kind.EARLY: "certificate is not yet valid",
    Kind.SELF_SIGNED: "self-signed certificate",
    Kind.UNTRUSTED: "unable to get local issuer certificate",
    Kind.INCOMPLETE: "unable to get local issuer certificate",
    Kind.OTHER_NAME: f"Hostname mismatch, certificate is not valid for '{HOST}'.",
    Kind.COMMON_NAME: f"Hostname mismatch, certificate is not valid for '{HOST}'.",
}


@pytest.mark.parametrize("kind", Kind)
def test_what_is_wrong_is_what_openssl_says(kind: Kind) -> None:
    why = ""
    try:
        handshake(kind, trusting())
    except ssl.SSLCertVerificationError as fault:
        why = fault.verify_message
    assert why == WORDS[kind]


def test_nothing_else_is_wrong() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    for kind in Kind:
        chain = shown(kind, HOST).chain
        leaf = read(chain[0])
        assert leaf
        assert (leaf.weak_key == "RSA 1024") == (kind is Kind.WEAK_KEY)
        assert (leaf.weak_signature == "SHA-1 (RSA)") == (kind is Kind.SHA1)
        is_trusted = not path_flaw(chain, [ROOT], moment)
        assert is_trusted == (WORDS[kind] == "" or kind in (Kind.OTHER_NAME, Kind.COMMON_NAME))
        if kind not in (Kind.OTHER_NAME, Kind.COMMON_NAME, Kind.WILDCARD):
            assert leaf.names == (HOST,)
        assert leaf.is_self_issued == (kind is Kind.SELF_SIGNED)


def test_a_certificate_can_be_for_several_hosts() -> None:
    leaf = read(shown(Kind.GOOD, HOST, "a.jp", "b.jp").chain[0])
    assert leaf
    assert leaf.names == (HOST, "a.jp", "b.jp")


def test_names_of_any_length() -> None:
    host = f"{'a' * 63}.{'b' * 63}.{'c' * 63}.jp"
    for kind in Kind:
        assert x509.load_der_x509_certificate(shown(kind, host).chain[0])


def test_digests_are_those_of_what_is_shown() -> None:
    chain = shown(Kind.GOOD, HOST).chain
    key, above = spki(chain[0]), spki(chain[1])
    assert key
    assert above
    assert sha256(key_of(SERVER)) == hashlib.sha256(key).hexdigest()
    assert authority.sha512(key_of(SERVER)) == hashlib.sha512(key).hexdigest()
    assert sha256(key_of(ISSUER.key)) == hashlib.sha256(above).hexdigest()
    assert chain[1] == ISSUER.der
    assert key_of(NEXT) != key_of(SERVER)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated")
def test_old_versions() -> None:
    client = trusting()
    client.minimum_version = ssl.TLSVersion.TLSv1
    assert handshake(Kind.GOOD, client, "TLSv1").version() == "TLSv1"
    assert handshake(Kind.GOOD, client, "TLSv1.2").version() == "TLSv1.2"
    assert handshake(Kind.GOOD, client).version() == "TLSv1.3"


def test_what_is_no_tls() -> None:
    session = Session(lambda name: shown(Kind.GOOD, name), "TLSv1.3")
    with pytest.raises(TlsError):
        session.receive(b"EHLO probe.example.jp\r\n")
