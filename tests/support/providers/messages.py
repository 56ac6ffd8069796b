"""Answers of Anthropic's Messages API for a programmable upstream."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.providers.answers import json_reply, sse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.support.providers.answers import Answer

MESSAGE_ID = "msg_loopback"
USAGE = {"input_tokens": 10, "output_tokens": 5}
TEXT = [{"type": "text", "text": "hi there"}]


def message(content: list[dict[str, Any]] | None = None, **fields: Any) -> dict[str, Any]:
    """A whole message that says "hi there"."""
    return {
        "id": MESSAGE_ID,
        "type": "message",
        "role": "assistant",
        "model": "claude-upstream",
        "content": TEXT if content is None else content,
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": USAGE,
    } | fields


def message_reply(content: list[dict[str, Any]] | None = None, **fields: Any) -> Answer:
    return json_reply(message(content, **fields))


def event(name: str, **fields: Any) -> str:
    """One event, as it goes over the wire."""
    return f"event: {name}\ndata: {json.dumps({'type': name, **fields})}\n\n"


def events_of(
    blocks: Iterable[tuple[dict[str, Any], list[dict[str, Any]]]],
    *,
    stop_reason: str = "end_turn",
    started: Mapping[str, Any] = USAGE,
    ended: Mapping[str, Any] | None = None,
) -> list[str]:
    """The events of a message of ``blocks``, each with its deltas."""
    begun = message([], stop_reason=None, usage={**started, "output_tokens": 1})
    events = [event("message_start", message=begun)]
    for index, (block, deltas) in enumerate(blocks):
        events.append(event("content_block_start", index=index, content_block=block))
        events += [event("content_block_delta", index=index, delta=delta) for delta in deltas]
        events.append(event("content_block_stop", index=index))
    end = {"stop_reason": stop_reason, "stop_sequence": None}
    usage = {"output_tokens": USAGE["output_tokens"]} if ended is None else ended
    return [*events, event("message_delta", delta=end, usage=usage), event("message_stop")]


def text_block(*pieces: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    return {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in pieces]


def message_stream(*pieces: str, **options: Any) -> Answer:
    """A text in ``pieces``."""
    return sse(events_of([text_block(*pieces)], **options), done=False)
