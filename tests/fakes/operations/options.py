"""The table of options in memory, and the versions that tell when to read it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from collections.abc import Mapping


@define
class FakeOptions:
    rows: dict[str, str] = field(factory=dict)

    async def all(self) -> Mapping[str, str]:
        return dict(self.rows)

    async def put(self, values: Mapping[str, str]) -> None:
        self.rows |= values

    async def keep(self, key: str, value: str) -> str:
        return self.rows.setdefault(key, value)


@define
class FakeVersions:
    """Versions that never change, because nothing else writes."""

    async def current(self) -> Mapping[str, int]:
        return {"catalog": 1, "accounts": 1}
