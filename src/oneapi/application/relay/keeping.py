"""Requests of clients who come back to answers: each with the conversation that it continues, and its answer kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.application.ports.relay import Reply
    from oneapi.application.relay.authentication import Caller
    from oneapi.application.relay.background import Background
    from oneapi.application.relay.serving import Admission, Serves
    from oneapi.application.relay.stored_responses import StoredResponses
    from oneapi.domain.errors import GatewayError
    from oneapi.domain.requests import RelayRequest


class Keeping:
    """Serves requests through ``serves``, each with the conversation that it continues, and stores the answers.

    ``background`` makes those that clients come back for; None: answers are nothing to come back to.
    """

    def __init__(self, serves: Serves, stored: StoredResponses, background: Background | None) -> None:
        self._serves = serves
        self._stored = stored
        self._background = background

    def admit(self, caller: Caller, model: str) -> Admission:
        """See ``Relay.admit``."""
        return self._serves.admit(caller, model)

    async def serve(self, admission: Admission, request: RelayRequest, reply: Reply, request_id: str) -> None:
        """See ``Relay.serve``. Also raises InvalidParameter for a missing conversation."""
        stored, caller = self._stored, admission.caller
        background = self._background
        keeps = stored.keeps(caller, request) if background is not None else None
        completed = await stored.completed(caller, request, keeps=keeps)
        if background is not None and stored.wants_background(caller, request):
            await background.serve(admission, request, completed, reply, request_id)
            return
        kept = _KeepingReply(reply, stored, caller, request) if keeps else reply
        await self._serves.serve(admission, completed, kept, request_id)


class _KeepingReply:
    """Implements ``Reply``; stores the answer before its end is sent, so that the client can continue it at once."""

    def __init__(self, reply: Reply, stored: StoredResponses, caller: Caller, request: RelayRequest) -> None:
        self._reply = reply
        self._stored = stored
        self._caller = caller
        self._request = request

    async def start(self, status: int, headers: Sequence[tuple[str, str]], *, events: bool) -> None:
        await self._reply.start(status, headers, events=events)

    async def send(self, data: bytes) -> None:
        if answer := self._stored.answer_in(data):
            await self._stored.keep(self._caller, self._request, answer)
        await self._reply.send(data)

    def error_event(self, error: GatewayError) -> bytes:
        return self._reply.error_event(error)

    async def finish(self) -> None:
        await self._reply.finish()

    def cut(self) -> None:
        self._reply.cut()

    async def whole(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
        await self._stored.keep(self._caller, self._request, body)
        await self._reply.whole(status, headers, body)
