"""Stored responses: kept when they end, and put in front of the requests that continue them.

Providers do not know about them: each receives the whole conversation, so that any can answer the next turn.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from attrs import evolve

from oneapi.domain.errors import (
    InvalidParameter,
    ShuttingDown,
    StorageUnavailable,
    UnknownResponse,
    UnstorableValue,
)
from oneapi.domain.stored_responses import (
    DAY,
    GIVEN_UP,
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
    from oneapi.application.ports.relay import ResponseForm, ResponseStore
    from oneapi.application.relay.authentication import Caller
    from oneapi.domain.options import Options
    from oneapi.domain.requests import RelayRequest

logger = logging.getLogger(__name__)

#: The job that deletes expired responses, and the seconds between two runs.
JOB, SWEEP_EVERY = "expired responses", 3600
#: Users whose writes are counted; of all others, and of all after a start, the next write looks at the total.
MOST_COUNTED = 10_000
#: Bytes of history above which parsing would block the event loop noticeably.
INLINE = 64 * 1024


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
        now = self.now()
        found = await self._store.find(_user(caller), [response_id], now=now)
        if not found:
            raise UnknownResponse(id=response_id)
        content = found[0].content
        if self._form.seen_at(content) < now - GIVEN_UP and not self._form.is_over(content):
            return self._form.ended(content, self._form.failed(ShuttingDown()))
        return content

    async def delete(self, caller: Caller, response_id: str) -> None:
        """Delete a response; the conversation cannot be continued through it any more. Raises UnknownResponse."""
        if not await self._store.delete(_user(caller), response_id):
            raise UnknownResponse(id=response_id)

    async def sweep(self, progress: Progress) -> None:
        """Delete expired responses, and those beyond a user's limit."""
        progress.total = await self._store.sweep(self.now(), largest=LARGEST_TOTAL)

    async def completed(self, caller: Caller, request: RelayRequest, *, keeps: bool | None) -> RelayRequest:
        """``request`` preceded by the conversation that it continues.

        ``keeps``: its answer is kept; None: it has none that could be.

        Raises InvalidParameter for a response or an item that is not there.
        """
        refers, user, now = self._form.refers(request), _user(caller), self.now()
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

    def keeps(self, caller: Caller, request: RelayRequest) -> bool:
        """Whether the answer to ``request`` is stored."""
        return (
            caller.account.token.stores_responses
            and self._form.asks_to_keep(request)
            and self._options().response_retention_days > 0
            and len(request.body) <= LARGEST_REQUEST
        )

    async def keep(self, caller: Caller, request: RelayRequest, answer: bytes, events: bytes = b"") -> None:
        """Keep ``answer``, in the place of the user's oldest ones where there is no room left.

        ``events`` are those of its stream, where clients may want them again; they are left out if there is too much.
        A store that cannot, or will not, take it costs the client nothing but the way back.
        """
        now = self.now()
        response_id, content, items = self._form.content(request, answer, events, now)
        if events and len(content) > LARGEST_CONTENT:
            response_id, content, items = self._form.content(request, answer, b"", now)
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

    # --- in the background -------------------------------------------------------------------------

    def wants_background(self, caller: Caller, request: RelayRequest) -> bool:
        """Whether the client comes back for the answer. Raises InvalidParameter if it will not be kept."""
        if not self._form.asks_for_background(request):
            return False
        if not self.keeps(caller, request):
            raise InvalidParameter("background", "background responses have to be kept: see store")
        return True

    async def is_wanted(self, caller: Caller, response_id: str) -> bool:
        """Whether a response that is under way has neither been cancelled nor deleted."""
        found = await self._store.find(_user(caller), [response_id], now=self.now())
        return bool(found) and not self._form.is_over(found[0].content)

    async def cancelled(self, caller: Caller, content: bytes) -> bytes:
        """``content`` of a response that its client has cancelled; kept so."""
        ended = self._form.ended(content, self._form.cancelled())
        found = await self._store.find(_user(caller), [self._form.id_of(content)], now=self.now())
        if found:
            await self._store.add(evolve(found[0], content=ended))
        return ended

    async def _turns(self, user: int, previous: str, now: int) -> Sequence[StoredResponse]:
        turns = await self._store.turns(user, previous, now=now, most=MOST_TURNS, largest=LARGEST_HISTORY)
        if not turns:
            raise InvalidParameter(
                "previous_response_id",
                f"Previous response with id {previous!r} not found.",
                "previous_response_not_found",
            )
        if not self._form.is_over(turns[-1].content):
            raise InvalidParameter("previous_response_id", f"Response {previous!r} is not complete yet.")
        if turns[0].previous:
            raise InvalidParameter("previous_response_id", "the conversation is too long to be continued")
        return turns

    def now(self) -> int:
        """Unix seconds."""
        return int(self._clock())


def _user(caller: Caller) -> int:
    return caller.account.user.id
