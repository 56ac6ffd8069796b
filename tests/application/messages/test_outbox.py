"""Messages that leave in the background: tried again, bounded, and not lost when the server stops."""

from __future__ import annotations

import asyncio
import logging

import pytest

from oneapi.application.messages.outbox import AT_ONCE, Outbox
from oneapi.domain.errors import StorageUnavailable
from oneapi.domain.errors.messages import MailNotConfigured, MailTimedOut

FOR_NOW = MailTimedOut(retry_after=60)
FOR_GOOD = MailNotConfigured()
FOREVER = 3600.0


class Message:
    """Fails with ``failures``, in their order, and then is ``sent``; waits for ``gate`` first."""

    def __init__(self, *failures: Exception, gate: asyncio.Event | None = None) -> None:
        self.failures = list(failures)
        self.tries = 0
        self.sent = asyncio.Event()
        self.tried = asyncio.Event()
        self.gate = gate

    async def send(self) -> None:
        self.tries += 1
        self.tried.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.sent.set()


async def test_a_message_is_sent_and_nobody_waits() -> None:
    outbox, message = Outbox(grace=1), Message()
    outbox.put("a message", message.send)
    assert not message.sent.is_set()
    await asyncio.wait_for(message.sent.wait(), 1)
    await outbox.close()


@pytest.mark.parametrize("failure", [FOR_NOW, StorageUnavailable()])
async def test_what_may_succeed_later_is_tried_again(failure: Exception) -> None:
    outbox, message = Outbox(grace=1, pauses=(0, 0)), Message(failure, failure)
    outbox.put("a message", message.send)
    await asyncio.wait_for(message.sent.wait(), 1)
    assert message.tries == 3
    await outbox.close()


async def test_it_gives_up_in_the_end(caplog: pytest.LogCaptureFixture) -> None:
    outbox, message = Outbox(grace=1, pauses=(0, 0)), Message(*[FOR_NOW] * 10)
    outbox.put("a message", message.send)
    await outbox.emptied()
    assert message.tries == 3
    assert "a message was not sent: MailTimedOut()" in caplog.text


async def test_what_cannot_succeed_is_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    outbox, message = Outbox(grace=1, pauses=(FOREVER,)), Message(FOR_GOOD)
    outbox.put("a message", message.send)
    await asyncio.wait_for(outbox.close(), 1)
    assert message.tries == 1
    assert "MailNotConfigured()" in caplog.text


async def test_a_bug_in_a_message_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    outbox, good = Outbox(grace=1, pauses=(FOREVER,)), Message()
    outbox.put("a faulty message", Message(KeyError("x")).send)
    outbox.put("a message", good.send)
    await outbox.close()
    assert good.sent.is_set()
    assert "a faulty message was not sent" in caplog.text


async def test_what_waits_to_be_tried_again_is_tried_at_the_end() -> None:
    outbox, message = Outbox(grace=1, pauses=(FOREVER,)), Message(FOR_NOW)
    outbox.put("a message", message.send)
    await message.tried.wait()
    await outbox.close()
    assert message.sent.is_set()


async def test_what_a_message_puts_in_leaves_too() -> None:
    outbox, second = Outbox(grace=1), Message()

    async def first() -> None:
        outbox.put("the second", second.send)

    outbox.put("the first", first)
    await outbox.close()
    assert second.sent.is_set()


async def test_the_end_comes_even_if_a_server_hangs(caplog: pytest.LogCaptureFixture) -> None:
    outbox, hanging = Outbox(grace=0.05), Message(gate=asyncio.Event())
    outbox.put("a message", hanging.send)
    await asyncio.wait_for(outbox.close(), 1)
    assert "1 messages were not sent before the shutdown" in caplog.text
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


async def test_the_queue_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    gate = asyncio.Event()
    outbox, messages = Outbox(grace=1, most=10), [Message(gate=gate) for _ in range(12)]
    for message in messages:
        outbox.put("a message", message.send)
    for _ in range(5):
        await asyncio.sleep(0)
    assert sum(message.tries for message in messages) == AT_ONCE
    gate.set()
    await outbox.close()
    assert [message.sent.is_set() for message in messages] == [True] * 10 + [False] * 2
    assert caplog.text.count("too many messages are waiting") == 2
