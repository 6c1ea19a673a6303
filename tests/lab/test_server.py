"""The lab's server, with dnspython as its client and as the reader of its packets."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from contextlib import suppress

import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lab.answering import LabError, Responder, finished, read
from pipeline.lab.misbehaviour import Fault, Misbehaviour
from pipeline.lab.server import resolve, serve, start
from pipeline.lab.zone import Zone, ZoneError

WAIT_S = 20  # far more than any answer takes
DATA = {
    "zone": {
        "a.jp": {"TXT": [["v=spf1 -all"]], "MX": [[10, "mx.a.jp"]]},
        "big.jp": {"TXT": [["x" * 255] * 6]},
        "middle.jp": {"TXT": [["x" * 255] * 3]},
        "silent.jp": {"*": "TIMEOUT"},
        "bad.jp": {"TXT": [["x"]]},
    },
    "dnssec": {"a.jp": "secure", "bad.jp": "bogus"},
}
ZONE = Zone.from_json(DATA)


@pytest.fixture(scope="module")
def zone_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("zone") / "zone.json"
    path.write_text(json.dumps(DATA))
    return path


@pytest.fixture(scope="module")
def server(zone_file):
    with start(f"zone:{zone_file}") as address:
        yield address


def place(address):
    host, _, port = address.rpartition(":")
    return {"where": host.strip("[]"), "port": int(port), "timeout": WAIT_S}


def query(name="a.jp", qtype="TXT", **options):
    return dns.message.make_query(name, qtype, **options)


def udp(responder, message):
    """What a responder sends back for a message, and how late."""
    reply, delay = responder.over_udp(message.to_wire())
    return (None if reply is None else dns.message.from_wire(reply)), delay


# --- over the network ----------------------------------------------------------------------------


@pytest.mark.parametrize("transport", [dns.query.udp, dns.query.tcp])
def test_an_answer_is_the_zones(server, transport):
    asked = query()
    message = transport(asked, **place(server))
    assert message.id == asked.id
    assert message.answer[0].to_text() == 'a.jp. 3600 IN TXT "v=spf1 -all"'
    assert message.flags & dns.flags.RA


def test_a_truncated_answer_is_whole_over_tcp(server):
    asked = query("big.jp", use_edns=0, payload=1232)
    short = dns.query.udp(asked, **place(server))
    assert short.flags & dns.flags.TC
    assert not short.answer
    whole = dns.query.tcp(asked, **place(server))
    assert whole.answer[0][0].strings == (b"x" * 255,) * 6


@pytest.mark.parametrize(
    ("payload", "is_cut"), [(None, True), (512, True), (700, True), (1232, False), (4096, False)]
)
def test_the_clients_size_decides_what_is_cut(server, payload, is_cut):
    options = {"use_edns": False} if payload is None else {"use_edns": 0, "payload": payload}
    message = dns.query.udp(query("middle.jp", **options), **place(server))
    assert bool(message.flags & dns.flags.TC) == is_cut
    assert message.edns == (-1 if payload is None else 0)
    assert bool(message.answer) != is_cut


def test_many_questions_over_one_connection(server):
    where = place(server)
    with socket.create_connection((where["where"], where["port"]), WAIT_S) as stream:
        asked = [query("a.jp", qtype) for qtype in ("TXT", "MX", "A")]
        packets = b"".join(len(one.to_wire()).to_bytes(2, "big") + one.to_wire() for one in asked)
        for at in range(0, len(packets), 7):  # cut anywhere
            stream.sendall(packets[at : at + 7])
        for one in asked:
            assert dns.query.receive_tcp(stream)[0].is_response(one) is not None
        stream.shutdown(socket.SHUT_WR)
        assert stream.recv(1) == b""


def test_over_ipv6(zone_file):
    with start(f"zone:{zone_file}", host="::1") as address:
        assert address.startswith("[::1]:")
        assert dns.query.udp(query(), **place(address)).answer


def test_only_loopback(zone_file):
    for host in ("0.0.0.0", "192.0.2.1", "::", "localhost.example", ""):
        with pytest.raises(LabError, match="loopback"):
            serve(f"zone:{zone_file}", host=host)


def test_a_port_that_is_taken_is_said(zone_file, server):
    taken = place(server)["port"]
    with (
        pytest.raises(LabError, match=f"port {taken}.*free port"),
        start(f"zone:{zone_file}", port=taken),
    ):
        pass


def test_what_keeps_it_from_starting_is_said(tmp_path):
    with (
        pytest.raises(LabError, match=r"none\.json: No such file"),
        start(f"zone:{tmp_path}/none.json"),
    ):
        pass


def test_sources_are_named(zone_file, tmp_path):
    assert resolve(f"zone:{zone_file}").answer("a.jp", dns.rdatatype.MX, False)
    for spec, error in (("tape:x", LabError), ("", LabError), ("zone:", ZoneError)):
        with pytest.raises(error, match="allowed"):
            resolve(spec)
    with pytest.raises(LabError, match="facts"):
        resolve(f"replay:{tmp_path}")


def test_every_question_is_logged_when_the_server_has_ended(zone_file, tmp_path):
    log = tmp_path / "questions.tsv"
    for _ in range(2):  # a second server goes on in the same file
        with start(f"zone:{zone_file}", log=log) as address:
            dns.query.udp(query("A.JP"), **place(address))
            dns.query.tcp(query("silent.b.jp", "MX", flags=dns.flags.CD), **place(address))
    lines = [line.split("\t") for line in log.read_text().splitlines()]
    assert [line[1:] for line in lines] == [
        ["udp", "a.jp", "TXT", "0"],
        ["tcp", "silent.b.jp", "MX", "1"],
    ] * 2
    times = [float(line[0]) for line in lines]
    assert times == sorted(times)


PARENT = """
import sys
from pipeline.lab.server import start
with start(sys.argv[1]) as address:
    print(address, flush=True)
    sys.stdin.read()
"""


def test_the_server_dies_with_a_parent_that_is_killed(zone_file):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, f"zone:{zone_file}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        where = place(parent.stdout.readline().strip())
        with socket.create_connection((where["where"], where["port"]), WAIT_S) as stream:
            stream.settimeout(WAIT_S)
            os.kill(parent.pid, signal.SIGKILL)
            parent.wait(WAIT_S)
            with suppress(ConnectionResetError):
                assert stream.recv(1) == b""  # blocks until the server has closed it
    finally:
        parent.kill()
        parent.communicate()


# --- packets -------------------------------------------------------------------------------------


def test_the_question_comes_back_as_it_was_spelled():
    asked = query("A.jP")
    message, _ = udp(Responder(ZONE), asked)
    assert message.question[0].name.to_text() == "A.jP."
    assert message.answer


def test_the_same_question_in_two_spellings_and_ids():
    responder = Responder(ZONE)
    for name in ("a.jp", "A.jp", "a.jp", "A.jp"):
        asked = query(name)
        message, _ = udp(responder, asked)
        assert (message.id, message.question) == (asked.id, asked.question)


@pytest.mark.parametrize("flags", [0, dns.flags.RD, dns.flags.RD | dns.flags.CD])
def test_rd_and_cd_are_echoed(flags):
    asked = query("bad.jp", flags=flags)
    message, _ = udp(Responder(ZONE), asked)
    assert message.flags & (dns.flags.RD | dns.flags.CD) == flags
    expected = dns.rcode.NOERROR if flags & dns.flags.CD else dns.rcode.SERVFAIL
    assert message.rcode() == expected


@pytest.mark.parametrize(
    ("options", "has_ad"),
    [
        ({}, False),
        ({"flags": dns.flags.RD | dns.flags.AD}, True),
        ({"want_dnssec": True}, True),
        ({"use_edns": 0}, False),
    ],
)
def test_ad_comes_to_those_who_can_read_it(options, has_ad):
    message, _ = udp(Responder(ZONE), query(**options))  # RFC 6840 §5.8
    assert bool(message.flags & dns.flags.AD) == has_ad


def test_an_extended_error_comes_with_edns_alone():
    message, _ = udp(Responder(ZONE), query("bad.jp", use_edns=0))
    assert [int(error.code) for error in message.extended_errors()] == [6]
    message, _ = udp(Responder(ZONE), query("bad.jp", use_edns=False))
    assert (message.edns, message.rcode()) == (-1, dns.rcode.SERVFAIL)


def test_an_unknown_edns_version():
    message, _ = udp(Responder(ZONE), query(use_edns=1))
    assert message.rcode() == dns.rcode.BADVERS  # RFC 6891 §6.1.3


@pytest.mark.parametrize("edns", [False, 0])
def test_what_the_server_calls_itself(edns):
    asked = dns.message.make_query("version.bind", "TXT", "CH", use_edns=edns)
    message, _ = udp(Responder(ZONE), asked)
    assert asked.is_response(message)
    assert message.answer[0][0].strings == (b"mailsurvey-lab",)


def test_other_classes_are_refused():
    message, _ = udp(Responder(ZONE), dns.message.make_query("a.jp", "TXT", "CH"))
    assert message.rcode() == dns.rcode.REFUSED


def test_other_opcodes_are_not_implemented():
    asked = query()
    asked.set_opcode(dns.opcode.NOTIFY)
    message, _ = udp(Responder(ZONE), asked)
    assert (message.id, message.rcode()) == (asked.id, dns.rcode.NOTIMP)
    assert message.opcode() == dns.opcode.NOTIFY


def test_silence_is_silence():
    assert udp(Responder(ZONE), query("silent.jp"))[0] is None
    assert Responder(ZONE).over_tcp(query("silent.jp").to_wire())[0] is None


GOOD = query("a.jp", use_edns=0).to_wire()
IGNORED = [
    b"",
    b"x" * 11,
    GOOD[:2] + b"\x81\x80" + GOOD[4:],  # an answer
    GOOD[:5] + b"\0" + GOOD[6:],  # no question
    GOOD[:5] + b"\2" + GOOD[6:],  # two
    GOOD[:7] + b"\1" + GOOD[8:],  # an answer section
    GOOD[:-1],  # OPT cut short
    GOOD[:14],
    GOOD[:12] + b"\xc0\x04" + GOOD[-15:],  # a pointer into the header
    GOOD[:11] + b"\2" + GOOD[12:] + GOOD[-11:],  # two OPT
]


@pytest.mark.parametrize("packet", IGNORED)
def test_garbage_is_ignored(packet):
    noted = []
    responder = Responder(ZONE, note=lambda *line: noted.append(line))
    assert responder.over_udp(packet) == (None, 0.0)
    assert responder.over_tcp(packet) == (None, 0.0)
    assert noted == []


@given(st.binary(max_size=60), st.integers(0, len(GOOD)), st.integers(0, len(GOOD)))
def test_answering_is_total(noise, start_at, end_at):
    for packet in (noise, GOOD[:start_at] + noise + GOOD[end_at:], GOOD + noise):
        reply, _ = Responder(ZONE).over_udp(packet)
        if reply is not None:
            assert reply[:2] == packet[:2]


def test_an_opt_is_taken_out_from_between_other_records():
    source = dns.message.make_response(query("a.jp", use_edns=0), our_payload=1232)
    source.additional.append(dns.rrset.from_text("mx.a.jp.", 60, "IN", "A", "192.0.2.1"))
    asked = query("a.jp", use_edns=False)
    message = dns.message.from_wire(finished(source.to_wire(), read(asked.to_wire())))
    assert (message.edns, message.additional) == (-1, source.additional)


def test_what_is_no_message_is_sent_as_it_is():
    class Broken:
        def answer(self, name, qtype, cd):
            return b"\0\0broken"

    packet = query().to_wire()
    assert Responder(Broken()).over_udp(packet) == (packet[:2] + b"broken", 0.0)


# --- misbehaviour --------------------------------------------------------------------------------

KINDS = [Fault.LOSS, Fault.SERVFAIL, Fault.REFUSED, Fault.WRONG_ID, Fault.GARBAGE, Fault.TRUNCATION]


def what_happened(responder, asked):
    """Which fault an answer shows, None: none."""
    packet = asked.to_wire()
    reply, _ = responder.over_udp(packet)
    if reply is None:
        return Fault.LOSS
    if reply[:2] != packet[:2]:
        dns.message.from_wire(reply)
        return Fault.WRONG_ID
    try:
        message = dns.message.from_wire(reply)
    except dns.exception.DNSException:
        return Fault.GARBAGE
    if message.flags & dns.flags.TC:
        assert not message.answer
        return Fault.TRUNCATION
    failure = {dns.rcode.SERVFAIL: Fault.SERVFAIL, dns.rcode.REFUSED: Fault.REFUSED}
    assert asked.is_response(message)
    return failure.get(message.rcode())


@pytest.mark.parametrize("kind", KINDS)
def test_every_misbehaviour_always_and_never_else(kind):
    always = Responder(ZONE, Misbehaviour(**{kind.value: 1.0}))
    for name in ("a.jp", "b.jp", "a.jp"):
        assert what_happened(always, query(name)) is kind


@pytest.mark.parametrize("kind", KINDS)
def test_tcp_loses_nothing(kind):
    responder = Responder(ZONE, Misbehaviour(**{kind.value: 1.0}))
    asked = query()
    reply, _ = responder.over_tcp(asked.to_wire())
    message = dns.message.from_wire(reply)
    assert asked.is_response(message)
    failure = {Fault.SERVFAIL: dns.rcode.SERVFAIL, Fault.REFUSED: dns.rcode.REFUSED}
    assert message.rcode() == failure.get(kind, dns.rcode.NOERROR)
    assert bool(message.answer) == (kind not in failure)


def test_shares_are_kept_and_a_seed_is_a_run():
    wrong = Misbehaviour(**dict.fromkeys(KINDS, 0.1), seed=7)
    names = [f"n{number}.jp" for number in range(2000)]
    responder = Responder(ZONE, wrong)
    first = {name: what_happened(responder, query(name)) for name in names}
    counts = Counter(first.values())
    for kind in KINDS:
        assert 140 <= counts[kind] <= 260, counts  # 200 expected; five standard deviations: 67
    again = [what_happened(responder, query(name)) for name in names]
    assert again != list(first.values())  # asking once more is another draw
    backwards = Responder(ZONE, wrong)
    assert {n: what_happened(backwards, query(n.upper())) for n in reversed(names)} == first
    other = Responder(ZONE, Misbehaviour(**dict.fromkeys(KINDS, 0.1), seed=8))
    assert {name: what_happened(other, query(name)) for name in names} != first


def test_an_answer_can_come_late():
    assert udp(Responder(ZONE, Misbehaviour(delay_s=0.25)), query())[1] == 0.25
    assert Responder(ZONE, Misbehaviour(delay_s=0.25)).over_tcp(query().to_wire())[1] == 0.25
    half = Responder(ZONE, Misbehaviour(delay=0.5, delay_s=2.0))
    delays = Counter(udp(half, query(f"n{number}.jp"))[1] for number in range(1000))
    assert set(delays) == {0.0, 2.0}
    assert 400 <= delays[2.0] <= 600


def test_a_late_answer_arrives(zone_file):
    with start(f"zone:{zone_file}", misbehaviour=Misbehaviour(delay_s=0.01)) as address:
        assert dns.query.udp(query(), **place(address)).answer
        assert dns.query.tcp(query(), **place(address)).answer


@pytest.mark.parametrize(
    "shares", [{"loss": 1.1}, {"garbage": -0.1}, {"loss": 0.6, "refused": 0.6}, {"delay_s": 61}]
)
def test_shares_have_bounds(shares):
    with pytest.raises(ValueError, match="allowed"):
        Misbehaviour(**shares)
