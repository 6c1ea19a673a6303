"""SMIMEA: one record and what it holds. Where records are asked for: test_smimea_openpgpkey."""

import hashlib
from datetime import UTC, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st

from pipeline import message
from pipeline.protocols import smimea
from pipeline.protocols.protocol import Context, Wanted
from pipeline.protocols.smimea.certificate import read_key
from pipeline.words import Outcome, QType

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "smimea.yaml").read_text("utf-8"))
DOMAIN = "example.jp"
# printf info | sha256sum | head -c 56
OWNER = "06271baf49532c879aa3c58b48671884bcc858f09197412d68275049._smimecert.example.jp"
EKU = {
    "email": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "server": ExtendedKeyUsageOID.SERVER_AUTH,
    "any": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
}
FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)


@lru_cache
def key_of(kind: str) -> Any:
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    return ec.generate_private_key(ec.SECP256R1()) if kind == "ec256" else EDWARDS


EDWARDS = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def certificate(said: dict[str, Any]) -> x509.Certificate:
    """A self-signed certificate of a case."""
    key = key_of(said.get("key", "ed25519"))
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, "example")]
    if "subject_email" in said:
        attributes.append(x509.NameAttribute(NameOID.EMAIL_ADDRESS, said["subject_email"]))
    others: list[x509.GeneralName] = [x509.RFC822Name(email) for email in said["emails"]]
    if "utf8_email" in said:
        text = said["utf8_email"].encode()
        oid = ObjectIdentifier("1.3.6.1.5.5.7.8.9")
        others.append(x509.OtherName(oid, b"\x0c" + bytes([len(text)]) + text))
    begin = datetime.combine(said["from"], time(), UTC) if "from" in said else FIRST
    end = datetime.combine(said["until"], time(), UTC) if "until" in said else LAST
    name = x509.Name(attributes)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, end)
    if others:
        builder = builder.add_extension(x509.SubjectAlternativeName(others), critical=False)
    if "eku" in said:
        usage = x509.ExtendedKeyUsage([EKU[one] for one in said["eku"]])
        builder = builder.add_extension(usage, critical=False)
    return builder.sign(key, None if key is EDWARDS else hashes.SHA256())


def rdata(case: dict[str, Any]) -> bytes:
    """The record of a case."""
    head = bytes(case["smimea"])
    if "data" in case:
        return head + bytes.fromhex(case["data"])
    made, form = certificate(case["certificate"]), case.get("as", "der")
    if form == "pem":
        return head + made.public_bytes(Encoding.PEM)
    data = made.public_bytes(Encoding.DER)
    is_hash, selector = form.startswith("sha"), case["smimea"][1]
    if form == "key" or (is_hash and selector == 1):
        data = made.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return head + (hashlib.new(form, data).digest() if is_hash else data)


def context(*addresses: str) -> Context:
    pairs = tuple((one.partition("@")[0], one.partition("@")[2]) for one in addresses)
    return Context(frozenset(["127.0.0.1:53"]), lambda name: None, Wanted(addresses=pairs))


def judge(
    crawled: Any, facts: list[dict[str, Any]], asked: Context
) -> tuple[pl.DataFrame, dict[str, Any]]:
    findings, states = smimea.judge(
        crawled.frame(*facts), pl.LazyFrame({"domain": [DOMAIN]}), asked
    )
    (state,) = states.collect().to_dicts()
    return findings.collect(), state


def told(findings: pl.DataFrame) -> list[str]:
    return sorted(
        code if at is None else f"{code} @{at}" for code, at in findings["code", "at"].rows()
    )


def fact(crawled: Any, *records: bytes) -> dict[str, Any]:
    """A proven answer, whatever the records hold: dnspython would not write all of it."""
    made: dict[str, Any] = crawled.fact(OWNER, "SMIMEA", outcome=Outcome.ANSWERED, ad=True)
    question = message.to_wire(OWNER) + int(QType.SMIMEA).to_bytes(2) + b"\0\1"
    rrs = [message.RR(1, OWNER, int(QType.SMIMEA), 300, one) for one in records]
    read = message.decode(message.response(question, rrs))
    assert not read.error
    return made | {"rrs": [rr._asdict() for rr in read.rrs]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case))
def test_records(crawled: Any, case: dict[str, Any]) -> None:
    findings, state = judge(crawled, [fact(crawled, rdata(case))], context("info@example.jp"))
    assert told(findings) == sorted(case.get("faults", []))
    assert set(findings["name"]) <= {OWNER}
    usage, selector, matching = case["smimea"]
    codes = sorted(one.split()[0] for one in case.get("faults", []))
    assert smimea.show(state) == {
        "owner": OWNER,
        "state": "present",
        "secure": True,
        "records": [
            {
                "usage": usage,
                "selector": selector,
                "matching": matching,
                "usable": case["usable"],
                "what": case["what"],
                "findings": codes,
            }
        ],
    }
    assert state["smimea_usable"] is case["usable"]
    assert "example" not in str(findings["evidence"].to_list())  # nobody's address


def test_every_finding_has_a_case() -> None:
    shown = {fault.split()[0] for case in CASES for fault in case.get("faults", [])}
    of_owners = {"smimea.not_secure", "smimea.bogus", "smimea.lower_case_only"}
    assert shown | of_owners == {finding.code for finding in smimea.FINDINGS}


# --- parse ---------------------------------------------------------------------------------------

SOUND = certificate({"emails": ["info@example.jp"], "eku": ["email"]}).public_bytes(Encoding.DER)


@given(st.binary(max_size=300))
def test_parse_is_total(payload: bytes) -> None:
    record = smimea.parse(payload)
    assert (record is None) == (len(payload) < 3)


@given(st.integers(0, len(SOUND) - 1), st.binary(min_size=1, max_size=4), st.booleans())
def test_reading_a_damaged_certificate_is_total(at: int, octets: bytes, is_cut: bool) -> None:
    damaged = SOUND[:at] + octets + (b"" if is_cut else SOUND[at + len(octets) :])
    assert smimea.parse(b"\3\0\0" + damaged) is not None


@pytest.mark.parametrize("bits", [1, 20_000, 500_000])
def test_a_huge_or_tiny_key_is_read_at_once(bits: int) -> None:
    def der(tag: int, body: bytes) -> bytes:
        size = len(body).to_bytes(4)
        return bytes([tag, 0x84]) + size + body

    modulus = ((1 << bits) - 1).to_bytes(bits // 8 + 1)
    rsa_key = der(0x30, der(2, modulus) + der(2, b"\1\0\1"))
    algorithm = der(0x30, bytes.fromhex("06092a864886f70d0101010500"))
    read_key(der(0x30, algorithm + der(3, b"\0" + rsa_key)))


def test_a_hostile_number_of_records_is_cut(crawled: Any) -> None:
    records = [bytes([3, 0, 1]) + number.to_bytes(32) for number in range(300)]
    _, state = judge(crawled, [fact(crawled, *records)], context("info@example.jp"))
    assert len(smimea.show(state)["records"]) == 20
