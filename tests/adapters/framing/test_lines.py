"""Streams of one JSON value a line."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.framing.lines import LineFramer
from oneapi.domain.errors import UpstreamGarbage


def framed(pieces: list[bytes]) -> list[bytes]:
    framer = LineFramer()
    events = [event for piece in pieces for event in framer.feed(piece)]
    return [event.data for event in events + framer.finish()]


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=6))
def test_where_the_bytes_are_split_makes_no_difference(stream: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[start:end] for start, end in itertools.pairwise(places)]
    assert framed(pieces) == framed([stream])


def test_blank_lines_are_no_events_and_the_last_line_needs_no_end() -> None:
    assert framed([b'{"a":1}\r\n\n  \n{"b":', b'"\xe2\x80\xa8"}']) == [b'{"a":1}', b'{"b":"\xe2\x80\xa8"}']


def test_line_without_end_is_garbage() -> None:
    framer = LineFramer(max_line=10)
    framer.feed(b"x" * 10)
    with pytest.raises(UpstreamGarbage):
        framer.feed(b"x")
