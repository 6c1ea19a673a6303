"""The names of the lab that no domain of the population owns: suffixes, providers, and the three
names by which a resolver shows whether it validates."""

from . import hosts
from .naming import SUFFIXES
from .ways import PROVIDERS, Rows

SOA = "ns.lab. hostmaster.lab. 1 3600 600 1209600 300"
APEX: Rows = {"SOA": [SOA]}
ALIASED_TO = "customers.kumo-mail.example"  # where the domains lead that are aliases
SIGNED, FORGED, UNSIGNED = "signed.lab", "forged.lab", "unsigned.lab"

DNSSEC = {
    SIGNED: "secure",
    FORGED: "bogus",
    "forged-mail.example": "bogus",
    **hosts.SECURITY,
}
"""Zone → what a validator finds; every other name is insecure."""


def text(*records: str) -> Rows:
    """TXT records, each cut into character-strings of at most 255 octets (RFC 1035 §3.3)."""
    return {"TXT": [[one[at : at + 255] for at in range(0, len(one), 255)] for one in records]}


def address(number: int) -> Rows:
    """An A record of a provider's host: loopback, as `hosts.address`."""
    return {"A": [hosts.address(number)]}


def suffixes() -> dict[str, Rows]:
    """The public suffixes that domains are registered under."""
    names = {*SUFFIXES, "go.jp", "tokyo.jp", "example", "lab"}
    return dict.fromkeys(sorted(names), APEX)


def providers() -> dict[str, Rows]:
    """The companies of `ways.PROVIDERS`: their domains, mail hosts and SPF records."""
    zone: dict[str, Rows] = {}
    for number, one in enumerate(PROVIDERS):
        mx = [[10, f"mx1.{one.domain}"], [20, f"mx2.{one.domain}"]]
        zone[one.domain] = {**APEX, **address(number), **text("not an SPF record"), "MX": mx}
        for place in (0, 1):
            name = f"mx{place + 1}.{one.domain}"
            zone[name] = {"A": [hosts.provider_address(number, place)]}
    nets = {n: f"v=spf1 ip4:198.51.100.{32 * n}/27 ~all" for n in range(1, 4)}
    return zone | {
        # three includes; a and mx; nothing; one include; three includes and an a; a macro
        "_spf.kumo-mail.example": text(
            "v=spf1 include:_n1.kumo-mail.example include:_n2.kumo-mail.example "
            "include:_n3.kumo-mail.example ~all"
        ),
        **{f"_n{n}.kumo-mail.example": text(record) for n, record in nets.items()},
        "spf.sakura-host.example": text(
            "v=spf1 a:mx1.sakura-host.example mx:sakura-host.example ~all"
        ),
        "spf.protection.protect-365.example": text(
            "v=spf1 ip4:203.0.113.0/25 ip6:2001:db8:365::/48 -all"
        ),
        "_spf.lolita-rental.example": text("v=spf1 ip4:203.0.113.128/26 ~all"),
        "spf.isp-ocean.example": text("v=spf1 include:_spf.lolita-rental.example ~all"),
        "_spf.biz-relay.example": text(
            "v=spf1 include:_n1.kumo-mail.example include:_n2.kumo-mail.example "
            "include:_spf.lolita-rental.example a:mx1.biz-relay.example -all"
        ),
        "spf.magazine-mail.example": text("v=spf1 exists:%{i}._ok.magazine-mail.example ~all"),
        "members.lolita-rental.example": APEX,  # nobody is one: every name below is void
        "*.customer.lolita-rental.example": text("v=spf1 ip4:203.0.113.192/28 ~all"),
        "reports.example": APEX,  # takes DMARC reports of some, and says so below
        ALIASED_TO: {
            "MX": [[10, "mx1.kumo-mail.example"]],
            **text("v=spf1 include:_spf.kumo-mail.example ~all"),
        },
    }  # fmt: skip


def pitfalls() -> dict[str, Rows]:
    """What the planned mistakes lead to."""
    ten = " ".join(f"a:h{number:02}.many-hosts.example" for number in range(1, 11))
    # 8 includes with 10 terms each, and one term: 89, and the include that leads here makes 90
    deep = " ".join(f"include:_d{number}.deep-mail.example" for number in range(1, 9))
    apexes = ("many-hosts", "many-mx", "deep-mail", "loopy-mail", "typo-mail", "twice-mail",
              "outage-mail", "forged-mail")  # fmt: skip
    many_mx = [[10, f"mx{number:02}.many-mx.example"] for number in range(1, 12)]
    return {
        **{f"{name}.example": APEX for name in apexes},
        **{f"h{n:02}.many-hosts.example": address(200 + n) for n in range(1, 12)},
        "many-mx.example": {**APEX, "MX": many_mx},
        **{f"mx{n:02}.many-mx.example": address(220 + n) for n in range(1, 12)},
        "_spf.deep-mail.example": text(f"v=spf1 {deep} a:h01.many-hosts.example ~all"),
        **{f"_d{n}.deep-mail.example": text(f"v=spf1 {ten} ~all") for n in range(1, 9)},
        "_spf.loopy-mail.example": text("v=spf1 include:_a.loopy-mail.example ~all"),
        "_a.loopy-mail.example": text("v=spf1 include:_b.loopy-mail.example ~all"),
        "_b.loopy-mail.example": text("v=spf1 include:_a.loopy-mail.example ~all"),
        "_spf.typo-mail.example": text("v=spf1 ipv4:203.0.113.240 ~all"),
        "_spf.twice-mail.example": text(
            "v=spf1 ip4:203.0.113.241 ~all", "v=spf1 ip4:203.0.113.242 ~all"
        ),
        "_servfail.outage-mail.example": {"TXT": "SERVFAIL"},
        "_refused.outage-mail.example": {"TXT": "REFUSED"},
        "_spf.forged-mail.example": text("v=spf1 ip4:203.0.113.243 ~all"),
    }  # fmt: skip


def examination() -> dict[str, Rows]:
    """A signed, a forged and an unsigned name, each with all that an examiner may ask for."""
    return {
        name: {**APEX, **address(number), **text(name), "MX": [[10, name]]}
        for number, name in enumerate((SIGNED, FORGED, UNSIGNED), 250)
    }


def mail_hosts() -> dict[str, Rows]:
    """The companies of `hosts.ZONE`."""
    apexes = {f"{name}.example": APEX for name in hosts.COMPANIES}
    return {**apexes, **hosts.ZONE}


def shared_zone() -> dict[str, Rows]:
    """All of them: name → type → rows, in the JSON form of a zone file."""
    return {
        **suffixes(),
        **providers(),
        **pitfalls(),
        **examination(),
        **mail_hosts(),
    }
