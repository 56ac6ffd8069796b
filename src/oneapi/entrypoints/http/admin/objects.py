"""What the admin API shows of each thing: names and types as clients of the original know them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from oneapi.domain.channels import ChannelRecord
    from oneapi.domain.logs import LogRow
    from oneapi.domain.tokens import Token
    from oneapi.domain.users import User

_USER = (
    "id username display_name role status email github_id wechat_id lark_id oidc_id quota used_quota request_count"
    " group aff_code inviter_id"
).split()
_LOGIN = ("id", "username", "display_name", "role", "status")


def show_user(user: User) -> dict[str, Any]:
    """Every key of the original; the secrets among them always empty."""
    shown: dict[str, Any] = {name: getattr(user, name) for name in _USER}
    return shown | {"password": "", "verification_code": "", "access_token": ""}


def show_login(user: User) -> dict[str, Any]:
    """As ``show_user``, with only what the login answer tells."""
    empty = {name: "" if isinstance(value, str) else 0 for name, value in show_user(user).items()}
    return empty | {name: getattr(user, name) for name in _LOGIN}


def show_token(token: Token) -> dict[str, Any]:
    return attrs.asdict(token)


def show_channel(channel: ChannelRecord) -> dict[str, Any]:
    return attrs.asdict(channel)


def show_log(row: LogRow) -> dict[str, Any]:
    shown = attrs.asdict(row)
    shown["channel"] = shown.pop("channel_id")
    return shown
