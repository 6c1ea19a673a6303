"""A visit to a mail server as a script: what it says, what we say, what is decided."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ask.smtp.dialogue import (
    LONGEST_LINE,
    MOST_LINES,
    MOST_OCTETS,
    Done,
    Secure,
    Send,
    Stage,
    Step,
    Visit,
)
from pipeline.words import SmtpOutcome

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases" / "smtp.yaml").read_text())
STEPS = {
    "silent": Visit.expire,
    "closes": Visit.lose,
    "succeeds": Visit.secured,
    "fails": Visit.unsecured,
}


def pieces_of(event: Any, size: int) -> list[bytes]:
    """What the server says at a turn, cut into pieces."""
    text = event["repeated"] * event["times"] if isinstance(event, dict) else event
    octets = text.encode()
    return [octets[at : at + size] for at in range(0, len(octets), size)]


def happened(visit: Visit, event: Any, size: int) -> Step:
    """One turn of the server."""
    name = event.get("handshake") if isinstance(event, dict) else event
    if name in STEPS:
        return STEPS[name](visit)
    for piece in pieces_of(event, size):
        if step := visit.receive(piece):
            return step
    return None


def played(case: dict[str, Any], size: int) -> tuple[Visit, list[str], Done]:
    """The visit, the verbs that we sent, and how it ended."""
    visit, sent = Visit("probe.example.jp"), []
    for event in case["server"]:
        step = happened(visit, event, size)
        if isinstance(step, Done):
            return visit, sent, step
        if isinstance(step, Send):
            assert step.octets.endswith(b"\r\n")
            sent.append(step.octets.split()[0].decode())
        else:
            assert step is None or isinstance(step, Secure)
    raise AssertionError(f"it goes on: {visit.stage}")


CUT = [
    pytest.param(case, size, id=f"{case['claim']}, cut every {size}")
    for case in CASES
    for size in (1, 2, 5, 1 << 20)
    if size == 1 << 20 or not case.get("whole")  # "whole": what comes later says something else
]


@pytest.mark.parametrize(("case", "size"), CUT)
def test_cases(case: dict[str, Any], size: int) -> None:
    visit, sent, done = played(case, size)
    assert sent == case["sent"]
    assert done == Done(SmtpOutcome(case["outcome"]), Stage(case["stage"]))
    assert len(visit.transcript) <= MOST_OCTETS


def test_every_outcome_of_a_dialogue_has_a_case() -> None:
    of_the_connection = {SmtpOutcome.REFUSED, SmtpOutcome.UNREACHABLE, SmtpOutcome.NOT_ASKED}
    assert {case["outcome"] for case in CASES} == set(SmtpOutcome) - of_the_connection


def test_no_mail_is_begun() -> None:
    verbs = {verb for case in CASES for verb in case["sent"]}
    assert verbs == {"EHLO", "STARTTLS", "QUIT"}


def test_what_was_said_is_kept() -> None:
    visit, _, _ = played(CASES[0], 1)
    assert [stage.value for stage in visit.replies] == [
        "banner", "ehlo", "starttls", "ehlo_again", "quit",
    ]  # fmt: skip
    assert visit.replies[Stage.EHLO].lines == (b"mx.example.jp", b"SIZE 1000", b"STARTTLS")
    assert visit.transcript.startswith(b"220 mx.example.jp ESMTP\r\n250-mx.example.jp\r\n")
    assert visit.hello == b"EHLO probe.example.jp\r\n"


@given(st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([b"220 x\r\n", b"250-x\r\n"]))))
def test_any_octets_are_bounded_and_never_raise(pieces: list[bytes]) -> None:
    visit = Visit("probe.example.jp")
    for piece in pieces:
        step = visit.receive(piece)
        if isinstance(step, Secure):
            visit.unsecured()
        if isinstance(step, Secure | Done):
            break
    assert len(visit.unread) <= LONGEST_LINE + 60
    assert len(visit.lines) <= MOST_LINES
    assert isinstance(visit.lose(), Done)
