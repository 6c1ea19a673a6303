"""Odd and broken ways to publish SPF, and how many domains make each mistake.

Every finding of the survey has a way here. How often each occurs is taken from the talk's counts.
"""

from dataclasses import dataclass

from .ways import KUMO, LOLITA, OCEAN, PROVIDERS, Spf, a_record, broken, found, odd, spf

# --- odd, and mostly valid ------------------------------------------------------------------------

ODD = (
    Spf("split between", (("v=spf1 ip4:{ip}", " {q}all"),)),
    Spf("split within", (("v=spf1 ip4:{ip} i", "p4:{ip2} {q}a", "ll"),)),
    Spf("beside other texts", (("MS=ms12345678",), ("v=spf1 ip4:{ip} {q}all",))),
    spf("upper case", "V=SPF1 IP4:{ip} {q}ALL"),
    spf("two spaces", "v=spf1  ip4:{ip}  {q}all "),
    spf(
        "diamond",
        "v=spf1 include:_spf1.{d} include:_spf2.{d} {q}all",
        lookups=4,
        below={f"_spf{n}.{{d}}": a_record(f"v=spf1 include:{LOLITA} ~all") for n in (1, 2)},
    ),
    spf("repeated include", f"v=spf1 include:{LOLITA} include:{LOLITA} {{q}}all", lookups=2),
    spf(
        "macro exists",
        "v=spf1 ip4:{ip} exists:%{{d}}.members.lolita-rental.example {q}all",
        lookups=1,
        void=1,
    ),
    spf("macro include", "v=spf1 include:%{{d}}.customer.lolita-rental.example {q}all", lookups=1),
    spf(
        "macro of the message",
        "v=spf1 exists:%{{i}}.%{{l1r-}}.{d} {q}all",
        lookups=1,
        tree="partial",
    ),
    spf("explained", "v=spf1 ip4:{ip} {q}all exp=why.{d}"),
    spf("two void", "v=spf1 a:gone1.{d} mx:gone2.{d} {q}all", lookups=2, void=2),
    odd("no all", "v=spf1 ip4:{ip}", "no_all", all=None, effective_all=None),
    odd("no all, a mx", "v=spf1 a mx", "no_all", lookups=2, all=None, effective_all=None),
    odd("nothing", "v=spf1", "no_all", all=None, effective_all=None),
    odd("plus all", "v=spf1 mx +all", "permits_all", lookups=1, all="+", effective_all="+"),
    odd("bare all", "v=spf1 ip4:{ip} all", "permits_all", all="+", effective_all="+"),
    odd("everything", "v=spf1 ip4:0.0.0.0/0 {q}all", "permits_all"),
    odd("unknown modifier", "v=spf1 ip4:{ip} x-note=ours {q}all", "unknown_modifier"),
    odd("redirect beside all", f"v=spf1 ip4:{{ip}} {{q}}all redirect={KUMO}", "redirect_ignored"),
    odd(
        "dangling a",
        "v=spf1 ip4:{ip} a:mail.gone-hosting.example {q}all",
        "dangling",
        lookups=1,
        void=1,
    ),
    odd("no name", "v=spf1 ip4:{ip} a:mail..{d} {q}all", "invalid_target", lookups=1),
    odd("dangling mx", "v=spf1 mx:gone-hosting.example {q}all", "dangling", lookups=1, void=1),
)
REDIRECTED = (
    *(
        spf(
            f"redirect {one.spf}",
            f"v=spf1 redirect={one.spf}",
            lookups=1 + one.lookups,
            all=None,
            effective_all=one.all,
        )
        for one in PROVIDERS[:3]
    ),
    spf(
        "redirect to its own",
        "v=spf1 redirect=_spf.{d}",
        lookups=1,
        all=None,
        below={"_spf.{d}": a_record("v=spf1 ip4:{ip} {q}all")},
    ),
)

# --- mistakes that the talk counts ----------------------------------------------------------------


def hosts(count: int) -> str:
    """So many terms that cost one lookup each."""
    return " ".join(f"a:h{number:02}.many-hosts.example" for number in range(1, count + 1))


def several(name: str, *texts: str) -> Spf:
    """Several records, of which none counts (RFC 7208 §4.5)."""
    return Spf(
        name,
        tuple((text,) for text in texts),
        lookups=None,
        void=None,
        findings=found("multiple_records"),
        all=None,
        effective_all=None,
        tree=None,
        valid=False,
    )


MULTIPLE = (
    several("two records", "v=spf1 ip4:{ip} ~all", "v=spf1 ip4:{ip2} ~all"),
    several("three records", "v=spf1 mx ~all", "v=spf1 a ~all", "v=spf1 ip4:{ip} ~all"),
    several("two spellings", "v=spf1 ip4:{ip} ~all", "v=SPF1 ip4:{ip} ?all"),
)
LOOP = (
    broken("loop of 1", "v=spf1 ip4:{ip} include:{d} {q}all", "include_loop", lookups=1),
    broken(
        "loop of 2",
        "v=spf1 include:_spf.{d} {q}all",
        "include_loop",
        lookups=2,
        below={"_spf.{d}": a_record("v=spf1 ip4:{ip} include:{d} ~all")},
    ),
    broken(
        "loop of 3",
        "v=spf1 include:_spf1.{d} {q}all",
        "include_loop",
        lookups=3,
        below={
            "_spf1.{d}": a_record("v=spf1 include:_spf2.{d} ~all"),
            "_spf2.{d}": a_record("v=spf1 ip4:{ip} include:{d} ~all"),
        },
    ),
    broken(
        "loop elsewhere", "v=spf1 include:_spf.loopy-mail.example {q}all", "include_loop", lookups=4
    ),
    broken(
        "loop by redirect",
        "v=spf1 ip4:{ip} redirect=_spf.{d}",
        "include_loop",
        lookups=2,
        all=None,
        effective_all=None,
        below={"_spf.{d}": a_record("v=spf1 redirect={d}")},
    ),
)
TEN = (
    odd("10 lookups", f"v=spf1 {hosts(10)} {{q}}all", "ten_lookups", lookups=10),
    odd(
        "10 by includes",
        f"v=spf1 include:{KUMO} include:spf.sakura-host.example include:{OCEAN} mx {{q}}all",
        "ten_lookups",
        lookups=4 + 3 + 2 + 1,
    ),
)
ELEVEN = (
    broken("11 lookups", f"v=spf1 {hosts(11)} {{q}}all", "too_many_lookups", lookups=11),
    broken(
        "11 by includes",
        f"v=spf1 a mx include:{KUMO} include:_spf.biz-relay.example {{q}}all",
        "too_many_lookups",
        lookups=2 + 4 + 5,
    ),
    broken(
        "16 by one include twice",
        f"v=spf1 {hosts(8)} include:{KUMO} include:{KUMO} {{q}}all",
        "too_many_lookups",
        lookups=16,
    ),
    broken(
        "90 lookups", "v=spf1 include:_spf.deep-mail.example {q}all", "too_many_lookups", lookups=90
    ),
)
ALL_NOT_LAST = (
    odd("ip4 after all", "v=spf1 mx {q}all ip4:{ip}", "all_not_last", lookups=1),
    odd("include after all", f"v=spf1 ip4:{{ip}} {{q}}all include:{KUMO}", "all_not_last"),
    odd("all twice", "v=spf1 ip4:{ip} {q}all ?all", "all_not_last"),
)
SYNTAX = (  # the first eight are the talk's
    broken("ip", "v=spf1 ip:{ip} {q}all", "syntax"),
    broken("ipv4", "v=spf1 ipv4:{ip} {q}all", "syntax"),
    broken("space in ip4", "v=spf1 ip4: {ip} {q}all", "syntax"),
    broken("bare address", "v=spf1 ip4:{ip} {ip2} {q}all", "syntax"),
    broken("ip4 of a name", "v=spf1 ip4:spf.{d} {q}all", "syntax"),
    broken("inciude", f"v=spf1 inciude:{KUMO} {{q}}all", "syntax"),
    broken("include of an address", "v=spf1 include:{ip} {q}all", "syntax"),
    odd("foreign token", "v=spf1 ip4:{ip} {q}all MS=ms12345678", "foreign_text"),
    odd("verification", "v=spf1 google-site-verification=Zm9v ip4:{ip} {q}all", "foreign_text"),
    broken("prefix", "v=spf1 ip4:{ip}/33 {q}all", "syntax"),
    broken("en dash", "v=spf1 \u2013ip4:{ip} {q}all", "syntax", "wrong_dash", "not_ascii"),
    broken("full width", "v=spf1 ip4:{ip} \uff4d\uff58 {q}all", "syntax", "not_ascii"),
)
PTR = (
    odd("ptr", "v=spf1 ip4:{ip} ptr {q}all", "ptr", lookups=1, ptr=True),
    odd("ptr of a name", "v=spf1 a mx ptr:{d} {q}all", "ptr", lookups=3, ptr=True),
)
OVERLAPPING = (  # in two classes at once
    odd("ptr after all", "v=spf1 mx {q}all ptr", "ptr", "all_not_last", lookups=1, ptr=True),
    broken(
        "eleven and a typing error",
        f"v=spf1 {hosts(11)} ipv4:{{ip}} {{q}}all",
        "too_many_lookups",
        "syntax",
        lookups=11,
    ),
)

# --- further errors -------------------------------------------------------------------------------

WITHOUT_RECORD = (
    broken(
        "include without",
        "v=spf1 include:lolita-rental.example {q}all",
        "include_without_record",
        lookups=1,
    ),
    broken(
        "include of nothing",
        "v=spf1 include:gone.lolita-rental.example {q}all",
        "include_without_record",
        lookups=1,
        void=1,
    ),
    broken(
        "dangling include",
        "v=spf1 include:_spf.gone-hosting.example {q}all",
        "include_without_record",
        "dangling",
        lookups=1,
        void=1,
    ),
    broken(
        "redirect without",
        "v=spf1 ip4:{ip} redirect=lolita-rental.example",
        "redirect_without_record",
        lookups=1,
        all=None,
        effective_all=None,
    ),
)
BROKEN_BELOW = (
    broken(
        "include with a typing error",
        "v=spf1 include:_spf.typo-mail.example {q}all",
        "include_broken",
        lookups=1,
    ),
    broken(
        "include of two records",
        "v=spf1 include:_spf.twice-mail.example {q}all",
        "include_broken",
        lookups=1,
    ),
)
LIMITS = (
    broken(
        "three void",
        "v=spf1 a:gone1.{d} a:gone2.{d} mx:gone3.{d} {q}all",
        "void_lookups",
        lookups=3,
        void=3,
    ),
    broken(
        "void of all kinds",
        "v=spf1 a:gone1.{d} mx:gone2.{d} exists:gone3.{d} {q}all",
        "void_lookups",
        lookups=3,
        void=3,
    ),
    broken("eleven mx", "v=spf1 mx:many-mx.example {q}all", "too_many_mx", lookups=1),
)
HIDDEN: dict[str, object] = {"lookups": None, "void": None, "tree": "unknown"}
UNSEEN = (  # the question below brings no answer, ever
    spf(
        "include fails",
        "v=spf1 ip4:{ip} include:_servfail.outage-mail.example {q}all",
        valid=None,
        **HIDDEN,
    ),
    spf(
        "include refused",
        "v=spf1 include:_refused.outage-mail.example {q}all",
        valid=None,
        **HIDDEN,
    ),
    spf("include forged", "v=spf1 include:_spf.forged-mail.example {q}all", valid=None, **HIDDEN),
    spf(
        "broken, and include fails",
        "v=spf1 ipv4:{ip} include:_servfail.outage-mail.example {q}all",
        valid=False,
        **HIDDEN,
        findings=found("syntax"),
    ),
    spf(
        "redirect fails",
        "v=spf1 redirect=_servfail.outage-mail.example",
        valid=None,
        **HIDDEN,
        all=None,
        effective_all=None,
        knows_effective=False,
    ),
)

# --- how many of each -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """Ways that share a quota. share: of the domains that publish SPF.

    codes: the findings that make the talk's class; what earlier groups plant of them is taken off.
    """

    share: float
    ways: tuple[Spf, ...]
    codes: tuple[str, ...] = ()


TALK = 212_123  # SPF-publishing domains that the talk's counts are of
GROUPS = (
    Group(0, OVERLAPPING),
    Group(0.001, UNSEEN),
    Group(1363 / TALK, MULTIPLE, found("multiple_records")),
    Group(730 / TALK, LOOP, found("include_loop")),
    # the slides say 3,076 for ten or more, and 0.9 % for eleven or more
    Group(0.009, ELEVEN, found("too_many_lookups")),
    Group(3076 / TALK, TEN, found("ten_lookups", "too_many_lookups")),
    Group(1970 / TALK, ALL_NOT_LAST, found("all_not_last")),
    Group(1106 / TALK, SYNTAX, found("syntax", "foreign_text")),
    Group(436 / TALK, PTR, found("ptr")),
    Group(0.006, WITHOUT_RECORD),
    Group(0.003, BROKEN_BELOW),
    Group(0.002, LIMITS),
    Group(0.03, REDIRECTED),
    Group(0.06, ODD),
)
