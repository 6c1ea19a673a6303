"""Misbehaviour that befalls one kind of question, and no other."""

from itertools import product
from pathlib import Path

import pytest

from pipeline.config import ConfigError, load_study
from pipeline.lab.answering import Responder
from pipeline.lab.misbehaviour import Misbehaviour
from pipeline.lab.zone import Zone
from pipeline.message import response, to_wire
from pipeline.words import QType

ZONE = Zone.from_json({"zone": {"a.jp": {"TXT": [["v=spf1 -all"]]}}})
NAMES = (
    "a.jp", "_dmarc.a.jp", "_mta-sts.a.jp", "mta-sts.a.jp", "_smtp._tls.a.jp", "_tls.a.jp",
    "s1._domainkey.a.jp", "_domainkey.a.jp", "default._bimi.a.jp", "_25._tcp.mx1.a.jp", "x_tcp.jp",
)  # fmt: skip
TYPES = (QType.TXT, QType.MX, QType.TLSA)
SERVFAIL = 2


def packet(name: str, qtype: QType) -> bytes:
    return response(to_wire(name) + int(qtype).to_bytes(2) + b"\0\1", [], flags=0)


def befallen(only: str) -> set[tuple[str, str]]:
    """The questions that fail, over UDP and over TCP alike."""
    failed = []
    for tcp in (False, True):
        responder = Responder(ZONE, Misbehaviour(servfail=1.0, only=only))
        answer = responder.over_tcp if tcp else responder.over_udp
        replies = {
            (name, qtype.name): answer(packet(name, qtype))[0]
            for name, qtype in product(NAMES, TYPES)
        }
        failed.append(
            {one for one, reply in replies.items() if reply and reply[3] & 15 == SERVFAIL}
        )
    assert failed[0] == failed[1]
    return failed[0]


@pytest.mark.parametrize(
    ("only", "names", "types"),
    [
        ("", NAMES, ("TXT", "MX", "TLSA")),
        ("TXT", NAMES, ("TXT",)),
        ("TLSA", NAMES, ("TLSA",)),
        ("_dmarc", ("_dmarc.a.jp",), ("TXT", "MX", "TLSA")),
        ("_mta-sts TXT", ("_mta-sts.a.jp",), ("TXT",)),
        ("TXT _mta-sts", ("_mta-sts.a.jp",), ("TXT",)),
        ("_smtp._tls TXT", ("_smtp._tls.a.jp",), ("TXT",)),
        ("_domainkey TXT", ("s1._domainkey.a.jp", "_domainkey.a.jp"), ("TXT",)),
        ("_bimi", ("default._bimi.a.jp",), ("TXT", "MX", "TLSA")),
        ("_25._tcp TLSA", ("_25._tcp.mx1.a.jp",), ("TLSA",)),
        ("_tcp MX", ("_25._tcp.mx1.a.jp",), ("MX",)),
        ("_nowhere", (), ("TXT",)),
    ],
)
def test_only_the_kind_that_was_named(
    only: str, names: tuple[str, ...], types: tuple[str, ...]
) -> None:
    assert befallen(only) == set(product(names, types))


def test_what_is_spared_is_not_late_either() -> None:
    responder = Responder(ZONE, Misbehaviour(delay_s=0.5, only="MX"))
    assert responder.over_udp(packet("a.jp", QType.TXT))[1] == 0.0
    assert responder.over_udp(packet("a.jp", QType.MX))[1] == 0.5


STUDY = """
[study]
name = "a"
title = "A"
[lab]
{}
[[cohort]]
name = "jp"
lists = ["lab:jp.txt"]
"""


@pytest.mark.parametrize(
    ("written", "read"),
    [("", ""), ("TLSA", "TLSA"), ("TXT _MTA-STS", "_mta-sts TXT"), (" _dmarc ", "_dmarc")],
)
def test_a_study_names_the_kind(tmp_path: Path, written: str, read: str) -> None:
    path = tmp_path / "study.toml"
    path.write_text(STUDY.format(f'servfail = 0.1\nonly = "{written}"'), encoding="utf-8")
    lab = load_study(path).lab
    assert lab is not None
    assert lab.only == read


@pytest.mark.parametrize("written", ["TXT MX", "_dmarc _bimi", "a..b", "TXT TXT"])
def test_what_is_no_kind_of_question(tmp_path: Path, written: str) -> None:
    path = tmp_path / "study.toml"
    path.write_text(STUDY.format(f'only = "{written}"'), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"_mta-sts TXT|domain name"):
        load_study(path)
