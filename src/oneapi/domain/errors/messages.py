"""Why a mail or a push message was not sent."""

from __future__ import annotations

from attrs import field, frozen

from oneapi.domain.errors import Refusal


class NoOwnEmail(Refusal):
    """The account has no address to send to."""


@frozen(kw_only=True)
class MessageNotSent(Refusal):
    """``reply`` is what the other side said, which not every caller may read; with ``retry_after`` it may go later."""

    reply: str = field(default="", repr=False)
    retry_after: float | None = field(default=None, repr=False)


@frozen
class MessageNotSentSaying(Refusal):
    """``failure`` with the other side's words, for root's eyes only."""

    failure: MessageNotSent
    reply: str


class MailNotConfigured(MessageNotSent):
    """No SMTP server is set."""


class MailBadRecipient(MessageNotSent):
    """The recipient's address cannot be one."""


class MailBadSender(MessageNotSent):
    """No address to send from is set."""


class MailServerUnreachable(MessageNotSent):
    """The server cannot be connected to."""


class MailTimedOut(MessageNotSent):
    """The server took too long."""


class MailCertificateInvalid(MessageNotSent):
    """The server's certificate is not to be trusted."""


class MailUnencrypted(MessageNotSent):
    """The password was not sent, as others could have read it."""


class MailLoginRefused(MessageNotSent):
    """The server does not let the gateway in."""


@frozen(kw_only=True)
class MailRefused(MessageNotSent):
    """The server does not take the mail; ``code`` is SMTP's."""

    code: int


class MailBroken(MessageNotSent):
    """Something else between the gateway and the server."""


class PushNotConfigured(MessageNotSent):
    """No Message Pusher is set."""


class PushUnreachable(MessageNotSent):
    """Message Pusher cannot be connected to."""


@frozen(kw_only=True)
class PushGarbage(MessageNotSent):
    """Something answered with the HTTP status ``said``, but not in the form of Message Pusher."""

    said: int


class PushRefused(MessageNotSent):
    """Message Pusher does not take the message."""
