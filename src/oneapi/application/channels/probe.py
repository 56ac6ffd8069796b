"""Testing whether one channel works."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from oneapi.domain.changes import UNSET
from oneapi.domain.errors import (
    Fault,
    GatewayError,
    InvalidParameter,
    UnsupportedEndpoint,
    UpstreamGarbage,
    UpstreamRefusal,
    UpstreamTimeout,
)
from oneapi.domain.errors.administration import NotFound
from oneapi.domain.errors.channels import NotFree
from oneapi.domain.logs.events import ChannelTested
from oneapi.domain.logs.rows import LogRow, LogType
from oneapi.domain.routing.channels import LONGEST_TEST_ERROR, ChannelFindings, TestOutcome, parse_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.catalog import Catalog
    from oneapi.application.channels.health import ChannelHealth
    from oneapi.application.ports.channels import ChannelRepository, ProbeForm, ProbeQuestion
    from oneapi.application.ports.operations import ErrorTexts, LogRepository
    from oneapi.application.ports.relay import Upstream, UpstreamAnswer
    from oneapi.domain.routing.channels import Channel

#: The most seconds of one test, or twice the threshold for slow channels if that is more.
LONGEST_TEST = 60.0
LONGEST_WAIT = 600.0
#: The most characters of an answer that are kept in the log and in reports.
LONGEST_ANSWER = 1000
#: The most bytes read of a streamed answer, which is enough to judge it.
LONGEST_STREAM = 1_048_576
SUCCESS = 200


@frozen
class Verdict:
    """The result of a test: ``answer`` if it passed, else ``failure``; ``model`` is the client's name."""

    model: str
    seconds: float
    answer: str = ""
    failure: GatewayError | None = None

    @property
    def outcome(self) -> TestOutcome:
        """The outcome to store; a model that cannot be tested counts as skipped, not failed."""
        if self.failure is None:
            return TestOutcome.PASSED
        return TestOutcome.SKIPPED if isinstance(self.failure, UnsupportedEndpoint) else TestOutcome.FAILED

    @property
    def passed(self) -> bool:
        return self.outcome is TestOutcome.PASSED

    @property
    def failed(self) -> bool:
        return self.outcome is TestOutcome.FAILED


class ChannelProbe:
    """Tests one channel: sends a question, judges the answer, stores the result.

    Tests are not billed, and neither prompt nor answer reaches the process log. ``form`` makes the question from
    ``prompt``, ``usual_model`` is the default model, and ``ticks`` is a monotonic clock in seconds.
    """

    def __init__(  # noqa: PLR0913  # each is one piece of the world, named where everything is wired
        self,
        channels: ChannelRepository,
        catalog: Catalog,
        upstream: Upstream,
        logs: LogRepository,
        health: ChannelHealth,
        *,
        prompt: str,
        form: ProbeForm,
        usual_model: str,
        explain: ErrorTexts,
        clock: Callable[[], float],
        ticks: Callable[[], float],
    ) -> None:
        self._channels = channels
        self._catalog = catalog
        self._upstream = upstream
        self._logs = logs
        self._health = health
        self._prompt = prompt
        self._question_for = form
        self._usual_model = usual_model
        self._explain = explain
        self._clock = clock
        self._ticks = ticks

    async def test(self, channel_id: int, model: str = "") -> Verdict:
        """Test one channel, whatever its status. Raises Refusal if it does not exist.

        A channel that passes is enabled as in ``ChannelHealth.passed``; one that fails keeps its status.
        """
        record = await self._channels.get(channel_id)
        if record is None:
            raise NotFound
        channel = parse_record(record)
        verdict = await self.ask(channel, model)
        await self.remember(channel, verdict, seconds=verdict.seconds if verdict.passed else 0.0)
        if verdict.passed:
            await self._health.passed(channel)
        return verdict

    def message(self, verdict: Verdict, language: str) -> str:
        """The model's answer, or the reason why there is none, for administrators."""
        return verdict.answer if verdict.failure is None else self._explain(verdict.failure, language)

    async def ask(self, channel: Channel, wanted: str = "") -> Verdict:
        """Test with the model ``wanted``, or another if the channel does not offer it; stores nothing."""
        model = self._model(channel, wanted)
        question = self._question(channel, model)
        if question is None:
            return Verdict(model, 0.0, failure=NotFree(feature=model))
        threshold = float(self._catalog.current.options.channel_disable_threshold)
        limit = min(max(LONGEST_TEST, 2 * threshold), LONGEST_WAIT)
        started = self._ticks()
        failure: GatewayError
        try:
            async with asyncio.timeout(limit):
                text = await self._answer(question, model, evolve(channel, system_prompt=""))
            return Verdict(model, self._ticks() - started, answer=text)
        except TimeoutError:
            failure = UpstreamTimeout(f"no complete answer within {limit:g} s")
        except GatewayError as error:
            failure = error
        return Verdict(model, self._ticks() - started, failure=failure)

    async def _answer(self, question: ProbeQuestion, model: str, channel: Channel) -> str:
        """The model's answer, streamed if a whole answer is refused. Raises GatewayError."""
        try:
            return await self._said(question, model, channel, stream=False)
        except GatewayError as error:
            if not question.streams or not _may_want_a_stream(error):
                raise
            failure = error
        try:
            return await self._said(question, model, channel, stream=True)
        except GatewayError:
            raise failure from None

    async def _said(self, question: ProbeQuestion, model: str, channel: Channel, *, stream: bool) -> str:
        request = question.request(model, self._prompt, stream=stream)
        answer = await self._upstream.call(request, channel, channel.upstream_model(model))
        try:
            body = await (_beginning(answer) if answer.streaming else answer.read())
        finally:
            await answer.close()
        if answer.status != SUCCESS:
            raise UpstreamGarbage(f"the answer came with status {answer.status}")
        text = question.answer(body, streamed=answer.streaming)
        if text is None:
            raise UpstreamGarbage("the answer holds nothing that a client could read")
        return text

    def _model(self, channel: Channel, wanted: str) -> str:
        """``wanted`` or the default if offered, else the first model that can be tested, else the first of all."""
        model = wanted or self._usual_model
        if model in channel.models or not channel.models:
            return model
        testable = (each for each in channel.models if self._question(channel, each) is not None)
        return next(testable, channel.models[0])

    def _question(self, channel: Channel, model: str) -> ProbeQuestion | None:
        return self._question_for(model, channel.upstream_model(model))

    async def remember(self, channel: Channel, verdict: Verdict, *, seconds: float) -> None:
        """Store a test's result and duration on the channel, and write a log row."""
        now = int(self._clock())
        text = self.message(verdict, "zh")[:LONGEST_ANSWER]
        found = ChannelFindings(
            test_time=now,
            test_outcome=verdict.outcome.value,
            test_error="",
            response_time=UNSET if verdict.outcome is TestOutcome.SKIPPED else round(seconds * 1000),
        )
        reason = "" if verdict.passed else text[:LONGEST_TEST_ERROR]
        try:
            await self._channels.note(channel.id, evolve(found, test_error=reason))
        except InvalidParameter:  # the answer's characters cannot be stored, but the outcome can
            await self._channels.note(channel.id, found)
        await self._logs.add(
            LogRow(
                created_at=now,
                type=LogType.TEST,
                model_name=verdict.model,
                channel_id=channel.id,
                elapsed_time=round(verdict.seconds * 1000),
                event=ChannelTested(channel.name, verdict.outcome, text),
            )
        )


def _may_want_a_stream(error: GatewayError) -> bool:
    if isinstance(error, UpstreamRefusal):
        return error.fault is Fault.REQUEST
    return isinstance(error, UpstreamGarbage)


async def _beginning(answer: UpstreamAnswer) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while size < LONGEST_STREAM and (piece := await answer.next()):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)
