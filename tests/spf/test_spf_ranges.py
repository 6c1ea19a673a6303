"""Sets of addresses, held against Python's own sets."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols.spf.ranges import Claimed, both, size, union

RANGE = st.tuples(st.integers(0, 40), st.integers(1, 12)).map(lambda one: (one[0], sum(one)))
RANGES = st.lists(RANGE, max_size=12)


def members(ranges):
    return {address for first, end in ranges for address in range(first, end)}


@given(RANGES, RANGES)
def test_union_and_intersection(left, right):
    assert members(union(left)) == members(left)
    assert size(union(left)) == len(members(left))
    assert members(both(union(left), union(right))) == members(left) & members(right)


@given(st.lists(RANGES, max_size=8))
def test_each_address_is_claimed_once(claims):
    claimed, seen = Claimed(), set()
    for ranges in claims:
        new = claimed.claim(ranges)
        assert sum(end - first for first, end in new) == len(members(new))  # none twice
        assert members(new) == members(ranges) - seen
        seen |= members(ranges)
