"""How fast the engines ask, beside `dnsperf`, against NSD on loopback: one run, the same questions.

A generated zone is asked for TXT, MX, A, AAAA and the `_dmarc` TXT of each of its names; about a
third of the answers are negative. Every client is a process of its own, so that its memory and its
CPU time are its own. The figures of one run compare with each other; those of two machines do not.
"""

import asyncio
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from .ask.dns import cares, wire
from .ask.pace import Pace
from .config import Asking
from .words import EngineName, Outcome, QType, Transport

ZONE = "bench"
ASKED = (("", "TXT"), ("", "MX"), ("", "A"), ("", "AAAA"), ("_dmarc.", "TXT"))
SHARES = (8, 7, 7, 4, 6)  # of ten names have it: 36 % of the answers are negative
RECORDS = (
    '"v=spf1 include:_spf.{name} ip4:192.0.2.{octet} -all"',
    "10 mx{octet}.{name}.",
    "192.0.2.{octet}",
    "2001:db8::{octet}",
    '"v=DMARC1; p=reject; rua=mailto:dmarc@{name}"',
)
ASKING = Asking()
LINE = "{:<10} {:>12} {:>12} {:>16} {:>12} {:>12} {:>8}"
HEADINGS = ("client", "questions/s", "of dnsperf", "CPU s/100,000", "peak MiB", "grown MiB", "lost")
STARTING_S = 60.0  # until a server that loads a large zone must answer


@dataclass(frozen=True, slots=True)
class Result:
    """What one client did. Sizes in MiB; grown: of the peak, what asking added; null: not known."""

    client: str
    questions: int
    seconds: float
    questions_per_s: float
    cpu_s_per_100k: float
    peak_mib: float
    grown_mib: float | None
    lost: int
    rcodes: dict[str, int] | None


def main(questions: int = 200_000, out: Path = Path("data/runs/bench.json")) -> None:
    """Measure, print a table, write it as JSON; one line says so where a program is missing.

    questions: how many each client asks; a fifth as many names are served.
    """
    missing = [name for name in ("nsd", "dnsperf") if not program(name)]
    if missing:
        raise SystemExit(
            f"mailsurvey: bench needs {' and '.join(missing)} (Debian: apt-get install nsd dnsperf)"
        )
    with tempfile.TemporaryDirectory(prefix="mailsurvey-bench-") as scratch:
        folder, address = Path(scratch), f"127.0.0.1:{free_port()}"
        asked = write_questions(folder, questions)
        with nsd(folder, address, {ZONE: write_zone(folder, -(-questions // len(ASKED)))}):
            results = [by_dnsperf(address, asked, questions)]
            results += [by_engine(engine, address, asked) for engine in ("wire", "cares")]
    show(results)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps([asdict(result) for result in results], indent=1) + "\n")
    print(f"\nThe same as JSON: {out}")


def show(results: Sequence[Result]) -> None:
    """Print the table; the first result is what the others are compared with."""
    print(f"{results[0].questions:,} questions, {ASKING.in_flight} in flight, NSD on loopback\n")
    print(LINE.format(*HEADINGS))
    for result in results:
        print(
            LINE.format(
                result.client,
                f"{result.questions_per_s:,.0f}",
                f"{result.questions_per_s / results[0].questions_per_s:.2f}",
                f"{result.cpu_s_per_100k:.2f}",
                f"{result.peak_mib:.0f}",
                "" if result.grown_mib is None else f"{result.grown_mib:.0f}",
                f"{result.lost / result.questions:.3%}",
            )
        )


# --- what is asked -------------------------------------------------------------------------------


def write_zone(folder: Path, names: int) -> Path:
    """A zone of so many names."""
    path = folder / "bench.zone"
    with path.open("w") as file:
        file.write(f"{ZONE}. 300 IN SOA ns.{ZONE}. host.{ZONE}. 1 3600 600 86400 300\n")
        file.write(f"{ZONE}. 300 IN NS ns.{ZONE}.\nns.{ZONE}. 300 IN A 127.0.0.1\n")
        for number in range(names):
            name = f"n{number}.{ZONE}"
            for (prefix, qtype), share, rdata in zip(ASKED, SHARES, RECORDS, strict=True):
                if number % 10 < share:
                    value = rdata.format(name=name, octet=number % 250 + 1)
                    file.write(f"{prefix}{name}. 300 IN {qtype} {value}\n")
    return path


def write_questions(folder: Path, questions: int) -> Path:
    """The questions in dnsperf's form, one a line: name, type."""
    path = folder / "questions.txt"
    with path.open("w") as file:
        for number in range(questions):
            prefix, qtype = ASKED[number % len(ASKED)]
            file.write(f"{prefix}n{number // len(ASKED)}.{ZONE} {qtype}\n")
    return path


# --- the clients ---------------------------------------------------------------------------------


def measured(command: Sequence[str]) -> tuple[str, float, float]:
    """Run a program: what it printed, its CPU time (s), its peak memory (MiB).

    Raises RuntimeError if it fails.
    """
    before, peak = resource.getrusage(resource.RUSAGE_CHILDREN), 0.0
    with tempfile.TemporaryFile("w+") as printed:
        with subprocess.Popen(command, stdout=printed) as child:
            while child.poll() is None:
                peak = max(peak, peak_mib(child.pid))
                time.sleep(0.02)
        if child.returncode:
            raise RuntimeError(f"{command[0]} ended with status {child.returncode}")
        printed.seek(0)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return printed.read(), cpu, peak


def peak_mib(pid: int | str) -> float:
    """A process' peak resident memory in MiB, 0 if it has ended.

    Not by getrusage: its figure for a child begins with what the parent held when it forked.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def by_dnsperf(address: str, asked: Path, questions: int) -> Result:
    """All questions once by dnsperf, as many in flight and on as many sockets as the engines."""
    host, _, port = address.rpartition(":")
    flight, sockets = str(ASKING.in_flight), str(ASKING.sockets)
    options = ["-q", flight, "-c", sockets, "-T", "1", "-n", "1", "-t", str(ASKING.timeout_s)]
    command = [program("dnsperf"), "-s", host, "-p", port, "-d", str(asked), *options]
    printed, cpu, peak = measured(command)
    figures = dict(line.strip().split(":", 1) for line in printed.splitlines() if ":" in line)
    return Result(
        client="dnsperf",
        questions=questions,
        seconds=float(figures["Run time (s)"]),
        questions_per_s=float(figures["Queries per second"]),
        cpu_s_per_100k=cpu / questions * 1e5,
        peak_mib=peak,
        grown_mib=None,
        lost=int(figures["Queries lost"].split()[0]),
        rcodes=None,
    )


def by_engine(engine: str, address: str, asked: Path) -> Result:
    """All questions once by one of our engines, in a fresh interpreter."""
    command = [sys.executable, "-m", "pipeline.bench", engine, address, str(asked)]
    printed, _, _ = measured(command)
    return Result(**json.loads(printed))


def ask_all(engine: str, address: str, asked: Path) -> Result:
    """What the child process does: ask, count, keep nothing."""
    lines = asked.read_text().split("\n")[:-1]
    rcodes: Counter[str] = Counter()
    lost = 0

    def keep(
        index: int,
        outcome: Outcome | None,
        message: bytes | None,
        resolver: str,
        transport: Transport | None,
        tries: int,
        asked_at: float,
        rtt_ms: float | None,
    ) -> None:
        nonlocal lost
        lost += outcome is not None
        rcodes[str(message[3] & 15) if message else str(outcome)] += 1

    def questions() -> Iterator[tuple[int, str, int, bool]]:
        types = {qtype: int(QType[qtype]) for _, qtype in ASKED}
        for number, line in enumerate(lines):
            name, _, qtype = line.partition(" ")
            yield number, name, types[qtype], False

    ask = {EngineName.WIRE: wire.ask, EngineName.CARES: cares.ask}[EngineName(engine)]
    before, cpu, started = peak_mib("self"), time.process_time(), time.monotonic()
    asyncio.run(ask(questions(), [address], ASKING, Pace(ASKING.in_flight), keep))
    seconds = time.monotonic() - started
    cpu, peak = time.process_time() - cpu, peak_mib("self")
    return Result(
        client=engine,
        questions=len(lines),
        seconds=seconds,
        questions_per_s=len(lines) / seconds,
        cpu_s_per_100k=cpu / len(lines) * 1e5,
        peak_mib=peak,
        grown_mib=peak - before,
        lost=lost,
        rcodes=dict(rcodes),
    )


# --- the server ----------------------------------------------------------------------------------


def program(name: str) -> str:
    """Where a program lies, "" if nowhere. Servers often lie where users' paths do not lead."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or ""


def free_port() -> int:
    """A port of 127.0.0.1 that is free for UDP now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


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


@contextmanager
def running(command: Sequence[str], address: str, zone: str, log: Path) -> Iterator[None]:
    """A name server in the foreground, from when it answers for a zone until the context ends."""
    host, _, port = address.rpartition(":")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            deadline = time.monotonic() + STARTING_S
            while not answers(host, int(port), zone):
                if server.poll() is not None or time.monotonic() > deadline:
                    said = log.read_text()[-2000:] if log.exists() else "it left no log"
                    raise RuntimeError(f"{command[0]} does not answer at {address}: {said}")
            yield
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


if __name__ == "__main__":
    print(json.dumps(asdict(ask_all(sys.argv[1], sys.argv[2], Path(sys.argv[3])))))
