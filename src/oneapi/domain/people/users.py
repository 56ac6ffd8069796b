"""Users: their roles, their state, and changes to them."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Literal, get_args

from attrs import field, frozen

from oneapi.domain.changes import UNSET, Unset

if TYPE_CHECKING:
    from oneapi.domain.logs.rows import LogRow
    from oneapi.domain.people.tokens import Token

#: The fields of ``User`` that hold a user's ids at identity providers.
ExternalField = Literal["github_id", "github_account", "wechat_id", "lark_id", "oidc_id"]
EXTERNAL_FIELDS: tuple[ExternalField, ...] = get_args(ExternalField)


#: The group of new users.
FIRST_GROUP = "default"


class Role(IntEnum):
    GUEST = 0
    COMMON = 1
    ADMIN = 10
    ROOT = 100


class UserStatus(IntEnum):
    ENABLED = 1
    DISABLED = 2
    DELETED = 3


@frozen
class User:
    """A user. ``quota`` is the remaining balance in quota units; it may be negative."""

    id: int
    username: str
    role: int
    status: int
    group: str
    quota: int
    used_quota: int = 0
    request_count: int = 0
    display_name: str = ""
    email: str = ""
    github_id: str = ""
    wechat_id: str = ""
    lark_id: str = ""
    oidc_id: str = ""
    aff_code: str = ""
    inviter_id: int = 0
    #: The number of the user's GitHub account; ``github_id`` is its login, which may pass to somebody else.
    github_account: str = ""

    @property
    def enabled(self) -> bool:
        return self.status == UserStatus.ENABLED

    @property
    def is_admin(self) -> bool:
        return self.role >= Role.ADMIN


@frozen
class Account:
    """A token together with its owner: the result of authentication."""

    token: Token
    user: User


@frozen
class NewAccount:
    """Everything that is stored when a user is created; the storage assigns the ids.

    Rows of ``log`` with user 0 belong to the new user. ``inviter_bonus``, in quota units, goes to ``user.inviter_id``.
    """

    user: User
    password_hash: str
    access_token: str
    token: Token
    inviter_bonus: int = 0
    log: tuple[LogRow, ...] = ()


@frozen
class UserChanges:
    """Changes to a user, by the fields of ``User`` and ``NewAccount``."""

    username: str | Unset = UNSET
    display_name: str | Unset = UNSET
    role: int | Unset = UNSET
    status: int | Unset = UNSET
    email: str | Unset = UNSET
    group: str | Unset = UNSET
    quota: int | Unset = UNSET
    aff_code: str | Unset = UNSET
    password_hash: str | Unset = field(default=UNSET, repr=False)
    access_token: str | Unset = field(default=UNSET, repr=False)
    github_id: str | Unset = UNSET
    github_account: str | Unset = UNSET
    wechat_id: str | Unset = UNSET
    lark_id: str | Unset = UNSET
    oidc_id: str | Unset = UNSET


@frozen
class Change:
    """Changes to a user, and the log row that reports them."""

    changes: UserChanges
    log: LogRow | None = None
