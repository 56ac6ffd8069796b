"""Accounts: who may do what, and whether they may do it now."""

from __future__ import annotations

from enum import IntEnum
from typing import NewType

from attrs import frozen

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

    @property
    def enabled(self) -> bool:
        return self.status == UserStatus.ENABLED

    @property
    def is_admin(self) -> bool:
        return self.role >= Role.ADMIN
