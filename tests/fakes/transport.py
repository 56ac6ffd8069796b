"""A transport without a network: answers are scripted, requests are remembered."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from oneapi.domain.errors import UpstreamGarbage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@frozen
class SentRequest:
    method: str
    url: str
    #: Names in lower case.
    headers: Mapping[str, str]
    body: bytes | None


@define
class FakeResponse:
    """Implements ``Response``; an exception among the pieces is raised in its place."""

    status: int
    headers: Mapping[str, str]
    pieces: deque[bytes | BaseException]
    released: bool = False
    reads: int = 0

    async def read(self, limit: int) -> bytes:
        body = b""
        while piece := await self.next():
            body += piece
            if len(body) > limit:
                raise UpstreamGarbage(f"the answer is larger than {limit} bytes")
        return body

    async def next(self) -> bytes:
        assert not self.released
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
class FakeTransport:
    """Implements ``Transport``: each request takes the next of ``answers``."""

    answers: deque[FakeResponse | BaseException] = field(factory=deque)
    requests: list[SentRequest] = field(factory=list)

    def answer(self, status: int, headers: Mapping[str, str], *pieces: bytes | BaseException) -> FakeResponse:
        """Queue an answer whose body comes in ``pieces``."""
        response = FakeResponse(
            status, {name.lower(): value for name, value in headers.items()}, deque(pieces)
        )
        self.answers.append(response)
        return response

    async def send(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes | None
    ) -> FakeResponse:
        names = [name.lower() for name, _ in headers]
        assert len(names) == len(set(names)), f"a header was sent twice: {names}"
        self.requests.append(
            SentRequest(method, url, dict(zip(names, (v for _, v in headers), strict=True)), body)
        )
        answer = self.answers.popleft()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def close(self) -> None:
        self.answers.clear()
