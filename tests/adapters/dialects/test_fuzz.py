"""No input crashes: what cannot be understood is refused by the errors that say so."""

from __future__ import annotations

import json
from contextlib import suppress
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.dialects.openai_chat.tally import reply_tally
from oneapi.adapters.dialects.translation import Translation
from oneapi.adapters.framing.sse import Framer
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature, UpstreamError
from oneapi.entrypoints.errors.answers import text_of
from tests.adapters.dialects.conversations import values
from tests.adapters.dialects.samples import REQUESTS
from tests.support.providers.exchanges import chat_cases, stream_bytes

if TYPE_CHECKING:
    from oneapi.adapters.dialects.interface import Dialect

RECORDED = {"openai_chat": "openai", "anthropic": "anthropic"}
CASES = {name: chat_cases(provider) for name, provider in RECORDED.items()}
STREAMS = [
    pytest.param(name, case["upstream_response"]["sse"], id=f"{name}: {case['name']}")
    for name, cases in CASES.items()
    for case in cases
    if "sse" in case["upstream_response"]
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything inside ``value``."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in items for place in [(*path, key), *places(inner, (*path, key))]]


@st.composite
def damaged(draw: st.DrawFn, whole: Any) -> Any:
    """``whole`` with something else in one or two places."""
    value = deepcopy(whole)
    for _ in range(draw(st.integers(1, 2))):
        *way, last = draw(st.sampled_from(places(value)))
        inner = value
        for key in way:
            inner = inner[key]
        inner[last] = draw(values)
    return value


@pytest.mark.parametrize("name", REQUESTS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_requests(name: str, data: st.DataObject) -> None:
    body = data.draw(damaged(REQUESTS[name]))
    try:
        request = SURFACES[name].read_request(body)
    except (UnsupportedFeature, InvalidParameter) as error:
        assert text_of(error, "en")
        return
    for dialect in SURFACES.values():
        try:
            written = dialect.write_request(request, "claude-sonnet-4-5")
            msgspec.json.encode(written)
            dialect.read_request(written)
        except (UnsupportedFeature, InvalidParameter):
            continue


@pytest.mark.parametrize("name", RECORDED)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_answers(name: str, data: st.DataObject) -> None:
    bodies = [
        case["upstream_response"]["body"] for case in CASES[name] if "body" in case["upstream_response"]
    ]
    body = json.dumps(data.draw(st.sampled_from(bodies).flatmap(damaged))).encode()
    reply_tally(body)
    try:
        reply = SURFACES[name].read_reply(body)
    except UpstreamError:
        return
    for dialect in SURFACES.values():
        with suppress(UpstreamError):  # for calls whose arguments are no object
            dialect.read_reply(dialect.write_reply(reply))


def events_in(lines: list[str]) -> list[Any]:
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


@pytest.mark.parametrize(("name", "lines"), STREAMS)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_streams(name: str, lines: list[str], data: st.DataObject) -> None:
    stream = b"".join(
        b"data: %b\n\n" % json.dumps(event).encode() for event in data.draw(damaged(events_in(lines)))
    )
    for client in SURFACES.values():
        writer = client.event_writer(reply_id="x", model="m", created=1, include_usage=True)
        for translator in (
            Translation(SURFACES[name].event_reader(), writer),
            SURFACES[name].tap(include_usage=False),
        ):
            try:
                for event in Framer().feed(stream):
                    translator.feed(event)
                translator.finish()
            except UpstreamError:
                continue


def translated(dialect: Dialect, client: Dialect, pieces: list[bytes]) -> list[bytes]:
    """What a client reads of a stream in these pieces, translated and tapped."""
    writer = client.event_writer(reply_id="x", model="m", created=1, include_usage=True)
    found = []
    for translator in (Translation(dialect.event_reader(), writer), dialect.tap(include_usage=True)):
        framer, out = Framer(), b""
        try:
            for piece in pieces:
                for event in framer.feed(piece):
                    out += translator.feed(event)
            out += b"".join(map(translator.feed, framer.finish())) + translator.finish()
        except UpstreamError as error:
            out += str(error).encode()
        found.append(out)
    return found


@pytest.mark.parametrize(("name", "lines"), STREAMS)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_where_a_recorded_stream_is_split_makes_no_difference(
    name: str, lines: list[str], data: st.DataObject
) -> None:
    stream = stream_bytes(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=9)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    for client in SURFACES.values():
        assert translated(SURFACES[name], client, pieces) == translated(SURFACES[name], client, [stream])
