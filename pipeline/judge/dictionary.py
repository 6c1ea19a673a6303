"""The data dictionary, made from the definitions that the files themselves are written by."""

from collections.abc import Iterable, Iterator

from .. import schema
from ..protocols import ALL
from ..schema import Column
from . import state_columns


def stored() -> dict[str, tuple[Column, ...]]:
    """Every stored table and its columns, in the order in which a run makes them."""
    return {
        "domains": schema.DOMAINS,
        "rejects": schema.REJECTS,
        "facts": schema.FACTS,
        "visits": schema.VISITS,
        "certificates": schema.CERTIFICATES,
        "fetches": schema.FETCHES,
        "findings": schema.FINDINGS,
        "states": state_columns(ALL),
        "tables/adoption": schema.ADOPTION,
        "tables/mistakes": schema.MISTAKES,
        "tables/disagreement": schema.DISAGREEMENT,
        "tables/parked": schema.PARKED,
        "tables/providers": schema.PROVIDERS,
        "tables/rejudged": schema.REJUDGED,
        "samples/CODE-nN-seedS.csv": schema.SAMPLE,
        "samples/CODE-nN-seedS-key.csv": schema.SAMPLE_KEY,
    }


def markdown() -> str:
    """All columns and all findings, as Markdown tables."""
    return "\n".join(lines())


def lines() -> Iterator[str]:
    """The dictionary's lines."""
    for name, columns in stored().items():
        yield f"## {name}\n"
        yield from table(
            ("column", "type", "unit", "meaning", "意味"),
            (
                (column.name, str(column.dtype), column.unit, column.en, column.ja)
                for column in columns
            ),
        )
    yield "## finding codes\n"
    yield from table(
        ("code", "level", "source", "meaning", "意味"),
        (
            (finding.code, finding.level, finding.rfc, finding.en, finding.ja)
            for protocol in ALL
            for finding in protocol.FINDINGS
        ),
    )
    yield "## rule sets\n"
    yield from table(
        ("rule set", "class", "findings", "counts as broken", "source"),
        (
            (
                rules.name,
                kind.name,
                " ".join(kind.codes),
                "yes" if kind.name in rules.broken else "no",
                rules.source,
            )
            for protocol in ALL
            for rules in protocol.RULE_SETS
            for kind in rules.classes
        ),
    )


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """One Markdown table and an empty line."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"
    yield ""
