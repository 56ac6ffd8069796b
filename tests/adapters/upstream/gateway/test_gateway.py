"""One call through the gateway: faults of upstreams, and what the relay and the client see of them."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from typing import Any

import pytest
from attrs import evolve

from oneapi.adapters.transport.mock import MockResponse, MockTransport
from oneapi.domain.errors import (
    Fault,
    UpstreamBroken,
    UpstreamError,
    UpstreamGarbage,
    UpstreamRefusal,
    UpstreamTimeout,
)
from oneapi.domain.usage import Usage
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import BUSY, name_of, status_of, text_of
from oneapi.entrypoints.http.surfaces import OPENAI
from tests.adapters.upstream.gateway_calls import (
    CHANNEL,
    DONE,
    EVENTS,
    HELLO,
    JSON,
    REPLY,
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
from tests.support.classes import subclasses

# --- whole answers -------------------------------------------------------------------------------


async def test_a_whole_answer_passes_byte_for_byte_and_the_connection_is_released() -> None:
    transport = MockTransport()
    response = transport.answer(
        200, {**JSON, "set-cookie": "a=b", "x-ratelimit-limit-tokens": "5"}, REPLY[:20], REPLY[20:]
    )
    answer = await call(transport)
    assert response.released
    assert (answer.streaming, answer.produced) == (False, False)
    assert await whole(answer) == REPLY
    assert answer.produced
    assert answer.usage == Usage(1, 2)
    assert list(answer.headers) == [("content-type", "application/json"), ("x-ratelimit-limit-tokens", "5")]


@pytest.mark.parametrize("status", [200, 201])
async def test_the_status_of_a_success_is_kept(status: int) -> None:
    transport = MockTransport()
    transport.answer(status, JSON, REPLY)
    assert (await call(transport)).status == status


async def test_without_usage_the_text_can_be_counted() -> None:
    transport = MockTransport()
    transport.answer(
        200, JSON, b'{"choices":[{"message":{"content":"hi","tool_calls":[{"function":{"name":"f"}}]}}]}'
    )
    answer = await call(transport)
    assert answer.usage is None
    assert answer.text_size == 3
    assert answer.take_text() == "hif"
    assert (answer.text_size, answer.take_text()) == (0, "")


@pytest.mark.parametrize(
    "body", [b"", b"<html>fine</html>", b"{", REPLY + b"x", b"[" * 50_000, b'{"choices":\xff}', b"data: {}\n\n", b"{}"]
)  # fmt: skip
async def test_a_body_that_is_not_an_answer_is_garbage(body: bytes) -> None:
    transport = MockTransport()
    response = transport.answer(200, JSON, body)
    with pytest.raises((UpstreamGarbage, UpstreamBroken)):
        await call(transport)
    assert response.released


async def test_an_answer_beyond_the_limit_is_garbage() -> None:
    transport = MockTransport()
    response = transport.answer(200, JSON, b" " * 6_000, b" " * 6_000, REPLY)
    with pytest.raises(UpstreamGarbage):
        await call(transport)
    assert response.released


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json;charset=utf-8", "Application/JSON"])
async def test_the_content_type_of_json_does_not_matter(kind: str) -> None:
    transport = MockTransport()
    transport.answer(200, {"content-type": kind}, REPLY)
    assert await whole(await call(transport)) == REPLY


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"error": {"message": "slow", "type": "rate_limit_error"}}, 429, BUSY.en),
        ({"error": {"message": "no", "code": 503}}, 503, "no"),
        ({"error": "model exploded"}, 502, "model exploded"),
        ({"code": 500, "msg": "internal"}, 500, "internal"),
        ({"message": "forbidden fruit", "choices": None}, 502, "forbidden fruit"),
    ],
)
async def test_an_error_under_200_is_a_refusal(body: Any, status: int, message: str) -> None:
    transport = MockTransport()
    raw = json.dumps(body).encode()
    transport.answer(200, JSON, raw)
    with pytest.raises(UpstreamError) as caught:
        await call(transport)
    if "choices" not in body:
        assert isinstance(caught.value, UpstreamRefusal)
        assert (status_of(caught.value), text_of(caught.value, "en")) == (status, message)


async def test_minimax_hides_errors_in_base_resp() -> None:
    transport = MockTransport()
    body = {"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}
    transport.answer(200, JSON, json.dumps(body).encode())
    with pytest.raises(UpstreamRefusal) as caught:
        await call(transport, channel=evolve(CHANNEL, type=27))
    told = (status_of(caught.value), caught.value.told.code, caught.value.fault)
    assert told == (502, 1008, Fault.ACCOUNT)
    transport.answer(200, EVENTS, b"data: " + json.dumps(body).encode() + b"\n\n")
    with pytest.raises(UpstreamRefusal, match="insufficient balance"):
        await call(transport, STREAMED, evolve(CHANNEL, type=27))


# --- refusals ------------------------------------------------------------------------------------


async def test_a_refusal_keeps_its_status_and_releases_the_connection() -> None:
    transport = MockTransport()
    response = transport.answer(
        429, {**JSON, "retry-after": "3"}, b'{"error":{"message":"slow","type":"requests"}}'
    )
    with pytest.raises(UpstreamRefusal) as caught:
        await call(transport)
    assert (status_of(caught.value), caught.value.retry_after, caught.value.retry) == (429, 3.0, True)
    assert response.released


@pytest.mark.parametrize("work", [Work.DRAW, Work.SPEAK, Work.EMBED, Work.MODERATE])
async def test_refusals_of_every_endpoint_keep_their_status(work: Work) -> None:
    transport = MockTransport()
    transport.answer(400, JSON, b'{"error":{"message":"bad size","type":"invalid_request_error"}}')
    with pytest.raises(UpstreamRefusal) as caught:
        await call(transport, asked(work))
    assert (status_of(caught.value), caught.value.retry) == (400, False)


async def test_a_refusal_that_breaks_off_keeps_its_status() -> None:
    transport = MockTransport()
    transport.answer(503, JSON, b'{"error":{"mess', UpstreamBroken("short"))
    with pytest.raises(UpstreamRefusal) as caught:
        await call(transport)
    assert status_of(caught.value) == 503


async def test_an_endless_refusal_is_not_read_to_its_end() -> None:
    transport = MockTransport()
    response = transport.answer(500, {}, *[b"x" * 65_536] * 100)
    with pytest.raises(UpstreamRefusal):
        await call(transport)
    assert response.reads < 10


async def test_a_redirect_is_not_followed() -> None:
    transport = MockTransport()
    transport.answer(302, {"location": "https://evil.example"}, b"")
    with pytest.raises(UpstreamRefusal) as caught:
        await call(transport)
    assert status_of(caught.value) == 502
    assert len(transport.requests) == 1


@pytest.mark.parametrize("kind", sorted(set(subclasses(UpstreamError)) - {UpstreamRefusal}, key=str))
async def test_transport_errors_are_passed_on_and_can_be_shown(kind: type[UpstreamError]) -> None:
    error = kind("10.0.0.1: refused")
    transport = MockTransport(deque([error]))
    with pytest.raises(kind) as caught:
        await call(transport)
    assert caught.value is error
    assert status_of(error) in {502, 504}
    assert "10.0.0.1" not in text_of(error, "en")
    rendered = OPENAI.error_event(error, "r")
    assert json.loads(rendered[6:])["error"]["code"] == name_of(error).code
    assert b"10.0.0.1" not in rendered


async def test_no_error_shows_the_key() -> None:
    transport = MockTransport()
    transport.answer(401, JSON, b'{"error":{"message":"bad key sk-channel-secret","code":"invalid_api_key"}}')
    with pytest.raises(UpstreamRefusal) as caught:
        await call(transport)
    assert "sk-channel-secret" not in f"{caught.value} {text_of(caught.value, 'en')} {caught.value!r}"


async def test_cancellation_cuts_the_connection() -> None:
    transport = MockTransport()
    response = transport.answer(200, EVENTS, asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await call(transport, STREAMED)
    assert response.released


# --- streams -------------------------------------------------------------------------------------


async def test_a_stream_passes_piece_by_piece() -> None:
    transport = MockTransport()
    response = transport.answer(200, EVENTS, ROLE, HELLO, WORLD + STOP, DONE)
    answer = await call(transport, STREAMED)
    assert response.reads == 2, "no more was read than to the first content"
    assert (answer.streaming, answer.end_marker, answer.produced) == (True, DONE, False)
    pieces = []
    while piece := await answer.next():
        pieces.append((piece, response.reads))
        assert answer.produced
    assert pieces == [(ROLE + HELLO, 2), (WORLD + STOP, 3)]
    assert answer.take_text() == "Hello world"
    await answer.close()
    assert response.released


@pytest.mark.parametrize(
    ("include_usage", "enforce", "shown"), [(False, True, b""), (True, True, USAGE), (False, False, USAGE)]
)
async def test_usage_that_only_the_gateway_requested_is_not_shown(
    *, include_usage: bool, enforce: bool, shown: bytes
) -> None:
    transport = MockTransport()
    transport.answer(200, EVENTS, HELLO, STOP, USAGE, DONE)
    answer = await call(transport, evolve(STREAMED, include_usage=include_usage), enforce=enforce)
    assert await whole(answer) == HELLO + STOP + shown
    assert answer.usage == Usage(7, 2)


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (UpstreamBroken("cut"),),
        (ROLE, UpstreamBroken("cut")),
        (ROLE, UpstreamTimeout("idle")),
        (ROLE,),
        (b": comment\n\n",),
        (b"<html>",),
        (b'data: {"error":{"message":"overloaded","code":503}}\n\n',),
        (ROLE, b'data: {"error":{"message":"overloaded","code":503}}\n\n'),
        (ROLE + b'data: {"error":{"message":"overloaded","code":503}}\n\n',),
    ],
)
async def test_a_failure_before_the_first_content_can_be_retried_elsewhere(pieces: tuple[Any, ...]) -> None:
    transport = MockTransport()
    response = transport.answer(200, EVENTS, *pieces)
    with pytest.raises(UpstreamError) as caught:
        await call(transport, STREAMED)
    assert caught.value.retry
    assert response.released


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (UpstreamBroken("h: cut"), "the upstream broke off its answer"),
        (UpstreamTimeout("h: idle"), "the upstream did not answer in time"),
        (b'data: {"error":{"message":"bad key sk-channel-secret"}}\n\n', "bad key ***"),
        (b"", "the upstream broke off its answer"),
        (WORLD + b'data: {"error":{"message":"late"}}\n\n', "late"),
    ],
)
async def test_a_failure_after_content_ends_with_an_error_event(failure: Any, message: str) -> None:
    transport = MockTransport()
    transport.answer(200, EVENTS, HELLO, failure)
    answer = await call(transport, STREAMED)
    passed, error = await until_failure(answer)
    assert passed == HELLO + (WORLD if message == "late" else b"")
    event = OPENAI.error_event(error, "r-1")
    assert json.loads(event.removeprefix(b"data: "))["error"]["message"] == f"{message} (request id: r-1)"
    assert event.endswith(b"\n\n")


async def test_content_and_failure_in_one_piece_are_both_passed_on() -> None:
    transport = MockTransport()
    transport.answer(200, EVENTS, ROLE + HELLO + b'data: {"error":{"message":"late"}}\n\n')
    passed, error = await until_failure(await call(transport, STREAMED))
    assert (passed, str(error)) == (ROLE + HELLO, "late")


async def test_an_error_as_the_first_event_has_the_status_that_it_names() -> None:
    transport = MockTransport()
    event = b'data: {"error":{"message":"slow down","type":"rate_limit_error"}}\n\n'
    transport.answer(200, EVENTS, event)
    with pytest.raises(UpstreamRefusal) as caught:
        await call(transport, STREAMED)
    assert (status_of(caught.value), caught.value.retry) == (429, True)


async def test_only_the_end_marker_may_be_missing() -> None:
    for ending in ((), (UpstreamBroken("cut"),)):
        transport = MockTransport()
        transport.answer(200, EVENTS, HELLO, STOP, *ending)
        assert await whole(await call(transport, STREAMED)) == HELLO + STOP


async def test_nothing_passes_after_the_end_marker_and_the_client_does_not_wait_for_the_end_of_the_body() -> (
    None
):
    transport = MockTransport()
    response = transport.answer(200, EVENTS, HELLO, STOP + DONE + WORLD, WORLD)
    answer = await call(transport, STREAMED)
    assert await whole(answer) == HELLO + STOP
    assert response.reads == 2
    await answer.close()
    assert not response.pieces, "read to its end: the connection can be used again"


async def test_an_upstream_that_does_not_end_the_body_is_disconnected_soon() -> None:
    class Silent(MockResponse):
        async def next(self) -> bytes:
            if not self.pieces:
                await asyncio.sleep(60)
            return await super().next()

    response = Silent(200, EVENTS, deque([HELLO, STOP + DONE]))
    answer = await call(MockTransport(deque([response])), STREAMED)
    await whole(answer)
    started = time.monotonic()
    await answer.close()
    assert time.monotonic() - started < 2
    assert response.released


async def test_a_client_that_leaves_disconnects_the_upstream_at_once() -> None:
    transport = MockTransport()
    response = transport.answer(200, EVENTS, HELLO, WORLD, STOP)
    answer = await call(transport, STREAMED)
    await answer.next()
    await answer.close()
    assert response.released
    assert response.reads == 1


async def test_any_split_of_the_bytes_gives_the_same_stream() -> None:
    stream = ROLE + HELLO + b": ping\r\n\r\n" + WORLD + STOP + USAGE + DONE
    for size in (1, 2, 7, 64):
        transport = MockTransport()
        transport.answer(200, EVENTS, *[stream[at : at + size] for at in range(0, len(stream), size)])
        answer = await call(transport, STREAMED)
        assert await whole(answer) == ROLE + HELLO + WORLD + STOP + USAGE
        assert answer.usage == Usage(7, 2)


async def test_content_of_an_unknown_kind_is_not_held_back_for_ever() -> None:
    strange = chunk({"hologram": "x"})
    transport = MockTransport()
    response = transport.answer(200, EVENTS, *[strange] * 50, STOP, DONE)
    answer = await call(transport, STREAMED)
    assert response.reads < 10
    assert await whole(answer) == strange * 50 + STOP


@pytest.mark.parametrize("kind", ["", "text/plain", "application/octet-stream"])
async def test_the_content_type_of_a_stream_does_not_matter(kind: str) -> None:
    transport = MockTransport()
    transport.answer(200, {"content-type": kind}, HELLO, STOP, DONE)
    answer = await call(transport, STREAMED)
    assert await whole(answer) == HELLO + STOP
    assert dict(answer.headers)["content-type"] == "text/event-stream"


async def test_a_json_error_instead_of_a_stream_has_its_status() -> None:
    transport = MockTransport()
    transport.answer(200, JSON, b'{"error":{"message":"no such model","code":"model_not_found"}}')
    with pytest.raises(UpstreamRefusal) as caught:
        await call(transport, STREAMED)
    assert (status_of(caught.value), caught.value.retry) == (404, True)


@pytest.mark.parametrize("kind", ["application/json", ""])
async def test_a_whole_answer_instead_of_a_stream_becomes_a_stream(kind: str) -> None:
    transport = MockTransport()
    message = {"content": "hi", "tool_calls": [{"id": "t", "function": {"name": "f", "arguments": "{}"}}]}
    reply = {"id": "x", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    transport.answer(200, {"content-type": kind}, json.dumps(reply).encode())
    answer = await call(transport, STREAMED)
    assert (answer.streaming, answer.end_marker) == (True, DONE)
    events = [json.loads(event[6:]) for event in (await whole(answer)).split(b"\n\n") if event]
    deltas = [choice["delta"] for event in events for choice in event["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == "hi"
    assert [
        call["function"]["name"]
        for d in deltas
        for call in d.get("tool_calls", [])
        if "name" in call["function"]
    ] == ["f"]
    assert events[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert answer.take_text() == "hif{}"


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"[]", b"{}"])
async def test_neither_stream_nor_answer_is_garbage(body: bytes) -> None:
    transport = MockTransport()
    transport.answer(200, JSON, body)
    with pytest.raises(UpstreamError):
        await call(transport, STREAMED)


async def test_legacy_completions_stream_too() -> None:
    events = (
        b'data: {"choices":[{"text":"one","finish_reason":null}]}\n\n',
        b'data: {"choices":[{"text":"","finish_reason":"stop"}]}\n\n',
    )
    transport = MockTransport()
    transport.answer(200, EVENTS, *events, USAGE, DONE)
    answer = await call(transport, asked(Work.COMPLETE, stream=True))
    assert await whole(answer) == b"".join(events) + USAGE
    assert (answer.usage, answer.take_text()) == (Usage(7, 2), "one")


async def test_text_is_counted_only_once() -> None:
    transport = MockTransport()
    transport.answer(200, EVENTS, *[HELLO] * 10, STOP, DONE)
    answer = await call(transport, STREAMED)
    sizes = []
    while await answer.next():
        sizes.append(answer.text_size)
        if len(sizes) == 5:
            assert answer.take_text() == "Hello" * 5
            assert answer.text_size == 0
    assert sizes[:7] == [5, 10, 15, 20, 25, 5, 10]
