"""Cells of lists: which name they hold, or why none."""

import idna
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.message import to_text, to_wire
from pipeline.population.names import Reason, clean, name_of, pieces

GOOD = [
    ("example.jp", ["example.jp"]),
    ("AEC.GO.JP.", ["aec.go.jp"]),
    ("  example.jp\t", ["example.jp"]),
    ("https://user:pw@www.Example.JP:8080/a/b?c=d#e", ["www.example.jp"]),
    ("http://example.jp?next=/x@evil.example/", ["example.jp"]),
    ("//www.example.jp/x", ["www.example.jp"]),
    ("www.example.jp/path", ["www.example.jp"]),
    ("example.jp:25", ["example.jp"]),
    ("postmaster@example.jp", ["example.jp"]),
    ("mailto:postmaster@example.jp", ["example.jp"]),
    ('"example.jp"', ["example.jp"]),
    ("<a@example.jp>", ["example.jp"]),
    ("*.example.jp", ["example.jp"]),
    (".example.jp", ["example.jp"]),
    ("agv.nl, www.agv.nl", ["agv.nl", "www.agv.nl"]),
    ("a.jp;b.jp\tc.jp d.jp、e.jp", ["a.jp", "b.jp", "c.jp", "d.jp", "e.jp"]),
    ("Example Co. <a@example.jp>", ["example.jp"]),
    ("ドラクエ10.jp", ["xn--10-yg4a1a3kyh.jp"]),
    ("http://ドラクエ１０。ＪＰ/", ["xn--10-yg4a1a3kyh.jp"]),  # UTS 46 §4: width and full stops
    ("XN--10-YG4A1A3KYH.jp", ["xn--10-yg4a1a3kyh.jp"]),
    ("straße.de", ["xn--strae-oqa.de"]),  # not transitional: not strasse.de
    ("BÜCHER.example", ["xn--bcher-kva.example"]),
    ("r3---sn-x.example.jp", ["r3---sn-x.example.jp"]),  # hyphens as real services have them
    ("1.2.3.4.example.jp", ["1.2.3.4.example.jp"]),
    ("a" * 63 + ".jp", ["a" * 63 + ".jp"]),
    ("", []),
    (" ,; ", []),
]
BAD = [
    ("localhost", Reason.SINGLE_LABEL),
    ("jp.", Reason.SINGLE_LABEL),
    ("http://localhost/", Reason.SINGLE_LABEL),
    ("192.0.2.1", Reason.IP_ADDRESS),
    ("http://192.0.2.1:80/", Reason.IP_ADDRESS),
    ("192.0.2.0/24", Reason.IP_ADDRESS),
    ("１９２.0.2.1", Reason.IP_ADDRESS),
    ("2001:db8::1", Reason.IP_ADDRESS),
    ("[2001:db8::1]:53", Reason.IP_ADDRESS),
    ("https://[2001:db8::1]/", Reason.IP_ADDRESS),
    ("example.123", Reason.NUMERIC_TOP),
    ("a..jp", Reason.EMPTY_LABEL),
    ("example.jp..", Reason.EMPTY_LABEL),
    (".", Reason.EMPTY_LABEL),
    ("_dmarc.example.jp", Reason.UNDERSCORE),
    ("my_host.example.jp", Reason.UNDERSCORE),
    ("exa%6dple.jp", Reason.BAD_CHARACTER),
    ("*.*.example.jp", Reason.BAD_CHARACTER),
    ("*example.jp", Reason.BAD_CHARACTER),
    ("-a.jp", Reason.BAD_HYPHEN),
    ("a-.jp", Reason.BAD_HYPHEN),
    ("a" * 64 + ".jp", Reason.LABEL_TOO_LONG),
    ("日" * 60 + ".jp", Reason.LABEL_TOO_LONG),
    ("a." * 126 + "jp", Reason.NAME_TOO_LONG),
    ("xn--a.jp", Reason.NOT_IDNA),  # decodes to a control character
    ("💩.la", Reason.NOT_IDNA),  # a symbol: IDNA 2008 has none
    ("\ud800.jp", Reason.NOT_IDNA),
    ("a℀b.jp", Reason.BAD_CHARACTER),  # maps to a/c
]


@pytest.mark.parametrize(("cell", "names"), GOOD)
def test_names(cell, names):
    assert clean(cell) == names


@pytest.mark.parametrize(("cell", "reason"), BAD)
def test_reasons(cell, reason):
    assert clean(cell) is reason


def test_longest_name():
    longest = ".".join(["a" * 63] * 3 + ["b" * 61])
    assert len(to_wire(longest)) == 255
    assert clean(longest) == [longest]
    assert clean("b" + longest) is Reason.LABEL_TOO_LONG
    assert clean(longest + "b") is Reason.NAME_TOO_LONG


def test_what_is_no_name_beside_one_can_be_counted():
    assert [name_of(piece) for piece in pieces("a.jp, 192.0.2.1 localhost")] == [
        "a.jp",
        Reason.IP_ADDRESS,
        Reason.SINGLE_LABEL,
    ]


LETTERS = st.sampled_from("ab-_.@:/*[]<>#?%\\ \t,;Ａ日ßー。．\u200d\ud800\0xn0123456789")
CELLS = st.text() | st.text(LETTERS) | st.lists(st.text(LETTERS), max_size=4).map(".".join)


@given(CELLS | CELLS.map("xn--".__add__) | CELLS.map(lambda text: f"https://{text}.jp/"))
@example("xn--" + "a" * 5000)
@example("日" * 5000 + ".jp")
@example("@" * 3000)
def test_clean_is_total_and_its_names_are_names(cell):
    names = clean(cell)
    if isinstance(names, Reason):
        return
    for name in names:
        assert clean(name) == [name]
        assert to_text(to_wire(name)) == name


@given(st.text(st.characters(min_codepoint=0x3041, max_codepoint=0x30FA), min_size=1, max_size=12))
def test_u_labels_and_a_labels_come_out_equal(label):
    try:
        a_label = idna.encode(label, uts46=True).decode()
    except idna.IDNAError:
        return
    assert clean(label + ".jp") == clean(a_label.upper() + ".JP.") == [a_label + ".jp"]
