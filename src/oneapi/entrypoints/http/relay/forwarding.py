"""The relayed routes: those of every surface, and the raw proxy."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from attrs import frozen

from oneapi.domain.errors import BodyTooLarge, UnknownRoute, UserQuotaExhausted
from oneapi.domain.requests import RAW, RelayRequest
from oneapi.domain.work import Work
from oneapi.entrypoints.http.bodies import MEGABYTE, read_limited
from oneapi.entrypoints.http.compressed_bodies import encoding_of, inflated
from oneapi.entrypoints.http.relay.replies import ArrayReply, SanicReply
from oneapi.entrypoints.http.request import Blueprint, credential
from oneapi.entrypoints.http.surfaces import OPENAI, SURFACES
from oneapi.entrypoints.http.wrong_address import LONGEST_SHOWN

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sanic import Request

    from oneapi.application.relay.authentication import Authenticator, Caller
    from oneapi.application.relay.proxying import Proxying
    from oneapi.application.relay.serving import Admission, Serves
    from oneapi.entrypoints.http.request import GatewayRequest
    from oneapi.entrypoints.http.surfaces.interface import Surface

#: The largest body in bytes of a caller without quota, which is enough for free models.
UNPAID_BODY = MEGABYTE
#: Bytes of a body, plain and compressed, above which it is parsed on a thread, so that other requests are not delayed.
INLINE, INLINE_COMPRESSED = MEGABYTE, 16 * 1024


@frozen
class Limits:
    """``body_mb``: the largest request body in MB; ``heartbeat``: seconds of silence before a sign of life."""

    body_mb: int
    heartbeat: float


@frozen
class Forward:
    """Passes the request of an authenticated caller to the relay, and the answer back."""

    relay: Serves
    limits: Limits

    async def __call__(
        self, caller: Caller, request: GatewayRequest, surface: Surface, work: Work, model: str = ""
    ) -> None:
        body = await self._body(caller, request)
        encoding = encoding_of(request)
        if len(body) <= (INLINE_COMPRESSED if encoding else INLINE):
            admission, asked = self._read(caller, request, surface, work, body, encoding, model)
        else:
            admission, asked = await asyncio.to_thread(
                self._read, caller, request, surface, work, body, encoding, model
            )
        reply_in = ArrayReply if surface.wants_array and surface.wants_array(request) else SanicReply
        reply = reply_in(request, self.limits.heartbeat, surface)
        try:
            await self.relay.serve(admission, asked, reply, request.id)
        finally:
            reply.close()

    async def proxied_body(self, caller: Caller, request: Request) -> bytes:
        """The body for the raw proxy, in any format, decompressed, because the upstream may not support compression."""
        body = await self._body(caller, request)
        encoding = encoding_of(request)
        return await asyncio.to_thread(inflated, body, encoding, self._limit(caller)) if encoding else body

    async def _body(self, caller: Caller, request: Request) -> bytes:
        """The body as received. Raises BodyTooLarge; UserQuotaExhausted for a large body of a caller without quota."""
        limit = self._limit(caller)
        try:
            return await read_limited(request, limit)
        except BodyTooLarge:
            if limit < self.limits.body_mb * MEGABYTE:
                raise UserQuotaExhausted from None
            raise

    def _limit(self, caller: Caller) -> int:
        most = self.limits.body_mb * MEGABYTE
        return most if caller.account.user.quota > 0 else min(most, UNPAID_BODY)

    def _read(
        self,
        caller: Caller,
        request: Request,
        surface: Surface,
        work: Work,
        body: bytes,
        encoding: str,
        model: str,
    ) -> tuple[Admission, RelayRequest]:
        if encoding:
            body = inflated(body, encoding, self._limit(caller))
        return surface.read(self.relay, caller, request, work, body, model)


@frozen
class Forwards:
    """``keeping`` serves the clients of an API with stored responses; ``usual`` serves all others."""

    usual: Forward
    keeping: Forward

    def of(self, surface: Surface) -> Forward:
        return self.keeping if surface.keeps_answers else self.usual


@frozen
class _Handlers:
    """Makes the handlers of surfaces' routes; ``others`` serve the kinds of work that the relay does not."""

    authenticator: Authenticator
    address: Callable[[Request], str]
    relay: Forwards
    others: Mapping[Work, Forwards]

    def by_path(self, surface: Surface, work: Work) -> Any:
        """The handler for a path with one kind of work, which may name the model."""
        forward = self._to(surface, work)

        def handler(request: GatewayRequest, model: str = "") -> Awaitable[None]:
            return forward(request, unquote(model) if model else "")

        return handler

    def by_verb(self, surface: Surface, verbs: Mapping[str, Work]) -> Any:
        """The handler for a path that ends with the model, a colon and a verb."""
        forwards = {verb: self._to(surface, work) for verb, work in verbs.items()}

        async def handler(request: GatewayRequest, model: str, **_: str) -> None:
            name, _colon, verb = unquote(model).rpartition(":")
            if not name or verb not in forwards:
                raise UnknownRoute(method=request.method, path=request.path[:LONGEST_SHOWN])
            await forwards[verb](request, name)

        return handler

    def _to(self, surface: Surface, work: Work) -> Callable[[GatewayRequest, str], Awaitable[None]]:
        """The handler that takes the decoded name of the model."""
        serve = self.others.get(work, self.relay).of(surface)

        async def forward(request: GatewayRequest, model: str) -> None:
            caller = await self.authenticator.caller(surface.credential(request), self.address(request))
            request.authenticated()
            await serve(caller, request, surface, work, model)

        return forward


def forwarding_blueprint(
    authenticator: Authenticator,
    to_relay: Forwards,
    others: Mapping[Work, Forwards],
    proxying: Proxying,
    address: Callable[[Request], str],
) -> Blueprint:
    """The routes of every surface and the raw proxy. ``others`` serve kinds of work in place of ``to_relay``."""
    blueprint = Blueprint("relay")
    handlers = _Handlers(authenticator, address, to_relay, others)
    for surface in SURFACES:
        for path, meant in surface.routes.items():
            handler = (
                handlers.by_verb(surface, meant)
                if isinstance(meant, Mapping)
                else handlers.by_path(surface, meant)
            )
            name = re.sub(r"\W+", "_", path).strip("_")
            blueprint.add_route(handler, path, methods=["POST"], name=name, stream=True)

    @blueprint.route(  # type: ignore[untyped-decorator]  # Sanic's
        "/v1/oneapi/proxy/<channel_id:int>/<target:path>",
        methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        stream=True,
    )
    async def proxy(request: GatewayRequest, channel_id: int, target: str) -> None:
        caller = await authenticator.caller(credential(request), address(request))
        request.authenticated()
        asked = RelayRequest(
            work=Work.PROXY,
            dialect=RAW,
            model="",
            body=await to_relay.usual.proxied_body(caller, request),
            method=request.method,
            path="/" + target,
            query=request.query_string,
            headers={name.lower(): value for name, value in request.headers.items()},
        )
        reply = SanicReply(request, 0, OPENAI)
        # If a path follows, Sanic's router checks numbers but passes them as texts.
        await proxying.serve(caller, int(channel_id), asked, reply, request.id)

    return blueprint
