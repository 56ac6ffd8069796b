"""The raw proxy: which calls are allowed, what they cost, and that each leaves one log row however it ends."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import pytest
from attrs import evolve

from oneapi.adapters.dialects.raw import named_models
from oneapi.adapters.providers.rows.openai import PROXY
from oneapi.application.money.ledger import Ledger, LedgerLimits
from oneapi.application.relay.authentication import Caller
from oneapi.application.relay.proxying import Proxying
from oneapi.domain.errors import (
    GatewayError,
    MalformedRequest,
    ModelDenied,
    UpstreamBroken,
    UpstreamUnreachable,
    UserQuotaExhausted,
)
from oneapi.domain.options import Options
from oneapi.domain.people.tokens import Token
from oneapi.domain.people.users import Account, User
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel
from oneapi.domain.work import Work
from tests.fakes.money.ledger_store import FakeLedgerStore
from tests.fakes.money.spool import Disk, FakeSpool
from tests.fakes.relay.upstream import FakeAnswer, FakeReply, FakeUpstream

CHANNEL = Channel(3, PROXY.number, "k", 1, "p")
PRICE = 500


class World:
    """A proxy route with its fakes."""

    def __init__(self, *, quota: int = 10_000, models: str | None = None, **options: Any) -> None:
        self.store = FakeLedgerStore()
        self.store.add_account(1, quota=quota, token_id=1)
        self.upstream = FakeUpstream()
        self.account = Account(
            Token(1, 1, "k", 1, "t", -1, 0, unlimited_quota=True, models=models),
            User(1, "u", 1, 1, "default", quota),
        )
        snapshot: Any = type("Snapshot", (), {"channels": {3: CHANNEL}, "options": Options(**options)})
        catalog: Any = type("Catalog", (), {"current": snapshot})
        reader: Any = self
        self.ledger = Ledger(
            self.store, reader, FakeSpool(Disk(), "p"), clock=lambda: 1000.0, limits=LedgerLimits()
        )
        self.proxying = Proxying(
            catalog,
            self.ledger,
            self.upstream,
            channel_type=PROXY.number,
            named_models=named_models,
            clock=lambda: 1000.0,
        )

    async def account_by_key(self, key: str) -> Account:  # noqa: ARG002
        return self.account

    async def serve(self, reply: FakeReply | None = None, **changes: Any) -> FakeReply:
        reply = reply or FakeReply()
        await self.proxying.serve(Caller(self.account, None), 3, asked(**changes), cast("Any", reply), "r-1")
        return reply

    async def rows(self) -> list[tuple[int, str]]:
        """What each call cost, and how it ended."""
        await self.ledger.flush()
        return [(row.amount, row.end_cause) for row in self.store.logs]


def asked(body: bytes = b"", path: str = "/v2/items", query: str = "", **changes: Any) -> RelayRequest:
    request = RelayRequest(Work.PROXY, "raw", "", body, path=path, query=query)
    return evolve(request, **changes)


# --- the price -------------------------------------------------------------------------------------


async def test_a_call_costs_its_price_and_leaves_one_row() -> None:
    world = World()
    world.upstream.will(3, FakeAnswer((b"one", b"two")))
    reply = await world.serve(path="/v2/items")
    assert (reply.sent, reply.finished) == ([b"one", b"two"], True)
    assert await world.rows() == [(PRICE, "delivered")]
    (row,) = world.store.logs
    assert (row.content, row.write_log, row.channel_id) == ("proxy: POST /v2/items", True, 3)
    assert world.store.users[1].quota == 10_000 - PRICE


async def test_the_operator_may_set_any_price() -> None:
    for price in (0, 7):
        world = World(quota=price, proxy_price=price)
        world.upstream.will(3, FakeAnswer())
        await world.serve()
        assert await world.rows() == [(price, "delivered")]


async def test_without_quota_nothing_is_sent() -> None:
    world = World(quota=PRICE - 1)
    with pytest.raises(UserQuotaExhausted):
        await world.serve()
    assert world.upstream.calls == []
    assert await world.rows() == []


async def test_the_log_does_not_depend_on_the_option_for_consumption() -> None:
    world = World(log_consume_enabled=False)
    world.upstream.will(3, FakeAnswer())
    await world.serve()
    assert world.store.logs[0].write_log if await world.rows() else False


# --- the ends --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
async def test_a_refusal_costs_nothing_and_leaves_a_row(status: int) -> None:
    world = World()
    world.upstream.will(3, FakeAnswer(status=status))
    assert (await world.serve()).status == status
    assert await world.rows() == [(0, "delivered")]


@pytest.mark.parametrize("status", [200, 204, 302])
async def test_an_answer_without_a_body_is_an_answer(status: int) -> None:
    world = World()
    world.upstream.will(3, FakeAnswer((), status=status))
    await world.serve()
    assert await world.rows() == [(PRICE, "delivered")]


async def test_an_upstream_that_cannot_be_reached_leaves_a_row() -> None:
    world = World()
    with pytest.raises(UpstreamUnreachable):
        await world.serve()
    assert await world.rows() == [(0, "upstream_failed")]


@pytest.mark.parametrize(("pieces", "amount"), [((b"one",), PRICE), ((), 0)])
async def test_an_upstream_that_breaks_off_leaves_a_row(pieces: Any, amount: int) -> None:
    world = World()
    world.upstream.will(3, FakeAnswer((*pieces, UpstreamBroken("cut"))))
    with pytest.raises(UpstreamBroken):
        await world.serve()
    assert await world.rows() == [(amount, "upstream_failed")]


async def test_a_client_that_leaves_within_the_answer_pays_and_leaves_a_row() -> None:
    world = World()
    answer = FakeAnswer((b"one", b"two", b"three"))
    world.upstream.will(3, answer)
    await world.serve(FakeReply(leaves_after=1))
    assert await world.rows() == [(PRICE, "client_left")]
    assert answer.closed


@pytest.mark.parametrize("when", ["call", "start", "body", "finish"])
async def test_a_client_that_hangs_up_at_any_moment_leaves_one_row(when: str) -> None:
    """The task is cancelled at each of its await points."""
    world = World()
    waiting = asyncio.Event()

    async def never(*_: Any, **__: Any) -> Any:
        waiting.set()
        await asyncio.sleep(60)

    slow: Any = {name: never for name in (when,) if name in ("start", "finish", "call")}
    reply = type("SlowReply", (FakeReply,), slow)()
    world.upstream.__class__ = type("SlowUpstream", (FakeUpstream,), {"__slots__": (), **slow})
    answer: Any = FakeAnswer((b"one", b"two"))
    world.upstream.will(3, answer)
    if when == "body":
        answer.gate = type("Gate", (), {"wait": never})()
    task = asyncio.ensure_future(world.serve(reply))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    expected = {"call": 0, "start": 0, "body": PRICE, "finish": PRICE}
    cause = "delivered" if when == "finish" else "client_left"
    assert await world.rows() == [(expected[when], cause)]
    assert world.store.users[1].quota == 10_000 - expected[when]


async def test_a_request_that_was_never_sent_leaves_no_row_and_no_hold() -> None:
    world = World(quota=PRICE)
    world.upstream.will(3, MalformedRequest(detail="no"))
    with pytest.raises(GatewayError):
        await world.serve()
    assert await world.rows() == []
    assert world.store.users[1].quota == PRICE


# --- models ----------------------------------------------------------------------------------------

JSON_BODIES = [
    {"model": "DEAR"},
    {"MODEL": "DEAR", "model": "allowed"},
    {"requests": [{"body": {"Model": "DEAR"}}]},
    {"model_id": "DEAR"},
    {"modelId": "DEAR"},
    {"models": ["allowed", "DEAR"]},
]
NAMING: list[dict[str, Any]] = [
    *({"body": json.dumps(body).encode()} for body in JSON_BODIES),
    {"body": b'{"model":"allowed","model":"DEAR"}'},
    {"body": b'{"\\u006dodel": "DEAR"}'},
    {"body": b'{"model": "\\u0044EAR"}'},
    {"body": b'{ "model"\n:\t"DEAR" }'},
    {"body": '{"model":"DEAR"}'.encode("utf-16")},
    {"body": b'\xef\xbb\xbf{"model":"DEAR"}'},
    {"body": b'--B\r\nContent-Disposition: form-data; name="model"\r\n\r\nDEAR\r\n--B--\r\n'},
    {"body": b"--B\r\nContent-Disposition: form-data; name=model\r\nX-A: b\r\n\r\nDEAR\r\n--B--\r\n"},
    {"body": b"--B\r\nContent-Disposition: form-data; name*=utf-8''model\r\n\r\nDEAR\r\n--B--\r\n"},
    {"body": b"prompt=x&model=DEAR"},
    {"body": b"%6Dodel=%44EAR"},
    {"query": "model=DEAR"},
    {"query": "a=1&MODEL=DEAR"},
    {"query": "a=1;%6Dodel=DEAR"},
    {"query": "model[]=DEAR"},
    {"path": "/v1beta/models/DEAR:generateContent"},
    {"path": "/openai/deployments/DEAR/chat/completions"},
    {"path": "/model/DEAR/invoke"},
    {"path": "/v1/engines/DEAR/completions"},
    {"path": "/v1/projects/p/publishers/google/models/%44EAR:predict"},
]


@pytest.mark.parametrize("named", NAMING)
async def test_a_token_is_limited_to_its_models_wherever_a_request_names_one(named: dict[str, Any]) -> None:
    world = World(models="allowed,other")
    with pytest.raises(ModelDenied):
        await world.serve(**named)
    assert world.upstream.calls == []
    assert await world.rows() == []
    for models in (None, "DEAR,allowed"):
        world = World(models=models)
        world.upstream.will(3, FakeAnswer())
        await world.serve(**named)
        assert await world.rows() == [(PRICE, "delivered")]


@pytest.mark.parametrize(
    "named",
    [
        {},
        {"body": b"<xml model='x'/>"},
        {"body": b'{"prompt":"say \\"model\\": \\"x\\""}'},
        {"body": b"\x00\x01\xff"},
        {"path": "/v1/models"},
        {"path": "/v1/models/"},
        {"query": "modelling=x"},
    ],
)
async def test_any_token_may_send_requests_without_a_model(named: dict[str, Any]) -> None:
    world = World(models="allowed")
    world.upstream.will(3, FakeAnswer())
    await world.serve(**named)
    assert await world.rows() == [(PRICE, "delivered")]


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("anthropic.claude-3-v1:0", "/model/anthropic.claude-3-v1:0/invoke"),
        ("anthropic.claude-3-v1:0", "/model/anthropic.claude-3-v1%3A0/invoke"),
        ("gemini-pro", "/v1beta/models/gemini-pro:streamGenerateContent"),
        ("black-forest-labs/flux", "/v1/models/black-forest-labs/flux/predictions"),
        ("gpt-4o", "/v1/models/gpt-4o"),
    ],
)
async def test_names_in_paths_are_read_as_their_providers_write_them(model: str, path: str) -> None:
    assert any(model in spellings for spellings in named_models(asked(path=path)))
    world = World(models=model)
    world.upstream.will(3, FakeAnswer())
    await world.serve(path=path)
    assert await world.rows() == [(PRICE, "delivered")]


async def test_the_search_for_models_takes_time_linear_in_the_body() -> None:
    loop = asyncio.get_running_loop()

    def seconds(size: int) -> float:
        bodies = (
            b'"model":' * size,
            b'{"model":"' + b"\\" * size,
            b"&" * size,
            b'"model":[' * size,
            b"name=" * size,
        )
        started = loop.time()
        for body in bodies:
            list(named_models(asked(body)))
        return loop.time() - started

    seconds(100)
    assert seconds(40_000) < 40 * max(seconds(4_000), 0.002)
