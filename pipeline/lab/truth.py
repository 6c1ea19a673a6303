"""What is true of the planned domains, and what every published number therefore has to be.

Worked out from the plan alone, by plain counting: this is what the survey is held against.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from ..config import LAB, Cohort
from ..schema import ADOPTION, MISTAKES, polars_schema
from ..words import Denominator
from .planned import Mail, Outage, Plan, Planned
from .ways import CHOSEN

STRICT = ("quarantine", "reject")
MEASURES = (
    "spf", "spf_valid", "spf_hardfail", "spf_hardfail_effective", "dmarc", "dmarc_strict",
    "dmarc_covered", "dmarc_covered_strict", "dnssec",
)  # fmt: skip
Truth = dict[str, Any]
"""One domain, by the names of TRUTH; None: not to be known."""
TRUTH = {
    "domain": pa.large_string(), "cohort": pa.large_string(), "planted": pa.large_string(),
    "dmarc_planted": pa.large_string(), "outage": pa.large_string(),
    "exists": pa.bool_(), "mx": pa.large_string(), "with_mx": pa.bool_(),
    "mail_capable": pa.bool_(), "mx_via_cname": pa.bool_(),
    "spf": pa.bool_(), "spf_records": pa.int64(), "spf_tree": pa.large_string(),
    "spf_all": pa.large_string(), "spf_effective_all": pa.large_string(),
    "spf_lookups": pa.int64(), "spf_void_lookups": pa.int64(), "spf_ptr": pa.bool_(),
    "spf_valid": pa.bool_(), "spf_hardfail": pa.bool_(), "spf_hardfail_effective": pa.bool_(),
    "spf_findings": pa.large_list(pa.large_string()),
    "dmarc": pa.bool_(), "dmarc_strict": pa.bool_(), "dmarc_covered": pa.bool_(),
    "dmarc_covered_strict": pa.bool_(), "dnssec_state": pa.large_string(), "dnssec": pa.bool_(),
}  # fmt: skip


def truths(plan: Plan) -> list[Truth]:
    """The truth of every planned domain, in the plan's order."""
    bases = {row.domain: row for row in plan.rows if row.domain == row.base}
    return [
        {
            "domain": row.domain,
            "cohort": row.cohort,
            "planted": row.spf.name,
            "dmarc_planted": row.dmarc.name,
            "outage": row.outage.value,
            **mail_truth(row),
            **spf_truth(row),
            **dmarc_truth(row, bases[row.base]),
            **dnssec_truth(row),
        }
        for row in plan.rows
    ]


def frame(plan: Plan) -> pl.DataFrame:
    """The same as a frame, in the columns of TRUTH."""
    rows = truths(plan)
    columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in TRUTH.items()}
    return pl.DataFrame(pa.table(columns))


def mail_truth(row: Planned) -> Truth:
    """Existence and MX. What a forged zone answers to CD=1 shows nothing."""
    states = {Mail.MX: "present", Mail.ALIAS: "present", Mail.NONE: "absent", Mail.GONE: "absent"}
    mx = states.get(row.mail, row.mail.value)
    if row.outage.is_total or row.outage == Outage.MX:
        mx = "unknown"
    return {
        "exists": None if row.outage.is_total else row.mail != Mail.GONE,
        "mx": mx,
        "with_mx": None if mx == "unknown" else mx == "present",
        "mail_capable": None if mx == "unknown" else mx in ("present", "implicit"),
        "mx_via_cname": None if mx == "unknown" else row.mail == Mail.ALIAS,
    }


def spf_truth(row: Planned) -> Truth:
    """SPF: see `ways.Spf`."""
    names = [name for name in TRUTH if name.startswith("spf")]
    if row.outage.is_total or row.outage in (Outage.TXT, Outage.TXT_SILENT):
        return dict.fromkeys(names) | {"spf_findings": []}
    way = row.spf
    own, effective = (
        row.qualifier if all == CHOSEN else all for all in (way.all, way.effective_all)
    )
    has_record = way.state == "present"
    texts = ("".join(strings).lower() for strings in way.records)
    count = sum(text.split(" ")[0] == "v=spf1" for text in texts)
    return {
        "spf": has_record,
        "spf_records": count if row.mail != Mail.GONE else 0,
        "spf_tree": way.tree,
        "spf_all": own,
        "spf_effective_all": effective,
        "spf_lookups": way.lookups,
        "spf_void_lookups": way.void,
        "spf_ptr": way.ptr,
        "spf_valid": way.valid,
        "spf_hardfail": own == "-",
        "spf_hardfail_effective": effective == "-" if way.knows_effective else None,
        "spf_findings": sorted(way.findings),
    }


def dmarc_truth(row: Planned, base: Planned) -> Truth:
    """DMARC: the own record, and what applies. No policy stands above registrable domains."""
    own = policy_seen(row)
    policy = row.dmarc.policy
    covered, applies = own, policy
    if own is False and base is not row:
        covered, applies = policy_seen(base), base.dmarc.below
    return {
        "dmarc": own,
        "dmarc_strict": None if own is None else policy in STRICT,
        "dmarc_covered": covered,
        "dmarc_covered_strict": None if covered is None else covered and applies in STRICT,
    }


def policy_seen(row: Planned) -> bool | None:
    """Does a usable policy stand at a domain's own _dmarc? None: never to be known."""
    if row.outage.is_total or row.outage == Outage.DMARC:
        return None
    return row.dmarc.policy is not None


def dnssec_truth(row: Planned) -> Truth:
    """DNSSEC. A forged domain is known not to be proven."""
    state = "secure" if row.is_signed else "insecure"
    if row.outage == Outage.BOGUS:
        state = "bogus"
    elif row.outage.is_total or row.outage == Outage.SOA:
        state = "unknown"
    return {"dnssec_state": state, "dnssec": None if state == "unknown" else state == "secure"}


# --- counting -------------------------------------------------------------------------------------


def members(rows: Iterable[Truth], cohort: Cohort) -> list[Truth]:
    """The domains of a study's cohort: those of its lists, "lab:jp.txt" and the like."""
    lists = {Path(spec.path.removeprefix(LAB)).stem for spec in cohort.lists}
    return [row for row in rows if row["cohort"] in lists]


def belongs(row: Truth, denominator: Denominator) -> bool | None:
    """Is a domain counted? None: never to be known."""
    if denominator == Denominator.LISTED:
        return True
    answer: bool | None = row[denominator.value]
    return answer


def expected_adoption(plan: Plan, cohorts: Sequence[Cohort]) -> pl.DataFrame:
    """The adoption table, in the columns of `schema.ADOPTION` without the sample's interval.

    One row for each cohort and measure. `not_observed` is 0: the lab's resolver may be trusted.
    """
    rows = truths(plan)
    schema = {
        name: kind
        for name, kind in polars_schema(ADOPTION).items()
        if not name.startswith("wilson")
    }
    table = [
        adoption_row(members(rows, cohort), cohort, measure)
        for cohort in cohorts
        for measure in MEASURES
    ]
    return pl.DataFrame(table, schema)


def adoption_row(rows: Sequence[Truth], cohort: Cohort, measure: str) -> dict[str, Any]:
    """One measure of one cohort, with its bounds: the unknowns fall all against it, or all for it.

    A domain that may belong to the denominator is counted where that moves the share furthest.
    """
    inside = Counter(row[measure] for row in rows if belongs(row, cohort.denominator))
    maybe = Counter(row[measure] for row in rows if belongs(row, cohort.denominator) is None)
    yes, unknown, of = inside[True], inside[None], inside.total()
    against, in_favour = maybe[False] + maybe[None], maybe[True] + maybe[None]
    return {
        "cohort": cohort.name,
        "denominator": cohort.denominator.value,
        "measure": measure,
        "yes": yes,
        "no": inside[False],
        "unknown": unknown,
        "not_observed": 0,
        "of": of,
        "of_unknown": maybe.total(),
        "share": yes / of if of else None,
        "low": yes / (of + against) if of + against else None,
        "high": (yes + unknown + in_favour) / (of + in_favour) if of + in_favour else None,
    }


Codes = frozenset[str]
OWN, TREE = "own record", "tree"
"""What has to be seen before a class can be excluded: the own record, or all below it too."""


def codes(*names: str) -> Codes:
    """Finding codes in full."""
    return frozenset(f"spf.{name}" for name in names)


RULE_SETS: Mapping[str, Mapping[str, tuple[Codes, str]]] = {
    "rfc7208": {
        "multiple_records": (codes("multiple_records"), OWN),
        "syntax": (codes("syntax", "not_ascii", "wrong_dash"), OWN),
        "include_loop": (codes("include_loop"), TREE),
        "too_many_lookups": (codes("too_many_lookups"), TREE),
        "void_lookups": (codes("void_lookups"), TREE),
        "without_record": (codes("include_without_record", "redirect_without_record"), TREE),
        "include_broken": (codes("include_broken"), TREE),
        "too_many_mx": (codes("too_many_mx"), TREE),
    },
    "talk2021": {
        "multiple_records": (codes("multiple_records"), OWN),
        "include_loop": (codes("include_loop"), TREE),
        "lookups_10_or_more": (codes("ten_lookups", "too_many_lookups"), TREE),
        "lookups_11_or_more": (codes("too_many_lookups"), TREE),
        "all_not_last": (codes("all_not_last"), OWN),
        "syntax": (codes("syntax", "not_ascii", "wrong_dash", "foreign_text"), OWN),
        "ptr": (codes("ptr"), OWN),
    },
}
NOT_IN_BROKEN = "lookups_11_or_more"  # part of ten or more
COUNTING = ("too_many_lookups", "lookups_10_or_more", "lookups_11_or_more")


def expected_mistakes(plan: Plan, cohorts: Sequence[Cohort]) -> pl.DataFrame:
    """The table of SPF mistakes, in the columns of `schema.MISTAKES`, `sum` and `broken` last.

    Of the cohort's domains that publish SPF, with an MX or without.
    """
    rows = truths(plan)
    table = [
        line
        for cohort in cohorts
        for rule_set in RULE_SETS
        for line in mistake_rows(members(rows, cohort), cohort, rule_set)
    ]
    return pl.DataFrame(table, polars_schema(MISTAKES))


def mistake_rows(rows: Sequence[Truth], cohort: Cohort, rule_set: str) -> list[dict[str, Any]]:
    """One cohort by one rule set."""
    publishing = [row for row in rows if row["spf"]]
    of_unknown = sum(row["spf"] is None for row in rows)
    worst = max((row["spf_lookups"] or 0 for row in publishing), default=None)
    counted = [name for name in RULE_SETS[rule_set] if name != NOT_IN_BROKEN]

    def line(name: str, verdicts: Counter[bool | None]) -> dict[str, Any]:
        of, yes = len(publishing), verdicts[True]
        return {
            "cohort": cohort.name,
            "rule_set": rule_set,
            "class": name,
            "yes": yes,
            "no": None if name == "sum" else verdicts[False],
            "unknown": verdicts[None],
            "of": of,
            "of_unknown": of_unknown,
            "share": yes / of if of else None,
            "worst": worst if name in COUNTING else None,
        }

    def tally(verdict: Callable[[Truth], bool | None]) -> Counter[bool | None]:
        return Counter(verdict(row) for row in publishing)

    classes = {
        name: tally(lambda row, kind=kind: in_class(row, kind))  # type: ignore[misc]
        for name, kind in RULE_SETS[rule_set].items()
    }
    total = sum((classes[name] for name in counted), Counter[bool | None]())
    broken = tally(lambda row: any_of([in_class(row, RULE_SETS[rule_set][n]) for n in counted]))
    return [
        *(line(name, verdicts) for name, verdicts in classes.items()),
        line("sum", total),
        line("broken", broken),
    ]


def in_class(row: Truth, kind: tuple[Codes, str]) -> bool | None:
    """Does a domain make such a mistake? None: never to be known."""
    hits, needs = kind
    if not hits.isdisjoint(row["spf_findings"]):
        return True
    return None if needs == TREE and row["spf_tree"] == "unknown" else False


def any_of(verdicts: Sequence[bool | None]) -> bool | None:
    """True if one is, else None if one is not known."""
    return True if True in verdicts else None if None in verdicts else False
