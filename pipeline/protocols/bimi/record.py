"""One assertion record: where the logo is, and what vouches for it (BIMI draft §4.3).

"Mail receivers MUST NOT attempt to fix syntactical or capitalization errors": reading is strict.
The tag list is DKIM's (RFC 6376 §3.2): white space around tags and values, a tag once.
"""

import re
from dataclasses import dataclass

from ...words import Level
from ..protocol import Fault
from ..versioned import Field, Version, fault, in_order, segments
from .findings import (
    AUTHORITY_INVALID,
    AUTHORITY_NOT_HTTPS,
    DUPLICATE_TAG,
    LOCAL_PARTS_INVALID,
    LOCATION_EMPTY,
    LOCATION_FORMAT,
    LOCATION_INVALID,
    LOCATION_MISSING,
    LOCATION_NOT_HTTPS,
    LOCATION_SUFFIX,
    MISSING_SEMICOLON,
    NO_AUTHORITY,
    PREFERENCE_INVALID,
    SYNTAX,
    UNKNOWN_TAG,
    VERSION_MISSPELT,
    VERSION_NOT_FIRST,
)

VERSION = Version(
    exact=re.compile(rb"v[ \t]*=[ \t]*BIMI1[ \t]*(?:;|\Z)"),
    meant=re.compile(rb"(?i)v[^a-z0-9;]{0,8}[=:][^a-z0-9;]{0,8}bimi1?(?![a-z0-9._-])"),
    spelt=re.compile(rb"v[ \t]*=[ \t]*BIMI1"),
    misspelt=VERSION_MISSPELT,
    not_first=VERSION_NOT_FIRST,
    missing_semicolon=MISSING_SEMICOLON,
)
FWS = b" \t\r\n"
TAG_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9_]*")  # RFC 6376 §3.2
KNOWN = (b"l", b"a", b"lps", b"avp")
NEXT_TAG = re.compile(rb"[ \t\r\n,](l|a|lps|avp)[ \t]*=")
SCHEME = re.compile(rb"([A-Za-z][A-Za-z0-9+.-]*):")
# RFC 3986 §2; commas must be encoded, and a semicolon would end the tag
HTTPS = re.compile(
    rb"(?i:https)://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?"
    rb"(?P<path>(?:/(?:[A-Za-z0-9._~:@!$&'()*+=/-]|%[0-9A-Fa-f]{2})*)?)"
    rb"(?:[?#](?:[A-Za-z0-9._~:@!$&'()*+=/?#-]|%[0-9A-Fa-f]{2})*)?"
)
FQDN = re.compile(rb"(?:[A-Za-z0-9_-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{0,62}\.?")
SVG = re.compile(rb"\.svgz?\Z", re.I)
OTHER_IMAGE = re.compile(
    rb"\.(?:png|apng|jpe?g|jpe|jfif|gif|webp|avif|bmp|ico|tiff?|heic|heif|eps|ai|pdf)\Z", re.I
)
LOCAL_PARTS = re.compile(rb"(?:[A-Za-z0-9-]+(?:[ \t]*,[ \t]*[A-Za-z0-9-]+)*)?")
PREFERENCES = (b"brand", b"personal")


@dataclass(frozen=True, slots=True)
class Record:
    """One TXT that is, or was meant as, an assertion record.

    is_record: it begins with v=BIMI1 and so counts. is_valid: a receiver can use it. location,
    authority: valid https URIs; both None in a valid record: the declination to publish (§4.3.1).
    """

    is_record: bool
    is_valid: bool
    location: str | None
    authority: str | None
    faults: tuple[Fault, ...]


def parse(payload: bytes) -> Record | None:
    """Read a TXT's text. None: nothing to do with BIMI. Never raises, whatever the bytes."""
    version = VERSION.exact.match(payload)
    if version is None:
        meant = VERSION.faults(payload)
        return Record(False, False, None, None, in_order(meant)) if meant else None
    faults: list[Fault] = []
    tags = tag_list(payload, version.end(), faults)
    for tag in tags.values():
        tag_faults(tag, faults)
    location = uri_of(tags.get(b"l"), faults)
    authority = uri_of(tags.get(b"a"), faults)
    together(tags, len(payload), faults)
    is_valid = not any(one.finding.level is Level.ERROR for one in faults)
    return Record(True, is_valid, location, authority, in_order(faults))


def tag_list(payload: bytes, at: int, faults: list[Fault]) -> dict[bytes, Field]:
    """The tags by name, the first of each; what is none or too much is added to the faults."""
    tags: dict[bytes, Field] = {}
    for segment in segments(payload, at):
        octets = segment.octets.strip(FWS)
        begin = segment.at + len(segment.octets) - len(segment.octets.lstrip(FWS))
        name, equals, value = octets.partition(b"=")
        value_at = begin + len(name) + 1 + len(value) - len(value.lstrip(FWS))
        name, value = name.rstrip(FWS), value.strip(FWS)
        if not octets and segment.is_last:
            continue
        if not equals or not TAG_NAME.fullmatch(name):
            faults.append(fault(SYNTAX, begin, octets))
        elif name in tags or name == b"v":
            faults.append(fault(DUPLICATE_TAG, begin, octets))
        else:
            tags[name] = Field(name, value, begin, value_at)
    return tags


def tag_faults(tag: Field, faults: list[Fault]) -> None:
    """What one tag has wrong by itself, l and a apart."""
    shown = tag.name + b"=" + tag.value
    if tag.name not in KNOWN:
        faults.append(fault(UNKNOWN_TAG, tag.at, shown))
    elif tag.name == b"avp" and tag.value not in PREFERENCES:
        faults.append(fault(PREFERENCE_INVALID, tag.value_at, shown))
    elif tag.name == b"lps" and not LOCAL_PARTS.fullmatch(tag.value):
        faults.append(fault(LOCAL_PARTS_INVALID, tag.value_at, shown))


def uri_of(tag: Field | None, faults: list[Fault]) -> str | None:
    """The https URI in l or a; None: empty, missing, or not well-formed, which is a fault."""
    if tag is None or not tag.value:
        return None
    is_location = tag.name == b"l"
    uri = HTTPS.fullmatch(tag.value)
    scheme = SCHEME.match(tag.value)
    if next_tag := NEXT_TAG.search(tag.value):
        faults.append(fault(MISSING_SEMICOLON, tag.value_at + next_tag.start(), tag.value))
    elif scheme and scheme[1].lower() != b"https":
        finding = LOCATION_NOT_HTTPS if is_location else AUTHORITY_NOT_HTTPS
        faults.append(fault(finding, tag.value_at, tag.value))
    elif uri is None or not (is_location or FQDN.fullmatch(uri["host"])):
        finding = LOCATION_INVALID if is_location else AUTHORITY_INVALID
        faults.append(fault(finding, tag.value_at, tag.value))
    else:
        if is_location and OTHER_IMAGE.search(uri["path"]):
            faults.append(fault(LOCATION_FORMAT, tag.value_at, tag.value))
        elif is_location and not SVG.search(uri["path"]):
            faults.append(fault(LOCATION_SUFFIX, tag.value_at, tag.value))
        return tag.value.decode()
    return None


def together(tags: dict[bytes, Field], end: int, faults: list[Fault]) -> None:
    """What the tags have wrong together. end: of the payload."""
    location, authority = tags.get(b"l"), tags.get(b"a")
    has_authority = authority is not None and bool(authority.value)
    if location is None:
        faults.append(fault(LOCATION_MISSING, end, b""))
    elif not location.value and has_authority:
        faults.append(fault(LOCATION_EMPTY, location.at, b"l="))
    elif location.value and not has_authority and not NEXT_TAG.search(location.value):
        faults.append(fault(NO_AUTHORITY, authority.at if authority else end, b""))
