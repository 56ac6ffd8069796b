"""Keeps thoughts for clients whose format has no place for them, under the tool call that they led to.

Claude and Gemini refuse the result of a tool, or answer worse, if the thoughts before the call do not come back. Every
client sends back the calls themselves, with their ids.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

import msgspec
from attrs import evolve, frozen

from oneapi.adapters.dialects.reading import as_json, parsed_object
from oneapi.domain.chat import MessageRole, Thinking, ToolCall

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.adapters.dialects.thoughts import Turn
    from oneapi.domain.chat import ChatRequest, Message

#: The most turns of a conversation that are looked up, the last ones.
MOST_TURNS = 64
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Thinking]).decode


class ThoughtStore(Protocol):
    """Keeps thoughts for a limited time, and no more than it has room for."""

    async def keep(self, key: str, thoughts: bytes) -> None: ...

    async def recall(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """The thoughts under those ``keys`` that are known, by key."""


@frozen
class Remembering:
    """Keeps the thoughts of turns, separately for each user."""

    store: ThoughtStore

    async def keep(self, turn: Turn, user_id: int) -> None:
        """Keep the thoughts of ``turn`` if they are signed and led to a tool call."""
        if turn.call is not None and turn.is_signed:
            await self.store.keep(_key(turn.call, user_id), _encode(turn.thoughts))

    async def restored(self, chat: ChatRequest, user_id: int) -> ChatRequest:
        """``chat`` with the kept thoughts before tool calls that came back without signed thoughts."""
        keys = {
            number: _key(call, user_id)
            for number, message in enumerate(chat.messages)
            if (call := _call_without_thoughts(message)) is not None
        }
        keys = dict(list(keys.items())[-MOST_TURNS:])
        known = await self.store.recall(list(keys.values())) if keys else {}
        if not known:
            return chat
        messages = list(chat.messages)
        for number, key in keys.items():
            if key in known:
                others = (part for part in messages[number].parts if not isinstance(part, Thinking))
                messages[number] = evolve(messages[number], parts=(*_decode(known[key]), *others))
        return evolve(chat, messages=tuple(messages))


def _call_without_thoughts(message: Message) -> ToolCall | None:
    """The first tool call of a turn that came back without its signed thoughts."""
    if message.role is not MessageRole.ASSISTANT:
        return None
    call = None
    for part in message.parts:
        if isinstance(part, Thinking) and (part.signature or part.redacted):
            return None
        if call is None and isinstance(part, ToolCall):
            call = part
    return call


def _key(call: ToolCall, user_id: int) -> str:
    """The key of a user's call, made from its whole contents: some providers number the calls of each answer from 0."""
    told = as_json([user_id, call.id, call.name, parsed_object(call.arguments)])
    return hashlib.sha256(told.encode()).hexdigest()
