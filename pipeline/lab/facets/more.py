"""Ways that come true only in a plan: at several domains at once, or beside a forged zone."""

from collections.abc import Mapping

from ..facet import Way
from . import dkim, openpgpkey, smimea

SECURE = "dnssec secure"
BOGUS = "bogus"

MORE: Mapping[str, tuple[Way, ...]] = {
    "dkim": (
        Way(
            "one key for three",
            {
                "s1._domainkey.{d}": {
                    "TXT": [["v=DKIM1; ", f"p={dkim.RSA2048[:200]}", dkim.RSA2048[200:]]]
                }
            },
            {
                "dkim": "confirmed",
                "dkim_keys": dkim.keys({"s1": dkim.coded(dkim.WHOLE, "shared_key")}),
            },
            ("dkim.shared_key",),
            times=3,
        ),
    ),
    "smimea": (
        Way(
            "forged",
            {smimea.INFO: {"SMIMEA": [f"3 0 0 {smimea.CERTIFICATE}"]}},
            smimea.OF_NO_USE,
            ("smimea.bogus",),
            needs=SECURE,
            security={smimea.INFO: BOGUS},
        ),
    ),
    "openpgpkey": (
        Way(
            "forged",
            {openpgpkey.INFO: {"OPENPGPKEY": [openpgpkey.OF_ANOTHER]}},
            openpgpkey.OF_NO_USE,
            ("openpgpkey.bogus", "openpgpkey.address_mismatch"),
            needs=SECURE,
            security={openpgpkey.INFO: BOGUS},
        ),
    ),
}
"""By facet, to be planted beside its own."""
