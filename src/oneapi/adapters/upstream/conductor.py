"""Calls that take more than one plain request: procedures, requests signed with a token, WebSockets."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from attrs import evolve

from oneapi.adapters.providers.calls import Heard, Job, Linked, Pause
from oneapi.adapters.providers.choice import not_offered
from oneapi.adapters.providers.urls import base_url
from oneapi.adapters.upstream.failures.errors import Judge
from oneapi.adapters.upstream.headers import USER_AGENT
from oneapi.adapters.upstream.kept_tokens import KeptTokens
from oneapi.domain.errors import (
    InvalidParameter,
    UpstreamError,
    UpstreamGarbage,
    UpstreamRefusal,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from oneapi.adapters.providers.calls import Outgoing, Result
    from oneapi.adapters.providers.provider_tokens import ProviderTokenSource
    from oneapi.adapters.transport.interface import Response, Transport
    from oneapi.adapters.transport.websocket import WebSockets
    from oneapi.adapters.upstream.exchange import UpstreamCall
    from oneapi.adapters.upstream.inlining import ContentFetcher
    from oneapi.domain.chat import ChatReply, ChatRequest
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel

T = TypeVar("T")

SUCCESSES = range(200, 300)
#: Statuses after which a token is discarded.
TOKEN_REFUSED = (401, 403)
#: The most bytes of an error response that are read.
LONGEST_REFUSAL = 256 * 1024


class Conductor:
    """Makes calls that take more than one plain request.

    ``websocket`` carries the conversations of offers that use WebSockets. ``fetcher`` fetches the providers' links to
    other servers; if it is None, the transport does. ``limit`` is the most bytes of a whole answer, ``now`` returns
    unix seconds, and ``sleep`` waits between the steps of a procedure.
    """

    def __init__(
        self,
        transport: Transport,
        websocket: WebSockets | None = None,
        fetcher: ContentFetcher | None = None,
        *,
        limit: int,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._transport = transport
        self._websocket = websocket
        self._fetcher = fetcher
        self._limit = limit
        self._now = now
        self._sleep = sleep
        self._tokens = KeptTokens(now)

    async def send(self, call: UpstreamCall, outgoing: Outgoing) -> Response:
        """Sign ``outgoing`` as the offer requires and send it. Raises what ``Transport.send`` raises."""
        outgoing = await self._signed(call, outgoing)
        if not call.offer.websocket:
            return await self._transport.send(
                outgoing.method, outgoing.url, outgoing.headers, outgoing.body or None
            )
        if self._websocket is None:
            raise not_offered(call.request.work)
        return await self._websocket.send(outgoing.url, outgoing.body)

    async def conduct(
        self, call: UpstreamCall, conversation: Callable[[], ChatRequest]
    ) -> Result | ChatReply | Outgoing:
        """Run the offer's procedure; ``conversation`` reads the conversation of a chat request.

        Raises CallerError (only before anything is sent) or UpstreamError.
        """
        assert call.offer.procedure is not None  # noqa: S101  # the caller looked
        base = base_url(call.spec, call.channel)
        job = Job(call.request, call.channel, call.model, base, int(self._now()), conversation)
        steps: Generator[Outgoing | Pause | Linked, Heard, Result | ChatReply | Outgoing]
        steps = call.offer.procedure(job)
        return await self._run(call, base, steps)

    def note(self, call: UpstreamCall, error: BaseException) -> None:
        """Discard a token that the upstream has refused, so that the next request obtains a new one."""
        source = call.offer.auth.token
        if source is not None and isinstance(error, UpstreamRefusal) and error.said in TOKEN_REFUSED:
            self._tokens.forget(source, call.channel)

    async def _run(
        self, call: UpstreamCall, base: str, steps: Generator[Outgoing | Pause | Linked, Heard, T]
    ) -> T:
        try:
            step = next(steps)
            while True:
                if isinstance(step, Pause):
                    await self._sleep(step.seconds)
                    step = steps.send(NOTHING_HEARD)
                elif isinstance(step, Linked):
                    step = steps.send(await self._linked(step.url))
                else:
                    step = steps.send(await self._hear(call, base, step))
        except StopIteration as done:
            result: T = done.value
            return result
        except UpstreamRefusal as refusal:
            self.note(call, refusal)
            raise call.judge.judged(refusal) from None
        finally:
            steps.close()

    async def _linked(self, url: str) -> Heard:
        if self._fetcher is None:
            raise InvalidParameter("images", "links to images are not supported here; send a data URL")
        try:
            kind, content = await self._fetcher.image(url)
        except InvalidParameter as error:
            raise InvalidParameter("images", error.detail) from None
        return Heard(SUCCESSES[0], {"content-type": kind}, content)

    async def _hear(self, call: UpstreamCall, base: str, outgoing: Outgoing) -> Heard:
        if outgoing.signed:
            signed = call.offer.auth.signer(call.channel, call.request, call.model)
            outgoing = await self._signed(call, evolve(outgoing, headers=(*outgoing.headers, *signed)))
        elif self._fetcher is not None and not same_origin(outgoing.url, base):
            return await _fetched(self._fetcher, outgoing.url)
        return await self._whole(call.judge, outgoing)

    async def _signed(self, call: UpstreamCall, outgoing: Outgoing) -> Outgoing:
        auth = call.offer.auth
        if auth.sign is None or not outgoing.signed:
            return outgoing
        token = "" if auth.token is None else await self._token(auth.token, call.channel, call.request)
        return auth.sign(outgoing, call.channel, self._now(), token)

    async def _token(self, source: ProviderTokenSource, channel: Channel, request: RelayRequest) -> str:
        try:
            return await self._tokens.token(source, channel, self._any)
        except UpstreamRefusal as refusal:
            raise Judge(channel, request).judged(refusal) from None

    async def _whole(self, judge: Judge, outgoing: Outgoing) -> Heard:
        """The whole answer to one request. Raises UpstreamError unless it is a success."""
        heard = await self._any(outgoing)
        if heard.status not in SUCCESSES:
            raise judge.refused(heard.status, heard.headers, heard.body)
        judge.check_event(heard.body)
        return heard

    async def _any(self, outgoing: Outgoing) -> Heard:
        """The whole answer to one request, whatever its status; only the beginning of an error response."""
        headers = [("user-agent", USER_AGENT), *outgoing.headers]
        response = await self._transport.send(outgoing.method, outgoing.url, headers, outgoing.body or None)
        try:
            good = response.status in SUCCESSES
            body = await response.read(self._limit) if good else await beginning(response)
        finally:
            response.release()
        return Heard(response.status, response.headers, body)


def same_origin(url: str, base_url: str) -> bool:
    """Whether ``url`` is on the server that the operator configured."""
    try:
        one, other = ((parts.scheme, parts.hostname, parts.port) for parts in map(urlsplit, (url, base_url)))
    except ValueError:
        return False
    return one == other


async def _fetched(fetcher: ContentFetcher, url: str) -> Heard:
    """An image at an address from a provider, checked like the links of users."""
    try:
        kind, content = await fetcher.image(url)
    except InvalidParameter as error:
        raise UpstreamGarbage(f"the provider's link to an image: {error.detail}") from None
    return Heard(SUCCESSES[0], {"content-type": kind}, content)


#: Sent to a procedure after a pause.
NOTHING_HEARD = Heard(0, {}, b"")


async def beginning(response: Response) -> bytes:
    """At most about ``LONGEST_REFUSAL`` bytes of an error response; keeps what came before a broken connection."""
    pieces: list[bytes] = []
    size = 0
    try:
        while size < LONGEST_REFUSAL and (piece := await response.next()):
            pieces.append(piece)
            size += len(piece)
    except UpstreamError:
        pass
    return b"".join(pieces)
