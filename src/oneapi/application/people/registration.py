"""Creating users, in one way for registration, administrators and external sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from oneapi.application.people.user_fields import check_email, check_password, check_username
from oneapi.domain.errors.people import (
    BadUsername,
    CodeMissing,
    EmailTaken,
    NameTaken,
    PasswordRegistrationDisabled,
    RegistrationDisabled,
    WrongCode,
)
from oneapi.domain.logs.events import InviteeGift, InviterGift, NewUserGift
from oneapi.domain.logs.rows import LogRow, LogType
from oneapi.domain.money.quota import within
from oneapi.domain.people.codes import VERIFY
from oneapi.domain.people.tokens import NEVER, Token, TokenStatus
from oneapi.domain.people.user_names import LONGEST, is_fit, normal_name
from oneapi.domain.people.users import EXTERNAL_FIELDS, FIRST_GROUP, NewAccount, Role, User, UserStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneapi.application.catalog import Catalog
    from oneapi.application.people.mailed_codes import OneTimeCodes
    from oneapi.application.people.sign_in import Passwords
    from oneapi.application.ports.people import UserRepository
    from oneapi.domain.logs.events import Amount, LogEvent
    from oneapi.domain.options import Options
    from oneapi.domain.people.users import ExternalField

#: The hash of users who sign in only externally: no password matches it.
NO_PASSWORD = "!"  # noqa: S105  # the opposite of one
#: The remainder stored for a token without a limit, as in the original.
UNLIMITED = -1


class NewAccounts:
    """Creates users with the operator's gifts and a first token."""

    def __init__(
        self,
        users: UserRepository,
        catalog: Catalog,
        *,
        new_key: Callable[[], str],
        new_access_token: Callable[[], str],
        new_aff_code: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        self._users = users
        self._catalog = catalog
        self._new_key = new_key
        self._new_access_token = new_access_token
        self._new_aff_code = new_aff_code
        self._clock = clock

    async def create(
        self,
        username: str,
        *,
        display_name: str = "",
        password_hash: str | None = None,
        email: str = "",
        external: Mapping[ExternalField, str] | None = None,
        inviter_code: str = "",
        request_id: str,
    ) -> User:
        """Store the new user and everything that belongs to them, or nothing.

        ``password_hash`` None: no sign-in by password. ``external``: ids at identity providers. An unknown
        ``inviter_code`` is ignored. Raises Refusal if the name is invalid or taken, or the external account is bound.
        """
        name = normal_name(username) if len(username) <= LONGEST else ""
        if not is_fit(name):
            raise BadUsername
        inviter = await self._users.by_aff_code(inviter_code) if inviter_code else None
        options = self._catalog.current.options
        elsewhere: dict[str, Any] = {
            field: external[field] for field in EXTERNAL_FIELDS if external and external.get(field)
        }
        bonus = options.quota_for_invitee if inviter else 0
        user = User(
            id=0,
            username=name,
            role=Role.COMMON,
            status=UserStatus.ENABLED,
            group=FIRST_GROUP,
            quota=within(options.quota_for_new_user + bonus),
            display_name=display_name or name,
            email=email,
            aff_code=self._new_aff_code(),
            inviter_id=inviter.id if inviter else 0,
        )
        return await self._users.add(
            NewAccount(
                user=evolve(user, **elsewhere),
                password_hash=NO_PASSWORD if password_hash is None else password_hash,
                access_token=self._new_access_token(),
                token=self._first_token(),
                inviter_bonus=options.quota_for_inviter if inviter else 0,
                log=self._log(name, inviter, options, request_id),
            )
        )

    def _first_token(self) -> Token:
        now = int(self._clock())
        return Token(
            id=0,
            user_id=0,
            key=self._new_key(),
            status=TokenStatus.ENABLED,
            name="default",
            expired_time=NEVER,
            remain_quota=UNLIMITED,
            unlimited_quota=True,
            created_time=now,
            accessed_time=now,
            subnet="",
        )

    def _log(self, name: str, inviter: User | None, options: Options, request_id: str) -> tuple[LogRow, ...]:
        gifts: list[tuple[int, str, Callable[[Amount], LogEvent], int]] = [
            (0, name, NewUserGift, options.quota_for_new_user)
        ]
        if inviter is not None:
            gifts += [
                (0, name, InviteeGift, options.quota_for_invitee),
                (inviter.id, inviter.username, InviterGift, options.quota_for_inviter),
            ]
        now = int(self._clock())
        return tuple(
            LogRow(
                user_id=user_id,
                created_at=now,
                type=LogType.SYSTEM,
                username=username,
                request_id=request_id,
                event=gift(options.amount(quota)),
            )
            for user_id, username, gift, quota in gifts
            if quota > 0
        )


@frozen
class Registration:
    """A registration form; ``aff_code`` is the inviter's invitation code."""

    username: str
    password: str
    email: str = ""
    verification_code: str = ""
    aff_code: str = ""


class Register:
    """Registers users by password, if the operator allows it."""

    def __init__(
        self,
        accounts: NewAccounts,
        users: UserRepository,
        catalog: Catalog,
        codes: OneTimeCodes,
        passwords: Passwords,
    ) -> None:
        self._accounts = accounts
        self._users = users
        self._catalog = catalog
        self._codes = codes
        self._passwords = passwords

    async def __call__(self, wanted: Registration, request_id: str) -> User:
        """Create the user, who is not signed in yet. Raises Refusal."""
        options = self._catalog.current.options
        if not options.register_enabled:
            raise RegistrationDisabled
        if not options.password_register_enabled:
            raise PasswordRegistrationDisabled
        username = check_username(wanted.username)
        password = check_password(wanted.password)
        email = ""
        if options.email_verification_enabled:
            email = await self._check_address(wanted)
        # Checked before the code is used up; the storage ensures that nobody takes the name in the meantime.
        if await self._users.name_taken(username):
            raise NameTaken
        password_hash = await self._passwords.hash(password)
        if email and not await self._codes.use(VERIFY, email, wanted.verification_code):
            raise WrongCode
        return await self._accounts.create(
            username,
            password_hash=password_hash,
            email=email,
            inviter_code=wanted.aff_code,
            request_id=request_id,
        )

    async def _check_address(self, wanted: Registration) -> str:
        email = check_email(wanted.email)
        if not email or not wanted.verification_code:
            raise CodeMissing
        if not await self._codes.matches(VERIFY, email, wanted.verification_code):
            raise WrongCode
        if await self._users.email_taken(email):
            raise EmailTaken
        return email
