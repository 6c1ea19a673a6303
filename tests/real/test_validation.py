"""Secure, insecure and bogus, as a real validator tells them apart and as we read it."""

import asyncio
from collections.abc import Iterator

import pytest

from pipeline import bench, message
from pipeline.ask.dns import wire
from pipeline.ask.dns.examine import examine
from pipeline.config import Asking, Resolver
from pipeline.words import QType

from .asking import ask
from .truth import NOERROR, NXDOMAIN, SERVFAIL
from .zones import FORGED, SERVER

pytestmark = pytest.mark.real

SIGNED, UNSIGNED = "justice.gov.uk", "is-a.dev"
DNSSEC_BOGUS = 6  # RFC 8914 §4.7


def read(servers, name: str, qtype: QType, cd: bool = False) -> message.Message:
    """One question by wire."""
    return message.decode(ask(wire.ask, servers.resolver, [(name, int(qtype), cd)])[0])


@pytest.mark.parametrize(
    ("name", "qtype", "rcode", "is_secure"),
    [
        (SIGNED, QType.SOA, NOERROR, True),
        (SIGNED, QType.DS, NOERROR, True),
        (SIGNED, QType.DNSKEY, NOERROR, True),
        (SIGNED, QType.SMIMEA, NOERROR, True),
        ("not-there." + SIGNED, QType.TXT, NXDOMAIN, True),
        ("not-there.uk", QType.TXT, NXDOMAIN, True),
        (UNSIGNED, QType.SOA, NOERROR, False),
        ("not-there." + UNSIGNED, QType.TXT, NXDOMAIN, False),
    ],
)
def test_the_ad_flag_says_secure_or_insecure(servers, name, qtype, rcode, is_secure):
    came = read(servers, name, qtype)
    assert came.rcode == rcode
    assert bool(came.flags & message.AD) is is_secure


@pytest.mark.parametrize("qtype", [QType.SOA, QType.TXT, QType.MX])
def test_forged_is_a_failure_with_its_reason_and_readable_with_cd(servers, qtype):
    name = FORGED.removesuffix(".")
    bogus = read(servers, name, qtype)
    assert (bogus.rcode, bogus.ede, bogus.rrs) == (SERVFAIL, DNSSEC_BOGUS, ())
    unchecked = read(servers, name, qtype, cd=True)
    assert unchecked.rcode == NOERROR
    assert any(rr.type == qtype for rr in unchecked.rrs)
    assert not unchecked.flags & message.AD


def test_the_resolver_is_seen_to_validate(servers):
    resolver = Resolver(
        addresses=(servers.resolver,),
        signed=SIGNED,
        forged=FORGED.removesuffix("."),
        unsigned=UNSIGNED,
    )
    (found,) = asyncio.run(examine(resolver, Asking(timeout_s=10.0)))
    assert found.answers
    assert found.validates
    assert found.ad_trusted
    assert "unbound" in (found.software or "").lower()


# --- the talk's table: what each kind of resolver returns for each kind of domain -----------------


@pytest.fixture(scope="module")
def unvalidating(servers, tmp_path_factory) -> Iterator[str]:
    """A second Unbound before the same zones, which does not validate."""
    folder, listening = tmp_path_factory.mktemp("iterator"), f"127.0.0.1:{bench.free_port()}"
    (authority,) = [
        ".".join(map(str, rr.rdata))
        for rr in read(servers, SERVER.removesuffix("."), QType.A).rrs
        if rr.type == QType.A
    ]
    with bench.unbound(folder, listening, authority):
        yield listening


@pytest.mark.parametrize(
    ("name", "rcode", "ad", "is_answered"),
    [
        (UNSIGNED, NOERROR, False, True),
        (SIGNED, NOERROR, True, True),
        (FORGED.removesuffix("."), SERVFAIL, False, False),  # RFC 4035 §5.5
    ],
)
def test_what_a_domain_looks_like_with_and_without_validation(
    servers, unvalidating, name, rcode, ad, is_answered
):
    """Validating: as parametrized. With CD=1, and by who does not validate: an answer to all."""
    plain = read(servers, name, QType.SOA)
    assert (plain.rcode, bool(plain.flags & message.AD)) == (rcode, ad)
    assert has_soa(plain) is is_answered
    unchecked = read(servers, name, QType.SOA, cd=True)
    assert (unchecked.rcode, has_soa(unchecked)) == (NOERROR, True)
    (received,) = ask(wire.ask, unvalidating, [(name, int(QType.SOA), False)])
    without = message.decode(received)
    assert (without.rcode, has_soa(without)) == (NOERROR, True)
    assert not without.flags & message.AD


def has_soa(read_message: message.Message) -> bool:
    """Is the SOA that was asked for in the answer?"""
    return any(rr.type == QType.SOA and rr.section == message.ANSWER for rr in read_message.rrs)


def test_the_other_resolver_is_seen_not_to_validate(unvalidating):
    resolver = Resolver(
        addresses=(unvalidating,),
        signed=SIGNED,
        forged=FORGED.removesuffix("."),
        unsigned=UNSIGNED,
    )
    (found,) = asyncio.run(examine(resolver, Asking(timeout_s=10.0)))
    assert found.answers
    assert not found.validates
    assert not found.ad_trusted
