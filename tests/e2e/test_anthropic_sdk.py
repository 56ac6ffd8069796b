"""The real ``anthropic`` SDK against a running server, over a channel of Anthropic's and one of OpenAI's type."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import anthropic
import httpx
import pytest

from tests.e2e.conftest import eventually
from tests.support.messages import event, events_of, message_reply, message_stream, text_block
from tests.support.server import NO_TLS, Administrator, running
from tests.support.upstream import (
    Ending,
    chat_chunk,
    chat_reply,
    chat_stream,
    error_reply,
    json_reply,
    sse,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Site
    from tests.support.upstream import ProgrammableUpstream

#: Served by a channel of Anthropic's type, and by the one of OpenAI's type that every test has.
CLAUDE, GPT = "claude-opus-5-5", "gpt-4o"
MESSAGES, COUNT, CHAT = "/v1/messages", "/v1/messages/count_tokens", "/v1/chat/completions"
HELLO: list[Any] = [{"role": "user", "content": "hello"}]
ANTHROPIC = 14


@pytest.fixture(scope="session")
def with_claude(shared_site: Site) -> Site:
    shared_site.admin.add_channel(
        shared_site.upstream.url, CLAUDE, type=ANTHROPIC, key="sk-ant-operator", name="claude"
    )
    return shared_site


@pytest.fixture
def claude(with_claude: Site) -> Site:
    with_claude.upstream.forget()
    return with_claude


def sdk(site: Site, **options: Any) -> anthropic.Anthropic:
    usual: dict[str, Any] = {"base_url": site.gateway.url, "api_key": site.key, "max_retries": 0, "timeout": 20}
    return anthropic.Anthropic(**(usual | options))


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


class TestBytesPass:
    """Between a client and a provider that both speak this format."""

    def test_of_a_request(self, claude: Site) -> None:
        claude.upstream.always(MESSAGES, message_reply(of_tomorrow=[1]))
        body = {
            "model": CLAUDE,
            "max_tokens": 16,
            "system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
            "messages": [
                {"role": "user", "content": "hello"},
                {"role": "assistant", "content": [SIGNED, {"type": "of_tomorrow", "x": 1}]},
                {"role": "user", "content": [{"type": "text", "text": "on", "of_tomorrow": True}]},
            ],
            "context_management": {"edits": [{"type": "clear_thinking_20251015"}]},
            "of_tomorrow": {"a": 1.10},
        }
        text = json.dumps(body, indent=1)
        answer = httpx.post(
            claude.gateway.url + MESSAGES + "?beta=true",
            content=text,
            headers=[
                ("authorization", f"Bearer {claude.key}"),
                ("content-type", "application/json"),
                ("anthropic-version", "2026-10-21"),
                ("anthropic-beta", "a-1,b-2"),
                ("anthropic-beta", "c-3"),
                ("anthropic-workspace-id", "wrkspc_1"),
                ("x-claude-code-session-id", "s"),
            ],
            verify=NO_TLS,
        )
        assert answer.json()["of_tomorrow"] == [1]
        sent = claude.last
        assert sent.body.decode() == text
        assert sent.target == MESSAGES + "?beta=true"
        assert sent.header("anthropic-version") == "2026-10-21"
        assert sent.header("anthropic-beta") == "a-1,b-2, c-3"
        names = {name.lower() for name, _ in sent.headers}
        assert not names & {"authorization", "anthropic-workspace-id", "x-claude-code-session-id"}

    def test_of_a_stream(self, claude: Site) -> None:
        begun, *rest = events_of([text_block("one")])
        sent = [
            begun,
            ": a comment\n\n",
            event("of_tomorrow", x=1),
            'id: 7\nevent: ping\ndata: {"type": "ping", "x": 1}\n\n',
            *rest,
        ]
        claude.upstream.always(MESSAGES, sse(sent, done=False))
        got = raw_stream(claude, {"model": CLAUDE}).decode()
        assert (
            got.replace(": a comment\n\n", ": a comment\n")
            == "".join(sent[:-1]).replace(": a comment\n\n", ": a comment\n")
            + 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
        )

    def test_the_version_of_a_client_that_names_none(self, claude: Site) -> None:
        claude.upstream.always(MESSAGES, message_reply())
        assert ask(claude, {"model": CLAUDE, "max_tokens": 1, "messages": HELLO}).status_code == 200
        assert claude.last.header("anthropic-version") == "2023-06-01"

    def test_but_the_model_is_mapped_and_the_channels_prompt_put_in(self, claude: Site) -> None:
        mapped = "claude-mapped"
        claude.admin.add_channel(
            claude.upstream.url,
            mapped,
            type=ANTHROPIC,
            model_mapping=json.dumps({mapped: CLAUDE}),
            system_prompt="Be kind.",
        )
        claude.upstream.always(MESSAGES, message_reply())
        ask(claude, {"model": mapped, "max_tokens": 1, "messages": HELLO, "system": "x", "new": 1})
        assert claude.last.json() == {
            "model": CLAUDE,
            "max_tokens": 1,
            "messages": HELLO,
            "system": "Be kind.",
            "new": 1,
        }

    def test_but_thoughts_of_other_providers_are_taken_out(self, claude: Site) -> None:
        foreign = [
            {"type": "thinking", "thinking": "mine", "signature": ""},
            {"type": "thinking", "thinking": "", "signature": "gemini.call0.abc"},
        ]
        said = {"type": "text", "text": "yes"}
        claude.upstream.always(MESSAGES, message_reply())
        messages = [
            *HELLO,
            {"role": "assistant", "content": [*foreign, said]},
            *HELLO,
            {"role": "assistant", "content": foreign},
            {"role": "assistant", "content": [SIGNED, said]},
            *HELLO,
        ]
        ask(claude, {"model": CLAUDE, "max_tokens": 1, "messages": messages})
        assert claude.last.json()["messages"] == [
            *HELLO,
            {"role": "assistant", "content": [said]},
            *HELLO,
            {"role": "assistant", "content": [SIGNED, said]},
            *HELLO,
        ]

    @pytest.mark.parametrize("address", ["/anthropic", "/claude"])
    def test_below_the_addresses_of_other_gateways(self, claude: Site, address: str) -> None:
        claude.upstream.always(MESSAGES, message_reply())
        with sdk(claude, base_url=claude.gateway.url + address) as client:
            assert client.messages.create(model=CLAUDE, max_tokens=16, messages=HELLO).id == "msg_loopback"
            assert client.messages.count_tokens(model=GPT, messages=HELLO).input_tokens > 0
            assert client.models.list().data


class TestWhatIsBilled:
    def test_by_class_of_token(self, claude: Site) -> None:
        usage = {
            "input_tokens": 10,
            "cache_creation_input_tokens": 1000,
            "cache_creation": {"ephemeral_5m_input_tokens": 400, "ephemeral_1h_input_tokens": 600},
            "cache_read_input_tokens": 200,
            "output_tokens": 5,
        }
        claude.upstream.always(MESSAGES, message_reply(usage=usage))
        body = {"model": CLAUDE, "max_tokens": 16, "messages": HELLO}
        ask(claude, body)
        whole = claude.newest_charge()
        assert (whole["prompt_tokens"], whole["completion_tokens"]) == (1210, 5)
        ended = {"output_tokens": 5, "cache_creation_input_tokens": 1000}  # the split comes at the start only
        claude.upstream.always(MESSAGES, message_stream("a", started=usage, ended=ended))
        ask(claude, body | {"stream": True})
        streamed = claude.newest_charge()
        assert streamed["is_stream"]
        assert streamed["quota"] == whole["quota"]
        claude.upstream.always(MESSAGES, message_reply(usage={"input_tokens": 1210, "output_tokens": 5}))
        ask(claude, body)
        assert claude.newest_charge()["quota"] < whole["quota"]

    def test_of_a_stream_that_is_cut_off(self, claude: Site) -> None:
        started = {"input_tokens": 5000}
        claude.upstream.always(
            MESSAGES,
            message_stream("hello ", "world", "!", started=started).stopped(Ending.CLOSE, after_events=5),
        )
        with (
            sdk(claude) as client,
            pytest.raises(anthropic.APIStatusError) as caught,
            client.messages.stream(model=CLAUDE, max_tokens=16, messages=HELLO) as stream,
        ):
            stream.get_final_message()
        assert caught.value.body["error"]["type"] == "api_error"  # type: ignore[index]
        row = claude.newest_charge()
        assert row["prompt_tokens"] == 5000
        assert 0 < row["completion_tokens"] < 5
        assert row["end_cause"] == "upstream_failed"

    def test_of_a_client_that_leaves(self, claude: Site) -> None:
        claude.upstream.always(MESSAGES, message_stream("hello ").stopped(Ending.STALL, after_events=3))
        before = claude.charges()
        with sdk(claude) as client:
            stream = client.messages.create(model=CLAUDE, max_tokens=16, messages=HELLO, stream=True)
            for each in stream:
                if each.type == "content_block_delta":
                    break
            stream.close()
        eventually(lambda: claude.charges() == before + 1)
        assert claude.newest_charge()["end_cause"] == "client_left"
        eventually(lambda: claude.upstream.active == 0)

    def test_nothing_of_an_answer_that_failed(self, claude: Site) -> None:
        before, quota = claude.charges(), claude.quota()
        claude.upstream.always(MESSAGES, json_reply({"type": "error"}, status=500))
        assert ask(claude, {"model": CLAUDE, "max_tokens": 16, "messages": HELLO}).status_code == 500
        assert (claude.charges(), claude.quota()) == (before, quota)

    def test_what_no_upstream_counted(self, site: Site) -> None:
        site.upstream.always(CHAT, chat_stream(["hello ", "world"], usage=None))
        system = [{"type": "text", "text": "word " * 100}]
        raw_stream(site, {"model": GPT, "system": system, "tools": WEATHER})
        row = site.newest_charge()
        assert 100 < row["prompt_tokens"] < 200
        assert row["completion_tokens"] == 2

    def test_a_quota_that_max_tokens_exceeds(self, site: Site) -> None:
        key = site.admin.add_token(unlimited_quota=False, remain_quota=5000)
        body = {"model": GPT, "max_tokens": 100_000, "messages": HELLO}
        refused = ask(site, body, **{"x-api-key": key})
        assert refused.status_code == 402
        assert refused.json()["error"]["type"] == "billing_error"
        site.upstream.always(CHAT, chat_reply("hi", prompt_tokens=1, completion_tokens=1))
        assert ask(site, body | {"max_tokens": 5}, **{"x-api-key": key}).status_code == 200


class TestTranslated:
    """For a provider that speaks OpenAI's format."""

    def test_a_conversation_with_everything(self, site: Site) -> None:
        site.upstream.always(CHAT, chat_reply("ok", prompt_tokens=1, completion_tokens=1))
        mark = {"cache_control": {"type": "ephemeral"}}
        image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
        call = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Oslo"}}
        answer = ask(
            site,
            {
                "model": GPT,
                "max_tokens": 16,
                "system": [{"type": "text", "text": "One.", **mark}, {"type": "text", "text": "Two."}],
                "messages": [
                    {"role": "user", "content": [{"type": "text", "text": "look", **mark}, image]},
                    {
                        "role": "assistant",
                        "content": [
                            SIGNED,
                            {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
                            {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
                            call,
                        ],
                    },
                    {
                        "role": "user",
                        "content": [
                            {"type": "tool_result", "tool_use_id": "toolu_1", "content": "3 degrees", **mark},
                            {"type": "text", "text": "and now?"},
                        ],
                    },
                    {"role": "system", "content": "Stay brief."},
                ],
                "tools": [{**WEATHER[0], **mark, "eager_input_streaming": True}],
                "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
                "stop_sequences": ["END"],
                "thinking": {"type": "adaptive", "budget_tokens": 0},
                "output_config": {"effort": "high"},
                "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
                "metadata": {"user_id": "u" * 200},
                "temperature": 0.5,
            },
            MESSAGES + "?beta=true",
            **{"anthropic-beta": "a-1"},
        )
        assert answer.status_code == 200, answer.text
        sent = site.last
        assert sent.target == CHAT
        assert sent.header("anthropic-beta") is None
        body = sent.json()
        assert len(body.pop("user")) == 64
        assert body == {
            "model": GPT,
            "max_tokens": 16,
            "messages": [
                {"role": "system", "content": "One.\n\nTwo."},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "look"},
                        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
                    ],
                },
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": "toolu_1",
                            "type": "function",
                            "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
                        }
                    ],
                },
                {"role": "tool", "tool_call_id": "toolu_1", "content": "3 degrees"},
                {"role": "user", "content": "and now?"},
                {"role": "system", "content": "Stay brief."},
            ],
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "weather",
                        "description": "the weather of a city",
                        "parameters": WEATHER[0]["input_schema"],
                    },
                }
            ],
            "tool_choice": "required",
            "parallel_tool_calls": False,
            "stop": ["END"],
            "temperature": 0.5,
        }

    @pytest.mark.parametrize("interleaved", [False, True])
    def test_parallel_calls_and_thoughts_in_a_stream(self, site: Site, *, interleaved: bool) -> None:
        def piece(index: int, arguments: str, **begun: Any) -> dict[str, Any]:
            function = {"arguments": arguments, **({"name": begun.pop("name")} if begun else {})}
            return chat_chunk({"tool_calls": [{"index": index, "function": function, **begun}]})

        first = piece(0, "", id="call_1", name="weather")
        second = piece(1, "", id="call_2", name="weather")
        parts = [piece(0, '{"city":'), piece(0, '"Oslo"}')]
        others = [piece(1, '{"city":'), piece(1, '"Rome"}')]
        calls = (
            [first, second, parts[0], others[0], others[1], parts[1]]
            if interleaved
            else [first, *parts, second, *others]
        )
        site.upstream.always(
            CHAT,
            sse(
                [
                    chat_chunk({"role": "assistant", "content": ""}),
                    chat_chunk({"reasoning_content": "Hm."}),
                    chat_chunk({"content": "Looking."}),
                    *calls,
                    chat_chunk({}, finish_reason="tool_calls"),
                    {**chat_chunk({}), "choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": 9}},
                ]
            ),
        )
        with (
            sdk(site) as client,
            client.messages.stream(model=GPT, max_tokens=16, messages=HELLO, tools=WEATHER) as stream,
        ):
            ended = [each for each in stream if each.type == "content_block_stop"]
            final = stream.get_final_message()
        thinking, text, one, two = final.content
        assert (thinking.type, text.type) == ("thinking", "text")
        assert (one.id, one.input) == ("call_1", {"city": "Oslo"})  # type: ignore[union-attr]
        assert (two.id, two.input) == ("call_2", {"city": "Rome"})  # type: ignore[union-attr]
        assert [each.content_block.input for each in ended[2:]] == [{"city": "Oslo"}, {"city": "Rome"}]  # type: ignore[union-attr]
        assert final.stop_reason == "tool_use"
        assert (final.usage.input_tokens, final.usage.output_tokens) == (20, 9)

    @pytest.mark.parametrize(
        ("finish", "stop_reason"),
        [("stop", "end_turn"), ("length", "max_tokens"), ("content_filter", "refusal")],
    )
    def test_why_it_ended(self, site: Site, finish: str, stop_reason: str) -> None:
        choice = {"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": finish}
        site.upstream.always(CHAT, chat_reply(choices=[choice]))
        with sdk(site) as client:
            answer = client.messages.create(model=GPT, max_tokens=16, messages=HELLO)
        assert answer.stop_reason == stop_reason
        assert answer._request_id  # noqa: SLF001  # where the SDK keeps the header request-id

    @pytest.mark.parametrize(
        ("fields", "name"),
        [
            ({"mcp_servers": [{"type": "url", "url": "https://x", "name": "x"}]}, "mcp_servers"),
            ({"max_tokens": 0}, "max_tokens"),
            ({"context_management": {"edits": [{"type": "compact_20260112"}]}}, "compact"),
            ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "web_search"),
            ({"inference_geo": "us"}, "inference_geo"),
        ],
    )
    def test_what_the_provider_cannot_do_is_refused_by_name(
        self, site: Site, fields: dict[str, Any], name: str
    ) -> None:
        answer = ask(site, {"model": GPT, "max_tokens": 1, "messages": HELLO, **fields})
        assert answer.status_code == 400
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert name in answer.json()["error"]["message"]
        assert not site.upstream.requests

    def test_a_stream_that_breaks_ends_with_an_error(self, site: Site) -> None:
        site.upstream.always(CHAT, chat_stream(["a", "b"]).stopped(Ending.CLOSE, after_events=3))
        with (
            sdk(site) as client,
            pytest.raises(anthropic.APIStatusError) as caught,
            client.messages.stream(model=GPT, max_tokens=16, messages=HELLO) as stream,
        ):
            stream.get_final_message()
        assert caught.value.body["error"]["type"] == "api_error"  # type: ignore[index]


class TestErrors:
    """In the form that the SDK reads."""

    @pytest.mark.parametrize("header", ["api_key", "auth_token"])
    def test_a_wrong_key(self, site: Site, header: str) -> None:
        options = {"api_key": None, header: "sk-wrong"}
        with sdk(site, **options) as client, pytest.raises(anthropic.AuthenticationError) as caught:
            client.messages.create(model=GPT, max_tokens=16, messages=HELLO)
        body: Any = caught.value.body
        assert body["type"] == "error"
        assert body["error"]["type"] == "authentication_error"
        assert body["request_id"] in body["error"]["message"]
        assert caught.value.response.headers["request-id"] == body["request_id"]

    def test_no_key(self, site: Site) -> None:
        answer = httpx.post(site.gateway.url + MESSAGES, json={}, verify=NO_TLS)
        assert answer.status_code == 401
        assert answer.json()["error"]["type"] == "authentication_error"

    def test_the_key_beside_the_credentials_of_a_proxy(self, site: Site) -> None:
        site.upstream.always(CHAT, chat_reply("hi", prompt_tokens=1, completion_tokens=1))
        body = {"model": GPT, "max_tokens": 1, "messages": HELLO}
        assert ask(site, body, authorization="Basic eDp5").status_code == 200

    def test_an_unknown_model(self, site: Site) -> None:
        with sdk(site) as client, pytest.raises(anthropic.NotFoundError) as caught:
            client.messages.create(model="claude-none", max_tokens=16, messages=HELLO)
        assert caught.value.body["error"]["type"] == "not_found_error"  # type: ignore[index]
        assert "claude-none" in caught.value.message
        assert caught.value.response.headers["x-should-retry"] == "false"

    def test_a_model_that_the_token_may_not_use(self, site: Site) -> None:
        key = site.admin.add_token(models="tts-1")
        with sdk(site, api_key=key) as client, pytest.raises(anthropic.PermissionDeniedError):
            client.messages.create(model=GPT, max_tokens=16, messages=HELLO)

    @pytest.mark.parametrize(
        ("fields", "name"),
        [
            ({"max_tokens": None}, "max_tokens"),
            ({"max_tokens": -1}, "max_tokens"),
            ({"max_tokens": "1"}, "max_tokens"),
            ({"messages": []}, "messages"),
            ({"messages": "x"}, "messages"),
            ({"messages": [{"role": "user", "content": 1}]}, "messages"),
            ({"messages": [{"role": "user", "content": [1]}]}, "messages"),
            ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages"),
            ({"messages": [{"role": "user", "content": "x"}] * 20_001}, "messages"),
            (
                {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}] * 20_000}]},
                "messages",
            ),
            ({"system": 1}, "system"),
            ({"stream": "yes"}, "stream"),
            ({"fallbacks": [{"model": "x"}]}, "fallbacks"),
            ({"speed": "fast"}, "speed"),
        ],
    )
    def test_what_nobody_could_serve(self, claude: Site, fields: dict[str, Any], name: str) -> None:
        answer = ask(claude, {"model": CLAUDE, "max_tokens": 1, "messages": HELLO, **fields})
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert name in answer.json()["error"]["message"]
        assert not claude.upstream.requests

    def test_a_body_that_is_no_json(self, site: Site) -> None:
        answer = httpx.post(
            site.gateway.url + MESSAGES, content=b"{", headers={"x-api-key": site.key}, verify=NO_TLS
        )
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")

    def test_doubled_keys_are_read_once(self, claude: Site) -> None:
        claude.upstream.always(MESSAGES, message_reply())
        content = (
            f'{{"model":"{CLAUDE}","max_tokens":1,"max_tokens":2,"Max_Tokens":3,"messages":[{{"role":"user",'
            '"content":"x"}]}'
        )
        httpx.post(
            claude.gateway.url + MESSAGES, content=content, headers={"x-api-key": claude.key}, verify=NO_TLS
        )
        assert claude.last.body.count(b"ax_") == 1
        assert claude.last.json()["max_tokens"] == 2

    def test_an_address_with_v1_twice(self, site: Site) -> None:
        answer = ask(site, {}, "/v1/v1/messages", **{"accept-language": "en"})
        assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found_error")
        assert "/v1/messages" in answer.json()["error"]["message"]
        assert "without /v1" in answer.json()["error"]["message"]

    def test_a_body_that_is_too_large(self, site: Site) -> None:
        answer = httpx.post(
            site.gateway.url + MESSAGES,
            content=b"x" * (65 * 1024 * 1024),
            headers={"x-api-key": site.key},
            timeout=60,
            verify=NO_TLS,
        )
        assert (answer.status_code, answer.json()["error"]["type"]) == (413, "request_too_large")

    def test_a_provider_that_is_busy(self, claude: Site) -> None:
        body = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}
        claude.upstream.always(MESSAGES, json_reply(body, status=429, headers={"Retry-After": "1"}))
        with sdk(claude) as client, pytest.raises(anthropic.RateLimitError) as caught:
            client.messages.create(model=CLAUDE, max_tokens=16, messages=HELLO)
        assert caught.value.response.headers["retry-after"] == "1"
        assert caught.value.body["error"]["type"] == "rate_limit_error"  # type: ignore[index]

    def test_a_provider_that_is_overloaded_in_a_stream(self, claude: Site) -> None:
        begun, *_ = events_of([])
        told = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
        started = event("content_block_start", index=0, content_block={"type": "text", "text": "x"})
        claude.upstream.always(MESSAGES, sse([begun, started, told], done=False))
        got = raw_stream(claude, {"model": CLAUDE}).decode()
        assert 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"' in got

    def test_a_prompt_that_is_too_long(self, site: Site) -> None:
        site.upstream.always(
            CHAT,
            error_reply(400, "maximum is 8192", type="invalid_request_error", code="context_length_exceeded"),
        )
        answer = ask(site, {"model": GPT, "max_tokens": 1, "messages": HELLO})
        assert answer.status_code == 400
        assert answer.json()["error"]["message"].startswith("prompt is too long: ")

    def test_clients_of_openai_read_theirs(self, site: Site) -> None:
        answer = httpx.post(
            site.gateway.url + CHAT, json={}, headers={"anthropic-version": "2023-06-01"}, verify=NO_TLS
        )
        assert set(answer.json()) == {"error"}


class TestCountTokens:
    def test_the_provider_counts(self, claude: Site) -> None:
        claude.upstream.always(COUNT, json_reply({"input_tokens": 14, "of_tomorrow": 1}))
        before = claude.charges()
        with sdk(claude) as client:
            assert client.messages.count_tokens(model=CLAUDE, messages=HELLO).input_tokens == 14
        assert claude.last.json() == {"messages": HELLO, "model": CLAUDE}
        assert claude.charges() == before

    @pytest.mark.parametrize("status", [404, 500])
    def test_or_it_is_counted_here(self, claude: Site, status: int) -> None:
        claude.upstream.always(COUNT, error_reply(status))
        with sdk(claude) as client:
            assert 0 < client.messages.count_tokens(model=CLAUDE, messages=HELLO).input_tokens < 20

    def test_as_for_every_other_provider(self, site: Site) -> None:
        before = site.charges()
        system: list[Any] = [{"type": "text", "text": "word " * 1000}]
        with sdk(site) as client:
            small = client.messages.count_tokens(model=GPT, messages=HELLO).input_tokens
            large = client.messages.count_tokens(
                model=GPT, messages=HELLO, system=system, tools=WEATHER
            ).input_tokens
        assert 0 < small < 20
        assert 1000 < large < 1100
        assert not site.upstream.requests
        assert site.charges() == before

    def test_what_the_provider_refuses(self, claude: Site) -> None:
        body = {"type": "error", "error": {"type": "invalid_request_error", "message": "messages: no"}}
        claude.upstream.always(COUNT, json_reply(body, status=400))
        with sdk(claude) as client, pytest.raises(anthropic.BadRequestError, match="messages: no"):
            client.messages.count_tokens(model=CLAUDE, messages=HELLO)


class TestModels:
    def test_page_by_page(self, claude: Site) -> None:
        with sdk(claude) as client:
            pages = [model.id for model in client.models.list(limit=2)]
            assert pages == [model.id for model in client.models.list(limit=1000)]
            first = client.models.list(limit=2)
        assert {CLAUDE, GPT} <= set(pages)
        assert len(pages) == len(set(pages))
        assert (len(first.data), first.has_more) == (2, True)
        assert pages == [model.id for model in claude.client.models.list()]

    def test_one(self, claude: Site) -> None:
        with sdk(claude) as client:
            assert client.models.retrieve(CLAUDE).display_name == CLAUDE
            with pytest.raises(anthropic.NotFoundError) as caught:
                client.models.retrieve("none")
        assert caught.value.body["error"]["type"] == "not_found_error"  # type: ignore[index]

    def test_backwards_and_beyond(self, claude: Site) -> None:
        def listed(query: str) -> httpx.Response:
            headers = {"x-api-key": claude.key}
            return httpx.get(f"{claude.gateway.url}/v1/models?{query}", headers=headers, verify=NO_TLS)

        names = [model["id"] for model in listed("limit=1000").json()["data"]]
        page = listed(f"limit=2&before_id={names[3]}").json()
        assert [model["id"] for model in page["data"]] == names[1:3]
        assert page["has_more"]
        assert (page["first_id"], page["last_id"]) == (names[1], names[2])
        assert listed("limit=0").json()["error"]["type"] == "invalid_request_error"


def test_a_silent_stream_is_kept_alive_by_pings(tmp_path: Path, upstream: ProgrammableUpstream) -> None:
    slow = message_stream("a", "b").paused(0.7)
    upstream.always(MESSAGES, slow)
    with running(tmp_path, STREAM_HEARTBEAT="0.2") as gateway:
        admin = Administrator(gateway.url)
        admin.add_channel(upstream.url, CLAUDE, type=ANTHROPIC)
        headers = {"x-api-key": admin.add_token()}
        body = {"model": CLAUDE, "max_tokens": 1, "messages": HELLO, "stream": True}
        got = httpx.post(gateway.url + MESSAGES, json=body, headers=headers, timeout=20, verify=NO_TLS).text
    assert got.startswith("event: message_start")
    assert got.count('event: ping\ndata: {"type":"ping"}\n\n') > 2
    assert "keep-alive" not in got
