"""A cohort while it is planned: its shares, and its domains before they are final."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .chains import Chain
from .facet import Way
from .hosts import Hosts
from .manners import FINE, Server
from .planned import Mail, Outage, Planned
from .ways import NO_DMARC, NOTHING, Dmarc, Spf

STRICT_POLICIES = ("quarantine", "reject")


@dataclass(frozen=True, slots=True)
class Shares:
    """A cohort's shares of its domains with MX. subdomains: of these domains. starttls: those whose
    MX hosts all encrypt.

    is_complete: every way and outage is planned at least once, however small its share.
    """

    spf: float
    hardfail: float
    dmarc: float
    strict: float
    dnssec: float
    subdomains: float
    starttls: float
    is_complete: bool


GO_JP = Shares(0.93, 0.73, 0.07, 0.015, 0.055, 0.0, 0.58, False)
JP = Shares(0.62, 0.11, 0.015, 0.003, 0.0004, 0.08, 0.54, True)


def quota(count: int, share: float, shares: Shares) -> int:
    """So many of count: at least one where everything has to occur."""
    return max(round(count * share), int(shares.is_complete))


@dataclass(slots=True)
class Draft:
    """A domain while it is planned; the fields are those of `Planned`."""

    domain: str
    base: str
    mail: Mail = Mail.MX
    outage: Outage = Outage.NOTHING
    spf: Spf = NOTHING
    qualifier: str = "~"
    dmarc: Dmarc = NO_DMARC
    hosts: Hosts | None = None
    chain: Chain | None = None
    ways: dict[str, Way] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)
    has_subdomains: bool = False
    server: Server = FINE

    @property
    def is_free(self) -> bool:
        """A registrable domain of which nothing depends: what befalls it befalls it alone."""
        return self.domain == self.base and not self.has_subdomains and not self.outage

    @property
    def is_signed(self) -> bool:
        """Does a validator find the domain secure?"""
        return self.chain is not None and self.chain.is_secure

    def final(self, cohort: str, number: int) -> Planned:
        """The domain as it stands in the plan."""
        return Planned(
            self.domain, cohort, self.base, number, self.mail, self.outage, self.spf,
            self.qualifier, self.dmarc, self.hosts, self.chain, self.ways or NO_WAYS,
            self.hidden or NOTHING_HIDDEN, self.server,
        )  # fmt: skip


NO_WAYS: Mapping[str, Way] = {}
NOTHING_HIDDEN: Mapping[str, str] = {}
"""Shared by all that have none: most of a large plan."""
