"""Marks of what is to be kept of a prompt, as clients of each format write them and upstreams read them."""

from __future__ import annotations

from typing import Any

import pytest

from oneapi.adapters.dialects import DIALECTS, SURFACES
from oneapi.adapters.dialects.caching import cache_control, read_breakpoint
from oneapi.adapters.dialects.reading import Fields
from oneapi.adapters.dialects.tool_calls import ConversationDialect
from oneapi.domain.chat import CacheBreakpoint, Image, Text
from oneapi.domain.errors import InvalidParameter

EPHEMERAL = {"type": "ephemeral"}


@pytest.mark.parametrize(
    ("item", "mark"),
    [
        ({}, None),
        ({"cache_control": None}, None),
        ({"cache_control": EPHEMERAL}, CacheBreakpoint()),
        ({"cache_control": {**EPHEMERAL, "ttl": "1h"}}, CacheBreakpoint(3600)),
        ({"prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}}, CacheBreakpoint(1800)),
        ({"cache_control": {"ttl": "soon"}}, CacheBreakpoint()),
    ],
)
def test_marks_are_read(item: dict[str, Any], mark: CacheBreakpoint | None) -> None:
    assert read_breakpoint(Fields(item)) == mark


@pytest.mark.parametrize("given", ["yes", {"ttl": 5}])
def test_what_is_no_mark_is_refused_by_name(given: Any) -> None:
    with pytest.raises(InvalidParameter, match=r"messages\.0\.cache_control"):
        read_breakpoint(Fields({"cache_control": given}, "messages.0"))


@pytest.mark.parametrize(("seconds", "ttl"), [(300, "5m"), (30, "5m"), (1800, "1h"), (3600, "1h")])
def test_the_nearest_lifetime_is_written(seconds: int, ttl: str) -> None:
    assert cache_control(CacheBreakpoint(seconds)) == {**EPHEMERAL, "ttl": ttl}


def sent(*, caches: bool) -> dict[str, Any]:
    mark = {"cache_control": EPHEMERAL}
    chat = SURFACES["anthropic"].read_request(
        {
            "model": "m",
            "max_tokens": 9,
            "system": [{"type": "text", "text": "A"}, {"type": "text", "text": "B", **mark}],
            "tools": [{"name": "f", "input_schema": {"type": "object"}, **mark}],
            "messages": [
                {"role": "user", "content": "hi"},
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "c", "name": "f", "input": {}, **mark}],
                },
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "c", "content": "1", **mark}],
                },
            ],
        }
    )
    dialect = ConversationDialect(DIALECTS["openai_chat"], chat, lambda: "id", caches=caches)
    return dialect.write_request(chat, "m")


def test_an_upstream_that_knows_them_gets_them_on_texts() -> None:
    body = sent(caches=True)
    system, _, call, result = body["messages"]
    assert system["content"] == [{"type": "text", "text": "A\n\nB", "cache_control": EPHEMERAL}]
    assert result["content"] == [{"type": "text", "text": "1", "cache_control": EPHEMERAL}]
    assert "cache_control" not in str(call) + str(body["tools"])


def test_texts_behind_a_mark_stay_apart() -> None:
    content = [
        {"type": "text", "text": "A", "cache_control": EPHEMERAL},
        {"type": "text", "text": "B"},
        {"type": "text", "text": "C"},
    ]
    fields = {
        "model": "m",
        "max_tokens": 9,
        "system": content,
        "messages": [{"role": "user", "content": "hi"}],
    }
    chat = SURFACES["anthropic"].read_request(fields)
    dialect = ConversationDialect(DIALECTS["openai_chat"], chat, lambda: "id", caches=True)
    system = dialect.write_request(chat, "m")["messages"][0]
    assert [part["text"] for part in system["content"]] == ["A", "B\n\nC"]


def test_others_get_none() -> None:
    assert "cache_control" not in str(sent(caches=False))


def test_marks_of_clients_of_responses() -> None:
    mark = {"prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}}
    content = [
        {"type": "input_text", "text": "hi", **mark},
        {"type": "input_image", "image_url": "https://example.org/a.png", **mark},
    ]
    fields = {"model": "m", "input": [{"role": "user", "content": content}]}
    chat = SURFACES["responses"].for_request(fields).read_request(fields)
    url = "https://example.org/a.png"
    mark_read = CacheBreakpoint(1800)
    assert chat.messages[0].parts == (Text("hi", mark_read), Image(url=url, cache=mark_read))
