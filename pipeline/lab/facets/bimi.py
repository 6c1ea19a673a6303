"""BIMI of the plan. Where nothing else is said, the domain has no DMARC, and so is not eligible.

Where no logo is said to be served, nobody listens at its host.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ..facet import Facet, Truth, Way
from ..marks import LOGO as SVG

OWNER = "default._bimi.{d}"
ENFORCED = "dmarc enforced"
LOGO, MARK = "https://{d}/logo.svg", "https://{d}/vmc.pem"
GOOD = f"v=BIMI1; l={LOGO}; a={MARK}"
AUTHORITY = f"a={MARK}"

NOTHING: Truth = {
    "bimi": "absent",
    "bimi_location": None,
    "bimi_authority": None,
    "bimi_inherited": False,
    "bimi_dmarc_eligible": False,
    "bimi_logo": "absent",
    "bimi_mark": "absent",
    "bimi_mark_kind": None,
}
PRESENT = {
    "bimi": "present",
    "bimi_location": LOGO,
    "bimi_authority": MARK,
    "bimi_logo": "unknown",
    "bimi_mark": "unknown",
}
UNUSABLE = {"bimi": "invalid", "bimi_logo": "absent", "bimi_mark": "absent"}
SELF_ASSERTED = {**PRESENT, "bimi_authority": None, "bimi_mark": "absent"}
DECLINED = {"bimi": "declined"}
INVALID = {"bimi": "invalid"}
WITH_LOGO = {"bimi": "invalid", "bimi_location": LOGO}
WITH_MARK = {"bimi": "invalid", "bimi_authority": MARK}


def way(
    name: str,
    truth: Truth,
    *findings: str,
    txt: tuple[str, ...],
    share: float = 0.0,
    strict: bool = False,
    https: Mapping[str, Any] | None = None,
) -> Way:
    """A row of the table; findings without their first part. strict: needs a DMARC that is so."""
    codes = tuple(f"bimi.{finding}" for finding in findings)
    names: Mapping[str, Mapping[str, list[list[str]]]] = {OWNER: {"TXT": [[text] for text in txt]}}
    eligible = {**truth, "bimi_dmarc_eligible": strict}
    needs = ENFORCED if strict else ""
    return Way(name, names, eligible, codes, https or {}, share, needs)


def brings(body: str, status: int = 200) -> Mapping[str, Any]:
    """What a URL brings."""
    media = "image/svg+xml" if body.startswith("<") else "application/x-pem-file"
    return {"status": status, "content_type": media, "body": body}


def logo(name: str, state: str, *findings: str, serves: Any) -> Way:
    """A logo without evidence. serves: what its URL brings."""
    codes = ("no_authority", "dmarc_not_strict", *(f"logo_{one}" for one in findings))
    truth = {**SELF_ASSERTED, "bimi_logo": state}
    return way(f"logo: {name}", truth, *codes, txt=(f"v=BIMI1;l={LOGO};a=;",), https={LOGO: serves})


def svg(
    *inside: str,
    root: str = 'version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64"',
    title: str = "<title>Lab</title>",
    before: str = "",
) -> Mapping[str, Any]:
    """A URL that brings an SVG."""
    space = 'xmlns="http://www.w3.org/2000/svg"'
    return brings(f"{before}<svg {space} {root}>{title}{''.join(inside)}</svg>")


def mark(
    name: str, state: str, *findings: str, serves: Any, kind: str | None = "vmc", at: str = MARK
) -> Way:
    """A mark certificate beside a good logo. serves: what its URL brings; at: the URL."""
    codes = ("dmarc_not_strict", *(f"mark_{one}" for one in findings))
    truth = {
        **PRESENT,
        "bimi_authority": at,
        "bimi_logo": "valid",
        "bimi_mark": state,
        "bimi_mark_kind": kind,
    }
    https = {LOGO: brings(SVG), at: serves}
    return way(f"mark: {name}", truth, *codes, txt=(f"v=BIMI1; l={LOGO}; a={at}",), https=https)


WAYS = (
    way(
        "with evidence",
        PRESENT | {"bimi_logo": "valid", "bimi_mark": "valid", "bimi_mark_kind": "vmc"},
        txt=(GOOD,),
        share=0.001,
        strict=True,
        https={LOGO: brings(SVG), MARK: brings("{vmc}")},
    ),
    way(
        "self-asserted",
        SELF_ASSERTED | {"bimi_logo": "valid"},
        "no_authority",
        txt=(f"v=BIMI1;l={LOGO};a=;",),
        share=0.001,
        strict=True,
        https={LOGO: brings(SVG)},
    ),
    way("without DMARC", PRESENT, "dmarc_not_strict", txt=(GOOD,), share=0.0005),
    way("declined", DECLINED, txt=("v=BIMI1; l=; a=;",), share=0.0005),
    way("declined by l alone", DECLINED, txt=("v=BIMI1; l=",)),
    way("another's text", {}, txt=("v=spf1 -all",)),
    way(
        "no semicolon",
        INVALID,
        "missing_semicolon",
        txt=(f"v=BIMI1; l={LOGO} {AUTHORITY}",),
        share=0.0005,
    ),
    way("lower case", INVALID, "version_misspelt", txt=(GOOD.lower(),)),
    way("version last", INVALID, "version_not_first", txt=(f"l={LOGO}; {AUTHORITY}; v=BIMI1",)),
    way("two records", INVALID, "multiple_records", txt=(GOOD, f"v=BIMI1; {AUTHORITY}; l={LOGO}")),
    way("a word", PRESENT | UNUSABLE, "syntax", txt=(f"{GOOD}; brand",)),
    way("l twice", PRESENT | UNUSABLE, "duplicate_tag", txt=(f"{GOOD}; l={LOGO}",)),
    way("no l", WITH_MARK, "location_missing", txt=(f"v=BIMI1; {AUTHORITY}",)),
    way("empty l", WITH_MARK, "location_empty", txt=(f"v=BIMI1; l=; {AUTHORITY}",)),
    way(
        "two logos",
        WITH_MARK,
        "location_invalid",
        txt=(f"v=BIMI1; l={LOGO},https://{{d}}/b.svg; {AUTHORITY}",),
    ),
    way(
        "http",
        INVALID,
        "location_not_https",
        "authority_not_https",
        txt=("v=BIMI1; l=http://{d}/logo.svg; a=http://{d}/vmc.pem",),
    ),
    way(
        "PNG",
        {**WITH_MARK, "bimi_location": "https://{d}/logo.png"},
        "location_format",
        txt=(f"v=BIMI1; l=https://{{d}}/logo.png; {AUTHORITY}",),
    ),
    way(
        "no suffix",
        {**PRESENT, "bimi_location": "https://{d}/logo"},
        "location_suffix",
        "dmarc_not_strict",
        txt=(f"v=BIMI1; l=https://{{d}}/logo; {AUTHORITY}",),
    ),
    way("no URI in a", WITH_LOGO, "authority_invalid", txt=(f"v=BIMI1; l={LOGO}; a=self",)),
    way(
        "unknown preference",
        DECLINED,
        "preference_invalid",
        txt=("v=BIMI1; l=; avp=self",),
    ),
    way("address in lps", DECLINED, "local_parts_invalid", txt=("v=BIMI1; l=; lps=news@{d}",)),
    way("tag of its own", DECLINED, "unknown_tag", txt=("v=BIMI1; l=; p=quarantine",)),
)
VALID, WRONG, UNKNOWN = "valid", "invalid", "unknown"
ELSEWHERE = "https://vmc.{d}/vmc.pem"
LOGOS = (
    logo("good", VALID, serves=brings(SVG)),
    logo("another's certificate", WRONG, "fetch_tls", serves="CERTIFICATE"),
    logo("no handshake", WRONG, "fetch_tls", serves="TLS_ERROR"),
    logo("not found", WRONG, "not_served", serves=brings(SVG, 404)),
    logo("another protocol", WRONG, "not_served", serves="NOT_HTTP"),
    logo("moved", UNKNOWN, "status", serves=brings("", 301)),
    logo("closed in the middle", UNKNOWN, serves="DROPPED"),
    logo("endless", WRONG, "too_large", serves="TOO_MUCH"),
    logo("large", WRONG, "too_large", serves=svg(f"<desc>{'a' * 33_000}</desc>")),
    logo("a web page", WRONG, "not_svg", serves=brings("<html><title>welcome</title></html>")),
    logo("SVG 1.1", WRONG, "profile", serves=svg(root='version="1.1" viewBox="0 0 64 64"')),
    logo("untitled", WRONG, "no_title", serves=svg(title="")),
    logo(
        "placed",
        WRONG,
        "position",
        serves=svg(root='x="0" version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64"'),
    ),
    logo(
        "broad",
        VALID,
        "not_square",
        serves=svg(root='version="1.2" baseProfile="tiny-ps" viewBox="0 0 120 40"'),
    ),
    logo("script", WRONG, "script", serves=svg("<script>start()</script>")),
    logo("event", WRONG, "event", serves=svg('<g onload="start()"/>')),
    logo("animated", WRONG, "animation", serves=svg('<animate attributeName="x"/>')),
    logo("from elsewhere", WRONG, "external", serves=svg('<use href="other.svg#a"/>')),
    logo("pixels", WRONG, "raster", serves=svg('<image href="data:image/png;base64,AA=="/>')),
    logo("style", WRONG, "style", serves=svg("<style>path { fill: red }</style>")),
    logo("filter", WRONG, "element", serves=svg("<filter/>")),
    logo("doctype", VALID, "doctype", serves=svg(before="<!DOCTYPE svg>")),
    logo(
        "entities",
        WRONG,
        "doctype",
        "entities",
        serves=svg(before='<!DOCTYPE svg [<!ENTITY a "b">]>'),
    ),
)
MARKS = (
    mark("VMC", VALID, serves=brings("{vmc}")),
    mark("CMC", VALID, serves=brings("{cmc}"), kind="cmc"),
    mark("of no kind", VALID, serves=brings("{anymark}"), kind=None),
    mark("without issuer", VALID, "chain", serves=brings("{alonemark}")),
    mark("expired", WRONG, "expired", serves=brings("{expiredmark}")),
    mark("of another", WRONG, "other_domain", serves=brings("{othersmark}")),
    mark("of another logo", WRONG, "other_logo", serves=brings("{otherlogomark}")),
    mark("without logo", WRONG, "no_logo", serves=brings("{nologomark}")),
    mark("not for BIMI", WRONG, "usage", serves=brings("{usagemark}")),
    mark("text", WRONG, "unreadable", serves=brings("to be done"), kind=None),
    mark("not found", WRONG, "not_served", serves=brings("gone", 410), kind=None),
    mark("moved", UNKNOWN, "status", serves=brings("", 302), kind=None),
    mark(
        "another's certificate", WRONG, "fetch_tls", serves="CERTIFICATE", kind=None, at=ELSEWHERE
    ),
    mark("endless", WRONG, "unreadable", serves="TOO_MUCH", kind=None),
)


def without_web(truth: Truth) -> Truth:
    """What a usable record names was not looked at."""
    if truth["bimi"] != "present":
        return truth
    unseen = {
        f"bimi_{what}": "not_observed" if truth[f"bimi_{where}"] else "absent"
        for what, where in (("logo", "location"), ("mark", "authority"))
    }
    return {**truth, **unseen, "bimi_mark_kind": None}


FROM_THE_WEB = ("bimi.logo_", "bimi.mark_")
"""How the codes begin that nobody is told of where nothing was fetched."""


def is_present(truth: Truth) -> bool | None:
    """Does a usable record apply? None: its question brought no answer."""
    return None if truth["bimi"] == "unknown" else bool(truth["bimi"] == "present")


def all_valid(*columns: str) -> Callable[[Truth], bool | None]:
    """Is what is served valid? None: not known of all, and nothing known to be wrong."""

    def value(truth: Truth) -> bool | None:
        states = {truth[column] for column in columns}
        if states & {"invalid", "absent"}:
            return False
        return True if states == {"valid"} else None

    return value


def unobserved(truth: Truth) -> frozenset[str]:
    """The measures that need what was not fetched."""
    is_unseen = truth["bimi_logo"] == "not_observed"
    return frozenset(("bimi_logo", "bimi_mark")) if is_unseen else frozenset()


FACET = Facet(
    name="bimi",
    question=(OWNER, "TXT"),
    nothing=NOTHING,
    unseen={
        **NOTHING,
        "bimi": "unknown",
        "bimi_inherited": None,
        "bimi_logo": "unknown",
        "bimi_mark": "unknown",
    },
    ways=(*WAYS, *LOGOS, *MARKS),
    measures={
        "bimi": is_present,
        "bimi_logo": all_valid("bimi_logo"),
        "bimi_mark": all_valid("bimi_logo", "bimi_mark"),
    },
    without_web=without_web,
    unobserved=unobserved,
)
