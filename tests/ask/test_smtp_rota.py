"""Politeness with a clock that passes on order: no bound is ever broken, nobody is forgotten."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ask.smtp.rota import Rota, Wanted

OPERATORS = {"10.0.0.1": "a", "10.0.0.2": "a", "10.0.0.3": "a", "10.0.0.4": "b", "10.0.0.5": "c"}
PAUSE_S = 2.0


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def wanted(addresses: Sequence[str]) -> list[Wanted]:
    return [
        Wanted(number, address, f"mx{number}.jp", OPERATORS[address])
        for number, address in enumerate(addresses)
    ]


@given(
    st.lists(st.sampled_from(sorted(OPERATORS)), max_size=30),
    st.integers(1, 4),
    st.integers(1, 3),
    st.data(),
)
@settings(max_examples=200)
def test_every_visit_is_made_and_no_bound_is_broken(
    addresses: list[str], most: int, most_of_operator: int, data: st.DataObject
) -> None:
    clock = Clock()
    rota = Rota(wanted(addresses), most, most_of_operator, PAUSE_S, clock)
    at_work: list[Wanted] = []
    begun: dict[str, list[float]] = {}
    made = []
    while rota.left or at_work:
        one = rota.take()
        if one is not None:
            at_work.append(one)
            made.append(one.number)
            begun.setdefault(one.operator, []).append(clock.now)
        assert len(at_work) == rota.at_work <= most
        assert max(Counter(visit.address for visit in at_work).values(), default=0) <= 1
        by_operator = Counter(visit.operator for visit in at_work)
        assert max(by_operator.values(), default=0) <= most_of_operator
        if one is None:
            pause = rota.wait()
            if at_work and (pause is None or data.draw(st.booleans())):
                rota.end(at_work.pop(data.draw(st.integers(0, len(at_work) - 1))))
            else:
                assert pause is not None  # or else it would wait for ever
                clock.now += pause
    assert sorted(made) == list(range(len(addresses)))
    assert not rota.waiting
    for times in begun.values():
        assert all(later - earlier >= PAUSE_S for earlier, later in pairwise(times))


def test_further_names_at_an_address_come_one_after_another() -> None:
    rota = Rota(wanted(["10.0.0.5", "10.0.0.5"]), 10, 10, 0.0, Clock())
    first = rota.take()
    assert first is not None
    assert rota.take() is None
    assert rota.wait() is None  # only its end lets the next begin
    rota.end(first)
    second = rota.take()
    assert second is not None
    assert (first.sni, second.sni) == ("mx0.jp", "mx1.jp")


def test_an_address_of_two_operators_is_one_address() -> None:
    shared = [Wanted(0, "10.0.0.1", "mx.a.jp", "a.jp"), Wanted(1, "10.0.0.1", "mx.b.jp", "b.jp")]
    rota = Rota(shared, 10, 10, 0.0, Clock())
    first = rota.take()
    assert first is not None
    assert rota.take() is None
    rota.end(first)
    second = rota.take()
    assert second is not None
    rota.end(second)
    assert (rota.left, rota.at_work) == (0, 0)


def test_a_large_operator_does_not_keep_the_others_waiting() -> None:
    many = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"]
    rota = Rota(wanted(many), 10, 1, PAUSE_S, Clock())
    taken = [rota.take() for _ in range(4)]
    assert [one.operator for one in taken if one] == ["a", "b", "c"]
