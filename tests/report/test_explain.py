"""What a finding means, in both languages, on a terminal of any width."""

import re

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.explain import explained, listing, suggestion
from pipeline.protocols import ALL
from pipeline.tables.layout import width

RULES = {finding.code: (protocol, finding) for protocol in ALL for finding in protocol.FINDINGS}


def said(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["explain", *arguments])
    assert result.exit_code == status, result.output
    return result.output


def squeezed(text: str) -> str:
    """Without white space and colour: folding breaks lines anywhere."""
    return re.sub(r"\s|\x1b\[\d*m", "", text)


@pytest.mark.parametrize("code", RULES)
def test_all_that_a_finding_says_is_shown(code):
    _, rule = RULES[code]
    shown = squeezed("\n".join(explained(code)))
    for text in (rule.rfc, rule.en, rule.ja, rule.example, rule.fix_en, rule.fix_ja):
        assert squeezed(text) in shown


@pytest.mark.parametrize("cells", [24, 50, 100])
def test_no_line_is_wider_than_the_terminal(cells):
    for code in RULES:
        for line in explained(code, cells=cells):
            plain = re.sub(r"\x1b\[\d*m", "", line)
            if "mailsurvey" not in plain and code not in plain:  # whole, so that it can be copied
                assert width(plain) <= cells, plain


def test_both_languages_without_lang_and_one_with():
    _, rule = RULES["spf.too_many_lookups"]
    both, english, japanese = (
        squeezed(said("spf.too_many_lookups", *more))
        for more in ([], ["--lang", "en"], ["--lang", "ja"])
    )
    assert squeezed(rule.en) in both
    assert squeezed(rule.ja) in both
    assert squeezed(rule.ja) not in english
    assert squeezed(rule.en) not in japanese


def test_where_it_counts_as_broken():
    """The talk's total counts ten lookups or more; its line of eleven or more is part of that."""
    shown = said("spf.too_many_lookups", "--lang", "en")
    broken, counted = shown.split("Counted, but not as broken, in")
    assert "rfc7208, too_many_lookups" in broken
    assert "talk2021, lookups_10_or_more" in broken
    assert "talk2021, lookups_11_or_more" in counted
    assert "lookups_11_or_more" not in broken
    assert "No rule set counts it" in said("spf.no_all", "--lang", "en")


def test_what_comes_next_names_the_protocol():
    shown = said("mx.localhost")
    assert "mailsurvey sample RUN mx.localhost -n 100" in shown
    assert "mailsurvey why RUN DOMAIN mx" in shown


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("spf.pt", "spf.ptr"), ("ptr", "spf.ptr"), ("SPF.PTR", "spf.ptr"), ("localhost", "mx.localh")],
)
def test_an_unknown_code_names_those_that_are_close(typed, meant):
    shown = said(typed, status=2)
    assert len(shown.splitlines()) == 1
    assert meant in shown.partition("close: ")[2]


@pytest.mark.parametrize("typed", ["", ".", "\x1b[2J\u202e" * 50, "no such thing", "ね" * 500])
def test_whatever_is_typed_ends_in_one_plain_line(typed):
    shown = said(typed, status=2)
    assert len(shown.splitlines()) == 1
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert len(shown) < 500


def test_without_a_code_every_one_is_listed_once():
    shown = re.sub(r"\x1b\[\d*m", "", "\n".join(listing(["en"])))
    assert re.findall(r"^  (?:error|warning|note) +(\S+)$", shown, re.MULTILINE) == list(RULES)
    assert said().count("spf.ptr\n") == 1
    assert suggestion("no such thing").startswith("mailsurvey explain lists")


def test_another_language_is_a_usage_error():
    assert "allowed are en, ja" in said("spf.ptr", "--lang", "fr", status=2)
