"""TLS-RPT of the plan."""

from collections.abc import Mapping

from ..facet import Facet, Truth, Way

OWNER = "_smtp._tls.{d}"
RUA = "mailto:tls@{d}"
GOOD = f"v=TLSRPTv1; rua={RUA}"
PRESENT = {"tlsrpt": "present", "tlsrpt_rua": [RUA]}
INVALID = {"tlsrpt": "invalid"}


def way(name: str, truth: Truth, *findings: str, txt: tuple[str, ...], share: float = 0.0) -> Way:
    """A row of the table; findings without their first part."""
    codes = tuple(f"tlsrpt.{finding}" for finding in findings)
    names: Mapping[str, Mapping[str, list[list[str]]]] = {OWNER: {"TXT": [[text] for text in txt]}}
    return Way(name, names, truth, codes, share=share)


WAYS = (
    way("mailto", PRESENT, txt=(GOOD,), share=0.004),
    way(
        "https",
        {"tlsrpt": "present", "tlsrpt_rua": ["https://{d}/tls", RUA]},
        txt=(f"v=TLSRPTv1;rua=https://{{d}}/tls , {RUA};",),
        share=0.0005,
    ),
    way("misspelt", INVALID, "version_misspelt", txt=(f"v=TLSRPT1; rua={RUA}",), share=0.0005),
    way("rua first", INVALID, "version_not_first", txt=(f"rua={RUA}; v=TLSRPTv1;",)),
    way("no semicolon", INVALID, "missing_semicolon", txt=(f"v=TLSRPTv1 rua={RUA}",)),
    way("two records", INVALID, "multiple_records", txt=(GOOD, f"v=TLSRPTv1; rua={RUA}.example")),
    way("no rua", INVALID, "rua_missing", txt=("v=TLSRPTv1;",)),
    way("no mailto", INVALID, "rua_invalid", "rua_unusable", txt=("v=TLSRPTv1; rua=tls@{d}",)),
    way("one without mailto", PRESENT, "rua_invalid", txt=(f"{GOOD},reports@{{d}}",)),
    way("http", INVALID, "rua_scheme", "rua_unusable", txt=("v=TLSRPTv1; rua=http://{d}/tls",)),
    way("spaces", INVALID, "syntax", "rua_missing", txt=(f"v=TLSRPTv1; rua = {RUA}",)),
    way("as in DMARC", PRESENT, "unknown_field", txt=(f"{GOOD}; ruf={RUA}",)),
    way("another's text", {}, txt=("v=spf1 -all",)),
)


def is_present(truth: Truth) -> bool | None:
    """Is a usable record there? None: its question brought no answer."""
    return None if truth["tlsrpt"] == "unknown" else bool(truth["tlsrpt"] == "present")


FACET = Facet(
    name="tlsrpt",
    question=(OWNER, "TXT"),
    nothing={"tlsrpt": "absent", "tlsrpt_rua": []},
    unseen={"tlsrpt": "unknown", "tlsrpt_rua": None},
    ways=WAYS,
    measures={"tls_rpt": is_present},
)
