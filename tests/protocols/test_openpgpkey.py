"""OPENPGPKEY: one record and what it holds. Where keys are asked for: test_smimea_openpgpkey."""

import base64
import hashlib
import shutil
import subprocess
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline import message
from pipeline.protocols import openpgpkey
from pipeline.protocols.protocol import Context, Wanted
from pipeline.words import Outcome, QType

CASES = yaml.safe_load(
    (Path(__file__).parent.parent / "cases" / "openpgpkey.yaml").read_text("utf-8")
)
KEYS = ("version", "algorithm", "fingerprint", "bits", "created", "user_ids", "usable", "findings")
OWNERS = {  # printf LOCAL | sha256sum | head -c 56
    "info@example.jp": "06271baf49532c879aa3c58b48671884bcc858f09197412d68275049",
    "alice@openpgp.example": "2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db",
}


# --- packets made by hand ------------------------------------------------------------------------


def seconds(date: Any) -> bytes:
    return int(datetime.combine(date, time(), UTC).timestamp()).to_bytes(4)


def key_body(said: dict[str, Any]) -> bytes:
    """A public key packet's body, RFC 9580 §5.5.2."""
    version = said.get("version", 4)
    if "curve" in said:
        oid = bytes.fromhex(said["curve"])
        algorithm, material = said["algorithm"], bytes([len(oid)]) + oid + b"\1\7" + b"\x40" * 33
    else:
        bits = said.get("rsa") or said["dsa"]
        algorithm = said.get("algorithm", 1)
        material = bits.to_bytes(2) + ((1 << bits) - 1).to_bytes((bits + 7) // 8) + b"\0\x11\1\0\1"
    created = seconds(said["created"]) if "created" in said else b"\x5e\0\0\0"
    days = b"\0\0" if version == 3 else b""
    size = len(material).to_bytes(4) if version > 4 else b""
    return bytes([version]) + created + days + bytes([algorithm]) + size + material


def signature_body(said: dict[str, Any], key: bytes) -> bytes:
    """A signature packet's body, RFC 9580 §5.2.3; by the key, unless it names another issuer."""
    fingerprint = hashlib.sha1(b"\x99" + len(key).to_bytes(2) + key).digest()
    issuer = bytes.fromhex(said["issuer"]) if "issuer" in said else fingerprint[-8:]
    hashed = b"\5\2" + seconds(said["created"])
    if "days" in said:
        hashed += b"\5\x09" + (said["days"] * 86400).to_bytes(4)
    unhashed = b"\x09\x10" + issuer
    parts = len(hashed).to_bytes(2) + hashed + len(unhashed).to_bytes(2) + unhashed
    return bytes([4, said["type"], 1, 8]) + parts + b"\xab\xcd\0\1\1"


TYPES = {"signature": 2, "secret": 5, "key": 6, "user_id": 13, "subkey": 14, "attribute": 17}


def framed(kind: int, body: bytes, header: str) -> bytes:
    """RFC 9580 §4.2."""
    if header == "old":
        return bytes([0x80 | kind << 2 | 1]) + len(body).to_bytes(2) + body
    if header == "indeterminate":
        return bytes([0x80 | kind << 2 | 3]) + body
    size = len(body)
    if header == "five":
        return bytes([0xC0 | kind, 255]) + size.to_bytes(4) + body
    if size < 192:
        return bytes([0xC0 | kind, size]) + body
    return bytes([0xC0 | kind, (size - 192 >> 8) + 192, size - 192 & 255]) + body


def packed(packets: list[dict[str, Any]]) -> bytes:
    out, key = b"", b""
    for packet in packets:
        ((name, said),) = [(one, packet[one]) for one in packet if one != "header"]
        if name == "raw":
            out += bytes.fromhex(said)
            continue
        if name in ("key", "subkey", "secret"):
            body = key_body(said)
            key = body if name == "key" else key
        elif name == "signature":
            body = signature_body(said, key)
        else:
            body = said.encode() if name == "user_id" else bytes.fromhex(said)
        out += framed(TYPES[name], body, packet.get("header", "new"))
    return out


def rdata(case: dict[str, Any]) -> bytes:
    if "base64" in case:
        return base64.b64decode(case["base64"])
    if "text" in case:
        return str(case["text"]).encode()
    return packed(case["packets"]) if "packets" in case else bytes.fromhex(case["hex"])


# --- judging -------------------------------------------------------------------------------------


def fact(crawled: Any, owner: str, *records: bytes) -> dict[str, Any]:
    """A proven answer, whatever the records hold."""
    made: dict[str, Any] = crawled.fact(owner, "OPENPGPKEY", outcome=Outcome.ANSWERED, ad=True)
    question = message.to_wire(owner) + int(QType.OPENPGPKEY).to_bytes(2) + b"\0\1"
    rrs = [message.RR(1, owner, int(QType.OPENPGPKEY), 300, one) for one in records]
    read = message.decode(message.response(question, rrs))
    assert not read.error
    return made | {"rrs": [rr._asdict() for rr in read.rrs]}


def judge(crawled: Any, address: str, *records: bytes) -> tuple[pl.DataFrame, dict[str, Any], str]:
    local, _, domain = address.partition("@")
    owner = f"{OWNERS[address]}._openpgpkey.{domain}"
    context = Context(
        frozenset(["127.0.0.1:53"]), lambda name: None, Wanted(addresses=((local, domain),))
    )
    findings, states = openpgpkey.judge(
        crawled.frame(fact(crawled, owner, *records)),
        pl.LazyFrame({"domain": [domain]}),
        context,
    )
    (state,) = states.collect().to_dicts()
    return findings.collect(), state, owner


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["claim"])
def test_records(crawled: Any, case: dict[str, Any]) -> None:
    address = case.get("at", "info@example.jp")
    findings, state, owner = judge(crawled, address, rdata(case))
    told = [code if at is None else f"{code} @{at}" for code, at in findings["code", "at"].rows()]
    assert sorted(told) == sorted(case.get("faults", []))
    assert set(findings["name"]) <= {owner}
    shown = openpgpkey.show(state)
    (record,) = shown.pop("records")
    assert shown == {"owner": owner, "state": "present", "secure": True}
    assert tuple(record) == KEYS
    expected = {"version": None, "algorithm": None, "bits": None, "user_ids": 0}
    expected |= case.get("record", {})
    assert {key: record[key] for key in expected} == expected
    assert record["usable"] is state["openpgpkey_usable"] is case["usable"]
    assert record["findings"] == sorted({one.split()[0] for one in case.get("faults", [])})
    assert "@" not in str(findings["evidence"].to_list())  # nobody's address


def test_every_finding_has_a_case() -> None:
    shown = {fault.split()[0] for case in CASES for fault in case.get("faults", [])}
    of_owners = {"openpgpkey.not_secure", "openpgpkey.bogus", "openpgpkey.lower_case_only"}
    assert shown | of_owners == {finding.code for finding in openpgpkey.FINDINGS}


def test_several_records_are_shown_and_one_that_is_usable_is_enough(crawled: Any) -> None:
    good = packed([{"key": {"rsa": 2048}}, {"user_id": "<info@example.jp>"}])
    _, state, _ = judge(crawled, "info@example.jp", b"\0", good)
    assert state["openpgpkey_usable"] is True
    usable = [record["usable"] for record in openpgpkey.show(state)["records"]]
    assert sorted(usable) == [False, True]


# --- parse ---------------------------------------------------------------------------------------

SOUND = next(rdata(case) for case in CASES if case.get("at") == "alice@openpgp.example")


@given(st.binary(max_size=300))
def test_parse_is_total(payload: bytes) -> None:
    assert openpgpkey.parse(payload).faults  # nothing so small is a key without a fault


@given(st.integers(0, len(SOUND) - 1), st.binary(min_size=1, max_size=4), st.booleans())
def test_reading_a_damaged_key_is_total(at: int, octets: bytes, is_cut: bool) -> None:
    damaged = SOUND[:at] + octets + (b"" if is_cut else SOUND[at + len(octets) :])
    for fault in openpgpkey.parse(damaged).faults:
        assert 0 <= fault.at <= len(damaged)


def test_a_hostile_number_of_packets_is_cut() -> None:
    record = openpgpkey.parse(b"\xcd\0" * 32_000)
    assert record.user_ids == 1000
    assert [fault.finding.code for fault in record.faults] == [
        "openpgpkey.no_public_key",
        "openpgpkey.malformed",
    ]


@pytest.mark.parametrize(
    "text", ["<" + "@" * 60_000, "<" * 60_000, " " * 60_000 + ">", "a@" * 30_000]
)
def test_a_hostile_user_id_is_read_at_once(text: str) -> None:
    assert openpgpkey.parse(framed(13, text.encode(), "five")).addresses == ()


def test_gnupg_reads_the_same(tmp_path: Path) -> None:
    """A second opinion, where there is one."""
    gpg = shutil.which("gpg")
    if gpg is None:
        pytest.skip("no gpg on this machine")
    (tmp_path / "home").mkdir(mode=0o700)
    shown = subprocess.run(
        [gpg, "--homedir", str(tmp_path / "home"), "--batch", "--with-colons", "--show-keys"],
        input=SOUND,
        capture_output=True,
        check=True,
    ).stdout.decode()
    rows = [line.split(":") for line in shown.splitlines()]
    key, fingerprint = (next(row for row in rows if row[0] == kind) for kind in ("pub", "fpr"))
    read = openpgpkey.parse(SOUND)
    assert read.created is not None
    assert read.fingerprint is not None
    assert (fingerprint[9].lower(), int(key[5])) == (read.fingerprint, read.created.timestamp())
    assert sum(row[0] == "uid" for row in rows) == read.user_ids
