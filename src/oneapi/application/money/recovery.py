"""Recovery of charges not stored at once: those of dead processes, and those that the database refused."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from oneapi.domain.errors import StorageUnavailable

if TYPE_CHECKING:
    from oneapi.application.money.ledger import Ledger

logger = logging.getLogger(__name__)

#: Seconds between two searches for remains of dead processes.
EVERY = 30


class Recovery:
    """Stores such charges, at start and while the process runs."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def at_start(self) -> None:
        """Store what can be stored. Never raises, because serving does not depend on it."""
        await self._ledger.recover()
        try:
            stored, left = await self._ledger.retry_set_aside()
        except (StorageUnavailable, OSError) as error:
            logger.warning("charges that were set aside will be retried at the next start: %s", error)
            return
        if stored or left:
            logger.warning("%d of the charges set aside were stored, %d are still refused", stored, left)

    async def repeat(self) -> None:
        """Look for charges of dead processes repeatedly; never returns."""
        while True:
            await asyncio.sleep(EVERY)
            if recovered := await self._ledger.recover():
                logger.warning("recovered %d charges of dead processes", recovered)
