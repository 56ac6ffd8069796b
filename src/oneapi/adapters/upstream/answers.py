"""The answers of upstreams, on their way to the client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from oneapi.adapters.dialects.interface import Tally
from oneapi.domain.errors import UpstreamError, UpstreamGarbage, UpstreamRefusal
from oneapi.domain.usage import believed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from oneapi.adapters.dialects.interface import Dialect, StreamTranslator
    from oneapi.adapters.framing.events import Framer, ServerSentEvent
    from oneapi.adapters.providers.calls import Headers
    from oneapi.adapters.transport.interface import Response
    from oneapi.adapters.upstream.failures.errors import Judge
    from oneapi.domain.usage import Usage

#: A stream is held back until its first content, so that another channel can serve the request if it breaks before.
#: It is released after this many events in any case, because no tap knows every kind of content.
HELD_EVENTS = 8
#: Seconds that an upstream has to end the body after its end marker; only then can the connection be reused.
DRAIN = 0.25


class _Answer:
    """The part that all answers share: a tally, from which the counted text is taken in pieces."""

    def __init__(self, status: int, headers: Headers, tally: Tally, dialect: Dialect | None) -> None:
        self.streaming = self.in_pieces = False
        self.end_marker = b""
        self.left_out: tuple[str, ...] = ()
        self.status = status
        self.headers = headers
        self._tally = tally
        self._dialect = dialect
        self._passed = False
        self._counted = 0
        self._size = 0

    @property
    def usage(self) -> Usage | None:
        return believed(self._tally.usage)

    @property
    def produced(self) -> bool:
        return self._passed and self._tally.produced

    @property
    def text_size(self) -> int:
        text = self._tally.text
        if len(text) > self._counted:
            self._size += sum(map(len, text[self._counted :]))
            self._counted = len(text)
        return self._size

    async def next(self) -> bytes:
        raise NotImplementedError

    async def read(self) -> bytes:
        pieces = []
        while piece := await self.next():
            pieces.append(piece)
        return b"".join(pieces)

    def broken_off(self, event: bytes) -> bytes:
        return self._dialect.broken_off(event) if self._dialect else event

    def take_text(self) -> str:
        taken = "".join(self._tally.text)
        self._tally.text.clear()
        self._tally.taken += len(taken)
        self._counted = self._size = 0
        return taken


class WholeAnswer(_Answer):
    """An answer that has been read completely and is valid.

    ``streams_to`` is the client's dialect if the answer was converted to a stream, which ends with ``end_marker``.
    """

    def __init__(
        self,
        status: int,
        headers: Headers,
        body: bytes,
        tally: Tally,
        streams_to: Dialect | None = None,
        end_marker: bytes = b"",
    ) -> None:
        super().__init__(status, headers, tally, streams_to)
        self._body = body
        self.streaming = streams_to is not None
        self.end_marker = end_marker

    async def next(self) -> bytes:
        body, self._body = self._body, b""
        self._passed = True
        return body

    async def read(self) -> bytes:
        self._passed = True
        return self._body

    async def close(self) -> None:
        """Does nothing: no connection is open."""


class RawAnswer(_Answer):
    """Opaque bytes, passed on as they arrive; ``first`` holds what has already been read.

    Reading more than ``limit`` bytes raises UpstreamGarbage.
    """

    def __init__(
        self,
        status: int,
        headers: Headers,
        response: Response,
        *,
        first: bytes = b"",
        limit: int | None = None,
    ) -> None:
        super().__init__(status, headers, Tally(), None)
        self.in_pieces = True
        self._response = response
        self._first = first
        self._limit = limit
        self._read = 0

    async def next(self) -> bytes:
        piece, self._first = self._first or await self._response.next(), b""
        if piece:
            self._read += len(piece)
            if self._limit is not None and self._read > self._limit:
                raise UpstreamGarbage(f"the answer is larger than {self._limit} bytes")
            self._passed = self._tally.produced = True
        return piece

    async def close(self) -> None:
        self._response.release()


class StreamAnswer(_Answer):
    """A stream of events, translated or tapped; each event is passed on as soon as it is complete.

    ``before_end`` is awaited after the last event, before the translator finishes.
    """

    def __init__(  # noqa: PLR0913  # each is one piece of the stream, named where it is put together
        self,
        headers: Headers,
        response: Response,
        translator: StreamTranslator,
        *,
        client: Dialect,
        framer: Framer,
        end: ServerSentEvent,
        end_marker: bytes,
        judge: Judge,
        before_end: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(200, headers, translator.tally, client)
        self.streaming = True
        self.end_marker = end_marker
        self._response = response
        self._framer = framer
        self._translator = translator
        self._end = end
        self._judge = judge
        self._before_end = before_end
        self._held = b""
        #: Output that follows the last event; None until then.
        self._owed: bytes | None = None
        self._events = 0
        #: Whether the upstream sent its end marker or its body ended; whether the body ended.
        self._done = False
        self._ended = False
        #: The error that ended the stream early; raised once everything received before it has been passed on.
        self._failure: UpstreamError | None = None

    async def open(self, piece: bytes) -> None:
        """Read from the body's first ``piece`` up to the first content. Raises UpstreamError if none arrives."""
        held = [self._take(piece)]
        while not (self._done or self._failure or self._tally.produced or self._events >= HELD_EVENTS):
            try:
                held.append(self._take(await self._response.next()))
            except UpstreamError as error:
                self._break_off(error)
        if self._failure is not None and not self._tally.produced:
            raise self._failure
        if self._done:
            self._owed = await self._finished()
        self._held = b"".join(held)

    async def next(self) -> bytes:
        self._passed = True
        if self._held:
            held, self._held = self._held, b""
            return held
        while not (self._done or self._failure):
            try:
                out = self._take(await self._response.next())
            except UpstreamError as error:
                self._break_off(error)
            else:
                if out:
                    return out
        if self._failure is not None:
            raise self._failure
        owed = await self._finished() if self._owed is None else self._owed
        self._owed = b""
        return owed

    async def _finished(self) -> bytes:
        if self._before_end is not None:
            await self._before_end()
        return self._translator.finish()

    async def close(self) -> None:
        if self._done and not self._ended:
            try:
                async with asyncio.timeout(DRAIN):
                    while await self._response.next():
                        pass
            except (UpstreamError, TimeoutError):
                pass  # the connection is not reused
        self._response.release()

    def _break_off(self, error: UpstreamError) -> None:
        if self._tally.finished:
            self._done = True  # only the end marker is missing: the answer is complete
        else:
            self._failure = error

    def _take(self, piece: bytes) -> bytes:
        """The output of the events that ``piece`` completes."""
        out = []
        if not piece:
            self._done = self._ended = True
        event: ServerSentEvent | None = None
        try:
            for event in self._framer.feed(piece) if piece else self._framer.finish():
                self._events += 1
                if self._judge.quirks:
                    self._judge.check_event(event.data)
                out.append(self._translator.feed(event))
                if event == self._end or (event.name and event.name == self._end.name):
                    self._done = True
                    break
        except UpstreamRefusal as refusal:
            self._failure = self._judge.judged(refusal, event.data if event else b"")
        except UpstreamError as error:
            self._failure = error
        return out[0] if len(out) == 1 else b"".join(out)
