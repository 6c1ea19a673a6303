"""The engine without a network: answers come from a function, such as a zone file's."""

import time
from collections.abc import Callable, Iterable, Sequence

from ...config import Asking
from ...words import Outcome
from ..pace import Pace
from . import Engine, Keep

RESOLVER = "zone"
"""What the facts say answered."""


def engine(answer: Callable[[str, int, bool], bytes | None]) -> Engine:
    """An engine over `answer(name, qtype, cd)`, which returns a message, or None for silence."""

    async def ask(
        questions: Iterable[tuple[int, str, int, bool]],
        resolvers: Sequence[str],
        asking: Asking,
        pace: Pace,
        keep: Keep,
    ) -> None:
        for index, name, qtype, cd in questions:
            message = answer(name, qtype, cd)
            outcome = Outcome.TIMEOUT if message is None else None
            keep(index, outcome, message, RESOLVER, None, 1, time.time(), None)

    return ask
