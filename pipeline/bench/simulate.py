"""What larger populations would take, computed from what the benchmark measured on this machine.

Nothing here is measured anew. Per-domain costs are those of the largest lab that was surveyed;
memory is a straight line through the smallest and the largest. A population of other habits (more
domains without mail, more signed ones) has other costs: the lab is planned after .jp in 2020.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .shown import kinds, middle, table

POPULATIONS = ((".jp", 1_500_000), (".nl", 6_000_000), (".com", 160_000_000))
RATE = 1_000.0  # questions/s, to all resolvers together
HOUR, GIB, KIB_GIB = 3600, 2**30, 2**20


@dataclass(frozen=True, slots=True)
class Costs:
    """A domain's costs, as measured, and the lab they were measured on.

    per_s: questions/s of the whole crawl. driver_kib: a domain; base_mib: of the driver without
    any. batch_mib: of a process that judges; it does not grow with the population.
    """

    lab: int
    questions: float
    facts_bytes: float
    per_s: float
    judge_s: float
    tables_s: float
    driver_kib: float
    base_mib: float
    batch_mib: float


def costs(kept: dict[str, Any]) -> Costs:
    """The costs in the benchmark's results. Raises KeyError: it has not surveyed two labs."""
    sizes = kinds(kept["lab"], "size")
    if len(sizes) < 2:
        raise KeyError("lab")
    of = [middle(sizes[size], "crawl_s") for size in sorted(sizes)]
    small, large = of[0], of[-1]
    domains = large["domains"]
    kib = (large["driver_mib"] - small["driver_mib"]) * 1024 / (domains - small["domains"])
    return Costs(
        lab=domains,
        questions=large["questions"] / domains,
        facts_bytes=large["facts_bytes"] / domains,
        per_s=large["questions"] / large["crawl_s"],
        judge_s=large["judge_s"] / domains,
        tables_s=large["tables_s"] / domains,
        driver_kib=kib,
        base_mib=small["driver_mib"] - kib * small["domains"] / 1024,
        batch_mib=large["worker_mib"],
    )


def main(path: Path, rate: float, populations: Sequence[tuple[str, int]] = POPULATIONS) -> str:
    """The tables as text. rate: questions/s. One line says if the benchmark was not run before."""
    try:
        found = costs(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError):
        raise SystemExit(
            f"mailsurvey: {path} has no two sizes of the lab; run: mailsurvey bench --part lab"
        ) from None
    return f"{measured(found)}\n\n{computed(found, rate, populations)}"


def measured(found: Costs) -> str:
    """The first table."""
    rows = (
        ("questions a domain, each asked once a run", f"{found.questions:.1f}"),
        ("bytes of facts a domain (Parquet)", f"{found.facts_bytes:,.0f}"),
        ("questions/s of a whole crawl, nothing in the way", f"{found.per_s:,.0f}"),
        ("judging, ms a domain, two processes", f"{found.judge_s * 1000:.3f}"),
        ("tables, ms a domain", f"{found.tables_s * 1000:.3f}"),
        ("driver, KiB a domain (two sizes, a line between)", f"{found.driver_kib:.2f}"),
        ("a worker's greatest memory, MiB", f"{found.batch_mib:,.0f}"),
    )
    return f"MEASURED on a lab of {found.lab:,} domains\n\n{table(('cost', ''), rows)}"


def computed(found: Costs, rate: float, populations: Sequence[tuple[str, int]]) -> str:
    """The second table: domains times costs."""
    rows = []
    for name, domains in populations:
        questions = domains * found.questions
        driver_gib = (found.base_mib / 1024) + domains * found.driver_kib / KIB_GIB
        rows.append(
            (
                f"{domains:,} {name}",
                f"{questions / 1e6:,.0f}",
                f"{questions / rate / HOUR:,.1f}",
                f"{questions / found.per_s / HOUR:,.1f}",
                f"{domains * found.facts_bytes / GIB:,.1f}",
                f"{domains * found.judge_s / HOUR:,.2f}",
                f"{domains * found.tables_s / HOUR:,.2f}",
                f"{driver_gib:,.1f}",
                f"{found.batch_mib / 1024:,.1f}",
            )
        )
    headings = (
        "population", "million questions", f"hours at {rate:,.0f}/s", "hours, nothing in the way",
        "GiB of facts", "judging h", "tables h", "driver GiB", "judging GiB a process",
    )  # fmt: skip
    note = "COMPUTED: domains times these costs, which supposes that they stay as they are"
    return f"{note}\n\n{table(headings, rows)}"
