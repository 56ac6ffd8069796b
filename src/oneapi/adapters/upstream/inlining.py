"""Images by URL, fetched for providers that take them as data only."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Protocol

from attrs import evolve

from oneapi.adapters.dialects.media import media_type
from oneapi.domain.chat import Image, ToolResult

if TYPE_CHECKING:
    from oneapi.domain.chat import ChatRequest, Message, Part


class ContentFetcher(Protocol):
    """Fetches what users link to, and nothing that they should not reach."""

    async def image(self, url: str) -> tuple[str, bytes]:
        """Media type and bytes. Raises InvalidParameter, whose text says why it cannot be had."""


async def inlined(chat: ChatRequest, fetcher: ContentFetcher) -> ChatRequest:
    """``chat`` with every image as data. Raises InvalidParameter."""
    messages = await asyncio.gather(*(_message(message, fetcher) for message in chat.messages))
    return evolve(chat, messages=tuple(messages))


async def _message(message: Message, fetcher: ContentFetcher) -> Message:
    if not any(isinstance(part, Image | ToolResult) for part in message.parts):
        return message
    return evolve(message, parts=tuple([await _part(part, fetcher) for part in message.parts]))


async def _part(part: Part, fetcher: ContentFetcher) -> Part:
    if isinstance(part, ToolResult):
        return evolve(part, parts=tuple([await _part(inner, fetcher) for inner in part.parts]))
    if not isinstance(part, Image) or not part.url:
        return part
    declared, content = await fetcher.image(part.url)
    data = base64.b64encode(content).decode()
    return evolve(part, url="", media_type=media_type(declared, data), data=data)
