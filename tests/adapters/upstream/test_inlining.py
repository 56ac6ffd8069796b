"""Linked images are limited in number, in bytes, and in how many are fetched at once."""

from __future__ import annotations

import asyncio

import pytest
from attrs import define

from oneapi.adapters.upstream.inlining import AT_ONCE, MOST_BYTES, MOST_IMAGES, inlined
from oneapi.domain.chat import ChatRequest, Image, Message, MessageRole, Text, ToolResult
from oneapi.domain.errors import InvalidParameter


@define
class Fetcher:
    size: int = 10
    calls: int = 0
    under_way: int = 0
    peak: int = 0

    async def image(self, _url: str) -> tuple[str, bytes]:
        self.calls += 1
        self.under_way += 1
        self.peak = max(self.peak, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        return "image/png", bytes(self.size)


def chat(links: int) -> ChatRequest:
    image = Image(url="https://example.com/a.png")
    result = ToolResult("c1", (image,))
    return ChatRequest(
        "m", messages=(Message(MessageRole.USER, (Text("?"), *[image] * (links - 1), result)),)
    )


async def test_every_link_becomes_data() -> None:
    fetcher = Fetcher()
    (message,) = (await inlined(chat(9), fetcher)).messages
    assert fetcher.calls == 9
    assert "example.com" not in repr(message)


async def test_links_are_limited_in_number_before_any_is_fetched() -> None:
    fetcher = Fetcher()
    with pytest.raises(InvalidParameter, match=f"{MOST_IMAGES} images"):
        await inlined(chat(MOST_IMAGES + 1), fetcher)
    assert fetcher.calls == 0


async def test_images_are_limited_in_bytes() -> None:
    fetcher = Fetcher(size=MOST_BYTES // 4)
    await inlined(chat(4), fetcher)
    with pytest.raises(InvalidParameter, match="larger than"):
        await inlined(chat(20), fetcher)


async def test_few_images_are_fetched_at_once() -> None:
    fetcher = Fetcher()
    many = ChatRequest("m", messages=tuple(chat(2).messages[0] for _ in range(20)))
    await inlined(many, fetcher)
    assert (fetcher.calls, fetcher.peak) == (40, AT_ONCE)
