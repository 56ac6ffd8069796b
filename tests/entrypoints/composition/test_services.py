"""Services are opened in order and closed in reverse order."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from oneapi.entrypoints.composition.services import Service, running


def service(name: str, said: list[str]) -> Service:
    async def close() -> None:
        await asyncio.sleep(0)
        said.append(f"close {name}")

    return Service(open=partial(said.append, f"open {name}"), close=close)


async def test_the_last_opened_service_is_closed_first() -> None:
    said: list[str] = []
    async with running([service("a", said), Service(), service("b", said)]):
        assert said == ["open a", "open b"]

    assert said == ["open a", "open b", "close b", "close a"]


async def test_after_a_failed_start_only_opened_services_are_closed() -> None:
    said: list[str] = []

    def fail() -> None:
        raise OSError

    broken = Service(open=fail, close=partial(said.append, "close broken"))
    with pytest.raises(OSError, match=r"^$"):
        async with running([service("a", said), broken, service("b", said)]):
            said.append("running")

    assert said == ["open a", "close a"]


async def test_loops_run_only_while_all_services_are_open() -> None:
    said: list[str] = []

    async def loop() -> None:
        said.append("loop")
        try:
            await asyncio.Event().wait()
        finally:
            said.append("loop ends")

    async with running([Service(loops=[loop]), service("a", said)]):
        await asyncio.sleep(0)

    assert said == ["open a", "loop", "loop ends", "close a"]


async def test_a_loop_that_fails_is_restarted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    turns = 0
    done = asyncio.Event()

    async def at_once(_: float) -> None:
        """Replaces the pause after a failure."""

    async def loop() -> None:
        nonlocal turns
        turns += 1
        if turns < 3:
            raise ValueError
        done.set()

    monkeypatch.setattr("oneapi.entrypoints.composition.services.asyncio.sleep", at_once)
    async with running([Service(loops=[loop])]):
        await asyncio.wait_for(done.wait(), 5)

    assert turns == 3
    assert caplog.text.count("a background job failed and is restarted") == 2
