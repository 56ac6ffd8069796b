"""The operator's options in the table ``options``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from oneapi.adapters.database.repositories.versions import CATALOG, bump
from oneapi.adapters.database.schema.tables import options
from oneapi.adapters.database.sealing import CannotOpen, Cipher
from oneapi.domain.options import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.database.connection.engine import Database

logger = logging.getLogger(__name__)


class SqlOptionRepository:
    """Implements ``OptionRepository``; secrets are sealed by ``cipher``."""

    def __init__(self, database: Database, cipher: Cipher | None = None) -> None:
        self._database = database
        self._cipher = cipher or Cipher()

    async def all(self) -> Mapping[str, str]:
        async with self._database.read() as connection:
            rows = await connection.execute(select(options.c.key, options.c.value))
            return {key: self._open(key, value or "") for key, value in rows}

    async def put(self, values: Mapping[str, str]) -> None:
        if not values:
            return
        async with self._database.write() as connection:
            await connection.execute(delete(options).where(options.c.key.in_(list(values))))
            rows = [{"key": key, "value": self._seal(key, value)} for key, value in values.items()]
            await connection.execute(insert(options), rows)
            await bump(connection, CATALOG)

    async def keep(self, key: str, value: str) -> str:
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(options).values(key=key, value=self._seal(key, value)))
        except IntegrityError:
            pass  # it exists already, or another process was faster
        return (await self.all())[key]

    def _seal(self, key: str, value: str) -> str:
        return self._cipher.seal(value, place_of_option(key)) if is_secret(key) else value

    def _open(self, key: str, value: str) -> str:
        """The value in clear; an option that does not open counts as not set."""
        if not is_secret(key):
            return value
        try:
            return self._cipher.open(value, place_of_option(key))
        except CannotOpen:
            logger.error("the option %s cannot be decrypted: it counts as not set", key)  # noqa: TRY400  # a traceback adds nothing, and may contain a secret
            return ""


def is_secret(key: str) -> bool:
    """Whether the value is hidden in the list of options, and sealed in the database."""
    return bool(HIDDEN.search(key))


def place_of_option(key: str) -> str:
    """The place to which the option's sealed value is bound."""
    return f"options.value:{key}"
