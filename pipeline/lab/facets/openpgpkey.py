"""OPENPGPKEY: keys of info@ and postmaster@ in the lab.

The study asks for `LOCAL_PARTS`. All keys are made by hand, their signatures are none, and their
user IDs, where they have any, are of another address: the domain cannot be written into them, so
no key of the lab is usable. A bogus answer needs a zone of its own below the domain and does not
occur.
"""

from ..facet import Facet, Truth, Way

LOCAL_PARTS = ("info", "Postmaster")
INFO = "06271baf49532c879aa3c58b48671884bcc858f09197412d68275049._openpgpkey.{d}"
POSTMASTER = (
    "63a8b6180e13691f924d77e0a617d4d54f3f5e59c5fb2ddf967b4a45._openpgpkey.{d}"  # lower case
)
HUGH = "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6._openpgpkey.{d}"

# A key of office@example.net with a subkey that encrypts; the others differ in what their name says
OF_ANOTHER = (
    "xjMEXgvhABYJKwYBBAHaRw8BAQdAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEDNFDxvZmZpY2VA"
    "ZXhhbXBsZS5uZXQ+zjQEXgvhABIKKwYBBAGXVQEFAQEHQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBA"
    "QEBA"
)
WITHOUT_USER_ID = (
    "xjMEXgvhABYJKwYBBAHaRw8BAQdAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEDONAReC+EAEgor"
    "BgEEAZdVAQUBAQdAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEA="
)
SIGNING_ONLY = (
    "xjMEXgvhABYJKwYBBAHaRw8BAQdAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEDNFDxvZmZpY2VA"
    "ZXhhbXBsZS5uZXQ+"
)
TWO_KEYS = (
    "xjMEXgvhABYJKwYBBAHaRw8BAQdAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEDNFDxvZmZpY2VA"
    "ZXhhbXBsZS5uZXQ+zjQEXgvhABIKKwYBBAGXVQEFAQEHQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBA"
    "QEBAxjMEXgvhABYJKwYBBAHaRw8BAQdAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEDNFDxvZmZp"
    "Y2VAZXhhbXBsZS5uZXQ+"
)
WITH_PICTURE = (
    "xjMEXgvhABYJKwYBBAHaRw8BAQdAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEDNFDxvZmZpY2VA"
    "ZXhhbXBsZS5uZXQ+0QP/2P/ONAReC+EAEgorBgEEAZdVAQUBAQdAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBA"
    "QEBAQEBAQEA="
)
REVOKED = (
    "xjMEXgvhABYJKwYBBAHaRw8BAQdAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEDCHQQgAQgABgUC"
    "XjS/gAAKCRCbvyLRQj/2kqvNAAEBzRQ8b2ZmaWNlQGV4YW1wbGUubmV0Ps40BF4L4QASCisGAQQBl1UBBQEB"
    "B0BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQA=="
)
EXPIRED = (
    "xjMEXgvhABYJKwYBBAHaRw8BAQdAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEDNFDxvZmZpY2VA"
    "ZXhhbXBsZS5uZXQ+wiMEEwEIAAwFAl4L4QAFCQAnjQAACgkQm78i0UI/9pKrzQABAc40BF4L4QASCisGAQQB"
    "l1UBBQEBB0BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQA=="
)
OLD_VERSION = (
    "xk8DXgvhAAAAAQIA////////////////////////////////////////////////////////////////////"
    "/////////////////wARAQABzRQ8b2ZmaWNlQGV4YW1wbGUubmV0Pg=="
)
SHORT = (
    "xk0EXgvhAAECAP//////////////////////////////////////////////////////////////////////"
    "//////////////8AEQEAAc0UPG9mZmljZUBleGFtcGxlLm5ldD4="
)
PRIVATE_ALGORITHM = (
    "xk0EXgvhAGQCAP//////////////////////////////////////////////////////////////////////"
    "//////////////8AEQEAAc0UPG9mZmljZUBleGFtcGxlLm5ldD7ONAReC+EAEgorBgEEAZdVAQUBAQdAQEBA"
    "QEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEA="
)
SECRET = (
    "xTMEXgvhABYJKwYBBAHaRw8BAQdAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEDNFDxvZmZpY2VA"
    "ZXhhbXBsZS5uZXQ+"
)
CUT_OFF = "xjMEXgvhABYJKwYBBAHaRw8BAQdAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEDNFA=="
SIGNATURE = "wh0EEwEIAAYFAl4L4QAACgkQRkwEKOMo1TirzQABAQ=="
ARMORED = "LS0tLS1CRUdJTiBQR1AgUFVCTElDIEtFWSBCTE9DSy0tLS0tCgp4ak1FWEVjRTZSWUpLd1lCQkFIYVJ3OEIK"

OF_NO_USE: Truth = {
    "openpgpkey": "present",
    "openpgpkey_usable": False,
    "openpgpkey_below": True,
}
SECURE = "dnssec secure"


def way(name: str, row: str, *codes: str, others: bool = True) -> Way:
    """A record of info@ in a signed zone. codes: without "openpgpkey."; others: is it another's?"""
    found = (*codes, "address_mismatch") if others else codes
    findings = tuple(f"openpgpkey.{code}" for code in found)
    return Way(name, {INFO: {"OPENPGPKEY": [row]}}, OF_NO_USE, findings, needs=SECURE)


WAYS = (
    way("another's key", OF_ANOTHER),
    way("signing only", SIGNING_ONLY, "no_encryption_key"),
    way("two keys", TWO_KEYS, "several_keys"),
    way("with a picture", WITH_PICTURE, "user_attribute"),
    way("revoked", REVOKED, "revoked"),
    way("expired", EXPIRED, "expired"),
    way("version 3", OLD_VERSION, "unknown_version"),
    way("short key", SHORT, "weak_key"),
    way("private algorithm", PRIVATE_ALGORITHM, "unknown_algorithm"),
    way("secret key", SECRET, "secret_key", "no_public_key"),
    way("without user ID", WITHOUT_USER_ID, "no_user_id", others=False),
    way("cut off", CUT_OFF, "malformed", "no_user_id", "no_encryption_key", others=False),
    way("a signature", SIGNATURE, "no_public_key", others=False),
    way("armored", ARMORED, "armored", others=False),
    Way(
        "in lower case",
        {POSTMASTER: {"OPENPGPKEY": [OF_ANOTHER]}},
        OF_NO_USE,
        ("openpgpkey.lower_case_only", "openpgpkey.address_mismatch"),
        needs=SECURE,
    ),
    Way(
        "of somebody else",
        {HUGH: {"OPENPGPKEY": [OF_ANOTHER]}},
        {"openpgpkey_below": True},
    ),
    Way(
        "without DNSSEC",
        {INFO: {"OPENPGPKEY": [OF_ANOTHER]}},
        OF_NO_USE,
        ("openpgpkey.not_secure", "openpgpkey.address_mismatch"),
    ),
)

FACET = Facet(
    name="openpgpkey",
    question=("_openpgpkey.{d}", "A"),
    nothing={"openpgpkey": "absent", "openpgpkey_usable": False, "openpgpkey_below": False},
    unseen={"openpgpkey": "unknown", "openpgpkey_usable": None, "openpgpkey_below": None},
    ways=WAYS,
    measures={
        "openpgpkey": lambda truth: truth["openpgpkey_usable"],
        "openpgpkey_possible": lambda truth: truth["openpgpkey_below"],
    },
)
