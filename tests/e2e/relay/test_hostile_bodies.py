"""Bodies made to stop the server: they delay no other request, take little memory, and cause no server error.

Bodies of every shape are sent to every route that accepts one; attacks that were seen have their own tests.
"""

from __future__ import annotations

import gzip
import http.client
import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx
import pytest
from attrs import define, field
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.admin_api import document
from tests.support.gateway.server import NO_TLS, Administrator, running
from tests.support.providers.answers import chat_reply
from tests.support.providers.upstream import running_upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.gateway.server import Gateway
    from tests.support.providers.upstream import ProgrammableUpstream

MEGABYTE = 1024 * 1024
CHAT, FORM = "/v1/chat/completions", "/v1/audio/transcriptions"
RELAYED = [
    CHAT,
    "/v1/completions",
    "/v1/embeddings",
    "/v1/rerank",
    "/v2/rerank",
    "/v1/edits",
    "/v1/moderations",
    "/v1/images/generations",
    "/v1/audio/speech",
    FORM,
    "/v1/audio/translations",
    "/v1/engines/gpt-4o/embeddings",
    "/v1/files",
]
#: Statuses of models without a channel, and of routes that are known but not served.
EXPECTED = {501, 503}
#: Seconds that other requests may wait. The best of some tries counts, because other processes use the machine too,
#: whereas a body that causes delays does so every time.
LONGEST_STALL, TRIES = 0.25, 4
#: The memory that an attack may take, as a multiple of its body and in addition to that.
MOST_TIMES, MOST_BESIDE = 10, 128 * MEGABYTE


@define
class Pulse:
    """Calls ``/healthz`` all the time; ``worst`` is the longest time for an answer in seconds."""

    port: int
    worst: float = 0.0
    _stop: threading.Event = field(factory=threading.Event, init=False)
    _thread: threading.Thread = field(init=False)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self._stop.is_set():
            started = time.perf_counter()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            self.worst = max(self.worst, time.perf_counter() - started)
            time.sleep(0.01)
        connection.close()


@define
class Target:
    """A gateway of its own, with the keys of a rich user and of a user without quota."""

    gateway: Gateway
    upstream: ProgrammableUpstream
    admin: Administrator
    key: str
    poor_key: str

    def send(self, path: str, body: bytes, *, method: str = "POST", **headers: str) -> httpx.Response:
        named = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.request(
            method, self.gateway.url + path, content=body, headers=named, timeout=60, verify=NO_TLS
        )

    def attack(self, path: str, body: bytes, **headers: str) -> httpx.Response:
        """The answer. Asserts that no other request was delayed, and that memory stays in proportion to the body."""
        before = self.memory()
        self._forget_peak()
        stalls: list[float] = []
        while not stalls or (stalls[-1] >= LONGEST_STALL and len(stalls) < TRIES):
            with Pulse(self.gateway.port) as pulse:
                answer = self.send(path, body, **headers)
            stalls.append(pulse.worst)
        assert answer.status_code < 500 or answer.status_code in EXPECTED, answer.text[:200]
        assert stalls[-1] < LONGEST_STALL, (path, len(body), stalls)
        assert self._status("VmHWM") - before < MOST_TIMES * len(body) + MOST_BESIDE
        return answer

    def memory(self) -> int:
        return self._status("VmRSS")

    def _status(self, name: str) -> int:
        assert self.gateway.process is not None
        lines = Path(f"/proc/{self.gateway.process.pid}/status").read_text("utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":"))

    def _forget_peak(self) -> None:
        assert self.gateway.process is not None
        Path(f"/proc/{self.gateway.process.pid}/clear_refs").write_text("5", "utf-8")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with running_upstream() as upstream, running(tmp_path_factory.mktemp("hostile")) as gateway:
        admin = Administrator(gateway.url)
        admin.add_channel(upstream.url, "gpt-4o,whisper-1")
        admin.call("POST", "/api/user/", {"username": "poor", "password": "12345678"})
        [poor] = [user for user in admin.call("GET", "/api/user/?p=0") if user["username"] == "poor"]
        signed_in = {"username": "poor", "password": "12345678"}
        cookies = httpx.post(gateway.url + "/api/user/login", json=signed_in, verify=NO_TLS).cookies
        token = {"name": "t", "unlimited_quota": True, "expired_time": -1}
        made = httpx.post(gateway.url + "/api/token/", json=token, cookies=cookies, verify=NO_TLS)
        admin.call("PUT", "/api/user/", {"id": poor["id"], "quota": 0})
        upstream.always(CHAT, chat_reply("fine", prompt_tokens=3, completion_tokens=1))
        yield Target(gateway, upstream, admin, admin.add_token(), "sk-" + made.json()["data"]["key"])


def chat(messages: bytes, more: bytes = b"") -> bytes:
    return b'{"model":"gpt-4o","messages":[' + messages + b"]" + more + b"}"


def repeated(unit: bytes, size: int) -> bytes:
    return b",".join([unit] * (size // (len(unit) + 1)))


HELLO = b'{"role":"user","content":"hello"}'
LARGE = 24 * MEGABYTE
ATTACKS = {
    "objects": (chat(repeated(b"{}", LARGE)), 413),
    "lists": (chat(HELLO, b',"x":[' + repeated(b"[]", LARGE) + b"]"), 413),
    "numbers": (chat(HELLO, b',"x":[' + repeated(b"1", LARGE) + b"]"), 413),
    "keys": (b'{"model":"gpt-4o",' + b",".join(b'"k%07d":1' % n for n in range(10**6)) + b"}", 413),
    "texts": (chat(HELLO, b',"x":[' + repeated(b'""', LARGE) + b"]"), 413),
    "depth": (chat(b"[" * MEGABYTE + b"]" * MEGABYTE), 413),
    "a little depth": (chat(b"[" * 100_000 + b"]" * 100_000), 400),
    "messages": (chat(repeated(b"{}", MEGABYTE // 2)), 400),
    "a model": (b'{"model":"' + b"m" * LARGE + b'","messages":[]}', 503),
    "escapes": (chat(b'{"role":"user","content":"' + rb"\n" * (LARGE // 2) + b'"}'), 413),
    "cut": (chat(HELLO * 100_000)[:-1], 400),
}


@pytest.mark.parametrize(("body", "status"), ATTACKS.values(), ids=ATTACKS)
def test_bodies_of_many_values_delay_no_other_request(target: Target, body: bytes, status: int) -> None:
    answer = target.attack(CHAT, body)
    assert answer.status_code == status
    assert len(answer.content) < 2000


def test_nothing_is_decompressed_for_a_user_without_quota(target: Target) -> None:
    bomb = gzip.compress(chat(repeated(b"{}", LARGE)))
    answer = target.attack(CHAT, bomb, Content_Encoding="gzip", Authorization=f"Bearer {target.poor_key}")
    assert answer.status_code == 413
    plain = chat(HELLO[:-2] + b"x" * 2 * MEGABYTE + b'"}')
    answer = target.attack(CHAT, plain, Authorization=f"Bearer {target.poor_key}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "insufficient_user_quota")


def test_a_compressed_bomb_is_refused_before_it_grows(target: Target) -> None:
    bomb = gzip.compress(chat(repeated(b"{}", LARGE)))
    assert target.attack(CHAT, bomb, Content_Encoding="gzip").status_code == 413


def test_a_form_of_many_parts_delays_no_other_request(target: Target) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n'
    body = b"".join(part % number for number in range(300_000)) + b"--b--\r\n"
    assert target.attack(FORM, body, Content_Type="multipart/form-data; boundary=b").status_code == 400


def test_large_honest_requests_are_served(target: Target) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "iVBORw0K" * (LARGE // 8)}}
    fields: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": [image]}]}
    assert target.attack(CHAT, json.dumps(fields).encode()).status_code == 200
    turn: list[dict[str, Any]] = [
        {"role": "user", "content": "word, " * 60},
        {"role": "assistant", "content": [{"type": "text", "text": "{}"}]},
    ]
    fields = {"model": "gpt-4o", "messages": turn * 2_500}
    assert target.attack(CHAT, json.dumps(fields).encode()).status_code == 200


@pytest.mark.parametrize("marks", [5_000, 100_000])
def test_names_with_many_combining_marks_delay_no_other_request(target: Target, marks: int) -> None:
    for path in ("/api/user/login", "/api/user/register"):
        fields = {"username": "a" + "\u0301\u0316" * marks, "password": "12345678"}
        answer = target.attack(path, json.dumps(fields, ensure_ascii=False).encode())
        assert answer.json()["success"] is False


@pytest.mark.parametrize(
    "content_type",
    [
        "Application/JSON",
        "text/plain",
        "application/json; charset=utf-16",
        "",
        "multipart/form-data; boundary=x",
    ],
)
def test_the_content_type_of_a_body_decides_nothing(target: Target, content_type: str) -> None:
    target.upstream.forget()
    target.upstream.always(CHAT, chat_reply("fine", prompt_tokens=3, completion_tokens=1))
    assert target.send(CHAT, chat(HELLO), Content_Type=content_type).status_code == 200
    [received] = target.upstream.requests
    assert (received.header("content-type") or "").lower() == "application/json"
    assert target.send(CHAT, chat(b""), Content_Type=content_type).status_code == 400


@pytest.mark.parametrize("flood", [b'{"n":1,"N":10}', b'{"n":10,"n":1}', b'{"n":1,"\\u004e":10}'])
def test_the_request_that_is_sent_is_the_one_that_was_priced(target: Target, flood: bytes) -> None:
    target.upstream.forget()
    target.upstream.always(CHAT, chat_reply("fine", prompt_tokens=3, completion_tokens=1))
    body = chat(HELLO, b"," + flood[1:-1] + b',"Stream":true,"stream":false,"MODEL":"dear"')
    assert target.send(CHAT, body).status_code == 200
    pairs = json.loads(target.upstream.requests[0].body, object_pairs_hook=list)
    assert sorted(name for name, _ in pairs) == ["messages", "model", "n", "stream"]
    assert dict(pairs)["n"] == 1


# --- any body, any route -----------------------------------------------------------------------

ADMIN = [
    (method.upper(), path.replace("{", "").replace("}", ""))
    for path, methods in document()["paths"].items()
    for method, described in methods.items()
    if "requestBody" in described
]
ROUTES = [*(("POST", path) for path in RELAYED), *ADMIN]
units = st.sampled_from(
    [
        b"{}",
        b"[]",
        b"1",
        b'""',
        b'{"a":1}',
        b"[[[]]]",
        b'{"role":"user","content":"x"}',
        b"null",
        b"1e9",
        b'"\\u0301"',
    ]
)
keys = st.sampled_from(
    [b"messages", b"input", b"prompt", b"tools", b"username", b"key", b"ids", b"models", b"n", b"x"]
)
sizes = st.sampled_from([0, 10, 5_000, 300_000, 3 * MEGABYTE])


@st.composite
def bodies(draw: st.DrawFn) -> tuple[bytes, dict[str, str]]:
    unit, key, size = draw(units), draw(keys), draw(sizes)
    kind = draw(st.sampled_from(["list", "keys", "text", "nested", "form", "noise", "cut"]))
    if kind == "list":
        body = b'{"model":"gpt-4o","%b":[%b]}' % (key, repeated(unit, size))
    elif kind == "keys":
        body = b'{"model":"gpt-4o","x":{%b}}' % b",".join(b'"%d":1' % number for number in range(size // 8))
    elif kind == "text":
        body = b'{"model":"gpt-4o","%b":"%b"}' % (
            key,
            draw(st.sampled_from([b"x", b"\\n", "\u0301".encode()])) * (size // 2),
        )
    elif kind == "nested":
        body = b'{"%b":' % key + b"[" * (size // 2) + b"]" * (size // 2) + b"}"
    elif kind == "form":
        body = b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n\r\n' * (size // 50) + b"--b--"
    elif kind == "noise":
        body = draw(st.binary(max_size=200)) * (size // 200 + 1)
    else:
        body = (b'{"model":"gpt-4o","%b":[%b]}' % (key, repeated(unit, size)))[:-2]
    headers = {"Content_Type": "multipart/form-data; boundary=b"} if kind == "form" else {}
    if draw(st.booleans()):
        return gzip.compress(body, 1), headers | {"Content_Encoding": "gzip"}
    return body, headers


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
@given(route=st.sampled_from(ROUTES), body=bodies())
def test_no_body_delays_other_requests_on_any_route(
    target: Target, route: tuple[str, str], body: tuple[bytes, dict[str, str]]
) -> None:
    method, path = route
    content, headers = body
    if path.startswith("/api/"):
        headers = headers | {
            "Cookie": "; ".join(f"{name}={value}" for name, value in target.admin.cookies.items())
        }
    answer = target.attack(path, content, method=method, **headers)
    assert answer.status_code in {200, 400, 401, 403, 404, 413, 501, 503}
