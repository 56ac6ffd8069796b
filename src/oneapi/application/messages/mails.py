"""The mails that people get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.application.messages.letters import compose, quota_text
from oneapi.application.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.messages.letters import Letter
    from oneapi.application.ports import Mailer
    from oneapi.domain.options import Options


class Mails:
    """Writes mails and sends them while the caller waits; each raises Refusal ``send_email_failed``.

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
            raise Refusal("no_own_email")
        try:
            await self._mailer.send(to, self._letter("trial", language))
        except Refusal as refusal:
            raise in_full(refusal) from None

    def _letter(self, kind: str, language: str, *, link: str = "", **values: Any) -> Letter:
        return compose(kind, language, link=link, system=self._options().system_name, **values)


def in_full(refusal: Refusal) -> Refusal:
    """``refusal`` with what the other side said, if anything, which not every caller may read."""
    reason = refusal.fields.get("detail")
    if not isinstance(reason, Refusal) or not reason.fields.get("reply"):
        return refusal
    return Refusal(refusal.key, detail=Refusal("said", reason=reason, reply=reason.fields["reply"]))
