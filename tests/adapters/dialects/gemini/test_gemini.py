"""Gemini's format: turns that come back as they were, schemas in words that it knows, and how much to think."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.dialects import DIALECTS, SURFACES
from oneapi.adapters.dialects.gemini import signatures
from oneapi.adapters.dialects.tool_calls import ConversationDialect
from oneapi.adapters.dialects.translation import Translation
from oneapi.adapters.framing.events import ServerSentEvent
from oneapi.domain.chat import (
    Audio,
    ChatRequest,
    Document,
    Finished,
    FinishReason,
    Image,
    Message,
    MessageRole,
    Native,
    Sampling,
    Speech,
    Text,
    TextDelta,
    Thinking,
    ToolCall,
    ToolResult,
    UsageReported,
)
from oneapi.domain.errors import UnsupportedFeature, UpstreamBroken, UpstreamGarbage, UpstreamRefusal
from oneapi.domain.usage import Usage
from oneapi.entrypoints.errors.answers import name_of, status_of
from tests.adapters.dialects.conversations import names, texts

GEMINI = DIALECTS["gemini"]
MODEL = "gemini-3-flash-preview"
base64s = st.from_regex(r"[A-Za-z0-9+/]{4,12}={0,2}", fullmatch=True)


def answer(parts: list[Any], reason: str = "STOP", **more: Any) -> bytes:
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": reason, "index": 0}
    return json.dumps({"candidates": [candidate], "responseId": "r", **more}).encode()


def identified() -> ConversationDialect:
    """With ids for calls, and thoughts that say whose they are, as the gateway speaks it."""
    numbers = count()
    return ConversationDialect(GEMINI, asked(), lambda: f"call_{next(numbers)}")


def asked(*messages: Message, **more: Any) -> ChatRequest:
    return ChatRequest("m", messages or (Message(MessageRole.USER, (Text("Hi"),)),), **more)


def written(*messages: Message, model: str = MODEL) -> list[Any]:
    contents: list[Any] = identified().write_request(asked(*messages), model)["contents"]
    return contents


# --- signatures --------------------------------------------------------------------------------


@st.composite
def turns(draw: st.DrawFn) -> list[dict[str, Any]]:
    """What a model of the third generation says: a thought, a text, and calls of which the first is signed."""
    parts: list[dict[str, Any]] = []
    if draw(st.booleans()):
        parts.append({"text": draw(texts), "thought": True})
    if draw(st.booleans()):
        parts.append({"text": draw(texts)})
        if draw(st.booleans()):
            parts[-1]["thoughtSignature"] = draw(base64s)
    arguments = st.dictionaries(names, texts, max_size=2)
    for number in range(draw(st.integers(1, 3))):
        call: dict[str, Any] = {"functionCall": {"name": draw(names), "args": draw(arguments)}}
        if number == 0 or draw(st.booleans()):
            call["thoughtSignature"] = draw(base64s)
        parts.append(call)
    return parts


def whole_turn(name: str, body: bytes) -> list[dict[str, Any]]:
    """The turn as a client of this surface holds it."""
    told = json.loads(SURFACES[name].write_reply(identified().read_reply(body)))
    if name == "responses":
        items: list[dict[str, Any]] = told["output"]
        return items
    if name == "anthropic":
        return [{"role": "assistant", "content": told["content"]}]
    if name == "gemini":
        return [told["candidates"][0]["content"]]
    return [told["choices"][0]["message"]]


def read_back(name: str, *turn: dict[str, Any]) -> Any:
    """What of it reaches the model again."""
    said = [{"role": "user", "content": "Hi"}, *turn]
    body = {"model": "m", "max_tokens": 1, "messages": said}
    if name == "responses":
        body = {"model": "m", "input": said}
    if name == "gemini":
        body = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}, *turn]}
    return identified().write_request(SURFACES[name].read_request(body), MODEL)["contents"][1]["parts"]


@pytest.mark.parametrize("name", SURFACES)
@given(parts=turns())
def test_a_turn_comes_back_as_it_was(name: str, parts: list[dict[str, Any]]) -> None:
    turn = whole_turn(name, answer(parts))
    assert read_back(name, *turn) == [part for part in parts if not part.get("thought")]


@given(parts=turns())
def test_a_streamed_turn_comes_back_as_it_was(parts: list[dict[str, Any]]) -> None:
    client = SURFACES["openai_chat"]
    writer = client.event_writer(reply_id="x", model="m", created=1, include_usage=False)
    translation = Translation(identified().event_reader(), writer)
    out = b"".join(
        translation.feed(ServerSentEvent(b"", answer([part], "STOP" if part is parts[-1] else "")))
        for part in parts
    )
    message: dict[str, Any] = {"role": "assistant", "content": "", "thinking_blocks": [], "tool_calls": []}
    for line in out.decode().split("\n\n")[:-1]:
        delta = json.loads(line.removeprefix("data: "))["choices"][0]["delta"]
        message["content"] += delta.get("content") or ""
        message["thinking_blocks"] += delta.get("thinking_blocks") or []
        for call in delta.get("tool_calls") or ():
            if "id" in call:
                message["tool_calls"].append({**call, "function": {**call["function"]}})
            else:
                message["tool_calls"][call["index"]]["function"]["arguments"] += call["function"]["arguments"]
    assert read_back("openai_chat", message) == [part for part in parts if not part.get("thought")]


def test_a_signature_of_another_model_is_not_sent() -> None:
    foreign = Message(
        MessageRole.ASSISTANT, (Thinking("hm", signature="Q2xhdWRl"), Text("a"), ToolCall("c", "f", "{}"))
    )
    _, turn = written(Message(MessageRole.USER, (Text("Hi"),)), foreign)
    assert turn["parts"][0] == {"text": "a"}
    assert turn["parts"][1]["thoughtSignature"] == signatures.UNKNOWN
    _, turn = written(Message(MessageRole.USER, (Text("Hi"),)), foreign, model="gemini-2.5-pro")
    assert "thoughtSignature" not in turn["parts"][1]


# --- requests ----------------------------------------------------------------------------------


def test_results_stand_in_the_order_of_the_calls_also_where_an_id_comes_again() -> None:
    def turn(*names: str) -> Message:
        return Message(
            MessageRole.ASSISTANT, tuple(ToolCall(f"call_{n}", name, "{}") for n, name in enumerate(names))
        )

    def results(*numbers: int) -> Message:
        return Message(MessageRole.TOOL, tuple(ToolResult(f"call_{n}", (Text(str(n)),)) for n in numbers))

    contents = written(turn("a", "b"), results(1, 0), turn("c"), results(0))
    found = [
        (part["functionResponse"]["name"], part["functionResponse"]["response"])
        for content in contents
        for part in content["parts"]
        if "functionResponse" in part
    ]
    assert found == [("a", {"output": "0"}), ("b", {"output": "1"}), ("c", {"output": "0"})]


def test_a_result_that_failed_or_holds_pictures() -> None:
    call = Message(MessageRole.ASSISTANT, (ToolCall("c", "f", "{}"),))
    picture = Image(data="UE5H", media_type="image/png")
    told = Message(
        MessageRole.TOOL, (ToolResult("c", (Text("no"), picture), is_error=True), ToolResult("9?", ()))
    )
    assert written(call, told)[1]["parts"] == [
        {"functionResponse": {"name": "f", "response": {"error": "no"}}},
        {"functionResponse": {"name": "_9_", "response": {"output": ""}}},
        {"inlineData": {"mimeType": "image/png", "data": "UE5H"}},
    ]


def test_a_system_message_alone_is_a_question() -> None:
    body = GEMINI.write_request(asked(Message(MessageRole.SYSTEM, (Text("Be brief."),))), MODEL)
    assert body["contents"] == [{"role": "user", "parts": [{"text": "Be brief."}]}]
    assert "system_instruction" not in body


def test_documents() -> None:
    parts = (
        Document(url="https://x.example/a.pdf"),
        Document(text="text", title="title"),
        Document(text="text"),
    )
    assert written(Message(MessageRole.USER, parts))[0]["parts"] == [
        {"fileData": {"mimeType": "application/pdf", "fileUri": "https://x.example/a.pdf"}},
        {"text": "title\n\ntext"},
        {"text": "text"},
    ]


@pytest.mark.parametrize(
    "request_",
    [
        asked(Message(MessageRole.USER, (Image(url="https://x.example/a.png"),))),
        asked(Message(MessageRole.USER, (Audio(id="a"),))),
        asked(Message(MessageRole.USER, (Native("openai_chat", {"type": "video_url"}),))),
        asked(Message(MessageRole.SYSTEM, (Image(data="UE5H", media_type="image/png"),))),
        asked(tools=(Native("openai_chat", {"type": "web_search"}),)),
        asked(modalities=("video",)),
        asked(modalities=("audio",), speech=Speech("Kore", "wav")),
        asked(sampling=Sampling(logprobs=True), stream=True),
    ],
)
def test_what_would_be_missed_is_refused(request_: ChatRequest) -> None:
    with pytest.raises(UnsupportedFeature):
        GEMINI.write_request(request_, MODEL)


def test_without_a_threshold_the_safety_settings_are_the_providers() -> None:
    assert "safety_settings" not in GEMINI.write_request(asked(), MODEL, {"GEMINI_SAFETY_SETTING": ""})
    sent = GEMINI.write_request(asked(), MODEL, {"GEMINI_SAFETY_SETTING": "OFF"})
    assert {setting["threshold"] for setting in sent["safety_settings"]} == {"OFF"}


@pytest.mark.parametrize(
    ("model", "effort", "budget", "found"),
    [
        ("gemini-2.0-flash", "high", None, None),
        ("gemini-2.5-flash", "", None, None),
        ("gemini-2.5-flash", "unheard-of", None, None),
        ("gemini-2.5-flash", "none", None, {"thinkingBudget": 0, "includeThoughts": False}),
        ("gemini-2.5-pro", "none", None, {"thinkingBudget": 128, "includeThoughts": False}),
        ("gemini-2.5-pro", "max", None, {"thinkingBudget": 24576, "includeThoughts": True}),
        ("gemini-2.5-pro", "low", 2000, {"thinkingBudget": 2000, "includeThoughts": True}),
        ("gemini-2.5-flash", "", 32000, {"thinkingBudget": 24576, "includeThoughts": True}),
        ("gemini-3-flash-preview", "minimal", None, {"thinkingLevel": "minimal", "includeThoughts": True}),
        ("gemini-3.1-pro-preview", "none", None, {"thinkingLevel": "low", "includeThoughts": False}),
        ("gemini-3-pro-preview", "medium", None, {"thinkingLevel": "high", "includeThoughts": True}),
        ("gemini-flash-latest", "", 1024, {"thinkingLevel": "low", "includeThoughts": True}),
        ("gemini-flash-latest", "", 5000, {"thinkingLevel": "medium", "includeThoughts": True}),
        ("gemini-flash-latest", "", 30000, {"thinkingLevel": "high", "includeThoughts": True}),
    ],
)
def test_thinking(model: str, effort: str, budget: int | None, found: dict[str, Any] | None) -> None:
    request = asked(reasoning_effort=effort, thinking_budget=budget)
    assert GEMINI.write_request(request, model)["generation_config"].get("thinkingConfig") == found


# --- answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reported", "usage"),
    [
        ({"promptTokenCount": 5, "candidatesTokenCount": 3, "thoughtsTokenCount": 4, "totalTokenCount": 12},
         Usage(5, 7, reasoning=4)),
        # within the candidates' tokens, as some models of the cloud report them
        ({"promptTokenCount": 5, "candidatesTokenCount": 7, "thoughtsTokenCount": 4, "totalTokenCount": 12},
         Usage(5, 7, reasoning=4)),
        ({"promptTokenCount": 5, "candidatesTokenCount": 3, "thoughtsTokenCount": 4}, Usage(5, 7, reasoning=4)),
        ({"promptTokenCount": 5, "toolUsePromptTokenCount": 10, "candidatesTokenCount": 3,
          "totalTokenCount": 18, "cachedContentTokenCount": 2}, Usage(15, 3, cached=2)),
        ({"promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 8,
          "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 2}]}, Usage(5, 3, audio_out=2)),
        ({}, None),
    ],
)  # fmt: skip
def test_usage(reported: dict[str, Any], usage: Usage | None) -> None:
    assert GEMINI.read_reply(answer([{"text": "a"}], usageMetadata=reported)).usage == usage


@pytest.mark.parametrize(
    ("reason", "found"),
    [
        ("STOP", FinishReason.STOP),
        ("MAX_TOKENS", FinishReason.LENGTH),
        ("RECITATION", FinishReason.CONTENT_FILTER),
        ("PROHIBITED_CONTENT", FinishReason.CONTENT_FILTER),
        ("MALFORMED_FUNCTION_CALL", FinishReason.STOP),
        ("A_WORD_OF_TOMORROW", FinishReason.STOP),
        ("", None),
    ],
)
def test_finish_reasons(reason: str, found: FinishReason | None) -> None:
    (choice,) = GEMINI.read_reply(answer([{"text": "a"}], reason)).choices
    assert choice.finish is found


def test_a_prompt_that_is_blocked_in_a_stream() -> None:
    reader = GEMINI.event_reader()
    feedback = {"promptFeedback": {"blockReason": "OTHER", "blockReasonMessage": "No."}}
    with pytest.raises(UpstreamRefusal) as caught:
        reader.feed(ServerSentEvent(b"", json.dumps(feedback).encode()))
    shown = caught.value
    assert (status_of(shown), shown.cause, name_of(shown).code) == (
        400,
        "Prompt blocked: OTHER: No.",
        "content_filter",
    )


def test_a_stream_without_an_end_is_broken() -> None:
    reader = GEMINI.event_reader()
    reader.feed(ServerSentEvent(b"", answer([{"text": "a"}], "")))
    with pytest.raises(UpstreamBroken):
        reader.finish()


def test_the_prompt_alone_is_no_bill() -> None:
    reader = GEMINI.event_reader()
    early = reader.feed(
        ServerSentEvent(b"", answer([{"text": "a"}], "", usageMetadata={"promptTokenCount": 5}))
    )
    assert TextDelta("a") in early
    assert not any(isinstance(event, UsageReported) for event in early)
    late = reader.feed(ServerSentEvent(b"", answer([], "SAFETY", usageMetadata={"promptTokenCount": 5})))
    assert late == (Finished(FinishReason.CONTENT_FILTER), UsageReported(Usage(5, 0)))


def test_an_answer_without_candidates() -> None:
    with pytest.raises(UpstreamGarbage):
        GEMINI.read_reply(b"{}")


def test_thoughts_that_nobody_signed_and_empty_turns_are_not_sent_back() -> None:
    turn = Message(MessageRole.ASSISTANT, (Thinking("hm"), Text("a")))
    empty = Message(MessageRole.ASSISTANT, (Thinking("hm"), Text("")))
    assert written(Message(MessageRole.USER, (Text("Hi"),)), turn, empty)[1:] == [
        {"role": "model", "parts": [{"text": "a"}]}
    ]
