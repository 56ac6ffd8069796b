"""Content codings of an answer's body."""

from __future__ import annotations

import zlib

from oneapi.domain.errors import UpstreamBroken, UpstreamGarbage

#: As providers write it; the odd ones mean that nothing was done to the bytes.
_PLAIN = frozenset({"", "identity", "none", "utf-8", "utf8"})
_GZIP = frozenset({"gzip", "x-gzip"})
_GZIP_START = b"\x1f"
_ZLIB_METHOD = 8
#: At most so many bytes come out of one call, whatever went in.
_STEP = 256 * 1024


class Inflater:
    """A gzip or deflate body, undone piece by piece in bounded memory.

    A body that is announced as compressed and is not passes as it stands: proxies before providers do that.
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
        """Whether more comes out before more goes in."""
        return self._full or bool(self._tail)

    def feed(self, data: bytes) -> bytes:
        """Raises UpstreamGarbage for what cannot be undone."""
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
        """At the body's end; UpstreamBroken if it stopped short."""
        if self._begun and not self._zlib.eof and self._coding not in _PLAIN:
            raise UpstreamBroken(f"{self._source}: the {self._coding} body stops short")

    def _begin(self, data: bytes) -> None:
        self._begun = True
        if self._coding in _GZIP:
            if data[:1] != _GZIP_START:
                self._coding = "identity"
        elif data[:1] in {b"{", b"[", b"<"} or data[:5] == b"data:":
            self._coding = "identity"
        elif data[0] & 0x0F != _ZLIB_METHOD:  # not RFC 1950: a bare RFC 1951 stream
            self._zlib = zlib.decompressobj(wbits=-15)

    def _another(self, data: bytes) -> bool:
        """A gzip body may have several members, RFC 1952 2.2; other bytes behind its end mean nothing."""
        if self._coding not in _GZIP or data[:1] != _GZIP_START:
            return False
        self._zlib = zlib.decompressobj(wbits=31)
        return True


def inflater_for(source: str, coding: str | None) -> Inflater | None:
    """What undoes ``coding``, None if nothing was done. Raises UpstreamGarbage for a coding that was not asked for."""
    coding = (coding or "").strip().lower()
    if coding in _PLAIN:
        return None
    if coding in _GZIP or coding == "deflate":
        return Inflater(source, coding)
    raise UpstreamGarbage(f"{source}: the answer has a content encoding that was not asked for")
