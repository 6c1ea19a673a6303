"""Everything that is in the zones, asked through a real resolver: record by record the same."""

from collections import Counter

import pytest

from pipeline.ask.dns import cares, wire
from pipeline.words import Outcome, QType

from .asking import ASKABLE, as_cares_sees_it, ask, differs
from .conftest import Servers
from .truth import NOERROR, NXDOMAIN, SERVFAIL

pytestmark = pytest.mark.real

OF_EVERY_NAME = (QType.TXT, QType.MX, QType.A, QType.AAAA, QType.CNAME, QType.NS, QType.SOA)


def all_questions(servers: Servers) -> list[tuple[str, int, bool]]:
    """Each owner's own types, those that every name is asked for, and names that are not there."""
    questions = []
    for owner, types in servers.zones.owners.items():
        name = owner.removesuffix(".")
        asked = {*OF_EVERY_NAME, *(QType[rtype] for rtype in types)}
        questions += [(name, int(qtype), False) for qtype in sorted(asked)]
        questions.append((f"_dmarc.{name}", int(QType.TXT), False))
        questions.append((f"not-there.{name}", int(QType.A), False))
    return questions


def test_what_was_left_out_is_counted(servers):
    """Every row is served or has its reason. The figures are those of the records."""
    assert servers.zones.skipped == {
        "no DNS type": 60,  # ALIAS
        "where a name server is": 10,  # replaced by the address on loopback
        "DS without a delegation": 6,
        "second CNAME": 1,  # api.code.gov
        "beside a CNAME": 1,  # _acme-challenge.pra.digital.gov
    }
    assert servers.zones.rows + servers.zones.skipped.total() == 15_625


def test_wire_brings_what_the_zones_say(servers):
    questions = all_questions(servers)
    came = ask(wire.ask, servers.resolver, questions)
    expected = [servers.truth.say(name, qtype) for name, qtype, _ in questions]
    wrong = {
        question: difference
        for question, received, said in zip(questions, came, expected, strict=True)
        if (difference := differs(received, said))
    }
    assert not wrong
    # Nothing was proved if nearly all were of one kind.
    rcodes = Counter(said.rcode for said in expected)
    assert rcodes[NOERROR] > 20_000
    assert rcodes[NXDOMAIN] > 10_000
    assert rcodes[SERVFAIL] > 10


def test_cares_brings_what_the_zones_say(servers):
    questions = all_questions(servers)
    came = ask(cares.ask, servers.resolver, questions)
    wrong = {}
    for (name, qtype, _), received in zip(questions, came, strict=True):
        if qtype == QType.DS or not ASKABLE.fullmatch(name):
            assert received is Outcome.NOT_ASKED
        elif difference := differs(received, as_cares_sees_it(servers.truth.say(name, qtype))):
            wrong[name, qtype] = difference
    assert not wrong
