"""The answer to one request, which owns its connection until it is released."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.errors import UpstreamGarbage

if TYPE_CHECKING:
    from oneapi.adapters.transport.connections import Connection
    from oneapi.adapters.transport.content_encoding import Inflater


class BodyInPieces:
    """The part of ``Response`` that is built on ``next``. ``source`` names the sender in error messages."""

    __slots__ = ()

    source: str

    async def next(self) -> bytes:
        raise NotImplementedError

    async def read(self, limit: int) -> bytes:
        pieces = []
        size = 0
        while piece := await self.next():
            size += len(piece)
            if size > limit:
                raise self.too_large(limit)
            pieces.append(piece)
        return b"".join(pieces)

    def too_large(self, limit: int) -> UpstreamGarbage:
        return UpstreamGarbage(f"{self.source}: the answer is larger than {limit} bytes")


class Http1Response(BodyInPieces):
    """Implements ``Response`` for one request."""

    __slots__ = ("_connection", "headers", "source", "status")

    def __init__(self, connection: Connection) -> None:
        self._connection: Connection | None = connection
        self.source = connection.pool.name
        self.status = connection.status
        self.headers = connection.headers

    async def next(self) -> bytes:
        connection = self._connection
        if connection is None:
            raise RuntimeError("this answer has been released")
        while not connection.pieces:
            if connection.error is not None:
                raise connection.error
            if connection.complete:
                return b""
            await connection.wait()
        return connection.take()

    async def read(self, limit: int) -> bytes:
        connection = self._connection
        if connection is None or not connection.complete or connection.error is not None:
            return await super().read(limit)
        body = connection.take()  # the whole body has arrived
        if len(body) > limit:
            raise self.too_large(limit)
        return body

    def release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.finish()


class InflatedResponse(Http1Response):
    """An answer with a compressed body; its headers describe the decompressed body."""

    __slots__ = ("_inflater",)

    def __init__(self, connection: Connection, inflater: Inflater) -> None:
        super().__init__(connection)
        self._inflater = inflater
        own = {"content-encoding", "content-length"}
        self.headers = {name: value for name, value in connection.headers.items() if name not in own}

    async def next(self) -> bytes:
        inflater = self._inflater
        while True:
            if inflater.pending:
                data = inflater.feed(b"")
            elif piece := await super().next():
                data = inflater.feed(piece)
            else:
                inflater.finish()
                return b""
            if data:
                return data

    read = BodyInPieces.read
