"""An answer in another form than requested is converted to the requested one; an empty answer is an error."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.adapters.transport.mock import MockTransport
from oneapi.domain.errors import UpstreamBroken, UpstreamError, UpstreamRefusal
from oneapi.domain.routing.channels import Channel
from oneapi.domain.usage import Usage
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import status_of
from tests.adapters.upstream.gateway_calls import (
    DONE,
    EVENTS,
    HELLO,
    JSON,
    ROLE,
    STOP,
    STREAMED,
    USAGE,
    WORLD,
    asked,
    call,
    chunk,
    until_failure,
    whole,
)
from tests.adapters.upstream.media_calls import answered, drawn, said, spoken, sse

if TYPE_CHECKING:
    from oneapi.domain.requests import RelayRequest

ANTHROPIC = Channel(7, 14, "sk-ant-key", 1, "c")
COMPLETION = asked(Work.COMPLETE, fields={"model": "m", "prompt": "x"})
EMBEDDING = asked(Work.EMBED, fields={"model": "m", "input": "x"})
MODERATION = asked(Work.MODERATE, fields={"model": "m", "input": "x"})
EDIT = asked(Work.EDIT, fields={"model": "m", "input": "x", "instruction": "y"})

CHAT_REPLY: dict[str, Any] = {
    "choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]
}
COMPLETION_REPLY: dict[str, Any] = {"choices": [{"index": 0, "text": "Hi", "finish_reason": "stop"}]}
PICTURE: dict[str, Any] = {
    "created": 1,
    "data": [{"b64_json": "AAAA"}],
    "usage": {"input_tokens": 5, "output_tokens": 7},
}
VECTOR: dict[str, Any] = {
    "object": "list",
    "data": [{"index": 0, "embedding": [0.5]}],
    "usage": {"prompt_tokens": 3},
}
VERDICT = {"id": "modr-1", "results": [{"flagged": False}]}
HEARD = {"text": "Hello."}

#: A request for each kind of work, and its simplest whole answer.
WORKS: dict[str, tuple[RelayRequest, dict[str, Any]]] = {
    "chat": (asked(), CHAT_REPLY),
    "completion": (COMPLETION, COMPLETION_REPLY),
    "edit": (EDIT, {"choices": [{"index": 0, "text": "Hi"}]}),
    "embedding": (EMBEDDING, VECTOR),
    "moderation": (MODERATION, VERDICT),
    "image": (drawn(), PICTURE),
    "transcription": (spoken(), HEARD),
    "translation": (evolve(spoken(), work=Work.TRANSLATE), HEARD),
}
every_work = pytest.mark.parametrize("work", [*WORKS, "speech"])
every_json_work = pytest.mark.parametrize("work", WORKS)


def request_of(work: str) -> RelayRequest:
    return said() if work == "speech" else WORKS[work][0]


def events_of(stream: bytes) -> list[Any]:
    lines = [line[6:] for line in stream.decode().split("\n") if line.startswith("data: ")]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


# --- an answer in order ----------------------------------------------------------------------------


@every_json_work
async def test_a_valid_answer_passes_byte_for_byte(work: str) -> None:
    request, reply = WORKS[work]
    body = json.dumps(reply, indent=1).encode() + b"\n"
    answer = await answered(request, "application/json", body)
    assert not answer.streaming
    assert await whole(answer) == body


# --- empty and invalid answers ---------------------------------------------------------------------

NOTHING = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b'"text"',
    b"<html><body>Sign in</body></html>",
    b"<!DOCTYPE html><p>502</p>",
    b'{"choices":[],"data":[],"results":[],"created":1}',
    b'{"choices":null,"data":null,"results":null,"text":null}',
    b'{"choices":{},"data":{},"results":{},"text":{}}',
    b'{"choices":[null],"data":[null],"results":[null],"text":7}',
    b'{"data":[{}],"choices":[{}],"results":[{}],"audio":""}',
    b'{"data":[{"url":"","b64_json":null,"embedding":null}]}',
    b'{"object":"list"}',
]


@every_work
@pytest.mark.parametrize("body", NOTHING)
@pytest.mark.parametrize("kind", ["application/json", "text/html; charset=utf-8", "audio/mpeg", ""])
async def test_an_invalid_answer_is_an_error(work: str, body: bytes, kind: str) -> None:
    with pytest.raises(UpstreamError) as caught:
        await answered(request_of(work), kind, body)
    assert caught.value.retry
    assert status_of(caught.value) == 502


MEDIA_STREAMS = [drawn(stream=True), spoken(stream="true"), said(stream=True)]
STREAMS = [STREAMED, evolve(COMPLETION, stream=True), *MEDIA_STREAMS]
SILENCE = [
    (),
    (b"data: [DONE]\n\n",),
    (b": wait\n\n",),
    *((body,) for body in NOTHING if b"{}" not in body[1:]),
]


@pytest.mark.parametrize("request_", STREAMS, ids=lambda request: request.work.name.lower())
@pytest.mark.parametrize("pieces", SILENCE)
@pytest.mark.parametrize("kind", ["text/event-stream", "application/json"])
async def test_an_empty_stream_is_an_error(request_: RelayRequest, pieces: Any, kind: str) -> None:
    with pytest.raises(UpstreamError) as caught:
        await answered(request_, kind, *pieces)
    assert caught.value.retry


# --- errors in successful responses ----------------------------------------------------------------

ERROR = {"message": "the model is overloaded", "type": "overloaded_error", "code": 503}
IN_A_SUCCESS = [
    {"error": ERROR},
    [{"error": ERROR}],
    {"error": ERROR, "choices": [], "data": [], "results": []},
    {"choices": [{"index": 0, "message": {"content": ""}, "error": ERROR}], "data": [{"error": ERROR}]},
    {"choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "error"}], "error": ERROR},
]


@every_work
@pytest.mark.parametrize("body", IN_A_SUCCESS)
async def test_an_error_inside_a_success_is_an_error(work: str, body: Any) -> None:
    with pytest.raises(UpstreamError) as caught:
        await answered(request_of(work), "application/json", json.dumps(body).encode())
    assert caught.value.retry
    has_choices = isinstance(body, dict) and bool(body.get("choices"))
    if work in ("chat", "completion", "edit", "embedding", "image") or not has_choices:
        assert isinstance(caught.value, UpstreamRefusal)
        assert status_of(caught.value) == 503


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize(
    "error",
    [
        {"error": ERROR},
        [{"error": ERROR}],
        {"error": ERROR, "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]},
        {"choices": [{"index": 0, "delta": {"content": ""}, "error": ERROR, "finish_reason": "error"}]},
        {"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "error"}]},
    ],
)
async def test_an_error_inside_a_stream_is_an_error(error: Any, *, streams: bool) -> None:
    request = STREAMED if streams else asked()
    with pytest.raises(UpstreamRefusal):
        await answered(request, "text/event-stream", sse(error))
    if streams:
        passed, failure = await until_failure(await answered(request, "text/event-stream", HELLO, sse(error)))
        assert passed == HELLO
        assert isinstance(failure, UpstreamRefusal)
    else:
        with pytest.raises(UpstreamRefusal):
            await answered(request, "text/event-stream", HELLO, sse(error))


@pytest.mark.parametrize("request_", [drawn(stream=True), spoken(stream="true"), said(stream=True)])
@pytest.mark.parametrize(
    "event", [{"type": "error", "error": ERROR}, {"error": ERROR}, {"type": "error", "message": "no"}]
)
async def test_an_error_as_the_first_event_of_media_can_be_retried_elsewhere(
    request_: Any, event: Any
) -> None:
    with pytest.raises(UpstreamRefusal) as caught:
        await answered(request_, "text/event-stream", sse(event, name="error"))
    assert caught.value.retry


async def test_an_answer_with_content_is_an_answer_whatever_else_it_has() -> None:
    reply = {**CHAT_REPLY, "error": {"message": "the first provider failed"}}
    body = json.dumps(reply).encode()
    assert await whole(await answered(asked(), "application/json", body)) == body


# --- a stream for a whole answer -------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["text/event-stream", "application/json", "text/plain", ""])
async def test_a_stream_is_joined(kind: str) -> None:
    last = chunk({}, "stop", usage={"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7})
    answer = await answered(asked(), kind, ROLE + HELLO, WORLD, last, DONE)
    reply = json.loads(await whole(answer))
    assert (answer.streaming, answer.usage) == (False, Usage(5, 2))
    assert dict(answer.headers)["content-type"] == "application/json"
    assert reply["object"] == "chat.completion"
    assert reply["choices"] == [
        {"index": 0, "message": {"role": "assistant", "content": "Hello world"}, "finish_reason": "stop"}
    ]
    assert reply["usage"]["total_tokens"] == 7


@pytest.mark.parametrize("ending", [b"", b"[DONE]\n"])
async def test_lines_of_json_are_joined_too(ending: bytes) -> None:
    lines = b"".join(event[6:-1] for event in (ROLE, HELLO, WORLD, STOP)) + ending
    reply = json.loads(await whole(await answered(asked(), "application/x-ndjson", lines)))
    assert reply["choices"][0]["message"]["content"] == "Hello world"


async def test_several_choices_thoughts_and_calls_survive() -> None:
    call_ = {"index": 0, "id": "t1", "type": "function", "function": {"name": "f", "arguments": '{"a"'}}
    more = {"index": 0, "function": {"arguments": ":1}"}}
    other = {"id": "c", "choices": [{"index": 1, "delta": {"content": "B"}, "finish_reason": "length"}]}
    answer = await answered(
        asked(),
        "text/event-stream",
        chunk({"reasoning_content": "Hm"}),
        chunk({"tool_calls": [call_]}),
        chunk({"tool_calls": [more]}),
        sse(other),
        chunk({}, "tool_calls"),
        USAGE,
        DONE,
    )
    first, second = json.loads(await whole(answer))["choices"]
    assert first["message"]["reasoning_content"] == "Hm"
    assert first["message"]["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"a":1}'}
    assert (first["finish_reason"], second["finish_reason"]) == ("tool_calls", "length")
    assert second["message"]["content"] == "B"
    assert answer.usage == Usage(7, 2)


@pytest.mark.parametrize("pieces", [(ROLE,), (HELLO,), (ROLE, UpstreamBroken("cut"))])
async def test_half_a_stream_is_not_an_answer(pieces: Any) -> None:
    with pytest.raises(UpstreamBroken):
        await answered(asked(), "text/event-stream", *pieces)


async def test_streams_of_other_formats_are_joined() -> None:
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 3, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]
    stream = b"".join(sse(event, name=event["type"]) for event in events)
    answer = await answered(asked(), "text/event-stream", stream, channel=ANTHROPIC)
    assert json.loads(await whole(answer))["choices"][0]["message"]["content"] == "Hi"
    assert answer.usage == Usage(3, 2)


async def test_a_stream_of_completions_is_joined() -> None:
    pieces = [
        {
            "id": "c",
            "object": "text_completion",
            "choices": [{"index": 0, "text": "H", "finish_reason": None}],
        },
        {"id": "c", "choices": [{"index": 1, "text": "x"}]},
        {"id": "c", "choices": [{"index": 0, "text": "i", "finish_reason": "stop"}], "usage": None},
    ]
    answer = await answered(COMPLETION, "text/event-stream", sse(*pieces), DONE)
    reply = json.loads(await whole(answer))
    assert (reply["id"], reply["object"]) == ("c", "text_completion")
    assert [choice["text"] for choice in reply["choices"]] == ["Hi", "x"]
    assert answer.take_text() == "Hix"
    answer = await answered(COMPLETION, "text/event-stream", sse(*pieces), USAGE, DONE)
    assert answer.usage == Usage(7, 2)
    assert json.loads(await whole(answer))["usage"]["prompt_tokens"] == 7
    with pytest.raises(UpstreamBroken):
        await answered(COMPLETION, "text/event-stream", sse(*pieces[:2]))


@pytest.mark.parametrize("work", ["embedding", "moderation", "image", "transcription"])
async def test_a_whole_answer_as_the_only_event_of_a_stream_is_extracted(work: str) -> None:
    request, reply = WORKS[work]
    answer = await answered(request, "text/event-stream", sse(reply), DONE)
    found = json.loads(await whole(answer))
    assert dict(answer.headers)["content-type"] == "application/json"
    if work == "image":
        assert found["data"] == reply["data"]
    else:
        assert found == reply


PREVIEW: dict[str, Any] = {
    "type": "image_generation.partial_image",
    "b64_json": "PPPP",
    "partial_image_index": 0,
}
FINISHED: dict[str, Any] = {
    "type": "image_generation.completed",
    "b64_json": "AAAA",
    "created_at": 9,
    "size": "1024x1024",
    "usage": {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12},
}


async def test_a_stream_of_images_is_joined() -> None:
    stream = sse(PREVIEW, name=PREVIEW["type"]) + sse(FINISHED, name=FINISHED["type"])
    reply = json.loads(await whole(await answered(drawn(), "text/event-stream", stream)))
    assert (reply["created"], reply["data"]) == (9, [{"b64_json": "AAAA"}])
    assert reply["usage"] == FINISHED["usage"]
    with pytest.raises(UpstreamError):
        await answered(drawn(), "text/event-stream", sse(PREVIEW))


async def test_images_that_arrive_one_by_one_are_put_in_order() -> None:
    """As Ark and MiniMax send them: https://platform.minimax.io/docs/api-reference/image-generation-h3-streaming."""
    events: list[dict[str, Any]] = [
        {"type": "image_generation.partial_succeeded", "image_index": 1, "url": "https://b"},
        {"type": "image_generation.partial_failed", "image_index": 2, "error": {"message": "unsafe"}},
        {"type": "image_generation.partial_succeeded", "image_index": 0, "url": "https://a"},
        {"type": "image_generation.completed", "usage": {"generated_images": 2}},
    ]
    stream = b"".join(sse(event, name=event["type"]) for event in events)
    reply = json.loads(await whole(await answered(drawn(), "text/event-stream", stream, DONE)))
    assert reply["data"] == [{"url": "https://a"}, {"url": "https://b"}]
    answer = await answered(drawn(stream=True), "text/event-stream", stream, DONE)
    assert await whole(answer) == stream + DONE


@pytest.mark.parametrize("kind", ["image/png", "image/webp"])
async def test_a_plain_image_becomes_an_answer(kind: str) -> None:
    reply = json.loads(await whole(await answered(drawn(), kind, b"\x89PNG\r\n")))
    assert reply["data"] == [{"b64_json": base64.b64encode(b"\x89PNG\r\n").decode()}]


DELTAS: list[dict[str, Any]] = [
    {"type": "transcript.text.delta", "delta": "Hel"},
    {"type": "transcript.text.delta", "delta": "lo"},
]
SPOKEN: dict[str, Any] = {
    "type": "transcript.text.done",
    "text": "Hello",
    "usage": {"type": "tokens", "output_tokens": 101},
}


async def test_a_stream_of_a_transcript_is_joined() -> None:
    answer = await answered(spoken(), "text/event-stream", sse(*DELTAS, SPOKEN))
    assert json.loads(await whole(answer)) == {"text": "Hello", "usage": SPOKEN["usage"]}
    assert answer.take_text() == "Hello"
    answer = await answered(spoken(response_format="text"), "text/event-stream", sse(*DELTAS, SPOKEN))
    assert await whole(answer) == b"Hello\n"
    with pytest.raises(UpstreamBroken):
        await answered(spoken(), "text/event-stream", sse(*DELTAS))


SOUND = [
    {"type": "speech.audio.delta", "audio": base64.b64encode(b"MP3").decode()},
    {"type": "speech.audio.delta", "audio": base64.b64encode(b"\xff\x00").decode()},
]
SOUND_END = {"type": "speech.audio.done", "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}}


async def test_a_stream_of_speech_is_joined() -> None:
    answer = await answered(said(response_format="wav"), "text/event-stream", sse(*SOUND, SOUND_END))
    assert await whole(answer) == b"MP3\xff\x00"
    assert dict(answer.headers)["content-type"] == "audio/wav"
    with pytest.raises(UpstreamBroken):
        await answered(said(), "text/event-stream", sse(*SOUND))


@pytest.mark.parametrize(
    "sound", [b"MP3", b"\xff\xfb\x90", b"{\xff\x00\x01", b"<\x00\xff", b":\xfe\xff", b"RIFF\x00\x00"]
)
@pytest.mark.parametrize("kind", ["audio/mpeg", "application/octet-stream", ""])
async def test_audio_is_recognised_whatever_its_first_byte(sound: bytes, kind: str) -> None:
    assert await whole(await answered(said(), kind, sound, b"more\xff")) == sound + b"more\xff"


# --- a stream for a streamed request ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "events", "end"),
    [
        (drawn(stream=True), [sse(PREVIEW, name=PREVIEW["type"]), sse(FINISHED, name=FINISHED["type"])], b""),
        (spoken(stream="true"), [sse(event) for event in (*DELTAS, SPOKEN)], b""),
        (spoken(stream="true"), [sse(event) for event in (*DELTAS, SPOKEN)], DONE),
        (said(stream=True, stream_format="sse"), [sse(event) for event in (*SOUND, SOUND_END)], b""),
    ],
)  # fmt: skip
async def test_events_of_media_pass_as_they_arrive(request_: Any, events: list[bytes], end: bytes) -> None:
    transport = MockTransport()
    response = transport.answer(200, EVENTS, *events, *([end] if end else []))
    answer = await call(transport, request_)
    assert response.reads == 1, "the first event is content: nothing waits for the rest"
    assert (answer.streaming, answer.end_marker) == (True, b"")
    seen = []
    while piece := await answer.next():
        seen.append(piece)
        assert answer.produced
    assert b"".join(seen) == b"".join(events) + end
    assert len(seen) >= len(events)
    if request_.work is Work.TRANSCRIBE:
        assert answer.take_text() == "Hello"


async def test_events_of_media_that_end_too_early_are_an_error() -> None:
    for request, event in (
        (drawn(stream=True), PREVIEW),
        (spoken(stream="true"), DELTAS[0]),
        (said(stream=True), SOUND[0]),
    ):
        passed, failure = await until_failure(await answered(request, "text/event-stream", sse(event)))
        assert passed == sse(event)
        assert isinstance(failure, UpstreamBroken)


async def test_text_that_is_repeated_in_a_stream_is_counted_once() -> None:
    segment = {"type": "transcript.text.segment", "text": "Hello", "speaker": "A"}
    for events in ([*DELTAS, segment, SPOKEN], [segment, *DELTAS, SPOKEN], [SPOKEN]):
        answer = await answered(spoken(stream="true"), "text/event-stream", sse(*events))
        await whole(answer)
        assert answer.take_text() == "Hello"


async def test_unknown_events_of_media_pass() -> None:
    started = {"type": "image_generation.in_progress"}
    answer = await answered(drawn(stream=True), "text/event-stream", sse(started), sse(FINISHED))
    assert await whole(answer) == sse(started, FINISHED)


# --- a whole answer for a streamed request ---------------------------------------------------------


@pytest.mark.parametrize("include", [True, False])
async def test_a_whole_completion_becomes_a_stream(*, include: bool) -> None:
    reply = {
        "id": "c",
        "object": "text_completion",
        **COMPLETION_REPLY,
        "usage": {"prompt_tokens": 7, "completion_tokens": 2},
    }
    request = evolve(COMPLETION, stream=True, include_usage=include)
    answer = await answered(request, "application/json", json.dumps(reply).encode())
    assert (answer.streaming, answer.end_marker, answer.usage) == (True, DONE, Usage(7, 2))
    first, *rest = events_of(await whole(answer))
    assert first["choices"] == COMPLETION_REPLY["choices"]
    assert [event["usage"]["prompt_tokens"] for event in rest] == ([7] if include else [])


async def test_whole_pictures_become_a_stream() -> None:
    reply = {**PICTURE, "data": [{"b64_json": "AAAA"}, {"url": "https://b"}]}
    answer = await answered(drawn(stream=True), "application/json", json.dumps(reply).encode())
    stream = await whole(answer)
    assert (answer.streaming, answer.end_marker) == (True, b"")
    assert dict(answer.headers)["content-type"] == "text/event-stream"
    first, second = events_of(stream)
    assert stream.count(b"event: image_generation.completed\n") == 2
    assert (first["type"], first["b64_json"], first["created_at"]) == (
        "image_generation.completed",
        "AAAA",
        1,
    )
    assert (second["url"], second["usage"], "usage" in first) == ("https://b", PICTURE["usage"], False)


async def test_a_whole_transcript_becomes_a_stream() -> None:
    answer = await answered(spoken(stream="true"), "application/json", json.dumps(HEARD).encode())
    assert events_of(await whole(answer)) == [
        {"type": "transcript.text.delta", "delta": "Hello."},
        {"type": "transcript.text.done", "text": "Hello."},
    ]
    assert answer.take_text() == "Hello."
    subtitles = b"1\n00:00:00,000 --> 00:00:01,000\nHello.\n"
    answer = await answered(spoken(stream="true", response_format="srt"), "text/plain", subtitles)
    assert (await whole(answer), answer.streaming) == (subtitles, False)


async def test_whole_speech_becomes_a_stream() -> None:
    sound = bytes(range(256)) * 300
    answer = await answered(said(stream=True, stream_format="sse"), "audio/mpeg", sound)
    *deltas, last = events_of(await whole(answer))
    assert b"".join(base64.b64decode(event["audio"]) for event in deltas) == sound
    assert len(deltas) > 1
    assert last["type"] == "speech.audio.done"


async def test_images_of_a_procedure_are_streamed_if_requested() -> None:
    replicate = Channel(7, 46, "key", 1, "c", base_url="https://api.replicate.com")
    made = {"urls": {"get": "https://api.replicate.com/p/1"}, "status": "succeeded", "output": ["https://a"]}
    transport = MockTransport()
    for _ in range(2):
        transport.answer(200, JSON, json.dumps(made).encode())
    answer = await call(transport, drawn(stream=True), replicate)
    (event,) = events_of(await whole(answer))
    assert (answer.streaming, event["type"], event["url"]) == (
        True,
        "image_generation.completed",
        "https://a",
    )


@pytest.mark.parametrize("shape", ["list", "lines"])
async def test_a_stream_with_other_framing_is_a_stream(shape: str) -> None:
    chunks = [event[6:-2] for event in (ROLE, HELLO, WORLD, STOP)]
    body = b"[" + b",".join(chunks) + b"]" if shape == "list" else b"\n".join(chunks)
    answer = await answered(STREAMED, "application/json", body)
    told = events_of(await whole(answer))
    text = "".join(choice["delta"].get("content") or "" for event in told for choice in event["choices"])
    assert (answer.streaming, text) == (True, "Hello world")


# --- forms that only a provider knows --------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        asked(Work.DRAW, fields={"model": "m", "prompt": "x", "response_format": "svg"}),
        said(response_format="hex"),
        spoken(response_format="lrc"),
    ],
)
async def test_forms_that_the_client_requested_are_never_the_channels_fault(
    request_: RelayRequest,
) -> None:
    body = b'{"result":"<svg/>"}'
    answer = await answered(request_, "application/json", body)
    assert await whole(answer) == body
    for nothing in (b"", b"<html></html>", json.dumps({"error": ERROR}).encode()):
        with pytest.raises(UpstreamError):
            await answered(request_, "application/json", nothing)
