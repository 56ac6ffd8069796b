"""Bad bodies of every kind get an answer that says what is wrong, in both languages."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from oneapi.domain.errors import Refusal
from oneapi.domain.errors.administration import InvalidArguments
from oneapi.entrypoints.http.admin.bodies import read_body
from oneapi.entrypoints.http.admin.people.users import Credentials
from tests.entrypoints.admin.conftest import ROOT

if TYPE_CHECKING:
    from tests.entrypoints.admin.conftest import AdminApi

REFUSED = [
    (b"", "请求体为空"),
    (b"  \n", "请求体为空"),
    (b"[]", "object"),
    (b'"name"', "object"),
    (b"7", "object"),
    (b"{", "JSON"),
    (b"{'name':1}", "JSON"),
    (b'{"name":"\\ud800"}', "JSON"),
    (b'{"name":"\xff"}', "JSON"),
    (b"\xef\xbb\xbf{", "JSON"),
    (b'{"remain_quota":NaN}', "JSON"),
    (b'{"remain_quota":1e999}', "JSON"),
    (b'{"name":' + b"[" * 100_000, "JSON"),
    (b'{"name":' + b"[" * 900 + b"]" * 900 + b"}", "name"),
    (b'{"remain_quota":1.5}', "remain_quota"),
    (b'{"remain_quota":"1"}', "remain_quota"),
    (b'{"remain_quota":true}', "remain_quota"),
    (b'{"remain_quota":' + b"9" * 4000 + b"}", "remain_quota"),
    (b'{"remain_quota":' + b"9" * 5000 + b"}", ""),
    (b'{"unlimited_quota":1}', "unlimited_quota"),
    (b'{"name":{"a":1}}', "name"),
    (b'{"name":"a\\u0000b"}', "无效的参数"),
]


@pytest.mark.parametrize(("body", "said"), REFUSED)
async def test_a_bad_body_is_refused_with_the_reason(api: AdminApi, body: bytes, said: str) -> None:
    client = await api.client(ROOT)
    answer = await client.post("/api/token/", content=body)
    assert (answer.status_code, answer.json()["success"]) == (200, False)
    assert said in answer.json()["message"]
    english = await client.post("/api/token/", content=body, headers={"Accept-Language": "en"})
    assert english.json()["message"].isascii()
    assert not api.tokens.rows
    for path in ("/api/channel/", "/api/token/"):
        assert (await client.put(path, content=body)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"name":"last"}',
        b' {"name":"last"} \n',
        b'{"name":"last"} trailing',
        b'{"name":"last"}{"name":"second value"}',
        b'{"name":"first","name":"last"}',
        b'{"name":"first","NAME":"last"}',
        b'{"name":"last","Name":null}',
        b'{"name":"last","unknown":{"deep":[1,2,{"x":null}]},"groups":["a"]}',
        '{"name":"last","note":"\N{PILE OF POO}\\ud83d\\ude00"}'.encode(),
    ],
)
async def test_a_good_body_is_read_as_in_the_original(api: AdminApi, body: bytes) -> None:
    answer = await (await api.client(ROOT)).post(
        "/api/token/", content=body, headers={"Content-Type": "text/plain"}
    )
    assert answer.json()["data"]["name"] == "last"


async def test_null_is_an_empty_object(api: AdminApi) -> None:
    answer = await (await api.client(ROOT)).post("/api/token/", content=b"null")
    assert answer.json()["data"]["name"] == ""


@pytest.mark.parametrize(
    "keyword", ["%00", "%ff%fe", "%ED%A0%80", "%F0%9F%92%A9", "a" * 5000, "%25_", "&keyword=2"]
)
async def test_odd_keywords_find_nothing(api: AdminApi, keyword: str) -> None:
    client = await api.client(ROOT)
    await client.post("/api/token/", json={"name": "t"})
    for path in ("token", "channel", "log", "log/self"):
        answer = await client.get(f"/api/{path}/search?keyword={keyword}")
        assert (answer.status_code, answer.json()["success"]) == (200, True)


async def test_a_body_larger_than_the_limit_is_refused_unread(api: AdminApi) -> None:
    host, _, port = api.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /api/user/login HTTP/1.1\r\nHost: gateway\r\nContent-Length: 11000000\r\n\r\n")
    assert await reader.readline() == b"HTTP/1.1 413 Request Entity Too Large\r\n"
    writer.close()
    await writer.wait_closed()


def test_the_refusal_of_a_route_keeps_no_data_of_its_calls() -> None:
    lengths = []
    for _ in range(3):
        with pytest.raises(Refusal) as caught:
            read_body(b"", Credentials, InvalidArguments)
        lengths.append(len(caught.traceback))
    assert len(set(lengths)) == 1
