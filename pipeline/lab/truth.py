"""What is true of the planned domains, and what every published number therefore has to be.

Worked out from the plan alone, by plain counting: this is what the survey is held against.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from ..config import LAB, Cohort, Study
from ..schema import ADOPTION, MISTAKES, PARKED, polars_schema
from ..words import Denominator
from .domain_truth import CRAWL, Asked, domain_truth
from .measures import MEASURES, measured, unobserved
from .planned import Plan
from .rule_sets import READINGS, Reading

__all__ = [
    "CRAWL",
    "MEASURES",
    "Asked",
    "asked_by",
    "expected_adoption",
    "expected_mistakes",
    "expected_parked",
    "frame",
    "truths",
]

Truth = dict[str, Any]
"""One domain: domain, cohort, what was planted, exists, with_mx, mail_capable, every measure (None:
never to be known), states (by their stored names, and dane_verdicts), findings (every code told of
it), unobserved."""


ABOUT = ("domain", "cohort", "planted", "dmarc_planted", "hosts_planted", "outage", "exists",
         "with_mx", "mail_capable")  # fmt: skip
TEXT = pa.large_string()
HOST = pa.struct([(name, TEXT) for name in ("host", "state", "version", "certificate")])
KINDS = {
    **dict.fromkeys(("exists", "with_mx", "mail_capable", *MEASURES), pa.bool_()),
    **dict.fromkeys(("findings", "unobserved", "dane_verdicts"), pa.large_list(TEXT)),
    "starttls_hosts": pa.large_list(HOST),
}


def asked_by(study: Study) -> Asked:
    """What a crawl of this study of the lab asks."""
    questions = study.questions
    return Asked(
        web="https" not in study.skip,
        visits="smtp" not in study.skip,
        addresses=bool(questions.local_parts),
        thorough=questions.islands >= 1,
    )


def truths(plan: Plan, asked: Asked = CRAWL) -> list[Truth]:
    """The truth of every planned domain, in the plan's order."""
    bases = {row.domain: row for row in plan.rows if row.domain == row.base}
    found = []
    for row in plan.rows:
        states, codes = domain_truth(row, bases[row.base], asked)
        mx = states["mx"]
        unseen = unobserved(states)
        found.append(
            {
                "domain": row.domain,
                "cohort": row.cohort,
                "planted": row.spf.name,
                "dmarc_planted": row.dmarc.name,
                "hosts_planted": row.hosts.name if row.hosts else "",
                "outage": row.outage.value,
                "exists": states["exists"],
                "with_mx": None if mx == "unknown" else mx == "present",
                "mail_capable": None if mx == "unknown" else mx in ("present", "implicit"),
                **(measured(states) | dict.fromkeys(unseen)),
                "states": states,
                "findings": codes,
                "unobserved": unseen,
            }
        )
    return found


def frame(plan: Plan, asked: Asked = CRAWL) -> pl.DataFrame:
    """The same as a frame. A state that has a measure's name, but says more, ends in `_state`."""
    rows = truths(plan, asked)
    columns = {name: [row[name] for row in rows] for name in (*ABOUT, *MEASURES, "findings")}
    columns["unobserved"] = [sorted(row["unobserved"]) for row in rows]
    for name in dict.fromkeys(name for row in rows for name in row["states"]):
        values = [row["states"].get(name) for row in rows]
        if values != columns.get(name):
            columns[f"{name}_state" if name in columns else name] = values
    return pl.DataFrame(pa.table({name: typed(values, name) for name, values in columns.items()}))


def typed(values: Sequence[Any], name: str) -> pa.Array:
    """A column of the kind that its values are, or has to be where there are none."""
    if name in KINDS:
        return pa.array(values, KINDS[name])
    kept = pa.array(values)
    return kept.cast(TEXT) if pa.types.is_null(kept.type) else kept


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


def expected_adoption(plan: Plan, cohorts: Sequence[Cohort], asked: Asked = CRAWL) -> pl.DataFrame:
    """The adoption table, in the columns of `schema.ADOPTION` without the sample's interval.

    One row for each cohort and measure.
    """
    rows = truths(plan, asked)
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
    counted = [row for row in rows if belongs(row, cohort.denominator)]
    inside = Counter(row[measure] for row in counted)
    maybe = Counter(row[measure] for row in rows if belongs(row, cohort.denominator) is None)
    not_observed = sum(measure in row["unobserved"] for row in counted)
    yes, unknown, of = inside[True], inside[None], inside.total()
    against, in_favour = maybe[False] + maybe[None], maybe[True] + maybe[None]
    return {
        "cohort": cohort.name,
        "denominator": cohort.denominator.value,
        "measure": measure,
        "yes": yes,
        "no": inside[False],
        "unknown": unknown,
        "not_observed": not_observed,
        "of": of,
        "of_unknown": maybe.total(),
        "share": yes / of if of > not_observed and (yes or not not_observed) else None,
        "low": yes / (of + against) if of + against else None,
        "high": (yes + unknown + in_favour) / (of + in_favour) if of + in_favour else None,
    }


# --- mistakes -------------------------------------------------------------------------------------


def expected_mistakes(plan: Plan, cohorts: Sequence[Cohort], asked: Asked = CRAWL) -> pl.DataFrame:
    """The table of mistakes, in the columns of `schema.MISTAKES`, `sum` and `broken` last.

    Of the cohort's domains that publish such a record, with an MX or without.
    """
    rows = truths(plan, asked)
    table = [
        line
        for cohort in cohorts
        for rule_set in READINGS
        for line in mistake_rows(members(rows, cohort), cohort, rule_set)
    ]
    return pl.DataFrame(table, polars_schema(MISTAKES))


def mistake_rows(rows: Sequence[Truth], cohort: Cohort, rule_set: str) -> list[dict[str, Any]]:
    """One cohort by one rule set."""
    reading = READINGS[rule_set]
    publishing = [row for row in rows if reading.of(row["states"])]
    of_unknown = sum(reading.of(row["states"]) is None for row in rows)
    worst = max((row["states"]["spf_lookups"] or 0 for row in publishing), default=None)
    counted = [name for name in reading.classes if name not in reading.beside]

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
            "worst": worst if name in reading.counting else None,
        }

    def tally(verdict: Callable[[Truth], bool | None]) -> Counter[bool | None]:
        return Counter(verdict(row) for row in publishing)

    classes = {
        name: tally(lambda row, name=name: in_class(row, reading, name))  # type: ignore[misc]
        for name in reading.classes
    }
    total = sum((classes[name] for name in counted), Counter[bool | None]())
    broken = tally(lambda row: any_of([in_class(row, reading, name) for name in counted]))
    return [
        *(line(name, verdicts) for name, verdicts in classes.items()),
        line("sum", total),
        line("broken", broken),
    ]


def in_class(row: Truth, reading: Reading, name: str) -> bool | None:
    """Does a domain make such a mistake? None: never to be known."""
    if not reading.classes[name].isdisjoint(row["findings"]):
        return True
    saw_enough = reading.needs.get(name)
    return None if saw_enough and not saw_enough(row["states"]) else False


def any_of(verdicts: Sequence[bool | None]) -> bool | None:
    """True if one is, else None if one is not known."""
    return True if True in verdicts else None if None in verdicts else False


# --- parked ---------------------------------------------------------------------------------------


def expected_parked(plan: Plan, cohorts: Sequence[Cohort], asked: Asked = CRAWL) -> pl.DataFrame:
    """The table of domains that take no mail, in the columns of `schema.PARKED`."""
    rows = truths(plan, asked)
    table = [
        parked_row(members(rows, cohort), cohort, kind, mx)
        for cohort in cohorts
        for kind, mx in (("null_mx", "null_mx"), ("no_mx", "absent"))
    ]
    return pl.DataFrame(table, polars_schema(PARKED))


def parked_row(rows: Sequence[Truth], cohort: Cohort, kind: str, mx: str) -> dict[str, Any]:
    """One kind of domain in one cohort."""
    states = [row["states"] for row in rows if row["exists"] and row["states"]["mx"] == mx]
    met = Counter(one["parked"] for one in states)
    return {
        "cohort": cohort.name,
        "kind": kind,
        "of": len(states),
        "of_unknown": sum(row["states"]["mx"] == "unknown" for row in rows),
        "not_observed": met["not_observed"],
        "unknown": met["unknown"] + met["not_observed"],
        **{state: met[state] for state in ("none", "some", "fully")},
        **{
            part: sum(one[f"parked_{part}"] is True for one in states)
            for part in ("null_mx", "spf", "dmarc", "dkim")
        },
    }
