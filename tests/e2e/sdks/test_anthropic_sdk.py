"""The real ``anthropic`` SDK against a running server, over a channel of Anthropic's and one of OpenAI's type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anthropic
import httpx
import pytest

from tests.e2e.conftest import ANTHROPIC, CLAUDE, eventually
from tests.e2e.messages_calls import (
    CHAT,
    GPT,
    HELLO,
    MESSAGES,
    PIXEL,
    SIGNED,
    WEATHER,
    ask,
    raw_stream,
    sdk,
)
from tests.support.gateway.server import NO_TLS, Administrator, running
from tests.support.providers.messages import event, events_of, message_reply, message_stream, text_block
from tests.support.providers.upstream import (
    Ending,
    chat_chunk,
    chat_reply,
    chat_stream,
    json_reply,
    sse,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Site
    from tests.support.providers.upstream import ProgrammableUpstream


# --- Anthropic as the provider: bytes pass -----------------------------------------------------


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


# --- other providers: translated ---------------------------------------------------------------


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


class TestBytesPass:
    """Client and provider both speak this format."""

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

    def test_of_beta_features(self, claude: Site) -> None:
        claude.upstream.always(MESSAGES, message_reply())
        edits: Any = {"edits": [{"type": "clear_tool_uses_20250919"}]}
        with sdk(claude) as client:
            client.beta.messages.create(
                model=CLAUDE,
                max_tokens=16,
                messages=HELLO,
                betas=["context-management-2025-06-27", "of-tomorrow"],
                context_management=edits,
            )
        sent = claude.last
        assert sent.header("anthropic-beta") == "context-management-2025-06-27,of-tomorrow"
        assert sent.json()["context_management"] == edits

    def test_the_version_of_a_client_that_names_none(self, claude: Site) -> None:
        claude.upstream.always(MESSAGES, message_reply())
        assert ask(claude, {"model": CLAUDE, "max_tokens": 1, "messages": HELLO}).status_code == 200
        assert claude.last.header("anthropic-version") == "2023-06-01"

    def test_except_the_mapped_model_and_the_channels_prompt(self, claude: Site) -> None:
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

    def test_except_thoughts_of_other_providers(self, claude: Site) -> None:
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

    def test_for_another_vendor_of_this_format(self, claude: Site) -> None:
        model = "kimi-k2-thinking"
        claude.admin.add_channel(claude.upstream.url, model, type=ANTHROPIC)
        claude.upstream.always(MESSAGES, message_reply())
        thought = {"role": "assistant", "content": [{"type": "thinking", "thinking": "x", "signature": ""}]}
        ask(claude, {"model": model, "max_tokens": 1, "messages": [*HELLO, thought, *HELLO]})
        assert claude.last.json()["messages"] == [*HELLO, thought, *HELLO]

    @pytest.mark.parametrize("address", ["/anthropic", "/claude"])
    def test_with_the_base_urls_of_other_gateways(self, claude: Site, address: str) -> None:
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
        ended = {
            "output_tokens": 5,
            "cache_creation_input_tokens": 1000,
        }  # only the start of a stream reports the split
        claude.upstream.always(MESSAGES, message_stream("a", started=usage, ended=ended))
        ask(claude, body | {"stream": True})
        streamed = claude.newest_charge()
        assert streamed["is_stream"]
        assert streamed["quota"] == whole["quota"]
        claude.upstream.always(MESSAGES, message_reply(usage={"input_tokens": 1210, "output_tokens": 5}))
        ask(claude, body)
        assert claude.newest_charge()["quota"] < whole["quota"]

    def test_a_request_that_only_fills_the_cache(self, claude: Site) -> None:
        usage = {"input_tokens": 3, "cache_creation_input_tokens": 1000, "output_tokens": 0}
        claude.upstream.always(MESSAGES, message_reply([], usage=usage, stop_reason="max_tokens"))
        answer = ask(claude, {"model": CLAUDE, "max_tokens": 0, "messages": HELLO})
        assert answer.json()["content"] == []
        assert claude.last.json()["max_tokens"] == 0
        row = claude.newest_charge()
        assert (row["prompt_tokens"], row["completion_tokens"], row["quota"] > 0) == (1003, 0, True)

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

    def test_nothing_for_an_answer_that_failed(self, claude: Site) -> None:
        before, quota = claude.charges(), claude.quota()
        claude.upstream.always(MESSAGES, json_reply({"type": "error"}, status=500))
        assert ask(claude, {"model": CLAUDE, "max_tokens": 16, "messages": HELLO}).status_code == 500
        assert (claude.charges(), claude.quota()) == (before, quota)

    def test_tokens_that_no_upstream_counted(self, site: Site) -> None:
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
    """The provider speaks OpenAI's format."""

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
    def test_stop_reasons(self, site: Site, finish: str, stop_reason: str) -> None:
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
    def test_features_that_the_provider_lacks_are_refused_by_name(
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
