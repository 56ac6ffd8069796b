"""Everything that the application asks of the world.

A method that reads or writes storage raises ``StorageUnavailable`` when the store cannot be reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from oneapi.domain.logs.rows import COUNTED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from oneapi.application.messages.letters import Letter, Message
    from oneapi.domain.errors import GatewayError
    from oneapi.domain.jobs import Lease
    from oneapi.domain.limits import Rate
    from oneapi.domain.logs.audit import AuditEntry, AuditFilter
    from oneapi.domain.logs.rows import DailyUse, LogFilter, LogRow
    from oneapi.domain.money.quota import Balances, Batch, Hold, Settlement
    from oneapi.domain.money.redemptions import Redemption, RedemptionChanges
    from oneapi.domain.options import Options
    from oneapi.domain.people.codes import Code
    from oneapi.domain.people.identities import Identity
    from oneapi.domain.people.sessions import OpenSession
    from oneapi.domain.people.tokens import Token, TokenChanges
    from oneapi.domain.people.users import Account, Change, ExternalField, NewAccount, User
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import (
        Channel,
        ChannelChanges,
        ChannelFilter,
        ChannelFindings,
        ChannelRecord,
    )
    from oneapi.domain.stored_responses import References, StoredResponse
    from oneapi.domain.usage import Usage

# --- storage -----------------------------------------------------------------------------------


class AccountReader(Protocol):
    """What authentication of the relay reads."""

    async def account_by_key(self, key: str) -> Account | None:
        """The token with exactly this key (case matters on every database) and its owner, in one read.

        None when there is no such token. A token whose owner's row is missing comes with a deleted, empty user.
        """

    async def set_token_status(self, token_id: int, status: int) -> bool:
        """Remember that a token was found expired or exhausted; only an enabled token changes.

        False, and no change, if it is not exhausted: requests under way hold what its remainder lacks.
        """


class LedgerStore(Protocol):
    """The balances, changed only here while requests run."""

    async def reserve(
        self,
        hold: Hold,
        *,
        owner: str,
        expires_at: float,
        user_floor: int,
        token_floor: int,
        replaces: bool = False,
    ) -> Hold:
        """Take what ``hold`` wants, or at least needs, and write its row; the hold as it was taken. Raises Shortage.

        One transaction; conditional on user quota >= amount + ``user_floor``, token remainder >= amount +
        ``token_floor`` if that is limited, and on no other hold of a purse that covers only what is needed.
        ``replaces``: what the same request holds already is given back first. ``owner`` names the process.
        """

    async def apply(self, batch: Batch, *, owner: str, expires_at: float) -> Balances:
        """Commit ``batch`` in one transaction, and the log rows, which cannot undo it.

        A settlement whose request id is in the ledger already is skipped. Balances move relatively (``quota - ?``) and
        within their bounds, rows are locked in ascending id order: users, tokens, channels. Raises UnstorableValue,
        with nothing changed, if any part is refused for good.
        """

    async def release_owned(self, owner: str) -> int:
        """Give back every hold of a process that is gone; the number of them."""

    async def sweep(self, now: float) -> int:
        """Give back every hold that expired before ``now``; the number of them."""


class UserRepository(Protocol):
    async def by_id(self, user_id: int) -> User | None: ...

    async def by_login(self, name: str) -> tuple[User, str] | None:
        """The user whose username, else whose e-mail, is ``name``, with the password hash."""

    async def by_access_token(self, access_token: str) -> User | None: ...

    async def set_access_token(self, user_id: int, access_token: str) -> None: ...

    async def credentials(self, user_id: int) -> tuple[User, str] | None:
        """The user and the hash of their password."""

    async def names(self, user_ids: Sequence[int]) -> Mapping[int, str]: ...

    async def page(self, *, offset: int, limit: int, order: str) -> Sequence[User]:
        """Without the deleted. ``order``: ``quota``, ``used_quota``, ``request_count``: most first; else newest."""

    async def count(self) -> int:
        """Without the deleted."""

    async def search(self, keyword: str, *, limit: int) -> Sequence[User]:
        """Id equal to ``keyword``, or name, display name or e-mail starting with it; newest first, no deleted ones."""

    async def name_taken(self, name: str) -> bool:
        """Whether the name could be mistaken for another user's, or is the address that another user signs in with."""

    async def email_taken(self, email: str) -> bool:
        """Whether any user has it, even a deleted one; case does not matter."""

    async def by_email(self, email: str) -> tuple[User, str] | None:
        """The enabled user with this address, the first if there are several, and the hash; case does not matter."""

    async def by_username(self, username: str) -> User | None:
        """Exactly this name; case matters on every database."""

    async def by_aff_code(self, aff_code: str) -> User | None:
        """Who invites with this code."""

    async def by_external(self, field: ExternalField, value: str) -> User | None:
        """Whose account elsewhere this is; case matters."""

    async def add(self, account: NewAccount) -> User:
        """Store the account, its token, its log and the inviter's bonus: all or nothing.

        Raises NameTaken if people would take its name for another's, AlreadyBound if an account
        elsewhere is bound to another.
        """

    async def bind_external(self, user_id: int, field: ExternalField, value: str) -> bool:
        """False, and no change, if any user has this account elsewhere already, or there is no such user."""

    async def replace_password(
        self, user_id: int, known: str, password_hash: str, *, access_token: str = ""
    ) -> bool:
        """False, and no change, unless the user's hash is ``known`` now; ``access_token`` empty: it stays."""

    async def amend(self, user_id: int, decide: Callable[[User], Change]) -> tuple[User, User] | None:
        """Change a user as ``decide`` says; the row is locked meanwhile, even against charges.

        The user before and after; None if there is none. ``decide`` may be asked again, and what it raises leaves all
        as it was. Raises NameTaken as ``add``.
        """

    async def root_email(self) -> str:
        """The address of the first enabled root that has one; empty if there is none."""


class TokenRepository(Protocol):
    """Tokens of one user at a time; every write bumps the version ``accounts`` in its own transaction."""

    @property
    def longest(self) -> Mapping[str, int]:
        """Characters that a text may have, by field; one that is not named has no bound."""

    async def page(self, user_id: int, *, offset: int, limit: int, order: str) -> Sequence[Token]:
        """``order``: ``remain_quota`` (unlimited first, then remainder), ``used_quota``, else newest first."""

    async def count(self, user_id: int) -> int: ...

    async def search(self, user_id: int, keyword: str) -> Sequence[Token]:
        """Those whose name starts with ``keyword``, wildcards taken literally."""

    async def get(self, user_id: int, token_id: int) -> Token | None: ...

    async def add(self, token: Token) -> Token:
        """Stored, with its new id."""

    async def update(
        self, user_id: int, token_id: int, changes: TokenChanges, *, granted: int = 0
    ) -> Token | None:
        """Set just these fields, and move the remainder by ``granted``; None if the user has no such token."""

    async def delete(self, user_id: int, token_id: int) -> bool: ...


class ChannelRepository(Protocol):
    """Channels with their abilities; each write is one transaction and bumps the version ``catalog``."""

    @property
    def longest(self) -> Mapping[str, int]:
        """Characters that a text may have, by field; one that is not named has no bound."""

    async def all(self) -> Sequence[ChannelRecord]: ...

    async def page(
        self, where: ChannelFilter, *, offset: int, limit: int, order: str
    ) -> Sequence[ChannelRecord]:
        """``order``: one of ``CHANNEL_ORDERS``, with ``-`` in front from the greatest down; else newest first."""

    async def count(self, where: ChannelFilter) -> int: ...

    async def search(self, keyword: str) -> Sequence[ChannelRecord]:
        """Id equal to ``keyword``, or name starting with it (wildcards taken literally)."""

    async def get(self, channel_id: int) -> ChannelRecord | None: ...

    async def add(self, records: Sequence[ChannelRecord]) -> Sequence[int]:
        """The new ids; all or none."""

    async def update(self, channel_id: int, changes: ChannelChanges) -> ChannelRecord | None:
        """Set just these fields and rebuild the abilities; None if there is no such channel."""

    async def delete(self, channel_id: int) -> bool: ...

    async def delete_disabled(self) -> int: ...

    async def set_status(self, channel_id: int, status: int, *, only_from: int | None = None) -> bool:
        """Set status and abilities; with ``only_from`` only if it has that status now. Whether it changed."""

    async def note(self, channel_id: int, found: ChannelFindings) -> None:
        """Set just these fields; no version is bumped."""


class RedemptionRepository(Protocol):
    """Redemption codes as administrators keep them; ``CreditStore`` uses them up."""

    async def page(self, *, offset: int, limit: int) -> Sequence[Redemption]:
        """Newest first."""

    async def count(self) -> int: ...

    async def search(self, keyword: str) -> Sequence[Redemption]:
        """Id equal to ``keyword``, or name starting with it (wildcards taken literally); newest first."""

    async def get(self, code_id: int) -> Redemption | None: ...

    async def by_key(self, key: str) -> Redemption | None:
        """The code with exactly this key; case matters on every database."""

    async def add(self, codes: Sequence[Redemption]) -> Sequence[int]:
        """The new ids; all or none."""

    async def update(self, code_id: int, changes: RedemptionChanges) -> bool:
        """Set just these fields of a code that nobody has used; whether there is one."""

    async def delete(self, code_id: int) -> bool: ...


class CreditStore(Protocol):
    """What is added to the quotas of users.

    Each credit is one transaction with its entry in the ledger and its row of the log, and bumps the version
    ``accounts``. Raises NotFound if the user does not exist, OutOfRange if the balance would exceed its bound.
    """

    async def redeem(self, code: Redemption, row: Callable[[int], LogRow]) -> int | None:
        """Use up ``code`` for the user of ``row``, which is made for the quota that the code has now; that quota.

        None, and no change, unless the code is enabled: of any number who try at once, one gets it.
        """

    async def top_up(self, row: LogRow, reference: str) -> bool:
        """Add the quota of ``row`` to that of its user. False, and no change, if ``reference`` did that before.

        Raises ReferenceUsed if ``reference`` did something else.
        """


class OptionRepository(Protocol):
    """Settings of the operator; a write bumps the version ``catalog``."""

    async def all(self) -> Mapping[str, str]: ...

    async def put(self, values: Mapping[str, str]) -> None: ...

    async def keep(self, key: str, value: str) -> str:
        """What is stored under ``key``: ``value`` if there was nothing. All who do this at once get the same."""


class LogRepository(Protocol):
    """The log, in the database that ``LOG_SQL_DSN`` names or the main one."""

    async def add(self, row: LogRow) -> None: ...

    async def page(
        self, where: LogFilter, *, offset: int, limit: int, after: LogRow | None = None
    ) -> Sequence[LogRow]:
        """Newest first; ``after`` a row: those that follow it, however deep it lies."""

    async def count(self, where: LogFilter, *, most: int = COUNTED) -> int:
        """How many there are, but ``most`` for any more."""

    async def search(self, keyword: str, *, user_id: int | None, limit: int) -> Sequence[LogRow]:
        """Type equal to ``keyword``, or (all users only) content starting with it; newest first.

        Contents are looked at in the newest ``SEARCHED`` rows of each type.
        """

    async def consumed(self, where: LogFilter) -> int:
        """Sum of quota over the consume rows."""

    async def daily_use(self, where: LogFilter) -> Sequence[DailyUse]:
        """Of the consume rows, by day and model."""

    async def delete_before(self, created_at: int, *, most: int) -> int:
        """Delete the oldest rows, no more than ``most`` at once; how many there were."""


class AuditRepository(Protocol):
    """The audit log; entries are added and never change."""

    async def add(self, entry: AuditEntry) -> None: ...

    async def page(self, where: AuditFilter, *, offset: int, limit: int) -> Sequence[AuditEntry]:
        """Newest first."""

    async def count(self, where: AuditFilter) -> int: ...


class CodeRepository(Protocol):
    """One-time codes, which every node knows at once. A code lives before ``expires_at`` and below ``attempts``."""

    async def put(self, code: Code, *, now: float, expires_at: float) -> None:
        """In place of any other of its purpose and subject."""

    async def matches(self, code: Code, *, now: float, attempts: int) -> bool:
        """Whether the living code of this purpose and subject has this hash; if not, that was one attempt."""

    async def consume(self, code: Code, *, now: float, attempts: int) -> bool:
        """As ``matches``, and if so it is gone: True for one caller only."""


class ResponseStore(Protocol):
    """Answers that clients come back to. Nobody finds those of another user, and nobody those that have expired."""

    async def add(self, response: StoredResponse) -> None:
        """Keep ``response``, in the place of another of this user with the same id."""

    async def find(self, user_id: int, ids: Sequence[str], *, now: int) -> Sequence[StoredResponse]:
        """Those of ``ids`` that are there, without their items."""

    async def with_items(self, user_id: int, items: Sequence[str], *, now: int) -> Sequence[str]:
        """The ids of the responses that have any of ``items``."""

    async def turns(
        self, user_id: int, last: str, *, now: int, most: int, largest: int
    ) -> Sequence[StoredResponse]:
        """The conversation that ends with ``last``, oldest turn first; empty if one is missing.

        Of a conversation of more than ``most`` turns, or more than ``largest`` bytes, the end.
        """

    async def delete(self, user_id: int, response_id: str) -> bool:
        """Whether it was there."""

    async def trim(self, user_id: int, *, largest: int) -> int:
        """Delete the oldest of a user who keeps more than ``largest`` bytes; the number of them."""

    async def sweep(self, now: int, *, largest: int) -> int:
        """Delete what has expired, and the oldest of users who keep more than ``largest`` bytes; the number of them."""


class SessionRepository(Protocol):
    """Open sessions, which every node knows at once."""

    async def add(self, session: OpenSession, *, expired: int) -> None:
        """And forget those that were opened at ``expired`` or before."""

    async def get(self, session_id: str) -> OpenSession | None: ...

    async def of(self, user_id: int) -> Sequence[OpenSession]:
        """The one used last first."""

    async def see(self, session_id: str, at: int) -> None:
        """It was used at ``at``."""

    async def end(self, user_id: int, session_id: str) -> bool:
        """Whether the user had it; it is gone."""

    async def end_all(self, user_id: int, *, besides: str) -> None:
        """Those of the user, except the one with the id ``besides``."""


class LeaseRepository(Protocol):
    """Which process does what only one may do at a time; all times are the store's own, as nodes' clocks differ."""

    async def take(self, name: str, owner: str, *, seconds: int, pause: int = 0) -> bool:
        """Make ``owner`` the holder for so many seconds.

        False and no change while somebody holds it, or when it was finished, or first asked for, less than ``pause``
        seconds ago.
        """

    async def renew(self, name: str, owner: str, *, seconds: int, report: str) -> bool:
        """Hold it for so many seconds from now and remember ``report``; False if somebody else has taken it."""

    async def release(self, name: str, owner: str, *, report: str, finished: bool) -> None:
        """Let others take it; no change if somebody else has taken it."""

    async def look(self, name: str) -> Lease | None:
        """As it stands; None if nobody ever asked for it."""


class Versions(Protocol):
    """Counters that every write bumps in its own transaction; see ``catalog`` and ``accounts``."""

    async def current(self) -> Mapping[str, int]: ...


# --- messages ----------------------------------------------------------------------------------


class Letters(Protocol):
    """Finds the words for messages."""

    def __call__(self, message: Message, language: str) -> Letter: ...


class Mailer(Protocol):
    """Sends mails by the operator's SMTP server."""

    async def send(self, to: str, letter: Letter) -> None:
        """Send ``letter`` to one address, now.

        Raises MessageNotSent, with ``retry_after`` if it may go
        better later; what the server said is that reason's field ``reply``.
        """


class Pusher(Protocol):
    """Sends messages to the operator through their Message Pusher."""

    async def push(self, letter: Letter) -> None:
        """Raises MessageNotSent, as ``Mailer.send``."""


class Reminded(Protocol):
    """Of what people were reminded lately, for all processes together."""

    async def claim(self, name: str, *, now: int, until: int) -> bool:
        """True for one caller, and for nobody else before ``until``."""


# --- people ------------------------------------------------------------------------------------


class ProviderUnreachable(Exception):
    """Nobody answered, or not as such a provider does. The text is for the log and holds no secret."""


class IdentityRefused(Exception):
    """The provider vouches for nobody: the code is wrong or used, or what came back names no one. As above."""


class IdentityClient(Protocol):
    """Somebody who knows who sits before the browser."""

    async def identify(self, options: Options, code: str, *, nonce: str = "", verifier: str = "") -> Identity:
        """Whom ``code`` stands for; it works once. Raises ProviderUnreachable, IdentityRefused.

        ``nonce`` and ``verifier`` are what the browser was sent off with, empty if it went by itself.
        """


class RedirectingClient(IdentityClient, Protocol):
    """One to whom browsers are sent, and who sends them back with a code."""

    async def address(self, options: Options, state: str, *, nonce: str, verifier: str) -> str:
        """Where to send the browser. Raises ProviderUnreachable."""


# --- limits ------------------------------------------------------------------------------------


class RateLimits(Protocol):
    """Counts of what callers did lately; shared by all nodes where Redis is configured."""

    async def admit(self, rate: Rate, key: str) -> float | None:
        """None, and the event counts; or the seconds until ``key`` may try again, and it does not count."""

    async def wait(self, rate: Rate, key: str) -> float | None:
        """What ``admit`` would say; nothing counts."""


# --- the spool ---------------------------------------------------------------------------------


class Orphan(Protocol):
    """What a process that is gone left behind."""

    owner: str
    settlements: Sequence[Settlement]

    def discard(self) -> None:
        """All of it is in the database."""

    def leave(self) -> None:
        """It could not be taken over; let any process try again."""


class Spool(Protocol):
    """Settlements that are durable but not yet in the database; one file set a process."""

    owner: str

    def append(self, settlement: Settlement) -> None:
        """On return the record survives the death of this process."""

    def writable(self) -> bool:
        """Whether the next ``append`` is likely to succeed: the directory is there, and the disk is not full."""

    def close_segment(self) -> int:
        """Close the current segment and open another; the number of the closed one."""

    def discard(self, segment: int) -> None:
        """Forget a closed segment whose records are all in the database."""

    def orphans(self) -> Sequence[Orphan]:
        """What processes that are gone left behind; each is claimed by one process only."""

    def put_aside(self, settlement: Settlement, reason: str) -> None:
        """Keep what the database refuses, for all processes of this host and for as long as it takes."""

    def set_aside(self) -> Sequence[Settlement]:
        """What was put aside, each request once."""

    def forget(self, request_ids: Collection[str]) -> None:
        """These are in the database now, and no longer set aside."""


# --- upstream ----------------------------------------------------------------------------------


class UpstreamAnswer(Protocol):
    """An accepted answer of a provider, already in the client's dialect.

    ``headers`` have passed the allow-list, their names in lower case. For a stream, ``next`` gives client-ready bytes
    as they come, **without** the end marker, which is ``end_marker``; it raises an UpstreamError when the upstream
    breaks. For anything else it gives the body.
    """

    status: int
    headers: Sequence[tuple[str, str]]
    streaming: bool
    end_marker: bytes
    #: What the client asked for and the provider was not told, as the answer can do without it.
    left_out: tuple[str, ...]

    async def next(self) -> bytes:
        """The next piece; empty at the end."""

    async def read(self) -> bytes:
        """All pieces."""

    def broken_off(self, event: bytes) -> bytes:
        """What ends the stream, where ``event`` would tell in the client's dialect why it breaks off."""

    @property
    def usage(self) -> Usage | None:
        """What the upstream said; None while it has said nothing."""

    @property
    def produced(self) -> bool:
        """Whether any content has been given out."""

    @property
    def text_size(self) -> int:
        """Characters of text given out and not yet taken."""

    def take_text(self) -> str:
        """The text given out since the last call (all deltas: content, reasoning, tool calls, refusals)."""

    async def close(self) -> None:
        """Give the connection back, or cut it when the answer was not read to its end."""


class ResponseForm(Protocol):
    """What is kept of answers that clients come back to, in the format that has such answers."""

    def asks_to_keep(self, request: RelayRequest) -> bool: ...

    def refers(self, request: RelayRequest) -> References: ...

    def affinity(self, request: RelayRequest) -> str:
        """What the requests of one conversation have in common."""

    def account_mark(self, request: RelayRequest) -> str:
        """The mark of the account that encrypted what ``request`` holds; empty: none did."""

    def continued(
        self,
        request: RelayRequest,
        turns: Sequence[bytes],
        referenced: Sequence[bytes],
        *,
        keeps: bool | None,
    ) -> RelayRequest:
        """``request`` behind the contents of the earlier ``turns``, with the items of ``referenced`` that it names.

        Its answer will say whether the gateway ``keeps`` it (None: it has none that could be kept). Raises
        InvalidParameter for an item that is not there.
        """

    def answer_in(self, piece: bytes) -> bytes:
        """The whole response that a piece of a stream ends with; empty: it does not."""

    def content(self, request: RelayRequest, answer: bytes) -> tuple[str, bytes, tuple[str, ...]]:
        """Id, content and items, as ``StoredResponse`` has them, of ``answer``, a whole response to ``request``."""


class Upstream(Protocol):
    async def call(self, request: RelayRequest, channel: Channel, model: str) -> UpstreamAnswer:
        """Send ``request`` to ``channel`` under the upstream's name ``model``.

        Returns when the upstream has accepted. Raises UpstreamError, or UnsupportedFeature before anything was sent.
        """


class ProbeQuestion(Protocol):
    """One question of a test, in the wire format that it is asked in."""

    @property
    def streams(self) -> bool:
        """Whether it is worth a second try as a stream: some upstreams refuse whole answers."""

    def request(self, model: str, prompt: str, *, stream: bool) -> RelayRequest: ...

    def answer(self, body: bytes, *, streamed: bool) -> str | None:
        """What the model said in a whole answer or a stream; None: nothing that a client could read."""


class ProbeForm(Protocol):
    """How models are tested."""

    def __call__(self, model: str, upstream_model: str, /) -> ProbeQuestion | None:
        """The question for a model under the client's and the upstream's name; None: nothing about it is free."""


class BalanceReader(Protocol):
    """Asks providers what is left on an account."""

    def can_read(self, channel_type: int) -> bool:
        """Whether channels of that type have a balance that can be asked for."""

    def ends_service(self, channel_type: int) -> bool:
        """Whether an account without balance serves nothing any more."""

    async def balance(self, channel: Channel) -> float:
        """In the provider's unit. Raises UpstreamError or ChannelMisconfigured, without the key in their texts.

        Raises CallerError for a type that tells none.
        """


class TokenCounter(Protocol):
    async def count_prompt(self, request: RelayRequest, model: str) -> int: ...

    async def count_text(self, text: str, model: str) -> int: ...


class ClientLeft(Exception):
    """The client closed its connection; nothing more can be sent."""


class ErrorTexts(Protocol):
    """Puts errors into words."""

    def __call__(self, error: GatewayError, language: str, /) -> str:
        """What administrators read of ``error`` in ``language``: ``zh`` or ``en``."""


class Reply(Protocol):
    """The client's side of one request.

    A client that leaves shows as ClientLeft from any method, or as the cancellation of the task that awaits.
    """

    async def start(self, status: int, headers: Sequence[tuple[str, str]], *, events: bool) -> None:
        """Send the header of an answer that follows in pieces; ``events``: they are server-sent events."""

    async def send(self, data: bytes) -> None:
        """Send a piece; an empty one is nothing."""

    def error_event(self, error: GatewayError) -> bytes:
        """What ends a stream of events that broke, in the client's form."""

    async def finish(self) -> None: ...

    async def whole(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None: ...
