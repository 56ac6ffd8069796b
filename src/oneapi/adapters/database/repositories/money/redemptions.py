"""Redemption codes in the table ``redemptions``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict
from sqlalchemy import Select, delete, desc, func, insert, or_, select, update

from oneapi.adapters.database.schema.tables import redemptions
from oneapi.adapters.database.schema.texts import encodable
from oneapi.domain.changes import named
from oneapi.domain.money.redemptions import Redemption, RedemptionStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.domain.money.redemptions import RedemptionChanges

_NAMES = tuple(field.name for field in Redemption.__attrs_attrs__)
_COLUMNS = tuple(redemptions.c[name] for name in _NAMES)
_TEXTS = {"key", "name"}


def read_redemption(row: Sequence[Any]) -> Redemption:
    values: dict[str, Any] = {
        name: value if value is not None else ("" if name in _TEXTS else 0)
        for name, value in zip(_NAMES, row, strict=True)
    }
    # PostgreSQL pads char(32) with spaces
    return Redemption(**values | {"key": values["key"].rstrip()})


class SqlRedemptionRepository:
    """Implements ``RedemptionRepository``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, *, offset: int, limit: int) -> Sequence[Redemption]:
        wanted = select(*_COLUMNS).order_by(desc(redemptions.c.id))
        return await self._many(wanted.offset(offset).limit(limit))

    async def count(self) -> int:
        async with self._database.read() as connection:
            return (await connection.execute(select(func.count()).select_from(redemptions))).scalar_one()

    async def search(self, keyword: str) -> Sequence[Redemption]:
        matches = [redemptions.c.name.startswith(keyword, autoescape=True)]
        if keyword.isascii() and keyword.isdigit() and len(keyword) < len(str(2**63)):
            matches.append(redemptions.c.id == int(keyword))
        return await self._many(select(*_COLUMNS).where(or_(*matches)).order_by(desc(redemptions.c.id)))

    async def get(self, code_id: int) -> Redemption | None:
        found = await self._many(select(*_COLUMNS).where(redemptions.c.id == code_id))
        return found[0] if found else None

    async def by_key(self, key: str) -> Redemption | None:
        if not encodable(key):
            return None
        found = await self._many(select(*_COLUMNS).where(redemptions.c.key == key))
        # MySQL's collations ignore case, and PostgreSQL's char ignores trailing spaces
        return next((code for code in found if code.key == key), None)

    async def add(self, codes: Sequence[Redemption]) -> Sequence[int]:
        made = []
        async with self._database.write() as connection:
            for code in codes:
                values = {name: value for name, value in asdict(code).items() if name != "id"}
                result = await connection.execute(insert(redemptions).values(values))
                made.append(result.inserted_primary_key[0])  # type: ignore[index]
        return made

    async def update(self, code_id: int, changes: RedemptionChanges) -> bool:
        unused = redemptions.c.status != RedemptionStatus.USED
        change = update(redemptions).where(redemptions.c.id == code_id, unused).values(named(changes))
        async with self._database.write() as connection:
            return bool((await connection.execute(change)).rowcount)

    async def delete(self, code_id: int) -> bool:
        async with self._database.write() as connection:
            gone = await connection.execute(delete(redemptions).where(redemptions.c.id == code_id))
        return bool(gone.rowcount)

    async def _many(self, statement: Select[Any]) -> list[Redemption]:
        async with self._database.read() as connection:
            return [read_redemption(row) for row in await connection.execute(statement)]
