"""Quota reminders: who gets them, when, and how often."""

from __future__ import annotations

from typing import Any

import pytest

from oneapi.adapters.texts.letters import write_letter
from oneapi.application.messages.mails import Mails
from oneapi.application.messages.outbox import Outbox
from oneapi.application.messages.quota_reminders import QUIET, QuotaReminders
from oneapi.application.money.ledger import Ledger, LedgerLimits
from oneapi.domain.errors.messages import MailTimedOut
from oneapi.domain.money.quota import Settlement
from oneapi.domain.options import Options
from oneapi.domain.people.tokens import Token
from oneapi.domain.people.users import Account, User, UserStatus
from tests.fakes.messages import FakeMailer, FakeReminded
from tests.fakes.money.ledger_store import FakeLedgerStore
from tests.fakes.money.spool import Disk, FakeSpool
from tests.fakes.people.users import FakeUsers

USER, EMAIL = 7, "alice@example.com"
FAILED = MailTimedOut(retry_after=60)
LOW, USED_UP = "即将用尽", "已用尽"


class World:
    """One database, and two processes."""

    def __init__(self, **options: Any) -> None:
        defaults: dict[str, Any] = {"smtp_server": "127.0.0.1", "quota_remind_threshold": 1000}
        self.options = Options(**defaults | options)
        self.mailer, self.users, self.reminded = FakeMailer(), FakeUsers(), FakeReminded()
        self.users.put(USER, "alice")
        self.users.change(USER, email=EMAIL)
        self.outbox = Outbox(grace=1, pauses=(0,))
        self.now = 1_000_000.0
        self.here, self.there = self._process(), self._process()

    def _process(self) -> QuotaReminders:
        return QuotaReminders(
            lambda: self.options,
            self.users,
            self.reminded,
            Mails(self.mailer, write_letter, lambda: self.options),
            self.outbox,
            language="zh",
            clock=lambda: self.now,
        )

    async def falls(self, before: int | None, after: int, process: QuotaReminders | None = None) -> list[str]:
        """The mails that are sent when the balance changes from ``before`` to ``after``."""
        self.mailer.sent.clear()
        seen = {} if before is None else {USER: before}
        (process or self.here).watch(seen, {USER: after})
        await self.outbox.emptied()
        assert all(to == EMAIL for to, _ in self.mailer.sent)
        return [letter.text for _, letter in self.mailer.sent]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (1000, 999, LOW),
        (5000, 1, LOW),
        (5000, 0, USED_UP),
        (5000, -3, USED_UP),
        (500, 0, USED_UP),
        (1000, 1000, None),
        (5000, 1000, None),
        (999, 998, None),
        (0, -1, None),
        (-1, 900, None),
        (None, 900, None),
        (None, 0, None),
    ],
)
async def test_a_reminder_is_sent_when_the_balance_crosses_a_threshold(
    before: int | None, after: int, said: str | None
) -> None:
    mailed = await World().falls(before, after)
    assert len(mailed) == (said is not None)
    assert all(said in text for text in mailed if said)


async def test_a_reminder_names_the_remaining_quota_and_where_to_top_up() -> None:
    (text,) = await World(server_address="https://gw.example.com/").falls(5000, 900)
    assert "＄0.001800 额度" in text
    assert "https://gw.example.com/topup" in text
    (text,) = await World().falls(5000, 900)
    assert "topup" not in text


async def test_a_balance_that_goes_up_and_down_reminds_once_a_day() -> None:
    world = World()
    assert len(await world.falls(5000, 900)) == 1
    assert await world.falls(5000, 800) == []
    assert await world.falls(5000, 700, world.there) == []
    assert len(await world.falls(900, 0)) == 1
    assert await world.falls(500, -1, world.there) == []
    world.now += QUIET
    assert len(await world.falls(5000, 900, world.there)) == 1


async def test_two_processes_send_one_reminder() -> None:
    world = World()
    world.there.watch({USER: 5000}, {USER: 900})
    assert len(await world.falls(5000, 900)) == 1


async def test_a_failed_mail_is_tried_again() -> None:
    world = World()
    world.mailer.failures.append(FAILED)
    assert len(await world.falls(5000, 900)) == 1


@pytest.mark.parametrize(
    "change", [{"email": ""}, {"status": UserStatus.DISABLED}, {"status": UserStatus.DELETED}]
)
async def test_users_without_an_address_are_not_reminded(change: dict[str, Any]) -> None:
    world = World()
    world.users.change(USER, **change)
    assert await world.falls(5000, 900) == []
    assert world.reminded.claims == {}
    del world.users.rows[USER]
    assert await world.falls(5000, 900) == []


async def test_without_a_mail_server_nothing_is_sent() -> None:
    world = World(smtp_server="")
    assert await world.falls(5000, 900) == []
    assert world.reminded.claims == {}


async def test_the_ledger_reports_balances_at_each_commit() -> None:
    store, nobody = FakeLedgerStore(), None
    store.add_account(USER, quota=70_000, token_id=70)
    reader: Any = nobody
    ledger = Ledger(store, reader, FakeSpool(Disk(), "p"), clock=lambda: 1.0, limits=LedgerLimits())
    told: list[tuple[dict[int, int], dict[int, int]]] = []
    ledger.on_balances = lambda before, after: told.append((dict(before), dict(after)))
    account = Account(
        Token(70, USER, "k", 1, "t", -1, 0, unlimited_quota=True), User(USER, "u", 1, 1, "default", 70_000)
    )
    for number in range(2):
        hold = await ledger.hold(f"r{number}", account, 1000)
        ledger.settle(charge(hold.request_id, 300))
        await ledger.flush()
    assert told == [({USER: 70_000}, {USER: 69_700}), ({USER: 69_700}, {USER: 69_400})]


def charge(request_id: str, amount: int) -> Settlement:
    return Settlement(
        request_id=request_id,
        settled_at=1,
        user_id=USER,
        token_id=70,
        token_limited=False,
        channel_id=3,
        amount=amount,
        held=0,
        write_log=True,
        username="u",
        token_name="t",
        model="m",
        prompt_tokens=1,
        completion_tokens=1,
        content="",
        is_stream=False,
        elapsed_ms=1,
        system_prompt_reset=False,
        end_cause="delivered",
        attempts="",
    )
