"""SMIMEA: certificates of info@ and postmaster@ in the lab.

The study asks for `LOCAL_PARTS`. Certificates hold no address, as they may (RFC 8550 §3), or that
of another: the domain cannot be written into them. A bogus answer needs a zone of its own below the
domain and does not occur.
"""

from ..facet import Facet, Truth, Way

LOCAL_PARTS = ("info", "Postmaster")
INFO = "06271baf49532c879aa3c58b48671884bcc858f09197412d68275049._smimecert.{d}"
POSTMASTER = "63a8b6180e13691f924d77e0a617d4d54f3f5e59c5fb2ddf967b4a45._smimecert.{d}"  # lower case
HUGH = "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6._smimecert.{d}"

# Ed25519, valid from 2020 to 2048; the others differ in what their name says
CERTIFICATE = (
    "3081c7307ba003020102020101300506032b6570300e310c300a06035504030c036c6162301e170d3230"
    "303130313030303030305a170d3439303130313030303030305a300e310c300a06035504030c036c6162"
    "302a300506032b657003210003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc86641255"
    "31b8300506032b657003410000fdc4aa91ffc6ff10677c7242233bf415c2979d69298dd171d5d1cfe8b5"
    "2ad5ac98e838a49cd9e215760133fd124be3ea327f47391ce1c2644142735ea3ca05"
)
OF_ANOTHER = (
    "3081eb30819ea003020102020101300506032b6570300e310c300a06035504030c036c6162301e170d32"
    "30303130313030303030305a170d3439303130313030303030305a300e310c300a06035504030c036c61"
    "62302a300506032b657003210003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc866412"
    "5531b8a321301f301d0603551d110416301481126f6666696365406578616d706c652e6e657430050603"
    "2b65700341006d5f6231fe1b6cf73cf671b2852f095998341d3bd3eafb4cc960d1a9a5b24161fcdf9f70"
    "c0a75315beca3d8a983310286ff05fac8ccf4adaba345f3a5df50307"
)
ENDED = (
    "3081c7307ba003020102020101300506032b6570300e310c300a06035504030c036c6162301e170d3031"
    "303130313030303030305a170d3032303130313030303030305a300e310c300a06035504030c036c6162"
    "302a300506032b657003210003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc86641255"
    "31b8300506032b6570034100170bfb134fb0de684cce87f2eaec59599cba5bb2d41a74f27ca6858558e3"
    "7116aaaac1ade977ce82905d71da4a6b6e1417a3636f43d0a051e977b2a6df7e2802"
)
FOR_SERVERS = (
    "3081e1308194a003020102020101300506032b6570300e310c300a06035504030c036c6162301e170d32"
    "30303130313030303030305a170d3439303130313030303030305a300e310c300a06035504030c036c61"
    "62302a300506032b657003210003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc866412"
    "5531b8a317301530130603551d25040c300a06082b06010505070301300506032b65700341009856c3e8"
    "4ac27a93724d91d783bcbdfb8bfd9bb98868b6216c6e2e452db1fd9c3b8d32c0111be74f89c8aa20b814"
    "00db16fe71f38b0fe713372324b7cc8f1402"
)
SHORT_KEY = (
    "30819f300d06092a864886f70d010101050003818d0030818902818100c50b30557a9fc4e90e33587da2"
    "c7ec11365b80a5caef14395e83a8cdf2173c6186abd0f51a3f6489aed3f81d42678cb1d6fb20456a8fb4"
    "d9fe23486d92b7dc01264b7095badf04294e7398bde2072c51769bc0e50a2f54799ec3e80d32577ca1c6"
    "eb10355a7fa4c9ee13385d82a7ccf1163b6085aacff4193e6388add2f71c010203010001"
)
DIGEST = "5a" * 32

THERE: Truth = {"smimea": "present", "smimea_usable": True, "smimea_below": True}
OF_NO_USE: Truth = {"smimea": "present", "smimea_usable": False, "smimea_below": True}
SECURE = "dnssec secure"


def way(name: str, *rows: str, truth: Truth = THERE, codes: tuple[str, ...] = ()) -> Way:
    """Records of info@ in a signed zone. codes: without "smimea."."""
    findings = tuple(f"smimea.{code}" for code in codes)
    return Way(name, {INFO: {"SMIMEA": list(rows)}}, truth, findings, needs=SECURE)


def generic(head: str, data: str) -> str:
    """A record that no program would write, in the form of RFC 3597 §5. head: three octets."""
    return f"\\# {3 + len(data) // 2} {head}{data}"


WAYS = (
    way("certificate", f"3 0 0 {CERTIFICATE}"),
    way("issued by an authority", f"1 0 0 {CERTIFICATE}"),
    way("hash of a certificate", f"3 0 1 {DIGEST}", codes=("hash_only",)),
    way("two records", f"3 0 0 {CERTIFICATE}", f"3 0 1 {DIGEST}", codes=("hash_only",)),
    Way(
        "in lower case",
        {POSTMASTER: {"SMIMEA": [f"3 0 0 {CERTIFICATE}"]}},
        THERE,
        ("smimea.lower_case_only",),
        needs=SECURE,
    ),
    Way(
        "of somebody else",
        {HUGH: {"SMIMEA": [f"3 0 0 {CERTIFICATE}"]}},
        {"smimea_below": True},
    ),
    Way(
        "without DNSSEC",
        {INFO: {"SMIMEA": [f"3 0 0 {CERTIFICATE}"]}},
        OF_NO_USE,
        ("smimea.not_secure",),
    ),
    way("unknown usage", f"4 0 0 {CERTIFICATE}", truth=OF_NO_USE, codes=("unknown_usage",)),
    way("unknown selector", f"3 2 0 {DIGEST}", truth=OF_NO_USE, codes=("unknown_selector",)),
    way("unknown matching", f"3 0 3 {DIGEST}", truth=OF_NO_USE, codes=("unknown_matching",)),
    way("short hash", generic("030001", DIGEST[:62]), truth=OF_NO_USE, codes=("hash_length",)),
    way("a hash in full", f"3 0 0 {DIGEST}", truth=OF_NO_USE, codes=("unreadable",)),
    way("another's certificate", f"3 0 0 {OF_ANOTHER}", codes=("address_mismatch",)),
    way("ended", f"3 0 0 {ENDED}", codes=("not_valid_now",)),
    way("ended, of an authority", f"1 0 0 {ENDED}", truth=OF_NO_USE, codes=("not_valid_now",)),
    way("for servers", f"3 0 0 {FOR_SERVERS}", codes=("not_for_mail",)),
    way("short key", f"3 1 0 {SHORT_KEY}", codes=("weak_key",)),
)

FACET = Facet(
    name="smimea",
    question=("_smimecert.{d}", "A"),
    nothing={"smimea": "absent", "smimea_usable": False, "smimea_below": False},
    unseen={"smimea": "unknown", "smimea_usable": None, "smimea_below": None},
    ways=WAYS,
    measures={
        "smimea": lambda truth: truth["smimea_usable"],
        "smimea_possible": lambda truth: truth["smimea_below"],
    },
)
