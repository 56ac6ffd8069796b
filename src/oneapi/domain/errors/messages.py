"""Reasons why a mail or a push message was not sent."""

from __future__ import annotations

from attrs import field, frozen

from oneapi.domain.errors import Refusal


class NoOwnEmail(Refusal):
    """The caller's account has no e-mail address."""


@frozen(kw_only=True)
class MessageNotSent(Refusal):
    """A message was not sent.

    ``reply`` is the server's answer, which not every caller may see; ``retry_after``, in seconds, is set if a later
    try may succeed.
    """

    reply: str = field(default="", repr=False)
    retry_after: float | None = field(default=None, repr=False)


@frozen
class MessageNotSentSaying(Refusal):
    """``failure`` with the server's answer, for root only."""

    failure: MessageNotSent
    reply: str


class MailNotConfigured(MessageNotSent):
    """No SMTP server is configured."""


class MailBadRecipient(MessageNotSent):
    """The recipient's address is not valid."""


class MailBadSender(MessageNotSent):
    """No sender address is configured."""


class MailServerUnreachable(MessageNotSent):
    """The server cannot be connected to."""


class MailTimedOut(MessageNotSent):
    """The server took too long."""


class MailCertificateInvalid(MessageNotSent):
    """The server's certificate is not trusted."""


class MailUnencrypted(MessageNotSent):
    """The connection is not encrypted, so the password was not sent."""


class MailLoginRefused(MessageNotSent):
    """The server refused the login."""


@frozen(kw_only=True)
class MailRefused(MessageNotSent):
    """The server refused the mail with the SMTP code ``code``."""

    code: int


class MailBroken(MessageNotSent):
    """The exchange with the server failed in another way."""


class PushNotConfigured(MessageNotSent):
    """No Message Pusher is configured."""


class PushUnreachable(MessageNotSent):
    """Message Pusher cannot be connected to."""


@frozen(kw_only=True)
class PushGarbage(MessageNotSent):
    """The answer, with the HTTP status ``said``, is not one of Message Pusher."""

    said: int


class PushRefused(MessageNotSent):
    """Message Pusher refused the message."""
