"""What the stored facts say of a name: the one place where SPF reads frames.

A question that was not asked, or that failed, is unseen: never void, never empty.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import polars as pl

from ... import message
from ...words import Outcome, Purpose, QType
from ..protocol import settled
from .parse import is_spf

KINDS = (QType.TXT, QType.A, QType.AAAA, QType.MX, QType.SOA)


class Answer(NamedTuple):
    """One question's answer.

    is_seen: the outcome speaks of the name; is_gone: NXDOMAIN, and no alias led elsewhere;
    rdata: of the asked type, at the end of the alias chain; empty and seen: a void lookup.
    """

    is_seen: bool
    is_gone: bool
    rdata: tuple[bytes, ...]


UNSEEN = Answer(False, False, ())
SEEN, GONE = 1, 2  # flags, in one small integer a question


def read(facts: pl.LazyFrame, qtype: QType) -> pl.LazyFrame:
    """The survey's answers of one type: the facts' columns, and is_seen, is_gone, rdata."""
    record = pl.element().struct.field
    is_answer = record("section") == message.ANSWER
    rdata = pl.col("rrs").list.eval(
        record("rdata").filter(is_answer & (record("type") == int(qtype)))
    )
    aliases = pl.col("rrs").list.eval(is_answer & (record("type") == int(QType.CNAME))).list.any()
    outcome = pl.col("outcome")
    is_survey = (pl.col("purpose") == Purpose.SURVEY.value) & ~pl.col("cd")
    was_asked = outcome != Outcome.NOT_ASKED.value
    return (
        facts.filter((pl.col("qtype") == int(qtype)) & is_survey & was_asked)
        .with_columns(rdata=rdata.fill_null([]))
        .with_columns(
            is_seen=settled()
            & pl.col("decode_error").is_null()  # what could not be read may be the record
            & ((outcome == Outcome.ANSWERED.value) == (pl.col("rdata").list.len() > 0)),
            is_gone=(outcome == Outcome.NO_NAME.value) & ~aliases.fill_null(False),
        )
    )


class Answers:
    """All answers that SPF needs, by type and name."""

    def __init__(self, facts: pl.LazyFrame) -> None:
        told = pl.col("is_seen").cast(pl.UInt8) * SEEN + pl.col("is_gone").cast(pl.UInt8) * GONE
        kept = pl.col("is_gone") | (pl.col("qtype") != int(QType.SOA))  # only asked: is it gone?
        rows = [read(facts, kind).filter(kept) for kind in KINDS]
        frames = pl.collect_all([frame.select("name", "rdata", told=told) for frame in rows])
        self.told: dict[QType, dict[str, int]] = {}
        self.rdata: dict[QType, dict[str, list[bytes]]] = {}
        for kind, frame in zip(KINDS, frames, strict=True):
            self.told[kind] = pairs(frame, "told")
            self.rdata[kind] = pairs(frame.filter(pl.col("rdata").list.len() > 0), "rdata")
        self.policies: dict[bytes, bytes | None] = {}

    def get(self, kind: QType, name: str) -> Answer:
        """The answer to one question, UNSEEN if there is none."""
        told = self.told[kind].get(name)
        if told is None:
            return UNSEEN
        rdata = tuple(self.rdata[kind].get(name, ()))
        return Answer(bool(told & SEEN), bool(told & GONE), rdata)

    def was_asked(self, kind: QType, name: str) -> bool:
        """Was the question put at all?"""
        return name in self.told[kind]

    def records(self, answer: Answer) -> list[bytes]:
        """The SPF records among the TXT of an answer (RFC 7208 §4.5)."""
        return spf_payloads(answer.rdata, self.policies)


def pairs(frame: pl.DataFrame, column: str) -> dict[str, Any]:
    """A column by name."""
    return dict(zip(frame["name"].to_list(), frame[column].to_list(), strict=True))


def spf_payloads(rdata: Iterable[bytes], kept: dict[bytes, bytes | None]) -> list[bytes]:
    """The SPF records among TXT rdata. kept: what was read before, by rdata."""
    out = []
    for data in rdata:
        if data not in kept:
            payload = message.text(data)
            kept[data] = payload if is_spf(payload) else None
        policy = kept[data]
        if policy is not None:
            out.append(policy)
    return out
