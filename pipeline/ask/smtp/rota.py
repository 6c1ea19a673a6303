"""Which visit may begin now: decisions about politeness, without sockets, timers or sleep.

Four bounds, each of which holds at any time:

- one connection at a time to an address, whatever is wanted of it;
- so many at once to one operator, who may have many addresses;
- a pause between two beginnings at one operator;
- so many at once in all.

An operator is whatever string stands for it: the registrable domain of the MX host, as a rule. An
address that hosts of several operators share is the first one's.
Who has most to be visited comes first as often as anybody else: operators take turns.
"""

import heapq
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple


class Wanted(NamedTuple):
    """One visit that is wanted. number: the caller's; sni: the name asked for in TLS."""

    number: int
    address: str
    sni: str
    operator: str


@dataclass(slots=True)
class Operator:
    """One operator's visits that wait. addresses: those with a visit that could begin."""

    addresses: deque[str] = field(default_factory=deque)
    at_work: int = 0
    free_at: float = 0.0  # monotonic: not before
    is_in_turn: bool = False  # stands in the heap


class Rota:
    """The visits of one partition.

    most, most_of_operator: connections at once; pause_s: seconds between two beginnings at one
    operator. clock: seconds, monotonic.
    """

    def __init__(
        self,
        wanted: Iterable[Wanted],
        most: int,
        most_of_operator: int,
        pause_s: float,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.most, self.most_of_operator, self.pause_s = most, most_of_operator, pause_s
        self.clock = clock
        self.at_work = self.left = 0
        self.waiting: dict[str, deque[Wanted]] = {}
        self.operator_of: dict[str, str] = {}  # an address
        self.operators: dict[str, Operator] = {}
        self.turns: list[tuple[float, int, str]] = []
        self.order = count()  # of equals, whoever has waited longest
        for one in wanted:
            self.left += 1
            if one.address not in self.waiting:
                self.waiting[one.address] = deque()
                self.operator_of[one.address] = one.operator
                self.operators.setdefault(one.operator, Operator()).addresses.append(one.address)
            self.waiting[one.address].append(one)
        for name in self.operators:
            self.queue(name)

    def queue(self, name: str) -> None:
        """Let an operator stand in turn, if one of its visits could begin but for the pause."""
        operator = self.operators[name]
        is_free = operator.addresses and operator.at_work < self.most_of_operator
        if is_free and not operator.is_in_turn:
            operator.is_in_turn = True
            heapq.heappush(self.turns, (operator.free_at, next(self.order), name))

    def take(self) -> Wanted | None:
        """A visit that is to begin now; None: none may."""
        if self.at_work >= self.most or not self.turns or self.turns[0][0] > self.clock():
            return None
        _, _, name = heapq.heappop(self.turns)
        operator = self.operators[name]
        operator.is_in_turn = False
        one = self.waiting[operator.addresses.popleft()].popleft()
        operator.at_work += 1
        operator.free_at = self.clock() + self.pause_s
        self.at_work += 1
        self.left -= 1
        self.queue(name)
        return one

    def end(self, one: Wanted) -> None:
        """A visit that was taken is over: its address is free again."""
        self.at_work -= 1
        name = self.operator_of[one.address]
        operator = self.operators[name]
        operator.at_work -= 1
        if self.waiting[one.address]:
            operator.addresses.append(one.address)
        else:
            del self.waiting[one.address]
        self.queue(name)

    def wait(self) -> float | None:
        """Seconds until time alone lets a visit begin; None: the end of another has to."""
        if self.at_work >= self.most or not self.turns:
            return None
        return max(0.0, self.turns[0][0] - self.clock())
