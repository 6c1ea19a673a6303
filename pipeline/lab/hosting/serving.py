"""The child: listens at every planned address, on one port for mail and one for the web."""

import asyncio
import errno
import gc
import json
import resource
import signal
import socket
import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from ...config import Lab
from ..answering import LabError
from ..plan import plan
from ..server import READY, SAME_PORT_TRIES, USAGE, await_eof, is_loopback, log_at
from .https import HttpsTalk, Site
from .line import Answering, Journal, Line
from .places import Places, places_of
from .smtp import Post, SmtpTalk

SPARE_FILES = 1024  # connections, and what else a process has open
WAITING = 128  # connections at an address that nobody has taken yet
SMTP, HTTPS = "smtp", "https"


def allow(files: int) -> None:
    """Let this process open so many files. Raises LabError."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY not in (soft, hard) and hard < files:
        raise LabError(
            f"{files:,} open files, and the system's limit is {hard:,}; allowed: a higher limit "
            '(ulimit -Hn), fewer domains in [lab], or [study] skip = ["smtp"]'
        )
    if soft != resource.RLIM_INFINITY and soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))


def listeners(addresses: Iterable[str]) -> tuple[int, list[socket.socket]]:
    """A free port, and a socket bound to it at each address. Raises LabError."""
    wanted = list(addresses)
    for _ in range(SAME_PORT_TRIES):
        made: list[socket.socket] = []
        port = 0
        try:
            for address in wanted:
                made.append(socket.socket())
                made[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                made[-1].bind((address, port))
                made[-1].listen(WAITING)  # a bound one alone does not keep others off the port
                port = made[-1].getsockname()[1]
            return port, made
        except OSError as fault:
            for one in made:
                one.close()
            if fault.errno != errno.EADDRINUSE:
                allowed = "a system where all of 127.0.0.0/8 is loopback"
                raise LabError(f"{address}: {fault.strerror}; allowed: {allowed}") from None
    raise LabError("no port is free at all addresses of the lab; start it again")


async def serving(places: Places, log: Path | None) -> None:
    """Serve until standard input ends. Prints `ready`, the port for mail, and that for the web."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, over.set)
    loop.add_reader(0, await_eof, over)
    with log_at(log) as written, ExitStack() as open_sockets:
        journal = Journal(written)
        ports = []
        for service, talks in ((SMTP, mail_talks(places.mail)), (HTTPS, web_talks(places.web))):
            port, sockets = listeners(talks)
            ports.append(port)
            for address, listener in zip(talks, sockets, strict=True):
                open_sockets.enter_context(listener)
                made = partial(line, talks[address], service, address, journal)
                await loop.create_server(made, sock=listener, backlog=WAITING)
        print(f"{READY}{ports[0]} {ports[1]}")
        sys.stdout.flush()
        await over.wait()


def line(talk: Answering, service: str, address: str, journal: Journal) -> Line:
    """A new connection."""
    return Line(talk(), service, address, journal)


def mail_talks(posts: Mapping[str, Post]) -> dict[str, Answering]:
    """Where mail servers listen, and how each answers."""
    return {
        address: partial(SmtpTalk, post) for address, post in posts.items() if post.manner.listens
    }


def web_talks(web: Mapping[str, Mapping[str, Site]]) -> dict[str, Answering]:
    """The same of web servers."""
    return {address: partial(HttpsTalk, sites) for address, sites in web.items()}


def main(text: str) -> int:
    """Serve what the settings say (JSON). lab: the fields of `Lab`; log: a path or null; mail, web:
    whether these are served."""
    given = json.loads(text)
    try:
        places = places_of(plan(Lab(**given["lab"])), mail=given["mail"], web=given["web"])
        assert all(is_loopback(address) for address in (*places.mail, *places.web))
        allow(len(places.mail) + len(places.web) + SPARE_FILES)
        gc.collect()
        gc.freeze()  # the plan never changes
        asyncio.run(serving(places, Path(given["log"]) if given["log"] else None))
    except LabError as fault:
        print(fault, file=sys.stderr)
        return USAGE
    return 0
