"""A user's own account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from oneapi.application.people.user_fields import (
    UNCHANGED,
    check_display_name,
    check_password,
    check_username,
)
from oneapi.domain.changes import UNSET
from oneapi.domain.errors.people import InvalidOwnInput, RootMayNotLeave
from oneapi.domain.people.users import Change, Role, UserChanges, UserStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.money.ledger import Ledger
    from oneapi.application.people.sessions import Origin
    from oneapi.application.people.sign_in import Passwords, SignIn
    from oneapi.application.ports.people import UserRepository
    from oneapi.domain.people.users import User


@frozen
class OwnChange:
    """Changes to one's own account; empty values change nothing. ``old_password`` proves the caller's identity."""

    username: str = ""
    password: str = ""
    display_name: str = ""
    old_password: str = ""


class OwnAccount:
    """Reads, changes and deletes one's own account. Balances include everything that this process has settled."""

    def __init__(
        self,
        users: UserRepository,
        ledger: Ledger,
        sign_in: SignIn,
        passwords: Passwords,
        *,
        new_access_token: Callable[[], str],
        new_aff_code: Callable[[], str],
        new_deleted_name: Callable[[], str],
        forget_accounts: Callable[[], None],
    ) -> None:
        self._users = users
        self._ledger = ledger
        self._sign_in = sign_in
        self._passwords = passwords
        self._new_access_token = new_access_token
        self._new_aff_code = new_aff_code
        self._new_deleted_name = new_deleted_name
        self._forget_accounts = forget_accounts

    async def current(self, user: User) -> User:
        await self._ledger.flush()
        return await self._users.by_id(user.id) or user

    async def update(self, user: User, wanted: OwnChange, cookie: str | None, origin: Origin) -> str | None:
        """Change the account. A new name or password needs proof of identity: see ``SignIn.confirm``. Raises Refusal.

        A new password ends all sessions and the access token. Returns the cookie of the session that continues, None if
        the password did not change.
        """
        changes = _checked(user, wanted)
        password = (
            check_password(wanted.password, InvalidOwnInput) if wanted.password not in UNCHANGED else ""
        )
        if changes.username or password:
            await self._sign_in.confirm(user, wanted.old_password, cookie)
        if password:
            password_hash = await self._passwords.hash(password)
            changes = evolve(changes, password_hash=password_hash, access_token=self._new_access_token())
        if changes != UserChanges():
            await self._users.amend(user.id, lambda _: Change(changes))
            self._forget_accounts()
        return (
            await self._sign_in.restart(user, changes.password_hash, origin)
            if changes.password_hash
            else None
        )

    async def delete(self, user: User) -> None:
        """Delete the account: its row stays under another name, disabled. Raises Refusal for root."""
        name = self._new_deleted_name()

        def decide(now: User) -> Change:
            if now.role == Role.ROOT:
                raise RootMayNotLeave
            return deletion(now, name)

        await self._users.amend(user.id, decide)
        self._forget_accounts()

    async def renew_access_token(self, user: User) -> str:
        """A new access token for the admin API; the previous one stops working at once."""
        access_token = self._new_access_token()
        await self._users.set_access_token(user.id, access_token)
        return access_token

    async def aff_code(self, user: User) -> str:
        """The user's invitation code, created at the first call."""
        if user.aff_code:
            return user.aff_code
        code = self._new_aff_code()
        changed = await self._users.amend(
            user.id, lambda now: Change(UserChanges(aff_code=now.aff_code or code))
        )
        return changed[1].aff_code if changed else code


class FirstPassword:
    """Whether an account is root's and still has ``password``, the initial one of every installation."""

    def __init__(self, users: UserRepository, passwords: Passwords, password: str) -> None:
        self._users = users
        self._passwords = passwords
        self._password = password
        #: The last hash compared, and the result: comparing is slow by design, and pages ask often.
        self._compared = ("", False)

    async def __call__(self, user: User) -> bool:
        found = await self._users.by_login(user.username) if user.role == Role.ROOT else None
        if found is None:
            return False
        _, stored = found
        if stored != self._compared[0]:
            self._compared = (stored, await self._passwords.check(self._password, stored))
        return self._compared[1]


def deletion(user: User, name: str) -> Change:
    """The deletion of a user: frees the name and keeps the row for the history. Repeating it changes nothing."""
    if user.status == UserStatus.DELETED:
        return Change(UserChanges())
    return Change(UserChanges(username=name, status=UserStatus.DELETED))


def _checked(user: User, wanted: OwnChange) -> UserChanges:
    username, shown = wanted.username, wanted.display_name
    return UserChanges(
        username=UNSET if username in ("", user.username) else check_username(username, InvalidOwnInput),
        display_name=UNSET
        if shown in ("", user.display_name)
        else check_display_name(shown, InvalidOwnInput),
    )
