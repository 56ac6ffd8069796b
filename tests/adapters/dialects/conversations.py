"""Conversations of all kinds, for laws that hold for each of them."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from hypothesis import strategies as st

from oneapi.adapters.dialects.reading import as_json
from oneapi.domain.chat import (
    CacheBreakpoint,
    ChatRequest,
    Document,
    FormatKind,
    Image,
    Message,
    MessageRole,
    ModelRefusal,
    Part,
    ResponseFormat,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
)

#: Any text that UTF-8 can carry and that says something, with line ends of all kinds.
texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(str.strip)
names = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True)
base64s = st.binary(min_size=1, max_size=9).map(lambda data: b64encode(data).decode())
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
marks = st.none() | st.builds(CacheBreakpoint, st.sampled_from((None, 300, 3600)))
schemas = st.fixed_dictionaries(
    {
        "type": st.just("object"),
        "properties": st.dictionaries(names, st.just({"type": "string"}), max_size=2),
    },
    optional={"additionalProperties": st.just(False), "$defs": st.just({"a": {"type": "null"}})},
)

text_parts = st.builds(Text, texts, marks)
#: With the first bytes of their type: they decide what a picture is, whatever its label says.
_BEGINNINGS = {"image/png": b"\x89PNG\r\n\x1a\n", "image/webp": b"RIFF\0\0\0\0WEBP"}
images = st.builds(Image, url=st.just("https://example.net/a.png"), cache=marks) | st.builds(
    lambda kind, rest, mark: Image(
        data=b64encode(_BEGINNINGS[kind] + rest).decode(), media_type=kind, cache=mark
    ),
    st.sampled_from(sorted(_BEGINNINGS)),
    st.binary(max_size=9),
    marks,
)
documents = st.builds(Document, data=base64s, media_type=st.just("application/pdf"), title=texts)
tool_calls = st.builds(
    ToolCall,
    id=names,
    name=names,
    arguments=st.dictionaries(names, scalars, max_size=3).map(as_json),
)
tools = st.builds(Tool, name=names, description=texts, parameters=schemas, cache=marks)
samplings = st.builds(
    Sampling,
    temperature=st.none() | st.floats(0, 1),
    top_p=st.none() | st.floats(0, 1),
    top_k=st.none() | st.integers(1, 99),
    stop=st.lists(texts, max_size=2).map(tuple),
)
signed_thoughts = st.builds(Thinking, text=texts, signature=texts) | st.builds(Thinking, redacted=texts)
plain_thoughts = st.builds(Thinking, text=texts)


def joined(*groups: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Part, ...]]:
    """Parts in the order in which formats have them."""
    return st.tuples(*groups).map(lambda found: tuple(part for group in found for part in group))


def results(parts: st.SearchStrategy[Part], errors: st.SearchStrategy[bool]) -> st.SearchStrategy[Part]:
    return st.builds(
        ToolResult,
        call_id=names,
        parts=st.lists(parts, max_size=2).map(tuple),
        is_error=errors,
        cache=marks,
    )


def conversations(
    thoughts: st.SearchStrategy[Thinking],
    asides: st.SearchStrategy[tuple[ModelRefusal, ...]],
    in_results: st.SearchStrategy[Part],
    errors: st.SearchStrategy[bool],
) -> st.SearchStrategy[tuple[Message, ...]]:
    """A system message perhaps, then turns with tools, pictures and thoughts."""
    user = st.builds(
        Message,
        st.just(MessageRole.USER),
        st.lists(text_parts | images | documents, min_size=1, max_size=3).map(tuple),
    )
    assistant = st.builds(
        Message,
        st.just(MessageRole.ASSISTANT),
        joined(
            st.lists(thoughts, max_size=1),
            st.lists(text_parts, min_size=1, max_size=2),
            asides,
            st.lists(tool_calls, max_size=2),
        ),
    )
    answered = st.builds(
        Message,
        st.just(MessageRole.TOOL),
        st.lists(results(in_results, errors), min_size=1, max_size=2).map(tuple),
    )
    turns = st.lists(st.tuples(user, assistant, answered), min_size=1, max_size=2)
    system = st.lists(st.builds(Message, st.just(MessageRole.SYSTEM), st.tuples(text_parts)), max_size=1)
    return st.tuples(system, turns).map(
        lambda found: (*found[0], *(message for turn in found[1] for message in turn))
    )


@st.composite
def requests(
    draw: st.DrawFn, messages: st.SearchStrategy[tuple[Message, ...]], *, model: str = "m"
) -> ChatRequest:
    """What any format can carry; ``messages`` is what differs between them."""
    offered = tuple(draw(st.lists(tools, max_size=2)))
    choices = st.sampled_from(
        [ToolChoice(mode) for mode in ToolMode if mode is not ToolMode.NAMED]
    ) | st.builds(ToolChoice, st.just(ToolMode.NAMED), names)
    layouts = st.none() | st.builds(ResponseFormat, st.just(FormatKind.SCHEMA), schema=schemas)
    return ChatRequest(
        model=model,
        messages=draw(messages),
        tools=offered,
        tool_choice=draw(choices) if offered else ToolChoice(),
        sampling=draw(samplings),
        max_tokens=draw(st.integers(1, 9999)),
        response_format=draw(layouts),
        stream=draw(st.booleans()),
        user=draw(st.just("") | texts),
    )
