"""What every ``LedgerStore`` must do: the fake that other tests use, and the real one on each product."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from attrs import evolve
from sqlalchemy import insert, select

from oneapi.adapters.database.repositories.money.ledger import SqlLedgerStore
from oneapi.adapters.database.schema.tables import channels, holds, ledger, logs, tokens, users
from oneapi.domain.money.quota import Batch, Hold, Settlement, Shortage
from tests.fakes.money.ledger_store import FakeLedgerStore

if TYPE_CHECKING:
    from oneapi.adapters.database.connection.engine import Database
    from oneapi.application.ports.money import LedgerStore

RICH, POOR = 1_000_000, 500
USER, TOKEN, UNLIMITED, CHANNEL = 1, 11, 12, 21


class World(Protocol):
    """A store, and views of its contents by id."""

    store: LedgerStore

    async def add_account(self, user: int, quota: int, limited: int, remain: int, unlimited: int) -> None: ...
    async def user(self, user: int) -> tuple[int, int, int]:
        """Quota, used quota, request count."""

    async def token(self, token: int) -> tuple[int, int]:
        """Remaining and used quota; an unlimited token has no remaining quota."""

    async def channel(self, channel: int) -> int: ...
    async def ledger(self) -> dict[str, int]: ...
    async def holds(self) -> dict[str, int]: ...
    async def logged(self) -> list[str]: ...


class FakeWorld:
    def __init__(self) -> None:
        self.fake = FakeLedgerStore()
        self.store: LedgerStore = self.fake

    async def add_account(self, user: int, quota: int, limited: int, remain: int, unlimited: int) -> None:
        self.fake.add_account(user, quota=quota, token_id=limited, remain=remain)
        self.fake.add_account(user, quota=quota, token_id=unlimited)

    async def user(self, user: int) -> tuple[int, int, int]:
        found = self.fake.users[user]
        return found.quota, found.used, found.requests

    async def token(self, token: int) -> tuple[int, int]:
        return self.fake.tokens[token].remain, self.fake.tokens[token].used

    async def channel(self, channel: int) -> int:
        return self.fake.channels.get(channel, 0)

    async def ledger(self) -> dict[str, int]:
        return dict(self.fake.ledger)

    async def holds(self) -> dict[str, int]:
        return {key: stored.amount for key, stored in self.fake.holds.items()}

    async def logged(self) -> list[str]:
        return sorted(row.request_id for row in self.fake.logs)


class SqlWorld:
    def __init__(self, database: Database) -> None:
        self._database = database
        self.store: LedgerStore = SqlLedgerStore(database, database)

    async def add_account(self, user: int, quota: int, limited: int, remain: int, unlimited: int) -> None:
        async with self._database.write() as connection:
            row = {"id": user, "username": f"u{user}", "password": "", "quota": quota}
            await connection.execute(
                insert(users), row | {"access_token": f"a{user}", "aff_code": f"f{user}"}
            )
            limited_row = {"id": limited, "user_id": user, "key": f"k{limited}", "remain_quota": remain}
            await connection.execute(insert(tokens), limited_row | {"unlimited_quota": False})
            unlimited_row = {"id": unlimited, "user_id": user, "key": f"k{unlimited}", "remain_quota": 0}
            await connection.execute(insert(tokens), unlimited_row | {"unlimited_quota": True})
            await connection.execute(insert(channels), {"id": CHANNEL, "name": "main"})

    async def user(self, user: int) -> tuple[int, int, int]:
        columns = select(users.c.quota, users.c.used_quota, users.c.request_count)
        row = await self._one(columns.where(users.c.id == user))
        return row[0], row[1], row[2]

    async def token(self, token: int) -> tuple[int, int]:
        row = await self._one(select(tokens.c.remain_quota, tokens.c.used_quota).where(tokens.c.id == token))
        return row[0], row[1]

    async def channel(self, channel: int) -> int:
        row = await self._one(select(channels.c.used_quota).where(channels.c.id == channel))
        return int(row[0])

    async def ledger(self) -> dict[str, int]:
        return {row[0]: row[1] for row in await self._all(select(ledger.c.request_id, ledger.c.amount))}

    async def holds(self) -> dict[str, int]:
        return {row[0]: row[1] for row in await self._all(select(holds.c.request_id, holds.c.amount))}

    async def logged(self) -> list[str]:
        return sorted(row[0] for row in await self._all(select(logs.c.request_id)))

    async def _one(self, statement: Any) -> Any:
        return (await self._all(statement))[0]

    async def _all(self, statement: Any) -> list[Any]:
        async with self._database.read() as connection:
            return list((await connection.execute(statement)).all())


@pytest.fixture
def empty_world(product: str, request: pytest.FixtureRequest) -> World:
    return FakeWorld() if product == "fake" else SqlWorld(request.getfixturevalue("database"))


@pytest.fixture
async def world(empty_world: World) -> World:
    """One account with a limited and an unlimited token, and one channel."""
    await empty_world.add_account(USER, RICH, TOKEN, POOR, UNLIMITED)
    return empty_world


def hold(request_id: str, amount: int, *, limited: bool = True, stored: bool = True) -> Hold:
    token = TOKEN if limited else UNLIMITED
    return Hold(request_id, USER, token, limited, amount, opened_at=1000.0, stored=stored)


def settlement(
    request_id: str, amount: int, *, held: int = 0, limited: bool = True, **fields: Any
) -> Settlement:
    return evolve(
        Settlement(
            request_id=request_id,
            settled_at=1001,
            user_id=USER,
            token_id=TOKEN if limited else UNLIMITED,
            token_limited=limited,
            channel_id=CHANNEL,
            amount=amount,
            held=held,
            write_log=True,
            username="u1",
            token_name="default",
            model="gpt-4o",
            prompt_tokens=10,
            completion_tokens=2,
            content="",
            is_stream=False,
            elapsed_ms=5,
            system_prompt_reset=False,
            end_cause="delivered",
            attempts="",
        ),
        **fields,
    )


async def reserve(
    world: World, wanted: Hold, *, owner: str = "me", floor: int = 0, expires_at: float = 2000
) -> bool:
    """Whether the hold was taken."""
    try:
        await world.store.reserve(
            wanted, owner=owner, expires_at=expires_at, user_floor=floor, token_floor=floor
        )
    except Shortage:
        return False
    return True


async def apply(world: World, *settlements: Settlement, **parts: Any) -> Any:
    return await world.store.apply(Batch(settlements, **parts), owner="me", expires_at=2000.0)


async def test_reserve_takes_from_user_and_limited_token(world: World) -> None:
    assert await reserve(world, hold("r", 200))
    assert await world.user(USER) == (RICH - 200, 0, 0)
    assert await world.token(TOKEN) == (POOR - 200, 0)
    assert await world.holds() == {"r": 200}


async def test_reserve_leaves_an_unlimited_token_alone(world: World) -> None:
    assert await reserve(world, hold("r", 200, limited=False))
    assert await world.user(USER) == (RICH - 200, 0, 0)
    assert await world.token(UNLIMITED) == (0, 0)


@pytest.mark.parametrize(
    ("amount", "floor", "taken"), [(500, 0, True), (501, 0, False), (500, 1, False), (400, 100, True)]
)
async def test_reserve_up_to_the_last_unit_of_a_token(
    world: World, amount: int, floor: int, *, taken: bool
) -> None:
    assert await reserve(world, hold("r", amount), floor=floor) is taken
    assert await world.user(USER) == (RICH - amount * taken, 0, 0)
    assert await world.token(TOKEN) == (POOR - amount * taken, 0)
    assert await world.holds() == ({"r": amount} if taken else {})


@pytest.mark.parametrize(
    ("amount", "floor", "taken"), [(RICH, 0, True), (RICH + 1, 0, False), (RICH, 1, False)]
)
async def test_reserve_up_to_the_last_unit_of_a_user(
    world: World, amount: int, floor: int, *, taken: bool
) -> None:
    assert await reserve(world, hold("r", amount, limited=False), floor=floor) is taken
    assert (await world.user(USER))[0] == RICH - amount * taken


async def test_concurrent_reservations_never_overspend(world: World) -> None:
    wanted = [hold(f"r{number}", 10) for number in range(200)]
    taken = await asyncio.gather(*(reserve(world, one) for one in wanted))
    assert sum(taken) == POOR // 10
    assert await world.token(TOKEN) == (0, 0)
    assert (await world.user(USER))[0] == RICH - POOR


def uncertain(request_id: str, least: int, wanted: int, *, limited: bool = True) -> Hold:
    return evolve(hold(request_id, wanted, limited=limited), least=least)


async def took(world: World, wanted: Hold, **how: Any) -> tuple[int, int] | str:
    """The quota taken from the user and the token, or the kind of shortage."""
    given: dict[str, Any] = {"owner": "me", "expires_at": 2000.0, "user_floor": 0, "token_floor": 0} | how
    try:
        made = await world.store.reserve(wanted, **given)
    except Shortage as shortage:
        return "busy" if shortage.busy else "short"
    assert made.stored
    return made.amount, made.token_amount


async def test_a_purse_that_covers_all_gives_all_and_a_poor_one_the_least(world: World) -> None:
    assert await took(world, uncertain("a", 10, 300)) == (300, 300)
    assert await took(world, uncertain("b", 10, 300)) == (300, 10)
    assert await took(world, uncertain("c", 10, 300)) == "busy", (
        "another one is served with less than it may cost"
    )
    assert await took(world, uncertain("d", 10, 300, limited=False)) == (300, 300)
    assert await took(world, hold("e", 190)) == (190, 190), "what is certain is still admitted"
    assert await took(world, hold("f", 1)) == "busy"
    assert await world.token(TOKEN) == (0, 0)
    assert (await world.user(USER))[0] == RICH - 1090
    await apply(world, settlement("b", 250, held=300, token_held=10), released=(hold("a", 300),))
    assert await world.token(TOKEN) == (60, 250)
    assert await took(world, uncertain("c", 10, 300)) == (300, 10)


async def test_a_poor_user_is_served_one_at_a_time(world: World) -> None:
    assert await took(world, uncertain("a", 10, 2 * RICH, limited=False)) == (10, 10)
    assert await took(world, uncertain("b", 10, 2 * RICH, limited=False)) == "busy"
    assert await took(world, uncertain("c", 2 * RICH, 2 * RICH, limited=False)) == "short"
    await apply(world, released=(hold("a", 10, limited=False),))
    assert await took(world, uncertain("b", 10, 2 * RICH, limited=False)) == (10, 10)


async def test_of_many_at_once_one_is_served(world: World) -> None:
    wanted = [uncertain(f"r{number}", 10, 2 * RICH, limited=number % 2 == 0) for number in range(20)]
    results = await asyncio.gather(*(took(world, one) for one in wanted))
    assert sorted(map(str, results)) == ["(10, 10)", *["busy"] * 19]


async def test_a_hold_is_replaced_in_one_transaction(world: World) -> None:
    assert await took(world, hold("a", 200)) == (200, 200)
    assert await took(world, hold("a", 500), replaces=True) == (500, 500)
    assert await world.holds() == {"a": 500}
    assert await took(world, hold("a", 501), replaces=True) == "short"
    assert await world.holds() == {"a": 500}
    assert await world.token(TOKEN) == (0, 0)
    assert await took(world, hold("new", 1, limited=False), replaces=True) == (1, 1)


@pytest.mark.parametrize("start", [2**53, -(2**53), 2**63 - 6, -(2**63) + 6])
async def test_no_balance_leaves_its_bounds(empty_world: World, start: int) -> None:
    """This also applies to balances that an earlier release let exceed them."""
    most = 2**53
    await empty_world.add_account(USER, start, TOKEN, start, UNLIMITED)
    for number, amount in enumerate((most, most, 0, 1)):
        await apply(empty_world, settlement(f"r{number}", amount), settlement(f"s{number}", amount))
        quota, used, requests = await empty_world.user(USER)
        remain, token_used = await empty_world.token(TOKEN)
        found = (quota, used, requests, remain, token_used, await empty_world.channel(CHANNEL))
        assert all(type(each) is int for each in found)
        assert number < 1 or all(abs(each) <= most for each in found)
    assert await empty_world.ledger() == {
        f"{name}{number}": amount for name in "rs" for number, amount in enumerate((most, most, 0, 1))
    }
    await apply(empty_world, promoted=(hold("h", 600),))
    await apply(empty_world, released=(hold("h", 600),))
    await apply(empty_world, settlement("last", 5))
    assert "last" in await empty_world.ledger()


async def test_settlement_moves_every_balance_once(world: World) -> None:
    balances = await apply(world, settlement("a", 30), settlement("b", 12), settlement("c", 0))
    assert await world.user(USER) == (RICH - 42, 42, 3)
    assert await world.token(TOKEN) == (POOR - 42, 42)
    assert await world.channel(CHANNEL) == 42
    assert await world.ledger() == {"a": 30, "b": 12, "c": 0}
    assert await world.logged() == ["a", "b", "c"]
    assert balances.users[USER] == RICH - 42
    assert balances.tokens[TOKEN] == POOR - 42


async def test_settlement_of_an_unlimited_token_counts_its_use_only(world: World) -> None:
    balances = await apply(world, settlement("a", 30, limited=False))
    assert await world.token(UNLIMITED) == (0, 30)
    assert UNLIMITED not in balances.tokens


async def test_settlement_without_log(world: World) -> None:
    await apply(world, settlement("a", 30, write_log=False))
    assert await world.logged() == []
    assert await world.ledger() == {"a": 30}


async def test_settlement_ends_its_hold(world: World) -> None:
    assert await reserve(world, hold("a", 200))
    await apply(world, settlement("a", 30, held=200))
    assert await world.user(USER) == (RICH - 30, 30, 1)
    assert await world.token(TOKEN) == (POOR - 30, 30)
    assert await world.holds() == {}


async def test_settlement_gives_back_only_a_hold_that_is_there(world: World) -> None:
    assert await reserve(world, hold("a", 200), expires_at=1500)
    assert await world.store.sweep(1600) == 1
    await apply(world, settlement("a", 30, held=200))
    assert await world.user(USER) == (RICH - 30, 30, 1)


async def test_replay_applies_each_request_once(world: World) -> None:
    first = (settlement("a", 30), settlement("b", 12))
    await apply(world, *first)
    balances = await apply(world, *first, settlement("c", 1), replayed=True)
    assert await world.user(USER) == (RICH - 43, 43, 3)
    assert await world.token(TOKEN) == (POOR - 43, 43)
    assert await world.logged() == ["a", "b", "c"]
    assert balances.users[USER] == RICH - 43
    assert balances.tokens[TOKEN] == POOR - 43


async def test_replay_of_a_whole_batch_changes_nothing(world: World) -> None:
    assert await reserve(world, hold("a", 200))
    batch = Batch((settlement("a", 30, held=200),), released=(), promoted=(hold("p", 50),))
    await world.store.apply(batch, owner="me", expires_at=2000.0)
    await world.store.apply(evolve(batch, replayed=True), owner="me", expires_at=2000.0)
    assert await world.user(USER) == (RICH - 80, 30, 1)
    assert await world.holds() == {"p": 50}


async def test_release_gives_all_back(world: World) -> None:
    assert await reserve(world, hold("a", 200))
    await apply(world, released=(hold("a", 200),))
    assert await world.user(USER) == (RICH, 0, 0)
    assert await world.token(TOKEN) == (POOR, 0)
    await apply(world, released=(hold("a", 200),), replayed=True)
    assert await world.user(USER) == (RICH, 0, 0)


async def test_promoted_holds_are_taken_without_condition(world: World) -> None:
    await apply(world, promoted=(hold("p", POOR + 100),))
    assert await world.token(TOKEN) == (-100, 0)
    assert (await world.user(USER))[0] == RICH - POOR - 100
    assert await world.holds() == {"p": POOR + 100}


async def test_hold_promoted_and_settled_in_one_batch_is_gone(world: World) -> None:
    await apply(world, settlement("p", 30, held=100), promoted=(hold("p", 100),))
    assert await world.user(USER) == (RICH - 30, 30, 1)
    assert await world.holds() == {}


async def test_renewed_holds_outlive_the_sweep(world: World) -> None:
    assert await reserve(world, hold("a", 10), expires_at=1500)
    assert await reserve(world, hold("b", 20), expires_at=1500)
    await apply(world, renewed=("a",))
    assert await world.store.sweep(1600) == 1
    assert await world.holds() == {"a": 10}
    assert await world.user(USER) == (RICH - 10, 0, 0)
    assert await world.token(TOKEN) == (POOR - 10, 0)


async def test_sweep_leaves_what_has_not_expired(world: World) -> None:
    assert await reserve(world, hold("a", 10), expires_at=1500)
    assert await world.store.sweep(1500) == 0
    assert await world.holds() == {"a": 10}


async def test_holds_of_a_dead_process_are_given_back(world: World) -> None:
    assert await reserve(world, hold("a", 10), owner="dead")
    assert await reserve(world, hold("b", 20), owner="alive")
    assert await world.store.release_owned("dead") == 1
    assert await world.store.release_owned("dead") == 0
    assert await world.holds() == {"b": 20}
    assert await world.user(USER) == (RICH - 20, 0, 0)


async def test_conservation_after_everything_at_once(world: World) -> None:
    """Granted quota = remaining quota + charges + holds, in whatever order things happen."""

    async def one(number: int) -> None:
        name, limited = f"r{number}", number % 2 == 0
        held = 5 if await reserve(world, hold(name, 5, limited=limited)) else 0
        if number % 5 == 0:
            await apply(world, released=(hold(name, 5, limited=limited),))
        elif number % 7:
            await apply(world, settlement(name, number % 4, held=held, limited=limited))

    await asyncio.gather(*(one(number) for number in range(60)))
    quota, used, requests = await world.user(USER)
    spent, held = await world.ledger(), await world.holds()
    assert quota + used + sum(held.values()) == RICH
    assert used == sum(spent.values()) == await world.channel(CHANNEL)
    assert requests == len(spent)
    remain, token_used = await world.token(TOKEN)
    of_token = sum(amount for name, amount in held.items() if int(name[1:]) % 2 == 0)
    assert remain + token_used + of_token == POOR
