"""BIMI's mark certificates, made here: what they say, for which domain, moment and logo."""

import base64
import gzip
import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import checkdmarc.bimi
import polars as pl
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols import bimi, dmarc
from pipeline.protocols.bimi.mark import logo_digests, parse_mark
from pipeline.protocols.bimi.mark_findings import MARK_FINDINGS

from .bimi_web import FETCHED_AT, LOGO, LOGO_URL, MARK_URL, REJECT, ZONE, codes, fetches

CASES = yaml.safe_load(
    (Path(__file__).parent.parent / "cases" / "bimi-mark.yaml").read_text("utf-8")
)
PEM = serialization.Encoding.PEM
USAGES = {
    "bimi": ObjectIdentifier("1.3.6.1.5.5.7.3.31"),
    "server": ExtendedKeyUsageOID.SERVER_AUTH,
}
OIDS = {  # of RFC 3279 §2.2.1 and NIST's registry, as DER
    "sha1": "06052b0e03021a",
    "sha256": "0609608648016503040201",
    "sha512": "0609608648016503040203",
    "unheard of": "06032a0304",
}
LOGOS = {"good": LOGO, "other": LOGO.replace(b"30", b"31"), "bomb": LOGO + bytes(1_000_000)}

Survey = Callable[..., Any]


# --- what is in a certificate --------------------------------------------------------------------


def der(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def image(media: str, oid: str, digest: bytes, uri: str) -> bytes:
    """A LogotypeImage (RFC 9399 §4.1)."""
    algorithm = der(0x30, bytes.fromhex(oid))
    hashed = der(0x30, der(0x30, algorithm, der(0x04, digest)))
    uris = der(0x30, der(0x16, uri.encode()))
    return der(0x30, der(0x30, der(0x16, media.encode()), hashed, uris))


def logotype(
    logo: bytes,
    *,
    algorithm: str = "sha256",
    is_packed: bool = True,
    media: str = "image/svg+xml",
    uri: str | None = None,
    images_before: int = 0,
) -> bytes:
    """A LogotypeExtn with the subject's logo, as the authorities write it."""
    known = algorithm if algorithm in hashlib.algorithms_available else "sha256"
    digest = hashlib.new(known, logo.replace(b"\r\n", b"\n")).digest()
    octets = gzip.compress(logo, mtime=0) if is_packed else logo
    embedded = f"data:{media};base64,{base64.b64encode(octets).decode()}"
    elsewhere = image("image/png", OIDS["sha1"], bytes(20), "https://example.jp/logo.png")
    own = image(media, OIDS[algorithm], digest, embedded if uri is None else uri)
    direct = der(0xA0, der(0x30, elsewhere * images_before, own))
    issuers = der(0xA1, der(0xA0, der(0x30, elsewhere)))
    return der(0x30, issuers, der(0xA2, direct))


class Maker:
    """A root, an issuer below it, and its mark certificates."""

    def __init__(self) -> None:
        self.keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "issuer")}
        self.root = self.signed(named("root"), "root", self.keys["root"], is_authority=True)
        self.issuer = self.signed(named("issuer"), "root", self.keys["issuer"], is_authority=True)

    def signed(
        self,
        subject: x509.Name,
        issuer: str,
        key: ec.EllipticCurvePrivateKey,
        *extensions: x509.ExtensionType,
        is_authority: bool = False,
        days: tuple[int, int] = (-30, 300),
    ) -> x509.Certificate:
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(named(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(FETCHED_AT + timedelta(days[0]))
            .not_valid_after(FETCHED_AT + timedelta(days[1]))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        )
        for extension in extensions:
            built = built.add_extension(extension, critical=False)
        return built.sign(self.keys[issuer], hashes.SHA256())

    def mark(self, **of: Any) -> x509.Certificate:
        """A mark certificate, as the cases describe it."""
        extensions: list[x509.ExtensionType] = []
        names = of.pop("names", ["example.jp"])
        if names:
            extensions.append(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]))
        if of.pop("is_for_bimi", True):
            extensions.append(x509.ExtendedKeyUsage([USAGES[of.pop("usage", "bimi")]]))
        days = (of.pop("from", -30), of.pop("until", 300))
        subject = named("Example", of.pop("mark_type", None))
        logo = of.pop("logo", "good")
        if "logotype" in of:
            extensions.append(unrecognised(bytes.fromhex(of.pop("logotype"))))
        elif logo != "none":
            extensions.append(unrecognised(logotype(LOGOS[logo], **of)))
        key = ec.generate_private_key(ec.SECP256R1())
        return self.signed(subject, "issuer", key, *extensions, days=days)

    def pem(self, chain: list[str], mark: x509.Certificate) -> bytes:
        """The chain by words."""
        shown = {"mark": mark, "issuer": self.issuer, "root": self.root}
        octets = {word: certificate.public_bytes(PEM) for word, certificate in shown.items()}
        octets["html"] = b"<!doctype html><title>Not found</title>"
        octets["damaged"] = octets["mark"].replace(b"\nMII", b"\nMIJ", 1)
        return b"".join(octets[word] for word in chain)


def named(name: str, mark_type: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if mark_type:
        oid = ObjectIdentifier("1.3.6.1.4.1.53087.1.13")
        parts.append(x509.NameAttribute(oid, mark_type))
    return x509.Name(parts)


def unrecognised(octets: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.5.5.7.1.12"), octets)


@cache
def maker() -> Maker:
    return Maker()


def served(case: dict[str, Any]) -> Any:
    """What the URL in a brings."""
    if "brings" in case:
        return case["brings"]
    mark = maker().mark(**case.get("mark", {}))
    return maker().pem(case.get("chain", ["mark", "issuer"]), mark)


# --- the cases -----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=str)
def test_marks(survey: Survey, case: dict[str, Any]) -> None:
    domain = case.get("domain", "example.jp")
    web = fetches((LOGO_URL, case.get("logo_brings", "good")), (MARK_URL, served(case)))
    seen = survey([dmarc, bimi], ZONE, domain, fetches=web)
    expected = sorted(f"bimi.mark_{fault}" for fault in case.get("faults", []))
    assert codes(seen.findings, domain, "bimi.mark_") == expected
    rows = seen.findings.filter(pl.col("code").str.starts_with("bimi.mark_"))
    assert set(rows["name"]) <= {MARK_URL}
    shown = bimi.show(seen.states[domain])
    assert (shown["mark"], shown["mark_kind"]) == (case["state"], case.get("kind"))


def test_every_finding_has_a_case() -> None:
    named = {"bimi.mark_" + fault.split()[0] for case in CASES for fault in case.get("faults", [])}
    assert named == {finding.code for finding in MARK_FINDINGS}
    for finding in MARK_FINDINGS:
        assert all((finding.en, finding.ja, finding.example, finding.fix_en, finding.fix_ja))


def test_a_self_signed_mark_alone() -> None:
    """Who issued it is not judged, and it lacks no issuer's."""
    key = maker().keys["root"]
    usage = x509.ExtendedKeyUsage([USAGES["bimi"]])
    mark = maker().signed(named("root"), "root", key, usage, unrecognised(logotype(LOGO)))
    assert parse_mark(mark.public_bytes(PEM)).faults == ()


def test_several_marks(survey: Survey) -> None:
    one, other = maker().mark(), maker().mark(names=["example.com"])
    body = one.public_bytes(PEM) + other.public_bytes(PEM)
    mark = parse_mark(body)
    assert [(fault.finding.code, fault.evidence[:7]) for fault in mark.faults] == [
        ("bimi.mark_chain", "several")
    ]
    assert mark.names == ("example.jp",)


def test_evidence(survey: Survey) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"until": -1, "from": -9}, "not valid after 2024-03-31"),
        ({"from": 1}, "not valid before 2024-04-02"),
        ({"names": ["a.example", "b.example"]}, "a.example b.example"),
    ]
    for of, evidence in cases:
        web = fetches((LOGO_URL, LOGO), (MARK_URL, served({"mark": of})))
        seen = survey([dmarc, bimi], ZONE, "example.jp", fetches=web)
        rows = seen.findings.filter(pl.col("code").str.starts_with("bimi.mark_"))
        assert rows["evidence"].to_list() == [evidence]


def test_an_unknown_organisational_domain(survey: Survey) -> None:
    """Whether the certificate is its organisation's is not known then."""
    own = {"TXT": [[f"v=BIMI1; l={LOGO_URL}; a={MARK_URL}"]]}
    zone = {
        "zone": {
            "_dmarc.news.example.jp": REJECT,
            "_dmarc.example.jp": {"TXT": "SERVFAIL"},
            "default._bimi.news.example.jp": own,
        }
    }
    web = fetches((LOGO_URL, LOGO), (MARK_URL, served({})))
    seen = survey([dmarc, bimi], zone, "news.example.jp", fetches=web)
    assert seen.states["news.example.jp"]["dmarc_org_domain"] is None
    assert bimi.show(seen.states["news.example.jp"])["mark"] == "unknown"
    assert codes(seen.findings, "news.example.jp", "bimi.mark_") == []


def test_a_moment_that_nobody_noted(survey: Survey) -> None:
    """As of a zone file: then nothing is said of the dates."""
    web = fetches((LOGO_URL, LOGO), (MARK_URL, served({"mark": {"until": -1, "from": -9}})))
    timeless = web.with_columns(began_at=pl.lit(None, pl.Datetime("us", "UTC")))
    seen = survey([dmarc, bimi], ZONE, "example.jp", fetches=timeless)
    assert bimi.show(seen.states["example.jp"])["mark"] == "valid"


# --- the logo inside -----------------------------------------------------------------------------


def test_digests_of_the_logo_inside() -> None:
    lines = LOGO.replace(b"\r\n", b"\n")
    expected = {
        "sha512:" + hashlib.sha512(lines).hexdigest(),
        "sha256:" + hashlib.sha256(LOGO).hexdigest(),
        "sha256:" + hashlib.sha256(lines).hexdigest(),
    }
    assert set(logo_digests(logotype(LOGO, algorithm="sha512"))) == expected


def test_second_opinion() -> None:
    """checkdmarc finds the same logo."""
    pem = maker().pem(["mark", "issuer"], maker().mark())
    assert checkdmarc.bimi.extract_logo_from_certificate(pem) == LOGO


@given(st.binary(max_size=100) | st.data())
def test_parse_is_total(data: Any) -> None:
    if isinstance(data, bytes):
        octets = data
    else:  # one octet is another
        octets = bytearray(logotype(LOGO))
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    logo_digests(bytes(octets))
    mark = parse_mark(bytes(octets))
    assert not mark.is_valid
    assert mark.faults


@given(st.data())
def test_a_spoilt_certificate_is_no_exception(data: Any) -> None:
    octets = bytearray(GOOD)
    for _ in range(3):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    body = x509_pem(bytes(octets))
    mark = parse_mark(body)
    assert mark.is_valid is not any(f.finding.level.value == "error" for f in mark.faults)


def x509_pem(octets: bytes) -> bytes:
    text = base64.encodebytes(octets)
    return b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n"


GOOD = maker().mark().public_bytes(serialization.Encoding.DER)
