"""Background responses, with the real SDK."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest

from tests.e2e.conftest import OF_RESPONSES, eventually
from tests.e2e.sdks.test_responses_upstream import events
from tests.support.gateway.server import NO_TLS, Administrator, running
from tests.support.providers.upstream import chat_stream, error_reply, sse

if TYPE_CHECKING:
    from pathlib import Path

    from openai.types.responses import Response

    from tests.e2e.conftest import Site
    from tests.support.providers.upstream import ProgrammableUpstream

GPT, CHAT, RESPONSES = "gpt-4o", "/v1/chat/completions", "/v1/responses"
OPEN = ("queued", "in_progress")


def finished(site: Site, response_id: str) -> Response:
    """The response, once it is no longer in progress."""
    found: list[Response] = []

    def is_over() -> bool:
        found.append(site.client.responses.retrieve(response_id))
        return found[-1].status not in OPEN

    eventually(is_over, 10)
    return found[-1]


def test_a_background_response_is_polled_and_billed_once(site: Site) -> None:
    site.upstream.always(CHAT, chat_stream(["one ", "two"], usage=(7, 4)).paused(0.5))
    before = site.charges()
    started = time.monotonic()
    first = site.client.responses.create(model=GPT, input="hi", background=True)
    assert time.monotonic() - started < 1.4, "nobody waits for the answer"
    assert (first.status, first.background, first.output, first.usage) == ("queued", True, [], None)
    done = finished(site, first.id)
    assert (done.id, done.status, done.output_text, done.background) == (
        first.id,
        "completed",
        "one two",
        True,
    )
    assert done.usage is not None
    assert done.usage.total_tokens == 11
    for _ in range(2):
        assert site.client.responses.retrieve(first.id) == done
    assert site.charges() == before + 1
    row = site.newest_charge()
    assert (row["prompt_tokens"], row["completion_tokens"], row["end_cause"]) == (7, 4, "delivered")
    site.upstream.always(CHAT, chat_stream(["so"], usage=(1, 1)))
    site.client.responses.create(model=GPT, input="and?", previous_response_id=first.id)
    assert [said["content"] for said in site.last.json()["messages"]] == ["hi", "one two", "and?"]


def test_from_a_provider_of_responses(shared_provider: Site) -> None:
    site = shared_provider
    site.upstream.forget()
    site.upstream.always(RESPONSES, sse(events(), done=False).paused(0.1))
    first = site.client.responses.create(model=OF_RESPONSES, input="hi", background=True)
    assert {name: site.last.json()[name] for name in ("store", "stream")} == {"store": False, "stream": True}
    assert "background" not in site.last.json()
    done = finished(site, first.id)
    assert (done.id, done.output_text) == (first.id, "hello")


def test_a_background_response_can_be_cancelled(site: Site) -> None:
    site.upstream.always(CHAT, chat_stream(["one "] * 100, usage=(7, 4)).paused(0.2))
    first = site.client.responses.create(model=GPT, input="hi", background=True)
    eventually(lambda: site.client.responses.retrieve(first.id).status in OPEN)
    assert site.client.responses.cancel(first.id).status == "cancelled"
    eventually(lambda: site.last.abandoned_at is not None, 1)
    assert site.client.responses.retrieve(first.id).status == "cancelled"
    assert site.client.responses.cancel(first.id).status == "cancelled", "as often as one likes"
    assert site.newest_charge()["end_cause"] == "client_left"


def test_a_background_response_can_be_deleted(site: Site) -> None:
    site.upstream.always(CHAT, chat_stream(["one "] * 100, usage=(7, 4)).paused(0.2))
    first = site.client.responses.create(model=GPT, input="hi", background=True)
    site.client.responses.delete(first.id)
    eventually(lambda: site.last.abandoned_at is not None, 5)
    with pytest.raises(openai.NotFoundError):
        site.client.responses.retrieve(first.id)


def test_a_failure_at_the_start_is_an_error(site: Site) -> None:
    site.upstream.always(CHAT, error_reply(400, "too long", code="context_length_exceeded"))
    with pytest.raises(openai.BadRequestError) as caught:
        site.client.responses.create(model=GPT, input="hi", background=True)
    assert caught.value.code == "context_length_exceeded"


def test_a_later_failure_is_a_failed_response(site: Site) -> None:
    site.upstream.always(CHAT, error_reply(400, "too long", code="context_length_exceeded").after(1.0))
    before = site.charges()
    first = site.client.responses.create(model=GPT, input="hi", background=True)
    done = finished(site, first.id)
    assert done.status == "failed"
    assert done.error is not None
    assert "too long" in done.error.message
    assert site.charges() == before


def test_a_background_response_must_be_stored(site: Site) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        site.client.responses.create(model=GPT, input="hi", background=True, store=False)
    assert caught.value.param == "background"
    assert not site.upstream.requests


def test_a_response_cannot_be_continued_before_it_is_complete(site: Site) -> None:
    site.upstream.always(CHAT, chat_stream(["one "] * 20, usage=(7, 4)).paused(0.2))
    first = site.client.responses.create(model=GPT, input="hi", background=True)
    with pytest.raises(openai.BadRequestError) as caught:
        site.client.responses.create(model=GPT, input="and?", previous_response_id=first.id)
    assert caught.value.param == "previous_response_id"
    site.client.responses.cancel(first.id)


class TestStream:
    def test_a_stream_continues_without_its_client_and_can_be_resumed(self, site: Site) -> None:
        site.upstream.always(CHAT, chat_stream(["one ", "two ", "three"], usage=(7, 4)).paused(0.3))
        before, response_id, last = site.charges(), "", 0
        with site.client.responses.create(model=GPT, input="hi", background=True, stream=True) as stream:
            for event in stream:
                if event.type == "response.created":
                    response_id = event.response.id
                last = event.sequence_number
                if event.type == "response.output_text.delta":
                    break
        again: Any = site.client.responses.retrieve(response_id, stream=True, starting_after=last)
        told = [next(iter(again))]
        assert site.client.responses.retrieve(response_id).status in OPEN, "events come as they are made"
        told += again
        assert told[0].sequence_number == last + 1
        assert [event.sequence_number for event in told] == list(range(last + 1, last + 1 + len(told)))
        assert told[-1].type == "response.completed"
        assert told[-1].response.id == response_id
        assert told[-1].response.output_text == "one two three"
        assert site.charges() == before + 1
        assert site.newest_charge()["end_cause"] == "delivered"

    def test_a_stream_that_is_read_to_its_end(self, site: Site) -> None:
        site.upstream.always(CHAT, chat_stream(["one ", "two"], usage=(7, 4)))
        with site.client.responses.stream(model=GPT, input="hi", background=True) as stream:
            final = stream.get_final_response()
        assert final.output_text == "one two"
        assert site.client.responses.retrieve(final.id).output_text == "one two"

    def test_only_background_responses_can_be_streamed_again(self, site: Site) -> None:
        site.upstream.always(CHAT, chat_stream(["one"], usage=(7, 4)))
        first = site.client.responses.create(model=GPT, input="hi")
        with pytest.raises(openai.BadRequestError):
            site.client.responses.retrieve(first.id, stream=True)


def test_a_response_that_the_process_did_not_finish_has_failed(
    upstream: ProgrammableUpstream, tmp_path: Path
) -> None:
    upstream.always(CHAT, chat_stream(["one "] * 1000, usage=(7, 4)).paused(0.5))
    with running(tmp_path) as gateway:
        admin = Administrator(gateway.url)
        admin.add_channel(upstream.url, GPT)
        headers = {"authorization": f"Bearer {admin.add_token()}"}
        body = {"model": GPT, "input": "hi", "background": True}
        made = httpx.post(gateway.url + RESPONSES, json=body, headers=headers, verify=NO_TLS).json()
        gateway.stop()
        gateway.start()
        url = f"{gateway.url}{RESPONSES}/{made['id']}"
        found = httpx.get(url, headers=headers, verify=NO_TLS).json()
    assert found["status"] == "failed"
    assert json.dumps(found["error"])
