"""The TXT record that says that there is a policy, and which (RFC 8461 §3.1)."""

import re
from dataclasses import dataclass

from ...words import Level
from ..protocol import Fault
from ..versioned import FIELD_VALUE, Version, fault, fields, in_order
from .findings import (
    DUPLICATE_ID,
    ID_INVALID,
    ID_MISSING,
    MISSING_SEMICOLON,
    SYNTAX,
    UNKNOWN_FIELD,
    VERSION_MISSPELT,
    VERSION_NOT_FIRST,
)

VERSION = Version(
    # The text discards what does not begin with "v=STSv1;", the grammar has white space before the
    # semicolon: eid 6285. Read by the grammar, as a sender would have to go out of its way not to.
    exact=re.compile(rb"v=STSv1[ \t]*;"),
    meant=re.compile(rb"(?i)v[^a-z0-9;]{0,8}[=:][^a-z0-9;]{0,8}stsv?1(?![a-z0-9._-])"),
    spelt=re.compile(rb"v=STSv1"),
    misspelt=VERSION_MISSPELT,
    not_first=VERSION_NOT_FIRST,
    missing_semicolon=MISSING_SEMICOLON,
)
ID = re.compile(rb"[A-Za-z0-9]{1,32}")


@dataclass(frozen=True, slots=True)
class Record:
    """One TXT that is, or was meant as, an MTA-STS record.

    is_record: it begins with v=STSv1; and so counts. id: None: the record is not valid.
    """

    is_record: bool
    id: str | None
    faults: tuple[Fault, ...]


def parse(payload: bytes) -> Record | None:
    """Read a TXT's text. None: nothing to do with MTA-STS. Never raises, whatever the bytes."""
    version = VERSION.exact.match(payload)
    if version is None:
        meant = VERSION.faults(payload)
        return Record(False, None, in_order(meant)) if meant else None
    faults: list[Fault] = []
    ids: list[bytes] = []
    for field in fields(payload, version.end(), SYNTAX, faults):
        if field.name == b"id":  # %s"id=": another spelling is an extension's name
            if ids:
                faults.append(fault(DUPLICATE_ID, field.at, b"id=" + field.value))
            elif not ID.fullmatch(field.value):
                faults.append(fault(ID_INVALID, field.value_at, b"id=" + field.value))
            ids.append(field.value)
        elif not FIELD_VALUE.fullmatch(field.value):
            faults.append(fault(SYNTAX, field.value_at, field.name + b"=" + field.value))
        else:
            faults.append(fault(UNKNOWN_FIELD, field.at, field.name + b"=" + field.value))
    if not ids:
        faults.append(fault(ID_MISSING, len(payload), b""))
    is_valid = not any(one.finding.level is Level.ERROR for one in faults)
    return Record(True, ids[0].decode() if is_valid else None, in_order(faults))
