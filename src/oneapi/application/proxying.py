"""The raw proxy: an administrator's window to an upstream, unbilled and logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.errors import AccessDenied, PinnedChannelDisabled, PinnedChannelUnknown
from oneapi.domain.logs import LogRow, LogType

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.authentication import Caller
    from oneapi.application.catalog import Catalog
    from oneapi.application.ports import LogRepository, Reply, Upstream
    from oneapi.domain.channels import Channel
    from oneapi.domain.requests import RelayRequest

PROXY_CHANNEL = 43


class Proxying:
    """Forwards raw requests to channels of type Proxy, for administrators and for users whose group has the channel."""

    def __init__(
        self, catalog: Catalog, upstream: Upstream, logs: LogRepository, *, clock: Callable[[], float]
    ) -> None:
        self._catalog = catalog
        self._upstream = upstream
        self._logs = logs
        self._clock = clock

    async def serve(
        self, caller: Caller, channel_id: int, request: RelayRequest, reply: Reply, request_id: str
    ) -> None:
        """Answer with whatever the upstream says. Raises GatewayError only while nothing has been sent."""
        channel = self._allowed(caller, channel_id)
        started = self._clock()
        answer = await self._upstream.call(request, channel, "")
        try:
            await reply.start(answer.status, answer.headers, events=False)
            while piece := await answer.next():
                await reply.send(piece)
            await reply.finish()
        finally:
            await answer.close()
        await self._log(caller, channel, request, request_id, started)

    def _allowed(self, caller: Caller, channel_id: int) -> Channel:
        channel = self._catalog.current.channels.get(channel_id)
        if channel is None:
            raise PinnedChannelUnknown
        user = caller.account.user
        if channel.type != PROXY_CHANNEL or not (user.is_admin or user.group in channel.groups):
            raise AccessDenied("proxy")
        if not channel.enabled:
            raise PinnedChannelDisabled
        return channel

    async def _log(
        self, caller: Caller, channel: Channel, request: RelayRequest, request_id: str, started: float
    ) -> None:
        now = self._clock()
        await self._logs.add(
            LogRow(
                user_id=caller.account.user.id,
                created_at=int(now),
                type=LogType.SYSTEM,
                content=f"proxy: {request.method} {request.path}",
                username=caller.account.user.username,
                token_name=caller.account.token.name,
                channel_id=channel.id,
                request_id=request_id,
                elapsed_time=int((now - started) * 1000),
            )
        )
