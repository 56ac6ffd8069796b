"""One cell of the matrix: a request over a surface, the relay and the gateway, to a scripted upstream."""

from __future__ import annotations

import json
from collections import deque
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from attrs import define, field, frozen
from sanic.compat import Header

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.kept_thoughts import MemoryThoughts
from oneapi.adapters.transport.mock import MockTransport
from oneapi.application.catalog import Snapshot
from oneapi.application.channels.health import ChannelHealth
from oneapi.application.money.ledger import Ledger, LedgerLimits
from oneapi.application.money.metering import Meter
from oneapi.application.relay.authentication import Caller
from oneapi.application.relay.serving import Relay
from oneapi.data import traits_of
from oneapi.domain.errors import GatewayError
from oneapi.domain.media import ImageLimits
from oneapi.domain.money.pricing import PriceBook, Tables
from oneapi.domain.options import Options
from oneapi.domain.people.tokens import Token
from oneapi.domain.people.users import Account, User
from oneapi.domain.routing.ranking import by_priority
from oneapi.domain.work import Work
from oneapi.entrypoints.http.surfaces import OPENAI
from tests.fakes.messages import FakeNotices
from tests.fakes.money.ledger_store import FakeLedgerStore
from tests.fakes.money.spool import Disk, FakeSpool
from tests.fakes.relay.upstream import FakeCounter, FakeReply
from tests.fakes.relay.websocket import FakeFetcher, FakeWebSocket
from tests.support.gateway.gateways import gateway_over

if TYPE_CHECKING:
    from oneapi.adapters.transport.mock import MockResponse, SentRequest
    from oneapi.entrypoints.http.surfaces.interface import Surface
    from tests.matrix.rows import Row
    from tests.matrix.surfaces import Client, Fields

QUOTA = 10_000_000
NOW, REQUEST_ID = 1_700_000_000, "r1"
#: The operator's settings for channel types.
SETTINGS = {"GEMINI_VERSION": "v1beta"}


@frozen
class Outcome:
    """The bytes on the wire, and the billed tokens of the prompt and the answer (None: nothing is billed)."""

    #: The requests to upstreams, in order.
    requests: tuple[SentRequest, ...]
    #: Pieces of the answer, or the body of an error.
    got: tuple[bytes, ...]
    status: int
    billed: tuple[int, int] | None
    end_cause: str = ""
    error: GatewayError | None = field(default=None, repr=False)
    #: What the upstream sent, as far as it was not read, and whether its connection was given back.
    response: MockResponse | None = field(default=None, repr=False)

    @property
    def body(self) -> Any:
        """The request proper: the last one with a body; later ones only fetch the answer."""
        *_, body = (request.body for request in self.requests if request.body)
        return json.loads(body)

    @property
    def address(self) -> str:
        """Where the answer came from, without the signature that some addresses end with."""
        return self.requests[-1].url.partition("?authorization=")[0]


@define
class ClientReply(FakeReply):
    """The message that a client of ``surface`` received."""

    surface: Surface = OPENAI

    def error_event(self, error: GatewayError) -> bytes:  # type: ignore[override]  # a stream ends with nothing else
        return self.surface.error_event(error, REQUEST_ID)


class World:
    """A gateway with one channel, one user and fakes; each token costs one unit."""

    def __init__(self, row: Row) -> None:
        self.transport = MockTransport()
        self.store = FakeLedgerStore()
        self.store.add_account(1, quota=QUOTA, token_id=1)
        channel, options = row.channel, Options(pre_consumed_quota=0)
        snapshot = Snapshot(
            channels={channel.id: channel},
            routes={("default", row.model): by_priority([channel])},
            models={},
            known_models=frozenset((row.model,)),
            options=options,
            prices=PriceBook.from_options(
                options, Tables({row.model: Decimal(1)}, {}, (), {}, {"default": Decimal(1)})
            ),
            stored={},
        )
        catalog = cast("Any", SimpleNamespace(current=snapshot))
        self.account = Account(
            Token(1, 1, "k", 1, "t", -1, 0, unlimited_quota=True), User(1, "u", 1, 1, "default", QUOTA)
        )
        self.ledger = Ledger(
            self.store,
            cast("Any", self),
            FakeSpool(Disk(), "p"),
            clock=lambda: float(NOW),
            limits=LedgerLimits(),
        )
        calls = iter(range(99))
        self.relay = Relay(
            catalog,
            self.ledger,
            gateway_over(
                self.transport,
                enforce_include_usage=False,
                limit=1 << 20,
                websocket=FakeWebSocket(self.transport),
                fetcher=FakeFetcher({}),
                counter=FakeCounter(),
                thoughts=MemoryThoughts(),
                settings=SETTINGS,
                now=lambda: float(NOW),
                new_id=lambda: "chatcmpl-made",
                new_call_id=lambda: f"call_made_{next(calls)}",
                sleep=no_sleep,
            ),
            Meter(FakeCounter(), ImageLimits({}, {}, {}, {}), SURFACES, traits_of),
            ChannelHealth(
                cast("Any", SimpleNamespace(set_status=no_status)),
                catalog,
                clock=lambda: float(NOW),
                metric=None,
                notices=cast("Any", FakeNotices()),
            ),
            clock=lambda: float(NOW),
            draw=lambda: 0.0,
        )

    async def account_by_key(self, key: str) -> Account:  # noqa: ARG002
        return self.account

    async def ask(
        self, client: Client, fields: Fields, answers: list[MockResponse], *, leaves_after: int | None = None
    ) -> Outcome:
        """The outcome of one request, whose upstream sends ``answers`` in order."""
        self.transport.answers = deque(answers)
        self.transport.requests.clear()
        reply = ClientReply(leaves_after=leaves_after, surface=client.surface)
        path, model, fields = client.posted(fields)
        body = json.dumps(fields).encode()
        request = cast(
            "Any",
            SimpleNamespace(
                method="POST",
                path=path,
                query_string="",
                headers=Header({"content-type": "application/json"}),
            ),
        )
        logged = len(self.store.logs)
        error: GatewayError | None = None
        try:
            admission, asked = client.surface.read(
                self.relay, Caller(self.account, None), request, Work.CONVERSE, body, model
            )
            await self.relay.serve(admission, asked, reply, REQUEST_ID)
            status, got = reply.status, tuple(piece for piece in reply.sent if piece)
        except GatewayError as raised:
            error = raised
            status, told = client.surface.error(raised, "en", REQUEST_ID)
            got = (told,)
        await self.relay.close()
        await self.ledger.flush()
        assert not self.store.holds, "every hold has ended"
        rows = self.store.logs[logged:]
        self.store.ledger.clear()
        assert len(rows) <= 1, "a request is billed once"
        return Outcome(
            tuple(self.transport.requests),
            got,
            status,
            (rows[0].prompt_tokens, rows[0].completion_tokens) if rows else None,
            rows[0].end_cause if rows else "",
            error,
            answers[-1] if answers else None,
        )


async def no_sleep(_: float) -> None:
    """Do not wait."""


async def no_status(*_: Any, **__: Any) -> bool:
    """Does nothing: channels are never disabled here."""
    return False
