"""Which addresses the whole Internet reaches, and which are kept for something else.

From IANA's special-purpose address registries (RFC 6890, kept up by RFC 8190): what they do not
call globally reachable is no place to deliver mail to. Python's `ipaddress.is_global` says nearly
the same, but its tables differ between Python versions, and it takes multicast, 6to4 and reserved
IPv6 space for global; a survey's answer must not depend on either.
"""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network
Range = tuple[int, int]  # the first address and the last

SPECIAL4 = (
    "0.0.0.0/8",  # RFC 791 §3.2
    "10.0.0.0/8",  # RFC 1918
    "100.64.0.0/10",  # RFC 6598
    "127.0.0.0/8",  # RFC 1122 §3.2.1.3
    "169.254.0.0/16",  # RFC 3927
    "172.16.0.0/12",  # RFC 1918
    "192.0.0.0/24",  # RFC 6890 §2.1
    "192.0.2.0/24",  # RFC 5737
    "192.88.99.0/24",  # the 6to4 relays' anycast address, withdrawn by RFC 7526
    "192.168.0.0/16",  # RFC 1918
    "198.18.0.0/15",  # RFC 2544
    "198.51.100.0/24",  # RFC 5737
    "203.0.113.0/24",  # RFC 5737
    "224.0.0.0/4",  # multicast: no single host, RFC 1112 §4
    "240.0.0.0/4",  # RFC 1112 §4, and the limited broadcast of RFC 8190
)
REACHABLE4 = ("192.0.0.9/32", "192.0.0.10/32")  # anycast: RFC 7723, RFC 8155

UNICAST6 = "2000::/3"
"""RFC 4291 §2.4 and IANA: no other global unicast addresses are given out. So everything else is
special: mapped IPv4 (::ffff:0:0/96), unique local, link-local, multicast, discard-only, …"""
SPECIAL6 = (
    "2001::/23",  # IETF protocol assignments, RFC 2928; Teredo and benchmarking among them
    "2001:db8::/32",  # RFC 3849
    "3fff::/20",  # RFC 9637
)
REACHABLE6 = (
    "2001:1::1/128",  # RFC 7723
    "2001:1::2/128",  # RFC 8155
    "2001:1::3/128",  # RFC 9665
    "2001:3::/32",  # RFC 7450
    "2001:4:112::/48",  # RFC 7535
    "2001:20::/28",  # RFC 7343
    "2001:30::/28",  # RFC 9374
)
NAT64 = bytes.fromhex("0064ff9b") + bytes(8)  # 64:ff9b::/96; RFC 6052 §3.1: of global IPv4 only
SIX_TO_FOUR = b"\x20\x02"  # 2002::/16, then an IPv4 address; RFC 3056 §2: a global one


def ranges(networks: tuple[str, ...], version: int) -> tuple[Range, ...]:
    """First and last address, as numbers, of those networks that are of an IP version."""
    read = [ip_network(text, strict=False) for text in networks]
    return tuple(
        (int(network[0]), int(network[-1])) for network in read if network.version == version
    )


@lru_cache(maxsize=16)
def added(public: tuple[str, ...], version: int) -> tuple[Range, ...]:
    """`ranges` of a study's own list, read once."""
    return ranges(public, version)


KEPT4, FREE4 = ranges(SPECIAL4, 4), ranges(REACHABLE4, 4)
KEPT6, FREE6 = ranges(SPECIAL6, 6), ranges(REACHABLE6, 6)
((FIRST6, LAST6),) = ranges((UNICAST6,), 6)


def is_special(rdata: bytes, public: tuple[str, ...] = ()) -> bool:
    """Is an A's or AAAA's address one that the Internet does not reach?

    rdata: 4 or 16 octets. public: networks that count as reachable whatever the registries say, as
    `protocol.Wanted` has them. An address that carries an IPv4 address is what that one is.
    """
    number, version = int.from_bytes(rdata), 4 if len(rdata) == 4 else 6
    if is_in(number, added(public, version)):
        return False
    if version == 4:
        return is_in(number, KEPT4) and not is_in(number, FREE4)
    if rdata.startswith(NAT64):
        return is_special(rdata[12:], public)
    if rdata.startswith(SIX_TO_FOUR):
        return is_special(rdata[2:6], public)
    if not FIRST6 <= number <= LAST6:
        return True
    return is_in(number, KEPT6) and not is_in(number, FREE6)


def is_in(number: int, blocks: tuple[Range, ...]) -> bool:
    """Does an address lie in one of these?"""
    return any(first <= number <= last for first, last in blocks)
