"""Bytes on their way to sockets, written together; see ``docs/decisions/0011-writes-go-out-together.md``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Sink(Protocol):
    """A transport, as far as writing goes."""

    def is_closing(self) -> bool: ...

    def write(self, data: bytes) -> None: ...


class Writes:
    """Collects what is sent within one turn of the loop, and writes it when the turn is over.

    What goes to one transport keeps its order. Whoever closes a transport that has data coming calls ``flush`` before;
    data for one that is closing is dropped, and the callback that came with it is called.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[Sink, bytes, Callable[[], None] | None]] = []

    def add(self, transport: Sink, data: bytes, dropped: Callable[[], None] | None = None) -> None:
        """Write ``data`` soon, or call ``dropped``. Belongs to the running loop."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        self._waiting.append((transport, data, dropped))

    def flush(self) -> None:
        """Write everything now."""
        waiting, self._waiting = self._waiting, []
        for transport, data, dropped in waiting:
            if not transport.is_closing():
                transport.write(data)
            elif dropped is not None:
                dropped()
