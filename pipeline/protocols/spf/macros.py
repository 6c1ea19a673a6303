"""Macro strings and the names they make (RFC 7208 §7).

A survey has no message: only `%{d}` and `%{o}` can be expanded, and `%{o}` is the surveyed domain,
because a sender's domain is the domain itself. Every other letter needs the message.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

from ...message import escaped

# RFC 7208 §7.1; letters and `r` have no case (RFC 5234 §2.3)
#   macro-expand  = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-"
#   macro-literal = %x21-24 / %x26-7E
#   toplabel      = ( *alphanum ALPHA *alphanum )
#                   / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
PART = re.compile(
    r"%\{(?P<letter>[slodiphcrtv])(?P<digits>[0-9]*)(?P<reverse>r?)(?P<delimiters>[.\-+,/_=]*)\}"
    r"|%(?P<stands>[%_-])"
    r"|(?P<literal>[!-$&-~]+)",
    re.IGNORECASE | re.ASCII,
)
STANDS = {"%": "%", "_": " ", "-": "%20"}
LETTERS_DIGITS_HYPHENS = re.compile(r"[0-9A-Za-z-]+")
ESCAPE = re.compile(r"\\([0-9]{3}|.)", re.DOTALL)
EXPLANATION_ONLY = "crt"  # RFC 7208 §7.2
OF_THE_DOMAIN = "do"
LONGEST_TARGET = 253  # characters, RFC 7208 §7.3
LONGEST_LABEL = 63
MOST_PARTS = 128  # RFC 7208 §7.3: what digits can mean; a name has no more labels


@dataclass(frozen=True, slots=True)
class Macro:
    """One `%{…}`. parts: how many right-hand parts are kept, 0: all."""

    letter: str
    parts: int
    is_reversed: bool
    delimiters: str
    is_escaped: bool  # an upper-case letter: the value is URL-escaped


@dataclass(frozen=True, slots=True)
class MacroString:
    """A domain-spec, read. literal: the target where no macro is in it, else None."""

    parts: tuple[str | Macro, ...]
    needs_message: bool
    uses_origin: bool
    literal: str | None

    @property
    def has_macros(self) -> bool:
        """Does the target depend on more than the text?"""
        return self.literal is None


def read_macros(text: str) -> tuple[tuple[str | Macro, ...], int | None]:
    """A macro-string's parts, and where it stops being one (None: nowhere)."""
    parts: list[str | Macro] = []
    at = 0
    while at < len(text):
        met = PART.match(text, at)
        if met is None:
            return tuple(parts), at
        if met["literal"]:
            parts.append(met["literal"])
        elif met["stands"]:
            parts.append(STANDS[met["stands"]])
        else:
            digits = met["digits"].lstrip("0")
            if met["digits"] and not digits:
                return tuple(parts), at  # RFC 7208 §7.3: the number MUST be nonzero
            kept = min(int(digits[:4] or 0), MOST_PARTS)
            letter = met["letter"]
            delimiters = met["delimiters"] or "."
            macro = Macro(letter.lower(), kept, bool(met["reverse"]), delimiters, letter.isupper())
            parts.append(macro)
        at = met.end()
    return tuple(parts), None


def read_domain_spec(text: str) -> MacroString | int:
    """A domain-spec (RFC 7208 §7.1), or where the text stops being one."""
    parts, wrong = read_macros(text)
    if wrong is not None:
        return wrong
    tail = text[expanded_to(text) :]
    if not text or (tail and not ends_domain(tail)):
        return 0
    macros = [part for part in parts if isinstance(part, Macro)]
    if any(macro.letter in EXPLANATION_ONLY for macro in macros):
        return text.find("%{")
    return MacroString(
        parts,
        any(macro.letter not in OF_THE_DOMAIN for macro in macros),
        any(macro.letter == "o" for macro in macros),
        None if macros else target("".join(str(part) for part in parts)),
    )


def ends_domain(tail: str) -> bool:
    """Does a literal tail end in `"." toplabel [ "." ]`?"""
    _, dot, label = tail.removesuffix(".").rpartition(".")
    if not dot or not LETTERS_DIGITS_HYPHENS.fullmatch(label):
        return False
    if label.startswith("-") or label.endswith("-"):
        return False
    return "-" in label or not label.isdigit()  # not all numeric


def expanded_to(text: str) -> int:
    """Where the literal tail of a macro-string begins: behind its last macro-expand."""
    end = 0
    for met in PART.finditer(text):
        if not met["literal"]:
            end = met.end()
    return end


def expand(spec: MacroString, domain: str, origin: str) -> str:
    """The target of a spec that needs no message; "": the text makes no domain name.

    domain: the name whose record holds the spec, `%{d}`; origin: the surveyed domain, `%{o}`.
    """
    if spec.literal is not None:
        return spec.literal
    values = {"d": unescaped(domain), "o": unescaped(origin)}
    return target(
        "".join(
            part if isinstance(part, str) else value(part, values[part.letter])
            for part in spec.parts
        )
    )


def value(macro: Macro, text: str) -> str:
    """A macro's value after its transformers (RFC 7208 §7.3)."""
    pieces = re.split(f"[{re.escape(macro.delimiters)}]", text)
    if macro.is_reversed:
        pieces.reverse()
    joined = ".".join(pieces[-macro.parts :] if macro.parts else pieces)
    return quote(joined, safe="") if macro.is_escaped else joined  # unreserved stays, RFC 3986 §2.3


def target(text: str) -> str:
    """The name that a text asks for, in the survey's form; "": it is none (RFC 7208 §4.8)."""
    text = text.removesuffix(".")
    if len(text) > LONGEST_TARGET:  # RFC 7208 §7.3: labels go from the left until it fits
        _, dot, text = text[len(text) - LONGEST_TARGET - 1 :].partition(".")
        if not dot:
            return ""
    labels = text.lower().split(".")
    if not all(0 < len(label) <= LONGEST_LABEL for label in labels):  # RFC 1035 §2.3.4
        return ""
    return ".".join(escaped(label.encode("latin-1")) for label in labels)


def unescaped(name: str) -> str:
    """A name's characters without presentation escapes (RFC 1035 §5.1)."""
    return ESCAPE.sub(lambda met: chr(int(met[1])) if met[1].isdigit() else met[1], name)
