"""One DMARC policy record: its text, and every fault found in it (RFC 9989 §4.7, §4.8).

Reading follows a receiver: without an exact `v=DMARC1` in front the whole text is ignored; an error
in any other tag costs that tag only. A text that was meant as a policy and is none is reported as
such: it protects nobody.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..protocol import Fault, Finding
from .findings import (
    BACKSLASH,
    DUPLICATE_TAG,
    FO_WITHOUT_RUF,
    MISSING_SEMICOLON,
    NONEXISTENT_POLICY_INVALID,
    NOT_ASCII,
    NOT_PROCESSED,
    POLICY_INVALID,
    POLICY_MISSING,
    POLICY_NOT_SECOND,
    QUOTES,
    REMOVED_TAG,
    REPORT_SCHEME,
    REPORT_SIZE,
    REPORT_URI_INVALID,
    SMART_QUOTES,
    SUBDOMAIN_POLICY_INVALID,
    SYNTAX,
    TEST_MODE,
    UNKNOWN_TAG,
    VALUE_INVALID,
    VERSION_MISSPELT,
    VERSION_NOT_FIRST,
)

WSP = b" \t"
MOST_FAULTS = 100  # kept of one record
MOST_URIS = 50  # kept of one tag

# dmarc-version = "v" equals %s"DMARC1", and dmarc-sep behind it: RFC 9989 §4.8
VERSION = re.compile(rb"[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")
MEANT = re.compile(
    rb"(?i:v[^a-z0-9;]{0,8}[=:][^a-z0-9;]{0,8}dmarc|\Admarc1"
    # letters swapped, lost or doubled; "version=", "v DMARC1"
    rb"|\Av(?:ersion)?(?:[ \t]*[=:][ \t\"']*|[ \t]+)[dmarc_-]{3,7}\d"
    # full-width letters, as a Japanese keyboard types them
    rb"|\Av[ \t]*=[ \t]*(?:\xef\xbc\xa4|\xef\xbd\x84))"
)
BARE = re.compile(rb"(?i:[ \t]*p[ \t]*=[ \t]*(?:none|quarantine|reject)\b)")  # no version at all
SPELT = re.compile(rb"[vV][ \t]*=[ \t]*DMARC1(?![A-Za-z0-9])")

POLICIES = (b"none", b"quarantine", b"reject")
POLICY_TAGS, URI_TAGS = ("p", "sp", "np"), ("rua", "ruf")
INVALID = {
    "p": POLICY_INVALID,
    "sp": SUBDOMAIN_POLICY_INVALID,
    "np": NONEXISTENT_POLICY_INVALID,
}
VALUES = {
    "adkim": re.compile(rb"[rs]", re.I),
    "aspf": re.compile(rb"[rs]", re.I),
    "psd": re.compile(rb"[ynu]", re.I),
    "t": re.compile(rb"[yn]", re.I),
    # §4.7: in any order, never 0 and 1 together; §4.8: d and s once each, at most
    "fo": re.compile(rb"(?!.*0.*1|.*1.*0|.*([01ds]).*\1)[01ds](?:[ \t]*:[ \t]*[01ds])*", re.I),
}
PERCENT = re.compile(rb"\d{1,3}")  # pct, RFC 7489 §6.4
REMOVED_TAGS = ("pct", "rf", "ri")  # RFC 9989 §A.6
KNOWN_TAGS = ("v", *POLICY_TAGS, *URI_TAGS, *VALUES, *REMOVED_TAGS)
NEXT_TAG = re.compile(rb"(?i)(?<=[ \t,])(?:" + "|".join(KNOWN_TAGS).encode() + rb")[ \t]*=")

MARKS = re.compile(
    rb"(?P<backslash>\\)"
    rb"|(?P<smart>\xe2\x80[\x98-\x9f]|(?<![\x80-\xff])[\x91-\x94](?![\x80-\xff]))"  # UTF-8, cp1252
    rb"|(?P<quote>\")"
    rb"|(?P<other>(?:(?!\xe2\x80[\x98-\x9f])[^\t\x20-\x7e])+)"
)
MARK_FINDINGS = {
    "backslash": BACKSLASH,
    "smart": SMART_QUOTES,
    "quote": QUOTES,
    "other": NOT_ASCII,
}

# RFC 3986 §2, without "," and "!", which must be encoded (RFC 9989 §4.8)
URI = re.compile(
    rb"([A-Za-z][A-Za-z0-9+.-]*):((?:[A-Za-z0-9._~:/?#\[\]@$&'()*+=-]|%[0-9A-Fa-f]{2})+)"
)
MAILBOX = re.compile(rb"[^@?]+@[A-Za-z0-9._-]+(?:\?[^@?]*)?|[^@?]+@\[[^\]]+\]")  # RFC 6068 §2
SIZE = re.compile(rb"\d+[kmgt]?", re.I)  # RFC 7489 §6.2


@dataclass(frozen=True, slots=True)
class Record:
    """One TXT that is, or was meant as, a DMARC policy record.

    is_policy: it begins with v=DMARC1, and so counts in the tree walk. is_bare: nothing stands
    behind that, not even a semicolon. policy: what a receiver applies to the domain; None: no DMARC
    at all. sp, np: None: not said. policy_7489, sp_7489: the same by RFC 7489, which knows no np.
    """

    is_policy: bool
    faults: tuple[Fault, ...]
    is_bare: bool = False
    policy: str | None = None
    sp: str | None = None
    np: str | None = None
    psd: str = "u"  # y, n, u
    is_test: bool = False
    rua: tuple[str, ...] = ()  # valid URIs only
    ruf: tuple[str, ...] = ()
    policy_7489: str | None = None
    sp_7489: str | None = None
    pct: int = 100


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag=value. at: where the name begins; value_at: the value."""

    name: str  # lower case
    value: bytes
    at: int
    value_at: int


def parse(payload: bytes) -> Record | None:
    """Read a TXT's text. None: nothing to do with DMARC. Never raises, whatever the bytes."""
    version = VERSION.match(payload)
    if version is None:
        faults = version_faults(payload)
        return Record(False, in_order(faults + mark_faults(payload))) if faults else None
    faults = mark_faults(payload)
    tags: dict[str, Tag] = {}
    for tag in tag_list(payload, version.end(), faults):
        faults += tag_faults(tag)
        if tag.name in tags or tag.name == "v":
            faults.append(fault(DUPLICATE_TAG, tag.at, tag.name.encode()))
        else:
            tags[tag.name] = tag
    return policy_record(tags, faults, payload)


def version_faults(payload: bytes) -> list[Fault]:
    """Why a text that does not begin with the version is none; empty: it was never meant as one."""
    meant = MEANT.search(payload) or BARE.match(payload)
    if meant is None:
        return []
    at = meant.start()
    faults: list[Fault] = []
    if at > 0:  # RFC 9989 §4.7: "MUST be the first tag in the list"; §4.8 has no space before it
        faults.append(fault(VERSION_NOT_FIRST, at, payload[: at + 20]))
    spelt = SPELT.match(payload, at)
    if spelt is None:
        faults.append(fault(VERSION_MISSPELT, at, payload[at : at + 20]))
    elif next_tag := NEXT_TAG.match(payload, skip(payload, spelt.end(), b" \t,")):
        faults.append(fault(MISSING_SEMICOLON, next_tag.start(), payload[at : next_tag.end()]))
    elif not faults:  # v=DMARC1 with something behind it that is no separator
        faults.append(fault(VERSION_MISSPELT, at, payload[at : spelt.end() + 10]))
    return faults


def skip(payload: bytes, at: int, octets: bytes) -> int:
    """The first place from `at` on with another octet than these."""
    return len(payload) - len(payload[at:].lstrip(octets))


def mark_faults(payload: bytes) -> list[Fault]:
    """The marks that word processors and zone files leave in a text."""
    faults: list[Fault] = []
    for mark in MARKS.finditer(payload):
        if len(faults) == MOST_FAULTS:
            break
        around = payload[max(0, mark.start() - 10) : mark.end() + 10]
        faults.append(fault(MARK_FINDINGS[mark.lastgroup or "other"], mark.start(), around))
    return faults


def tag_list(payload: bytes, at: int, faults: list[Fault]) -> Iterator[Tag]:
    """The tags from `at` on; what is none is added to the faults (RFC 9989 §4.8)."""
    segments = payload[at:].split(b";")
    for number, segment in enumerate(segments):
        name, equals, value = segment.partition(b"=")
        name_at = at + len(name) - len(name.lstrip(WSP))
        value_at = at + len(name) + 1 + len(value) - len(value.lstrip(WSP))
        name, value = name.strip(WSP), value.strip(WSP)
        is_last_and_empty = number == len(segments) - 1 and not segment.strip(WSP)
        if not is_last_and_empty and not (equals and name.isalpha() and value):
            faults.append(fault(SYNTAX, name_at, segment.strip(WSP)))
        if equals and name.isalpha():
            yield Tag(name.decode("ascii").lower(), value, name_at, value_at)
        at += len(segment) + 1


def tag_faults(tag: Tag) -> Iterator[Fault]:
    """What one tag has wrong by itself, policies and addresses apart."""
    if tag.name in REMOVED_TAGS:
        yield fault(REMOVED_TAG, tag.at, tag.name.encode() + b"=" + tag.value)
    elif tag.name not in KNOWN_TAGS:
        yield fault(UNKNOWN_TAG, tag.at, tag.name.encode())
    elif tag.name in VALUES and not VALUES[tag.name].fullmatch(tag.value):
        yield fault(VALUE_INVALID, tag.value_at, tag.name.encode() + b"=" + tag.value)
    if tag.name in KNOWN_TAGS and (next_tag := NEXT_TAG.search(tag.value)):
        yield fault(MISSING_SEMICOLON, tag.value_at + next_tag.start(), tag.value)


def policy_record(tags: dict[str, Tag], faults: list[Fault], payload: bytes) -> Record:
    """The record that the tags make, with what they have wrong together. tags: in their order."""
    policies = {name: policy(tags.get(name), faults) for name in POLICY_TAGS}
    rua, ruf = (addresses(tags.get(name), faults) for name in URI_TAGS)
    is_test = said(tags, "t") == "y"
    if is_test:
        faults.append(fault(TEST_MODE, tags["t"].at, b"t=y"))
    if "fo" in tags and "ruf" not in tags:
        faults.append(fault(FO_WITHOUT_RUF, tags["fo"].at, b"fo=" + tags["fo"].value))
    if "p" not in tags:
        faults.append(fault(POLICY_MISSING, len(payload), b""))
    elif next(iter(tags)) != "p":  # RFC 7489 §6.3: v and p "MUST appear in that order"
        faults.append(fault(POLICY_NOT_SECOND, tags["p"].at, b"p=" + tags["p"].value))
    said_now = applied({name: policies[name] for name in ("p", "sp", "np")}, tags, bool(rua))
    said_then = applied({name: policies[name] for name in ("p", "sp")}, tags, bool(rua))
    if said_now["p"] is None:
        faults.append(fault(NOT_PROCESSED, len(payload), b""))
    return Record(
        is_policy=True,
        faults=in_order(faults),
        is_bare=b";" not in payload,
        policy=said_now["p"],
        sp=said_now["sp"],
        np=said_now["np"],
        psd=said(tags, "psd") or "u",
        is_test=is_test,
        rua=rua,
        ruf=ruf,
        policy_7489=said_then["p"],
        sp_7489=said_then["sp"],
        pct=percent(tags.get("pct")),
    )


def applied(
    policies: dict[str, str | None], tags: dict[str, Tag], has_rua: bool
) -> dict[str, str | None]:
    """The policies as a receiver applies them, who knows these (RFC 9989 §4.10.1, 7489 §6.6.3).

    Where p is not valid, or another that is there is not, it is as if p=none were all if there is a
    valid rua; otherwise no DMARC at all.
    """
    is_valid = all(value or (name != "p" and name not in tags) for name, value in policies.items())
    if is_valid:
        return policies
    return dict.fromkeys(policies) | {"p": "none" if has_rua else None}


def percent(tag: Tag | None) -> int:
    """RFC 7489 §6.3: from 0 to 100; 100 where it is not said, or no such number."""
    value = int(tag.value) if tag and PERCENT.fullmatch(tag.value) else 100
    return value if value <= 100 else 100


def said(tags: dict[str, Tag], name: str) -> str | None:
    """A tag's value in lower case, if it is one that the tag can have."""
    tag = tags.get(name)
    return tag.value.decode("ascii").lower() if tag and VALUES[name].fullmatch(tag.value) else None


def policy(tag: Tag | None, faults: list[Fault]) -> str | None:
    """A policy in lower case; None: not said, or invalid, which is added to the faults."""
    if tag is None:
        return None
    if tag.value.lower() in POLICIES:  # ABNF literals have no case, RFC 5234 §2.3
        return tag.value.decode("ascii").lower()
    evidence = tag.name.encode() + b"=" + tag.value
    faults.append(fault(INVALID[tag.name], tag.value_at, evidence))
    return None


def addresses(tag: Tag | None, faults: list[Fault]) -> tuple[str, ...]:
    """The valid report URIs of rua or ruf; what is wrong with the others is added to the faults."""
    if tag is None:
        return ()
    uris, at = [], tag.value_at
    for item in tag.value.split(b","):
        item_at = at + len(item) - len(item.lstrip(WSP))
        at += len(item) + 1
        text, bang, size = item.strip(WSP).partition(b"!")
        uri = URI.fullmatch(text)
        is_mail = uri is not None and uri[1].lower() == b"mailto"
        if (
            uri is None
            or (is_mail and not MAILBOX.fullmatch(uri[2]))
            or (bang and not SIZE.fullmatch(size))
        ):
            faults.append(fault(REPORT_URI_INVALID, item_at, item.strip(WSP)))
            continue
        if bang:
            faults.append(fault(REPORT_SIZE, item_at + len(text), bang + size))
        if not is_mail:
            faults.append(fault(REPORT_SCHEME, item_at, text))
        uris.append(text.decode("ascii"))
    return tuple(uris[:MOST_URIS])


def fault(finding: Finding, at: int, evidence: bytes) -> Fault:
    """A fault with its evidence as text, whatever the bytes."""
    return Fault(finding, at, evidence[:200].decode("utf-8", "backslashreplace"))


def in_order(faults: list[Fault]) -> tuple[Fault, ...]:
    """By place; the first MOST_FAULTS of them."""
    return tuple(sorted(faults, key=lambda fault: fault.at)[:MOST_FAULTS])
