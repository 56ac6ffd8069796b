"""Accounts: who may do what, and whether they may do it now."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, NewType

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.logs import LogRow
    from oneapi.domain.tokens import Token

#: Columns that say who a user is elsewhere.
EXTERNAL_COLUMNS = ("github_id", "github_account", "wechat_id", "lark_id", "oidc_id")

UserId = NewType("UserId", int)


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
class Change:
    """What to set of an account, by column, and the row of the log that belongs to it."""

    columns: Mapping[str, Any]
    log: LogRow | None = None
