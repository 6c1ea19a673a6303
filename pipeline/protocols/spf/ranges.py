"""Sets of addresses as sorted, disjoint, half-open ranges of integers.

The addresses of a survey are all of IPv4 and one more: an address that no term of a record names
(nearly all of IPv6). Only `all`, and what matches every client, matches that one.
"""

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


def without(left: Ranges, right: Ranges) -> Ranges:
    """What is in the left only."""
    if not left or not right:
        return left
    gaps, last = [], 0
    for first, end in right:
        if first > last:
            gaps.append((last, first))
        last = end
    gaps.append((last, max(left[-1][1], last) + 1))
    return both(left, tuple(gaps))


def size(ranges: Ranges) -> int:
    """How many addresses."""
    return sum(end - first for first, end in ranges)
