"""Tests of channels: the request, the verdict, and the effect on the channel."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from attrs import define, evolve, field

from oneapi.adapters.dialects.openai_chat.probe import question_for
from oneapi.application.catalog import Catalog
from oneapi.application.channels.health import ChannelHealth
from oneapi.application.channels.probe import ChannelProbe
from oneapi.application.channels.testing import ChannelTests
from oneapi.application.jobs import Jobs, Pace, Progress
from oneapi.data import price_tables
from oneapi.domain.errors import (
    ChannelMisconfigured,
    Fault,
    InvalidParameter,
    UnsupportedEndpoint,
    UpstreamGarbage,
    UpstreamRefusal,
    UpstreamUnreachable,
)
from oneapi.domain.errors.administration import NotFound
from oneapi.domain.errors.channels import AlreadyTesting, UnknownScope
from oneapi.domain.logs.rows import LogType
from oneapi.domain.routing.channels import LONGEST_TEST_ERROR, ChannelChanges, ChannelRecord, ChannelStatus
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import probe_failure
from tests.fakes.channels.channels import FakeChannels
from tests.fakes.messages import FakeNotices
from tests.fakes.operations.leases import FakeLeases
from tests.fakes.operations.logs import FakeLogs
from tests.fakes.operations.options import FakeOptions, FakeVersions
from tests.fakes.relay.upstream import FakeAnswer, FakeUpstream
from tests.support.waiting import becomes, until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel, ChannelFindings

NOW = 1_700_000_000
PROMPT = "what are you?"
ON, BY_HAND, AUTOMATICALLY = (
    ChannelStatus.ENABLED,
    ChannelStatus.DISABLED_BY_HAND,
    ChannelStatus.DISABLED_AUTOMATICALLY,
)
RECORD = ChannelRecord(type=1, key="sk-secret-of-the-channel", name="主", models="gpt-4o,gpt-4o-mini")
BOTH = {"AutomaticDisableChannelEnabled": "true", "AutomaticEnableChannelEnabled": "true"}
FATAL = UpstreamRefusal(401, "Incorrect API key provided", fault=Fault.ACCOUNT)


@define
class Upstream(FakeUpstream):
    """Records requests; a call of a channel takes its ``seconds``."""

    world: World | None = None
    requests: list[tuple[RelayRequest, Channel]] = field(factory=list)
    seconds: dict[int, float] = field(factory=dict)
    stuck: set[int] = field(factory=set)

    async def call(self, request: RelayRequest, channel: Channel, model: str) -> FakeAnswer:
        self.requests.append((request, channel))
        if channel.id in self.stuck:
            await asyncio.Event().wait()
        assert self.world is not None
        self.world.ticks += self.seconds.get(channel.id, 0.0)
        return await FakeUpstream.call(self, request, channel, model)


@define
class World:
    channels: FakeChannels = field(factory=FakeChannels)
    options: FakeOptions = field(factory=FakeOptions)
    upstream: Upstream = field(factory=Upstream)
    logs: FakeLogs = field(factory=FakeLogs)
    notices: FakeNotices = field(factory=FakeNotices)
    ticks: float = 100.0
    catalog: Catalog = field(init=False)
    health: ChannelHealth = field(init=False)
    probe: ChannelProbe = field(init=False)
    tests: ChannelTests = field(init=False)
    jobs: Jobs = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.upstream.world = self
        self.catalog = Catalog(
            self.channels,
            self.options,
            FakeVersions(),
            price_tables(),
            forget_accounts=lambda: None,
            full_read_every=600,
            clock=lambda: NOW,
        )
        numbers = itertools.count()
        self.jobs = Jobs(
            FakeLeases(lambda: NOW),
            new_owner=lambda: str(next(numbers)),
            clock=lambda: NOW,
            pace=Pace(renew=0.001),
        )
        notices: Any = self.notices
        self.health = health = ChannelHealth(
            self.channels, self.catalog, clock=lambda: NOW, metric=None, notices=notices
        )
        self.probe = ChannelProbe(
            self.channels,
            self.catalog,
            self.upstream,
            self.logs,
            health,
            form=question_for,
            usual_model="gpt-3.5-turbo",
            prompt=PROMPT,
            explain=probe_failure,
            clock=lambda: NOW,
            ticks=lambda: self.ticks,
        )
        self.tests = ChannelTests(
            self.probe,
            self.channels,
            self.catalog,
            health,
            self.jobs,
            apart=0,
            language="en",
            notices=notices,
        )

    async def holds(self, *records: ChannelRecord, options: Mapping[str, str] | None = None) -> None:
        await self.channels.add(records)
        await self.options.put(options or {})
        await self.catalog.refresh()

    async def run(self, wanted: Callable[[Channel], bool] = lambda _: True) -> Progress:
        progress = Progress(NOW)
        async with asyncio.timeout(5):
            await self.tests.run(progress, wanted)
        return progress

    def status(self, number: int = 1) -> int:
        return self.channels.rows[number].status


@pytest.fixture
def world() -> World:
    return World()


def said(content: object = "I am gpt-4o", **changes: Any) -> FakeAnswer:
    body = {"choices": [{"index": 0, "message": {"role": "assistant", "content": content}}]}
    return FakeAnswer((json.dumps(body).encode(),), **changes)


async def test_a_test_sends_a_tiny_chat(world: World) -> None:
    await world.holds(evolve(RECORD, model_mapping='{"gpt-4o": "deployed"}', system_prompt="be rude"))
    world.upstream.will(1, said())
    await world.probe.test(1)
    [(request, channel)] = world.upstream.requests
    assert (request.work, request.dialect, request.stream) == (Work.CONVERSE, "openai_chat", False)
    wanted = {"model": "gpt-4o", "messages": [{"role": "user", "content": PROMPT}]}
    assert json.loads(request.body) == request.fields == wanted
    assert channel.system_prompt == ""
    assert world.upstream.calls == [(1, "deployed")]


@pytest.mark.parametrize(
    ("models", "asked", "tested"),
    [
        ("gpt-4o,gpt-3.5-turbo", "", "gpt-3.5-turbo"),
        ("gpt-4o,m", "", "gpt-4o"),
        ("gpt-4o,m", "m", "m"),
        ("gpt-4o,m", "other", "gpt-4o"),
        ("gpt-4o,m", "gpt-4", "gpt-4o"),
        ("", "", "gpt-3.5-turbo"),
        ("", "any", "any"),
    ],
)
async def test_the_tested_model(world: World, models: str, asked: str, tested: str) -> None:
    await world.holds(evolve(RECORD, models=models))
    world.upstream.will(1, said())
    assert (await world.probe.test(1, asked)).model == tested
    assert world.upstream.calls == [(1, tested)]


async def test_a_passed_test_is_stored(world: World) -> None:
    await world.holds(evolve(RECORD, status=BY_HAND), options=BOTH)
    world.upstream.will(1, said("I am 😀"))
    world.upstream.seconds[1] = 1.2344
    verdict = await world.probe.test(1)
    assert (verdict.passed, world.probe.message(verdict, "en"), round(verdict.seconds, 3)) == (
        True,
        "I am 😀",
        1.234,
    )
    stored = world.channels.rows[1]
    assert (stored.response_time, stored.test_time, stored.status) == (1234, NOW, BY_HAND)
    assert (stored.test_outcome, stored.test_error) == ("passed", "")
    [row] = world.logs.rows
    assert row.content == "渠道 主 测试成功，响应：I am 😀"
    assert (row.type, row.user_id, row.username, row.quota) == (LogType.TEST, 0, "", 0)
    assert (row.channel_id, row.model_name, row.elapsed_time) == (1, "gpt-4o", 1234)


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (UpstreamRefusal(429, "slow down"), "http status code: 429, error message: slow down"),
        (UpstreamUnreachable("api.example.com: connection refused"), "api.example.com: connection refused"),
        (UpstreamGarbage("what is this"), "what is this"),
        (ChannelMisconfigured(id=1, detail="no base URL"), "channel #1 is misconfigured: no base URL"),
        (said(None), "the answer holds nothing that a client could read"),
        (said(5), "the answer holds nothing that a client could read"),
        (FakeAnswer((b'{"choices":[]}',)), "the answer holds nothing that a client could read"),
        (FakeAnswer((b"[" * 10_000,)), "the answer holds nothing that a client could read"),
        (FakeAnswer((b"<html>",)), "the answer holds nothing that a client could read"),
        (FakeAnswer((b'{"choi', UpstreamUnreachable("gone"))), "gone"),
        (said(status=201), "the answer came with status 201"),
    ],
)
async def test_failures_are_reported_and_stored(world: World, outcome: Any, message: str) -> None:
    await world.holds(RECORD, options=BOTH)
    world.upstream.will(1, outcome)
    world.upstream.seconds[1] = 7.0
    verdict = await world.probe.test(1)
    assert (verdict.passed, world.probe.message(verdict, "en")) == (False, message)
    stored = world.channels.rows[1]
    assert (stored.response_time, stored.test_time, stored.status) == (0, NOW, ON)
    assert (stored.test_outcome, bool(stored.test_error)) == ("failed", True)
    assert world.logs.rows[0].content.startswith("渠道 主 测试失败，错误：")
    if isinstance(outcome, FakeAnswer):
        assert outcome.closed


def whole(message: object, reason: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": message, "finish_reason": reason}]}


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (whole({"content": ""}), ""),
        (whole({"content": "", "reasoning_content": "hm"}), "hm"),
        (whole({"content": None, "reasoning": "hm"}), "hm"),
        (whole({"content": None, "refusal": "no"}), "no"),
        (
            whole(
                {
                    "content": [
                        {"type": "thinking", "thinking": [{"text": "hm"}]},
                        {"type": "text", "text": "I am"},
                    ]
                }
            ),
            "I am",
        ),
        (whole({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}), "ab"),
        (whole({"content": []}), ""),
        (whole({"content": None, "tool_calls": [{"id": "1"}]}), ""),
        (whole({"tool_calls": [{"id": "1"}]}), ""),
        (whole({"content": None, "audio": {"id": "1"}}), ""),
        (whole({"content": None}, "length"), ""),
        (whole({}, "stop"), ""),
        ({"choices": [{"index": 0}, {"index": 1, "message": {"content": "b"}}]}, "b"),
    ],
)
async def test_every_answer_that_clients_accept_passes(world: World, answer: object, text: str) -> None:
    await world.holds(RECORD)
    world.upstream.will(1, FakeAnswer((json.dumps(answer).encode(),)))
    verdict = await world.probe.test(1)
    assert (verdict.passed, world.probe.message(verdict, "en")) == (True, text)
    assert len(world.upstream.calls) == 1


@pytest.mark.parametrize(
    ("model", "work", "answer", "text"),
    [
        ("text-embedding-3-large", Work.EMBED, {"data": [{"embedding": [0.1, 0.2]}]}, "[0.1, 0.2] (2)"),
        ("BAAI/bge-m3", Work.EMBED, {"data": [{"embedding": [1, 2, 3, 4]}]}, "[1, 2, 3, …] (4)"),
        ("text-embedding-v4", Work.EMBED, {"data": [{"embedding": "AAAA"}]}, ""),
        ("omni-moderation-latest", Work.MODERATE, {"results": [{"flagged": False}]}, '{"flagged":false}'),
        ("bge-reranker-v2-m3", Work.RERANK, {"results": [{"index": 0, "relevance_score": 0.5}]}, "0.5"),
        ("gpt-3.5-turbo-instruct", Work.COMPLETE, {"choices": [{"text": "hi"}]}, "hi"),
        ("gpt-4o", Work.CONVERSE, whole({"content": "hi"}), "hi"),
    ],
)
async def test_a_test_asks_for_the_work_that_the_model_does(
    world: World, model: str, work: Work, answer: object, text: str
) -> None:
    await world.holds(evolve(RECORD, models=model))
    world.upstream.will(1, FakeAnswer((json.dumps(answer).encode(),)), FakeAnswer((b"{}",)))
    verdict = await world.probe.test(1)
    assert (verdict.passed, world.probe.message(verdict, "en")) == (True, text)
    [(request, _)] = world.upstream.requests
    assert request.work is work
    assert request.fields["model"] == model
    assert not (await world.probe.test(1)).passed


async def test_the_upstreams_model_name_decides_the_work_if_the_clients_does_not(world: World) -> None:
    mapping = '{"vectors": "text-embedding-3-small"}'
    await world.holds(evolve(RECORD, models="vectors", model_mapping=mapping))
    world.upstream.will(1, FakeAnswer((b'{"data":[{"embedding":[1]}]}',)))
    assert (await world.probe.test(1)).passed
    assert world.upstream.requests[0][0].work is Work.EMBED


@pytest.mark.parametrize(
    "model",
    [
        "dall-e-3", "gpt-image-1", "gemini-2.5-flash-image", "flux-pro", "tts-1", "whisper-1", "gpt-4o-transcribe",
        "sora-2", "gpt-realtime", "gpt-4o-audio-preview", "cogview-3",
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [ON, AUTOMATICALLY])
async def test_models_that_cannot_be_tested_for_free_are_skipped(
    world: World, model: str, status: int
) -> None:
    await world.holds(evolve(RECORD, models=model, status=status, response_time=7), options=BOTH)
    verdict = await world.probe.test(1)
    assert (verdict.failed, verdict.passed) == (False, False)
    assert model in world.probe.message(verdict, "en")
    progress = await world.run()
    assert world.upstream.calls == []
    stored = world.channels.rows[1]
    assert (stored.status, stored.response_time, stored.test_outcome) == (status, 7, "skipped")
    assert "无法免费测试" in stored.test_error
    assert [(outcome.success, model in outcome.message) for outcome in progress.results] == [(True, True)]
    assert world.notices.told == [("finished", 1, 0)]


async def test_an_unsupported_endpoint_is_not_a_failure(world: World) -> None:
    await world.holds(RECORD, options=BOTH)
    world.upstream.will(1, UnsupportedEndpoint(feature="chat"))
    verdict = await world.probe.test(1)
    assert (verdict.failed, world.probe.message(verdict, "en")) == (
        False,
        "chat is not supported by this channel",
    )
    assert world.channels.rows[1].test_outcome == "skipped"


async def test_of_several_models_one_that_can_be_tested_is_tested(world: World) -> None:
    await world.holds(evolve(RECORD, models="dall-e-3,whisper-1,text-embedding-3-small"))
    world.upstream.will(1, FakeAnswer((b'{"data":[{"embedding":[1]}]}',)))
    assert (await world.probe.test(1)).model == "text-embedding-3-small"


def events(*chunks: object) -> FakeAnswer:
    pieces = tuple(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)
    return FakeAnswer(pieces, streaming=True)


MUST_STREAM = UpstreamRefusal(400, "Stream must be set to true", fault=Fault.REQUEST)


@pytest.mark.parametrize("first", [MUST_STREAM, UpstreamGarbage("a stream came"), FakeAnswer((b"{}",))])
async def test_a_second_attempt_is_streamed(world: World, first: Any) -> None:
    await world.holds(RECORD)
    deltas = [{"role": "assistant", "content": "gpt"}, {"content": "-x"}, {}]
    chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    chunks[-1]["choices"][0]["finish_reason"] = "stop"
    world.upstream.will(1, first, events(*chunks, {"choices": [], "usage": {}}))
    verdict = await world.probe.test(1)
    assert (verdict.passed, world.probe.message(verdict, "en")) == (True, "gpt-x")
    assert [request.stream for request, _ in world.upstream.requests] == [False, True]
    assert world.upstream.requests[1][0].fields["stream"] is True


@pytest.mark.parametrize(
    "second",
    [
        UpstreamRefusal(500, "x"),
        events(),
        events({"choices": []}),
        FakeAnswer((UpstreamUnreachable("x"),), streaming=True),
    ],
)
async def test_if_both_attempts_fail_the_first_reason_is_reported(world: World, second: Any) -> None:
    await world.holds(RECORD)
    world.upstream.will(1, MUST_STREAM, second)
    assert "Stream must be set" in world.probe.message(await world.probe.test(1), "en")


async def test_an_endless_stream_ends_the_test(world: World) -> None:
    await world.holds(RECORD)
    many = [{"choices": [{"delta": {"content": "x" * 1000}}]}] * 5000
    world.upstream.will(1, MUST_STREAM, answer := events(*many))
    assert (await world.probe.test(1)).passed
    assert answer.closed


@pytest.mark.parametrize("error", [FATAL, UpstreamRefusal(429, "slow down"), UpstreamUnreachable("gone")])
async def test_other_faults_are_not_tried_twice(world: World, error: Exception) -> None:
    await world.holds(RECORD)
    world.upstream.will(1, error, said())
    assert (await world.probe.test(1)).failed
    assert len(world.upstream.calls) == 1


@pytest.mark.parametrize(("status", "after"), [(AUTOMATICALLY, ON), (BY_HAND, BY_HAND), (ON, ON)])
async def test_a_channel_that_passes_a_test_is_enabled_and_no_longer_rests(
    world: World, status: int, after: int
) -> None:
    await world.holds(evolve(RECORD, status=status), options=BOTH)
    channel = world.catalog.current.channels[1]
    for _ in range(5):
        world.health.failed(channel, UpstreamUnreachable("gone"), 1)
    assert set(world.health.resting()) == {1}
    world.upstream.will(1, said())
    await world.probe.test(1)
    assert not world.health.resting()
    assert world.status() == world.catalog.current.channels[1].status == after


async def test_failures_of_a_run_are_stored_as_failures(world: World) -> None:
    await world.holds(RECORD, RECORD)
    world.upstream.will(1, UpstreamRefusal(500, "broken" * 1000))
    world.upstream.will(2, said())
    world.upstream.seconds = {1: 0.004, 2: 1.0}
    await world.run()
    first, second = world.channels.rows[1], world.channels.rows[2]
    assert (first.test_outcome, first.response_time, len(first.test_error)) == (
        "failed",
        4,
        LONGEST_TEST_ERROR,
    )
    assert "broken" in first.test_error
    assert (second.test_outcome, second.response_time, second.test_error) == ("passed", 1000, "")


async def test_a_reason_that_cannot_be_stored_is_left_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.holds(RECORD)
    note = world.channels.note

    async def narrow(channel_id: int, found: ChannelFindings) -> None:
        if not (found.test_error or "").isascii():
            raise InvalidParameter("", "a value cannot be stored")
        await note(channel_id, found)

    monkeypatch.setattr(FakeChannels, "note", lambda _, *values: narrow(*values))
    world.upstream.will(1, UpstreamRefusal(500, "😀"))
    await world.probe.test(1)
    assert (world.channels.rows[1].test_outcome, world.channels.rows[1].test_error) == ("failed", "")


async def test_an_empty_text_is_an_answer(world: World) -> None:
    await world.holds(RECORD)
    world.upstream.will(1, said(""))
    assert (await world.probe.test(1)).passed


async def test_an_unknown_channel(world: World) -> None:
    await world.holds()
    with pytest.raises(NotFound):
        await world.probe.test(1)


async def test_contents_of_tests_are_not_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await world.holds(RECORD, RECORD)
    world.upstream.will(1, said("my very own words"))
    world.upstream.will(2, UpstreamRefusal(400, "you asked: " + PROMPT))
    await world.run()
    assert "tested 2 channels, 1 failed" in caplog.text
    for secret in ("my very own words", PROMPT, RECORD.key):
        assert secret not in caplog.text


@pytest.mark.parametrize(
    ("status", "outcome", "options", "after"),
    [
        (ON, FATAL, BOTH, AUTOMATICALLY),
        (ON, FATAL, {}, ON),
        (ON, UpstreamRefusal(429, "slow down"), BOTH, ON),
        (ON, UpstreamUnreachable("gone"), BOTH, ON),
        (AUTOMATICALLY, said(), BOTH, ON),
        (AUTOMATICALLY, said(), {}, AUTOMATICALLY),
        (AUTOMATICALLY, FATAL, BOTH, AUTOMATICALLY),
        (BY_HAND, said(), BOTH, BY_HAND),
        (BY_HAND, FATAL, BOTH, BY_HAND),
    ],
)
async def test_the_status_after_a_run(
    world: World, status: int, outcome: Any, options: Mapping[str, str], after: int
) -> None:
    """Channels that were disabled by hand stay disabled."""
    await world.holds(evolve(RECORD, status=status), options=options)
    world.upstream.will(1, outcome)
    await world.run()
    assert world.status() == after
    assert world.catalog.current.channels[1].status == after
    told: dict[int, tuple[object, ...]] = {
        ON: ("enabled", 1, "主"),
        AUTOMATICALLY: ("disabled", 1, "主", FATAL.cause),
    }
    finished = ("finished", 1, int(isinstance(outcome, Exception)))
    assert world.notices.told == [*([told[after]] if after != status else []), finished]


async def test_a_channel_that_is_disabled_during_a_run_stays_disabled(world: World) -> None:
    await world.holds(evolve(RECORD, status=AUTOMATICALLY), options=BOTH)
    gate = asyncio.Event()
    world.upstream.will(1, said(gate=gate))
    running = asyncio.create_task(world.run())
    await until(lambda: world.upstream.requests)
    await world.channels.update(1, ChannelChanges(status=BY_HAND))
    gate.set()
    await running
    assert world.status() == BY_HAND


@pytest.mark.parametrize("outcome", [said(), UpstreamUnreachable("gone")])
async def test_slow_channels_are_disabled(world: World, outcome: Any) -> None:
    await world.holds(RECORD, RECORD, options=BOTH | {"ChannelDisableThreshold": "2.5"})
    world.upstream.will(1, outcome)
    world.upstream.will(2, said())
    world.upstream.seconds = {1: 2.6}
    await world.run()
    assert (world.status(1), world.status(2)) == (AUTOMATICALLY, ON)
    assert world.channels.rows[1].response_time == 2600


async def test_slow_channels_are_reported_if_they_are_not_disabled(world: World) -> None:
    await world.holds(RECORD, options={"ChannelDisableThreshold": "2"})
    world.upstream.will(1, said())
    world.upstream.seconds = {1: 3.0}
    await world.run()
    assert world.status() == ON
    assert world.notices.told == [("slow", 1, "主", 3.0, 2.0), ("finished", 1, 0)]


async def test_with_a_threshold_of_0_no_channel_is_slow(world: World) -> None:
    await world.holds(RECORD, options=BOTH | {"ChannelDisableThreshold": "0"})
    world.upstream.will(1, said())
    world.upstream.seconds = {1: 50.0}
    await world.run()
    assert world.status() == ON


async def test_a_channel_that_hangs_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oneapi.application.channels.probe.LONGEST_TEST", 0.05)
    await world.holds(*[RECORD] * 20, options={"ChannelDisableThreshold": "0"})
    world.upstream.stuck = {1}
    for number in range(2, 21):
        world.upstream.will(number, said())
    progress = await world.run()
    assert [outcome.channel_id for outcome in progress.results if not outcome.success] == [1]
    assert (progress.total, len(progress.results)) == (20, 20)
    assert progress.results[-1].message == "no complete answer within 0.05 s"


@pytest.mark.parametrize(("scope", "tested"), [("all", {1, 2, 3}), ("disabled", {2, 3})])
async def test_scopes(world: World, scope: str, tested: set[int]) -> None:
    await world.holds(RECORD, evolve(RECORD, status=BY_HAND), evolve(RECORD, status=AUTOMATICALLY))
    for number in (1, 2, 3):
        world.upstream.will(number, said())
    await world.tests.start(scope)
    with pytest.raises(AlreadyTesting):
        await world.tests.start("all")
    report = await becomes(world.tests.report, lambda report: not report.running)
    assert {number for number, _ in world.upstream.calls} == tested
    assert report.total == len(tested)
    assert {(outcome.channel_id, outcome.message) for outcome in report.results} == {
        (number, "I am gpt-4o") for number in tested
    }


async def test_other_scopes_are_refused(world: World) -> None:
    await world.holds(RECORD)
    for scope in ("", "enabled", "ALL"):
        with pytest.raises(UnknownScope):
            await world.tests.start(scope)
    assert not (await world.tests.report()).running


async def test_chosen_channels(world: World) -> None:
    await world.holds(RECORD, RECORD, RECORD)
    world.upstream.will(2, said())
    await world.tests.start_some([2, 9])
    await becomes(world.tests.report, lambda report: not report.running)
    assert world.upstream.calls == [(2, "gpt-4o")]
