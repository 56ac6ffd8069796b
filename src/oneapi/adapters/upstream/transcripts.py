"""The text that an upstream heard, in every format that it may be asked for."""

from __future__ import annotations

import msgspec


def heard_text(body: bytes, wanted: str) -> str:
    """The spoken words in the answer to a transcription with ``response_format=wanted``; empty if there are none."""
    text = body.decode("utf-8", "replace")
    if wanted in ("srt", "vtt"):
        return _cues(text)
    if wanted == "text":
        return text.removesuffix("\n")
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return text.strip()
    heard = answer.get("text") if isinstance(answer, dict) else None
    return heard if isinstance(heard, str) else ""


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
