"""``/api/oauth``: the effects of a provider's answer, step by step as in the original, and the protections."""

from __future__ import annotations

import itertools
import logging
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from oneapi.application.people.pending_sign_ins import PENDING_LIFETIME
from oneapi.application.ports.people import IdentityRefused, ProviderUnreachable
from oneapi.domain.people.identities import (
    GITHUB,
    IDENTITY_PROVIDERS,
    LARK,
    OIDC,
    REDIRECTING,
    WECHAT,
    Identity,
    IdentityProvider,
)
from oneapi.domain.people.users import ExternalField, UserStatus
from tests.entrypoints.admin.conftest import OTHER, ROOT, USER

if TYPE_CHECKING:
    import httpx

    from oneapi.domain.people.users import User
    from tests.entrypoints.admin.conftest import AdminApi
    from tests.fakes.people.users import FakeUsers

_calls = itertools.count()
#: The options that enable each provider.
SWITCHES = {
    "github": {"GitHubClientId": "gateway", "GitHubOAuthEnabled": "true"},
    "oidc": {"OidcEnabled": "true"},
    "lark": {"LarkClientId": "gateway"},
    "wechat": {"WeChatServerAddress": "http://wechat.example", "WeChatAuthEnabled": "true"},
}
DISABLED = {
    "github": "管理员未开启通过 GitHub 登录以及注册",
    "oidc": "管理员未开启通过 OIDC 登录以及注册",
    "lark": "管理员未开启通过飞书登录以及注册",
    "wechat": "管理员未开启通过微信登录以及注册",
}
UNREACHABLE = {
    "github": "无法连接至 GitHub 服务器，请稍后重试！",
    "oidc": "无法连接至 OIDC 服务器，请稍后重试！",
    "lark": "无法连接至飞书服务器，请稍后重试！",
    "wechat": "无法连接至微信服务器，请稍后重试！",
}
EMPTY = "返回值非法，用户字段为空，请稍后重试！"
BOUND = {
    "github": "该 GitHub 账户已被绑定",
    "oidc": "该 OIDC 账户已被绑定",
    "lark": "该飞书账户已被绑定",
    "wechat": "该微信账号已被绑定",
}
STATE_REFUSED = "state is empty or not same"
WITH_SOURCE = pytest.mark.parametrize("provider", IDENTITY_PROVIDERS, ids=lambda provider: provider.name)
WITH_REDIRECTING = pytest.mark.parametrize("provider", REDIRECTING, ids=lambda provider: provider.name)


async def ask(
    client: httpx.AsyncClient, path: str, headers: dict[str, str] | None = None, **query: str
) -> httpx.Response:
    """A client with its own address, because guesses are counted by address."""
    address = {"X-Test-Address": f"198.51.100.0, call {next(_calls)} of OAuth"}
    return await client.get("/api/oauth" + path, params=query or None, headers=address | (headers or {}))


async def begin(client: httpx.AsyncClient) -> str:
    """The state."""
    return str((await ask(client, "/state")).json()["data"])


async def set_off(client: httpx.AsyncClient, provider: IdentityProvider) -> str:
    """The state with which the browser was redirected to the provider."""
    sent = await ask(client, f"/{provider.name}/start")
    assert (sent.status_code, sent.content) == (302, b"")
    return parse_qs(urlsplit(sent.headers["location"]).query)["state"][0]


async def enable(api: AdminApi, *providers: IdentityProvider, **options: str) -> None:
    root = await api.client(ROOT)
    for key, value in {
        **{key: value for provider in providers for key, value in SWITCHES[provider.name].items()},
        **options,
    }.items():
        assert (await root.put("/api/option/", json={"key": key, "value": value})).json()["success"]


def meet(api: AdminApi, provider: IdentityProvider, identity: Identity) -> None:
    """Let the code ``code`` stand for ``identity``."""
    api.providers[provider.name].people["code"] = identity


async def come_back(
    client: httpx.AsyncClient, provider: IdentityProvider, code: str = "code"
) -> httpx.Response:
    """Return from the provider in the browser ``client``. For WeChat there is no redirect: the user types the code."""
    if provider is WECHAT:
        return await ask(client, "/wechat" + ("/bind" if client.cookies else ""), code=code)
    return await ask(client, f"/{provider.name}", code=code, state=await begin(client))


def refusal(answer: httpx.Response) -> str:
    """The message of a refusal that set no session."""
    assert (answer.status_code, answer.json()["success"]) == (200, False)
    assert "session=" not in answer.headers.get("set-cookie", "")
    return str(answer.json()["message"])


# --- the state -----------------------------------------------------------------------------------


@WITH_REDIRECTING
async def test_an_answer_needs_the_state_that_this_browser_was_given(
    api: AdminApi, provider: IdentityProvider
) -> None:
    await enable(api, provider)
    meet(api, provider, Identity("7", "octocat"))
    browser, other = await api.client(), await api.client()
    state = await begin(browser)
    elsewhere = await begin(other)
    for client, shown in ((browser, ""), (browser, elsewhere), (other, state), (await api.client(), state)):
        answer = await ask(client, f"/{provider.name}", code="code", state=shown)
        assert (answer.status_code, answer.json()) == (403, {"success": False, "message": STATE_REFUSED})
    right = await ask(other, f"/{provider.name}", code="code", state=elsewhere)
    assert right.json()["success"]


@pytest.mark.parametrize("code", ["code", "wrong", ""])
async def test_a_state_works_once_whatever_the_result(api: AdminApi, code: str) -> None:
    await enable(api, OIDC)
    meet(api, OIDC, Identity("7"))
    client = await api.client()
    state = await begin(client)
    first = await ask(client, "/oidc", code=code, state=state)
    assert first.json()["success"] is (code == "code")
    again = await ask(client, "/oidc", code="code", state=state)
    assert (again.status_code, again.json()["message"]) == (403, STATE_REFUSED)


async def test_a_wrong_state_does_not_use_up_the_right_one(api: AdminApi) -> None:
    await enable(api, OIDC)
    meet(api, OIDC, Identity("7"))
    client = await api.client()
    state = await begin(client)
    assert (await ask(client, "/oidc", code="forged", state="forged")).status_code == 403
    right = await ask(client, "/oidc", code="code", state=state)
    assert right.json()["success"]


@pytest.mark.parametrize(("seconds", "valid"), [(PENDING_LIFETIME, True), (PENDING_LIFETIME + 1, False)])
async def test_a_state_is_valid_for_ten_minutes(api: AdminApi, seconds: int, *, valid: bool) -> None:
    await enable(api, OIDC)
    meet(api, OIDC, Identity("7"))
    client = await api.client()
    state = await begin(client)
    api.now += seconds
    answer = await ask(client, "/oidc", code="code", state=state)
    assert answer.status_code == (200 if valid else 403)


async def test_sessions_and_states_are_not_interchangeable(api: AdminApi) -> None:
    client = await api.client(USER)
    await begin(client)
    session, pending = client.cookies["session"], client.cookies["oauth_state"]
    client.cookies.clear()
    assert (await client.get("/api/user/self", headers={"Cookie": f"session={pending}"})).status_code == 401
    swapped = {"Cookie": f"oauth_state={session}"}
    assert (await ask(client, "/oidc", swapped, code="code", state="")).status_code == 403


@pytest.mark.parametrize(("proto", "name"), [("http", "oauth_state"), ("https", "__Host-oauth_state")])
async def test_the_state_cookie_is_hidden_from_scripts_and_other_sites(
    api: AdminApi, proto: str, name: str
) -> None:
    answer = await ask(await api.client(), "/state", {"X-Forwarded-Proto": proto})
    cookie = answer.headers["set-cookie"]
    value, *attributes = cookie.split("; ")
    assert value.startswith(name + "=")
    assert {"Path=/", "Max-Age=600", "HttpOnly", "SameSite=Lax"} <= set(attributes)
    assert ("Secure" in attributes) is (proto == "https")


# --- signing in ----------------------------------------------------------------------------------


@WITH_SOURCE
async def test_a_provider_that_is_not_enabled(api: AdminApi, provider: IdentityProvider) -> None:
    answer = await come_back(await api.client(), provider)
    assert refusal(answer) == DISABLED[provider.name]
    assert not api.providers[provider.name].shown


@WITH_SOURCE
async def test_an_empty_code(api: AdminApi, provider: IdentityProvider) -> None:
    await enable(api, provider)
    assert refusal(await come_back(await api.client(), provider, code="")) == "无效的参数"
    assert not api.providers[provider.name].shown


@WITH_SOURCE
@pytest.mark.parametrize("failure", [ProviderUnreachable("refused"), IdentityRefused("invalid_grant")])
async def test_a_provider_that_identifies_no_account(
    api: AdminApi, provider: IdentityProvider, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    await enable(api, provider)
    api.providers[provider.name].failure = failure
    with caplog.at_level(logging.WARNING):
        message = refusal(await come_back(await api.client(), provider, code="the-secret-code"))
    if isinstance(failure, ProviderUnreachable):
        assert message == UNREACHABLE[provider.name]
    else:
        assert message == ("验证码错误或已过期" if provider is WECHAT else EMPTY)
    assert f"{provider.name}: {failure}" in caplog.text
    assert "the-secret-code" not in caplog.text
    assert len(api.users.rows) == 4


@WITH_SOURCE
async def test_the_first_visit_creates_an_account_and_a_session(
    api: AdminApi, provider: IdentityProvider
) -> None:
    await enable(api, provider, QuotaForNewUser="500")
    client = await api.client()
    meet(api, provider, Identity("7", "octocat" if provider is GITHUB else ""))
    answer = await come_back(client, provider)
    data = answer.json()["data"]
    made = api.users.rows[data["id"]]
    assert made.username.startswith(f"{provider.name}_")
    assert made.username.partition("_")[2].isdecimal()
    assert len(made.username) == 12
    assert (made.display_name, made.quota, made.role) == (provider.display_name, 500, 1)
    assert getattr(made, provider.id_field) == "7"
    assert made.github_id == ("octocat" if provider is GITHUB else "")
    told = {"id", "username", "display_name", "role", "status"}
    assert {name for name, value in data.items() if value} == told
    assert (await client.get("/api/user/self")).json()["data"]["id"] == made.id
    assert [token.name for token in api.tokens.rows.values() if token.user_id == made.id] == ["default"]


@WITH_SOURCE
async def test_the_next_visit_finds_the_account(api: AdminApi, provider: IdentityProvider) -> None:
    await enable(api, provider, RegisterEnabled="false")
    api.users.change(USER, **{provider.id_field: "7"})
    meet(api, provider, Identity("7", "octocat" if provider is GITHUB else ""))
    answer = await come_back(await api.client(), provider)
    assert answer.json()["data"]["id"] == USER
    assert len(api.users.rows) == 4


@WITH_SOURCE
async def test_a_new_user_when_registration_is_closed(api: AdminApi, provider: IdentityProvider) -> None:
    await enable(api, provider, RegisterEnabled="false")
    meet(api, provider, Identity("7", "octocat"))
    assert refusal(await come_back(await api.client(), provider)) == "管理员关闭了新用户注册"
    assert len(api.users.rows) == 4


async def test_closing_registration_by_password_does_not_apply(api: AdminApi) -> None:
    closed = {"PasswordRegisterEnabled": "false", "PasswordLoginEnabled": "false"}
    await enable(api, OIDC, **closed, EmailVerificationEnabled="true")
    meet(api, OIDC, Identity("7"))
    assert (await come_back(await api.client(), OIDC)).json()["success"]


@WITH_SOURCE
@pytest.mark.parametrize("status", [UserStatus.DISABLED, UserStatus.DELETED])
async def test_banned_and_deleted_users_are_refused(
    api: AdminApi, provider: IdentityProvider, status: int
) -> None:
    await enable(api, provider)
    api.users.change(USER, status=status, **{provider.id_field: "7"})
    meet(api, provider, Identity("7", "octocat"))
    assert refusal(await come_back(await api.client(), provider)) == "用户已被封禁"
    assert len(api.users.rows) == 4


async def test_an_account_has_the_name_that_its_owner_uses_at_the_provider(api: AdminApi) -> None:
    await enable(api, OIDC)
    meet(api, OIDC, Identity("7", username="dave", display_name="Dave\u202e \n D.", email="dave@example.com"))
    made = (await come_back(await api.client(), OIDC)).json()["data"]
    user = api.users.rows[made["id"]]
    assert (user.username, user.display_name, user.email) == ("dave", "Dave  D.", "dave@example.com")


@pytest.mark.parametrize("taken", ["alice", "ALICE", "longer than 12", "\u202eevil", "a\x00b"])
async def test_a_name_that_is_not_available_is_replaced(api: AdminApi, taken: str) -> None:
    await enable(api, OIDC)
    meet(api, OIDC, Identity("7", username=taken, display_name="x" * 30))
    made = (await come_back(await api.client(), OIDC)).json()["data"]
    assert made["username"].startswith("oidc_")
    assert made["display_name"] == "x" * 20
    assert made["id"] != USER


async def test_a_taken_number_is_drawn_again(api: AdminApi) -> None:
    await enable(api, GITHUB)
    api.users.put(50, "github_11111")
    api.numbers += [11111, 11111, 22222]
    meet(api, GITHUB, Identity("7", "octocat"))
    assert (await come_back(await api.client(), GITHUB)).json()["data"]["username"] == "github_22222"


async def test_signing_in_from_two_windows_creates_one_account(
    api: AdminApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enable(api, OIDC)
    api.users.change(USER, oidc_id="7")
    missed: list[str] = []
    find = type(api.users).by_external

    async def too_early(users: FakeUsers, field: ExternalField, value: str) -> User | None:
        if not missed:
            missed.append(value)
            return None
        return await find(users, field, value)

    monkeypatch.setattr(type(api.users), "by_external", too_early)
    meet(api, OIDC, Identity("7"))
    assert (await come_back(await api.client(), OIDC)).json()["data"]["id"] == USER
    assert (missed, len(api.users.rows)) == (["7"], 4)


@pytest.mark.parametrize(
    "email",
    [
        "alice@example.com",
        "Alice@Example.COM",
        "a" * 50 + "@example.com",
        "a\r\n@example.com",
        "a@b@c",
        "<script>@xx.yy",
    ],
)
async def test_a_mail_address_that_is_not_available_is_not_stored(api: AdminApi, email: str) -> None:
    await enable(api, OIDC)
    api.users.change(USER, email="alice@example.com")
    meet(api, OIDC, Identity("7", email=email))
    made = (await come_back(await api.client(), OIDC)).json()["data"]
    assert api.users.rows[made["id"]].email == ""


@pytest.mark.parametrize("strange", ["", " ", "x" * 192, "a\x00b", "\ud800"])
async def test_an_identity_that_cannot_be_stored_is_refused(api: AdminApi, strange: str) -> None:
    await enable(api, LARK)
    meet(api, LARK, Identity(strange))
    assert refusal(await come_back(await api.client(), LARK)) == EMPTY


async def test_refusals_are_translated_to_english(api: AdminApi) -> None:
    client = await api.client()
    client.headers["Accept-Language"] = "en"
    assert (
        refusal(await come_back(client, GITHUB)) == "the administrator has not enabled signing in with GitHub"
    )


# --- GitHub's names change hands -----------------------------------------------------------------


async def test_an_account_bound_by_name_is_found_by_number_from_then_on(api: AdminApi) -> None:
    await enable(api, GITHUB)
    api.users.change(USER, github_id="octocat")
    meet(api, GITHUB, Identity("583231", "octocat"))
    assert (await come_back(await api.client(), GITHUB)).json()["data"]["id"] == USER
    assert api.users.rows[USER].github_account == "583231"
    meet(api, GITHUB, Identity("583231", "renamed"))
    assert (await come_back(await api.client(), GITHUB)).json()["data"]["id"] == USER
    assert api.users.rows[USER].github_id == "renamed"


async def test_taking_over_a_name_at_the_provider_does_not_give_its_account(api: AdminApi) -> None:
    await enable(api, GITHUB)
    api.users.change(USER, github_id="octocat", github_account="583231")
    meet(api, GITHUB, Identity("999", "octocat"))
    made = (await come_back(await api.client(), GITHUB)).json()["data"]["id"]
    assert made != USER
    # The stored name is the current one: if the original opens this database again, it lets nobody else in by it.
    assert (api.users.rows[made].github_id, api.users.rows[USER].github_id) == ("octocat", "")
    meet(api, GITHUB, Identity("583231", "renamed"))
    assert (await come_back(await api.client(), GITHUB)).json()["data"]["id"] == USER


# --- binding -------------------------------------------------------------------------------------


@WITH_SOURCE
async def test_a_signed_in_user_can_bind_an_account(api: AdminApi, provider: IdentityProvider) -> None:
    await enable(api, provider, RegisterEnabled="false")
    meet(api, provider, Identity("7", "octocat" if provider is GITHUB else ""))
    answer = await come_back(await api.client(USER), provider)
    assert answer.json() == {"success": True, "message": "" if provider is WECHAT else "bind"}
    assert getattr(api.users.rows[USER], provider.id_field) == "7"
    assert "session=" not in answer.headers.get("set-cookie", "")


@WITH_SOURCE
async def test_a_bound_account_cannot_be_bound_again(api: AdminApi, provider: IdentityProvider) -> None:
    await enable(api, provider)
    api.users.change(OTHER, **{provider.id_field: "7"}, status=UserStatus.DELETED)
    meet(api, provider, Identity("7", "octocat" if provider is GITHUB else ""))
    assert refusal(await come_back(await api.client(USER), provider)) == BOUND[provider.name]
    assert getattr(api.users.rows[USER], provider.id_field) == ""


async def test_an_account_bound_by_the_original_cannot_be_bound_again(api: AdminApi) -> None:
    await enable(api, GITHUB)
    api.users.change(OTHER, github_id="octocat")
    meet(api, GITHUB, Identity("7", "octocat"))
    assert refusal(await come_back(await api.client(USER), GITHUB)) == BOUND["github"]


@WITH_SOURCE
async def test_binding_has_the_same_checks_as_signing_in(api: AdminApi, provider: IdentityProvider) -> None:
    client = await api.client(USER)
    assert refusal(await come_back(client, provider)) == DISABLED[provider.name]
    await enable(api, provider)
    assert refusal(await come_back(client, provider, code="")) == "无效的参数"
    api.providers[provider.name].failure = ProviderUnreachable("refused")
    assert refusal(await come_back(client, provider)) == UNREACHABLE[provider.name]


async def test_a_sign_in_begun_as_a_guest_does_not_bind(api: AdminApi) -> None:
    await enable(api, OIDC)
    client = await api.client()
    state = await begin(client)
    client.cookies.set("session", (await api.client(USER)).cookies["session"])
    meet(api, OIDC, Identity("7"))
    answer = await ask(client, "/oidc", code="code", state=state)
    assert answer.json()["data"]["id"] != USER
    assert api.users.rows[USER].oidc_id == ""


async def test_a_binding_begun_by_one_user_does_not_bind_another(api: AdminApi) -> None:
    await enable(api, OIDC)
    client = await api.client(USER)
    for session in ((await api.client(OTHER)).cookies["session"], ""):
        state = await begin(client)
        meet(api, OIDC, Identity("7"))
        headers = {"Cookie": f"oauth_state={client.cookies['oauth_state']}; session={session}"}
        stranger = await api.client()
        answer = await ask(stranger, "/oidc", headers, code="code", state=state)
        assert (answer.status_code, answer.json()["message"]) == (403, STATE_REFUSED)
    assert not [user for user in api.users.rows.values() if user.oidc_id]


async def test_an_access_token_does_not_bind(api: AdminApi) -> None:
    await enable(api, OIDC)
    meet(api, OIDC, Identity("7"))
    answer = await come_back(await api.client(Authorization="access-11"), OIDC)
    assert answer.json()["data"]["id"] != USER
    assert api.users.rows[USER].oidc_id == ""


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"referer": "http://evil.example/"}])
async def test_a_page_of_another_site_cannot_submit_a_typed_code(
    api: AdminApi, headers: dict[str, str]
) -> None:
    await enable(api, WECHAT)
    meet(api, WECHAT, Identity("of-the-attacker"))
    for client in (await api.client(), await api.client(USER)):
        path = "/wechat" + ("/bind" if client.cookies else "")
        answer = await ask(client, path, headers, code="code")
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    assert len(api.users.rows) == 4


# --- redirects to the provider -------------------------------------------------------------------


@WITH_REDIRECTING
async def test_the_browser_is_redirected_with_a_state_a_nonce_and_a_verifier(
    api: AdminApi, provider: IdentityProvider
) -> None:
    await enable(api, provider)
    client = await api.client()
    state = await set_off(client, provider)
    meet(api, provider, Identity("7", "octocat"))
    answer = await ask(client, f"/{provider.name}", code="code", state=state)
    assert answer.json()["success"]
    ((nonce, verifier),) = api.providers[provider.name].shown
    assert len({state, nonce, verifier}) == 3
    assert min(len(text) for text in (state, nonce, verifier)) == 43


async def test_a_browser_without_our_redirect_has_only_a_state(api: AdminApi) -> None:
    await enable(api, OIDC)
    meet(api, OIDC, Identity("7"))
    assert (await come_back(await api.client(), OIDC)).json()["success"]
    assert api.providers["oidc"].shown == [("", "")]


async def test_an_answer_of_another_provider_is_refused(api: AdminApi) -> None:
    await enable(api, OIDC, LARK)
    client = await api.client()
    state = await set_off(client, OIDC)
    meet(api, LARK, Identity("7"))
    answer = await ask(client, "/lark", code="code", state=state)
    assert (answer.status_code, answer.json()["message"]) == (403, STATE_REFUSED)


async def test_a_signed_in_user_is_redirected_to_bind(api: AdminApi) -> None:
    await enable(api, OIDC)
    client = await api.client(USER)
    state = await set_off(client, OIDC)
    meet(api, OIDC, Identity("7"))
    answer = await ask(client, "/oidc", code="code", state=state)
    assert answer.json() == {"success": True, "message": "bind"}


@WITH_REDIRECTING
async def test_there_is_no_redirect_to_an_unconfigured_provider(
    api: AdminApi, provider: IdentityProvider
) -> None:
    client = await api.client()
    assert refusal(await ask(client, f"/{provider.name}/start")) == DISABLED[provider.name]
    await enable(api, provider)
    api.providers[provider.name].failure = ProviderUnreachable("refused")
    assert refusal(await ask(client, f"/{provider.name}/start")) == UNREACHABLE[provider.name]
    assert not client.cookies


async def test_pages_of_other_sites_cannot_start_a_redirect(api: AdminApi) -> None:
    await enable(api, OIDC)
    headers = {"sec-fetch-site": "cross-site"}
    answer = await ask(await api.client(USER), "/oidc/start", headers)
    assert answer.status_code == 403
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Prefix": "//evil.example"},
    ],
)
async def test_callers_cannot_change_where_the_browser_is_redirected(
    api: AdminApi, headers: dict[str, str]
) -> None:
    await enable(api, OIDC)
    query = {"redirect": "//evil.example", "redirect_uri": "https://evil.example", "next": "/\\evil.example"}
    answer = await ask(await api.client(), "/oidc/start", headers, **query)
    assert answer.headers["location"].startswith("https://provider.example/authorize?state=")
    assert "evil" not in answer.headers["location"]


async def test_an_unknown_provider_is_an_unknown_route(api: AdminApi) -> None:
    client = await api.client()
    for path in ("/telegram/login", "/telegram", "/wechat/start"):
        assert (await ask(client, path)).status_code == 404
