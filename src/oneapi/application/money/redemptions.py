"""Management of redemption codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from oneapi.domain.changes import UNSET, Unset, named
from oneapi.domain.errors.administration import NotFound, UnknownStatus
from oneapi.domain.errors.money import (
    QuotaNegative,
    RedemptionCountMissing,
    RedemptionCountTooLarge,
    RedemptionFixed,
    RedemptionIdMissing,
    RedemptionNameLength,
)
from oneapi.domain.money.redemptions import (
    DEFAULT_QUOTA,
    LONGEST_NAME,
    MOST_AT_ONCE,
    Redemption,
    RedemptionChanges,
    RedemptionStatus,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from oneapi.application.audit import Actor, AuditTrail
    from oneapi.application.ports.money import RedemptionRepository

#: Statuses that an administrator may set; a code becomes used only by being redeemed, and stays so.
SETTABLE = (RedemptionStatus.ENABLED, RedemptionStatus.DISABLED)


class ManageRedemptions:
    """Creates, reads, changes and deletes codes; a used code cannot be changed, only deleted."""

    def __init__(
        self,
        codes: RedemptionRepository,
        audit: AuditTrail,
        *,
        new_key: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        self._codes = codes
        self._audit = audit
        self._new_key = new_key
        self._clock = clock

    async def page(self, *, offset: int, limit: int) -> tuple[Sequence[Redemption], int]:
        """The codes of a page, and the number of all codes."""
        return await self._codes.page(offset=offset, limit=limit), await self._codes.count()

    async def search(self, keyword: str) -> Sequence[Redemption]:
        return await self._codes.search(keyword)

    async def get(self, code_id: int) -> Redemption:
        """Raises Refusal if there is none."""
        if not code_id:
            raise RedemptionIdMissing
        code = await self._codes.get(code_id)
        if code is None:
            raise NotFound
        return code

    async def create(self, actor: Actor, *, name: str, count: int, quota: int) -> Sequence[str]:
        """Create ``count`` codes, all or none, and return their keys. ``quota`` 0: the default. Raises Refusal."""
        _check_name(name)
        if count <= 0:
            raise RedemptionCountMissing
        if count > MOST_AT_ONCE:
            raise RedemptionCountTooLarge
        _check_quota(quota)
        made = [
            Redemption(
                id=0,
                user_id=actor.user.id,
                key=self._new_key(),
                status=RedemptionStatus.ENABLED,
                name=name,
                quota=quota or DEFAULT_QUOTA,
                created_time=int(self._clock()),
            )
            for _ in range(count)
        ]
        for number, code in zip(await self._codes.add(made), made, strict=True):
            await self._audit.record(actor, "redemption.create", f"redemption {number}", None, _seen(code))
        return [code.key for code in made]

    async def update(
        self, actor: Actor, code_id: int, *, name: str | Unset = UNSET, quota: int | Unset = UNSET
    ) -> Redemption:
        """Change an unused code. Raises Refusal."""
        if not isinstance(name, Unset):
            _check_name(name)
        if not isinstance(quota, Unset):
            _check_quota(quota)
        return await self._change(actor, code_id, RedemptionChanges(name=name, quota=quota))

    async def set_status(self, actor: Actor, code_id: int, status: int) -> Redemption:
        """Enable or disable an unused code. Raises Refusal."""
        if status not in SETTABLE:
            raise UnknownStatus(status=status)
        return await self._change(actor, code_id, RedemptionChanges(status=status))

    async def delete(self, actor: Actor, code_id: int) -> None:
        """Raises Refusal if there is none."""
        code = await self.get(code_id)
        if not await self._codes.delete(code_id):
            raise NotFound
        await self._audit.record(actor, "redemption.delete", f"redemption {code_id}", _seen(code))

    async def _change(self, actor: Actor, code_id: int, changes: RedemptionChanges) -> Redemption:
        before = await self.get(code_id)
        if changes == RedemptionChanges():
            return before
        if not await self._codes.update(code_id, changes):
            await self.get(code_id)
            raise RedemptionFixed
        after = attrs.evolve(before, **named(changes))
        await self._audit.record(
            actor, "redemption.update", f"redemption {code_id}", _seen(before), _seen(after)
        )
        return after


def _check_name(name: str) -> None:
    if not 0 < len(name) <= LONGEST_NAME:
        raise RedemptionNameLength


def _check_quota(quota: int) -> None:
    if quota < 0:
        raise QuotaNegative


def _seen(code: Redemption) -> dict[str, Any]:
    return {"name": code.name, "status": int(code.status), "quota": code.quota}
