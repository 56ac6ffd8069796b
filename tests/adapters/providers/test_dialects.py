"""Properties of every provider's wire format, on recorded exchanges and on random input."""

from __future__ import annotations

import contextlib
import itertools
import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneapi.adapters.dialects import DIALECTS
from oneapi.adapters.dialects.reranking import RERANKINGS
from oneapi.adapters.dialects.reranking.providers import PROVIDERS
from oneapi.adapters.framing.events import ServerSentEvent
from oneapi.adapters.providers.registry import SPECS
from oneapi.domain.chat import (
    ChatRequest,
    FormatKind,
    Image,
    Message,
    MessageRole,
    ResponseFormat,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from oneapi.domain.errors import GatewayError
from oneapi.domain.requests import RAW
from oneapi.domain.work import Work
from tests.adapters.upstream.test_gateway_exchanges import channel_of, recorded, request_of, response_of
from tests.support.gateway.gateways import call_of

if TYPE_CHECKING:
    from oneapi.adapters.providers.offers import Offer
    from oneapi.domain.chat import ChatEvent

#: Names that providers use, so that random input reaches more code.
WORDS = (
    "choices message delta content text output Response Choices Message Content usage tool_calls function name"
    " arguments candidates parts functionCall usageMetadata event type data header payload code status error"
    " finish_reason stopReason done result is_end messages documents toolUse reasoningContent index"
).split()
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**12) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)


@cache
def streams() -> list[Any]:
    found = []
    for parameter in recorded():
        channel, case = parameter.values
        answer = case.get("upstream_response", {})
        if not answer.keys() & {"sse", "ndjson", "ws", "eventstream"}:
            continue
        spoken = channel_of({**channel, **case.get("channel_overrides", {})})
        request = request_of(case["client_request"], spoken)
        body = b"".join(piece for piece in response_of(answer).pieces if isinstance(piece, bytes))
        found.append(pytest.param(call_of(request, spoken).offer, body, id=str(parameter.id)))
    return found


def events_of(offer: Offer, pieces: list[bytes]) -> tuple[list[ChatEvent], str]:
    """The events that are read from a stream, and how it ended."""
    framer, reader = offer.framer(), DIALECTS[offer.dialect].event_reader()
    events: list[ChatEvent] = []
    try:
        for piece in pieces:
            for event in framer.feed(piece):
                events += reader.feed(event)
        for event in framer.finish():
            events += reader.feed(event)
        events += reader.finish()
    except GatewayError as error:
        return events, repr(error)
    return events, "whole"


@pytest.mark.parametrize(("offer", "stream"), streams())
@settings(max_examples=25)
@given(data=st.data())
def test_where_a_stream_is_split_makes_no_difference(
    offer: Offer, stream: bytes, data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=12))
    places = [0, *sorted(cuts), len(stream)]
    pieces = [stream[start:end] for start, end in itertools.pairwise(places)]
    assert events_of(offer, pieces) == events_of(offer, [stream])


@pytest.mark.parametrize("name", DIALECTS)
@given(body=json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=30))
def test_noise_is_an_answer_or_an_error_of_ours(name: str, body: bytes) -> None:
    dialect = DIALECTS[name]
    with contextlib.suppress(GatewayError):
        dialect.read_reply(body)
    reader = dialect.event_reader()
    with contextlib.suppress(GatewayError):
        for event_name in (b"", b"output", b"meta", b"contentBlockDelta", b"messageStop"):
            reader.feed(ServerSentEvent(event_name, body))
        reader.finish()


texts = st.text(min_size=1, max_size=8)
messages = st.lists(
    st.builds(
        Message,
        st.sampled_from((MessageRole.SYSTEM, MessageRole.USER, MessageRole.ASSISTANT)),
        st.tuples(st.builds(Text, texts)),
    )
    | st.builds(lambda text: Message(MessageRole.ASSISTANT, (ToolCall("c", text, "{}"),)), texts)
    | st.builds(lambda text: Message(MessageRole.TOOL, (ToolResult("c", (Text(text),)),)), texts)
    | st.builds(lambda url: Message(MessageRole.USER, (Image(url="https://x.example/" + url),)), texts)
    | st.just(Message(MessageRole.USER, (Image(data="UE5H", media_type="image/png"),))),
    max_size=5,
).map(tuple)
requests = st.builds(
    ChatRequest,
    model=texts,
    messages=messages,
    tools=st.lists(st.builds(Tool, texts, texts, st.none() | st.just({"type": "object"})), max_size=2).map(
        tuple
    ),
    sampling=st.builds(
        Sampling,
        temperature=st.none() | st.floats(0, 2),
        top_p=st.none() | st.floats(0, 1),
        top_k=st.none() | st.integers(0, 50),
        n=st.none() | st.integers(1, 2),
        stop=st.lists(texts, max_size=2).map(tuple),
    ),
    max_tokens=st.none() | st.integers(1, 4000),
    response_format=st.none() | st.builds(ResponseFormat, st.sampled_from(FormatKind)),
    reasoning_effort=st.sampled_from(("", "low", "high")),
    stream=st.booleans(),
)


@pytest.mark.parametrize("name", DIALECTS)
@given(request=requests, model=texts)
def test_any_conversation_is_written_or_refused(name: str, request: ChatRequest, model: str) -> None:
    with contextlib.suppress(GatewayError):
        body = DIALECTS[name].write_request(request, model)
        json.dumps(body, allow_nan=False)
        # All texts of the client are sent, except those for which the format has no place.
        if name not in PARTIAL:
            shown = json.dumps(body, ensure_ascii=False)
            for message in request.messages:
                for part in message.parts:
                    for said in _said_by(part):
                        assert json.dumps(said, ensure_ascii=False)[1:-1] in shown


def _said_by(part: Any) -> list[str]:
    if isinstance(part, Text):
        return [part.text.strip()]  # blanks are left out where a format refuses them
    if isinstance(part, ToolCall):
        return [part.name]
    if isinstance(part, ToolResult):
        return [each.text.strip() for each in part.parts if isinstance(each, Text)]
    if isinstance(part, Image):
        return [part.data or part.url]
    return []


#: These receive only the last message.
PARTIAL = ("library",)


def test_every_type_is_spoken() -> None:
    assert set(SPECS) == set(range(1, 52))
    offers = [offer for spec in SPECS.values() for offer in spec.offers]
    assert {offer.dialect for offer in offers if offer.work is not Work.RERANK} == {*DIALECTS, RAW}


def test_every_format_of_rerankings_is_spoken() -> None:
    offers = [offer for spec in SPECS.values() for offer in spec.offers if offer.work is Work.RERANK]
    assert {offer.dialect for offer in offers} == {*RERANKINGS, *(each.name for each in PROVIDERS)}
