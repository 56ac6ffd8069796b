"""Every text, list, number and body that the admin API accepts has a limit."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import pytest

from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.bounds import LONGEST_LINE, Line, Whole, check_bounds
from oneapi.entrypoints.http.admin.routes import BODY, GUEST_BODY, Operation, operations_of
from oneapi.entrypoints.http.bodies import MEGABYTE
from oneapi.entrypoints.routes import admin_routes
from tests.entrypoints.admin.conftest import ROOT, USER

if TYPE_CHECKING:
    import httpx

    from tests.entrypoints.admin.conftest import AdminApi

KINDS: list[Any] = [
    str,
    str | None,
    int,
    list[int],
    list[Line],
    Annotated[list[str], msgspec.Meta(max_length=9)],
    dict[str, int],
    Any,
    bytes,
    float,
    Annotated[int, msgspec.Meta(ge=0)],
    Annotated[str, msgspec.Meta(description="a text")],
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_without_a_limit_cannot_be_declared(kind: Any) -> None:
    body = msgspec.defstruct("Body", [("field", kind)])
    with pytest.raises(TypeError, match=r"Body\.field has no bound"):
        Operation("t", "POST", "/", "s", body=body)
    with pytest.raises(TypeError):
        Operation("t", "GET", "/", "s", query=body)


def test_fields_with_a_limit_can_be_declared() -> None:
    many = Annotated[list[Whole], msgspec.Meta(max_length=9)]
    kinds = [Line, Line | None, Line | msgspec.UnsetType, Whole, bool, many]
    check_bounds(msgspec.defstruct("Body", [(f"f{number}", kind) for number, kind in enumerate(kinds)]))


async def test_bodies_are_small_unless_the_route_says_more(api: AdminApi) -> None:
    operations = [each for each in operations_of(admin_routes(api.container)) if each.body is not None]
    assert {each.body_limit for each in operations if each.role is Role.GUEST} == {GUEST_BODY}
    larger = {each.template for each in operations if each.body_limit > BODY}
    assert larger == {"/api/channel/", "/api/option/"}
    assert max(each.body_limit for each in operations) <= 2 * MEGABYTE


Calls = list[tuple[str, str, dict[str, Any]]]
MARKS = "a" + "\u0301\u0316" * 60_000
GUESTS: Calls = [
    ("POST", "/api/user/login", {"username": "{}", "password": "xxxxxxxx"}),
    ("POST", "/api/user/login", {"username": "x", "password": "{}"}),
    ("POST", "/api/user/register", {"username": "{}", "password": "12345678"}),
    ("POST", "/api/user/register", {"username": "x", "password": "12345678", "email": "{}"}),
    ("POST", "/api/user/register", {"username": "x", "password": "12345678", "aff_code": "{}"}),
    ("POST", "/api/user/reset", {"email": "{}", "token": "x"}),
    ("POST", "/api/user/reset", {"email": "x@y.zz", "token": "{}"}),
]
USERS: Calls = [
    ("PUT", "/api/user/self", {"username": "{}"}),
    ("PUT", "/api/user/self", {"display_name": "{}"}),
    ("PUT", "/api/user/self", {"password": "{}", "old_password": "{}"}),
    ("POST", "/api/token/", {"name": "{}"}),
    ("POST", "/api/token/", {"name": "t", "models": "{}"}),
    ("POST", "/api/token/", {"name": "t", "subnet": "{}"}),
    ("POST", "/api/user/topup", {"key": "{}"}),
]
ADMINISTRATORS: Calls = [
    ("POST", "/api/user/", {"username": "{}", "password": "12345678"}),
    ("PUT", "/api/user/", {"id": USER, "username": "{}"}),
    ("PUT", "/api/user/", {"id": USER, "group": "{}"}),
    ("POST", "/api/user/manage", {"username": "{}", "action": "{}"}),
    ("POST", "/api/channel/", {"name": "{}", "key": "k", "models": "m"}),
    ("POST", "/api/channel/", {"name": "c", "key": "{}", "models": "m"}),
    ("POST", "/api/redemption/", {"name": "{}", "count": 1, "quota": 1}),
    ("POST", "/api/topup", {"user_id": USER, "quota": 1, "remark": "{}"}),
    ("PUT", "/api/option/", {"key": "{}", "value": "x"}),
]


async def refused(client: httpx.AsyncClient, call: tuple[str, str, dict[str, Any]], text: str) -> None:
    """The answer is quick, and does not repeat the text."""
    method, path, fields = call
    body = {name: text if value == "{}" else value for name, value in fields.items()}
    started = time.process_time()
    answer = await client.request(method, path, content=json.dumps(body, ensure_ascii=False).encode())
    assert time.process_time() - started < 0.5
    assert answer.status_code in (200, 400, 413), answer.text
    assert answer.json()["success"] is False
    assert len(answer.content) < 1000


@pytest.mark.parametrize("length", [LONGEST_LINE + 1, len(MARKS)])
@pytest.mark.parametrize("call", GUESTS + USERS + ADMINISTRATORS, ids=str)
async def test_no_text_is_read_beyond_its_limit(
    api: AdminApi, call: tuple[str, str, dict[str, Any]], length: int
) -> None:
    if call[2].keys() & {"key", "models", "subnet"}:
        length = len(MARKS)  # lists and keys may be longer than a line
    who = None if call in GUESTS else USER if call in USERS else ROOT
    await refused(await api.client(who), call, MARKS[:length])


async def test_a_text_that_is_too_long_is_named(api: AdminApi) -> None:
    answer = await (await api.client(ROOT)).post("/api/token/", json={"name": "x" * (LONGEST_LINE + 1)})
    assert answer.json()["message"] == "参数错误：name 过长（最多 1000 个字符）"


@pytest.mark.parametrize(
    ("who", "path", "size"),
    [
        (None, "/api/user/login", GUEST_BODY),
        (USER, "/api/token/", BODY),
        (ROOT, "/api/user/", BODY),
        (ROOT, "/api/channel/", 2 * MEGABYTE),
        (ROOT, "/api/option/", 2 * MEGABYTE),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_larger_body_gets_413_in_the_envelope(
    api: AdminApi, who: int | None, path: str, size: int, chunked: object
) -> None:
    async def pieces() -> Any:
        for _ in range(size // 1024 + 1):
            yield b" " * 1024

    client = await api.client(who)
    method = "PUT" if path == "/api/option/" else "POST"
    answer = await client.request(method, path, content=pieces() if chunked else b" " * (size + 1))
    assert answer.status_code == 413
    assert answer.json()["success"] is False
    assert (await client.get("/api/status")).json()["success"]


async def test_an_admin_body_of_too_many_values_is_refused(api: AdminApi) -> None:
    body = b'{"key":"ModelRatio","value":"{}","x":[' + b"1," * 600_000 + b"1]}"
    answer = await (await api.client(ROOT)).put("/api/option/", content=body)
    assert answer.status_code == 413
    assert answer.json()["success"] is False


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        (
            "/api/token/",
            {"name": "t", "subnet": ",".join(["10.0.0.0/8"] * 101)},
            "subnet 过多（最多 100 个）",
        ),
        ("/api/token/", {"name": "t", "models": ",".join(["m"] * 1001)}, "models 过多（最多 1000 个）"),
        ("/api/channel/", {"key": "k", "models": ",".join(["m"] * 5001)}, "models 过多（最多 5000 个）"),
        ("/api/channel/", {"key": "k", "models": "m", "group": "g," * 101}, "group 过多（最多 100 个）"),
        ("/api/channel/", {"key": "k\n" * 1001, "models": "m"}, "key 过多（最多 1000 个）"),
    ],
)
async def test_lists_are_limited(api: AdminApi, path: str, fields: dict[str, Any], said: str) -> None:
    answer = await (await api.client(ROOT)).post(path, json=fields)
    assert answer.json()["message"] == f"参数错误：{said}"


async def test_lists_of_a_usual_size_are_accepted(api: AdminApi) -> None:
    client = await api.client(ROOT)
    networks = ",".join(f"10.{number}.0.0/16" for number in range(100))
    models = ",".join(f"provider/model-{number}" for number in range(1000))
    made = await client.post("/api/token/", json={"name": "t", "subnet": networks, "models": models})
    assert made.json()["data"]["subnet"] == networks


async def test_a_value_too_long_for_its_column_is_refused(api: AdminApi) -> None:
    api.tokens.longest = {"subnet": 191}
    answer = await (await api.client(ROOT)).post(
        "/api/token/", json={"name": "t", "subnet": ",".join(["10.0.0.0/8"] * 50)}
    )
    assert answer.json()["message"] == "参数错误：subnet 过长（最多 191 个字符）"
