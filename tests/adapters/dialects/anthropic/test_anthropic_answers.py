"""Answers of Anthropic, read for other clients, written for its own, and passed on between the two."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest
from pydantic import TypeAdapter

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.framing.events import ServerSentEvent
from oneapi.adapters.framing.sse import Framer
from oneapi.domain.chat import (
    ChatEvent,
    ChatReply,
    Choice,
    Finished,
    FinishReason,
    RefusalDelta,
    Started,
    Text,
    TextDelta,
    Thinking,
    ThinkingDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from oneapi.domain.errors import UpstreamBroken, UpstreamGarbage, UpstreamRefusal
from oneapi.domain.usage import Usage

ANTHROPIC = SURFACES["anthropic"]
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "stop_sequence": None}


def answered(**fields: Any) -> ChatReply:
    return ANTHROPIC.read_reply(json.dumps({**MESSAGE, "content": [], **fields}).encode())


def event(kind: str, **fields: Any) -> ServerSentEvent:
    return ServerSentEvent(kind.encode(), json.dumps({"type": kind, **fields}).encode())


START = event("message_start", message={**MESSAGE, "usage": {"input_tokens": 12, "output_tokens": 1}})
STOP = event("message_stop")


def delta(kind: str, **fields: Any) -> ServerSentEvent:
    return event("content_block_delta", index=0, delta={"type": kind, **fields})


def ended(reason: str | None, **usage: int) -> ServerSentEvent:
    return event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=usage)


def read(*events: ServerSentEvent) -> list[ChatEvent]:
    reader = ANTHROPIC.event_reader()
    return [*(found for one in events for found in reader.feed(one)), *reader.finish()]


class TestUsage:
    @pytest.mark.parametrize(
        ("reported", "usage"),
        [
            ({"input_tokens": 3, "output_tokens": 5}, Usage(3, 5)),
            (
                {
                    "input_tokens": 3,
                    "cache_creation_input_tokens": 10,
                    "cache_read_input_tokens": 100,
                    "output_tokens": 5,
                    "output_tokens_details": {"thinking_tokens": 2},
                },
                Usage(113, 5, cached=100, reasoning=2, cache_write=10),
            ),
            (
                {
                    "input_tokens": 3,
                    "cache_creation_input_tokens": 10,
                    "output_tokens": 5,
                    "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 6},
                },
                Usage(13, 5, cache_write=4, cache_write_1h=6),
            ),
            (
                {"input_tokens": 3, "output_tokens": 5, "cache_creation": {"ephemeral_1h_input_tokens": 6}},
                Usage(9, 5, cache_write_1h=6),
            ),
            ({"input_tokens": None, "output_tokens": 5, "service_tier": "standard"}, Usage(0, 5)),
            ({"input_tokens": 0, "output_tokens": 0}, None),
            (None, None),
        ],
    )
    def test_of_an_answer(self, reported: dict[str, Any] | None, usage: Usage | None) -> None:
        assert answered(usage=reported).usage == usage

    def test_with_compactions_which_no_sum_holds(self) -> None:
        step = {"input_tokens": 100, "output_tokens": 20, "cache_read_input_tokens": 7}
        iterations = [
            {"type": "compaction", **step},
            {"type": "message", "input_tokens": 5, "output_tokens": 1},
        ]
        reported = {"input_tokens": 5, "output_tokens": 1, "iterations": iterations}
        assert answered(usage=reported).usage == Usage(112, 21, cached=7)

    def test_of_content_that_nobody_here_understands(self) -> None:
        body = {**MESSAGE, "content": [{"type": "of_tomorrow", "text": {"a": 1}}]}
        tally = ANTHROPIC.read_tally(
            json.dumps({**body, "usage": {"input_tokens": 3, "output_tokens": 2}}).encode()
        )
        assert tally.usage == Usage(3, 2)
        with pytest.raises(UpstreamGarbage):
            ANTHROPIC.read_tally(b'{"type": "message"}')

    @pytest.mark.parametrize(
        ("last", "usage"),
        [
            ({"output_tokens": 6}, Usage(112, 6, cached=100)),
            ({"input_tokens": 12, "output_tokens": 6}, Usage(112, 6, cached=100)),
            (
                {"input_tokens": 20, "cache_read_input_tokens": 50, "output_tokens": 6},
                Usage(70, 6, cached=50),
            ),
        ],
    )
    def test_of_a_stream_is_the_last_of_each_count(self, last: dict[str, int], usage: Usage) -> None:
        reported = {"input_tokens": 12, "cache_read_input_tokens": 100, "output_tokens": 1}
        start = event("message_start", message={**MESSAGE, "usage": reported})
        assert read(start, ended("end_turn", **last), STOP)[-1] == UsageReported(usage)
        tap = ANTHROPIC.tap(include_usage=False)
        tap.feed(start)
        # for a stream that is cut off: one token is not what the answer costs
        assert tap.tally.usage == Usage(112, 0, cached=100)
        tap.feed(ended("end_turn", **last))
        assert tap.tally.usage == usage


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", FinishReason.STOP),
        ("stop_sequence", FinishReason.STOP),
        ("pause_turn", FinishReason.STOP),
        ("max_tokens", FinishReason.LENGTH),
        ("model_context_window_exceeded", FinishReason.LENGTH),
        ("tool_use", FinishReason.TOOL_CALLS),
        ("refusal", FinishReason.CONTENT_FILTER),
        ("something_new", FinishReason.STOP),
        (None, None),
    ],
)
def test_stop_reasons(word: str | None, reason: FinishReason | None) -> None:
    assert answered(stop_reason=word).choices[0].finish == reason


def test_all_blocks_of_an_answer_are_read() -> None:
    content = [
        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "eA=="},
        {"type": "text", "text": "A"},
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}},
        {"type": "text", "text": "B", "citations": []},
        {
            "type": "tool_use",
            "id": "t",
            "name": "f",
            "input": {"big": 123456789012345678901234567890, "ü": "ß"},
        },
        {"type": "tool_use", "id": "u", "name": "g"},
    ]
    assert answered(content=content).choices[0].parts == (
        Thinking("Hm.", signature="c2ln"),
        Thinking(redacted="eA=="),
        Text("A"),
        Text("B"),
        ToolCall("t", "f", '{"big":123456789012345678901234567890,"ü":"ß"}'),
        ToolCall("u", "g", "{}"),
    )


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("invalid_request_error", 400),
        ("authentication_error", 401),
        ("permission_error", 403),
        ("not_found_error", 404),
        ("request_too_large", 413),
        ("rate_limit_error", 429),
        ("api_error", 500),
        ("overloaded_error", 529),
        ("news_error", 502),
    ],
)
def test_an_error_inside_a_success_has_its_own_status(kind: str, status: int) -> None:
    body = {"type": "error", "error": {"type": kind, "message": "No"}}
    reader, tap = ANTHROPIC.event_reader(), ANTHROPIC.tap(include_usage=False)
    for call in (
        lambda: ANTHROPIC.read_reply(json.dumps(body).encode()),
        lambda: reader.feed(event("error", error=body["error"])),
        lambda: tap.feed(event("error", error=body["error"])),
    ):
        with pytest.raises(UpstreamRefusal) as raised:
            call()
        refusal = raised.value
        assert (refusal.said, refusal.told.type, refusal.told.code, refusal.cause) == (
            status,
            kind,
            kind,
            "No",
        )


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"content":"A"}', b'{"content":null}', b"\xff"]
)
def test_what_is_no_message_is_garbage(body: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        ANTHROPIC.read_reply(body)


class TestReadingAStream:
    def test_parallel_calls_are_numbered_and_have_json_for_arguments(self) -> None:
        def begun(index: int, name: str) -> ServerSentEvent:
            block = {"type": "tool_use", "id": f"t{index}", "name": name, "input": {}}
            return event("content_block_start", index=index, content_block=block)

        def piece(index: int, text: str) -> ServerSentEvent:
            return event(
                "content_block_delta", index=index, delta={"type": "input_json_delta", "partial_json": text}
            )

        events = read(
            START,
            begun(1, "f"),
            begun(3, "g"),
            piece(3, '{"b":'),
            piece(1, ""),
            piece(1, "{}"),
            piece(3, "2}"),
            event("content_block_stop", index=1),
            event("content_block_stop", index=3),
            begun(4, "h"),
            event("content_block_stop", index=4),
            begun(5, "i"),
            ended("tool_use", output_tokens=9),
            STOP,
        )
        assert events == [
            Started("msg_1", "claude", Usage(12, 1)),
            ToolCallStarted(0, "t1", "f"),
            ToolCallStarted(1, "t3", "g"),
            ToolCallDelta(1, '{"b":'),
            ToolCallDelta(0, "{}"),
            ToolCallDelta(1, "2}"),
            ToolCallStarted(2, "t4", "h"),
            ToolCallDelta(2, "{}"),
            ToolCallStarted(3, "t5", "i"),
            ToolCallDelta(3, "{}"),
            Finished(FinishReason.TOOL_CALLS),
            UsageReported(Usage(12, 9)),
        ]

    def test_thoughts_and_what_comes_with_them(self) -> None:
        events = read(
            START,
            event(
                "content_block_start",
                index=0,
                content_block={"type": "thinking", "thinking": "", "signature": ""},
            ),
            delta("thinking_delta", thinking="Hm."),
            delta("signature_delta", signature="c2ln"),
            event(
                "content_block_start", index=1, content_block={"type": "redacted_thinking", "data": "eA=="}
            ),
            event("content_block_start", index=2, content_block={"type": "text", "text": "A"}),
            delta("text_delta", text="B"),
            delta("citations_delta", citation={}),
            delta("newer_delta", text="?"),
            event("ping"),
            event("newer_event"),
            ended("end_turn"),
            STOP,
            delta("text_delta", text="late"),
        )
        assert events[1:-1] == [
            ThinkingDelta("Hm."),
            ThinkingDelta(signature="c2ln"),
            ThinkingDelta(redacted="eA=="),
            TextDelta("A"),
            TextDelta("B"),
            Finished(FinishReason.STOP),
        ]

    def test_input_of_tools_at_the_provider_is_no_call_of_ours(self) -> None:
        block = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
        events = read(
            START,
            event("content_block_start", index=0, content_block=block),
            delta("input_json_delta", partial_json='{"query":"q"}'),
            event("content_block_stop", index=0),
            ended("end_turn", output_tokens=3),
            STOP,
        )
        assert events[1:] == [Finished(FinishReason.STOP), UsageReported(Usage(12, 3))]

    def test_an_end_without_a_reason(self) -> None:
        assert read(START, STOP)[-1] == Finished(FinishReason.STOP)
        assert read(START, ended("end_turn"))[-2] == Finished(FinishReason.STOP)
        with pytest.raises(UpstreamBroken):
            read(START, delta("text_delta", text="A"))

    @pytest.mark.parametrize(
        "data", [b"<html>", b"[]", b'{"type":7}', b'{"type":"message_delta","usage":{"output_tokens":"6"}}']
    )
    def test_garbage(self, data: bytes) -> None:
        with pytest.raises(UpstreamGarbage):
            read(ServerSentEvent(b"", data))


class TestTap:
    def test_bytes_pass_and_the_end_waits(self) -> None:
        events = [
            START,
            ServerSentEvent(b"ping", b'{"type": "ping"}'),
            ServerSentEvent(
                b"", b'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"A"}}'
            ),
            ServerSentEvent(b"", b"not JSON"),
            ServerSentEvent(
                b"", b'{"type":"content_block_start",\n"content_block":{"type":"tool_use","name":"f"}}'
            ),
            ended("tool_use", output_tokens=6),
            STOP,
            delta("text_delta", text="late"),
        ]
        tap = ANTHROPIC.tap(include_usage=False)
        out = b"".join(map(tap.feed, events)) + tap.finish()
        framer = Framer()
        passed = framer.feed(out)
        assert [one.data for one in passed] == [one.data for one in events[:6]]
        assert [one.name for one in passed] == [
            b"message_start",
            b"ping",
            b"content_block_delta",
            b"",
            b"content_block_start",
            b"message_delta",
        ]
        assert tap.tally.text == ["A", "f"]
        assert tap.tally.usage == Usage(12, 6)
        assert ANTHROPIC.end_marker == b'event: message_stop\ndata: {"type":"message_stop"}\n\n'

    def test_a_stream_that_stops_short(self) -> None:
        tap = ANTHROPIC.tap(include_usage=False)
        tap.feed(START)
        assert not tap.tally.produced
        tap.feed(delta("thinking_delta", thinking="Hm."))
        assert tap.tally.produced
        with pytest.raises(UpstreamBroken):
            tap.finish()


def written(*events: ChatEvent) -> list[dict[str, Any]]:
    writer = ANTHROPIC.event_writer(reply_id="chatcmpl-1", model="m", created=1, include_usage=False)
    out = b"".join(map(writer.feed, events)) + writer.finish() + ANTHROPIC.end_marker
    framer = Framer()
    found = [(one.name.decode(), json.loads(one.data)) for one in framer.feed(out)]
    assert all(name == fields["type"] for name, fields in found)
    return [fields for _, fields in found]


ALL_KINDS: list[ChatEvent] = [
    Started("chatcmpl-9", "gpt"),
    ThinkingDelta("Hm."),
    ThinkingDelta(signature="c2ln"),
    ThinkingDelta(redacted="eA=="),
    TextDelta("A"),
    TextDelta("B"),
    TextDelta("of another choice", choice=1),
    RefusalDelta("no"),
    ToolCallStarted(0, "t0", "f"),
    ToolCallStarted(1, "t1", "g"),
    ToolCallDelta(1, "{}"),
    ToolCallDelta(0, '{"a":1}'),
    Finished(FinishReason.STOP, choice=1),
    Finished(FinishReason.TOOL_CALLS),
    UsageReported(Usage(10, 4, cached=6, reasoning=1)),
]


class TestWritingAStream:
    def test_blocks_open_and_close_in_order(self) -> None:
        start, *rest = written(*ALL_KINDS)
        assert start["message"]["id"] == "msg_9"
        assert start["message"]["model"] == "m"
        assert [(one["type"], one.get("index")) for one in rest] == [
            ("content_block_start", 0),
            ("content_block_delta", 0),
            ("content_block_delta", 0),
            ("content_block_stop", 0),
            ("content_block_start", 1),
            ("content_block_stop", 1),
            ("content_block_start", 2),
            ("content_block_delta", 2),
            ("content_block_delta", 2),
            ("content_block_delta", 2),
            ("content_block_stop", 2),
            ("content_block_start", 3),
            ("content_block_delta", 3),
            ("content_block_stop", 3),
            ("content_block_start", 4),
            ("content_block_delta", 4),
            ("content_block_stop", 4),
            ("message_delta", None),
            ("message_stop", None),
        ]
        assert rest[-2]["delta"] == {"stop_reason": "tool_use", "stop_sequence": None}
        assert rest[-2]["usage"]["input_tokens"] == 4
        assert rest[-2]["usage"]["cache_read_input_tokens"] == 6

    def test_arguments_that_are_no_object_are_an_error(self) -> None:
        call = ToolCallStarted(0, "t0", "f")
        with pytest.raises(UpstreamGarbage, match="arguments"):
            written(call, ToolCallDelta(0, '{"a":'), Finished(FinishReason.TOOL_CALLS))
        with pytest.raises(UpstreamGarbage, match="arguments"):
            ANTHROPIC.write_reply(ChatReply("x", "m", (Choice((ToolCall("t", "f", "[1]"),)),)))
        *_, ended, _ = written(call, ToolCallDelta(0, '{"a":'), Finished(FinishReason.LENGTH))
        assert ended["delta"]["stop_reason"] == "max_tokens"

    def test_an_answer_with_calls_waits_for_tools_whatever_the_provider_calls_it(self) -> None:
        *_, ended, _ = written(ToolCallStarted(0, "call:0", "f"), Finished(FinishReason.STOP))
        assert ended["delta"]["stop_reason"] == "tool_use"
        reply = ChatReply("x", "m", (Choice((ToolCall("call:0", "f", ""),), FinishReason.STOP),))
        told = json.loads(ANTHROPIC.write_reply(reply))
        assert told["stop_reason"] == "tool_use"
        assert told["content"] == [{"type": "tool_use", "id": "call_0", "name": "f", "input": {}}]

    def test_the_client_of_today_understands_it(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the SDK's own, about its own types
            from anthropic.types import Message, RawMessageStreamEvent  # noqa: PLC0415

            events: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
            for one in written(*ALL_KINDS):
                events.validate_python(one)
            parts = (Thinking("Hm."), Text("A"), ToolCall("t", "f", '{"a":1}'))
            reply = ChatReply(
                "x", "m", (Choice(parts, FinishReason.STOP, stop_sequence="END"),), usage=Usage(1, 2)
            )
            message = Message.model_validate_json(ANTHROPIC.write_reply(reply))
        assert message.stop_reason == "stop_sequence"
        assert message.stop_sequence == "END"
        assert message.usage.input_tokens == 1

    def test_an_answer_of_nothing(self) -> None:
        start, ended, stop = written(Finished(FinishReason.STOP))
        assert start["message"]["id"] == "msg_1"
        assert ended["delta"]["stop_reason"] == "end_turn"
        assert stop == {"type": "message_stop"}


def test_errors_as_its_clients_read_them() -> None:
    error = {"message": "No", "type": "rate_limit_error", "param": "", "code": None}
    assert ANTHROPIC.render_error(error) == (
        b'event: error\ndata: {"type":"error","error":{"type":"rate_limit_error","message":"No"}}\n\n'
    )
    assert b'"type":"api_error"' in ANTHROPIC.render_error({**error, "type": "one_api_error"})
