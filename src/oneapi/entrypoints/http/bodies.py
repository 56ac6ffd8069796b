"""Request bodies: read within a limit, and parsed only if they contain few enough values."""

from __future__ import annotations

import asyncio
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.domain.errors import BodyTooLarge, MalformedRequest, TooManyEscapes, TooManyValues

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sanic import Request

KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE
#: The most values (lists, objects and their members) of a JSON body. Building this many takes at most 0.1 s and 100 MB.
#: An agent's request of 2 MB has about 50 000; the longest input of token ids that providers accept has 300 000.
MOST_VALUES = 500_000
#: The most backslashes of a JSON body. No other thread runs while a string is parsed, which takes up to 90 ms for this
#: many. Source code has one in thirty bytes; no model reads a longer text with every character escaped.
MOST_ESCAPES = 2_000_000
#: Bodies up to this many bytes need no counting: a value in a list takes at least two.
_UNCOUNTED = 2 * MOST_VALUES
#: All bytes but those of which each list, object and further member has one.
_OTHERS = bytes(set(range(256)) - set(b"{[,"))
#: Bytes scanned in one step, during which no other thread runs.
_SLICE = MEGABYTE


def check_length(request: Request, limit: int) -> None:
    """Raise BodyTooLarge if ``Content-Length`` exceeds ``limit`` bytes."""
    stream: Any = request.stream
    if stream.request_bytes > limit:
        raise BodyTooLarge(limit=size_text(limit))


async def read_limited(request: Request, limit: int) -> bytes:
    """The whole body as received. Raises BodyTooLarge before more than ``limit`` bytes are in memory."""
    check_length(request, limit)
    stream: Any = request.stream
    whole: bytes | None = stream.body_at_hand()
    if whole is not None:
        return whole
    pieces: list[bytes] = []
    size = 0
    while (piece := await stream.read()) is not None:
        size += len(piece)
        if size > limit:
            raise BodyTooLarge(limit=size_text(limit))
        pieces.append(piece)
    if len(pieces) == 1:
        return pieces[0]
    # Joining large pieces releases the GIL.
    return b"".join(pieces) if size < MEGABYTE else await asyncio.to_thread(b"".join, pieces)


def check_values(body: bytes) -> None:
    """Raise TooManyValues or TooManyEscapes for JSON that would take too long to parse, whatever its size."""
    if len(body) < _UNCOUNTED:
        return
    if len(body) > MOST_ESCAPES and not _within(map(_escapes, _slices(body)), MOST_ESCAPES):
        raise TooManyEscapes(most=MOST_ESCAPES)
    if _within(map(_structure, _slices(body)), MOST_VALUES):
        return
    # Many of these characters may be inside strings, such as source code: count again without them.
    if not _within(_structure_outside_of_strings(body), MOST_VALUES):
        raise TooManyValues(most=MOST_VALUES)


def _within(counts: Iterable[int], most: int) -> bool:
    return all(total <= most for total in accumulate(counts))


def _slices(body: bytes) -> Iterator[bytes]:
    return (body[at : at + _SLICE] for at in range(0, len(body), _SLICE))


def _escapes(piece: bytes) -> int:
    return piece.count(b"\\")


def _structure(piece: bytes) -> int:
    return len(piece.translate(None, _OTHERS))


def _structure_outside_of_strings(body: bytes) -> Iterator[int]:
    at, inside = 0, 0
    while at < len(body):
        piece = body[at : at + _SLICE]
        if (len(piece) - len(piece.rstrip(b"\\"))) % 2:  # do not cut an escape in two
            piece = body[at : at + _SLICE + 1]
        at += len(piece)
        parts = piece.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')
        yield _structure(b"".join(parts[inside::2]))
        inside = (inside + len(parts) - 1) % 2


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object of ``body``; an absent or null one counts as empty. Raises MalformedRequest, TooManyValues."""
    check_values(body)
    return decoded(body)


def decoded(body: bytes, decode: Callable[[bytes], Any] | None = None) -> dict[str, Any]:
    """Like ``parse_object``, for a body whose values were counted; ``decode`` replaces the default decoder."""
    try:
        return (decode or _decode)(body) or {}
    except msgspec.ValidationError:
        raise MalformedRequest(detail="the request body must be a JSON object") from None
    except msgspec.DecodeError as error:
        if not body.strip():
            return {}
        raise MalformedRequest(detail=f"the request body is not valid JSON: {error}") from None
    except RecursionError:
        raise MalformedRequest(detail="the request body is nested too deeply") from None
    except UnicodeDecodeError:
        raise MalformedRequest(detail="the request body is not valid UTF-8") from None


_decode = msgspec.json.Decoder(dict[str, Any] | None).decode


def size_text(size: int) -> str:
    """``size``, in bytes, as people write it."""
    return f"{size // MEGABYTE} MB" if size >= MEGABYTE else f"{size // KILOBYTE} kB"
