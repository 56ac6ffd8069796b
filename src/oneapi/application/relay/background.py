"""Background responses: the relay stores the answer, and clients retrieve it later.

Each is served and billed like any other request. Every process reads the progress of a response from the store; the
process that makes it renews its entry every few seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from itertools import count
from typing import TYPE_CHECKING

from oneapi.application.ports.relay import ClientLeft
from oneapi.domain.errors import (
    GatewayError,
    InvalidParameter,
    ShuttingDown,
    StorageUnavailable,
    TooManyRequests,
)
from oneapi.domain.stored_responses import BEAT, LARGEST_CONTENT, MOST_AT_ONCE, SHOWN_EVERY

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence

    from oneapi.application.ports.relay import Reply, ResponseForm
    from oneapi.application.relay.authentication import Caller
    from oneapi.application.relay.serving import Admission, Serves
    from oneapi.application.relay.stored_responses import StoredResponses
    from oneapi.domain.requests import RelayRequest

logger = logging.getLogger(__name__)

#: Seconds for which a client waits, so that immediate failures are reported directly.
PATIENCE = 0.5
#: Seconds between two checks whether a response is complete.
LOOK = 0.5
JSON = (("content-type", "application/json"),)


class Background:
    """Makes responses in the background. ``new_id`` makes their ids; ``sleep`` waits between two checks."""

    def __init__(
        self,
        serves: Serves,
        stored: StoredResponses,
        form: ResponseForm,
        *,
        new_id: Callable[[], str],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._serves = serves
        self._stored = stored
        self._form = form
        self._new_id = new_id
        self._sleep = sleep
        #: The runs of this process by user id and response id.
        self._runs: dict[tuple[int, str], _Run] = {}

    async def serve(
        self,
        admission: Admission,
        asked: RelayRequest,
        completed: RelayRequest,
        reply: Reply,
        request_id: str,
    ) -> None:
        """Start a response; answer with its current state, or with its events until the client leaves.

        ``completed`` is ``asked`` with its conversation. Raises GatewayError for immediate failures.
        """
        caller = admission.caller
        user = caller.account.user.id
        if sum(owner == user for owner, _ in self._runs) >= MOST_AT_ONCE:
            raise TooManyRequests(retry_after=BEAT)
        run = _Run(self._stored, self._form, caller, asked, self._new_id(), reply)
        started = self._form.in_background(completed)
        run.task = asyncio.ensure_future(
            self._make(run, self._serves.serve(admission, started, run, request_id))
        )
        self._runs[user, run.id] = run
        run.task.add_done_callback(lambda _: self._forget(user, run))
        if asked.stream:
            await self._follow(run)
            return
        await asyncio.wait({run.task}, timeout=PATIENCE)
        if run.task.done() and run.failure is not None:
            raise run.failure
        if not run.task.done():
            await run.keep()
        run.is_told = True
        await reply.whole(200, JSON, run.response)

    async def cancel(self, caller: Caller, response_id: str) -> bytes:
        """Cancel a response and return its content.

        Raises UnknownResponse, or InvalidParameter for a response that was not made in the background.
        """
        content = await self._stored.get(caller, response_id)
        if not self._form.was_in_background(content):
            raise InvalidParameter(
                "response_id", "Only responses that run in the background can be cancelled."
            )
        if not self._form.is_over(content):
            run = self._runs.get((caller.account.user.id, response_id))
            if run is not None:
                await run.stop()
            content = await self._stored.cancelled(caller, content)
        return content

    async def check_streamed(self, caller: Caller, response_id: str) -> None:
        """Raise UnknownResponse, or InvalidParameter for a response whose events were not kept."""
        if not self._form.was_in_background(await self._stored.get(caller, response_id)):
            raise InvalidParameter(
                "stream", "Only responses that run in the background can be streamed again."
            )

    async def events(self, caller: Caller, response_id: str, number: int) -> AsyncGenerator[bytes]:
        """The events of a response after the one with this ``number``, as they come.

        Those of a response that another process makes come when it is complete. Raises UnknownResponse, also if it is
        deleted meanwhile.
        """
        run = self._runs.get((caller.account.user.id, response_id))
        if run is not None:
            async for events in run.events():
                later, number = self._form.after(events, number)
                if later:
                    yield later
            if run.has_all_events:
                return
        yield self._form.told_again(await self._ended(caller, response_id), number)

    async def _ended(self, caller: Caller, response_id: str) -> bytes:
        while True:
            content = await self._stored.get(caller, response_id)
            if self._form.is_over(content):
                return content
            await self._sleep(LOOK)

    async def close(self) -> None:
        """End the runs of this process; their responses are marked as failed."""
        for run in list(self._runs.values()):
            if run.task is not None:
                run.task.cancel()
        await asyncio.gather(
            *(run.task for run in list(self._runs.values()) if run.task), return_exceptions=True
        )

    def _forget(self, user: int, run: _Run) -> None:
        self._runs.pop((user, run.id), None)
        run.end()

    async def _follow(self, run: _Run) -> None:
        assert run.task is not None  # noqa: S101  # set when it started
        run.is_told = True
        await run.keep()
        try:
            await asyncio.shield(run.task)
        except asyncio.CancelledError:
            run.client = None
            raise
        if run.failure is not None and run.client is not None and not run.has_started:
            raise run.failure

    async def _make(self, run: _Run, serving: Awaitable[None]) -> None:
        watching = asyncio.ensure_future(self._watch(run))
        try:
            await serving
        except GatewayError as error:
            run.failure = error
        except asyncio.CancelledError:
            run.failure = ShuttingDown()
            raise
        except Exception:
            logger.exception("the response %s failed", run.id)
            run.failure = ShuttingDown()
        finally:
            watching.cancel()
            if not run.is_stopped and (run.is_told or run.failure is None):
                await run.keep()

    async def _watch(self, run: _Run) -> None:
        """Renew the stored entry; stop when the client has cancelled or deleted the response."""
        for beat in count(1):
            await self._sleep(BEAT)
            with contextlib.suppress(StorageUnavailable):
                if not run.is_told:
                    continue
                if not await self._stored.is_wanted(run.caller, run.id):
                    run.is_stopped = True
                    assert run.task is not None  # noqa: S101  # set when it started
                    run.task.cancel()
                    return
                if beat % SHOWN_EVERY == 0:
                    await run.keep()


class _Run:
    """Implements ``Reply``: passes the relay's answer to the store, and to ``client`` while it is connected."""

    def __init__(
        self,
        stored: StoredResponses,
        form: ResponseForm,
        caller: Caller,
        request: RelayRequest,
        response_id: str,
        client: Reply,
    ) -> None:
        self._stored = stored
        self._form = form
        self._error_event = client.error_event
        self.caller = caller
        self.request = request
        self.id = response_id
        self.client: Reply | None = client if request.stream else None
        self.task: asyncio.Task[None] | None = None
        self.failure: GatewayError | None = None
        self.has_started = False
        #: Whether a client knows the response, and whether it was cancelled or deleted.
        self.is_told = self.is_stopped = False
        self._answer = b""
        self._events: list[bytes] = []
        self._size = 0
        #: Set, and replaced, when there are more events or the run ends.
        self._news = asyncio.Event()
        self._is_over = False

    @property
    def response(self) -> bytes:
        """The response so far."""
        if self._answer:
            return self._answer
        return self._form.under_way(self.request, self.id, self._stored.now(), self.failure)

    @property
    def has_all_events(self) -> bool:
        """Whether its events, up to the last, have not become too long to be kept."""
        return bool(self._answer and self._events)

    async def events(self) -> AsyncIterator[bytes]:
        """Its events from the first on, until it ends or they become too long to be kept."""
        told, is_over = 0, False
        while not is_over:
            news, is_over = self._news, self._is_over
            for events in self._events[told:]:
                told += 1
                yield events
            if not is_over:
                await news.wait()

    def end(self) -> None:
        """Let everybody know who waits for its events."""
        self._is_over = True
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def keep(self) -> None:
        """Show others that it is under way, or what has become of it."""
        events = b"".join(self._events) if self._answer else b""
        await self._stored.keep(self.caller, self.request, self.response, events)

    async def stop(self) -> None:
        """Stop the run: it was cancelled or deleted."""
        self.is_stopped = True
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    async def start(self, status: int, headers: Sequence[tuple[str, str]], *, events: bool) -> None:
        self.has_started = True
        if self.client is not None:
            await self.client.start(status, headers, events=events)

    async def send(self, data: bytes) -> None:
        data = self._form.named(data, self.id)
        self._answer = self._form.outcome_in(data) or self._answer
        self._size += len(data)
        if (
            self._size <= LARGEST_CONTENT // 2
        ):  # longer answers are stored without their events, and cannot be streamed again
            self._events.append(data)
        else:
            self._events.clear()
        self._tell()
        if self.client is not None:
            try:
                await self.client.send(data)
            except ClientLeft:
                self.client = None

    def error_event(self, error: GatewayError) -> bytes:
        self.failure = error
        return self._error_event(error)

    async def finish(self) -> None:
        if self.client is not None:
            with contextlib.suppress(ClientLeft):
                await self.client.finish()

    def cut(self) -> None:
        if self.client is not None:
            self.client.cut()

    async def whole(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
        self._answer = self._form.renamed(body, self.id)
        if self.client is not None:
            with contextlib.suppress(ClientLeft):
                await self.client.whole(status, headers, self._answer)
