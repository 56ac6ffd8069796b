"""Reading the turns of a conversation: https://ai.google.dev/api/caching#Content."""

from __future__ import annotations

import hashlib
from itertools import groupby
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.gemini import signatures
from oneapi.adapters.dialects.gemini.wire import NAME, ProtoFields, base64, sound_format
from oneapi.adapters.dialects.media import PDF, media_type, text_in
from oneapi.adapters.dialects.reading import as_json
from oneapi.domain.chat import (
    Audio,
    Document,
    Image,
    Message,
    MessageRole,
    Native,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from oneapi.domain.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from oneapi.domain.chat import Part

#: Roles that older clients give to turns that hold the results of functions.
USERS = ("", "user", "function", "tool")
#: Parts of tools that the provider ran itself; the text after them reports the results.
RAN_THERE = ("executableCode", "codeExecutionResult", "toolCall", "toolResponse")
#: Members of a function's response that hold its result, if nothing else is there.
RESULTS = ("output", "result")
#: Addresses that only Google opens: files that its clients uploaded, and videos.
GOOGLES = ("https://generativelanguage.googleapis.com/", "https://www.youtube.com/", "https://youtu.be/")


def read_messages(fields: ProtoFields) -> list[Message]:
    """The messages of a request. Raises InvalidParameter."""
    given = fields.any("contents")
    items = [ProtoFields(given, "contents")] if isinstance(given, dict) else fields.objects("contents")
    if not items:
        raise InvalidParameter("contents", "contents is required", "missing_required_parameter")
    calls = _Calls()
    return [message for item in items for message in _messages(item, calls)]


class _Calls:
    """The calls of the nearest turn that made any, to which results without an id belong."""

    def __init__(self) -> None:
        self._made = 0
        self._waiting: list[tuple[str, str]] = []

    def begin(self) -> None:
        self._waiting = []

    def made(self, call: ProtoFields, arguments: str) -> str:
        """The id of a call: its own, or one that can be derived again from the next request."""
        name = call.text("name")
        self._made += 1
        told = f"{self._made}:{name}:{arguments}".encode(errors="surrogatepass")
        call_id = call.text("id") or f"call_{hashlib.sha256(told).hexdigest()[:24]}"
        self._waiting.append((name, call_id))
        return call_id

    def answered(self, response: ProtoFields) -> str:
        name, call_id = response.text("name"), response.text("id")
        for place, (waiting, its_id) in enumerate(self._waiting):
            if call_id == its_id or (not call_id and name == waiting):
                del self._waiting[place]
                return its_id
        return call_id or name


def _messages(item: ProtoFields, calls: _Calls) -> Iterator[Message]:
    role = item.text("role")
    if role == "model":
        yield Message(MessageRole.ASSISTANT, tuple(_turn(item, calls)))
    elif role == "system":
        yield Message(MessageRole.SYSTEM, tuple(parts_in(item)))
    elif role in USERS:
        parts = [part for each in item.objects("parts") for part in _asked(each, calls)]
        # In this format tool results are parts of the user's turn, beside the user's own words.
        for is_result, run in groupby(parts, lambda part: isinstance(part, ToolResult)):
            yield Message(MessageRole.TOOL if is_result else MessageRole.USER, tuple(run))
    else:
        raise InvalidParameter(item.named("role"), f"{item.named('role')} {role!r} is not supported")


def parts_in(item: ProtoFields) -> Iterator[Part]:
    """The parts of a turn, without calls and their results."""
    for part in item.objects("parts"):
        yield from _shown(part)


def _asked(part: ProtoFields, calls: _Calls) -> Iterable[Part]:
    response = part.object("functionResponse")
    return _shown(part) if response is None else (_result(response, calls),)


def _result(response: ProtoFields, calls: _Calls) -> ToolResult:
    given = response.mapping("response") or {}
    return ToolResult(
        calls.answered(response),
        (Text(_told(given)), *parts_in(response)),
        is_error=list(given) == ["error"],
    )


def _told(given: Mapping[str, Any]) -> str:
    """The result of a function, unwrapped from the object that this API requires."""
    [(name, value)] = given.items() if len(given) == 1 else [("", None)]
    if name not in (*RESULTS, "error"):
        return as_json(given)
    return value if isinstance(value, str) else as_json(value)


def _turn(item: ProtoFields, calls: _Calls) -> list[Part]:
    """An earlier turn of the model, with each signature beside its part."""
    calls.begin()
    parts: list[Part] = []
    #: The number of calls so far, and the index of the first part that led to the next one.
    number = beginning = 0
    given_back = False
    for part in item.objects("parts"):
        signature, call = part.text("thoughtSignature"), part.object("functionCall")
        thoughts = signatures.unpacked(signature)
        if thoughts is not None:
            given_back, signature = True, ""
            parts[beginning:beginning] = thoughts
        if call is None:
            parts += (*_shown(part), *signatures.own(signature, signatures.TEXT))
            continue
        arguments = as_json(call.mapping("args") or {})
        parts += signatures.own(signature, signatures.of_call(number))
        parts.append(ToolCall(calls.made(call, arguments), call.required_text("name"), arguments))
        number, beginning = number + 1, len(parts)
    if given_back:  # the texts of the signed thoughts may be among the parts, too
        return [part for part in parts if not isinstance(part, Thinking) or signatures.is_signed(part)]
    return parts


def _shown(part: ProtoFields) -> Iterator[Part]:
    told = part.text("text")
    if told and part.flag("thought"):
        yield Thinking(told)
    elif told:
        yield Text(told)
    elif (blob := part.object("inlineData")) is not None:
        yield _inline(part, blob)
    elif (file := part.object("fileData")) is not None:
        yield _file(part, file)
    elif not any(part.any(name) is not None for name in RAN_THERE):
        payload = [name for name, value in part.rest().items() if isinstance(value, dict)]
        if payload:
            yield Native(NAME, {**part.whole(), "type": payload[0]})


def _inline(part: ProtoFields, blob: ProtoFields) -> Part:
    data = base64(blob.required_text("data"))
    kind = media_type(blob.text("mimeType"), data)
    family = kind.partition("/")[0]
    title = blob.text("displayName")
    if family == "image":
        return Image(data=data, media_type=kind)
    if family == "audio":
        return Audio(data=data, format=sound_format(kind))
    if (words := text_in(kind, data)) is not None:
        return Document(text=words, title=title)
    if kind == PDF:
        return Document(data=data, media_type=kind, title=title)
    return Native(NAME, {**part.whole(), "type": f"inlineData of type {kind or 'unknown'}"})


def _file(part: ProtoFields, file: ProtoFields) -> Part:
    url, kind = file.required_text("fileUri"), file.text("mimeType")
    if url.startswith("https://") and not url.startswith(GOOGLES):
        if kind.startswith("image/"):
            return Image(url=url)
        if kind == PDF:
            return Document(url=url, media_type=kind)
    return Native(NAME, {**part.whole(), "type": f"fileData {url[:80]}"})
