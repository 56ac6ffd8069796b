"""The mails that people get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.application.messages.letters import compose, quota_text
from oneapi.domain.errors.messages import MessageNotSent, MessageNotSentSaying, NoOwnEmail

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.messages.letters import Letter
    from oneapi.application.ports import Mailer
    from oneapi.domain.errors import Refusal
    from oneapi.domain.options import Options


class Mails:
    """Writes mails and sends them while the caller waits; each raises MessageNotSent.

    ``options`` gives the operator's settings of the moment.
    """

    def __init__(self, mailer: Mailer, options: Callable[[], Options]) -> None:
        self._mailer = mailer
        self._options = options

    async def verification_code(self, to: str, code: str, language: str) -> None:
        await self._mailer.send(to, self._letter("verification", language, code=code))

    async def password_reset(self, to: str, link: str, language: str) -> None:
        await self._mailer.send(to, self._letter("password_reset", language, link=link))

    async def quota_reminder(self, to: str, quota: int, language: str) -> None:
        """``quota``: what is left."""
        options = self._options()
        address = options.server_address.strip().rstrip("/")
        kind = "quota_low" if quota > 0 else "quota_used_up"
        letter = self._letter(
            kind,
            language,
            link=address and f"{address}/topup",
            quota=quota_text(quota, options, language),
        )
        await self._mailer.send(to, letter)

    async def trial(self, to: str, language: str) -> None:
        """A mail that only shows that mails arrive. The refusal says what the server said: for root's eyes only."""
        if not to:
            raise NoOwnEmail
        try:
            await self._mailer.send(to, self._letter("trial", language))
        except MessageNotSent as failure:
            raise in_full(failure) from None

    def _letter(self, kind: str, language: str, *, link: str = "", **values: Any) -> Letter:
        return compose(kind, language, link=link, system=self._options().system_name, **values)


def in_full(failure: MessageNotSent) -> Refusal:
    """``failure`` with what the other side said, if anything, which not every caller may read."""
    return MessageNotSentSaying(failure, failure.reply) if failure.reply else failure
