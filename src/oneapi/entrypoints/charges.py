"""Charges that the database refused, tried again: ``oneapi retry-charges``."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from oneapi.adapters.database.schema.migrate import reach
from oneapi.domain.errors import StorageUnavailable
from oneapi.entrypoints.container import Container
from oneapi.entrypoints.databases import at_fault, main_variable, open_databases
from oneapi.entrypoints.settings import CannotStart

if TYPE_CHECKING:
    from oneapi.entrypoints.settings import Settings

#: Seconds for which an unreachable database is waited for.
PATIENCE = 10


def retry_charges(settings: Settings) -> int:
    """Store what was set aside in ``SPOOL_DIR``; the exit code, 1 if anything is still refused.

    Servers may run meanwhile: no charge is stored twice. Raises CannotStart.
    """
    return asyncio.run(_retry(settings))


async def _retry(settings: Settings) -> int:
    container = Container(settings=settings)
    main, log = open_databases(container)
    try:
        with at_fault(main_variable(settings)):
            await reach(main, PATIENCE)
        with at_fault("LOG_SQL_DSN"):
            await reach(log, PATIENCE, log=log is not main)
        stored, left = await container.ledger().retry_set_aside()
    except StorageUnavailable as error:
        raise CannotStart(f"the database cannot be used: {error.cause}") from None
    finally:
        for database in {main, log}:
            await database.close()
    sys.stdout.write(f"{stored} charges stored, {left} still refused\n")
    return int(left > 0)
