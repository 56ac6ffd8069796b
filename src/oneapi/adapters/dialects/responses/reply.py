"""Whole responses, read from an upstream or written for a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.interface import Tally
from oneapi.adapters.dialects.narrow import text
from oneapi.adapters.dialects.openai_chat.beside_text import write_logprobs
from oneapi.adapters.dialects.responses.output import ended, items_of_parts, response_fields, response_id
from oneapi.adapters.dialects.responses.tools import JOINT, custom_call
from oneapi.adapters.dialects.responses.wire import decoded_answer, decoded_outcome
from oneapi.adapters.dialects.translation import tally_of
from oneapi.adapters.dialects.usage import read_usage
from oneapi.domain.chat import (
    ChatReply,
    Choice,
    FinishReason,
    ModelRefusal,
    Text,
    Thinking,
    ToolCall,
    finish_of,
)
from oneapi.domain.errors import UpstreamGarbage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from oneapi.adapters.dialects.responses.tools import Toolbox
    from oneapi.adapters.dialects.responses.wire import Item
    from oneapi.domain.chat import Part


def read_reply(body: bytes) -> ChatReply:
    answer = decoded_answer(body)
    if answer.output is None:
        raise UpstreamGarbage("a response without output")
    parts = tuple(part for item in answer.output for part in parts_of(item))
    created = answer.created_at
    return ChatReply(
        id=text(answer.id),
        model=text(answer.model),
        choices=(Choice(parts, finish=answer.finish),),
        created=int(created) if isinstance(created, int | float) else 0,
        usage=read_usage(answer.usage),
    )


def read_tally(body: bytes) -> Tally:
    usage = read_usage(decoded_outcome(body).usage)
    if usage is None or not usage.is_complete:
        return tally_of(read_reply(body))
    tally = Tally()
    tally.usage = usage
    tally.produced = tally.finished = True
    return tally


def parts_of(item: Item) -> Iterable[Part]:
    """Items of tools that ran at the provider are for its own clients only; their results stand in the text."""
    match item.type:
        case "reasoning":
            told = item.summary or item.content or ()
            thought = "\n\n".join(text(part.text) for part in told)
            yield Thinking(thought, signature=signature_of(item))
        case "message":
            for part in item.content or ():
                if part.type == "refusal":
                    yield ModelRefusal(text(part.refusal))
                elif words := text(part.text):
                    yield Text(words)
        case "function_call":
            yield ToolCall(text(item.call_id), joined_name(item), text(item.arguments) or "{}")
        case "custom_tool_call":
            yield custom_call(text(item.call_id), joined_name(item), text(item.input))


def signature_of(item: Item) -> str:
    """What OpenAI encrypted, with the id without which it does not take it back."""
    content = text(item.encrypted_content)
    return f"{text(item.id)}.{content}" if content else ""


def joined_name(item: Item) -> str:
    namespace, name = text(item.namespace), text(item.name)
    return f"{namespace}{JOINT}{name}" if namespace else name


# --- for clients -------------------------------------------------------------------------------


def write_reply(reply: ChatReply, request: Mapping[str, Any], toolbox: Toolbox) -> bytes:
    """The first choice: this format knows no others."""
    choice = reply.choices[0] if reply.choices else Choice()
    finish = finish_of(choice.finish or FinishReason.STOP, choice.parts)
    end = ended(finish, reply.created, reply.usage)
    logprobs = write_logprobs(choice.logprobs)
    fields: dict[str, Any] = response_fields(
        request,
        response_id=response_id(reply.id),
        model=reply.model,
        created=reply.created,
        output=items_of_parts(choice.parts, toolbox, reply.id, end["status"], logprobs),
        **end,
    )
    return msgspec.json.encode(fields)
