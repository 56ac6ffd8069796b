"""Management of a user's own tokens."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

import attrs
from attrs import frozen

from oneapi.application.lists import check_count, check_lengths
from oneapi.domain.changes import UNSET, named, otherwise
from oneapi.domain.errors.administration import IdMissing, NotFound, OutOfRange, UnknownStatus
from oneapi.domain.errors.people import (
    BadSubnet,
    NoModelNamed,
    TokenNameTooLong,
    TokenStillExhausted,
    TokenStillExpired,
)
from oneapi.domain.money.quota import LARGEST_BALANCE
from oneapi.domain.people.tokens import NEVER, Token, TokenChanges, TokenStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from oneapi.application.money.ledger import Ledger
    from oneapi.application.ports.people import TokenRepository

LONGEST_NAME = 30
#: The most entries of a token's lists, which every request checks.
MOST_NETWORKS, MOST_MODELS = 100, 1000
#: The most characters of a network in CIDR notation.
LONGEST_NETWORK = 64
#: Statuses from which a token can be enabled again if its new values allow it.
SPENT = (TokenStatus.EXPIRED, TokenStatus.EXHAUSTED)


@frozen
class TokenEdit:
    """The values of a token that its user decides.

    ``expired_time`` 0 means never, as in the original when a token is created; None: unchanged. ``quota_seen`` is the
    remainder that the user saw: the remainder changes by the difference to it, so that what was spent in the meantime
    stays spent; None: ``remain_quota`` is set as it is. ``used_quota`` has the same effect for a row that a client
    sends back whole, as it was read. Neither is stored. ``stores_responses`` None: unchanged; new tokens store.
    """

    name: str
    expired_time: int | None
    remain_quota: int
    unlimited_quota: bool
    models: str | None
    subnet: str | None
    quota_seen: int | None = None
    used_quota: int | None = None
    stores_responses: bool | None = None

    def changes(self) -> TokenChanges:
        """The changes to store. Raises Refusal."""
        if len(self.name) > LONGEST_NAME:
            raise TokenNameTooLong(most=LONGEST_NAME)
        check_count("subnet", self.subnet, MOST_NETWORKS)
        check_count("models", self.models, MOST_MODELS)
        for part in self.subnet.split(",") if self.subnet else ():
            if not _is_network(part.strip()):
                raise BadSubnet(subnet=part.strip()[:LONGEST_NETWORK])
        return TokenChanges(
            name=self.name,
            expired_time=UNSET if self.expired_time is None else self.expired_time or NEVER,
            remain_quota=self.remain_quota,
            unlimited_quota=self.unlimited_quota,
            models=_model_list(self.models),
            subnet=self.subnet,
            stores_responses=UNSET if self.stores_responses is None else self.stores_responses,
        )


class ManageTokens:
    """Creates, reads, changes and deletes a user's own tokens; those of others are never visible.

    Balances include everything that this process has settled.
    """

    def __init__(
        self,
        tokens: TokenRepository,
        ledger: Ledger,
        *,
        new_key: Callable[[], str],
        forget_accounts: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._tokens = tokens
        self._ledger = ledger
        self._new_key = new_key
        self._forget_accounts = forget_accounts
        self._clock = clock

    async def page(self, user_id: int, *, offset: int, limit: int, order: str) -> tuple[Sequence[Token], int]:
        """The tokens of a page, and the number of all tokens."""
        await self._ledger.flush()
        found = await self._tokens.page(user_id, offset=offset, limit=limit, order=order)
        return found, await self._tokens.count(user_id)

    async def search(self, user_id: int, keyword: str) -> Sequence[Token]:
        await self._ledger.flush()
        return await self._tokens.search(user_id, keyword)

    async def get(self, user_id: int, token_id: int) -> Token:
        """The token. Raises Refusal if the user has no such token."""
        if not token_id:
            raise IdMissing
        await self._ledger.flush()
        return _found(await self._tokens.get(user_id, token_id))

    async def create(self, user_id: int, edit: TokenEdit) -> Token:
        """Create an enabled token with a unique key; empty ``models`` or ``subnet``: no restriction."""
        now = int(self._clock())
        changes = self._checked(edit)
        token = Token(
            id=0,
            user_id=user_id,
            key=self._new_key(),
            status=TokenStatus.ENABLED,
            name=edit.name,
            expired_time=otherwise(changes.expired_time, NEVER),
            remain_quota=edit.remain_quota,
            unlimited_quota=edit.unlimited_quota,
            created_time=now,
            accessed_time=now,
            models=otherwise(changes.models, None),
            subnet=edit.subnet or "",
            stores_responses=otherwise(changes.stores_responses, True),
        )
        created = await self._tokens.add(token)
        self._forget_accounts()
        return created

    async def update(self, user_id: int, token_id: int, edit: TokenEdit, status: int | None) -> Token:
        """Change everything that a user decides, in one step.

        A ``status`` of enabled is refused unless the new values allow it, and re-enables an expired or exhausted token;
        any other ``status`` is ignored.
        """
        changes = self._checked(edit)
        now = await self.get(user_id, token_id)
        token = attrs.evolve(now, **named(changes))
        granted = _granted(now, edit)
        if granted is not None:
            token = attrs.evolve(token, remain_quota=now.remain_quota + granted)
            changes = attrs.evolve(changes, remain_quota=UNSET)
        if abs(token.remain_quota) > LARGEST_BALANCE:
            raise OutOfRange(field="remain_quota")
        if status == TokenStatus.ENABLED:
            self._check_enabling(token)
            if token.status in SPENT:
                changes = attrs.evolve(changes, status=TokenStatus.ENABLED)
        return await self._write(user_id, token_id, changes, granted or 0)

    async def set_status(self, user_id: int, token_id: int, status: int) -> Token:
        token = await self.get(user_id, token_id)
        if status not in tuple(TokenStatus):
            raise UnknownStatus(status=status)
        if status == TokenStatus.ENABLED:
            self._check_enabling(token)
        return await self._write(user_id, token_id, TokenChanges(status=status))

    async def delete(self, user_id: int, token_id: int) -> None:
        if not token_id:
            raise IdMissing
        if not await self._tokens.delete(user_id, token_id):
            raise NotFound
        self._forget_accounts()

    def _checked(self, edit: TokenEdit) -> TokenChanges:
        changes = edit.changes()
        check_lengths(changes, self._tokens.longest)
        return changes

    async def _write(self, user_id: int, token_id: int, changes: TokenChanges, granted: int = 0) -> Token:
        updated = _found(await self._tokens.update(user_id, token_id, changes, granted=granted))
        self._forget_accounts()
        return updated

    def _check_enabling(self, token: Token) -> None:
        expires = token.expired_time
        if token.status == TokenStatus.EXPIRED and expires <= self._clock() and expires != NEVER:
            raise TokenStillExpired
        if token.status == TokenStatus.EXHAUSTED and token.remain_quota <= 0 and not token.unlimited_quota:
            raise TokenStillExhausted


def _granted(now: Token, edit: TokenEdit) -> int | None:
    """The change of the remainder in quota units; None: it is set instead."""
    if edit.quota_seen is not None:
        return edit.remain_quota - edit.quota_seen
    if edit.used_quota is not None and now.used_quota > edit.used_quota and not now.unlimited_quota:
        return edit.remain_quota - (now.used_quota - edit.used_quota) - now.remain_quota
    return None


def _found(token: Token | None) -> Token:
    if token is None:
        raise NotFound
    return token


def _model_list(models: str | None) -> str | None:
    """The names without spaces and empty parts, which would never match."""
    if not models:
        return models
    names = [name for part in models.split(",") if (name := part.strip())]
    if not names:
        # Without this, dropping all parts would leave no restriction at all.
        raise NoModelNamed
    return ",".join(dict.fromkeys(names))


def _is_network(text: str) -> bool:
    if "/" not in text or len(text) > LONGEST_NETWORK:
        return False
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True
