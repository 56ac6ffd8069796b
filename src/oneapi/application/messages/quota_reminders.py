"""Reminders that a user's quota is running low."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneapi.application.messages.mails import Mails
    from oneapi.application.messages.outbox import Outbox
    from oneapi.application.ports.messages import Reminded
    from oneapi.application.ports.people import UserRepository
    from oneapi.domain.options import Options

#: The least seconds between two reminders to a user; near the threshold, a balance crosses it with every hold.
QUIET = 24 * 3600


class QuotaReminders:
    """Mails a user when their balance falls below ``QuotaRemindThreshold``, and when it is used up.

    One of all processes sends it, and each of the two kinds at most once in ``QUIET`` seconds.
    """

    def __init__(
        self,
        options: Callable[[], Options],
        users: UserRepository,
        reminded: Reminded,
        mails: Mails,
        outbox: Outbox,
        *,
        language: str,
        clock: Callable[[], float],
    ) -> None:
        self._options = options
        self._users = users
        self._reminded = reminded
        self._mails = mails
        self._outbox = outbox
        self._language = language
        self._clock = clock

    def watch(self, before: Mapping[int, int], after: Mapping[int, int]) -> None:
        """Check balances by user id before and after a commit; returns quickly, as the ledger waits."""
        options = self._options()
        if not options.smtp_server:
            return
        threshold = options.quota_remind_threshold
        for user_id, balance in after.items():
            if balance >= threshold:
                continue
            previous = before.get(user_id, balance)
            if previous >= threshold or previous > 0 >= balance:
                self._outbox.put(
                    f"the quota reminder of user {user_id}", partial(self._remind, user_id, balance)
                )

    async def _remind(self, user_id: int, quota: int) -> None:
        user = await self._users.by_id(user_id)
        if user is None or not user.enabled or not user.email:
            return
        kind = "low" if quota > 0 else "used-up"
        now = int(self._clock())
        if await self._reminded.claim(f"quota-{kind}:{user_id}", now=now, until=now + QUIET):
            # Scheduled separately: retries of the mail must not claim the reminder again.
            send = partial(self._mails.quota_reminder, user.email, quota, self._language)
            self._outbox.put(f"the quota reminder of user {user_id}", send)
