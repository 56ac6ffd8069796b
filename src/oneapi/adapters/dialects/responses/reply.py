"""Whole responses, read from an upstream or written for a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.interface import Tally
from oneapi.adapters.dialects.narrow import count, items_of, text
from oneapi.adapters.dialects.openai_chat.beside_text import read_tokens, write_logprobs
from oneapi.adapters.dialects.responses.output import ended, items_of_parts, response_fields, response_id
from oneapi.adapters.dialects.responses.tools import JOINT, custom_call
from oneapi.adapters.dialects.responses.wire import decoded_answer, decoded_outcome
from oneapi.adapters.dialects.translation import tally_of
from oneapi.adapters.dialects.usage import read_usage
from oneapi.domain.chat import (
    ChatReply,
    Choice,
    Citation,
    FinishReason,
    Image,
    ModelRefusal,
    Text,
    Thinking,
    ToolCall,
    finish_of,
)
from oneapi.domain.errors import UpstreamGarbage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from oneapi.adapters.dialects.responses.tools import Toolbox
    from oneapi.adapters.dialects.responses.wire import Item
    from oneapi.domain.chat import Part


def read_reply(body: bytes) -> ChatReply:
    answer = decoded_answer(body)
    if answer.output is None:
        raise UpstreamGarbage("a response without output")
    parts = tuple(_parts(answer.output))
    contents = (part.logprobs for item in answer.output for part in item.content or () if part.logprobs)
    logprobs = tuple(token for content in contents for token in read_tokens(content))
    created = answer.created_at
    return ChatReply(
        id=text(answer.id),
        model=text(answer.model),
        choices=(Choice(parts, finish=answer.finish, logprobs=logprobs),),
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


def _parts(items: Iterable[Item]) -> Iterator[Part]:
    written = 0
    for item in items:
        for part in parts_of(item, written):
            yield part
            written += len(part.text) if isinstance(part, Text) else 0


def parts_of(item: Item, written: int) -> Iterable[Part]:
    """Items of tools that ran at the provider are for its own clients only; the text contains their results."""
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
                    yield from citations_in(part.annotations, written)
                    written += len(words)
        case "image_generation_call":
            if (picture := picture_in(item)) is not None:
                yield picture
        case "function_call":
            yield ToolCall(text(item.call_id), joined_name(item), text(item.arguments) or "{}")
        case "custom_tool_call":
            yield custom_call(text(item.call_id), joined_name(item), text(item.input))


def citations_in(annotations: object, before: int) -> Iterator[Citation]:
    """The web pages that a part of the answer cites; ``before`` counts the characters of the preceding parts."""
    for each in items_of(annotations):
        if url := text(each.get("url")):
            start, end = count(each.get("start_index")), count(each.get("end_index"))
            yield Citation(url, text(each.get("title")), start + before, end + before)


def picture_in(item: Item) -> Image | None:
    """The generated image; None if the call produced none."""
    kind = text(item.output_format) or "png"
    return Image(data=text(item.result), media_type=f"image/{kind}") if text(item.result) else None


def signature_of(item: Item) -> str:
    """OpenAI's encrypted content, with the id that it requires with it."""
    content = text(item.encrypted_content)
    return f"{text(item.id)}.{content}" if content else ""


def joined_name(item: Item) -> str:
    namespace, name = text(item.namespace), text(item.name)
    return f"{namespace}{JOINT}{name}" if namespace else name


# --- for clients -------------------------------------------------------------------------------


def write_reply(reply: ChatReply, request: Mapping[str, Any], toolbox: Toolbox) -> bytes:
    """Writes the first choice: this format has no others."""
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
