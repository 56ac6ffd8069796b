"""Reminding people of a quota that runs low."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneapi.application.messages.mails import Mails
    from oneapi.application.messages.outbox import Outbox
    from oneapi.application.ports import Reminded, UserRepository
    from oneapi.domain.options import Options

#: A balance goes up and down with every hold of an account near its limit; its owner hears of it once in this time.
QUIET = 24 * 3600


class QuotaReminders:
    """Mails a user when their balance falls below ``QuotaRemindThreshold``, and when it is used up.

    Of all processes one sends it, and for each of the two at most once in ``QUIET`` seconds.
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
        """Balances by user id, as they were last seen and as a commit left them. Quick, since the ledger waits."""
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
            # Put in anew: what is tried again from here on must not ask whether it was sent.
            send = partial(self._mails.quota_reminder, user.email, quota, self._language)
            self._outbox.put(f"the quota reminder of user {user_id}", send)
