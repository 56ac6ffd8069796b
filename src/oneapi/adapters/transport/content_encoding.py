"""Decompression of answers' bodies."""

from __future__ import annotations

import zlib

from oneapi.domain.errors import UpstreamBroken, UpstreamGarbage

#: Values of Content-Encoding that mean an unchanged body; providers also send the non-standard ones.
_PLAIN = frozenset({"", "identity", "none", "utf-8", "utf8"})
_GZIP = frozenset({"gzip", "x-gzip"})
_GZIP_START = b"\x1f"
_ZLIB_METHOD = 8
#: The most bytes that one call returns.
_STEP = 256 * 1024


class Inflater:
    """Decompresses a gzip or deflate body piece by piece, in bounded memory.

    A body that is not compressed, although it is declared so, passes unchanged: proxies in front of providers do that.
    """

    __slots__ = ("_begun", "_coding", "_full", "_source", "_tail", "_zlib")

    def __init__(self, source: str, coding: str) -> None:
        self._source = source
        self._coding = coding
        self._zlib = zlib.decompressobj(wbits=31 if coding in _GZIP else 15)
        self._begun = False
        self._tail = b""
        self._full = False

    @property
    def pending(self) -> bool:
        """Whether there is more output before the next input."""
        return self._full or bool(self._tail)

    def feed(self, data: bytes) -> bytes:
        """The next decompressed bytes. Raises UpstreamGarbage for invalid data."""
        data = self._tail + data
        if not self._begun and data:
            self._begin(data)
        if self._coding in _PLAIN:
            return data
        if self._zlib.eof and not self._another(data):
            self._tail = b""
            self._full = False
            return b""
        try:
            inflated = self._zlib.decompress(data, _STEP)
        except zlib.error as error:
            raise UpstreamGarbage(f"{self._source}: the body is not valid {self._coding}") from error
        self._tail = self._zlib.unconsumed_tail or self._zlib.unused_data
        self._full = len(inflated) == _STEP
        return inflated

    def finish(self) -> None:
        """Check that the body is complete. Raises UpstreamBroken if it is truncated."""
        if self._begun and not self._zlib.eof and self._coding not in _PLAIN:
            raise UpstreamBroken(f"{self._source}: the {self._coding} body is truncated")

    def _begin(self, data: bytes) -> None:
        self._begun = True
        if self._coding in _GZIP:
            if data[:1] != _GZIP_START:
                self._coding = "identity"
        elif data[:1] in {b"{", b"[", b"<"} or data[:5] == b"data:":
            self._coding = "identity"
        elif data[0] & 0x0F != _ZLIB_METHOD:  # without the header of RFC 1950: a raw RFC 1951 stream
            self._zlib = zlib.decompressobj(wbits=-15)

    def _another(self, data: bytes) -> bool:
        """Start the next member of a gzip body (RFC 1952, 2.2); other bytes after its end are ignored."""
        if self._coding not in _GZIP or data[:1] != _GZIP_START:
            return False
        self._zlib = zlib.decompressobj(wbits=31)
        return True


def inflater_for(source: str, coding: str | None) -> Inflater | None:
    """The decompressor for ``coding``, or None if there is none. Raises UpstreamGarbage for unrequested codings."""
    coding = (coding or "").strip().lower()
    if coding in _PLAIN:
        return None
    if coding in _GZIP or coding == "deflate":
        return Inflater(source, coding)
    raise UpstreamGarbage(f"{source}: the answer has a content encoding that was not requested")
