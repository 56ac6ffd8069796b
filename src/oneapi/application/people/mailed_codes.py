"""Codes sent by mail, which prove ownership of a mailbox."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode

from oneapi.domain.errors import TooManyRequests
from oneapi.domain.errors.administration import InvalidArguments
from oneapi.domain.errors.messages import MailNotConfigured
from oneapi.domain.errors.people import EmailDomainRefused, EmailTaken, WrongCode, WrongResetLink
from oneapi.domain.limits import Rate
from oneapi.domain.people.addresses import is_address, lies_in
from oneapi.domain.people.codes import RESET, VERIFY, Code
from oneapi.domain.people.users import Change, UserChanges

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.catalog import Catalog
    from oneapi.application.messages.outbox import Outbox
    from oneapi.application.people.sessions import UserSessions
    from oneapi.application.people.sign_in import Passwords
    from oneapi.application.ports.operations import RateLimits
    from oneapi.application.ports.people import CodeRepository, UserRepository
    from oneapi.domain.people.users import User

CODE_LIFETIME = 10 * 60
#: Wrong guesses after which a code is void. Six hexadecimal digits are easy to type and cannot be guessed in five
#: tries. The token of a reset link cannot be guessed at all, so a stranger's guesses must not void it.
MOST_ATTEMPTS = {VERIFY: 5, RESET: 2**31}
#: The most mails of one kind to one address.
MAILS = Rate("mails", 3, CODE_LIFETIME)
#: The path of the original's page for setting a new password.
RESET_PAGE = "/user/reset"
DEFAULT_ADDRESS = "http://localhost:3000"


class CodeMailer(Protocol):
    """Sends codes and reset links. Both raise MessageNotSent."""

    async def verification_code(self, to: str, code: str, language: str) -> None: ...

    async def password_reset(self, to: str, link: str, language: str) -> None: ...


class OneTimeCodes:
    """Issues codes and checks them; each can be used once. Addresses are case-insensitive."""

    def __init__(self, codes: CodeRepository, *, clock: Callable[[], float]) -> None:
        self._codes = codes
        self._clock = clock

    async def issue(self, purpose: str, address: str, code: str) -> None:
        """Make ``code`` the valid one, for ten minutes."""
        now = self._clock()
        await self._codes.put(_hashed(purpose, address, code), now=now, expires_at=now + CODE_LIFETIME)

    async def matches(self, purpose: str, address: str, code: str) -> bool:
        """Whether ``code`` is valid; a wrong one counts as a guess, and few are allowed."""
        wanted = _hashed(purpose, address, code)
        return await self._codes.matches(wanted, now=self._clock(), attempts=MOST_ATTEMPTS[purpose])

    async def use(self, purpose: str, address: str, code: str) -> bool:
        """Like ``matches``, and use the code up."""
        if not await self.matches(purpose, address, code):
            return False
        wanted = _hashed(purpose, address, code)
        return await self._codes.consume(wanted, now=self._clock(), attempts=MOST_ATTEMPTS[purpose])


class SendCodes:
    """Sends codes without revealing whether an address is known.

    Everything that depends on the address happens after the answer, so that neither its text nor its time depends on
    it.
    """

    def __init__(
        self,
        codes: OneTimeCodes,
        users: UserRepository,
        catalog: Catalog,
        mails: CodeMailer,
        outbox: Outbox,
        limits: RateLimits,
        *,
        new_code: Callable[[], str],
        new_reset_token: Callable[[], str],
    ) -> None:
        self._codes = codes
        self._users = users
        self._catalog = catalog
        self._mails = mails
        self._outbox = outbox
        self._limits = limits
        self._new_code = new_code
        self._new_reset_token = new_reset_token

    async def verification(self, address: str, language: str) -> None:
        """Send a code to an address that no user has. Raises Refusal."""
        options = self._catalog.current.options
        if not is_address(address):
            raise InvalidArguments
        restricted = options.email_domain_restriction_enabled
        if restricted and not lies_in(address, options.email_domain_whitelist):
            raise EmailDomainRefused
        await self._admit(VERIFY, address)
        self._outbox.put("a verification code", partial(self._verify, address, language))

    async def reset(self, address: str, language: str) -> None:
        """Send a reset link to the address of a user. Raises Refusal."""
        if not is_address(address):
            raise InvalidArguments
        await self._admit(RESET, address)
        self._outbox.put("a link for a new password", partial(self._reset, address, language))

    async def _admit(self, purpose: str, address: str) -> None:
        if not self._catalog.current.options.smtp_server:
            raise MailNotConfigured
        wait = await self._limits.admit(MAILS, f"{purpose} {address.lower()}")
        if wait is not None:
            raise TooManyRequests(retry_after=wait)

    async def _verify(self, address: str, language: str) -> None:
        if await self._users.email_taken(address):
            return
        code = self._new_code()
        await self._codes.issue(VERIFY, address, code)
        await self._mails.verification_code(address, code, language)

    async def _reset(self, address: str, language: str) -> None:
        found = await self._users.by_email(address)
        if found is None:
            return
        token, own = self._new_reset_token(), found[0].email
        await self._codes.issue(RESET, own, token)
        site = (self._catalog.current.options.server_address or DEFAULT_ADDRESS).rstrip("/")
        await self._mails.password_reset(
            own, f"{site}{RESET_PAGE}?{urlencode({'email': own, 'token': token})}", language
        )


class UseCodes:
    """Uses codes for everything but registration."""

    def __init__(
        self,
        codes: OneTimeCodes,
        users: UserRepository,
        passwords: Passwords,
        sessions: UserSessions,
        *,
        new_password: Callable[[], str],
        new_access_token: Callable[[], str],
    ) -> None:
        self._codes = codes
        self._users = users
        self._passwords = passwords
        self._sessions = sessions
        self._new_password = new_password
        self._new_access_token = new_access_token

    async def bind(self, user: User, address: str, code: str) -> None:
        """Set the user's e-mail address. Raises Refusal."""
        if not is_address(address) or not await self._codes.use(VERIFY, address, code):
            raise WrongCode
        if await self._users.email_taken(address):
            raise EmailTaken
        await self._users.amend(user.id, lambda _: Change(UserChanges(email=address)))

    async def reset(self, address: str, token: str) -> str:
        """Set and return the user's new password; ends their sessions and access token. Raises Refusal."""
        if not address or not token:
            raise InvalidArguments
        if not is_address(address) or not await self._codes.use(RESET, address, token):
            raise WrongResetLink
        found = await self._users.by_email(address)
        if found is None:
            raise WrongResetLink
        password = self._new_password()
        user, stored = found
        hashed = await self._passwords.hash(password)
        if not await self._users.replace_password(
            user.id, stored, hashed, access_token=self._new_access_token()
        ):
            raise WrongResetLink
        await self._sessions.end_all(user.id)
        return password


def _hashed(purpose: str, address: str, code: str) -> Code:
    return Code(purpose, address.lower(), hashlib.sha256(code.encode()).hexdigest())
