"""Joins stream chunks into a whole answer and splits it again, with every field: within this one format only.

Some upstreams stream without being asked, others never do. Fields that only this format has would be lost in the
canonical conversation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.media import joined_base64
from oneapi.adapters.dialects.narrow import fields_of, items_of
from oneapi.domain.errors import UpstreamGarbage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: Strings that arrive in fragments; of all others the last one counts.
_GROWING = frozenset(
    {"content", "reasoning_content", "reasoning", "refusal", "arguments", "input", "transcript"}
    | {"text", "summary", "thinking"}
)
#: Data that arrives in fragments, each base64-encoded separately.
_ENCODED = "data"
#: The most items of one list whose fragments may be interleaved.
MOST_OPEN = 128


def joined(chunks: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Join ``chunks`` into the whole answer. Raises UpstreamGarbage if they cannot be joined."""
    try:
        return _whole(chunks)
    except RecursionError:
        raise UpstreamGarbage("the pieces of the answer are nested too deeply") from None


def _whole(chunks: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        whole |= {name: value for name, value in chunk.items() if value is not None and name != "choices"}
        for piece in items_of(chunk.get("choices")):
            index = piece.get("index")
            index = index if isinstance(index, int) else 0
            choice = choices.setdefault(
                index, {"index": index, "message": {"role": "assistant", "content": None}}
            )
            told = {name: value for name, value in piece.items() if name not in ("index", "delta", "message")}
            _grow(choice, {**told, "message": fields_of(piece.get("delta") or piece.get("message"))})
    ordered = [choices[index] for index in sorted(choices)]
    for choice in ordered:
        choice.setdefault("finish_reason", None)
        for call in items_of(choice["message"].get("tool_calls")):
            call.pop("index", None)
    return {**whole, "object": "chat.completion", "choices": ordered}


def _grow(whole: dict[str, Any], piece: Mapping[str, Any]) -> None:
    for name, value in piece.items():
        known = whole.get(name)
        if isinstance(value, dict):
            whole[name] = known if isinstance(known, dict) else {}
            _grow(whole[name], value)
        elif isinstance(value, list):
            whole[name] = known if isinstance(known, list) else []
            _extend(whole[name], value)
        elif isinstance(value, str) and isinstance(known, str) and name in _GROWING:
            whole[name] = known + value
        elif isinstance(value, str) and isinstance(known, str) and name == _ENCODED:
            whole[name] = joined_base64(known, value)
        elif value not in (None, "") or name not in whole:
            whole[name] = value


def _extend(whole: list[Any], pieces: list[Any]) -> None:
    """Numbered pieces extend the item with that number."""
    for piece in pieces:
        number = fields_of(piece).get("index")
        recent = reversed(items_of(whole[-MOST_OPEN:]))
        known = next((item for item in recent if item.get("index") == number), None)
        if isinstance(number, int) and known is not None:
            _grow(known, piece)
        elif isinstance(piece, dict):
            whole.append({})
            _grow(whole[-1], piece)
        else:
            whole.append(piece)


def parted(answer: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Split ``answer`` into the chunks of a stream; the last is the usage report, if there is one."""
    head = {name: value for name, value in answer.items() if name not in ("choices", "usage")}
    head["object"] = "chat.completion.chunk"
    for place, given in enumerate(items_of(answer.get("choices"))):
        choice = {"index": place, **given}
        told = {name: value for name, value in choice.items() if name not in ("message", "finish_reason")}
        delta = dict(fields_of(choice.get("message")))
        if calls := items_of(delta.get("tool_calls")):
            delta["tool_calls"] = [{"index": number, **call} for number, call in enumerate(calls)]
        yield {**head, "choices": [{**told, "delta": delta, "finish_reason": None}]}
        reason = choice.get("finish_reason")
        yield {**head, "choices": [{"index": choice["index"], "delta": {}, "finish_reason": reason}]}
    if answer.get("usage") is not None:
        yield {**head, "choices": [], "usage": answer["usage"]}
