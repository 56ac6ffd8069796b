"""An SMTP server on loopback that keeps received mails."""

from __future__ import annotations

import asyncio
import email
import email.policy
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from attrs import define, field, frozen

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from email.message import EmailMessage

ACCEPTED = "250 OK"


@frozen
class Received:
    """A received mail; ``encrypted`` and ``user`` describe the connection."""

    sender: str
    recipients: list[str]
    content: bytes
    encrypted: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=email.policy.default)

    def part(self, kind: str) -> str:
        """The text of the part ``plain`` or ``html``."""
        body = self.message.get_body((kind,))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")


@define
class MailServer:
    """``tls``: encrypted from the first byte; ``starttls``: offered. ``users``: name -> password for signing in.

    ``replies``: answers to ``RCPT`` or ``DATA`` instead of success.
    """

    tls: ssl.SSLContext | None = None
    starttls: ssl.SSLContext | None = None
    users: dict[str, str] = field(factory=dict)
    replies: dict[str, str] = field(factory=dict)
    mails: list[Received] = field(factory=list)
    #: Names that were tried.
    sign_ins: list[str] = field(factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _sessions: list[SMTP] = field(factory=list)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(
            self._session, "127.0.0.1", self.port, ssl=self.tls
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for session in self._sessions:
            if isinstance(session.transport, asyncio.Transport) and not session.transport.is_closing():
                session.transport.abort()
            handler = session._handler_coroutine  # noqa: SLF001  # there is no public way to know the end of a session
            if handler is not None:
                handler.cancel()
                await asyncio.wait({handler})
        await self._server.wait_closed()

    def _session(self) -> SMTP:
        session = SMTP(
            self,
            hostname="mail.example.com",
            tls_context=self.starttls,
            authenticator=self._authenticate if self.users else None,
            auth_require_tls=False,
            loop=asyncio.get_running_loop(),
        )
        self._sessions.append(session)
        return session

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        name, password = data.login.decode(), data.password.decode()
        self.sign_ins.append(name)
        if self.users.get(name) == password:
            return AuthResult(success=True, auth_data=name)
        return AuthResult(success=False, handled=False, message=f"535 5.7.8 no {name} with {password}")

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        reply = self.replies.get("RCPT", ACCEPTED)
        if reply == ACCEPTED:
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        reply = self.replies.get("DATA", ACCEPTED)
        if reply == ACCEPTED:
            assert isinstance(envelope.content, bytes)
            assert envelope.mail_from is not None
            self.mails.append(
                Received(
                    sender=envelope.mail_from,
                    recipients=list(envelope.rcpt_tos),
                    content=envelope.content,
                    encrypted=session.ssl is not None or self.tls is not None,
                    user=session.auth_data,
                )
            )
        return reply


@contextmanager
def running_mail_server() -> Iterator[MailServer]:
    """The server on its own thread, for tests without an event loop."""
    server, loop = MailServer(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(5)
        try:
            yield server
        finally:
            asyncio.run_coroutine_threadsafe(server.__aexit__(), loop).result(5)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
