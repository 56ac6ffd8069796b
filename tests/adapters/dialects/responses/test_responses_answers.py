"""Answers as Responses, whole and streamed: every event in its order, and what an upstream's cost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.framing.sse import Framer
from oneapi.domain.chat import (
    ChatReply,
    Choice,
    Finished,
    FinishReason,
    ModelRefusal,
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
from tests.adapters.dialects.samples import APPLY_PATCH, PATCH, RESPONSES_REQUEST, WAIT

if TYPE_CHECKING:
    from oneapi.domain.chat import ChatEvent

RESPONSES = SURFACES["responses"]
USAGE = Usage(9, 5, cached=4, reasoning=2, cache_write=3)
TOLD = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 2},
    "total_tokens": 14,
}
TOOLS = [APPLY_PATCH, {"type": "namespace", "name": "agents", "tools": [WAIT]}]
#: The arguments of a function that stands for a custom tool.
GIVEN = json.dumps({"input": PATCH})


def events_in(stream: bytes) -> list[dict[str, Any]]:
    framed = Framer().feed(stream)
    events: list[dict[str, Any]] = [json.loads(event.data) for event in framed]
    assert [event["type"] for event in events] == [event.name.decode() for event in framed]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    return events


def streamed(*events: ChatEvent, **request: Any) -> list[dict[str, Any]]:
    client = RESPONSES.for_request(request)
    writer = client.event_writer(reply_id="chatcmpl-1f", model="m", created=7, include_usage=True)
    return events_in(b"".join(map(writer.feed, events)) + writer.finish())


def whole(*parts: Any, finish: FinishReason = FinishReason.STOP, **request: Any) -> dict[str, Any]:
    reply = ChatReply("chatcmpl-1f", "m", (Choice(parts, finish),), created=7, usage=USAGE)
    body: dict[str, Any] = json.loads(RESPONSES.for_request(request).write_reply(reply))
    return body


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events]


class TestStream:
    def test_a_thought_a_text_and_a_call(self) -> None:
        events = streamed(
            Started("x", "y"),
            ThinkingDelta("I "),
            ThinkingDelta("think."),
            ThinkingDelta(signature="c2ln"),
            TextDelta("Let "),
            TextDelta("me."),
            ToolCallStarted(0, "call_1", "f"),
            ToolCallDelta(0, '{"a":'),
            ToolCallDelta(0, "1}"),
            Finished(FinishReason.TOOL_CALLS),
            UsageReported(USAGE),
        )
        assert kinds(events) == [
            "created",
            "in_progress",
            "output_item.added",
            "reasoning_summary_part.added",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.done",
            "reasoning_summary_part.done",
            "output_item.done",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
            "completed",
        ]
        items = [event["item"] for event in events if event["type"] == "response.output_item.done"]
        assert items == [
            {
                "id": "rs_1f0000",
                "type": "reasoning",
                "summary": [{"type": "summary_text", "text": "I think."}],
                "encrypted_content": "signed.c2ln",
            },
            {
                "id": "msg_1f0001",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": "Let me.", "annotations": [], "logprobs": []}],
            },
            {
                "id": "fc_1f0002",
                "type": "function_call",
                "call_id": "call_1",
                "name": "f",
                "arguments": '{"a":1}',
                "status": "completed",
            },
        ]
        last = events[-1]["response"]
        assert last["output"] == items
        assert last["usage"] == TOLD
        assert (last["status"], last["completed_at"]) == ("completed", 7)
        assert {event["response"]["id"] for event in events if "response" in event} == {"resp_1f"}
        assert events[0]["response"]["usage"] is None

    def test_calls_whose_pieces_come_mixed(self) -> None:
        events = streamed(
            ToolCallStarted(0, "a", "f"),
            ToolCallStarted(1, "b", "g"),
            ToolCallDelta(1, "{}"),
            ToolCallDelta(0, "[]"),
            Finished(FinishReason.TOOL_CALLS),
        )
        deltas = [(event["output_index"], event["delta"]) for event in events if "delta" in event]
        assert deltas == [(1, "{}"), (0, "[]")]
        assert [item["arguments"] for item in events[-1]["response"]["output"]] == ["[]", "{}"]

    def test_a_call_of_a_custom_tool_and_of_one_in_a_namespace(self) -> None:
        events = streamed(
            ToolCallStarted(0, "a", "apply_patch"),
            ToolCallDelta(0, GIVEN[:20]),
            ToolCallDelta(0, GIVEN[20:]),
            ToolCallStarted(1, "b", "agents__wait"),
            ToolCallDelta(1, "{}"),
            Finished(FinishReason.TOOL_CALLS),
            tools=TOOLS,
        )
        told = [event for event in events if "custom_tool_call_input" in event["type"]]
        assert [event.get("delta") or event["input"] for event in told] == [PATCH, PATCH]
        assert events[-1]["response"]["output"] == [
            {
                "id": "ctc_1f0000",
                "type": "custom_tool_call",
                "call_id": "a",
                "name": "apply_patch",
                "input": PATCH,
                "status": "completed",
            },
            {
                "id": "fc_1f0001",
                "type": "function_call",
                "call_id": "b",
                "name": "wait",
                "namespace": "agents",
                "arguments": "{}",
                "status": "completed",
            },
        ]

    def test_a_text_and_a_refusal_stand_in_one_message(self) -> None:
        events = streamed(TextDelta("Well"), RefusalDelta("no"), Finished(FinishReason.STOP))
        (item,) = events[-1]["response"]["output"]
        assert [part["type"] for part in item["content"]] == ["output_text", "refusal"]
        assert [event["content_index"] for event in events if "content_index" in event] == [0] * 4 + [1] * 4

    def test_thoughts_that_nobody_may_read(self) -> None:
        events = streamed(
            ThinkingDelta(redacted="eA=="),
            ThinkingDelta(signature="gemini.call0.x"),
            Finished(FinishReason.STOP),
        )
        output = events[-1]["response"]["output"]
        assert [item["encrypted_content"] for item in output] == ["hidden.eA==", "signed.gemini.call0.x"]
        assert [item["summary"] for item in output] == [[], []]

    @pytest.mark.parametrize(
        ("finish", "reason"),
        [(FinishReason.LENGTH, "max_output_tokens"), (FinishReason.CONTENT_FILTER, "content_filter")],
    )
    def test_an_answer_that_is_not_complete(self, finish: FinishReason, reason: str) -> None:
        events = streamed(TextDelta("On and"), Finished(finish))
        assert events[-1]["type"] == "response.incomplete"
        response = events[-1]["response"]
        assert response["incomplete_details"] == {"reason": reason}
        assert response["status"] == "incomplete"
        assert response["output"][0]["status"] == (
            "incomplete" if finish is FinishReason.LENGTH else "completed"
        )

    def test_an_answer_that_says_nothing(self) -> None:
        assert kinds(streamed(Finished(FinishReason.STOP))) == ["created", "in_progress", "completed"]

    def test_other_choices_are_not_written(self) -> None:
        events = streamed(TextDelta("a"), TextDelta("b", choice=1), Finished(FinishReason.STOP, choice=1))
        assert [event["delta"] for event in events if "delta" in event] == ["a"]

    def test_an_answer_that_breaks_off(self) -> None:
        client = RESPONSES.for_request({"metadata": {"a": "b"}})
        error = {"message": "gone", "type": "upstream_error", "param": "", "code": None}
        event = client.render_error(error, 429)
        assert client.broken_off(event) == event
        assert json.loads(event.removeprefix(b"event: error\ndata: ")) == {
            "type": "error",
            "status": 429,
            "error": error,
        }
        writer = client.event_writer(reply_id="chatcmpl-1f", model="m", created=7, include_usage=True)
        begun = writer.feed(TextDelta("a"))
        last = events_in(begun + client.broken_off(event))[-1]
        assert last["type"] == "response.failed"
        assert last["response"]["id"] == "resp_1f"
        assert last["response"]["metadata"] == {"a": "b"}
        assert last["response"]["error"] == {"code": "rate_limit_exceeded", "message": "gone"}


class TestWhole:
    def test_says_the_same_as_a_stream(self) -> None:
        told = whole(
            Thinking("I think.", signature="c2ln"),
            Text("Let me."),
            ModelRefusal("No."),
            ToolCall("a", "apply_patch", GIVEN),
            ToolCall("b", "agents__wait", "{}"),
            tools=TOOLS,
        )
        events = streamed(
            ThinkingDelta("I think."),
            ThinkingDelta(signature="c2ln"),
            TextDelta("Let me."),
            RefusalDelta("No."),
            ToolCallStarted(0, "a", "apply_patch"),
            ToolCallDelta(0, GIVEN),
            ToolCallStarted(1, "b", "agents__wait"),
            ToolCallDelta(1, "{}"),
            Finished(FinishReason.TOOL_CALLS),
            UsageReported(USAGE),
            tools=TOOLS,
        )
        assert told == events[-1]["response"]

    def test_repeats_the_request(self) -> None:
        told = whole(Text("a"), **RESPONSES_REQUEST)
        for name in ("instructions", "max_output_tokens", "metadata", "tools", "tool_choice", "temperature"):
            assert told[name] == RESPONSES_REQUEST[name]
        assert told["reasoning"] == {"effort": "low", "summary": "auto", "context": "all_turns"}
        assert told["text"]["format"]["name"] == "weather"
        assert whole(Text("a"))["text"] == {"format": {"type": "text"}, "verbosity": "medium"}

    def test_without_the_keys_to_other_servers(self) -> None:
        tool = {
            "type": "mcp",
            "server_label": "x",
            "server_url": "u",
            "authorization": "s",
            "headers": {"a": "s"},
        }
        assert whole(Text("a"), tools=[tool])["tools"] == [
            {"type": "mcp", "server_label": "x", "server_url": "u"}
        ]

    def test_that_a_limit_broke_off(self) -> None:
        told = whole(ToolCall("a", "f", '{"a":'), finish=FinishReason.LENGTH)
        assert (told["status"], told["output"][0]["status"]) == ("incomplete", "incomplete")

    def test_a_custom_call_without_the_object_around_its_text(self) -> None:
        told = whole(ToolCall("a", "apply_patch", PATCH), tools=TOOLS)
        assert told["output"][0]["input"] == PATCH


# --- from an upstream of this format -----------------------------------------------------------


def event(name: str, **fields: Any) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), json.dumps({"type": name, **fields}).encode())


BEGUN = event("response.created", sequence_number=0, response={"id": "resp_up", "model": "m", "new": 1})
ENDED = event(
    "response.completed", sequence_number=9, response={"status": "completed", "output": [], "usage": TOLD}
)
MESSAGE = {"type": "message", "content": [{"type": "output_text", "text": "a"}]}


def read(*pieces: bytes) -> list[ChatEvent]:
    reader = RESPONSES.event_reader()
    events = [found for each in Framer().feed(b"".join(pieces)) for found in reader.feed(each)]
    return [*events, *reader.finish()]


class TestRead:
    def test_calls_without_deltas_and_encrypted_thoughts(self) -> None:
        thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
        call = {"type": "function_call", "call_id": "c", "name": "f", "namespace": "n", "arguments": "{}"}
        custom = {"type": "custom_tool_call", "call_id": "d", "name": "p", "input": "x"}
        events = read(
            BEGUN,
            event("response.output_item.done", output_index=0, item=thought),
            event("response.output_item.added", output_index=1, item={**call, "arguments": ""}),
            event("response.output_item.done", output_index=1, item=call),
            event("response.output_item.done", output_index=2, item=custom),
            ENDED,
        )
        assert events == [
            Started("resp_up", "m"),
            ThinkingDelta(signature="rs_1.gAAA"),
            ToolCallStarted(0, "c", "n__f"),
            ToolCallDelta(0, "{}"),
            ToolCallStarted(1, "d", "p"),
            ToolCallDelta(1, '{"input":"x"}'),
            Finished(FinishReason.TOOL_CALLS),
            UsageReported(USAGE),
        ]

    @pytest.mark.parametrize(
        ("last", "raised"),
        [
            (event("error", code="rate_limit_exceeded", message="slow"), UpstreamRefusal),
            (event("error", error={"message": "slow"}), UpstreamRefusal),
            (event("response.failed", response={"error": {"code": "server_error"}}), UpstreamRefusal),
            (b"data: 1\n\n", UpstreamGarbage),
            (b"", UpstreamBroken),
        ],
    )
    def test_streams_that_fail(self, last: bytes, raised: type[Exception]) -> None:
        with pytest.raises(raised):
            read(BEGUN, last)

    def test_the_status_of_an_error(self) -> None:
        with pytest.raises(UpstreamRefusal) as caught:
            read(event("error", code="rate_limit_exceeded", message="slow"))
        assert (caught.value.said, caught.value.cause) == (429, "slow")

    def test_whole_answers_that_failed(self) -> None:
        for body in (
            {"status": "failed", "error": {"code": "server_error", "message": "no"}},
            {"error": "no"},
        ):
            with pytest.raises(UpstreamRefusal):
                RESPONSES.read_reply(json.dumps(body).encode())
        with pytest.raises(UpstreamGarbage):
            RESPONSES.read_reply(b"{}")

    def test_a_whole_answer_that_is_not_complete(self) -> None:
        body = {
            "output": [MESSAGE],
            "status": "incomplete",
            "incomplete_details": {"reason": "content_filter"},
        }
        assert (
            RESPONSES.read_reply(json.dumps(body).encode()).choices[0].finish is FinishReason.CONTENT_FILTER
        )
        assert RESPONSES.read_tally(json.dumps(body).encode()).text == ["a"]


class TestTap:
    def test_bytes_pass(self) -> None:
        sent = [
            BEGUN,
            event("response.output_item.added", output_index=0, item={"type": "function_call", "name": "f"}),
            event("response.function_call_arguments.delta", output_index=0, delta="{}", obfuscation="xy"),
            event("response.of_tomorrow", x=1),
            b"data: {not json\n\n",
            ENDED,
        ]
        tap = RESPONSES.tap(include_usage=True)
        assert b"".join(map(tap.feed, Framer().feed(b"".join(sent) + b"data: [DONE]\n\n"))) == b"".join(sent)
        assert tap.finish() == b""
        assert tap.tally.text == ["f", "{}"]
        assert tap.tally.usage == USAGE

    def test_a_stream_that_breaks_off(self) -> None:
        client = RESPONSES.for_request({})
        tap = client.tap(include_usage=True)
        delta = event("response.output_text.delta", sequence_number=4, delta="a")
        for each in Framer().feed(BEGUN + delta):
            tap.feed(each)
        assert tap.tally.produced
        with pytest.raises(UpstreamBroken):
            tap.finish()
        (last,) = Framer().feed(client.broken_off(client.render_error({"message": "gone"}, 502)))
        assert json.loads(last.data) == {
            "type": "response.failed",
            "sequence_number": 5,
            "response": {
                "id": "resp_up",
                "model": "m",
                "new": 1,
                "status": "failed",
                "error": {"code": "server_error", "message": "gone"},
            },
        }
