"""What providers counted is read wherever it stands, and the same from every form of one answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneapi.adapters.dialects import DIALECTS, SURFACES
from oneapi.adapters.dialects.openai_chat.tally import reply_tally
from oneapi.adapters.dialects.usage import read_usage
from oneapi.adapters.framing.events import ServerSentEvent
from oneapi.domain.chat import UsageReported
from oneapi.domain.usage import MOST_TOKENS, NOTHING, Usage, believed

OPENAI = SURFACES["openai_chat"]
Fields = dict[str, Any]

# --- one reader for all forms ------------------------------------------------------------------


def placed(reported: Any, place: str) -> Fields:
    """The members of an answer, or of the last chunk of a stream, that report usage."""
    choice: Fields = {"index": 0, "finish_reason": "stop"}
    if place == "choice":
        return {"choices": [{**choice, "usage": reported}]}
    if place == "x_groq":
        return {"choices": [choice], "x_groq": {"id": "req_1", "usage": reported}}
    if place == "both":
        return {"choices": [{**choice, "usage": reported}], "usage": reported}
    return {"choices": [choice], "usage": reported}


def forms(reported: Any, place: str) -> dict[str, Usage | None]:
    """The usage of one answer: whole or streamed, passed on or translated."""
    answer = placed(reported, place)
    whole = json.loads(json.dumps(answer))
    whole["choices"][0]["message"] = {"role": "assistant", "content": "hi"}
    chunks = [{"choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": None}]}, answer]
    chunks[1]["choices"][0]["delta"] = {}
    events = [ServerSentEvent(b"", json.dumps(chunk).encode()) for chunk in chunks]
    body, tap, reader = json.dumps(whole).encode(), OPENAI.tap(include_usage=False), OPENAI.event_reader()
    for event in events:
        tap.feed(event)
    told = [found for event in events for found in reader.feed(event) if isinstance(found, UsageReported)]
    return {
        "whole, passed on": reply_tally(body).usage,
        "whole, translated": OPENAI.read_reply(body).usage,
        "streamed, passed on": tap.tally.usage,
        "streamed, translated": told[-1].usage if told else None,
    }


counts: st.SearchStrategy[Any] = st.integers(-3, 300) | st.sampled_from(
    [None, 9.0, 2.5, "7", True, 10**20, [], {}]
)
details = st.none() | st.dictionaries(
    st.sampled_from(
        [
            "cached_tokens",
            "audio_tokens",
            "image_tokens",
            "cache_write_tokens",
            "reasoning_tokens",
            "text_tokens",
        ]
    ),
    counts,
)
reports = st.dictionaries(
    st.sampled_from(
        [
            "prompt_tokens",
            "completion_tokens",
            "total_tokens",
            "input_tokens",
            "output_tokens",
            "cached_tokens",
            "prompt_cache_hit_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
            "reasoning_tokens",
            "prompt_audio_seconds",
        ]
    ),
    counts,
    max_size=7,
).flatmap(
    lambda plain: st.fixed_dictionaries(
        {name: st.just(value) for name, value in plain.items()},
        optional={
            "prompt_tokens_details": details,
            "completion_tokens_details": details,
            "input_tokens_details": details,
            "cache_creation": st.dictionaries(
                st.sampled_from(["ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"]), counts
            ),
        },
    )
)


@settings(max_examples=150, deadline=None)
@given(reports, st.sampled_from(["top", "choice", "x_groq", "both"]))
def test_a_usage_is_the_same_whole_streamed_passed_on_and_translated(reported: Fields, place: str) -> None:
    found = forms(reported, place)
    assert {believed(usage) for usage in found.values()} == {believed(read_usage(reported))}, found


@settings(max_examples=100, deadline=None)
@given(reports)
def test_no_class_holds_more_than_its_side_and_no_token_is_lost(reported: Fields) -> None:
    usage = read_usage(reported)
    if usage is None:
        return
    inside = (usage.cached, usage.cache_write, usage.cache_write_1h, usage.audio_in, usage.image_in)
    assert all(0 <= count <= usage.prompt for count in inside)
    assert all(
        0 <= count <= usage.completion for count in (usage.reasoning, usage.audio_out, usage.image_out)
    )
    total = reported.get("total_tokens")
    if type(total) is int and total <= MOST_TOKENS:
        assert usage.total >= total


# --- kind A: where else it stands ---------------------------------------------------------------

PLAIN = {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}


@pytest.mark.parametrize(
    ("reported", "usage"),
    [
        # OpenAI's own words stay as they are
        (PLAIN, Usage(1000, 200)),
        (
            {**PLAIN, "completion_tokens_details": {"reasoning_tokens": 150}},
            Usage(1000, 200, reasoning=150),
        ),
        # xAI: reasoning beside the completion, and in the total
        (
            {
                "prompt_tokens": 1000,
                "completion_tokens": 10,
                "total_tokens": 1510,
                "completion_tokens_details": {"reasoning_tokens": 500},
            },
            Usage(1000, 510, reasoning=500),
        ),
        # Google's OpenAI format: thoughts in the total only
        ({"prompt_tokens": 12, "completion_tokens": 20, "total_tokens": 532}, Usage(12, 520)),
        # Perplexity's deep research, Grok on Vertex AI: reasoning beside a total that leaves it out
        (
            {"prompt_tokens": 33, "completion_tokens": 70, "total_tokens": 103, "reasoning_tokens": 900},
            Usage(33, 970, reasoning=900),
        ),
        # DeepSeek, Moonshot, and Claude's usage in OpenAI's names
        (
            {**PLAIN, "prompt_cache_hit_tokens": 900, "prompt_cache_miss_tokens": 100},
            Usage(1000, 200, cached=900),
        ),
        ({**PLAIN, "cached_tokens": 900}, Usage(1000, 200, cached=900)),
        ({**PLAIN, "cache_read_input_tokens": 900}, Usage(1000, 200, cached=900)),
        ({**PLAIN, "cached_tokens": 5000}, Usage(1000, 200, cached=1000)),
        # both places say the same, and it counts once
        (
            {**PLAIN, "cached_tokens": 900, "prompt_tokens_details": {"cached_tokens": 900}},
            Usage(1000, 200, cached=900),
        ),
        # OpenRouter, LiteLLM, new-api and Alibaba on writes to a cache
        (
            {**PLAIN, "prompt_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 300}},
            Usage(1000, 200, cached=100, cache_write=300),
        ),
        (
            {
                **PLAIN,
                "prompt_tokens_details": {
                    "cache_creation_tokens": 300,
                    "cache_creation_token_details": {"ephemeral_1h_input_tokens": 200},
                },
            },
            Usage(1000, 200, cache_write=100, cache_write_1h=200),
        ),
        (
            {**PLAIN, "prompt_tokens_details": {"cached_creation_tokens": 300}},
            Usage(1000, 200, cache_write=300),
        ),
        (
            {**PLAIN, "prompt_tokens_details": {"cache_creation": {"ephemeral_5m_input_tokens": 300}}},
            Usage(1000, 200, cache_write=300),
        ),
        # Anthropic's own object, passed on: tokens of the cache stand beside the input
        (
            {
                "input_tokens": 10,
                "output_tokens": 5,
                "cache_read_input_tokens": 100,
                "cache_creation_input_tokens": 50,
            },
            Usage(160, 5, cached=100, cache_write=50),
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "cache_read_input_tokens": 100},
            Usage(110, 5, cached=100),
        ),
        # Responses, images, transcriptions
        (
            {"input_tokens": 50, "output_tokens": 4160, "input_tokens_details": {"image_tokens": 20}},
            Usage(50, 4160, image_in=20),
        ),
        (
            {"input_tokens": 50, "output_tokens": 90, "output_tokens_details": {"image_tokens": 80}},
            Usage(50, 90, image_out=80),
        ),
        (
            {
                "type": "tokens",
                "input_tokens": 60,
                "output_tokens": 9,
                "input_token_details": {"audio_tokens": 60},
            },
            Usage(60, 9, audio_in=60),
        ),
        ({"type": "duration", "seconds": 25.2}, Usage(seconds=26)),
        # cached sound counts as cached, once
        (
            {
                **PLAIN,
                "prompt_tokens_details": {
                    "cached_tokens": 300,
                    "audio_tokens": 800,
                    "cached_tokens_details": {"audio_tokens": 200, "text_tokens": 100},
                },
            },
            Usage(1000, 200, cached=300, audio_in=600),
        ),
        # Mistral counts sound in the total only
        (
            {"prompt_audio_seconds": 203, "prompt_tokens": 4, "completion_tokens": 635, "total_tokens": 3264},
            Usage(2629, 635, audio_in=2625),
        ),
        # a total alone leaves the parts open
        ({"total_tokens": 100}, Usage(unsplit=100)),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 100}, Usage(unsplit=100)),
        ({"prompt_tokens": 0, "completion_tokens": 20, "total_tokens": 100}, Usage(0, 20, unsplit=80)),
        # zeros that are said, and what says nothing
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, NOTHING),
        ({"prompt_tokens": None, "total_tokens": "7"}, None),
        ({}, None),
    ],
)
def test_of_every_form(reported: Fields, usage: Usage | None) -> None:
    assert read_usage(reported) == usage
    for place in ("top", "choice", "x_groq"):
        assert set(forms(reported, place).values()) == {usage}


def test_choices_share_their_prompt() -> None:
    """Moonshot, asked for several choices, counts each in its own last chunk."""
    tap, reader = OPENAI.tap(include_usage=False), OPENAI.event_reader()
    told: list[Usage] = []
    for index, completion in ((0, 13), (1, 17)):
        usage = {"prompt_tokens": 19, "completion_tokens": completion, "total_tokens": 19 + completion}
        choice = {"index": index, "delta": {}, "finish_reason": "stop", "usage": usage}
        event = ServerSentEvent(b"", json.dumps({"choices": [choice]}).encode())
        tap.feed(event)
        told += [found.usage for found in reader.feed(event) if isinstance(found, UsageReported)]
    assert tap.tally.usage == told[-1] == Usage(19, 30)


def test_of_a_usage_in_every_chunk_the_last_counts() -> None:
    tap, reader = OPENAI.tap(include_usage=False), OPENAI.event_reader()
    told: list[Usage] = []
    for completion in (1, 2, 3, 0):
        usage = {"prompt_tokens": 9 if completion else 0, "completion_tokens": completion, "total_tokens": 0}
        choice = {"index": 0, "delta": {"content": "a"}, "finish_reason": None}
        event = ServerSentEvent(b"", json.dumps({"choices": [choice], "usage": usage}).encode())
        tap.feed(event)
        told += [found.usage for found in reader.feed(event) if isinstance(found, UsageReported)]
    assert tap.tally.usage == told[-1] == Usage(9, 3), "zeros at the end take nothing back"


# --- formats of their own -----------------------------------------------------------------------


def usage_from(dialect: str, body: Fields) -> Usage | None:
    return DIALECTS[dialect].read_reply(json.dumps(body).encode()).usage


@pytest.mark.parametrize(
    ("dialect", "body", "usage"),
    [
        (
            "converse",
            {
                "output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}},
                "stopReason": "end_turn",
                "usage": {
                    "inputTokens": 3,
                    "outputTokens": 5,
                    "totalTokens": 8,
                    "cacheReadInputTokens": 100,
                    "cacheWriteInputTokens": 50,
                    "cacheDetails": [{"ttl": "1h", "inputTokens": 20}, {"ttl": "5m", "inputTokens": 30}],
                },
            },
            Usage(153, 5, cached=100, cache_write=30, cache_write_1h=20),
        ),
        (
            "converse",
            {
                "output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}},
                "usage": {"inputTokens": 0, "outputTokens": 0, "totalTokens": 80},
            },
            Usage(unsplit=80),
        ),
        (
            "gemini",
            {
                "candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}],
                "usageMetadata": {
                    "promptTokenCount": 1000,
                    "toolUsePromptTokenCount": 40,
                    "candidatesTokenCount": 1310,
                    "thoughtsTokenCount": 90,
                    "totalTokenCount": 2440,
                    "cachedContentTokenCount": 200,
                    "promptTokensDetails": [
                        {"modality": "TEXT", "tokenCount": 300},
                        {"modality": "IMAGE", "tokenCount": 258},
                        {"modality": "AUDIO", "tokenCount": 442},
                    ],
                    "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 42}],
                    "candidatesTokensDetails": [
                        {"modality": "IMAGE", "tokenCount": 1290},
                        {"modality": "TEXT", "tokenCount": 20},
                    ],
                },
            },
            Usage(1040, 1400, cached=200, reasoning=90, audio_in=400, image_in=258, image_out=1290),
        ),
        (
            "gemini",
            {
                "candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}],
                "usageMetadata": {"totalTokenCount": 50},
            },
            Usage(unsplit=50),
        ),
        (
            "ali",
            {"output": {"text": "hi"}, "usage": {"input_tokens": 8, "output_tokens": 3, "total_tokens": 20}},
            Usage(8, 12),
        ),
        (
            "ali",
            {
                "output": {"text": "hi"},
                "usage": {
                    "input_tokens": 8,
                    "output_tokens": 3,
                    "prompt_tokens_details": {"cached_tokens": 5},
                },
            },
            Usage(8, 3, cached=5),
        ),
        ("baidu", {"result": "hi", "usage": {"prompt_tokens": 4, "total_tokens": 10}}, Usage(4, 6)),
        ("baidu", {"result": "hi", "usage": {"total_tokens": 10}}, Usage(unsplit=10)),
        (
            "tencent",
            {
                "Response": {
                    "Choices": [{"Message": {"Role": "assistant", "Content": "hi"}, "FinishReason": "stop"}],
                    "Usage": {"PromptTokens": 3, "CompletionTokens": 5, "TotalTokens": 28},
                }
            },
            Usage(3, 25),
        ),
        (
            "cohere",
            {"response_id": "r", "text": "hi", "meta": {"tokens": {"input_tokens": 70, "output_tokens": 4}}},
            Usage(70, 4),
        ),
        (
            "cohere",
            {
                "response_id": "r",
                "text": "hi",
                "meta": {"billed_units": {"input_tokens": 7, "output_tokens": 4}},
            },
            Usage(7, 4),
        ),
        (
            "ollama",
            {"message": {"content": "hi"}, "done": True, "prompt_eval_count": 9, "eval_count": 4},
            Usage(9, 4),
        ),
        (
            "replicate",
            {
                "status": "succeeded",
                "output": ["hi"],
                "metrics": {"input_token_count": -9, "output_token_count": 4},
            },
            Usage(0, 4),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_of_formats_of_their_own(dialect: str, body: Fields, usage: Usage) -> None:
    assert usage_from(dialect, body) == usage
