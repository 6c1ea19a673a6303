"""From facts to SPF findings and states, each surveyed domain as a receiver sees it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl
import pyarrow as pa

from ...words import Level, QType, State
from ..protocol import Context
from ..records import as_findings
from .answers import Answers
from .columns import COLUMNS
from .findings import MULTIPLE_RECORDS, TEN_LOOKUPS, TOO_MANY_LOOKUPS, VOID_LOOKUPS
from .parse import LONGEST_EVIDENCE, Record, parse
from .ranges import size
from .tree import Found, Tree
from .walk import Walk

MOST_LOOKUPS = 10  # RFC 7208 §4.6.4
MOST_VOIDS = 2  # RFC 7208 §4.6.4
HARDFAIL = "-"


class States(NamedTuple):
    """One domain's row, in the order of COLUMNS."""

    spf: str
    records: int | None = None
    tree: str | None = None
    all: str | None = None
    effective_all: str | None = None
    lookups: int | None = None
    void_lookups: int | None = None
    ptr: bool | None = None
    ipv4_addresses: int | None = None
    valid: bool | None = None
    hardfail: bool | None = None
    hardfail_effective: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What SPF comes to at one domain. is_shared: so it does wherever this text is published."""

    states: States
    findings: tuple[Found, ...] = ()
    is_shared: bool = False


ABSENT = Verdict(
    States(State.ABSENT, 0, ptr=False, valid=False, hardfail=False, hardfail_effective=False)
)
UNKNOWN = Verdict(States(State.UNKNOWN))
NOT_OBSERVED = Verdict(States(State.NOT_OBSERVED))


def judge(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings (`schema.FINDINGS` less `protocol`) and states (`domain` and COLUMNS).

    facts: `schema.FACTS`; domains: `domain`, one row each.
    """
    names = domains.select("domain").collect()["domain"].to_list()
    walk = Walk(Answers(facts), context.registrable)
    shared: dict[bytes, Verdict] = {}
    verdicts = [verdict(name, walk, shared) for name in names]
    return found_frame(names, verdicts), states_frame(names, verdicts)


def verdict(domain: str, walk: Walk, shared: dict[bytes, Verdict]) -> Verdict:
    """One domain. shared: verdicts that depend on the record's text alone, filled as it goes."""
    answer = walk.answers.get(QType.TXT, domain)
    if not answer.is_seen:
        was_asked = walk.answers.was_asked(QType.TXT, domain)
        return UNKNOWN if was_asked else NOT_OBSERVED
    payloads = walk.answers.records(answer)
    if not payloads:
        return ABSENT
    if len(payloads) > 1:
        return several(payloads)
    if kept := shared.get(payloads[0]):
        return kept
    record = walk.read(payloads[0])
    if record is None:  # not met: what was selected begins with the version
        return ABSENT
    one = single(record, walk.root(domain, record))
    if one.is_shared:
        shared[payloads[0]] = one
    return one


def several(payloads: list[bytes]) -> Verdict:
    """Several own records: none counts (RFC 7208 §4.5); each one's own faults are told too."""
    records = [record for payload in payloads if (record := parse(payload))]
    texts = " | ".join(
        payload[:LONGEST_EVIDENCE].decode("ascii", "replace") for payload in payloads
    )
    findings = [Found(MULTIPLE_RECORDS, "", None, texts[:LONGEST_EVIDENCE])]
    for record in records:
        findings += own_faults(record)
    states = States(
        State.PRESENT,
        len(payloads),
        ptr=any(record.has_ptr for record in records),
        valid=False,
        hardfail=False,
        hardfail_effective=False,
    )
    return Verdict(states, tuple(findings))


def single(record: Record, tree: Tree) -> Verdict:
    """One own record and its tree."""
    findings = (*own_faults(record), *tree.faults, *tree.far.values(), *limits(tree))
    least, most = tree.voids()
    is_broken = any(found.finding.level == Level.ERROR for found in findings)
    has_seen_all = not tree.is_unknown and tree.has_all_mx and most <= MOST_VOIDS
    states = States(
        State.PRESENT,
        1,
        tree="unknown" if tree.is_unknown else "partial" if tree.is_partial else "complete",
        all=record.all,
        effective_all=tree.all if tree.knows_all else None,
        lookups=None if tree.is_unknown else tree.lookups,
        void_lookups=least if least == most else None,
        ptr=record.has_ptr,
        ipv4_addresses=size(tree.named) if tree.has_all_addresses else None,
        valid=False if is_broken else (True if has_seen_all else None),
        hardfail=record.all == HARDFAIL,
        hardfail_effective=tree.all == HARDFAIL if tree.knows_all else None,
    )
    is_shared = is_same_everywhere(record) and not (
        tree.uses_origin or tree.is_cut_short or tree.ring or tree.back_to
    )
    named = tuple(f._replace(name="") if f.name == tree.name else f for f in findings)
    return Verdict(states, named, is_shared)


def own_faults(record: Record) -> Iterable[Found]:
    """A record's own faults. name "": the surveyed domain."""
    return [Found(fault.finding, "", fault.at, fault.evidence) for fault in record.faults]


def limits(tree: Tree) -> Iterable[Found]:
    """The limits of RFC 7208 §4.6.4, told as soon as they are certain."""
    more = "+" if tree.is_unknown else ""
    if tree.lookups > MOST_LOOKUPS:
        yield Found(TOO_MANY_LOOKUPS, "", None, f"{tree.lookups}{more} > {MOST_LOOKUPS}")
    elif tree.lookups == MOST_LOOKUPS and not tree.is_unknown:
        yield Found(TEN_LOOKUPS, "", None, f"{tree.lookups} = {MOST_LOOKUPS}")
    least, most = tree.voids()
    if least > MOST_VOIDS:
        yield Found(VOID_LOOKUPS, "", None, f"{least}{'+' if most > least else ''} > {MOST_VOIDS}")


def is_same_everywhere(record: Record) -> bool:
    """Does no term name the domain that publishes it?"""
    return all(
        term.kind in ("ip4", "ip6", "ptr") or (term.spec is not None and not term.spec.has_macros)
        for _, term in record.steps
    )


# --- frames --------------------------------------------------------------------------------------


def states_frame(domains: list[str], verdicts: list[Verdict]) -> pl.LazyFrame:
    """`domain` and COLUMNS, one row a domain."""
    columns = {"domain": pa.array(domains, pa.large_string())}
    rows = zip(*(one.states for one in verdicts), strict=True)
    values = list(rows) or [()] * len(COLUMNS)
    types = {pl.String: pa.large_string(), pl.Boolean: pa.bool_()}
    for column, items in zip(COLUMNS, values, strict=True):
        dtype = types.get(column.dtype, pa.int64())  # type: ignore[call-overload]
        columns[column.name] = pa.array(list(items), dtype)
    frame = pl.DataFrame(pa.table(columns)).lazy()
    return frame.select("domain", *(pl.col(c.name).cast(c.dtype) for c in COLUMNS))


def found_frame(domains: list[str], verdicts: list[Verdict]) -> pl.LazyFrame:
    """One row a finding, in the columns of `schema.FINDINGS` less `protocol`."""
    pairs = [
        (domain, found)
        for domain, one in zip(domains, verdicts, strict=True)
        for found in one.findings
    ]
    columns = {
        "domain": pa.array([domain for domain, _ in pairs], pa.large_string()),
        "code": pa.array([found.finding.code for _, found in pairs], pa.large_string()),
        "name": pa.array([found.name or domain for domain, found in pairs], pa.large_string()),
        "at": pa.array([found.at for _, found in pairs], pa.int64()),
        "evidence": pa.array(
            [found.evidence[:LONGEST_EVIDENCE] for _, found in pairs], pa.large_string()
        ),
    }
    return as_findings(pl.DataFrame(pa.table(columns)).lazy())
