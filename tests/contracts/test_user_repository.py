"""Users are created, bound and changed in the same way on every product and in the fake."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.adapters.database.repositories.logs import SqlLogRepository
from oneapi.adapters.database.repositories.people.tokens import SqlTokenRepository
from oneapi.adapters.database.repositories.people.users import SqlUserRepository
from oneapi.domain.errors import GatewayError
from oneapi.domain.errors.administration import NotPermitted
from oneapi.domain.errors.people import AlreadyBound, NameTaken
from oneapi.domain.logs.rows import LogFilter, LogRow, LogType
from oneapi.domain.people.tokens import NEVER, Token, TokenStatus
from oneapi.domain.people.users import (
    EXTERNAL_FIELDS,
    Change,
    ExternalField,
    NewAccount,
    Role,
    User,
    UserChanges,
    UserStatus,
)
from tests.fakes.people.users import FakeUsers

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.ports.operations import LogRepository
    from oneapi.application.ports.people import TokenRepository, UserRepository

USER = User(
    id=0,
    username="alice",
    role=Role.COMMON,
    status=UserStatus.ENABLED,
    group="default",
    quota=70,
    display_name="Alice",
    email="alice@example.com",
    aff_code="Code0001",
)
TOKEN = Token(0, 0, "k" * 48, TokenStatus.ENABLED, "default", NEVER, -1, unlimited_quota=True, subnet="")
GIFT = LogRow(created_at=5, type=LogType.SYSTEM, content="gift", username="alice")


@pytest.fixture
def stores(
    product: str, request: pytest.FixtureRequest
) -> tuple[UserRepository, TokenRepository, LogRepository]:
    if product == "fake":
        fake = FakeUsers()
        return fake, fake.tokens, fake.logs
    database = request.getfixturevalue("database")
    return SqlUserRepository(database, database), SqlTokenRepository(database), SqlLogRepository(database)


@pytest.fixture
def users(stores: tuple[UserRepository, TokenRepository, LogRepository]) -> UserRepository:
    return stores[0]


def account(username: str = "alice", *, secret: str = "", **fields: Any) -> NewAccount:
    """A new user, whose unique values are made from ``secret``, or else from the name."""
    secret = secret or username
    user = evolve(USER, username=username, aff_code=f"c-{secret}", **{"email": ""} | fields)
    return NewAccount(user, "hash", f"a-{secret}", evolve(TOKEN, key=f"k-{secret}"))


def _always(change: Change) -> Callable[[User], Change]:
    return lambda _: change


async def refused(work: Any) -> type[GatewayError]:
    with pytest.raises(GatewayError) as caught:
        await work
    return type(caught.value)


# --- making ------------------------------------------------------------------------------------


async def test_an_account_is_stored_with_everything_that_belongs_to_it(
    stores: tuple[UserRepository, TokenRepository, LogRepository],
) -> None:
    users, tokens, logs = stores
    inviter = await users.add(account("bob", quota=10))
    user = evolve(USER, inviter_id=inviter.id)
    log = (GIFT, evolve(GIFT, user_id=inviter.id, content="thanks", username="bob"))
    made = await users.add(NewAccount(user, "hash", "access", TOKEN, inviter_bonus=5, log=log))
    assert made == evolve(user, id=made.id)
    assert await users.by_id(made.id) == made
    assert await users.credentials(made.id) == (made, "hash")
    assert await users.by_access_token("access") == made
    found = await users.by_id(inviter.id)
    assert found is not None
    assert found.quota == 15
    (token,) = await tokens.page(made.id, offset=0, limit=9, order="")
    assert token == evolve(TOKEN, id=token.id, user_id=made.id)
    rows = await logs.page(LogFilter(type=LogType.SYSTEM), offset=0, limit=9)
    assert sorted((row.user_id, row.content) for row in rows) == [(inviter.id, "thanks"), (made.id, "gift")]


@pytest.mark.parametrize("other", ["alice", "ALICE", "Alice", "аlice", "Аlice", "ａｌｉｃｅ", "alice@x.co"])
async def test_names_that_look_alike_count_as_one(
    stores: tuple[UserRepository, TokenRepository, LogRepository], other: str
) -> None:
    users, tokens, logs = stores
    first = await users.add(account())
    await users.amend(first.id, lambda _: Change(UserChanges(email="alice@x.co")))
    wanted = NewAccount(evolve(USER, username=other), "hash", "access", TOKEN, first.id, (GIFT,))
    assert await refused(users.add(wanted)) is NameTaken
    assert await users.by_aff_code(USER.aff_code) is None
    assert not await logs.count(LogFilter(type=LogType.SYSTEM))
    assert await tokens.count(first.id) == 1


async def test_of_concurrent_registrations_of_a_name_one_succeeds(users: UserRepository) -> None:
    # all look alike, so it does not matter which comes first
    names = ("bob", "Bob", "BOB", "bOb", "bob")
    wanted = [account(name, secret=str(number)) for number, name in enumerate(names)]
    made = await asyncio.gather(*(users.add(one) for one in wanted), return_exceptions=True)
    assert sorted(type(one).__name__ for one in made) == ["NameTaken"] * 4 + ["User"]


# --- external accounts -------------------------------------------------------------------------


@pytest.mark.parametrize("field", EXTERNAL_FIELDS)
async def test_an_external_account_belongs_to_one_user(users: UserRepository, field: ExternalField) -> None:
    first = await users.add(account("bob", **{field: "ou_1"}))
    second = await users.add(account("carol"))
    assert await users.by_external(field, "ou_1") == first
    for other in ("OU_1", "ou_1 ", "ou_2", "", "\0", "\udcff"):
        assert await users.by_external(field, other) is None
    assert not await users.bind_external(second.id, field, "ou_1")
    assert not await users.bind_external(first.id, field, "ou_1")
    assert not await users.bind_external(second.id + 1, field, "ou_2")
    assert await users.bind_external(second.id, field, "OU_1")
    found = await users.by_external(field, "OU_1")
    assert found is not None
    assert found.id == second.id
    assert await users.by_external(field, "ou_1") == first
    assert await refused(users.add(account("dave", **{field: "ou_1"}))) is AlreadyBound


async def test_of_concurrent_bindings_of_an_external_account_one_succeeds(users: UserRepository) -> None:
    numbers = [(await users.add(account(name))).id for name in ("bob", "carol", "dave", "eve")]
    bound = await asyncio.gather(*(users.bind_external(number, "oidc_id", "sub") for number in numbers))
    assert sorted(bound) == [False, False, False, True]
    found = await users.by_external("oidc_id", "sub")
    assert found is not None
    assert found.id == numbers[bound.index(True)]


async def test_an_external_account_is_registered_once(users: UserRepository) -> None:
    names = ("bob", "carol", "dave", "eve")
    made = await asyncio.gather(
        *(users.add(account(name, github_account="7")) for name in names), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in made) == ["AlreadyBound"] * 3 + ["User"]


# --- finding -----------------------------------------------------------------------------------


async def test_names_and_codes_are_found_exactly(users: UserRepository) -> None:
    made = await users.add(account("bob"))
    assert await users.by_username("bob") == made
    assert await users.by_aff_code(made.aff_code) == made
    for other in ("BOB", "bob ", "", "bo", "\0", "\udcff"):
        assert await users.by_username(other) is None
        assert await users.by_aff_code(other) is None
    await users.amend(made.id, lambda _: Change(UserChanges(status=UserStatus.DELETED)))
    assert await users.by_aff_code(made.aff_code) is None


@pytest.fixture
async def crowd(users: UserRepository) -> UserRepository:
    """Five users, of whom the last is deleted."""
    for number, name in enumerate(("ann", "bob_1", "bobX1", "Bob%2", "gone")):
        made = await users.add(
            account(
                name,
                quota=number % 3,
                display_name="-" + name[::-1],
                email=f"{name}@Example.com",
                used_quota=-number,
            )
        )
    await users.amend(made.id, _always(Change(UserChanges(status=UserStatus.DELETED))))
    return users


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("", ["Bob%2", "bobX1", "bob_1", "ann"]),
        ("quota", ["bobX1", "bob_1", "Bob%2", "ann"]),
        ("used_quota", ["ann", "bob_1", "bobX1", "Bob%2"]),
        ("password", ["Bob%2", "bobX1", "bob_1", "ann"]),
    ],
)
async def test_pages_in_order_without_the_deleted(
    crowd: UserRepository, order: str, names: list[str]
) -> None:
    assert [user.username for user in await crowd.page(offset=0, limit=9, order=order)] == names
    assert [user.username for user in await crowd.page(offset=1, limit=2, order=order)] == names[1:3]
    assert await crowd.count() == 4


@pytest.mark.parametrize(
    ("keyword", "names"),
    [
        ("bob_", ["bob_1"]),
        ("bob", ["bobX1", "bob_1"]),
        ("-1X", ["bobX1"]),
        ("ann@E", ["ann"]),
        ("%", []),
        ("", ["Bob%2", "bobX1", "bob_1", "ann"]),
        ("gone", []),
        ("9" * 30, []),
        ("😀", []),
    ],
)
async def test_search_takes_wildcards_literally(
    crowd: UserRepository, product: str, keyword: str, names: list[str]
) -> None:
    found = [user.username for user in await crowd.search(keyword, limit=9)]
    if keyword == "bob" and product != "postgresql":  # on other products LIKE ignores case
        names = ["Bob%2", *names]
    assert found == names
    assert len(await crowd.search(keyword, limit=1)) == min(1, len(names))


async def test_search_finds_a_number(crowd: UserRepository) -> None:
    (first,) = await crowd.search("ann", limit=9)
    assert await crowd.search(str(first.id), limit=9) == [first]


async def test_mail_addresses_are_compared_without_case(users: UserRepository) -> None:
    first, second = await users.add(account("bob")), await users.add(account("carol"))
    for each in (first, second):
        await users.amend(each.id, _always(Change(UserChanges(email="Both@x.co"))))
    assert await users.email_taken("bOTH@X.CO")
    assert not await users.email_taken("oth@x.co")
    found = await users.by_email("both@x.co")
    assert found is not None
    assert (found[0].id, found[1]) == (first.id, "hash")
    await users.amend(first.id, _always(Change(UserChanges(status=UserStatus.DISABLED))))
    found = await users.by_email("both@x.co")
    assert found is not None
    assert found[0].id == second.id
    await users.amend(second.id, _always(Change(UserChanges(status=UserStatus.DELETED))))
    assert await users.by_email("both@x.co") is None
    assert await users.email_taken("both@x.co"), "not even once they are gone"


async def test_a_name_is_taken_if_one_that_looks_like_it_is(users: UserRepository) -> None:
    await users.add(account("bob"))
    assert await users.name_taken("BOB")
    assert not await users.name_taken("bobby")


# --- changing ----------------------------------------------------------------------------------


async def test_a_change_is_decided_on_the_current_account(
    stores: tuple[UserRepository, TokenRepository, LogRepository],
) -> None:
    users, _, logs = stores
    made = await users.add(account("bob"))
    row = evolve(GIFT, user_id=made.id, content="more")

    def double(user: User) -> Change:
        return Change(UserChanges(quota=user.quota * 2, password_hash="other", group="vip"), row)

    changed = evolve(made, quota=140, group="vip")
    assert await users.amend(made.id, double) == (made, changed)
    assert await users.credentials(made.id) == (changed, "other")
    assert [found.content for found in await logs.page(LogFilter(), offset=0, limit=9)] == ["more"]
    assert await users.amend(made.id, lambda _: Change(UserChanges())) == (changed, changed)
    assert await users.amend(made.id + 1, double) is None


async def test_a_refused_change_leaves_the_account_unchanged(users: UserRepository) -> None:
    made = await users.add(account("bob"))

    def refuse(_: User) -> Change:
        raise NotPermitted

    assert await refused(users.amend(made.id, refuse)) is NotPermitted
    assert await users.by_id(made.id) == made


async def test_a_password_is_replaced_only_with_the_old_one(users: UserRepository) -> None:
    made = await users.add(account("bob"))
    assert not await users.replace_password(made.id, "HASH", "new")
    assert not await users.replace_password(made.id + 1, "hash", "new")
    replaced = await asyncio.gather(
        *(users.replace_password(made.id, "hash", f"new {number}") for number in range(4))
    )
    assert sorted(replaced) == [False, False, False, True]
    assert await users.credentials(made.id) == (made, f"new {replaced.index(True)}")


async def test_a_name_changes_to_a_free_one(users: UserRepository) -> None:
    bob, carol = await users.add(account("bob")), await users.add(account("carol"))
    for taken in ("carol", "CAROL"):
        to = Change(UserChanges(username=taken, quota=0))
        assert await refused(users.amend(bob.id, _always(to))) is NameTaken
    assert await users.by_id(bob.id) == bob
    assert await users.amend(carol.id, lambda _: Change(UserChanges(username="Carol"))) == (
        carol,
        evolve(carol, username="Carol"),
    )


async def test_no_concurrent_change_is_lost(users: UserRepository) -> None:
    made = await users.add(account("bob", quota=0))

    def more(user: User) -> Change:
        return Change(UserChanges(quota=user.quota + 1))

    await asyncio.gather(*(users.amend(made.id, more) for _ in range(20)))
    found = await users.by_id(made.id)
    assert found is not None
    assert found.quota == 20


async def test_concurrent_changes_of_all_kinds_do_not_block_one_another(users: UserRepository) -> None:
    inviter = await users.add(account("bob", quota=0))

    def more(user: User) -> Change:
        return Change(UserChanges(quota=user.quota + 1))

    def invited(number: int) -> NewAccount:
        made = account(f"guest {number}", inviter_id=inviter.id)
        return evolve(made, inviter_bonus=100)

    await asyncio.gather(
        *(users.amend(inviter.id, more) for _ in range(10)),
        *(users.bind_external(inviter.id, "oidc_id", f"sub-{number}") for number in range(10)),
        *(users.add(invited(number)) for number in range(10)),
        *(
            users.amend(inviter.id, _always(Change(UserChanges(username=f"bob {number}"))))
            for number in range(5)
        ),
    )
    found = await users.by_id(inviter.id)
    assert found is not None
    assert found.quota == 1010
