"""Thoughts go back to the provider that signed them, and to no other."""

from __future__ import annotations

import pytest

from oneapi.adapters.dialects import DIALECTS
from oneapi.adapters.dialects.thoughts import is_foreign, marked, origin_of, with_own_thoughts
from oneapi.domain.chat import Message, MessageRole, Part, Text, Thinking, ThinkingDelta, ToolCall

SIGNED, REDACTED, UNSIGNED = Thinking("hm", "c2ln"), Thinking(redacted="eHl6"), Thinking("hm")
CALL = ToolCall("c", "f", "{}")


def turn(*parts: Part) -> tuple[Message, ...]:
    return (Message(MessageRole.ASSISTANT, parts),)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_what_a_provider_signed_comes_back_to_it_as_it_was(dialect: str) -> None:
    origin = origin_of(dialect, "openrouter", "")
    told = tuple(marked(thought, origin) for thought in (SIGNED, REDACTED, UNSIGNED))
    assert with_own_thoughts(turn(*told, CALL), origin) == turn(SIGNED, REDACTED, UNSIGNED, CALL)


def test_a_streamed_signature_says_whose_it_is_too() -> None:
    assert marked(ThinkingDelta(signature="c2ln"), "gemini") == ThinkingDelta(signature="gemini.c2ln")
    assert marked(ThinkingDelta("hm"), "gemini") == ThinkingDelta("hm")


@pytest.mark.parametrize(
    ("signature", "origin", "foreign"),
    [
        ("c2ln", "", False),
        ("c2ln", "gemini", True),
        ("gemini.call0.c2ln", "gemini", False),
        ("gemini.call0.c2ln", "", True),
        ("gemini.call0.c2ln", "converse", True),
        ("geminiv2.c2ln", "gemini", True),
    ],
)
def test_is_foreign(signature: str, origin: str, *, foreign: bool) -> None:
    assert is_foreign(signature, origin) is foreign


def test_thoughts_of_others_are_left_out_with_what_holds_nothing_else() -> None:
    messages = (*turn(marked(SIGNED, "gemini"), CALL), *turn(marked(REDACTED, "gemini")), *turn(Text("a")))
    assert with_own_thoughts(messages, "") == (*turn(CALL), *turn(Text("a")))


def test_a_conversation_without_thoughts_stays_the_same_object() -> None:
    messages = turn(Text("a"), CALL)
    assert with_own_thoughts(messages, "gemini") is messages


def test_providers_of_one_format_that_sign_each_for_itself() -> None:
    assert origin_of("openai_chat", "openrouter", "") != origin_of("openai_chat", "deepseek", "")
    assert origin_of("bedrock_claude", "aws", "") == origin_of("anthropic", "anthropic", "")
