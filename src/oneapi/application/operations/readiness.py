"""The readiness of this process, which load balancers ask for every few seconds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.domain.errors import StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from oneapi.application.catalog import Catalog
    from oneapi.application.money.ledger import Ledger
    from oneapi.application.ports.money import Spool
    from oneapi.application.ports.operations import Versions

#: Seconds for which a result is reused, and the most seconds that the database may take.
GOOD_FOR = 1.0
PATIENCE = 2.0


@frozen
class ReadinessReport:
    """The state of each component: ``ok``, ``unreachable``, ``not loaded``, ``not writable`` or ``not configured``.

    ``ledger`` is ``cannot write charges`` while the database refuses all of them, and reports how many were set aside.
    """

    ready: bool
    components: Mapping[str, str]


class Readiness:
    """Checks what serving a request needs, at most once a second."""

    def __init__(
        self,
        versions: Versions,
        catalog: Catalog,
        spool: Spool,
        ledger: Ledger,
        *,
        redis_answers: Callable[[], Awaitable[bool | None]],
        clock: Callable[[], float],
    ) -> None:
        self._versions = versions
        self._catalog = catalog
        self._spool = spool
        self._ledger = ledger
        self._redis_answers = redis_answers
        self._clock = clock
        self._looking = asyncio.Lock()
        self._looked_at = 0.0
        self._report: ReadinessReport | None = None

    async def __call__(self) -> ReadinessReport:
        async with self._looking:
            if self._report is None or not 0 <= self._clock() - self._looked_at < GOOD_FOR:
                self._report = await self._look()
                self._looked_at = self._clock()
            return self._report

    async def _look(self) -> ReadinessReport:
        needed = {
            "database": "ok" if await self._database_answers() else "unreachable",
            "catalog": "ok" if self._catalog.loaded else "not loaded",
            "spool": "ok" if self._spool.writable() else "not writable",
            "ledger": "ok" if self._ledger.writing else "cannot write charges",
        }
        ready = set(needed.values()) == {"ok"}
        if set_aside := self._ledger.set_aside:
            needed["ledger"] += f", {set_aside} charges set aside"
        answers = await self._redis_answers()
        redis = "not configured" if answers is None else "ok" if answers else "unreachable"
        return ReadinessReport(ready, needed | {"redis": redis})

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._versions.current()
        except (StorageUnavailable, TimeoutError):
            return False
        return True
