"""Stored responses: kept when they end, and put in front of the requests that continue them.

Providers do not know about them: each receives the whole conversation, so that any can answer the next turn.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from attrs import evolve

from oneapi.domain.errors import InvalidParameter, StorageUnavailable, UnknownResponse, UnstorableValue
from oneapi.domain.stored_responses import (
    DAY,
    LARGEST_CONTENT,
    LARGEST_HISTORY,
    LARGEST_REQUEST,
    LARGEST_TOTAL,
    MOST_TURNS,
    UNCHECKED,
    StoredResponse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from oneapi.application.jobs import Progress
    from oneapi.application.ports import Reply, ResponseForm, ResponseStore
    from oneapi.application.relay.authentication import Caller
    from oneapi.application.relay.serving import Admission
    from oneapi.domain.errors import GatewayError
    from oneapi.domain.options import Options
    from oneapi.domain.requests import RelayRequest

logger = logging.getLogger(__name__)

#: The job that deletes expired responses, and the seconds between two runs.
JOB, SWEEP_EVERY = "expired responses", 3600
#: Users whose writes are counted; of all others, and of all after a start, the next write looks at the total.
MOST_COUNTED = 10_000
#: Bytes of history above which parsing would block the event loop noticeably.
INLINE = 64 * 1024


class Serves(Protocol):
    def admit(self, caller: Caller, model: str) -> Admission: ...

    async def serve(
        self, admission: Admission, request: RelayRequest, reply: Reply, request_id: str
    ) -> None: ...


class StoredResponses:
    """Responses stored for their user, whom alone they are returned to."""

    def __init__(
        self,
        store: ResponseStore,
        form: ResponseForm,
        options: Callable[[], Options],
        *,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._form = form
        self._options = options
        self._clock = clock
        #: By user, the bytes that this process has written since it last looked at their total.
        self._written: dict[int, int] = {}

    async def get(self, caller: Caller, response_id: str) -> bytes:
        """The content of a response. Raises UnknownResponse."""
        found = await self._store.find(_user(caller), [response_id], now=self._now())
        if not found:
            raise UnknownResponse(id=response_id)
        return found[0].content

    async def delete(self, caller: Caller, response_id: str) -> None:
        """Delete a response; the conversation cannot be continued through it any more. Raises UnknownResponse."""
        if not await self._store.delete(_user(caller), response_id):
            raise UnknownResponse(id=response_id)

    async def sweep(self, progress: Progress) -> None:
        """Delete expired responses, and those beyond a user's limit."""
        progress.total = await self._store.sweep(self._now(), largest=LARGEST_TOTAL)

    async def completed(self, caller: Caller, request: RelayRequest, *, keeps: bool | None) -> RelayRequest:
        """``request`` preceded by the conversation that it continues.

        ``keeps``: its answer is kept; None: it has none that could be.

        Raises InvalidParameter for a response or an item that is not there.
        """
        refers, user, now = self._form.refers(request), _user(caller), self._now()
        turns = await self._turns(user, refers.previous, now) if refers.previous else ()
        ids = [*refers.responses]
        if refers.items:
            ids += await self._store.with_items(user, refers.items, now=now)
        others = await self._store.find(user, ids, now=now) if ids else ()
        size = sum(len(turn.content) for turn in (*turns, *others))
        told = [turn.content for turn in turns], [other.content for other in others]
        if size <= INLINE:
            continued = self._form.continued(request, *told, keeps=keeps)
        else:
            continued = await asyncio.to_thread(self._form.continued, request, *told, keeps=keeps)
        return evolve(
            continued,
            affinity=f"{user}/{self._form.affinity(continued)}",
            account_mark=self._form.account_mark(continued),
        )

    def keeps(self, request: RelayRequest) -> bool:
        """Whether the answer to ``request`` is stored."""
        return (
            self._form.asks_to_keep(request)
            and self._options().response_retention_days > 0
            and len(request.body) <= LARGEST_REQUEST
        )

    async def keep(self, caller: Caller, request: RelayRequest, answer: bytes) -> None:
        """Keep ``answer``, in the place of the user's oldest ones where there is no room left.

        A store that cannot, or will not, take it costs the client nothing but the way back.
        """
        now = self._now()
        response_id, content, items = self._form.content(request, answer)
        if len(content) > LARGEST_CONTENT:
            logger.warning("response %s is too large to be stored", response_id)
            return
        user, previous = _user(caller), self._form.refers(request).previous
        until = now + self._options().response_retention_days * DAY
        try:
            await self._store.add(StoredResponse(response_id, user, previous, now, until, content, items))
            await self._make_room(user, len(content))
        except (StorageUnavailable, UnstorableValue) as error:
            logger.warning("response %s could not be stored: %s", response_id, error.cause or error)

    async def _make_room(self, user: int, size: int) -> None:
        """Forget the oldest responses of a user who keeps too much, looking each time that so much has come."""
        written = self._written.get(user, UNCHECKED) + size
        if written > UNCHECKED:
            await self._store.trim(user, largest=LARGEST_TOTAL - UNCHECKED)
            written = 0
        if len(self._written) >= MOST_COUNTED:
            self._written.clear()
        self._written[user] = written

    def answer_in(self, piece: bytes) -> bytes:
        """The whole response contained in the last piece of a stream; empty for any other piece."""
        return self._form.answer_in(piece)

    async def _turns(self, user: int, previous: str, now: int) -> Sequence[StoredResponse]:
        turns = await self._store.turns(user, previous, now=now, most=MOST_TURNS, largest=LARGEST_HISTORY)
        if not turns:
            raise InvalidParameter(
                "previous_response_id",
                f"Previous response with id {previous!r} not found.",
                "previous_response_not_found",
            )
        if turns[0].previous:
            raise InvalidParameter("previous_response_id", "the conversation is too long to be continued")
        return turns

    def _now(self) -> int:
        return int(self._clock())


class Keeping:
    """Serves requests through ``serves``, each with the conversation that it continues, and stores the answers.

    ``answers``: False if the answers are not responses that could be stored.
    """

    def __init__(self, serves: Serves, stored: StoredResponses, *, answers: bool = True) -> None:
        self._serves = serves
        self._stored = stored
        self._answers = answers

    def admit(self, caller: Caller, model: str) -> Admission:
        """See ``Relay.admit``."""
        return self._serves.admit(caller, model)

    async def serve(self, admission: Admission, request: RelayRequest, reply: Reply, request_id: str) -> None:
        """See ``Relay.serve``. Also raises InvalidParameter for a missing conversation."""
        stored, caller = self._stored, admission.caller
        keeps = stored.keeps(request) if self._answers else None
        completed = await stored.completed(caller, request, keeps=keeps)
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


def _user(caller: Caller) -> int:
    return caller.account.user.id
