"""DNSSEC of zones and of MX hosts: keys, digests, islands, and what is told of each."""

from pathlib import Path
from typing import Any

import dns.dnssec
import dns.rdata
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols import dnssec, mx
from pipeline.protocols.protocol import Wanted

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "dnssec.yaml").read_text("utf-8"))
DOMAIN = "example.jp"
SOA = "ns.example.jp. hostmaster.example.jp. 1 7200 3600 604800 300"
P256 = "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA=="
P384 = (
    "xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX4"
    "5NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40"
)
RSASHA1 = (
    "AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAph"
    "XdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw=="
)
RSASHA256 = (
    "AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4cAgtvd4Qs8PkxUdp6p/DlUmObdk="
)
KEYS = {
    "rsasha1": ("dskey.example.com", f"256 3 5 {RSASHA1}"),  # RFC 4034 §5.4
    "rsasha256": ("example.net", f"256 3 8 {RSASHA256}"),  # RFC 5702 §6.1
    "p256": ("example.net", f"257 3 13 {P256}"),  # RFC 6605 §6.1
    "p384": ("example.net", f"257 3 14 {P384}"),  # RFC 6605 §6.2
    "p256-of-nobody": ("example.net", "257 3 13 " + P256.replace("Goj", "Gok")),
}
DELEGATIONS = {
    "rsasha1-sha1": "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118",  # RFC 4034 §5.4
    "rsasha1-sha256": (  # RFC 4509 §2.3
        "60485 5 2 d4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da50a"
    ),
    "p256-sha256": (  # RFC 6605 §6.1
        "55648 13 2 b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17"
    ),
    "p384-sha384": (  # RFC 6605 §6.2
        "10771 14 4 72d7b62976ce06438e9c0bf319013cf801f09ecc84b8d7e9495f27e305c6a9b0563a9b5f4d28"
        "8405c3008a946df983d6"
    ),
    "rsasha256-sha256": (  # by dnspython
        "9033 8 2 4fb561367705cc70dac0e34755aa13ab400b4a435ab5bdc3834bd04e13d4a086"
    ),
}
THOROUGH = Wanted(islands=1.0)


def records(texts: dict[str, Any]) -> dict[str, list[str]]:
    """A case's DNSKEY and DS, as rows of a zone file."""
    keys = [KEYS[key][1] if key in KEYS else key for key in texts.get("keys", ())]
    delegations = [DELEGATIONS.get(text, text) for text in texts.get("ds", ())]
    rows = {"DNSKEY": keys, "DS": delegations, "SOA": [SOA]}
    return {rtype: values for rtype, values in rows.items() if values}


def owner(case: dict[str, Any]) -> str:
    """Whose keys the case is about: a digest covers the owner, too."""
    known = [KEYS[key][0] for key in case.get("keys", ()) if key in KEYS]
    return known[0] if known else "example.net"


@pytest.mark.parametrize("case", CASES["zones"], ids=str)
def test_zone(survey: Any, case: dict[str, Any]) -> None:
    domain = owner(case)
    zone = {"zone": {domain: records(case)}, "dnssec": {domain: case["is"]}}
    done = survey((mx, dnssec), zone, domain, wanted=THOROUGH)
    assert done.codes(domain) == case.get("faults", [])
    shown = dnssec.show(done.states[domain])
    assert shown["state"] == case["is"]
    assert (shown["algorithms"], shown["digest_types"]) == (
        case["algorithms"],
        case["digest_types"],
    )


@pytest.mark.parametrize("case", CASES["zones"], ids=str)
def test_zone_of_an_mx_host(survey: Any, case: dict[str, Any]) -> None:
    """Told of a proven or a forged zone; whose zone is neither, is asked about in a check alone."""
    zone_name = owner(case)
    host = f"mx.{zone_name}"
    zone = {
        "zone": {
            "example.jp": {"SOA": [SOA], "MX": [[10, host]]},
            zone_name: records(case),
            host: {"A": ["127.18.0.1"]},
        },
        "dnssec": {zone_name: case["is"], "example.jp": "secure"},
    }
    told = {"dnssec.bogus": "dnssec.host_bogus"}
    unproven = ("dnssec.island", "dnssec.unsupported_ds")
    expected = [told.get(code, code) for code in case.get("faults", []) if code not in unproven]
    done = survey((mx, dnssec), zone, "example.jp", wanted=THOROUGH)
    codes = [code for code in done.codes("example.jp") if code.startswith("dnssec.")]
    assert codes == sorted(expected if case["is"] != "insecure" else [])
    state = done.states["example.jp"]
    assert (state["dnssec"], state["dnssec_mx"]) == ("secure", case["is"])
    numbers = {name: case[name] for name in ("algorithms", "digest_types")}
    assert dnssec.show(state)["hosts"] == {host: {"state": case["is"], **numbers}}


def test_every_finding_has_a_case() -> None:
    shown = {code for case in CASES["zones"] for code in case.get("faults", [])}
    assert shown | {"dnssec.host_bogus"} == {finding.code for finding in dnssec.FINDINGS}


def test_findings_are_told_in_full() -> None:
    for finding in dnssec.FINDINGS:
        assert all((finding.en, finding.ja, finding.example, finding.fix_en, finding.fix_ja))


@pytest.mark.parametrize(
    "text", [text for _, text in KEYS.values()] + ["257 3 1 AQIDBAUGBwg=", "257 3 15 AQI="]
)
def test_key_tags_are_those_of_dnspython(text: str) -> None:
    key = dns.rdata.from_text("IN", "DNSKEY", text)
    read = dnssec.parse_dnskey(key.to_wire() or b"")
    assert read is not None
    assert read.key_tag == dns.dnssec.key_id(key)  # type: ignore[arg-type]


@given(st.binary(max_size=600) | st.binary(max_size=40).map(lambda tail: b"\1\1\3\1" + tail))
def test_parsers_are_total(payload: bytes) -> None:
    dnssec.parse_dnskey(payload)
    dnssec.parse_ds(payload)


# --- what is asked of zones and hosts ------------------------------------------------------------


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.3, 1, 39), (1.0, 40, 40)])
def test_islands_are_looked_for_at_a_share_of_the_domains(
    survey: Any, share: float, least: int, most: int
) -> None:
    names = [f"d{number}.jp" for number in range(40)]
    zone = {"zone": {name: {"SOA": [SOA], "DNSKEY": [KEYS["p256"][1]]} for name in names}}
    done = survey((mx, dnssec), zone, *names, wanted=Wanted(islands=share))
    asked = {name for name, qtype in done.asked if qtype == "DNSKEY"}
    assert least <= len(asked) <= most
    assert set(done.findings["domain"]) == asked
    not_asked = {name for name, row in done.states.items() if row["dnssec_algorithms"] is None}
    assert not_asked == set(names) - asked


def test_a_zone_is_known_by_its_soa(survey: Any) -> None:
    """A domain inside another zone: the SOA of its proven absence names the apex (RFC 2308 §3)."""
    zone = {
        "zone": {
            "example.net": records({"keys": ["p256"], "ds": ["p256-sha256"]}),
            "in.example.net": {"MX": [[10, "mx.in.example.net"]]},
            "mx.in.example.net": {"A": ["127.18.0.1"]},
        },
        "dnssec": {"example.net": "secure"},
    }
    done = survey((mx, dnssec), zone, "in.example.net")
    shown = dnssec.show(done.states["in.example.net"])
    numbers = {"algorithms": [13], "digest_types": [2]}
    assert shown == {
        "state": "secure",
        "ede": None,
        **numbers,
        "hosts": {"mx.in.example.net": {"state": "secure", **numbers}},
    }


def test_a_zone_file_without_soa_still_tells_its_zones(survey: Any) -> None:
    rows = records({"keys": ["p256"], "ds": ["p256-sha256"]})
    del rows["SOA"]
    zone = {
        "zone": {"example.net": rows, "a.b.example.net": {"A": ["127.18.0.1"]}},
        "dnssec": {"example.net": "secure"},
    }
    states = survey((mx, dnssec), zone, "example.net", "a.b.example.net").states
    assert {tuple(row["dnssec_algorithms"]) for row in states.values()} == {(13,)}


HOSTS = {"s.example.jp": "secure", "i.example.net": "insecure", "b.example.org": "bogus"}


@pytest.mark.parametrize(
    ("hosts", "state"),
    [
        (["s.example.jp"], "secure"),
        (["s.example.jp", "i.example.net"], "insecure"),
        (["i.example.net"], "insecure"),
        (["s.example.jp", "i.example.net", "b.example.org"], "bogus"),
        (["s.example.jp", "down.example.jp"], "unknown"),
        (["i.example.net", "down.example.jp"], "insecure"),  # whatever the other is
        (["."], "not_applicable"),
    ],
)
def test_every_mx_host(survey: Any, hosts: list[str], state: str) -> None:
    zone = {
        "zone": {
            "example.jp": {"SOA": [SOA], "MX": [[10, host] for host in hosts]},
            "down.example.jp": {"*": "TIMEOUT"},
            **{host: {"A": ["127.18.0.1"]} for host in HOSTS},
        },
        "dnssec": {"example.jp": "secure", "example.org": "bogus"},
    }
    row = survey((mx, dnssec), zone, "example.jp").states["example.jp"]
    assert row["dnssec_mx"] == state
    shown = {host: of["state"] for host, of in dnssec.show(row)["hosts"].items()}
    assert shown == {host: HOSTS.get(host, "unknown") for host in hosts if host != "."}


def test_an_implicit_mx_is_the_domain_itself(survey: Any) -> None:
    zone = {"zone": {"example.jp": {"A": ["127.18.0.1"]}}, "dnssec": {"example.jp": "secure"}}
    row = survey((mx, dnssec), zone, "example.jp").states["example.jp"]
    assert (row["dnssec_mx"], list(dnssec.show(row)["hosts"])) == ("secure", ["example.jp"])


def test_hosts_are_not_known_where_the_mx_is_not(survey: Any) -> None:
    zone = {"zone": {"example.jp": {"SOA": [SOA], "MX": "TIMEOUT"}}}
    row = survey((mx, dnssec), zone, "example.jp").states["example.jp"]
    assert (row["dnssec"], row["dnssec_mx"]) == ("insecure", "unknown")
    assert dnssec.show(row)["hosts"] == "unknown"


def test_an_alias_among_the_hosts_is_judged_by_itself(survey: Any) -> None:
    """RFC 7672 §2.2.2 asks the same of it: its target may lie in a zone that is not signed."""
    zone = {
        "zone": {
            "example.jp": {"SOA": [SOA], "MX": [[10, "mx.example.jp"]]},
            "mx.example.jp": {"CNAME": ["host.example.net"]},
            "host.example.net": {"A": ["127.18.0.1"]},
        },
        "dnssec": {"example.jp": "secure"},
    }
    done = survey((mx, dnssec), zone, "example.jp")
    assert ("mx.example.jp", "CNAME") in done.asked
    assert done.states["example.jp"]["dnssec_mx"] == "secure"
    assert dnssec.show(done.states["example.jp"])["hosts"] == {
        "mx.example.jp": {"state": "secure", "algorithms": None, "digest_types": None}
    }


def test_keys_that_a_failure_hides_are_unknown(survey: Any) -> None:
    rows = {"SOA": [SOA], "DNSKEY": "TIMEOUT", "DS": "SERVFAIL"}
    done = survey((mx, dnssec), {"zone": {"example.jp": rows}, "dnssec": {"*": "secure"}}, DOMAIN)
    shown = dnssec.show(done.states[DOMAIN])
    assert (shown["state"], shown["algorithms"], shown["digest_types"]) == (
        "secure",
        "unknown",
        "unknown",
    )
