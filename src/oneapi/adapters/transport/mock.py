"""A transport without a network, for tests: it records requests and returns scripted answers."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from oneapi.adapters.transport.responses import BodyInPieces
from oneapi.domain.errors import UpstreamUnreachable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@frozen
class SentRequest:
    """A request as ``MockTransport`` recorded it."""

    method: str
    url: str
    #: Values by lower-case name.
    headers: Mapping[str, str]
    body: bytes | None


@define
class MockResponse(BodyInPieces):
    """Implements ``Response``; an exception among the pieces is raised when its turn comes."""

    status: int
    headers: Mapping[str, str]
    pieces: deque[bytes | BaseException]
    released: bool = False
    #: The number of calls of ``next``.
    reads: int = 0
    source: str = "mock"

    async def next(self) -> bytes:
        if self.released:
            raise RuntimeError("this answer has been released")
        self.reads += 1
        if not self.pieces:
            return b""
        piece = self.pieces.popleft()
        if isinstance(piece, BaseException):
            raise piece
        return piece

    def release(self) -> None:
        self.released = True


@define
class MockTransport:
    """Implements ``Transport``: each request gets the next of ``answers``; without one it is unreachable."""

    answers: deque[MockResponse | BaseException] = field(factory=deque)
    requests: list[SentRequest] = field(factory=list)

    def answer(self, status: int, headers: Mapping[str, str], *pieces: bytes | BaseException) -> MockResponse:
        """Queue an answer whose body arrives in ``pieces``."""
        response = MockResponse(
            status, {name.lower(): value for name, value in headers.items()}, deque(pieces)
        )
        self.answers.append(response)
        return response

    async def send(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes | None
    ) -> MockResponse:
        """The next queued answer. Raises ValueError for a repeated header: providers differ in which one counts."""
        sent = {name.lower(): value for name, value in headers}
        if len(sent) != len(headers):
            raise ValueError(f"a header is sent twice: {[name for name, _ in headers]}")
        self.requests.append(SentRequest(method, url, sent, body))
        answer = (
            self.answers.popleft() if self.answers else UpstreamUnreachable("mock: no answer is scripted")
        )
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def close(self) -> None:
        self.answers.clear()
