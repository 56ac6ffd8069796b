"""Authentication of the relay: tokens and their owners, cached, and dropped at the first sign of a change."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from typing import TYPE_CHECKING

from attrs import define

from oneapi.domain.errors import (
    PinnedChannelUnknown,
    PinningDenied,
    StorageUnavailable,
    TokenDisabled,
    TokenExpired,
    TokenMissing,
    TokenRefused,
    TokenSpent,
    TokenUnknown,
    UserBanned,
)
from oneapi.domain.people.tokens import TokenStatus, could_be_shown, playground_token, read_key
from oneapi.domain.people.users import Account
from oneapi.domain.records import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.ports.people import AccountReader
    from oneapi.domain.people.tokens import Token
    from oneapi.domain.people.users import User

#: Seconds for which a token is not read again. Changes made through any node are noticed within a second anyway; this
#: bounds the delay of changes made directly in the database.
FRESH = 10.0
FRESH_MISS = 2.0
CACHED_KEYS = 20_000
#: The most unknown keys remembered, apart from the known ones, so that a flood of guesses cannot displace those.
UNKNOWN_KEYS = 10_000
#: The status to store for a token refused with this error.
FOUND = {TokenExpired: TokenStatus.EXPIRED, TokenSpent: TokenStatus.EXHAUSTED}


@record
class Caller:
    """An authenticated client. ``pinned`` is the channel that its key asks for, if any."""

    account: Account
    pinned: int | None = None


@define
class _Entry:
    account: Account
    read_at: float


class Authenticator:
    """Turns an ``Authorization`` header into a Caller."""

    def __init__(
        self,
        reader: AccountReader,
        *,
        observe: Callable[[Account], None],
        clock: Callable[[], float],
        outage_grace: float,
    ) -> None:
        self._reader = reader
        self._observe = observe
        self._clock = clock
        self._outage_grace = outage_grace
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        #: Unknown key -> the time of the unsuccessful lookup.
        self._unknown: OrderedDict[str, float] = OrderedDict()
        self._loading: dict[str, asyncio.Future[Account | None]] = {}
        self._generation = 0

    def forget_all(self) -> None:
        """Read every token again before its next use, because a token or user has changed.

        Entries are kept in case the database cannot be reached.
        """
        self._generation += 1
        self._unknown.clear()
        for entry in self._entries.values():
            entry.read_at = min(entry.read_at, self._clock() - FRESH)

    async def caller(self, authorization: str, address: str) -> Caller:
        """The caller. Raises TokenRefused, AccessDenied; StorageUnavailable if a new token cannot be looked up."""
        shown = read_key(authorization)
        pinned: str | None = None
        entry, now = self._entries.get(shown), self._clock()
        if entry is not None and now - entry.read_at < FRESH:
            self._entries.move_to_end(shown)
            account: Account | None = entry.account
        else:
            account, pinned = await self._look_up(shown)
        if account is None:
            raise TokenUnknown
        try:
            account.token.check_usable(now)
        except TokenRefused as refusal:
            if await self._is_so(account.token, refusal):
                raise
        account.token.check_address(address)
        if not account.user.enabled:
            raise UserBanned
        return Caller(account, _channel_id(pinned, account) if pinned is not None else None)

    async def holder(self, authorization: str, address: str) -> Account:
        """Like ``caller``, for requests of a token about itself, which spent and expired tokens may make too."""
        account, _ = await self._look_up(read_key(authorization))
        if account is None:
            raise TokenUnknown
        if account.token.status == TokenStatus.DISABLED:
            raise TokenDisabled
        account.token.check_address(address)
        if not account.user.enabled:
            raise UserBanned
        return account

    def signed_in(self, user: User) -> Caller:
        """A caller without a token: ``user``, just read from the database."""
        account = Account(playground_token(user.id), user)
        self._observe(account)
        return Caller(account)

    async def _is_so(self, token: Token, refusal: TokenRefused) -> bool:
        """Whether ``token`` must be refused; one found expired or spent remains so until its owner enables it again.

        A token whose remainder is held by requests under way is not spent, because they may return it.
        """
        status = FOUND.get(type(refusal))
        if status is None or token.status != TokenStatus.ENABLED:
            return True
        with contextlib.suppress(StorageUnavailable):
            if not await self._reader.set_token_status(token.id, status):
                return False
            self._entries.pop(token.key, None)
        return True

    async def _look_up(self, shown: str) -> tuple[Account | None, str | None]:
        """The account, and the channel number that follows its key, if any."""
        if not shown:
            raise TokenMissing
        if not could_be_shown(shown):
            raise TokenUnknown
        account = await self._find(shown)
        if account is None and "-" in shown:
            key, pinned, *_ = shown.split("-")
            return await self._find(key), pinned
        return account, None

    async def _find(self, key: str) -> Account | None:
        entry = self._entries.get(key)
        now = self._clock()
        if entry is not None and now - entry.read_at < FRESH:
            self._entries.move_to_end(key)
            return entry.account
        if now - self._unknown.get(key, -FRESH_MISS) < FRESH_MISS:
            return None
        try:
            return await self._load(key)
        except StorageUnavailable:
            if entry is not None and now - entry.read_at < FRESH + self._outage_grace:
                return entry.account
            raise

    async def _load(self, key: str) -> Account | None:
        """Read ``key`` from the database, once for all simultaneous callers."""
        loading = self._loading.get(key)
        if loading is None:
            loading = self._loading[key] = asyncio.ensure_future(self._read(key))
            loading.add_done_callback(lambda _: self._loading.pop(key, None))
        return await asyncio.shield(loading)

    async def _read(self, key: str) -> Account | None:
        generation = self._generation
        account = await self._reader.account_by_key(key)
        if account is not None:
            self._observe(account)
        if generation == self._generation:
            self._keep(key, account)
        return account

    def _keep(self, key: str, account: Account | None) -> None:
        if account is None:
            self._entries.pop(key, None)
            self._unknown[key] = self._clock()
            if len(self._unknown) > UNKNOWN_KEYS:
                self._unknown.popitem(last=False)
            return
        self._unknown.pop(key, None)
        self._entries[key] = _Entry(account, self._clock())
        self._entries.move_to_end(key)
        if len(self._entries) > CACHED_KEYS:
            self._entries.popitem(last=False)


def _channel_id(text: str, account: Account) -> int:
    if not account.user.is_admin:
        raise PinningDenied
    if not text.isascii() or not text.isdigit():
        raise PinnedChannelUnknown
    return int(text[:12])
