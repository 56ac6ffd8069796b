"""Whatever an upstream answers: the caller reads a message, secrets stay inside, and the verdict fits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oneapi.adapters.upstream.errors import (
    FATAL_PHRASES,
    FATAL_WORDS,
    Judge,
    masked,
    read_refusal,
    retry_after,
    secrets_of,
    status_of,
)
from oneapi.domain.channels import Channel
from oneapi.domain.errors import UpstreamRefusal
from oneapi.domain.requests import Endpoint, RelayRequest


def read(status: int, body: Any, **kwargs: Any) -> UpstreamRefusal:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_refusal(status, kwargs.pop("headers", {}), raw, **kwargs)


def test_an_error_object_is_taken_over_as_it_is() -> None:
    refusal = read(418, {"error": {"message": "short", "type": "tea", "param": "pot", "code": "stout"}})
    shown = (refusal.status, refusal.text("en"), refusal.type, refusal.param, refusal.code)
    assert shown == (418, "short", "tea", "pot", "stout")


@pytest.mark.parametrize("code", [None, 42, 1.5, "text", True, ["a"], {"b": 1}])
def test_the_code_keeps_its_type(code: Any) -> None:
    assert read(400, {"error": {"message": "m", "code": code}}).code == code


def test_missing_parts_are_empty() -> None:
    refusal = read(404, {"error": {"code": "DeploymentNotFound", "message": "no"}})
    assert (refusal.type, refusal.param) == ("", "")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"message": "m1"}, "m1"),
        ({"msg": "m2"}, "m2"),
        ({"err": "m3"}, "m3"),
        ({"error_msg": "m4", "error_code": 17}, "m4"),
        ({"detail": "m5"}, "m5"),
        ({"error": "m6"}, "m6"),
        ({"header": {"code": 1, "message": "m7"}}, "m7"),
        ({"Response": {"Error": {"Message": "m8"}}}, "m8"),
        ({"ERROR": {"MESSAGE": "m9"}}, "m9"),
        ([{"error": {"message": "m10"}}], "m10"),
        ({"errors": [{"code": 7, "message": "m11"}]}, "m11"),
        ("m12", "m12"),
        ({"message": "", "msg": "m13"}, "m13"),
        ({"error": {"message": {"detail": ["x"]}}}, '{"detail":["x"]}'),
        ({"base_resp": {"status_code": 1004, "status_msg": "m14"}}, "m14"),
    ],
)
def test_a_message_is_found_wherever_upstreams_put_it(body: Any, message: str) -> None:
    assert read(500, body).text("en") == message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>bad gateway</html>",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b"{}",
        b"7",
        b"true",
        b'""',
        b'{"error":{}}',
        b'{"error":[]}',
        b'{"error":null,"message":null}',
        b'{"error":{"message":""}}',
        b'{"error":{"message":"  "}}',
        b"[" * 100_000,
        b'{"message":{}' + b"",
    ],
)
def test_the_message_is_never_empty(body: bytes) -> None:
    refusal = read(503, body)
    assert refusal.text("en") == "bad response status code 503"
    assert (refusal.type, refusal.param, refusal.code) == (
        "upstream_error",
        "503",
        "bad_response_status_code",
    )


def test_odd_types_do_not_break_it() -> None:
    refusal = read(500, {"error": {"message": "m", "type": 3, "param": {"a": 1}}})
    assert (refusal.type, refusal.param) == ("3", '{"a":1}')


@pytest.mark.parametrize("status", [301, 302, 307, 308, 304, 100, 199, 600, 999])
def test_a_status_that_is_no_refusal_becomes_502(status: int) -> None:
    refusal = read(status, b"")
    assert refusal.status == 502
    assert refusal.param == str(status)
    assert refusal.retryable


def test_long_messages_are_cut() -> None:
    assert len(read(500, {"message": "x" * 100_000}).text("en")) <= 4096


@pytest.mark.parametrize("status", [401, 402, 403, 404, 408, 409, 429, 500, 502, 503, 504, 529])
def test_other_channels_may_do_better(status: int) -> None:
    assert read(status, {"error": {"message": "m"}}).retryable


@pytest.mark.parametrize("status", [400, 413, 422])
def test_the_callers_own_faults_are_not_tried_again(status: int) -> None:
    refusal = read(status, {"error": {"message": "max_tokens is too large"}})
    assert (refusal.retryable, refusal.fatal) == (False, False)


@pytest.mark.parametrize("word", FATAL_WORDS)
@pytest.mark.parametrize("place", ["type", "code"])
def test_every_fatal_word_gives_the_channel_up(word: str, place: str) -> None:
    refusal = read(403, {"error": {"message": "m", place: word.upper()}})
    assert (refusal.fatal, refusal.retryable) == (True, True)


@pytest.mark.parametrize("phrase", FATAL_PHRASES)
def test_every_fatal_phrase_gives_the_channel_up_and_another_is_tried(phrase: str) -> None:
    refusal = read(400, {"error": {"message": f"Sorry: {phrase.capitalize()}."}})
    assert (refusal.fatal, refusal.retryable) == (True, True)


def test_401_gives_the_channel_up() -> None:
    assert read(401, b"").fatal


@pytest.mark.parametrize(
    "message",
    [
        "the load balancer has no healthy backend",
        "credit to the authors; balance your input",
        "This request requires more credits, or fewer max_tokens",
        "rate limit reached",
        "the model is overloaded",
    ],
)
def test_single_words_do_not(message: str) -> None:
    assert not read(429, {"error": {"message": message, "type": "requests"}}).fatal


@pytest.mark.parametrize("where", ["model", "prompt", "escaped prompt", "form"])
def test_a_client_cannot_switch_a_channel_off_by_what_it_says(where: str) -> None:
    phrase = "Your credit balance is too low"
    body = json.dumps({"prompt": phrase}).replace("Y", "\\u0059") if "escaped" in where else "{}"
    request = RelayRequest(
        Endpoint.CHAT,
        "openai_chat",
        phrase if where == "model" else "m",
        body.encode(),
        fields={"prompt": phrase} if "prompt" in where else {},
        form={"prompt": phrase} if where == "form" else {},
    )
    echo = {"error": {"message": f"The model or prompt '{phrase}' does not exist"}}
    assert not read(404, echo, request=request).fatal
    assert read(404, echo).fatal
    echo["error"]["message"] += " and your account has been... insufficient balance"
    assert read(404, echo, request=request).fatal


SECRET = "sk-live-0123456789abcdef"


@pytest.mark.parametrize(
    "text",
    [
        f"Incorrect API key provided: {SECRET}.",
        "Incorrect API key provided: sk-live-********cdef.",
        f"Get https://relay.internal:8443/v1?key={SECRET}: refused",
        "token failed: https://auth.example.org/token?client_secret=topsecretvalue&grant=x",
        "https://example.org/?access_token=24.abcdefabcdef rejected",
        "authorization was Bearer abcdef.ghi-123",
        "Rate limit reached in organization org-AbCdEfGh12345678 on tokens",
        "the pair AKIDabcdef123456 / SKEYabcdef123456 is unknown",
    ],
)
def test_no_secret_is_ever_shown(text: str) -> None:
    channel = Channel(
        1,
        1,
        SECRET,
        1,
        "c",
        base_url="https://relay.internal:8443/v1",
        config={"ak": "AKIDabcdef123456", "sk": "SKEYabcdef123456"},
    )
    refusal = read(
        401,
        {"error": {"message": text, "type": text, "param": text, "code": text}},
        secrets=secrets_of(channel),
    )
    shown = f"{refusal.text('en')} {refusal.type} {refusal.param} {refusal.code} {refusal} {refusal.detail}"
    for secret in (
        "0123456789", "cdef.", "relay.internal", "topsecretvalue", "24.abc", "ghi-123", "AbCdEf", "AKID", "SKEY"
    ):  # fmt: skip
        assert secret not in shown


def test_what_is_no_secret_stays_readable() -> None:
    text = "You can find your API key at https://platform.openai.com/account/api-keys (sk is short)."
    assert masked(text, ()) == text


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "20"}, 20.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:29:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_every_usual_form(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
    assert read(429, b"{}", headers=headers).retry_after == seconds


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"code": 429}, 429),
        ({"code": "503"}, 503),
        ({"code": 42}, 502),
        ({"type": "invalid_request_error"}, 400),
        ({"type": "invalid_request_error", "code": "invalid_api_key"}, 401),
        ({"type": "overloaded_error"}, 529),
        ({"code": "²²²"}, 502),
        ({"code": True}, 502),
        ({}, 502),
    ],
)
def test_an_error_in_a_success_gets_the_status_it_should_have_had(error: dict[str, Any], status: int) -> None:
    assert status_of(error) == status


JUDGE = Judge(Channel(1, 1, SECRET, 1, "c"), RelayRequest(Endpoint.CHAT, "openai_chat", "m", b"{}"))


@pytest.mark.parametrize(
    "body",
    [
        b'{"error":{"message":"no","type":"server_error"}}',
        b'{"error":"no"}',
        b'{"Error":{"Message":"no"}}',
        b'{"error":{"code":"rate_limit_exceeded"},"choices":[]}',
    ],
)
def test_an_error_in_a_success_is_a_refusal(body: bytes) -> None:
    with pytest.raises(UpstreamRefusal) as caught:
        JUDGE.check_answer(body, {})
    assert caught.value.status >= 400
    assert caught.value.text("en")


@pytest.mark.parametrize(
    "body",
    [
        b'{"choices":[{"index":0}],"error":null}',
        b'{"choices":[{"index":0}],"error":{}}',
        b'{"choices":[{"index":0}],"error":{"message":"the second provider failed"}}',
        b'{"data":[1],"error":""}',
        b'{"text":"the word \\"error\\" is only heard"}',
        b"[1]",
        b'not json "error"',
    ],
)
def test_a_success_is_left_alone(body: bytes) -> None:
    JUDGE.check_answer(body, {})
