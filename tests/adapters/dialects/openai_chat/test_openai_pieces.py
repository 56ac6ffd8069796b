"""Whole answers and streams of OpenAI's format, each made of the other without losing a field."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from oneapi.adapters.dialects.openai_chat.pieces import MOST_OPEN, joined, parted
from oneapi.domain.errors import UpstreamGarbage

HEAD = {"id": "chatcmpl-1", "created": 7, "model": "m", "service_tier": "flex", "provider": "someone"}
ANSWER: dict[str, Any] = {
    **HEAD,
    "object": "chat.completion",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Hello",
                "refusal": None,
                "reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "Hm."}],
                "annotations": [{"type": "url_citation", "url_citation": {"url": "https://example.org"}}],
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
                    {"id": "b", "type": "custom", "custom": {"name": "g", "input": "text"}},
                ],
                "odd": {"nested": [1, 2]},
            },
            "logprobs": {"content": [{"token": "Hello", "logprob": -1.0}], "refusal": None},
            "finish_reason": "tool_calls",
        },
        {"index": 1, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"},
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
}


def test_a_whole_answer_in_pieces_is_the_same_answer() -> None:
    assert joined(parted(ANSWER)) == ANSWER


def test_the_sdk_reads_the_pieces() -> None:
    chunks = [ChatCompletionChunk.construct(**chunk) for chunk in parted(ANSWER)]
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices] == [
        None,
        "tool_calls",
        None,
        "stop",
    ]
    assert [call.index for call in chunks[0].choices[0].delta.tool_calls or ()] == [0, 1]
    assert chunks[-1].usage
    assert ChatCompletion.construct(**joined(parted(ANSWER))).choices[1].message.content == "Hi"


def chunk(delta: dict[str, Any], **choice: Any) -> dict[str, Any]:
    return {
        **HEAD,
        "object": "chat.completion.chunk",
        "usage": None,
        "choices": [{"index": 0, "delta": delta, **choice}],
    }


def test_pieces_of_every_kind_grow_together() -> None:
    sound = [base64.b64encode(piece).decode() for piece in (b"a", b"bcd", b"ef")]
    details = [{"type": "reasoning.text", "index": 0, "text": text} for text in ("H", "m.")]
    whole = joined(
        [
            chunk({"role": "assistant", "content": "", "reasoning_details": details[:1]}),
            chunk({"role": "assistant", "content": "He", "reasoning_details": details[1:]}),
            chunk({"content": "llo"}, logprobs={"content": [1], "refusal": None}),
            chunk({"content": None}, logprobs={"content": [2], "refusal": None}),
            *(chunk({"audio": {"id": "x", "data": data, "transcript": "t"}}) for data in sound),
            chunk({"tool_calls": [{"index": 0, "id": "a", "type": "custom", "custom": {"name": "g", "input": ""}}]}),
            chunk({"tool_calls": [{"index": 1, "id": "b", "function": {"name": "f", "arguments": "{"}}]}),
            chunk({"tool_calls": [{"index": 0, "id": "", "custom": {"input": "te"}}]}),
            chunk({"tool_calls": [{"index": 1, "function": {"name": None, "arguments": "}"}}]}),
            chunk({"tool_calls": [{"index": 0, "custom": {"input": "xt"}}]}),
            chunk({}, finish_reason="tool_calls"),
            {**HEAD, "choices": [], "usage": {"prompt_tokens": 1}},
        ]
    )  # fmt: skip
    [choice] = whole["choices"]
    assert choice["message"] == {
        "role": "assistant",
        "content": "Hello",
        "reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "Hm."}],
        "audio": {"id": "x", "data": base64.b64encode(b"abcdef").decode(), "transcript": "ttt"},
        "tool_calls": [
            {"id": "a", "type": "custom", "custom": {"name": "g", "input": "text"}},
            {"id": "b", "function": {"name": "f", "arguments": "{}"}},
        ],
    }
    assert choice["logprobs"] == {"content": [1, 2], "refusal": None}
    assert choice["finish_reason"] == "tool_calls"
    assert (whole["usage"], whole["service_tier"]) == ({"prompt_tokens": 1}, "flex")


def test_calls_in_the_words_of_2023() -> None:
    [choice] = joined(
        [
            chunk({"function_call": {"name": "f", "arguments": ""}}),
            chunk({"function_call": {"arguments": "{}"}}),
            chunk({}, finish_reason="function_call"),
        ]
    )["choices"]
    assert choice["message"]["function_call"] == {"name": "f", "arguments": "{}"}


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": [{"index": "x", "delta": "text"}]},
        {"choices": "none"},
        {"choices": [{"delta": {"content": {"a": 1}, "tool_calls": [1, None, {"index": 2}]}}]},
        {"choices": [{"delta": {"content": [{"text": "a"}]}}, {"delta": {"content": "b"}}]},
    ],
)
def test_odd_shapes_are_no_fault(odd: dict[str, Any]) -> None:
    assert joined([odd, odd])["object"] == "chat.completion"


def test_what_cannot_be_put_together_is_said() -> None:
    broken = [chunk({"audio": {"data": data}}) for data in ("A=", "B")]
    with pytest.raises(UpstreamGarbage):
        joined(broken)
    deep: Any = {}
    for _ in range(5000):
        deep = {"a": deep}
    with pytest.raises(UpstreamGarbage):
        joined([chunk(deep)])


def test_items_without_end_do_not_take_the_square_of_their_number() -> None:
    calls = [chunk({"tool_calls": [{"index": number}]}) for number in range(MOST_OPEN * 3)]
    [choice] = joined([*calls, *calls[-1:]])["choices"]
    assert len(choice["message"]["tool_calls"]) == MOST_OPEN * 3
