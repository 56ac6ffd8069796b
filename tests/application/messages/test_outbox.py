"""Messages sent in the background: they are retried, limited, and not lost when the server stops."""

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
    """A message whose attempts wait for ``gate``, fail with ``failures`` in order, and then set ``sent``."""

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


async def test_a_message_is_sent_in_the_background() -> None:
    outbox, message = Outbox(grace=1), Message()
    outbox.put("a message", message.send)
    assert not message.sent.is_set()
    await asyncio.wait_for(message.sent.wait(), 1)
    await outbox.close()


@pytest.mark.parametrize("failure", [FOR_NOW, StorageUnavailable()])
async def test_a_temporary_failure_is_tried_again(failure: Exception) -> None:
    outbox, message = Outbox(grace=1, pauses=(0, 0)), Message(failure, failure)
    outbox.put("a message", message.send)
    await asyncio.wait_for(message.sent.wait(), 1)
    assert message.tries == 3
    await outbox.close()


async def test_attempts_are_limited(caplog: pytest.LogCaptureFixture) -> None:
    outbox, message = Outbox(grace=1, pauses=(0, 0)), Message(*[FOR_NOW] * 10)
    outbox.put("a message", message.send)
    await outbox.emptied()
    assert message.tries == 3
    assert "a message was not sent: MailTimedOut()" in caplog.text


async def test_a_permanent_failure_is_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    outbox, message = Outbox(grace=1, pauses=(FOREVER,)), Message(FOR_GOOD)
    outbox.put("a message", message.send)
    await asyncio.wait_for(outbox.close(), 1)
    assert message.tries == 1
    assert "MailNotConfigured()" in caplog.text


async def test_a_bug_in_one_message_does_not_affect_others(caplog: pytest.LogCaptureFixture) -> None:
    outbox, good = Outbox(grace=1, pauses=(FOREVER,)), Message()
    outbox.put("a faulty message", Message(KeyError("x")).send)
    outbox.put("a message", good.send)
    await outbox.close()
    assert good.sent.is_set()
    assert "a faulty message was not sent" in caplog.text


async def test_messages_waiting_for_another_attempt_are_tried_at_shutdown() -> None:
    outbox, message = Outbox(grace=1, pauses=(FOREVER,)), Message(FOR_NOW)
    outbox.put("a message", message.send)
    await message.tried.wait()
    await outbox.close()
    assert message.sent.is_set()


async def test_messages_queued_by_a_message_are_sent_too() -> None:
    outbox, second = Outbox(grace=1), Message()

    async def first() -> None:
        outbox.put("the second", second.send)

    outbox.put("the first", first)
    await outbox.close()
    assert second.sent.is_set()


async def test_shutdown_ends_even_if_a_server_hangs(caplog: pytest.LogCaptureFixture) -> None:
    outbox, hanging = Outbox(grace=0.05), Message(gate=asyncio.Event())
    outbox.put("a message", hanging.send)
    await asyncio.wait_for(outbox.close(), 1)
    assert "1 messages were not sent before the shutdown" in caplog.text
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


async def test_the_queue_is_limited(caplog: pytest.LogCaptureFixture) -> None:
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
