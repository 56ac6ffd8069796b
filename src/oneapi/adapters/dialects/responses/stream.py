"""Streams of response events, read from an upstream or written for a client.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from attrs import define, field

from oneapi.adapters.dialects.custom_tools import input_of
from oneapi.adapters.dialects.openai_chat.beside_text import write_logprobs
from oneapi.adapters.dialects.responses.output import (
    annotation_of,
    call_item,
    call_prefix,
    ended,
    item_id,
    message_item,
    picture_item,
    reasoning_item,
    refusal_part,
    response_fields,
    response_id,
    summary_part,
    text_part,
)
from oneapi.adapters.dialects.responses.wire import COMPLETED, FAILED, IN_PROGRESS, INCOMPLETE
from oneapi.domain.chat import (
    AudioDelta,
    ChatEvent,
    Cited,
    Finished,
    FinishReason,
    Image,
    ImageMade,
    RefusalDelta,
    Started,
    TextDelta,
    Thinking,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.adapters.dialects.responses.tools import Known, Toolbox
    from oneapi.domain.chat import TokenLogprob
    from oneapi.domain.usage import Usage

_encode = msgspec.json.Encoder().encode
REASONING, TEXT, REFUSAL = "reasoning", "text", "refusal"
#: Error code of a failed response that clients may retry, and its HTTP status.
RATE_LIMITED, TOO_MANY_REQUESTS = "rate_limit_exceeded", 429


def rendered(name: str, fields: Mapping[str, Any]) -> bytes:
    """One event as sent on the wire."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), _encode({"type": name, **fields}))


class _Error(msgspec.Struct):
    message: str


class _Event(msgspec.Struct):
    status: int
    error: _Error


_read_error = msgspec.json.Decoder(_Event).decode


def failure(event: bytes) -> dict[str, Any]:
    """The error for a response that has begun, taken from the event that would otherwise report it."""
    told = _read_error(event[event.index(b"{") :])
    code = RATE_LIMITED if told.status == TOO_MANY_REQUESTS else "server_error"
    return {"code": code, "message": told.error.message}


@define
class _Call:
    """A call whose arguments are arriving; other items may come in between."""

    place: int
    item: str
    call_id: str
    known: Known
    pieces: list[str] = field(factory=list)


class Writer:
    """Implements ``EventWriter``; writes only the first of an answer's choices.

    Thoughts and texts are written one after the other; calls stay open until the answer ends, because their fragments
    may be interleaved.
    """

    def __init__(
        self, request: Mapping[str, Any], toolbox: Toolbox, *, reply_id: str, model: str, created: int
    ) -> None:
        self._request = request
        self._toolbox = toolbox
        self._id = reply_id
        self._model = model
        self._created = created
        self._number = 0
        self._begun = False
        #: Finished items by their index in the output, and the number of indices used.
        self._output: dict[int, dict[str, Any]] = {}
        self._places = 0
        #: Content of the open part; empty if none is open.
        self._open = ""
        self._pieces: list[str] = []
        self._annotations: list[dict[str, Any]] = []
        self._logprobs: list[dict[str, Any]] = []
        #: Common start of all deltas of the open text, which most events are.
        self._text = b""
        #: The open item other than a call, the finished parts of its content, and its index.
        self._item = ""
        self._content: list[dict[str, Any]] = []
        self._where: dict[str, Any] = {}
        self._calls: dict[int, _Call] = {}
        self._finish = FinishReason.STOP
        self._usage: Usage | None = None

    def feed(self, event: ChatEvent) -> bytes:
        match event:
            case Started():
                return self._start()
            case UsageReported(usage=usage):
                self._usage = usage
                return b""
            case Finished(choice=0, reason=reason):
                self._finish = reason
                return self._start() + self._close() + self._close_calls()
            case _ if getattr(event, "choice", 0) == 0:
                return self._start() + self._wrote(event)
            case _:
                return b""

    def finish(self) -> bytes:
        closed = self._start() + self._close() + self._close_calls()
        end = ended(self._finish, self._created, self._usage)
        output = [self._output[place] for place in sorted(self._output)]
        return closed + self._lifecycle(f"response.{end['status']}", output=output, **end)

    def failed(self, event: bytes) -> bytes:
        """The end of an answer that broke off; empty if none has begun."""
        if not self._begun:
            return b""
        output = [self._output[place] for place in sorted(self._output)]
        return self._lifecycle("response.failed", status=FAILED, output=output, error=failure(event))

    # --- events ------------------------------------------------------------------------------------

    def _event(self, name: str, **fields: Any) -> bytes:
        number, self._number = self._number, self._number + 1
        return rendered(name, {"sequence_number": number, **fields})

    def _lifecycle(self, name: str, **fields: Any) -> bytes:
        response = response_fields(
            self._request,
            response_id=response_id(self._id),
            model=self._model,
            created=self._created,
            **fields,
        )
        return self._event(name, response=response)

    def _start(self) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        created = self._lifecycle("response.created", status=IN_PROGRESS)
        return created + self._lifecycle("response.in_progress", status=IN_PROGRESS)

    def _wrote(self, event: ChatEvent) -> bytes:  # noqa: PLR0911  # one case a kind of event
        match event:
            case TextDelta(text=piece):
                opened = b"" if self._open == TEXT else self._open_part(TEXT)
                self._pieces.append(piece)
                if event.logprobs:
                    return opened + self._likely(piece, event.logprobs)
                number, self._number = self._number, self._number + 1
                return b'%b%b,"sequence_number":%d,"delta":%b}\n\n' % (
                    opened,
                    self._text,
                    number,
                    _encode(piece),
                )
            case Cited(citation=citation):
                return self._cited(annotation_of(citation))
            case ThinkingDelta():
                return self._thought(event)
            case ImageMade(image=image):
                return self._close() + self._picture(image)
            case AudioDelta(audio=audio):
                return self._wrote(TextDelta(audio.transcript)) if audio.transcript else b""
            case RefusalDelta(text=piece):
                opened = b"" if self._open == REFUSAL else self._open_part(REFUSAL)
                self._pieces.append(piece)
                return opened + self._event("response.refusal.delta", **self._where, delta=piece)
            case ToolCallStarted():
                return self._close() + self._begin_call(event)
            case ToolCallDelta(index=index, arguments=piece) if index in self._calls:
                return self._argument(self._calls[index], piece)
            case _:
                return b""

    # --- messages ----------------------------------------------------------------------------------

    def _open_part(self, kind: str) -> bytes:
        """Open a part of the open message, or of a new one."""
        is_message = self._open in (TEXT, REFUSAL)
        closed = self._close_part() if is_message else self._close()
        if not is_message:
            place = self._place("msg")
            item = message_item(self._item, [], IN_PROGRESS)
            closed += self._event("response.output_item.added", output_index=place, item=item)
        self._open = kind
        self._where["content_index"] = len(self._content)
        part = text_part("") if kind == TEXT else refusal_part("")
        if kind == TEXT:
            told = rendered("response.output_text.delta", {**self._where, "logprobs": ()})
            self._text = told.removesuffix(b"}\n\n")
        return closed + self._event("response.content_part.added", **self._where, part=part)

    def _likely(self, piece: str, tokens: Sequence[TokenLogprob]) -> bytes:
        """A text delta whose tokens have log probabilities."""
        logprobs = write_logprobs(tokens)
        self._logprobs += logprobs
        return self._event("response.output_text.delta", **self._where, delta=piece, logprobs=logprobs)

    def _cited(self, annotation: dict[str, Any]) -> bytes:
        opened = b"" if self._open == TEXT else self._open_part(TEXT)
        index = len(self._annotations)
        self._annotations.append(annotation)
        return opened + self._event(
            "response.output_text.annotation.added",
            **self._where,
            annotation_index=index,
            annotation=annotation,
        )

    def _close_part(self) -> bytes:
        told = self._taken()
        if self._open == TEXT:
            part = text_part(told, self._logprobs, self._annotations)
            done = self._event("response.output_text.done", **self._where, text=told, logprobs=self._logprobs)
            self._annotations, self._logprobs = [], []
        else:
            part = refusal_part(told)
            done = self._event("response.refusal.done", **self._where, refusal=told)
        self._content.append(part)
        return done + self._event("response.content_part.done", **self._where, part=part)

    # --- thoughts ----------------------------------------------------------------------------------

    def _thought(self, delta: ThinkingDelta) -> bytes:
        if delta.redacted:
            return self._close() + self._whole_thought(Thinking(redacted=delta.redacted))
        if not delta.text and self._open != REASONING:
            return self._close() + self._whole_thought(Thinking(signature=delta.signature))
        out = self._open_thought() if self._open != REASONING else b""
        if delta.text:
            self._pieces.append(delta.text)
            out += self._event("response.reasoning_summary_text.delta", **self._where, delta=delta.text)
        return out + self._close_thought(delta.signature) if delta.signature else out

    def _open_thought(self) -> bytes:
        closed = self._close()
        place = self._place("rs")
        item = reasoning_item(self._item, Thinking())
        self._open = REASONING
        self._where["summary_index"] = 0
        return (
            closed
            + self._event("response.output_item.added", output_index=place, item=item)
            + self._event("response.reasoning_summary_part.added", **self._where, part=summary_part(""))
        )

    def _close_thought(self, signature: str = "") -> bytes:
        thought = Thinking(self._taken(), signature=signature)
        self._open = ""
        return (
            self._event("response.reasoning_summary_text.done", **self._where, text=thought.text)
            + self._event(
                "response.reasoning_summary_part.done", **self._where, part=summary_part(thought.text)
            )
            + self._done(self._where["output_index"], reasoning_item(self._item, thought))
        )

    def _whole_thought(self, thought: Thinking) -> bytes:
        place = self._place("rs")
        added = reasoning_item(self._item, Thinking())
        opened = self._event("response.output_item.added", output_index=place, item=added)
        return opened + self._done(place, reasoning_item(self._item, thought))

    # --- pictures ----------------------------------------------------------------------------------

    def _picture(self, image: Image) -> bytes:
        place = self._place("ig")
        where = {"item_id": self._item, "output_index": place}
        added = picture_item(self._item, Image(), IN_PROGRESS)
        return (
            self._event("response.output_item.added", output_index=place, item=added)
            + self._event("response.image_generation_call.completed", **where)
            + self._done(place, picture_item(self._item, image))
        )

    # --- calls -------------------------------------------------------------------------------------

    def _begin_call(self, event: ToolCallStarted) -> bytes:
        known = self._toolbox.called(event.name)
        place = self._place(call_prefix(known))
        call = self._calls[event.index] = _Call(place, self._item, event.id, known)
        item = call_item(call.item, known, call.call_id, "", IN_PROGRESS)
        return self._event("response.output_item.added", output_index=place, item=item)

    def _argument(self, call: _Call, piece: str) -> bytes:
        call.pieces.append(piece)
        if call.known.is_custom:  # its text is known once the JSON around it is complete
            return b""
        return self._event(
            "response.function_call_arguments.delta", item_id=call.item, output_index=call.place, delta=piece
        )

    def _close_calls(self) -> bytes:
        calls, self._calls = self._calls, {}
        return b"".join(map(self._close_call, calls.values()))

    def _close_call(self, call: _Call) -> bytes:
        arguments = "".join(call.pieces)
        where = {"item_id": call.item, "output_index": call.place}
        if call.known.is_custom:
            given = input_of(arguments)
            told = self._event("response.custom_tool_call_input.delta", **where, delta=given)
            told += self._event("response.custom_tool_call_input.done", **where, input=given)
        else:
            told = self._event("response.function_call_arguments.done", **where, arguments=arguments)
        item = call_item(call.item, call.known, call.call_id, arguments, self._item_status())
        return told + self._done(call.place, item)

    # --- items -------------------------------------------------------------------------------------

    def _place(self, prefix: str) -> int:
        """The index of a new item, which becomes the open one."""
        place, self._places = self._places, self._places + 1
        self._item = item_id(prefix, self._id, place)
        self._where = {"item_id": self._item, "output_index": place}
        self._content = []
        return place

    def _close(self) -> bytes:
        """End the open item, unless it is a call."""
        if not self._open:
            return b""
        if self._open == REASONING:
            return self._close_thought()
        closed = self._close_part()
        self._open = ""
        return closed + self._done(
            self._where["output_index"], message_item(self._item, self._content, self._item_status())
        )

    def _done(self, place: int, item: dict[str, Any]) -> bytes:
        self._output[place] = item
        return self._event("response.output_item.done", output_index=place, item=item)

    def _item_status(self) -> str:
        """The status of an item that ends now: a token limit cuts off whatever is open."""
        return INCOMPLETE if self._finish is FinishReason.LENGTH else COMPLETED

    def _taken(self) -> str:
        taken = "".join(self._pieces)
        self._pieces.clear()
        return taken
