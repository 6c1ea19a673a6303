"""What the lab's server does wrong on request, decided by a seeded hash: every run is the same run.

The draw depends on the question and on how often it was asked before, so that asking once more can
succeed, and does so at the same try every time, however the questions of a crawl interleave.
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from hashlib import blake2b

from ..words import QType

LONGEST_DELAY_S = 60.0


class Fault(StrEnum):
    """What becomes of one answer. One at most; the first two also over TCP."""

    SERVFAIL = "servfail"
    REFUSED = "refused"
    LOSS = "loss"
    WRONG_ID = "wrong_id"
    GARBAGE = "garbage"
    TRUNCATION = "truncation"


BY_TCP = (Fault.SERVFAIL, Fault.REFUSED)  # nothing else can happen to a stream


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """Shares 0..1 of the questions that go wrong, each in its way; together at most 1.

    delay: the share that is answered late, by delay_s seconds; independent of the others.
    only: the kind of question that all this befalls: labels that stand together in its name, a
    type, or both ("_mta-sts TXT"); "" is any. Raises ValueError for a share outside its bounds.
    """

    loss: float = 0.0
    delay_s: float = 0.0
    servfail: float = 0.0
    refused: float = 0.0
    wrong_id: float = 0.0
    garbage: float = 0.0
    truncation: float = 0.0
    delay: float = 1.0
    seed: int = 1
    only: str = ""

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name == "only":
                continue
            most = {"delay_s": LONGEST_DELAY_S, "seed": float("inf")}.get(field.name, 1.0)
            value = getattr(self, field.name)
            if not 0 <= value <= most:
                raise ValueError(f"misbehaviour {field.name} = {value}; allowed: 0 to {most:g}")
        if self._sum() > 1:
            raise ValueError(f"misbehaviour {self._sum():g} in sum; allowed: at most 1 (and delay)")

    @property
    def active(self) -> bool:
        """Does anything ever go wrong?"""
        return self._sum() > 0 or self.delay * self.delay_s > 0

    def befalls(self, name: str, qtype: int) -> bool:
        """Is this the kind of question that may go wrong? name: canonical."""
        for word in self.only.split():
            if word in QType.__members__:
                if qtype != QType[word]:
                    return False
            elif f".{word}." not in f".{name}.":
                return False
        return True

    def draw(self, question: bytes, asked: int) -> tuple[Fault | None, float]:
        """What happens to an answer, and how many seconds late it is. asked: how often before."""
        key = b"%d %d " % (self.seed, asked)
        digest = blake2b(key + question, digest_size=16).digest()
        left, late = int.from_bytes(digest[:8]) / 2**64, int.from_bytes(digest[8:]) / 2**64
        delay = self.delay_s if late < self.delay else 0.0
        for kind in Fault:
            left -= getattr(self, kind.value)
            if left < 0:
                return kind, delay
        return None, delay

    def noise(self, question: bytes, asked: int) -> bytes:
        """The octets that come instead of an answer, id excepted."""
        return blake2b(b"%d %d " % (self.seed, asked) + question, person=b"garbage").digest()

    def _sum(self) -> float:
        return sum(float(getattr(self, kind.value)) for kind in Fault)
