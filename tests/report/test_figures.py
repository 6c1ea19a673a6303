"""Charts: that they draw offline, say what the tables say, and need no colour."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from pipeline.report import figures
from pipeline.report.figures import adoption_chart, drawable, mistakes_chart, png, svg

OUTSIDE = re.compile(r"(?:href|src)=|@import|<script|url\(http")


def texts(drawn: str) -> list[str]:
    """Every text of an SVG."""
    root = ElementTree.fromstring(drawn)
    return [node.text for node in root.iter() if node.tag.endswith("text") and node.text]


def test_adoption_shows_cohorts_and_published_figures(published):
    drawn = svg(adoption_chart(published))
    said = texts(drawn)
    for series in ("go.jp", ".jp", "go.jp 2020-11", ".jp 2020-10", "Dutch gov. 2020-03"):
        assert series in said
    assert {"100.0 %", "50.0 %", "93.0 %", "62.0 %", "94.0 %"} <= set(said)  # publishes SPF
    assert not OUTSIDE.search(drawn)
    assert "leak" not in drawn


def test_mistakes_show_counts_and_the_published_sum(published):
    talk = {rules.name: rules for group in published.rule_sets for rules in group}["talk2021"]
    drawn = svg(mistakes_chart(published, talk))
    said = {" ".join(text.split()) for text in texts(drawn)}
    assert "8,681 (4.1 %)" in said
    assert "2 (2.0 %)" in said  # go.jp: several records at two of a hundred
    assert "1 (0.67 %)" in said  # .jp: at one of the 150 that publish SPF
    assert not OUTSIDE.search(drawn)


def test_dark_and_light_bars_differ_without_colour():
    def grey(colour: str) -> float:
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        return (0.299 * red + 0.587 * green + 0.114 * blue) / 255

    assert grey(figures.ELSEWHERE) - grey(figures.OWN) > 0.3
    assert grey(figures.OWN) - grey(figures.INK) > 0.3  # the bounds are seen on a bar


@pytest.mark.parametrize("font", [None, "Noto Sans CJK JP"])
def test_japanese_only_where_it_can_be_drawn(monkeypatch, published, font):
    monkeypatch.setattr(figures, "japanese_font", lambda: font)
    assert drawable("ja") == ("ja" if font else "en")
    assert ("蘭政府 2020-03" in texts(svg(adoption_chart(published, "ja")))) == bool(font)


def test_png(published):
    assert png(adoption_chart(published), scale=1.0).startswith(b"\x89PNG\r\n")
