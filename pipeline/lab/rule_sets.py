"""The readings of what counts as broken, by hand: classes, their finding codes, who is counted.

Held against the survey's own rule sets, so it is written from the same documents and not from them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .measures import any_encrypts

States = Mapping[str, Any]
Codes = frozenset[str]
UNKNOWN = ("unknown", "not_observed")


@dataclass(frozen=True, slots=True)
class Reading:
    """One rule set.

    of: is the domain counted, None: never to be known. classes: name → codes. needs: class → was
    enough seen to exclude it; a class that is not listed needs nothing more. beside: classes that
    "broken" leaves out. counting: classes that have `worst`, the greatest count of lookups.
    """

    of: Callable[[States], bool | None]
    classes: Mapping[str, Codes]
    needs: Mapping[str, Callable[[States], bool]] = field(default_factory=dict)
    beside: frozenset[str] = frozenset()
    counting: frozenset[str] = frozenset()


def codes(facet: str, *names: str) -> Codes:
    """Finding codes in full."""
    return frozenset(f"{facet}.{name}" for name in names)


def known(column: str, *absent: str) -> Callable[[States], bool | None]:
    """Is a state none of these? None where it is not known."""
    return lambda states: None if states[column] in UNKNOWN else states[column] not in absent


# --- SPF ------------------------------------------------------------------------------------------


def has_tree(states: States) -> bool:
    """Was all seen that the record leads to?"""
    return bool(states["spf_tree"] != "unknown")


SPF_TREE = ("include_loop", "too_many_lookups", "void_lookups", "without_record", "include_broken",
            "too_many_mx", "lookups_10_or_more", "lookups_11_or_more")  # fmt: skip
RFC7208 = Reading(
    known("spf", "absent"),
    {
        "multiple_records": codes("spf", "multiple_records"),
        "syntax": codes("spf", "syntax", "not_ascii", "wrong_dash"),
        "include_loop": codes("spf", "include_loop"),
        "too_many_lookups": codes("spf", "too_many_lookups"),
        "void_lookups": codes("spf", "void_lookups"),
        "without_record": codes("spf", "include_without_record", "redirect_without_record"),
        "include_broken": codes("spf", "include_broken"),
        "too_many_mx": codes("spf", "too_many_mx"),
    },
    dict.fromkeys(SPF_TREE, has_tree),
    counting=frozenset({"too_many_lookups"}),
)
TALK2021 = Reading(
    known("spf", "absent"),
    {
        "multiple_records": codes("spf", "multiple_records"),
        "include_loop": codes("spf", "include_loop"),
        "lookups_10_or_more": codes("spf", "ten_lookups", "too_many_lookups"),
        "lookups_11_or_more": codes("spf", "too_many_lookups"),
        "all_not_last": codes("spf", "all_not_last"),
        "syntax": codes("spf", "syntax", "not_ascii", "wrong_dash", "foreign_text"),
        "ptr": codes("spf", "ptr"),
    },
    dict.fromkeys(SPF_TREE, has_tree),
    beside=frozenset({"lookups_11_or_more"}),  # part of ten or more
    counting=frozenset({"lookups_10_or_more", "lookups_11_or_more"}),
)

# --- MX and DANE ----------------------------------------------------------------------------------


def is_resolved(states: States) -> bool:
    """Are the addresses of all MX hosts known?"""
    return bool(states["mx_resolved"])


RFC5321 = Reading(
    known("mx", "absent", "implicit"),
    {
        "null_mx": codes("mx", "null_mx_beside_others", "null_mx_preference"),
        "no_host_name": codes("mx", "address_literal", "localhost", "single_label"),
        "cname": codes("mx", "target_is_cname"),
        "no_address": codes("mx", "no_address"),
        "special_purpose": codes("mx", "special_purpose_address"),
        "dangling": codes("mx", "dangling"),
    },
    dict.fromkeys(("cname", "no_address", "special_purpose", "dangling"), is_resolved),
    beside=frozenset({"dangling"}),  # who dangles has no address either
)


def saw_hosts(states: States) -> bool:
    """Was it seen of every MX host what TLSA it has?"""
    return states["dane_has_tlsa"] is not None


def saw_verdicts(states: States) -> bool:
    """Was it also seen of every host with usable records what it shows?"""
    return saw_hosts(states) and set(UNKNOWN).isdisjoint(states["dane_verdicts"])


RFC7672 = Reading(
    lambda states: states["dane_has_tlsa"],
    {
        "pkix_usage": codes("dane", "pkix_usage"),
        "malformed": codes(
            "dane",
            "unknown_usage",
            "unknown_selector",
            "unknown_matching",
            "wrong_length",
            "no_certificate",
        ),
        "all_unusable": codes("dane", "all_unusable"),
        "insecure_mx": codes("dane", "insecure_mx"),
        "some_hosts_without": codes("dane", "some_hosts_without"),
        "mismatch": codes("dane", "mismatch"),
        "no_starttls": codes("dane", "no_starttls"),
    },
    dict.fromkeys(("pkix_usage", "malformed", "all_unusable", "some_hosts_without"), saw_hosts)
    | dict.fromkeys(("mismatch", "no_starttls"), saw_verdicts),
    beside=frozenset({"insecure_mx", "some_hosts_without"}),
)

# --- STARTTLS -------------------------------------------------------------------------------------


def saw_starttls(states: States) -> bool:
    """Is it known which MX hosts encrypt?"""
    return states["starttls"] in ("all", "some", "none")


def saw_certificates(states: States) -> bool:
    """Is it known which of them show a valid certificate?"""
    return states["starttls_certificates"] in ("all", "some", "none")


CERTIFICATES = ("expired", "self_signed", "untrusted", "other_name")
RFC3207 = Reading(
    any_encrypts,
    {
        "failing": codes("starttls", "refused", "handshake_failed", "injected"),
        "old": codes("starttls", "old_version"),
        **{name: codes("starttls", f"certificate_{name}") for name in CERTIFICATES},
        "weak": codes("starttls", "weak_key", "weak_signature"),
    },
    dict.fromkeys(("failing", "old"), saw_starttls)
    | dict.fromkeys((*CERTIFICATES, "weak"), saw_certificates),
    beside=frozenset((*CERTIFICATES, "weak")),
)

# --- TXT records of their own ---------------------------------------------------------------------


def saw_policy(states: States) -> bool:
    """Is it known what the MTA-STS policy is, or that no sender asks for it?"""
    return states["mtasts_txt"] in ("invalid", "multiple") or states["mtasts_policy"] in (
        "valid",
        "invalid",
    )


RFC8461 = Reading(
    known("mtasts_txt", "absent"),
    {
        "multiple_records": codes("mtasts", "multiple_records"),
        "txt": codes(
            "mtasts",
            "version_misspelt",
            "version_not_first",
            "missing_semicolon",
            "id_missing",
            "id_invalid",
            "syntax",
        ),
        "fetch": codes(
            "mtasts",
            "fetch_tls",
            "fetch_redirect",
            "fetch_status",
            "fetch_no_host",
            "fetch_no_http",
        ),
        "policy": codes(
            "mtasts",
            "policy_version",
            "policy_mode",
            "policy_max_age",
            "policy_mx_missing",
            "policy_mx_invalid",
            "policy_byte_order_mark",
            "policy_too_large",
        ),
        "mx_not_covered": codes("mtasts", "mx_not_covered"),
    },
    dict.fromkeys(("fetch", "policy", "mx_not_covered"), saw_policy),
)
RFC8460 = Reading(
    known("tlsrpt", "absent"),
    {
        "multiple_records": codes("tlsrpt", "multiple_records"),
        "version": codes("tlsrpt", "version_misspelt", "version_not_first", "missing_semicolon"),
        "syntax": codes("tlsrpt", "syntax"),
        "rua": codes("tlsrpt", "rua_missing", "rua_unusable"),
    },
)
DMARC_IGNORED = codes(
    "dmarc",
    "syntax",
    "duplicate_tag",
    "value_invalid",
    "backslash",
    "smart_quotes",
    "quotes",
    "not_ascii",
    "report_uri_invalid",
)
DMARC_MISSPELT = {
    "multiple_records": codes("dmarc", "multiple_records"),
    "version": codes("dmarc", "version_misspelt", "version_not_first"),
    "missing_semicolon": codes("dmarc", "missing_semicolon"),
    "ignored_part": DMARC_IGNORED,
}
RFC9989 = Reading(
    lambda states: states["dmarc_published"],
    DMARC_MISSPELT
    | {
        "policy": codes(
            "dmarc",
            "policy_invalid",
            "subdomain_policy_invalid",
            "nonexistent_policy_invalid",
        ),
        "not_processed": codes("dmarc", "not_processed"),
    },
    beside=frozenset({"ignored_part"}),
)
RFC7489 = Reading(
    lambda states: states["dmarc_published"],
    DMARC_MISSPELT
    | {
        "policy": codes("dmarc", "policy_invalid", "subdomain_policy_invalid"),
        "policy_missing": codes("dmarc", "policy_missing"),
        "policy_not_second": codes("dmarc", "policy_not_second"),
    },
    beside=frozenset({"ignored_part"}),
)


def has_keys(states: States) -> bool | None:
    """Was text found that is meant as a DKIM key? Below a wildcard, at whatever selector."""
    if states["dkim_wildcard"] or any(key["is_key"] for key in states.get("dkim_keys", ())):
        return True
    return None if states["dkim"] in UNKNOWN else False


RFC6376 = Reading(
    has_keys,
    {
        "syntax": codes("dkim", "syntax", "duplicate_tag", "key_missing", "quotes", "backslash"),
        "version": codes("dkim", "version", "version_not_first"),
        "key": codes("dkim", "base64", "key_malformed", "key_type"),
        "too_short": codes("dkim", "key_too_short"),
        "no_sha256": codes("dkim", "no_sha256"),
        "weak": codes("dkim", "key_weak"),
        "testing": codes("dkim", "testing"),
    },
    beside=frozenset({"weak", "testing"}),
)


def has_own_bimi(states: States) -> bool | None:
    """Does the domain publish a BIMI record of its own?"""
    if states["bimi"] in UNKNOWN:
        return None
    return bool(states["bimi"] != "absent" and not states["bimi_inherited"])


LOGO = ("fetch_tls", "not_served", "not_svg", "too_large", "profile", "no_title", "position",
        "script", "event", "animation", "external", "raster", "style", "element",
        "entities")  # fmt: skip
MARK = ("fetch_tls", "not_served", "unreadable", "usage", "other_domain", "expired", "no_logo",
        "other_logo")  # fmt: skip
BIMI = Reading(
    has_own_bimi,
    {
        "multiple_records": codes("bimi", "multiple_records"),
        "syntax": codes(
            "bimi",
            "version_misspelt",
            "version_not_first",
            "missing_semicolon",
            "syntax",
            "duplicate_tag",
        ),
        "location": codes(
            "bimi",
            "location_missing",
            "location_empty",
            "location_invalid",
            "location_not_https",
            "location_format",
        ),
        "authority": codes("bimi", "authority_invalid", "authority_not_https"),
        "dmarc_not_strict": codes("bimi", "dmarc_not_strict"),
        "logo": codes("bimi", *(f"logo_{name}" for name in LOGO)),
        "certificate": codes("bimi", *(f"mark_{name}" for name in MARK)),
    },
    {
        "dmarc_not_strict": lambda states: states["bimi_dmarc_eligible"] is not None,
        "logo": lambda states: states["bimi_logo"] not in UNKNOWN,
        "certificate": lambda states: states["bimi_mark"] not in UNKNOWN,
    },
    beside=frozenset(("logo", "certificate")),
)

READINGS: Mapping[str, Reading] = {
    "rfc7208": RFC7208,
    "talk2021": TALK2021,
    "rfc5321": RFC5321,
    "rfc9989": RFC9989,
    "rfc7489": RFC7489,
    "rfc6376": RFC6376,
    "bimi": BIMI,
    "rfc8461": RFC8461,
    "rfc8460": RFC8460,
    "rfc7672": RFC7672,
    "rfc3207": RFC3207,
}
