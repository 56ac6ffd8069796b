"""What every new account has, whoever creates it."""

from __future__ import annotations

import pytest
from attrs import evolve

from oneapi.application.catalog import Catalog
from oneapi.application.people.registration import NO_PASSWORD, NewAccounts
from oneapi.data import price_tables
from oneapi.domain.errors.people import AlreadyBound, BadUsername, NameTaken
from oneapi.domain.people.tokens import NEVER, TokenStatus
from oneapi.domain.people.users import ExternalField, Role, UserStatus
from tests.fakes.channels.channels import FakeChannels
from tests.fakes.operations.options import FakeOptions, FakeVersions
from tests.fakes.people.users import FakeUsers

GIFTS = {"QuotaForNewUser": "1000", "QuotaForInviter": "200", "QuotaForInvitee": "30"}


async def new_catalog(**options: str) -> Catalog:
    catalog = Catalog(
        FakeChannels(),
        FakeOptions(dict(options)),
        FakeVersions(),
        price_tables(),
        forget_accounts=lambda: None,
        full_read_every=0,
        clock=lambda: 5.0,
    )
    await catalog.refresh()
    return catalog


async def new_accounts(users: FakeUsers, **options: str) -> NewAccounts:
    return NewAccounts(
        users,
        await new_catalog(**options),
        new_key=lambda: "key",
        new_access_token=lambda: "access",
        new_aff_code=lambda: "code0001",
        clock=lambda: 5.0,
    )


async def test_a_new_account_has_a_token_and_its_own_codes() -> None:
    users = FakeUsers()
    made = await (await new_accounts(users)).create("  a\u0301da   b ", password_hash="hash", request_id="1")
    assert (made.username, made.display_name, made.role, made.status, made.group) == (
        "áda b",
        "áda b",
        Role.COMMON,
        UserStatus.ENABLED,
        "default",
    )
    assert (made.quota, made.aff_code, made.inviter_id) == (0, "code0001", 0)
    assert (users.hashes[made.id], users.access_tokens[made.id]) == ("hash", "access")
    (token,) = users.tokens.rows.values()
    assert (token.user_id, token.key, token.name, token.status) == (
        made.id,
        "key",
        "default",
        TokenStatus.ENABLED,
    )
    assert (token.unlimited_quota, token.remain_quota, token.expired_time) == (True, -1, NEVER)
    assert (token.created_time, token.accessed_time) == (5, 5)
    assert not users.logs.rows


async def test_gifts_are_credited_and_logged() -> None:
    users = FakeUsers()
    users.put(3, "bob")
    users.change(3, aff_code="Invite")
    made = await (await new_accounts(users, **GIFTS)).create("alice", inviter_code="Invite", request_id="1")
    assert (made.quota, made.inviter_id, users.rows[3].quota) == (1030, 3, 1200)
    assert [
        (row.user_id, row.username, row.type, row.created_at, row.content) for row in users.logs.rows
    ] == [
        (made.id, "alice", 4, 5, "新用户注册赠送 ＄0.002000 额度"),
        (made.id, "alice", 4, 5, "使用邀请码赠送 ＄0.000060 额度"),
        (3, "bob", 4, 5, "邀请用户赠送 ＄0.000400 额度"),
    ]


async def test_every_gift_names_its_request() -> None:
    users = FakeUsers()
    users.put(3, "bob")
    users.change(3, aff_code="Invite")
    await (await new_accounts(users, **GIFTS)).create("alice", inviter_code="Invite", request_id="20261130")
    assert {row.request_id for row in users.logs.rows} == {"20261130"}
    assert len(users.logs.rows) == 3


async def test_an_unknown_code_is_not_an_invitation() -> None:
    users = FakeUsers()
    accounts = await new_accounts(users, **GIFTS, DisplayInCurrencyEnabled="false")
    made = await accounts.create("alice", inviter_code="nobody's", request_id="1")
    assert (made.quota, made.inviter_id) == (1000, 0)
    assert [row.content for row in users.logs.rows] == ["新用户注册赠送 1000 点额度"]


async def test_an_account_of_an_external_sign_in_has_no_password() -> None:
    users = FakeUsers()
    accounts = await new_accounts(users)
    external: dict[ExternalField, str] = {"github_id": "octo", "github_account": "7", "lark_id": ""}
    made = await accounts.create(
        "github_1", display_name="Octo", email="o@x.co", external=external, request_id="1"
    )
    assert users.hashes[made.id] == NO_PASSWORD
    assert made == evolve(made, github_id="octo", github_account="7", role=Role.COMMON, email="o@x.co")
    with pytest.raises(AlreadyBound):
        await accounts.create("another", external={"github_account": "7"}, request_id="1")


@pytest.mark.parametrize("name", ["", "  ", "ro\u202eot", "a\u200bb", "\u3164", "rоot", "a\x00b", "❤\ufe0f"])
async def test_a_name_with_hidden_characters_is_refused(name: str) -> None:
    users = FakeUsers()
    with pytest.raises(BadUsername):
        await (await new_accounts(users)).create(name, request_id="1")
    assert not users.rows


@pytest.mark.parametrize("name", ["ROOT", "root ", "ｒｏｏｔ", "гооt", "Root"])
async def test_a_name_in_use_is_refused(name: str) -> None:
    users = FakeUsers()
    users.put(1, "root")
    with pytest.raises((NameTaken, BadUsername)):
        await (await new_accounts(users)).create(name, request_id="1")
    assert len(users.rows) == 1
