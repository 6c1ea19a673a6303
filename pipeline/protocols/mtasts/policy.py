"""The policy: what stands at /.well-known/mta-sts.txt (RFC 8461 §3.2)."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from ...words import Level
from ..protocol import Fault, Finding
from ..versioned import FIELD_NAME, WSP, fault, in_order
from .policy_findings import (
    BLANK_LINE,
    BYTE_ORDER_MARK,
    DUPLICATE,
    LINE,
    MAX_AGE,
    MAX_AGE_SHORT,
    MODE,
    MX_INVALID,
    MX_MISSING,
    TOO_LARGE,
    UNKNOWN_FIELD,
    VERSION,
)

LARGEST = 65536  # octets, RFC 8461 §3.3: 64 kilobytes
LONGEST_AGE = 31_557_600  # seconds
WEEK = 604_800
MOST_MX = 8192  # kept of one policy: what 64 KiB have room for
MODES = (b"enforce", b"testing", b"none")
LABEL = rb"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"  # RFC 5321 §4.1.2 sub-domain
MX = re.compile(rb"(?:\*\.)?" + LABEL + rb"(?:\." + LABEL + rb")*")
SECONDS = re.compile(rb"[0-9]{1,10}")
BOM = b"\xef\xbb\xbf"
KNOWN = (b"version", b"mode", b"max_age", b"mx")


@dataclass(frozen=True, slots=True)
class Policy:
    """One body that was served as a policy. What is None is missing or invalid.

    is_valid: a sender can apply it. patterns: the mx lines, in lower case, each once.
    """

    is_valid: bool
    mode: str | None
    max_age: int | None
    patterns: tuple[str, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One name: value. at: where the value begins."""

    value: bytes
    at: int


def parse_policy(body: bytes) -> Policy:
    """Read a policy's body. Never raises, whatever the bytes."""
    if len(body) > LARGEST:
        return Policy(False, None, None, (), (fault(TOO_LARGE, LARGEST, b""),))
    faults: list[Fault] = []
    lines = read_lines(body, faults)
    end = len(body)
    first = {name: rows[0] for name, rows in lines.items()}
    required(first.get(b"version"), VERSION, lambda value: value == b"STSv1", end, faults)
    mode = required(first.get(b"mode"), MODE, lambda value: value in MODES, end, faults)
    age = required(first.get(b"max_age"), MAX_AGE, is_age, end, faults)
    if age and int(age.value) < WEEK:
        faults.append(fault(MAX_AGE_SHORT, age.at, age.value))
    patterns = mx_patterns(lines.get(b"mx", []), faults)
    if b"mx" not in lines and (mode is None or mode.value != b"none"):
        faults.append(fault(MX_MISSING, end, b""))
    return Policy(
        not any(one.finding.level is Level.ERROR for one in faults),
        mode.value.decode() if mode else None,
        int(age.value) if age else None,
        patterns,
        in_order(faults),
    )


def read_lines(body: bytes, faults: list[Fault]) -> dict[bytes, list[Line]]:
    """The fields by name, in order; what is none, unknown or too much is added to the faults."""
    lines: dict[bytes, list[Line]] = {}
    at = 0
    rows = body.split(b"\n")  # eid 6253: LF or CRLF
    for number, row in enumerate(rows, 1):
        begin, at = at, at + len(row) + 1
        text = row.removesuffix(b"\r").rstrip(WSP)
        name, colon, value = text.partition(b":")
        value_at = begin + len(name) + 1 + len(value) - len(value.lstrip(WSP))
        if not text:
            if number < len(rows):  # behind the last line's end is no line
                faults.append(fault(BLANK_LINE, begin, b""))
        elif begin == 0 and text.startswith(BOM):
            faults.append(fault(BYTE_ORDER_MARK, 0, text))
        elif not colon or not FIELD_NAME.fullmatch(name):
            faults.append(fault(LINE, begin, text))
        elif name not in KNOWN:
            faults.append(fault(UNKNOWN_FIELD, begin, text))
        else:
            if name in lines and name != b"mx":
                faults.append(fault(DUPLICATE, begin, text))
            lines.setdefault(name, []).append(Line(value.lstrip(WSP), value_at))
    return lines


def required(
    line: Line | None,
    finding: Finding,
    is_good: Callable[[bytes], bool],
    end: int,
    faults: list[Fault],
) -> Line | None:
    """The line if it is there and good; else None, and the finding. end: of the body."""
    if line is not None and is_good(line.value):
        return line
    faults.append(fault(finding, end, b"") if line is None else fault(finding, line.at, line.value))
    return None


def is_age(value: bytes) -> bool:
    """Is it a number of seconds that max_age can have?"""
    return bool(SECONDS.fullmatch(value)) and int(value) <= LONGEST_AGE


def mx_patterns(lines: list[Line], faults: list[Fault]) -> tuple[str, ...]:
    """The valid patterns; the others are added to the faults."""
    patterns: dict[str, None] = {}
    for line in lines:
        if MX.fullmatch(line.value) and len(line.value) <= 255:
            patterns[line.value.decode().lower()] = None
        else:
            faults.append(fault(MX_INVALID, line.at, line.value))
    return tuple(patterns)[:MOST_MX]
