"""What stands in a cell of a list, made into domain names; nothing here reads files.

Lists are written by people and by scrapers: a cell holds a URL, an e-mail address, a name in
Japanese, several of these, or something else. Whatever it is, the answer is names as lower-case
A-labels, or the reason why it is none.

Mapping is UTS 46, then the checks of IDNA 2008, as registries apply them. Not transitional: that
mode (ß as ss) is withdrawn from UTS 46, since registries take ß and ss for two names. Not the STD3
rules of the mapping either: the letters are checked here, where the reason can be said exactly.
"""

import ipaddress
import re
from enum import StrEnum

import idna


class Reason(StrEnum):
    """Why an item of a list is not a domain of the population."""

    EMPTY_LABEL = "empty_label"  # two dots, or nothing but dots
    SINGLE_LABEL = "single_label"  # a bare word, a top-level domain
    IP_ADDRESS = "ip_address"
    NUMERIC_TOP = "numeric_top"  # no top-level domain is all digits (RFC 3696 §2)
    LABEL_TOO_LONG = "label_too_long"  # over 63 octets (RFC 1035 §2.3.4)
    NAME_TOO_LONG = "name_too_long"  # over 253 characters, 255 octets on the wire
    UNDERSCORE = "underscore"  # no mail domain can have one (RFC 5321 §4.1.2)
    BAD_CHARACTER = "bad_character"
    BAD_HYPHEN = "bad_hyphen"  # at a label's begin or end
    NOT_IDNA = "not_idna"  # a character or an A-label that IDNA 2008 forbids
    PUBLIC_SUFFIX = "public_suffix"  # a name under which others register
    OUTSIDE_SUFFIX = "outside_suffix"  # not at or below the cohort's suffix
    OPTED_OUT = "opted_out"  # on the opt-out list, or below a name on it


SEPARATORS = re.compile(r"[\s,;、，；]+")
SCHEME = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//|mailto:", re.IGNORECASE)
PORT = re.compile(r":\d{0,5}$")
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
PLAIN = re.compile(rf"(?!.*xn--)(?:{LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
LONGEST = 253
LONGEST_INPUT = 1000  # a longer piece is no name, whatever its letters map to


def clean(text: str) -> list[str] | Reason:
    """The names of one cell; if there is none, why the first piece is none. Never raises.

    Pieces beside a name that are none themselves are dropped: who has to count them takes
    `pieces` and `name_of`. A blank cell is an empty list.
    """
    found = [name_of(piece) for piece in pieces(text)]
    names = [name for name in found if not isinstance(name, Reason)]
    reasons = [reason for reason in found if isinstance(reason, Reason)]
    return names if names or not reasons else reasons[0]


def pieces(text: str) -> list[str]:
    """A cell cut at blanks, commas, semicolons; without quotes and brackets of addresses."""
    if PLAIN.fullmatch(text):
        return [text]
    cut = (piece.strip("\"'`<>()\ufeff") for piece in SEPARATORS.split(text))
    return [piece for piece in cut if piece]


def name_of(piece: str) -> str | Reason:
    """The name in a URL, an e-mail address or a bare name. Never raises."""
    if len(piece) <= LONGEST and PLAIN.fullmatch(piece):
        return piece
    host = host_of(piece[: 2 * LONGEST_INPUT])
    if is_address(host):
        return Reason.IP_ADDRESS
    if len(host) > LONGEST_INPUT:
        return Reason.NAME_TOO_LONG
    # `*.` of certificates and `.` of block lists both mean "all below", so the name itself.
    host = re.sub(r"^\*?\.", "", PORT.sub("", host))
    name = to_ascii(host)
    return name if isinstance(name, Reason) else checked(name.removesuffix("."))


def host_of(piece: str) -> str:
    """What stands where a URL (RFC 3986 §3.2) or an e-mail address has its host."""
    scheme = SCHEME.match(piece)
    rest = piece[scheme.end() :] if scheme else piece
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    return authority.rpartition("@")[2]


def is_address(host: str) -> bool:
    """An IPv4 or IPv6 address, with or without brackets and a port?"""
    bare = host[1:].partition("]")[0] if host.startswith("[") else host
    for text in (bare, PORT.sub("", bare)):
        try:
            ipaddress.ip_address(text)
        except ValueError:
            continue
        return True
    return False


def to_ascii(host: str) -> str | Reason:
    """Lower-case A-labels of a host name."""
    if host.isascii() and "xn--" not in host.lower():
        return host.lower()
    try:
        mapped = idna.uts46_remap(host, std3_rules=False)
        return ".".join(a_label(label) for label in mapped.split("."))
    except idna.IDNAError as fault:
        too_long = fault.code in ("label_too_long", "input_too_long")
        return Reason.LABEL_TOO_LONG if too_long else Reason.NOT_IDNA


def a_label(label: str) -> str:
    """One mapped label. Raises IDNAError.

    ASCII labels other than A-labels do not go through IDNA: it forbids hyphens in third and
    fourth place, which host names of real services have.
    """
    if label.isascii() and not label.startswith("xn--"):
        return label
    return idna.alabel(label).decode("ascii")


def checked(name: str) -> str | Reason:
    """An ASCII name if it can be a mail domain's (RFC 5321 §4.1.2), or why not."""
    labels = name.split(".")
    if "" in labels:
        return Reason.EMPTY_LABEL
    if is_address(name):  # only now: full-width digits have become digits
        return Reason.IP_ADDRESS
    if not re.fullmatch(r"[a-z0-9_.-]+", name):
        return Reason.BAD_CHARACTER
    if "_" in name:
        return Reason.UNDERSCORE
    if len(labels) == 1:
        return Reason.SINGLE_LABEL
    if max(map(len, labels)) > 63:
        return Reason.LABEL_TOO_LONG
    if len(name) > LONGEST:
        return Reason.NAME_TOO_LONG
    if any(label[0] == "-" or label[-1] == "-" for label in labels):
        return Reason.BAD_HYPHEN
    if labels[-1].isdigit():
        return Reason.NUMERIC_TOP
    return name
