"""Converts a flat list of items to the turns of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.chat import Message, MessageRole, ToolCall
from oneapi.domain.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from oneapi.domain.chat import Part, ToolResult


class Turns:
    """Consecutive thoughts, texts and calls of the assistant form one turn; the results of its tools follow directly.

    Other formats refuse a call that its result does not follow: items that a client puts in between are moved after it.
    """

    def __init__(self) -> None:
        self._turns: list[tuple[MessageRole, list[Part]]] = []
        self._calls: set[str] = set()
        #: Calls without a result, and the messages since.
        self._open: set[str] = set()
        self._held: list[tuple[MessageRole, list[Part]]] = []

    def say(self, role: MessageRole, parts: Iterable[Part]) -> None:
        """Add a message of the user or the developer."""
        (self._held if self._open else self._turns).append((role, list(parts)))

    def assistant(self, *parts: Part) -> None:
        for part in parts:
            if isinstance(part, ToolCall):
                self._calls.add(part.id)
                self._open.add(part.id)
        self._extend(MessageRole.ASSISTANT, parts)

    def answer(self, result: ToolResult, path: str) -> None:
        """Add a tool result. Raises InvalidParameter if no call matches."""
        if result.call_id not in self._calls:
            raise InvalidParameter(
                path, f"No tool call found for the output with call_id {result.call_id!r}."
            )
        self._open.discard(result.call_id)
        self._extend(MessageRole.TOOL, (result,))
        if not self._open:
            self._turns += self._held
            self._held.clear()

    def closed(self) -> tuple[Message, ...]:
        return tuple(Message(role, tuple(parts)) for role, parts in (*self._turns, *self._held))

    def _extend(self, role: MessageRole, parts: tuple[Part, ...]) -> None:
        if self._turns and self._turns[-1][0] is role:
            self._turns[-1][1].extend(parts)
        elif parts:
            self._turns.append((role, list(parts)))
