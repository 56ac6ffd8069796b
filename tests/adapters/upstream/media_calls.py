"""Requests for images, speech and transcripts, and their answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from oneapi.adapters.transport.mock import MockTransport
from oneapi.domain.work import Work
from tests.adapters.upstream.gateway_calls import CHANNEL, asked, call

if TYPE_CHECKING:
    from oneapi.application.ports.relay import UpstreamAnswer
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel

FORM = {"content-type": "multipart/form-data; boundary=B"}


def spoken(**form: str) -> RelayRequest:
    return asked(
        Work.TRANSCRIBE,
        fields={},
        form={"model": "gpt-4o", **form},
        headers=FORM,
        body=b"--B--\r\n",
        stream=form.get("stream") == "true",
    )


def drawn(*, stream: bool = False) -> RelayRequest:
    return asked(Work.DRAW, fields={"model": "m", "prompt": "x", "stream": stream}, stream=stream)


def said(*, stream: bool = False, **fields: Any) -> RelayRequest:
    return asked(Work.SPEAK, fields={"model": "m", "input": "x", **fields}, stream=stream)


def sse(*values: Any, name: str = "") -> bytes:
    head = f"event: {name}\n".encode() if name else b""
    return b"".join(head + b"data: " + json.dumps(value).encode() + b"\n\n" for value in values)


async def answered(
    request: RelayRequest, kind: str, *pieces: Any, channel: Channel = CHANNEL
) -> UpstreamAnswer:
    transport = MockTransport()
    transport.answer(200, {"content-type": kind}, *pieces)
    return await call(transport, request, channel)
