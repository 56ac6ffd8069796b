"""Converts a conversation in another client format to a form that every upstream of this format accepts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from attrs import evolve

from oneapi.data import traits_of
from oneapi.domain.chat import NO_EFFORT, Document, Image, MessageRole, Text, Tool, ToolCall, ToolResult
from oneapi.domain.models.traits import ThinkingForm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.domain.chat import ChatRequest, Message, Part
    from oneapi.domain.models.traits import ModelTraits

#: Parameters that only influence the choice of words; OpenAI's own clients omit them for models that refuse them.
DISPENSABLE = frozenset({"temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty"})
#: Thinking tokens up to which the effort is low or medium.
_LOW, _MEDIUM = 4096, 16384
#: https://platform.openai.com/docs/api-reference/chat/create#chat_create-safety_identifier
_LONGEST_USER = 64


def plain(request: ChatRequest, model: str) -> ChatRequest:
    """``request`` with cache breakpoints on texts only, where upstreams read them, and the parameters of ``model``."""
    return evolve(
        fitted(request, model),
        messages=tuple(_message(message) for message in request.messages),
        tools=tuple(evolve(tool, cache=None) if isinstance(tool, Tool) else tool for tool in request.tools),
    )


def fitted(request: ChatRequest, model: str) -> ChatRequest:
    """``request`` without the dispensable parameters that ``model`` refuses, and with an effort that it knows."""
    traits = traits_of(model)
    refused: dict[str, Any] = dict.fromkeys(DISPENSABLE & traits.refuses)
    return evolve(
        request,
        sampling=evolve(request.sampling, **refused),
        reasoning_effort=_effort(request, traits),
        user=request.user if len(request.user) <= _LONGEST_USER else _digest(request.user),
    )


def limit_name(model: str) -> str:
    """``model``'s name for the maximum number of tokens of an answer."""
    return "max_completion_tokens" if "max_tokens" in traits_of(model).refuses else "max_tokens"


def _digest(user: str) -> str:
    """``user``, in which agents name an account, a device and a session, within the allowed number of characters."""
    return hashlib.sha256(user.encode(errors="surrogatepass")).hexdigest()


def _effort(request: ChatRequest, traits: ModelTraits) -> str:
    """An effort is a hint: a model that does not know the requested one gets the nearest, or none."""
    effort, budget = request.reasoning_effort, request.thinking_budget
    if "reasoning_effort" in traits.refuses:
        return ""
    if traits.thinking is ThinkingForm.EFFORT:
        if not effort and budget:
            effort = "low" if budget < _LOW else "medium" if budget < _MEDIUM else "high"
        return traits.effort(effort)
    if effort == NO_EFFORT:
        return ""
    return "high" if effort in ("xhigh", "max") else effort


def _message(message: Message) -> Message:
    parts = tuple(map(_unmarked, message.parts))
    return evolve(message, parts=parts if message.role is MessageRole.USER else _joined(parts))


def _unmarked(part: Part) -> Part:
    if isinstance(part, ToolResult):
        parts = _joined(tuple(map(_unmarked, part.parts)))
        if part.cache is not None and parts and isinstance(parts[-1], Text):
            parts = (*parts[:-1], evolve(parts[-1], cache=part.cache))
        return evolve(part, parts=parts, cache=None)
    if isinstance(part, Image | Document | ToolCall) and part.cache is not None:
        return evolve(part, cache=None)
    return part


def _joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Adjacent texts as one: not every upstream accepts a list of texts outside user messages.

    A text that ends with a breakpoint is not joined with the next one.
    """
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, Text) and isinstance(last, Text) and last.cache is None:
            joined[-1] = Text(f"{last.text}\n\n{part.text}", part.cache)
        else:
            joined.append(part)
    return tuple(joined)
