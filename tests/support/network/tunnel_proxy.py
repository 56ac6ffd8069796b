"""A proxy that connects every request to one server, and records the requested destinations."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from typing import Self


class TunnelProxy:
    """CONNECT or SOCKS5 on loopback. It connects to its target, whatever destination a client names."""

    def __init__(
        self, port: int, *, credentials: tuple[str, str] | None = None, verdict: bytes | None = None
    ) -> None:
        self._destination = port
        self._credentials = credentials
        #: The answer instead of success.
        self._verdict = verdict
        #: ``host:port`` as the client named it.
        self.asked: list[str] = []
        self.opened = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.opened += 1
        try:
            first = await reader.readexactly(1)
            accepted = await (self._socks if first == b"\x05" else self._connect)(reader, writer)
            if accepted:
                await self._join(reader, writer)
        except (asyncio.CancelledError, asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        lines = (b"C" + (await reader.readuntil(b"\r\n\r\n"))).decode().split("\r\n")
        self.asked.append(lines[0].split(" ")[1])
        if self._credentials is not None:
            pair = base64.b64encode(":".join(self._credentials).encode()).decode()
            if f"Proxy-Authorization: Basic {pair}" not in lines:
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                return False
        writer.write(self._verdict or b"HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n")
        return self._verdict is None

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        methods = await reader.readexactly((await reader.readexactly(1))[0])
        wanted = 0 if self._credentials is None else 2
        if wanted not in methods:
            writer.write(b"\x05\xff")
            return False
        writer.write(bytes([5, wanted]))
        if self._credentials is not None:
            await reader.readexactly(1)
            name = await reader.readexactly((await reader.readexactly(1))[0])
            password = await reader.readexactly((await reader.readexactly(1))[0])
            right = (name.decode(), password.decode()) == self._credentials
            writer.write(b"\x01\x00" if right else b"\x01\x01")
            if not right:
                return False
        assert await reader.readexactly(3) == b"\x05\x01\x00"
        kind = (await reader.readexactly(1))[0]
        if kind == 3:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            host = ".".join(map(str, await reader.readexactly(4)))
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.asked.append(f"{host}:{port}")
        writer.write(self._verdict or b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        return self._verdict is None

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._destination)

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionError):
                while data := await source.read(65536):
                    sink.write(data)
                    await sink.drain()
            sink.close()

        try:
            await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
        finally:
            far_writer.transport.abort()
