"""Mail hosts that have something to them: their addresses, SPF, signatures and TLSA records.

Each kind of host is a table row: what the domain's MX names, what stands at the hosts, and what is
true of every domain that uses them, all written by hand. Some hosts belong to companies that
several domains share, some to the domain itself. Whoever has none of them has a provider's hosts or
one host of its own, without anything special.

In texts: {d} is the domain. Addresses are of 127.18.0.0/15, which the lab's studies count as
public; what stands in 10/8, at 127.0.0.1 and the like is meant to be seen as what it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from . import authority, manners
from .authority import Kind
from .facet import Truth
from .manners import FINE, GONE, NOT_VISITED, Manner, Seen, Server
from .ways import Rows

SECURE, INSECURE, BOGUS = "secure", "insecure", "bogus"


@dataclass(frozen=True, slots=True)
class Hosts:
    """One kind of mail hosts.

    mx: the domain's MX rows. truth: the state columns that differ from those of a domain whose
    hosts are plain. findings: of all facets, told of a domain that has such hosts. thorough: told
    only where everything is asked, as in a check. is_signed: the domain is secure, else insecure.
    names: of the domain's own, with rows. security: what a validator finds at them, where it is not
    as at the domain. share: of the domains with MX. verdicts: of each MX host, does it show what
    its TLSA records say: verified, mismatch, no_starttls, unknown; None: it has none that can be
    used. (): none has. beside: facet → the way in which the domain publishes it.
    """

    name: str
    mx: tuple[tuple[int, str], ...]
    truth: Truth = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    thorough: tuple[str, ...] = ()
    is_signed: bool = False
    names: Mapping[str, Rows] = field(default_factory=dict)
    security: Mapping[str, str] = field(default_factory=dict)
    share: float = 0.0
    verdicts: tuple[str | None, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)


def address(number: int) -> str:
    """An address of a company's host; numbers below 300 are the providers'."""
    return f"127.19.{number // 256}.{number % 256}"


def provider_address(number: int, place: int) -> str:
    """That of a provider's mail host. number: the provider's; place: the host's, from 0."""
    return address(100 + 20 * place + number)


def is_ours(text: str) -> bool:
    """Is an IPv4 address one that the lab's servers stand at?"""
    return text.startswith(("127.18.", "127.19."))


def at(*names: str) -> tuple[tuple[int, str], ...]:
    """MX rows, the first name preferred."""
    return tuple((10 * (place + 1), name) for place, name in enumerate(names))


def tlsa(*records: str) -> Rows:
    """TLSA records: usage, selector, matching type, data."""
    return {"TLSA": list(records)}


def own_certificate(host: str) -> str:
    """A TLSA record with the digest of the certificate that a host shows, if that is a good one."""
    return f"3 0 1 {authority.sha256(authority.shown(Kind.GOOD, host).chain[0])}"


SHA256, SHA512 = "a5" * 32, "5a" * 64  # of nothing
KEY, NEXT_KEY = authority.key_of(authority.SERVER), authority.key_of(authority.NEXT)
EE, NEXT_EE = (f"3 1 1 {authority.sha256(key)}" for key in (KEY, NEXT_KEY))
EE_BY_SHA512, WRONG_BY_SHA512 = f"3 1 2 {authority.sha512(KEY)}", f"3 1 2 {SHA512}"
TA = f"2 0 1 {authority.sha256(authority.ISSUER.der)}"
TA_KEY = f"2 1 1 {authority.sha256(authority.key_of(authority.ISSUER.key))}"
ROOT_TA = f"2 0 1 {authority.sha256(authority.ROOT)}"  # which nobody shows, RFC 7672 §3.1.2
PKIX_TA, PKIX_EE = f"0 0 1 {SHA256}", f"1 1 2 {SHA512}"  # RFC 7672 §3.1.3: not for SMTP
SHORT = rf"\# 34 030101 {SHA256[:-2]}"  # 3 1 1, one octet less than a SHA-256 digest has
UNKNOWN_USAGE, UNKNOWN_SELECTOR = f"4 1 1 {SHA256}", f"3 2 1 {SHA256}"
UNKNOWN_MATCHING, NO_CERTIFICATE = f"3 1 3 {SHA256}", f"3 0 0 {SHA256}"

# --- companies ------------------------------------------------------------------------------------


def plain_hosts(number: int, company: str, *more: Rows) -> dict[str, Rows]:
    """mx1 and so on of a company, each with an address and what is given more."""
    return {
        f"mx{place}.{company}": {"A": [address(number + place)], **rows}
        for place, rows in enumerate(more, 1)
    }


def text(*records: str) -> Rows:
    """TXT records, each of one string."""
    return {"TXT": [[record] for record in records]}


ZONE: dict[str, Rows] = {
    # the target of an MX is an alias
    "mx1.alias-hosts.example": {"CNAME": ["real.alias-hosts.example."]},
    "real.alias-hosts.example": {"A": [address(301)]},
    # a name without address; mx2 does not exist at all
    "mx1.bare-hosts.example": text("no address here"),
    "mx3.bare-hosts.example": {"A": [address(302)]},
    # addresses that no stranger reaches; the fourth has one that everybody reaches beside it
    "mx1.inner-hosts.example": {"A": ["10.0.0.25"]},
    "mx2.inner-hosts.example": {"A": ["127.0.0.1"], "AAAA": ["::1"]},
    "mx3.inner-hosts.example": {"AAAA": ["fd00::25"]},
    "mx4.inner-hosts.example": {"A": ["192.168.0.25", address(303)]},
    # questions about the host that never bring an answer
    "mx1.outage-hosts.example": {"A": "SERVFAIL", "AAAA": "SERVFAIL"},
    "mx2.outage-hosts.example": {"A": [address(304)], "SOA": "SERVFAIL"},
    # SPF of the name that a host says HELO with (RFC 7208 §2.3)
    **plain_hosts(
        310,
        "helo-hosts.example",
        text("v=spf1 a -all"),
        text("v=spf1 a -all"),
        text("no SPF record"),
    ),
    **plain_hosts(320, "helo-two-hosts.example", text("v=spf1 a -all", "v=spf1 mx -all")),
    **plain_hosts(325, "helo-broken-hosts.example", text("v=spf1 ipv4:127.19.1.70 -all")),
    **plain_hosts(330, "helo-outage-hosts.example", {"TXT": "SERVFAIL"}),
    # signed, with TLSA records for each
    **plain_hosts(340, "dane-hosts.example", {}, {}, {}, {}),
    "_25._tcp.mx1.dane-hosts.example": tlsa(EE),
    "_25._tcp.mx2.dane-hosts.example": tlsa(TA, EE),
    "_25._tcp.mx3.dane-hosts.example": {"CNAME": ["_tlsa.dane-hosts.example."]},
    "_tlsa.dane-hosts.example": tlsa(EE),
    "_25._tcp.mx4.dane-hosts.example": tlsa(EE, NEXT_EE),
    # signed, with TLSA records that SMTP cannot use
    **plain_hosts(350, "unusable-hosts.example", {}, {}, {}, {}, {}),
    "_25._tcp.mx1.unusable-hosts.example": tlsa(PKIX_TA, PKIX_EE),
    "_25._tcp.mx2.unusable-hosts.example": tlsa(SHORT),
    "_25._tcp.mx3.unusable-hosts.example": tlsa(UNKNOWN_USAGE, UNKNOWN_SELECTOR, UNKNOWN_MATCHING),
    "_25._tcp.mx4.unusable-hosts.example": tlsa(PKIX_EE, EE),
    "_25._tcp.mx5.unusable-hosts.example": tlsa(NO_CERTIFICATE),
    # signed, without TLSA records, or with one where nobody looks
    **plain_hosts(360, "signed-hosts.example", {}, {}, {}),
    "_25.tcp.mx3.signed-hosts.example": tlsa(EE),
    # signed, but no answer to the TLSA question: an outage, silence
    **plain_hosts(365, "deaf-hosts.example", {}, {}),
    "_25._tcp.mx1.deaf-hosts.example": {"TLSA": "SERVFAIL"},
    "_25._tcp.mx2.deaf-hosts.example": {"TLSA": "TIMEOUT"},
    "mx3.deaf-hosts.example": {"A": "SERVFAIL", "AAAA": "SERVFAIL"},
    # not signed: its TLSA records count for nothing
    **plain_hosts(370, "unsigned-hosts.example", {}),
    "_25._tcp.mx1.unsigned-hosts.example": tlsa(EE),
    # its signatures are wrong
    **plain_hosts(375, "forged-hosts.example", {}),
    "_25._tcp.mx1.forged-hosts.example": tlsa(EE),
    # the host is signed, its TLSA record forged
    **plain_hosts(380, "forged-tlsa-hosts.example", {}),
    "_25._tcp.mx1.forged-tlsa-hosts.example": tlsa(EE),
    # aliases of hosts (RFC 7672 §2.2.2): TLSA at the target; at the alias only; target unsigned
    "mx1.moved-hosts.example": {"CNAME": ["mx1.dane-hosts.example."]},
    "mx2.moved-hosts.example": {"CNAME": ["mx1.signed-hosts.example."]},
    "_25._tcp.mx2.moved-hosts.example": tlsa(EE),
    "mx3.moved-hosts.example": {"CNAME": ["mx1.unsigned-hosts.example."]},
    "_25._tcp.mx3.moved-hosts.example": tlsa(EE),
    # a server of each manner, and one with each certificate
    **plain_hosts(400, "smtp-hosts.example", *({} for _ in manners.MANNERS)),
    **plain_hosts(430, "certificate-hosts.example", *({} for _ in Kind)),
    # hosts of two addresses, and two hosts at one
    "mx1.two-address-hosts.example": {"A": [address(451), address(452)]},
    "mx2.two-address-hosts.example": {"A": [address(453), address(454)]},
    "mx3.two-address-hosts.example": {"A": [address(455), address(456)]},
    "mx4.two-address-hosts.example": {"A": [address(457), address(458)]},
    "mx1.one-address-hosts.example": {"A": [address(459)]},
    "mx2.one-address-hosts.example": {"A": [address(459)]},
    # signed, with TLSA records that what is shown fits, or does not, see SERVERS
    **plain_hosts(460, "tlsa-hosts.example", *({} for _ in range(14))),
    "_25._tcp.mx1.tlsa-hosts.example": tlsa(NEXT_EE),
    "_25._tcp.mx2.tlsa-hosts.example": tlsa(EE),
    "_25._tcp.mx3.tlsa-hosts.example": tlsa(TA),
    "_25._tcp.mx4.tlsa-hosts.example": tlsa(EE),
    "_25._tcp.mx5.tlsa-hosts.example": tlsa(own_certificate("mx5.tlsa-hosts.example")),
    "_25._tcp.mx6.tlsa-hosts.example": tlsa(EE_BY_SHA512),
    "_25._tcp.mx7.tlsa-hosts.example": tlsa(EE),
    "_25._tcp.mx8.tlsa-hosts.example": tlsa(EE),
    "_25._tcp.mx9.tlsa-hosts.example": tlsa(TA),
    "_25._tcp.mx10.tlsa-hosts.example": tlsa(TA_KEY),
    "_25._tcp.mx11.tlsa-hosts.example": tlsa(EE, WRONG_BY_SHA512),
    "_25._tcp.mx12.tlsa-hosts.example": tlsa(EE),
    "_25._tcp.mx13.tlsa-hosts.example": tlsa(EE),
    "_25._tcp.mx14.tlsa-hosts.example": tlsa(ROOT_TA),
}
COMPANIES = (
    "alias-hosts", "bare-hosts", "inner-hosts", "outage-hosts", "helo-hosts", "helo-two-hosts",
    "helo-broken-hosts", "helo-outage-hosts", "dane-hosts", "unusable-hosts", "signed-hosts",
    "deaf-hosts", "unsigned-hosts", "forged-hosts", "forged-tlsa-hosts", "moved-hosts",
    "smtp-hosts", "certificate-hosts", "two-address-hosts", "one-address-hosts", "tlsa-hosts",
)  # fmt: skip
SECURITY = {
    "dane-hosts.example": SECURE,
    "unusable-hosts.example": SECURE,
    "signed-hosts.example": SECURE,
    "deaf-hosts.example": SECURE,
    "forged-hosts.example": BOGUS,
    "forged-tlsa-hosts.example": SECURE,
    "_25._tcp.mx1.forged-tlsa-hosts.example": BOGUS,
    "moved-hosts.example": SECURE,
    "tlsa-hosts.example": SECURE,
}

# --- what servers stand there ---------------------------------------------------------------------


def host_with(manner: Manner) -> str:
    """The host whose server behaves so."""
    return f"mx{1 + manners.MANNERS.index(manner)}.smtp-hosts.example"


def host_showing(kind: Kind) -> str:
    """The host that shows such a certificate."""
    return f"mx{1 + list(Kind).index(kind)}.certificate-hosts.example"


SERVERS: Mapping[str, tuple[Server, ...]] = {
    **{host_with(manner): (Server(manner),) for manner in manners.MANNERS},
    **{host_showing(kind): (Server(kind=kind),) for kind in Kind},
    "mx1.two-address-hosts.example": (FINE, Server(manners.NO_STARTTLS)),
    "mx2.two-address-hosts.example": (FINE, Server(manners.BUSY)),
    "mx3.two-address-hosts.example": (Server(manners.OLD_TLS), FINE),
    "mx4.two-address-hosts.example": (Server(manners.ABSENT), Server(manners.TLS_LATER)),
    "mx2.tlsa-hosts.example": (Server(manners.NO_STARTTLS),),
    "mx3.tlsa-hosts.example": (Server(kind=Kind.OTHER_NAME),),
    "mx4.tlsa-hosts.example": (Server(manners.ABSENT),),
    "mx7.tlsa-hosts.example": (Server(kind=Kind.EXPIRED),),
    "mx8.tlsa-hosts.example": (Server(kind=Kind.SELF_SIGNED),),
    "mx9.tlsa-hosts.example": (Server(kind=Kind.EXPIRED),),
    "mx12.tlsa-hosts.example": (Server(manners.BUSY),),
    "mx13.tlsa-hosts.example": (Server(manners.NO_HANDSHAKE),),
}
"""Of the hosts of ZONE, in the order of their addresses; every other one is FINE."""
APART = ("mx1.one-address-hosts.example", "mx2.one-address-hosts.example")
"""Hosts whose certificate is for themselves alone: any other is also for the hosts beside it."""
SEEN: Mapping[str, Seen] = {
    "mx1.bare-hosts.example": GONE,
    "mx2.bare-hosts.example": GONE,
    "mx.gone-hosts.example": GONE,
    **dict.fromkeys(
        (
            *("mx1.inner-hosts.example", "mx2.inner-hosts.example", "mx3.inner-hosts.example"),
            *("203.0.113.25", "localhost", "mail"),
        ),
        NOT_VISITED,
    ),
    **dict.fromkeys(  # their addresses were asked for, and no answer came
        ("mx1.outage-hosts.example", "mx1.forged-hosts.example", "mx3.deaf-hosts.example"),
        Seen(manners.UNKNOWN),
    ),
    # mail may go to any address: one that is plain makes its host so, whatever the others show
    "mx1.two-address-hosts.example": replace(
        Server(manners.NO_STARTTLS).seen, version="TLSv1.3", certificate=manners.VALID
    ),
    "mx2.two-address-hosts.example": FINE.seen,
    "mx3.two-address-hosts.example": Server(manners.OLD_TLS).seen,
    "mx4.two-address-hosts.example": Server(manners.TLS_LATER).seen,
    # one name is asked for at each address: of several the first
    "mx2.one-address-hosts.example": replace(FINE.seen, certificate=manners.NOT_OBSERVED),
}
"""What is to be known of hosts where that is not what their one server shows."""


# --- who has which --------------------------------------------------------------------------------

NO_HELO = "helo.no_record"  # every host without a record of its own has it, plain ones too
VERIFIED, MISMATCH, NO_STARTTLS, UNKNOWN = "verified", "mismatch", "no_starttls", "unknown"
PROVEN = {"dnssec_mx": SECURE, "dane_has_tlsa": True}
HIDDEN = {"dane_has_tlsa": None}


def odd(name: str, mx: tuple[tuple[int, str], ...], *codes: str, **truth: object) -> Hosts:
    """Hosts of an insecure domain, without SPF records of their own. codes: without "mx."."""
    return Hosts(name, mx, truth, (NO_HELO, *(f"mx.{code}" for code in codes)))


def signed(name: str, mx: tuple[tuple[int, str], ...], *codes: str, **truth: object) -> Hosts:
    """Hosts of a secure domain, without SPF records of their own, themselves secure if not told
    otherwise, and with TLSA records that fit where they are all of use. codes: in full."""
    verdicts = (VERIFIED,) * len(mx) if truth.get("dane") == "all" else ()
    return Hosts(name, mx, PROVEN | truth, (NO_HELO, *codes), is_signed=True, verdicts=verdicts)


def served(name: str, *hosts: str, **beside: str) -> Hosts:
    """Hosts of an insecure domain whose servers are what there is to them."""
    return Hosts(name, at(*hosts), {}, (NO_HELO,), beside=beside)


def fitting(name: str, *verdicts: tuple[int, str]) -> Hosts:
    """Hosts of tlsa-hosts.example, by their numbers, all with usable records."""
    mx = at(*(f"mx{number}.tlsa-hosts.example" for number, _ in verdicts))
    return replace(signed(name, mx, dane="all"), verdicts=tuple(word for _, word in verdicts))


UNREACHED = (
    odd("alias", at("mx1.alias-hosts.example"), "target_is_cname"),  # RFC 5321 §5.1
    odd("no address", at("mx1.bare-hosts.example"), "no_address"),
    odd("no such host", at("mx3.bare-hosts.example", "mx2.bare-hosts.example"), "no_address"),
    odd("private", at("mx1.inner-hosts.example"), "special_purpose_address"),
    odd("loopback", at("mx2.inner-hosts.example"), "special_purpose_address"),
    odd("unique local", at("mx3.inner-hosts.example"), "special_purpose_address"),
    odd("private and public", at("mx4.inner-hosts.example")),
    odd(
        "dangling",
        at("mx3.bare-hosts.example", "mx.gone-hosts.example"),
        "dangling",
        "no_address",  # which it has not, either
    ),
    odd("IP address", at("203.0.113.25"), "address_literal"),
    odd("localhost", at("localhost"), "localhost"),
    odd("single label", at("mail"), "single_label"),
    odd("null MX beside", ((0, "."), (10, "mx3.bare-hosts.example")), "null_mx_beside_others"),
    odd("address hidden", at("mx1.outage-hosts.example"), mx_resolved=False, dane_has_tlsa=None),
    odd("zone hidden", at("mx2.outage-hosts.example"), dnssec_mx="unknown"),
)
HELO = (
    Hosts(
        "HELO", at("mx1.helo-hosts.example", "mx2.helo-hosts.example"), {"helo": "all"}, share=0.001
    ),
    Hosts(
        "HELO of one",
        at("mx1.helo-hosts.example", "mx3.helo-hosts.example"),
        {"helo": "some"},
        (NO_HELO,),
    ),
    Hosts("HELO of two records", at("mx1.helo-two-hosts.example"), {}, ("helo.multiple_records",)),
    Hosts("HELO broken", at("mx1.helo-broken-hosts.example"), {}, ("helo.syntax",)),
    Hosts("HELO hidden", at("mx1.helo-outage-hosts.example"), {"helo": "unknown"}),
    Hosts(
        "HELO of its own",
        at("mx1.{d}"),
        {"helo": "all"},
        names={"mx1.{d}": {"A": ["{a}"], "TXT": [["v=spf1 a -all"]]}},
    ),
)
DANE = (
    Hosts(
        "DANE for nothing",  # the MX itself is not proven, RFC 7672 §2.2.1
        at("mx1.dane-hosts.example", "mx2.dane-hosts.example"),
        PROVEN,
        (NO_HELO, "dane.insecure_mx"),
        verdicts=(VERIFIED, VERIFIED),
    ),
    signed("DANE", at("mx1.dane-hosts.example", "mx2.dane-hosts.example"), dane="all"),
    signed("DANE by alias of TLSA", at("mx3.dane-hosts.example"), dane="all"),
    signed("roll-over", at("mx4.dane-hosts.example"), "dane.roll_over", dane="all"),
    Hosts(
        "DANE of its own",
        at("mx1.{d}"),
        {"dane": "all", **PROVEN},
        (NO_HELO,),
        is_signed=True,
        names={"mx1.{d}": {"A": ["{a}"]}, "_25._tcp.mx1.{d}": tlsa(TA)},
        verdicts=(VERIFIED,),
    ),
    replace(
        signed(
            "DANE of one",
            at("mx1.dane-hosts.example", "mx1.signed-hosts.example"),
            "dane.some_hosts_without",
            dane="some",
        ),
        verdicts=(VERIFIED, None),
    ),
    signed(
        "no TLSA",
        at("mx1.signed-hosts.example", "mx2.signed-hosts.example"),
        dane_has_tlsa=False,
    ),
    replace(
        signed("TLSA misnamed", at("mx3.signed-hosts.example"), dane_has_tlsa=False),
        thorough=("dane.misnamed",),
    ),
    signed("PKIX usages", at("mx1.unusable-hosts.example"), "dane.pkix_usage", "dane.all_unusable"),
    signed(
        "short digest", at("mx2.unusable-hosts.example"), "dane.wrong_length", "dane.all_unusable"
    ),
    signed(
        "unknown numbers",
        at("mx3.unusable-hosts.example"),
        "dane.unknown_usage",
        "dane.unknown_selector",
        "dane.unknown_matching",
        "dane.all_unusable",
    ),
    signed(
        "no certificate",
        at("mx5.unusable-hosts.example"),
        "dane.no_certificate",
        "dane.all_unusable",
    ),
    signed("one usable", at("mx4.unusable-hosts.example"), "dane.pkix_usage", dane="all"),
    replace(
        signed(
            "hosts not signed",
            at("mx1.unsigned-hosts.example"),
            dnssec_mx=INSECURE,
            dane_has_tlsa=False,
        ),
        thorough=("dane.without_dnssec",),
    ),
    Hosts(
        "hosts forged",
        at("mx1.forged-hosts.example"),
        {"dane": "bogus", "dnssec_mx": BOGUS, "helo": "unknown", "mx_resolved": False} | HIDDEN,
        ("dnssec.host_bogus", "dane.bogus"),
        is_signed=True,
    ),
    signed(
        "TLSA forged",
        at("mx1.forged-tlsa-hosts.example"),
        "dane.bogus",
        dane="bogus",
        dane_has_tlsa=None,
    ),
    signed("TLSA fails", at("mx1.deaf-hosts.example"), dane="unknown", dane_has_tlsa=None),
    signed("TLSA silent", at("mx2.deaf-hosts.example"), dane="unknown", dane_has_tlsa=None),
    signed(
        "address fails",
        at("mx3.deaf-hosts.example"),
        dane="unknown",
        dane_has_tlsa=None,
        mx_resolved=False,
    ),
    # RFC 7672 §2.2.2: the name at the end of the alias, if all of it is proven, then the first
    signed("TLSA at the end", at("mx1.moved-hosts.example"), "mx.target_is_cname", dane="all"),
    signed("TLSA at the alias", at("mx2.moved-hosts.example"), "mx.target_is_cname", dane="all"),
    signed("end not signed", at("mx3.moved-hosts.example"), "mx.target_is_cname", dane="all"),
)
SHOWN = (
    fitting("another key", (1, MISMATCH)),
    fitting("DANE without STARTTLS", (2, NO_STARTTLS)),
    fitting("DANE, handshake fails", (13, NO_STARTTLS)),
    fitting("authority, another name", (3, MISMATCH)),  # RFC 7672 §3.2.2
    fitting("authority, expired", (9, MISMATCH)),
    fitting("authority not shown", (14, MISMATCH)),  # RFC 7672 §3.1.2
    fitting("stronger digest wrong", (11, MISMATCH)),  # RFC 7671 §9
    fitting("DANE, nobody listens", (4, UNKNOWN)),
    fitting("DANE, too busy", (12, UNKNOWN)),
    fitting("certificate's digest", (5, VERIFIED)),
    fitting("key by SHA-512", (6, VERIFIED)),
    fitting("authority's key", (10, VERIFIED)),
    fitting("key, expired", (7, VERIFIED)),  # RFC 7672 §3.1.1: the key alone counts
    fitting("key, self-signed", (8, VERIFIED)),
    fitting("one fits, one does not", (5, VERIFIED), (1, MISMATCH)),
    fitting("one fits, one is plain", (5, VERIFIED), (2, NO_STARTTLS)),
    fitting("one fits, one is not there", (5, VERIFIED), (4, UNKNOWN)),
)
MX_GOOD, MX_PLAIN, MX_BUSY = map(host_with, (manners.GOOD, manners.NO_STARTTLS, manners.BUSY))
MX_EXPIRED, MX_OTHER = map(host_showing, (Kind.EXPIRED, Kind.OTHER_NAME))
SERVED = (
    *(served(f"SMTP: {manner.name}", host_with(manner)) for manner in manners.MANNERS),
    *(served(f"certificate: {kind}", host_showing(kind)) for kind in Kind),
    served("one encrypts, one is plain", MX_GOOD, MX_PLAIN),
    served("one of each", MX_BUSY, MX_PLAIN, MX_GOOD),
    served("one encrypts, one is busy", MX_GOOD, MX_BUSY),
    served("one is plain, one is busy", MX_PLAIN, MX_BUSY),
    served("two are plain", MX_PLAIN, host_with(manners.INJECTED)),
    served("one is valid, one expired", MX_GOOD, MX_EXPIRED),
    served("all servers", *map(host_with, manners.MANNERS)),
    served("all certificates", *map(host_showing, Kind)),
    replace(
        served("one encrypts, one has no address", MX_GOOD, "mx1.bare-hosts.example"),
        findings=(NO_HELO, "mx.no_address"),
    ),
    *(served(f"two addresses, {n}", f"mx{n}.two-address-hosts.example") for n in range(1, 5)),
    served("one address", *APART),
    served("enforced", MX_GOOD, mtasts="enforce"),
    served("enforced, plain", MX_GOOD, MX_PLAIN, mtasts="enforce"),
    served("enforced, expired", MX_EXPIRED, mtasts="enforce"),
    served("enforced, another name", MX_OTHER, MX_BUSY, mtasts="enforce"),
    served("enforced, busy", MX_BUSY, MX_GOOD, mtasts="enforce"),
    served("tested, plain", MX_PLAIN, mtasts="testing"),
)
HOSTS = (*UNREACHED, *HELO, *DANE, *SHOWN, *SERVED)
NULL_MX_PREFERENCE = Hosts("preference", ((10, "."),), {}, ("mx.null_mx_preference",))
"""Of a domain that takes no mail (RFC 7505 §3: the preference is 0)."""
