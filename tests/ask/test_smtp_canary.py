"""The canary: whether port 25 is open from here, and nobody answers in others' stead."""

import asyncio

import pytest

from pipeline.ask.smtp.canary import canary
from pipeline.ask.smtp.dialogue import Stage
from pipeline.ask.smtp.visit import Visited, Visiting
from pipeline.config import Asking
from pipeline.words import SmtpOutcome

HOW = Visiting("survey.example.org")


def sung(*outcomes: SmtpOutcome) -> tuple[bool, str]:
    """What the canary says of hosts at 192.0.2.0, .1, …"""

    async def visit(address: str, sni: str, how: Visiting) -> Visited:
        return Visited(outcomes[int(address[-1])], Stage.BANNER, 0.0, 1.0)

    hosts = [f"192.0.2.{number}" for number in range(len(outcomes))]
    return asyncio.run(canary(hosts, ["127.0.0.1:1"], Asking(), HOW, visit))


def test_one_that_encrypts_is_enough() -> None:
    is_open, why = sung(SmtpOutcome.TIMEOUT, SmtpOutcome.ENCRYPTED)
    assert is_open
    assert "192.0.2.1 encrypts" in why


@pytest.mark.parametrize(
    "outcome",
    [
        SmtpOutcome.TIMEOUT,  # closed
        SmtpOutcome.REFUSED,
        SmtpOutcome.NOT_OFFERED,  # a device on the way takes STARTTLS away
        SmtpOutcome.TURNED_AWAY,  # or says that no mail leaves this network
        SmtpOutcome.UNAVAILABLE,
    ],
)
def test_anything_else_is_no_open_port(outcome: SmtpOutcome) -> None:
    is_open, why = sung(outcome, outcome)
    assert not is_open
    assert why.count(outcome.value) == 2


def test_no_canary() -> None:
    assert sung() == (False, "port 25 seems closed or intercepted from here (no canary is set)")
