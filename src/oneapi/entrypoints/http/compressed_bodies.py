"""Decompressing request bodies within a limit, whatever their full size."""

from __future__ import annotations

import sys
import zlib
from typing import TYPE_CHECKING, NamedTuple

import brotli  # type: ignore[import-untyped]

from oneapi.domain.errors import BodyTooLarge, MalformedRequest
from oneapi.entrypoints.http.bodies import MEGABYTE, size_text

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sanic import Request

#: A body may expand to this many times its compressed size, or to ``SMALL_GROWTH`` if that is more. The JSON of real
#: clients is compressed by a factor of 3 to 20; decompression bombs by 1000 and more.
MOST_GROWTH = 100
SMALL_GROWTH = 4 * MEGABYTE
#: Bytes of output requested from brotli at once, which it may exceed.
_STEP = MEGABYTE
_ZLIB = 0x08
#: Windows of 8 MB are the largest that senders may use: https://www.rfc-editor.org/rfc/rfc9659#section-3
_ZSTD: Mapping[int, int] = {zstd.DecompressionParameter.window_log_max: 23}


class Plain(NamedTuple):
    """The bytes decompressed up to the limit, and whether the compressed body is complete."""

    body: bytes
    complete: bool


def encoding_of(request: Request) -> str:
    """The content encoding of the body; empty if it is not compressed."""
    given = request.headers.get("content-encoding")
    encoding = given.strip().lower() if given else ""
    return "" if encoding == "identity" else encoding


def inflated(body: bytes, encoding: str, limit: int) -> bytes:
    """The decompressed body. Raises BodyTooLarge before it far exceeds ``limit``, or if it expands too much."""
    decompress = _DECOMPRESS.get(encoding)
    if decompress is None:
        raise MalformedRequest(
            detail=f"the content encoding {encoding[:20]!r} is not supported; use {_NAMES} or none"
        )
    limit = min(limit, max(MOST_GROWTH * len(body), SMALL_GROWTH))
    try:
        plain, complete = decompress(body, limit + 1)
    except (zlib.error, zstd.ZstdError, brotli.error):
        raise MalformedRequest(detail=f"the request body is not valid {encoding}") from None
    if len(plain) > limit:
        raise BodyTooLarge(limit=size_text(limit))
    if not complete:
        raise MalformedRequest(detail=f"the {encoding} body ends too early")
    return plain


def _from_gzip(body: bytes, most: int) -> Plain:
    return _from_zlib(body, most, 31)


def _from_deflate(body: bytes, most: int) -> Plain:
    # The standard means the zlib format, but some clients send raw deflate:
    # https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.2
    is_zlib = body[:1] and body[0] & 0x0F == _ZLIB and int.from_bytes(body[:2]) % 31 == 0
    return _from_zlib(body, most, zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)


def _from_zlib(body: bytes, most: int, window: int) -> Plain:
    """``window``: zlib's name for a format, https://docs.python.org/3/library/zlib.html#zlib.decompress."""
    inflater = zlib.decompressobj(wbits=window)
    return Plain(inflater.decompress(body, most), inflater.eof)


def _from_zstd(body: bytes, most: int) -> Plain:
    decompressor = zstd.ZstdDecompressor(options=_ZSTD)
    return Plain(decompressor.decompress(body, most), decompressor.eof)


def _from_brotli(body: bytes, most: int) -> Plain:
    decompressor = brotli.Decompressor()
    pieces = [decompressor.process(body, output_buffer_limit=_STEP)]
    size = len(pieces[0])
    while pieces[-1] and size < most:
        pieces.append(decompressor.process(b"", output_buffer_limit=_STEP))
        size += len(pieces[-1])
    return Plain(b"".join(pieces), decompressor.is_finished())


_DECOMPRESS: Mapping[str, Callable[[bytes, int], Plain]] = {
    "gzip": _from_gzip,
    "deflate": _from_deflate,
    "br": _from_brotli,
    "zstd": _from_zstd,
}
_NAMES = ", ".join(_DECOMPRESS)
