"""Evaluating SPF as check_host() would, for every client at once (RFC 7208 §4.6, §5, §6.1).

A tree is walked with its path, because an edge back to a name on the path is a loop and is not
followed. Records that lie on no cycle are the same for every domain that includes them and are
evaluated once; so repeats, which multiply level by level, are added up and never walked again.
"""

from collections.abc import Callable
from typing import NamedTuple

from ...message import exchange
from ...words import Level, QType
from ..protocol import Finding
from .answers import Answer, Answers
from .findings import (
    DANGLING,
    INCLUDE_BROKEN,
    INCLUDE_LOOP,
    INCLUDE_WITHOUT_RECORD,
    INVALID_TARGET,
    MULTIPLE_RECORDS,
    PERMITS_ALL,
    REDIRECT_WITHOUT_RECORD,
    TOO_MANY_MX,
)
from .macros import expand
from .parse import LONGEST_EVIDENCE, Record, Term, network, parse
from .ranges import EVERYONE, IPV4, NONE, UNNAMED, Ranges
from .tree import MOST, Found, Ledger, Tree, covers_everyone

MOST_EXCHANGES = 10  # RFC 7208 §4.6.4
DEEPEST = 100  # records on one path; a chain of eleven is an error already
MOST_VISITS = 1000  # records evaluated for one domain: cycles can cross in endless ways
MOST_WORK = 200_000  # their terms, and ranges of addresses taken over: records can be 64 KiB each
ROOT = "."


class Host(NamedTuple):
    """The addresses of a name. addresses: IPv4; null: not known, as for the others."""

    addresses: tuple[int, ...] | None
    is_void4: bool | None
    is_void6: bool | None


class Here(NamedTuple):
    """A term where it is evaluated."""

    tree: Tree
    ledger: Ledger
    at: int
    term: Term

    @property
    def does_pass(self) -> bool:
        """Is a match a pass?"""
        return self.term.qualifier == "+"

    @property
    def evidence(self) -> str:
        """The term's text."""
        return self.term.text[:LONGEST_EVIDENCE]


class Walk:
    """All trees of one judgement: the answers, and what was evaluated of them so far.

    registrable: as in `protocol.Context`.
    """

    def __init__(self, answers: Answers, registrable: Callable[[str], str | None]) -> None:
        self.answers = answers
        self.registrable = registrable
        self.kept: dict[tuple[str, str], Tree] = {}
        self.parsed: dict[bytes, Record | None] = {}
        self.origin = ""
        self.path: set[str] = set()
        self.visits_left = 0
        self.work_left = 0

    def read(self, payload: bytes) -> Record | None:
        """A payload, parsed once."""
        if payload not in self.parsed:
            self.parsed[payload] = parse(payload)
        return self.parsed[payload]

    def root(self, domain: str, record: Record) -> Tree:
        """The tree of a surveyed domain that publishes this one record."""
        self.origin = domain
        self.path = {domain}
        self.visits_left = MOST_VISITS
        self.work_left = MOST_WORK
        return self.evaluate(domain, record)

    def record_at(self, name: str) -> Tree:
        """The tree of a name that an include or redirect leads to."""
        if self.work_left <= 0:
            return unseen(name, is_cut_short=True)
        for key in ((name, ""), (name, self.origin)):
            kept = self.kept.get(key)
            if kept and kept.ring.isdisjoint(self.path):
                return kept
        if not self.visits_left or len(self.path) >= DEEPEST:
            return unseen(name, is_cut_short=True)
        self.visits_left -= 1
        tree = self.visit(name)
        if not tree.back_to and not tree.is_cut_short:
            self.kept[name, self.origin if tree.uses_origin else ""] = tree
        return tree

    def visit(self, name: str) -> Tree:
        """The same, evaluated now."""
        answer = self.answers.get(QType.TXT, name)
        records = self.answers.records(answer)
        if not answer.is_seen:
            return unseen(name)
        if not records:
            is_void = not answer.rdata
            missing = Tree(name, is_missing=True, is_gone=answer.is_gone)
            missing.count_void(is_void, is_void)
            return missing
        record = self.read(records[0])
        if len(records) > 1 or record is None:  # RFC 7208 §4.5
            return Tree(name, cause=f"{name}: {MULTIPLE_RECORDS.code}")
        self.path.add(name)
        tree = self.evaluate(name, record)
        self.path.discard(name)
        if tree.back_to or tree.ring:
            tree.ring |= {name, *tree.back_to}
            tree.back_to.discard(name)
        return tree

    def evaluate(self, name: str, record: Record) -> Tree:
        """Every step of a record, in order; it goes on past errors."""
        error = next((fault for fault in record.faults if fault.finding.level == Level.ERROR), None)
        tree = Tree(name, all=record.all, cause=f"{name}: {error.finding.code}" if error else "")
        ledger = Ledger()
        self.work_left -= len(record.steps)
        for at, term in record.steps:
            STEPS[term.kind](self, Here(tree, ledger, at, term))
        if record.all == "+":
            ledger.follow(EVERYONE, NONE, True)
        ledger.close(tree)
        if tree.named == IPV4:
            told = {one.finding.code for one in record.faults}
            told |= {one.finding.code for one in tree.faults}
            if PERMITS_ALL.code not in told:  # many terms together
                tree.fault(PERMITS_ALL, None, "0.0.0.0/0")
        return tree

    # --- terms that lead to records --------------------------------------------------------------

    def include(self, here: Here) -> None:
        """`include` (RFC 7208 §5.2)."""
        child = self.below(here, INCLUDE_WITHOUT_RECORD)
        if child is not None:
            tell_permits(here, here.ledger.follow_tree(child, here.does_pass))

    def redirect(self, here: Here) -> None:
        """`redirect`: what no mechanism matched is decided there (RFC 7208 §6.1)."""
        here.tree.knows_all = here.term.spec is None or not here.term.spec.needs_message
        child = self.below(here, REDIRECT_WITHOUT_RECORD)
        if child is not None:
            here.tree.all, here.tree.knows_all = child.all, child.knows_all
            tell_permits(here, here.ledger.follow_tree(child, True))

    def below(self, here: Here, missing: Finding) -> Tree | None:
        """Count an include or redirect and what it leads to. None: nothing can be followed."""
        tree, term = here.tree, here.term
        name = self.target(here)
        if name is None:
            return None
        if "." not in name:  # RFC 7208 §4.3: malformed, or of one label: none
            tree.fault(missing, here.at, here.evidence)
            return None
        if name in self.path:
            tree.tell(Found(INCLUDE_LOOP, tree.name, here.at, here.evidence))
            tree.back_to.add(name)
            return None
        child = self.record_at(name)
        if name not in here.ledger.followed:
            self.work_left -= len(child.passes)
        tree.add(child)
        if child.is_missing:
            tree.fault(missing, here.at, here.evidence)
        elif child.cause:
            tree.fault(INCLUDE_BROKEN, here.at, f"{term.text[:100]} ({child.cause})", child.cause)
        if child.is_gone:
            self.tell_dangling(here, name)
        return child

    def target(self, here: Here) -> str | None:
        """Count a term's lookup; the name it asks for. "": no name; None: it needs the message."""
        tree, spec = here.tree, here.term.spec
        tree.lookups = min(tree.lookups + 1, MOST)
        if spec is None:
            return tree.name
        if spec.needs_message:
            tree.is_partial = True
            return None
        tree.uses_origin |= spec.uses_origin
        return expand(spec, tree.name, self.origin)

    # --- terms that lead to addresses ------------------------------------------------------------

    def named_target(self, here: Here) -> str | None:
        """The same for a, mx and exists, where a malformed name is told of and not asked."""
        name = self.target(here)
        if name == "":
            here.tree.fault(INVALID_TARGET, here.at, here.evidence)  # RFC 7208 §4.8
        return name or None

    def a(self, here: Here) -> None:
        """`a` (RFC 7208 §5.3)."""
        name = self.named_target(here)
        if name is None:
            return
        host = self.host(name)
        here.tree.count_void(host.is_void4, host.is_void6)
        enter_addresses(here, host.addresses)
        if self.answers.get(QType.A, name).is_gone:
            self.tell_dangling(here, name)

    def mx(self, here: Here) -> None:
        """`mx` (RFC 7208 §5.4)."""
        name = self.named_target(here)
        if name is None:
            return
        answer = self.answers.get(QType.MX, name)
        if not answer.is_seen:
            here.tree.has_all_mx = False
            here.tree.count_void(None, None)
            enter_addresses(here, None)
            return
        if len(answer.rdata) > MOST_EXCHANGES:
            here.tree.fault(TOO_MANY_MX, here.at, here.evidence)
        if answer.is_gone:
            self.tell_dangling(here, name)
        hosts = self.hosts(answer)
        here.tree.count_void(hosts.is_void4, hosts.is_void6)
        enter_addresses(here, hosts.addresses)

    def hosts(self, answer: Answer) -> Host:
        """The addresses behind an MX answer that was seen, as of one host."""
        if not answer.rdata:
            return Host((), True, True)
        names = exchanges(answer.rdata)
        if not names:  # a null MX (RFC 7505): an answer, so nothing void
            return Host((), False, False)
        found = [self.host(name) for name in names]
        known = [host.addresses for host in found if host.addresses is not None]
        return Host(
            tuple(sum(known, ())) if len(known) == len(found) else None,
            all_void([host.is_void4 for host in found]),
            all_void([host.is_void6 for host in found]),
        )

    def host(self, name: str) -> Host:
        """A name's addresses. NXDOMAIN for one type is NXDOMAIN for the other (RFC 8020 §2)."""
        a, aaaa = self.answers.get(QType.A, name), self.answers.get(QType.AAAA, name)
        none4 = not a.rdata if a.is_seen else (True if aaaa.is_gone else None)
        none6 = not aaaa.rdata if aaaa.is_seen else (True if a.is_gone else None)
        addresses = tuple(int.from_bytes(rdata) for rdata in a.rdata)
        return Host(None if none4 is None else addresses, none4, none6)

    def ptr(self, here: Here) -> None:
        """`ptr` counts, but what it asks is the client's (RFC 7208 §5.5)."""
        self.target(here)

    def exists(self, here: Here) -> None:
        """`exists`: an A record matches every client, of either family (RFC 7208 §5.7)."""
        name = self.named_target(here)
        if name is None:
            return
        answer = self.answers.get(QType.A, name)
        is_void = not answer.rdata if answer.is_seen else None
        here.tree.count_void(is_void, is_void)
        if is_void is None:
            here.tree.has_all_addresses = False
        elif not is_void:
            tell_permits(here, here.ledger.follow(EVERYONE, IPV4, here.does_pass))

    def ip4(self, here: Here) -> None:
        """`ip4` (RFC 7208 §5.6)."""
        if here.term.network is not None:
            here.ledger.match([here.term.network], here.does_pass)

    def ip6(self, here: Here) -> None:
        """`ip6`: counted only where it names all of IPv6 (RFC 7208 §5.6)."""
        if here.term.is_everything:
            here.ledger.follow(UNNAMED, NONE, here.does_pass)

    def tell_dangling(self, here: Here, name: str) -> None:
        """A target that does not exist: does its registrable domain?"""
        domain = self.registrable(name)
        if domain and (domain == name or self.answers.get(QType.SOA, domain).is_gone):
            here.tree.tell(Found(DANGLING, here.tree.name, here.at, here.evidence))


def unseen(name: str, is_cut_short: bool = False) -> Tree:
    """The tree of a name whose record is not known."""
    return Tree(
        name,
        is_unknown=True,
        has_all_addresses=False,
        knows_all=False,
        is_cut_short=is_cut_short,
    )


def exchanges(rdata: tuple[bytes, ...]) -> list[str]:
    """The hosts of an MX answer that a receiver asks for, by preference; none of a null MX."""
    hosts = sorted(exchange(one) for one in rdata)
    return [host for _, host in hosts if host != ROOT][:MOST_EXCHANGES]


def all_void(ones: list[bool | None]) -> bool | None:
    """Are all void? False as soon as one is not; null: not known."""
    if False in ones:
        return False
    return None if None in ones else True


def enter_addresses(here: Here, addresses: tuple[int, ...] | None) -> None:
    """What a or mx matches. null: not known."""
    if addresses is None:
        here.tree.has_all_addresses = False
        return
    prefix = here.term.prefix4
    here.ledger.match([network(address, prefix) for address in addresses], here.does_pass)
    if prefix == 0 and addresses and here.does_pass:
        here.tree.fault(PERMITS_ALL, here.at, here.evidence)


def tell_permits(here: Here, passing: Ranges) -> None:
    """Does the term let everyone pass?"""
    if covers_everyone(passing):
        here.tree.fault(PERMITS_ALL, here.at, here.evidence)


STEPS: dict[str, Callable[[Walk, Here], None]] = {
    "include": Walk.include,
    "redirect": Walk.redirect,
    "a": Walk.a,
    "mx": Walk.mx,
    "ptr": Walk.ptr,
    "exists": Walk.exists,
    "ip4": Walk.ip4,
    "ip6": Walk.ip6,
}
