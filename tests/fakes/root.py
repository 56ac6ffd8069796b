"""Everything behind the composition root, in memory."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from attrs import Factory, define, field, frozen

from oneapi.adapters.identity.keys import new_number
from oneapi.application.jobs import Pace
from oneapi.application.relay.authentication import Authenticator
from oneapi.domain.people.identities import IDENTITY_PROVIDERS
from tests.fakes.channels.balances import FakeBalances
from tests.fakes.channels.channels import FakeChannels
from tests.fakes.messages import FakeMailer, FakePusher, FakeReminded
from tests.fakes.money.ledger_store import FakeLedgerStore
from tests.fakes.money.redemptions import FakeCredits, FakeRedemptions
from tests.fakes.money.spool import Disk, FakeSpool
from tests.fakes.operations.audit import FakeAudit
from tests.fakes.operations.leases import FakeLeases
from tests.fakes.operations.limits import FakeLimits
from tests.fakes.operations.logs import FakeLogs
from tests.fakes.operations.options import FakeOptions, FakeVersions
from tests.fakes.people.accounts import FakeAccounts
from tests.fakes.people.codes import FakeCodes
from tests.fakes.people.identities import FakeProvider
from tests.fakes.people.identity import FakePasswords, FakeTurnstile
from tests.fakes.people.sessions import FakeSessions
from tests.fakes.people.tokens import FakeTokens
from tests.fakes.people.users import FakeUsers
from tests.fakes.relay.relay import FakeRelay
from tests.fakes.relay.upstream import FakeUpstream

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.entrypoints.composition.root import Container

NOW = 1_700_000_000.0
#: The password of every user without another hash.
PASSWORD = "correct horse"


@define
class Fakes:
    """The fakes behind the root for one test, connected like the tables of one database."""

    #: The gateway's time in unix seconds.
    now: float = NOW
    #: Numbers that are used before random ones.
    numbers: list[int] = field(factory=list)
    #: How often accounts were invalidated.
    forgotten: int = 0

    tokens: FakeTokens = field(factory=FakeTokens)
    logs: FakeLogs = field(factory=FakeLogs)
    users: FakeUsers = field(
        default=Factory(lambda fakes: FakeUsers(fakes.tokens, fakes.logs), takes_self=True)
    )
    accounts: FakeAccounts = field(
        default=Factory(lambda fakes: FakeAccounts(fakes.tokens, fakes.users), takes_self=True)
    )
    channels: FakeChannels = field(factory=FakeChannels)
    options: FakeOptions = field(factory=FakeOptions)
    audit: FakeAudit = field(factory=FakeAudit)
    codes: FakeCodes = field(factory=FakeCodes)
    sessions: FakeSessions = field(factory=FakeSessions)
    leases: FakeLeases = field(factory=lambda: FakeLeases(lambda: NOW))
    redemptions: FakeRedemptions = field(factory=FakeRedemptions)
    credits: FakeCredits = field(
        default=Factory(
            lambda fakes: FakeCredits(fakes.redemptions, fakes.users, fakes.logs), takes_self=True
        )
    )
    limits: FakeLimits = field(default=Factory(lambda fakes: FakeLimits(fakes.clock), takes_self=True))
    mailer: FakeMailer = field(factory=FakeMailer)
    pusher: FakePusher = field(factory=FakePusher)
    turnstile: FakeTurnstile = field(factory=FakeTurnstile)
    #: By the name of the provider.
    providers: dict[str, FakeProvider] = field(
        factory=lambda: {provider.name: FakeProvider() for provider in IDENTITY_PROVIDERS}
    )
    upstream: FakeUpstream = field(factory=FakeUpstream)
    balances: FakeBalances = field(factory=FakeBalances)
    relay: FakeRelay = field(factory=FakeRelay)

    def clock(self) -> float:
        return self.now

    def number(self, digits: int) -> int:
        return self.numbers.pop(0) if self.numbers else new_number(digits)


@frozen
class Current:
    """Delegates to the fake of the current test, because a server is used by many tests."""

    _fakes: Callable[[], Fakes]
    _which: Callable[[Fakes], Any]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._which(self._fakes()), name)


class CountingAuthenticator(Authenticator):
    """Counts how often accounts are invalidated."""

    def __init__(self, fakes: Callable[[], Fakes]) -> None:
        accounts: Any = Current(fakes, attrgetter("accounts"))
        super().__init__(accounts, observe=lambda _: None, clock=lambda: NOW, outage_grace=0)
        self._fakes = fakes

    def forget_all(self) -> None:
        self._fakes().forgotten += 1


def put_behind(container: Container, fakes: Callable[[], Fakes]) -> None:
    """Override ``container`` with the fakes that ``fakes`` returns at each call."""

    def current(*names: str) -> dict[str, Current]:
        return {name: Current(fakes, attrgetter(name)) for name in names}

    def provider(name: str) -> Current:
        return Current(fakes, lambda current: current.providers[name])

    container.override_providers(clock=lambda: fakes().now, ticks=lambda: fakes().now)
    container.storage().override_providers(
        account_reader=Current(fakes, attrgetter("accounts")),
        versions=FakeVersions(),
        reminded=FakeReminded(),
        ledger=FakeLedgerStore(),
        spool=FakeSpool(Disk(), "tests"),
        **current("users", "tokens", "logs", "channels", "options", "audit", "codes", "sessions", "leases"),
        **current("redemptions", "credits", "limits"),
    )
    container.memory().override_providers(authenticator=CountingAuthenticator(fakes))
    container.messages().override_providers(**current("mailer", "pusher"))
    container.identity().override_providers(
        passwords=FakePasswords(PASSWORD),
        **current("turnstile"),
        **{each.name: provider(each.name) for each in IDENTITY_PROVIDERS},
    )
    container.people().override_providers(new_number=lambda digits: fakes().number(digits))
    container.channels().override_providers(pace=Pace(renew=0.01))
    container.upstream().override_providers(
        gateway=Current(fakes, attrgetter("upstream")), **current("balances")
    )
    container.relay().override_providers(serving=Current(fakes, attrgetter("relay")))
