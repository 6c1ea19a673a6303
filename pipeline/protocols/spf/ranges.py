"""Sets of addresses as sorted, disjoint, half-open ranges of integers.

The addresses of a survey are all of IPv4 and one more: an address that no term of a record names
(nearly all of IPv6). Only `all`, and what matches every client, matches that one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

Ranges = tuple[tuple[int, int], ...]

NONE: Ranges = ()
IPV4: Ranges = ((0, 1 << 32),)
EVERYONE: Ranges = ((0, (1 << 32) + 1),)
UNNAMED: Ranges = ((1 << 32, (1 << 32) + 1),)


def union(pairs: Iterable[tuple[int, int]]) -> Ranges:
    """Any ranges, in any order, overlapping or not, as one set."""
    out: list[tuple[int, int]] = []
    for first, end in sorted(pairs):
        if out and first <= out[-1][1]:
            if end > out[-1][1]:
                out[-1] = out[-1][0], end
        else:
            out.append((first, end))
    return tuple(out)


def both(left: Ranges, right: Ranges) -> Ranges:
    """What is in both."""
    out, at, to = [], 0, 0
    while at < len(left) and to < len(right):
        first, end = max(left[at][0], right[to][0]), min(left[at][1], right[to][1])
        if first < end:
            out.append((first, end))
        if left[at][1] < right[to][1]:
            at += 1
        else:
            to += 1
    return tuple(out)


def size(ranges: Ranges) -> int:
    """How many addresses."""
    return sum(end - first for first, end in ranges)


class Claimed:
    """What was claimed so far. Near linear, for a record may hold thousands of terms.

    starts, ends: of disjoint ranges that do not touch, in order.
    """

    __slots__ = ("ends", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []

    def claim(self, ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """Claim ranges, none of them empty. Returns the parts that nobody had claimed."""
        new = []
        for first, end in ranges:
            at, to = bisect_left(self.ends, first), bisect_right(self.starts, end)
            place = first
            for start, stop in zip(self.starts[at:to], self.ends[at:to], strict=True):
                if start > place:
                    new.append((place, start))
                place = max(place, stop)
            if place < end:
                new.append((place, end))
            if at < to:
                first, end = min(first, self.starts[at]), max(end, self.ends[to - 1])
            self.starts[at:to], self.ends[at:to] = [first], [end]
        return new
