"""WebSocket conversations and linked images without a network, from the answers of a mock transport."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.domain.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.transport.mock import MockResponse, MockTransport


@frozen
class FakeWebSocket:
    """Implements ``WebSockets``; conversations are among the requests of ``transport``."""

    transport: MockTransport

    async def send(self, url: str, frame: bytes) -> MockResponse:
        return await self.transport.send("WS", url, (), frame)


@frozen
class FakeFetcher:
    """Implements ``ContentFetcher``: URL -> media type and bytes."""

    images: Mapping[str, tuple[str, bytes]]

    async def image(self, url: str) -> tuple[str, bytes]:
        if url not in self.images:
            raise InvalidParameter("image_url", "the image cannot be fetched")
        return self.images[url]
