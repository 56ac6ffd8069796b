"""Transcripts in every format that clients may ask for and upstreams may send."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from oneapi.adapters.dialects.narrow import items_of, text
from oneapi.adapters.framing.detection import is_page
from oneapi.adapters.upstream.answer_forms.media_tap import SEGMENT
from oneapi.adapters.upstream.headers import JSON
from oneapi.domain.errors import UpstreamBroken, UpstreamGarbage
from oneapi.domain.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Fields = dict[str, Any]
#: https://platform.openai.com/docs/api-reference/audio/createTranscription (``response_format``)
AS_JSON = ("json", "verbose_json", "diarized_json")
AS_CUES = ("srt", "vtt")
TRANSCRIPT_FORMS = (*AS_JSON, *AS_CUES, "text")
_NOT_JSON: Final = object()
PLAIN = "text/plain; charset=utf-8"
_TIMES = re.compile(r"^\s*[0-9:.,]+\s+-->\s+[0-9:.,]+", re.MULTILINE)


@record
class Transcript:
    """An upstream's transcript.

    Attributes:
        words: The spoken text; the whole answer if its form is unknown here.
        fields: The answer if it is a JSON object; None if it is a text.
        body: The bytes of the answer.
    """

    words: str
    fields: Fields | None
    body: bytes


def read_transcript(body: bytes, kind: str, wanted: str) -> Transcript:
    """The transcript in an answer of the media type ``kind``.

    ``wanted`` is the format that the client asked for. The actual one is detected from the content, because many
    servers know only one. Raises UpstreamGarbage if the answer is empty, a web page, or JSON without a text.
    """
    if not body:
        raise UpstreamGarbage("the answer is empty")
    if is_page(kind, body):
        raise UpstreamGarbage("the answer is a web page, not a transcript")
    value = _decoded(body)
    if isinstance(value, dict):
        return Transcript(
            _words(value) if wanted in TRANSCRIPT_FORMS else _any_words(value, body), value, body
        )
    told = body.decode("utf-8", "replace")
    if wanted in AS_JSON and (value is not _NOT_JSON or not told.strip()):
        raise UpstreamGarbage("the answer holds no text")
    return Transcript(_cues(told) if _TIMES.search(told) else told.strip("\r\n"), None, body)


def transcript_of(fields: Fields) -> Transcript:
    """The transcript in a JSON answer that was assembled here."""
    return Transcript(text(fields.get("text")), fields, msgspec.json.encode(fields))


def written(transcript: Transcript, wanted: str) -> tuple[bytes, str | None]:
    """``transcript`` in the format ``wanted``, and its media type; None with the answer's own bytes if they can pass.

    Times are never invented: only answers with times become subtitles, others pass as they came.
    """
    fields = transcript.fields
    if fields is None:
        if wanted not in AS_JSON:
            return transcript.body, None
        return msgspec.json.encode({"text": transcript.words}), JSON
    if wanted == "text":
        return f"{transcript.words}\n".encode(), PLAIN
    segments = [segment for segment in items_of(fields.get("segments")) if _timed(segment)]
    if wanted in AS_CUES and segments:
        return _subtitles(segments, wanted).encode(), PLAIN
    return transcript.body, None


def joined_transcript(parts: Sequence[Fields]) -> Fields:
    """The JSON answer that was streamed as ``parts``. Raises UpstreamBroken if the last is missing."""
    whole: Fields = {}
    deltas, segments, last = [], [], None
    for part in parts:
        whole |= {name: part[name] for name in ("usage", "logprobs") if part.get(name) is not None}
        if part.get("type") == SEGMENT:
            segments.append(part)
        elif isinstance(part.get("delta"), str):
            deltas.append(part["delta"])
        elif isinstance(part.get("text"), str):
            last = part["text"]
    if last is None:
        raise UpstreamBroken("the stream ended before its last event")
    whole["text"] = last or "".join(deltas) or " ".join(text(part.get("text")) for part in segments)
    return {**whole, "segments": segments} if segments else whole


def transcript_events(transcript: Transcript) -> Iterable[tuple[str, Fields]]:
    """The events that stream ``transcript``.

    https://platform.openai.com/docs/api-reference/audio/transcript-text-delta-event
    """
    told = {name: value for name, value in (transcript.fields or {}).items() if name in ("usage", "logprobs")}
    yield "", {"type": "transcript.text.delta", "delta": transcript.words}
    yield "", {"type": "transcript.text.done", "text": transcript.words, **told}


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _NOT_JSON


def _words(fields: Fields) -> str:
    """The text in a JSON answer, empty if nothing was spoken. Raises UpstreamGarbage if it has no member for text."""
    if isinstance(fields.get("text"), str):
        return str(fields["text"])
    segments = items_of(fields.get("segments"))
    if not segments:
        raise UpstreamGarbage("the answer holds no text")
    return " ".join(text(segment.get("text")).strip() for segment in segments)


def _any_words(fields: Fields, body: bytes) -> str:
    """The text in an answer of a form that only the provider knows; all of it if it has no member for text."""
    try:
        return _words(fields)
    except UpstreamGarbage:
        return body.decode("utf-8", "replace").strip()


def _cues(told: str) -> str:
    """The lines of a subtitle file without numbers, times and notes."""
    words = []
    inside = False
    for line in told.splitlines():
        if _TIMES.match(line):
            inside = True
        elif not line.strip():
            inside = False
        elif inside:
            words.append(line)
    return "\n".join(words)


def _timed(segment: Fields) -> bool:
    return all(
        isinstance(segment.get(name), int | float) and segment[name] >= 0 for name in ("start", "end")
    ) and bool(text(segment.get("text")).strip())


def _subtitles(segments: Sequence[Fields], wanted: str) -> str:
    cues = []
    for number, segment in enumerate(segments, 1):
        times = " --> ".join(_clock(segment[name], wanted) for name in ("start", "end"))
        cue = f"{times}\n{text(segment['text']).strip()}\n"
        cues.append(f"{number}\n{cue}" if wanted == "srt" else cue)
    return ("WEBVTT\n\n" if wanted == "vtt" else "") + "\n".join(cues)


def _clock(seconds: float, wanted: str) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}{',' if wanted == 'srt' else '.'}{milliseconds:03}"
