"""Is port 25 open from here at all? Many networks close it; then no visit says anything.

Hosts that are known to answer are tried before the crawl. One that says anything at all is enough.
"""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address

from ...config import Asking
from ...message import ANSWER, IN
from ...words import QType, SmtpOutcome
from ..dns.examine import put
from .visit import Visiting, Visits, visit

SILENT = (
    SmtpOutcome.TIMEOUT,
    SmtpOutcome.REFUSED,
    SmtpOutcome.UNREACHABLE,
    SmtpOutcome.NO_BANNER,
    SmtpOutcome.NOT_ASKED,
)
"""What a closed port looks like, from the inside."""


async def canary(
    hosts: Sequence[str],
    resolvers: Sequence[str],
    asking: Asking,
    how: Visiting,
    visit: Visits = visit,
) -> tuple[bool, str]:
    """Does any of the hosts answer? And a sentence for the manifest. Never raises.

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
            if seen.outcome not in SILENT:
                return True, f"port {how.port} is open: {host} answered"
            tried.append(f"{host}: {seen.outcome}")
    told = "; ".join(tried) or "no canary is set"
    return False, f"port {how.port} seems closed from here ({told})"


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
