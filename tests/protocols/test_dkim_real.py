"""DKIM keys that operators publish, with OpenSSL as second opinion.

checkdmarc reads no DKIM keys, so OpenSSL is asked as OpenDKIM asks it: the tags are split at
semicolons, and p= goes to OpenSSL as the body of a PEM file. What the two say of validity and size
must agree; each kind of disagreement is listed below with the record that shows it.
"""

import base64
import gzip
import json
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.protocols import dkim

ED25519 = bytes.fromhex("302a300506032b6570032100")  # SubjectPublicKeyInfo before the 32 octets
DISAGREEMENTS: dict[str, str] = {}
"""First 60 characters of a text → why the two differ. On these records they do not."""


def texts(shared: Path) -> dict[str, str]:
    """The distinct texts at selectors, and a name that each stands at."""
    found: dict[str, str] = {}
    with gzip.open(shared / "real" / "dns" / "records.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["type"] == "TXT" and "._domainkey." in row["name"]:
                found.setdefault("".join(row["strings"]), row["name"])
    return found


def openssl_bits(text: str) -> int:
    """The size of the key that OpenSSL reads in p=, 0: none."""
    parts = (part.split("=", 1) for part in text.split(";") if "=" in part)
    tags = {name.strip(): value.strip() for name, value in parts}
    key = "".join(tags.get("p", "").split())
    if tags.get("k") == "ed25519":
        key = base64.b64encode(ED25519 + base64.b64decode(key)).decode()
    body = "\n".join(key[at : at + 64] for at in range(0, len(key), 64))
    pem = f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"
    command = ["openssl", "pkey", "-pubin", "-noout", "-text"]
    said = subprocess.run(command, input=pem, capture_output=True, text=True, timeout=20).stdout
    size = re.search(r"\((\d+) bit\)", said)
    return int(size[1]) if size else 256 * said.startswith("ED25519")


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_second_opinion(shared: Path) -> None:
    found = texts(shared)
    with ThreadPoolExecutor(2) as threads:
        sizes = list(threads.map(openssl_bits, found))
    for text, size in zip(found, sizes, strict=True):
        record = dkim.parse(text.encode())
        mine = (record.key_bits or 0) if record and record.valid else 0
        assert (mine != size) == (text[:60] in DISAGREEMENTS), (found[text], text)
    assert len(found) > 200
    assert sum(size > 0 for size in sizes) > 200


def test_what_goes_wrong_in_real_records(shared: Path) -> None:
    """By operators' own hands: what was counted by eye in the same records."""
    records = [dkim.parse(text.encode()) for text in texts(shared)]
    codes = [{fault.finding.code for fault in one.faults} for one in records if one]
    assert sum("dkim.quotes" in one for one in codes) == 10  # strings pasted with their quotes
    assert sum("dkim.key_missing" in one for one in codes) == 2
    assert sum(one is None for one in records) == 8  # ADSP, targets of aliases, a torn half, k=rsa
