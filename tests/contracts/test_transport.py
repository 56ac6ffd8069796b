"""Every ``Transport`` behaves in the same way: the real one with a server on loopback, and its mock."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
from attrs import define, field

from oneapi.adapters.transport.http1 import Http1Transport
from oneapi.adapters.transport.interface import Timeouts
from oneapi.adapters.transport.mock import MockTransport
from oneapi.domain.errors import UpstreamBroken, UpstreamGarbage, UpstreamUnreachable
from tests.support.providers.upstream import Ending, ProgrammableUpstream, reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from oneapi.adapters.transport.interface import Response

LIMIT = 1000
HEADERS = {"Content-Type": "text/plain", "X-Some-Name": "Some Value"}


@define
class Mocked:
    """A transport and its other side: ``answers`` scripts the answers, ``sent`` returns the last request."""

    transport: MockTransport = field(factory=MockTransport)
    url: str = "http://provider.example/v1"

    def answers(self, body: bytes, *, breaks: bool = False) -> None:
        ending = (UpstreamBroken("mock: the body is truncated"),) if breaks else ()
        self.transport.answer(201, HEADERS, body, *ending)

    def sent(self) -> tuple[str, str | None, bytes]:
        request = self.transport.requests[-1]
        return request.method, request.headers.get("x-asked"), request.body or b""

    async def gone(self) -> None:
        self.transport.answers.clear()


@define
class OnLoopback:
    transport: Http1Transport
    upstream: ProgrammableUpstream

    @property
    def url(self) -> str:
        return self.upstream.url

    def answers(self, body: bytes, *, breaks: bool = False) -> None:
        whole = reply(body + b"..." if breaks else body, status=201, headers=HEADERS)
        self.upstream.enqueue(whole.stopped(Ending.CLOSE, at_byte=len(whole.wire) - 3) if breaks else whole)

    def sent(self) -> tuple[str, str | None, bytes]:
        request = self.upstream.requests[-1]
        return request.method, request.header("x-asked"), request.body

    async def gone(self) -> None:
        await self.upstream.stop()


Case = Mocked | OnLoopback


@pytest.fixture(params=["mock", "http1"])
async def case(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    if request.param == "mock":
        yield Mocked()
        return
    async with ProgrammableUpstream() as upstream:
        transport = Http1Transport(
            Timeouts(connect=1, first_byte=1, idle=1), verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
        yield OnLoopback(transport, upstream)
        await transport.close()


async def ask(case: Case) -> Response:
    return await case.transport.send("PUT", case.url, [("X-Asked", "So")], b"question")


async def test_requests_and_answers(case: Case) -> None:
    case.answers(b"answer")
    response = await ask(case)
    assert await response.read(LIMIT) == b"answer"
    response.release()
    assert case.sent() == ("PUT", "So", b"question")
    assert response.status == 201
    assert (response.headers["content-type"], response.headers["x-some-name"]) == ("text/plain", "Some Value")


async def test_the_end_is_an_empty_piece_every_time(case: Case) -> None:
    case.answers(b"answer")
    response = await ask(case)
    assert [await response.next() for _ in range(3)] == [b"answer", b"", b""]


@pytest.mark.parametrize("size", [LIMIT, LIMIT + 1])
async def test_a_body_larger_than_its_limit_is_garbage(case: Case, size: int) -> None:
    case.answers(b"x" * size)
    response = await ask(case)
    if size == LIMIT:
        assert len(await response.read(LIMIT)) == size
    else:
        with pytest.raises(UpstreamGarbage, match="larger than 1000 bytes"):
            await response.read(LIMIT)


async def test_a_body_that_ends_early_is_broken(case: Case) -> None:
    case.answers(b"half", breaks=True)
    response = await ask(case)
    assert await response.next() == b"half"
    with pytest.raises(UpstreamBroken):
        await response.next()


async def test_a_released_answer_gives_nothing_more(case: Case) -> None:
    case.answers(b"answer")
    response = await ask(case)
    response.release()
    response.release()
    with pytest.raises(RuntimeError, match="released"):
        await response.next()


async def test_an_unreachable_server(case: Case) -> None:
    await case.gone()
    with pytest.raises(UpstreamUnreachable):
        await ask(case)
