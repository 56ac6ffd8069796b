"""The text that an upstream heard, in every format that it may be asked for."""

from __future__ import annotations

import msgspec

from oneapi.adapters.upstream.sse import Framer


def heard_text(body: bytes, wanted: str) -> str:
    """The spoken words in the answer to a transcription with ``response_format=wanted``; empty if there are none."""
    text = body.decode("utf-8", "replace")
    if wanted in ("srt", "vtt"):
        return _cues(text)
    if wanted == "text":
        return text.removesuffix("\n")
    events = _events(body) if body.startswith((b"data:", b"event:")) else [body]
    try:
        answers = [msgspec.json.decode(event) for event in events if event != b"[DONE]"]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return text.strip()
    # Of a stream the last event repeats the whole text: its deltas have another key.
    # https://platform.openai.com/docs/api-reference/audio/transcript-text-done-event
    heard = [answer.get("text") for answer in answers if isinstance(answer, dict)]
    return next((words for words in reversed(heard) if isinstance(words, str)), "")


def _events(body: bytes) -> list[bytes]:
    framer = Framer()
    return [event.data for event in (*framer.feed(body), *framer.finish())]


def _cues(text: str) -> str:
    """All lines of a subtitle file but numbers, times and notes."""
    words = []
    inside = False
    for line in text.splitlines():
        if "-->" in line:
            inside = True
        elif not line.strip():
            inside = False
        elif inside:
            words.append(line)
    return "\n".join(words)
