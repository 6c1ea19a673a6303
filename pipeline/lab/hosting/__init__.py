"""The embedded mail and web servers: what the plan's MX hosts and policy hosts show, on loopback.

`start` runs them as a child process, as `server.start` runs the name server: it ends with the block
that started it, and with its parent. Every mail host of the plan has an address of its own in
127.18.0.0/15, and all listen on the same port; the web servers share a few addresses and another
port. Nothing is bound to but loopback.

What a server says is planned (`manners`, `authority`, the facets' `https`), and so is what that
means; the log shows who came when, so that politeness can be tested.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ..server import START_WITHIN_S, child

CANARY = ("mx1.kumo-mail.example",)
"""A mail host that always answers."""


class Hosting(NamedTuple):
    """The ports of the servers, each at every address of its own; 0: those were left out."""

    smtp_port: int
    https_port: int


@contextmanager
def start(
    settings: str,
    log: Path | None = None,
    *,
    mail: bool = True,
    web: bool = True,
    within_s: float = START_WITHIN_S,
) -> Iterator[Hosting]:
    """Serve a lab's mail and web hosts in a child process as long as the block lasts.

    settings: the fields of `Lab`, as JSON. log: each connection's beginning and end and what was
    asked for are appended to this file, see `line.Journal`. mail, web: false: leave them out.
    Raises LabError: it did not start.
    """
    given = {
        "lab": json.loads(settings),
        "log": str(log.absolute()) if log else None,
        "mail": mail,
        "web": web,
    }
    with child("pipeline.lab.hosting", given, within_s) as announced:
        smtp_port, https_port = map(int, announced.split())
        yield Hosting(smtp_port, https_port)
