"""DKIM keys of the plan.

Selectors are of those that every study asks for first, or (x7) of none. A note in each record (n=)
makes it the domain's own: the keys are the same everywhere, and one text under many domains would
be told of, as often as the plan is large.
"""

from collections.abc import Mapping
from typing import Any

from ..facet import Facet, Truth, Way

# Their sizes are those that they were made with (openssl), RSA1024 and ED25519 the RFCs' own
# examples (RFC 6376 appendix C, RFC 8463 appendix A.2).
RSA512 = (
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAM/QrcVlO21Q0YHjtpKOL0NGm+ll+RMQ0fDpGuC59qn4yaviG/3uAhhv/Vq4"
    "yalwDIRsbS/NUiO58SAY+ZMjiOUCAwEAAQ=="
)
RSA1024 = (
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOC"
    "KG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGj"
    "aNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
)
RSA2048 = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA4k5+5zFkjKnSLdAN9tWZwv7JAlS1fDhGOi/IvgBb9kJBHBgC"
    "XtSdZMIgWgye3fDD1W5+WSSLvVK0ad/Lbr66UQRl5aEFpnQZSdbEBsosR+E2OJMR1goBqMiyYitAC/F2eYtMT4LgxCiF"
    "QQuzDTRjHMIzB7KOsds2/bSm1BbToGD2tMVAKg2hEyEJZWDTOWdIEyQn+XZcqp0T1YNnIxVLSa+sQBWRpEixrgnA3m1+"
    "wqg/5os8EWaOPP7+OCWINa+JNxzrQqoWwKpIgEEUaLYDOH2+XYbrXxdjLKF+WK5bmNogDL9u1rdjNzkqjuPw2lO/A9+p"
    "iy0+ZP5/6/9zcKD7bwIDAQAB"
)
RSA4104 = (
    "MIICIzANBgkqhkiG9w0BAQEFAAOCAhAAMIICCwKCAgIA1F+878UvHHkfwR5lILnXPweOs/gl4w9ZPs6RN4Q2bz8yPkOg"
    "3H2bo1hEcpIHObkVJrt6NEIO1VMUJJtMyPfPGjZECw1WJo4BqFKnX7UfFjpiE+iDWbBvLGaQSdJfhmP6WPlYH40HHeoU"
    "GDmqP+yzUzVYSDzd0PSWdT84pnVREdMeSUdAhLrJQjJldqU0f1CALyFM1NOXAVHxCQ5aXOmXUBH7eMyu9ER0i0cFgpMF"
    "k+noxUg3MF4youKkgSqLEqlmKvGq+bWBygxK2y4IHy4P6ZXr+HSAEMrckC4KVSdkm2QvSUoxY7wz2ZUPQ7s4ldOFG8y4"
    "uDuNrG2BGMtoJFg0/iX6HNNsuKIvi+s94N99aiN6kwmz2na148khLzXnba1nURfgJ8xn9wpxNqxXggiaMFd2CNhFBAkS"
    "p3WV1S/mbzXHW7XSWWvU6Qfp6hLIYBsILfJxs8iq3Tll2JBQeBljQXwdfdsGQQYL2NiB+VW/AJcReFn6ukbpZAYNCKJo"
    "y45yEnc+A8CKkpCZE/RKEU9bA20KA7hL4YZmGZvSv9s3wMrOKzfxRfnOukAx+fP3NiZTq8sELValfMXt/5gMY5iszxl2"
    "u/0xN18+uXmDSfiwdRfikencxm9gLeVth8t27CM6pbGRI6uCJy9vKHtue9Pf+1KIRJtwNgkVKfLMcLd+W2TrAgMBAAE="
)
BARE2048 = (
    "MIIBCgKCAQEA4k5+5zFkjKnSLdAN9tWZwv7JAlS1fDhGOi/IvgBb9kJBHBgCXtSdZMIgWgye3fDD1W5+WSSLvVK0ad/L"
    "br66UQRl5aEFpnQZSdbEBsosR+E2OJMR1goBqMiyYitAC/F2eYtMT4LgxCiFQQuzDTRjHMIzB7KOsds2/bSm1BbToGD2"
    "tMVAKg2hEyEJZWDTOWdIEyQn+XZcqp0T1YNnIxVLSa+sQBWRpEixrgnA3m1+wqg/5os8EWaOPP7+OCWINa+JNxzrQqoW"
    "wKpIgEEUaLYDOH2+XYbrXxdjLKF+WK5bmNogDL9u1rdjNzkqjuPw2lO/A9+piy0+ZP5/6/9zcKD7bwIDAQAB"
)
ED25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

OWN = "_domainkey.{d}"
WHOLE = {"is_key": True, "valid": True, "usable": True, "key_type": "rsa", "key_bits": 2048}
UNUSED = {**WHOLE, "usable": False}
BROKEN = {**UNUSED, "valid": False}
REVOKED = {**UNUSED, "key_bits": None, "revoked": True}
NO_KEY = {**BROKEN, "is_key": False, "key_type": None, "key_bits": None}


def text(tags: str, key: str = "") -> Mapping[str, Any]:
    """A TXT record: the tags before n=, then the key, in strings that DNS can hold."""
    whole = f"p={key}"
    return {
        "TXT": [[f"{tags}; n={{d}}; ", *(whole[at : at + 200] for at in range(0, len(whole), 200))]]
    }


def at(records: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Records by selector → by owner."""
    return {f"{selector}.{OWN}": record for selector, record in records.items()}


def keys(entries: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The column `dkim_keys`: selector → what is true of it, with its findings under "codes"."""
    plain = {"revoked": False, "testing": False}
    return [
        {
            "selector": selector,
            **plain,
            **{key: value for key, value in entry.items() if key != "codes"},
            "findings": sorted(entry.get("codes", ())),
        }
        for selector, entry in sorted(entries.items())
    ]


def way(
    name: str,
    state: str,
    records: Mapping[str, Mapping[str, Any]],
    entries: Mapping[str, Mapping[str, Any]],
    share: float = 0.0,
    more: tuple[str, ...] = (),
    beside: Mapping[str, Mapping[str, Any]] | None = None,
) -> Way:
    """A way without a wildcard. records, entries: by selector; more: codes of the domain.

    beside: records that stand elsewhere.
    """
    codes = {code for entry in entries.values() for code in entry.get("codes", ())} | {*more}
    truth = {"dkim": state, "dkim_keys": keys(entries)}
    return Way(name, at(records) | dict(beside or {}), truth, tuple(sorted(codes)), share=share)


def coded(entry: Mapping[str, Any], *codes: str) -> dict[str, Any]:
    """An entry with findings."""
    return {**entry, "codes": tuple(f"dkim.{code}" for code in codes)}


ORDINARY = (
    way(
        "Microsoft 365's two",
        "confirmed",
        {"selector1": text("v=DKIM1; k=rsa", RSA2048), "selector2": text("v=DKIM1", RSA2048)},
        {"selector1": WHOLE, "selector2": WHOLE},
        share=0.05,
    ),
    way(
        "Google's",
        "confirmed",
        {"google": text("v=DKIM1; k=rsa; h=sha256; s=email", RSA2048)},
        {"google": WHOLE},
        share=0.03,
    ),
    way(
        "1024 bits",
        "confirmed",
        {"default": text("v=DKIM1", RSA1024)},
        {"default": coded({**WHOLE, "key_bits": 1024}, "key_weak")},
        share=0.03,
    ),
    way(
        "behind an alias, with one that dangles",
        "confirmed",
        {
            "s1": {"CNAME": ["s1.dkim.{d}"]},
            "s2": {"CNAME": ["s2.dkim-gone.{d}"]},
        },
        {"s1": WHOLE},
        share=0.01,
        more=("dkim.dangling",),
        beside={"s1.dkim.{d}": text("v=DKIM1", RSA2048)},
    ),
    way(
        "Ed25519 beside RSA",
        "confirmed",
        {"mail": text("v=DKIM1; k=ed25519", ED25519), "dkim": text("v=DKIM1; t=s", RSA2048)},
        {
            "mail": {**WHOLE, "key_type": "ed25519", "key_bits": 256},
            "dkim": coded(WHOLE, "strict_identity"),
        },
        share=0.005,
    ),
    way("at an unknown selector", "possible", {"x7": text("v=DKIM1", RSA2048)}, {}, share=0.04),
    way(
        "withdrawn",
        "revoked_only",
        {"k1": text("v=DKIM1")},
        {"k1": coded(REVOKED, "revoked")},
        share=0.002,
    ),
    way(
        "in test mode",
        "confirmed",
        {"default": text("v=DKIM1; t=y", RSA2048)},
        {"default": coded({**WHOLE, "testing": True}, "testing")},
        share=0.005,
    ),
)

MISTAKES = (
    way(
        "no such record",
        "possible",
        {
            "selector1": text("v=dkim1; k=rsa", RSA2048),
            "selector2": text("k=rsa; v=DKIM1", RSA2048),
            "google": text("v=DKIM1; k rsa", RSA2048),
            "default": text("v=DKIM1; k=rsa; k=rsa", RSA2048),
            "s1": {"TXT": [["v=DKIM1; k=rsa; n={d}"]]},
            "s2": {"TXT": [["v=spf1 -all"]]},
        },
        {
            "selector1": coded(BROKEN, "version"),
            "selector2": coded(BROKEN, "version_not_first"),
            "google": coded(BROKEN, "syntax"),
            "default": coded(BROKEN, "duplicate_tag"),
            "s1": coded({**BROKEN, "key_bits": None}, "key_missing"),
            "s2": NO_KEY,
        },
        share=0.003,
    ),
    way(
        "traces of a zone file",
        "possible",
        {
            "selector1": text("v=DKIM1; k=rsa", RSA1024 + '""' + RSA1024),
            "selector2": text("v=DKIM1\\; k=rsa", RSA2048),
        },
        {
            "selector1": coded({**BROKEN, "key_bits": None}, "quotes"),
            "selector2": coded(BROKEN, "backslash"),
        },
        share=0.002,
    ),
    way(
        "no such key",
        "possible",
        {
            "google": text("v=DKIM1", RSA2048 + "..."),
            "default": text("v=DKIM1", RSA2048[:80]),
            "s1": text("v=DKIM1; k=dsa", RSA2048),
            "s2": text("v=DKIM1", RSA512),
        },
        {
            "google": coded({**BROKEN, "key_bits": None}, "base64"),
            "default": coded({**BROKEN, "key_bits": None}, "key_malformed"),
            "s1": coded({**UNUSED, "key_type": "dsa", "key_bits": None}, "key_type"),
            "s2": coded({**UNUSED, "key_bits": 512}, "key_too_short"),
        },
    ),
    way(
        "not for this mail",
        "possible",
        {"k1": text("v=DKIM1; h=sha1", RSA2048), "k2": text("v=DKIM1; s=tlsrpt", RSA2048)},
        {"k1": coded(UNUSED, "no_sha256"), "k2": coded(UNUSED, "service_type")},
    ),
    way(
        "usable, but odd",
        "confirmed",
        {
            "google": text("v=DKIM1; k=ed25519", ED25519[:-1]),
            "default": text("v=DKIM1", RSA2048[:90] + " " + RSA2048[90:]),
            "s1": text("v=DKIM1", RSA4104),
            "s2": text("v=DKIM1", BARE2048),
            "mail": text("v=DKIM1; k=RSA; g=*", RSA2048),
            "dkim": text("v=DKIM1; n1=営業部", RSA2048),
        },
        {
            "google": coded({**WHOLE, "key_type": "ed25519", "key_bits": 256}, "padding"),
            "default": coded(WHOLE, "white_space"),
            "s1": coded({**WHOLE, "key_bits": 4104}, "key_large"),
            "s2": coded(WHOLE, "bare_rsa"),
            "mail": coded(WHOLE, "value_case", "obsolete_tag"),
            "dkim": coded(WHOLE, "not_ascii"),
        },
    ),
    way(
        "two at one selector",
        "confirmed",
        {"mail": {"TXT": text("v=DKIM1", RSA2048)["TXT"] + [["v=DKIM1; p="]]}},
        {"mail": coded(WHOLE, "multiple_records", "revoked")},
    ),
)


def everywhere(name: str, rows: Mapping[str, Any], truth: Truth, *codes: str, share: float) -> Way:
    """A way with a wildcard, whose keys stand at as many selectors as are asked for: not told."""
    return Way(name, rows, truth, tuple(f"dkim.{code}" for code in codes), share=share)


WILDCARDS = (
    everywhere(
        "signs nothing",
        at({"*": {"TXT": [["v=DKIM1; p="]]}}),
        {"dkim": "revoked_only", "dkim_wildcard": True},
        "revoked",
        share=0.005,
    ),
    everywhere(
        "a key for everyone",
        at({"*": text("v=DKIM1", RSA2048)}),
        {"dkim": "confirmed", "dkim_wildcard": True},
        "wildcard",
        share=0.0,
    ),
    everywhere(
        "any name has an address",
        {"*.{d}": {"A": ["{ip}"]}},
        {"dkim": "none", "dkim_wildcard": False},
        "wildcard_above",
        share=0.01,
    ),
)

KNOWN = ("confirmed", "revoked_only", "possible", "none")


def among(*states: str) -> Any:
    """A measure: is the state one of these? None where it is not known."""
    return lambda truth: truth["dkim"] in states if truth["dkim"] in KNOWN else None


FACET = Facet(
    name="dkim",
    question=(OWN, "TXT"),
    nothing={"dkim": "none", "dkim_wildcard": False},
    unseen={"dkim": "unknown", "dkim_wildcard": None},
    ways=(*ORDINARY, *MISTAKES, *WILDCARDS),
    measures={"dkim": among("confirmed"), "dkim_possible": among("confirmed", "possible")},
)
