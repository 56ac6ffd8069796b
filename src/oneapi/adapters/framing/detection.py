"""Whether a body is a stream, and its events if it is: told by its bytes, as labels are often wrong."""

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

#: How a line of a stream may begin: https://html.spec.whatwg.org/multipage/server-sent-events.html
_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
_BLANKS = b" \t\r\n\xef\xbb\xbf"
_HTML = (b"<!doctype", b"<html", b"<head", b"<body", b"<?xml")
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


def begins_events(piece: bytes) -> bool:
    """Whether ``piece``, the first of a body, is the beginning of server-sent events."""
    start = piece[:64].lstrip(_BLANKS)
    return start.startswith(_FIELDS) or (bool(start) and any(name.startswith(start) for name in _FIELDS))


def begins_document(piece: bytes) -> bool:
    """Whether ``piece`` is the beginning of JSON or of a page, which server-sent events never are."""
    return piece[:64].lstrip(_BLANKS)[:1] in (b"{", b"[", b"<")


def is_page(kind: str, body: bytes) -> bool:
    """Whether an answer is a page for people: what proxies and login walls send with a status of success."""
    return "html" in kind or body[:64].lstrip(_BLANKS).lower().startswith(_HTML)


def events_in(kind: str, body: bytes, framer: Callable[[], Framer]) -> list[ServerSentEvent] | None:
    """The events of a body that is a stream: server-sent, one JSON value a line, or in a JSON array. None: it is whole.

    ``framer`` is the row's own; ``kind`` the type that the body is said to have.
    """
    if body[:1] == b"{":  # most answers
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
    """Whether JSON objects follow one another, each on its line: the first line is then a whole one."""
    end = body.find(b"\n")
    return (
        end > 0
        and body[max(0, end - 2) : end].endswith((b"}", b"}\r"))
        and body[end : end + 8].lstrip()[:1] == b"{"
    )


def _framed(framer: Framer, body: bytes) -> list[ServerSentEvent]:
    return [*framer.feed(body), *framer.finish()]
