"""What the plan says of one domain: the words of the lab's plan, and nothing worked out yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ..config import Lab
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
    one. number: makes its addresses its own. qualifier: what stands for CHOSEN in `spf`.
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
    is_signed: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """The planned population, in list order: each domain once. Made by `plan.plan`."""

    settings: Lab
    rows: Sequence[Planned]
