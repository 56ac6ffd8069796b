"""The table of channels in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from oneapi.domain.channels import ChannelStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.domain.channels import ChannelRecord

_OFF = (ChannelStatus.DISABLED_BY_HAND, ChannelStatus.DISABLED_AUTOMATICALLY)


@define
class FakeChannels:
    """``longest`` empty: as SQLite, which bounds no text."""

    rows: dict[int, ChannelRecord] = field(factory=dict)
    longest: Mapping[str, int] = field(factory=dict)

    async def all(self) -> Sequence[ChannelRecord]:
        return list(self.rows.values())

    async def page(self, *, offset: int, limit: int) -> Sequence[ChannelRecord]:
        return self._newest_first()[offset : offset + limit]

    async def count(self) -> int:
        return len(self.rows)

    async def search(self, keyword: str) -> Sequence[ChannelRecord]:
        return [
            record
            for record in self._newest_first()
            if str(record.id) == keyword or record.name.lower().startswith(keyword.lower())
        ]

    async def get(self, channel_id: int) -> ChannelRecord | None:
        return self.rows.get(channel_id)

    async def add(self, records: Sequence[ChannelRecord]) -> Sequence[int]:
        first = max(self.rows, default=0) + 1
        numbers = range(first, first + len(records))
        self.rows |= {
            number: evolve(record, id=number) for number, record in zip(numbers, records, strict=True)
        }
        return list(numbers)

    async def update(self, channel_id: int, changes: Mapping[str, Any]) -> ChannelRecord | None:
        if channel_id not in self.rows:
            return None
        self.rows[channel_id] = evolve(self.rows[channel_id], **changes)
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

    def _newest_first(self) -> list[ChannelRecord]:
        return sorted(self.rows.values(), key=lambda record: record.id, reverse=True)
