"""What is found out about resolvers that behave in every way they may."""

import asyncio
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from pipeline.ask.dns.examine import Examination, examine, is_loopback, software
from pipeline.config import Asking, Resolver
from pipeline.message import RR, Message

NAMES = {"signed": "signed.jp", "forged": "forged.jp", "unsigned": "plain.jp"}
VALIDATING = {
    "signed.jp.": ("NOERROR", True),
    "forged.jp.": ("SERVFAIL", False),
    "forged.jp. CD": ("NOERROR", False),
    "plain.jp.": ("NOERROR", False),
}
SILENT = None


class Answers(asyncio.DatagramProtocol):
    """Answers by name (and " CD"): rcode and AD; None: silence. The rest is NXDOMAIN."""

    def __init__(self, table: dict[str, tuple[str, bool] | None], version: str | None):
        self.table, self.version = table, version

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, packet: bytes, peer: Any) -> None:
        query = dns.message.from_wire(packet)
        asked = query.question[0]
        key = asked.name.to_text() + (" CD" if query.flags & dns.flags.CD else "")
        does = self.table.get(key, self.table.get("*", ("NXDOMAIN", False)))
        built = dns.message.make_response(query)
        if key == "version.bind." and self.version is not None:
            built.answer.append(dns.rrset.from_text(asked.name, 0, "CH", "TXT", self.version))
        elif does is SILENT:
            return
        else:
            built.set_rcode(dns.rcode.from_text(does[0]))
            built.flags |= dns.flags.AD if does[1] else 0
        self.transport.sendto(built.to_wire(), peer)


def examined(
    table: dict[str, tuple[str, bool] | None], version: str | None = None, **resolver: Any
) -> Examination:
    """Examine one resolver on loopback that behaves so."""

    async def play() -> Examination:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: Answers(table, version), local_addr=("127.0.0.1", 0)
        )
        address = "127.0.0.1:{}".format(transport.get_extra_info("sockname")[1])
        asking = Asking(timeout_s=0.05, tries=1, sockets=1)
        (one,) = await examine(Resolver(addresses=(address,), **resolver), asking)
        transport.close()
        return one

    return asyncio.run(play())


def test_a_validating_resolver_on_loopback_is_trusted() -> None:
    one = examined(VALIDATING, '"unbound 1.17.1"', **NAMES)
    assert (one.answers, one.validates, one.ad_trusted) == (True, True, True)
    assert one.software == "unbound 1.17.1"
    assert one.why == "it validates"


@pytest.mark.parametrize(
    ("change", "validates", "why"),
    [
        ({"signed.jp.": ("NOERROR", False)}, False, "no AD for signed.jp"),
        ({"signed.jp.": ("SERVFAIL", False)}, None, "no answer for signed.jp"),
        ({"signed.jp.": SILENT}, None, "no answer for signed.jp"),
        ({"forged.jp.": ("NOERROR", False)}, False, "believes forged.jp"),
        ({"forged.jp.": ("NOERROR", True)}, False, "believes forged.jp"),
        ({"forged.jp. CD": ("SERVFAIL", False)}, None, "forged.jp"),  # it is down, not forged
        ({"forged.jp. CD": SILENT}, None, "forged.jp"),
        ({"forged.jp.": SILENT}, None, "forged.jp"),
        ({"forged.jp.": ("REFUSED", False)}, None, "forged.jp"),
        ({"plain.jp.": ("NOERROR", True)}, False, "AD for plain.jp"),
        ({"plain.jp.": SILENT}, None, "no answer for plain.jp"),
        # One plain "no" decides, whatever else could not be seen.
        ({"signed.jp.": SILENT, "plain.jp.": ("NOERROR", True)}, False, "AD for plain.jp"),
    ],
)
def test_whether_it_validates(change: Any, validates: bool | None, why: str) -> None:
    one = examined(VALIDATING | change, **NAMES)
    assert (one.answers, one.validates, one.ad_trusted) == (True, validates, False)
    assert why in one.why


def test_trust_does_not_replace_the_check() -> None:
    one = examined(VALIDATING | {"plain.jp.": ("NOERROR", True)}, **NAMES, trusted=True)
    assert not one.ad_trusted


@pytest.mark.parametrize("trusted", [False, True])
def test_beyond_loopback_the_study_must_say_so(
    trusted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.ask.dns.examine.is_loopback", lambda address: False)
    one = examined(VALIDATING, **NAMES, trusted=trusted)
    assert (one.validates, one.ad_trusted) == (True, trusted)
    assert ("not trusted" in one.why) is not trusted


def test_without_names_nothing_is_known() -> None:
    one = examined(VALIDATING, signed="signed.jp", forged="forged.jp")
    assert (one.answers, one.validates, one.ad_trusted) == (True, None, False)


@pytest.mark.parametrize("rcode", ["NXDOMAIN", "SERVFAIL"])
def test_any_answer_but_a_refusal_is_one(rcode: str) -> None:
    assert examined({"*": (rcode, False)}).answers


def test_a_resolver_that_refuses_everything_does_not_answer() -> None:
    one = examined({"*": ("REFUSED", False)}, **NAMES)
    assert (one.answers, one.why) == (False, "refuses every question")


def test_silence() -> None:
    one = examined({"*": SILENT}, **NAMES)
    assert (one.answers, one.software, one.validates) == (False, None, None)


def test_every_address_is_examined_and_none_raises() -> None:
    resolver = Resolver(addresses=("127.0.0.1:1", "no address:53", "127.0.0.1:x"))
    found = asyncio.run(examine(resolver, Asking(timeout_s=0.02, tries=1)))
    assert [one.address for one in found] == list(resolver.addresses)
    assert not any(one.answers for one in found)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"\x05a\x1b[2J", "a?[2J"),  # an escape sequence would reach the terminal
        (b"\x03a\nb", "a?b"),
        (b"\x02\xff\xfe", "\ufffd\ufffd"),
        (b"\xff" + b"x" * 255, "x" * 100),
        (b"\x00", None),
    ],
)
def test_what_software_calls_itself_is_made_harmless(text: bytes, shown: str | None) -> None:
    said = Message(0, 0, 0, None, (RR(1, "version.bind", 16, 0, text),), None, "")
    assert software({0: said}) == shown


@pytest.mark.parametrize(
    ("address", "is_local"),
    [("127.0.0.1:53", True), ("127.9.9.9:53", True), ("[::1]:53", True), ("192.0.2.1:53", False),
     ("[2001:db8::1]:53", False)],
)  # fmt: skip
def test_loopback(address: str, is_local: bool) -> None:
    assert is_loopback(address) is is_local
