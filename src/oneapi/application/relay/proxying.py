"""The raw proxy: passes requests that the gateway does not understand to an upstream, at a flat price."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from oneapi.application.ports.relay import ClientLeft
from oneapi.domain.errors import (
    GatewayError,
    ModelDenied,
    PinnedChannelDisabled,
    PinnedChannelUnknown,
    ProxyDenied,
    UpstreamError,
)
from oneapi.domain.money.quota import Settlement
from oneapi.domain.requests import EndCause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from oneapi.application.catalog import Catalog
    from oneapi.application.money.ledger import Ledger
    from oneapi.application.ports.relay import Reply, Upstream
    from oneapi.application.relay.authentication import Caller
    from oneapi.domain.people.tokens import Token
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel

#: Statuses of answers that are free, as the upstream refused or failed.
FAILURES = range(HTTPStatus.BAD_REQUEST, 600)
#: The most characters of a path on the log row.
LONGEST_PATH = 512


class Proxying:
    """Forwards raw requests to channels of one type, for administrators and for users whose group has the channel.

    ``channel_type`` is that type; ``named_models`` finds the models that a request names, each with every way in which
    an upstream may read its name.

    A call that returned anything costs ``ProxyPrice``. Every call that reached the upstream leaves one log row, however
    it ended: it is settled like any other, possibly for nothing.
    """

    def __init__(
        self,
        catalog: Catalog,
        ledger: Ledger,
        upstream: Upstream,
        *,
        channel_type: int,
        named_models: Callable[[RelayRequest], Iterable[Sequence[str]]],
        clock: Callable[[], float],
    ) -> None:
        self._catalog = catalog
        self._ledger = ledger
        self._upstream = upstream
        self._channel_type = channel_type
        self._named_models = named_models
        self._clock = clock

    async def serve(
        self, caller: Caller, channel_id: int, request: RelayRequest, reply: Reply, request_id: str
    ) -> None:
        """Answer with the upstream's response. Raises GatewayError."""
        channel = self._allowed(caller, channel_id)
        self._check_models(caller.account.token, request)
        price = self._catalog.current.options.proxy_price
        started = self._clock()
        hold = await self._ledger.hold(request_id, caller.account, price)

        def settle(amount: int, cause: EndCause) -> None:
            self._settle(caller, channel, request, request_id, started, amount, cause)

        try:
            answer = await self._upstream.call(request, channel, "")
        except UpstreamError:
            settle(0, EndCause.UPSTREAM_FAILED)
            raise
        except GatewayError:  # nothing was sent
            self._ledger.release(hold)
            raise
        except BaseException:
            settle(0, EndCause.CLIENT_LEFT)
            raise
        cause = EndCause.CLIENT_LEFT
        try:
            await reply.start(answer.status, answer.headers, events=False)
            while piece := await answer.next():
                await reply.send(piece)
            cause = EndCause.DELIVERED
        except UpstreamError:
            cause = EndCause.UPSTREAM_FAILED
            reply.cut()
            raise
        except ClientLeft:
            return
        finally:
            brought = cause is EndCause.DELIVERED or answer.produced
            try:
                settle(price if brought and answer.status not in FAILURES else 0, cause)
            finally:
                await answer.close()
        await reply.finish()

    def _allowed(self, caller: Caller, channel_id: int) -> Channel:
        channel = self._catalog.current.channels.get(channel_id)
        if channel is None:
            raise PinnedChannelUnknown
        user = caller.account.user
        if channel.type != self._channel_type or not (user.is_admin or user.group in channel.groups):
            raise ProxyDenied
        if not channel.enabled:
            raise PinnedChannelDisabled
        return channel

    def _check_models(self, token: Token, request: RelayRequest) -> None:
        """Raise AccessDenied for a model that the token does not allow."""
        if not token.models:
            return
        for spellings in self._named_models(request):
            if not any(map(token.may_use, spellings)):
                raise ModelDenied(model=spellings[0])

    def _settle(  # the parts of a log row
        self,
        caller: Caller,
        channel: Channel,
        request: RelayRequest,
        request_id: str,
        started: float,
        amount: int,
        cause: EndCause,
    ) -> None:
        account, now = caller.account, self._clock()
        self._ledger.settle(
            Settlement(
                request_id=request_id,
                settled_at=int(now),
                user_id=account.user.id,
                token_id=account.token.id,
                token_limited=not account.token.unlimited_quota,
                channel_id=channel.id,
                amount=amount,
                held=0,
                write_log=True,
                username=account.user.username,
                token_name=account.token.name,
                model="",
                prompt_tokens=0,
                completion_tokens=0,
                content=f"proxy: {request.method} {request.path[:LONGEST_PATH]}",
                is_stream=False,
                elapsed_ms=int((now - started) * 1000),
                system_prompt_reset=False,
                end_cause=cause.value,
                attempts="",
            )
        )
