"""The embedded name server: a source of answers on loopback, UDP and TCP on one port.

`start` runs it as a child process, which ends when its standard input does: with the block that
started it, and with its parent, however that dies. It never binds to anything but loopback.

    python -m pipeline.lab.server '{"source": "zone:zone.json"}'
"""

import asyncio
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Any

from .answering import LabError, Responder, Source
from .misbehaviour import Misbehaviour
from .replay import Replay
from .rows import shown
from .zone import Zone, ZoneError

LOOPBACK = "127.0.0.1"
READY = "ready "
START_WITHIN_S = 120.0  # a large plan takes its time
STOP_WITHIN_S = 10.0
FLUSH_S = 1.0
BURST = 64  # packets before streams and timers get their turn
LONGEST_PACKET = 4096
RECEIVE_BUFFER = 4 << 20
SAME_PORT_TRIES = 50
IDLE_S = 10.0  # RFC 7766 §6.2.3
MOST_STREAMS = 256
MOST_UNREAD = 1 << 20  # octets that a client may leave unread
USAGE = 2


def resolve(spec: str) -> Source:
    """What a spec names: zone:FILE, replay:RUN or plan:JSON. Raises LabError or ZoneError."""
    kind, _, rest = spec.partition(":")
    if kind == "zone":
        return Zone.load(Path(rest))
    if kind == "replay":
        return Replay.load(Path(rest))
    if kind == "plan":
        from . import plan

        return plan.source(rest)
    raise LabError(f"source {shown(spec)}; allowed: zone:FILE, replay:RUN, plan:JSON")


# --- starting it as a child ----------------------------------------------------------------------


@contextmanager
def start(
    source: str,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    log: Path | None = None,
    misbehaviour: Misbehaviour | None = None,
    within_s: float = START_WITHIN_S,
) -> Iterator[str]:
    """Serve a source in a child process as long as the block lasts; yields "address:port".

    source: see `resolve`. port: 0 takes a free one. log: each question is appended to this file.
    Raises LabError: it did not start.
    """
    settings = {
        "source": source,
        "host": host,
        "port": port,
        "log": str(log.absolute()) if log else None,
        "misbehaviour": asdict(misbehaviour or Misbehaviour()),
    }
    with child("pipeline.lab.server", settings, within_s) as address:
        yield address


@contextmanager
def child(module: str, settings: Mapping[str, Any], within_s: float) -> Iterator[str]:
    """A server of the lab in a process of its own, as long as the block lasts; yields what it
    announced. module: what is run, with the settings as JSON. Raises LabError: it did not start."""
    with tempfile.TemporaryFile() as errors:
        started = subprocess.Popen(
            [sys.executable, "-m", module, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for the parent, which may still be asking
        )
        try:
            yield announced(started, errors, within_s)
        finally:
            end(started)


def announced(child: "subprocess.Popen[bytes]", errors: IO[bytes], within_s: float) -> str:
    """What the child's first line says. Raises LabError, with what the child said instead."""
    assert child.stdout is not None
    said, deadline = b"", time.monotonic() + within_s
    while not said.endswith(b"\n"):
        if not select.select([child.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise LabError(f"the lab's server is not ready after {within_s:g} s; start it again")
        octets = child.stdout.read(LONGEST_PACKET)
        if not octets:
            errors.seek(0)
            lines = errors.read().decode(errors="replace").strip().splitlines() or [
                "no reason given"
            ]
            raise LabError(f"the lab's server did not start: {lines[-1]}")
        said += octets
    return said.decode().removeprefix(READY).strip()


def end(child: "subprocess.Popen[bytes]") -> None:
    """Close the child's standard input and wait for it to go."""
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    try:
        child.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:  # a fork of ours may hold the pipe open
        child.kill()
        child.wait()


# --- serving -------------------------------------------------------------------------------------


def serve(
    source: str,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    log: Path | None = None,
    misbehaviour: Misbehaviour | None = None,
    until_eof: bool = False,
) -> None:
    """Serve a source in this process until SIGTERM or Ctrl-C, or until standard input ends.

    Prints `ready ADDRESS:PORT` once it answers. Raises LabError or ZoneError.
    """
    if not is_loopback(host):
        raise LabError(f"address {shown(host)}; allowed: loopback, such as {LOOPBACK} or ::1")
    answers = resolve(source)
    gc.collect()
    gc.freeze()  # the source never changes: walking through it again and again costs milliseconds
    asyncio.run(serving(answers, host, port, log, misbehaviour, until_eof))


async def serving(
    source: Source,
    host: str,
    port: int,
    log: Path | None,
    misbehaviour: Misbehaviour | None,
    until_eof: bool,
) -> None:
    """Serve until told to stop."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, over.set)
    if until_eof:
        loop.add_reader(0, await_eof, over)
    datagrams, listener = bound(host, port)
    with datagrams, listener, log_at(log) as questions:
        note = None if questions is None else questions.note
        responder = Responder(source, misbehaviour, note)
        loop.add_reader(datagrams, lambda: drain(datagrams, responder, loop))
        streams: set[Stream] = set()
        await loop.create_server(lambda: Stream(responder, streams), sock=listener)
        address, number = datagrams.getsockname()[:2]
        print(f"{READY}[{address}]:{number}" if ":" in address else f"{READY}{address}:{number}")
        sys.stdout.flush()
        await over.wait()
        loop.remove_reader(datagrams)


def await_eof(over: asyncio.Event) -> None:
    """Read standard input, of which only the end matters."""
    if not os.read(0, LONGEST_PACKET):
        over.set()


def is_loopback(host: str) -> bool:
    """Is this the address of the machine itself?"""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def bound(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A UDP socket and a TCP listener on the same port; 0: a free one. Raises LabError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    why: OSError | OverflowError | None = None
    for _ in range(1 if port else SAME_PORT_TRIES):
        datagrams = socket.socket(family, socket.SOCK_DGRAM)
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            datagrams.setblocking(False)
            datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            datagrams.bind((host, port))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, datagrams.getsockname()[1]))
            return datagrams, listener
        except (OSError, OverflowError) as fault:
            why = fault
            datagrams.close()
            listener.close()
    reason = getattr(why, "strerror", None) or str(why)
    raise LabError(f"{host} port {port}: {reason}; allowed: a free port, or 0 to take any")


def drain(datagrams: socket.socket, responder: Responder, loop: asyncio.AbstractEventLoop) -> None:
    """Answer what has arrived."""

    def send(reply: bytes, client: Any) -> None:
        with suppress(OSError):  # a full buffer loses a packet, as networks do
            datagrams.sendto(reply, client)

    for _ in range(BURST):
        try:
            packet, client = datagrams.recvfrom(LONGEST_PACKET)
        except OSError:  # nothing more there
            return
        reply, delay = responder.over_udp(packet)
        if reply is not None and delay:
            loop.call_later(delay, send, reply, client)
        elif reply is not None:
            send(reply, client)


class Stream(asyncio.Protocol):
    """One TCP connection: messages behind their length (RFC 1035 §4.2.2), any number of them."""

    def __init__(self, responder: Responder, streams: "set[Stream]"):
        self._responder = responder
        self._streams = streams
        self._unread = b""
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it, unless too many are open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._timer = self._loop.call_later(IDLE_S, transport.abort)
        if len(self._streams) >= MOST_STREAMS:
            transport.abort()
        self._streams.add(self)

    def data_received(self, data: bytes) -> None:
        """Answer every message that is whole."""
        self._unread += data
        while len(self._unread) >= 2:
            after = 2 + int.from_bytes(self._unread[:2])
            if len(self._unread) < after:
                break
            packet, self._unread = self._unread[2:after], self._unread[after:]
            reply, delay = self._responder.over_tcp(packet)
            if reply is not None:
                self._loop.call_later(delay, self._write, len(reply).to_bytes(2) + reply)
            self._timer.cancel()
            self._timer = self._loop.call_later(IDLE_S + delay, self._transport.abort)

    def _write(self, octets: bytes) -> None:
        if self._transport.get_write_buffer_size() > MOST_UNREAD:
            self._transport.abort()
        elif not self._transport.is_closing():
            self._transport.write(octets)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._timer.cancel()
        self._streams.discard(self)


# --- the log --------------------------------------------------------------------------------------


class Log:
    """One line an event: unix time, a word, and the rest, tabs between them. Of a question: the
    transport; name, type, CD (0 or 1)."""

    def __init__(self, file: IO[str]):
        self._file = file

    def note(self, word: str, line: str) -> None:
        """Write one down, to be flushed soon."""
        self._file.write(f"{time.time():.6f}\t{word}\t{line}\n")

    def flush(self) -> None:
        """Hand what is written down to the system, and again every second."""
        self._file.flush()
        asyncio.get_running_loop().call_later(FLUSH_S, self.flush)


@contextmanager
def log_at(path: Path | None) -> Iterator[Log | None]:
    """The log at a path, appended to; None without one. Raises LabError."""
    if path is None:
        yield None
        return
    try:
        file = path.open("a", encoding="ascii", buffering=1 << 20)
    except OSError as fault:
        raise LabError(f"{path}: {fault.strerror}; allowed: a file that can be written") from None
    with file:
        log = Log(file)
        log.flush()
        yield log


def main(settings: str) -> int:
    """The child: serve what the settings (JSON, the arguments of `serve`) say."""
    given = json.loads(settings)
    try:
        serve(
            given["source"],
            host=given.get("host", LOOPBACK),
            port=given.get("port", 0),
            log=Path(given["log"]) if given.get("log") else None,
            misbehaviour=Misbehaviour(**given.get("misbehaviour", {})),
            until_eof=True,
        )
    except (LabError, ZoneError, ValueError) as fault:
        print(fault, file=sys.stderr)
        return USAGE
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
