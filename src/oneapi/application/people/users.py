"""Users as administrators keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from oneapi.application.people.accounts import deletion
from oneapi.application.people.user_fields import (
    UNCHANGED,
    check_display_name,
    check_email,
    check_password,
    check_username,
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
from oneapi.domain.logs import LogRow, LogType
from oneapi.domain.quota import LARGEST_BALANCE
from oneapi.domain.users import Change, Role, User, UserStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from oneapi.application.audit import Actor, AuditTrail
    from oneapi.application.catalog import Catalog
    from oneapi.application.money.ledger import Ledger
    from oneapi.application.people.registration import NewAccounts
    from oneapi.application.people.sessions import UserSessions
    from oneapi.application.people.sign_in import Passwords
    from oneapi.application.ports import UserRepository
    from oneapi.domain.errors import Refusal

#: Users that a search finds at most.
SEARCHED = 1000
LONGEST_GROUP = 32
#: Fields whose zero value in an order means "as it was": nobody is without them.
KEPT_WHEN_EMPTY = ("username", "role", "status", "group")
#: What an order says of how the user was when its caller looked.
SEEN = ("quota_seen", "used_quota")
#: What a user may be by an order; deleting is not an order.
STATES = (UserStatus.ENABLED, UserStatus.DISABLED)
ROLES = (Role.COMMON, Role.ADMIN, Role.ROOT)


class ReadUsers:
    """What administrators see of users. Balances include everything that this process has settled."""

    def __init__(self, users: UserRepository, ledger: Ledger) -> None:
        self._users = users
        self._ledger = ledger

    async def page(self, *, offset: int, limit: int, order: str) -> tuple[Sequence[User], int]:
        """The users of a page, and how many there are in all; without the deleted."""
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
    """Create, change and delete users of a lower role; root may change all. Each raises Refusal, and does nothing.

    What changes acts at once everywhere: roles and states on the next call, balances on the next request.
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
        """A common user, whatever ``role`` says, as in the original; but it must be below the caller's."""
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

    async def update(self, actor: Actor, user_id: int, order: Mapping[str, Any]) -> None:
        """Set what ``order`` names of the user's fields; what it leaves empty of ``KEPT_WHEN_EMPTY`` stays.

        ``password`` empty stays, too; a new one ends the user's sessions and access token. ``quota_seen``: the quota
        that the caller saw; it then moves by the difference to that, so that what was consumed meanwhile stays
        consumed. Without it ``used_quota``, of a row that is sent back whole, does the same; it is not set.
        """
        wanted = {name: value for name, value in order.items() if value or name not in KEPT_WHEN_EMPTY}
        columns: dict[str, Any] = {}
        if (password := wanted.pop("password", "")) not in UNCHANGED:
            columns["password"] = await self._passwords.hash(check_password(password))
            columns["access_token"] = self._new_access_token()
        if wanted.get("email"):
            await self._check_address(user_id, check_email(wanted["email"]))

        def decide(now: User) -> Change:
            _check_roles(actor.user, now, wanted)
            changes = columns | _differences(now, wanted)
            return Change(changes, self._quota_log(actor, now, changes.get("quota", now.quota)))

        await self._amend(actor, "user.update", user_id, decide, password="password" in columns)

    async def delete(self, actor: Actor, user_id: int) -> None:
        """A deleted user is deleted already."""
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
        """Change the user, at once for everybody, and write down who did; ``password``: it is among the changes."""
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
        options = self._catalog.current.options
        old, new = options.amount_text(now.quota), options.amount_text(quota)
        return LogRow(
            user_id=now.id,
            created_at=int(self._clock()),
            type=LogType.MANAGE,
            content=f"管理员将用户额度从 {old}修改为 {new}",
            username=now.username,
            request_id=actor.request_id,
        )


def _may_change(me: User, user: User) -> bool:
    return me.role > user.role or me.role == Role.ROOT


def _check_roles(me: User, now: User, wanted: Mapping[str, Any]) -> None:
    """Raise Refusal unless ``me`` may make of ``now`` what is wanted."""
    role, status = wanted.get("role", now.role), wanted.get("status", now.status)
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


def _differences(now: User, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that change, in the form they are stored in; what stays is not judged."""
    changes = {
        name: value for name, value in wanted.items() if name not in SEEN and value != getattr(now, name)
    }
    if "username" in changes:
        changes["username"] = check_username(changes["username"])
    if "display_name" in changes:
        changes["display_name"] = check_display_name(changes["display_name"])
    if "email" in changes:
        changes["email"] = check_email(changes["email"])
    if len(changes.get("group", "")) > LONGEST_GROUP:
        raise TooLong(field="group", most=LONGEST_GROUP)
    if "quota" in wanted:
        changes["quota"] = _quota(now, wanted)
    return changes


def _quota(now: User, wanted: Mapping[str, Any]) -> int:
    """The quota that ``wanted`` leaves, with what was consumed since the caller looked. Raises Refusal."""
    quota: int = wanted["quota"]
    if "quota_seen" in wanted:
        quota += now.quota - wanted["quota_seen"]
    elif "used_quota" in wanted:  # a whole row as it was read: what it says of the past shows how old it is
        quota -= max(0, now.used_quota - wanted["used_quota"])
    if abs(quota) > LARGEST_BALANCE:
        raise OutOfRange(field="quota")
    return quota


def _disable(_: User, now: User) -> dict[str, Any]:
    _keep_root(now, RootNotDisabled)
    return {"status": UserStatus.DISABLED}


def _enable(_: User, __: User) -> dict[str, Any]:
    return {"status": UserStatus.ENABLED}


def _promote(me: User, now: User) -> dict[str, Any]:
    if me.role != Role.ROOT:
        raise OnlyRootPromotes
    if now.role >= Role.ADMIN:
        raise AdminAlready
    return {"role": Role.ADMIN}


def _demote(_: User, now: User) -> dict[str, Any]:
    _keep_root(now, RootNotDemoted)
    if now.role == Role.COMMON:
        raise CommonAlready
    return {"role": Role.COMMON}


def _keep_root(now: User, refusal: type[Refusal]) -> None:
    if now.role == Role.ROOT:
        raise refusal


#: What ``manage`` can do beside deleting: who asks and whom -> the columns to set.
ACTIONS: Mapping[str, Callable[[User, User], dict[str, Any]]] = {
    "disable": _disable,
    "enable": _enable,
    "promote": _promote,
    "demote": _demote,
}
