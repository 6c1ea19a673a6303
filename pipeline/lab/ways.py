"""The ways to publish SPF and DMARC that the lab knows, each with what is true of it.

Records and truth stand side by side, both written by hand: nothing here reads a record. What a
term costs is RFC 7208 §4.6.4, said at `Spf`. Every mistake that the survey names has its way.

In records: {d} the domain, {q} the qualifier that the plan chose, {ip} and {ip2} two addresses of
the domain's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from . import manners
from .authority import Kind
from .manners import FINE, Server

CHOSEN = "{q}"
Rows = dict[str, object]
"""What stands at a name: type → rows, in the JSON form of a zone file."""


@dataclass(frozen=True, slots=True)
class Spf:
    """One way to publish SPF, or not to.

    records: the TXT records at the domain, each a tuple of its character-strings.
    state: present, or absent (what stands there is no SPF record).
    all, effective_all: the first `all` of the own record, and after redirect; CHOSEN: the plan's.
    lookups: terms that ask the DNS, of the whole tree; None: several records, or not to be seen.
    void: terms that find nothing; a and mx only if they find neither IPv4 nor IPv6.
    valid: exactly one record, no error; None: not to be seen.
    knows_effective: false where what redirect leads to is not to be seen.
    below: further names ({d} in them too) with their rows.
    """

    name: str
    records: tuple[tuple[str, ...], ...]
    lookups: int | None = 0
    void: int | None = 0
    findings: tuple[str, ...] = ()
    all: str | None = CHOSEN
    effective_all: str | None = CHOSEN
    tree: str | None = "complete"
    valid: bool | None = True
    state: str = "present"
    ptr: bool = False
    knows_effective: bool = True
    below: Mapping[str, Rows] = field(default_factory=dict)


def spf(name: str, text: str, **truth: object) -> Spf:
    """A way with one record in one string. truth: the fields of Spf that are not their defaults."""
    return Spf(name, ((text,),), **truth)  # type: ignore[arg-type]


def broken(name: str, text: str, *codes: str, **truth: object) -> Spf:
    """A way with one record that receivers answer with permerror. codes: without "spf."."""
    return spf(name, text, valid=False, findings=found(*codes), **truth)


def odd(name: str, text: str, *codes: str, **truth: object) -> Spf:
    """A way with one valid record that deserves a warning or a note."""
    return spf(name, text, findings=found(*codes), **truth)


def found(*codes: str) -> tuple[str, ...]:
    """Finding codes in full."""
    return tuple(f"spf.{code}" for code in codes)


def a_record(text: str) -> Rows:
    """A name with one TXT record."""
    return {"TXT": [[text]]}


# --- providers, whom many domains share ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Provider:
    """A company that hosts mail. weight: of its share of the domains (Zipf-like).

    lookups: what its SPF record costs below the term that leads to it. all: the record's own.
    servers: its two mail hosts.
    """

    domain: str
    spf: str
    weight: int
    lookups: int
    all: str
    tree: str = "complete"
    servers: tuple[Server, Server] = (FINE, FINE)


PROVIDERS = (
    Provider("kumo-mail.example", "_spf.kumo-mail.example", 1000, 3, "~"),
    Provider(
        "sakura-host.example",
        "spf.sakura-host.example",
        500,
        2,
        "~",
        servers=(Server(kind=Kind.OTHER_NAME),) * 2,
    ),
    Provider(
        "protect-365.example",
        "spf.protection.protect-365.example",
        333,
        0,
        "-",
        servers=(FINE, Server(manners.NO_STARTTLS)),
    ),
    Provider(
        "lolita-rental.example",
        "_spf.lolita-rental.example",
        250,
        0,
        "~",
        servers=(Server(manners.NO_STARTTLS),) * 2,
    ),
    Provider(
        "isp-ocean.example",
        "spf.isp-ocean.example",
        200,
        1,
        "~",
        servers=(Server(manners.STRIPPED),) * 2,
    ),
    Provider(
        "biz-relay.example",
        "_spf.biz-relay.example",
        166,
        4,
        "-",
        servers=(Server(manners.TLS_LATER), Server(manners.NO_HANDSHAKE)),
    ),
    Provider(
        "magazine-mail.example",
        "spf.magazine-mail.example",
        143,
        1,
        "~",
        "partial",
        servers=(FINE, Server(manners.BUSY)),
    ),
)
OCEAN = "spf.isp-ocean.example"
KUMO = "_spf.kumo-mail.example"
LOLITA = "_spf.lolita-rental.example"  # costs nothing below itself

# --- ordinary records, with their weights --------------------------------------------------------

PLAIN = (  # no term depends on the domain's own MX or address
    (spf("ip4", "v=spf1 ip4:{ip} {q}all"), 30),
    (spf("ip4 twice", "v=spf1 ip4:{ip} ip4:{ip2} {q}all"), 12),
    (spf("ip6", "v=spf1 ip4:{ip} ip6:2001:db8::/32 {q}all"), 2),
    *(
        (
            spf(
                f"include {one.spf}",
                f"v=spf1 include:{one.spf} {{q}}all",
                lookups=1 + one.lookups,
                tree=one.tree,
            ),
            one.weight // 25,
        )
        for one in PROVIDERS
    ),
    (spf("ip4 include", f"v=spf1 ip4:{{ip}} include:{LOLITA} {{q}}all", lookups=1), 10),
    (spf("two includes", f"v=spf1 include:{KUMO} include:{LOLITA} {{q}}all", lookups=5), 5),
)
PARKED = spf("parked", "v=spf1 -all", all="-", effective_all="-")
HOSTED = spf(
    "hosted", f"v=spf1 include:{KUMO} ~all", lookups=4, all="~", effective_all="~"
)  # what an alias leads to
ORDINARY = (
    *PLAIN,
    (spf("a mx", "v=spf1 a mx {q}all", lookups=2), 15),
    (spf("mx", "v=spf1 mx {q}all", lookups=1), 8),
    (spf("a mx ip4", "v=spf1 +a +mx ip4:{ip}/31 {q}all", lookups=2), 8),
    (
        spf("a host", "v=spf1 a:relay.{d} {q}all", lookups=1, below={"relay.{d}": {"A": ["{ip}"]}}),
        4,
    ),
)

# --- no SPF ---------------------------------------------------------------------------------------


def none(name: str, *texts: str) -> Spf:
    """No SPF record, whatever stands there."""
    records = tuple((text,) for text in texts)
    return Spf(name, records, None, None, (), None, None, None, False, "absent")


NOTHING = none("none")
NOT_SPF = (
    none("v=spf10", "v=spf10 ip4:{ip} -all"),
    none("leading space", " v=spf1 ip4:{ip} -all"),
    none("version without =", "spf1 ip4:{ip} -all"),
    none("other texts", "MS=ms87654321", "google-site-verification=YmFy"),
)


# --- DMARC ----------------------------------------------------------------------------------------

ELSEWHERE = "mailto:dmarc@reports.example"  # another organisation, which accepts what `beside` says
AT_ELSEWHERE = "{d}._report._dmarc.reports.example"


@dataclass(frozen=True, slots=True)
class Dmarc:
    """One way to publish DMARC. policy: of the usable record; None: there is none (RFC 9989 §4.10).

    below: what the record says to subdomains (sp, else p). is_test: t=y, one level below for both.
    older: policy and below by RFC 7489; None: the same. external: the report addresses that get
    reports, each with what the survey has to say of it. findings: codes in full.
    beside: further names ({d} in them too) with their rows; at {d} they join the rows that stand
    there, and some stand outside the domain.
    """

    name: str
    texts: tuple[str, ...]
    policy: str | None
    below: str | None
    findings: tuple[str, ...] = ()
    external: Mapping[str, str] = field(default_factory=dict)
    is_test: bool = False
    older: tuple[str | None, str | None] | None = None
    beside: Mapping[str, Rows] = field(default_factory=dict)


def monitored(name: str, text: str, *codes: str, **truth: object) -> Dmarc:
    """A way with one record that is read as p=none. codes: without "dmarc."."""
    return Dmarc(name, (text,), "none", "none", told(*codes), **truth)  # type: ignore[arg-type]


def unusable(name: str, text: str, *codes: str, **truth: object) -> Dmarc:
    """A way with one record that receivers do not act on."""
    return Dmarc(name, (text,), None, None, told(*codes), **truth)  # type: ignore[arg-type]


def told(*codes: str) -> tuple[str, ...]:
    """Finding codes in full."""
    return tuple(f"dmarc.{code}" for code in codes)


OWN = {"mailto:dmarc@{d}": "not_external"}
NO_DMARC = Dmarc("none", (), None, None)
MONITORED = (
    monitored("p=none", "v=DMARC1; p=none; rua=mailto:dmarc@{d}", external=OWN),
    monitored("bare", "v=DMARC1; p=none"),
    Dmarc(
        "sp=reject",
        ("v=DMARC1;p=none;sp=reject;rua=mailto:d@{d}",),
        "none",
        "reject",
        external={"mailto:d@{d}": "not_external"},
    ),
    monitored(  # RFC 9989 §4.10.1
        "no p", "v=DMARC1; rua=mailto:dmarc@{d}", "policy_missing", external=OWN
    ),
    monitored(
        "p last", "v=DMARC1; rua=mailto:dmarc@{d}; p=none", "policy_not_second", external=OWN
    ),
    monitored(
        "old tags",
        "v=DMARC1; p=none; pct=50; rf=afrf; ri=3600; rua=mailto:dmarc@{d}!10m",
        "removed_tag",
        "report_size",
        external=OWN,
    ),
    monitored(
        "ignored parts",
        "v=DMARC1; p=none; policy=strict; nonsense; adkim=strict; p=reject",
        "unknown_tag",
        "syntax",
        "value_invalid",
        "duplicate_tag",
    ),
    monitored(
        "marks",
        'v=DMARC1; p=none; x=“a”\\; y="é"',
        "unknown_tag",
        "smart_quotes",
        "backslash",
        "quotes",
        "not_ascii",
    ),
    monitored("fo alone", "v=DMARC1; p=none; fo=1", "fo_without_ruf"),
    monitored("test of nothing", "v=DMARC1; p=none; t=y", "test_mode", is_test=True),
    monitored("by web", "v=DMARC1; p=none; rua=https://reports.example/{d}", "report_scheme"),
    monitored("no scheme", "v=DMARC1; p=none; rua=dmarc@{d}", "report_uri_invalid"),
    monitored(
        "accepted elsewhere",
        f"v=DMARC1; p=none; rua={ELSEWHERE}",
        external={ELSEWHERE: "authorised"},
        beside={AT_ELSEWHERE: a_record("v=DMARC1;")},
    ),
    monitored(
        "accepted without semicolon",
        f"v=DMARC1; p=none; ruf={ELSEWHERE}; rua=mailto:dmarc@{{d}}",
        "authorisation_without_semicolon",
        external={ELSEWHERE: "authorised", **OWN},
        beside={AT_ELSEWHERE: a_record("v=DMARC1")},
    ),
    monitored(
        "not accepted elsewhere",
        f"v=DMARC1; p=none; rua=mailto:dmarc@{{d}},{ELSEWHERE}",
        "report_not_authorised",
        external={ELSEWHERE: "not_authorised", **OWN},
    ),
    monitored(  # RFC 9989 §4.10.1: as if p=none were all
        "unknown sp",
        "v=DMARC1; p=reject; sp=block; rua=mailto:dmarc@{d}",
        "subdomain_policy_invalid",
        external=OWN,
    ),
    monitored(  # the same; RFC 7489 does not know np
        "unknown np",
        "v=DMARC1; p=reject; np=block; rua=mailto:dmarc@{d}",
        "nonexistent_policy_invalid",
        external=OWN,
        older=("reject", "reject"),
    ),
    monitored(
        "at the domain too",
        "v=DMARC1; p=none",
        "wrong_name",
        beside={"{d}": a_record("v=DMARC1; p=reject")},
    ),
)
STRICT = (
    Dmarc("reject", ("v=DMARC1; p=reject; adkim=s; aspf=s",), "reject", "reject"),
    Dmarc(
        "quarantine",
        ("v=DMARC1; p=quarantine; ruf=mailto:d@{d}; fo=1",),
        "quarantine",
        "quarantine",
        external={"mailto:d@{d}": "not_external"},
    ),
    Dmarc("capitals", ("v=DMARC1; p=REJECT; sp=none",), "reject", "none"),
    Dmarc("beside another text", ("dmarc is here", "v=DMARC1; p=reject"), "reject", "reject"),
    Dmarc(
        "test",
        ("v=DMARC1; p=quarantine; sp=reject; t=y",),
        "quarantine",
        "reject",
        told("test_mode"),
        is_test=True,
    ),
    Dmarc("percent", ("v=DMARC1; p=reject; pct=50",), "reject", "reject", told("removed_tag")),
)
UNUSABLE = (
    unusable("small letters", "v=dmarc1; p=reject", "version_misspelt"),
    unusable("misspelt", "v=DMARC 1; p=reject", "version_misspelt"),
    unusable("not first", "p=reject; v=DMARC1", "version_not_first"),
    unusable("no semicolon", "v=DMARC1 p=none", "missing_semicolon"),
    unusable("unknown policy", "v=DMARC1; p=block", "policy_invalid", "not_processed"),
    Dmarc(
        "two records",
        ("v=DMARC1; p=none", "v=DMARC1; p=reject"),
        None,
        None,
        told("multiple_records"),
    ),
    unusable("nothing said", "v=DMARC1; adkim=s", "policy_missing", "not_processed"),
    unusable(
        "unknown np, no address",
        "v=DMARC1; p=reject; np=block",
        "nonexistent_policy_invalid",
        "not_processed",
        older=("reject", "reject"),
    ),
    Dmarc(
        "wrong name",
        (),
        None,
        None,
        told("wrong_name"),
        beside={"{d}": a_record("v=DMARC1; p=reject")},
    ),
)
