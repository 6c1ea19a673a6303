"""How fast, how many: decisions about the pace of asking, without sockets, timers or sleep.

Three bounds, each of which holds at any time:

- a fixed greatest number of questions in flight;
- a global rate, as a token bucket: a second lets `rate` questions out, evenly;
- a share of both, which is halved when more fails than usual and recovers step by step after.

**Why a population in which many names always fail does not stall it.** What counts is not the share
of failures but its rise over what is usual. Usual is learned from quiet windows; a constant 5 % of
dead names is far inside the tolerance and soon part of the usual. A stretch of worse names (30 %,
say) is at first taken for distress and the pace falls; but what fails at the slowest pace as well
is not the pace's fault: there it is learned as usual, and the pace recovers. And the slowest pace
is a sixteenth, never nothing. Only where more than half fails does it stay there: that is no
population but a resolver in trouble.
"""

import time
from collections.abc import Callable
from math import sqrt

WINDOW_S = 2.0  # the default timeout: the next window shows what a change of pace has done
LEAST_RESULTS = 50  # a window goes on until so many results came: fewer say nothing
IDLE_S = 20.0  # silence (between two waves) after which a window is begun anew
SLOWEST = 1 / 16
RECOVERY = 1 / 16  # added a quiet window
TOLERANCE = 0.1  # failures over the usual that are no alarm, whatever the noise
MOST_USUAL = 0.5
QUIET_GAIN, SLOWEST_GAIN = 1 / 8, 1 / 4  # how fast a window's share of failures becomes the usual
BURST_S = 0.05  # unused rate that is kept: a pause must not end in a flood


class Pace:
    """Says how many questions may be sent now. One object may serve many calls of an engine.

    in_flight: greatest number sent and not yet settled. rate: questions per second, 0: no limit;
    packets that are sent again count too. usual: the share of failures to expect from the start
    (0..1); 1 for questions that have all failed before: the pace then never falls.
    clock: seconds, monotonic.
    """

    def __init__(
        self,
        in_flight: int,
        rate: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        *,
        usual: float = 0.0,
    ):
        self.in_flight = in_flight
        self.rate = rate
        self.usual = usual
        self.share = 1.0
        self.clock = clock
        self.full_speed = 0.0  # packets/s in the busiest window at full pace
        self.tokens = 1.0
        self.refilled_at = self.opened_at = self.heard_at = clock()
        self.good = self.failed = self.sent_in_window = 0

    def limit(self) -> float:
        """The rate that holds now, questions per second; 0: none.

        A pace that has fallen bounds the rate even where the study does not: a resolver in distress
        that says SERVFAIL at once would otherwise be asked as often by fewer in flight.
        """
        if self.share == 1.0:
            return self.rate
        speeds = [speed for speed in (self.rate, self.full_speed) if speed > 0]
        return self.share * min(speeds, default=0.0)

    def room(self, in_flight: int) -> int:
        """How many more may be sent now, when so many are in flight. Never negative."""
        room = max(1, int(self.in_flight * self.share)) - in_flight
        if limit := self.limit():
            self.refill(limit)
            room = min(room, int(self.tokens))
        return max(0, room)

    def wait(self) -> float:
        """Seconds until the rate lets the next question out; 0: it is not the rate that waits."""
        if not (limit := self.limit()):
            return 0.0
        self.refill(limit)
        return max(0.0, (1.0 - self.tokens) / limit)

    def refill(self, limit: float) -> None:
        """Put the tokens of the time since the last refill into the bucket."""
        now = self.clock()
        most = max(1.0, limit * BURST_S)
        self.tokens = min(most, self.tokens + (now - self.refilled_at) * limit)
        self.refilled_at = now

    def sent(self, count: int) -> None:
        """So many packets went out. Those sent again may go beyond the room: a debt, paid later."""
        self.tokens -= count
        self.sent_in_window += count

    def came(self, good: int, failed: int) -> None:
        """So many answers came, and so many failures: timeouts, and answers that say SERVFAIL."""
        now = self.clock()
        if now - self.heard_at > IDLE_S:
            self.open_window(now)
        self.heard_at = now
        self.good += good
        self.failed += failed
        if self.good + self.failed >= LEAST_RESULTS and now - self.opened_at >= WINDOW_S:
            self.judge_window(now)
            self.open_window(now)

    def open_window(self, now: float) -> None:
        """Begin to count anew."""
        self.opened_at = now
        self.good = self.failed = self.sent_in_window = 0

    def judge_window(self, now: float) -> None:
        """Fall, recover, or learn from the window that ends now."""
        results = self.good + self.failed
        failures = self.failed / results
        noise = 3 * sqrt(self.usual * (1 - self.usual) / results)
        if self.share == 1.0:
            speed = self.sent_in_window / (now - self.opened_at)
            self.full_speed = max(self.full_speed, speed)
        if failures <= self.usual + max(TOLERANCE, noise):
            self.usual += (failures - self.usual) * QUIET_GAIN
            self.share = min(1.0, self.share + RECOVERY)
        elif self.share > SLOWEST:
            self.share = max(SLOWEST, self.share / 2)
            self.tokens, self.refilled_at = 0.0, now  # neither credit nor debt from before the fall
        else:
            self.usual = min(MOST_USUAL, self.usual + (failures - self.usual) * SLOWEST_GAIN)
