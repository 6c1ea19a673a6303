"""What is true of one planned domain, by the plan alone: states, measures, findings.

Nothing here reads a record or asks the survey's rules. None is what nobody will ever know.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .chains import UNSIGNED
from .facet import Facet, is_swept
from .facets import ALL, bimi, mtasts
from .filling import exchangers, filled, marked
from .mail_servers import hosts_seen
from .manners import NOT_OBSERVED, Seen, certified, encrypting
from .measures import OF_ADDRESSES
from .planned import Mail, Outage, Planned
from .ways import CHOSEN, PARKED, Dmarc

STRICT = ("quarantine", "reject")
FROM_THE_WEB = (*mtasts.FROM_THE_WEB, *bimi.FROM_THE_WEB)
UNKNOWN, NOT_APPLICABLE = "unknown", "not_applicable"
States = dict[str, Any]
"""State columns by their stored names."""
Part = tuple[States, Iterable[str]]
"""Some state columns, and the codes of what is told beside them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a survey asks beyond what every domain is asked, as far as the truth depends on it.

    web: policies are fetched. visits: mail servers are visited. addresses: some local part is asked
    for at every domain. thorough: what has no effect is asked for, too, as in a check.
    """

    web: bool = False
    visits: bool = False
    addresses: bool = False
    thorough: bool = False


CRAWL = Asked()


def domain_truth(row: Planned, base: Planned, asked: Asked = CRAWL) -> tuple[States, list[str]]:
    """The states of one domain, and every code told of it. base: its registrable domain."""
    states: States = {"exists": None if row.outage.is_total else row.mail != Mail.GONE}
    codes: set[str] = set()
    for part, found in (
        mail_truth(row),
        hosts_truth(row, asked),
        spf_truth(row),
        dmarc_truth(row, base),
        dnssec_truth(row, asked),
        *(facet_truth(facet, row, base, asked) for facet in ALL),
        (dmarc_for_bimi(row, base), ()),
    ):
        states |= part
        codes.update(found)
    for judge in (starttls_truth, verified_truth):
        part, found = judge(row, states, asked)
        states |= part
        codes.update(found)
    part, found = parked_truth(row, states)
    return states | part, sorted(codes.union(found))


# --- mail -----------------------------------------------------------------------------------------


def mail_truth(row: Planned) -> Part:
    """The MX. What a forged zone answers to CD=1 shows nothing."""
    if hides_mx(row):
        return {"mx": UNKNOWN, "mx_via_cname": None}, []
    states = {Mail.MX: "present", Mail.ALIAS: "present", Mail.NONE: "absent", Mail.GONE: "absent"}
    is_alias = row.mail == Mail.ALIAS
    states_of = {"mx": states.get(row.mail, row.mail.value), "mx_via_cname": is_alias}
    return states_of, ["mx.via_cname"] if is_alias else []


def hides_mx(row: Planned) -> bool:
    """Will nobody ever know the domain's MX?"""
    return row.outage.is_total or row.outage == Outage.MX


def hosts_truth(row: Planned, asked: Asked) -> Part:
    """Addresses, SPF, DANE and DNSSEC of the MX hosts, see `hosts`."""
    if hides_mx(row):
        is_forged = row.outage == Outage.BOGUS
        dane = "bogus" if is_forged else UNKNOWN
        hidden: States = {"mx_resolved": None, "helo": UNKNOWN, "dnssec_mx": UNKNOWN}
        hidden |= {"dane": dane, "dane_mx": dane, "dane_has_tlsa": None}
        return hidden, ["dane.bogus"] if is_forged else []
    security = "secure" if row.is_signed else "insecure"
    plain: States = {"mx_resolved": True, "dane_mx": security, "dane_has_tlsa": False}
    if row.mail in (Mail.NULL_MX, Mail.NONE, Mail.GONE):
        nowhere = dict.fromkeys(("helo", "dnssec_mx", "dane"), NOT_APPLICABLE)
        return plain | nowhere, row.hosts.findings if row.hosts else []
    plain |= {"helo": "none", "dnssec_mx": "insecure", "dane": "none"}
    if row.hosts:
        codes = row.hosts.findings + (row.hosts.thorough if asked.thorough else ())
        return {**plain, **row.hosts.truth}, codes
    if row.mail == Mail.IMPLICIT:  # its own host, and its SPF record that of the HELO name
        has_spf = row.spf.state == "present"
        return plain | {"helo": "all" if has_spf else "none"}, [] if has_spf else ["helo.no_record"]
    if exchangers(row)[0][1].endswith(f".{row.domain}"):
        plain["dnssec_mx"] = security
    return plain, ["helo.no_record"]


# --- SPF ------------------------------------------------------------------------------------------


SPF = (
    "spf_records", "spf_tree", "spf_all", "spf_effective_all", "spf_lookups", "spf_void_lookups",
    "spf_ptr", "spf_valid", "spf_hardfail", "spf_hardfail_effective",
)  # fmt: skip


def spf_truth(row: Planned) -> Part:
    """SPF: see `ways.Spf`."""
    if hides_spf(row):
        return {"spf": UNKNOWN} | dict.fromkeys(SPF), []
    way = row.spf
    own, effective = (
        row.qualifier if all == CHOSEN else all for all in (way.all, way.effective_all)
    )
    texts = ("".join(strings).lower() for strings in way.records)
    count = sum(text.split(" ")[0] == "v=spf1" for text in texts)
    return {
        "spf": way.state,
        "spf_records": count if row.mail != Mail.GONE else 0,
        "spf_tree": way.tree,
        "spf_all": own,
        "spf_effective_all": effective,
        "spf_lookups": way.lookups,
        "spf_void_lookups": way.void,
        "spf_ptr": way.ptr,
        "spf_valid": way.valid,
        "spf_hardfail": own == "-",
        "spf_hardfail_effective": effective == "-" if way.knows_effective else None,
    }, way.findings


def hides_spf(row: Planned) -> bool:
    """Will nobody ever know what TXT stands at the domain?"""
    return row.outage.is_total or row.outage in (Outage.TXT, Outage.TXT_SILENT)


# --- DMARC ----------------------------------------------------------------------------------------


TESTED = {"reject": "quarantine", "quarantine": "none"}
"""RFC 9989 §4.7: in a test, one level below."""


def dmarc_truth(row: Planned, base: Planned) -> Part:
    """DMARC: the own record, and what applies. No policy stands above registrable domains."""
    own = policy_seen(row)
    told = () if own is None else tuple(dict.fromkeys(row.dmarc.findings))
    source, applies = row, row.dmarc.policy
    if own is False and base is not row:
        source, applies = base, base.dmarc.below
    covered = policy_seen(source)
    effective = TESTED.get(applies or "", applies) if source.dmarc.is_test else applies
    is_known = covered is not None
    return {
        "dmarc": UNKNOWN if own is None else "present" if own else "absent",
        "dmarc_published": None if own is None else bool(row.dmarc.texts),
        "dmarc_policy": row.dmarc.policy if own else None,
        "dmarc_strict": None if own is None else row.dmarc.policy in STRICT,
        "dmarc_covered": covered,
        "dmarc_covered_strict": covered and applies in STRICT if is_known else None,
        "dmarc_enforced": covered and effective in STRICT if is_known else None,
        "dmarc_inherited": covered and source is not row if is_known else None,
        "dmarc_policy_domain": source.domain if covered else None,
        "dmarc_applies": (applies if covered else None) if is_known else UNKNOWN,
        "dmarc_effective": (effective if covered else None) if is_known else UNKNOWN,
        "dmarc_external": reports(source) if covered else [] if is_known else None,
        **older_truth(row, base),
    }, told


def older_truth(row: Planned, base: Planned) -> States:
    """DMARC by RFC 7489 §6.6.3: the own record, else the organisational domain's."""
    own = older_policy(row)[0] if policy_seen(row) is not None else UNKNOWN
    source, applies = row, own
    if own is None and base is not row:
        source = base
        applies = older_policy(base)[1] if policy_seen(base) is not None else UNKNOWN
    if applies == UNKNOWN:
        return dict.fromkeys(OLDER)
    covered = applies is not None
    return {
        "dmarc_7489_covered": covered,
        "dmarc_7489_strict": applies in STRICT,
        "dmarc_7489_policy": applies,
        "dmarc_7489_policy_domain": source.domain if covered else None,
    }


OLDER = (
    "dmarc_7489_covered", "dmarc_7489_strict", "dmarc_7489_policy", "dmarc_7489_policy_domain",
)  # fmt: skip


def older_policy(row: Planned) -> tuple[str | None, str | None]:
    """What RFC 7489 reads in a domain's own record: for itself, and for names below it."""
    return row.dmarc.older or (row.dmarc.policy, row.dmarc.below)


def reports(source: Planned) -> list[dict[str, str]]:
    """The report addresses of a record, and what is to be said of them."""
    listed = ((filled(address, source), state) for address, state in source.dmarc.external.items())
    return [{"address": address, "state": state} for address, state in sorted(listed)]


def dmarc_for_bimi(row: Planned, base: Planned) -> States:
    """Is DMARC as strict as BIMI asks, at the domain and at its organisational domain?"""
    effective = dmarc_truth(row, base)[0]["dmarc_effective"]
    records = [one for one in (row, base) if policy_seen(one)]
    eligible: bool | None = True
    if effective not in (UNKNOWN, *STRICT) or any(is_weak(one.dmarc) for one in records):
        eligible = False
    elif None in (policy_seen(row), policy_seen(base)):
        eligible = None
    return {"bimi_dmarc_eligible": eligible}


def is_weak(record: Dmarc) -> bool:
    """Does a policy record rule BIMI out? Quarantine must hold for all mail, and sp not be none."""
    levels = (record.policy, record.below)
    return not set(levels) <= set(STRICT) or (record.policy == "quarantine" and record.is_test)


def policy_seen(row: Planned) -> bool | None:
    """Does a usable policy stand at a domain's own _dmarc? None: never to be known."""
    if row.outage.is_total or row.outage == Outage.DMARC:
        return None
    return row.dmarc.policy is not None


# --- DNSSEC ---------------------------------------------------------------------------------------


def dnssec_truth(row: Planned, asked: Asked) -> Part:
    """DNSSEC, see `chains`. The keys of what is insecure are asked for in a check only."""
    nothing: States = {"dnssec_algorithms": None, "dnssec_digest_types": None}
    if row.outage == Outage.BOGUS:  # and without any keys
        return {"dnssec": "bogus", **{key: [] for key in nothing}}, ["dnssec.bogus"]
    if row.outage.is_total or row.outage == Outage.SOA:
        return {"dnssec": UNKNOWN, **nothing}, []
    state = "secure" if row.is_signed else "insecure"
    if row.mail == Mail.ALIAS or not (row.is_signed or asked.thorough):  # an alias is no apex
        return {"dnssec": state, **nothing}, []
    chain = row.chain or UNSIGNED
    algorithms, digest_types = chain.algorithms, chain.digest_types
    return {
        "dnssec": state,
        "dnssec_algorithms": algorithms,
        "dnssec_digest_types": digest_types,
    }, chain.findings


# --- facets ---------------------------------------------------------------------------------------


def facet_truth(facet: Facet, row: Planned, base: Planned, asked: Asked) -> Part:
    """One of the facets that stand at names of their own, see `facet`."""
    if facet.name in OF_ADDRESSES and not asked.addresses:
        return dict.fromkeys(facet.unseen) | {facet.name: "not_observed"}, []
    if row.outage.is_total or facet.name in row.hidden:
        return dict(facet.unseen), []
    way = row.ways.get(facet.name)
    states = dict(facet.nothing)
    codes: tuple[str, ...] = ()
    if way:
        states |= marked(way.truth, row)
        codes = way.findings
    elif facet.name in OF_ADDRESSES and is_swept(row.ways.values()):
        states[f"{facet.name}_below"] = None  # a wildcard is there for every name
    elif facet.name == "bimi" and "bimi" in base.ways:  # what the organisation publishes
        states |= marked(base.ways["bimi"].truth, base) | {"bimi_inherited": True}
    if not asked.web:
        states = dict(facet.without_web(states))
        codes = tuple(code for code in codes if not code.startswith(FROM_THE_WEB))
    return states, codes


# --- mail servers ---------------------------------------------------------------------------------


def starttls_truth(row: Planned, states: States, asked: Asked) -> Part:
    """STARTTLS of the MX hosts, see `manners`. states: of the domain's other facets."""
    if hides_mx(row):
        return {"starttls": UNKNOWN, "starttls_certificates": UNKNOWN, "starttls_hosts": None}, []
    hosts = hosts_seen(row)
    if not asked.visits:
        hosts = [(host, Seen(is_gone=one.is_gone)) for host, one in hosts]
    seen = [one for _, one in hosts]
    takes_mail = row.mail in (Mail.MX, Mail.ALIAS, Mail.IMPLICIT)
    state = encrypting(seen) if takes_mail else NOT_APPLICABLE
    codes = {code for one in seen for code in one.findings}
    if state == "some":
        codes.add("starttls.some_hosts_without")
    is_enforced = states["mtasts_policy"] == "valid" and states["mtasts_mode"] == "enforce"
    if is_enforced and any(one.is_flawed for one in seen):
        codes.add("starttls.blocks_mta_sts")
    return {
        "starttls": state,
        "starttls_certificates": certified(seen) if takes_mail else NOT_APPLICABLE,
        "starttls_hosts": [
            {
                "host": host,
                "state": one.state,
                "version": one.version,
                "certificate": one.certificate,
            }
            for host, one in hosts
        ],
    }, codes


def verified_truth(row: Planned, states: States, asked: Asked) -> Part:
    """Whether the MX hosts show what their TLSA records say. states: of the other facets.

    dane_verdicts is no stored column, but what the hosts come to, in the order of preference; None:
    no record that can be used.
    """
    verdicts = row.hosts.verdicts if row.hosts and not hides_mx(row) else ()
    if not asked.visits:
        verdicts = tuple(one and NOT_OBSERVED for one in verdicts)
    verified = states["dane"]
    if verified in ("all", "some"):
        words = ("mismatch", "no_starttls", UNKNOWN, NOT_OBSERVED)
        verified = next((word for word in words if word in verdicts), verified)
    told = {f"dane.{one}" for one in verdicts if one in ("mismatch", "no_starttls")}
    return {"dane_verified": verified, "dane_verdicts": list(verdicts)}, told


# --- parked ---------------------------------------------------------------------------------------


PARTS = ("parked_null_mx", "parked_spf", "parked_dmarc", "parked_dkim")


def parked_truth(row: Planned, states: States) -> Part:
    """How far a domain that takes no mail is closed to forgery. states: of its other facets.

    Fully: SPF lets nobody send, DMARC rejects, and every DKIM selector is revoked.
    """
    if hides_mx(row):
        return {"parked": UNKNOWN} | dict.fromkeys(PARTS), []
    if row.mail not in (Mail.NULL_MX, Mail.NONE):
        return {"parked": NOT_APPLICABLE} | dict.fromkeys(PARTS), []
    effective = states["dmarc_effective"]
    spf = None if states["spf"] == UNKNOWN else row.spf is PARKED
    dmarc = None if effective == UNKNOWN else effective == "reject"
    is_revoked = states["dkim"] == "revoked_only" and bool(states["dkim_wildcard"])
    dkim = None if states["dkim"] == UNKNOWN else is_revoked
    parts = dict(zip(PARTS, (row.mail == Mail.NULL_MX, spf, dmarc, dkim), strict=True))
    state = closed(all_of((spf, dmarc, dkim)), tuple(parts.values()))
    return {"parked": state, **parts}, left_open(row, states, parts)


def closed(is_closed: bool | None, parts: tuple[bool | None, ...]) -> str:
    """The state, from whether the domain is closed and from its parts."""
    if is_closed:
        return "fully"
    if is_closed is None:
        return UNKNOWN
    if True in parts:
        return "some"
    return UNKNOWN if None in parts else "none"


def left_open(row: Planned, states: States, parts: Mapping[str, bool | None]) -> Iterator[str]:
    """What is told of a domain that takes no mail; nothing of what is not known."""
    if parts["parked_null_mx"] is False:
        yield "parked.no_null_mx"
    if parts["parked_spf"] is False:
        yield "parked.spf_open" if row.spf.state == "present" else "parked.spf_missing"
    if parts["parked_dmarc"] is False:
        has_policy = states["dmarc_effective"] is not None
        yield "parked.dmarc_not_reject" if has_policy else "parked.dmarc_missing"
    if states["dkim"] == "confirmed":
        yield "parked.dkim_key"
    elif parts["parked_dkim"] is False:
        yield "parked.dkim_not_revoked"


def all_of(parts: Iterable[bool | None]) -> bool | None:
    """False if one is, else None if one is not known."""
    known = list(parts)
    return False if False in known else None if None in known else True
