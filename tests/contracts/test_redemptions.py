"""Redemption codes and credits, on every product and in the fakes: each code is credited once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from attrs import define, evolve
from sqlalchemy import insert, select

from oneapi.adapters.database.repositories.logs import SqlLogRepository
from oneapi.adapters.database.repositories.money.credits import SqlCreditStore
from oneapi.adapters.database.repositories.money.redemptions import SqlRedemptionRepository
from oneapi.adapters.database.repositories.people.users import SqlUserRepository
from oneapi.adapters.database.repositories.versions import SqlVersions
from oneapi.adapters.database.schema.tables import ledger, users
from oneapi.domain.errors.administration import NotFound, OutOfRange
from oneapi.domain.errors.money import ReferenceUsed
from oneapi.domain.logs.events import Amount, Redeemed
from oneapi.domain.logs.rows import LogFilter, LogRow, LogType
from oneapi.domain.money.quota import LARGEST_BALANCE
from oneapi.domain.money.redemptions import Redemption, RedemptionChanges, RedemptionStatus
from tests.fakes.money.redemptions import FakeCredits, FakeRedemptions
from tests.fakes.operations.logs import FakeLogs
from tests.fakes.people.users import FakeUsers
from tests.support.stores.databases import PRODUCTS

if TYPE_CHECKING:
    from oneapi.adapters.database.connection.engine import Database
    from oneapi.application.ports.money import CreditStore, RedemptionRepository
    from oneapi.application.ports.operations import LogRepository

ALICE, BOB, QUOTA = 1, 2, 1000
CODE = Redemption(
    id=0,
    user_id=9,
    key="0123456789abcdef0123456789abcdef",
    status=RedemptionStatus.ENABLED,
    name="礼物",
    quota=500,
    created_time=100,
)


@define
class Store:
    codes: RedemptionRepository
    credits: CreditStore
    logs: LogRepository
    users: Any

    async def quota(self, user_id: int = ALICE) -> int:
        user = await self.users.by_id(user_id)
        assert user is not None
        return int(user.quota)

    async def add(self, *codes: Redemption) -> list[Redemption]:
        numbers = await self.codes.add(codes)
        return [evolve(code, id=number) for code, number in zip(codes, numbers, strict=True)]

    async def log(self) -> list[LogRow]:
        return list(await self.logs.page(LogFilter(), offset=0, limit=100))


@pytest.fixture
def real(product: str, request: pytest.FixtureRequest) -> Database | None:
    """The database; None for the fakes."""
    return None if product == "fake" else request.getfixturevalue("database")


@pytest.fixture
async def store(real: Database | None) -> Store:
    if real is None:
        people, logs, codes = FakeUsers(), FakeLogs(), FakeRedemptions()
        for number, name in ((ALICE, "alice"), (BOB, "bob")):
            people.put(number, name)
        return Store(codes, FakeCredits(codes, people, logs), logs, people)
    async with real.write() as connection:
        for number, name in ((ALICE, "alice"), (BOB, "bob")):
            row = {"id": number, "username": name, "password": "", "quota": QUOTA, "aff_code": name}
            await connection.execute(insert(users), row | {"access_token": name * 6})
    written = SqlLogRepository(real)
    return Store(
        SqlRedemptionRepository(real),
        SqlCreditStore(real, real, written),
        written,
        SqlUserRepository(real),
    )


def row_of(user_id: int, quota: int) -> LogRow:
    return LogRow(
        user_id=user_id,
        created_at=200,
        type=LogType.TOP_UP,
        username="alice",
        quota=quota,
        event=Redeemed(Amount(quota)),
    )


async def redeem(store: Store, code: Redemption, user_id: int = ALICE) -> int | None:
    return await store.credits.redeem(code, lambda quota: row_of(user_id, quota))


# --- codes -------------------------------------------------------------------------------------


async def test_codes_are_returned_unchanged_and_newest_first(store: Store) -> None:
    made = await store.add(*(evolve(CODE, key=f"{number:032x}", name=f"n{number}") for number in range(3)))
    assert list(await store.codes.page(offset=0, limit=10)) == made[::-1]
    assert list(await store.codes.page(offset=1, limit=1)) == [made[1]]
    assert await store.codes.count() == 3
    assert await store.codes.get(made[0].id) == made[0]
    assert await store.codes.get(made[-1].id + 1) is None


@pytest.mark.database
@pytest.mark.parametrize("product", PRODUCTS, indirect=True)
async def test_either_all_codes_are_added_or_none(store: Store) -> None:
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        await store.codes.add([CODE, CODE])
    assert await store.codes.count() == 0


@pytest.mark.parametrize(
    "key", [CODE.key[:-1], CODE.key.upper(), CODE.key + " ", "", "%", "\0", "\udcff", "0" * 9000]
)
async def test_only_the_exact_key_is_found(store: Store, key: str) -> None:
    [made] = await store.add(CODE)
    assert await store.codes.by_key(CODE.key) == made
    assert await store.codes.by_key(key) is None


@pytest.mark.parametrize(
    ("keyword", "found"),
    [("o%", [0]), ("a_", [1]), ("", [4, 3, 2, 1, 0]), ("zzz", []), ("9" * 30, []), ("礼", [2]), ("id", [1])],
)
async def test_the_search_finds_ids_and_prefixes_of_names(
    store: Store, keyword: str, found: list[int]
) -> None:
    # No name begins with a digit, because the ids that the database assigns are not known.
    names = ("o%_off", "a_b", "礼物", "one", "axb")
    made = await store.add(*(evolve(CODE, key=f"{n:032x}", name=name) for n, name in enumerate(names)))
    wanted = str(made[1].id) if keyword == "id" else keyword
    assert [code.name for code in await store.codes.search(wanted)] == [names[n] for n in found]


async def test_only_unused_codes_can_be_changed(store: Store) -> None:
    [code] = await store.add(CODE)
    off = RedemptionChanges(status=RedemptionStatus.DISABLED)
    assert await store.codes.update(code.id, RedemptionChanges(name="x", quota=7))
    assert await store.codes.update(code.id, off)
    assert await store.codes.update(code.id, off), "there is one, though nothing moves"
    assert await store.codes.get(code.id) == evolve(code, name="x", quota=7, status=RedemptionStatus.DISABLED)
    await store.codes.update(code.id, RedemptionChanges(status=RedemptionStatus.ENABLED))
    assert await redeem(store, code) == 7
    assert not await store.codes.update(code.id, RedemptionChanges(status=RedemptionStatus.ENABLED))
    assert not await store.codes.update(code.id + 1, RedemptionChanges(name="y"))
    used = await store.codes.get(code.id)
    assert used is not None
    assert used.status == RedemptionStatus.USED


async def test_deleted_codes_are_gone(store: Store) -> None:
    [code] = await store.add(CODE)
    assert await store.codes.delete(code.id)
    assert not await store.codes.delete(code.id)
    assert await redeem(store, code) is None
    assert await store.quota() == QUOTA


# --- credits -----------------------------------------------------------------------------------


async def test_a_redeemed_code_is_recorded_everywhere(store: Store) -> None:
    [code] = await store.add(CODE)
    assert await redeem(store, code) == 500
    assert await store.quota() == QUOTA + 500
    used = evolve(code, status=RedemptionStatus.USED, redeemed_time=200, redeemed_by=ALICE)
    assert await store.codes.get(code.id) == used
    [row] = await store.log()
    assert (row.type, row.user_id, row.quota) == (LogType.TOP_UP, ALICE, 500)
    assert (row.content, row.event) == ("通过兑换码充值 500 点额度", Redeemed(Amount(500)))
    assert await redeem(store, used, BOB) is None
    assert await redeem(store, code, BOB) is None
    assert await store.quota(BOB) == QUOTA


async def test_a_code_has_its_current_value(store: Store) -> None:
    [code] = await store.add(CODE)
    await store.codes.update(code.id, RedemptionChanges(quota=3))
    assert await redeem(store, code) == 3
    assert await store.quota() == QUOTA + 3


async def test_a_disabled_code_is_refused(store: Store) -> None:
    [code] = await store.add(CODE)
    await store.codes.update(code.id, RedemptionChanges(status=RedemptionStatus.DISABLED))
    assert await redeem(store, code) is None
    assert (await store.quota(), await store.log()) == (QUOTA, [])


async def test_a_credit_beyond_the_bounds_leaves_the_code_unused(store: Store) -> None:
    [code] = await store.add(evolve(CODE, quota=LARGEST_BALANCE))
    for user_id, reason in ((ALICE, OutOfRange), (77, NotFound)):
        with pytest.raises(reason):
            await redeem(store, code, user_id)
    assert (await store.codes.get(code.id), await store.quota(), await store.log()) == (code, QUOTA, [])


async def test_sixteen_concurrent_redemptions_of_three_codes_succeed_three_times(store: Store) -> None:
    made = await store.add(*(evolve(CODE, key=f"{number:032x}") for number in range(3)))
    tried = [redeem(store, made[n % 3], (ALICE, BOB)[n % 2]) for n in range(16)]
    outcomes = await asyncio.gather(*tried)
    assert sorted(outcomes, key=bool) == [None] * 13 + [500] * 3
    assert await store.quota(ALICE) + await store.quota(BOB) == 2 * QUOTA + 3 * 500
    assert len(await store.log()) == 3


async def test_concurrent_edits_and_redemptions_are_consistent(store: Store) -> None:
    codes = await store.add(*(evolve(CODE, key=f"{number:032x}") for number in range(8)))
    off, on = (
        RedemptionChanges(status=RedemptionStatus.DISABLED),
        RedemptionChanges(status=RedemptionStatus.ENABLED),
    )
    work: list[Any] = []
    for code in codes:
        work += [redeem(store, code, ALICE), store.codes.update(code.id, off), redeem(store, code, BOB)]
        work += [store.codes.update(code.id, RedemptionChanges(quota=9)), store.codes.update(code.id, on)]
    outcomes = await asyncio.gather(*work)
    gained = sum(value for value in outcomes if value is not None and not isinstance(value, bool))
    assert await store.quota(ALICE) + await store.quota(BOB) == 2 * QUOTA + gained
    for code in codes:
        now = await store.codes.get(code.id)
        assert now is not None
        again = await redeem(store, code)
        assert (again is None) == (now.status != RedemptionStatus.ENABLED)
    rows = await store.log()
    assert len(rows) == len({row.id for row in rows}) <= len(codes)


async def test_each_reference_is_credited_once(store: Store) -> None:
    row = row_of(ALICE, 50)
    assert await store.credits.top_up(row, "a")
    assert not await store.credits.top_up(evolve(row, created_at=300, content="again"), "a")
    assert await store.credits.top_up(row, "b")
    with pytest.raises(ReferenceUsed):
        await store.credits.top_up(evolve(row, quota=51), "a")
    with pytest.raises(ReferenceUsed):
        await store.credits.top_up(evolve(row, user_id=BOB), "a")
    assert (await store.quota(), len(await store.log())) == (QUOTA + 100, 2)


async def test_concurrent_top_ups_with_one_reference_are_credited_once(store: Store) -> None:
    done = await asyncio.gather(*(store.credits.top_up(row_of(ALICE, 50), "a") for _ in range(16)))
    assert done.count(True) == 1
    assert (await store.quota(), len(await store.log())) == (QUOTA + 50, 1)


async def test_top_ups_of_unknown_users_and_beyond_the_bounds_are_refused(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.credits.top_up(row_of(77, 1), "a")
    with pytest.raises(OutOfRange):
        await store.credits.top_up(row_of(ALICE, LARGEST_BALANCE), "a")
    assert (await store.quota(), await store.log()) == (QUOTA, [])
    assert await store.credits.top_up(row_of(ALICE, 1), "a")


# --- in the databases --------------------------------------------------------------------------


@pytest.mark.database
@pytest.mark.parametrize("product", PRODUCTS, indirect=True)
async def test_credits_are_in_the_ledger_and_increase_the_version(store: Store, database: Database) -> None:
    before = (await SqlVersions(database).current())["accounts"]
    [code] = await store.add(CODE)
    await redeem(store, code)
    await store.credits.top_up(row_of(BOB, 50), "a")
    columns = (ledger.c.kind, ledger.c.user_id, ledger.c.amount)
    async with database.read() as connection:
        rows = await connection.execute(select(*columns).order_by(ledger.c.id))
        assert [tuple(row) for row in rows] == [("redeem", ALICE, 500), ("topup", BOB, 50)]
    assert (await SqlVersions(database).current())["accounts"] == before + 2


@pytest.mark.database
@pytest.mark.parametrize("product", PRODUCTS, indirect=True)
async def test_an_outage_of_the_log_database_delays_no_credit(store: Store, database: Database) -> None:
    [code] = await store.add(CODE)
    elsewhere = FakeLogs()
    credits_ = SqlCreditStore(database, None, elsewhere)  # type: ignore[arg-type]
    assert await credits_.redeem(code, lambda quota: row_of(ALICE, quota)) == 500
    assert (len(elsewhere.rows), await store.log()) == (1, [])
    elsewhere.down = True
    assert await credits_.top_up(row_of(ALICE, 50), "a")
    assert await store.quota() == QUOTA + 550
