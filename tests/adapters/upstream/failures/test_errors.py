"""Errors of upstreams: the caller gets a message, secrets are masked, and the verdict is right."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oneapi.adapters.upstream.failures.errors import LONGEST_WAIT, Judge, retry_after, status_of
from oneapi.domain.errors import UpstreamRefusal
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import name_of, text_of
from oneapi.entrypoints.errors.answers import status_of as client_status

SECRET = "sk-live-0123456789abcdef"
CHANNEL = Channel(1, 1, SECRET, 1, "c")
REQUEST = RelayRequest(Work.CONVERSE, "openai_chat", "m", b"{}")
JUDGE = Judge(CHANNEL, REQUEST)


def read(status: int, body: Any, headers: Any = None, judge: Judge = JUDGE) -> UpstreamRefusal:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judge.refused(status, headers or {}, raw)


def test_an_error_object_is_taken_over_as_it_is() -> None:
    refusal = read(418, {"error": {"message": "short", "type": "tea", "param": "pot", "code": "stout"}})
    shown = (
        client_status(refusal),
        text_of(refusal, "en"),
        name_of(refusal).type,
        name_of(refusal).param,
        name_of(refusal).code,
    )
    assert shown == (418, "short", "tea", "pot", "stout")


@pytest.mark.parametrize("code", [None, 42, 1.5, "text", True])
def test_a_short_code_keeps_its_type(code: Any) -> None:
    assert name_of(read(400, {"error": {"message": "m", "code": code}})).code == code


@pytest.mark.parametrize(
    "value", [["a"] * 1000, {"b": {"c": [1, 2, {"d": "e" * 5000}]}}, 10**300, "x" * 100_000, 2**60]
)
def test_everything_in_an_error_is_short_text(value: Any) -> None:
    told = {"message": value, "type": value, "param": value, "code": value}
    for body in ({"error": told}, {"error": {"message": "m", **told}}):
        refusal = read(400, body)
        for shown in (name_of(refusal).type, name_of(refusal).param, name_of(refusal).code):
            assert isinstance(shown, str)
            assert len(shown) <= 256
        assert len(text_of(refusal, "en")) <= 4096


def test_missing_parts_are_empty() -> None:
    refusal = read(404, {"error": {"code": "DeploymentNotFound", "message": "no"}})
    assert (name_of(refusal).type, name_of(refusal).param) == ("", "")


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
    assert text_of(read(500, body), "en") == message


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
    assert text_of(refusal, "en") == "bad response status code 503"
    assert (name_of(refusal).type, name_of(refusal).param, name_of(refusal).code) == (
        "upstream_error",
        "503",
        "bad_response_status_code",
    )


def test_odd_types_do_not_break_it() -> None:
    refusal = read(500, {"error": {"message": "m", "type": 3, "param": {"a": 1}}})
    assert (name_of(refusal).type, name_of(refusal).param) == ("3", '{"a":1}')


@pytest.mark.parametrize("status", [301, 302, 307, 308, 304, 100, 199, 600, 999])
def test_a_status_that_is_no_refusal_becomes_502(status: int) -> None:
    refusal = read(status, b"")
    assert client_status(refusal) == 502
    assert name_of(refusal).param == str(status)
    assert refusal.retry


def test_long_messages_are_cut() -> None:
    assert len(text_of(read(500, {"message": "x" * 100_000}), "en")) <= 4096


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


@pytest.mark.parametrize("value", ["2300218760", "1000000000", "1e300", "86400"])
@pytest.mark.parametrize("name", ["retry-after", "retry-after-ms"])
def test_retry_after_is_bounded(name: str, value: str) -> None:
    seconds = read(429, b"{}", headers={name: value}).retry_after
    assert seconds is not None
    assert seconds <= LONGEST_WAIT
    delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{value}s"}
    assert read(429, {"error": {"message": "m", "details": [delay]}}).retry_after == LONGEST_WAIT


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
    assert client_status(caught.value) >= 400
    assert text_of(caught.value, "en")


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
