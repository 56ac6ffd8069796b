"""Mails, pushed messages, notices and reminders that are only recorded."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from oneapi.application.messages.letters import Letter
    from oneapi.domain.errors import Refusal
    from oneapi.domain.routing.health import Cause


#: Seconds.
PATIENCE = 5


@define
class FakeMailer:
    """``sent`` holds recipients and letters; each of ``failures`` is raised once, in order."""

    sent: list[tuple[str, Letter]] = field(factory=list)
    failures: list[Refusal] = field(factory=list)
    _tried: queue.Queue[tuple[str, Letter]] = field(factory=queue.Queue)

    async def send(self, to: str, letter: Letter) -> None:
        failure = self.failures.pop(0) if self.failures else None
        if failure is None:
            self.sent.append((to, letter))
        self._tried.put((to, letter))
        if failure is not None:
            raise failure

    def next(self) -> tuple[str, Letter]:
        """Wait for the next attempt to send a mail, which another thread may make."""
        return self._tried.get(timeout=PATIENCE)


@define
class FakePusher:
    pushed: list[Letter] = field(factory=list)
    failures: list[Refusal] = field(factory=list)

    async def push(self, letter: Letter) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.pushed.append(letter)


@define
class FakeReminded:
    """Name -> the time until which it is claimed."""

    claims: dict[str, int] = field(factory=dict)

    async def claim(self, name: str, *, now: int, until: int) -> bool:
        if self.claims.get(name, 0) > now:
            return False
        self.claims[name] = until
        return True


@define
class FakeNotices:
    """``told`` records the notices to root, as the method and its arguments."""

    told: list[tuple[object, ...]] = field(factory=list)

    def channel_disabled(self, channel_id: int, name: str, cause: Cause) -> None:
        self.told.append(("disabled", channel_id, name, str(cause)))

    def channel_enabled(self, channel_id: int, name: str) -> None:
        self.told.append(("enabled", channel_id, name))

    def channel_slow(self, channel_id: int, name: str, *, seconds: float, threshold: float) -> None:
        self.told.append(("slow", channel_id, name, seconds, threshold))

    def tests_finished(self, *, tested: int, failed: int) -> None:
        self.told.append(("finished", tested, failed))

    def charges_set_aside(self, count: int) -> None:
        self.told.append(("set aside", count))
