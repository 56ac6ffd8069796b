"""Writes of one turn of the loop go out at its end, in order, and before a connection is closed."""

from __future__ import annotations

import asyncio
from typing import Any

from attrs import define, field

from oneapi.adapters.writes import Writes


@define(eq=False)
class Wire:
    """A transport that keeps what it was given."""

    written: list[bytes] = field(factory=list)
    closing: bool = False

    def is_closing(self) -> bool:
        return self.closing

    def write(self, data: bytes) -> None:
        self.written.append(data)


async def test_nothing_is_written_before_the_turn_is_over() -> None:
    writes = Writes()
    one: Any = Wire()
    other: Any = Wire()
    writes.add(one, b"a")
    writes.add(other, b"b")
    writes.add(one, b"c")
    assert one.written == other.written == []
    await asyncio.sleep(0)
    assert (one.written, other.written) == ([b"a", b"c"], [b"b"])


async def test_each_turn_has_its_own_end() -> None:
    writes = Writes()
    wire: Any = Wire()
    for data in (b"a", b"b"):
        writes.add(wire, data)
        await asyncio.sleep(0)
    writes.add(wire, b"c")
    writes.flush()
    writes.add(wire, b"d")
    assert wire.written == [b"a", b"b", b"c"]
    await asyncio.sleep(0)
    assert wire.written == [b"a", b"b", b"c", b"d"]


async def test_who_is_gone_gets_nothing_and_the_others_do() -> None:
    writes = Writes()
    gone: Any = Wire()
    here: Any = Wire()
    told: list[str] = []
    writes.add(gone, b"a", lambda: told.append("gone"))
    writes.add(here, b"b", lambda: told.append("here"))
    gone.closing = True
    await asyncio.sleep(0)
    assert (gone.written, here.written, told) == ([], [b"b"], ["gone"])
