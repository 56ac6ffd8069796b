"""What a prompt consists of, and how much of a wallet it may need."""

import json
import timeit
from typing import Any

import pytest

from oneapi.adapters.dialects import SURFACES
from oneapi.data import traits_of
from oneapi.domain import counting
from oneapi.domain.counting import Counted, image_tokens
from oneapi.domain.errors import InvalidParameter
from oneapi.domain.requests import RelayRequest
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import status_of

OPENAI = SURFACES["openai_chat"]
check_content = OPENAI.check_content
BIG = 20_000


def asked(work: Work = Work.CONVERSE, **fields: Any) -> RelayRequest:
    body = json.dumps(fields, ensure_ascii=False).encode()
    return RelayRequest(work, "openai_chat", fields.get("model", "m"), body, fields)


def read_prompt(request: RelayRequest) -> Counted:
    return SURFACES[request.dialect].read_prompt(request.work, request.fields)


def estimate_prompt(request: RelayRequest) -> int:
    return counting.estimate_prompt(request, SURFACES[request.dialect], traits_of)


def image(detail: str | None = None, url: str = "https://example.com/a.png") -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url} | ({"detail": detail} if detail else {})}


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


# --- what is counted -----------------------------------------------------------------------------


def test_messages_cost_three_each_and_three_for_the_reply() -> None:
    counted = read_prompt(
        asked(messages=[user("hello"), {"role": "assistant", "content": None, "name": "bob"}])
    )
    assert counted.tokens == 3 + (3 + 1) + 3
    assert counted.texts == ["user", "hello", "assistant", "bob"]


def test_parts_tools_and_calls_are_counted() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": '{"a":1}'}}
    counted = read_prompt(
        asked(
            messages=[
                user(
                    [
                        {"type": "text", "text": "what"},
                        image("low"),
                        {"type": "input_audio", "input_audio": {}},
                    ]
                ),
                {"role": "assistant", "content": None, "tool_calls": [call]},
            ],
            tools=[{"type": "function", "function": {"name": "look"}}],
        )
    )
    tool = '[{"type":"function","function":{"name":"look"}}]'
    assert counted.texts == ["user", "what", "assistant", "look", '{"a":1}', tool]
    assert counted.images == [("https://example.com/a.png", "low")]


@pytest.mark.parametrize(
    ("value", "texts", "tokens"),
    [
        ("one", ["one"], 0),
        (["one", "two"], ["one", "two"], 0),
        ([1, 2, 3], [], 3),
        ([[1, 2], [3]], [], 3),
        (None, [], 0),
        ([True, None, 1.5], [], 0),
        ([{"type": "text", "text": "one"}], ["one"], 0),
    ],
)
@pytest.mark.parametrize(
    ("work", "name"),
    [(Work.COMPLETE, "prompt"), (Work.EMBED, "input"), (Work.MODERATE, "input")],
)
def test_lists_of_texts_and_of_token_ids(
    work: Work, name: str, value: Any, texts: list[str], tokens: int
) -> None:
    counted = read_prompt(asked(work, **{name: value}))
    assert (counted.texts, counted.tokens) == (texts, tokens)


def test_an_edit_is_its_input_and_its_instruction() -> None:
    assert read_prompt(asked(Work.EDIT, input="a", instruction="b")).texts == ["a", "b"]


@pytest.mark.parametrize(
    "messages", [None, 3, ["a", None], [{}], [user(7)], [user([7, None, {"type": "text"}])]]
)
def test_odd_messages_are_counted_without_failing(messages: Any) -> None:
    assert read_prompt(asked(messages=messages)).tokens >= 3


# --- images --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "detail", "model", "tokens"),
    [
        ((512, 512), "high", "gpt-4o", 85 + 170),
        ((513, 512), "auto", "gpt-4o", 85 + 2 * 170),
        ((1024, 1024), "high", "gpt-4o", 85 + 4 * 170),
        ((4096, 2048), "high", "gpt-4o", 85 + 6 * 170),
        ((2048, 700), "high", "gpt-4o", 85 + 8 * 170),
        ((8000, 100), "high", "gpt-4o", 85 + 4 * 170),
        ((4096, 4096), "low", "gpt-4o", 85),
        (None, "high", "gpt-4o", 85),
        ((512, 512), "high", "gpt-4o-mini-2024-07-18", 2833 + 5667),
        (None, "low", "gpt-4o-mini", 2833),
    ],
)
def test_tokens_of_an_image(size: tuple[int, int] | None, detail: str, model: str, tokens: int) -> None:
    assert image_tokens(size, detail, traits_of(model).image_tokens) == tokens


# --- the estimate --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["word " * 200, "汉字" * 200, "word " * BIG, "汉字" * BIG])
def test_the_estimate_is_not_below_one_token_in_three_bytes(text: str) -> None:
    estimate = estimate_prompt(asked(messages=[user(text)]))
    assert len(text.encode()) // 3 <= estimate <= len(text.encode()) // 3 + 50


def test_a_picture_is_estimated_as_a_picture_and_not_by_its_bytes() -> None:
    inline = image(url="data:image/png;base64," + "A" * 1_000_000)
    for part in (inline, image(), image("high")):
        assert 765 <= estimate_prompt(asked(messages=[user([part])])) <= 800
    assert estimate_prompt(asked(messages=[user([image("low")])])) <= 120
    assert estimate_prompt(asked(model="gpt-4o-mini", messages=[user([image()])])) >= 2833 + 4 * 5667


def test_tools_count_in_the_estimate() -> None:
    tools = [{"type": "function", "function": {"name": "f", "description": "x" * 9000}}]
    assert estimate_prompt(asked(messages=[user("hi")], tools=tools)) >= 3000
    big = [{"type": "function", "function": {"name": "f", "description": "x" * 60_000}}]
    assert estimate_prompt(asked(messages=[user("hi")], tools=big)) >= 20_000


def test_token_ids_count_one_each() -> None:
    ids = list(range(100_000, 200_000))
    assert estimate_prompt(asked(Work.EMBED, input=ids)) == len(ids)


def test_a_form_has_no_prompt_that_costs() -> None:
    request = RelayRequest(Work.TRANSCRIBE, "openai_chat", "whisper-1", b"x" * 9999, form={"model": "m"})
    assert estimate_prompt(request) == 0


def test_an_ordinary_request_is_estimated_in_microseconds() -> None:
    request = asked(messages=[user("word " * 60) for _ in range(5)])
    assert min(timeit.repeat(lambda: estimate_prompt(request), number=200, repeat=5)) / 200 < 50e-6


# --- parts that nobody could read ----------------------------------------------------------------


@pytest.mark.parametrize(
    "part",
    [
        "text",
        None,
        7,
        {"type": "text"},
        {"type": "text", "text": 7},
        {"type": "image_url"},
        {"type": "image_url", "image_url": {}},
        {"type": "image_url", "image_url": {"url": 7}},
        {"type": "image_url", "image_url": {"url": "https://example.com", "detail": 7}},
    ],
)
def test_an_odd_part_is_the_callers_fault(part: Any) -> None:
    with pytest.raises(InvalidParameter) as caught:
        estimate_prompt(asked(messages=[user([part])]))
    assert (status_of(caught.value), caught.value.name) == (400, "messages")


@pytest.mark.parametrize(
    "content",
    [
        "text",
        None,
        {},
        [],
        [{"type": "text", "text": "a"}, image(), image("low"), {"type": "file", "file": {}}],
    ],
)
def test_other_content_passes(content: Any) -> None:
    check_content({"messages": [user(content)]})


# --- the Messages API ----------------------------------------------------------------------------

MESSAGES = SURFACES["anthropic"]


def message(*blocks: Any, role: str = "user", **fields: Any) -> RelayRequest:
    fields = {"messages": [{"role": role, "content": list(blocks)}], "max_tokens": 1, **fields}
    return RelayRequest(Work.CONVERSE, "anthropic", "m", json.dumps(fields).encode(), fields)


def base64_image(data: str) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


def test_every_text_of_a_message_is_counted() -> None:
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "cold"}]}
    source = {"type": "text", "media_type": "text/plain", "data": "once"}
    counted = read_prompt(
        message(
            {"type": "text", "text": "look"},
            {"type": "thinking", "thinking": "hm", "signature": "not text"},
            {"type": "tool_use", "id": "t", "name": "weather", "input": {"city": "Oslo"}},
            result,
            {**result, "content": "warm"},
            {"type": "document", "title": "tale", "source": source},
            {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "in"}]}},
            system=[{"type": "text", "text": "be brief"}],
            tools=[{"name": "weather"}],
        )
    )
    assert counted.texts == [
        "be brief",
        "user",
        "look",
        "hm",
        "weather",
        '{"city":"Oslo"}',
        "cold",
        "warm",
        "tale",
        "once",
        "in",
        '[{"name":"weather"}]',
    ]
    assert counted.tokens == 3 + 3
    assert read_prompt(message(system="be brief")).texts == ["be brief", "user"]


def test_pictures_and_files_of_a_message_are_no_text() -> None:
    by_link = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
    pdf = {
        "type": "document",
        "source": {"type": "base64", "media_type": "application/pdf", "data": "x" * 4000},
    }
    shown = {"type": "tool_result", "tool_use_id": "t", "content": [base64_image("iVBO")]}
    counted = read_prompt(message(by_link, shown, pdf))
    assert counted.images == [
        ("https://example.com/a.png", "auto"),
        ("data:image/png;base64,iVBO", "auto"),
    ]
    assert counted.tokens == 3 + 3 + 100
    assert estimate_prompt(message(by_link)) > 700
    assert estimate_prompt(message(base64_image("x" * BIG))) < 1000


@pytest.mark.parametrize("value", [None, 1, "x", [1], {"a": 1}, [{"type": "text"}], [{"content": [1, {}]}]])
@pytest.mark.parametrize("name", ["messages", "system", "tools"])
def test_odd_fields_of_a_message_count_little(name: str, value: Any) -> None:
    assert read_prompt(message(**{name: value})).tokens < 20


def test_blocks_within_blocks_are_looked_at_so_far() -> None:
    block: dict[str, Any] = {"type": "text", "text": "deep"}
    for _ in range(5000):
        block = {"type": "tool_result", "content": [block]}
    fields = {"messages": [{"role": "user", "content": [block]}]}
    assert MESSAGES.read_prompt(Work.CONVERSE, fields).texts == ["user"]


@pytest.mark.parametrize(
    ("given", "limit"), [(5, 5), (0, 0), (None, 0), (-1, 0), ("5", 0), (5.0, 0), (True, 0)]
)
def test_the_limit_of_a_message(given: Any, limit: int) -> None:
    assert MESSAGES.read_limits({"max_tokens": given, "n": 9}) == (limit, 1)
