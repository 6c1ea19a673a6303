"""A seeded sheet for checking one rule by hand, and how far program and checker agree.

Half of the sheet's domains have the finding, half do not, so that misses are seen too; the order
is drawn as well. Every row shows the same: all that the protocol asked for that domain and what
came back. What the program made of it stands only in the key, a file beside the sheet.

    draw.py    which domains, and the two files
    raw.py     what was asked and came back, as a cell's text
    sheet.py   CSV as spreadsheets read and write it
    score.py   a filled sheet against its key
"""

from .draw import Drawn, draw
from .score import Score, score

__all__ = ["Drawn", "Score", "draw", "score"]
