"""API tokens: how clients present them, and what they allow."""

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
#: The longest text that is looked up as a key. A channel's number may follow the key, and SQLite does not enforce
#: ``KEY_LENGTH``.
LONGEST_SHOWN = 128
#: The most networks of a token that are checked. New tokens have fewer; only old databases may hold more.
MOST_NETWORKS = 1000
#: The most characters of a token's networks that an error message repeats.
SHOWN = 200
BEARER = "bearer "
#: How nearly all clients send a key; the fast path of ``read_key``.
USUAL = "Bearer sk-"


class TokenStatus(IntEnum):
    ENABLED = 1
    DISABLED = 2
    EXPIRED = 3
    EXHAUSTED = 4


def read_key(authorization: str) -> str:
    """The key in an ``Authorization`` header; the scheme ``Bearer``, in any case, and ``sk-`` are both optional.

    The result is a stored key, or a stored key followed by ``-`` and a channel's number.
    """
    if authorization.startswith(USUAL):
        return authorization[len(USUAL) :].strip()
    return bearer(authorization).removeprefix("sk-")


def bearer(authorization: str) -> str:
    """The credential without its scheme; schemes are case-insensitive (RFC 9110, 11.1)."""
    if authorization[: len(BEARER)].lower() == BEARER:
        authorization = authorization[len(BEARER) :]
    return authorization.strip()


def could_be_shown(text: str) -> bool:
    """Whether ``text`` could be a stored key, with or without a channel, so that a database lookup makes sense."""
    return len(text) <= LONGEST_SHOWN and text.isascii() and text.isprintable()


@frozen
class Token:
    """A client's key. Quotas are in quota units, times in unix seconds; ``NEVER`` (-1) is no expiry."""

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
    #: None is the database's NULL and means no restriction, like the empty text.
    models: str | None = None
    subnet: str | None = None
    #: Whether answers of the Responses API may be stored for requests with this token.
    stores_responses: bool = True

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
        """Whether the token allows ``model``."""
        return not self.models or ("," not in model and f",{model}," in f",{self.models},")


@frozen
class TokenChanges:
    """Changes to a token, by the fields of ``Token``."""

    status: int | Unset = UNSET
    name: str | Unset = UNSET
    expired_time: int | Unset = UNSET
    remain_quota: int | Unset = UNSET
    unlimited_quota: bool | Unset = UNSET
    models: str | Unset | None = UNSET
    subnet: str | Unset | None = UNSET
    stores_responses: bool | Unset = UNSET


def playground_token(user_id: int) -> Token:
    """The token of requests from the console's playground, which carry none: id 0, without a row in the database."""
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
        if "/" not in text:  # as in the original, a bare address never matches
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
