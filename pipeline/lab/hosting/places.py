"""Where the plan's mail and web servers stand: address by address, what is to be served there."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain, cycle
from typing import NamedTuple
from urllib.parse import urlsplit

from ...words import FetchOutcome
from ..answering import LabError
from ..authority import Kind
from ..filling import POOL
from ..mail_servers import Placed, names_beside, own_hosts, shared_hosts
from ..manners import Server
from ..planned import Plan
from ..records import fetched, web_hosts
from ..web import fetches_of
from .https import Answer, Site
from .smtp import Post
from .tls import Trouble

TROUBLES = {FetchOutcome.TLS_ERROR: Trouble.ALERT, FetchOutcome.TIMEOUT: Trouble.SILENCE}
WRONG = (Kind.OTHER_NAME, Kind.EXPIRED, Kind.SELF_SIGNED, Kind.UNTRUSTED)
"""The certificates of sites that are planned to have a wrong one, in turn."""


class Places(NamedTuple):
    """mail: address → its server. web: address → host → its site."""

    mail: Mapping[str, Post]
    web: Mapping[str, Mapping[str, Site]]


def places_of(plan: Plan, *, mail: bool = True, web: bool = True) -> Places:
    """The places of a plan's servers. mail, web: false: leave them out. Raises LabError."""
    if mail and len(plan.rows) > POOL:
        raise LabError(
            f"{len(plan.rows):,} domains, whose mail hosts would share addresses; allowed: at most "
            f'{POOL:,}, or [study] skip = ["smtp"]'
        )
    placed = chain(shared_hosts(), *(own_hosts(row) for row in plan.rows)) if mail else ()
    return Places(posts(placed), sites(plan) if web else {})


def posts(placed: Iterable[Placed]) -> dict[str, Post]:
    """The mail servers, by address. Where several hosts share one, it behaves as the first."""
    there: defaultdict[str, dict[str, Server]] = defaultdict(dict)
    for address, host, server in placed:
        there[address][host] = server
    return {
        address: Post(
            manner=hosts[min(hosts)].manner,
            host=min(hosts),
            certificates={
                host: (server.kind, names_beside(host, list(hosts)))
                for host, server in hosts.items()
            },
        )
        for address, hosts in there.items()
    }


def sites(plan: Plan) -> dict[str, dict[str, Site]]:
    """The web sites, by address and host; none where nobody listens, or at no address."""
    found: defaultdict[str, dict[str, Site]] = defaultdict(dict)
    wrong = cycle(WRONG)
    for row in plan.rows:
        web = fetched(row)
        for host, address in web_hosts(row).items():
            paths = answers(web, host)
            met = [answer.outcome for answer in paths.values()]
            if FetchOutcome.REFUSED not in met:
                kind = next(wrong) if FetchOutcome.CERTIFICATE in met else Kind.GOOD
                trouble = next((TROUBLES[one] for one in met if one in TROUBLES), None)
                found[address][host] = Site(host, kind, trouble, paths)
    return dict(found)


def answers(web: Mapping[str, object], host: str) -> dict[str, Answer]:
    """What the paths of a host bring. web: in the form of a zone file's "https"."""
    found = {}
    for row in fetches_of(dict(web)):
        parts = urlsplit(row["url"])
        if parts.hostname == host:
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            brought = row["status"], row["content_type"], row["body"] or b""
            outcome = FetchOutcome(row["outcome"])
            is_answer = outcome is FetchOutcome.ANSWERED
            found[path] = Answer(outcome, *brought) if is_answer else Answer(outcome)
    return found
