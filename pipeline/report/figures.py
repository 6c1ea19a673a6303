"""Charts of the published tables, as SVG that shows without a network and prints without colour.

Every bar is labelled where it stands, so that nothing depends on telling greys apart: dark bars are
the run's own, light ones are figures published elsewhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

import altair as alt
import polars as pl
import vl_convert

from ..config import Cohort
from ..protocols.protocol import RuleSet
from ..tables.labels import called, count, percent, say, title
from ..tables.layout import fold, width
from ..tables.mistakes import BROKEN, SUM
from ..tables.published import Published
from ..tables.reference import Language, Reference
from ..tables.sheets import published_share

OWN, ELSEWHERE, INK, FAINT = "#55799f", "#c3ccd6", "#1a1a1a", "#8a8f98"
SANS = "Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif"
BAR = 17  # pixels a bar takes with its gap
HEAD_CELLS = 38  # what fits over a small chart
FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.fonts",
    "~/.local/share/fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
    "~/Library/Fonts",
    "C:/Windows/Fonts",
)
JAPANESE_FONTS = {  # how its file's name begins: what the family is called
    "NotoSansCJK": "Noto Sans CJK JP",
    "NotoSansJP": "Noto Sans JP",
    "ipaexg": "IPAexGothic",
    "ipag": "IPAGothic",
    "TakaoGothic": "TakaoGothic",
    "VL-Gothic": "VL Gothic",
    "ヒラギノ角ゴシック": "Hiragino Sans",
    "YuGoth": "Yu Gothic",
    "meiryo": "Meiryo",
}


class Bar(NamedTuple):
    """One bar of a chart. label: what is written behind its `end`; share None: no bar."""

    row: str  # measure or class
    series: str  # cohort or source
    is_own: bool
    share: float | None
    low: float | None
    high: float | None
    end: float
    label: str


@lru_cache(maxsize=1)
def japanese_font() -> str | None:
    """The family of a Japanese font on this machine; None: labels would be empty boxes."""
    for folder in FONT_FOLDERS:
        for path in sorted(Path(folder).expanduser().rglob("*.[tToO][tT][fFcC]")):
            name = normalize("NFC", path.name)  # macOS stores names decomposed
            for begins, family in JAPANESE_FONTS.items():
                if name.startswith(begins):
                    return family
    return None


def drawable(lang: Language) -> Language:
    """The language that can be drawn: Japanese only where there is a font for it."""
    return lang if lang == "en" or japanese_font() else "en"


def svg(chart: alt.TopLevelMixin) -> str:
    """A chart as SVG. No network, no script in it."""
    return str(vl_convert.vegalite_to_svg(chart.to_dict()))


def png(chart: alt.TopLevelMixin, scale: float = 2.0) -> bytes:
    """A chart as PNG, for where SVG cannot be shown."""
    return bytes(vl_convert.vegalite_to_png(chart.to_dict(), scale=scale))


# --- adoption ------------------------------------------------------------------------------------


def draw(published: Published, lang: Language = "en") -> Iterator[tuple[str, str]]:
    """Every chart of a run: its name, and the SVG. Nothing is drawn for a run without domains."""
    if not published.adoption.is_empty():
        yield "adoption", svg(adoption_chart(published, lang))
    for readings in published.rule_sets:
        for rules in readings:
            yield f"mistakes-{rules.name}", svg(mistakes_chart(published, rules, lang))


def adoption_chart(published: Published, lang: Language = "en") -> alt.TopLevelMixin:
    """A small chart a measure: cohorts, then published figures. Thin lines are the bounds."""
    lang = drawable(lang)
    labels = {
        name: "\n".join(fold(label, HEAD_CELLS))
        for name, label in called(published.measures, lang).items()
    }
    bars = [bar for cohort in published.cohorts for bar in own_shares(published, cohort, lang)]
    for reference in published.references_of("adoption"):
        bars += published_shares(reference, labels, lang)
    order = list(dict.fromkeys(bar.series for bar in bars))
    scale = alt.Scale(domain=[0, 1.19])  # room for the label of a full bar
    axis = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1], title=None, labelFlush=False)
    layers = bar_layers(alt.X("share:Q", scale=scale, axis=axis), "series:N", order)
    facet = alt.Facet("row:N", sort=list(labels.values()), header=head())
    chart = (
        alt.layer(*layers, data=frame(bars, labels))
        .properties(width=270, height=alt.Step(BAR))
        .facet(facet=facet, columns=2, spacing={"row": 18, "column": 28})
        .resolve_scale(y="independent")
    )
    return styled(chart, lang)


def own_shares(published: Published, cohort: Cohort, lang: Language) -> list[Bar]:
    """One cohort's bars: a measure that nobody was observed in has words instead."""
    bars = []
    for row in published.adoption.filter(cohort=cohort.name).iter_rows(named=True):
        share, low, high = row["share"], row["low"], row["high"]
        label = percent(share)
        if share is None and row["not_observed"] == row["of"]:
            label, low, high = say("not_observed", lang), None, None
        end = max(share or 0.0, high or 0.0)
        bars.append(Bar(row["measure"], title(cohort), True, share, low, high, end, label))
    return bars


def published_shares(reference: Reference, measures: Iterable[str], lang: Language) -> list[Bar]:
    """One source's bars of the adoption chart: only of what it has a figure for."""
    series = f"{reference.name[lang]} {reference.date}"
    shares = {name: reference.percent[name] / 100 for name in measures if name in reference.percent}
    return [
        Bar(name, series, False, share, None, None, share, percent(share))
        for name, share in shares.items()
    ]


# --- mistakes ------------------------------------------------------------------------------------


def mistakes_chart(
    published: Published, rules: RuleSet, lang: Language = "en"
) -> alt.TopLevelMixin:
    """A small chart a cohort and source, a bar a class: its share of the records looked at."""
    lang = drawable(lang)
    labels = called(rules.classes, lang)
    labels |= {SUM: say(SUM, lang), BROKEN: say(BROKEN, lang)}
    bars = [bar for one in published.cohorts for bar in own_counts(published, one, rules, lang)]
    for reference in published.references_of("mistakes"):
        if reference.rule_set == rules.name:
            bars += published_counts(reference, labels, lang)
    most = max([bar.end for bar in bars if bar.end] or [0.01])
    scale = alt.Scale(domain=[0, most * 1.8], nice=False)  # room for the label of the longest
    axis = alt.Axis(format=".2~%", tickCount=3, title=None)
    layers = bar_layers(alt.X("share:Q", scale=scale, axis=axis), "row:N", list(labels.values()))
    order = list(dict.fromkeys(bar.series for bar in bars))
    chart = (
        alt.layer(*layers, data=frame(bars, labels))
        .properties(width=195, height=(BAR + 4) * len(labels))
        .facet(column=alt.Column("series:N", sort=order, header=head()), spacing=22)
    )
    return styled(chart, lang)


def own_counts(published: Published, cohort: Cohort, rules: RuleSet, lang: Language) -> list[Bar]:
    """One cohort's bars; its bounds are the unknown domains falling one way or the other."""
    bars = []
    found = published.mistakes.filter(cohort=cohort.name, rule_set=rules.name)
    for row in found.iter_rows(named=True):
        share, of = row["share"], row["of"]
        high = (row["yes"] + row["unknown"]) / of if of and row["unknown"] else None
        low = share if high is not None else None
        label = f"{count(row['yes'])}  ({percent(share)})"
        series = f"{title(cohort)} ({say('publish', lang, count(of))})"
        bars.append(Bar(row["class"], series, True, share, low, high, high or share or 0.0, label))
    return bars


def published_counts(reference: Reference, kinds: Iterable[str], lang: Language) -> list[Bar]:
    """One source's bars of the mistakes chart."""
    of = say("publish", lang, count(reference.n))
    series = f"{reference.name[lang]} {reference.date} ({of})"
    bars = []
    for kind in kinds:
        share = published_share(reference, kind)
        known = reference.count.get(kind)
        label = percent(share) if known is None else f"{count(known)}  ({percent(share)})"
        bars.append(Bar(kind, series, False, share, None, None, share or 0.0, label))
    return bars


# --- both ----------------------------------------------------------------------------------------


def frame(bars: Iterable[Bar], labels: Mapping[str, str]) -> pl.DataFrame:
    """The chart's data, rows under the names that are printed."""
    floats = dict.fromkeys(("share", "low", "high", "end"), pl.Float64)
    rows = pl.DataFrame(bars, schema=Bar._fields, schema_overrides=floats, orient="row")
    return rows.with_columns(pl.col("row").replace(labels))


def bar_layers(x: alt.X, row: str, order: list[str]) -> list[alt.Chart]:
    """Bars, their bounds as thin lines with ends, and their labels."""
    longest = max((width(label) for label in order), default=0)
    axis = alt.Axis(  # as wide everywhere, so that charts with rows of their own stand in line
        title=None, ticks=False, domain=False, labelPadding=6, minExtent=6.2 * longest
    )
    y = alt.Y(row, sort=order, axis=axis)
    fill = alt.condition("datum.is_own", alt.value(OWN), alt.value(ELSEWHERE))
    ink = alt.condition("isValid(datum.share)", alt.value(INK), alt.value(FAINT))
    bare = alt.Chart()
    return [
        bare.mark_bar(height=11).encode(x=x, y=y, color=fill),
        bare.mark_rule(color=INK, strokeWidth=1.2).encode(x="low:Q", x2="high:Q", y=y),
        *(
            bare.mark_tick(thickness=1.2, size=7, color=INK).encode(x=f"{side}:Q", y=y)
            for side in ("low", "high")
        ),
        bare.mark_text(align="left", dx=6, fontSize=11).encode(
            x="end:Q", y=y, text="label:N", color=ink
        ),
    ]


def head() -> alt.Header:
    """The name over each small chart."""
    return alt.Header(
        title=None,
        labelFontSize=13,
        labelFontWeight="bold",
        labelAnchor="start",
        labelExpr="split(datum.label, '\\n')",
    )


def styled(chart: alt.FacetChart, lang: Language) -> alt.TopLevelMixin:
    """Fonts, sizes and lines for print."""
    font = SANS if lang == "en" else f"{japanese_font()}, {SANS}"
    made: alt.TopLevelMixin = (
        chart.configure(font=font, background="white", padding=8)
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=12,
            labelColor=INK,
            labelLimit=260,
            gridColor="#e3e6ea",
            domainColor=FAINT,
            tickColor=FAINT,
        )
        .configure_header(labelColor=INK, labelPadding=4, labelLimit=300)
    )
    return made
