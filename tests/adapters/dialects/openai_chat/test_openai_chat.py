"""OpenAI's chat completions: requests and answers, read and written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.framing.events import ServerSentEvent
from oneapi.domain.chat import (
    Audio,
    CacheBreakpoint,
    ChatEvent,
    ChatReply,
    ChatRequest,
    Choice,
    Document,
    Finished,
    FinishReason,
    FormatKind,
    Image,
    Message,
    MessageRole,
    ModelRefusal,
    Native,
    RefusalDelta,
    ResponseFormat,
    Sampling,
    Started,
    Text,
    TextDelta,
    Thinking,
    ThinkingDelta,
    TokenLogprob,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    ToolChoice,
    ToolMode,
    ToolResult,
    UsageReported,
)
from oneapi.domain.errors import (
    InvalidParameter,
    UnsupportedFeature,
    UpstreamBroken,
    UpstreamGarbage,
    UpstreamRefusal,
)
from oneapi.domain.histories import without_breakpoints
from oneapi.domain.usage import Usage
from tests.adapters.dialects.samples import ANTHROPIC_REQUEST, OPENAI_REQUEST, PIXEL, SCHEMA
from tests.support.providers.exchanges import payloads, summary

OPENAI, ANTHROPIC = SURFACES["openai_chat"], SURFACES["anthropic"]
MARK = CacheBreakpoint()


def test_every_field_of_a_request_is_read() -> None:
    assert OPENAI.read_request(OPENAI_REQUEST) == ChatRequest(
        dialect="openai_chat",
        model="m",
        messages=(
            Message(MessageRole.SYSTEM, (Text("Be brief."),)),
            Message(
                MessageRole.USER,
                (
                    Text("Look", MARK),
                    Image(data=PIXEL, media_type="image/png", detail="low"),
                    Image(url="https://example.net/a.png"),
                    Document(data="JVBERg==", media_type="application/pdf", title="a.pdf"),
                ),
                name="ada",
            ),
            Message(
                MessageRole.ASSISTANT,
                (
                    Thinking("Hm.", signature="c2ln"),
                    ToolCall("call_1", "weather", '{"city":"Oslo"}'),
                    ToolCall("call_2", "now", ""),
                ),
            ),
            Message(
                MessageRole.TOOL,
                (ToolResult("call_1", (Text("3 degrees"),)), ToolResult("call_2", (Text("noon"),))),
            ),
        ),
        tools=(Tool("weather", "Weather", SCHEMA, strict=True), Tool("now")),
        tool_choice=ToolChoice(ToolMode.NAMED, "weather"),
        parallel_tool_calls=False,
        sampling=Sampling(
            temperature=0,
            top_p=1,
            top_k=5,
            seed=9007199254740993,
            frequency_penalty=0.5,
            presence_penalty=-0.5,
            logit_bias={"50256": -100},
            n=1,
            stop=("END",),
        ),
        max_tokens=64,
        response_format=ResponseFormat(FormatKind.SCHEMA, "weather", SCHEMA, strict=True, description="d"),
        reasoning_effort="low",
        stream=True,
        include_usage=True,
        user="u1",
        extra={"store": False},
    )


def test_a_request_in_its_own_format_is_written_as_it_was_read() -> None:
    wanted = json.loads(json.dumps(OPENAI_REQUEST))
    wanted["stop"] = ["END"]
    wanted["max_tokens"] = wanted.pop("max_completion_tokens")  # which name it is, the model decides
    wanted["messages"][0]["role"] = "system"
    wanted["messages"][4]["content"] = "noon"
    # Thoughts with a signature are for the provider who signed them.
    del wanted["messages"][2]["reasoning_content"], wanted["messages"][2]["thinking_blocks"]
    assert OPENAI.write_request(OPENAI.read_request(OPENAI_REQUEST), "m") == wanted


def test_other_forms_of_the_same() -> None:
    def messages(*given: dict[str, Any]) -> tuple[Message, ...]:
        return OPENAI.read_request({"model": "m", "messages": list(given)}).messages

    assert messages({"role": "user", "content": [{"type": "image_url", "image_url": "https://a/b"}]})[
        0
    ].parts == (Image(url="https://a/b"),)
    call = {"id": "c", "function": {"name": "f", "arguments": {"a": 1}}}
    said = {
        "role": "assistant",
        "content": [{"type": "refusal", "refusal": "no"}],
        "tool_calls": [call],
        "audio": {"id": "a"},
    }
    assert messages(said)[0].parts == (ModelRefusal("no"), Audio(id="a"), ToolCall("c", "f", '{"a":1}'))
    assert messages({"role": "user", "content": [{"type": "text", "text": ""}, {"type": "video_url"}]})[
        0
    ].parts == (Native("openai_chat", {"type": "video_url"}),)


def test_a_thinking_parameter_that_is_not_claudes_is_kept_as_it_is() -> None:
    for thinking in ({"type": "disabled"}, {"type": "enabled"}):
        body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "thinking": thinking}
        assert OPENAI.write_request(OPENAI.read_request(body), "m") == body


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": {}}, "messages"),
        ({"messages": [1]}, "messages.0"),
        ({"messages": [{"content": "Hi"}]}, "messages.0.role"),
        ({"messages": [{"role": "narrator", "name": "f", "content": "1"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}, "messages.0.content.0.type"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "messages.0.content.0.image_url",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            "messages.0.content.0.image_url.url",
        ),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "image_url", "image_url": {"url": "data:image/png,a"}}],
                    }
                ]
            },
            "messages.0.content.0.image_url.url",
        ),
        ({"messages": [{"role": "tool", "content": "1"}]}, "messages.0.tool_call_id"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"id": "c"}]}]}, "messages.0.tool_calls.0"),
        ({"functions": [1]}, "tools.0.function"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_tokens": 1073741824}, "max_tokens"),
        ({"max_tokens": 1.0}, "max_tokens"),
        ({"n": True}, "n"),
        ({"temperature": "0"}, "temperature"),
        ({"stream": "yes"}, "stream"),
        ({"stop": [1]}, "stop"),
        ({"stream_options": []}, "stream_options"),
        ({"tool_choice": "maybe"}, "tool_choice"),
        ({"tool_choice": {"type": "allowed_tools"}}, "tool_choice"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools.0.function.name"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"thinking": {"type": "enabled", "budget_tokens": "many"}}, "thinking.budget_tokens"),
    ],
)
def test_a_client_reads_what_is_wrong(fields: dict[str, Any], param: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], **fields}
    with pytest.raises(InvalidParameter) as raised:
        OPENAI.read_request(body)
    assert raised.value.name == param


class TestWritingForAnUpstream:
    def test_what_clients_of_anthropic_ask(self) -> None:
        asked = without_breakpoints(ANTHROPIC.read_request(ANTHROPIC_REQUEST))
        body = OPENAI.write_request(asked, "gpt")
        system, user, assistant, result, seen, again = body.pop("messages")
        assert system["content"] == "Be brief."
        assert [part["type"] for part in user["content"]] == [
            "text",
            "image_url",
            "image_url",
            "file",
            "text",
        ]
        assert assistant == {
            "role": "assistant",
            "content": "Checking.",
            "tool_calls": [
                {
                    "id": "toolu_1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
                }
            ],
        }
        assert result == {"role": "tool", "tool_call_id": "toolu_1", "content": "timeout"}
        assert [part["type"] for part in seen["content"]] == ["image_url"]
        assert again == {"role": "user", "content": "Try again."}
        assert body == {
            "model": "gpt",
            "max_tokens": 2048,
            "temperature": 1,
            "top_p": 0.9,
            "top_k": 5,
            "stop": ["END"],
            "stream": True,
            "stream_options": {"include_usage": True},
            "user": "u1",
            "reasoning_effort": "low",
            "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}},
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "weather",
                        "description": "Weather",
                        "parameters": SCHEMA,
                        "strict": True,
                    },
                }
            ],
            "tool_choice": "required",
            "parallel_tool_calls": False,
        }

    def test_documents_by_url_are_refused(self) -> None:
        message = Message(MessageRole.USER, (Document(url="https://a/b.pdf"),))
        with pytest.raises(UnsupportedFeature, match="documents by URL"):
            OPENAI.write_request(ChatRequest("m", (message,)), "m")

    def test_sound_goes_out_as_it_came_in(self) -> None:
        heard = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
        body = {
            "model": "m",
            "messages": [
                {"role": "user", "content": [heard]},
                {"role": "assistant", "content": "", "audio": {"id": "a"}},
            ],
            "modalities": ["text", "audio"],
            "audio": {"voice": "alloy", "format": "wav"},
        }
        assert OPENAI.write_request(OPENAI.read_request(body), "m") == body


# --- answers -----------------------------------------------------------------------------------


def answered(message: dict[str, Any], **choice: Any) -> Choice:
    body = {"choices": [{"message": message, "finish_reason": "stop", **choice}]}
    return OPENAI.read_reply(json.dumps(body).encode()).choices[0]


class TestReadingAnAnswer:
    def test_parts(self) -> None:
        call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        choice = answered({"content": "A", "reasoning_content": "Hm.", "refusal": "no", "tool_calls": [call]})
        assert choice.parts == (Thinking("Hm."), Text("A"), ModelRefusal("no"), ToolCall("c", "f", "{}"))
        assert choice.finish is FinishReason.TOOL_CALLS  # some upstreams say stop

    def test_forms_of_other_upstreams(self) -> None:
        call = {"function": {"name": "f", "arguments": {"a": 1}}}
        choice = answered(
            {"content": [{"type": "text", "text": "A"}, 1], "reasoning": "Hm.", "tool_calls": [call]}
        )
        assert choice.parts == (Thinking("Hm."), Text("A"), ToolCall("", "f", '{"a":1}'))

    @pytest.mark.parametrize(
        ("word", "reason"),
        [
            ("stop", FinishReason.STOP),
            ("length", FinishReason.LENGTH),
            ("function_call", FinishReason.TOOL_CALLS),
            ("content_filter", FinishReason.CONTENT_FILTER),
            ("eos", FinishReason.STOP),
            (None, None),
        ],
    )
    def test_finish_reasons(self, word: str | None, reason: FinishReason | None) -> None:
        assert answered({"content": "A"}, finish_reason=word).finish == reason

    @pytest.mark.parametrize(
        "body", [b"", b"<html>", b"[]", b"{}", b'{"choices":[]}', b'{"choices":[1]}', b"\xff"]
    )
    def test_garbage(self, body: bytes) -> None:
        with pytest.raises(UpstreamGarbage):
            OPENAI.read_reply(body)

    @pytest.mark.parametrize("error", [{"message": "No", "type": "t", "code": 429}, "No"])
    def test_an_error_inside_a_success(self, error: Any) -> None:
        with pytest.raises(UpstreamRefusal, match="No"):
            OPENAI.read_reply(json.dumps({"error": error}).encode())


class TestWritingAnAnswer:
    def test_the_client_of_today_understands_it(self) -> None:
        thought = Thinking("Hm.", signature="c2ln")
        reply = ChatReply(
            "msg_1",
            "m",
            (
                Choice(
                    (thought, Text("A"), Text("B")),
                    FinishReason.LENGTH,
                    logprobs=(TokenLogprob("AB", -0.5, None, (TokenLogprob("?", -9.0, b"\xe2"),)),),
                ),
                Choice((thought, ToolCall("c", "f", "{}")), FinishReason.TOOL_CALLS, index=1),
                Choice((ModelRefusal("no"),), FinishReason.CONTENT_FILTER, index=2),
                Choice((), FinishReason.STOP, index=3),
            ),
            created=7,
            usage=Usage(10, 5, cached=4, reasoning=3),
        )
        body = json.loads(OPENAI.write_reply(reply))
        ChatCompletion.model_validate(body, strict=True)
        plain, calling, refusing, silent = (choice["message"] for choice in body["choices"])
        assert plain == {"role": "assistant", "content": "AB", "reasoning_content": "Hm."}
        assert body["choices"][0]["logprobs"]["content"] == [
            {
                "token": "AB",
                "logprob": -0.5,
                "bytes": [65, 66],
                "top_logprobs": [{"token": "?", "logprob": -9.0, "bytes": [0xE2]}],
            }
        ]
        # Claude wants these back behind the results of its tools.
        assert calling["thinking_blocks"] == [{"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}]
        assert calling["content"] is None
        assert refusing == {"role": "assistant", "content": None, "refusal": "no"}
        assert silent == {"role": "assistant", "content": ""}
        assert body["id"] == "chatcmpl-msg_1"
        assert body["usage"] == {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 0},
        }


# --- streams -----------------------------------------------------------------------------------


def chunk(
    delta: dict[str, Any] | None = None, *, index: int = 0, finish: str | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "model": "m",
        "choices": [{"index": index, "delta": delta, "finish_reason": finish}],
        **more,
    }


def read(*chunks: dict[str, Any], done: bool = True) -> list[ChatEvent]:
    reader = OPENAI.event_reader()
    data = [json.dumps(one).encode() for one in chunks] + [b"[DONE]"] * done
    events = [event for one in data for event in reader.feed(ServerSentEvent(b"", one))]
    return [*events, *reader.finish()]


def called(**fields: Any) -> dict[str, Any]:
    function = {name: fields.pop(name) for name in ("name", "arguments") if name in fields}
    return {"tool_calls": [{**fields, "function": function}]}


class TestReadingAStream:
    def test_all_kinds_of_deltas(self) -> None:
        events = read(
            {"choices": [], "prompt_filter_results": []},
            chunk({"role": "assistant", "content": ""}),
            chunk({"reasoning_content": "Hm."}),
            chunk({"reasoning": "So."}),
            chunk({"content": "A"}),
            chunk({"content": "B"}, index=1),
            chunk({"refusal": "no"}),
            chunk({}, finish="stop"),
            chunk({}, finish="stop"),
            chunk(None, index=1, finish="length"),
            {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
            {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 3}},
        )
        assert events == [
            Started("chatcmpl-1", "m"),
            ThinkingDelta("Hm."),
            ThinkingDelta("So."),
            TextDelta("A"),
            TextDelta("B", choice=1),
            RefusalDelta("no"),
            Finished(FinishReason.STOP),
            Finished(FinishReason.LENGTH, choice=1),
            UsageReported(Usage(1, 2)),
            UsageReported(Usage(1, 3)),
        ]

    @pytest.mark.parametrize(
        "calls",
        [
            # as OpenAI does; with id and name in every piece; without numbers; all with the number 0
            [
                called(index=0, id="a", name="f", arguments=""),
                called(index=0, arguments="{}"),
                called(index=1, id="b", name="g", arguments="{}"),
            ],
            [
                called(index=0, id="a", name="f", arguments="{"),
                called(index=0, id="a", name="f", arguments="}"),
                called(index=1, id="b", name="g", arguments="{}"),
            ],
            [called(id="a", name="f"), called(arguments="{}"), called(id="b", name="g", arguments={})],
            [
                called(index=0, id="a", name="f", arguments="{}"),
                called(index=0, id="b", name="g", arguments="{}"),
            ],
        ],
    )
    def test_calls_are_told_apart(self, calls: list[dict[str, Any]]) -> None:
        events = read(*map(chunk, calls), chunk({}, finish="stop"))
        assert [event for event in events if isinstance(event, ToolCallStarted)] == [
            ToolCallStarted(0, "a", "f"),
            ToolCallStarted(1, "b", "g"),
        ]
        arguments = {0: "", 1: ""}
        for event in events:
            if isinstance(event, ToolCallDelta):
                arguments[event.index] += event.arguments
        assert arguments == {0: "{}", 1: "{}"}
        assert events[-1] == Finished(FinishReason.TOOL_CALLS)

    def test_its_end(self) -> None:
        assert read(chunk({"content": "A"}, finish="stop"), done=False)[-1] == Finished(FinishReason.STOP)
        assert read(chunk({"content": "A"}))[-1] == Finished(FinishReason.STOP)
        with pytest.raises(UpstreamBroken):
            read(chunk({"content": "A"}), done=False)

    def test_errors(self) -> None:
        with pytest.raises(UpstreamRefusal, match="No"):
            read({"error": {"message": "No"}})
        with pytest.raises(UpstreamGarbage):
            OPENAI.event_reader().feed(ServerSentEvent(b"", b"not JSON"))


class TestWritingAStream:
    EVENTS: tuple[ChatEvent, ...] = (
        Started("msg_1", "upstream's name"),
        ThinkingDelta("Hm."),
        ThinkingDelta(signature="c2ln"),
        TextDelta("A"),
        TextDelta("B\n\ndata: [DONE]\n\n\u2028"),
        RefusalDelta("no"),
        ToolCallStarted(0, "c", "f"),
        ToolCallDelta(0, "{}"),
        Finished(FinishReason.TOOL_CALLS),
        TextDelta("other", choice=1),
        Finished(FinishReason.STOP, choice=1),
        UsageReported(Usage(1, 1)),
        UsageReported(Usage(1, 2)),
    )

    def written(self, *, include_usage: bool) -> list[dict[str, Any]]:
        writer = OPENAI.event_writer(reply_id="chatcmpl-0", model="m", created=7, include_usage=include_usage)
        return payloads(b"".join(map(writer.feed, self.EVENTS)) + writer.finish())

    def test_the_client_of_today_understands_it(self) -> None:
        chunks = self.written(include_usage=True)
        for one in chunks:
            ChatCompletionChunk.model_validate(one, strict=True)
        assert {one["id"] for one in chunks} == {"chatcmpl-msg_1"}
        assert {one["model"] for one in chunks} == {"m"}
        first = [one for one in chunks if one["choices"] and one["choices"][0]["index"] == 0]
        assert summary(first) == {
            "content": "AB\n\ndata: [DONE]\n\n\u2028",
            "reasoning_content": "Hm.",
            "tool_calls": [{"id": "c", "name": "f", "arguments": "{}"}],
            "finish_reason": "tool_calls",
        }
        assert [
            one["choices"][0]["index"]
            for one in chunks
            if one["choices"] and "role" in one["choices"][0]["delta"]
        ] == [0, 1]
        assert [one["usage"]["total_tokens"] for one in chunks if "usage" in one] == [3]
        assert chunks[-1]["choices"] == []

    def test_usage_only_if_asked_for(self) -> None:
        assert self.written(include_usage=False) == self.written(include_usage=True)[:-1]
