"""Writes to sockets, batched per turn of the event loop: ``docs/decisions/0011-writes-go-out-together.md``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Sink(Protocol):
    """The part of a transport that writes need."""

    def is_closing(self) -> bool: ...

    def write(self, data: bytes) -> None: ...


class Writes:
    """Collects the writes of one turn of the event loop, and performs them at its end.

    Data for a transport keeps its order. Call ``flush`` before closing a transport with pending data: data for a
    closing transport is dropped, and its callback ``dropped`` is called.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[Sink, bytes, Callable[[], None] | None]] = []

    def add(self, transport: Sink, data: bytes, dropped: Callable[[], None] | None = None) -> None:
        """Write ``data`` at the end of the running loop's turn, or call ``dropped``."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        self._waiting.append((transport, data, dropped))

    def flush(self) -> None:
        """Write all pending data now."""
        waiting, self._waiting = self._waiting, []
        for transport, data, dropped in waiting:
            if not transport.is_closing():
                transport.write(data)
            elif dropped is not None:
                dropped()
