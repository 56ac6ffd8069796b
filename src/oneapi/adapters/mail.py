"""Mails through the operator's SMTP server."""

from __future__ import annotations

import asyncio
import contextlib
import email.policy
import logging
import re
import secrets
import ssl
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formatdate
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)
from attrs import field, frozen

from oneapi.domain.errors.messages import (
    MailBadRecipient,
    MailBadSender,
    MailBroken,
    MailCertificateInvalid,
    MailLoginRefused,
    MailNotConfigured,
    MailRefused,
    MailServerUnreachable,
    MailTimedOut,
    MailUnencrypted,
    MessageNotSent,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    from oneapi.application.messages.letters import Letter
    from oneapi.domain.options import Options

logger = logging.getLogger(__name__)

#: The port for TLS from the first byte; on all others STARTTLS begins it.
TLS_PORT = 465
#: Time limits in seconds: to connect, and for a whole mail.
CONNECT_PATIENCE = 10.0
PATIENCE = 30.0
GOODBYE_PATIENCE = 2.0
#: Seconds until a new attempt after a temporary failure.
TRY_AGAIN = 60
LONGEST_ADDRESS = 254
LONGEST_REPLY = 300
#: SMTP replies from this code on are permanent failures; lower ones are temporary.
FINAL = 500
#: The local part of an address. Quoted ones are legal, but nobody uses them.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_WIRE = email.policy.compat32.clone(linesep="\r\n")


@frozen
class Sender:
    """The operator's checked options. ``envelope`` is the sender for the server, ``address`` the one readers see."""

    server: str
    port: int
    name: str
    address: str
    envelope: str
    account: str
    password: str = field(repr=False)


class SmtpMailer:
    """Implements ``Mailer``.

    ``options`` returns the current options, so that a change applies to the next mail. The password is sent only over
    TLS, or to this machine. ``trusted`` replaces the system's certificate authorities.
    """

    def __init__(
        self,
        options: Callable[[], Options],
        *,
        clock: Callable[[], float],
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        self._options = options
        self._clock = clock
        self._trusted = trusted

    async def send(self, to: str, letter: Letter) -> None:
        sender = _sender(self._options())
        recipient = mailbox(to)
        if recipient is None:
            raise MailBadRecipient
        mail = compose(sender.name, sender.address, recipient, letter, now=self._clock())
        try:
            await self._send(sender, recipient, mail)
        except (SMTPException, OSError, ValueError) as error:  # TimeoutError is an OSError
            failure: MessageNotSent = _explained(error, sender.password)
        except MailUnencrypted as refusal:
            failure = refusal
        else:
            return
        logger.warning("a mail was not sent: %s: %s", failure, failure.reply)
        raise failure from None

    async def _send(self, sender: Sender, recipient: str, mail: bytes) -> None:
        # The name in EHLO is the original's; the default would be looked up, which can be slow.
        client = SMTP(
            hostname=sender.server,
            port=sender.port,
            local_hostname="localhost",
            timeout=PATIENCE,
            use_tls=sender.port == TLS_PORT,
            tls_context=self._trusted,
        )
        try:
            async with asyncio.timeout(PATIENCE):
                await client.connect(timeout=CONNECT_PATIENCE)
                if sender.password:
                    if not _is_private(client):
                        raise MailUnencrypted
                    await client.login(sender.account, sender.password)
                await client.sendmail(sender.envelope, [recipient], mail)
            # The mail is accepted; errors while closing the connection do not matter.
            with contextlib.suppress(SMTPException, OSError):
                await client.quit(timeout=GOODBYE_PATIENCE)
        finally:
            client.close()


def mailbox(text: str) -> str | None:
    """The address in ``text`` with its domain in ASCII; None unless ``text`` is exactly one address."""
    local, at, domain = text.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        return None
    address = f"{local}@{domain}"
    if not at or len(address) > LONGEST_ADDRESS:
        return None
    return address if _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain) else None


def compose(name: str, sender: str, recipient: str, letter: Letter, *, now: float) -> bytes:
    """The mail as sent on the wire; ``sender`` and ``recipient`` must be results of ``mailbox``.

    Names and subjects may contain anything, and are therefore encoded in full. EmailMessage would decode anything that
    looks encoded, and write the line break in ``=?utf-8?q?=0A?=``: https://github.com/python/cpython/issues/121650
    """
    message: Message[Any, Any] = MIMEMultipart("alternative")
    shown = Header(_line(name), "utf-8", header_name="From")
    shown.append(f"<{sender}>", "us-ascii")
    message["From"] = shown
    message["To"] = recipient
    message["Subject"] = Header(_line(letter.subject), "utf-8", header_name="Subject")
    message["Date"] = formatdate(now, usegmt=True)
    message["Message-ID"] = f"<{secrets.token_hex(16)}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: stops automatic replies
    message.attach(MIMEText(_unicode(letter.text), "plain", "utf-8"))
    message.attach(MIMEText(_unicode(letter.html), "html", "utf-8"))
    return message.as_bytes(policy=_WIRE)


def _line(text: str) -> str:
    return _unicode(_CONTROL.sub(" ", text)).strip()


def _unicode(text: str) -> str:
    """``text`` with question marks in place of lone surrogates."""
    return text.encode(errors="replace").decode()


def _sender(options: Options) -> Sender:
    """Check the operator's options. Raises MessageNotSent."""
    server = options.smtp_server.strip()
    if not server:
        raise MailNotConfigured
    account = options.smtp_account.strip()
    address = mailbox(options.smtp_from or account)
    if address is None:
        raise MailBadSender
    signs_in = bool(account and options.smtp_token)
    return Sender(
        server=server,
        port=options.smtp_port,
        name=options.system_name,
        address=address,
        # As in the original: some servers accept only the account as sender. Not every account is an address.
        envelope=(mailbox(account) if signs_in else None) or address,
        account=account,
        password=options.smtp_token if signs_in else "",
    )


def _is_private(client: SMTP) -> bool:
    """Whether the connection is encrypted, or does not leave this machine."""
    if client.get_transport_info("sslcontext") is not None:
        return True
    return ip_address(client.get_transport_info("peername")[0].partition("%")[0]).is_loopback


def _explained(error: BaseException, password: str) -> MessageNotSent:
    """``error`` as MessageNotSent; ``reply`` has the server's words without the password, or our own."""
    if isinstance(error, SMTPRecipientsRefused):
        error = error.recipients[0]
    causes = [error, *filter(None, (error.__cause__,))]
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return MailCertificateInvalid(reply=_reply(str(causes[-1]), password))
    if isinstance(error, SMTPResponseException):
        later = TRY_AGAIN if error.code < FINAL else None
        reply = _reply(f"{error.code} {error.message}", password)
        if isinstance(error, SMTPAuthenticationError):
            return MailLoginRefused(retry_after=later, reply=reply)
        return MailRefused(retry_after=later, code=error.code, reply=reply)
    reply = _reply(str(error), password)
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return MailTimedOut(retry_after=TRY_AGAIN, reply=reply)
    if any(isinstance(cause, OSError | ValueError) for cause in causes):  # ValueError: not a valid host name
        return MailServerUnreachable(retry_after=TRY_AGAIN, reply=reply)
    return MailBroken(reply=reply)


def _reply(text: str, password: str) -> str:
    text = text.replace(password, "***") if password else text
    return _line(text)[:LONGEST_REPLY]
