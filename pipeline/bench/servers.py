"""Real name servers in the foreground, on loopback."""

import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import dns.exception
import dns.message
import dns.query

STARTING_S = 60.0  # until a server that loads a large zone must answer


def program(name: str) -> str:
    """Where a program lies, "" if nowhere. Servers often lie where users' paths do not lead."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or ""


def free_port() -> int:
    """A port of 127.0.0.1 that is free for UDP and TCP now.

    Below the ports that the system gives to connections (Linux: 32768 and up): one of those may be
    taken again before the server has bound it.
    """
    for port in random.sample(range(20_000, 32_000), 100):
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
            suppress(OSError),
        ):
            udp.bind(("127.0.0.1", port))
            tcp.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port between 20000 and 32000 on 127.0.0.1")


@contextmanager
def nsd(folder: Path, address: str, zones: Mapping[str, Path]) -> Iterator[None]:
    """NSD serves zone files at an address while the context lasts; its files lie in the folder.

    Raises RuntimeError if it does not answer, with the end of its log.
    """
    host, _, port = address.rpartition(":")
    config = folder / "nsd.conf"
    config.write_text(
        # Debian's default limits how much it answers one client: rrl-ratelimit
        f'server:\n ip-address: {host}@{port}\n server-count: 1\n username: ""\n chroot: ""\n'
        f' zonesdir: "{folder}"\n database: ""\n pidfile: "{folder}/nsd.pid"\n'
        f' logfile: "{folder}/nsd.log"\n xfrdfile: "{folder}/xfrd.state"\n'
        f' xfrdir: "{folder}"\n zonelistfile: "{folder}/zone.list"\n rrl-ratelimit: 0\n'
        " minimal-responses: yes\nremote-control:\n control-enable: no\n"
        + "".join(f'zone:\n name: "{zone}"\n zonefile: "{path}"\n' for zone, path in zones.items())
    )
    command = [program("nsd"), "-d", "-c", str(config)]
    with running(command, address, next(iter(zones)), folder / "nsd.log"):
        yield


UNBOUND = """
server:
 interface: {host}
 port: {port}
 outgoing-interface: 127.0.0.1 # whatever it is told, no packet leaves the machine
 do-not-query-localhost: no
 do-ip6: no
 access-control: 127.0.0.0/8 allow
 module-config: "iterator"
 chroot: ""
 username: ""
 directory: "{folder}"
 pidfile: "{folder}/unbound.pid"
 logfile: "{folder}/unbound.log"
 use-syslog: no
{more}
stub-zone:
 name: "."
 stub-addr: {authority}
 stub-prime: no
remote-control:
 control-enable: no
"""


@contextmanager
def unbound(
    folder: Path, address: str, authority: str, more: str = ""
) -> Iterator["subprocess.Popen[bytes]"]:
    """An Unbound with an empty cache, which asks one server for everything.

    authority: address, or address@port. more: lines of its `server:` clause; by default it does
    not validate. Raises RuntimeError as `nsd`.
    """
    host, _, port = address.rpartition(":")
    config = folder / "unbound.conf"
    config.write_text(
        UNBOUND.format(host=host, port=port, folder=folder, authority=authority, more=more)
    )
    command = [program("unbound"), "-d", "-c", str(config)]
    with running(command, address, ".", folder / "unbound.log") as server:
        yield server


@contextmanager
def running(
    command: Sequence[str], address: str, zone: str, log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """A name server in the foreground, from when it answers for a zone until the context ends."""
    host, _, port = address.rpartition(":")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            deadline = time.monotonic() + STARTING_S
            while not answers(host, int(port), zone):
                if server.poll() is not None or time.monotonic() > deadline:
                    said = log.read_text()[-2000:] if log.exists() else "it left no log"
                    raise RuntimeError(f"{command[0]} does not answer at {address}: {said}")
            yield server
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()


def answers(host: str, port: int, zone: str) -> bool:
    """Does it say NOERROR for the zone's SOA? Waits a moment where nobody is there yet."""
    try:
        query = dns.message.make_query(zone or ".", "SOA")
        return dns.query.udp(query, host, timeout=0.2, port=port).rcode() == 0
    except (OSError, dns.exception.DNSException):
        time.sleep(0.02)
        return False
