"""What the plan says of one domain: the words of the lab's plan, and nothing worked out yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ..config import Lab
from .chains import Chain
from .facet import Way
from .hosts import Hosts
from .manners import Server
from .ways import Dmarc, Spf


class Mail(StrEnum):
    """How a domain receives mail."""

    MX = "mx"
    ALIAS = "alias"  # the domain is a CNAME, and its MX stands at the end
    IMPLICIT = "implicit"  # an address and no MX (RFC 5321 §5.1)
    NULL_MX = "null_mx"  # RFC 7505
    NONE = "none"
    GONE = "gone"  # the name does not exist


class Outage(StrEnum):
    """What of a domain never brings an answer, however often it is asked."""

    NOTHING = ""
    SILENT = "TIMEOUT"
    SERVFAIL = "SERVFAIL"
    REFUSED = "REFUSED"
    BOGUS = "bogus"  # SERVFAIL unless CD=1
    MX = "MX"  # from here on: only the questions of one type
    SOA = "SOA"
    TXT = "TXT"
    TXT_SILENT = "TXT silent"
    DMARC = "_dmarc"  # only the TXT at _dmarc

    @property
    def is_total(self) -> bool:
        """Does every question about the domain fail?"""
        return self in (Outage.SILENT, Outage.SERVFAIL, Outage.REFUSED, Outage.BOGUS)


class Planned(NamedTuple):
    """One listed domain.

    cohort: the list that holds it, "jp" or "go-jp". base: its registrable domain, itself if it is
    one. number: makes its addresses its own. qualifier: what stands for CHOSEN in `spf`. hosts:
    None: a provider's, or its own host without anything special. chain: what its zone is signed
    with; None: it is not. ways: facet → how it publishes it; none: not at all. hidden: facet → how
    the question that shows it fails, "SERVFAIL" or "TIMEOUT". server: that of its own mail host,
    where it has one.
    """

    domain: str
    cohort: str
    base: str
    number: int
    mail: Mail
    outage: Outage
    spf: Spf
    qualifier: str
    dmarc: Dmarc
    hosts: Hosts | None
    chain: Chain | None
    ways: Mapping[str, Way]
    hidden: Mapping[str, str]
    server: Server

    @property
    def is_signed(self) -> bool:
        """Does a validator find the domain secure?"""
        return self.chain is not None and self.chain.is_secure


@dataclass(frozen=True, slots=True)
class Plan:
    """The planned population, in list order: each domain once. Made by `plan.plan`."""

    settings: Lab
    rows: Sequence[Planned]
