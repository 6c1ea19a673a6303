"""A filled sheet against its key: how far program and checker agree."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ..config import ConfigError
from ..report.terminal import printable
from ..store import Store
from ..tables.adoption import wilson
from ..tables.labels import digits
from .draw import FOLDER, KEY_END, NO, YES
from .sheet import read_csv

UNCLEAR, BLANK = "unclear", ""
SAID = {
    YES: ("yes", "y", "1", "true", "はい", "あり", "有", "○", "〇"),
    NO: ("no", "n", "0", "false", "いいえ", "なし", "無", "×"),
    UNCLEAR: ("unclear", "?", "u", "不明", "△", "-"),
    BLANK: ("",),
}
MEANT = {word: verdict for verdict, words in SAID.items() for word in words}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One line on which program and checker differ."""

    number: str
    domain: str
    program: str
    checker: str
    remark: str


@dataclass(frozen=True, slots=True)
class Score:
    """Lines by (program, checker), and those on which they differ. counts: also `unclear`, ""."""

    counts: Counter[tuple[str, str]]
    disagreements: tuple[Disagreement, ...]

    def of(self, program: str) -> int:
        """Lines that the checker decided, among those of which the program says so."""
        return self.counts[program, YES] + self.counts[program, NO]


def score(store: Store, code: str, path: Path) -> Score:
    """Compare a filled sheet with its key. Raises ConfigError: one line that says what is wrong."""
    key_path = key_of(store, path)
    key = {row["domain"]: row for row in read_csv(key_path, ("domain", "code", "program"))}
    counts: Counter[tuple[str, str]] = Counter()
    differing = []
    rows = read_csv(path, ("number", "domain", "verdict", "remark"))
    for line, row in enumerate(rows, 2):
        if not row["domain"]:  # what spreadsheets leave behind the last line
            continue
        one = key.pop(row["domain"], None)
        if one is None:
            domain = printable(row["domain"], 80)
            raise ConfigError(f"{path}: row {line}: {domain!r} is not in {key_path}, or is twice")
        if one["code"] != code:
            raise ConfigError(f"{path}: a sheet of {printable(one['code'], 80)}, not of {code}")
        checker = meant(path, line, row["verdict"])
        counts[one["program"], checker] += 1
        if checker in (YES, NO) and checker != one["program"]:
            parts = (row["number"], row["domain"], one["program"], checker, row["remark"])
            differing.append(Disagreement(*parts))
    for one in key.values():  # rows that were removed were not judged
        counts[one["program"], BLANK] += 1
    return Score(counts, tuple(differing))


def key_of(store: Store, path: Path) -> Path:
    """The key of a sheet: beside it, or in the run's folder. Raises ConfigError: in neither."""
    name = path.stem + KEY_END
    for folder in (path.parent, store.root / FOLDER):
        if (folder / name).exists():
            return folder / name
    raise ConfigError(
        f"{path}: no {name} beside it nor in {store.root / FOLDER}; "
        "a filled sheet keeps the name it was drawn with"
    )


def meant(path: Path, line: int, text: str) -> str:
    """The verdict that a checker wrote. Raises ConfigError: it is none."""
    word = unicodedata.normalize("NFKC", text).strip().lower()
    if word not in MEANT:
        allowed = ", ".join(words[0] for words in SAID.values() if words[0])
        shown = printable(text, 40)
        raise ConfigError(f"{path}: row {line}: verdict {shown!r}; allowed: {allowed}, or empty")
    return MEANT[word]


def lines(scored: Score) -> Iterator[str]:
    """The score for a terminal."""
    counts = scored.counts
    yield f"{'':16}{'checker: yes':>14}{'no':>8}{'unclear':>9}{'empty':>7}"
    for program in (YES, NO):
        cells = [counts[program, checker] for checker in (YES, NO, UNCLEAR, BLANK)]
        yield f"{'program: ' + program:16}{cells[0]:>14,}{cells[1]:>8,}{cells[2]:>9,}{cells[3]:>7,}"
    yield ""
    flagged, free = scored.of(YES), scored.of(NO)
    wrong, missed = counts[YES, NO], counts[NO, YES]
    yield rate("agreement", flagged + free - wrong - missed, flagged + free, "decided lines")
    yield rate("false positives", wrong, flagged, "decided lines with the finding")
    yield rate("false negatives", missed, free, "decided lines without it")
    yield ""
    yield "[…]: 95 % Wilson interval. The sheet is half with and half without the finding, so the"
    yield "agreement is the sheet's; the other two hold for the domains that were drawn from."
    if scored.disagreements:
        yield from disagreeing(scored.disagreements)


def rate(title: str, count: int, of: int, among: str) -> str:
    """One share with its interval."""
    if not of:
        return f"{title:16} – of 0 {among}"
    low, high = interval(count, of)
    share = f"{digits(count / of)} % [{digits(low)}–{digits(high)}]"
    return f"{title:16} {count:,} of {of:,} {among}: {share}"


def interval(count: int, of: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share, by the expression that the tables use."""
    row = pl.DataFrame({"of": [of], "share": [count / of], "is_sample": [True]})
    return row.select(low=wilson(-1), high=wilson(+1)).row(0)


def disagreeing(found: Sequence[Disagreement]) -> Iterator[str]:
    """The lines to look at again."""
    yield ""
    yield "Where they differ:"
    for one in found:
        remark = f": {one.remark}" if one.remark else ""
        said = f"program {one.program}, checker {one.checker}"
        yield printable(f"  {one.number:>4} {one.domain}  {said}{remark}")
