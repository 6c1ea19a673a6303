"""The tables that the benchmark prints, each figure beside what it should be."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from ..ask.waves import LOTS_AT_ONCE, PLANNED_AT_ONCE

Rows = Sequence[dict[str, Any]]
ENGINE_TARGETS = {"wire": 0.5, "cares": 0.12}  # of dnsperf's questions/s
WORKER_MIB = 200
JUDGING_S, JUDGING_MIB, TABLES_S, JUDGED = 60, 4096, 5, 320_000
TIMES_DNSPERF = 3
DRIVER_KIB = 1
STARTING = {"--help": 0.3, "check": 1.0}
FULL_LOAD = 0.9
THROUGH = "full load or dnsperf's pace, no failure"


def part(name: str, kept: dict[str, Any]) -> str:
    """One part's tables."""
    return SHOWN[name](kept[name])


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    lines = []
    for row in (headings, *rows):
        cells = [
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def verdict(is_met: bool, target: str) -> str:
    """A target, and whether it was met."""
    return f"{target}: {'met' if is_met else 'MISSED'}"


def middle(rows: Rows, by: str) -> dict[str, Any]:
    """The row whose figure is the median (of an even number, the one above)."""
    return sorted(rows, key=lambda row: row[by])[len(rows) // 2]


def kinds(rows: Rows, by: str) -> dict[Any, list[dict[str, Any]]]:
    """The rows of each kind, in the order in which they came."""
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row[by], []).append(row)
    return found


def engines(rows: Rows) -> str:
    """questions/s beside dnsperf's of the same round, for a machine's speed changes."""
    clients = kinds(rows, "client")
    yardsticks = [row["questions_per_s"] for row in clients["dnsperf"]]
    of = {client: middle(own, "questions_per_s") for client, own in clients.items()}
    lines = []
    for client, row in of.items():
        pairs = zip(clients[client], yardsticks, strict=True)
        share = median(one["questions_per_s"] / yardstick for one, yardstick in pairs)
        target = ENGINE_TARGETS.get(client)
        lost = sum(one["lost"] for one in rows if one["client"] == client)
        mib = row["worker_mib"] or row["peak_mib"]
        is_met = target is None or (share >= target and not lost and mib < WORKER_MIB)
        lines.append(
            (
                client,
                f"{row['questions_per_s']:,.0f}",
                f"{share:.2f}",
                f"{row['cpu_s_per_100k']:.2f}",
                f"{mib:.0f}",
                f"{lost:,}",
                verdict(is_met, f"≥ {target}, none lost, < {WORKER_MIB} MiB") if target else "",
            )
        )
    headings = ("client", "questions/s", "of dnsperf", "CPU s/100,000", "MiB a process", "lost", "")
    head = f"{of['dnsperf']['questions']:,} questions to NSD; engines: two processes, into Parquet"
    return f"\n{head}\n\n{table(headings, lines)}"


def resolver(rows: Rows) -> str:
    """Who is the limit when a cold resolver stands between.

    Not the crawler, if the resolver is fully at work, or if it serves nobody faster: the two cores
    are shared by resolver, authority and our two workers.
    """
    of = {client: middle(own, "questions_per_s") for client, own in kinds(rows, "client").items()}
    lines = []
    for client, row in of.items():
        own = [one for one in rows if one["client"] == client]
        failures, lost = (sum(one[key] for one in own) for key in ("failures", "lost"))
        is_busy = row["load"] >= FULL_LOAD
        is_fast = row["questions_per_s"] >= of["dnsperf"]["questions_per_s"]
        is_met = (is_busy or is_fast) and not failures + lost
        lines.append(
            (
                client,
                f"{row['questions_per_s']:,.0f}",
                f"{row['load']:.0%}",
                f"{lost:,}",
                f"{failures:,}",
                "" if client == "dnsperf" else verdict(is_met, THROUGH),
            )
        )
    headings = ("client", "questions/s", "load of Unbound", "lost", "SERVFAIL and such", "")
    head = f"{rows[0]['questions']:,} questions through a cold Unbound (one thread) to NSD"
    return f"\n{head}\n\n{table(headings, lines)}"


def lab(rows: Rows) -> str:
    """Time and memory of whole surveys, by size."""
    sizes = kinds(rows, "size")
    of = [middle(own, "crawl_s") for own in sizes.values()]
    lines = [
        (
            f"{row['domains']:,}",
            f"{row['questions']:,}",
            f"{row['crawl_s']:,.0f}",
            f"{row['questions'] / row['crawl_s']:,.0f}",
            f"{row['judge_s']:,.1f}",
            f"{row['tables_s']:,.1f}",
            f"{row['dnsperf_s']:,.1f}",
            f"{(row['crawl_s'] + row['tables_s']) / row['dnsperf_s']:.2f}",
            f"{row['driver_mib']:,.0f}",
            f"{row['worker_mib']:,.0f}",
            f"{row['judging_mib']:,.0f}",
            f"{row['facts_bytes'] / row['domains']:,.0f}",
        )
        for row in of
    ]
    headings = (
        "domains", "questions", "crawl s", "questions/s", "judge s", "tables s", "dnsperf s",
        "crawl and tables/dnsperf", "driver MiB", "worker MiB", "judging MiB", "bytes/domain",
    )  # fmt: skip
    repeats = ", ".join(f"{len(own)}" for own in sizes.values())
    head = f"The lab from NSD, two processes (surveys of each size: {repeats})"
    return "\n".join([f"\n{head}\n", table(headings, lines), "", *lab_verdicts(of)])


def lab_verdicts(of: Rows) -> list[str]:
    """What the sizes have to show."""
    found = []
    for row in of:
        if row["size"] == JUDGED:
            times = (row["crawl_s"] + row["tables_s"]) / row["dnsperf_s"]
            found = [
                verdict(row["judge_s"] <= JUDGING_S, f"judging {JUDGED:,}: ≤ {JUDGING_S} s"),
                verdict(row["judging_mib"] <= JUDGING_MIB, f"judging in ≤ {JUDGING_MIB:,} MiB"),
                verdict(row["tables_s"] <= TABLES_S, f"tables ≤ {TABLES_S} s"),
                verdict(times <= TIMES_DNSPERF, f"crawl and tables ≤ {TIMES_DNSPERF} × dnsperf"),
            ]
    pace = [row["domains"] / (row["crawl_s"] + row["judge_s"]) for row in of]
    found.append(f"domains/s, crawl and judging: {', '.join(f'{one:,.0f}' for one in pace)}")
    return found + driver_growth(of)


def driver_growth(of: Rows) -> list[str]:
    """KiB a domain from size to size. Judged over the sizes that fill the lots of domains in work:
    below, what grows with the domains is what one lot takes, which has an end."""
    steps = [f"{growth(*pair):.2f}" for pair in pairwise(of)]
    found = [f"driver, KiB a further domain, size by size: {', '.join(steps)}"] if steps else []
    filled = [row for row in of if row["domains"] >= LOTS_AT_ONCE * PLANNED_AT_ONCE]
    if len(filled) > 1:
        kib = growth(filled[0], filled[-1])
        of_them = f"from {filled[0]['domains']:,} domains on {kib:.2f} KiB a domain"
        found.append(verdict(kib < DRIVER_KIB, f"driver grows by < {DRIVER_KIB} KiB: {of_them}"))
    return found


def growth(smaller: dict[str, Any], larger: dict[str, Any]) -> float:
    """KiB of the driver a domain more."""
    grown = (larger["driver_mib"] - smaller["driver_mib"]) * 1024
    return float(grown / (larger["domains"] - smaller["domains"]))


def visits(rows: Rows) -> str:
    """Visits to mail servers: how fast, and how memory grows with their number."""
    lines = [
        (
            f"{row['visits']:,}",
            f"{row['addresses']:,}",
            f"{row['visits'] / row['seconds']:,.0f}",
            f"{row['encrypted']:,}",
            f"{row['most_at_once']}",
            f"{row['driver_mib']:,.0f}",
            f"{row['worker_mib']:,.0f}",
        )
        for row in rows
    ]
    headings = (
        "visits", "addresses", "visits/s", "encrypted", "most at once at one", "driver MiB",
        "worker MiB",
    )  # fmt: skip
    polite = verdict(all(row["most_at_once"] == 1 for row in rows), "one connection an address")
    head = "The lab's mail servers, two processes; the servers share the two cores"
    return f"\n{head}\n\n{table(headings, lines)}\n\n{polite}"


def start(rows: Rows) -> str:
    """What a user waits for."""
    lines = [
        (
            row["command"],
            f"{row['seconds']:.2f}",
            f"{min(row['all_seconds']):.2f}-{max(row['all_seconds']):.2f}",
            verdict(row["seconds"] < STARTING[row["command"]], f"< {STARTING[row['command']]} s"),
        )
        for row in rows
    ]
    return f"\nFrom start to exit\n\n{table(('command', 'median s', 'range s', ''), lines)}"


def others(rows: Rows) -> str:
    """domains/s of other tools."""
    lines = [
        (tool, f"{own[0]['domains']:,}", f"{median(row['domains_per_s'] for row in own):,.1f}")
        for tool, own in kinds(rows, "tool").items()
    ]
    head = "Other tools, one domain after another, same NSD (checkdmarc without HTTPS)"
    return f"\n{head}\n\n{table(('tool', 'domains', 'domains/s'), lines)}"


SHOWN = {
    "engines": engines,
    "resolver": resolver,
    "lab": lab,
    "visits": visits,
    "start": start,
    "others": others,
}
