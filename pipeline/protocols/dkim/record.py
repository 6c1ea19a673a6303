"""The text at a selector: a tag list, and in it a key (RFC 6376 §3.2, §3.6.1).

`parse` tells "no key" (None) from "a key, but broken": mine is what begins with `v=DKIM…` in any
spelling, and, because v= may be left out, what has a p= and no v= of another protocol.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ..protocol import Fault, Finding
from ..records import LONGEST_EVIDENCE
from .findings import (
    BACKSLASH,
    DUPLICATE_TAG,
    KEY_MISSING,
    KEY_TYPE,
    NO_SHA256,
    NOT_ASCII,
    OBSOLETE_TAG,
    QUOTES,
    REVOKED,
    SERVICE_TYPE,
    STRICT_IDENTITY,
    SYNTAX,
    TESTING,
    VALUE_CASE,
    VERSION,
    VERSION_NOT_FIRST,
)
from .key import Key, read_key

MOST_FAULTS = 20  # kept a record; a hostile text can hold thousands
BLANK = b" \t\r\n"
QUOTE_MARKS = b"\"'\\" + BLANK
AFTER = b"\\" + BLANK  # what an escaped semicolon leaves behind a value
TAG_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9_]*")  # RFC 6376 §3.2
FOREIGN = re.compile(rb"[^\x21-\x7e \t\r\n]")  # neither VALCHAR nor FWS
KEY_TYPES = ("rsa", "ed25519")
RSA = KEY_TYPES[0]  # §3.6.1: the default
LONGEST_TYPE = 40  # characters kept of a k= that nobody knows
QUOTED = (b'"', b"'")
MEANT = (b"v", b"h", b"k", b"p", b"s", b"t")  # the tags that verifiers read
NO_KEY = Key(is_sound=False)
REVOKED_KEY = Key(is_sound=True, is_revoked=True)
IGNORED_KEY = Key(is_sound=True)
BREAKING = {VERSION, VERSION_NOT_FIRST, SYNTAX, DUPLICATE_TAG, KEY_MISSING, QUOTES, BACKSLASH}
"""What leaves no well-formed record, whatever its p= holds."""


class Tag(NamedTuple):
    """One part between semicolons. name: without white space; at: where it begins."""

    name: bytes
    value: bytes
    at: int
    value_at: int
    has_equals: bool


@dataclass(frozen=True, slots=True)
class Record:
    """A key as published.

    valid: well formed. usable: a verifier may verify ordinary mail with it today. key_bits: None
    where there is no readable key.
    """

    valid: bool
    usable: bool
    key_type: str
    key_bits: int | None
    revoked: bool
    testing: bool
    faults: tuple[Fault, ...]


@dataclass(slots=True)
class Draft:
    """A record being read: its tags by name, and what was found so far."""

    values: dict[bytes, Tag] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    is_broken: bool = False

    def add(self, finding: Finding, at: int, evidence: bytes | str = b"") -> None:
        """Note a fault; evidence in octets is a stranger's."""
        self.is_broken |= finding in BREAKING
        if len(self.faults) < MOST_FAULTS:
            if isinstance(evidence, bytes):
                evidence = evidence[:LONGEST_EVIDENCE].decode("ascii", "backslashreplace")
            self.faults.append(Fault(finding, at, evidence))

    def words(self, name: bytes, known: tuple[str, ...]) -> list[str] | None:
        """A colon-separated list in lower case, None where the tag is not there.

        RFC 6376 §3.2 has values compared exactly, the ABNF's literals have no case (RFC 5234 §2.3):
        another case is accepted, and noted for words that are known.
        """
        if name not in self.values:
            return None
        tag = self.values[name]
        value = tag.value.rstrip(AFTER)
        said = [word.strip(BLANK).decode("ascii", "replace") for word in value.split(b":")]
        lower = [word.lower() for word in said]
        if any(one != other and other in known for one, other in zip(said, lower, strict=True)):
            self.add(VALUE_CASE, tag.value_at, tag.value.strip(BLANK))
        return lower


def parse(payload: bytes) -> Record | None:
    """Read the text at a selector. None: no key at all. Never raises, whatever the bytes."""
    tags = list(split(payload))
    if not is_mine(tags):
        return None
    draft = Draft()
    read_tags(tags, draft)
    read_version(tags, draft)
    kind, is_known = read_type(draft)
    key = read_p(draft, kind, is_known, len(payload))
    allows_mail, is_testing = read_uses(draft)
    valid = key.is_sound and not draft.is_broken
    return Record(
        valid=valid,
        usable=valid and key.is_accepted and allows_mail,
        key_type=kind,
        key_bits=key.bits,
        revoked=valid and key.is_revoked,
        testing=is_testing,
        faults=tuple(sorted(draft.faults, key=lambda fault: fault.at)),
    )


def split(text: bytes) -> Iterator[Tag]:
    """The parts of a text between semicolons; a blank one at the end is none (§3.2)."""
    at = 0
    parts = text.split(b";")
    if not parts[-1].strip(BLANK):
        parts.pop()
    for part in parts:
        name, equals, value = part.partition(b"=")
        begin = at + len(name) - len(name.lstrip(BLANK))
        yield Tag(name.strip(BLANK), value, begin, at + len(name) + 1, bool(equals))
        at += len(part) + 1


def is_mine(tags: list[Tag]) -> bool:
    """Was the text meant as a DKIM key? Quotation marks and backslashes around it do not matter."""
    if not tags:
        return False
    names = [tag.name.strip(QUOTE_MARKS) for tag in tags]
    if names[0] in (b"v", b"V"):
        return tags[0].value.strip(QUOTE_MARKS).lower().startswith(b"dkim")
    return b"p" in names  # §3.6.1: v= is only recommended


def read_tags(tags: list[Tag], draft: Draft) -> None:
    """The tags by name, the first of each, and what breaks the list."""
    for tag in tags:
        name, shown = tag.name, tag.name + (b"=" if tag.has_equals else b"")
        if not tag.has_equals or not TAG_NAME.fullmatch(name):
            is_quoted = name[:1] in QUOTED or name[-1:] in QUOTED
            draft.add(QUOTES if is_quoted else SYNTAX, tag.at, shown)
        elif name in draft.values:
            draft.add(DUPLICATE_TAG, tag.at, shown)
        else:
            draft.values[name] = tag
        if name in MEANT and tag.value.rstrip(BLANK).endswith(b"\\"):
            draft.add(BACKSLASH, tag.value_at + len(tag.value.rstrip(AFTER)), shown + b"...\\")
        if name != b"p" and (foreign := FOREIGN.search(tag.value)):
            draft.add(NOT_ASCII, tag.value_at + foreign.start(), tag.value[foreign.start() :])
    if b"g" in draft.values:
        draft.add(OBSOLETE_TAG, draft.values[b"g"].at)


def read_version(tags: list[Tag], draft: Draft) -> None:
    """RFC 6376 §3.6.1: v= is first or nowhere, and exactly DKIM1, "DKIM1.0" is not."""
    version = draft.values.get(b"v")
    if version is None:
        return
    value = version.value.strip(BLANK)
    if version is not tags[0]:
        draft.add(VERSION_NOT_FIRST, version.at, b"v=" + value)
    if value.rstrip(b"\\") != b"DKIM1":  # a backslash is told of already
        is_quoted = value.strip(QUOTE_MARKS) == b"DKIM1"
        draft.add(QUOTES if is_quoted else VERSION, version.at, b"v=" + value)


def read_type(draft: Draft) -> tuple[str, bool]:
    """The type of the key, cut short, and whether it is known."""
    said = draft.words(b"k", KEY_TYPES)
    if said is None:
        return RSA, True
    is_known = len(said) == 1 and said[0] in KEY_TYPES
    if not is_known:
        tag = draft.values[b"k"]
        draft.add(KEY_TYPE, tag.at, b"k=" + tag.value.strip(BLANK))
    return said[0][:LONGEST_TYPE], is_known


def read_p(draft: Draft, kind: str, is_known: bool, end: int) -> Key:
    """The key. end: of the text, where a missing one is missed."""
    tag = draft.values.get(b"p")
    if tag is None:
        if not draft.is_broken:
            draft.add(KEY_MISSING, end)
        return NO_KEY
    value = tag.value.rstrip(AFTER)
    if not value.strip(BLANK):
        draft.add(REVOKED, tag.at)
        return REVOKED_KEY
    if not is_known:  # RFC 6376 §3.6.1: to be ignored, so its key is not ours to judge
        return IGNORED_KEY
    key = read_key(value, kind)
    for finding, evidence in key.flaws:
        draft.add(finding, tag.value_at, evidence)
    return key


def read_uses(draft: Draft) -> tuple[bool, bool]:
    """May ordinary mail be verified with the key? And is it only tested?"""
    hashes = draft.words(b"h", ("sha1", "sha256"))
    services = draft.words(b"s", ("email",))
    flags = draft.words(b"t", ("y", "s")) or []
    has_sha256 = hashes is None or "sha256" in hashes  # RFC 8301 §3.1: sha1 is over
    for_mail = services is None or not {"*", "email"}.isdisjoint(services)
    if not has_sha256:
        draft.add(NO_SHA256, draft.values[b"h"].at, b"h=" + draft.values[b"h"].value)
    if not for_mail:
        draft.add(SERVICE_TYPE, draft.values[b"s"].at, b"s=" + draft.values[b"s"].value)
    if "y" in flags:
        draft.add(TESTING, draft.values[b"t"].at)
    if "s" in flags:
        draft.add(STRICT_IDENTITY, draft.values[b"t"].at)
    return has_sha256 and for_mail, "y" in flags
