"""Asking one channel whether it works."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import msgspec
from attrs import evolve, frozen

from oneapi.application.refusals import Refusal
from oneapi.domain.channels import parse_record
from oneapi.domain.errors import GatewayError, UpstreamGarbage, UpstreamRefusal, UpstreamTimeout
from oneapi.domain.logs import LogRow, LogType
from oneapi.domain.requests import Endpoint, RelayRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.catalog import Catalog
    from oneapi.application.ports import ChannelRepository, LogRepository, Upstream
    from oneapi.domain.channels import Channel

#: Asked of a channel when nobody named a model.
USUAL_MODEL = "gpt-3.5-turbo"
#: Seconds for one test; twice the threshold of slowness where that is more, but not for ever.
LONGEST_TEST = 60.0
LONGEST_WAIT = 600.0
#: Characters of an answer that are kept in the log and in reports.
LONGEST_ANSWER = 1000
SUCCESS = 200


class _Message(msgspec.Struct):
    content: str


class _Choice(msgspec.Struct):
    message: _Message


class _Answer(msgspec.Struct):
    choices: Annotated[list[_Choice], msgspec.Meta(min_length=1)]


@frozen
class Verdict:
    """What a test showed: ``answer`` if it passed, else ``failure``; ``model`` as clients name it."""

    model: str
    seconds: float
    answer: str = ""
    failure: GatewayError | None = None

    @property
    def passed(self) -> bool:
        return self.failure is None

    def message(self, language: str) -> str:
        """The model's answer, or why there is none, for administrators."""
        error = self.failure
        if error is None:
            return self.answer
        if isinstance(error, UpstreamRefusal):
            return f"http status code: {error.status}, error message: {error.detail}"
        return error.text(language) if error.shown else error.detail


class ChannelProbe:
    """One test: what is sent, how the answer is judged, where that is kept.

    Nothing is billed, and no prompt or answer reaches the process log (S29). ``prompt`` is what a test asks, ``ticks``
    a clock in seconds that never jumps.
    """

    def __init__(
        self,
        channels: ChannelRepository,
        catalog: Catalog,
        upstream: Upstream,
        logs: LogRepository,
        *,
        prompt: str,
        clock: Callable[[], float],
        ticks: Callable[[], float],
    ) -> None:
        self._channels = channels
        self._catalog = catalog
        self._upstream = upstream
        self._logs = logs
        self._prompt = prompt
        self._clock = clock
        self._ticks = ticks

    async def test(self, channel_id: int, model: str = "") -> Verdict:
        """Test one channel, whatever its status, which stays. Raises Refusal if there is none."""
        record = await self._channels.get(channel_id)
        if record is None:
            raise Refusal("not_found")
        channel = parse_record(record)
        verdict = await self.ask(channel, model)
        await self.remember(channel, verdict, seconds=verdict.seconds if verdict.passed else 0.0)
        return verdict

    async def ask(self, channel: Channel, wanted: str = "") -> Verdict:
        """Test it with the model ``wanted``, or another if it does not offer that; nothing is written down."""
        model = _model(channel, wanted)
        request = _request(model, self._prompt)
        threshold = float(self._catalog.current.options.channel_disable_threshold)
        limit = min(max(LONGEST_TEST, 2 * threshold), LONGEST_WAIT)
        started = self._ticks()
        failure: GatewayError
        try:
            async with asyncio.timeout(limit):
                text = await self._answer(request, evolve(channel, system_prompt=""))
            return Verdict(model, self._ticks() - started, answer=text)
        except TimeoutError:
            failure = UpstreamTimeout(f"no complete answer within {limit:g} s")
        except GatewayError as error:
            failure = error
        return Verdict(model, self._ticks() - started, failure=failure)

    async def _answer(self, request: RelayRequest, channel: Channel) -> str:
        """What the model said. Raises GatewayError."""
        answer = await self._upstream.call(request, channel, channel.upstream_model(request.model))
        try:
            body = await answer.read()
        finally:
            await answer.close()
        if answer.status != SUCCESS:
            raise UpstreamGarbage(f"the answer came with status {answer.status}")
        try:
            return msgspec.json.decode(body, type=_Answer).choices[0].message.content
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamGarbage("the answer holds no message with a text") from None

    async def remember(self, channel: Channel, verdict: Verdict, *, seconds: float) -> None:
        """Store on the channel that a test took so long, and in the log what it showed."""
        now = int(self._clock())
        await self._channels.note(channel.id, {"response_time": round(seconds * 1000), "test_time": now})
        text = verdict.message("zh")[:LONGEST_ANSWER]
        outcome = "成功，响应" if verdict.passed else "失败，错误"
        await self._logs.add(
            LogRow(
                created_at=now,
                type=LogType.TEST,
                content=f"渠道 {channel.name} 测试{outcome}：{text}",
                model_name=verdict.model,
                channel_id=channel.id,
                elapsed_time=round(verdict.seconds * 1000),
            )
        )


def _model(channel: Channel, wanted: str) -> str:
    """``wanted`` if the channel offers it, or offers nothing in particular, else the first that it offers."""
    model = wanted or USUAL_MODEL
    return model if model in channel.models or not channel.models else channel.models[0]


def _request(model: str, prompt: str) -> RelayRequest:
    fields = {"model": model, "messages": [{"role": "user", "content": prompt}]}
    return RelayRequest(
        Endpoint.CHAT,
        "openai_chat",
        model,
        msgspec.json.encode(fields),
        fields=fields,
        path=f"/v1/{Endpoint.CHAT.value}",
        headers={"content-type": "application/json"},
    )
