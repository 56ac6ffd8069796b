"""Every provider of media in OpenAI's format: what is sent on the wire, and what the client gets."""

from __future__ import annotations

import json
from collections import deque
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import pytest
from attrs import frozen
from sanic.compat import Header

from oneapi.adapters.dialects.openai_chat.paths import PATHS
from oneapi.adapters.dialects.openai_chat.wire import NAME
from oneapi.adapters.multipart import read_form
from oneapi.adapters.providers.registry import SPECS
from oneapi.adapters.transport.mock import MockResponse, MockTransport
from oneapi.domain.routing.channels import Channel
from oneapi.domain.work import Work
from oneapi.entrypoints.http.surfaces import OPENAI
from tests.support.gateway.gateways import gateway_over

if TYPE_CHECKING:
    from oneapi.domain.requests import RelayRequest

NAMED, MODEL = "our-model", "their-model"
FILE = b"\x89PNG\r\n\x1a\n\r\n--not the boundary"
PICTURE = b'{"created":1,"data":[{"b64_json":"AAAA"}],"usage":{"input_tokens":3,"output_tokens":4}}'
TRANSCRIPT = b'{"text":"Hello","usage":{"type":"tokens","input_tokens":3,"output_tokens":4}}'
SOUND = b"\xff\xfb\x90\x00"


@frozen
class Asked:
    """A request and its answer; ``files`` are the names of a form's files."""

    fields: dict[str, str]
    answer: bytes
    kind: str
    files: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


WORKS = {
    Work.DRAW: Asked({"prompt": "x"}, PICTURE, "application/json", (), ("image_generation.completed",)),
    Work.RETOUCH: Asked(
        {"prompt": "x"},
        PICTURE,
        "application/json",
        ("image[]", "image[]", "mask"),
        ("image_edit.completed",),
    ),
    Work.VARY: Asked({"size": "512x512"}, PICTURE, "application/json", ("image",)),
    Work.SPEAK: Asked({"input": "x", "voice": "coral"}, SOUND, "audio/mpeg"),
    Work.TRANSCRIBE: Asked(
        {"language": "en"},
        TRANSCRIPT,
        "application/json",
        ("file",),
        ("transcript.text.delta", "transcript.text.done"),
    ),
    Work.TRANSLATE: Asked({"prompt": "x"}, TRANSCRIPT, "application/json", ("file",)),
}
#: Every row that passes such requests on, by channel type, and each kind of work that it offers so, whole and streamed.
OFFERED = sorted(
    {
        (number, offer.work, stream)
        for number, spec in SPECS.items()
        for offer in spec.offers
        for stream in (False, True)
        if offer.work in WORKS and offer.dialect == NAME and offer.procedure is None
        if WORKS[offer.work].events or not stream
    }
)


def request_of(work: Work, *, stream: bool) -> RelayRequest:
    """The request as the surface reads it."""
    asked = WORKS[work]
    fields: dict[str, Any] = {"model": NAMED, **asked.fields}
    if asked.files:
        texts = {**fields, **({"stream": "true"} if stream else {})}
        parts = [(f'name="{name}"; filename="a"', FILE) for name in asked.files]
        parts += [(f'name="{name}"', text.encode()) for name, text in texts.items()]
        pieces = [
            b"--B\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (head.encode(), content)
            for head, content in parts
        ]
        body, kind = b"".join(pieces) + b"--B--\r\n", "multipart/form-data; boundary=B"
    else:
        body, kind = (
            json.dumps({**fields, **({"stream": True} if stream else {})}).encode(),
            "application/json",
        )
    request = SimpleNamespace(
        path=f"/v1{PATHS[work]}", method="POST", query_string="", headers=Header({"content-type": kind})
    )
    relay = SimpleNamespace(admit=lambda *_: None)
    caller = SimpleNamespace(account=SimpleNamespace(user=SimpleNamespace(id=1)))
    return OPENAI.read(cast("Any", relay), cast("Any", caller), cast("Any", request), work, body, "")[1]


@pytest.mark.parametrize(("number", "work", "stream"), OFFERED, ids=str)
async def test_media_pass(number: int, work: Work, *, stream: bool) -> None:
    asked = WORKS[work]
    config = {"user_id": "u", "api_version": "2026-01-01", "library_id": "l"}
    channel = Channel(
        7, number, "id.secret", 1, "c", base_url="https://theirs.example", config=config,
        model_mapping={NAMED: MODEL},
    )  # fmt: skip
    told = b"".join(
        f'event: {name}\ndata: {{"type":"{name}","b64_json":"AAAA","text":"Hello"}}\n\n'.encode()
        for name in asked.events
    )
    transport = MockTransport()
    response = MockResponse(
        200,
        {"content-type": "text/event-stream" if stream else asked.kind},
        deque([told if stream else asked.answer]),
    )
    transport.answers = deque([response])
    gateway = gateway_over(transport, enforce_include_usage=False, limit=1 << 20)
    request = request_of(work, stream=stream)
    answer = await gateway.call(request, channel, channel.upstream_model(request.model))
    assert await answer.read() == (told if stream else asked.answer)
    assert (answer.streaming, answer.status) == (stream, 200)
    await answer.close()
    assert response.released
    [sent] = transport.requests
    assert urlsplit(sent.url).path.endswith(PATHS[work])
    assert sent.body is not None
    if asked.files:
        form = read_form(sent.body, sent.headers["content-type"])
        files = [form.body[part.start : part.end] for part in form.parts if part.is_file]
        assert files == [FILE] * len(asked.files), "files are the same to the byte"
        assert form.texts()["model"] == MODEL
    else:
        body = json.loads(sent.body)
        assert body["model"] == MODEL
        assert asked.fields.items() <= body.items()


def test_every_kind_of_work_on_media_has_a_request() -> None:
    media = [work for work, path in PATHS.items() if path.startswith(("/images/", "/audio/"))]
    assert sorted(WORKS) == sorted(media)
