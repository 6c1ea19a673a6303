"""The terminal's page and the files' text, against what a reader should find there."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.schema import ADOPTION, DISAGREEMENT, MISTAKES
from pipeline.tables.labels import bounds, count, percent, short
from pipeline.tables.layout import Lane, Panel, fold, tabulate, width
from pipeline.tables.published import TABLES
from pipeline.tables.render import MOST, terminal
from pipeline.tables.text import csv, markdown


@pytest.mark.parametrize(
    ("share", "printed"),
    [
        (0.93, "93.0 %"),
        (1.0, "100.0 %"),
        (0.99999, "99.9 %"),  # not all of them
        (0.0, "0.0 %"),
        (0.0004, "0.04 %"),
        (0.00004, "0.004 %"),  # 13 of 320,000
        (0.0000001, "<0.0001 %"),  # not none of them
        (0.00996, "1.0 %"),
        (None, "–"),
    ],
)
def test_percent(share, printed):
    assert percent(share) == printed


def test_bounds_and_counts():
    assert bounds(0.921, 0.945) == "(92.1–94.5)"
    assert bounds(0.9301, 0.9302) == ""  # they print like the share
    assert bounds(None, None) == ""
    assert count(320000) == "320,000"
    assert count(None) == "–"


def test_short_labels_lose_brackets_but_not_what_tells_them_apart():
    assert short(["SPF: one record, no error", "validated by DNSSEC (AD flag)"]) == [
        "SPF: one record, no error",
        "validated by DNSSEC",
    ]
    both = ["SPF -all", "SPF -all（redirect 適用後）"]
    assert short(both) == both


def test_width_counts_cells():
    assert width("DNSSEC") == 6
    assert width("検証（注）") == 10
    assert width("カ\u3099") == 2  # a combining mark takes no cell of its own


def test_a_small_table_cell_by_cell():
    panels = [
        Panel(("go.jp", "of 7"), (Lane("share", ["93.0 %", "–"]), Lane("?", ["1", "10"]))),
        Panel(("日本",), (Lane("", ["5.5 %", "62.0 %"]),)),
    ]
    assert tabulate(["SPF", "署名"], panels, 60).split("\n") == [
        "      go.jp      日本",
        "      of 7",
        "       share  ?",
        "────  ─────────  ──────",
        "SPF   93.0 %  1   5.5 %",
        "署名       – 10  62.0 %",
    ]


def test_what_does_not_fit_goes_below_with_its_labels():
    panels = [Panel((f"cohort {number}",), (Lane("", ["1"]),)) for number in range(3)]
    lines = tabulate(["row"], panels, 30).split("\n")
    assert [line for line in lines if line.startswith("row")] == ["row  1         1", "row  1"]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"])), st.integers(2, 30))
def test_folding_loses_nothing_and_keeps_the_width(text, cells):
    lines = fold(text, cells)
    assert "".join(lines) == text
    assert all(width(line) <= cells for line in lines)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("most", [MOST, 60])
def test_no_line_is_wider_than_the_screen(published, lang, most):
    page = terminal(published, lang, most)
    assert max(width(line) for line in page.split("\n")) <= most


def lines_with(page: str, text: str) -> list[str]:
    return [line for line in page.split("\n") if text in line]


def test_the_page_says_what_it_must(published):
    page = terminal(published)
    assert "87 of 582 known" in page
    assert "+ 2 perhaps" in page
    (spf,) = lines_with(page, "publishes SPF")
    # go.jp by hand: 60 of 80, 3 unknown and 2 that may be members and have it or not:
    # 60/82 = 73.2 to 65/82 = 79.3; .jp: 124 of 200 with its sampling interval; then published
    assert "75.0 % (73.2–79.3)" in spf
    assert "62.0 % [55.1–68.4]" in " ".join(spf.split())
    assert spf.split()[-4:] == ["93.0", "%", "94.0", "%"]


def test_what_nobody_observed_is_said_in_words(published):
    (dnssec,) = lines_with(terminal(published), "validated by DNSSEC")
    # go.jp: 8 of 80, two more may be members; .jp: all 200 not observed; then published
    said = "10.0 % (9.8–10.0) 0 – not observed 200 5.5 % 93.0 %"
    assert " ".join(dnssec.split("DNSSEC")[1].split()) == said


def test_both_figures_where_two_are_published(published):
    assert "another figure for dnssec is 67.0 %" in " ".join(terminal(published).split())


def test_the_sum_stands_beside_the_published_sum(published):
    (total,) = lines_with(terminal(published), "sum of these classes  ")[1:]
    assert "8,681" in total
    assert total.split()[4] == "2"  # go.jp: ten lookups, and a syntax error


def test_tables_hold_no_domain_names(published):
    texts = [terminal(published), terminal(published, "ja")]
    for name, columns in TABLES.items():
        frame = getattr(published, name)
        texts += [csv(frame), markdown(frame, columns)]
    assert not [text for text in texts if "leak" in text]


def test_csv_is_read_back(published):
    for name in TABLES:
        frame = getattr(published, name)
        again = pl.read_csv(csv(frame).encode(), schema=frame.schema)
        assert again.equals(frame)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_markdown_has_every_row_and_says_what_each_column_means(published, lang):
    for name, columns in (
        ("adoption", ADOPTION),
        ("mistakes", MISTAKES),
        ("disagreement", DISAGREEMENT),
    ):
        text = markdown(getattr(published, name), columns, lang)
        rows = [line for line in text.split("\n") if line.startswith("| ")]
        assert len(rows) == getattr(published, name).height + 2  # head and rule
        assert {line.count("|") for line in rows} == {len(columns) + 1}
        for column in columns:
            assert (column.en if lang == "en" else column.ja) in text


def test_markdown_escapes_a_cohorts_name():
    frame = pl.DataFrame({"cohort": ["a|b"], "share": [0.5]})
    columns = [column for column in ADOPTION if column.name in ("cohort", "share")]
    assert "| a\\|b | 50.0 % |" in markdown(frame, columns)
