"""A conversation that a client of another format holds, as every upstream of this format takes it."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from attrs import evolve

from oneapi.domain.chat import NO_EFFORT, Document, Image, Role, Text, Tool, ToolCall, ToolResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.domain.chat import ChatRequest, Message, Part

#: Models of OpenAI's that refuse ``reasoning_effort``: https://developers.openai.com/api/docs/models.
_WITHOUT_EFFORT = ("gpt-3.5", "gpt-4", "chatgpt-4o")
#: Models that are known to take it, and those that know the effort ``xhigh``.
_WITH_EFFORT = ("o1", "o3", "o4", "gpt-5", "gpt-6", "gpt-oss")
_XHIGH = re.compile(r"gpt-(5\.[2-9]|6)")
#: Models that refuse ``max_tokens``, by the beginnings of their names: https://developers.openai.com/api/docs/models.
REASONING_MODELS = ("o1", "o3", "o4", "ft:o4", "gpt-5", "gpt-6", "chat-latest", "codex-", "daybreak-")
#: Tokens to think with, up to which the effort is low or medium.
_LOW, _MEDIUM = 4096, 16384
#: https://platform.openai.com/docs/api-reference/chat/create#chat_create-safety_identifier
_LONGEST_USER = 64


def plain(request: ChatRequest, model: str) -> ChatRequest:
    """Without marks of caches, which most upstreams refuse, and with the parameters that ``model`` knows."""
    is_own = model.startswith((*_WITH_EFFORT, *_WITHOUT_EFFORT))  # OpenAI's know no top_k
    return evolve(
        request,
        messages=tuple(_message(message) for message in request.messages),
        tools=tuple(
            evolve(tool, cache_control=None) if isinstance(tool, Tool) else tool for tool in request.tools
        ),
        sampling=evolve(request.sampling, top_k=None) if is_own else request.sampling,
        reasoning_effort=_effort(request, model),
        user=request.user if len(request.user) <= _LONGEST_USER else _digest(request.user),
    )


def limit_name(model: str) -> str:
    """What ``model`` calls the most tokens that its answer may have."""
    return "max_completion_tokens" if model.startswith(REASONING_MODELS) else "max_tokens"


def _digest(user: str) -> str:
    """``user``, of whom agents tell an account, a device and a session, in as many characters as there may be."""
    return hashlib.sha256(user.encode(errors="surrogatepass")).hexdigest()


def _effort(request: ChatRequest, model: str) -> str:
    """An effort is a hint: a model that does not know the one that was asked for gets the nearest, or none."""
    effort, budget = request.reasoning_effort, request.thinking_budget
    if model.startswith(_WITHOUT_EFFORT):
        return ""
    if not effort and budget and model.startswith(_WITH_EFFORT):
        effort = "low" if budget < _LOW else "medium" if budget < _MEDIUM else "high"
    if effort in ("xhigh", "max"):
        return "xhigh" if _XHIGH.match(model) else "high"
    return effort if effort != NO_EFFORT or model.startswith(_WITH_EFFORT) else ""


def _message(message: Message) -> Message:
    parts = tuple(map(_unmarked, message.parts))
    return evolve(message, parts=parts if message.role is Role.USER else _joined(parts))


def _unmarked(part: Part) -> Part:
    if isinstance(part, ToolResult):
        return evolve(part, parts=_joined(tuple(map(_unmarked, part.parts))), cache_control=None)
    if isinstance(part, Text | Image | Document | ToolCall) and part.cache_control is not None:
        return evolve(part, cache_control=None)
    return part


def _joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Texts that stand side by side as one: not every upstream takes a list of them from anybody but the user."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, Text) and isinstance(last, Text):
            joined[-1] = Text(f"{last.text}\n\n{part.text}")
        else:
            joined.append(part)
    return tuple(joined)
