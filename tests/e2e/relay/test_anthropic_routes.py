"""What clients of Anthropic's API call besides conversations, and the form of their errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anthropic
import httpx
import pytest

from tests.e2e.conftest import CLAUDE
from tests.e2e.messages_calls import (
    CHAT,
    COUNT,
    GPT,
    HELLO,
    MESSAGES,
    WEATHER,
    ask,
    raw_stream,
    sdk,
)
from tests.support.gateway.server import NO_TLS
from tests.support.providers.messages import event, events_of, message_reply
from tests.support.providers.upstream import (
    chat_reply,
    error_reply,
    json_reply,
    sse,
)

if TYPE_CHECKING:
    from tests.e2e.conftest import Site


class TestErrors:
    """Errors in the form that the SDK reads."""

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

    def test_the_key_together_with_credentials_for_a_proxy(self, site: Site) -> None:
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

    def test_a_spent_token(self, site: Site) -> None:
        key = site.admin.add_token(unlimited_quota=False, remain_quota=0)
        with (
            sdk(site, api_key=key, max_retries=2) as client,
            pytest.raises(anthropic.APIStatusError) as caught,
        ):
            client.messages.create(model=GPT, max_tokens=16, messages=HELLO)
        assert caught.value.status_code == 402
        assert caught.value.body["error"]["type"] == "billing_error"  # type: ignore[index]

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
    def test_requests_that_no_provider_could_serve(
        self, claude: Site, fields: dict[str, Any], name: str
    ) -> None:
        answer = ask(claude, {"model": CLAUDE, "max_tokens": 1, "messages": HELLO, **fields})
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert name in answer.json()["error"]["message"]
        assert not claude.upstream.requests

    def test_a_body_that_is_not_json(self, site: Site) -> None:
        answer = httpx.post(
            site.gateway.url + MESSAGES, content=b"{", headers={"x-api-key": site.key}, verify=NO_TLS
        )
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")

    def test_duplicate_keys_are_read_in_one_way_only(self, claude: Site) -> None:
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

    def test_a_path_with_v1_twice(self, site: Site) -> None:
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

    def test_a_busy_provider(self, claude: Site) -> None:
        body = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}
        claude.upstream.always(MESSAGES, json_reply(body, status=429, headers={"Retry-After": "1"}))
        with sdk(claude) as client, pytest.raises(anthropic.RateLimitError) as caught:
            client.messages.create(model=CLAUDE, max_tokens=16, messages=HELLO)
        assert caught.value.response.headers["retry-after"] == "1"
        assert caught.value.body["error"]["type"] == "rate_limit_error"  # type: ignore[index]

    def test_a_provider_that_reports_overload_in_a_stream(self, claude: Site) -> None:
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

    def test_clients_of_openai_get_openais_form(self, site: Site) -> None:
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
    def test_tokens_are_counted_here_if_the_provider_does_not_count(self, claude: Site, status: int) -> None:
        claude.upstream.always(COUNT, error_reply(status))
        with sdk(claude) as client:
            assert 0 < client.messages.count_tokens(model=CLAUDE, messages=HELLO).input_tokens < 20

    def test_tokens_are_counted_here_for_every_other_provider(self, site: Site) -> None:
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

    def test_a_refusal_of_the_provider(self, claude: Site) -> None:
        body = {"type": "error", "error": {"type": "invalid_request_error", "message": "messages: no"}}
        claude.upstream.always(COUNT, json_reply(body, status=400))
        with sdk(claude) as client, pytest.raises(anthropic.BadRequestError, match="messages: no"):
            client.messages.count_tokens(model=CLAUDE, messages=HELLO)


class TestModels:
    def test_pages(self, claude: Site) -> None:
        with sdk(claude) as client:
            pages = [model.id for model in client.models.list(limit=2)]
            assert pages == [model.id for model in client.models.list(limit=1000)]
            first = client.models.list(limit=2)
        assert {CLAUDE, GPT} <= set(pages)
        assert len(pages) == len(set(pages))
        assert (len(first.data), first.has_more) == (2, True)
        assert pages == [model.id for model in claude.client.models.list()]

    def test_one_model(self, claude: Site) -> None:
        with sdk(claude) as client:
            assert client.models.retrieve(CLAUDE).display_name == CLAUDE
            with pytest.raises(anthropic.NotFoundError) as caught:
                client.models.retrieve("none")
        assert caught.value.body["error"]["type"] == "not_found_error"  # type: ignore[index]

    def test_pages_backwards_and_beyond_the_end(self, claude: Site) -> None:
        def listed(query: str) -> httpx.Response:
            headers = {"x-api-key": claude.key}
            return httpx.get(f"{claude.gateway.url}/v1/models?{query}", headers=headers, verify=NO_TLS)

        names = [model["id"] for model in listed("limit=1000").json()["data"]]
        page = listed(f"limit=2&before_id={names[3]}").json()
        assert [model["id"] for model in page["data"]] == names[1:3]
        assert page["has_more"]
        assert (page["first_id"], page["last_id"]) == (names[1], names[2])
        assert listed("limit=0").json()["error"]["type"] == "invalid_request_error"
