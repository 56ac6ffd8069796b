"""A user's own tokens."""

from __future__ import annotations

import secrets
import string
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import attrs
from attrs import frozen

from oneapi.application.refusals import Refusal
from oneapi.domain.tokens import KEY_LENGTH, NEVER, Token, TokenStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from oneapi.application.ports import TokenRepository

LONGEST_NAME = 30
LARGEST = 2**53
ALPHABET = string.ascii_letters + string.digits


def new_key() -> str:
    """48 characters of a secure source, none of them ``-``: about 285 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(KEY_LENGTH))


@frozen
class TokenOrder:
    """What a user may decide about a token."""

    name: str
    expired_time: int
    remain_quota: int
    unlimited_quota: bool
    models: str | None
    subnet: str | None

    def check(self) -> None:
        """Raises Refusal."""
        if len(self.name) > LONGEST_NAME:
            raise Refusal("token_name_too_long", most=LONGEST_NAME)
        for field, value in (("remain_quota", self.remain_quota), ("expired_time", self.expired_time)):
            if abs(value) > LARGEST:
                raise Refusal("out_of_range", field=field)
        for part in (self.subnet or "").split(","):
            if self.subnet and not _is_network(part.strip()):
                raise Refusal("bad_subnet", subnet=part.strip())


class ManageTokens:
    """Create, read, change and delete the tokens of one user; nobody sees another's."""

    def __init__(
        self, tokens: TokenRepository, *, forget_accounts: Callable[[], None], clock: Callable[[], float]
    ) -> None:
        self._tokens = tokens
        self._forget_accounts = forget_accounts
        self._clock = clock

    async def page(self, user_id: int, *, offset: int, limit: int, order: str) -> tuple[Sequence[Token], int]:
        """The tokens of a page, and how many there are in all."""
        found = await self._tokens.page(user_id, offset=offset, limit=limit, order=order)
        return found, await self._tokens.count(user_id)

    async def search(self, user_id: int, keyword: str) -> Sequence[Token]:
        return await self._tokens.search(user_id, keyword)

    async def get(self, user_id: int, token_id: int) -> Token:
        """Raises Refusal if the user has no such token."""
        if not token_id:
            raise Refusal("id_missing")
        return _found(await self._tokens.get(user_id, token_id))

    async def create(self, user_id: int, order: TokenOrder) -> Token:
        order.check()
        now = int(self._clock())
        token = Token(
            id=0,
            user_id=user_id,
            key=new_key(),
            status=TokenStatus.ENABLED,
            created_time=now,
            accessed_time=now,
            **attrs.asdict(attrs.evolve(order, expired_time=order.expired_time or NEVER, subnet=order.subnet or "")),
        )
        created = await self._tokens.add(token)
        self._forget_accounts()
        return created

    async def update(self, user_id: int, token_id: int, order: TokenOrder, status: int | None) -> Token:
        """Everything a user may decide, at once; a ``status`` is judged by the new values."""
        order.check()
        changes: dict[str, Any] = attrs.asdict(order)
        return await self._change(user_id, token_id, changes, status, keep_status=True)

    async def set_status(self, user_id: int, token_id: int, status: int) -> Token:
        return await self._change(user_id, token_id, {}, status, keep_status=False)

    async def delete(self, user_id: int, token_id: int) -> None:
        if not token_id:
            raise Refusal("id_missing")
        if not await self._tokens.delete(user_id, token_id):
            raise Refusal("not_found")
        self._forget_accounts()

    async def _change(
        self, user_id: int, token_id: int, changes: Mapping[str, Any], status: int | None, *, keep_status: bool
    ) -> Token:
        token = attrs.evolve(await self.get(user_id, token_id), **changes)
        if status == TokenStatus.ENABLED:
            self._check_usable(token)
        written = dict(changes)
        if not keep_status:
            if status not in tuple(TokenStatus):
                raise Refusal("bad_status", status=status)
            written["status"] = status
        updated = _found(await self._tokens.update(user_id, token_id, written))
        self._forget_accounts()
        return updated

    def _check_usable(self, token: Token) -> None:
        expires = token.expired_time
        if token.status == TokenStatus.EXPIRED and expires <= self._clock() and expires != NEVER:
            raise Refusal("token_expired")
        if token.status == TokenStatus.EXHAUSTED and token.remain_quota <= 0 and not token.unlimited_quota:
            raise Refusal("token_exhausted")


def _found(token: Token | None) -> Token:
    if token is None:
        raise Refusal("not_found")
    return token


def _is_network(text: str) -> bool:
    if "/" not in text:
        return False
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True
