"""Thoughts before tool calls, for clients that do not send them back."""

from __future__ import annotations

import pytest
from attrs import evolve

from oneapi.adapters.dialects.thoughts import Turn
from oneapi.adapters.kept_thoughts import MemoryThoughts
from oneapi.adapters.upstream.remembering import Remembering
from oneapi.domain.chat import (
    ChatRequest,
    Message,
    MessageRole,
    Text,
    Thinking,
    ThinkingDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
)

CALL = ToolCall("call_1", "get_weather", '{"city":"Rome","days":2}')
#: The same arguments as a client may write them.
ECHOED = evolve(CALL, arguments='{"city": "Rome", "days": 2}')
THOUGHTS = (Thinking("Let me think.", "c2ln"), Thinking(redacted="eHl6"))


def turn(*parts: Thinking | ToolCall) -> Turn:
    made = Turn()
    made.take_all(parts)
    return made


def asked(*parts: Thinking | ToolCall | Text) -> ChatRequest:
    return ChatRequest("m", (Message(MessageRole.USER, (Text("Hi"),)), Message(MessageRole.ASSISTANT, parts)))


@pytest.fixture
def remembering() -> Remembering:
    return Remembering(MemoryThoughts())


async def test_kept_thoughts_are_put_before_their_call(remembering: Remembering) -> None:
    await remembering.keep(turn(*THOUGHTS, CALL), 1)
    restored = await remembering.restored(asked(Thinking("Let me think."), Text("a"), ECHOED), 1)
    assert restored == asked(*THOUGHTS, Text("a"), ECHOED)


async def test_users_do_not_get_thoughts_of_others(remembering: Remembering) -> None:
    await remembering.keep(turn(*THOUGHTS, CALL), 1)
    assert await remembering.restored(asked(ECHOED), 2) == asked(ECHOED)


async def test_a_call_with_the_same_id_is_another_call(remembering: Remembering) -> None:
    await remembering.keep(turn(*THOUGHTS, CALL), 1)
    other = evolve(CALL, arguments='{"city":"Pisa"}')
    assert await remembering.restored(asked(other), 1) == asked(other)


async def test_thoughts_that_the_client_sends_back_are_kept(remembering: Remembering) -> None:
    await remembering.keep(turn(*THOUGHTS, CALL), 1)
    given = asked(Thinking("mine", "b3du"), CALL)
    assert await remembering.restored(given, 1) is given


@pytest.mark.parametrize("parts", [(Thinking("hm"), CALL), THOUGHTS], ids=["unsigned", "no call"])
async def test_thoughts_that_no_provider_requires_are_not_kept(
    remembering: Remembering, parts: tuple[Thinking | ToolCall, ...]
) -> None:
    await remembering.keep(turn(*parts), 1)
    assert await remembering.restored(asked(CALL), 1) == asked(CALL)


def test_a_turn_is_put_together_from_its_pieces() -> None:
    made = Turn()
    for event in (
        ThinkingDelta("Let me"),
        ThinkingDelta(" think."),
        ThinkingDelta(signature="c2ln"),
        ThinkingDelta(redacted="eHl6"),
        ToolCallStarted(0, "call_1", "get_weather"),
        ToolCallDelta(0, '{"city":"Rome",'),
        ToolCallDelta(0, '"days":2}'),
        ToolCallStarted(1, "call_2", "get_time"),
        ToolCallDelta(1, "{}"),
        ToolCallStarted(0, "call_3", "of_another_choice", choice=1),
    ):
        made.take(event)
    assert tuple(made.thoughts) == THOUGHTS
    assert made.call == CALL
