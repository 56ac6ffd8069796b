"""How answers with images and audio end, on every database: what is billed and logged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from attrs import frozen

from tests.e2e.conftest import eventually
from tests.e2e.relay.test_endings import CREDIT, Books
from tests.support.gateway.server import Administrator, running
from tests.support.providers.upstream import Ending, error_reply, running_upstream, sse
from tests.support.stores.databases import PRODUCTS, skip_unless_reachable, temporary_database
from tests.support.waiting import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.support.providers.upstream import Answer

USAGE = {"input_tokens": 30, "output_tokens": 50, "total_tokens": 80}


@frozen
class Asked:
    """A request whose answer is a stream of ``events``; the last one reports ``USAGE``."""

    path: str
    events: Sequence[dict[str, Any]]
    #: By ``httpx``.
    body: dict[str, Any]

    def answer(self, ending: Ending | None = None) -> Answer:
        *first, last = self.events
        told = [*first, {**last, "usage": USAGE}]
        lines = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in told]
        whole = sse(lines, done=False)
        return whole if ending is None else whole.stopped(ending, after_events=1)


def pictures(kind: str) -> list[dict[str, Any]]:
    preview = {"type": f"{kind}.partial_image", "b64_json": "PPPP", "partial_image_index": 0}
    return [preview, {"type": f"{kind}.completed", "b64_json": "AAAA"}]


WORKS = {
    "drawing": Asked(
        "/v1/images/generations",
        pictures("image_generation"),
        {"json": {"model": "gpt-image-2", "prompt": "x", "stream": True, "partial_images": 1}},
    ),
    "edit": Asked(
        "/v1/images/edits",
        pictures("image_edit"),
        {
            "data": {"model": "gpt-image-2", "prompt": "x", "stream": "true"},
            "files": [("image[]", ("a.png", b"\x89PNG")), ("image[]", ("b.png", b"\x89PNG"))],
        },
    ),
    "transcript": Asked(
        "/v1/audio/transcriptions",
        [
            {"type": "transcript.text.delta", "delta": "Hello"},
            {"type": "transcript.text.done", "text": "Hello"},
        ],
        {"data": {"model": "gpt-4o-transcribe", "stream": "true"}, "files": {"file": ("a.mp3", b"x")}},
    ),
    "speech": Asked(
        "/v1/audio/speech",
        [{"type": "speech.audio.delta", "audio": "AAAA"}, {"type": "speech.audio.done"}],
        {"json": {"model": "gpt-4o-mini-tts", "input": "Hello", "voice": "coral", "stream_format": "sse"}},
    ),
}


@pytest.fixture(scope="module", params=PRODUCTS)
def books(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    product: str = request.param
    skip_unless_reachable(product)
    folder = tmp_path_factory.mktemp(f"media-{product}")
    with (
        temporary_database(product, folder) as database,
        running_upstream() as upstream,
        running(folder, **database.environment) as gateway,
    ):
        admin = Administrator(gateway.url)
        admin.add_channel(upstream.url, "gpt-image-2,gpt-4o-transcribe,gpt-4o-mini-tts")
        admin.call("PUT", "/api/user/", {"id": 1, "username": "root", "quota": CREDIT})
        yield Books(gateway, admin, upstream, admin.add_token(unlimited_quota=False, remain_quota=CREDIT))


def post(books: Books, asked: Asked) -> httpx.Response:
    headers = {"authorization": f"Bearer {books.key}"}
    return httpx.post(books.gateway.url + asked.path, headers=headers, timeout=20, **asked.body)


@pytest.mark.parametrize("work", WORKS)
class TestEndingsOfMedia:
    def test_delivered(self, books: Books, work: str) -> None:
        asked = WORKS[work]
        books.upstream.forget()
        books.upstream.always(None, asked.answer())
        before, number = books.accounts(), len(books.admin.consumed())
        answer = post(books, asked)
        told = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
        assert [event["type"] for event in told] == [event["type"] for event in asked.events]
        row = books.billed_since(before, number)
        assert (row["prompt_tokens"], row["completion_tokens"]) == (30, 50)
        assert (row["end_cause"], row["is_stream"]) == ("delivered", True)

    def test_client_left(self, books: Books, work: str) -> None:
        asked = WORKS[work]
        books.upstream.forget()
        books.upstream.always(None, asked.answer(Ending.STALL))
        before, number = books.accounts(), len(books.admin.consumed())
        headers = {"authorization": f"Bearer {books.key}"}
        with httpx.stream(
            "POST", books.gateway.url + asked.path, headers=headers, timeout=20, **asked.body
        ) as answer:
            next(answer.iter_raw())
        [sent] = books.upstream.requests
        eventually(lambda: sent.abandoned_at is not None, AT_ONCE)
        assert books.billed_since(before, number)["end_cause"] == "client_left"

    def test_upstream_failed(self, books: Books, work: str) -> None:
        asked = WORKS[work]
        books.upstream.forget()
        books.upstream.always(None, asked.answer(Ending.CLOSE))
        before, number = books.accounts(), len(books.admin.consumed())
        assert "upstream_interrupted" in post(books, asked).text
        assert books.billed_since(before, number)["end_cause"] == "upstream_failed"
        assert len(books.upstream.requests) == 1

    def test_refused(self, books: Books, work: str) -> None:
        asked = WORKS[work]
        books.upstream.forget()
        books.upstream.always(None, error_reply(400, "this is not for me", type="invalid_request_error"))
        before, number = books.accounts(), len(books.admin.consumed())
        assert post(books, asked).status_code == 400
        assert (books.accounts(), len(books.admin.consumed())) == (before, number)
