"""API tokens: what a client shows, and what it then may do."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from attrs import frozen

from oneapi.domain.changes import UNSET, Unset
from oneapi.domain.errors import (
    ModelDenied,
    NetworkDenied,
    TokenDisabled,
    TokenExhausted,
    TokenExpired,
    TokenSpent,
)

NEVER = -1
KEY_LENGTH = 48
#: The column takes ``KEY_LENGTH``, but SQLite does not insist; the number of a channel may follow.
LONGEST_SHOWN = 128
#: Networks of a token that count. Tokens are made with fewer; more can only stand in a database of before.
MOST_NETWORKS = 1000
#: Characters of a token's networks that a refusal repeats.
SHOWN = 200
BEARER = "bearer "
#: How nearly all clients show a key.
USUAL = "Bearer sk-"


class TokenStatus(IntEnum):
    ENABLED = 1
    DISABLED = 2
    EXPIRED = 3
    EXHAUSTED = 4


def read_key(authorization: str) -> str:
    """What an ``Authorization`` header shows; the scheme ``Bearer``, in any case, and ``sk-`` are both optional.

    The text may be a stored key, or a stored key, ``-`` and the number of a channel.
    """
    if authorization.startswith(USUAL):
        return authorization[len(USUAL) :].strip()
    return bearer(authorization).removeprefix("sk-")


def bearer(authorization: str) -> str:
    """The credential without its scheme; schemes have no case (RFC 9110, 11.1)."""
    if authorization[: len(BEARER)].lower() == BEARER:
        authorization = authorization[len(BEARER) :]
    return authorization.strip()


def could_be_shown(text: str) -> bool:
    """Whether ``text`` could be a stored key, with or without a channel: worth asking the database for."""
    return len(text) <= LONGEST_SHOWN and text.isascii() and text.isprintable()


@frozen
class Token:
    """A client key. Quotas are in quota units; times are unix seconds, ``NEVER`` = -1."""

    id: int
    user_id: int
    key: str
    status: int
    name: str
    expired_time: int
    remain_quota: int
    unlimited_quota: bool
    used_quota: int = 0
    created_time: int = 0
    accessed_time: int = 0
    #: None is a NULL of the database: no restriction, like the empty text.
    models: str | None = None
    subnet: str | None = None

    def check_usable(self, now: float) -> None:
        """Raise TokenRefused unless the token may be used at ``now``."""
        if self.status != TokenStatus.ENABLED:
            if self.status == TokenStatus.EXHAUSTED:
                raise TokenExhausted(name=self.name, id=self.id)
            raise TokenExpired if self.status == TokenStatus.EXPIRED else TokenDisabled
        if self.expired_time != NEVER and self.expired_time < now:
            raise TokenExpired
        if not self.unlimited_quota and self.remain_quota <= 0:
            raise TokenSpent

    def check_address(self, address: str) -> None:
        """Raise AccessDenied unless ``address`` lies in one of the token's networks."""
        if self.subnet and not _contains(self.subnet, address):
            raise NetworkDenied(subnets=_beginning(self.subnet), ip=address)

    def check_model(self, model: str) -> None:
        """Raise AccessDenied unless the token may use ``model``; an empty name is not checked."""
        if model and not self.may_use(model):
            raise ModelDenied(model=model)

    def may_use(self, model: str) -> bool:
        """Whether ``model`` is among those that the token is for."""
        return not self.models or ("," not in model and f",{model}," in f",{self.models},")


@frozen
class TokenChanges:
    """What is to be set of a token, in the terms of ``Token``."""

    status: int | Unset = UNSET
    name: str | Unset = UNSET
    expired_time: int | Unset = UNSET
    remain_quota: int | Unset = UNSET
    unlimited_quota: bool | Unset = UNSET
    models: str | Unset | None = UNSET
    subnet: str | Unset | None = UNSET


def playground_token(user_id: int) -> Token:
    """What stands in for a token where somebody signed in to the console calls without one: it has no row."""
    return Token(
        id=0,
        user_id=user_id,
        key="",
        status=TokenStatus.ENABLED,
        name="playground",
        expired_time=NEVER,
        remain_quota=0,
        unlimited_quota=True,
    )


def _beginning(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


@lru_cache(maxsize=256)
def _networks(subnet: str) -> tuple[IPv4Network | IPv6Network, ...]:
    networks = []
    for part in subnet.split(",", MOST_NETWORKS)[:MOST_NETWORKS]:
        text = part.strip()
        if "/" not in text:  # a bare address never matched in the original either
            continue
        try:
            networks.append(ip_network(text, strict=False))
        except ValueError:
            continue
    return tuple(networks)


def _contains(subnet: str, address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return any(ip in network for network in _networks(subnet))
