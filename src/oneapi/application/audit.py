"""The audit log: which administrator did what to whom, from where, and what it changed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec
from attrs import frozen

from oneapi.domain.errors import StorageUnavailable
from oneapi.domain.logs.audit import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from oneapi.application.ports.operations import AuditRepository
    from oneapi.domain.logs.audit import AuditFilter
    from oneapi.domain.people.users import User

logger = logging.getLogger(__name__)

#: Replaces a secret value; the entry still shows that it changed.
CONCEALED = "***"
SECRET_ENDINGS = ("key", "password", "secret", "token")
LONGEST_VALUE = 2000


@frozen
class Actor:
    """Who makes a change, from which address, in which request."""

    user: User
    address: str
    request_id: str


class AuditTrail:
    """Writes and reads the audit log. A failure to write an entry does not undo the change."""

    def __init__(self, entries: AuditRepository, *, clock: Callable[[], float]) -> None:
        self._entries = entries
        self._clock = clock

    async def record(
        self,
        actor: Actor,
        action: str,
        target: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Record what ``actor`` did: only the fields that differ, and never secrets.

        ``action`` is like ``channel.update``, ``target`` like ``channel 7``. ``before`` is None for a creation,
        ``after`` for a deletion.
        """
        old, new = _differences(before, after)
        entry = AuditEntry(
            created_at=int(self._clock()),
            user_id=actor.user.id,
            username=actor.user.username,
            address=actor.address,
            request_id=actor.request_id,
            action=action,
            target=target,
            before=_text(old),
            after=_text(new),
        )
        try:
            await self._entries.add(entry)
        except StorageUnavailable:
            logger.exception(
                "the audit log lacks an entry: %s did %s to %s", actor.user.username, action, target
            )

    async def page(self, where: AuditFilter, *, offset: int, limit: int) -> tuple[Sequence[AuditEntry], int]:
        """The entries of a page, newest first, and the number of all matches."""
        return await self._entries.page(where, offset=offset, limit=limit), await self._entries.count(where)


def _differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    if before is None or after is None:
        return _shown(before), _shown(after)
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return (
        _shown({name: before.get(name) for name in names}),
        _shown({name: after.get(name) for name in names}),
    )


def _shown(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else {name: _value(name, value) for name, value in values.items()}


def _value(name: str, value: Any) -> Any:
    if value and name.lower().endswith(SECRET_ENDINGS):
        return CONCEALED
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        return value[:LONGEST_VALUE] + "…"
    return value


def _text(values: dict[str, Any] | None) -> str:
    return "" if values is None else msgspec.json.encode(values, enc_hook=str).decode()
