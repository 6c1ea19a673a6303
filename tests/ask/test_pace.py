"""The pace, with a clock that the test turns."""

import pytest

from pipeline.ask.pace import SLOWEST, Pace


class Clock:
    """Seconds that pass on order."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Crawl:
    """Asks what the pace allows, ten times a second; everything sent is settled a tick later."""

    def __init__(self, in_flight: int = 100, rate: float = 0.0, usual: float = 0.0):
        self.clock = Clock()
        self.pace = Pace(in_flight, rate, self.clock, usual=usual)
        self.in_flight = 0

    def run(self, seconds: float, failing: float) -> int:
        """Go on for some time while a share of all questions fails. Returns how many were sent."""
        total = 0
        for _ in range(round(seconds * 10)):
            self.clock.now += 0.1
            failed = round(self.in_flight * failing)
            self.pace.came(self.in_flight - failed, failed)
            self.in_flight = self.pace.room(0)
            self.pace.sent(self.in_flight)
            total += self.in_flight
        return total


def test_never_more_in_flight_than_fixed() -> None:
    pace = Pace(500, clock=Clock())
    assert pace.room(0) == 500
    assert pace.room(499) == 1
    assert pace.room(500) == pace.room(600) == 0


def test_the_rate_holds_and_is_even() -> None:
    clock = Clock()
    pace = Pace(10_000, rate=100, clock=clock)
    sent = []
    for _ in range(100):
        clock.now += 0.01
        count = pace.room(0)
        pace.sent(count)
        sent.append(count)
    assert sum(sent) == pytest.approx(100, abs=2)
    assert max(sent) <= 2


def test_a_pause_does_not_end_in_a_flood() -> None:
    clock = Clock()
    pace = Pace(10_000, rate=100, clock=clock)
    clock.now += 3600
    assert pace.room(0) == 5  # 50 ms worth


def test_says_how_long_the_rate_makes_wait() -> None:
    clock = Clock()
    pace = Pace(10, rate=4, clock=clock)
    pace.sent(pace.room(0))
    assert pace.wait() == pytest.approx(0.25)
    clock.now += pace.wait()
    assert pace.room(0) == 1
    assert Pace(10, clock=clock).wait() == 0


def test_packets_sent_again_are_paid_for() -> None:
    clock = Clock()
    pace = Pace(10, rate=10, clock=clock)
    pace.sent(5)  # beyond its room: retries do not wait
    assert pace.wait() == pytest.approx(0.5)
    clock.now += 0.4
    assert pace.room(0) == 0


def test_falls_when_failures_rise_and_recovers_after() -> None:
    crawl = Crawl()
    crawl.run(10, failing=0.01)
    quick = crawl.run(10, failing=0.01)
    crawl.run(10, failing=0.6)
    slow = crawl.run(4, failing=0.6) * 10 / 4
    assert slow < quick / 8
    assert slow > 0  # slower, but it goes on
    crawl.run(60, failing=0.01)
    assert crawl.run(10, failing=0.01) == quick


def test_halves_at_most_once_a_window() -> None:
    crawl = Crawl()
    shares = []
    for _ in range(60):
        crawl.run(0.1, failing=0.9)
        shares.append(crawl.pace.share)
    falls = [number for number in range(1, 60) if shares[number] < shares[number - 1]]
    assert len(falls) <= 3  # six seconds, windows of two
    assert all(shares[number] == shares[number - 1] / 2 for number in falls)


def test_a_few_failures_among_few_results_are_no_alarm() -> None:
    crawl = Crawl(in_flight=1)
    crawl.run(4, failing=1.0)
    assert crawl.pace.share == 1.0


@pytest.mark.parametrize("failing", [0.05, 0.1])
def test_names_that_always_fail_do_not_slow_it(failing: float) -> None:
    crawl, healthy = Crawl(), Crawl()
    assert crawl.run(300, failing) == healthy.run(300, 0.0)


def test_a_worse_population_slows_it_only_until_that_is_known_as_usual() -> None:
    crawl = Crawl()
    quick = crawl.run(10, failing=0.0)
    crawl.run(120, failing=0.3)
    assert crawl.run(10, failing=0.3) == quick


def test_a_resolver_in_trouble_is_not_taken_for_a_population() -> None:
    crawl = Crawl()
    crawl.run(10, failing=0.0)
    crawl.run(600, failing=1.0)
    assert crawl.pace.share == SLOWEST


def test_a_distress_that_answers_at_once_is_asked_less_often_too() -> None:
    clock = Clock()
    pace = Pace(100, clock=clock)
    sent = [0, 0]
    for tick in range(40_000):  # a millisecond each; every answer is there after one
        clock.now += 0.001
        count = pace.room(0)
        pace.sent(count)
        sent[tick >= 20_000] += count
        is_down = tick >= 10_000
        pace.came(0 if is_down else count, count if is_down else 0)
    assert sent[1] <= sent[0] / 8


def test_questions_that_failed_before_are_expected_to_fail_again() -> None:
    crawl, healthy = Crawl(usual=1.0), Crawl()
    assert crawl.run(60, failing=1.0) == healthy.run(60, failing=0.0)


def test_silence_between_waves_is_not_counted_as_slowness() -> None:
    crawl = Crawl()
    crawl.run(1, failing=0.0)
    crawl.clock.now += 3600
    crawl.run(4, failing=0.9)
    assert crawl.pace.full_speed > 500  # a tick's hundred, ten times a second
