"""Transcripts are delivered in the requested format, and charged by their content in every format."""

from __future__ import annotations

import json

import pytest

from oneapi.domain.errors import UpstreamGarbage
from tests.adapters.upstream.gateway_calls import whole
from tests.adapters.upstream.media_calls import answered, spoken

HEARD = {"text": "Hello."}
SEGMENTS = {
    "text": "Hello there. Bye.",
    "segments": [
        {"start": 0.0, "end": 1.5, "text": " Hello there."},
        {"start": 3661.25, "end": 3662, "text": " Bye."},
    ],
}


@pytest.mark.parametrize(
    ("wanted", "came", "given", "heard"),
    [
        ("srt", json.dumps(HEARD).encode(), json.dumps(HEARD).encode(), "Hello."),
        ("vtt", json.dumps(HEARD).encode(), json.dumps(HEARD).encode(), "Hello."),
        ("text", json.dumps(HEARD).encode(), b"Hello.\n", "Hello."),
        ("json", b"Hello.\n", b'{"text":"Hello."}', "Hello."),
        ("verbose_json", b"Hello.\n", b'{"text":"Hello."}', "Hello."),
        ("json", b"1\n00:00:00,000 --> 00:00:01,000\nHello.\n", b'{"text":"Hello."}', "Hello."),
        ("srt", b"Hello.\n", b"Hello.\n", "Hello."),
        ("odd", b"Hello.", b"Hello.", "Hello."),
        (
            "srt",
            json.dumps(SEGMENTS).encode(),
            b"1\n00:00:00,000 --> 00:00:01,500\nHello there.\n\n2\n01:01:01,250 --> 01:01:02,000\nBye.\n",
            "Hello there. Bye.",
        ),
        (
            "vtt",
            json.dumps(SEGMENTS).encode(),
            b"WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nHello there.\n\n01:01:01.250 --> 01:01:02.000\nBye.\n",
            "Hello there. Bye.",
        ),
        ("json", b'{"segments":[{"text":" Hi "}]}', b'{"segments":[{"text":" Hi "}]}', "Hi"),
    ],
)  # fmt: skip
async def test_a_transcript_is_charged_by_its_content(
    wanted: str, came: bytes, given: bytes, heard: str
) -> None:
    answer = await answered(spoken(response_format=wanted), "application/json", came)
    assert await whole(answer) == given
    assert answer.take_text() == heard


@pytest.mark.parametrize("wanted", ["json", "verbose_json", "text", "srt", "vtt", "odd"])
@pytest.mark.parametrize("words", ["Hello.", "1", "-->", "a --> b", "{", "00:00", "WEBVTT"])
@pytest.mark.parametrize("form", ["json", "plain"])
async def test_an_empty_transcript_is_free(wanted: str, words: str, form: str) -> None:
    body = json.dumps({"text": words}).encode() if form == "json" else words.encode()
    try:
        answer = await answered(spoken(response_format=wanted), "application/json", body)
    except UpstreamGarbage:
        assert form == "plain"
        assert words == "1"  # JSON that is not a transcript, for somebody who wanted one as JSON
        return
    assert answer.take_text() == words
