"""MTA-STS of the plan: records, policies, and how these are served."""

from collections.abc import Mapping
from typing import Any

from ..facet import Facet, Truth, Way

OWNER = "_mta-sts.{d}"
URL = "https://mta-sts.{d}/.well-known/mta-sts.txt"
GOOD = "v=STSv1; id=20240401T000000"

NOTHING: Truth = {
    "mtasts": "absent",
    "mtasts_txt": "absent",
    "mtasts_policy": "not_fetched",
    "mtasts_mode": None,
    "mtasts_max_age": None,
    "mtasts_mx_not_covered": None,
    "mtasts_id": None,
}
RECORD = {"mtasts_txt": "valid", "mtasts_id": "20240401T000000"}
BROKEN = RECORD | {"mtasts": "broken", "mtasts_policy": "invalid"}
HIDDEN = RECORD | {"mtasts": "unknown", "mtasts_policy": "unknown"}
INVALID = {"mtasts": "broken", "mtasts_txt": "invalid"}


def policy(
    mode: str, *more: str, mx: tuple[str, ...] = ("{mx}", "{mx2}"), age: str = "604800"
) -> str:
    """A policy's text; more: lines in front of max_age."""
    hosts = [f"mx: {host}" for host in mx]
    return "\r\n".join(["version: STSv1", f"mode: {mode}", *hosts, *more, f"max_age: {age}", ""])


def served(body: str, status: int = 200, media: str = "text/plain") -> Mapping[str, Any]:
    """What the policy's URL brings."""
    return {URL: {"status": status, "content_type": media, "body": body}}


def valid(mode: str, not_covered: tuple[str, ...] = (), age: int = 604800) -> Truth:
    """What is true of a good record with a valid policy."""
    return RECORD | {
        "mtasts": "mode_none" if mode == "none" else mode,
        "mtasts_policy": "valid",
        "mtasts_mode": mode,
        "mtasts_max_age": age,
        "mtasts_mx_not_covered": list(not_covered),
    }


def way(
    name: str,
    truth: Truth,
    *findings: str,
    txt: tuple[str, ...] = (GOOD,),
    https: Mapping[str, Any] | None = None,
    share: float = 0.0,
) -> Way:
    """A row of the table; findings without their first part."""
    codes = tuple(f"mtasts.{finding}" for finding in findings)
    names = {OWNER: {"TXT": [[text] for text in txt]}}
    return Way(name, names, truth, codes, https or {}, share)


NONE = policy("none", mx=())
EMPTY = ("policy_version", "policy_mode", "policy_max_age", "policy_mx_missing")
ELSEWHERE = ("elsewhere.{d}",)
BOTH = ("{mx}", "{mx2}")

POLICIES = (
    way("enforce", valid("enforce"), https=served(policy("enforce")), share=0.002),
    way("testing", valid("testing"), https=served(policy("testing")), share=0.002),
    way("mode none", valid("none"), https=served(NONE), share=0.0005),
    way(
        "enforce without an MX",
        valid("enforce", BOTH),
        "mx_not_covered",
        https=served(policy("enforce", mx=ELSEWHERE)),
        share=0.0005,
    ),
    way(
        "testing without an MX",
        valid("testing", BOTH),
        "mx_not_covered_testing",
        https=served(policy("testing", mx=("*.{mx}", "*.{mx2}"))),
    ),
    way("no answer", HIDDEN, https={URL: "TIMEOUT"}),
    way("nobody listens", HIDDEN, https={URL: "REFUSED"}),
    way("closed in the middle", HIDDEN, https={URL: "DROPPED"}),
    way("no policy host", BROKEN, "fetch_no_host", https={URL: "NO_HOST"}, share=0.001),
    way("no handshake", BROKEN, "fetch_tls", https={URL: "TLS_ERROR"}),
    way("another's certificate", BROKEN, "fetch_tls", https={URL: "CERTIFICATE"}, share=0.0005),
    way("expired certificate", BROKEN, "fetch_tls", https={URL: "CERTIFICATE"}),
    way("self-signed certificate", BROKEN, "fetch_tls", https={URL: "CERTIFICATE"}),
    way("unknown authority", BROKEN, "fetch_tls", https={URL: "CERTIFICATE"}),
    way("another protocol", BROKEN, "fetch_no_http", https={URL: "NOT_HTTP"}),
    way("endless", BROKEN, "policy_too_large", https={URL: "TOO_MUCH"}),
    way("redirect", BROKEN, "fetch_redirect", https=served("", 301, "text/html")),
    way("not found", BROKEN, "fetch_status", https=served(policy("enforce"), 404)),
    way("as HTML", valid("none"), "media_type", https=served(NONE, media="text/html")),
    way("empty", BROKEN, *EMPTY, https=served("")),
    way("a web page", BROKEN, "policy_line", *EMPTY, https=served("<html>welcome</html>")),
    way("version", BROKEN, "policy_version", https=served(NONE.replace("STSv1", "STSv2"))),
    way("unknown mode", BROKEN, "policy_mode", https=served(policy("enforced"))),
    way("a year and more", BROKEN, "policy_max_age", https=served(policy("none", age="31557601"))),
    way("no mx", BROKEN, "policy_mx_missing", https=served(policy("testing", mx=()))),
    way("final dot", BROKEN, "policy_mx_invalid", https=served(policy("testing", mx=("mx.{d}.",)))),
    way(
        "byte order mark",
        BROKEN,
        "policy_byte_order_mark",
        "policy_version",
        https=served("\ufeff" + NONE),
    ),
    way(
        "too large",
        BROKEN,
        "policy_too_large",
        https=served(policy("none", "x-padding: " + "a" * 65536, mx=())),
    ),
    way(
        "a day",
        valid("none", age=86400),
        "policy_max_age_short",
        https=served(policy("none", mx=(), age="86400")),
    ),
    way("comment", valid("none"), "policy_line", https=served(policy("none", "# ours", mx=()))),
    way("empty line", valid("none"), "policy_blank_line", https=served(policy("none", "", mx=()))),
    way(
        "mode twice",
        valid("none"),
        "policy_duplicate",
        https=served(policy("none", "mode: enforce", mx=())),
    ),
    way(
        "field of its own",
        valid("none"),
        "policy_unknown_field",
        https=served(policy("none", "owner: {d}", mx=())),
    ),
)
RECORDS = (
    way("capitals", INVALID, "version_misspelt", txt=("v=STSV1; id=20240401T000000",)),
    way("id first", INVALID, "version_not_first", txt=("id=20240401T000000; v=STSv1;",)),
    way("no semicolon", INVALID, "missing_semicolon", txt=("v=STSv1 id=20240401T000000",)),
    way("no id", INVALID, "id_missing", txt=("v=STSv1;",)),
    way("dashes in id", INVALID, "id_invalid", txt=("v=STSv1; id=2024-04-01",), share=0.0005),
    way("empty field", INVALID, "syntax", txt=("v=STSv1; ; id=20240401T000000",)),
    way(
        "two records",
        {"mtasts": "broken", "mtasts_txt": "multiple"},
        "multiple_records",
        txt=(GOOD, "v=STSv1; id=20240501T000000"),
    ),
    way(
        "two ids",
        valid("none"),
        "duplicate_id",
        txt=(f"{GOOD}; id=20240501T000000",),
        https=served(NONE),
    ),
    way(
        "mode in the record",
        valid("none"),
        "unknown_field",
        txt=(f"{GOOD}; mode=enforce",),
        https=served(NONE),
    ),
    way("another version", {}, txt=("v=STSv2; id=20240401T000000",)),
    Way(
        "hosted",
        {
            OWNER: {"CNAME": ["_mta-sts.hosting.{d}."]},
            "_mta-sts.hosting.{d}": {"TXT": [["v=STSv1; ", "id=20240401T000000;"]]},
        },
        valid("enforce"),
        (),
        served(policy("enforce")),
        0.001,
    ),
)


def without_web(truth: Truth) -> Truth:
    """A good record says nothing as long as nobody has seen the policy."""
    if truth["mtasts_txt"] != "valid":
        return truth
    unseen = {**NOTHING, "mtasts": "not_observed", "mtasts_txt": "valid"}
    return unseen | {"mtasts_id": truth["mtasts_id"]}


FROM_THE_WEB = ("mtasts.policy_", "mtasts.fetch_", "mtasts.media_type", "mtasts.mx_not_covered")
"""How the codes begin that nobody is told of where nothing was fetched."""


def has_record(truth: Truth) -> bool | None:
    """Is the record valid? None: its question brought no answer."""
    return None if truth["mtasts_txt"] in ("unknown", "not_observed") else is_valid(truth)


def is_valid(truth: Truth) -> bool:
    """Is the record valid?"""
    return bool(truth["mtasts_txt"] == "valid")


def has_policy(truth: Truth) -> bool | None:
    """Is the policy valid? Whoever has no valid record has none that a sender would fetch."""
    if has_record(truth) is False:
        return False
    return {"valid": True, "invalid": False}.get(truth["mtasts_policy"])


def is_enforced(truth: Truth) -> bool | None:
    """Does a valid policy ask senders not to deliver otherwise?"""
    return bool(truth["mtasts"] == "enforce") if has_policy(truth) else has_policy(truth)


def unobserved(truth: Truth) -> frozenset[str]:
    """The measures that need what was not fetched."""
    is_unseen = is_valid(truth) and truth["mtasts_policy"] == "not_fetched"
    return frozenset(("mta_sts", "mta_sts_enforce")) if is_unseen else frozenset()


FACET = Facet(
    name="mtasts",
    question=(OWNER, "TXT"),
    nothing=NOTHING,
    unseen={**NOTHING, "mtasts": "unknown", "mtasts_txt": "unknown", "mtasts_policy": "unknown"},
    ways=(*POLICIES, *RECORDS),
    measures={"mta_sts_txt": has_record, "mta_sts": has_policy, "mta_sts_enforce": is_enforced},
    without_web=without_web,
    unobserved=unobserved,
)
