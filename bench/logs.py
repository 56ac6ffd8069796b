"""``python -m bench.logs sqlite postgresql mysql``: how quickly a log of millions of rows is read.

Creates a database of each named product (see ``tests/support/stores/databases.py`` for the servers), fills it,
migrates it as an upgrade does, prints a table, and drops it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define, field
from sqlalchemy import MetaData

from oneapi.adapters.database.repositories.logs import SqlLogRepository
from oneapi.adapters.database.repositories.money.ledger import ADD_LOG
from oneapi.adapters.database.schema.migrate import migrate
from oneapi.adapters.database.schema.tables import logs as table
from oneapi.application.operations.logs import BREATH, DELETED_AT_ONCE, ReadLogs
from oneapi.domain.errors import StorageUnavailable
from oneapi.domain.logs.rows import DAY, LogFilter, LogRow, LogType
from tests.support.stores.databases import PRODUCTS, temporary_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.adapters.database.connection.transaction import Transaction

ROWS = 5_000_000
ROWS_AT_ONCE = 20_000
#: The rows cover half a year. Few users send most requests, and most requests are for a few models.
NOW = 1_763_000_000
DAYS = 180
USERS, MODELS, CHANNELS, TOKENS = 2000, 20, 30, 200
RUNS = 20
#: Batches of a deletion that are measured.
BATCHES = 40
MILLISECONDS = 1000


def rows(first: int, last: int, total: int, draw: random.Random) -> Iterator[tuple[Any, ...]]:
    """Values for ``ADD_LOG``."""
    for number in range(first, last):
        user, share = int(USERS * draw.random() ** 4) + 1, draw.random()
        consumed = share < 0.97
        others = (LogType.TEST, LogType.TOP_UP, LogType.SYSTEM, LogType.MANAGE)
        yield (
            user,
            NOW - DAYS * DAY + DAYS * DAY * number // total,
            int(LogType.CONSUME if consumed else others[min(3, int((share - 0.97) * 100))]),
            "倍率：1.00 × 1.00 × 2.00" if consumed else "通过兑换码充值 ＄1.000000 额度",
            f"user{user}",
            "default" if draw.random() < 0.3 else f"token-{draw.randrange(TOKENS)}",
            f"model-{int(MODELS * draw.random() ** 2)}" if consumed else "",
            number % 5000,
            number % 3000,
            number % 700,
            draw.randrange(CHANNELS) + 1,
            f"20251101120{number:025d}",
            int(draw.random() ** 3 * 60_000),
            number % 2 == 0,
            False,
            "delivered" if draw.random() < 0.95 else "client_left",
            "",
        )


class _NothingSettled:
    async def flush(self) -> None: ...


@define
class Measured:
    """A query or statement, and the milliseconds of each run."""

    name: str
    times: list[float] = field(factory=list)

    async def run(self, work: Callable[[], Awaitable[Any]]) -> None:
        started = time.perf_counter()
        with contextlib.suppress(StorageUnavailable):  # what takes longer than the deadline shows as that
            await work()
        self.times.append((time.perf_counter() - started) * MILLISECONDS)

    @property
    def line(self) -> str:
        ordered = sorted(self.times)
        p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
        return f"| {self.name} | {statistics.median(ordered):.1f} | {p95:.1f} |"


def questions(logs: ReadLogs, total: int) -> dict[str, Callable[[int], Awaitable[Any]]]:
    """The queries of the endpoints, by name; the argument is the number of the run."""

    def page(number: int = 0, **where: Any) -> Callable[[int], Awaitable[Any]]:
        return lambda _: logs.page(LogFilter(**where), offset=number * 10, limit=10)

    def ago(days: int, length: int = 1) -> dict[str, int]:
        return {"start": NOW - days * DAY, "end": NOW - (days - length) * DAY}

    def consumed(**where: Any) -> Callable[[int], Awaitable[Any]]:
        return lambda _: logs.consumed(LogFilter(**where))

    async def export(_: int) -> None:
        async for _rows in logs.export(LogFilter(model_name="model-0")):
            pass

    return {
        "`/api/log/`": page(),
        "`/api/log/`, last page": page(total // 10 - 10),
        "`/api/log/?type=1`": page(type=1),
        "`/api/log/?username=`, a user with a sixth of all rows": page(username="user1"),
        "`/api/log/?username=`, another user": lambda run: page(username=f"user{run * 90 + 2}")(run),
        "`/api/log/?username=`, an unknown user": page(username="nobody"),
        "`/api/log/?username=`, a late page": page(50_000, username="user1"),
        "`/api/log/?model_name=`, a model with a fifth of all rows": page(model_name="model-0"),
        "`/api/log/?model_name=`, on a day a hundred days ago": page(model_name="model-0", **ago(100)),
        "`/api/log/?channel=&model_name=&token_name=`": page(
            channel_id=3, model_name="model-7", token_name="token-7"
        ),
        "`/api/log/?channel=&model_name=&token_name=`, in one month": page(
            channel_id=3, model_name="model-7", token_name="token-7", **ago(100, 30)
        ),
        "`/api/log/?username=&model_name=`, without a match": page(username="user1", model_name="nothing"),
        "`/api/log/`, a month that began a hundred days ago": page(**ago(100, 30)),
        "`/api/log/self`": page(user_id=1),
        "`/api/log/self?type=1`": page(user_id=1, type=1),
        "`/api/log/self`, a day a hundred days ago": page(user_id=1, **ago(100)),
        "`/api/log/search?keyword=通过`": lambda _: logs.search("通过"),
        "`/api/log/search?keyword=`, without a match": lambda _: logs.search("nothing of the kind"),
        "`/api/log/self/search?keyword=1`": lambda _: logs.own_search("1", 1),
        "`/api/log/stat`, all rows": consumed(),
        "`/api/log/stat`, one month": consumed(**ago(100, 30)),
        "`/api/log/stat`, a user with a sixth of all rows": consumed(username="user1"),
        "`/api/log/stat`, a model with a fifth of all rows": consumed(model_name="model-0"),
        "`/api/log/stat`, that model in one month": consumed(model_name="model-0", **ago(100, 30)),
        "`/api/log/self/stat`": consumed(user_id=1),
        "`/api/user/dashboard`": lambda _: logs.daily_use(7, 1),
        "`/api/log/self/dashboard?days=30`": lambda _: logs.daily_use(30, 1),
        "`/api/log/dashboard?days=7`": lambda _: logs.daily_use(7),
        "`/api/log/dashboard?days=30`": lambda _: logs.daily_use(30),
        "`/api/log/export`, 100 000 rows": export,
    }


async def fill(database: Database, total: int) -> None:
    """Fill a log as the original leaves it before an upgrade: without our indexes."""
    bare = table.to_metadata(MetaData())
    bare.indexes.clear()
    async with database.write(deadline=None) as connection:
        await connection.run_sync(bare.create)
    draw = random.Random(1)
    for first in range(0, total, ROWS_AT_ONCE):
        some = list(rows(first, min(total, first + ROWS_AT_ONCE), total, draw))
        async with database.write(deadline=None) as connection:
            await connection.run_sync(partial(_insert, some))


def _insert(some: list[tuple[Any, ...]], connection: Any) -> None:
    marks = {"sqlite": "?", "mysql": "%s"}.get(connection.dialect.name)
    parts = ADD_LOG.split("?")
    numbered = [marks or f"${number}" for number in range(1, len(parts))] + [""]
    text = "".join(part + mark for part, mark in zip(parts, numbered, strict=True))
    connection.exec_driver_sql(text, some)


async def measure(database: Database, total: int) -> list[Measured]:
    repository: Any = SqlLogRepository(database)
    nothing: Any = _NothingSettled()
    logs = ReadLogs(repository, nothing, nothing, clock=lambda: NOW)
    found = []
    for name, ask in questions(logs, total).items():
        found.append(Measured(name))
        for run in range(3 if "export" in name else RUNS):
            await found[-1].run(partial(ask, run))
    found += await deletion(repository)
    found.append(await writing(database, total))
    return found


async def deletion(repository: SqlLogRepository) -> list[Measured]:
    """Delete in batches as ``DELETE /api/log/`` does, while a request's row is written."""
    batch = Measured(f"`DELETE /api/log/`, each batch of {DELETED_AT_ONCE} rows")
    beside = Measured("a log row written in the meantime")
    done = asyncio.Event()

    async def write() -> None:
        while not done.is_set():
            await beside.run(lambda: repository.add(LogRow(user_id=1, created_at=NOW)))
            await asyncio.sleep(BREATH)

    writer = asyncio.create_task(write())
    for _ in range(BATCHES):
        await batch.run(lambda: repository.delete_before(NOW - DAY, most=DELETED_AT_ONCE))
        await asyncio.sleep(BREATH)
    done.set()
    await writer
    return [batch, beside]


async def writing(database: Database, total: int) -> Measured:
    """Write the rows of 50 requests as the ledger does."""
    found, some = Measured("50 rows written in one commit"), list(rows(0, 5000, total, random.Random(2)))

    def add(first: int, work: Transaction) -> None:
        work.insert(ADD_LOG, some[first : first + 50])

    for first in range(0, len(some), 50):
        await found.run(lambda first=first: database.transact(partial(add, first)))  # type: ignore[misc]
    return found


@contextlib.asynccontextmanager
async def filled(product: str, total: int, folder: Path) -> AsyncIterator[Database]:
    """A migrated database of ``product`` with this many rows."""
    with temporary_database(product, folder) as made:
        database = made.open()
        try:
            started = time.perf_counter()
            await fill(database, total)
            print(f"{product}: {total} rows in {time.perf_counter() - started:.0f} s", flush=True)
            started = time.perf_counter()
            await migrate(database)
            print(f"{product}: all indexes in {time.perf_counter() - started:.0f} s", flush=True)
            if product == "postgresql":  # as its autovacuum does
                async with database.write(deadline=None) as connection:
                    await connection.execution_options(isolation_level="AUTOCOMMIT")
                    await connection.exec_driver_sql("VACUUM ANALYZE logs")
            yield database
        finally:
            await database.close()


async def run(product: str, total: int) -> None:
    with tempfile.TemporaryDirectory(prefix="oneapi-bench-") as folder:
        async with filled(product, total, Path(folder)) as database:
            found = await measure(database, total)
    print(f"\n| {product}, {total} rows | p50 ms | p95 ms |\n|---|---|---|")
    print("\n".join(measured.line for measured in found), flush=True)


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m bench.logs", description=__doc__)
    parser.add_argument("products", nargs="+", choices=PRODUCTS)
    parser.add_argument("--rows", type=int, default=ROWS)
    options = parser.parse_args()
    for product in options.products:
        asyncio.run(run(product, options.rows))


if __name__ == "__main__":
    main()
