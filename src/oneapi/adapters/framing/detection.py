"""Whether a body is a stream, judged by its bytes, because its declared type is often wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from oneapi.adapters.framing.events import ServerSentEvent
from oneapi.adapters.framing.lines import LineFramer
from oneapi.adapters.framing.sse import EVENT_STREAM
from oneapi.adapters.framing.sse import Framer as SseFramer

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.adapters.framing.events import Framer

#: Possible starts of a line of a stream: https://html.spec.whatwg.org/multipage/server-sent-events.html
_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
_BLANKS = b" \t\r\n\xef\xbb\xbf"
_HTML = (b"<!doctype", b"<html", b"<head", b"<body", b"<?xml")
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


def begins_events(piece: bytes) -> bool:
    """Whether ``piece``, the first of a body, is the start of server-sent events."""
    start = piece[:64].lstrip(_BLANKS)
    return start.startswith(_FIELDS) or (bool(start) and any(name.startswith(start) for name in _FIELDS))


def begins_document(piece: bytes) -> bool:
    """Whether ``piece``, the first of a body, is the start of JSON or HTML; server-sent events never match."""
    return piece[:64].lstrip(_BLANKS)[:1] in (b"{", b"[", b"<")


def is_page(kind: str, body: bytes) -> bool:
    """Whether an answer is an HTML page, as proxies and login walls send with a success status."""
    return "html" in kind or body[:64].lstrip(_BLANKS).lower().startswith(_HTML)


def events_in(kind: str, body: bytes, framer: Callable[[], Framer]) -> list[ServerSentEvent] | None:
    """The events of a body that is a stream, or None if it is a single document.

    A stream is server-sent events, one JSON value per line, or a JSON array of values. ``kind`` is the body's declared
    content type; ``framer`` makes the framer of the provider's row.
    """
    if body[:1] == b"{":  # the usual case
        return _framed(LineFramer(), body) if b"\n" in body and _is_lines(body) else None
    if framer not in (SseFramer, LineFramer) and not begins_document(body):
        return _framed(framer(), body)
    if begins_events(body) or (EVENT_STREAM in kind and not begins_document(body)):
        return _framed(SseFramer(), body)
    if body[:1] == b"[":
        try:
            return [ServerSentEvent(b"", bytes(item)) for item in _decode_list(body)]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
    return None


def _is_lines(body: bytes) -> bool:
    """Whether the body has one JSON object per line: then its first line is a complete object."""
    end = body.find(b"\n")
    return (
        end > 0
        and body[max(0, end - 2) : end].endswith((b"}", b"}\r"))
        and body[end : end + 8].lstrip()[:1] == b"{"
    )


def _framed(framer: Framer, body: bytes) -> list[ServerSentEvent]:
    return [*framer.feed(body), *framer.finish()]
