"""How long a user waits for help, and for the check of one domain."""

import json
import sys
from dataclasses import asdict, dataclass
from statistics import median

from ..config import Lab
from ..lab.plan import plan
from ..lab.server import start
from .measuring import measured

TIMES = 7
SMALL = Lab(seed=1, jp=200, go_jp=30)
PROGRAM = "import sys; sys.argv[1:] = {!r}; from pipeline.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Started:
    """seconds: of the clock, from start to exit; all runs, and the one in the middle."""

    command: str
    seconds: float
    all_seconds: tuple[float, ...]


def started(times: int = TIMES) -> list[Started]:
    """`--help`, and `check` of one domain against the lab's server."""
    domain = plan(SMALL).rows[0].domain
    with start("plan:" + json.dumps(asdict(SMALL))) as address:
        return [
            timed("--help", ["--help"], times),
            timed("check", ["check", domain, "--resolver", address], times),
        ]


def timed(name: str, arguments: list[str], times: int) -> Started:
    """A command several times over, after one that fills the disk's cache."""
    program = PROGRAM.format(arguments)
    took = [one_run(program) for _ in range(times + 1)][1:]
    return Started(name, median(took), tuple(took))


def one_run(program: str) -> float:
    """Seconds of one run. What it finds does not matter, so neither does its exit status."""
    wrapped = f"import sys\ntry:\n    {program}\nexcept SystemExit:\n    sys.exit(0)"
    return measured([sys.executable, "-c", wrapped]).seconds
