"""Access: every route for every role, by cookie and by access token."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from oneapi.adapters.identity.sessions import SignedSessions
from oneapi.application.people.sessions import SESSION_LIFETIME, Session, stamp_of
from oneapi.domain.errors import StorageUnavailable
from oneapi.domain.people.users import Role, UserStatus
from tests.entrypoints.admin.conftest import ADMIN, ROOT, USER
from tests.fakes.root import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.entrypoints.admin.conftest import AdminApi

#: Every route of these resources, as the original spells it, and the lowest role that may use it.
ROUTES = {
    "GET /api/status": Role.GUEST,
    "GET /api/notice": Role.GUEST,
    "GET /api/about": Role.GUEST,
    "GET /api/home_page_content": Role.GUEST,
    "POST /api/user/login": Role.GUEST,
    "POST /api/user/register": Role.GUEST,
    "POST /api/user/reset": Role.GUEST,
    "GET /api/verification": Role.GUEST,
    "GET /api/reset_password": Role.GUEST,
    "GET /api/oauth/email/bind": Role.COMMON,
    "PUT /api/user/self": Role.COMMON,
    "GET /api/user/aff": Role.COMMON,
    "GET /api/user/": Role.ADMIN,
    "GET /api/user/search": Role.ADMIN,
    "GET /api/user/1": Role.ADMIN,
    "POST /api/user/": Role.ADMIN,
    "PUT /api/user/": Role.ADMIN,
    "POST /api/user/manage": Role.ADMIN,
    "DELETE /api/user/1": Role.ADMIN,
    "GET /api/user/self": Role.COMMON,
    "GET /api/user/token": Role.COMMON,
    "GET /api/user/available_models": Role.COMMON,
    "GET /api/models": Role.COMMON,
    "GET /api/user/models": Role.COMMON,
    "GET /api/user/self/groups": Role.COMMON,
    "GET /api/user/groups": Role.GUEST,
    "GET /api/pricing": Role.GUEST,
    "GET /api/ratio_config": Role.GUEST,
    "GET /api/oauth/state": Role.GUEST,
    "GET /api/oauth/wechat": Role.GUEST,
    "GET /api/oauth/wechat/bind": Role.COMMON,
    "GET /api/token/": Role.COMMON,
    "GET /api/token/search": Role.COMMON,
    "GET /api/token/1": Role.COMMON,
    "POST /api/token/": Role.COMMON,
    "PUT /api/token/": Role.COMMON,
    "DELETE /api/token/1": Role.COMMON,
    "GET /api/user/dashboard": Role.COMMON,
    "GET /api/log/self/dashboard": Role.COMMON,
    "GET /api/log/self/export": Role.COMMON,
    "GET /api/log/dashboard": Role.ADMIN,
    "GET /api/log/export": Role.ADMIN,
    "POST /api/user/topup": Role.COMMON,
    "GET /api/log/self": Role.COMMON,
    "GET /api/log/self/search": Role.COMMON,
    "GET /api/log/self/stat": Role.COMMON,
    "POST /api/topup": Role.ADMIN,
    "GET /api/redemption/": Role.ADMIN,
    "GET /api/redemption/search": Role.ADMIN,
    "GET /api/redemption/1": Role.ADMIN,
    "POST /api/redemption/": Role.ADMIN,
    "PUT /api/redemption/": Role.ADMIN,
    "DELETE /api/redemption/1": Role.ADMIN,
    "GET /api/log/": Role.ADMIN,
    "GET /api/log/search": Role.ADMIN,
    "GET /api/log/stat": Role.ADMIN,
    "DELETE /api/log/": Role.ADMIN,
    "GET /api/channel/": Role.ADMIN,
    "GET /api/channel/search": Role.ADMIN,
    "GET /api/channel/models": Role.ADMIN,
    "GET /api/channel/1": Role.ADMIN,
    "POST /api/channel/": Role.ADMIN,
    "PUT /api/channel/": Role.ADMIN,
    "GET /api/channel/types": Role.ADMIN,
    "GET /api/channel/test": Role.ADMIN,
    "GET /api/channel/test/progress": Role.ADMIN,
    "GET /api/channel/test/1": Role.ADMIN,
    "GET /api/channel/update_balance": Role.ADMIN,
    "GET /api/channel/update_balance/progress": Role.ADMIN,
    "GET /api/channel/update_balance/1": Role.ADMIN,
    "POST /api/channel/copy/1": Role.ADMIN,
    "POST /api/channel/batch": Role.ADMIN,
    "DELETE /api/channel/disabled": Role.ADMIN,
    "DELETE /api/channel/1": Role.ADMIN,
    "GET /api/group/": Role.ADMIN,
    "GET /api/audit": Role.ROOT,
    "GET /api/option/": Role.ROOT,
    "PUT /api/option/": Role.ROOT,
    "POST /api/option/test_mail": Role.ROOT,
    "POST /api/option/test_pusher": Role.ROOT,
}
_calls = itertools.count()
#: These come last, because they end the caller's access.
ROUTES |= {"DELETE /api/user/self": Role.COMMON, "GET /api/user/logout": Role.GUEST}
CALLERS = {Role.GUEST: None, Role.COMMON: USER, Role.ADMIN: ADMIN, Role.ROOT: ROOT}

GUEST_REFUSED = "无权进行此操作，未登录且未提供 access token"
ROLE_REFUSED = "无权进行此操作，权限不足"
TOKEN_REFUSED = "无权进行此操作，access token 无效"
BANNED = "用户已被封禁"


async def ask(client: httpx.AsyncClient, route: str) -> httpx.Response:
    method, path = route.split(" ")
    elsewhere = {"X-Test-Address": f"198.51.100.0, call {next(_calls)}"}  # guesses are counted by address
    body: dict[str, str] | None = {} if method in ("POST", "PUT") else None
    return await client.request(method, path, json=body, headers=elsewhere)


@pytest.mark.parametrize("role", CALLERS)
async def test_every_route_requires_its_role(api: AdminApi, role: Role) -> None:
    client = await api.client(CALLERS[role])
    for route, least in ROUTES.items():
        answer = await ask(client, route)
        body = {} if answer.headers["content-type"].startswith("text/csv") else answer.json()
        if role >= least:
            assert answer.status_code in (200, 400), route
            assert body.get("message", "") not in (GUEST_REFUSED, ROLE_REFUSED), route
        elif role == Role.GUEST:
            assert (answer.status_code, body) == (401, {"success": False, "message": GUEST_REFUSED}), route
        else:
            assert (answer.status_code, body) == (200, {"success": False, "message": ROLE_REFUSED}), route


async def test_a_trailing_slash_makes_no_difference(api: AdminApi) -> None:
    root = await api.client(ROOT)
    for route in ROUTES:
        method, path = route.split(" ")
        other = path.removesuffix("/") if path.endswith("/") else path + "/"
        answer = await ask(root, f"{method} {other}")
        assert answer.status_code in (200, 400), route
        if path != "/api/channel/models" and not path.endswith("/export"):
            assert "success" in answer.json()


@pytest.mark.parametrize("shown", ["access-11", "Bearer access-11", "bearer access-11"])
async def test_an_access_token_works_like_a_session(api: AdminApi, shown: str) -> None:
    client = await api.client(Authorization=shown)
    assert (await client.get("/api/user/self")).json()["data"]["username"] == "alice"


@pytest.mark.parametrize("shown", ["access-99", "Bearer", "sk-key", "Bearer \udcff\udcfe"])
async def test_invalid_access_tokens_are_refused(api: AdminApi, shown: str) -> None:
    client = await api.client()
    headers = [(b"Authorization", shown.encode(errors="surrogateescape"))]
    answer = await client.get("/api/user/self", headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (200, TOKEN_REFUSED)


async def test_a_session_takes_precedence_over_an_access_token(api: AdminApi) -> None:
    client = await api.client(USER, Authorization="access-31")
    assert (await client.get("/api/user/self")).json()["data"]["id"] == USER
    assert (await client.get("/api/option/")).json()["message"] == ROLE_REFUSED


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: "",
        lambda cookie: cookie[:-1] + ("0" if cookie[-1] != "0" else "1"),
        lambda cookie: "A" + cookie[1:],
        lambda cookie: cookie.partition(".")[0] + ".",
        lambda cookie: "." + cookie.partition(".")[2],
        lambda _: "MTcwMDAwMDAwMHxEdi1CQkFFQ180SUFBUkFCRUFBQV80N180SUFBZ1p6ZEhKcGJtY01CQUFDYVdRRGFXNTB8",
    ],
)
async def test_a_forged_session_is_refused(api: AdminApi, spoil: Callable[[str], str]) -> None:
    cookie = (await api.client(ROOT)).cookies["session"]
    client = await api.client(Cookie=f"session={spoil(cookie)}")
    assert (await client.get("/api/user/self")).status_code == 401


async def test_a_session_signed_with_another_secret_is_refused(api: AdminApi) -> None:
    session = Session(ROOT, int(NOW), stamp_of(api.users.hashes[ROOT]))
    cookie = SignedSessions("another").write(session)
    client = await api.client(Cookie=f"session={cookie}")
    assert (await client.get("/api/user/self")).status_code == 401


async def test_a_session_without_its_row_is_refused(api: AdminApi) -> None:
    signed = (
        api.container.identity()
        .session_cookies()
        .write(Session(ROOT, int(NOW), stamp_of(api.users.hashes[ROOT]), id="never opened"))
    )
    client = await api.client(Cookie=f"session={signed}")
    assert (await client.get("/api/user/self")).status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_pages_of_other_sites_change_nothing_for_guests_either(api: AdminApi, method: str) -> None:
    """Otherwise an attacker could sign another person's browser in to the attacker's account."""
    schema = (await (await api.client()).get("/api/openapi.json")).json()
    paths = [
        path
        for path, operations in schema["paths"].items()
        if method.lower() in operations and "security" not in operations[method.lower()]
    ]
    for site in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        client = await api.client()
        client.headers.update(site)
        for path in paths:
            answer = await client.request(method, path, content=b'{"x":"="}')
            assert (answer.status_code, answer.json()["success"]) == (403, False), path


async def test_a_session_ends_after_thirty_days(api: AdminApi) -> None:
    client = await api.client(USER)
    api.now = NOW + SESSION_LIFETIME
    assert (await client.get("/api/user/self")).status_code == 200
    api.now += 1
    assert (await client.get("/api/user/self")).status_code == 401


async def test_a_new_password_ends_all_sessions(api: AdminApi) -> None:
    client = await api.client(USER)
    api.users.hashes[USER] = "another hash"
    assert (await client.get("/api/user/self")).status_code == 401


@pytest.mark.parametrize("status", [UserStatus.DISABLED, UserStatus.DELETED])
async def test_a_banned_user_is_refused_at_once(api: AdminApi, status: UserStatus) -> None:
    by_cookie, by_token = await api.client(USER), await api.client(Authorization="access-11")
    api.users.change(USER, status=status)
    assert (await by_cookie.get("/api/user/self")).json() == {"success": False, "message": BANNED}
    expected = BANNED if status == UserStatus.DISABLED else TOKEN_REFUSED
    assert (await by_token.get("/api/user/self")).json() == {"success": False, "message": expected}


async def test_a_removed_user_is_refused_at_once(api: AdminApi) -> None:
    client = await api.client(USER)
    del api.users.rows[USER]
    assert (await client.get("/api/user/self")).status_code == 401


async def test_the_current_role_counts(api: AdminApi) -> None:
    client = await api.client(ADMIN)
    assert (await client.get("/api/channel/")).json()["success"]
    api.users.change(ADMIN, role=Role.COMMON)
    assert (await client.get("/api/channel/")).json()["message"] == ROLE_REFUSED


OWN = "http://gateway.example:3000"
FOREIGN = [
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": "http://gateway.example:3000.evil.example"},
    {"origin": "http://gateway.example:4000"},
    {"origin": "http://[::1"},
    {"referer": "http://evil.example/page"},
    {"origin": OWN, "sec-fetch-site": "cross-site"},
    {"origin": OWN, "sec-fetch-site": "same-site"},
]
AT_HOME = [
    {},
    {"origin": OWN},
    {"origin": "http://GATEWAY.example:3000"},
    {"referer": OWN + "/token"},
    {"sec-fetch-site": "same-origin"},
    {"host": "gateway.example", "origin": OWN},
    {"host": "127.0.0.1:3000", "x-forwarded-host": "gateway.example:3000", "origin": OWN},
]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_page_of_another_site_cannot_use_the_cookie(api: AdminApi, headers: dict[str, str]) -> None:
    client = await api.client(USER)
    headers = {"host": "gateway.example:3000"} | headers
    answer = await client.post("/api/token/", json={"name": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["success"]) == (403, False)
    assert not api.tokens.rows
    # Reading is harmless, because the browser withholds the answer from the page.
    assert (await client.get("/api/token/", headers=headers)).json()["success"]


@pytest.mark.parametrize("headers", AT_HOME)
async def test_own_pages_and_programs_can_use_the_cookie(api: AdminApi, headers: dict[str, str]) -> None:
    client = await api.client(USER)
    headers = {"host": "gateway.example:3000"} | headers
    assert (await client.post("/api/token/", json={"name": "x"}, headers=headers)).json()["success"]


async def test_gets_that_change_something_are_refused_to_other_sites_too(api: AdminApi) -> None:
    client = await api.client(USER)
    abroad = await client.get("/api/user/token", headers={"Referer": "http://evil.example/page"})
    assert (abroad.status_code, api.users.access_tokens[USER]) == (403, "access-11")
    at_home = await client.get("/api/user/token", headers={"Referer": api.url + "/panel"})
    assert at_home.json()["data"] == api.users.access_tokens[USER] != "access-11"


async def test_the_origin_does_not_matter_with_an_access_token(api: AdminApi) -> None:
    client = await api.client(Authorization="access-11", Origin="http://evil.example")
    assert (await client.post("/api/token/", json={"name": "x"})).json()["success"]


async def test_other_origins_are_granted_nothing(api: AdminApi) -> None:
    client = await api.client(USER, Origin="http://evil.example")
    answers = [await client.get("/api/token/"), await client.options("/api/token/")]
    assert not [name for answer in answers for name in answer.headers if name.startswith("access-control-")]


async def test_refusals_are_in_the_callers_language(api: AdminApi) -> None:
    client = await api.client()
    english = await client.get("/api/user/self", headers={"Accept-Language": "en-US,en;q=0.9"})
    assert english.json()["message"] == "you are not signed in, and the request has no access token"
    chinese = await client.get("/api/user/self", headers={"Accept-Language": "ZH-TW"})
    assert chinese.json()["message"] == GUEST_REFUSED


async def test_unknown_routes_and_methods_are_not_found(api: AdminApi) -> None:
    client = await api.client(ROOT)
    for method, path in (("GET", "/api/nothing"), ("PATCH", "/api/token/"), ("GET", "/api/token/1/2")):
        answer = await client.request(method, path)
        assert answer.status_code == 404
        assert answer.json()["error"]["message"] == f"Invalid URL ({method} {path})"


async def test_a_forwarded_prefix_has_no_effect(api: AdminApi) -> None:
    client = await api.client(ROOT)
    answer = await client.get("/api/token", headers={"X-Forwarded-Prefix": "//evil.example"})
    assert answer.status_code == 200
    assert "location" not in answer.headers


async def test_a_database_outage_is_not_a_refusal(api: AdminApi, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await api.client(USER)

    async def away(*_: object) -> int:
        raise StorageUnavailable

    monkeypatch.setattr(type(api.tokens), "count", away)
    answer = await client.get("/api/token/", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json() == {
        "success": False,
        "message": "the gateway's storage is unavailable, try again shortly",
    }
