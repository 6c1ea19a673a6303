"""A run's messages come back: facts written by hand here, read by dnspython there."""

import json

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.lab.answering import LabError
from pipeline.lab.replay import Replay
from pipeline.lab.server import start
from pipeline.schema import FACTS, arrow_schema
from pipeline.words import Outcome

TXT = dns.rdatatype.TXT


def message(name, text):
    """A resolver's answer, with an id and an OPT of its own."""
    asked = dns.message.make_query(name, "TXT", use_edns=0, id=4242)
    answer = dns.message.make_response(asked, recursion_available=True)
    answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", f'"{text}"'))
    return answer.to_wire()


def fact(name, outcome, **more):
    given = {"name": name, "qtype": int(TXT), "cd": False, "purpose": "survey", **more}
    return {"outcome": outcome.value, **given}


FIRST = [
    fact("a.jp", Outcome.ANSWERED, rcode=0, message=message("a.jp", "kept")),
    fact("a.jp", Outcome.ANSWERED, cd=True, rcode=0, message=message("a.jp", "unchecked")),
    fact("a.jp", Outcome.ANSWERED, purpose="audit", rcode=0, message=message("a.jp", "audit")),
    fact("slow.jp", Outcome.TIMEOUT),
]
SECOND = [
    fact("servfail.jp", Outcome.SERVER_FAILURE),
    fact("refused.jp", Outcome.REFUSED),
    fact("gone.jp", Outcome.NO_NAME),
    fact("other.jp", Outcome.OTHER_RCODE, rcode=4),
    fact("limit.jp", Outcome.NOT_ASKED),
    fact("odd.jp", Outcome.MALFORMED, message=b"\0\0odd"),
]


MANIFEST = {
    "resolvers": [{"address": "127.0.0.1:53", "validates": True}],
    "settings": {"resolver": {"signed": "s.jp", "forged": "f.jp", "unsigned": "u.jp"}},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    (folder / "facts").mkdir()
    for number, rows in enumerate((FIRST, SECOND)):
        table = pa.Table.from_pylist(rows, schema=arrow_schema(FACTS))
        pq.write_table(table, folder / f"facts/{number}.parquet")
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    return folder


@pytest.fixture(scope="module")
def replay(run):
    return Replay.load(run)


def test_kept_messages_come_back_as_they_were(replay):
    assert replay.answer("a.jp", TXT, False) == message("a.jp", "kept")
    assert replay.answer("a.jp", TXT, True) == message("a.jp", "unchecked")
    assert replay.answer("odd.jp", TXT, False) == b"\0\0odd"


@pytest.mark.parametrize(
    ("name", "rcode"),
    [
        ("servfail.jp", dns.rcode.SERVFAIL),
        ("refused.jp", dns.rcode.REFUSED),
        ("gone.jp", dns.rcode.NXDOMAIN),
        ("other.jp", dns.rcode.NOTIMP),
        ("limit.jp", dns.rcode.REFUSED),
        ("never.asked.jp", dns.rcode.REFUSED),
    ],
)
def test_an_outcome_without_a_message_is_its_rcode(replay, name, rcode):
    answer = dns.message.from_wire(replay.answer(name, TXT, False))
    assert (answer.rcode(), answer.question[0].name.to_text(True)) == (rcode, name)


@pytest.mark.parametrize(
    ("name", "cd", "rcode", "has_ad"),
    [
        (".", False, dns.rcode.NOERROR, False),
        ("s.jp", False, dns.rcode.NOERROR, True),
        ("f.jp", False, dns.rcode.SERVFAIL, False),
        ("f.jp", True, dns.rcode.NOERROR, False),
        ("u.jp", False, dns.rcode.NOERROR, False),
    ],
)
def test_a_validating_resolver_is_examined_with_the_same_result(replay, name, cd, rcode, has_ad):
    answer = dns.message.from_wire(replay.answer(name, dns.rdatatype.SOA, cd))
    assert (answer.rcode(), bool(answer.flags & dns.flags.AD)) == (rcode, has_ad)


def test_silence_comes_back_as_silence(replay):
    assert replay.answer("slow.jp", TXT, False) is None


def test_another_type_or_cd_was_not_asked(replay):
    for qtype, cd in ((dns.rdatatype.MX, False), (TXT, True)):
        answer = dns.message.from_wire(replay.answer("slow.jp", qtype, cd))
        assert answer.rcode() == dns.rcode.REFUSED


def test_a_run_is_served(run):
    with start(f"replay:{run}") as address:
        host, port = address.split(":")
        asked = dns.message.make_query("A.jp", "TXT", use_edns=False)
        answer = dns.query.udp(asked, host, port=int(port), timeout=20)
        assert answer.answer[0][0].strings == (b"kept",)
        assert answer.edns == -1


def test_what_is_no_run_is_one_line(tmp_path):
    with pytest.raises(LabError, match="holds no facts"):
        Replay.load(tmp_path)
    (tmp_path / "facts").mkdir()
    for octets in (b"", b"no parquet at all"):
        (tmp_path / "facts/1.parquet").write_bytes(octets)
        with pytest.raises(LabError, match=r"1\.parquet: .*allowed"):
            Replay.load(tmp_path)
    pq.write_table(pa.table({"name": ["a.jp"]}), tmp_path / "facts/1.parquet")
    with pytest.raises(LabError, match=r"1\.parquet: .*allowed"):
        Replay.load(tmp_path)
