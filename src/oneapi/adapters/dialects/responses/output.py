"""The response object for clients, and the items of its output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import fields_of, items_of
from oneapi.adapters.dialects.responses.reasoning import encrypted
from oneapi.adapters.dialects.responses.wire import COMPLETED, INCOMPLETE
from oneapi.domain.chat import Audio, Citation, FinishReason, Image, ModelRefusal, Text, Thinking, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from oneapi.adapters.dialects.responses.tools import Known, Toolbox
    from oneapi.domain.chat import Part
    from oneapi.domain.usage import Usage

#: Request fields that a response repeats, with the defaults for those that the client omitted.
ECHOED: Mapping[str, Any] = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "safety_identifier": None,
    "service_tier": "default",
    "store": False,
    "temperature": 1.0,
    "tool_choice": "auto",
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
#: Members of tools that hold the client's keys for other servers.
SECRET = ("authorization", "headers")
#: Reasons for an incomplete answer.
REASONS = {FinishReason.LENGTH: "max_output_tokens", FinishReason.CONTENT_FILTER: "content_filter"}


def response_fields(
    request: Mapping[str, Any],
    *,
    response_id: str,
    model: str,
    created: int,
    status: str,
    output: Sequence[Mapping[str, Any]] = (),
    **others: Any,
) -> dict[str, Any]:
    """A response to ``request``, with every field that typed clients read without checking."""
    echoed = {name: usual if request.get(name) is None else request[name] for name, usual in ECHOED.items()}
    reasoning, text = fields_of(request.get("reasoning")), fields_of(request.get("text"))
    return {
        "id": response_id,
        "object": "response",
        "created_at": created,
        "completed_at": None,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": model,
        "output": output,
        "usage": None,
        **echoed,
        "reasoning": {"effort": None, "summary": None, **reasoning},
        "text": {"format": {"type": "text"}, "verbosity": "medium", **text},
        "tools": [_shown(tool) for tool in items_of(request.get("tools"))],
        **others,
    }


def _shown(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in tool.items() if name not in SECRET} if "type" in tool else tool


def ended(finish: FinishReason, created: int, usage: Usage | None) -> dict[str, Any]:
    """The fields of a response that describe how it ended, including its status."""
    reason = REASONS.get(finish)
    return {
        "status": INCOMPLETE if reason else COMPLETED,
        "incomplete_details": {"reason": reason} if reason else None,
        "completed_at": None if reason else created,
        "usage": usage_fields(usage) if usage else None,
    }


def response_id(given: str) -> str:
    """``given`` in the form that clients of this format expect."""
    return f"resp_{_bare(given)}"


def item_id(prefix: str, given: str, number: int) -> str:
    """The id of the item at ``number`` in the response ``given``: the response can be found by it."""
    return f"{prefix}_{_bare(given)}{number:04x}"


def _bare(given: str) -> str:
    return given.removeprefix("resp_").removeprefix("chatcmpl-")


def usage_fields(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {
            "cached_tokens": usage.cached,
            "cache_write_tokens": usage.cache_write + usage.cache_write_1h,
        },
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.total,
    }


# --- items -------------------------------------------------------------------------------------


def reasoning_item(item: str, thought: Thinking) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": item,
        "type": "reasoning",
        "summary": [summary_part(thought.text)] if thought.text else [],
    }
    if content := encrypted(thought):
        fields["encrypted_content"] = content
    return fields


def summary_part(text: str) -> dict[str, Any]:
    return {"type": "summary_text", "text": text}


def message_item(item: str, content: Sequence[Mapping[str, Any]], status: str) -> dict[str, Any]:
    return {"id": item, "type": "message", "role": "assistant", "status": status, "content": content}


def text_part(
    text: str, logprobs: Sequence[Any] = (), annotations: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": logprobs}


def annotation_of(citation: Citation) -> dict[str, Any]:
    return {
        "type": "url_citation",
        "url": citation.url,
        "title": citation.title,
        "start_index": citation.start,
        "end_index": citation.end,
    }


def refusal_part(text: str) -> dict[str, Any]:
    return {"type": "refusal", "refusal": text}


def call_item(item: str, known: Known, call_id: str, arguments: str, status: str) -> dict[str, Any]:
    return {"id": item, **known.call_fields(call_id, arguments), "status": status}


def picture_item(item: str, image: Image, status: str = COMPLETED) -> dict[str, Any]:
    """An image in the form of OpenAI's image tool; an image known only by its address holds the address."""
    fields = {
        "id": item,
        "type": "image_generation_call",
        "status": status,
        "result": image.data or image.url or None,
    }
    return fields | ({"output_format": image.media_type.removeprefix("image/")} if image.media_type else {})


def call_prefix(known: Known) -> str:
    return "ctc" if known.is_custom else "fc"


def items_of_parts(
    parts: Iterable[Part], toolbox: Toolbox, given: str, status: str, logprobs: Sequence[Any] = ()
) -> list[dict[str, Any]]:
    """The output of the response ``given``; consecutive texts form one message.

    ``status``: of the last item, which a limit may have cut off.
    """
    items: list[dict[str, Any]] = []
    content: list[dict[str, Any]] = []
    for part in map(_as_text, parts):
        match part:
            case Text() | ModelRefusal() | Citation():
                if not content:
                    items.append(message_item(item_id("msg", given, len(items)), content, COMPLETED))
                _say(part, content, logprobs)
                continue
            case Thinking():
                items.append(reasoning_item(item_id("rs", given, len(items)), part))
            case Image():
                items.append(picture_item(item_id("ig", given, len(items)), part))
            case ToolCall(id=call_id, name=name, arguments=arguments):
                known = toolbox.called(name)
                number = item_id(call_prefix(known), given, len(items))
                items.append(call_item(number, known, call_id, arguments, COMPLETED))
        content = []
    if items and "status" in items[-1]:
        items[-1]["status"] = status
    return items


def _as_text(part: Part) -> Part:
    """The transcript of audio, for which this format has no item."""
    return Text(part.transcript) if isinstance(part, Audio) else part


def _say(
    part: Text | ModelRefusal | Citation, content: list[dict[str, Any]], logprobs: Sequence[Any]
) -> None:
    """Consecutive texts are joined into one, which citations point into."""
    last = content[-1] if content and content[-1]["type"] == "output_text" else None
    match part:
        case ModelRefusal(text=text):
            content.append(refusal_part(text))
        case Text(text=text) if last is not None:
            last["text"] += text
        case Text(text=text):
            content.append(text_part(text, logprobs, []))
        case Citation() if last is not None:
            last["annotations"].append(annotation_of(part))
        case Citation():
            content.append(text_part("", (), [annotation_of(part)]))
