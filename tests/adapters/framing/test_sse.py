"""Framing of server-sent events."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.framing.events import LINE, ServerSentEvent
from oneapi.adapters.framing.sse import Framer, frame
from oneapi.domain.errors import UpstreamGarbage


def events_of(*pieces: bytes, max_event: int = 1 << 20) -> list[tuple[bytes, bytes]]:
    framer = Framer(max_event)
    events = [event for piece in pieces for event in framer.feed(piece)]
    return [*events, *framer.finish()]


def test_an_event_is_a_name_and_its_data() -> None:
    (event,) = Framer().feed(b'event: message_start\ndata: {"a":1}\n\n')
    assert event == ServerSentEvent(name=b"message_start", data=b'{"a":1}')


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: a\n\ndata: b\n\n", [(b"", b"a"), (b"", b"b")]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [(b"", b"a"), (b"", b"b")]),
        (b"data: a\r\rdata: b\r\r", [(b"", b"a"), (b"", b"b")]),
        (b"data: a\r\n\ndata: b\n\r\ndata: c\r\r\n", [(b"", b"a"), (b"", b"b"), (b"", b"c")]),
        (b"data:a\n\n", [(b"", b"a")]),
        (b"data:  a\n\n", [(b"", b" a")]),
        (b"data: a\ndata: b\ndata:\n\n", [(b"", b"a\nb\n")]),
        (b": comment\n\n:\n\ndata: a\n\n", [(b"", b"a")]),
        (b": comment\ndata: a\n\n", [(b"", b"a")]),
        (b"event: ping\n\ndata: a\n\n", [(b"", b"a")]),
        (b"event:e\nid: 7\nretry: 10\ndata: a\n\n", [(b"e", b"a")]),
        (b"data\n\ndata:\n\n", [(b"", b""), (b"", b"")]),
        (b"datax: a\n\nxdata: b\n\ndata : c\n\n", []),
        (b"\n\n\ndata: a\n\n\n\n\ndata: b\n\n\n", [(b"", b"a"), (b"", b"b")]),
        (b"\xef\xbb\xbfdata: a\n\ndata: b\n\n", [(b"", b"a"), (b"", b"b")]),
        (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [(b"", b"a")]),
        (b"data: a\n\ndata: b", [(b"", b"a"), (b"", b"b")]),
        (b"data: a\n\ndata: b\n", [(b"", b"a"), (b"", b"b")]),
        (b"", []),
        (b"<html>\n<body>nothing here</body>\n\n</html>", []),
    ],
)
def test_the_grammar(stream: bytes, expected: list[tuple[bytes, bytes]]) -> None:
    assert events_of(stream) == expected
    assert events_of(*(stream[i : i + 1] for i in range(len(stream)))) == expected


@pytest.mark.parametrize(
    "separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x00"]
)
def test_only_line_feeds_and_carriage_returns_end_a_line(separator: str) -> None:
    data = f'{{"text":"a{separator}b"}}'.encode()
    assert events_of(b"data: " + data + b"\n\n") == [(b"", data)]
    assert events_of(b"data: " + data, b"\r\n\r\n") == [(b"", data)]


def test_a_marker_inside_json_text_is_text() -> None:
    data = rb'{"text":"\n\ndata: [DONE]\n\n"}'
    assert events_of(frame(data)) == [(b"", data)]


def test_nothing_waits_for_the_byte_after_a_carriage_return() -> None:
    framer = Framer()
    assert framer.feed(b"data: a\r\n\r") == [(b"", b"a")]
    assert framer.feed(b"\ndata: b\r\r") == [(b"", b"b")]


_PARTS = st.sampled_from(
    [
        *(
            b"data:",
            b"data: ",
            b"event: x",
            b"\n",
            b"\r",
            b"\r\n",
            b"\n\n",
            b"a",
            b'{"b":1}',
            b": c",
            b":",
            b" ",
        ),
        *(b"data: {}\n\n", b"data: [DONE]\n\n", b"data: x\r\n\r\n", b"\xef\xbb\xbf", "\u2028".encode()),
        *(b"event: y\ndata: {}\n\n", b"event: y\r\ndata: {}\r\n\r\n"),
    ]
)


@given(st.lists(_PARTS, max_size=40).map(b"".join), st.lists(st.integers(0, 200), max_size=12))
def test_any_split_gives_the_same_events(stream: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    byte_by_byte = [stream[i : i + 1] for i in range(len(stream))]
    expected = events_of(stream)
    assert events_of(*pieces) == events_of(*byte_by_byte) == expected
    if not stream.startswith(b"\xef"):
        assert events_of(b"data: z\n\n", stream) == [(b"", b"z"), *expected]


@given(st.binary(max_size=60))
def test_what_was_framed_comes_back_with_its_line_ends_as_line_feeds(data: bytes) -> None:
    expected = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert events_of(frame(data)) == [(b"", expected)]
    assert events_of(frame(b"first"), frame(data)) == [(b"", b"first"), (b"", expected)]


@pytest.mark.parametrize(
    "flood",
    [b"x" * 1000, b"data: " + b"x" * 1000, b"data: x\n" * 1000, b"data:\n" * 2000],
    ids=["no line end", "one long line", "many data lines", "empty data lines"],
)
@pytest.mark.parametrize("size", [1, 7, 4096])
def test_an_event_without_end_is_refused(flood: bytes, size: int) -> None:
    framer = Framer(max_event=500)
    framer.feed(b"data: settled\n\n")
    pieces = [flood[i : i + size] for i in range(0, len(flood), size)]
    with pytest.raises(UpstreamGarbage, match="larger than 500 bytes"):
        [framer.feed(piece) for piece in pieces]


def test_the_cap_is_of_one_event_and_not_of_the_stream() -> None:
    assert len(events_of(*[b"data: " + b"x" * 400 + b"\n\n"] * 100, max_event=500)) == 100
    assert len(events_of(b"data: 12345\n\n" * 100, max_event=500)) == 100


def test_a_large_event_in_small_pieces_takes_linear_time() -> None:
    event = b"data: " + b"x" * (8 << 20) + b"\n\n"
    pieces = [event[i : i + 1000] for i in range(0, len(event), 1000)]
    framer = Framer()
    events = [event for piece in pieces for event in framer.feed(piece)]
    assert [len(event.data) for event in events] == [8 << 20]


def test_lines_that_are_no_events_are_kept_where_they_are_passed_on() -> None:
    stream = b": ping\n\nid: 7\nevent: a\ndata: {}\n\nretry: 5\n\n"
    expected = [(LINE, b": ping"), (LINE, b"id: 7"), (b"a", b"{}"), (LINE, b"retry: 5")]
    for size in (1, 5, len(stream)):
        framer = Framer(keeps_lines=True)
        pieces = [stream[i : i + size] for i in range(0, len(stream), size)]
        assert [event for piece in pieces for event in framer.feed(piece)] == expected
    assert events_of(stream) == [(b"a", b"{}")]
