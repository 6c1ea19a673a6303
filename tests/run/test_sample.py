"""The seeded sheet: what it shows, what it hides, and its score against verdicts filled in here."""

import csv
import io
import shutil
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.manifest import read
from pipeline.protocols import ALL
from pipeline.run import context_of
from pipeline.sample.draw import drawn
from pipeline.sample.raw import LONGEST_CELL, bounded, rdata_text, trails
from pipeline.sample.score import interval
from pipeline.sample.sheet import as_csv, defused, read_csv
from pipeline.schema import FACTS, KEY, SAMPLE, Column
from pipeline.store import Store
from pipeline.why import trail


@pytest.fixture(scope="module")
def run(undisturbed, tmp_path_factory) -> Store:
    folder = tmp_path_factory.mktemp("sampled") / "run"
    shutil.copytree(undisturbed / "run", folder)
    return Store(folder)


@pytest.fixture
def store(run, tmp_path) -> Store:
    """A run's folder of its own, without samples."""
    (tmp_path / "run").mkdir()
    for entry in run.root.iterdir():
        (tmp_path / "run" / entry.name).symlink_to(entry)
    return Store(tmp_path / "run")


def common(store: Store) -> str:
    """The SPF code that most domains have: enough others publish SPF without it."""
    of_spf = store.read("findings").filter(pl.col("protocol") == "spf")
    counted = of_spf.group_by("code").agg(domains=pl.col("domain").n_unique())
    return counted.sort("domains", "code").last().collect()["code"].item()


def sample(store: Store, *arguments: object, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["sample", str(store.root), *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result.output


def sheets(store: Store, code: str, size: int, seed: int = 1) -> tuple[Path, Path]:
    stem = store.root / "samples" / f"{code}-n{size}-seed{seed}"
    return Path(f"{stem}.csv"), Path(f"{stem}-key.csv")


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def has_it(store: Store, code: str) -> set[str]:
    return set(store.read("findings").filter(pl.col("code") == code).collect()["domain"])


def test_half_have_the_finding_and_the_sheet_does_not_say_which(store):
    code = common(store)
    sample(store, code, "-n", 20)
    sheet, key = map(table, sheets(store, code, 20))
    assert [row["domain"] for row in sheet] == [row["domain"] for row in key]
    assert Counter(row["program"] for row in key) == {"yes": 10, "no": 10}
    found = has_it(store, code)
    assert all((row["program"] == "yes") == (row["domain"] in found) for row in key)
    assert all((row["verdict"], row["remark"]) == ("", "") for row in sheet)
    assert list(sheet[0]) == ["number", "rule", "domain", "records", "verdict", "remark"]
    assert len({row["rule"] for row in sheet}) == 1
    assert sorted(row["program"] for row in key) != [row["program"] for row in key]  # shuffled


def test_a_line_holds_the_record_that_a_finding_stands_in(store):
    code = "spf.ptr"
    sample(store, code, "-n", 6)
    sheet, key = map(table, sheets(store, code, 6))
    flagged = {row["domain"] for row in key if row["program"] == "yes"}
    assert len(flagged) == 3
    for row in sheet:
        assert f'{row["domain"]}. TXT: answered\n  {row["domain"]}. TXT "' in row["records"]
        if row["domain"] in flagged:
            assert "ptr" in row["records"]


def test_the_half_without_was_looked_at(store):
    """Its SPF state is known, and it answered with a TXT record, SPF or not."""
    sample(store, "spf.ptr", "-n", 200)
    _, key = map(table, sheets(store, "spf.ptr", 200))
    free = [row["domain"] for row in key if row["program"] == "no"]
    states = store.read("states").filter(pl.col("domain").is_in(free)).collect()
    assert not states["spf"].is_in(["unknown", "not_observed"]).any()
    answered = store.scan("facts", FACTS).filter(
        pl.col("qtype") == 16, pl.col("outcome") == "answered"
    )
    assert set(free) <= set(answered.collect()["name"])


def test_too_few_of_one_kind_are_made_up_by_the_other(store):
    few = len(has_it(store, "spf.ptr"))
    assert few < 50
    assert "not half and half" in sample(store, "spf.ptr", "-n", 100)
    _, key = map(table, sheets(store, "spf.ptr", 100))
    assert Counter(row["program"] for row in key) == {"yes": few, "no": 100 - few}


def test_the_same_seed_draws_the_same_sheet(store, run, tmp_path):
    other = Store(tmp_path / "other")
    other.root.mkdir()
    for entry in run.root.iterdir():
        (other.root / entry.name).symlink_to(entry)
    for one in (store, other):
        sample(one, "spf.ptr", "-n", 30)
        sample(one, "spf.ptr", "-n", 30, "--seed", 2)
    for seed in (1, 2):
        for mine, its in zip(
            sheets(store, "spf.ptr", 30, seed), sheets(other, "spf.ptr", 30, seed), strict=True
        ):
            assert mine.read_bytes() == its.read_bytes()
    first, second = (table(sheets(store, "spf.ptr", 30, seed)[0]) for seed in (1, 2))
    assert {row["domain"] for row in first} != {row["domain"] for row in second}


def test_a_filled_sheet_is_never_replaced(store):
    sample(store, "spf.ptr", "-n", 6)
    sample(store, "spf.ptr", "-n", 6)  # as it was: nothing is lost
    sheet, _ = sheets(store, "spf.ptr", 6)
    filled = sheet.read_text("utf-8-sig").replace('"",""', '"yes",""', 1)
    sheet.write_text(filled, "utf-8")
    said = sample(store, "spf.ptr", "-n", 6, status=2)
    assert len(said.splitlines()) == 1
    assert "if it was filled in, --score it" in said
    assert sheet.read_text("utf-8") == filled


@pytest.mark.parametrize("protocol", ALL, ids=lambda protocol: protocol.NAME)
def test_many_trails_at_once_are_those_of_why(store, protocol):
    """What `why` walks domain by domain is the oracle."""
    context, facts = context_of(read(store), store), store.scan("facts", FACTS)
    found = store.read("findings").filter(pl.col("protocol") == protocol.NAME).collect()
    some = store.read("states").filter(pl.col("mx") == "present").head(4).collect()["domain"]
    domains = sorted({*found.unique("code").sort("code")["domain"].head(6), *some})
    asks, kept = trails(protocol, facts, domains, context)
    for domain in domains:
        mine = set(asks.filter(pl.col("origin") == domain).select(*KEY, "why").rows())
        alone = trail(protocol, facts, domain, context)
        assert mine == set(alone.select(*KEY, "why").rows()), domain
    assert set(kept.select(KEY).rows()) <= set(asks.select(KEY).rows())
    assert not kept.select(KEY).is_duplicated().any()


# --- the score -----------------------------------------------------------------------------------


def filled(store: Store, verdict) -> Path:
    """A sheet of 20, half and half, with a verdict written into each line."""
    code = common(store)
    sample(store, code, "-n", 20)
    sheet, key = sheets(store, code, 20)
    verdicts = {row["domain"]: verdict(row) for row in numbered(table(key))}
    rows = [row | {"verdict": verdicts[row["domain"]]} for row in table(sheet)]
    sheet.write_text(as_csv(rows, SAMPLE), "utf-8")
    return sheet


def numbered(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Each with its number among those of its kind, from 0."""
    seen: Counter[str] = Counter()
    out = []
    for row in rows:
        out.append(row | {"nth": seen[row["program"]]})
        seen[row["program"]] += 1
    return out


def checker(row) -> str:
    """Of ten with it: 2 no, 1 unclear, 1 empty. Of ten without: 1 yes."""
    if row["program"] == "yes":
        return {0: "no", 1: "No ", 2: "?", 3: ""}.get(row["nth"], "yes")
    return "はい" if row["nth"] == 0 else "いいえ"


def test_the_score_of_a_filled_sheet(store):
    sheet = filled(store, checker)
    shown = sample(store, common(store), "--score", sheet)
    assert "agreement        15 of 18 decided lines: 83.3 % [60.8–94.2]" in shown
    assert "false positives  2 of 8 decided lines with the finding: 25.0 % [7.1–59.1]" in shown
    assert "false negatives  1 of 10 decided lines without it: 10.0 % [1.8–40.4]" in shown
    assert shown.count("program yes, checker no") == 2
    assert shown.count("program no, checker yes") == 1


def test_a_sheet_as_a_japanese_spreadsheet_saves_it(store):
    sheet = filled(store, checker)
    rows = [row for row in table(sheet)[::-1] if row["verdict"]]  # sorted anew, one line removed
    assert len(rows) == 19
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerows([list(rows[0]), *(list(row.values()) for row in rows), [""] * 6])
    sheet.write_bytes(out.getvalue().encode("cp932", "replace"))
    shown = sample(store, common(store), "--score", sheet)
    assert "15 of 18 decided lines" in shown
    assert "2 of 8 decided lines with the finding" in shown


def test_a_sheet_that_was_moved_finds_its_key(store, tmp_path):
    sheet = filled(store, checker)
    moved = tmp_path / sheet.name
    sheet.rename(moved)
    assert "15 of 18" in sample(store, common(store), "--score", moved)
    renamed = moved.rename(tmp_path / "mine.csv")
    said = sample(store, common(store), "--score", renamed, status=2)
    assert "keeps the name it was drawn with" in said


def test_a_wrong_sheet_is_one_line(store, tmp_path):
    sheet = filled(store, lambda row: "yes" if row["nth"] else "maybe")
    code = common(store)
    said = sample(store, code, "--score", sheet, status=2)
    assert "verdict 'maybe'; allowed: yes, no, unclear, or empty" in said
    other = next(rule.code for one in ALL for rule in one.FINDINGS if rule.code != code)
    assert f"a sheet of {code}, not of {other}" in sample(store, other, "--score", sheet, status=2)
    sheet.write_text(sheet.read_text("utf-8").replace('"domain"', '"Domain"'), "utf-8")
    assert "no column domain" in sample(store, code, "--score", sheet, status=2)
    sheet.write_bytes(b"\x80\x81\xfd\xfe")
    assert "allowed encodings" in sample(store, code, "--score", sheet, status=2)
    said = sample(store, code, "--score", tmp_path / "none.csv", status=2)
    assert len(said.splitlines()) == 1


def test_a_strangers_line_is_refused(store):
    sheet = filled(store, checker)
    domain = table(sheet)[0]["domain"]
    text = sheet.read_text("utf-8")
    sheet.write_text(text.replace(f'"{domain}"', '"stranger.jp"'), "utf-8")
    said = sample(store, common(store), "--score", sheet, status=2)
    assert "'stranger.jp' is not in" in said


def test_the_interval_is_wilsons():
    """Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I."""
    for count, of, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        found = interval(count, of)
        assert [round(end, 4) for end in found] == [low, high]


# --- cells ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("begins", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝1", "＠x"])
def test_no_cell_is_a_formula(begins):
    assert defused(begins) == "'" + begins
    assert defused("a" + begins) == "a" + begins


def test_what_is_written_is_read_back(tmp_path):
    column = Column("text", pl.String, "", "", "")
    texts = ['a "quoted", line\nand another', "日本語 § …", "'=x"]
    (tmp_path / "x.csv").write_bytes(as_csv([{"text": one} for one in texts], [column]).encode())
    assert [row["text"] for row in read_csv(tmp_path / "x.csv", ["text"])] == texts
    assert (tmp_path / "x.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@given(st.lists(st.text(max_size=3000), max_size=40))
def test_a_cell_is_bounded_and_says_what_it_left_out(lines):
    cell = bounded(lines)
    assert len(cell) <= LONGEST_CELL + 100
    assert cell == "\n".join(lines) or "more lines" in cell


@given(st.integers(0, 65535), st.binary(max_size=300))
def test_any_rdata_is_text(rtype, rdata):
    text = rdata_text(rtype, rdata)
    assert isinstance(text, str)


@given(st.sets(st.text()), st.sets(st.text()), st.integers(2, 50), st.randoms())
def test_the_draw_takes_as_many_as_there_are(found, free, size, rng):
    free -= found
    chosen = drawn(found, free, size, rng)
    assert len(chosen) == len(set(chosen)) == min(size, len(found) + len(free))
    with_it = len(found.intersection(chosen))
    assert with_it >= min(len(found), size - size // 2)
    assert len(chosen) - with_it >= min(len(free), size // 2)
