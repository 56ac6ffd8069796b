"""The table of channels in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from oneapi.domain.changes import named
from oneapi.domain.routing.channels import CHANNEL_ORDERS, ChannelStatus, parse_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.domain.routing.channels import ChannelChanges, ChannelFilter, ChannelFindings, ChannelRecord

_OFF = (ChannelStatus.DISABLED_BY_HAND, ChannelStatus.DISABLED_AUTOMATICALLY)


@define
class FakeChannels:
    """``longest`` empty: as SQLite, which bounds no text."""

    rows: dict[int, ChannelRecord] = field(factory=dict)
    longest: Mapping[str, int] = field(factory=dict)

    async def all(self) -> Sequence[ChannelRecord]:
        return list(self.rows.values())

    async def page(
        self, where: ChannelFilter, *, offset: int, limit: int, order: str
    ) -> Sequence[ChannelRecord]:
        found = [record for record in self._newest_first() if _matches(record, where)]
        name = order.removeprefix("-")
        if name in CHANNEL_ORDERS:
            zero: Any = "" if name in ("name", "group") else 0
            found.sort(key=lambda record: getattr(record, name) or zero, reverse=order.startswith("-"))
        return found[offset : offset + limit]

    async def count(self, where: ChannelFilter) -> int:
        return sum(_matches(record, where) for record in self.rows.values())

    async def search(self, keyword: str) -> Sequence[ChannelRecord]:
        return [record for record in self._newest_first() if _is_named(record, keyword)]

    async def get(self, channel_id: int) -> ChannelRecord | None:
        return self.rows.get(channel_id)

    async def add(self, records: Sequence[ChannelRecord]) -> Sequence[int]:
        first = max(self.rows, default=0) + 1
        numbers = range(first, first + len(records))
        self.rows |= {
            number: evolve(record, id=number) for number, record in zip(numbers, records, strict=True)
        }
        return list(numbers)

    async def update(self, channel_id: int, changes: ChannelChanges) -> ChannelRecord | None:
        if channel_id not in self.rows:
            return None
        self.rows[channel_id] = evolve(self.rows[channel_id], **named(changes))
        return self.rows[channel_id]

    async def delete(self, channel_id: int) -> bool:
        return self.rows.pop(channel_id, None) is not None

    async def delete_disabled(self) -> int:
        gone = [number for number, record in self.rows.items() if record.status in _OFF]
        for number in gone:
            del self.rows[number]
        return len(gone)

    async def set_status(self, channel_id: int, status: int, *, only_from: int | None = None) -> bool:
        record = self.rows.get(channel_id)
        if record is None or only_from not in (None, record.status):
            return False
        self.rows[channel_id] = evolve(record, status=status)
        return True

    async def note(self, channel_id: int, found: ChannelFindings) -> None:
        if channel_id in self.rows:
            self.rows[channel_id] = evolve(self.rows[channel_id], **named(found))

    def _newest_first(self) -> list[ChannelRecord]:
        return sorted(self.rows.values(), key=lambda record: record.id, reverse=True)


def _is_named(record: ChannelRecord, keyword: str) -> bool:
    return str(record.id) == keyword or record.name.lower().startswith(keyword.lower())


def _matches(record: ChannelRecord, where: ChannelFilter) -> bool:
    channel = parse_record(record)
    return (
        (where.type is None or record.type == where.type)
        and (where.status is None or record.status == where.status)
        and (not where.group or where.group in channel.groups)
        and (not where.model or where.model in channel.models)
        and (not where.test_outcome or record.test_outcome == where.test_outcome)
        and (not where.keyword or _is_named(record, where.keyword))
    )
