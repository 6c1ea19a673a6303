"""Through a cold Unbound in front of NSD: who is the limit, and does anything fail?"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from .clients import Result, by_dnsperf, by_engine
from .measuring import cpu_s
from .servers import free_port, unbound

BUSY = """
 num-threads: 1
 outgoing-range: 8192
 num-queries-per-thread: 4096
 so-rcvbuf: 4m
 infra-keep-probing: yes
"""


@dataclass(frozen=True, slots=True)
class Through:
    """One client's questions through an Unbound that knew nothing before.

    load: Unbound's CPU time by the clock's while it was asked; it has one thread.
    """

    client: str
    questions: int
    questions_per_s: float
    load: float
    lost: int
    failures: int


def through(client: str, authority: str, asked: Path, questions: int) -> Through:
    """All questions once through a cold Unbound. authority: where NSD answers for every name."""
    address = f"127.0.0.1:{free_port()}"
    with (
        tempfile.TemporaryDirectory(prefix="mailsurvey-bench-") as scratch,
        unbound(Path(scratch), address, authority.replace(":", "@"), BUSY) as server,
    ):
        before = cpu_s(server.pid)
        result = ask(client, address, asked, questions)
        spent = cpu_s(server.pid) - before
    outcomes = result.outcomes or {}
    return Through(
        client=client,
        questions=questions,
        questions_per_s=result.questions_per_s,
        load=spent / result.seconds,
        lost=result.lost,
        failures=sum(outcomes.get(one, 0) for one in ("server_failure", "refused", "timeout")),
    )


def ask(client: str, address: str, asked: Path, questions: int) -> Result:
    """The questions by one of the clients."""
    if client == "dnsperf":
        return by_dnsperf(address, asked, questions)
    return by_engine(client, address, asked)
