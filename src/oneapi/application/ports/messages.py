"""Ports for messages to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from oneapi.application.messages.letters import Letter, Message


class Letters(Protocol):
    """Turns messages into text."""

    def __call__(self, message: Message, language: str) -> Letter: ...


class Mailer(Protocol):
    """Sends mails through the operator's SMTP server."""

    async def send(self, to: str, letter: Letter) -> None:
        """Send ``letter`` to one address immediately.

        Raises MessageNotSent with the server's answer in ``reply``, and with ``retry_after`` if a later try may
        succeed.
        """


class Pusher(Protocol):
    """Sends messages to the operator through Message Pusher."""

    async def push(self, letter: Letter) -> None:
        """Send ``letter``. Raises MessageNotSent like ``Mailer.send``."""


class Reminded(Protocol):
    """Records recent reminders, for all processes together."""

    async def claim(self, name: str, *, now: int, until: int) -> bool:
        """True for one caller, and for no other before ``until`` (unix seconds)."""
