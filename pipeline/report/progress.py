"""How far it is: a bar a wave on a terminal, plain lines elsewhere."""

import sys
import time

from tqdm import tqdm

from ..ask.partition import Progress
from ..run import Echo

EVERY_S = 10.0  # between the plain lines of one wave
SMALL = 100  # fewer that are done at once are not worth a line of their own


def echo() -> Echo:
    """Bars and lines for the user, on standard error."""
    return Echo(bar=bar if sys.stderr.isatty() else plain, line=line)


def line(text: str) -> None:
    """One line, above the bars."""
    tqdm.write(text, file=sys.stderr)


def bar(title: str, total: int) -> Progress:
    """A tqdm bar: done of total, rate, failures, time left."""
    shown = tqdm(
        total=total,
        desc=title,
        unit="",
        dynamic_ncols=True,
        file=sys.stderr,
        leave=total >= SMALL,
    )
    failures = 0

    def more(done: int, failed: int) -> None:
        nonlocal failures
        failures += failed
        shown.set_postfix(failed=failures, refresh=False)
        shown.update(done)
        if shown.n >= total:
            shown.close()

    return more


def plain(title: str, total: int) -> Progress:
    """The same as lines: at the start, now and then, at the end."""
    begun = said = time.monotonic()
    done = failures = 0

    def more(new: int, failed: int) -> None:
        nonlocal done, failures, said
        done, failures = done + new, failures + failed
        now = time.monotonic()
        if (done >= total and total >= SMALL) or now - said > EVERY_S:
            said = now
            rate = done / max(now - begun, 1e-3)
            left = f", {(total - done) / rate:.0f} s left" if 0 < done < total else ""
            line(f"{title}: {done:,} of {total:,}, {rate:,.0f}/s, {failures:,} failed{left}")

    return more
