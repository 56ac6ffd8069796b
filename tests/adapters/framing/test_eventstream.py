"""Amazon's binary event streams, read."""

from __future__ import annotations

import base64
import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.framing.eventstream import EventStreamFramer
from oneapi.domain.errors import GatewayError, UpstreamGarbage, UpstreamRefusal
from oneapi.entrypoints.errors.answers import name_of, status_of
from tests.support.providers import eventstream
from tests.support.providers.exchanges import load

FRAMES = load("aws_claude")["eventstream_frames"]
STREAM = (
    eventstream.event("messageStart", {"role": "assistant"})
    + eventstream.chunk({"type": "ping"})
    + eventstream.event("metadata", {"usage": {"inputTokens": 1}})
)


def framed(*pieces: bytes) -> list[tuple[bytes, Any]]:
    framer = EventStreamFramer()
    events = [event for piece in pieces for event in framer.feed(piece)]
    return [(event.name, json.loads(event.data)) for event in [*events, *framer.finish()]]


def test_recorded_piece() -> None:
    frame = base64.b64decode(FRAMES[0]["base64"])
    assert framed(frame) == [(b"", FRAMES[0]["payload_bytes_decoded"])]


def test_recorded_exception() -> None:
    with pytest.raises(UpstreamRefusal) as caught:
        framed(base64.b64decode(FRAMES[1]["base64"]))
    assert (status_of(caught.value), name_of(caught.value).code) == (429, "throttlingException")
    assert caught.value.cause == FRAMES[1]["payload"]["message"]


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_where_the_bytes_are_split_makes_no_difference(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in itertools.pairwise(places)]
    assert framed(*pieces) == framed(STREAM)


@given(st.integers(0, len(STREAM) - 1), st.integers(1, 255))
def test_changed_byte_is_noticed(place: int, change: int) -> None:
    broken = bytearray(STREAM)
    broken[place] ^= change
    with pytest.raises(GatewayError):
        framed(bytes(broken))


@given(st.binary(min_size=12, max_size=80))
def test_noise_is_garbage(noise: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        framed(noise)


def test_half_a_message_is_no_event() -> None:
    assert framed(STREAM[:-1]) == framed(STREAM)[:-1]
