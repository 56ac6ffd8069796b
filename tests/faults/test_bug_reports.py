"""Faults that users of similar gateways reported in public, each reproduced over HTTP."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from attrs import define

from tests.faults import words
from tests.faults.case import Case, answer_of, cases, contains, everywhere
from tests.support.gateway.server import NO_TLS, Administrator, running
from tests.support.providers.upstream import running_upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.gateway.server import Gateway
    from tests.support.providers.upstream import ProgrammableUpstream

OVER_HTTP = [case for case in cases() if "databases" not in case.setting]


@define
class Seen:
    """The result of one step. ``row`` is the newest log row, if it is this request's."""

    status: int
    headers: httpx.Headers
    body: bytes
    #: Seconds until the first byte of the body, and until the last.
    first_byte: float
    seconds: float
    row: dict[str, Any]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def admin(gateway: Gateway) -> Administrator:
    return Administrator(gateway.url, any_model=False)


@pytest.fixture(scope="module")
def key(admin: Administrator) -> str:
    return admin.add_token()


@pytest.mark.parametrize("case", OVER_HTTP, ids=lambda case: case.id)
def test_bug_report(case: Case, gateway: Gateway, admin: Administrator, key: str) -> None:
    with ExitStack() as stack:
        upstreams = {label: stack.enter_context(running_upstream()) for label in case.channels}
        stack.enter_context(options(admin, case.setting.get("options", {})))
        channels = {
            label: add_channel(admin, label, given, upstreams[label])
            for label, given in case.channels.items()
        }
        for number in channels.values():
            stack.callback(admin.call, "DELETE", f"/api/channel/{number}")
        steps: dict[str, Seen] = {}
        for name, request in case.requests.items():
            for label, answers in case.answers.get(name, {}).items():
                upstreams[label].always(None, partial(answer_of, answers))
            before = {label: len(upstream.requests) for label, upstream in upstreams.items()}
            steps[name] = perform(request, gateway, admin, key, channels)
            sent = {label: upstream.requests[before[label] :] for label, upstream in upstreams.items()}
            check(case, name, steps, sent, channels, admin)


class options:  # noqa: N801  # read as a sentence: with options(...)
    """Overrides stored options with ``given`` during a ``with`` block."""

    def __init__(self, admin: Administrator, given: dict[str, Any]) -> None:
        self._admin = admin
        self._given = given
        self._before: dict[str, str] = {}

    def __enter__(self) -> None:
        stored = {option["key"]: option["value"] for option in self._admin.call("GET", "/api/option/")}
        for name, value in self._given.items():
            self._before[name] = stored[name]
            laid = json.dumps(json.loads(stored[name]) | value) if isinstance(value, dict) else str(value)
            self._admin.set_option(name, laid)

    def __exit__(self, *exc: object) -> None:
        for name, value in self._before.items():
            self._admin.set_option(name, value)


def add_channel(
    admin: Administrator, label: str, given: dict[str, Any], upstream: ProgrammableUpstream
) -> int:
    fields = {**given, "models": ",".join(given["models"])}
    for name in ("config", "model_mapping"):
        if name in fields:
            fields[name] = json.dumps(fields[name])
    return admin.add_channel(upstream.url, fields.pop("models"), name=label, **fields)


def perform(
    request: dict[str, Any], gateway: Gateway, admin: Administrator, key: str, channels: dict[str, int]
) -> Seen:
    path = request["path"]
    for label, number in channels.items():
        path = path.replace(f":{label}", str(number))
    given: dict[str, Any] = {}
    if "form" in request:
        form = dict(request["form"])
        given = {"files": {"file": (form.pop("file"), b"sound", "audio/mpeg")}, "data": form}
    elif "body" in request:
        given = {"json": request["body"]}
    if path.startswith("/api/"):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in admin.cookies.items())}
    else:
        headers = {"Authorization": f"Bearer {key}"}
    started = time.monotonic()
    first_byte = 0.0
    body = b""
    with httpx.stream(
        request["method"], gateway.url + path, headers=headers, timeout=20, verify=NO_TLS, **given
    ) as answer:
        for piece in answer.iter_raw():
            first_byte = first_byte or time.monotonic() - started
            body += piece
    seconds = time.monotonic() - started
    rows = admin.call("GET", "/api/log/?type=2&p=0") or [{}]
    asked = answer.headers.get("x-oneapi-request-id")
    row = rows[0] if rows[0].get("request_id") == asked else {}
    return Seen(answer.status_code, answer.headers, body, first_byte, seconds, row)


def check(
    case: Case,
    name: str,
    steps: dict[str, Seen],
    sent: dict[str, list[Any]],
    channels: dict[str, int],
    admin: Administrator,
) -> None:
    seen, expected = steps[name], case.expected.get(name, {})
    asked = [request for requests in sent.values() for request in requests]
    check_status(seen, expected.get("status", 200), asked)
    if seen.status == httpx.codes.OK:
        check_sent(case.id, name, expected.get("sent"), asked)
    answer = expected.get("answer")
    if isinstance(answer, str):
        words.ANSWER[case.id, name](steps)
    elif answer is not None:
        assert contains(seen.json, answer), seen.body
    check_log(case.id, name, expected.get("log", {}), steps)
    for label, calls in expected.get("calls", {}).items():
        assert len(sent[label]) == calls, (label, len(sent[label]))
    for label, status in expected.get("channel_status", {}).items():
        found = admin.call("GET", f"/api/channel/{channels[label]}")["status"]
        assert str(found) in {piece for piece in str(status).replace(":", " ").split() if piece.isdigit()}


def check_status(seen: Seen, expected: int | str, asked: list[Any]) -> None:
    if isinstance(expected, int):
        assert seen.status == expected, seen.body
    elif seen.status != httpx.codes.OK:  # refused before the provider was asked, or served
        assert 400 <= seen.status < 500, seen.body
        assert not asked


def check_sent(case: str, name: str, expected: Any, asked: list[Any]) -> None:
    if expected is None:
        return
    request = asked[-1]
    if isinstance(expected, str):
        method, _, path = expected.partition(" ")
        if method == "POST" and path.startswith("/"):
            assert f"{request.method} {request.path}" == expected
        else:
            words.SENT[case, name](request.json())
    else:
        assert any(contains(found, expected) for found in everywhere(request.json())), request.body


def check_log(case: str, name: str, expected: Any, steps: dict[str, Seen]) -> None:
    if isinstance(expected, str):
        words.LOG[case, name](steps)
        return
    row = steps[name].row
    for column, value in expected.items():
        if isinstance(value, str):
            words.LOG[case, name](steps)
        else:
            assert row[column] == value, row


def test_every_expectation_in_words_has_a_check() -> None:
    stated = {
        (place, case.id, name)
        for case in OVER_HTTP
        for name, expected in case.expected.items()
        for place in ("sent", "answer", "log")
        if in_words(place, expected.get(place))
    }
    checked = {
        (place, *key)
        for place, table in (("sent", words.SENT), ("answer", words.ANSWER), ("log", words.LOG))
        for key in table
    }
    assert stated == checked


def in_words(place: str, expected: Any) -> bool:
    """Whether the expectation is a text; that of the log may be the text of a column."""
    if place == "log" and isinstance(expected, dict):
        return any(isinstance(value, str) for value in expected.values())
    return isinstance(expected, str) and not expected.startswith("POST /")
