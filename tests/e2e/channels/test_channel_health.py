"""Which channels are used after faults, on a running server: outages, bad keys, odd parameters, channel tests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.e2e.conftest import eventually
from tests.support.gateway.server import NO_TLS, Administrator, running
from tests.support.providers.upstream import chat_chunk, chat_reply, error_reply, json_reply, sse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.gateway.server import Gateway
    from tests.support.providers.upstream import ProgrammableUpstream

CHAT = "/v1/chat/completions"
BAD_KEY = error_reply(401, "Incorrect API key provided", code="invalid_api_key")


class Client:
    """A client of a gateway with its own token."""

    def __init__(self, gateway: Gateway, key: str) -> None:
        self._url = gateway.url
        self._key = key

    def ask(self, **fields: Any) -> httpx.Response:
        body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]} | fields
        named = {"Authorization": f"Bearer {self._key}"}
        return httpx.post(self._url + CHAT, json=body, headers=named, timeout=30, verify=NO_TLS)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path) as found:
        yield found


def test_an_outage_causes_at_most_a_fifth_more_calls(
    gateway: Gateway, upstream: ProgrammableUpstream
) -> None:
    admin = Administrator(gateway.url)
    admin.set_option("RetryTimes", "3")
    for _ in range(3):
        admin.add_channel(upstream.url, "m")
    client = Client(gateway, admin.add_token())
    upstream.always(CHAT, error_reply(500, "it broke"))
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: client.ask(), range(200)))
    assert {answer.status_code for answer in answers} == {500}
    assert 200 <= len(upstream.requests) <= 240


def test_no_request_fails_for_a_bad_key_while_another_channel_answers(
    gateway: Gateway, upstream: ProgrammableUpstream
) -> None:
    """This holds for many requests at once, and without disabling the channel."""
    admin = Administrator(gateway.url)
    admin.set_option("RetryTimes", "1")
    admin.add_channel(upstream.url + "/bad", "m", priority=9)
    admin.add_channel(upstream.url + "/good", "m")
    client = Client(gateway, admin.add_token())
    upstream.always("/bad" + CHAT, BAD_KEY)
    upstream.always("/good" + CHAT, chat_reply("hello"))
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: client.ask(), range(100)))
    assert {answer.status_code for answer in answers} == {200}


def test_a_channel_with_a_bad_key_is_not_called_again_by_this_process(
    gateway: Gateway, upstream: ProgrammableUpstream
) -> None:
    admin = Administrator(gateway.url)
    admin.set_option("AutomaticDisableChannelEnabled", "true")
    client = Client(gateway, admin.add_token())
    for _ in range(5):
        number = admin.add_channel(upstream.url, "m")
        upstream.always(CHAT, BAD_KEY)
        calls = len(upstream.requests)
        assert client.ask().status_code == 502
        assert client.ask().status_code == 503  # no channel is left
        assert len(upstream.requests) == calls + 1
        eventually(lambda number=number: admin.call("GET", f"/api/channel/{number}")["status"] == 3)


def test_a_change_of_a_channel_applies_to_the_next_request(
    gateway: Gateway, upstream: ProgrammableUpstream
) -> None:
    admin = Administrator(gateway.url)
    client = Client(gateway, admin.add_token())
    upstream.always(CHAT, chat_reply("hello"))
    for _ in range(5):
        number = admin.add_channel(upstream.url, "m")
        assert client.ask().status_code == 200
        admin.call("PUT", "/api/channel/", {"id": number, "status": 2})
        assert client.ask().status_code == 503
        admin.call("PUT", "/api/channel/", {"id": number, "status": 1})
        assert client.ask().status_code == 200
        admin.call("PUT", "/api/channel/", {"id": number, "models": "other"})
        assert client.ask().status_code == 503
        admin.call("DELETE", f"/api/channel/{number}")
        assert client.ask(model="other").status_code == 503


def test_odd_requests_of_one_user_disable_no_channel(tmp_path: Path, upstream: ProgrammableUpstream) -> None:
    """Answers in an unexpected form, which requests may have caused, do not count for the success rate."""
    settings = {"ENABLE_METRIC": "true", "METRIC_QUEUE_SIZE": "10"}
    with running(tmp_path, **settings) as gateway:
        admin = Administrator(gateway.url)
        number = admin.add_channel(upstream.url, "m")
        client = Client(gateway, admin.add_token())
        upstream.always(CHAT, json_reply(["what", "is", "this"]))
        for _ in range(30):
            assert client.ask().status_code == 502
        assert admin.call("GET", f"/api/channel/{number}")["status"] == 1
        upstream.always(CHAT, chat_reply("hello"))
        assert client.ask().status_code == 200


def test_a_channels_own_faults_still_disable_it(tmp_path: Path, upstream: ProgrammableUpstream) -> None:
    with running(tmp_path, ENABLE_METRIC="true", METRIC_QUEUE_SIZE="10") as gateway:
        admin = Administrator(gateway.url)
        number = admin.add_channel(upstream.url, "m")
        client = Client(gateway, admin.add_token())
        upstream.always(CHAT, error_reply(500, "it broke"))
        for _ in range(10):
            client.ask()
        eventually(lambda: admin.call("GET", f"/api/channel/{number}")["status"] == 3)


def test_an_error_that_repeats_the_clients_words_disables_no_channel(
    gateway: Gateway, upstream: ProgrammableUpstream
) -> None:
    admin = Administrator(gateway.url)
    admin.set_option("AutomaticDisableChannelEnabled", "true")
    number = admin.add_channel(upstream.url, "m")
    client = Client(gateway, admin.add_token())
    for said in (
        "x\" 'aiplatform.endpoints.predict' denied \"x",
        "YOUR CREDIT  BALANCE is too low",
        "余额不足",
        "api key not valid\\n",
    ):
        upstream.always(CHAT, error_reply(400, f"messages.0.role: '{said}' is not one of 'user'"))
        messages = [{"role": said, "content": "hi"}]
        assert client.ask(messages=messages).status_code == 400
    assert admin.call("GET", f"/api/channel/{number}")["status"] == 1


def test_failed_tests_are_shown_as_failed_after_test_all(
    gateway: Gateway, upstream: ProgrammableUpstream
) -> None:
    admin = Administrator(gateway.url)
    broken = admin.add_channel(upstream.url + "/broken", "gpt-4o")
    healthy = admin.add_channel(upstream.url + "/healthy", "gpt-4o")
    upstream.always("/broken" + CHAT, error_reply(500, "it broke"))
    upstream.always("/healthy" + CHAT, chat_reply("hello"))
    admin.call("GET", "/api/channel/test")
    eventually(lambda: not admin.call("GET", "/api/channel/test/progress")["running"])
    shown = {channel["id"]: channel for channel in admin.call("GET", "/api/channel/")}
    assert shown[broken]["test_outcome"] == "failed"
    assert "it broke" in shown[broken]["test_error"]
    assert (shown[healthy]["test_outcome"], shown[healthy]["test_error"]) == ("passed", "")
    [failed] = admin.call("GET", "/api/channel/?test_outcome=failed")
    assert failed["id"] == broken


def test_a_test_streams_if_it_must_and_enables_the_channel_again(
    gateway: Gateway, upstream: ProgrammableUpstream
) -> None:
    admin = Administrator(gateway.url)
    admin.set_option("AutomaticEnableChannelEnabled", "true")
    number = admin.add_channel(upstream.url, "m")
    admin.call("PUT", "/api/channel/", {"id": number, "status": 3})
    chunks = [chat_chunk({"content": "gpt"}), chat_chunk({"content": "-x"}, finish_reason="stop")]
    refusal = error_reply(400, "Stream must be set to true", type="invalid_request_error")
    upstream.always(CHAT, lambda request: sse(chunks) if request.json().get("stream") else refusal)
    admin.call("GET", f"/api/channel/test/{number}")  # fails here unless the test passed
    assert admin.call("GET", f"/api/channel/{number}")["status"] == 1
    assert Client(gateway, admin.add_token()).ask(stream=True).status_code == 200
