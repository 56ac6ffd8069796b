"""The admin API over fakes, served on a loopback port and called as clients call it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import pytest
from attrs import Factory, define, field

from oneapi.adapters.identity.keys import (
    new_access_token,
    new_aff_code,
    new_code,
    new_deleted_name,
    new_key,
    new_number,
    new_password,
    new_redemption_key,
    new_reset_token,
    new_secret,
)
from oneapi.adapters.identity.sessions import SignedAttempts, SignedSessions
from oneapi.adapters.providers.catalog import CHANNEL_TYPES
from oneapi.adapters.signals import NoSignals
from oneapi.adapters.texts.letters import write_letter
from oneapi.application.audit import AuditTrail
from oneapi.application.catalog import Catalog
from oneapi.application.channels.balances import ChannelBalances
from oneapi.application.channels.batch import BatchChannels
from oneapi.application.channels.health import ChannelHealth
from oneapi.application.channels.manage_channels import ManageChannels
from oneapi.application.channels.probe import ChannelProbe
from oneapi.application.channels.testing import ChannelTests
from oneapi.application.jobs import Jobs, Pace
from oneapi.application.messages.mails import Mails
from oneapi.application.messages.notices import Notices
from oneapi.application.messages.outbox import Outbox
from oneapi.application.money.ledger import Ledger, LedgerLimits
from oneapi.application.money.redemptions import ManageRedemptions
from oneapi.application.money.top_ups import Redeem, TopUp
from oneapi.application.operations.logs import ReadLogs
from oneapi.application.operations.options import ManageOptions
from oneapi.application.people.accounts import FirstPassword, OwnAccount
from oneapi.application.people.external_sign_in import SignInWith, Vouching
from oneapi.application.people.human_check import HumanCheck
from oneapi.application.people.mailed_codes import OneTimeCodes, SendCodes, UseCodes
from oneapi.application.people.registration import NewAccounts, Register
from oneapi.application.people.sessions import Origin, UserSessions
from oneapi.application.people.sign_in import PasswordCheck, SignIn, WhoIsThere
from oneapi.application.people.sign_in_attempts import SignInAttempts
from oneapi.application.people.tokens import ManageTokens
from oneapi.application.people.users import ManageUsers, ReadUsers
from oneapi.application.relay.authentication import Authenticator
from oneapi.application.relay.offers import Offers
from oneapi.data import built_in_models, channel_models, price_tables
from oneapi.domain.identities import REDIRECTING, SOURCES
from oneapi.domain.limits import Rate
from oneapi.domain.users import Role
from oneapi.entrypoints.errors.answers import probe_failure, reason_of
from oneapi.entrypoints.http.admin.channels.batch import channel_batch_routes
from oneapi.entrypoints.http.admin.channels.checks import channel_check_routes
from oneapi.entrypoints.http.admin.channels.manage_channels import channel_routes
from oneapi.entrypoints.http.admin.channels.offers import offer_routes
from oneapi.entrypoints.http.admin.guard import Guard
from oneapi.entrypoints.http.admin.money.dashboards import dashboard_routes
from oneapi.entrypoints.http.admin.money.redemptions import redemption_routes
from oneapi.entrypoints.http.admin.money.top_ups import top_up_routes
from oneapi.entrypoints.http.admin.openapi import openapi_blueprint
from oneapi.entrypoints.http.admin.operations.audit import audit_routes
from oneapi.entrypoints.http.admin.operations.logs import log_routes
from oneapi.entrypoints.http.admin.operations.messages import message_routes
from oneapi.entrypoints.http.admin.operations.options import option_routes
from oneapi.entrypoints.http.admin.operations.status import status_routes
from oneapi.entrypoints.http.admin.people.manage_users import manage_users_routes
from oneapi.entrypoints.http.admin.people.oauth import oauth_routes
from oneapi.entrypoints.http.admin.people.registration import registration_routes
from oneapi.entrypoints.http.admin.people.sessions import session_routes
from oneapi.entrypoints.http.admin.people.tokens import token_routes
from oneapi.entrypoints.http.admin.people.users import user_routes
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Gate, operations_of
from oneapi.entrypoints.http.app import create_app
from oneapi.entrypoints.http.protocol.connections import GatewayProtocol
from oneapi.entrypoints.http.relay.forwarding import Forward, Limits
from oneapi.entrypoints.http.relay.playground import playground_blueprint
from oneapi.entrypoints.settings import Settings
from tests.fakes.audit import FakeAudit
from tests.fakes.balances import FakeBalances
from tests.fakes.channels import FakeChannels
from tests.fakes.codes import FakeCodes
from tests.fakes.identities import FakeProvider
from tests.fakes.identity import FakePasswords, FakeTurnstile
from tests.fakes.leases import FakeLeases
from tests.fakes.ledger_store import FakeLedgerStore
from tests.fakes.limits import FakeLimits
from tests.fakes.logs import FakeLogs
from tests.fakes.mails import FakeMails
from tests.fakes.messages import FakeMailer, FakePusher
from tests.fakes.options import FakeOptions, FakeVersions
from tests.fakes.redemptions import FakeCredits, FakeRedemptions
from tests.fakes.relay import FakeRelay
from tests.fakes.sessions import FakeSessions
from tests.fakes.spool import Disk, FakeSpool
from tests.fakes.tokens import FakeTokens
from tests.fakes.upstream import FakeUpstream
from tests.fakes.users import FakeUsers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from sanic import Blueprint

    from oneapi.domain.options import Options

USER, OTHER, ADMIN, ROOT = 11, 12, 21, 31
ROLES = {USER: Role.COMMON, OTHER: Role.COMMON, ADMIN: Role.ADMIN, ROOT: Role.ROOT}
NAMES = {USER: "alice", OTHER: "bob", ADMIN: "carol", ROOT: "root"}
#: The right password of everybody whose hash is not a password of its own.
PASSWORD = "correct horse"
NOW = 1_700_000_000.0

T = TypeVar("T")
_numbers = itertools.count(1)
#: Made once: a client that makes its own spends most of a test on it.
_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@define
class AdminApi:
    """The fakes behind the API, and clients of it; ``now`` is the gateway's clock, ``address`` where clients are."""

    tokens: FakeTokens = field(factory=FakeTokens)
    logs: FakeLogs = field(factory=FakeLogs)
    users: FakeUsers = field(
        default=Factory(lambda api: FakeUsers(tokens=api.tokens, logs=api.logs), takes_self=True)
    )
    channels: FakeChannels = field(factory=FakeChannels)
    options: FakeOptions = field(factory=FakeOptions)
    audit: FakeAudit = field(factory=FakeAudit)
    codes: FakeCodes = field(factory=FakeCodes)
    mails: FakeMails = field(factory=FakeMails)
    turnstile: FakeTurnstile = field(factory=FakeTurnstile)
    #: Of what is counted for accounts and mailboxes.
    limits: FakeLimits = field(default=Factory(lambda api: FakeLimits(api.clock), takes_self=True))
    #: By the name of the source.
    providers: dict[str, FakeProvider] = field(
        factory=lambda: {source.name: FakeProvider() for source in SOURCES}
    )
    numbers: list[int] = field(factory=list)
    mailer: FakeMailer = field(factory=FakeMailer)
    pusher: FakePusher = field(factory=FakePusher)
    upstream: FakeUpstream = field(factory=FakeUpstream)
    balances: FakeBalances = field(factory=FakeBalances)
    leases: FakeLeases = field(factory=lambda: FakeLeases(lambda: NOW))
    cookies: SignedSessions = field(factory=lambda: SignedSessions("of-the-tests"))
    session_rows: FakeSessions = field(factory=FakeSessions)
    critical_rate: Rate = field(factory=lambda: Rate("critical", 20, 1200))
    redemptions: FakeRedemptions = field(factory=FakeRedemptions)
    granted: FakeCredits = field(
        default=Factory(lambda api: FakeCredits(api.redemptions, api.users, api.logs), takes_self=True)
    )
    relay: FakeRelay = field(factory=FakeRelay)
    redeem_rate: Rate = field(factory=lambda: Rate("redeem", 5, 1200))
    now: float = NOW
    address: str = ""
    forgotten: int = 0
    url: str = ""
    _clients: contextlib.AsyncExitStack = field(factory=contextlib.AsyncExitStack)

    def reset(self) -> None:
        """As new, in place: the served application holds on to these objects."""
        for fake in (
            self.users,
            self.tokens,
            self.channels,
            self.options,
            self.logs,
            self.audit,
            self.codes,
            self.leases,
        ):
            fake.rows.clear()
        self.session_rows.rows.clear()
        self.upstream.scripts.clear()
        self.upstream.calls.clear()
        self.balances.answers.clear()
        self.relay.served.clear()
        self.limits.clear()
        self.mails.clear()
        self.turnstile.clear()
        for provider in self.providers.values():
            provider.reset()
        self.numbers.clear()
        for messages in (self.mailer.sent, self.mailer.failures, self.pusher.pushed, self.pusher.failures):
            messages.clear()
        self.redemptions.rows.clear()
        self.granted.done.clear()
        self.channels.longest = {}
        self.tokens.longest = {}
        self.now, self.forgotten, self.address = NOW, 0, f"2001:db8:0:{next(_numbers):x}::1"
        for number, role in ROLES.items():
            self.users.put(number, NAMES[number], role)

    def clock(self) -> float:
        return self.now

    def forget(self) -> None:
        self.forgotten += 1

    def new_number(self, digits: int) -> int:
        """The next of ``numbers``, if a test laid some out."""
        return self.numbers.pop(0) if self.numbers else new_number(digits)

    def catalog(self) -> Catalog:
        return Catalog(
            self.channels,
            self.options,
            FakeVersions(),
            price_tables(),
            forget_accounts=self.forget,
            full_read_every=600,
            clock=self.clock,
        )

    def blueprints(self, catalog: Catalog) -> list[Blueprint]:
        routes = self.routes(catalog)
        return [
            *(each.blueprint for each in routes),
            openapi_blueprint(operations_of(routes)),
            self._playground(),
        ]

    @property
    def sessions(self) -> UserSessions:
        return UserSessions(self.session_rows, self.cookies, new_id=new_secret, clock=self.clock)

    def _playground(self) -> Blueprint:
        nobody: Any = None
        relay: Any = self.relay
        authenticator = Authenticator(nobody, observe=lambda _: None, clock=self.clock, outage_grace=0)
        forward = Forward(relay, Limits(body_mb=1, heartbeat=0))
        return playground_blueprint(WhoIsThere(self.users, self.sessions), authenticator, forward)

    def routes(self, catalog: Catalog) -> list[AdminRoutes]:
        nobody: Any = None
        spool = FakeSpool(Disk(), "tests")
        ledger = Ledger(FakeLedgerStore(), nobody, spool, clock=self.clock, limits=LedgerLimits())
        gate = Gate(
            guard=Guard(WhoIsThere(self.users, self.sessions)),
            limits=self.limits,
            rate=Rate("all", 0, 180),
            critical_rate=self.critical_rate,
            address=self._address,
            announce=NoSignals().send,
            default_language="zh",
            check_human=HumanCheck(catalog, self.turnstile),
        )
        audit = AuditTrail(self.audit, clock=self.clock)
        passwords = FakePasswords(PASSWORD)
        check = PasswordCheck(passwords, self.limits)
        sign_in = SignIn(self.users, catalog, self.sessions, self.cookies, passwords, check, self.clock)

        def options() -> Options:
            return catalog.current.options

        manage_tokens = ManageTokens(
            self.tokens,
            ledger,
            new_key=new_key,
            forget_accounts=self.forget,
            clock=self.clock,
        )
        manage_channels = ManageChannels(
            self.channels, catalog, ledger, audit, types=CHANNEL_TYPES, clock=self.clock
        )
        outbox = Outbox(grace=0)
        notices = Notices(
            self.pusher,
            self.mailer,
            self.users,
            outbox,
            write_letter,
            options,
            language="zh",
            clock=lambda: 0.0,
        )
        health = ChannelHealth(self.channels, catalog, clock=self.clock, metric=None, notices=notices)
        jobs = Jobs(
            self.leases,
            new_owner=lambda: f"run {next(_numbers)}",
            clock=self.clock,
            pace=Pace(renew=0.01),
        )
        probe = ChannelProbe(
            self.channels,
            catalog,
            self.upstream,
            self.logs,
            health,
            dialect="openai_chat",
            prompt="who are you?",
            explain=probe_failure,
            clock=self.clock,
            ticks=lambda: self.now,
        )
        tests = ChannelTests(
            probe, self.channels, catalog, health, jobs, apart=0, language="zh", notices=notices
        )
        balances = ChannelBalances(
            self.channels,
            catalog,
            self.balances,
            health,
            jobs,
            clock=self.clock,
            apart=0,
            explain=reason_of,
            language="zh",
        )
        offers = Offers(
            catalog,
            price_tables(),
            types=CHANNEL_TYPES,
            by_type=channel_models(),
            built_in=built_in_models(),
        )
        account = OwnAccount(
            self.users,
            ledger,
            sign_in,
            passwords,
            new_access_token=new_access_token,
            new_aff_code=new_aff_code,
            new_deleted_name=new_deleted_name,
            forget_accounts=self.forget,
        )
        accounts = NewAccounts(
            self.users,
            catalog,
            new_key=new_key,
            new_access_token=new_access_token,
            new_aff_code=new_aff_code,
            clock=self.clock,
        )
        codes = OneTimeCodes(self.codes, clock=self.clock)
        send_codes = SendCodes(
            codes,
            self.users,
            catalog,
            self.mails,
            outbox,
            self.limits,
            new_code=new_code,
            new_reset_token=new_reset_token,
        )
        manage_users = ManageUsers(
            self.users,
            accounts,
            passwords,
            catalog,
            audit,
            self.sessions,
            new_access_token=new_access_token,
            new_deleted_name=new_deleted_name,
            forget_accounts=self.forget,
            clock=self.clock,
        )
        register = Register(accounts, self.users, catalog, codes, passwords)
        use_codes = UseCodes(
            codes,
            self.users,
            passwords,
            self.sessions,
            new_password=new_password,
            new_access_token=new_access_token,
        )
        redemptions = ManageRedemptions(self.redemptions, audit, new_key=new_redemption_key, clock=self.clock)
        redeem = Redeem(
            self.redemptions,
            self.granted,
            catalog,
            self.limits,
            self.redeem_rate,
            forget_accounts=self.forget,
            clock=self.clock,
        )
        top_up = TopUp(
            self.users, self.granted, catalog, audit, forget_accounts=self.forget, clock=self.clock
        )
        logs = ReadLogs(self.logs, ledger, audit, clock=self.clock)
        return [
            status_routes(gate, catalog, int(NOW)),
            user_routes(
                gate, sign_in, self.sessions, account, FirstPassword(self.users, passwords, PASSWORD)
            ),
            session_routes(gate, self.sessions),
            registration_routes(gate, register, send_codes, use_codes),
            manage_users_routes(gate, ReadUsers(self.users, ledger), manage_users),
            self._oauth(gate, catalog, accounts),
            token_routes(gate, manage_tokens),
            channel_routes(gate, manage_channels),
            channel_batch_routes(gate, BatchChannels(manage_channels), tests),
            channel_check_routes(gate, probe, tests, balances),
            option_routes(gate, ManageOptions(self.options, catalog, price_tables(), audit)),
            message_routes(gate, Mails(self.mailer, write_letter, options), notices),
            offer_routes(gate, offers),
            redemption_routes(gate, redemptions),
            top_up_routes(gate, redeem, top_up),
            log_routes(gate, logs),
            dashboard_routes(gate, logs),
            audit_routes(gate, audit),
        ]

    def _oauth(self, gate: Gate, catalog: Catalog, new_accounts: NewAccounts) -> AdminRoutes:
        redirecting = {source.name: self.providers[source.name] for source in REDIRECTING}
        vouching = Vouching(redirecting, {"wechat": self.providers["wechat"]}, catalog)
        sign_in_with = SignInWith(
            vouching,
            self.users,
            new_accounts,
            catalog,
            self.sessions,
            new_number=self.new_number,
        )
        attempts = SignInAttempts(SignedAttempts("of-the-tests"), new_secret=new_secret, clock=self.clock)
        return oauth_routes(gate, attempts, vouching, sign_in_with)

    async def client(self, cookie_of: int | None = None, **headers: str) -> httpx.AsyncClient:
        """A client with the session of that user; None: a guest."""
        cookies = httpx.Cookies()
        if cookie_of is not None:
            session = await self.sessions.open(cookie_of, self.users.hashes[cookie_of], Origin("", ""))
            # with the domain, so that one that the server sets takes its place
            cookies.set("session", session, domain="127.0.0.1")
        client = httpx.AsyncClient(
            base_url=self.url, cookies=cookies, headers=headers, timeout=10, verify=_TLS, trust_env=False
        )
        return await self._clients.enter_async_context(client)

    async def close(self) -> None:
        await self._clients.aclose()

    def _address(self, request: Any) -> str:
        return str(request.headers.get("x-test-address", self.address))


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[AdminApi, Callable[[], None]]]:
    """The API in a thread of its own, for all tests; and what makes it read everything again."""
    api, loop = AdminApi(), asyncio.new_event_loop()
    catalog = api.catalog()
    app = create_app(Settings.from_environment({}), api.blueprints(catalog), name="admin-api")
    app.config.TOUCHUP = False  # it rewrites Sanic itself, for one application a process

    def run(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(10)

    async def serve(listener: socket.socket) -> Any:
        await catalog.refresh()
        server: Any = await app.create_server(
            sock=listener, protocol=GatewayProtocol, return_asyncio_server=True
        )
        await server.startup()
        await server.start_serving()
        return server

    async def stop(server: Any) -> None:
        server.close()
        await server.wait_closed()

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = run(serve(listener))
        api.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield api, lambda: run(catalog.refresh())
        run(stop(server))
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
async def api(served: tuple[AdminApi, Callable[[], None]]) -> AsyncIterator[AdminApi]:
    api, read_again = served
    api.reset()
    read_again()
    yield api
    await api.close()
