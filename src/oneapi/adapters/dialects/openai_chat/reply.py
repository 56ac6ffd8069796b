"""Whole chat completions, read from an upstream or written for a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.openai_chat.beside_text import (
    annotation_of,
    citations_in,
    pages_in,
    pictures_in,
    pictures_of,
    read_logprobs,
    signature_of,
    sound_in,
    sound_of,
    write_logprobs,
)
from oneapi.adapters.dialects.openai_chat.encoding import call_fields
from oneapi.adapters.dialects.openai_chat.tap import FAILED, read_error
from oneapi.adapters.dialects.openai_chat.usage import UsageReader
from oneapi.adapters.dialects.openai_chat.wire import Answer, NumberedDelta
from oneapi.adapters.dialects.reading import as_json
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
    finish_of,
    text_of,
)
from oneapi.domain.errors import UpstreamGarbage, UpstreamRefusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from oneapi.adapters.dialects.openai_chat.wire import NumberedCall
    from oneapi.domain.chat import Part, TokenLogprob
    from oneapi.domain.usage import Usage

FINISH = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
    "content_filter": FinishReason.CONTENT_FILTER,
}
_decode = msgspec.json.Decoder(Answer).decode
_decode_list = msgspec.json.Decoder(list[dict[str, Any]]).decode


def decoded(data: bytes) -> Answer:
    """Raises UpstreamGarbage if ``data`` is not an answer, UpstreamRefusal for an error object."""
    try:
        answer = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _fault(data, error) from None
    if answer.error:
        raise read_error(answer.error)
    for choice in answer.choices or ():
        if choice.error or choice.finish_reason == FAILED:
            raise read_error(choice.error)
    return answer


def _fault(data: bytes, error: Exception) -> UpstreamGarbage | UpstreamRefusal:
    """The error that ``data`` represents: Google sends errors in a list."""
    try:
        first = next(iter(_decode_list(data)), {})
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        first = {}
    return (
        read_error(first["error"])
        if first.get("error")
        else UpstreamGarbage(f"not a chat completion: {error}")
    )


def read_reply(body: bytes) -> ChatReply:
    answer = decoded(body)
    if not answer.choices:
        raise UpstreamGarbage("a chat completion without choices")
    choices = []
    for number, choice in enumerate(answer.choices):
        parts = (*_parts(choice.message), *pages_in(answer.citations)) if choice.message else ()
        reason = finish_reason(choice.finish_reason)
        choices.append(
            Choice(
                parts,
                finish=finish_of(reason, parts) if reason else None,
                index=counted(choice.index, number),
                logprobs=read_logprobs(choice.logprobs),
            )
        )
    return ChatReply(
        id=texted(answer.id),
        model=texted(answer.model),
        choices=tuple(choices),
        created=counted(answer.created, 0),
        usage=UsageReader().read(answer),
    )


def finish_reason(value: Any) -> FinishReason | None:
    """None if there is none yet; a provider's own values count as a plain stop."""
    return FINISH.get(value, FinishReason.STOP) if isinstance(value, str) and value else None


def texted(value: Any) -> str:
    """``value`` if it is a string, else empty."""
    return value if isinstance(value, str) else ""


def counted(value: Any, otherwise: int) -> int:
    """``value`` if it is an integer, else ``otherwise``."""
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def arguments_of(call: NumberedCall) -> str:
    """The JSON of the arguments; some upstreams send the object itself."""
    if call.function is None:
        return texted(call.custom.input) if call.custom else ""
    given = call.function.arguments
    return given if isinstance(given, str) else "" if given is None else as_json(given)


def texts_in(content: Any) -> str:
    """The text of a message's content, which some upstreams send in parts."""
    if isinstance(content, list):
        return "".join(texted(part.get("text")) for part in content if isinstance(part, dict))
    return texted(content)


def _parts(message: NumberedDelta) -> Iterable[Part]:
    thought = texted(message.reasoning_content) or texted(message.reasoning)
    signature = signature_of(message.reasoning_details) if message.reasoning_details else ""
    if thought or signature:
        yield Thinking(thought, signature)
    if content := texts_in(message.content):
        yield Text(content)
    if refusal := texted(message.refusal):
        yield ModelRefusal(refusal)
    yield from citations_in(message.annotations)
    yield from pictures_in(message.images)
    if (sound := sound_in(message.audio)) is not None:
        yield sound
    for call in message.tool_calls or ():
        if call.custom is not None:
            yield ToolCall(
                texted(call.id), texted(call.custom.name), texted(call.custom.input), is_custom=True
            )
        elif call.function is not None:
            yield ToolCall(texted(call.id), texted(call.function.name), arguments_of(call) or "{}")


# --- for clients -------------------------------------------------------------------------------


def write_reply(reply: ChatReply) -> bytes:
    fields: dict[str, Any] = {
        "id": completion_id(reply.id),
        "object": "chat.completion",
        "created": reply.created,
        "model": reply.model,
        "choices": [_choice(choice) for choice in reply.choices],
    }
    if reply.usage is not None:
        fields["usage"] = usage_fields(reply.usage)
    return msgspec.json.encode(fields)


def completion_id(given: str) -> str:
    """``given`` in the form that clients of this format expect."""
    return given if given.startswith("chatcmpl-") else f"chatcmpl-{given}"


def usage_fields(usage: Usage) -> dict[str, Any]:
    """OpenAI's usage object; details only where there are any.

    Images and cache writes use OpenRouter's names; writes that last an hour use LiteLLM's:
    https://openrouter.ai/docs/use-cases/usage-accounting, https://docs.litellm.ai/docs/completion/prompt_caching.
    """
    details_in: dict[str, Any] = {"cached_tokens": usage.cached, "audio_tokens": usage.audio_in}
    if usage.image_in:
        details_in["image_tokens"] = usage.image_in
    if written := usage.cache_write + usage.cache_write_1h:
        details_in["cache_write_tokens"] = written
    if usage.cache_write_1h:
        details_in["cache_creation_token_details"] = {
            "ephemeral_5m_input_tokens": usage.cache_write,
            "ephemeral_1h_input_tokens": usage.cache_write_1h,
        }
    details_out = {"reasoning_tokens": usage.reasoning, "audio_tokens": usage.audio_out}
    if usage.image_out:
        details_out["image_tokens"] = usage.image_out
    fields: dict[str, Any] = {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.total,
    }
    if any(details_in.values()):
        fields["prompt_tokens_details"] = details_in
    if any(details_out.values()):
        fields["completion_tokens_details"] = details_out
    return fields


def _choice(choice: Choice) -> dict[str, Any]:
    fields = {
        "index": choice.index,
        "message": _message(choice.parts),
        "finish_reason": choice.finish.value if choice.finish else None,
    }
    if choice.logprobs:
        fields["logprobs"] = logprobs_of(choice.logprobs)
    return fields


def logprobs_of(tokens: Sequence[TokenLogprob]) -> dict[str, Any]:
    return {"content": write_logprobs(tokens), "refusal": None}


def _message(parts: Sequence[Part]) -> dict[str, Any]:
    calls = [call_fields(part) for part in parts if isinstance(part, ToolCall)]
    thoughts = [part for part in parts if isinstance(part, Thinking)]
    refusal = "".join(part.text for part in parts if isinstance(part, ModelRefusal))
    text = text_of(parts)
    message: dict[str, Any] = {"role": "assistant", "content": text or (None if calls or refusal else "")}
    if told := "".join(thought.text for thought in thoughts):
        message["reasoning_content"] = told
    if refusal:
        message["refusal"] = refusal
    if annotations := [annotation_of(part) for part in parts if isinstance(part, Citation)]:
        message["annotations"] = annotations
    if pictures := [part for part in parts if isinstance(part, Image)]:
        message["images"] = pictures_of(pictures)
    for part in parts:
        if isinstance(part, Audio):
            message["audio"] = sound_of(part)
    if calls:
        message["tool_calls"] = calls
        # Claude expects its thoughts back, unchanged, with the results of the tools that it called after them.
        if any(thought.signature or thought.redacted for thought in thoughts):
            message["thinking_blocks"] = [block_of(thought) for thought in thoughts]
    return message


def block_of(thought: Thinking) -> dict[str, Any]:
    """A thought in the form in which LiteLLM's clients already send it back."""
    if thought.redacted:
        return {"type": "redacted_thinking", "data": thought.redacted}
    return {"type": "thinking", "thinking": thought.text, "signature": thought.signature}
