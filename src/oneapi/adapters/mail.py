"""Mails by the operator's SMTP server."""

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

#: Speaks TLS from the first byte; on all others it is asked for by STARTTLS.
TLS_PORT = 465
#: Seconds to connect, and for a mail as a whole.
CONNECT_PATIENCE = 10.0
PATIENCE = 30.0
GOODBYE_PATIENCE = 2.0
#: Seconds after which a failure of the moment may be over.
TRY_AGAIN = 60
LONGEST_ADDRESS = 254
LONGEST_REPLY = 300
#: SMTP's replies from here on are final, below they are for now.
FINAL = 500
#: What a mailbox looks like; quoted local parts are legal, and nobody has one.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_WIRE = email.policy.compat32.clone(linesep="\r\n")


@frozen
class Sender:
    """The operator's settings, checked. ``envelope`` is whom the server knows, ``address`` whom people see."""

    server: str
    port: int
    name: str
    address: str
    envelope: str
    account: str
    password: str = field(repr=False)


class SmtpMailer:
    """Implements ``Mailer``.

    ``options`` gives the operator's settings of the moment, so that a change acts on the next mail. The password goes
    out only encrypted, or to this machine. ``trusted`` replaces the system's certificate authorities.
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
        # The name in EHLO: the one that the original gives, and no look-up of our own that could take long.
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
            # It is accepted; how they part makes no difference.
            with contextlib.suppress(SMTPException, OSError):
                await client.quit(timeout=GOODBYE_PATIENCE)
        finally:
            client.close()


def mailbox(text: str) -> str | None:
    """The one address that ``text`` is, its domain in ASCII; None for anything else."""
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
    """The mail as it goes over the wire; ``sender`` and ``recipient`` are of ``mailbox``.

    Names and subjects may hold anything: they are encoded here as a whole. EmailMessage decodes what looks encoded,
    and so writes a line break that hides in ``=?utf-8?q?=0A?=``: https://github.com/python/cpython/issues/121650
    """
    message: Message[Any, Any] = MIMEMultipart("alternative")
    shown = Header(_line(name), "utf-8", header_name="From")
    shown.append(f"<{sender}>", "us-ascii")
    message["From"] = shown
    message["To"] = recipient
    message["Subject"] = Header(_line(letter.subject), "utf-8", header_name="Subject")
    message["Date"] = formatdate(now, usegmt=True)
    message["Message-ID"] = f"<{secrets.token_hex(16)}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: out-of-office programs leave it alone
    message.attach(MIMEText(_unicode(letter.text), "plain", "utf-8"))
    message.attach(MIMEText(_unicode(letter.html), "html", "utf-8"))
    return message.as_bytes(policy=_WIRE)


def _line(text: str) -> str:
    return _unicode(_CONTROL.sub(" ", text)).strip()


def _unicode(text: str) -> str:
    """``text`` with question marks for halves of surrogate pairs."""
    return text.encode(errors="replace").decode()


def _sender(options: Options) -> Sender:
    """Raises MessageNotSent."""
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
        # As in the original, since some servers take mails of the account only; not every account is an address.
        envelope=(mailbox(account) if signs_in else None) or address,
        account=account,
        password=options.smtp_token if signs_in else "",
    )


def _is_private(client: SMTP) -> bool:
    """Whether nobody on the way can read what is sent."""
    if client.get_transport_info("sslcontext") is not None:
        return True
    return ip_address(client.get_transport_info("peername")[0].partition("%")[0]).is_loopback


def _explained(error: BaseException, password: str) -> MessageNotSent:
    """What went wrong, and in ``reply`` in whose words."""
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
    if any(isinstance(cause, OSError | ValueError) for cause in causes):  # ValueError: no name of a host
        return MailServerUnreachable(retry_after=TRY_AGAIN, reply=reply)
    return MailBroken(reply=reply)


def _reply(text: str, password: str) -> str:
    text = text.replace(password, "***") if password else text
    return _line(text)[:LONGEST_REPLY]
