"""`mailsurvey check --zone`: the JSON that others build on, its words and its exit status."""

import json

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.protocols import ALL

ZONE = {
    "example.jp": {
        "TXT": [["v=spf1 ", "mx include:spf.example.net -all"], ["other"]],
        "MX": [[10, "mail.example.jp"], [20, "mail2.example.jp"]],
        "SOA": ["ns.example.jp hostmaster.example.jp 1 2 3 4 5"],
    },
    "mail.example.jp": {"A": ["192.0.2.1"]},
    "mail2.example.jp": {"A": ["192.0.2.2", "192.0.2.1"]},
    "_dmarc.example.jp": {"TXT": [["v=DMARC1; p=reject; rua=mailto:d@example.jp"]]},
    "spf.example.net": {"TXT": [["v=spf1 ip4:198.51.100.0/24 ~all"]]},
    "silent.example.jp": {"*": "TIMEOUT"},
    "broken.example.jp": {"TXT": "SERVFAIL", "MX": [[10, "mail.example.jp"]]},
    "many.example.jp": {"TXT": [["v=spf1 -all"], ["v=spf1 ~all"]]},
    "parked.example.jp": {"MX": [[0, "."]], "TXT": [["v=spf1 -all"]]},
    "*.wild.example.jp": {"TXT": [["v=spf1 ?all"]]},
    "alias.example.jp": {"CNAME": ["example.jp"]},
}
SECURE = {"jp": "insecure", "example.jp": "secure", "forged.jp": "bogus"}


def run(tmp_path, *arguments, zone=ZONE, dnssec=SECURE):
    path = tmp_path / "zone.json"
    path.write_text(json.dumps({"zone": zone, "dnssec": dnssec}), encoding="utf-8")
    return CliRunner().invoke(app, ["check", *arguments, "--zone", str(path)])


def one(tmp_path, domain, **more):
    return json.loads(run(tmp_path, domain, "--json", **more).stdout)


def test_a_sound_domain_in_full(tmp_path):
    result = run(tmp_path, "example.jp", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert list(found) == ["domain", "exists", *(protocol.NAME for protocol in ALL)]
    assert (found["domain"], found["exists"]) == ("example.jp", True)
    assert found["spf"] == {
        "state": "present",
        "tree": "complete",
        "all": "-",
        "effective_all": "-",
        "lookups": 2,
        "void_lookups": 0,
        "ptr": False,
        "ipv4_addresses": 258,  # two mail hosts and a /24
        "findings": [],
    }
    assert found["mx"]["state"] == "present"
    assert found["mx"]["hosts"] == ["mail.example.jp", "mail2.example.jp"]
    assert found["dmarc"]["present"] is True
    assert (found["dmarc"]["policy"], found["dmarc"]["enforced"]) == ("reject", True)
    assert found["dnssec"]["state"] == "secure"


@pytest.mark.parametrize(
    ("domain", "exists", "spf", "mx", "dnssec", "status"),
    [
        ("missing.jp", False, "absent", "absent", "insecure", 0),
        ("silent.example.jp", "unknown", "unknown", "unknown", "unknown", 3),
        ("broken.example.jp", True, "unknown", "present", "secure", 3),
        ("many.example.jp", True, "present", "absent", "secure", 1),
        ("parked.example.jp", True, "present", "null_mx", "secure", 0),
        ("any.wild.example.jp", True, "present", "absent", "secure", 0),
        ("wild.example.jp", True, "absent", "absent", "secure", 0),  # an empty non-terminal
        ("alias.example.jp", True, "present", "present", "secure", 0),
        ("forged.jp", "unknown", "unknown", "unknown", "bogus", 1),
    ],
)
def test_states_and_exit_status(tmp_path, domain, exists, spf, mx, dnssec, status):
    zone = ZONE | {"forged.jp": {"TXT": [["v=spf1 -all"]]}}
    result = run(tmp_path, domain, "--json", zone=zone)
    found = json.loads(result.stdout)
    states = (
        found["exists"],
        found["spf"]["state"],
        found["mx"]["state"],
        found["dnssec"]["state"],
    )
    assert states == (exists, spf, mx, dnssec)
    assert result.exit_code == status


@pytest.mark.parametrize(
    ("terms", "lookups", "void_lookups", "addresses"),
    [
        ("a:silent.jp", 1, None, None),
        ("exists:silent.jp", 1, None, None),
        ("mx:silent.jp", 1, None, None),
        ("mx:half.jp", 1, 0, None),  # one of its two hosts has an address: not void
        ("a:half6.jp", 1, 0, None),  # not void for an IPv6 client, RFC 7208 §4.6.4
    ],
)
def test_a_term_without_an_answer_is_unknown_not_clean(
    tmp_path, terms, lookups, void_lookups, addresses
):
    zone = {
        "a.jp": {"TXT": [[f"v=spf1 {terms} -all"]]},
        "silent.jp": {"*": "TIMEOUT"},
        "half.jp": {"MX": [[1, "mail.half.jp"], [2, "silent.jp"]]},
        "mail.half.jp": {"A": ["192.0.2.1"]},
        "half6.jp": {"A": "SERVFAIL", "AAAA": ["2001:db8::1"]},
    }
    result = run(tmp_path, "a.jp", "--json", zone=zone)
    found = json.loads(result.stdout)["spf"]
    counts = (found["lookups"], found["void_lookups"], found["ipv4_addresses"])
    assert counts == (lookups, void_lookups, addresses)
    assert found["findings"] == []
    assert result.exit_code == 3


def test_a_finding_says_all_that_is_documented(tmp_path):
    found = one(tmp_path, "many.example.jp")["spf"]["findings"]
    several = next(finding for finding in found if finding["code"] == "spf.multiple_records")
    assert set(several) == {"code", "level", "rfc", "where", "evidence", "message"}
    assert several["level"] == "error"
    assert "4.5" in several["rfc"]
    assert several["where"].startswith("many.example.jp")


def test_several_domains_are_one_object_a_line_in_order(tmp_path):
    result = run(tmp_path, "EXAMPLE.JP.", "missing.jp", "example.jp", "--json")
    domains = [json.loads(line)["domain"] for line in result.stdout.splitlines()]
    assert domains == ["example.jp", "missing.jp", "example.jp"]


def test_one_line_whatever_a_stranger_published(tmp_path):
    # each but the tab begins a new line for some reader, or moves a terminal's cursor or text
    hostile = "\t\x1c\x7f\x85\x9b\u2028\u2029\u202e\ufeff\U000e0001"
    zone = {
        "a.jp": {"TXT": [[f"v=spf1 日本{hostile} -all"]]},
        "_dmarc.a.jp": {"TXT": [[f"v=DMARC1; p={hostile}"]]},
    }
    text = run(tmp_path, "a.jp", "--json", zone=zone).stdout
    assert len(text.splitlines()) == 1
    assert text.rstrip("\n").isprintable()
    evidence = {one["evidence"] for one in json.loads(text)["spf"]["findings"]}
    assert f"日本{hostile}" in evidence


def test_messages_come_in_japanese(tmp_path):
    result = run(tmp_path, "many.example.jp", "--json", "--lang", "ja")
    message = json.loads(result.stdout)["spf"]["findings"][0]["message"]
    assert any("\u3040" <= char <= "\u30ff" or "\u4e00" <= char <= "\u9fff" for char in message)


def test_the_page_is_for_people_and_safe(tmp_path):
    hostile = {"evil.jp": {"TXT": [["v=spf1 \x1b[2Jx\u202egnp ip4:1.2.3.4/99 -all"]]}}
    result = run(tmp_path, "evil.jp", zone=hostile)
    assert result.exit_code == 1
    assert "\x1b[2J" not in result.stdout
    assert "\u202e" not in result.stdout
    assert "spf.syntax" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["not a domain !"], "not a domain name"),
        ([""], "not a domain name"),
        (["example.jp", "--lang", "fr"], "allowed are en, ja"),
    ],
)
def test_usage_errors(tmp_path, arguments, says):
    result = run(tmp_path, *arguments)
    assert result.exit_code == 2
    assert says in result.output


def test_a_zone_that_cannot_be_read_is_one_line(tmp_path):
    (tmp_path / "bad.json").write_text('{"zone": {"a.jp": {"TXT": "SERVFIAL"}}}')
    result = CliRunner().invoke(app, ["check", "a.jp", "--zone", str(tmp_path / "bad.json")])
    assert result.exit_code == 2
    assert len(result.output.splitlines()) == 1
    assert "SERVFIAL" in result.output
