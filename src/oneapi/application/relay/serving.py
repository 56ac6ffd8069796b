"""Serving one request, from an authenticated caller to a billed answer.

admit -> rank -> (hold -> call) until a channel accepts -> deliver -> settle or release. Failover happens only here, and
only before the first byte has reached the client. A request has one hold, which is raised for a more expensive channel.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from attrs import define, field

from oneapi.application.ports.relay import ClientLeft
from oneapi.domain.errors import (
    Fault,
    GatewayError,
    InvalidParameter,
    NoChannel,
    PinnedChannelDisabled,
    PinnedChannelUnknown,
    ShuttingDown,
    UpstreamError,
    UpstreamRefusal,
)
from oneapi.domain.money.quota import Settlement
from oneapi.domain.records import record
from oneapi.domain.requests import LONGEST_MODEL, Attempt, EndCause
from oneapi.domain.routing.health import RetryBudget
from oneapi.domain.routing.ranking import Candidate, rank, steady
from oneapi.domain.work import CONVERSATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from oneapi.application.catalog import Catalog, Snapshot, Tiers
    from oneapi.application.channels.health import ChannelHealth
    from oneapi.application.money.ledger import Ledger
    from oneapi.application.money.metering import Meter, Tariff
    from oneapi.application.ports.relay import Reply, Upstream, UpstreamAnswer
    from oneapi.application.relay.authentication import Caller
    from oneapi.domain.money.quota import Hold
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel
    from oneapi.domain.usage import Usage

#: The most attempts of one request, whatever ``RetryTimes`` allows.
MOST_ATTEMPTS = 3
#: Bytes after which the text of a stream is counted and dropped, so that answers do not accumulate in memory.
COUNT_EVERY = 16_384


@record
class Admission:
    """Permission for ``caller`` to use ``model``, and the channels that can serve it. Made only by ``Relay.admit``."""

    caller: Caller
    model: str
    snapshot: Snapshot
    tiers: Tiers


class Serves(Protocol):
    """Answers requests of admitted callers: the relay, or a use case that does more and ends in it."""

    def admit(self, caller: Caller, model: str) -> Admission: ...

    async def serve(
        self, admission: Admission, request: RelayRequest, reply: Reply, request_id: str
    ) -> None: ...


@define
class ActiveRequest:
    """A request under way."""

    request_id: str
    caller: Caller
    request: RelayRequest
    started: float
    hold: Hold | None = None
    attempts: list[Attempt] = field(factory=list)
    #: Completion tokens counted and dropped so far.
    counted: int = 0


@record
class Accepted:
    """An answer that an upstream has begun, with its channel and tariff."""

    channel: Channel
    model: str
    tariff: Tariff
    answer: UpstreamAnswer


class Relay:
    """Serves all requests that a provider answers and that are billed."""

    def __init__(
        self,
        catalog: Catalog,
        ledger: Ledger,
        upstream: Upstream,
        meter: Meter,
        health: ChannelHealth,
        *,
        clock: Callable[[], float],
        draw: Callable[[], float],
    ) -> None:
        self._catalog = catalog
        self._ledger = ledger
        self._upstream = upstream
        self._meter = meter
        self._health = health
        self._clock = clock
        self._draw = draw
        #: The tasks of requests under way.
        self._serving: set[asyncio.Task[Any]] = set()
        self._breaking_off = False
        self._budget = RetryBudget()
        self._settling: set[asyncio.Task[None]] = set()

    async def serve(self, admission: Admission, request: RelayRequest, reply: Reply, request_id: str) -> None:
        """Answer ``request`` through ``reply``. Raises GatewayError only before anything was sent."""
        active = ActiveRequest(request_id, admission.caller, request, self._clock())
        self._budget.request(active.started)
        task = _current_task()
        self._serving.add(task)
        try:
            accepted = await self._accept(active, admission)
            if accepted.answer.streaming:
                await self._deliver_stream(active, accepted, reply)
            elif accepted.answer.in_pieces:
                await self._deliver_pieces(active, accepted, reply)
            else:
                await self._deliver_whole(active, accepted, reply)
        except asyncio.CancelledError:
            if self._told_to_end(task):
                raise ShuttingDown from None
            raise
        finally:
            self._serving.discard(task)

    def break_off(self) -> None:
        """End every request under way: streams with an error event, the others with an error."""
        self._breaking_off = True
        for task in self._serving:
            task.cancel()

    def _told_to_end(self, task: asyncio.Task[Any]) -> bool:
        """Whether ``task`` was cancelled by ``break_off``, so that it still has to report the reason."""
        return self._breaking_off and task.uncancel() == 0

    def admit(self, caller: Caller, model: str) -> Admission:
        """Find the channels that can serve ``model`` to ``caller``, before the request is read.

        Raises NoChannel, AccessDenied, InvalidParameter, PinnedChannelUnknown or PinnedChannelDisabled.
        """
        if len(model) > LONGEST_MODEL:
            raise NoChannel(group=caller.account.user.group, model=model[:LONGEST_MODEL] + "…", known=False)
        caller.account.token.check_model(model)
        snapshot = self._catalog.current
        if caller.pinned is not None:
            return Admission(caller, model, snapshot, ((_pinned(caller.pinned, model, snapshot),),))
        if not model:
            raise InvalidParameter("model", "model is required", "missing_required_parameter")
        group = caller.account.user.group
        tiers = snapshot.routes.get((group, model))
        if tiers is None:
            raise NoChannel(group=group, model=model, known=model in snapshot.known_models)
        return Admission(caller, model, snapshot, tiers)

    async def close(self) -> None:
        """Wait for requests whose charges are still being counted."""
        await asyncio.gather(*self._settling, return_exceptions=True)

    # --- admission -----------------------------------------------------------------------------

    async def _accept(self, active: ActiveRequest, admission: Admission) -> Accepted:
        snapshot, plan = admission.snapshot, self._plan(admission.tiers, active.request)
        most = min(1 + snapshot.options.retry_times, MOST_ATTEMPTS) if active.caller.pinned is None else 1
        failure: GatewayError | None = None
        taken = 0
        for number, candidate in enumerate(plan):
            if failure is not None and _is_sick(failure):
                # In an outage, resting channels would fail too, and more calls would not help.
                under_way = len(self._serving)
                if number >= most or candidate.resting or not self._budget.take(self._clock(), under_way):
                    break
                taken += 1
            elif number >= most:
                break
            try:
                accepted = await self._attempt(active, snapshot, candidate.channel)
            except GatewayError as error:
                failure = error
                if not error.retry:
                    break
            except BaseException:
                self._release(active)
                raise
            else:
                if taken:
                    self._budget.give_back(taken)
                return accepted
        self._release(active)
        assert failure is not None  # noqa: S101  # the plan is never empty
        raise failure

    def _plan(self, tiers: Tiers, request: RelayRequest) -> Iterable[Candidate]:
        if len(tiers) == 1 and len(tiers[0]) == 1:
            return (Candidate(tiers[0][0]),)
        draw = steady(request.affinity) if request.affinity else self._draw
        plan = rank(tiers, self._health.resting(), draw)
        if mark := request.account_mark:
            plan.sort(key=lambda candidate: candidate.channel.account_mark != mark)
        return plan

    async def _attempt(self, active: ActiveRequest, snapshot: Snapshot, channel: Channel) -> Accepted:
        model = channel.upstream_model(active.request.model)
        tariff = self._meter.tariff(
            snapshot, active.request, channel, model, active.caller.account.user.group
        )
        if active.hold is None:
            active.hold = await self._ledger.hold(
                active.request_id, active.caller.account, tariff.least, tariff.most
            )
        else:
            await self._cover(active, active.hold, tariff)
        started = self._clock()
        self._health.started(channel)
        try:
            answer = await self._upstream.call(active.request, channel, model)
        except UpstreamError as error:
            self._record(active, channel, started, error)
            self._health.failed(channel, error, active.caller.account.user.id)
            raise
        if active.attempts:  # a success at the first attempt is not recorded
            self._record(active, channel, started, None, answer.status)
        self._health.succeeded(channel)
        return Accepted(channel, model, tariff, answer)

    async def _cover(self, active: ActiveRequest, held: Hold, tariff: Tariff) -> None:
        active.hold = None  # if it cannot be extended to cover this attempt, it has ended
        active.hold = await self._ledger.cover(held, active.caller.account, tariff.least, tariff.most)

    def _release(self, active: ActiveRequest) -> None:
        if active.hold is not None:
            self._ledger.release(active.hold)
            active.hold = None

    def _record(
        self,
        active: ActiveRequest,
        channel: Channel,
        started: float,
        error: UpstreamError | None,
        status: int = 0,
    ) -> None:
        outcome = type(error).__name__ if error else "ok"
        if isinstance(error, UpstreamRefusal):
            status = error.said
        milliseconds = int((self._clock() - started) * 1000)
        active.attempts.append(Attempt(channel.id, status, outcome, milliseconds))

    # --- delivery ------------------------------------------------------------------------------

    async def _deliver_whole(self, active: ActiveRequest, accepted: Accepted, reply: Reply) -> None:
        answer = accepted.answer
        cause, failure = EndCause.CLIENT_LEFT, None
        body = b""
        try:
            body = await answer.read()
            cause = EndCause.DELIVERED
        except UpstreamError as error:
            cause, failure = EndCause.UPSTREAM_FAILED, error
        finally:
            try:
                if cause is EndCause.DELIVERED:
                    await self._end(active, accepted, cause)
                else:  # nothing has reached the client
                    self._release(active)
            finally:
                await answer.close()
        if failure is not None:
            self._health.failed(accepted.channel, failure, active.caller.account.user.id)
            raise failure
        await reply.whole(answer.status, answer.headers, body)

    async def _deliver_pieces(self, active: ActiveRequest, accepted: Accepted, reply: Reply) -> None:
        """Pass on bytes as they come. If the upstream fails, the client's connection breaks, and nothing is billed."""
        answer = accepted.answer
        cause = EndCause.CLIENT_LEFT
        failure: UpstreamError | None = None
        try:
            await reply.start(answer.status, answer.headers, events=False)
            while piece := await answer.next():
                await reply.send(piece)
            cause = EndCause.DELIVERED
        except UpstreamError as error:
            cause, failure = EndCause.UPSTREAM_FAILED, error
        except ClientLeft:
            pass
        finally:
            try:
                if failure is not None or (self._breaking_off and cause is EndCause.CLIENT_LEFT):
                    self._release(active)
                else:
                    await self._end(active, accepted, cause)
            finally:
                await answer.close()
        if failure is not None:
            self._health.failed(accepted.channel, failure, active.caller.account.user.id)
            reply.cut()
        elif cause is EndCause.DELIVERED:
            await reply.finish()

    async def _deliver_stream(self, active: ActiveRequest, accepted: Accepted, reply: Reply) -> None:
        answer = accepted.answer
        cause = EndCause.CLIENT_LEFT
        failure: GatewayError | None = None
        try:
            await reply.start(answer.status, answer.headers, events=True)
            passed = 0
            while piece := await answer.next():
                await reply.send(piece)
                passed += len(piece)
                if passed >= COUNT_EVERY:  # a text is never longer than the bytes that carried it
                    passed = 0
                    if answer.text_size >= COUNT_EVERY:
                        active.counted += await self._meter.count_text(answer.take_text(), accepted.model)
            cause = EndCause.DELIVERED
        except UpstreamError as error:
            cause, failure = EndCause.UPSTREAM_FAILED, error
        except ClientLeft:
            pass
        except asyncio.CancelledError:
            if not self._told_to_end(_current_task()):
                raise
            cause, failure = EndCause.GATEWAY_STOPPED, ShuttingDown()
        finally:
            try:
                await self._end(active, accepted, cause)
            finally:  # even if the task is cancelled a second time
                await answer.close()
        if cause is EndCause.CLIENT_LEFT:
            return
        if isinstance(failure, UpstreamError):
            self._health.failed(accepted.channel, failure, active.caller.account.user.id)
        last = answer.broken_off(reply.error_event(failure)) if failure else answer.end_marker
        await reply.send(last)
        await reply.finish()

    # --- the bill ------------------------------------------------------------------------------

    async def _end(self, active: ActiveRequest, accepted: Accepted, cause: EndCause) -> None:
        """Settle or release, exactly once, even if this task is being cancelled."""
        answer = accepted.answer
        usage = answer.usage
        complete = cause is EndCause.DELIVERED
        if not complete and not answer.produced:
            self._release(active)
        elif not accepted.tariff.metered or (complete and usage is not None and usage.is_complete):
            self._settle(active, accepted, cause, usage)
        else:
            task = asyncio.ensure_future(self._count_and_settle(active, accepted, cause))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)
            await asyncio.shield(task)

    async def _count_and_settle(self, active: ActiveRequest, accepted: Accepted, cause: EndCause) -> None:
        answer = accepted.answer
        completion = active.counted + await self._meter.count_text(answer.take_text(), accepted.model)
        prompt = await self._meter.count_prompt(active.request, accepted.model)
        usage = self._meter.combine(
            active.request.work, answer.usage, prompt, completion, complete=cause is EndCause.DELIVERED
        )
        self._settle(active, accepted, cause, usage)

    def _settle(
        self, active: ActiveRequest, accepted: Accepted, cause: EndCause, usage: Usage | None
    ) -> None:
        bill = accepted.tariff.bill(usage)
        content = bill.content
        if left_out := accepted.answer.left_out:
            content += accepted.tariff.price.words.left_out.format(names=", ".join(left_out))
        account, now = active.caller.account, self._clock()
        self._ledger.settle(
            Settlement(
                request_id=active.request_id,
                settled_at=int(now),
                user_id=account.user.id,
                token_id=account.token.id,
                token_limited=not account.token.unlimited_quota,
                channel_id=accepted.channel.id,
                amount=bill.amount,
                held=0,
                write_log=self._catalog.current.options.log_consume_enabled,
                username=account.user.username,
                token_name=account.token.name,
                model=accepted.model,
                prompt_tokens=bill.prompt_tokens,
                completion_tokens=bill.completion_tokens,
                content=content,
                is_stream=accepted.answer.streaming,
                elapsed_ms=int((now - active.started) * 1000),
                system_prompt_reset=bool(accepted.channel.system_prompt)
                and active.request.work in CONVERSATIONS,
                end_cause=cause.value,
                attempts=msgspec.json.encode(active.attempts).decode() if active.attempts else "",
            )
        )


def _pinned(number: int, model: str, snapshot: Snapshot) -> Channel:
    """The channel that the caller's key names."""
    channel = snapshot.channels.get(number)
    if channel is None:
        raise PinnedChannelUnknown
    if not channel.enabled:
        raise PinnedChannelDisabled
    if not model:
        raise InvalidParameter("model", "model is required", "missing_required_parameter")
    return channel


def _current_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  # the relay always runs in a task
    return task


def _is_sick(error: GatewayError) -> bool:
    """Whether an outage may be the cause; a misconfigured channel says nothing about the others."""
    if isinstance(error, UpstreamRefusal):
        return error.fault is Fault.SERVICE
    return isinstance(error, UpstreamError)
