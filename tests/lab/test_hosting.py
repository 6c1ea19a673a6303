"""The lab's mail and web servers: each behaves as planned, and the log says who came when."""

import asyncio
import json
import os
import re
import resource
import signal
import socket
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import pytest

from pipeline.ask.smtp.visit import Visited, Visiting, visit
from pipeline.config import Lab, load_study
from pipeline.lab import hosting, manners, plan, records
from pipeline.lab.answering import LabError
from pipeline.lab.authority import ROOT, Kind, shown
from pipeline.lab.facet import Way
from pipeline.lab.filling import POOL
from pipeline.lab.hosting import serving
from pipeline.lab.hosting.https import ENDLESS
from pipeline.lab.hosting.places import Places, places_of
from pipeline.lab.hosts import HOSTS, host_showing, host_with
from pipeline.lab.mail_servers import shared_hosts
from pipeline.lab.manners import MANNERS, SLOW
from pipeline.lab.planned import Plan
from pipeline.lab.records import web_hosts
from pipeline.lab.web import FAILED
from pipeline.words import SmtpOutcome as Outcome

SETTINGS = Lab(seed=3, jp=1500, go_jp=330)
CONFIGS = Path(__file__).parents[2] / "configs"
WAIT_S = 20  # far more than anything takes
IMPATIENT_S = 0.5
PUBLIC = ("127.18.0.0/15",)
ADDRESSES = {host: address for address, host, _ in shared_hosts()}
POLICY = "/.well-known/mta-sts.txt"


class Running(NamedTuple):
    smtp_port: int
    https_port: int
    plan: Plan
    log: Path


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    log = tmp_path_factory.mktemp("hosting") / "log"
    with hosting.start(json.dumps(asdict(SETTINGS)), log) as ports:
        yield Running(*ports, plan.plan(SETTINGS), log)


def visits(port: int, wanted: list[tuple[str, str]], reply_s: float = WAIT_S) -> list[Visited]:
    """Visit each (address, name), all at once."""

    async def go() -> list[Visited]:
        how = Visiting("probe.example", WAIT_S, reply_s, WAIT_S, PUBLIC, port)
        return await asyncio.gather(*(visit(*one, how) for one in wanted))

    return asyncio.run(go())


# --- mail -----------------------------------------------------------------------------------------

BEHAVIOUR = {
    "STARTTLS": (Outcome.ENCRYPTED, "handshake"),
    "greeting of several lines": (Outcome.ENCRYPTED, "handshake"),
    "piece by piece": (Outcome.ENCRYPTED, "handshake"),
    "TLS 1.0 only": (Outcome.ENCRYPTED, "handshake"),
    "no STARTTLS": (Outcome.NOT_OFFERED, "ehlo"),
    "STARTTLS overwritten": (Outcome.NOT_OFFERED, "ehlo"),
    "no EHLO": (Outcome.NOT_OFFERED, "ehlo"),
    "STARTTLS not now": (Outcome.STARTTLS_REFUSED, "starttls"),
    "handshake fails": (Outcome.HANDSHAKE_FAILED, "handshake"),
    "clear text behind STARTTLS": (Outcome.INJECTED, "handshake"),
    "too busy": (Outcome.UNAVAILABLE, "banner"),
    "not welcome": (Outcome.TURNED_AWAY, "banner"),
    "closes at once": (Outcome.NO_BANNER, "banner"),
    "says nothing": (Outcome.NO_BANNER, "banner"),
    "says nothing after EHLO": (Outcome.TIMEOUT, "ehlo"),
    "closes after EHLO": (Outcome.DROPPED, "ehlo"),
    "nobody listens": (Outcome.REFUSED, None),
    "a megabyte of greeting": (Outcome.TOO_MUCH, "banner"),
    "a web server": (Outcome.NOT_SMTP, "banner"),
}


def test_every_manner_is_what_a_visit_finds(running: Running) -> None:
    hosts = [host_with(manner) for manner in MANNERS]
    wanted = [(ADDRESSES[host], host) for host in hosts]
    quick = [one for one, manner in zip(wanted, MANNERS, strict=True) if manner not in SLOW]
    slow = [one for one in wanted if one not in quick]
    found = dict(zip(quick, visits(running.smtp_port, quick), strict=True))
    found |= dict(zip(slow, visits(running.smtp_port, slow, IMPATIENT_S), strict=True))
    assert [manner.name for manner in MANNERS] == list(BEHAVIOUR)
    for manner, one in zip(MANNERS, wanted, strict=True):
        seen = found[one]
        assert (seen.outcome, seen.stage) == BEHAVIOUR[manner.name], manner.name
        assert seen.outcome == manner.outcome
        if seen.outcome is Outcome.ENCRYPTED:
            assert seen.tls
            assert (seen.tls.version == "TLSv1") == (manner is manners.OLD_TLS)
            assert seen.tls.version == manner.newest


@pytest.mark.parametrize("kind", Kind)
def test_every_certificate_is_shown(running: Running, kind: Kind) -> None:
    host = host_showing(kind)
    (seen,) = visits(running.smtp_port, [(ADDRESSES[host], host)])
    assert seen.tls
    assert seen.tls.chain == shown(kind, host).chain


def test_the_name_decides_which_certificate(running: Running) -> None:
    first, second = "mx1.one-address-hosts.example", "mx2.one-address-hosts.example"
    address = ADDRESSES[first]
    names = (first, second, "mx9.other.example", "")
    for name, seen in zip(
        names, visits(running.smtp_port, [(address, name) for name in names]), strict=True
    ):
        assert seen.tls
        expected = name if name in (first, second) else first
        assert seen.tls.chain == shown(Kind.GOOD, expected).chain


def test_a_certificate_is_for_all_hosts_at_its_address(running: Running) -> None:
    host, alias = "mx1.dane-hosts.example", "mx1.moved-hosts.example"
    assert ADDRESSES[host] == ADDRESSES[alias]
    (seen,) = visits(running.smtp_port, [(ADDRESSES[host], host)])
    assert seen.tls
    assert seen.tls.chain == shown(Kind.GOOD, host, alias).chain


def test_own_hosts_are_what_the_plan_says(running: Running) -> None:
    posts = places_of(running.plan, web=False).mail
    wanted = [(address, post.host) for address, post in posts.items() if post.manner not in SLOW]
    for at in range(0, len(wanted), 100):
        some = wanted[at : at + 100]
        for (address, host), seen in zip(some, visits(running.smtp_port, some), strict=True):
            post = posts[address]
            assert seen.outcome == post.manner.outcome, (host, post.manner.name)
            if seen.tls:
                kind, beside = post.certificates[host]
                assert seen.tls.chain == shown(kind, host, *beside).chain
    kinds = {kind for post in posts.values() for kind, _ in post.certificates.values()}
    assert kinds == set(Kind)


def test_every_host_of_the_tables_has_a_server() -> None:
    unvisited = {
        *("mx1.bare-hosts.example", "mx2.bare-hosts.example", "mx.gone-hosts.example"),
        *("mx1.inner-hosts.example", "mx2.inner-hosts.example", "mx3.inner-hosts.example"),
        *("203.0.113.25", "localhost", "mail", "mx1.outage-hosts.example", "."),
        "mx3.deaf-hosts.example",
    }
    named = {host for kind in HOSTS for _, host in kind.mx if "{d}" not in host}
    assert named - set(ADDRESSES) == unvisited


# --- the web --------------------------------------------------------------------------------------


class Fetched(NamedTuple):
    """What a plain client of TLS gets: what went wrong, or the octets."""

    wrong: str
    octets: bytes = b""

    @property
    def status(self) -> int:
        return int(self.octets.split(b" ")[1])

    @property
    def body(self) -> bytes:
        return self.octets.partition(b"\r\n\r\n")[2]


def fetched(address: str, port: int, host: str, path: str = POLICY, method: str = "GET") -> Fetched:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=ROOT)
    try:
        stream = socket.create_connection((address, port), WAIT_S)
    except ConnectionRefusedError:
        return Fetched("refused")
    with stream:
        stream.settimeout(IMPATIENT_S)
        try:
            tls = context.wrap_socket(stream, server_hostname=host)
        except ssl.SSLCertVerificationError as fault:
            return Fetched(fault.verify_message)
        except ssl.SSLError as fault:
            return Fetched(fault.reason or "")
        except TimeoutError:
            return Fetched("silence")
        with tls:
            tls.settimeout(WAIT_S)
            tls.sendall(f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            octets = bytearray()
            with suppress(ssl.SSLError):
                while more := tls.recv(1 << 16):
                    octets += more
            return Fetched("", bytes(octets))


def policies(running: Running) -> Iterator[tuple[Way, str, str | None]]:
    """The ways of the domains' policies, the policy's host, and its address; None: it has none."""
    for row in running.plan.rows:
        way = row.ways.get("mtasts")
        if way and way.https:
            host = f"mta-sts.{row.domain}"
            yield way, host, web_hosts(row).get(host)


def policy(running: Running, name: str) -> tuple[str, str]:
    """The host of the first policy of a way, and its address."""
    for way, host, address in policies(running):
        if way.name == name and address:
            return host, address
    raise AssertionError(name)


WRONG_CERTIFICATE = {
    "Hostname mismatch, certificate is not valid for '…'.",
    "certificate has expired",
    "self-signed certificate",
    "unable to get local issuer certificate",
}


def test_every_url_brings_what_is_planned(running: Running) -> None:
    met: Counter[str] = Counter()
    words = set()
    for row in running.plan.rows:
        hosts = web_hosts(row)
        for url, brings in records.fetched(row).items():
            host, path = url.removeprefix("https://").split("/", 1)
            met[brings if isinstance(brings, str) else "answer"] += 1
            if brings == "NO_HOST":
                assert host not in hosts
                continue
            found = fetched(hosts[host], running.https_port, host, f"/{path}")
            if brings == "CERTIFICATE":
                words.add(found.wrong.replace(host, "…"))
            elif isinstance(brings, str):
                assert as_word(found) == brings, url
            else:
                assert as_word(found) == "answer"
                head = found.octets.partition(b"\r\n\r\n")[0].decode()
                assert found.status == brings["status"]
                assert found.body == brings["body"].encode()
                assert f"\r\nContent-Type: {brings['content_type']}\r\n" in head
                assert f"\r\nContent-Length: {len(found.body)}\r\n" in head
    assert words == WRONG_CERTIFICATE
    assert set(met) == {*FAILED, "answer"}
    assert met["answer"] > 60


def as_word(found: Fetched) -> str:
    """The word of a zone file's "https" that would bring this; "answer": a whole one."""
    wrong = {"silence": "TIMEOUT", "SSLV3_ALERT_HANDSHAKE_FAILURE": "TLS_ERROR"}
    if found.wrong:
        return wrong.get(found.wrong, found.wrong.upper())
    if not found.octets.startswith(b"HTTP/1.1 "):
        return "NOT_HTTP"
    length = re.search(rb"\r\nContent-Length: ([0-9]+)\r\n", found.octets)
    if length is None:
        return "TOO_MUCH" if len(found.body) == ENDLESS else "?"
    return "answer" if int(length[1]) == len(found.body) else "DROPPED"


def test_a_policy_is_read_octet_for_octet(running: Running) -> None:
    host, address = policy(running, "mode none")
    found = fetched(address, running.https_port, host)
    assert found.body == b"version: STSv1\r\nmode: none\r\nmax_age: 604800\r\n"
    assert fetched(address, running.https_port, host, "/").status == 404
    assert fetched(address, running.https_port, host, POLICY, "POST").status == 405


def test_a_redirect_leads_to_nothing(running: Running) -> None:
    host, address = policy(running, "redirect")
    found = fetched(address, running.https_port, host)
    assert f"Location: https://{host}/elsewhere\r\n".encode() in found.octets
    assert fetched(address, running.https_port, host, "/elsewhere").status == 404


# --- the log --------------------------------------------------------------------------------------


def events(log: Path) -> list[list[str]]:
    return [line.split("\t") for line in log.read_text(encoding="ascii").splitlines()]


def most_at_once(log: Path) -> dict[str, int]:
    """Address → the most connections that were open there at once, by the log."""
    now: dict[str, int] = {}
    most: dict[str, int] = {}
    for _, word, _, address, _, _ in events(log):
        now[address] = now.get(address, 0) + {"open": 1, "close": -1}.get(word, 0)
        assert now[address] >= 0
        most[address] = max(most.get(address, 0), now[address])
    return most


def logged(log: Path, rounds: list[list[tuple[str, str]]]) -> list[list[str]]:
    """What is told of visits to (address, name), those of a round all at once."""
    with hosting.start(json.dumps(asdict(Lab(seed=3, jp=40, go_jp=0))), log) as ports:
        for wanted in rounds:
            visits(ports.smtp_port, wanted)
    return events(log)


def test_every_connection_is_told_from_begin_to_end(tmp_path: Path) -> None:
    one = ADDRESSES[host_with(manners.GOOD)], host_with(manners.GOOD)
    other = ADDRESSES[host_with(manners.DROPS)], host_with(manners.DROPS)
    told = logged(tmp_path / "log", [[one]] * 20 + [[other]] * 20 + [[one, other]] * 20)
    assert len(told) == 40 * 3 + 40 * 2  # whoever drops the connection has seen no name
    assert [float(row[0]) for row in told] == sorted(float(row[0]) for row in told)
    port = told[0][4]
    assert [row[1:] for row in told[:3]] == [
        ["open", "smtp", one[0], port, ""],
        ["say", "smtp", one[0], port, one[1]],
        ["close", "smtp", one[0], port, ""],
    ]
    assert most_at_once(tmp_path / "log") == {one[0]: 1, other[0]: 1}


def test_two_connections_at_once_are_seen(tmp_path: Path) -> None:
    address, host = ADDRESSES[host_with(manners.MUTE)], host_with(manners.MUTE)
    log = tmp_path / "log"
    with hosting.start(json.dumps(asdict(Lab(seed=3, jp=40, go_jp=0))), log) as ports:
        visits(ports.smtp_port, [(address, host)] * 2, IMPATIENT_S)
    assert most_at_once(log) == {address: 2}


def test_what_clients_say_cannot_break_a_line(tmp_path: Path) -> None:
    address = ADDRESSES[host_with(manners.GOOD)]
    told = logged(tmp_path / "log", [[(address, "a\tb.example")]])
    assert told[1][1:] == ["say", "smtp", address, told[1][4], "a?b.example"]


def test_paths_are_told(running: Running) -> None:
    host, address = policy(running, "enforce")
    log = running.log.with_name("paths")
    with hosting.start(json.dumps(asdict(SETTINGS)), log, mail=False) as ports:
        assert ports.smtp_port == 0
        assert fetched(address, ports.https_port, host).status == 200
    told = [row[1:4] + row[5:] for row in events(log)]
    assert told == [
        ["open", "https", address, ""],
        ["say", "https", address, host],
        ["say", "https", address, POLICY],
        ["close", "https", address, ""],
    ]


# --- starting and ending --------------------------------------------------------------------------


def test_the_default_study_can_be_served() -> None:
    lab = load_study(CONFIGS / "lab.toml").lab
    assert lab
    places = places_of(plan.plan(lab))
    assert len(places.mail) > 4000
    with hosting.start(json.dumps(asdict(lab))) as ports:
        wanted = [(ADDRESSES[host], host) for host in hosting.CANARY]
        (seen,) = visits(ports.smtp_port, wanted)
        assert seen.outcome is Outcome.ENCRYPTED


def test_every_address_is_loopback_and_has_one_domain() -> None:
    planned = plan.plan(SETTINGS)
    places = places_of(planned)
    for address in (*places.mail, *places.web):
        assert address.startswith(("127.18.", "127.19."))
    own = [
        {name.removeprefix("mx1.") for name in post.certificates}
        for address, post in places.mail.items()
        if address.startswith("127.18.")
    ]
    assert own
    assert {len(domains) for domains in own} == {1}


def test_more_domains_than_addresses() -> None:
    planned = plan.plan(Lab(seed=1, jp=30, go_jp=0))
    many = Plan(planned.settings, [*planned.rows] * (POOL // len(planned.rows) + 1))
    with pytest.raises(LabError, match=r"allowed: at most 65,536, or .*skip") as caught:
        places_of(many)
    assert "\n" not in str(caught.value)
    assert places_of(many, mail=False).mail == {}


def test_more_files_than_the_system_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    set_to: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (1024, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda kind, limits: set_to.append(limits))
    serving.allow(1000)
    assert set_to == []
    serving.allow(4096)
    assert set_to == [(4096, 4096)]
    with pytest.raises(LabError, match=r"5,000 open files.* 4,096; allowed:") as caught:
        serving.allow(5000)
    assert "\n" not in str(caught.value)


def test_what_keeps_it_from_starting_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(LabError, match=r"did not start: .*allowed: a file that can be written"),
        hosting.start(json.dumps(asdict(Lab(jp=3, go_jp=0))), tmp_path / "no" / "log"),
    ):
        pass


PARENT = """
import sys
from pipeline.lab import hosting
with hosting.start(sys.argv[1]) as ports:
    print(ports.smtp_port, flush=True)
    sys.stdin.read()
"""


def test_the_servers_die_with_a_parent_that_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, json.dumps(asdict(Lab(seed=3, jp=40, go_jp=0)))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert parent.stdout
        port = int(parent.stdout.readline())
        address = ADDRESSES[host_with(manners.GOOD)]
        with socket.create_connection((address, port), WAIT_S) as stream:
            stream.settimeout(WAIT_S)
            assert stream.recv(1 << 10).startswith(b"220 ")
            os.kill(parent.pid, signal.SIGKILL)
            parent.wait(WAIT_S)
            with suppress(ConnectionResetError):
                assert stream.recv(1) == b""  # blocks until the servers have closed it
    finally:
        parent.kill()
        parent.communicate()


def test_nothing_is_served_where_nothing_is_planned() -> None:
    places = places_of(Plan(Lab(jp=0, go_jp=0), []))
    assert isinstance(places, Places)
    assert places.web == {}
    assert set(places.mail) == set(ADDRESSES.values()) | {
        address for address, _, _ in shared_hosts()
    }
