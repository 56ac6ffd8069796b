"""Tool names, call ids and thoughts, converted for a provider and back.

OpenAI's clients use tool names that other providers refuse, and pair calls with results by ids that other providers do
not know. This module handles both for every format: names are changed for the provider and restored in answers, calls
without an id get a unique one, and ids repeated in a conversation are made distinct.
"""

from __future__ import annotations

import hashlib
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from oneapi.adapters.dialects.custom_tools import CustomCalls, custom_call, with_functions
from oneapi.adapters.dialects.narrow import fields_of, items_of, text
from oneapi.adapters.dialects.notes import BREAKPOINTS, KEEPING, fields_left_out, sampling_left_out
from oneapi.adapters.dialects.openai_chat.wire import NAME as OPENAI_CHAT
from oneapi.adapters.dialects.own_fields import with_own_fields, without_foreign_tools
from oneapi.adapters.dialects.thoughts import marked, origin_of, with_own_thoughts
from oneapi.domain.chat import (
    CustomTool,
    Finished,
    Thinking,
    ThinkingDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    ToolMode,
)
from oneapi.domain.histories import (
    has_breakpoints,
    narrowed,
    with_distinct_calls,
    with_pictures_shown,
    without_breakpoints,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from oneapi.adapters.dialects.interface import EventReader, UpstreamDialect
    from oneapi.adapters.dialects.thoughts import Turn
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatEvent, ChatReply, ChatRequest, Message, Part


@frozen
class NameRule:
    """The tool names that a provider accepts: first character, other characters, and maximum length."""

    first: str
    others: str
    longest: int = 64
    _taken: re.Pattern[str] = field(init=False, repr=False)

    @_taken.default
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(f"[{self.first}][{self.others}]{{0,{self.longest - 1}}}", re.ASCII)

    def takes(self, name: str) -> bool:
        return self._taken.fullmatch(name) is not None

    def fitted(self, name: str) -> str:
        """An accepted name that distinguishes ``name`` from others that would be shortened to the same."""
        fitted = re.sub(f"[^{self.others}]", "_", name)
        if not re.match(f"[{self.first}]", fitted):
            fitted = f"_{fitted}"
        return fitted if len(fitted) <= self.longest else self.told_apart(fitted, name)

    def told_apart(self, fitted: str, name: str) -> str:
        """``fitted`` with a suffix unique to ``name``."""
        ending = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]
        return f"{fitted[: self.longest - len(ending) - 1]}_{ending}"


_WORDS = NameRule(r"a-zA-Z0-9_\-", r"a-zA-Z0-9_\-")
RULES: Mapping[str, NameRule] = MappingProxyType(
    {
        # https://platform.openai.com/docs/api-reference/chat/create: clients of other formats use longer names.
        OPENAI_CHAT: _WORDS,
        # https://platform.openai.com/docs/api-reference/responses/create
        "responses": _WORDS,
        # https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/implement-tool-use#specifying-client-tools
        "anthropic": _WORDS,
        "bedrock_claude": _WORDS,
        "vertex_claude": _WORDS,
        # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolSpecification.html
        "converse": _WORDS,
        # https://ai.google.dev/api/caching#FunctionDeclaration, and a letter or an underscore first:
        # https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/FunctionDeclaration
        "gemini": NameRule("a-zA-Z_", r"a-zA-Z0-9_.\-"),
    }
)


#: Formats in which the model's own turns can hold images.
PICTURES_IN_ANSWERS = frozenset({"gemini"})
#: Formats that can restrict which of the tools may be called -> the modes in which they can. For other formats the
#: remaining tools are left out, which costs the client the cached part of its prompt.
ALLOWING: Mapping[str, tuple[ToolMode, ...]] = MappingProxyType({"gemini": (ToolMode.REQUIRED,)})


class ConversationDialect:
    """Implements ``UpstreamDialect`` for one conversation; ``new_id`` makes ids for calls that came without one.

    ``rule``: the names that this upstream accepts, if they differ from its dialect's. ``row``: the provider's row;
    ``account_mark``: identifies the account with it.
    ``turn`` collects the answer's thoughts and calls. ``caches``: whether this upstream can be asked to cache prompts,
    which not every upstream of its dialect can.
    """

    def __init__(
        self,
        dialect: UpstreamDialect,
        chat: ChatRequest,
        new_id: Callable[[], str],
        rule: NameRule | None = None,
        row: str = "",
        turn: Turn | None = None,
        account_mark: str = "",
        *,
        caches: bool = False,
    ) -> None:
        self.turn = turn
        self._caches = caches or dialect.name in KEEPING
        #: What the client asked for and the last written request leaves out.
        self.left_out: tuple[str, ...] = ()
        self.name = dialect.name
        self._origin = origin_of(dialect.name, row, account_mark)
        self.end_marker = dialect.end_marker
        self.inlines_images = dialect.inlines_images
        self._dialect = dialect
        self._new_id = new_id
        rule = rule or RULES.get(dialect.name)
        self._sent = _changes(rule, names_in(chat)) if rule else {}
        self._original = {sent: name for name, sent in self._sent.items()}
        #: Custom tools sent to this upstream as functions.
        self._custom: frozenset[str] = frozenset()
        if dialect.name != chat.dialect:
            self._custom = frozenset(tool.name for tool in chat.tools if isinstance(tool, CustomTool))

    def write_request(
        self, request: ChatRequest, model: str, config: Mapping[str, Any] = MappingProxyType({})
    ) -> dict[str, Any]:
        messages = without_foreign_tools(request.messages, request.dialect, self.name)
        messages = with_own_thoughts(with_distinct_calls(messages), self._origin)
        if self.name not in PICTURES_IN_ANSWERS:
            messages = with_pictures_shown(messages)
        if messages is not request.messages:
            request = evolve(request, messages=messages)
        self.left_out = request.left_out
        request = self._fitted(request)
        if self._sent:
            request = self._renamed(request)
        body = self._dialect.write_request(request, model, config)
        if request.extra:
            body = with_own_fields(body, request, self.name)
            self.left_out += tuple(fields_left_out(request, body))
        self.left_out += tuple(sampling_left_out(request.sampling, self.name))
        return body

    def read_reply(self, body: bytes) -> ChatReply:
        reply = self._dialect.read_reply(body)
        if not any(
            isinstance(part, ToolCall | Thinking) for choice in reply.choices for part in choice.parts
        ):
            return reply
        choices = tuple(
            evolve(choice, parts=tuple(map(self._given, choice.parts))) for choice in reply.choices
        )
        if self.turn is not None:
            self.turn.take_all(choices[0].parts)
        return evolve(reply, choices=choices)

    def event_reader(self) -> EventReader:
        custom = CustomCalls(self._custom) if self._custom else None
        return _Reader(self._dialect.event_reader(), self.told, custom, self.turn)

    def told(self, event: ChatEvent) -> ChatEvent:
        """``event`` with the client's tool names, and with thoughts marked so that the client can send them back."""
        match event:
            case ThinkingDelta():
                return marked(event, self._origin)
            case ToolCallStarted(id=call_id, name=name):
                return evolve(event, id=call_id or self._new_id(), name=self._original.get(name, name))
        return event

    def _given(self, part: Part) -> Part:
        match part:
            case Thinking():
                return marked(part, self._origin)
            case ToolCall(id=call_id, name=name):
                call = evolve(part, id=call_id or self._new_id(), name=self._original.get(name, name))
                return custom_call(call) if call.name in self._custom else call
        return part

    def _fitted(self, request: ChatRequest) -> ChatRequest:
        """``request`` limited to the caches and tools that this upstream knows. Raises InvalidParameter."""
        if request.dialect != self.name:
            if not self._caches and has_breakpoints(request):
                self.left_out += (BREAKPOINTS,)
                request = without_breakpoints(request)
            request = with_functions(request)
        if request.tool_choice.allowed and request.tool_choice.mode not in ALLOWING.get(self.name, ()):
            return narrowed(request)
        return request

    def _renamed(self, request: ChatRequest) -> ChatRequest:
        choice = request.tool_choice
        return evolve(
            request,
            messages=tuple(self._said(message) for message in request.messages),
            tools=tuple(
                evolve(tool, name=self._to(tool.name)) if isinstance(tool, Tool) else tool
                for tool in request.tools
            ),
            tool_choice=evolve(
                choice, name=self._to(choice.name), allowed=tuple(map(self._to, choice.allowed))
            ),
        )

    def _said(self, message: Message) -> Message:
        parts = (
            evolve(part, name=self._to(part.name)) if isinstance(part, ToolCall) else part
            for part in message.parts
        )
        return evolve(message, parts=tuple(parts))

    def _to(self, name: str) -> str:
        return self._sent.get(name, name)


_LOOKED_AT = frozenset((ThinkingDelta, ToolCallStarted, ToolCallDelta, Finished))


class _Reader:
    """Implements ``EventReader``."""

    def __init__(
        self,
        reader: EventReader,
        told: Callable[[ChatEvent], ChatEvent],
        custom: CustomCalls | None,
        turn: Turn | None,
    ) -> None:
        self._reader = reader
        self._told = told
        self._custom = custom
        self._turn = turn

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        events = self._reader.feed(event)
        for each in events:
            if type(each) in _LOOKED_AT:
                return self._as_told(events)
        return events

    def finish(self) -> tuple[ChatEvent, ...]:
        return self._as_told(self._reader.finish())

    def _as_told(self, events: tuple[ChatEvent, ...]) -> tuple[ChatEvent, ...]:
        told: Iterable[ChatEvent] = map(self._told, events)
        told = tuple(told if self._custom is None else self._custom.told(told))
        if self._turn is not None:
            for event in told:
                self._turn.take(event)
        return told


def takes_names(rule: NameRule | None, fields: Mapping[str, Any]) -> bool:
    """Whether an upstream accepts the names of all tools that a request of OpenAI's format offers, unchanged."""
    if rule is None:
        return True
    functions = [fields_of(tool.get("function")) for tool in items_of(fields.get("tools"))]
    return all(rule.takes(text(function.get("name"))) for function in functions if function)


def names_in(chat: ChatRequest) -> list[str]:
    """Every tool name that ``chat`` mentions."""
    names = [tool.name for tool in chat.tools if isinstance(tool, Tool | CustomTool)]
    names += [part.name for message in chat.messages for part in message.parts if isinstance(part, ToolCall)]
    return [*names, chat.tool_choice.name] if chat.tool_choice.name else names


def _changes(rule: NameRule, names: Iterable[str]) -> dict[str, str]:
    """Names that the provider would refuse -> the names sent instead."""
    found = dict.fromkeys(names)
    taken = {name for name in found if rule.takes(name)}
    if len(taken) == len(found):
        return {}
    changes = {}
    for name in found:
        if name in taken:
            continue
        fitted = rule.fitted(name)
        if fitted in taken:
            fitted = rule.told_apart(fitted, name)
        taken.add(fitted)
        changes[name] = fitted
    return changes
