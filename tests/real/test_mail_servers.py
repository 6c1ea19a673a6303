"""STARTTLS, DANE and MTA-STS of real servers: Postfix and nginx, behind NSD and Unbound.

The zones promise something, the servers keep it or not; then the mail server's key is rolled, once
as it must not be done (RFC 7671 §8.1: the new TLSA first) and once as it must.
"""

import asyncio
import hashlib
import http.client
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import PublicFormat

from pipeline import bench
from pipeline.ask.smtp.visit import Visited, Visiting, visit
from pipeline.schema import VISITS
from pipeline.words import EngineName, SmtpOutcome

from ..authority import DER, PEM, Authority, Leaf
from . import conftest, crawling, mailservers
from .conftest import give_up, unbound
from .crawling import Crawled, cohort
from .mailservers import POLICY, Site, nginx, own_address, postfix
from .test_dane import own_address as name_server_address
from .zones import FORGED, LEAST_ROWS, build

pytestmark = pytest.mark.real

LOOPBACK = "127.0.0.0/8"
ENCRYPTED, PLAIN, WEB = (own_address(network) for network in (25, 26, 27))
CA = Authority()
OLD, NEW = CA.leaf("mx.good.org"), CA.leaf("mx.good.org")
ENFORCED = "version: STSv1\r\nmode: enforce\r\nmx: {}\r\nmax_age: 604800\r\n"  # RFC 8461 §3.2
SITES = (
    Site("mta-sts.good.org", CA.leaf("mta-sts.good.org"), ENFORCED.format("mx.good.org")),
    Site(
        "mta-sts.promised.org",
        CA.leaf("mta-sts.promised.org"),
        ENFORCED.format("mx.promised.org"),
    ),
    Site(
        "mta-sts.moved.org",
        CA.leaf("mta-sts.moved.org"),
        moved_to=f"https://mta-sts.good.org{POLICY}",
    ),
)

STS = [("TXT", '"v=STSv1; id=20240401T000000;"')]
AT_WEB = [("A", WEB)]
DOMAINS = ("good.org", "promised.org", "plain.org", "half.org", "moved.org", "misnamed.org")
SIGNED = ("good.org", "promised.org", "justice.gov.uk", FORGED[:-1])
"""Large enough for `zones` to sign them, below a signed zone."""
RECORDS = {
    "good.org": [("MX", "10 mx.good.org.")],
    "mx.good.org": [("A", ENCRYPTED)],
    "_mta-sts.good.org": STS,
    "mta-sts.good.org": AT_WEB,
    # promises what its host does not keep: DANE, and a policy
    "promised.org": [("MX", "10 mx.promised.org.")],
    "mx.promised.org": [("A", PLAIN)],
    "_mta-sts.promised.org": STS,
    "mta-sts.promised.org": AT_WEB,
    "plain.org": [("MX", "10 mx.plain.org.")],
    "mx.plain.org": [("A", PLAIN)],
    "half.org": [("MX", "10 mx.good.org."), ("MX", "20 mx.plain.org.")],
    "moved.org": [("MX", "10 mx.good.org.")],
    "_mta-sts.moved.org": STS,
    "mta-sts.moved.org": AT_WEB,
    # its policy host shows the certificate of another
    "misnamed.org": [("MX", "10 mx.good.org.")],
    "_mta-sts.misnamed.org": STS,
    "mta-sts.misnamed.org": AT_WEB,
    "is-a.dev": [("A", WEB)],  # by these the resolver is examined, and by two of SIGNED
    FORGED[:-1]: [("A", WEB)],
}
STUDY = """
[questions]
public = ["{public}"]
selectors = 0

[smtp]
helo = "survey.good.org"
port = {mail}
canary = ["mx.good.org"]
interval_s = 0.0
pause_s = 0.0

[https]
port = {web}
anchors = "{anchors}"
pause_s = 0.0
"""


# --- the servers ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Roll:
    """shown: by the mail server; published: whose keys the TLSA records name."""

    shown: Leaf
    published: tuple[Leaf, ...]


@dataclass(frozen=True)
class Ports:
    """Where mail servers and the web server listen."""

    mail: int
    web: int


def tlsa(leaf: Leaf) -> str:
    """DANE-EE, SPKI, SHA-256 (RFC 6698 §2.1) of a leaf's key."""
    key = leaf.key.public_key().public_bytes(DER, PublicFormat.SubjectPublicKeyInfo)
    return f"3 1 1 {hashlib.sha256(key).hexdigest()}"


def records(published: Sequence[Leaf]) -> Iterator[dict[str, Any]]:
    """The records, and so many more that the zones are signed."""
    promised = [("TLSA", tlsa(leaf)) for leaf in published]
    of_hosts = {"_25._tcp.mx.good.org": promised, "_25._tcp.mx.promised.org": promised}
    for name, rows in (RECORDS | of_hosts).items():
        yield from ({"name": name, "type": rtype, "rdata": rdata} for rtype, rdata in rows)
    for zone in SIGNED:
        for number in range(LEAST_ROWS):
            yield {"name": f"{number}.{zone}", "type": "A", "rdata": WEB}


def needs(programs: Sequence[str], packages: str) -> None:
    """Skip (in CI: fail) where a program is missing."""
    if missing := [name for name in programs if not bench.program(name)]:
        give_up(f"needs {', '.join(missing)} (Debian: apt-get install {packages})")


@contextmanager
def mail_and_web(folder: Path, shown: Leaf) -> Iterator[Ports]:
    """Postfix and nginx; the folder is nginx's."""
    needs(mailservers.NEEDED, mailservers.PACKAGES)
    if os.geteuid() != 0:
        give_up("Postfix starts for root only")
    ports = Ports(bench.free_port(), bench.free_port())
    with (
        postfix("mx.good.org", ENCRYPTED, PLAIN, ports.mail, shown),
        nginx(folder, WEB, ports.web, SITES),
    ):
        yield ports


@contextmanager
def resolver(folder: Path, published: Sequence[Leaf]) -> Iterator[str]:
    """A validating Unbound before NSD; the folder is theirs."""
    needs(conftest.NEEDED, conftest.PACKAGES)
    for part in ("zones", "unbound"):
        (folder / part).mkdir()
    address, listening = name_server_address(), f"127.0.0.1:{bench.free_port()}"
    zones = build(records(published), folder / "zones", address)
    with (
        bench.nsd(folder / "zones", f"{address}:53", zones.served),
        unbound(folder / "unbound", listening, address, zones.anchor),
    ):
        yield listening


# --- the servers alone ---------------------------------------------------------------------------


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    """The servers of mail and web without a domain around them."""
    with mail_and_web(tmp_path, OLD) as listening:
        yield listening


def visited(address: str, port: int) -> Visited:
    how = Visiting(helo="survey.good.org", port=port, public=(LOOPBACK,))
    return asyncio.run(visit(address, "mx.good.org", how))


def test_postfix_with_starttls(ports: Ports) -> None:
    seen = visited(ENCRYPTED, ports.mail)
    assert (seen.outcome, seen.why) == (SmtpOutcome.ENCRYPTED, "")
    assert seen.tls is not None
    assert (seen.tls.version, seen.tls.chain) == ("TLSv1.3", OLD.chain)
    assert seen.transcript.startswith(b"220 mx.good.org ESMTP Postfix")
    assert seen.transcript.endswith(b"221 2.0.0 Bye\r\n")


def test_postfix_without_starttls(ports: Ports) -> None:
    seen = visited(PLAIN, ports.mail)
    assert (seen.outcome, seen.why) == (SmtpOutcome.NOT_OFFERED, "")
    assert seen.tls is None
    assert seen.transcript.endswith(b"221 2.0.0 Bye\r\n")


def fetched(host: str, port: int) -> tuple[int, Message, bytes]:
    """Status, header and body by the standard library's client, which trusts the one CA.

    Raises ssl.SSLError.
    """
    context = ssl.create_default_context(cadata=CA.der)
    with (
        socket.create_connection((WEB, port), timeout=10) as connection,
        context.wrap_socket(connection, server_hostname=host) as secure,
    ):
        secure.sendall(f"GET {POLICY} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        answer = http.client.HTTPResponse(secure)
        answer.begin()
        return answer.status, answer.headers, answer.read()


def test_nginx(ports: Ports) -> None:
    status, header, body = fetched("mta-sts.good.org", ports.web)
    assert (status, header["Content-Type"]) == (200, "text/plain")
    assert body.decode() == SITES[0].policy
    status, header, _ = fetched("mta-sts.moved.org", ports.web)
    assert (status, header["Location"]) == (301, SITES[2].moved_to)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"mta-sts\.misnamed\.org"):
        fetched("mta-sts.misnamed.org", ports.web)


# --- a crawl of all ------------------------------------------------------------------------------


def crawled(folder: Path, roll: Roll) -> Crawled:
    """`mailsurvey crawl` among the servers of one moment, which are gone when it returns."""
    parts = [folder / part for part in ("nginx", "names")]
    for part in parts:
        part.mkdir()
    anchors = folder / "anchors.pem"
    anchors.write_bytes(x509.load_der_x509_certificate(CA.der).public_bytes(PEM))
    (folder / "domains.txt").write_text("".join(f"{domain}\n" for domain in DOMAINS))
    with mail_and_web(parts[0], roll.shown) as ports, resolver(parts[1], roll.published) as at:
        more = STUDY.format(public=LOOPBACK, mail=ports.mail, web=ports.web, anchors=anchors)
        listed = cohort("listed", "listed", ['"domains.txt"'])
        study = crawling.study_file(folder, at, [listed, more], skip=())
        return crawling.crawl(study, EngineName.WIRE)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return crawled(tmp_path_factory.mktemp("before"), Roll(OLD, (OLD,)))


@pytest.fixture(scope="module")
def rolled_alone(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return crawled(tmp_path_factory.mktemp("alone"), Roll(NEW, (OLD,)))


@pytest.fixture(scope="module")
def rolled_with_both(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return crawled(tmp_path_factory.mktemp("both"), Roll(NEW, (OLD, NEW)))


FACETS = ("starttls", "starttls_certificates", "dane", "dane_verified", "mtasts")
PLANNED = {
    "good.org": ("all", "all", "all", "all", "enforce"),
    "promised.org": ("none", "none", "all", "no_starttls", "enforce"),
    "plain.org": ("none", "none", "none", "none", "absent"),
    "half.org": ("some", "some", "none", "none", "absent"),
    "moved.org": ("all", "all", "none", "none", "broken"),
    "misnamed.org": ("all", "all", "none", "none", "broken"),
}
ROLLED = PLANNED | {"good.org": ("all", "all", "all", "mismatch", "enforce")}

TOLD = {
    ("promised.org", "starttls.not_offered", "mx.promised.org"),
    ("promised.org", "starttls.blocks_mta_sts", "promised.org"),
    ("promised.org", "dane.no_starttls", "_25._tcp.mx.promised.org"),
    ("plain.org", "starttls.not_offered", "mx.plain.org"),
    ("half.org", "starttls.not_offered", "mx.plain.org"),
    ("half.org", "starttls.some_hosts_without", "half.org"),
    ("moved.org", "mtasts.fetch_redirect", f"https://mta-sts.moved.org{POLICY}"),
    ("misnamed.org", "mtasts.fetch_tls", f"https://mta-sts.misnamed.org{POLICY}"),
}
"""Domain, code, name."""
MISMATCHES = {
    (domain, "dane.mismatch", "_25._tcp.mx.good.org")
    for domain in ("good.org", "half.org", "moved.org", "misnamed.org")
}
"""At every domain with that host: with an MX that is not signed, senders may use DANE as well
(RFC 7672 §2.2.1)."""
OF_THE_ZONES = ("dane.insecure_mx", "dane.without_dnssec", "dane.roll_over")
"""Told as well, whatever the servers do."""
VISITED = {(ENCRYPTED, "survey", "encrypted"), (PLAIN, "survey", "not_offered")}


def states(run: Crawled) -> dict[str, tuple[str, ...]]:
    return {domain: tuple(of) for domain, *of in run.read("states")["domain", *FACETS].iter_rows()}


def told(run: Crawled) -> set[tuple[str, ...]]:
    of_servers = pl.col("protocol").is_in(["starttls", "dane", "mtasts"])
    findings = run.read("findings").filter(of_servers, ~pl.col("code").is_in(OF_THE_ZONES))
    return set(findings.select("domain", "code", "name").iter_rows())


def visits(run: Crawled) -> set[tuple[str, ...]]:
    kept = run.store.scan("visits", VISITS).select("address", "purpose", "outcome").collect()
    return set(kept.iter_rows())


def test_what_the_servers_keep(before: Crawled) -> None:
    assert states(before) == PLANNED
    assert told(before) == TOLD
    assert visits(before) == VISITED


def test_host_by_host(before: Crawled) -> None:
    ((hosts,),) = before.read("states").filter(domain="half.org").select("starttls_hosts").rows()
    assert [tuple(host.values()) for host in hosts] == [
        ("mx.good.org", "encrypted", "TLSv1.3", "valid"),
        ("mx.plain.org", "plain", None, None),
    ]


def test_a_key_rolled_before_its_tlsa(rolled_alone: Crawled) -> None:
    assert states(rolled_alone) == ROLLED
    assert told(rolled_alone) == TOLD | MISMATCHES
    assert visits(rolled_alone) == VISITED | {(ENCRYPTED, "confirm", "encrypted")}


def test_a_key_rolled_after_its_tlsa(rolled_with_both: Crawled) -> None:
    assert states(rolled_with_both) == PLANNED
    assert told(rolled_with_both) == TOLD


def test_it_is_counted(before: Crawled, rolled_alone: Crawled) -> None:
    counted = {
        measure: count_of(before, measure)
        for measure in ("starttls", "starttls_any", "starttls_valid", "dane", "dane_verified")
    }
    assert counted == {
        "starttls": 3,
        "starttls_any": 4,
        "starttls_valid": 3,
        "dane": 2,
        "dane_verified": 1,
    }
    assert (count_of(rolled_alone, "dane"), count_of(rolled_alone, "dane_verified")) == (2, 0)


def count_of(run: Crawled, measure: str) -> int:
    """How many of the domains: every one of them is known."""
    (row,) = run.read("tables/adoption").filter(measure=measure).to_dicts()
    assert (row["of"], row["unknown"], row["not_observed"]) == (len(DOMAINS), 0, 0), row
    return row["yes"]


def test_judged_again_where_no_server_is_left(before: Crawled) -> None:
    """By the command, from the kept facts alone."""
    again = [sys.executable, "-m", "pipeline.cli", "judge", str(before.store.root)]
    done = subprocess.run(again, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert states(before) == PLANNED
    assert told(before) == TOLD
