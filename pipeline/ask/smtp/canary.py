"""Is port 25 open from here at all? Many networks close it, and some answer in others' stead.

Hosts that are known to encrypt are tried before the crawl. One that does is enough; where all are
silent, or say that they have no STARTTLS, no visit would say anything of who is visited.
"""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address

from ...config import Asking
from ...message import ANSWER, IN
from ...words import QType, SmtpOutcome
from ..dns.examine import put
from .visit import Visiting, Visits, visit


async def canary(
    hosts: Sequence[str],
    resolvers: Sequence[str],
    asking: Asking,
    how: Visiting,
    visit: Visits = visit,
) -> tuple[bool, str]:
    """Does any of the hosts encrypt? And a sentence for the manifest. Never raises.

    hosts: names, or addresses. resolvers: "address:port", the first is asked.
    """
    tried = []
    for host in hosts:
        try:
            addresses = await addresses_of(host, resolvers, asking)
        except (OSError, ValueError) as fault:
            tried.append(f"{host}: {fault}")
            continue
        if not addresses:
            tried.append(f"{host}: no address")
        for address in addresses[:1]:
            seen = await visit(address, "", replace(how, reply_s=how.connect_s))
            if seen.outcome is SmtpOutcome.ENCRYPTED:
                return True, f"port {how.port} is open: {host} encrypts"
            tried.append(f"{host}: {seen.outcome}")
    told = "; ".join(tried) or "no canary is set"
    return False, f"port {how.port} seems closed or intercepted from here ({told})"


async def addresses_of(host: str, resolvers: Sequence[str], asking: Asking) -> list[str]:
    """The IPv4 addresses of a host. Raises OSError, ValueError: cannot be asked."""
    try:
        return [str(ip_address(host))]
    except ValueError:
        answers = await put(resolvers[0], asking, IN, [(0, host, QType.A, False)])
    records = answers[0].rrs if answers else ()
    return [
        str(ip_address(rr.rdata))
        for rr in records
        if rr.section == ANSWER and rr.type == QType.A and len(rr.rdata) == 4
    ]
