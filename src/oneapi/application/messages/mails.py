"""Mails to users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.application.messages.letters import (
    PasswordReset,
    QuotaLow,
    QuotaUsedUp,
    Trial,
    VerificationCode,
)
from oneapi.domain.errors.messages import MessageNotSent, MessageNotSentSaying, NoOwnEmail

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.messages.letters import Message
    from oneapi.application.ports.messages import Letters, Mailer
    from oneapi.domain.errors import Refusal
    from oneapi.domain.options import Options


class Mails:
    """Writes and sends mails while the caller waits; each method raises MessageNotSent.

    ``options`` returns the operator's current options.
    """

    def __init__(self, mailer: Mailer, letters: Letters, options: Callable[[], Options]) -> None:
        self._mailer = mailer
        self._letters = letters
        self._options = options

    async def verification_code(self, to: str, code: str, language: str) -> None:
        await self._send(to, VerificationCode(self._options().system_name, code), language)

    async def password_reset(self, to: str, link: str, language: str) -> None:
        await self._send(to, PasswordReset(self._options().system_name, link), language)

    async def quota_reminder(self, to: str, quota: int, language: str) -> None:
        """Send a reminder; ``quota`` is the remaining quota in quota units."""
        options = self._options()
        address = options.server_address.strip().rstrip("/")
        kind = QuotaLow if quota > 0 else QuotaUsedUp
        await self._send(to, kind(options.amount(quota), address and f"{address}/topup"), language)

    async def trial(self, to: str, language: str) -> None:
        """Send a test mail. Its refusal contains the server's answer, so it is for root only."""
        if not to:
            raise NoOwnEmail
        try:
            await self._send(to, Trial(self._options().system_name), language)
        except MessageNotSent as failure:
            raise in_full(failure) from None

    async def _send(self, to: str, message: Message, language: str) -> None:
        await self._mailer.send(to, self._letters(message, language))


def in_full(failure: MessageNotSent) -> Refusal:
    """``failure`` with the server's answer, if any, which not every caller may see."""
    return MessageNotSentSaying(failure, failure.reply) if failure.reply else failure
