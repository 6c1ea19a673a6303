"""`mailsurvey check local@domain`: the records that belong to an address."""

import base64
import json

import pytest
from typer.testing import CliRunner

from pipeline.cli import app

# printf LOCAL | sha256sum | head -c 56
INFO = "06271baf49532c879aa3c58b48671884bcc858f09197412d68275049"
INFO_AS_WRITTEN = "170322a32f3c35b2c61576a5553d352d7b3c8ae7086dab78f15fc891"  # Info
ABUSE = "a60a2bb10fad676b72cd417670e494060e005e858c05940da24e698f"
SMIMEA = {"SMIMEA": ["3 0 1 " + "5a" * 32]}
KEY = (  # version 4, RSA 2048, <info@example.jp>
    b"\xc6\xc0\x4d\x04\x5e\0\0\0\x01\x08\0"
    + b"\xff" * 256
    + b"\0\x11\1\0\1"
    + b"\xcd\x11<info@example.jp>"
)
ZONE = {
    "example.jp": {"MX": [[10, "mail.example.jp"]], "TXT": [["v=spf1 mx -all"]]},
    "mail.example.jp": {"A": ["192.0.2.1"]},
    f"{INFO}._smimecert.example.jp": SMIMEA,
    f"{INFO}._openpgpkey.example.jp": {"OPENPGPKEY": [base64.b64encode(KEY).decode()]},
    f"{ABUSE}._smimecert.example.jp": {"SMIMEA": "TIMEOUT"},
}
SECURE = {"example.jp": "secure"}
NOT_OBSERVED = {
    "owner": None,
    "state": "not_observed",
    "secure": "not_observed",
    "records": [],
    "findings": [],
}


def run(tmp_path, *arguments, zone=ZONE, dnssec=SECURE):
    path = tmp_path / "zone.json"
    path.write_text(json.dumps({"zone": zone, "dnssec": dnssec}), encoding="utf-8")
    return CliRunner().invoke(app, ["check", *arguments, "--zone", str(path)])


def checked(tmp_path, *arguments, **more):
    lines = run(tmp_path, *arguments, "--json", **more).stdout.splitlines()
    return [json.loads(line) for line in lines]


def test_an_address_adds_its_records(tmp_path):
    (found,) = checked(tmp_path, "info@example.jp")
    assert found["domain"] == "example.jp"
    assert found["mx"]["hosts"] == ["mail.example.jp"]
    smimea, openpgpkey = found["smimea"], found["openpgpkey"]
    assert list(smimea) == list(openpgpkey) == ["owner", "state", "secure", "records", "findings"]
    assert smimea["owner"] == f"{INFO}._smimecert.example.jp"
    assert (smimea["state"], smimea["secure"]) == ("present", True)
    assert smimea["records"] == [
        {
            "usage": 3,
            "selector": 0,
            "matching": 1,
            "usable": True,
            "what": "SHA-256 of a certificate",
            "findings": ["smimea.hash_only"],
        }
    ]
    assert openpgpkey["owner"] == f"{INFO}._openpgpkey.example.jp"
    (key,) = openpgpkey["records"]
    shown = (key["version"], key["algorithm"], key["bits"], key["user_ids"], key["usable"])
    assert shown == (4, "RSA", 2048, 1, True)
    assert openpgpkey["findings"] == []


def test_a_domain_alone_is_asked_for_no_address(tmp_path):
    (found,) = checked(tmp_path, "example.jp")
    assert found["smimea"] == found["openpgpkey"] == NOT_OBSERVED


def test_the_spelling_of_the_domain_is_as_free_as_ever(tmp_path):
    (found,) = checked(tmp_path, "info@EXAMPLE.JP.")
    assert found["smimea"]["state"] == "present"


def test_the_local_part_is_asked_for_as_written_and_then_in_lower_case(tmp_path):
    (found,) = checked(tmp_path, "Info@example.jp")
    assert found["smimea"]["owner"] == f"{INFO}._smimecert.example.jp"
    assert [one["code"] for one in found["openpgpkey"]["findings"]] == [
        "openpgpkey.lower_case_only"
    ]
    elsewhere = {name: rows for name, rows in ZONE.items() if not name.startswith(INFO)}
    (found,) = checked(tmp_path, "Info@example.jp", zone=elsewhere)
    assert found["smimea"]["owner"] == f"{INFO_AS_WRITTEN}._smimecert.example.jp"
    assert found["smimea"]["state"] == "absent"


def test_several_addresses_of_a_domain_and_another_domain(tmp_path):
    found = checked(tmp_path, "abuse@example.jp", "info@example.jp", "example.net")
    assert [one["domain"] for one in found] == ["example.jp", "example.jp", "example.net"]
    assert [one["smimea"]["state"] for one in found] == ["unknown", "present", "not_observed"]
    assert found[1]["smimea"]["owner"] == f"{INFO}._smimecert.example.jp"
    assert found[2]["smimea"] == NOT_OBSERVED


@pytest.mark.parametrize(
    ("address", "dnssec", "status"),
    [
        ("nobody@example.jp", SECURE, 0),
        ("abuse@example.jp", SECURE, 3),  # no answer
        ("info@example.jp", {}, 1),  # records that nobody may use
    ],
)
def test_exit_status(tmp_path, address, dnssec, status):
    assert run(tmp_path, "example.jp", dnssec=dnssec).exit_code == 0
    result = run(tmp_path, address, dnssec=dnssec)
    assert result.exit_code == status, result.output


def test_the_page_shows_it(tmp_path):
    text = run(tmp_path, "info@example.jp", dnssec={}).stdout
    assert "smimea.not_secure" in text
    assert "openpgpkey.not_secure" in text


@pytest.mark.parametrize("text", ["@example.jp", "info@", "info@not a domain", "x" * 65 + "@a.jp"])
def test_usage_errors(tmp_path, text):
    assert run(tmp_path, text).exit_code == 2


def test_each_address_of_a_domain_is_answered_by_itself(tmp_path):
    result = run(tmp_path, "info@example.jp", "abuse@example.jp", "example.jp", "--json")
    told = [json.loads(line)["smimea"] for line in result.stdout.splitlines()]
    assert [(one["owner"] or "").partition(".")[0] for one in told] == [INFO, ABUSE, ""]
    assert [one["state"] for one in told] == ["present", "unknown", "not_observed"]


@pytest.mark.parametrize(
    "text",
    ["<info@example.jp>", "mailto:info@example.jp", "info@@example.jp", ".info@example.jp",
     "in..fo@example.jp", "in fo@example.jp", '"info@example.jp', '""@example.jp', "\udcff@e.jp"],
)  # fmt: skip
def test_what_is_no_address_is_a_usage_error(tmp_path, text):
    assert run(tmp_path, text).exit_code == 2


def test_a_forged_denial_is_no_absence(tmp_path):
    found = json.loads(
        run(tmp_path, "nobody@example.jp", "--json", dnssec={"example.jp": "bogus"}).stdout
    )
    assert found["smimea"]["state"] == "unknown"
    assert found["openpgpkey"]["state"] == "unknown"
