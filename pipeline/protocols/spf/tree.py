"""What one record and all that it includes come to (RFC 7208 §4.6.4, §5.2, §6.1)."""

from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from ...words import Level
from ..protocol import Finding
from .ranges import IPV4, NONE, Claimed, Ranges, both, union

MOST = (1 << 31) - 1  # counts stop here: repeats multiply, level by level
MOST_FAR = 50  # loops and dangling targets kept a tree


class Found(NamedTuple):
    """A finding where it stands. name: of the record's owner."""

    finding: Finding
    name: str
    at: int | None
    evidence: str


@dataclass(slots=True)
class Tree:
    """A record's evaluation, with everything below it.

    void4, void6: void lookups of an IPv4 and of an IPv6 client; open4, open6: terms of which it is
    not known. named: the IPv4 addresses that pass by other terms than `all`; passes: all that
    pass. faults: of this record, found by asking; far: what concerns every record above too.
    """

    name: str = ""
    lookups: int = 0
    void4: int = 0
    void6: int = 0
    open4: int = 0
    open6: int = 0
    is_missing: bool = False  # the name has no SPF record
    is_gone: bool = False  # nor does the name exist
    is_unknown: bool = False  # a record below brought no answer
    is_partial: bool = False  # a term needs the message
    has_all_mx: bool = True  # every MX question was answered
    has_all_addresses: bool = True
    named: Ranges = NONE
    passes: Ranges = NONE
    all: str | None = None
    knows_all: bool = True  # false: what redirect leads to is not known
    cause: str = ""  # why check_host() fails here, limits and loops apart; "": it does not
    faults: list[Found] = field(default_factory=list)
    far: dict[tuple[str, str, int | None], Found] = field(default_factory=dict)
    uses_origin: bool = False  # `%{o}`: another domain's tree may differ
    is_cut_short: bool = False  # a bound of the judge was met
    back_to: set[str] = field(default_factory=set)  # names above that an edge leads back to
    ring: set[str] = field(default_factory=set)  # the names on its cycles

    def add(self, child: "Tree") -> None:
        """Count what is below an include or redirect."""
        self.lookups = min(self.lookups + child.lookups, MOST)
        self.void4 = min(self.void4 + child.void4, MOST)
        self.void6 = min(self.void6 + child.void6, MOST)
        self.open4 = min(self.open4 + child.open4, MOST)
        self.open6 = min(self.open6 + child.open6, MOST)
        self.is_unknown |= child.is_unknown
        self.is_partial |= child.is_partial
        self.has_all_mx &= child.has_all_mx
        self.has_all_addresses &= child.has_all_addresses
        self.uses_origin |= child.uses_origin
        self.is_cut_short |= child.is_cut_short
        self.back_to |= child.back_to
        self.ring |= child.ring
        for found in child.far.values():
            self.tell(found)

    def fault(self, finding: Finding, at: int | None, evidence: str, cause: str = "") -> None:
        """A finding of this record. cause: what below it is to blame."""
        self.faults.append(Found(finding, self.name, at, evidence))
        if finding.level == Level.ERROR and not self.cause:
            self.cause = cause or f"{self.name}: {finding.code}"

    def tell(self, found: Found) -> None:
        """A finding that every record above shares, once for each place."""
        if len(self.far) < MOST_FAR:
            self.far[found.finding.code, found.name, found.at] = found

    def count_void(self, is_void4: bool | None, is_void6: bool | None) -> None:
        """One term's void lookups (RFC 7208 §4.6.4): a term counts once; null: not known."""
        self.open4 += is_void4 is None
        self.open6 += is_void6 is None
        self.void4 += is_void4 is True
        self.void6 += is_void6 is True

    def voids(self) -> tuple[int, float]:
        """The least and the most void lookups that the client with fewer of them meets."""
        least = min(self.void4, self.void6)
        if self.is_unknown:
            return least, inf
        return least, min(self.void4 + self.open4, self.void6 + self.open6)


class Ledger:
    """Which addresses pass, term by term: what matched earlier is not reached (RFC 7208 §4.6.2)."""

    __slots__ = ("followed", "named", "passes", "seen")

    def __init__(self) -> None:
        self.seen = Claimed()
        self.named: list[tuple[int, int]] = []
        self.passes: list[tuple[int, int]] = []
        self.followed: set[str] = set()

    def match(self, addresses: list[tuple[int, int]], does_pass: bool) -> None:
        """A term that names IPv4 addresses."""
        new = self.seen.claim(addresses)
        if does_pass:
            self.passes += new
            self.named += new

    def follow(self, passing: Ranges, named: Ranges, does_pass: bool) -> Ranges:
        """A term that matches what passes elsewhere. named: the part that is not by an `all`.

        Returns what is new and passes here.
        """
        new = union(self.seen.claim(passing))
        if not does_pass:
            return NONE
        self.passes += new
        self.named += both(new, named)
        return new

    def follow_tree(self, child: Tree, does_pass: bool) -> Ranges:
        """The same for another record; what it matches is not reached a second time."""
        if child.name in self.followed:
            return NONE
        self.followed.add(child.name)
        return self.follow(child.passes, child.named, does_pass)

    def close(self, tree: Tree) -> None:
        """Enter the sums into the tree."""
        tree.named, tree.passes = union(self.named), union(self.passes)


def covers_everyone(ranges: Ranges) -> bool:
    """Does it hold all of IPv4, or what no term names?"""
    if not ranges:
        return False
    end_of_ipv4 = IPV4[0][1]
    return ranges[-1][1] > end_of_ipv4 or (ranges[0][0] == 0 and ranges[0][1] >= end_of_ipv4)
