"""Accounts: who may do what, and whether they may do it now."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Literal, get_args

from attrs import field, frozen

from oneapi.domain.changes import UNSET, Unset

if TYPE_CHECKING:
    from oneapi.domain.logs.rows import LogRow
    from oneapi.domain.people.tokens import Token

#: The fields of ``User`` that say who a user is elsewhere.
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
    """An account. ``quota`` is what remains, in quota units; it may be below zero."""

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
    #: GitHub's number of the account; ``github_id`` is its name there, which may change hands.
    github_account: str = ""

    @property
    def enabled(self) -> bool:
        return self.status == UserStatus.ENABLED

    @property
    def is_admin(self) -> bool:
        return self.role >= Role.ADMIN


@frozen
class Account:
    """A token together with its owner, as authentication reads them."""

    token: Token
    user: User


@frozen
class NewAccount:
    """Everything that is stored when an account is made; the storage gives the ids.

    ``log``: those of user 0 are the new user's. ``inviter_bonus`` goes to ``user.inviter_id``.
    """

    user: User
    password_hash: str
    access_token: str
    token: Token
    inviter_bonus: int = 0
    log: tuple[LogRow, ...] = ()


@frozen
class UserChanges:
    """What is to be set of an account, in the terms of ``User`` and ``NewAccount``."""

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
    """What to set of an account, and the row of the log that belongs to it."""

    changes: UserChanges
    log: LogRow | None = None
