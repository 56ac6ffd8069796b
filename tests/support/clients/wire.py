"""Raw connections to a server on loopback."""

from __future__ import annotations

import asyncio


class Wire:
    """A server on loopback, and bytes to and from it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self.address)

    async def __call__(self, *pieces: bytes, patience: float = 0.2) -> bytes:
        """Send ``pieces`` on a new connection. Returns what is received until it is closed or silent."""
        reader, writer = await self.open()
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.01)
        received = await heard(reader, patience)
        writer.close()
        return received


async def heard(reader: asyncio.StreamReader, patience: float = 0.2) -> bytes:
    """The bytes received until the server closes the connection or is silent for ``patience`` seconds."""
    received = b""
    try:
        while piece := await asyncio.wait_for(reader.read(65536), patience):
            received += piece
    except (TimeoutError, ConnectionError):
        pass
    return received
