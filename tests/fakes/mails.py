"""A letter box instead of a mail server."""

from __future__ import annotations

import queue
from typing import NamedTuple

from attrs import define, field

from oneapi.domain.errors.messages import MailServerUnreachable

PATIENCE = 5


class Mail(NamedTuple):
    """``secret``: the code, or the link."""

    kind: str
    to: str
    secret: str
    language: str


@define
class FakeMails:
    """Mails may come from another thread, and after the answer that announced them. ``away``: none can be sent."""

    away: bool = False
    _box: queue.Queue[Mail] = field(factory=queue.Queue)
    _refused: queue.Queue[Mail] = field(factory=queue.Queue)

    def clear(self) -> None:
        self.away = False
        self._box = queue.Queue()
        self._refused = queue.Queue()

    def next(self) -> Mail:
        """The next mail, waited for."""
        return self._box.get(timeout=PATIENCE)

    def next_refused(self) -> Mail:
        """The next mail that could not be sent, waited for."""
        return self._refused.get(timeout=PATIENCE)

    @property
    def empty(self) -> bool:
        """Whether all that came was taken."""
        return self._box.empty()

    async def verification_code(self, to: str, code: str, language: str) -> None:
        self._put(Mail("code", to, code, language))

    async def password_reset(self, to: str, link: str, language: str) -> None:
        self._put(Mail("reset", to, link, language))

    def _put(self, mail: Mail) -> None:
        if self.away:
            self._refused.put(mail)
            raise MailServerUnreachable
        self._box.put(mail)
