"""Whole answers are converted to events and back without loss."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.upstream.answer_forms.whole_and_stream import events_of, reply_of
from oneapi.domain.chat import (
    ChatEvent,
    ChatReply,
    Choice,
    FinishReason,
    ModelRefusal,
    Part,
    Started,
    Text,
    TextDelta,
    Thinking,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
)
from oneapi.domain.usage import Usage

texts = st.text(min_size=1, max_size=8)
thoughts = st.builds(Thinking, texts, texts) | st.builds(Thinking, redacted=texts)
answers = st.builds(Text, texts) | st.builds(ModelRefusal, texts)
calls = st.builds(ToolCall, texts, texts, texts)


@st.composite
def choices(draw: st.DrawFn, index: int) -> Choice:
    parts: list[Part] = [*draw(st.lists(thoughts, max_size=2)), *draw(st.lists(answers, max_size=1))]
    parts.extend(draw(st.lists(calls, max_size=3)))
    return Choice(tuple(parts), draw(st.sampled_from(FinishReason)), index, draw(st.just("") | texts))


@given(choices(0), choices(1), st.none() | st.builds(Usage, st.integers(0, 9), st.integers(0, 9)))
def test_there_and_back(first: Choice, second: Choice, usage: Usage | None) -> None:
    reply = ChatReply("id", "m", (first, second), usage=usage)
    assert reply_of(events_of(reply)) == reply


def test_pieces_grow_together() -> None:
    events: list[ChatEvent] = [
        Started("id", "m"),
        TextDelta("He"),
        TextDelta("llo"),
        ToolCallStarted(0, "a", "one"),
        ToolCallStarted(1, "b", "two"),
        ToolCallDelta(0, '{"x"'),
        ToolCallDelta(1, "{}"),
        ToolCallDelta(0, ":1}"),
    ]
    (choice,) = reply_of(events).choices
    assert choice.parts == (Text("Hello"), ToolCall("a", "one", '{"x":1}'), ToolCall("b", "two", "{}"))
