"""A spool in memory that survives its process the way files do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from oneapi.domain.money.quota import Settlement


@define
class Disk:
    """Storage of several fake spools: owner -> segment -> records; segments of ``living`` owners are not orphans."""

    segments: dict[str, dict[int, list[Settlement]]] = field(factory=dict)
    living: set[str] = field(factory=set)
    refused: dict[str, Settlement] = field(factory=dict)


@define
class Left:
    owner: str
    settlements: Sequence[Settlement]
    disk: Disk

    def discard(self) -> None:
        del self.disk.segments[self.owner]

    def leave(self) -> None:
        """Does nothing: the fake has no locks."""


class FakeSpool:
    def __init__(self, disk: Disk, owner: str) -> None:
        self.owner = owner
        self._disk = disk
        self._number = 0
        disk.segments[owner] = {0: []}
        disk.living.add(owner)

    def append(self, settlement: Settlement) -> None:
        self._disk.segments[self.owner][self._number].append(settlement)

    def writable(self) -> bool:
        return True

    def close_segment(self) -> int:
        closed, self._number = self._number, self._number + 1
        self._disk.segments[self.owner][self._number] = []
        return closed

    def discard(self, segment: int) -> None:
        del self._disk.segments[self.owner][segment]

    def orphans(self) -> Sequence[Left]:
        gone = [owner for owner in self._disk.segments if owner not in self._disk.living]
        return [
            Left(owner, [s for records in self._disk.segments[owner].values() for s in records], self._disk)
            for owner in gone
        ]

    def put_aside(self, settlement: Settlement, _reason: str) -> None:
        self._disk.refused[settlement.request_id] = settlement

    def set_aside(self) -> Sequence[Settlement]:
        return tuple(self._disk.refused.values())

    def forget(self, request_ids: Collection[str]) -> None:
        for request_id in request_ids:
            self._disk.refused.pop(request_id, None)
