"""Management of users by administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from attrs import field, frozen

from oneapi.application.people.accounts import deletion
from oneapi.application.people.user_fields import (
    UNCHANGED,
    check_display_name,
    check_email,
    check_password,
    check_username,
)
from oneapi.domain.changes import (
    KEPT_WHEN_EMPTY,
    UNSET,
    Unset,
    otherwise,
    where_new,
    without_empty,
)
from oneapi.domain.errors.administration import InvalidArguments, NotFound, OutOfRange, TooLong, UnknownStatus
from oneapi.domain.errors.people import (
    AdminAlready,
    CommonAlready,
    EmailTaken,
    MayNotChange,
    MayNotCreate,
    MayNotDelete,
    MayNotRaise,
    MayNotRead,
    OnlyRootPromotes,
    RootNotDeleted,
    RootNotDemoted,
    RootNotDisabled,
    UnknownAction,
    UnknownRole,
    UnknownUser,
    UserIdMissing,
)
from oneapi.domain.logs.events import QuotaChanged
from oneapi.domain.logs.rows import LogRow, LogType
from oneapi.domain.money.quota import LARGEST_BALANCE
from oneapi.domain.people.users import Change, Role, User, UserChanges, UserStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from oneapi.application.audit import Actor, AuditTrail
    from oneapi.application.catalog import Catalog
    from oneapi.application.money.ledger import Ledger
    from oneapi.application.people.registration import NewAccounts
    from oneapi.application.people.sessions import UserSessions
    from oneapi.application.people.sign_in import Passwords
    from oneapi.application.ports.people import UserRepository
    from oneapi.domain.errors import Refusal

#: The most users that a search returns.
SEARCHED = 1000
LONGEST_GROUP = 32
#: Statuses that a change may set; deletion is a separate operation.
STATES = (UserStatus.ENABLED, UserStatus.DISABLED)
ROLES = (Role.COMMON, Role.ADMIN, Role.ROOT)


@frozen
class UserEdit:
    """The changes that an administrator makes to a user.

    An empty ``password`` is unchanged; a new one ends the user's sessions and access token. ``quota_seen`` is the quota
    that the caller saw: the quota changes by the difference to it, so that what was spent in the meantime stays spent.
    Without it, ``used_quota`` of a row that is sent back whole has the same effect. Neither is stored.
    """

    username: str | Unset = field(default=UNSET, metadata=KEPT_WHEN_EMPTY)
    password: str | Unset = field(default=UNSET, repr=False)
    display_name: str | Unset = UNSET
    role: int | Unset = field(default=UNSET, metadata=KEPT_WHEN_EMPTY)
    status: int | Unset = field(default=UNSET, metadata=KEPT_WHEN_EMPTY)
    email: str | Unset = UNSET
    group: str | Unset = field(default=UNSET, metadata=KEPT_WHEN_EMPTY)
    quota: int | Unset = UNSET
    quota_seen: int | Unset = UNSET
    used_quota: int | Unset = UNSET


class ReadUsers:
    """Reads users for administrators. Balances include everything that this process has settled."""

    def __init__(self, users: UserRepository, ledger: Ledger) -> None:
        self._users = users
        self._ledger = ledger

    async def page(self, *, offset: int, limit: int, order: str) -> tuple[Sequence[User], int]:
        """The users of a page, and the number of all users, without deleted ones."""
        await self._ledger.flush()
        found = await self._users.page(offset=offset, limit=limit, order=order)
        return found, await self._users.count()

    async def search(self, keyword: str) -> Sequence[User]:
        await self._ledger.flush()
        return await self._users.search(keyword, limit=SEARCHED)

    async def get(self, me: User, user_id: int) -> User:
        """A user, deleted ones included. Raises Refusal unless the user ranks below ``me``, or ``me`` is root."""
        if not user_id:
            raise UserIdMissing
        await self._ledger.flush()
        user = await self._users.by_id(user_id)
        if user is None:
            raise NotFound
        if not _may_change(me, user):
            raise MayNotRead
        return user


class ManageUsers:
    """Creates, changes and deletes users of a lower role; root may change all. After a Refusal, nothing has changed.

    Changes take effect everywhere at once: roles and statuses on the next call, balances on the next request.
    """

    def __init__(  # noqa: PLR0913  # each is one piece of the world, named where everything is wired
        self,
        users: UserRepository,
        accounts: NewAccounts,
        passwords: Passwords,
        catalog: Catalog,
        audit: AuditTrail,
        sessions: UserSessions,
        *,
        new_access_token: Callable[[], str],
        new_deleted_name: Callable[[], str],
        forget_accounts: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._users = users
        self._accounts = accounts
        self._passwords = passwords
        self._catalog = catalog
        self._audit = audit
        self._sessions = sessions
        self._new_access_token = new_access_token
        self._new_deleted_name = new_deleted_name
        self._forget_accounts = forget_accounts
        self._clock = clock

    async def create(
        self, actor: Actor, username: str, password: str, *, display_name: str = "", role: int = 0
    ) -> None:
        """Create a common user, whatever ``role`` is, as in the original; but ``role`` must be below the caller's."""
        if not username or not password:
            raise InvalidArguments
        name = check_username(username)
        shown = check_display_name(display_name)
        check_password(password)
        if role >= actor.user.role:
            raise MayNotCreate
        password_hash = await self._passwords.hash(password)
        user = await self._accounts.create(
            name, display_name=shown, password_hash=password_hash, request_id=actor.request_id
        )
        await self._audit.record(actor, "user.create", f"user {user.id}", None, attrs.asdict(user))

    async def update(self, actor: Actor, user_id: int, edit: UserEdit) -> None:
        wanted = without_empty(edit)
        password_hash: str | Unset = UNSET
        access_token: str | Unset = UNSET
        if wanted.password and wanted.password not in UNCHANGED:
            password_hash = await self._passwords.hash(check_password(wanted.password))
            access_token = self._new_access_token()
        if wanted.email:
            await self._check_address(user_id, check_email(wanted.email))

        def decide(now: User) -> Change:
            _check_roles(actor.user, now, wanted)
            changes = attrs.evolve(
                _differences(now, wanted), password_hash=password_hash, access_token=access_token
            )
            return Change(changes, self._quota_log(actor, now, otherwise(changes.quota, now.quota)))

        await self._amend(actor, "user.update", user_id, decide, password=password_hash is not UNSET)

    async def delete(self, actor: Actor, user_id: int) -> None:
        """Delete a user; no effect on a deleted one."""
        if not user_id:
            raise UserIdMissing
        name = self._new_deleted_name()

        def decide(now: User) -> Change:
            if actor.user.role <= now.role:
                raise MayNotDelete
            return deletion(now, name)

        await self._amend(actor, "user.delete", user_id, decide)

    async def manage(self, actor: Actor, username: str, action: str) -> User:
        """Apply the entry ``action`` of ``ACTIONS`` to a user; return the user as changed."""
        user = await self._users.by_username(username)
        if user is None or user.status == UserStatus.DELETED:
            raise UnknownUser
        name = self._new_deleted_name()

        def decide(now: User) -> Change:
            if not _may_change(actor.user, now):
                raise MayNotChange
            if action == "delete":
                _keep_root(now, RootNotDeleted)
                return deletion(now, name)
            if action not in ACTIONS:
                raise UnknownAction(action=action)
            return Change(ACTIONS[action](actor.user, now))

        return await self._amend(actor, f"user.{action}", user.id, decide)

    async def _amend(
        self,
        actor: Actor,
        action: str,
        user_id: int,
        decide: Callable[[User], Change],
        *,
        password: bool = False,
    ) -> User:
        """Change the user everywhere at once, and audit it; ``password``: whether it is among the changes."""
        changed = await self._users.amend(user_id, decide)
        if changed is None:
            raise NotFound
        self._forget_accounts()
        before, after = (attrs.asdict(user) for user in changed)
        if password:
            await self._sessions.end_all(user_id)
            before["password"], after["password"] = "", "another"
        await self._audit.record(actor, action, f"user {user_id}", before, after)
        return changed[1]

    async def _check_address(self, user_id: int, address: str) -> None:
        user = await self._users.by_id(user_id)
        own = user is not None and user.email.lower() == address.lower()
        if not own and await self._users.email_taken(address):
            raise EmailTaken

    def _quota_log(self, actor: Actor, now: User, quota: int) -> LogRow | None:
        if quota == now.quota:
            return None
        amount = self._catalog.current.options.amount
        return LogRow(
            user_id=now.id,
            created_at=int(self._clock()),
            type=LogType.MANAGE,
            username=now.username,
            request_id=actor.request_id,
            event=QuotaChanged(amount(now.quota), amount(quota)),
        )


def _may_change(me: User, user: User) -> bool:
    return me.role > user.role or me.role == Role.ROOT


def _check_roles(me: User, now: User, wanted: UserEdit) -> None:
    """Raise Refusal unless ``me`` may make the ``wanted`` changes to ``now``."""
    role, status = otherwise(wanted.role, now.role), otherwise(wanted.status, now.status)
    if now.status == UserStatus.DELETED:
        raise NotFound
    if not _may_change(me, now):
        raise MayNotChange
    if me.role <= role and me.role != Role.ROOT:
        raise MayNotRaise
    if role != now.role and role not in ROLES:
        raise UnknownRole(role=role)
    if status != now.status and status not in STATES:
        raise UnknownStatus(status=status)
    if me.id == now.id and role != now.role:
        raise RootNotDemoted
    if me.id == now.id and status != now.status:
        raise RootNotDisabled


def _differences(now: User, wanted: UserEdit) -> UserChanges:
    """The fields that change, in their stored form; unchanged fields are not checked. Raises Refusal."""
    username = where_new(wanted.username, now.username)
    display_name = where_new(wanted.display_name, now.display_name)
    email = where_new(wanted.email, now.email)
    group = where_new(wanted.group, now.group)
    if len(group or "") > LONGEST_GROUP:
        raise TooLong(field="group", most=LONGEST_GROUP)
    return UserChanges(
        username=check_username(username) if username else UNSET,
        display_name=check_display_name(display_name) if display_name else display_name,
        role=where_new(wanted.role, now.role),
        status=where_new(wanted.status, now.status),
        email=check_email(email) if email else email,
        group=group,
        quota=_quota(now, wanted),
    )


def _quota(now: User, wanted: UserEdit) -> int | Unset:
    """The new quota, less what was consumed since the caller read it. Raises Refusal."""
    quota = wanted.quota
    if isinstance(quota, Unset):
        return quota
    if not isinstance(wanted.quota_seen, Unset):
        quota += now.quota - wanted.quota_seen
    elif not isinstance(wanted.used_quota, Unset):  # a whole row sent back: shows when it was read
        quota -= max(0, now.used_quota - wanted.used_quota)
    if abs(quota) > LARGEST_BALANCE:
        raise OutOfRange(field="quota")
    return quota


def _disable(_: User, now: User) -> UserChanges:
    _keep_root(now, RootNotDisabled)
    return UserChanges(status=UserStatus.DISABLED)


def _enable(_: User, __: User) -> UserChanges:
    return UserChanges(status=UserStatus.ENABLED)


def _promote(me: User, now: User) -> UserChanges:
    if me.role != Role.ROOT:
        raise OnlyRootPromotes
    if now.role >= Role.ADMIN:
        raise AdminAlready
    return UserChanges(role=Role.ADMIN)


def _demote(_: User, now: User) -> UserChanges:
    _keep_root(now, RootNotDemoted)
    if now.role == Role.COMMON:
        raise CommonAlready
    return UserChanges(role=Role.COMMON)


def _keep_root(now: User, refusal: type[Refusal]) -> None:
    if now.role == Role.ROOT:
        raise refusal


#: The actions of ``manage`` except deletion: (caller, user) -> changes.
ACTIONS: Mapping[str, Callable[[User, User], UserChanges]] = {
    "disable": _disable,
    "enable": _enable,
    "promote": _promote,
    "demote": _demote,
}
