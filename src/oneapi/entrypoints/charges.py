"""``oneapi retry-charges``: try again to store charges that the database refused."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from oneapi.adapters.database.schema.migrate import reach
from oneapi.domain.errors import StorageUnavailable
from oneapi.entrypoints.composition.root import Container
from oneapi.entrypoints.databases import at_fault, main_variable, open_databases
from oneapi.entrypoints.settings import CannotStart

if TYPE_CHECKING:
    from oneapi.entrypoints.settings import Settings

#: Seconds to wait for an unreachable database.
PATIENCE = 10


def retry_charges(settings: Settings) -> int:
    """Store the charges set aside in ``SPOOL_DIR``; returns the exit code, 1 if any is still refused.

    Servers may be running: no charge is stored twice. Raises CannotStart.
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
        stored, left = await container.memory().ledger().retry_set_aside()
    except StorageUnavailable as error:
        raise CannotStart(f"the database cannot be used: {error.cause}") from None
    finally:
        for database in {main, log}:
            await database.close()
    sys.stdout.write(f"{stored} charges stored, {left} still refused\n")
    return int(left > 0)
