"""What a dialect writes it reads again, as far as it can carry it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from attrs import evolve
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.framing.sse import Framer
from oneapi.domain.chat import (
    ChatEvent,
    ChatReply,
    ChatRequest,
    Choice,
    Document,
    Finished,
    FinishReason,
    Message,
    MessageRole,
    ModelRefusal,
    RefusalDelta,
    ResponseFormat,
    Started,
    Text,
    TextDelta,
    Thinking,
    ThinkingDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from oneapi.domain.money.pricing import CLASSES_IN, CLASSES_OUT
from oneapi.domain.usage import Usage
from tests.adapters.dialects.conversations import (
    conversations,
    images,
    names,
    plain_thoughts,
    requests,
    signed_thoughts,
    text_parts,
    texts,
    tool_calls,
)

if TYPE_CHECKING:
    from oneapi.adapters.dialects.interface import Dialect

OPENAI, ANTHROPIC, RESPONSES = SURFACES["openai_chat"], SURFACES["anthropic"], SURFACES["responses"]
refusals = st.lists(st.builds(ModelRefusal, texts), max_size=1).map(tuple)

openai_requests = requests(conversations(plain_thoughts, refusals, text_parts, st.just(False)))
anthropic_requests = requests(
    conversations(signed_thoughts, st.just(()), text_parts | images, st.booleans()), model="claude-sonnet-4-5"
)


def on_the_wire(fields: dict[str, Any]) -> Any:
    return msgspec.json.decode(msgspec.json.encode(fields))


def normal(request: ChatRequest, dialect: Dialect) -> ChatRequest:
    """As ``dialect`` tells it: where it was read from, and the names that its own format has for things."""
    layout = request.response_format
    named = ResponseFormat(layout.kind, name="answer", schema=layout.schema) if layout else None
    if dialect is ANTHROPIC:
        return evolve(request, dialect="anthropic", include_usage=True)
    return evolve(request, dialect="openai_chat", response_format=named)


#: A document that begins like a picture, and has a name like one of another type.
MISLEADING_DOCUMENT = ChatRequest(
    model="m",
    messages=(
        Message(MessageRole.USER, (Document(data="R0lGODlh", media_type="application/pdf", title="a.txt"),)),
    ),
    max_tokens=1,
)


@settings(max_examples=30, deadline=None)
@given(openai_requests)
@example(MISLEADING_DOCUMENT)
def test_a_conversation_survives_openai(request: ChatRequest) -> None:
    assert OPENAI.read_request(on_the_wire(OPENAI.write_request(request, "m"))) == normal(request, OPENAI)


@settings(max_examples=30, deadline=None)
@given(anthropic_requests)
@example(evolve(MISLEADING_DOCUMENT, model="claude-sonnet-4-5"))
def test_a_conversation_survives_anthropic(request: ChatRequest) -> None:
    request = evolve(request, dialect="anthropic")
    written = on_the_wire(ANTHROPIC.write_request(request, request.model))
    assert ANTHROPIC.read_request(written) == normal(request, ANTHROPIC)


def usages(*classes: str) -> st.SearchStrategy[Usage]:
    """Usages with tokens of any of ``classes``, beside plain ones."""

    def made(prompt: int, completion: int, counts: list[int]) -> Usage:
        by_class = dict(zip(classes, counts, strict=True))
        came_out = sum(by_class.get(name, 0) for name in CLASSES_OUT)
        return Usage(prompt + sum(counts) - came_out, completion + came_out, **by_class)

    count = st.integers(0, 9999)
    counts = st.lists(count, min_size=len(classes), max_size=len(classes))
    return st.builds(made, st.integers(1, 9999), count, counts)


of_openai = usages(*CLASSES_IN, *CLASSES_OUT)
of_anthropic = usages("cached", "cache_write", "cache_write_1h", "reasoning")
of_responses = usages("cached", "cache_write", "reasoning")


def replies(
    thoughts: st.SearchStrategy[Thinking], usages: st.SearchStrategy[Usage]
) -> st.SearchStrategy[ChatReply]:
    parts = st.tuples(
        st.lists(thoughts, max_size=1),
        st.lists(st.builds(Text, texts), max_size=1),
        st.lists(tool_calls, max_size=2),
    ).map(lambda found: tuple(part for group in found for part in group))
    choices = parts.flatmap(
        lambda found: st.builds(
            Choice,
            st.just(found),
            finish=st.just(FinishReason.TOOL_CALLS)
            if any(isinstance(part, ToolCall) for part in found)
            else st.sampled_from(FinishReason),
        )
    )
    return st.builds(
        ChatReply,
        id=names.map(lambda name: f"x-{name}"),
        model=texts,
        choices=st.tuples(choices),
        usage=st.none() | usages,
    )


@settings(max_examples=30, deadline=None)
@given(replies(plain_thoughts, of_openai))
def test_an_answer_survives_openai(reply: ChatReply) -> None:
    assert OPENAI.read_reply(OPENAI.write_reply(reply)) == evolve(reply, id=f"chatcmpl-{reply.id}")


@settings(max_examples=30, deadline=None)
@given(replies(signed_thoughts | plain_thoughts, of_anthropic))
def test_an_answer_survives_anthropic(reply: ChatReply) -> None:
    assert ANTHROPIC.read_reply(ANTHROPIC.write_reply(reply)) == evolve(reply, id=f"msg_{reply.id}")


def told_apart(finish: FinishReason | None, *said: Any) -> bool:
    """Whether Responses has a word for this end: that a model calls tools is told by the calls."""
    called = any(isinstance(each, ToolCall | ToolCallStarted) for each in said)
    return called or finish is not FinishReason.TOOL_CALLS


@settings(max_examples=30, deadline=None)
@given(replies(plain_thoughts, of_responses))
def test_an_answer_survives_responses(reply: ChatReply) -> None:
    assume(told_apart(reply.choices[0].finish, *reply.choices[0].parts))
    assert RESPONSES.read_reply(RESPONSES.write_reply(reply)) == evolve(reply, id=f"resp_{reply.id}")


# --- streams -----------------------------------------------------------------------------------


@st.composite
def streams(draw: st.DrawFn, *, signed: bool) -> tuple[ChatEvent, ...]:
    """Thoughts, then text, then calls, each in pieces."""
    events: list[ChatEvent] = [ThinkingDelta(text) for text in draw(st.lists(texts, max_size=2))]
    if signed and events:
        events.append(ThinkingDelta(signature=draw(texts)))
    events += [TextDelta(text) for text in draw(st.lists(texts, max_size=3))]
    calls = draw(st.lists(tool_calls, max_size=2))
    for index, call in enumerate(calls):
        events.append(ToolCallStarted(index, call.id + str(index), call.name))
        half = len(call.arguments) // 2
        events += [
            ToolCallDelta(index, piece) for piece in (call.arguments[:half], call.arguments[half:]) if piece
        ]
    reason = FinishReason.TOOL_CALLS if calls else draw(st.sampled_from(FinishReason))
    return (
        *events,
        Finished(reason),
        UsageReported(draw(of_anthropic if signed else usages("cached", "reasoning"))),
    )


def written(dialect: Dialect, events: tuple[ChatEvent, ...]) -> bytes:
    writer = dialect.event_writer(reply_id="x", model="m", created=1, include_usage=True)
    return b"".join(map(writer.feed, events)) + writer.finish() + dialect.end_marker


def read(dialect: Dialect, pieces: list[bytes]) -> tuple[ChatEvent, ...]:
    framer, reader = Framer(), dialect.event_reader()
    framed = [event for piece in pieces for event in framer.feed(piece)] + framer.finish()
    return (*(found for event in framed for found in reader.feed(event)), *reader.finish())


@settings(max_examples=30, deadline=None)
@given(streams(signed=False))
def test_a_stream_survives_openai(events: tuple[ChatEvent, ...]) -> None:
    started, *rest = read(OPENAI, [written(OPENAI, events)])
    assert started == Started("x", "m")
    assert tuple(rest) == events


@settings(max_examples=30, deadline=None)
@given(streams(signed=True))
def test_a_stream_survives_anthropic(events: tuple[ChatEvent, ...]) -> None:
    started, *rest = read(ANTHROPIC, [written(ANTHROPIC, events)])
    assert started == Started("msg_x", "m")
    assert tuple(rest) == events


@settings(max_examples=30, deadline=None)
@given(streams(signed=False))
def test_a_stream_survives_responses(events: tuple[ChatEvent, ...]) -> None:
    assume(told_apart(next(event.reason for event in events if isinstance(event, Finished)), *events))
    started, *rest = read(RESPONSES, [written(RESPONSES, events)])
    assert started == Started("resp_x", "m")
    assert tuple(rest) == events


@settings(max_examples=30, deadline=None)
@given(streams(signed=False), st.sampled_from([OPENAI, ANTHROPIC, RESPONSES]), st.data())
def test_where_the_bytes_are_split_makes_no_difference(
    events: tuple[ChatEvent, ...], dialect: Dialect, data: st.DataObject
) -> None:
    stream = written(dialect, events)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=9)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert read(dialect, pieces) == read(dialect, [stream])


def test_a_refusal_reads_as_text_where_the_format_has_no_refusals() -> None:
    events = (RefusalDelta("no"), Finished(FinishReason.CONTENT_FILTER))
    assert TextDelta("no") in read(ANTHROPIC, [written(ANTHROPIC, events)])
    assert RefusalDelta("no") in read(OPENAI, [written(OPENAI, events)])
