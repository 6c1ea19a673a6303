"""Text tables for a terminal: panels side by side over shared rows, as wide as the screen allows.

Japanese characters take two cells, so width is counted in cells and not in characters.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

GAP = " "  # between the lanes of one panel
WALL = "  "  # between panels
LABELS_LEAST, LABELS_MOST = 19, 40  # cells; a longer label is folded
# Japanese breaks between any two characters, but not behind an opening or before a closing mark.
PIECE = re.compile(
    r"[（「]*[\u2e80-\uff60][、。）」：；]*\s*|[^\s\u2e80-\uff60]+[、。）」：；]*\s*|\s+"
)


@dataclass(frozen=True, slots=True)
class Lane:
    """One column of cells, as many as the table has rows."""

    head: str
    cells: Sequence[str]
    is_left: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """Lanes that belong together, under heads of their own."""

    heads: tuple[str, ...]
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table for reading: panels over rows that have labels, a head over it, notes under it."""

    head: str
    labels: Sequence[str]
    panels: Sequence[Panel]
    notes: Sequence[str]


def width(text: str) -> int:
    """Cells that a text takes on a terminal: two for each wide character, none for a mark."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def left(text: str, cells: int) -> str:
    """Padded at its right."""
    return text + " " * (cells - width(text))


def right(text: str, cells: int) -> str:
    """Padded at its left."""
    return " " * (cells - width(text)) + text


def fold(text: str, cells: int) -> list[str]:
    """A text in lines of at most so many cells: broken between words, a longer word anywhere."""
    lines, line = [], ""
    for piece in pieces(text, cells):
        if width(line + piece.rstrip()) > cells:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


def pieces(text: str, cells: int) -> Iterator[str]:
    """What a line may be broken between; each piece has the space behind it."""
    for piece in PIECE.findall(text):
        if width(piece.rstrip()) > cells:
            yield from piece
        else:
            yield piece


def tabulate(labels: Sequence[str], panels: Sequence[Panel], most: int) -> str:
    """The table; where it is wider than `most` cells, further blocks repeat the labels below."""
    beside = sum(len(WALL) + panel_width(panel) for panel in panels)
    folded = [fold(label, min(LABELS_MOST, max(LABELS_LEAST, most - beside))) for label in labels]
    label_cells = max((width(line) for lines in folded for line in lines), default=0)
    blocks = [
        block(folded, label_cells, taken)
        for taken in packed(panels, most - label_cells - len(WALL))
    ]
    return "\n\n".join("\n".join(line.rstrip() for line in lines) for lines in blocks)


def packed(panels: Iterable[Panel], most: int) -> Iterator[list[Panel]]:
    """The panels in groups that fit side by side; one that fits nowhere stands alone."""
    taken: list[Panel] = []
    used = 0
    for panel in panels:
        cells = panel_width(panel)
        if taken and used + len(WALL) + cells > most:
            yield taken
            taken, used = [], 0
        used += cells + (len(WALL) if taken else 0)
        taken.append(panel)
    if taken:
        yield taken


def block(labels: Sequence[list[str]], label_cells: int, panels: Sequence[Panel]) -> list[str]:
    """One block: heads, a rule, and the rows."""
    depth = max(len(panel.heads) for panel in panels)
    drawn = [draw(panel, depth) for panel in panels]
    above = depth + 1  # the heads of the lanes
    lines = [
        WALL.join([" " * label_cells, *(column[number] for column in drawn)])
        for number in range(above)
        if number < depth or any(lane.head for panel in panels for lane in panel.lanes)
    ]
    lines.append(WALL.join("─" * cells for cells in (label_cells, *map(panel_width, panels))))
    for number, label in enumerate(labels):
        *before, last = label
        lines += before
        lines.append(
            WALL.join([left(last, label_cells), *(column[above + number] for column in drawn)])
        )
    return lines


def draw(panel: Panel, depth: int) -> list[str]:
    """A panel's lines, all of its width: heads, heads of the lanes, rows."""
    cells = panel_width(panel)
    heads = [*panel.heads, *[""] * (depth - len(panel.heads))]
    lanes = [lane_lines(lane) for lane in panel.lanes]
    rows = [left(GAP.join(parts), cells) for parts in zip(*lanes, strict=True)]
    return [left(head, cells) for head in heads] + rows


def lane_lines(lane: Lane) -> list[str]:
    """A lane's head and cells, padded to its width."""
    cells = lane_width(lane)
    pad = left if lane.is_left else right
    return [pad(text, cells) for text in (lane.head, *lane.cells)]


def lane_width(lane: Lane) -> int:
    """Cells of the widest text in a lane."""
    return max(width(text) for text in (lane.head, *lane.cells))


def panel_width(panel: Panel) -> int:
    """Cells that a panel takes."""
    lanes = sum(map(lane_width, panel.lanes)) + len(GAP) * (len(panel.lanes) - 1)
    return max(lanes, *map(width, panel.heads))
