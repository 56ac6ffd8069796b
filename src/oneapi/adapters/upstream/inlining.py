"""Fetching linked images for providers that accept images only as data."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Protocol

from attrs import define, evolve, field

from oneapi.adapters.dialects.media import media_type
from oneapi.domain.chat import Image, ToolResult
from oneapi.domain.errors import InvalidParameter

if TYPE_CHECKING:
    from oneapi.domain.chat import ChatRequest, Message, Part

#: Limits of one request, whose images stay in memory as base64 until the provider has answered. Anthropic takes as
#: many: https://docs.claude.com/en/docs/build-with-claude/vision
MOST_IMAGES = 100
MOST_BYTES = 64 * 1024 * 1024
#: The most images of one request that are fetched at the same time.
AT_ONCE = 4


class ContentFetcher(Protocol):
    """Fetches what users link to, but nothing that they must not reach."""

    async def image(self, url: str) -> tuple[str, bytes]:
        """The media type and bytes of an image. Raises InvalidParameter with the reason if it cannot be fetched."""


async def inlined(chat: ChatRequest, fetcher: ContentFetcher) -> ChatRequest:
    """``chat`` with every image as data. Raises InvalidParameter for too many links, or images that are too large."""
    links = sum(_is_link(part) for message in chat.messages for part in _all(message.parts))
    if not links:
        return chat
    if links > MOST_IMAGES:
        raise InvalidParameter(
            "messages", f"a request may link to {MOST_IMAGES} images, this one has {links}"
        )
    inlining = _Inlining(fetcher)
    messages = await asyncio.gather(*(inlining.message(message) for message in chat.messages))
    return evolve(chat, messages=tuple(messages))


@define
class _Inlining:
    """Fetches the images of one request; ``size`` is the sum of their bytes."""

    fetcher: ContentFetcher
    size: int = 0
    places: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def message(self, message: Message) -> Message:
        if not any(map(_is_link, _all(message.parts))):
            return message
        return evolve(message, parts=tuple([await self._part(part) for part in message.parts]))

    async def _part(self, part: Part) -> Part:
        if isinstance(part, ToolResult):
            return evolve(part, parts=tuple([await self._part(inner) for inner in part.parts]))
        if not isinstance(part, Image) or not part.url:
            return part
        async with self.places:
            declared, content = await self.fetcher.image(part.url)
        self.size += len(content)
        if self.size > MOST_BYTES:
            raise InvalidParameter(
                "messages", f"the linked images are larger than {MOST_BYTES} bytes together"
            )
        data = base64.b64encode(content).decode()
        return evolve(part, url="", media_type=media_type(declared, data), data=data)


def _all(parts: tuple[Part, ...]) -> list[Part]:
    """``parts``, and those inside tool results."""
    inner = [part.parts for part in parts if isinstance(part, ToolResult)]
    return [*parts, *(each for one in inner for each in one)]


def _is_link(part: Part) -> bool:
    return isinstance(part, Image) and bool(part.url)
