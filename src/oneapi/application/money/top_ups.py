"""Adding quota to users: redemption codes, and grants by administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.errors import TooManyRequests
from oneapi.domain.errors.administration import NotFound
from oneapi.domain.errors.money import QuotaNegative, RedemptionMissing, RedemptionUnknown, RedemptionUsed
from oneapi.domain.errors.people import MayNotChange
from oneapi.domain.logs.events import Redeemed, ToppedUp
from oneapi.domain.logs.rows import LogRow, LogType
from oneapi.domain.people.users import Role, UserStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from oneapi.application.audit import Actor, AuditTrail
    from oneapi.application.catalog import Catalog
    from oneapi.application.ports.money import CreditStore, RedemptionRepository
    from oneapi.application.ports.operations import RateLimits
    from oneapi.application.ports.people import UserRepository
    from oneapi.domain.limits import Rate
    from oneapi.domain.logs.events import LogEvent
    from oneapi.domain.people.users import User


class Redeem:
    """Redeems a code, once. Wrong guesses are limited per user and per address."""

    def __init__(
        self,
        codes: RedemptionRepository,
        store: CreditStore,
        catalog: Catalog,
        limits: RateLimits,
        rate: Rate,
        *,
        forget_accounts: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._codes = codes
        self._store = store
        self._catalog = catalog
        self._limits = limits
        self._rate = rate
        self._forget_accounts = forget_accounts
        self._clock = clock

    async def __call__(self, user: User, key: str, address: str, request_id: str) -> int:
        """Credit ``user`` and return the quota, which can be spent at once. Raises Refusal."""
        key = key.strip()
        if not key:
            raise RedemptionMissing
        guessers = (f"user {user.id}", address)
        await self._check(guessers)
        code = await self._codes.by_key(key)
        if code is None:
            for guesser in guessers:
                await self._limits.admit(self._rate, guesser)
            raise RedemptionUnknown
        quota = await self._store.redeem(code, lambda quota: self._row(user, quota, request_id))
        if quota is None:
            raise RedemptionUsed
        self._forget_accounts()
        return quota

    async def _check(self, guessers: Sequence[str]) -> None:
        for guesser in guessers:
            wait = await self._limits.wait(self._rate, guesser)
            if wait is not None:
                raise TooManyRequests(retry_after=wait)

    def _row(self, user: User, quota: int, request_id: str) -> LogRow:
        event = Redeemed(self._catalog.current.options.amount(quota))
        return _row(user, quota, self._clock(), request_id, event=event)


class TopUp:
    """Grants quota: root to everybody, other administrators to users below them."""

    def __init__(
        self,
        users: UserRepository,
        store: CreditStore,
        catalog: Catalog,
        audit: AuditTrail,
        *,
        forget_accounts: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._users = users
        self._store = store
        self._catalog = catalog
        self._audit = audit
        self._forget_accounts = forget_accounts
        self._clock = clock

    async def __call__(self, actor: Actor, user_id: int, quota: int, remark: str, reference: str) -> None:
        """Add ``quota``, which the user can spend at once.

        A ``reference`` of the actor makes repeated calls count once; if empty, every call counts. Raises Refusal.
        """
        if quota < 0:
            raise QuotaNegative
        user = await self._users.by_id(user_id)
        if user is None or user.status == UserStatus.DELETED:
            raise NotFound
        if actor.user.role < Role.ROOT and user.role >= actor.user.role:
            raise MayNotChange
        event = None if remark else ToppedUp(self._catalog.current.options.amount(quota))
        unique = f"{actor.user.id} {reference}" if reference else actor.request_id
        row = _row(user, quota, self._clock(), actor.request_id, content=remark, event=event)
        if not await self._store.top_up(row, unique):
            return
        self._forget_accounts()
        after = {"added": quota, "remark": remark, "reference": reference}
        await self._audit.record(actor, "user.topup", f"user {user.id}", None, after)


def _row(
    user: User,
    quota: int,
    now: float,
    request_id: str,
    *,
    content: str = "",
    event: LogEvent | None = None,
) -> LogRow:
    return LogRow(
        user_id=user.id,
        created_at=int(now),
        type=LogType.TOP_UP,
        content=content,
        username=user.username,
        quota=quota,
        request_id=request_id,
        event=event,
    )
