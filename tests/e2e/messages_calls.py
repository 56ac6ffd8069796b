"""Calls of the Messages API, with and without Anthropic's SDK."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import anthropic
import httpx

from tests.support.gateway.server import NO_TLS

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

#: Served by the channel of OpenAI's type that every test has.
GPT = "gpt-4o"
MESSAGES, COUNT, CHAT = "/v1/messages", "/v1/messages/count_tokens", "/v1/chat/completions"
HELLO: list[Any] = [{"role": "user", "content": "hello"}]


def sdk(site: Site, **options: Any) -> anthropic.Anthropic:
    usual: dict[str, Any] = {
        "base_url": site.gateway.url,
        "api_key": site.key,
        "max_retries": 0,
        "timeout": 20,
    }
    return anthropic.Anthropic(**(usual | options))


def ask(site: Site, body: dict[str, Any], path: str = MESSAGES, **headers: str) -> httpx.Response:
    """A call without the SDK."""
    headers = {"x-api-key": site.key} | headers
    return httpx.post(site.gateway.url + path, json=body, headers=headers, timeout=20, verify=NO_TLS)


WEATHER: list[Any] = [
    {
        "name": "weather",
        "description": "the weather of a city",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
]
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(16)).decode()
SIGNED = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}


def raw_stream(site: Site, body: dict[str, Any], **headers: str) -> bytes:
    return ask(site, {"max_tokens": 16, "messages": HELLO, "stream": True, **body}, **headers).content
