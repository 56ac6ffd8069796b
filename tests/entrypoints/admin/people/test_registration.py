"""Registering, and codes by mail: what is checked and created, and what answers reveal to unknown callers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from oneapi.application.people.mailed_codes import CODE_LIFETIME, MAILS, MOST_ATTEMPTS
from oneapi.domain.errors.messages import MailServerUnreachable
from oneapi.domain.people.codes import VERIFY
from oneapi.domain.people.users import UserStatus
from tests.entrypoints.admin.conftest import OTHER, ROOT, USER

if TYPE_CHECKING:
    import httpx

    from tests.entrypoints.admin.conftest import AdminApi

REGISTER = "/api/user/register"
DONE = {"success": True, "message": ""}
INVALID_INPUT = "无效的输入，请检查您的输入"
INVALID_PARAMETER = "无效的参数"
WRONG_CODE = "验证码错误或已过期"
WRONG_LINK = "重置链接非法或已过期"
ADA = {"username": "ada", "password": "lovelace1"}


async def switch(api: AdminApi, **options: str) -> None:
    root = await api.client(ROOT)
    for key, value in options.items():
        assert (await root.put("/api/option/", json={"key": key, "value": value})).json() == DONE


@pytest.fixture
async def mailing(api: AdminApi) -> AdminApi:
    await switch(api, SMTPServer="smtp.example.com", EmailVerificationEnabled="true")
    return api


async def refusal(client: httpx.AsyncClient, path: str, **fields: Any) -> str:
    answer = await (client.post(path, json=fields) if fields else client.get(path))
    assert not answer.json()["success"]
    message: str = answer.json()["message"]
    return message


async def code_for(api: AdminApi, address: str) -> str:
    answer = await (await api.client()).get("/api/verification", params={"email": address})
    assert answer.json() == DONE
    to, letter = api.mailer.next()
    assert to == address
    _, code, *_ = letter.text.split("\n\n")
    return code


# --- registering -------------------------------------------------------------------------------


async def test_a_registered_user_can_sign_in(api: AdminApi) -> None:
    client = await api.client()
    more = {"email": "a@b.co", "display_name": "x", "role": 100, "quota": 5, "access_token": "x"}
    assert (await client.post(REGISTER, json=ADA | more)).json() == DONE
    assert (await client.get("/api/user/self")).status_code == 401, "but has not"
    data = (await client.post("/api/user/login", json=ADA)).json()["data"]
    made = api.users.rows[data["id"]]
    assert (made.username, made.display_name, made.role, made.status) == ("ada", "ada", 1, 1)
    assert (made.email, made.quota, made.inviter_id, made.group) == ("", 0, 0, "default")
    assert api.users.access_tokens[made.id] != "x"
    (token,) = (await client.get("/api/token/")).json()["data"]
    assert (token["name"], token["unlimited_quota"], token["expired_time"]) == ("default", True, -1)


async def test_an_invitation_credits_both_users(api: AdminApi) -> None:
    await switch(api, QuotaForNewUser="10", QuotaForInviter="300", QuotaForInvitee="70")
    api.users.change(OTHER, aff_code="Code")
    assert (await (await api.client()).post(REGISTER, json=ADA | {"aff_code": "Code"})).json() == DONE
    made = await api.users.by_username("ada")
    assert made is not None
    assert (made.quota, made.inviter_id, api.users.rows[OTHER].quota) == (80, OTHER, 1300)
    assert [row.type for row in api.logs.rows] == [4, 4, 4]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"username": "x" * 13}, INVALID_INPUT),
        ({"password": "x" * 7}, INVALID_INPUT),
        ({"password": "x" * 21}, INVALID_INPUT),
        ({"password": ""}, INVALID_INPUT),
        ({"password": "😀" * 20}, "密码过长，编码后不得超过 72 字节"),
        ({"username": ""}, "用户名不能为空，也不能包含不可见字符或混用形近的文字"),
        ({"username": " \u3000 "}, "用户名不能为空，也不能包含不可见字符或混用形近的文字"),
        ({"username": "ro\u202eot"}, "用户名不能为空，也不能包含不可见字符或混用形近的文字"),
        ({"username": "alice"}, "用户名已被占用，或与已有用户名过于相似"),
        ({"username": " ROOT "}, "用户名已被占用，或与已有用户名过于相似"),
        ({"username": 5}, INVALID_PARAMETER),
        ({"password": ["x"]}, INVALID_PARAMETER),
    ],
)
async def test_invalid_input_creates_no_account(api: AdminApi, wrong: dict[str, Any], message: str) -> None:
    before = dict(api.users.rows)
    assert await refusal(await api.client(), REGISTER, **ADA | wrong) == message
    assert (api.users.rows, api.tokens.rows, api.logs.rows) == (before, {}, [])


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("RegisterEnabled", "管理员关闭了新用户注册"),
        (
            "PasswordRegisterEnabled",
            "管理员关闭了通过密码进行注册，请使用第三方账户验证的形式进行注册",
        ),
    ],
)
async def test_the_operator_can_close_registration(api: AdminApi, option: str, message: str) -> None:
    await switch(api, **{option: "false"})
    assert await refusal(await api.client(), REGISTER, **ADA) == message


# --- codes by mail -----------------------------------------------------------------------------


async def test_a_mail_address_is_verified_by_a_code(mailing: AdminApi) -> None:
    client = await mailing.client()
    missing = "管理员开启了邮箱验证，请输入邮箱地址和验证码"
    assert await refusal(client, REGISTER, **ADA) == missing
    assert await refusal(client, REGISTER, **ADA, email="Ada@x.co") == missing
    code = await code_for(mailing, "Ada@x.co")
    assert re.fullmatch("[0-9a-f]{6}", code)
    with_code = ADA | {"email": "Ada@x.co", "verification_code": code}
    assert await refusal(client, REGISTER, **with_code | {"email": "other@x.co"}) == WRONG_CODE
    assert await refusal(client, REGISTER, **with_code | {"username": "bob"}) != WRONG_CODE
    assert (await client.post(REGISTER, json=with_code)).json() == DONE
    made = await mailing.users.by_username("ada")
    assert made is not None
    assert made.email == "Ada@x.co"
    again = with_code | {"username": "ada2"}
    assert await refusal(client, REGISTER, **again) == WRONG_CODE, "a code makes one account"


async def test_a_code_ends_with_time_and_after_guesses(mailing: AdminApi) -> None:
    client = await mailing.client()
    fields = ADA | {"email": "a@x.co", "verification_code": await code_for(mailing, "a@x.co")}
    mailing.now += CODE_LIFETIME
    assert await refusal(client, REGISTER, **fields) == WRONG_CODE
    fields["verification_code"] = await code_for(mailing, "a@x.co")
    for _ in range(MOST_ATTEMPTS[VERIFY]):
        assert await refusal(client, REGISTER, **fields | {"verification_code": "guess"}) == WRONG_CODE
    assert await refusal(client, REGISTER, **fields) == WRONG_CODE


async def test_an_address_that_was_taken_meanwhile_is_refused(mailing: AdminApi) -> None:
    code = await code_for(mailing, "a@x.co")
    mailing.users.change(OTHER, email="A@x.co", status=UserStatus.DELETED)
    fields = ADA | {"email": "a@x.co", "verification_code": code}
    assert await refusal(await mailing.client(), REGISTER, **fields) == "邮箱地址已被占用"


@pytest.mark.parametrize("path", ["/api/verification", "/api/reset_password"])
async def test_answers_do_not_reveal_whether_an_address_is_known(mailing: AdminApi, path: str) -> None:
    mailing.users.change(USER, email="alice@x.co")
    client = await mailing.client()
    answers = [await client.get(path, params={"email": f"{name}@x.co"}) for name in ("alice", "nobody")]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, DONE)] * 2
    to, letter = mailing.mailer.next()
    assert to == ("nobody@x.co" if path == "/api/verification" else "alice@x.co")
    assert mailing.mailer.sent == [(to, letter)]


@pytest.mark.parametrize("path", ["/api/verification", "/api/reset_password"])
async def test_mails_to_one_address_are_limited(mailing: AdminApi, path: str) -> None:
    client = await mailing.client()
    for number in range(MAILS.limit):
        address = ("a@x.co", "A@x.co")[number % 2]
        assert (await client.get(path, params={"email": address})).json() == DONE
    answer = await client.get(path, params={"email": "a@x.co"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, str(CODE_LIFETIME))


@pytest.mark.parametrize("path", ["/api/verification", "/api/reset_password"])
@pytest.mark.parametrize(
    "address", ["", "a", "a@b", "a@b.co,c@d.co", "a b@c.co", "a@b.co\r\nBcc: c@d.co", "<a@b.co>", "é@b.co"]
)
async def test_invalid_addresses_are_refused(mailing: AdminApi, path: str, address: str) -> None:
    answer = await (await mailing.client()).get(path, params={"email": address})
    assert answer.json() == {"success": False, "message": INVALID_PARAMETER}


async def test_the_operator_can_restrict_domains(mailing: AdminApi) -> None:
    await switch(mailing, EmailDomainWhitelist="x.co, Y.co", EmailDomainRestrictionEnabled="true")
    client = await mailing.client()
    for address in ("a@z.co", "a@sub.x.co", "a@ax.co"):
        answer = await client.get("/api/verification", params={"email": address})
        assert answer.json()["message"].startswith("管理员启用了邮箱域名白名单")
    await code_for(mailing, "a@X.co")
    await code_for(mailing, "a@y.co")


async def test_without_a_mail_server_the_error_is_immediate(api: AdminApi) -> None:
    for path in ("/api/verification", "/api/reset_password"):
        answer = await (await api.client()).get(path, params={"email": "a@x.co"})
        assert answer.json() == {"success": False, "message": "发送邮件失败：未配置 SMTP 服务器"}


async def test_a_mail_that_cannot_be_sent_does_not_fail_the_request(mailing: AdminApi) -> None:
    mailing.mailer.failures.append(MailServerUnreachable())
    client = await mailing.client()
    assert (await client.get("/api/verification", params={"email": "a@x.co"})).json() == DONE
    to, _ = mailing.mailer.next()
    assert (to, mailing.mailer.sent) == ("a@x.co", [])
    await code_for(mailing, "b@x.co")


async def test_mails_are_in_the_callers_language(mailing: AdminApi) -> None:
    client = await mailing.client()
    await client.get("/api/verification?email=a@x.co", headers={"Accept-Language": "en"})
    _, letter = mailing.mailer.next()
    assert letter.subject == "One API: verify your e-mail address"


# --- binding a mail address --------------------------------------------------------------------


async def test_a_code_binds_an_address(mailing: AdminApi) -> None:
    client = await mailing.client(USER)
    code = await code_for(mailing, "me@x.co")
    bind = "/api/oauth/email/bind"
    assert (await client.get(bind, params={"email": "me@x.co", "code": "no"})).json()["message"] == WRONG_CODE
    abroad = await client.get(
        bind, params={"email": "me@x.co", "code": code}, headers={"Origin": "http://evil"}
    )
    assert abroad.status_code == 403
    assert (await client.get(bind, params={"email": "me@x.co", "code": code})).json() == DONE
    assert mailing.users.rows[USER].email == "me@x.co"
    other = await mailing.client(OTHER)
    answer = await other.get(bind, params={"email": "me@x.co", "code": code})
    assert answer.json() == {"success": False, "message": WRONG_CODE}


# --- a new password ----------------------------------------------------------------------------


async def reset_link(api: AdminApi, address: str) -> tuple[str, dict[str, str]]:
    """The path of the mailed link, and its parameters."""
    answer = await (await api.client()).get("/api/reset_password", params={"email": address})
    assert answer.json() == DONE
    _, letter = api.mailer.next()
    _, link, *_ = letter.text.split("\n\n")
    parts = urlsplit(link)
    fields = {name: value for name, (value,) in parse_qs(parts.query).items()}
    return f"{parts.scheme}://{parts.netloc}{parts.path}", fields


async def test_a_link_sets_a_new_password_once(mailing: AdminApi) -> None:
    await switch(mailing, ServerAddress="https://gateway.example/")
    mailing.users.change(USER, email="a+b&c@x.co")
    mailing.users.change(OTHER, email="a+b&c@x.co", status=UserStatus.DELETED)
    before, client = await mailing.client(USER), await mailing.client()
    client.headers["X-Forwarded-Host"] = "evil.example"
    page, fields = await reset_link(mailing, "A+b&c@x.co")
    assert page == "https://gateway.example/user/reset"
    assert fields["email"] == "a+b&c@x.co"
    assert re.fullmatch("[0-9a-f]{32}", fields["token"])
    wrong = fields | {"token": "0" * 32}
    for _ in range(MOST_ATTEMPTS[VERIFY] + 1):
        assert await refusal(client, "/api/user/reset", **wrong) == WRONG_LINK, "and burns no link"
    access_token = mailing.users.access_tokens[USER]
    password = (await client.post("/api/user/reset", json=fields)).json()["data"]
    assert re.fullmatch("[0-9A-Za-z]{16}", password)
    assert await refusal(client, "/api/user/reset", **fields) == WRONG_LINK
    assert (await before.get("/api/user/self")).status_code == 401, "it ends all sessions"
    assert mailing.users.access_tokens[USER] != access_token, "and the access token"
    login = await client.post("/api/user/login", json={"username": "alice", "password": password})
    assert login.json()["success"]
    assert mailing.users.hashes[OTHER] == "hash-of-12", "and touches one account"


async def test_the_link_with_the_default_address(mailing: AdminApi) -> None:
    mailing.users.change(USER, email="a@x.co")
    page, fields = await reset_link(mailing, "a@x.co")
    assert page == "http://localhost:3000/user/reset"
    mailing.now += CODE_LIFETIME
    assert await refusal(await mailing.client(), "/api/user/reset", **fields) == WRONG_LINK


async def test_a_banned_user_gets_no_new_password(mailing: AdminApi) -> None:
    mailing.users.change(USER, email="a@x.co")
    _, fields = await reset_link(mailing, "a@x.co")
    mailing.users.change(USER, status=UserStatus.DISABLED)
    assert await refusal(await mailing.client(), "/api/user/reset", **fields) == WRONG_LINK
    assert mailing.users.hashes[USER] == "hash-of-11"


@pytest.mark.parametrize("body", [{"email": "a@x.co"}, {"token": "x"}, {"email": 5, "token": "x"}])
async def test_a_reset_needs_address_and_code(api: AdminApi, body: dict[str, Any]) -> None:
    assert await refusal(await api.client(), "/api/user/reset", **body) == INVALID_PARAMETER


async def test_codes_are_valid_for_one_purpose(mailing: AdminApi) -> None:
    code = await code_for(mailing, "a@x.co")
    mailing.users.change(USER, email="a@x.co")
    assert await refusal(await mailing.client(), "/api/user/reset", email="a@x.co", token=code) == WRONG_LINK


# --- Turnstile ---------------------------------------------------------------------------------


async def test_turnstile_is_checked_each_time(mailing: AdminApi) -> None:
    await switch(mailing, TurnstileSiteKey="site", TurnstileSecretKey="secret", TurnstileCheckEnabled="true")
    client = await mailing.client()
    for method, path in (("GET", "/api/verification"), ("GET", "/api/reset_password"), ("POST", REGISTER)):

        async def say(token: str, method: str = method, path: str = path) -> str:
            query = {"email": "a@x.co", "turnstile": token}
            body = ADA if method == "POST" else None
            message: str = (await client.request(method, path, params=query, json=body)).json()["message"]
            return message

        assert await say("") == "Turnstile token 为空"
        assert await say("forged") == "Turnstile 校验失败，请刷新重试！"
        mailing.turnstile.good.add("solved")
        assert "Turnstile" not in await say("solved")
        assert await say("solved") == "Turnstile 校验失败，请刷新重试！", "what was solved once opens once"
        mailing.turnstile.away = True
        assert await say("solved") == "无法连接至 Turnstile 服务器，请稍后重试！"
        mailing.turnstile.away = False
    assert mailing.turnstile.asked[0] == ("secret", "forged", mailing.address)
    assert (await client.post("/api/user/login", json=ADA)).json()["message"] != "Turnstile token 为空"
