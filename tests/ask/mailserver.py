"""A mail server on loopback that plays a script."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

LOOPBACK = "127.0.0.1"


@dataclass
class MailServer:
    """Plays the turns of `cases/smtp.yaml` to everybody who connects."""

    turns: list[Any]
    context: ssl.SSLContext | None = None
    visits: int = 0
    under_way: list[Any] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)  # by the client
    names: list[str | None] = field(default_factory=list)  # asked for in TLS

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        self.under_way.append(asyncio.current_task())
        with suppress(ConnectionError, ssl.SSLError):
            for turn in self.turns:
                await self.play(turn, reader, writer)
                if turn == "closes":
                    break
            else:
                await reader.read()
        writer.transport.abort()

    async def play(self, turn: Any, reader: Any, writer: asyncio.StreamWriter) -> None:
        if turn in ("silent", "closes"):
            if turn == "silent":
                await reader.read()
            return
        if isinstance(turn, dict) and "handshake" in turn:
            if turn["handshake"] == "fails":
                await reader.read(1)
                writer.write(b"no TLS here\r\n")
                return
            assert self.context is not None
            self.context.sni_callback = lambda _, name, __: self.names.append(name)
            await writer.start_tls(self.context)
            self.said.append(await reader.readline())
            return
        text = turn["repeated"] * turn["times"] if isinstance(turn, dict) else turn
        writer.write(text.encode())
        await writer.drain()
        is_followed = turn is not self.turns[-1] and self.follows_a_command(turn)
        if is_followed and text.endswith("\n"):
            self.said.append(await reader.readline())

    def follows_a_command(self, turn: Any) -> bool:
        """Does the client speak before the next turn? Not where it is to begin with TLS."""
        following = self.turns[[id(one) for one in self.turns].index(id(turn)) + 1]
        return not (isinstance(following, dict) and "handshake" in following)


@asynccontextmanager
async def serving(server: MailServer) -> AsyncIterator[int]:
    """The port where it serves."""
    listening = await asyncio.start_server(server.serve, LOOPBACK, 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await asyncio.gather(*server.under_way)
