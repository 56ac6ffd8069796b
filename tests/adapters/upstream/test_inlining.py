"""Images by URL become data wherever they stand."""

from __future__ import annotations

import pytest

from oneapi.adapters.upstream.inlining import inlined
from oneapi.domain.chat import ChatRequest, Image, Message, Part, Role, Text, ToolResult
from oneapi.domain.errors import InvalidParameter
from tests.fakes.websocket import FakeFetcher

LINK = "https://pictures.example/a.png"
FETCHER = FakeFetcher({LINK: ("image/png", b"PNG")})
FETCHED = Image(data="UE5H", media_type="image/png", detail="low")


def asked(*parts: Part, role: Role = Role.USER) -> ChatRequest:
    return ChatRequest("m", (Message(Role.SYSTEM, (Text("Hi"),)), Message(role, parts)))


async def test_in_a_message_and_in_the_result_of_a_tool() -> None:
    linked = Image(url=LINK, detail="low")
    held = Image(data="UE5H", media_type="image/webp")
    assert await inlined(asked(Text("a"), linked, held), FETCHER) == asked(Text("a"), FETCHED, held)
    results = asked(ToolResult("c", (Text("a"), linked)), role=Role.TOOL)
    assert await inlined(results, FETCHER) == asked(ToolResult("c", (Text("a"), FETCHED)), role=Role.TOOL)


async def test_one_that_cannot_be_had() -> None:
    with pytest.raises(InvalidParameter):
        await inlined(asked(Image(url="https://pictures.example/b.png")), FETCHER)
