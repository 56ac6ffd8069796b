"""Faults of upstreams: clients get a clear error or a complete answer, the right bill, and never a secret."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from attrs import frozen

from tests.e2e.conftest import Site, eventually
from tests.support.gateway.server import NO_TLS, Administrator, running
from tests.support.network.ports import free_port
from tests.support.providers.upstream import (
    Answer,
    Ending,
    chat_chunk,
    chat_reply,
    chat_stream,
    endless,
    error_reply,
    head,
    html_page,
    json_reply,
    raw,
    reply,
    running_upstream,
    sse,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

CHAT = "/v1/chat/completions"
HELLO = [{"role": "user", "content": "hello"}]
#: The channel's key. Clients must never see it, nor the channel's address.
SECRET = "sk-upstream-secret-0123456789"
EVENTS = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}


@frozen
class Heard:
    """An answer that a client has read to its end, whole or streamed."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def events(self) -> list[Any]:
        lines = [line[6:] for line in self.body.decode().split("\n") if line.startswith("data: ")]
        return [line if line == "[DONE]" else json.loads(line) for line in lines]

    @property
    def text(self) -> str:
        choices = [c for event in self.events if isinstance(event, dict) for c in event.get("choices") or ()]
        return "".join(choice["delta"].get("content") or "" for choice in choices)

    @property
    def complete(self) -> bool:
        return self.body.endswith(b"data: [DONE]\n\n") and self.events.count("[DONE]") == 1

    @property
    def errors(self) -> list[dict[str, Any]]:
        if not self.body.startswith(b"data:"):
            return [json.loads(self.body)["error"]]
        return [event["error"] for event in self.events if isinstance(event, dict) and "error" in event]


@pytest.fixture(scope="module")
def faulty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A gateway with one channel, which waits one second for an upstream."""
    limits = {"RELAY_FIRST_BYTE_TIMEOUT": "1", "RELAY_IDLE_TIMEOUT": "1"}
    with running_upstream() as upstream, running(tmp_path_factory.mktemp("gateway"), **limits) as gateway:
        admin = Administrator(gateway.url)
        admin.add_channel(upstream.url, "gpt-4o,text-embedding-3-small,tts-1", key=SECRET)
        yield Site(gateway, upstream, admin, admin.add_token(), None)  # type: ignore[arg-type]  # httpx is enough


@pytest.fixture
def site(faulty_site: Site) -> Site:
    """The site with a channel that does not rest: a good answer before each test ends the effects of the last one."""
    faulty_site.upstream.forget()
    faulty_site.upstream.always(CHAT, chat_reply("fine", prompt_tokens=3))
    deadline = time.monotonic() + 5
    while ask(faulty_site).status != 200:
        assert time.monotonic() < deadline
    faulty_site.upstream.forget()
    return faulty_site


def ask(site: Site, *, stream: bool = False, path: str = CHAT, **fields: Any) -> Heard:
    """The whole answer to a short prompt. Asserts that it contains none of the operator's secrets."""
    body = {"model": "gpt-4o", "messages": HELLO, "stream": stream} | fields
    named = {"Authorization": f"Bearer {site.key}", "Accept-Language": "en"}
    answer = httpx.post(site.gateway.url + path, json=body, headers=named, timeout=15, verify=NO_TLS)
    everything = f"{answer.headers} {answer.text}"
    for secret in (SECRET, f"127.0.0.1:{site.upstream.port}", "Traceback", "site-packages"):
        assert secret not in everything
    return Heard(answer.status_code, answer.headers, answer.content)


def bill(site: Site) -> tuple[int, int, int]:
    user = site.admin.self()
    return user["quota"], user["used_quota"], user["request_count"]


# --- before the first byte ---------------------------------------------------------------------

NO_ANSWER: dict[str, tuple[Answer, int, str]] = {
    "closed at once": (raw(Ending.CLOSE), 502, "upstream_unreachable"),
    "reset at once": (raw(Ending.RESET), 502, "upstream_unreachable"),
    "reset in the header": (raw(b"HTTP/1.1 200 OK\r\nContent-Ty", Ending.RESET), 502, "upstream_unreachable"),
    "silent": (raw(Ending.STALL), 504, "upstream_timeout"),
    "dripping header": (chat_reply().dripping(0.05), 504, "upstream_timeout"),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", Ending.CLOSE), 502, "upstream_bad_response"),
    "binary": (raw(bytes(range(256)) * 4, Ending.CLOSE), 502, "upstream_bad_response"),
    "endless header": (
        raw(b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 2_000_000, Ending.CLOSE),
        502,
        "upstream_bad_response",
    ),
    "two lengths": (
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", Ending.CLOSE),
        502,
        "upstream_bad_response",
    ),
    "HTML": (html_page(200), 502, "upstream_bad_response"),
    "HTML, 502": (html_page(502), 502, "bad_response_status_code"),
    "empty": (reply(b""), 502, "upstream_bad_response"),
    "cut JSON": (
        reply(b'{"choices": [', headers={"Content-Type": "application/json"}),
        502,
        "upstream_bad_response",
    ),
    "a list": (json_reply([1, 2]), 502, "upstream_bad_response"),
    "another object": (json_reply({"hello": "world"}), 502, "upstream_bad_response"),
    "redirect": (
        reply(b"", status=302, headers={"Location": "http://127.0.0.1:1/"}),
        502,
        "bad_response_status_code",
    ),
    "error in a success": (error_reply(200, "overloaded", type="overloaded_error"), 529, ""),
    "error without a code": (error_reply(200, "oops"), 500, ""),
    "500": (error_reply(500, "it broke", code="broken"), 500, "broken"),
    "429": (error_reply(429, "slow down", code="rate_limit_exceeded"), 429, "rate_limit_exceeded"),
    "gzip that is none": (
        reply(b"hello", headers={"Content-Encoding": "gzip"}),
        502,
        "upstream_bad_response",
    ),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", NO_ANSWER)
def test_no_answer(site: Site, fault: str, *, stream: bool) -> None:
    """The client gets a JSON error with the request id, and nothing is billed."""
    answer, status, code = NO_ANSWER[fault]
    before = bill(site)
    site.upstream.always(CHAT, answer)
    heard = ask(site, stream=stream)
    assert heard.status == status, heard.body
    (error,) = heard.errors
    assert f"(request id: {heard.headers['x-oneapi-request-id']})" in error["message"]
    assert (error["code"] or "") in ({code, "upstream_interrupted"} if stream else {code})
    assert bill(site) == before


def test_an_upstream_that_cannot_be_reached(site: Site) -> None:
    channel = site.admin.add_channel(f"http://127.0.0.1:{free_port()}", "of-nobody", key=SECRET)
    heard = ask(site, model="of-nobody")
    assert (heard.status, heard.errors[0]["code"]) == (502, "upstream_unreachable")
    site.admin.call("DELETE", f"/api/channel/{channel}")


# --- whole answers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(chat_reply("hello").stopped(Ending.RESET, at_byte=200), id="reset"),
        pytest.param(chat_reply("hello").stopped(Ending.CLOSE, at_byte=200), id="closed"),
        pytest.param(
            chat_reply("hello", headers={"Content-Length": "9999"}).stopped(Ending.CLOSE), id="too short"
        ),
        pytest.param(chat_reply("hello").stopped(Ending.STALL, at_byte=200), id="idle"),
        pytest.param(chat_reply("hello", headers={"Content-Length": "20"}), id="longer than said"),
        pytest.param(
            chat_stream(["hello"], usage=(3, 1)).stopped(Ending.CLOSE, after_events=1), id="half a stream"
        ),
    ],
)
def test_broken_whole_answers_cost_nothing(site: Site, answer: Answer) -> None:
    before = bill(site)
    site.upstream.always(CHAT, answer)
    heard = ask(site)
    assert heard.status in {502, 504}
    assert heard.errors[0]["type"] == "upstream_error"
    assert bill(site) == before


def test_a_body_longer_than_declared_does_not_reach_other_requests(site: Site) -> None:
    answer = chat_reply("first")
    site.upstream.enqueue(raw(answer.wire + chat_reply("smuggled").wire))
    site.upstream.always(CHAT, chat_reply("second"))
    answers = [ask(site) for _ in range(4)]
    assert answers[0].status == 502
    assert all(b"second" in answer.body for answer in answers[1:])


def test_gzipped_answers(site: Site) -> None:
    site.upstream.always(CHAT, chat_reply("hello", gzipped=True))
    heard = ask(site)
    assert json.loads(heard.body)["choices"][0]["message"]["content"] == "hello"
    assert "content-encoding" not in heard.headers


def test_clients_do_not_notice_stale_connections(site: Site) -> None:
    """The upstream closes each idle connection before its next use."""
    site.upstream.always(CHAT, chat_reply("hello", prompt_tokens=3).stopped(Ending.CLOSE))
    before = bill(site)[2]
    for _ in range(20):
        assert ask(site).status == 200
        time.sleep(0.05)  # a request that crosses the close may have been executed, so it is not sent again
    assert bill(site)[2] == before + 20
    assert len(site.upstream.requests) == 20


def test_headers_about_the_upstreams_account_are_not_passed_on(site: Site) -> None:
    told = {
        "Set-Cookie": "session=upstream",
        "OpenAI-Organization": "org-of-the-operator",
        "OpenAI-Project": "proj",
        "Server": "upstream/1",
        "X-Oneapi-Request-Id": "forged",
        "Access-Control-Allow-Origin": "http://evil",
        "X-Request-Id": "req_1",
        "X-Ratelimit-Remaining-Requests": "9",
    }
    for stream, answer in ((False, chat_reply("x", headers=told)), (True, chat_stream(["x"], headers=told))):
        site.upstream.always(CHAT, answer)
        headers = ask(site, stream=stream).headers
        assert headers["x-ratelimit-remaining-requests"] == "9"
        assert headers["x-request-id"] == "req_1"
        assert headers["x-oneapi-request-id"].startswith("20")
        for name in (
            "set-cookie",
            "openai-organization",
            "openai-project",
            "server",
            "access-control-allow-origin",
        ):
            assert name not in headers


def test_retry_after_is_passed_on(site: Site) -> None:
    refusal = error_reply(
        429, "slow down", type="requests", code="rate_limit_exceeded", headers={"Retry-After": "7"}
    )
    site.upstream.always(CHAT, refusal)
    heard = ask(site)
    assert (heard.status, heard.headers["retry-after"]) == (429, "7")


@pytest.mark.parametrize("status", [400, 404, 409, 413, 422, 429, 500, 503, 529])
def test_the_upstreams_status_is_passed_on(site: Site, status: int) -> None:
    site.upstream.always(CHAT, error_reply(status, "no", type="its_type", code="its_code", param="its_param"))
    heard = ask(site)
    assert heard.status == status
    error = heard.errors[0]
    assert (error["type"], error["code"], error["param"]) == ("its_type", "its_code", "its_param")


REFUSED_KEY = {
    "message": "Incorrect API key provided",
    "type": "invalid_request_error",
    "code": "invalid_api_key",
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "answer",
    [
        *(error_reply(status, "no", code="its_code") for status in (401, 402, 403)),
        json_reply({"error": REFUSED_KEY}, status=401),
        json_reply({"error": REFUSED_KEY}, status=400),
        json_reply({"error": REFUSED_KEY}),
        json_reply({"error": {"message": "Insufficient Balance"}}, status=402),
        sse([{"error": REFUSED_KEY}]),
    ],
)
def test_a_refused_channel_key_is_not_reported_as_the_clients(
    site: Site, answer: Answer, *, stream: bool
) -> None:
    site.upstream.always(CHAT, answer)
    before = bill(site)
    heard = ask(site, stream=stream)
    assert heard.status == 502
    (error,) = heard.errors
    assert error["type"] == "upstream_error"
    assert "API key" not in error["message"]
    assert bill(site) == before


@pytest.mark.parametrize("code", ["invalid_api_key", "insufficient_quota"])
def test_nor_is_one_in_the_middle_of_a_stream(site: Site, code: str) -> None:
    events = [chat_chunk({"content": "a"}), {"error": REFUSED_KEY | {"code": code}}]
    site.upstream.always(CHAT, sse(events).paused(0.02))
    (error,) = ask(site, stream=True).errors
    assert (error["type"], error["code"]) == ("upstream_error", "upstream_refused_channel")


def test_clients_are_asked_to_wait_an_hour_at_most(site: Site) -> None:
    for value in ("2300218760", "1e300", "86400.5"):
        site.upstream.always(CHAT, error_reply(429, "slow down", headers={"Retry-After": value}))
        assert ask(site).headers["retry-after"] == "3600"


def test_secrets_nested_in_an_error_are_masked(site: Site) -> None:
    """``ask`` checks the answers for secrets."""
    for place in ({"nested": f"Bearer {SECRET}"}, [[SECRET]], {SECRET: 1}):
        told = {"message": place, "type": place, "param": place, "code": place}
        for status in (200, 400, 500):
            site.upstream.always(CHAT, json_reply({"error": told}, status=status))
            (error,) = ask(site).errors
            assert all(isinstance(value, str) for value in error.values())


def test_secrets_in_an_upstreams_texts_are_masked(site: Site) -> None:
    """``ask`` checks the answers for them."""
    words = f"Incorrect API key provided: {SECRET}. See {site.upstream.url}/v1?api_key={SECRET}"
    for answer in (
        error_reply(401, words, type=SECRET, code=SECRET, param=SECRET),
        error_reply(200, words),
        reply(words.encode(), status=500),
        json_reply({"detail": words}, status=400),
    ):
        for stream in (False, True):
            site.upstream.always(CHAT, answer)
            assert ask(site, stream=stream).status >= 400
    site.upstream.always(CHAT, sse([chat_chunk({"content": "a"}), {"error": {"message": words}}]))
    assert ask(site, stream=True).errors


# --- streams -----------------------------------------------------------------------------------


END = "data: [DONE]\n\n"
WHOLE = chat_chunk({"content": "one two"}, finish_reason="stop")


def stream_of(*texts: str, **how: Any) -> Answer:
    return chat_stream(texts or ("one ", "two"), **how)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(stream_of(usage=(3, 2)), id="good"),
        pytest.param(stream_of(usage=(3, 2), done=False), id="no end marker"),
        pytest.param(stream_of(usage=(3, 2), done=False).stopped(Ending.CLOSE), id="no end marker, closed"),
        pytest.param(sse([WHOLE, END, END]), id="two end markers"),
        pytest.param(
            sse([WHOLE, END, chat_chunk({"content": "more"})], done=False),
            id="data behind the end",
        ),
        pytest.param(
            sse([WHOLE, END], done=False).stopped(Ending.RESET, after_events=2),
            id="reset behind the end",
        ),
        pytest.param(
            sse([WHOLE, END], done=False).stopped(Ending.STALL, after_events=2),
            id="silent behind the end",
        ),
        pytest.param(stream_of(usage=(3, 2)).dripping(0.0005, 7), id="dripping"),
        pytest.param(sse([": hello\n\n", "\n\n", "event: x\nid: 7\n\n", WHOLE]), id="comments"),
        pytest.param(
            sse(["data:" + json.dumps(WHOLE) + "\r\n\r\n", "data:[DONE]\r\n\r\n"], done=False), id="CRLF"
        ),
        pytest.param(chat_reply("one two"), id="a whole answer"),
    ],
)
def test_complete_streams(site: Site, answer: Answer) -> None:
    """They are delivered once, ended once and billed once."""
    site.upstream.always(CHAT, answer)
    before = bill(site)[2]
    heard = ask(site, stream=True)
    assert heard.status == 200
    assert heard.headers["content-type"].startswith("text/event-stream")
    assert heard.text == "one two"
    assert heard.complete, heard.body
    assert heard.errors == []
    row = site.newest_charge()
    assert row["end_cause"] == "delivered"
    assert row["completion_tokens"] in {1, 2}
    assert bill(site)[2] == before + 1


ERROR = {"error": {"message": "overloaded", "type": "server_error", "code": "busy"}}
ONE = chat_chunk({"content": "one"})


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(stream_of().stopped(Ending.RESET, after_events=3), id="reset"),
        pytest.param(stream_of().stopped(Ending.CLOSE, after_events=3), id="closed"),
        pytest.param(stream_of().stopped(Ending.STALL, after_events=3), id="idle"),
        pytest.param(stream_of(done=False, finish_reason=None), id="ended without a reason"),
        pytest.param(sse([ONE, ERROR]).paused(0.02), id="error object"),
        pytest.param(
            sse([ONE, "event: error\ndata: " + json.dumps(ERROR) + "\n\n"]).paused(0.02), id="error event"
        ),
        pytest.param(raw(head(200, EVENTS), b"zz\r\n", Ending.CLOSE), id="bad chunk at once"),
        pytest.param(
            Answer((*sse([ONE], done=False).steps[:2], 0.02, b"zz\r\n", Ending.CLOSE)), id="bad chunk"
        ),
    ],
)
def test_broken_streams(site: Site, answer: Answer) -> None:
    """Clients get an error event and no end marker, or an error status before the first content.

    What was delivered is billed.
    """
    site.upstream.always(CHAT, answer)
    before = bill(site)[2]
    heard = ask(site, stream=True)
    assert not heard.complete
    (error,) = heard.errors
    assert f"(request id: {heard.headers['x-oneapi-request-id']})" in error["message"]
    if heard.status == 200:
        assert heard.text.startswith("one")
        row = site.newest_charge()
        assert (row["end_cause"], row["completion_tokens"] > 0) == ("upstream_failed", True)
        assert bill(site)[2] == before + 1
    else:
        assert heard.status == 502
        assert bill(site)[2] == before


def test_an_unknown_event_is_passed_on(site: Site) -> None:
    """As in the original; the content around it is billed."""
    site.upstream.always(CHAT, sse([ONE, "data: garbage {\n\n"]))
    heard = ask(site, stream=True)
    assert heard.body.count(b"data: ") == 3
    assert b"data: garbage {\n\n" in heard.body
    assert heard.body.endswith(b"data: [DONE]\n\n")
    assert site.newest_charge()["completion_tokens"] == 1


@pytest.mark.parametrize("events", [[ERROR], [chat_chunk({"role": "assistant", "content": ""}), ERROR]])
def test_error_before_any_content(site: Site, events: list[Any]) -> None:
    """The client gets an error status, even for an error in a stream of status 200, and nothing is billed."""
    site.upstream.always(CHAT, sse(events))
    before = bill(site)
    heard = ask(site, stream=True)
    assert heard.status == 500
    assert heard.errors[0]["code"] == "busy"
    assert bill(site) == before


def test_a_stream_without_line_ends_is_refused(site: Site) -> None:
    site.upstream.always(CHAT, endless(20 * 1024 * 1024))
    before = bill(site)
    heard = ask(site, stream=True)
    assert (heard.status, heard.errors[0]["code"]) == (502, "upstream_bad_response")
    assert bill(site) == before
    eventually(lambda: site.upstream.active == 0)
