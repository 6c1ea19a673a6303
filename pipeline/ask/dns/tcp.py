"""One DNS question over one TCP connection (RFC 7766)."""

import asyncio
from typing import Any


async def exchange(peer: Any, packet: bytes, timeout: float) -> bytes:
    """Send a message and read one back. Whatever goes wrong (refused, silent, cut short): empty.

    peer: a socket address. timeout: seconds for everything together. What is read is bounded by
    its length field: 65,535 octets.
    """
    writer = None
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(peer[0], peer[1])
            writer.write(len(packet).to_bytes(2) + packet)  # RFC 1035 §4.2.2
            size = int.from_bytes(await reader.readexactly(2))
            return await reader.readexactly(size)
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return b""
    finally:
        if writer:
            writer.transport.abort()  # nothing is left to be sent: closing needs no waiting
