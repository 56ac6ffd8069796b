"""Notices to root: which are sent and how, and that failures affect nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.adapters.texts.letters import write_letter
from oneapi.application.channels.health import ChannelHealth
from oneapi.application.messages.notices import QUIET, Notices
from oneapi.application.messages.outbox import Outbox
from oneapi.domain.errors import Fault, Refusal, UpstreamRefusal, UpstreamUnreachable
from oneapi.domain.errors.messages import MailTimedOut, PushRefused, PushUnreachable
from oneapi.domain.options import Options
from oneapi.domain.people.users import Role
from oneapi.domain.routing.channels import Channel, ChannelRecord, ChannelStatus
from oneapi.domain.routing.health import LowSuccessRate, MetricRule
from oneapi.entrypoints.errors.answers import text_of
from tests.fakes.channels.channels import FakeChannels
from tests.fakes.messages import FakeMailer, FakePusher
from tests.fakes.people.users import FakeUsers

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT, EMAIL = 1, "root@example.com"
PUSH_FAILED = PushUnreachable(retry_after=60)
MAIL_FAILED = MailTimedOut(retry_after=60)


class World:
    def __init__(self, *, email: str = EMAIL, language: str = "zh", **options: Any) -> None:
        self.mailer, self.pusher, self.users = FakeMailer(), FakePusher(), FakeUsers()
        self.users.put(ROOT, "root", Role.ROOT)
        self.users.change(ROOT, email=email)
        self.outbox = Outbox(grace=1, pauses=(0,))
        self.options = Options(**options)
        self.now = 1000.0
        self.notices = Notices(
            self.pusher,
            self.mailer,
            self.users,
            self.outbox,
            write_letter,
            lambda: self.options,
            language=language,
            clock=lambda: self.now,
        )

    async def mailed(self) -> list[tuple[str, str]]:
        await self.outbox.emptied()
        return [(to, letter.subject) for to, letter in self.mailer.sent]


def pushing() -> World:
    return World(message_pusher_address="https://push.example.com")


async def test_the_pusher_is_preferred() -> None:
    world = pushing()
    world.notices.channel_disabled(7, "main", "no credit")
    assert await world.mailed() == []
    (letter,) = world.pusher.pushed
    assert letter.subject == "渠道状态变更提醒"
    assert "渠道「main」（#7）已被禁用。" in letter.text
    assert "no credit" in letter.text


async def test_mail_is_used_without_a_pusher() -> None:
    world = World()
    world.notices.channel_enabled(7, "main")
    assert await world.mailed() == [(EMAIL, "渠道状态变更提醒")]
    assert world.pusher.pushed == []


async def test_mail_is_used_if_the_pusher_fails() -> None:
    world = pushing()
    world.pusher.failures.append(PUSH_FAILED)
    world.notices.channel_enabled(7, "main")
    assert await world.mailed() == [(EMAIL, "渠道状态变更提醒")]


async def test_both_are_tried_again_if_both_fail() -> None:
    world = pushing()
    world.pusher.failures.append(PUSH_FAILED)
    world.mailer.failures.append(MAIL_FAILED)
    world.notices.channel_enabled(7, "main")
    assert await world.mailed() == []
    assert len(world.pusher.pushed) == 1


async def test_a_notice_without_a_recipient_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    world = World(email="")
    world.notices.channel_enabled(7, "main")
    assert await world.mailed() == []
    assert "a notice could not be sent, because root has no e-mail address" in caplog.text


SLOW = {"seconds": 6.25, "threshold": 5}


@pytest.mark.parametrize(
    ("tell", "chinese", "english"),
    [
        (
            lambda notices: notices.channel_slow(7, "main", **SLOW),
            "渠道 main （7）测试超时",
            "Channel main (#7) is slow",
        ),
        (
            lambda notices: notices.tests_finished(tested=9, failed=2),
            "渠道测试完成",
            "Channel tests finished",
        ),
        (
            lambda notices: notices.channel_disabled(7, "main", LowSuccessRate(0.125)),
            "渠道状态变更提醒",
            "Channel status changed",
        ),
        (
            lambda notices: notices.charges_set_aside(2),
            "有扣费记录无法写入数据库",
            "The database refused charges",
        ),
    ],
)
async def test_every_notice_is_in_the_gateways_language(
    tell: Callable[[Notices], None], chinese: str, english: str
) -> None:
    for language, subject in (("zh", chinese), ("en", english)):
        world = World(language=language)
        tell(world.notices)
        assert await world.mailed() == [(EMAIL, subject)]


async def test_root_is_told_of_charges_that_were_set_aside_once_an_hour() -> None:
    world = World()
    for _ in range(3):
        world.notices.charges_set_aside(2)
    assert len(await world.mailed()) == 1
    world.now += QUIET
    world.notices.charges_set_aside(5)
    assert len(await world.mailed()) == 2


async def test_a_trial_message_reports_the_pushers_answer() -> None:
    world = pushing()
    said = PushRefused(reply="wrong token")
    world.pusher.failures.append(said)
    with pytest.raises(Refusal) as caught:
        await world.notices.trial("en")
    assert text_of(caught.value, "en") == (
        "failed to push the message: Message Pusher refused the message: wrong token"
    )
    await world.notices.trial("en")
    assert world.pusher.pushed[0].subject == "One API: test message"


# --- what happens to channels ----------------------------------------------------------------------

CHANNEL = Channel(id=7, type=1, key="sk-secret", status=ChannelStatus.ENABLED, name="main")
FATAL = UpstreamRefusal(401, "no such key", fault=Fault.ACCOUNT)


class Catalog:
    def __init__(self, options: Options) -> None:
        self.current: Any = self
        self.options = options
        self.channels: dict[int, Channel] = {}

    async def refresh(self) -> None:
        """Do nothing."""

    def withdraw(self, channel: Channel) -> None:
        """Do nothing."""

    def restore(self, channel_id: int) -> None:
        """Do nothing."""


def health(world: World, metric: MetricRule | None = None) -> tuple[ChannelHealth, FakeChannels]:
    channels = FakeChannels({7: ChannelRecord(id=7, type=1, name="main", status=ChannelStatus.ENABLED)})
    catalog: Any = Catalog(world.options)
    made = ChannelHealth(channels, catalog, clock=lambda: 1000.0, metric=metric, notices=world.notices)
    return made, channels


async def test_root_is_told_once_of_a_channel_that_was_disabled() -> None:
    world = World(automatic_disable_channel_enabled=True)
    watched, channels = health(world)
    for _ in range(3):
        watched.failed(CHANNEL, FATAL, 1)
    await watched.close()
    assert channels.rows[7].status == ChannelStatus.DISABLED_AUTOMATICALLY
    assert await world.mailed() == [(EMAIL, "渠道状态变更提醒")]
    assert "no such key" in world.mailer.sent[0][1].text


async def test_root_is_not_told_of_a_channel_that_stays_enabled() -> None:
    world = World(automatic_disable_channel_enabled=True)
    watched, channels = health(world)
    channels.rows[7] = evolve(channels.rows[7], status=ChannelStatus.DISABLED_BY_HAND)
    watched.failed(CHANNEL, FATAL, 1)
    watched.failed(CHANNEL, UpstreamUnreachable(), 1)
    await watched.close()
    assert await world.mailed() == []
    world = World()
    watched, _ = health(world)
    watched.failed(CHANNEL, FATAL, 1)
    await watched.close()
    assert await world.mailed() == []


async def test_root_is_told_of_a_low_success_rate() -> None:
    world = World()
    watched, _ = health(world, MetricRule(size=4, threshold=0.8))
    watched.succeeded(CHANNEL)
    for _ in range(3):
        watched.failed(CHANNEL, UpstreamUnreachable(), 1)
    await watched.close()
    assert await world.mailed() == [(EMAIL, "渠道状态变更提醒")]
    assert "成功率只有 25.00%" in world.mailer.sent[0][1].text


async def test_a_channel_is_not_blamed_for_an_earlier_one_with_the_same_id() -> None:
    world = World()
    watched, channels = health(world, MetricRule(size=4, threshold=0.8))
    for _ in range(3):
        watched.failed(CHANNEL, UpstreamUnreachable(), 1)
    watched.failed(evolve(CHANNEL, name="another"), UpstreamUnreachable(), 1)
    await watched.close()
    assert channels.rows[7].status == ChannelStatus.ENABLED
