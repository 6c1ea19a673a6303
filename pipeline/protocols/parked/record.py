"""Whom an SPF record lets send: nobody, or somebody."""

from dataclasses import dataclass

from ... import message
from ...words import Level
from .. import spf
from ..protocol import Fault
from ..spf.macros import expand
from ..spf.parse import Term

ERRORS = frozenset(finding.code for finding in spf.FINDINGS if finding.level == Level.ERROR)


@dataclass(frozen=True, slots=True)
class Record:
    """Whom one SPF record lets send.

    fails_all: every client fails, by its own text. redirect: where that is decided instead.
    """

    fails_all: bool
    redirect: str | None
    faults: tuple[Fault, ...] = ()  # SPF tells them


def parse(payload: bytes) -> Record | None:
    """Read one TXT payload. None: not an SPF record. Never raises, whatever the bytes."""
    record = spf.parse(payload)
    if record is None:
        return None
    is_broken = any(fault.finding.code in ERRORS for fault in record.faults)
    # RFC 7208 §4.6.2: the first match decides, so no term before `-all` may say anything milder
    fails_all = record.all == "-" and all(term.qualifier == "-" for _, term in record.steps)
    if is_broken:
        return Record(False, None)
    return Record(fails_all, redirected([term for _, term in record.steps]))


def redirected(terms: list[Term]) -> str | None:
    """Where a record that says nothing but `redirect=` leads; None: elsewhere by a macro, too."""
    spec = terms[0].spec if len(terms) == 1 and terms[0].kind == "redirect" else None
    return expand(spec, "", "") or None if spec and not spec.has_macros else None


def parse_rdata(rdata: bytes) -> Record | None:
    """`parse` of a TXT's strings put together (RFC 7208 §3.3)."""
    return parse(message.text(rdata))
