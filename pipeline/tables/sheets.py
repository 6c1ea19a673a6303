"""The published tables laid out for reading: cohorts side by side, published figures beside."""

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import polars as pl

from ..config import Cohort
from ..protocols.protocol import RuleSet
from .labels import DENOMINATORS, bounds, called, count, digits, percent, say, title
from .layout import Lane, Panel, Sheet
from .mistakes import BROKEN, SUM, names
from .published import Published
from .reference import Language, Reference

Row = Mapping[str, Any]


def by(frame: pl.DataFrame, cohort: Cohort, key: str, **where: str) -> dict[str, Row]:
    """A cohort's rows of a table, by the value of one column. where: of further columns."""
    rows = frame.filter(cohort=cohort.name, **where).iter_rows(named=True)
    return {row[key]: row for row in rows}


# --- adoption ------------------------------------------------------------------------------------


def adoption_sheet(published: Published, lang: Language) -> Sheet:
    """Cohort beside cohort beside the published figures, a line a measure."""
    labels = list(called(published.measures, lang).values())
    references = published.references_of("adoption")
    panels = [adoption_panel(published, cohort, lang) for cohort in published.cohorts]
    panels += [reference_panel(published, reference, lang) for reference in references]
    notes = [say("note_bounds", lang)]
    notes += [say(f"note_{kind}", lang, why) for kind, why in published.about.unreached.items()]
    if about := published.about.selectors:
        notes.append(say("note_selectors", lang, about, published.about.selector_list))
    if any(cohort.sample for cohort in published.cohorts):
        notes.append(say("note_sampling", lang))
    for reference in references:
        notes += sources(published, reference, lang)
    return Sheet(say("adoption", lang), labels, panels, notes)


def adoption_panel(published: Published, cohort: Cohort, lang: Language) -> Panel:
    """One cohort's shares, bounds and unknowns, a line a measure."""
    found = by(published.adoption, cohort, "measure")
    rows = [found[measure.name] for measure in published.measures]
    lanes = [
        Lane(say("share", lang), [percent(row["share"]) for row in rows]),
        Lane(say("bounds", lang), [bounds_cell(row, lang) for row in rows], True),
        Lane(say("sampling", lang), [interval(row) for row in rows], True),
        Lane(say("unknown", lang), [count(row["unknown"]) for row in rows]),
    ]
    heads = (title(cohort), coverage(published, cohort, lang), *counted(rows, cohort, lang))
    return Panel(heads, tuple(lane for lane in lanes if any(lane.cells)))


def bounds_cell(row: Row, lang: Language) -> str:
    """The bounds; where nobody was observed they are 0 and 100 and say less than these words."""
    if row["of"] and row["of"] == row["not_observed"]:
        return say("not_observed", lang)
    return bounds(row["low"], row["high"])


def interval(row: Row) -> str:
    """The sampling interval; empty where the cohort is no sample."""
    if row["wilson_low"] is None:
        return ""
    return f"[{digits(row['wilson_low'])}–{digits(row['wilson_high'])}]"


def coverage(published: Published, cohort: Cohort, lang: Language) -> str:
    """How many domains the cohort lists, of how many that there are known to be."""
    listed = count(published.sizes.get(cohort.name, 0))
    if cohort.known_size is None:
        return say("listed", lang, listed)
    return say("listed_of", lang, listed, count(cohort.known_size))


def counted(rows: Sequence[Row], cohort: Cohort, lang: Language) -> list[str]:
    """How many of them belong to the denominator, and how many may."""
    if not rows:
        return []
    of, of_unknown = rows[0]["of"], rows[0]["of_unknown"]  # the same for every measure
    text = say("counted", lang, count(of), DENOMINATORS[cohort.denominator][lang])
    return [text, *perhaps(of_unknown, lang)]


def perhaps(of_unknown: int, lang: Language) -> list[str]:
    """The line for domains that may belong to the denominator; none where there are none."""
    return [say("perhaps", lang, count(of_unknown))] if of_unknown else []


def reference_panel(published: Published, reference: Reference, lang: Language) -> Panel:
    """One source's figures, a line a measure."""
    known = reference.percent
    cells = [
        percent(known[measure.name] / 100 if measure.name in known else None)
        for measure in published.measures
    ]
    return Panel((reference.name[lang], reference.date), (Lane("", cells),))


def sources(published: Published, reference: Reference, lang: Language) -> list[str]:
    """Where a source's figures come from, and what else is said of the measures shown."""
    name = f"{reference.name[lang]} {reference.date}"
    notes = [say("note_source", lang, name, reference.source, reference.denominator[lang])]
    shown = {measure.name for measure in published.measures}
    notes += [
        say("note_also", lang, name, also.measure, percent(also.percent / 100), also.source)
        for also in reference.also
        if also.measure in shown
    ]
    return notes


# --- mistakes ------------------------------------------------------------------------------------


def mistakes_sheet(published: Published, rules: RuleSet, lang: Language) -> Sheet:
    """One reading: cohort beside cohort beside the figures published for it, a line a class."""
    classes = called(rules.classes, lang)
    labels = [*classes.values(), say(SUM, lang), say(BROKEN, lang)]
    labels += [say("worst", lang)] if rules.worst else []
    references = [
        reference
        for reference in published.references_of("mistakes")
        if reference.rule_set == rules.name
    ]
    panels = [mistakes_panel(published, cohort, rules, lang) for cohort in published.cohorts]
    panels += [counts_panel(reference, rules, lang) for reference in references]
    counting = ", ".join(classes[kind] for kind in rules.broken)
    notes = [say("note_sum", lang, rules.source, counting)]
    notes += [note for one in references for note in sources(published, one, lang)]
    return Sheet(say("mistakes", lang, rules.name), labels, panels, notes)


def mistakes_panel(published: Published, cohort: Cohort, rules: RuleSet, lang: Language) -> Panel:
    """One cohort's counts, shares and unknowns, a line a class."""
    found = by(published.mistakes, cohort, "class", rule_set=rules.name)
    rows = [found[kind] for kind in (*names(rules), SUM, BROKEN)]
    met = [row["worst"] for row in rows if row["worst"] is not None]
    worst = [max(met, default=None)] if rules.worst else []
    blank = [""] * len(worst)
    heads = [title(cohort), say("publish", lang, count(rows[-1]["of"]))]
    yes = [count(row["yes"]) for row in rows] + [count(number) for number in worst]
    return Panel(
        (*heads, *perhaps(rows[-1]["of_unknown"], lang)),
        (
            Lane(say("domains", lang), yes),
            Lane(say("share", lang), [percent(row["share"]) for row in rows] + blank),
            Lane(say("unknown", lang), [count(row["unknown"]) for row in rows] + blank),
        ),
    )


def counts_panel(reference: Reference, rules: RuleSet, lang: Language) -> Panel:
    """One source's counts and shares, a line a class."""
    kinds = (*names(rules), SUM, BROKEN)
    counts = [count(reference.count.get(kind)) for kind in kinds]
    shares = [percent(published_share(reference, kind)) for kind in kinds]
    worst = [count(reference.worst)] if rules.worst else []
    return Panel(
        (f"{reference.name[lang]} {reference.date}", say("publish", lang, count(reference.n))),
        (
            Lane(say("domains", lang), counts + worst),
            Lane(say("share", lang), shares + [""] * len(worst)),
        ),
    )


def published_share(reference: Reference, kind: str) -> float | None:
    """The share of a class: its count over n, else as the source gives it."""
    if kind in reference.count and reference.n:
        return reference.count[kind] / reference.n
    return reference.percent[kind] / 100 if kind in reference.percent else None


Line = tuple[str, tuple[str, str, str]]  # label; rule set, other, class


def disagreement_sheet(published: Published, lang: Language) -> Sheet:
    """For each pair of readings: domains that one calls broken and the other does not, and why."""
    lines: list[Line] = []
    for readings in published.rule_sets:
        for rules, other in permutations(readings, 2):
            lines += pair_lines(published.disagreement, rules, other, lang)
    panels = [disagreement_panel(published, cohort, lines, lang) for cohort in published.cohorts]
    return Sheet(say("disagreement", lang), [label for label, _ in lines], panels, [])


def pair_lines(
    disagreement: pl.DataFrame, rules: RuleSet, other: RuleSet, lang: Language
) -> list[Line]:
    """The lines of one pair: all domains that they differ on, then the classes that have any."""
    pair = disagreement.filter(rule_set=rules.name, other=other.name)
    seen = set(pair.filter(pl.col("yes") > 0)["class"])
    lines = [(say("only", lang, rules.name, other.name), (rules.name, other.name, BROKEN))]
    for kind, label in called(rules.classes, lang).items():
        if kind in rules.broken and kind in seen:
            lines.append((say("of_them", lang, label), (rules.name, other.name, kind)))
    return lines


def disagreement_panel(
    published: Published, cohort: Cohort, lines: Sequence[Line], lang: Language
) -> Panel:
    """One cohort's counts, a line a pair of readings or a class of it."""
    here = published.disagreement.filter(cohort=cohort.name)
    rows = {
        (row["rule_set"], row["other"], row["class"]): row for row in here.iter_rows(named=True)
    }
    found = [rows[cell] for _, cell in lines]
    return Panel(
        (title(cohort),),
        (
            Lane(say("domains", lang), [count(row["yes"]) for row in found]),
            Lane(say("unknown", lang), [count(row["unknown"]) for row in found]),
        ),
    )
