"""Many visits: as many at once as the rota lets begin, each handed to `keep` when it is over."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from .rota import Rota, Wanted
from .visit import Visited, Visiting, Visits, visit

Keep = Callable[[Wanted, Visited], None]
"""Called exactly once for each visit that was made."""


async def ask(rota: Rota, how: Visiting, keep: Keep, visit: Visits = visit) -> None:
    """Make all visits of a rota. Raises what `keep` raises; none is under way once it has ended."""
    under_way: dict[asyncio.Task[Visited], Wanted] = {}
    try:
        while rota.left or under_way:
            while one := rota.take():
                under_way[asyncio.create_task(visit(one.address, one.sni, how))] = one
            pause = rota.wait()
            if not under_way:
                await asyncio.sleep(pause or 0.0)  # a pause between two visits at one operator
                continue
            done, _ = await asyncio.wait(
                under_way, timeout=pause, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                one = under_way.pop(task)
                rota.end(one)
                keep(one, task.result())
    finally:
        for task in under_way:
            task.cancel()
        for task in under_way:
            with suppress(asyncio.CancelledError):
                await task
