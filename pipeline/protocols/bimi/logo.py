"""One logo: is it SVG Tiny PS, the profile that mail clients dare to draw?

The profile (draft-svg-tiny-ps-abrotman) is SVG Tiny 1.2 without scripts, motion, images and
references to elsewhere. Judged is what receivers name as reasons; not every attribute's value.

The XML comes from strangers. It is read by expat, which looks nothing up, as far as to the first
declaration of an entity, which is never expanded; its size bounds depth and number of elements.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.parsers import expat

from ...words import Level
from ..protocol import Fault, Finding
from ..versioned import fault, in_order
from .gzipped import MAGIC, unpacked
from .logo_findings import (
    ANIMATION,
    DOCTYPE,
    ELEMENT,
    ENTITIES,
    EVENT,
    EXTERNAL,
    NO_TITLE,
    NOT_SQUARE,
    NOT_SVG,
    NOT_TINY_PS,
    POSITION,
    RASTER,
    SCRIPT,
    STYLE,
    TOO_LARGE,
)

LARGEST = 32 * 1024  # octets, not compressed
SVG = "http://www.w3.org/2000/svg"
XML = "http://www.w3.org/XML/1998/namespace"
ALLOWED = frozenset(
    (
        *("svg", "title", "desc", "metadata", "defs", "g", "use"),
        *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon"),
        *("text", "tspan", "tbreak", "textArea"),
        *("solidColor", "linearGradient", "radialGradient", "stop"),
        *("font", "font-face", "font-face-src", "font-face-name", "glyph", "missing-glyph"),
        "hkern",
    )
)
ANIMATED = ("animate", "animateColor", "animateMotion", "animateTransform", "animation", "set")
REFUSED: dict[str, Finding] = {
    **dict.fromkeys(("script", "handler", "listener"), SCRIPT),
    **dict.fromkeys((*ANIMATED, "mpath", "discard"), ANIMATION),
    **dict.fromkeys(("image", "feImage", "video", "audio", "foreignObject"), RASTER),
    "style": STYLE,
}
EVENT_NAME = re.compile(r"on[a-z]+", re.I)
URL = re.compile(r"url\(\s*['\"]?\s*([^)'\"\s]*)", re.I)
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
SHOWN = 80  # octets of evidence
ALGORITHMS = ("sha1", "sha256", "sha384", "sha512")


@dataclass(frozen=True, slots=True)
class Logo:
    """What was served as a logo. is_valid: no receiver has a reason not to show it.

    digests: "algorithm:hex" of it as served, unpacked, and with its lines ended by LF; none of what
    is no SVG, or too large to be held against anything.
    """

    is_valid: bool
    digests: tuple[str, ...]
    faults: tuple[Fault, ...]


def parse_logo(body: bytes) -> Logo:
    """Read an SVG or SVGZ. Never raises, whatever the octets."""
    octets = unpacked(body, LARGEST + 1) if body.startswith(MAGIC) else body
    if octets is None:
        faults = [fault(NOT_SVG, 0, b"damaged gzip")]
    elif len(octets) > LARGEST:
        faults = [fault(TOO_LARGE, LARGEST, b"")]
    else:
        reading = Reading(octets)
        reading.run()
        faults = reading.faults
    found = {one.finding for one in faults}
    forms = () if octets is None or found & {NOT_SVG, TOO_LARGE} else (body, octets)
    is_valid = all(finding.level is not Level.ERROR for finding in found)
    return Logo(is_valid, digests(ALGORITHMS, forms), in_order(faults))


def with_lf(octets: bytes) -> bytes:
    """As it is hashed: line ends are LF (RFC 6170 §5.2)."""
    return octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def digests(algorithms: Iterable[str], forms: Iterable[bytes]) -> tuple[str, ...]:
    """ "algorithm:hex" of each form, and of it with_lf, by each algorithm; each once."""
    distinct = dict.fromkeys(one for form in forms for one in (form, with_lf(form)))
    return tuple(
        f"{algorithm}:{hashlib.new(algorithm, form, usedforsecurity=False).hexdigest()}"
        for algorithm in algorithms
        for form in distinct
    )


class Stop(Exception):
    """Nothing behind this place is read."""


class Reading:
    """One document on its way through expat; collects faults, each finding once a place."""

    def __init__(self, octets: bytes):
        self.octets, self.faults = octets, list[Fault]()
        self.seen: set[tuple[str, int]] = set()
        self.depth, self.root_at = 0, 0
        self.in_title = self.has_title = False
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self.begin
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.EntityDeclHandler = self.entity
        self.parser.AttlistDeclHandler = self.defaults
        self.parser.ProcessingInstructionHandler = self.instruction

    def run(self) -> None:
        """Read it all, or as far as it can be read."""
        try:
            self.parser.Parse(self.octets, True)
        except Stop:
            return
        except expat.ExpatError as wrong:
            at = max(0, self.parser.ErrorByteIndex)
            self.faults.append(fault(NOT_SVG, at, str(wrong).encode()))
        except (LookupError, ValueError):  # an encoding that Python does not know, or not so
            self.found(NOT_SVG)
        else:
            if not self.has_title:
                self.found(NO_TITLE, self.root_at)

    def found(self, finding: Finding, at: int | None = None) -> None:
        """A fault where the parser is, or at another place."""
        place = max(0, self.parser.CurrentByteIndex) if at is None else at
        if (finding.code, place) not in self.seen:
            self.seen.add((finding.code, place))
            self.faults.append(fault(finding, place, self.octets[place : place + SHOWN]))

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins. name: namespace, space, local name; without one: the local name."""
        space, _, local = name.rpartition(" ")
        self.depth += 1
        if self.depth == 1:
            self.root(space, local, attributes)
        elif (space == SVG and local not in ALLOWED) or local == "script":
            self.found(REFUSED.get(local, ELEMENT))
        elif space == SVG and local == "svg":  # one inside another, SVG Tiny 1.2 §5.1
            self.found(ELEMENT)
        self.in_title = self.depth == 2 and (space, local) == (SVG, "title")
        for key, value in attributes.items():
            self.attribute(key, value)

    def root(self, space: str, local: str, attributes: dict[str, str]) -> None:
        """The outermost element. Raises Stop: it is another document."""
        self.root_at = max(0, self.parser.CurrentByteIndex)
        if (space, local) != (SVG, "svg"):
            self.found(NOT_SVG)
            raise Stop
        if (attributes.get("version"), attributes.get("baseProfile")) != ("1.2", "tiny-ps"):
            self.found(NOT_TINY_PS)
        if "x" in attributes or "y" in attributes:
            self.found(POSITION)
        if not is_square(attributes.get("viewBox", "")):
            self.found(NOT_SQUARE)

    def attribute(self, key: str, value: str) -> None:
        """What one attribute has wrong, of any element."""
        space, _, local = key.rpartition(" ")
        target = value.strip()
        if not space and EVENT_NAME.fullmatch(local):
            self.found(EVENT)
        elif not space and local == "style":
            self.found(STYLE)
        elif (space, local) == (XML, "base"):
            self.found(EXTERNAL)
        elif local == "href" and target.lower().startswith("data:"):
            self.found(RASTER)
        elif local == "href" and target and not target.startswith("#"):
            self.found(EXTERNAL)
        if any(not reference.startswith("#") for reference in URL.findall(value)):
            self.found(EXTERNAL)

    def end(self, name: str) -> None:
        """An element ends."""
        self.depth -= 1
        self.in_title = False

    def text(self, characters: str) -> None:
        """Some text between tags."""
        self.has_title |= self.in_title and bool(characters.strip())

    def doctype(self, *_: object) -> None:
        """A document type is declared."""
        self.found(DOCTYPE, self.begin_of(b"<!DOCTYPE"))

    def entity(self, *_: object) -> None:
        """An entity is declared. Raises Stop: it might stand for more than a machine can hold."""
        self.found(ENTITIES, self.begin_of(b"<!ENTITY"))
        raise Stop

    def defaults(self, *_: object) -> None:
        """Attributes are declared. Raises Stop: each may be given to every element there is."""
        self.found(ENTITIES, self.begin_of(b"<!ATTLIST"))
        raise Stop

    def begin_of(self, declaration: bytes) -> int | None:
        """Where one begins that expat has read to its end. None: in another encoding than ASCII."""
        at = self.octets.rfind(declaration, 0, self.parser.CurrentByteIndex + 1)
        return at if at >= 0 else None

    def instruction(self, target: str, _: str) -> None:
        """A processing instruction: style sheets lie elsewhere."""
        if target == "xml-stylesheet":
            self.found(EXTERNAL)


def is_square(view_box: str) -> bool:
    """Is it four numbers, the last two of which are equal and greater than 0?"""
    parts = re.split(r"[\s,]+", view_box.strip())
    if len(parts) != 4 or not all(NUMBER.fullmatch(part) for part in parts):
        return False
    width, height = float(parts[2]), float(parts[3])
    return 0 < width == height < float("inf")
