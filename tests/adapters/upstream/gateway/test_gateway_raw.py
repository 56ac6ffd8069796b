"""Answers that pass through unread: audio, and everything through the proxy."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from oneapi.adapters.transport.mock import MockTransport
from oneapi.domain.errors import (
    MalformedRequest,
    UnsupportedEndpoint,
    UpstreamBroken,
    UpstreamError,
    UpstreamGarbage,
    UpstreamRefusal,
)
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import status_of
from tests.adapters.upstream.gateway_calls import CHANNEL, JSON, asked, call, whole

# --- audio ---------------------------------------------------------------------------------------


async def test_speech_passes_as_it_arrives() -> None:
    transport = MockTransport()
    response = transport.answer(200, {"content-type": "audio/mpeg"}, b"MP3", b"BYTES")
    answer = await call(transport, asked(Work.SPEAK))
    assert response.reads == 1
    assert not answer.streaming
    assert [await answer.next() for _ in range(3)] == [b"MP3", b"BYTES", b""]
    assert answer.produced
    await answer.close()
    assert response.released


@pytest.mark.parametrize("pieces", [(), (UpstreamBroken("cut"),)])
async def test_an_empty_answer_is_not_speech(pieces: tuple[Any, ...]) -> None:
    transport = MockTransport()
    transport.answer(200, {"content-type": "audio/mpeg"}, *pieces)
    with pytest.raises(UpstreamError):
        await call(transport, asked(Work.SPEAK))


async def test_speech_has_a_limit() -> None:
    transport = MockTransport()
    transport.answer(200, {"content-type": "audio/mpeg"}, *[b"x" * 6_000] * 2)
    answer = await call(transport, asked(Work.SPEAK))
    with pytest.raises(UpstreamGarbage):
        await whole(answer)


FORM = {"content-type": "multipart/form-data; boundary=B"}


def spoken(response_format: str = "json") -> RelayRequest:
    form = {"model": "gpt-4o", "response_format": response_format}
    return asked(Work.TRANSCRIBE, fields={}, form=form, headers=FORM, body=b"--B--\r\n")


@pytest.mark.parametrize(
    ("wanted", "body", "heard"),
    [
        ("json", b'{"text":"Hello there."}', "Hello there."),
        ("verbose_json", b'{"duration":1.0,"text":"Hello.","segments":[]}', "Hello."),
        ("text", b"Hello there.\n", "Hello there."),
        ("srt", b"1\n00:00 --> 00:01\nHello\nthere.\n\n2\n00:01 --> 00:02\nBye.\n", "Hello\nthere.\nBye."),
        ("vtt", b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello.\n", "Hello."),
        ("json", b'{"text":""}', ""),
        ("text", b"\n", ""),
        ("text", b"a --> b", "a --> b"),
    ],
)  # fmt: skip
async def test_transcripts_can_be_counted_in_every_format(wanted: str, body: bytes, heard: str) -> None:
    transport = MockTransport()
    transport.answer(200, {"content-type": "text/plain"}, body)
    answer = await call(transport, spoken(wanted))
    assert await whole(answer) == body
    assert answer.take_text() == heard


async def test_an_audio_error_under_200_is_a_refusal() -> None:
    transport = MockTransport()
    transport.answer(200, JSON, b'{"error":{"message":"no sound","type":"invalid_request_error"}}')
    with pytest.raises(UpstreamRefusal) as caught:
        await call(transport, spoken())
    assert status_of(caught.value) == 400


# --- the raw proxy -------------------------------------------------------------------------------

PROXY = Channel(3, 43, "Token up-1", 1, "p", base_url="https://up.example/base")


def raw(**changes: Any) -> RelayRequest:
    headers = {
        "authorization": "Bearer sk-client",
        "cookie": "a=b",
        "x-custom": "1",
        "content-type": "application/xml",
    }
    request = RelayRequest(
        Work.PROXY,
        "raw",
        "",
        b"<x/>",
        method="PATCH",
        path="/v1/embeddings",
        query="a=1",
        headers=headers,
    )
    return evolve(request, **changes)


@pytest.mark.parametrize("status", [200, 204, 302, 404, 500])
async def test_the_proxy_passes_everything_raw(status: int) -> None:
    transport = MockTransport()
    response = transport.answer(status, {"x-up": "1", "set-cookie": "s=1"}, b"one", b"two")
    answer = await call(transport, raw(), PROXY)
    (sent,) = transport.requests
    assert (sent.method, sent.url, sent.body) == (
        "PATCH",
        "https://up.example/base/v1/embeddings?a=1",
        b"<x/>",
    )
    assert sent.headers == {"x-custom": "1", "content-type": "application/xml", "authorization": "Token up-1"}
    assert (answer.status, list(answer.headers), answer.streaming) == (status, [("x-up", "1")], False)
    assert response.reads == 0
    assert [await answer.next() for _ in range(3)] == [b"one", b"two", b""]
    await answer.close()
    assert response.released


async def test_the_proxy_adds_no_body() -> None:
    transport = MockTransport()
    transport.answer(200, {}, b"")
    await call(transport, raw(method="GET", body=b""), PROXY)
    assert transport.requests[0].body is None


async def test_the_proxy_does_not_leave_the_base_url() -> None:
    transport = MockTransport()
    with pytest.raises(MalformedRequest):
        await call(transport, raw(path="/x/../../admin"), PROXY)
    assert transport.requests == []


@pytest.mark.parametrize("channel", [CHANNEL, evolve(PROXY, type=14), evolve(PROXY, type=50)])
async def test_only_channels_of_the_proxy_type_are_proxied(channel: Channel) -> None:
    transport = MockTransport()
    with pytest.raises(UnsupportedEndpoint):
        await call(transport, raw(), channel)
    assert transport.requests == []
