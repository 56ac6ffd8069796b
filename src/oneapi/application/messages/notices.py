"""Unsolicited notices to root: by Message Pusher if one is configured, else by mail."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from oneapi.application.messages.letters import (
    ChannelDisabled,
    ChannelEnabled,
    ChannelSlow,
    ChargesSetAside,
    TestsFinished,
    Trial,
)
from oneapi.application.messages.mails import in_full
from oneapi.domain.errors.messages import MessageNotSent

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.messages.letters import Letter, Message
    from oneapi.application.messages.outbox import Outbox
    from oneapi.application.ports.messages import Letters, Mailer, Pusher
    from oneapi.application.ports.people import UserRepository
    from oneapi.domain.options import Options
    from oneapi.domain.routing.health import Cause

logger = logging.getLogger(__name__)

#: The least seconds between two notices of charges that were set aside.
QUIET = 3600


class Notices:
    """Sends notices to root in the background: no caller waits for them or sees them fail.

    They are written in ``language``, as there is no request to take a language from.
    """

    def __init__(
        self,
        pusher: Pusher,
        mailer: Mailer,
        users: UserRepository,
        outbox: Outbox,
        letters: Letters,
        options: Callable[[], Options],
        *,
        language: str,
        clock: Callable[[], float],
    ) -> None:
        self._pusher = pusher
        self._mailer = mailer
        self._users = users
        self._outbox = outbox
        self._letters = letters
        self._options = options
        self._language = language
        self._clock = clock
        self._told_of_charges: float | None = None

    def channel_disabled(self, channel_id: int, name: str, cause: Cause) -> None:
        """Report that the gateway disabled a channel."""
        self._tell(ChannelDisabled(channel_id, name, cause))

    def channel_enabled(self, channel_id: int, name: str) -> None:
        """Report that the gateway enabled a channel again."""
        self._tell(ChannelEnabled(channel_id, name))

    def channel_slow(self, channel_id: int, name: str, *, seconds: float, threshold: float) -> None:
        """Report that a test took longer than the operator allows; the channel stays enabled."""
        self._tell(ChannelSlow(channel_id, name, seconds, threshold))

    def tests_finished(self, *, tested: int, failed: int) -> None:
        """Report that all channels were tested."""
        self._tell(TestsFinished(tested, failed))

    def charges_set_aside(self, count: int) -> None:
        """Report that charges were set aside; at most once in ``QUIET`` seconds, as there may be many."""
        now = self._clock()
        if self._told_of_charges is None or not 0 <= now - self._told_of_charges < QUIET:
            self._told_of_charges = now
            self._tell(ChargesSetAside(count))

    async def trial(self, language: str) -> None:
        """Push a test message.

        Raises MessageNotSent, or MessageNotSentSaying with the server's answer, for root only.
        """
        letter = self._letters(Trial(self._options().system_name), language)
        try:
            await self._pusher.push(letter)
        except MessageNotSent as failure:
            raise in_full(failure) from None

    def _tell(self, message: Message) -> None:
        letter = self._letters(message, self._language)
        self._outbox.put(f"the notice {type(message).__name__}", partial(self._deliver, letter))

    async def _deliver(self, letter: Letter) -> None:
        if self._options().message_pusher_address:
            try:
                await self._pusher.push(letter)
            except MessageNotSent as failure:
                logger.warning("a notice could not be pushed and is sent by mail: %s", failure)
            else:
                return
        address = await self._users.root_email()
        if not address:
            logger.warning(
                "a notice could not be sent, because root has no e-mail address: %s", letter.subject
            )
            return
        await self._mailer.send(address, letter)
