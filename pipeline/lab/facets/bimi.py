"""BIMI of the plan. Where nothing else is said, the domain has no DMARC, and so is not eligible."""

from collections.abc import Mapping

from ..facet import Facet, Truth, Way

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
}
PRESENT = {"bimi": "present", "bimi_location": LOGO, "bimi_authority": MARK}
SELF_ASSERTED = {**PRESENT, "bimi_authority": None}
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
) -> Way:
    """A row of the table; findings without their first part. strict: needs a DMARC that is so."""
    codes = tuple(f"bimi.{finding}" for finding in findings)
    names: Mapping[str, Mapping[str, list[list[str]]]] = {OWNER: {"TXT": [[text] for text in txt]}}
    eligible = {**truth, "bimi_dmarc_eligible": strict}
    return Way(name, names, eligible, codes, share=share, needs=ENFORCED if strict else "")


WAYS = (
    way("with evidence", PRESENT, txt=(GOOD,), share=0.001, strict=True),
    way(
        "self-asserted",
        SELF_ASSERTED,
        "no_authority",
        txt=(f"v=BIMI1;l={LOGO};a=;",),
        share=0.001,
        strict=True,
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
    way("a word", {**PRESENT, "bimi": "invalid"}, "syntax", txt=(f"{GOOD}; brand",)),
    way("l twice", {**PRESENT, "bimi": "invalid"}, "duplicate_tag", txt=(f"{GOOD}; l={LOGO}",)),
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


def is_present(truth: Truth) -> bool | None:
    """Does a usable record apply? None: its question brought no answer."""
    return None if truth["bimi"] == "unknown" else bool(truth["bimi"] == "present")


FACET = Facet(
    name="bimi",
    question=(OWNER, "TXT"),
    nothing=NOTHING,
    unseen={**NOTHING, "bimi": "unknown", "bimi_inherited": None},
    ways=WAYS,
    measures={"bimi": is_present},
)
