"""A run's tables as its user reads them in a terminal."""

from .layout import Sheet, fold, tabulate
from .parked import parked_sheet
from .providers import provider_sheets
from .published import Published
from .reference import Language
from .sheets import adoption_sheet, disagreement_sheet, mistakes_sheet

MOST = 100  # cells in a line


def terminal(published: Published, lang: Language = "en", most: int = MOST) -> str:
    """All tables of a run beside the published figures, in lines of at most `most` cells."""
    sheets = [adoption_sheet(published, lang)]
    for readings in published.rule_sets:
        sheets += [mistakes_sheet(published, rules, lang) for rules in readings]
    if not published.disagreement.is_empty():
        sheets.append(disagreement_sheet(published, lang))
    if not published.parked.is_empty():
        sheets.append(parked_sheet(published.parked, published.cohorts, lang))
    references = published.references_of("providers")
    sheets += provider_sheets(published.providers, published.cohorts, references, lang)
    return "\n\n".join(written(sheet, most) for sheet in sheets)


def written(sheet: Sheet, most: int) -> str:
    """A table under its head, over its notes."""
    lines = [sheet.head, "═" * most, tabulate(sheet.labels, sheet.panels, most)]
    if sheet.notes:
        lines += ["", *(line for note in sheet.notes for line in fold(note, most))]
    return "\n".join(lines)
