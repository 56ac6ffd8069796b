"""A client's body reaches the upstream byte for byte, except what must change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.adapters.dialects.openai_chat.paths import PATHS
from oneapi.adapters.transport.mock import MockTransport
from oneapi.domain.errors import InvalidParameter, MalformedRequest
from oneapi.domain.requests import RelayRequest
from oneapi.domain.work import Work
from tests.adapters.upstream.gateway_calls import (
    CHANNEL,
    DONE,
    EVENTS,
    HELLO,
    JSON,
    STOP,
    USAGE,
    call,
    whole,
)

if TYPE_CHECKING:
    from oneapi.domain.routing.channels import Channel

MAPPED = evolve(CHANNEL, model_mapping={"gpt-4o": "gpt-4o-2024-08-06"})
PROMPTED = evolve(CHANNEL, system_prompt="Be brief.")
#: Spaces, escapes, an unknown field, a seed beyond 2^53, and a number that a float would print differently.
BODY = (
    b'{ "model" : "gpt-4o", "seed": 12345678901234567890, "max_tokens":0, "t":1.10, '
    b'"x":{"\\u0061":[1, 2]}, "messages":[{"role":"user","content":"a\\u2028b"}] }'
)

#: The answer to every request.
ANSWER_TO_ALL = (
    b'{"choices":[{"message":{"content":"hi"},"text":"hi"}],"data":[{"url":"https://u","embedding":[0.5]}],'
    b'"results":[{"flagged":false}],"text":"hi","audio":"AAAA"}'
)


def request(body: bytes, work: Work = Work.CONVERSE, **changes: Any) -> RelayRequest:
    fields = json.loads(body)
    plain = RelayRequest(
        work,
        "openai_chat",
        fields.get("model", "gpt-4o"),
        body,
        fields=fields,
        stream=bool(fields.get("stream")),
        include_usage=bool((fields.get("stream_options") or {}).get("include_usage")),
        path=f"/v1{PATHS[work]}",
    )
    return evolve(plain, **changes)


async def sent(asked: RelayRequest, channel: Channel = CHANNEL, *, enforce: bool = False) -> bytes:
    transport = MockTransport()
    if asked.stream:
        transport.answer(200, EVENTS, HELLO, STOP, DONE)
    else:
        transport.answer(200, JSON, ANSWER_TO_ALL)
    await call(transport, asked, channel, enforce=enforce)
    body = transport.requests[0].body
    assert body is not None
    return body


async def test_nothing_changes_without_a_reason() -> None:
    assert await sent(request(BODY)) == BODY


async def test_a_mapping_changes_only_the_model() -> None:
    body = await sent(request(BODY), MAPPED)
    assert json.loads(body) == {**json.loads(BODY), "model": "gpt-4o-2024-08-06"}
    for kept in (b"12345678901234567890", b"1.10", b'{"\\u0061":[1, 2]}', b'"a\\u2028b"', b'"max_tokens":0'):
        assert kept in body


@pytest.mark.parametrize("work", [Work.EMBED, Work.DRAW, Work.SPEAK, Work.MODERATE])
async def test_mappings_apply_to_every_endpoint(work: Work) -> None:
    body = await sent(request(b'{"model":"gpt-4o","input":"x"}', work), MAPPED)
    assert json.loads(body) == {"model": "gpt-4o-2024-08-06", "input": "x"}


async def test_a_default_model_is_left_to_the_upstream_unless_it_is_mapped() -> None:
    asked = request(b'{"input":"x"}', Work.MODERATE)
    assert await sent(asked) == b'{"input":"x"}'
    assert json.loads(await sent(asked, MAPPED))["model"] == "gpt-4o-2024-08-06"


async def test_the_engines_route_names_its_model_in_the_body() -> None:
    asked = request(b'{"input":"x"}', Work.EMBED, model_in_path=True)
    assert json.loads(await sent(asked)) == {"input": "x", "model": "gpt-4o"}


# --- usage ---------------------------------------------------------------------------------------

STREAM = b'{"model":"gpt-4o","stream":true,"messages":[],"stream_options":{"chunk_size":3}}'
FORCED = {"chunk_size": 3, "include_usage": True}


@pytest.mark.parametrize(
    ("channel", "setting", "options"),
    [
        (CHANNEL, False, {"chunk_size": 3}),
        (CHANNEL, True, FORCED),
        (MAPPED, False, FORCED),
        (PROMPTED, False, FORCED),
        (evolve(CHANNEL, type=26), False, FORCED),
        (evolve(CHANNEL, type=28), True, None),
        (evolve(CHANNEL, type=3, base_url="https://h", config={"api_version": "2024-06-01"}), True, {"chunk_size": 3}),
        (evolve(CHANNEL, type=3, base_url="https://h", config={"api_version": "2025-01-01"}), True, FORCED),
    ],
)  # fmt: skip
async def test_usage_is_requested_if_the_upstream_can_report_it(
    channel: Channel, setting: object, options: Any
) -> None:
    assert (
        json.loads(await sent(request(STREAM), channel, enforce=bool(setting))).get("stream_options")
        == options
    )


async def test_usage_is_requested_on_legacy_completions_and_only_on_streams() -> None:
    asked = request(b'{"model":"gpt-4o","prompt":"x","stream":true}', Work.COMPLETE)
    assert json.loads(await sent(asked, enforce=True))["stream_options"] == {"include_usage": True}
    assert await sent(request(BODY), enforce=True) == BODY


async def test_the_bytes_of_a_client_that_requests_usage_itself_pass() -> None:
    body = b'{"model":"gpt-4o","stream":true, "stream_options":{"include_usage":true}}'
    assert await sent(request(body), enforce=True) == body


async def test_usage_that_the_gateway_requested_is_read_but_not_shown() -> None:
    transport = MockTransport()
    transport.answer(200, EVENTS, HELLO, STOP, USAGE, DONE)
    answer = await call(transport, request(STREAM), enforce=True)
    assert await whole(answer) == HELLO + STOP
    assert answer.usage is not None


# --- system prompts and quirks -------------------------------------------------------------------

BRIEF = {"role": "system", "content": "Be brief."}


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([{"role": "user", "content": "hi"}], [BRIEF, {"role": "user", "content": "hi"}]),
        (
            [{"role": "system", "content": ["x"], "name": "n"}, {"role": "user", "content": 1}],
            [{"role": "system", "content": "Be brief.", "name": "n"}, {"role": "user", "content": 1}],
        ),
        ([{"role": "developer", "content": "x"}], [BRIEF, {"role": "developer", "content": "x"}]),
        ([], [BRIEF]),
    ],
)  # fmt: skip
async def test_a_channels_system_prompt_replaces_the_clients(messages: Any, expected: Any) -> None:
    body = json.dumps({"model": "gpt-4o", "messages": messages, "seed": 7}).encode()
    assert json.loads(await sent(request(body), PROMPTED)) == {
        "model": "gpt-4o",
        "messages": expected,
        "seed": 7,
    }


async def test_a_system_prompt_is_for_conversations_only() -> None:
    body = b'{"model":"gpt-4o", "input":"x"}'
    assert await sent(request(body, Work.EMBED), PROMPTED) == body


async def test_other_formats_get_the_system_prompt_too() -> None:
    channel = evolve(PROMPTED, type=14)
    transport = MockTransport()
    reply = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "end_turn",
    }
    transport.answer(200, JSON, json.dumps(reply).encode())
    body = (
        b'{"model":"claude-x","messages":[{"role":"system","content":"old"},{"role":"user","content":"hi"}]}'
    )
    await call(transport, request(body), channel)
    arrived = json.loads(transport.requests[0].body or b"")
    assert "Be brief." in json.dumps(arrived["system"])
    assert "old" not in json.dumps(arrived)


async def test_parameters_that_mistral_refuses_are_renamed() -> None:
    body = b'{"model":"m","max_completion_tokens":5,"seed":1,"messages":[]}'
    assert json.loads(await sent(request(body), evolve(CHANNEL, type=28))) == {
        "model": "m",
        "max_tokens": 5,
        "random_seed": 1,
        "messages": [],
    }


async def test_azure_images_get_number_and_size() -> None:
    channel = evolve(CHANNEL, type=3, base_url="https://h", config={"api_version": "v"})
    body = await sent(request(b'{"model":"dall-e-3","prompt":"x","size":"1792x1024"}', Work.DRAW), channel)
    assert json.loads(body) == {"model": "dall-e-3", "prompt": "x", "size": "1792x1024", "n": 1}


# --- forms ---------------------------------------------------------------------------------------

SOUND = bytes(range(256)) * 3 + b'\r\n--not-the-boundary\r\nname="model"\r\n\r\n'


def part(name: str, content: bytes, more: str = "") -> bytes:
    return (
        f'--B0undary\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode()
        + content
        + b"\r\n"
    )


FILE = part("file", SOUND, '; filename="a.mp3"\r\nContent-Type: audio/mpeg')
END = b"--B0undary--\r\n"


def form(*parts: bytes, model: str = "gpt-4o", content_type: str = "") -> RelayRequest:
    return RelayRequest(
        Work.TRANSCRIBE,
        "openai_chat",
        model,
        b"".join(parts) + END,
        form={"model": model, "language": "en"},
        headers={"content-type": content_type or 'multipart/form-data; boundary="B0undary"'},
    )


async def test_a_form_passes_byte_for_byte() -> None:
    asked = form(part("model", b"gpt-4o"), FILE, part("language", b"en"))
    assert await sent(asked) == asked.body


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data; boundary=B0undary", 'Multipart/Form-Data; charset=x; Boundary="B0undary"'],
)
async def test_a_mapping_changes_only_the_model_of_a_form(content_type: str) -> None:
    asked = form(FILE, part("model", b"gpt-4o"), part("language", b"en"), content_type=content_type)
    expected = FILE + part("model", b"gpt-4o-2024-08-06") + part("language", b"en") + END
    assert await sent(asked, MAPPED) == expected


async def test_a_form_without_a_model_gets_the_mapped_one() -> None:
    assert await sent(form(FILE), MAPPED) == part("model", b"gpt-4o-2024-08-06") + FILE + END


async def test_a_form_without_a_boundary_is_refused() -> None:
    with pytest.raises(MalformedRequest):
        await sent(form(FILE, content_type="multipart/form-data"), MAPPED)


# --- the path ------------------------------------------------------------------------------------


async def test_a_hostile_model_name_is_never_sent() -> None:
    transport = MockTransport()
    channel = evolve(CHANNEL, type=3, base_url="https://h", config={"api_version": "v"})
    with pytest.raises(InvalidParameter):
        await call(transport, request(b'{"model":"..","prompt":"x"}', Work.DRAW), channel)
    assert transport.requests == []
