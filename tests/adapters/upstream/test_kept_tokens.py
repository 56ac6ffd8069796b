"""Short-lived tokens: asked for once, renewed in time, forgotten when refused."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from attrs import define, evolve, field

from oneapi.adapters.providers.calls import Heard, Outgoing
from oneapi.adapters.providers.provider_tokens import ProviderToken
from oneapi.adapters.upstream.kept_tokens import MARGIN, KeptTokens
from oneapi.domain.errors import UpstreamRefusal
from oneapi.domain.routing.channels import Channel

if TYPE_CHECKING:
    from collections.abc import Callable

CHANNEL = Channel(7, 15, "id|secret", 1, "c")


class Source:
    def ask(self, channel: Channel, now: float) -> Outgoing:
        return Outgoing("POST", f"https://token.example/{channel.key}/{now:g}")

    def read(self, heard: Heard, now: float) -> ProviderToken:
        return ProviderToken(heard.body.decode(), now + 3600)


@define
class World:
    now: float = 1000.0
    asked: list[str] = field(factory=list)
    fails: bool = False

    async def ask(self, outgoing: Outgoing) -> Heard:
        self.asked.append(outgoing.url)
        await asyncio.sleep(0)
        if self.fails:
            raise UpstreamRefusal(401, "no")
        return Heard(200, {}, f"token-{len(self.asked)}".encode())

    def clock(self) -> float:
        return self.now


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def token(world: World) -> Callable[[Channel], asyncio.Task[str]]:
    tokens, source = KeptTokens(world.clock), Source()
    return lambda channel: asyncio.ensure_future(tokens.token(source, channel, world.ask))


async def test_many_requests_ask_once(world: World, token: Callable[[Channel], asyncio.Task[str]]) -> None:
    assert await asyncio.gather(*(token(CHANNEL) for _ in range(20))) == ["token-1"] * 20
    assert await token(CHANNEL) == "token-1"
    assert len(world.asked) == 1


async def test_token_is_renewed_before_its_end(
    world: World, token: Callable[[Channel], asyncio.Task[str]]
) -> None:
    await token(CHANNEL)
    world.now += 3600 - MARGIN - 1
    assert await token(CHANNEL) == "token-1"
    world.now += 1
    assert await token(CHANNEL) == "token-2"


async def test_new_credentials_get_a_token_of_their_own(
    token: Callable[[Channel], asyncio.Task[str]],
) -> None:
    assert await token(CHANNEL) == "token-1"
    assert await token(evolve(CHANNEL, key="id|another")) == "token-2"
    assert await token(evolve(CHANNEL, config={"region": "x"})) == "token-3"
    assert await token(evolve(CHANNEL, id=8, name="the same account")) == "token-1"


async def test_failure_is_not_kept(world: World, token: Callable[[Channel], asyncio.Task[str]]) -> None:
    world.fails = True
    with pytest.raises(UpstreamRefusal):
        await token(CHANNEL)
    world.fails = False
    assert await token(CHANNEL) == "token-2"


async def test_refused_token_is_forgotten(world: World) -> None:
    tokens, source = KeptTokens(world.clock), Source()
    assert await tokens.token(source, CHANNEL, world.ask) == "token-1"
    tokens.forget(source, CHANNEL)
    assert await tokens.token(source, CHANNEL, world.ask) == "token-2"
