"""Rows in the form of RFC 3597 §5, for what no program would write."""

import pytest

from pipeline.lab.rows import rdata
from pipeline.words import QType


@pytest.mark.parametrize("qtype", [QType.TLSA, QType.SMIMEA, QType.OPENPGPKEY, QType.DS])
def test_types_without_names_are_taken_as_they_stand(qtype: QType) -> None:
    assert rdata(qtype, r"\# 4 030101aa") == b"\3\1\1\xaa"
    assert rdata(qtype, r"\# 5 0301 01aa bb") == b"\3\1\1\xaa\xbb"
    assert rdata(qtype, r"\# 0") == b""


@pytest.mark.parametrize(
    ("qtype", "text", "octets"),
    [
        (QType.TLSA, "3 1 1 aabb", b"\3\1\1\xaa\xbb"),  # a digest cut short, as people publish it
        (QType.SMIMEA, "3 0 0 AA bb", b"\3\0\0\xaa\xbb"),
        (QType.DS, "60485 8 2 aa", b"\xec\x45\x08\x02\xaa"),
    ],
)
def test_digests_of_any_length_are_taken(qtype: QType, text: str, octets: bytes) -> None:
    assert rdata(qtype, text) == octets


@pytest.mark.parametrize("text", [r"\# 3 030101aa", r"\# 4 03010", r"\# x 03", r"\#4 030101aa"])
def test_what_is_not_of_that_form(text: str) -> None:
    with pytest.raises(ValueError, match=r"TLSA|length"):
        rdata(QType.TLSA, text)


def test_types_with_names_are_read() -> None:
    """Half a name would make the server fall over its alias."""
    with pytest.raises(ValueError, match="CNAME"):
        rdata(QType.CNAME, r"\# 2 0361")
