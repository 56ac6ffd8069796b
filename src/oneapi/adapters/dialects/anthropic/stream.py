"""Streams of message events, read from an upstream or written for a client.

https://docs.anthropic.com/en/docs/build-with-claude/streaming
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.anthropic.reply import (
    citation_of,
    finish_after,
    finish_of,
    location_of,
    message_id,
    stop_reason,
    usage_fields,
)
from oneapi.adapters.dialects.anthropic.wire import Answer, ReportedUsage, call_id, decoded_event
from oneapi.adapters.dialects.media import in_markdown
from oneapi.adapters.dialects.narrow import items_of
from oneapi.adapters.dialects.reading import as_json
from oneapi.domain.chat import (
    AudioDelta,
    ChatEvent,
    Cited,
    Finished,
    FinishReason,
    ImageMade,
    RefusalDelta,
    Started,
    TextDelta,
    ThinkingDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from oneapi.domain.errors import UpstreamBroken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from oneapi.adapters.dialects.anthropic.wire import Block, Event
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.usage import Usage

_encode = msgspec.json.Encoder().encode


class Reader:
    """Implements ``EventReader``."""

    def __init__(self) -> None:
        self._reported: ReportedUsage | None = None
        #: Index of a tool call's block -> number of the call.
        self._calls: dict[int, int] = {}
        #: Calls whose arguments have not begun, with the arguments that their start may have contained.
        self._pending: dict[int, str] = {}
        #: Characters of text so far, those before the block, and the block's citations.
        self._written = self._before = 0
        self._cited: list[dict[str, Any]] = []
        self._finished = self._stopped = False

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        return tuple(self._events(decoded_event(event.data))) if event.data and not self._stopped else ()

    def finish(self) -> tuple[ChatEvent, ...]:
        if self._finished:
            return ()
        if not self._stopped:
            raise UpstreamBroken("the stream ended without a stop reason and without message_stop")
        return (Finished(FinishReason.TOOL_CALLS if self._calls else FinishReason.STOP),)

    def _events(self, event: Event) -> Iterable[ChatEvent]:
        index = event.index or 0
        match event.type:
            case "message_start" if isinstance(event.message, Answer):
                message = event.message
                self._reported = message.usage
                yield Started(
                    message.id or "", message.model or "", message.usage.usage() if message.usage else None
                )
            case "content_block_start" if event.content_block:
                self._before = self._written
                yield from self._begun(event.content_block, index)
            case "content_block_delta" if event.delta:
                yield from self._delta(event.delta, index)
            case "content_block_stop" if index in self._calls:
                yield from self._owed(self._calls[index])
            case "content_block_stop" if self._cited:
                yield from self._citations()
            case "message_delta":
                yield from self._ended(event)
            case "message_stop":
                self._stopped = True

    def _begun(self, block: Block, index: int) -> Iterable[ChatEvent]:
        if block.type == "tool_use":
            call = self._calls[index] = len(self._calls)
            self._pending[call] = as_json(block.input or {})
            yield ToolCallStarted(call, block.id or "", block.name or "")
        elif block.type == "redacted_thinking":
            yield ThinkingDelta(redacted=block.data or "")
        else:
            self._written += len(block.text or "")
            yield from _texts(block)

    def _delta(self, delta: Block, index: int) -> Iterable[ChatEvent]:
        if delta.text:
            self._written += len(delta.text)
        if delta.type != "input_json_delta":
            if delta.citation is not None:
                self._cited += items_of([delta.citation])
            yield from _texts(delta)
        elif index in self._calls and delta.partial_json:
            call = self._calls[index]
            self._pending.pop(call, None)
            yield ToolCallDelta(call, delta.partial_json)

    def _citations(self) -> Iterable[ChatEvent]:
        cited, self._cited = self._cited, []
        for given in cited:
            for citation in citation_of(given, self._before, self._written):
                yield Cited(citation)

    def _owed(self, call: int) -> Iterable[ChatEvent]:
        """The arguments of a call that had none in its deltas: clients expect JSON, not an empty string."""
        if (arguments := self._pending.pop(call, None)) is not None:
            yield ToolCallDelta(call, arguments)

    def _ended(self, event: Event) -> Iterable[ChatEvent]:
        reason = finish_of(event.delta.stop_reason) if event.delta else None
        if event.delta and reason is not None and not self._finished:
            for call in list(self._pending):
                yield from self._owed(call)
            self._finished = True
            yield Finished(reason, stop_sequence=event.delta.stop_sequence or "")
        if event.usage is not None:
            self._reported = event.usage.since(self._reported)
            if (usage := self._reported.usage()) is not None:
                yield UsageReported(usage)


def _texts(block: Block) -> Iterable[ChatEvent]:
    if block.type in {"text", "text_delta"} and block.text:
        yield TextDelta(block.text)
    elif block.type in {"thinking", "thinking_delta"} and block.thinking:
        yield ThinkingDelta(block.thinking)
    elif block.type == "signature_delta" and block.signature:
        yield ThinkingDelta(signature=block.signature)


class Writer:
    """Implements ``EventWriter``; writes only the first of an answer's choices.

    Only one block is open at a time, and clients run a tool when its block ends: of parallel calls, all but the first
    wait for its end.
    """

    def __init__(self, *, reply_id: str, model: str) -> None:
        self._id = reply_id
        self._model = model
        self._begun = False
        self._blocks = 0
        #: The kind of the open block; empty if none is open.
        self._open = ""
        #: The call whose block is open; None if none is.
        self._call: int | None = None
        #: The fragments of each call's arguments, and the calls that have no block yet.
        self._arguments: dict[int, list[str]] = {}
        self._waiting: dict[int, ToolCallStarted] = {}
        #: The texts of the answer, which citations point into.
        self._said: list[str] = []
        self._finish: Finished | None = None
        self._usage: Usage | None = None

    def feed(self, event: ChatEvent) -> bytes:
        match event:
            case Started(id=given, usage=usage):
                return self._start(given, usage)
            case UsageReported(usage=usage):
                self._usage = usage
                return b""
            case Finished(choice=0):
                self._finish = self._finish or event
                return b""
            case _ if getattr(event, "choice", 0) == 0:
                return self._start() + self._content(event)
            case _:
                return b""

    def finish(self) -> bytes:
        finish = self._finish
        reason, sequence = (finish.reason, finish.stop_sequence) if finish else (FinishReason.STOP, "")
        calls = [ToolCall("", "", "".join(pieces)) for pieces in self._arguments.values()]
        ended = {
            "stop_reason": stop_reason(finish_after(reason, sequence, calls), sequence),
            "stop_sequence": sequence or None,
        }
        usage = usage_fields(self._usage)
        closed = self._start() + self._close() + self._waiting_calls()
        return closed + rendered("message_delta", delta=ended, usage=usage)

    def _start(self, given: str = "", usage: Usage | None = None) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        message: dict[str, Any] = {
            "id": message_id(given or self._id),
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage_fields(usage),
        }
        return rendered("message_start", message=message)

    def _content(self, event: ChatEvent) -> bytes:  # noqa: C901, PLR0911  # one case a kind of event
        match event:
            case TextDelta(text=text) | RefusalDelta(text=text):
                self._said.append(text)
                return self._text(text)
            case ImageMade(image=image):
                return self._close() + self._text(in_markdown(image)) + self._close()
            case AudioDelta(audio=audio) if audio.transcript:
                self._said.append(audio.transcript)
                return self._text(audio.transcript)
            case Cited(citation=citation) if self._open == "text":
                location = location_of(citation, "".join(self._said))
                delta = {"type": "citations_delta", "citation": location}
                return rendered("content_block_delta", index=self._blocks - 1, delta=delta)
            case ThinkingDelta(redacted=redacted) if redacted:
                return self._opened("", {"type": "redacted_thinking", "data": redacted}) + self._close()
            case ThinkingDelta(text=text, signature=signature):
                empty = {"type": "thinking", "thinking": "", "signature": ""}
                told = (
                    self._delta("thinking", empty, {"type": "thinking_delta", "thinking": text})
                    if text
                    else b""
                )
                if not signature:
                    return told
                sign = {"type": "signature_delta", "signature": signature}
                return told + self._delta("thinking", empty, sign) + self._close()
            case ToolCallStarted(index=call):
                self._arguments[call] = []
                if self._call is not None:
                    self._waiting[call] = event
                    return b""
                return self._begun_call(event)
            case ToolCallDelta(index=call, arguments=arguments) if call in self._arguments:
                self._arguments[call].append(arguments)
                return self._argument(arguments) if call == self._call else b""
            case _:
                return b""

    def _text(self, piece: str) -> bytes:
        return self._delta("text", {"type": "text", "text": ""}, {"type": "text_delta", "text": piece})

    def _begun_call(self, event: ToolCallStarted) -> bytes:
        block = {"type": "tool_use", "id": call_id(event.id), "name": event.name, "input": {}}
        opened = self._opened("call", block)
        self._call = event.index
        return opened

    def _argument(self, piece: str) -> bytes:
        delta = {"type": "input_json_delta", "partial_json": piece}
        return rendered("content_block_delta", index=self._blocks - 1, delta=delta)

    def _waiting_calls(self) -> bytes:
        """The waiting calls, each in full, in order."""
        waiting, self._waiting = self._waiting, {}
        return b"".join(
            self._begun_call(event) + b"".join(map(self._argument, self._arguments[call])) + self._close()
            for call, event in waiting.items()
        )

    def _delta(self, kind: str, empty: dict[str, Any], delta: dict[str, Any]) -> bytes:
        opened = b"" if self._open == kind else self._opened(kind, empty)
        return opened + rendered("content_block_delta", index=self._blocks - 1, delta=delta)

    def _opened(self, kind: str, block: dict[str, Any]) -> bytes:
        closed = self._close() + self._waiting_calls()
        self._open = kind or block["type"]
        self._blocks += 1
        return closed + rendered("content_block_start", index=self._blocks - 1, content_block=block)

    def _close(self) -> bytes:
        if not self._open:
            return b""
        self._open, self._call = "", None
        return rendered("content_block_stop", index=self._blocks - 1)


def rendered(name: str, **fields: Any) -> bytes:
    """One event as sent on the wire."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), _encode({"type": name, **fields}))
