"""Answers in other forms than requested, over HTTP: passed on or converted, billed once, no fault of the channel."""

from __future__ import annotations

import json
import time
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.e2e.conftest import Site, eventually
from tests.support.gateway.server import Administrator, running
from tests.support.providers.upstream import Ending, chat_stream, json_reply, reply, running_upstream, sse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.providers.upstream import Answer

MODELS = "gpt-4o,gpt-image-1,gpt-4o-transcribe,tts-1,text-embedding-3-small,text-moderation-stable"
WINDOW = 4
IMAGE: dict[str, Any] = {"model": "gpt-image-1", "prompt": "x"}
PREVIEW = {"type": "image_generation.partial_image", "b64_json": "PPPP", "partial_image_index": 0}
FINISHED = {"type": "image_generation.completed", "b64_json": "AAAA", "created_at": 1}
HEARD = [
    {"type": "transcript.text.delta", "delta": "Hello"},
    {"type": "transcript.text.done", "text": "Hello"},
]
NUMBERS = count()
CHAT = "/v1/chat/completions"
CHATTING: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "x"}]}
EMBEDDING: dict[str, Any] = {"model": "text-embedding-3-small", "input": "x"}
SPEECH: dict[str, Any] = {"model": "tts-1", "input": "x"}
SOUND = [{"type": "speech.audio.delta", "audio": "AAAA"}, {"type": "speech.audio.done"}]
RATIOS = {"gpt-4o": 1, "gpt-image-1": 1, "gpt-4o-transcribe": 1, "tts-1": 1, "text-embedding-3-small": 1}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A gateway that disables channels by their success rate, with three attempts per request."""
    metric = {"ENABLE_METRIC": "true", "METRIC_QUEUE_SIZE": str(WINDOW)}
    with running_upstream() as upstream, running(tmp_path_factory.mktemp("gateway"), **metric) as gateway:
        admin = Administrator(gateway.url)
        admin.set_option("RetryTimes", "2")
        admin.set_option("ModelRatio", json.dumps(RATIOS))
        yield Site(gateway, upstream, admin, admin.add_token(), None)  # type: ignore[arg-type]  # httpx is enough


@pytest.fixture
def site(measured: Site) -> Iterator[Site]:
    """The gateway with two new channels."""
    measured.upstream.forget()
    number = next(NUMBERS)
    made = [measured.admin.add_channel(measured.upstream.url, MODELS, name=f"c{number}-{n}") for n in (1, 2)]
    yield measured
    for channel in made:
        measured.admin.call(
            "PUT", "/api/channel/", {"id": channel, "status": 2}
        )  # not deleted, because SQLite would reuse its id


def post(site: Site, path: str, **body: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {site.key}"}
    return httpx.post(site.gateway.url + path, headers=headers, timeout=20, **body)


def events(*values: dict[str, Any], done: bool = False, delay: float = 0) -> Answer:
    return sse(
        [f"event: {value['type']}\ndata: {json.dumps(value)}\n\n" for value in values], done=done, delay=delay
    )


def statuses(site: Site) -> set[int]:
    newest = site.admin.call("GET", "/api/channel/?p=0")[:2]
    return {channel["status"] for channel in newest}


# --- a user's own parameters -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("/v1/images/generations", IMAGE | {"stream": True}, events(PREVIEW, FINISHED)),
        (CHAT, CHATTING | {"Stream": True}, chat_stream(["a", "b"], usage=(3, 2))),
        ("/v1/embeddings", EMBEDDING | {"stream": True}, sse([{"data": [{"embedding": [0.5]}]}])),
        ("/v1/moderations", {"input": "x", "stream": True}, sse([{"results": [{"flagged": False}]}])),
        ("/v1/audio/speech", SPEECH | {"stream_format": "sse"}, events(*SOUND)),
        ("/v1/audio/speech", SPEECH | {"response_format": "hex"}, json_reply({"hex": "00"})),
    ],
)
def test_parameters_of_a_user_do_not_count_as_faults_of_a_channel(
    site: Site, path: str, body: dict[str, Any], answer: Answer
) -> None:
    before = site.charges()
    site.upstream.always(path, answer)
    for _ in range(2 * WINDOW):
        assert post(site, path, json=body).status_code == 200
    assert len(site.upstream.requests) == 2 * WINDOW, "no call was repeated"
    eventually(lambda: site.charges() == before + 2 * WINDOW)
    assert statuses(site) == {1}


def test_a_duplicate_stream_key_is_answered_in_the_form_that_was_checked(site: Site) -> None:
    site.upstream.always("/v1/chat/completions", chat_stream(["a", "b"], usage=(3, 2)))
    body = b'{"model":"gpt-4o","messages":[{"role":"user","content":"x"}],"stream":true,"stream":false}'
    answer = post(site, "/v1/chat/completions", content=body)
    assert answer.json()["choices"][0]["message"]["content"] == "ab"
    assert len(site.upstream.requests) == 1


# --- streams of media ------------------------------------------------------------------------------


def test_events_of_images_arrive_one_by_one_and_are_billed(site: Site) -> None:
    site.upstream.enqueue(events(PREVIEW, FINISHED, delay=0.5))
    headers = {"authorization": f"Bearer {site.key}"}
    started = time.monotonic()
    with httpx.stream(
        "POST",
        site.gateway.url + "/v1/images/generations",
        json=IMAGE | {"stream": True},
        headers=headers,
        timeout=20,
    ) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = ((line, time.monotonic() - started) for line in answer.iter_lines())
        times = [seconds for line, seconds in lines if line.startswith("data:")]
    assert len(times) == 2
    assert times[1] - times[0] > 0.25
    charge = site.newest_charge()
    assert (charge["quota"] > 0, charge["is_stream"], charge["end_cause"]) == (True, True, "delivered")


@pytest.mark.parametrize("path", ["/v1/images/generations", "/v1/audio/transcriptions"])
def test_a_client_that_leaves_a_stream_of_media_pays_once(site: Site, path: str) -> None:
    before = site.charges()
    media = [PREVIEW] * 50 if "images" in path else [HEARD[0]] * 50
    site.upstream.enqueue(events(*media, delay=0.1))
    body: dict[str, Any] = (
        {"json": IMAGE | {"stream": True}}
        if "images" in path
        else {"data": {"model": "gpt-4o-transcribe", "stream": "true"}, "files": {"file": ("a.mp3", b"x")}}
    )
    headers = {"authorization": f"Bearer {site.key}"}
    with httpx.stream("POST", site.gateway.url + path, headers=headers, timeout=20, **body) as answer:
        next(answer.iter_raw())
    eventually(lambda: site.charges() == before + 1)
    charge = site.newest_charge()
    assert (charge["quota"] > 0, charge["end_cause"]) == (True, "client_left")


def test_a_client_that_leaves_before_the_first_event_pays_nothing(site: Site) -> None:
    before = site.charges()
    site.upstream.enqueue(events(PREVIEW, FINISHED).after(3))
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            site.gateway.url + "/v1/images/generations",
            json=IMAGE | {"stream": True},
            headers={"authorization": f"Bearer {site.key}"},
            timeout=0.5,
        )
    eventually(lambda: site.upstream.requests[-1].abandoned_at is not None)
    assert site.charges() == before


def test_a_stream_of_events_that_breaks_off_ends_with_an_error(site: Site) -> None:
    site.upstream.enqueue(events(*HEARD).stopped(Ending.RESET, after_events=1))
    answer = post(
        site,
        "/v1/audio/transcriptions",
        data={"model": "gpt-4o-transcribe", "stream": "true"},
        files={"file": ("a.mp3", b"x")},
    )
    *_, last = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert last["error"]["code"] == "upstream_interrupted"
    assert site.newest_charge()["end_cause"] == "upstream_failed"


# --- empty answers ---------------------------------------------------------------------------------

FORM = {"data": {"model": "gpt-4o-transcribe"}, "files": {"file": ("a.mp3", b"x")}}
NOTHINGS = {
    "object": reply(b"{}", headers={"Content-Type": "application/json"}),
    "page": reply(b"<html>Sign in</html>", headers={"Content-Type": "text/html"}),
    "nothing": reply(b""),
}
WORKS: dict[str, tuple[dict[str, Any], Answer]] = {
    "/v1/images/generations": ({"json": IMAGE}, json_reply({"created": 1, "data": [{"url": "https://a"}]})),
    "/v1/moderations": ({"json": {"input": "x"}}, json_reply({"results": [{"flagged": False}]})),
    "/v1/audio/speech": ({"json": SPEECH}, reply(b"\xff\xfb", headers={"Content-Type": "audio/mpeg"})),
    "/v1/audio/transcriptions": (FORM, json_reply({"text": "Hello"})),
    "/v1/embeddings": ({"json": EMBEDDING}, json_reply({"data": [{"embedding": [1.0]}]})),
    CHAT: ({"json": CHATTING}, json_reply({"choices": [{"message": {"content": "Hi"}}]})),
}


@pytest.mark.parametrize("kind", NOTHINGS)
@pytest.mark.parametrize("path", WORKS)
def test_an_empty_answer_is_free_and_another_channel_is_tried(site: Site, path: str, kind: str) -> None:
    nothing, (body, good) = NOTHINGS[kind], WORKS[path]
    before, balance = site.charges(), site.quota()
    site.upstream.enqueue(nothing, nothing)
    refused = post(site, path, **body)
    assert (refused.status_code, refused.json()["error"]["type"]) == (502, "upstream_error")
    assert (site.charges(), site.quota()) == (before, balance)
    site.upstream.forget()
    site.upstream.enqueue(nothing, good)
    assert post(site, path, **body).status_code == 200
    assert len(site.upstream.requests) == 2
