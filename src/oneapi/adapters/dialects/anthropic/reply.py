"""Whole messages, read from an upstream or written for a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.anthropic.wire import (
    FINISH,
    STATUS,
    TYPES,
    call_id,
    decoded_answer,
    reported_usage,
)
from oneapi.adapters.dialects.interface import Tally
from oneapi.adapters.dialects.media import in_markdown
from oneapi.adapters.dialects.narrow import items_of, text
from oneapi.adapters.dialects.reading import as_json, parsed_object
from oneapi.adapters.dialects.translation import tally_of
from oneapi.domain.chat import (
    Audio,
    ChatReply,
    Choice,
    Citation,
    FinishReason,
    Image,
    ModelRefusal,
    Text,
    Thinking,
    ToolCall,
)
from oneapi.domain.chat import finish_of as finish_of_parts
from oneapi.domain.errors import UpstreamGarbage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from oneapi.adapters.dialects.anthropic.wire import Block
    from oneapi.domain.chat import Part
    from oneapi.domain.usage import Usage

#: OpenAI's error code, and the words in the message that make clients of this format shorten the conversation.
CONTEXT_EXCEEDED, TOO_LONG = "context_length_exceeded", "prompt is too long"
CLIENT_ERRORS = range(400, 500)
_STOP_REASONS = {
    FinishReason.STOP: "end_turn",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.TOOL_CALLS: "tool_use",
    FinishReason.CONTENT_FILTER: "refusal",
}


def read_reply(body: bytes) -> ChatReply:
    answer = decoded_answer(body)
    if answer.content is None:
        raise UpstreamGarbage("a message without content")
    parts: list[Part] = []
    written = 0
    for block in answer.content:
        parts += _parts(block)
        start, written = written, written + len(block.text or "")
        parts += (cited for each in items_of(block.citations) for cited in citation_of(each, start, written))
    choice = Choice(
        tuple(parts), finish=finish_of(answer.stop_reason), stop_sequence=answer.stop_sequence or ""
    )
    return ChatReply(
        id=answer.id or "",
        model=answer.model or "",
        choices=(choice,),
        usage=answer.usage.usage() if answer.usage else None,
    )


def read_tally(body: bytes) -> Tally:
    """Blocks of unknown kinds are left to the client; the usage includes their cost."""
    try:
        return tally_of(read_reply(body))
    except UpstreamGarbage:
        tally = Tally()
        tally.produced = tally.finished = True
        tally.usage = reported_usage(body)
        return tally


def finish_of(stop_reason: str | None) -> FinishReason | None:
    """None if there is none yet; unknown reasons count as a plain stop."""
    return FINISH.get(stop_reason, FinishReason.STOP) if stop_reason else None


def citation_of(given: Mapping[str, Any], start: int, end: int) -> Iterable[Citation]:
    """The page that a part of the text cites; none for a document, which has no address.

    https://platform.claude.com/docs/en/build-with-claude/citations
    """
    if url := text(given.get("url")):
        yield Citation(url, text(given.get("title")), start, end)


def _parts(block: Block) -> Iterable[Part]:
    """Blocks of tools that run at the provider are for its own clients only; the text contains their results."""
    match block.type:
        case "text" if block.text:
            yield Text(block.text)
        case "thinking":
            yield Thinking(block.thinking or "", signature=block.signature or "")
        case "redacted_thinking":
            yield Thinking(redacted=block.data or "")
        case "tool_use":
            given = {} if block.input is None else block.input
            yield ToolCall(block.id or "", block.name or "", as_json(given))


# --- for clients -------------------------------------------------------------------------------


def write_reply(reply: ChatReply) -> bytes:
    """Writes the first choice: this format has no others."""
    choice = reply.choices[0] if reply.choices else Choice()
    fields: dict[str, Any] = {
        "id": message_id(reply.id),
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": blocks_of(choice.parts),
        "stop_reason": stop_reason(
            finish_after(choice.finish, choice.stop_sequence, choice.parts), choice.stop_sequence
        ),
        "stop_sequence": choice.stop_sequence or None,
        "usage": usage_fields(reply.usage),
    }
    return msgspec.json.encode(fields)


def finish_after(finish: FinishReason | None, stop_sequence: str, parts: Sequence[Part]) -> FinishReason:
    """Why the answer ended. Raises UpstreamGarbage for calls with broken arguments, unless a limit cut them off."""
    finish = finish or FinishReason.STOP
    if not stop_sequence:
        finish = finish_of_parts(finish, parts)
    if finish is not FinishReason.LENGTH:
        for part in parts:
            if isinstance(part, ToolCall):
                check_arguments(part.arguments)
    return finish


def check_arguments(arguments: str) -> None:
    """Raise UpstreamGarbage if this is not an object: a client would run its tool without the model's arguments."""
    if not arguments.strip():
        return  # of a tool without arguments
    try:
        is_object = isinstance(msgspec.json.decode(arguments), dict)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        is_object = False
    if not is_object:
        raise UpstreamGarbage("the arguments of a tool call are not a JSON object")


def message_id(given: str) -> str:
    """``given`` in the form that clients of this format expect."""
    return given if given.startswith("msg_") else f"msg_{given.removeprefix('chatcmpl-')}"


def stop_reason(finish: FinishReason | None, stop_sequence: str) -> str:
    if finish is FinishReason.STOP and stop_sequence:
        return "stop_sequence"
    return _STOP_REASONS[finish or FinishReason.STOP]


def usage_fields(usage: Usage | None) -> dict[str, Any]:
    """Anthropic's usage object, which its clients require."""
    if usage is None:
        return {"input_tokens": 0, "output_tokens": 0}
    written = usage.cache_write + usage.cache_write_1h
    fields: dict[str, Any] = {
        "input_tokens": max(0, usage.prompt - usage.cached - written),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": usage.cached,
        "output_tokens": usage.completion,
    }
    if written:
        fields["cache_creation"] = {
            "ephemeral_5m_input_tokens": usage.cache_write,
            "ephemeral_1h_input_tokens": usage.cache_write_1h,
        }
    if usage.reasoning:
        fields["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return fields


def blocks_of(parts: Sequence[Part]) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    said = ""
    for part in parts:
        match part:
            case Text(text=text) | ModelRefusal(text=text) | Audio(transcript=text) if text:
                said += text
                blocks.append({"type": "text", "text": text})
            case Image():
                blocks.append({"type": "text", "text": in_markdown(part)})
            case Citation() if blocks and blocks[-1]["type"] == "text":
                blocks[-1].setdefault("citations", []).append(location_of(part, said))
            case Thinking(redacted=redacted) if redacted:
                blocks.append({"type": "redacted_thinking", "data": redacted})
            case Thinking(text=text, signature=signature):
                blocks.append({"type": "thinking", "thinking": text, "signature": signature})
            case ToolCall(id=given, name=name, arguments=arguments):
                told = parsed_object(arguments)
                blocks.append({"type": "tool_use", "id": call_id(given), "name": name, "input": told})
    return blocks


def location_of(citation: Citation, said: str) -> dict[str, Any]:
    """The source of the text ``said`` by another provider; ``history.py`` recognises it by its empty range.

    A location of the kind ``web_search_result_location`` would need an index that only Anthropic makes.
    https://platform.claude.com/docs/en/build-with-claude/search-results#citation-location-fields
    """
    return {
        "type": "search_result_location",
        "source": citation.url,
        "title": citation.title or None,
        "cited_text": said[citation.start : citation.end],
        "search_result_index": 0,
        "start_block_index": 0,
        "end_block_index": 0,
    }


def error_fields(error: Mapping[str, Any], status: int = 0) -> dict[str, Any]:
    """An error object (message, type, param, code) as this format's clients read it, whole or in a stream."""
    message = str(error.get("message") or "")
    if error.get("code") == CONTEXT_EXCEEDED:
        message = f"{TOO_LONG}: {message}"
    return {"type": "error", "error": {"type": _error_type(error.get("type"), status), "message": message}}


def _error_type(given: Any, status: int) -> str:
    """This format's type for ``status``; if it has none, the type ``given``, if this format has that."""
    if status in TYPES:
        return TYPES[status]
    if given in STATUS:
        return str(given)
    return "invalid_request_error" if status in CLIENT_ERRORS else "api_error"
