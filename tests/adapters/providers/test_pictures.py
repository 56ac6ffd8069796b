"""Images at providers with their own form for them: what is sent, what is received, and what it costs."""

from __future__ import annotations

import base64
import json
from collections import deque
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from sanic.compat import Header

from oneapi.adapters.transport.mock import MockResponse, MockTransport
from oneapi.domain.errors import (
    GatewayError,
    InvalidParameter,
    UnimplementedEndpoint,
    UnsupportedFeature,
    UpstreamGarbage,
    UpstreamRefusal,
)
from oneapi.domain.routing.channels import Channel
from oneapi.domain.usage import Usage
from oneapi.domain.work import Work
from oneapi.entrypoints.http.surfaces import OPENAI
from tests.adapters.upstream.gateway_calls import whole
from tests.fakes.relay.websocket import FakeFetcher
from tests.support.gateway.gateways import gateway_over
from tests.support.providers.service_account import PLACE, service_account, token_steps

if TYPE_CHECKING:
    from oneapi.application.ports.relay import UpstreamAnswer
    from oneapi.domain.requests import RelayRequest

PNG = b"\x89PNG\r\n\x1a\n" + bytes(4)
SEEN = base64.b64encode(PNG).decode()
LINK = "https://pictures.example/a.png"
GEMINI, VERTEX, ALI, MINIMAX, DOUBAO, ZHIPU, REPLICATE = 24, 42, 17, 27, 40, 16, 46
PATHS = {Work.DRAW: "/v1/images/generations", Work.RETOUCH: "/v1/images/edits"}
DRAWN = {
    "candidates": [
        {
            "content": {
                "parts": [
                    {"text": "Here it is."},
                    {"inlineData": {"mimeType": "image/png", "data": "SKETCH=="}, "thought": True},
                    {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
                ]
            },
            "finishReason": "STOP",
        }
    ],
    "usageMetadata": {
        "promptTokenCount": 270,
        "candidatesTokenCount": 1300,
        "totalTokenCount": 1570,
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": 12},
            {"modality": "IMAGE", "tokenCount": 258},
        ],
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1290}],
    },
}


class Anyone:
    """A relay that serves every model to every user."""

    def admit(self, *_: Any) -> Any:
        return None


def read(work: Work, body: bytes, kind: str) -> RelayRequest:
    """The request as the surface makes it."""
    request = cast(
        "Any",
        SimpleNamespace(
            path=PATHS[work], method="POST", query_string="", headers=Header({"content-type": kind})
        ),
    )
    caller = cast("Any", SimpleNamespace(account=SimpleNamespace(user=SimpleNamespace(id=1))))
    return OPENAI.read(cast("Any", Anyone()), caller, request, work, body, "")[1]


def drawing(model: str, **fields: Any) -> RelayRequest:
    return read(
        Work.DRAW, json.dumps({"model": model, "prompt": "a cat", **fields}).encode(), "application/json"
    )


def edit(model: str, *links: str, **fields: Any) -> RelayRequest:
    images = [{"image_url": link} for link in links]
    body = {"model": model, "prompt": "snow", "images": images, **fields}
    return read(Work.RETOUCH, json.dumps(body).encode(), "application/json")


def form(model: str, *names: str, **texts: str) -> RelayRequest:
    parts = [(f'name="{name}"; filename="a.png"', PNG) for name in names]
    parts += [
        (f'name="{name}"', text.encode())
        for name, text in {"model": model, "prompt": "snow", **texts}.items()
    ]
    body = b"".join(
        f"--B\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"
        for head, content in parts
    )
    return read(Work.RETOUCH, body + b"--B--\r\n", "multipart/form-data; boundary=B")


async def asked(
    type_: int, request: RelayRequest, *replies: Any, kind: str = "application/json"
) -> tuple[MockTransport, UpstreamAnswer]:
    key = f"us-central1|proj-1|{service_account()}" if type_ == VERTEX else "key"
    transport = MockTransport()
    tokens = token_steps({"vertex_ai_adc": PLACE}) if type_ == VERTEX else []
    bodies = [*(step["upstream_response"]["body"] for step in tokens), *replies]
    transport.answers = deque(
        MockResponse(
            200,
            {"content-type": kind},
            deque([body if isinstance(body, bytes) else json.dumps(body).encode()]),
        )
        for body in bodies
    )
    gateway = gateway_over(
        transport,
        enforce_include_usage=False,
        limit=1 << 20,
        fetcher=FakeFetcher({LINK: ("image/png", PNG), "https://made.example/1.png": ("image/png", PNG)}),
        now=lambda: 1.0,
    )
    return transport, await gateway.call(request, Channel(7, type_, key, 1, "c"), request.model)


async def made(answer: UpstreamAnswer) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(await whole(answer))
    return value


# --- Google ------------------------------------------------------------------------------------


async def test_gemini_draws_in_the_nearest_of_its_shapes() -> None:
    transport, answer = await asked(
        GEMINI, drawing("gemini-3-pro-image", size="1792x1024", quality="hd"), DRAWN
    )
    [sent] = transport.requests
    assert sent.url.endswith("/v1beta/models/gemini-3-pro-image:generateContent")
    assert json.loads(sent.body or b"") == {
        "contents": [{"role": "user", "parts": [{"text": "a cat"}]}],
        "generationConfig": {"responseModalities": ["TEXT", "IMAGE"], "imageConfig": {"aspectRatio": "16:9"}},
    }
    assert await made(answer) == {
        "created": 1,
        "data": [{"b64_json": "AAAA"}],
        "output_format": "png",
        "usage": {
            "input_tokens": 270,
            "input_tokens_details": {"text_tokens": 12, "image_tokens": 258},
            "output_tokens": 1300,
            "output_tokens_details": {"text_tokens": 10, "image_tokens": 1290},
            "total_tokens": 1570,
        },
    }
    assert answer.usage == Usage(270, 1300, image_in=258, image_out=1290)


@pytest.mark.parametrize(
    ("size", "config"),
    [
        ("auto", None),
        (None, None),
        ("0x0", None),
        ("1024x1024", {"aspectRatio": "1:1"}),
        ("2048x2048", {"aspectRatio": "1:1", "imageSize": "2K"}),
        ("3840x2160", {"aspectRatio": "16:9", "imageSize": "4K"}),
        ("99999x10", {"aspectRatio": "21:9", "imageSize": "4K"}),
    ],
)
async def test_sizes_become_shapes(size: str | None, config: dict[str, str] | None) -> None:
    transport, _ = await asked(GEMINI, drawing("gemini-3-pro-image", size=size), DRAWN)
    assert json.loads(transport.requests[0].body or b"")["generationConfig"].get("imageConfig") == config


@pytest.mark.parametrize("type_", [GEMINI, VERTEX])
@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(form("gemini-2.5-flash-image", "image"), id="form"),
        pytest.param(edit("gemini-2.5-flash-image", LINK), id="link"),
        pytest.param(edit("gemini-2.5-flash-image", f"data:image/png;base64,{SEEN}"), id="data"),
    ],
)
async def test_gemini_is_shown_what_it_retouches(type_: int, request_: RelayRequest) -> None:
    transport, answer = await asked(type_, request_, DRAWN)
    parts = json.loads(transport.requests[-1].body or b"")["contents"][0]["parts"]
    assert parts == [{"inlineData": {"mimeType": "image/png", "data": SEEN}}, {"text": "snow"}]
    assert transport.requests[-1].url.endswith("/models/gemini-2.5-flash-image:generateContent")
    assert (await made(answer))["data"] == [{"b64_json": "AAAA"}]


async def test_a_stream_gets_its_one_event_with_the_usage() -> None:
    request = form("gemini-2.5-flash-image", "image[]", "image[]", stream="true")
    _, answer = await asked(GEMINI, request, DRAWN)
    assert answer.streaming
    name, data = (await whole(answer)).decode().strip().split("\n")
    assert name == "event: image_edit.completed"
    assert json.loads(data.removeprefix("data: "))["usage"]["total_tokens"] == 1570


async def test_a_client_that_wants_an_address_gets_one_that_holds_the_picture() -> None:
    _, answer = await asked(GEMINI, drawing("gemini-2.5-flash-image", response_format="url"), DRAWN)
    assert (await made(answer))["data"] == [{"url": "data:image/png;base64,AAAA"}]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ({"candidates": [{"finishReason": "IMAGE_SAFETY", "finishMessage": "no"}]}, "content_filter"),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "content_filter"),
        ({"candidates": [{"finishReason": "STOP", "content": {"parts": [{"text": "why?"}]}}]}, "no_image"),
        ({}, "no_image"),
    ],
)
async def test_no_picture_is_an_error_of_the_request(reply: dict[str, Any], code: str) -> None:
    with pytest.raises(UpstreamRefusal) as caught:
        await asked(GEMINI, drawing("gemini-2.5-flash-image"), reply)
    assert (caught.value.said, caught.value.told.code) == (400, code)


@pytest.mark.parametrize(
    ("type_", "version"), [(GEMINI, "/v1beta/models/"), (VERTEX, "/publishers/google/models/")]
)
async def test_imagen_predicts(type_: int, version: str) -> None:
    reply = {
        "predictions": [
            {"mimeType": "image/jpeg", "bytesBase64Encoded": "AAAA"},
            {"raiFilteredReason": "filtered"},
        ]
    }
    request = drawing("imagen-4.0-generate-001", size="1024x1792", n=2)
    transport, answer = await asked(type_, request, reply)
    assert transport.requests[-1].url.endswith(f"{version}imagen-4.0-generate-001:predict")
    assert json.loads(transport.requests[-1].body or b"") == {
        "instances": [{"prompt": "a cat"}],
        "parameters": {"sampleCount": 2, "aspectRatio": "9:16"},
    }
    assert await made(answer) == {"created": 1, "data": [{"b64_json": "AAAA"}], "output_format": "jpeg"}
    assert answer.usage is None, "it is sold by the picture"


async def test_imagen_says_why_it_made_nothing() -> None:
    with pytest.raises(UpstreamRefusal, match="violence"):
        await asked(
            GEMINI, drawing("imagen-4.0-generate-001"), {"predictions": [{"raiFilteredReason": "violence"}]}
        )


# --- others ------------------------------------------------------------------------------------

MESSAGE = {"output": {"choices": [{"message": {"content": [{"image": "https://made.example/1.png"}]}}]}}


@pytest.mark.parametrize(
    ("request_", "content", "parameters"),
    [
        (drawing("qwen-image-plus", size="1328x1328"), [{"text": "a cat"}], {"size": "1328*1328"}),
        (edit("qwen-image-edit", LINK, n=2), [{"image": LINK}, {"text": "snow"}], {"n": 2}),
        (
            form("qwen-image-edit", "image"),
            [{"image": f"data:image/png;base64,{SEEN}"}, {"text": "snow"}],
            None,
        ),
    ],
)
async def test_newer_models_of_alibaba_take_a_message(
    request_: RelayRequest, content: list[Any], parameters: dict[str, Any] | None
) -> None:
    transport, answer = await asked(ALI, request_, MESSAGE)
    [sent] = transport.requests
    assert sent.url.endswith("/api/v1/services/aigc/multimodal-generation/generation")
    body = json.loads(sent.body or b"")
    assert body["input"] == {"messages": [{"role": "user", "content": content}]}
    assert body.get("parameters") == parameters
    assert (await made(answer))["data"] == [{"url": "https://made.example/1.png"}]


async def test_a_picture_that_a_provider_links_to_is_fetched_for_who_wants_its_bytes() -> None:
    request = drawing("qwen-image-plus", response_format="b64_json")
    _, answer = await asked(ALI, request, MESSAGE)
    assert (await made(answer))["data"] == [{"url": "https://made.example/1.png", "b64_json": SEEN}]


@pytest.mark.parametrize(
    ("form_", "told", "data"),
    [
        (None, "url", {"image_urls": ["https://made.example/1.png"]}),
        ("b64_json", "base64", {"image_base64": ["AAAA"]}),
    ],
)
async def test_minimax(form_: str | None, told: str, data: dict[str, Any]) -> None:
    request = drawing("image-01", size="1536x1024", n=1, response_format=form_)
    transport, answer = await asked(MINIMAX, request, {"data": data, "base_resp": {"status_code": 0}})
    assert transport.requests[0].url == "https://api.minimax.chat/v1/image_generation"
    assert json.loads(transport.requests[0].body or b"") == {
        "model": "image-01",
        "prompt": "a cat",
        "aspect_ratio": "3:2",
        "n": 1,
        "response_format": told,
    }
    [values] = data.values()
    assert (await made(answer))["data"] == [{form_ or "url": values[0]}]


async def test_an_error_of_minimax_in_a_success() -> None:
    with pytest.raises(UpstreamRefusal, match="balance"):
        await asked(
            MINIMAX, drawing("image-01"), {"base_resp": {"status_code": 1008, "status_msg": "balance"}}
        )


async def test_volcengine_retouches_where_it_draws() -> None:
    reply = {"model": "m", "created": 5, "data": [{"url": LINK}], "usage": {"generated_images": 1}}
    transport, answer = await asked(DOUBAO, edit("doubao-seedream-4-0", LINK, size="2K"), reply)
    assert transport.requests[0].url == "https://ark.cn-beijing.volces.com/api/v3/images/generations"
    assert json.loads(transport.requests[0].body or b"") == {
        "model": "doubao-seedream-4-0",
        "prompt": "snow",
        "size": "2K",
        "image": LINK,
    }
    assert await made(answer) == reply


@pytest.mark.parametrize(("type_", "model"), [(DOUBAO, "doubao-seedream-4-0"), (ZHIPU, "cogview-4")])
async def test_one_picture_may_be_asked_for_by_number(type_: int, model: str) -> None:
    reply = {"created": 1, "data": [{"url": LINK}]}
    transport, answer = await asked(type_, drawing(model, n=1), reply)
    assert json.loads(transport.requests[0].body or b"")["n"] == 1
    assert (await made(answer))["data"] == [{"url": LINK}]


# --- unsupported requests -----------------------------------------------------------------------


def test_several_pictures_under_one_name_are_refused_with_the_name_for_lists() -> None:
    with pytest.raises(GatewayError, match=r"image\[\]"):
        form("doubao-seedream-4-0", "image", "image")
    assert form("doubao-seedream-4-0", "image[]", "image[]").files == 2


@pytest.mark.parametrize(
    ("type_", "request_", "kind"),
    [
        (GEMINI, drawing("gemini-2.5-flash-image", n=2), UnsupportedFeature),
        (GEMINI, drawing("gemini-2.5-flash-image", background="transparent"), UnsupportedFeature),
        (GEMINI, form("gemini-2.5-flash-image", "image", "mask"), UnsupportedFeature),
        (GEMINI, edit("gemini-2.5-flash-image", LINK, mask={"image_url": LINK}), UnsupportedFeature),
        (GEMINI, edit("gemini-2.5-flash-image", "https://nowhere.example"), InvalidParameter),
        (GEMINI, edit("gemini-2.5-flash-image", "data:image/svg+xml,<svg/>"), InvalidParameter),
        (GEMINI, edit("gemini-2.5-flash-image", "file:///etc/passwd"), InvalidParameter),
        (GEMINI, edit("imagen-4.0-generate-001", LINK), UnsupportedFeature),
        (ALI, edit("wanx-v1", LINK), UnimplementedEndpoint),
        (MINIMAX, edit("image-01", LINK), UnimplementedEndpoint),
        (DOUBAO, edit("doubao-seedream-4-0", LINK, n=2), UnsupportedFeature),
        (DOUBAO, drawing("doubao-seedream-4-0", n=2), UnsupportedFeature),
        (ZHIPU, drawing("cogview-4", n=2), UnsupportedFeature),
        (REPLICATE, drawing("black-forest-labs/flux-pro", n=2), UnsupportedFeature),
    ],
)
async def test_what_a_provider_cannot_do_is_refused_before_anything_is_sent(
    type_: int, request_: RelayRequest, kind: type[GatewayError]
) -> None:
    transport = MockTransport()
    gateway = gateway_over(
        transport, enforce_include_usage=False, limit=1 << 20, fetcher=FakeFetcher({LINK: ("image/png", PNG)})
    )
    with pytest.raises(kind):
        await gateway.call(request_, Channel(7, type_, "key", 1, "c"), request_.model)
    assert transport.requests == []


@pytest.mark.parametrize("type_", [ALI, MINIMAX, DOUBAO])
async def test_an_answer_without_a_picture_is_none(type_: int) -> None:
    request = edit("doubao-seedream-4-0", LINK) if type_ == DOUBAO else drawing("qwen-image-plus")
    with pytest.raises(UpstreamGarbage):
        await asked(type_, request, {"data": [], "output": {"choices": [{}]}})
