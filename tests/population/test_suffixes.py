"""The Public Suffix List, by its own test cases."""

import json

import pytest

from pipeline.population.suffixes import registrable


def test_the_list_s_own_cases(shared):
    lines = (shared / "suites" / "psl-tests.jsonl").read_text("utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    assert len(cases) == 78
    for case in cases:
        found = registrable(case["input"] or "", private=True)
        assert found == case["registrable"], case


@pytest.mark.parametrize(
    ("name", "icann", "all_rules"),
    [
        ("www.a.go.jp", "a.go.jp", "a.go.jp"),
        ("go.jp", None, None),
        ("a.blogspot.com", "blogspot.com", "a.blogspot.com"),
        ("blogspot.com", "blogspot.com", None),
        ("x.city.kawasaki.jp", "city.kawasaki.jp", "city.kawasaki.jp"),
        ("x.y.kawasaki.jp", "x.y.kawasaki.jp", "x.y.kawasaki.jp"),
        ("a.b.unlisted", "b.unlisted", "b.unlisted"),
        ("", None, None),
        (".", None, None),
        ("a..jp", None, None),
    ],
)
def test_private_part_is_an_option(name, icann, all_rules):
    assert registrable(name) == icann
    assert registrable(name, private=True) == all_rules
