"""The DNS engines, all of one shape: they are given questions, and hand each answer to `keep`.

`wire` reads whole messages from sockets of its own, `cares` is c-ares, an independent stack whose
answers are rebuilt into messages, and `zone` needs no network.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from ...config import Asking
from ...words import Outcome, Transport
from ..pace import Pace

Question = tuple[int, str, int, bool]
"""index, name, type, CD"""

Keep = Callable[
    [int, Outcome | None, bytes | None, str, Transport | None, int, float, float | None], None
]
"""index, outcome (None: the message says), message, resolver, transport, tries, unix time, ms"""

Engine = Callable[[Iterable[Question], Sequence[str], Asking, Pace, Keep], Awaitable[None]]
"""questions, resolvers, asking, pace, keep: `keep` is called exactly once a question."""
