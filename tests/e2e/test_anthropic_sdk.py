"""The real ``anthropic`` SDK against a running server, over a channel of Anthropic's and one of OpenAI's type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anthropic
import httpx
import pytest

from tests.support.messages import (
    message_reply,
    message_stream,
)
from tests.support.server import NO_TLS
from tests.support.upstream import chat_reply, chat_stream

if TYPE_CHECKING:

    from tests.e2e.conftest import Site

#: Served by a channel of Anthropic's type, and by the one of OpenAI's type that every test has.
CLAUDE, GPT = "claude-opus-5-5", "gpt-4o"
MESSAGES, CHAT = "/v1/messages", "/v1/chat/completions"
HELLO: list[Any] = [{"role": "user", "content": "hello"}]
ANTHROPIC = 14


@pytest.fixture(scope="session")
def with_claude(shared_site: Site) -> Site:
    shared_site.admin.add_channel(
        shared_site.upstream.url, CLAUDE, type=ANTHROPIC, key="sk-ant-operator", name="claude"
    )
    return shared_site


@pytest.fixture
def claude(with_claude: Site, site: Site) -> Site:
    return site


def sdk(site: Site, **options: Any) -> anthropic.Anthropic:
    return anthropic.Anthropic(
        base_url=site.gateway.url, api_key=site.key, **{"max_retries": 0, "timeout": 20, **options}
    )


def ask(site: Site, body: dict[str, Any], path: str = MESSAGES, **headers: str) -> httpx.Response:
    """Without the SDK: as curl does."""
    headers = {"x-api-key": site.key} | headers
    return httpx.post(site.gateway.url + path, json=body, headers=headers, timeout=20, verify=NO_TLS)


# --- to Anthropic: bytes pass ------------------------------------------------------------------


def test_a_message(claude: Site) -> None:
    claude.upstream.always(MESSAGES, message_reply())
    with sdk(claude) as client:
        answer = client.messages.create(model=CLAUDE, max_tokens=16, messages=HELLO)
    assert answer.content[0].text == "hi there"  # type: ignore[union-attr]
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (10, 5)
    sent = claude.last
    assert sent.header("x-api-key") == "sk-ant-operator"
    assert sent.header("authorization") is None
    assert sent.json() == {"max_tokens": 16, "messages": HELLO, "model": CLAUDE}
    row = claude.newest_charge()
    assert (row["prompt_tokens"], row["completion_tokens"], row["model_name"]) == (10, 5, CLAUDE)


def test_a_stream(claude: Site) -> None:
    claude.upstream.always(MESSAGES, message_stream("one ", "two"))
    with (
        sdk(claude) as client,
        client.messages.stream(model=CLAUDE, max_tokens=16, messages=HELLO) as stream,
    ):
        final = stream.get_final_message()
    assert final.content[0].text == "one two"  # type: ignore[union-attr]
    assert final.stop_reason == "end_turn"
    row = claude.newest_charge()
    assert (row["prompt_tokens"], row["completion_tokens"], row["is_stream"]) == (10, 5, True)


# --- to everybody else: translated -------------------------------------------------------------


def test_a_message_from_another_provider(site: Site) -> None:
    site.upstream.always(CHAT, chat_reply("hi", prompt_tokens=9, completion_tokens=3))
    with sdk(site) as client:
        answer = client.messages.create(model=GPT, max_tokens=16, system="Be brief.", messages=HELLO)
    assert answer.content[0].text == "hi"  # type: ignore[union-attr]
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (9, 3)
    assert site.last.json()["messages"][0] == {"role": "system", "content": "Be brief."}
    row = site.newest_charge()
    assert (row["prompt_tokens"], row["completion_tokens"]) == (9, 3)


def test_a_stream_from_another_provider(site: Site) -> None:
    site.upstream.always(CHAT, chat_stream(["one ", "two"], usage=(7, 4)))
    with sdk(site) as client, client.messages.stream(model=GPT, max_tokens=16, messages=HELLO) as stream:
        final = stream.get_final_message()
    assert final.content[0].text == "one two"  # type: ignore[union-attr]
    assert (final.usage.input_tokens, final.usage.output_tokens) == (7, 4)
    assert site.newest_charge()["completion_tokens"] == 4
