"""The ports: everything that the application needs from the outside world.

Methods that read or write storage raise ``StorageUnavailable`` when it cannot be reached.
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
    """Reads what the relay needs for authentication."""

    async def account_by_key(self, key: str) -> Account | None:
        """The token with exactly this key (case-sensitive on every database) and its owner, in one read.

        None if there is no such token. If the owner's row is missing, the owner is an empty, deleted user.
        """

    async def set_token_status(self, token_id: int, status: int) -> bool:
        """Store that a token was found expired or exhausted; only an enabled token changes.

        False, and no change, if the token is not exhausted, because requests under way hold its remainder.
        """


class LedgerStore(Protocol):
    """The balances in the database; requests change them only through this port."""

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
        """Take what ``hold`` wants, or at least needs, and store it. Returns the hold as taken. Raises Shortage.

        One transaction, on condition that user quota >= amount + ``user_floor``; that token remainder >= amount +
        ``token_floor`` if it is limited; and that a purse which covers only the needed amount has no other hold.
        ``replaces``: the request's previous hold is returned first. ``owner`` names the process.
        """

    async def apply(self, batch: Batch, *, owner: str, expires_at: float) -> Balances:
        """Commit ``batch`` in one transaction, then its log rows, whose failure does not undo it.

        A settlement whose request id is already in the ledger is skipped. Balances change by differences (``quota -
        ?``), within their bounds; rows are locked in ascending order of id: users, tokens, channels. Raises
        UnstorableValue, with nothing changed, if the database can never store some part.
        """

    async def release_owned(self, owner: str) -> int:
        """Release every hold of a dead process; returns their number."""

    async def sweep(self, now: float) -> int:
        """Release every hold that expired before ``now``; returns their number."""


class UserRepository(Protocol):
    async def by_id(self, user_id: int) -> User | None: ...

    async def by_login(self, name: str) -> tuple[User, str] | None:
        """The user whose user name, or else whose e-mail address, is ``name``, with the password hash."""

    async def by_access_token(self, access_token: str) -> User | None: ...

    async def set_access_token(self, user_id: int, access_token: str) -> None: ...

    async def credentials(self, user_id: int) -> tuple[User, str] | None:
        """The user and the hash of their password."""

    async def names(self, user_ids: Sequence[int]) -> Mapping[int, str]: ...

    async def page(self, *, offset: int, limit: int, order: str) -> Sequence[User]:
        """Users, not deleted. ``order``: ``quota``, ``used_quota``, ``request_count``, descending; else newest."""

    async def count(self) -> int:
        """The number of users, without deleted ones."""

    async def search(self, keyword: str, *, limit: int) -> Sequence[User]:
        """Users, not deleted, whose id is, or whose name or e-mail starts with, ``keyword``; newest first."""

    async def name_taken(self, name: str) -> bool:
        """Whether the name could be confused with another user's, or is an address with which another user signs in."""

    async def email_taken(self, email: str) -> bool:
        """Whether any user, even a deleted one, has this address; case-insensitive."""

    async def by_email(self, email: str) -> tuple[User, str] | None:
        """The first enabled user with this address, and the password hash; case-insensitive."""

    async def by_username(self, username: str) -> User | None:
        """The user with exactly this name; case-sensitive on every database."""

    async def by_aff_code(self, aff_code: str) -> User | None:
        """The user to whom this invitation code belongs."""

    async def by_external(self, field: ExternalField, value: str) -> User | None:
        """The user to whom this external account is bound; case-sensitive."""

    async def add(self, account: NewAccount) -> User:
        """Store the user, the first token, the log rows and the inviter's bonus: all or nothing.

        Raises NameTaken if the name could be confused with another user's, AlreadyBound if an external account is bound
        to another user.
        """

    async def bind_external(self, user_id: int, field: ExternalField, value: str) -> bool:
        """False, and no change, if the external account is already bound, or the user does not exist."""

    async def replace_password(
        self, user_id: int, known: str, password_hash: str, *, access_token: str = ""
    ) -> bool:
        """False, and no change, unless the current hash is ``known``; an empty ``access_token`` keeps the old one."""

    async def amend(self, user_id: int, decide: Callable[[User], Change]) -> tuple[User, User] | None:
        """Change a user as ``decide`` says, with the row locked, even against charges.

        Returns the user before and after; None if there is no such user. ``decide`` may be called again; if it raises,
        nothing changes. Raises NameTaken like ``add``.
        """

    async def root_email(self) -> str:
        """The address of the first enabled root user that has one, or an empty text."""


class TokenRepository(Protocol):
    """Tokens of one user at a time; every write bumps the version ``accounts`` in its own transaction."""

    @property
    def longest(self) -> Mapping[str, int]:
        """Characters that a text may have, by field; one that is not named has no bound."""

    async def page(self, user_id: int, *, offset: int, limit: int, order: str) -> Sequence[Token]:
        """Tokens by ``order``: ``remain_quota`` (unlimited first), ``used_quota``, descending; else newest first."""

    async def count(self, user_id: int) -> int: ...

    async def search(self, user_id: int, keyword: str) -> Sequence[Token]:
        """Tokens whose name starts with ``keyword``; wildcards are taken literally."""

    async def get(self, user_id: int, token_id: int) -> Token | None: ...

    async def add(self, token: Token) -> Token:
        """Store ``token``; returns it with its new id."""

    async def update(
        self, user_id: int, token_id: int, changes: TokenChanges, *, granted: int = 0
    ) -> Token | None:
        """Set only these fields, and add ``granted`` to the remainder; None if the user has no such token."""

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
        """Channels by ``order``: one of ``CHANNEL_ORDERS``, descending with a leading ``-``; else newest first."""

    async def count(self, where: ChannelFilter) -> int: ...

    async def search(self, keyword: str) -> Sequence[ChannelRecord]:
        """Channels whose id is, or whose name starts with, ``keyword``; wildcards are taken literally."""

    async def get(self, channel_id: int) -> ChannelRecord | None: ...

    async def add(self, records: Sequence[ChannelRecord]) -> Sequence[int]:
        """The new ids; all or none."""

    async def update(self, channel_id: int, changes: ChannelChanges) -> ChannelRecord | None:
        """Set only these fields and rebuild the abilities; None if there is no such channel."""

    async def delete(self, channel_id: int) -> bool: ...

    async def delete_disabled(self) -> int: ...

    async def set_status(self, channel_id: int, status: int, *, only_from: int | None = None) -> bool:
        """Set status and abilities, with ``only_from`` only if that is the current status; whether anything changed."""

    async def note(self, channel_id: int, found: ChannelFindings) -> None:
        """Set only these fields, without bumping a version."""


class RedemptionRepository(Protocol):
    """Redemption codes, as administrators manage them; ``CreditStore`` redeems them."""

    async def page(self, *, offset: int, limit: int) -> Sequence[Redemption]:
        """Newest first."""

    async def count(self) -> int: ...

    async def search(self, keyword: str) -> Sequence[Redemption]:
        """Codes whose id is, or whose name starts with, ``keyword``, newest first; wildcards are taken literally."""

    async def get(self, code_id: int) -> Redemption | None: ...

    async def by_key(self, key: str) -> Redemption | None:
        """The code with exactly this key; case-sensitive on every database."""

    async def add(self, codes: Sequence[Redemption]) -> Sequence[int]:
        """The new ids; all or none."""

    async def update(self, code_id: int, changes: RedemptionChanges) -> bool:
        """Set only these fields of an unused code; whether there is one."""

    async def delete(self, code_id: int) -> bool: ...


class CreditStore(Protocol):
    """Adds quota to users.

    Each credit is one transaction with its ledger entry and its log row, and bumps the version ``accounts``. Raises
    NotFound if the user does not exist, OutOfRange if the balance would exceed its bound.
    """

    async def redeem(self, code: Redemption, row: Callable[[int], LogRow]) -> int | None:
        """Redeem ``code`` for the user of ``row``, which is called with the code's current quota; returns that quota.

        None, and no change, unless the code is enabled. Of several simultaneous calls, one succeeds.
        """

    async def top_up(self, row: LogRow, reference: str) -> bool:
        """Add the quota of ``row`` to its user. False, and no change, if ``reference`` has already done so.

        Raises ReferenceUsed if ``reference`` was used for something else.
        """


class OptionRepository(Protocol):
    """The operator's options; a write bumps the version ``catalog``."""

    async def all(self) -> Mapping[str, str]: ...

    async def put(self, values: Mapping[str, str]) -> None: ...

    async def keep(self, key: str, value: str) -> str:
        """Store ``value`` under ``key`` unless it exists; returns the stored value, the same for simultaneous calls."""


class LogRepository(Protocol):
    """The log, in the database of ``LOG_SQL_DSN``, or else the main one."""

    async def add(self, row: LogRow) -> None: ...

    async def page(
        self, where: LogFilter, *, offset: int, limit: int, after: LogRow | None = None
    ) -> Sequence[LogRow]:
        """Rows, newest first; with ``after``, the rows that follow that one, at the same cost at any depth."""

    async def count(self, where: LogFilter, *, most: int = COUNTED) -> int:
        """The number of matching rows, at most ``most``."""

    async def search(self, keyword: str, *, user_id: int | None, limit: int) -> Sequence[LogRow]:
        """Rows whose type is ``keyword`` or, across all users only, whose content starts with it; newest first.

        Content is searched only in the newest ``SEARCHED`` rows of each type.
        """

    async def consumed(self, where: LogFilter) -> int:
        """The sum of quota units over the consumption rows."""

    async def daily_use(self, where: LogFilter) -> Sequence[DailyUse]:
        """The consumption rows, summed by day and model."""

    async def delete_before(self, created_at: int, *, most: int) -> int:
        """Delete at most ``most`` of the oldest rows; returns how many were deleted."""


class AuditRepository(Protocol):
    """The audit log; entries are added and never changed."""

    async def add(self, entry: AuditEntry) -> None: ...

    async def page(self, where: AuditFilter, *, offset: int, limit: int) -> Sequence[AuditEntry]:
        """Newest first."""

    async def count(self, where: AuditFilter) -> int: ...


class CodeRepository(Protocol):
    """One-time codes, shared by all nodes. A code is valid until ``expires_at``, for ``attempts`` guesses."""

    async def put(self, code: Code, *, now: float, expires_at: float) -> None:
        """Store ``code``, replacing any other with its purpose and subject."""

    async def matches(self, code: Code, *, now: float, attempts: int) -> bool:
        """Whether the valid code for this purpose and subject has this hash; if not, a guess is counted."""

    async def consume(self, code: Code, *, now: float, attempts: int) -> bool:
        """Like ``matches``, but a matching code is deleted: True for one caller only."""


class ResponseStore(Protocol):
    """Stored responses. Those of other users, and expired ones, are never returned."""

    async def add(self, response: StoredResponse) -> None:
        """Store ``response``, replacing one of this user with the same id."""

    async def find(self, user_id: int, ids: Sequence[str], *, now: int) -> Sequence[StoredResponse]:
        """Those of ``ids`` that exist, without their items."""

    async def with_items(self, user_id: int, items: Sequence[str], *, now: int) -> Sequence[str]:
        """The ids of the responses that contain any of ``items``."""

    async def turns(
        self, user_id: int, last: str, *, now: int, most: int, largest: int
    ) -> Sequence[StoredResponse]:
        """The conversation that ends with ``last``, oldest turn first; empty if a turn is missing.

        Only the end of a conversation with more than ``most`` turns or ``largest`` bytes.
        """

    async def delete(self, user_id: int, response_id: str) -> bool:
        """Delete a response; whether it existed."""

    async def trim(self, user_id: int, *, largest: int) -> int:
        """Delete the oldest of a user who keeps more than ``largest`` bytes; the number of them."""

    async def sweep(self, now: int, *, largest: int) -> int:
        """Delete expired responses, and the oldest of users who exceed ``largest`` bytes; returns how many."""


class SessionRepository(Protocol):
    """Open sessions, shared by all nodes."""

    async def add(self, session: OpenSession, *, expired: int) -> None:
        """Store ``session``, and delete those opened at or before ``expired`` (unix seconds)."""

    async def get(self, session_id: str) -> OpenSession | None: ...

    async def of(self, user_id: int) -> Sequence[OpenSession]:
        """The user's sessions, most recently used first."""

    async def see(self, session_id: str, at: int) -> None:
        """Record that the session was used at ``at`` (unix seconds)."""

    async def end(self, user_id: int, session_id: str) -> bool:
        """End a session of the user; whether it existed."""

    async def end_all(self, user_id: int, *, besides: str) -> None:
        """End all sessions of the user except the one with the id ``besides``."""


class LeaseRepository(Protocol):
    """Leases on jobs that one process may do at a time. The store keeps the time, because nodes' clocks differ."""

    async def take(self, name: str, owner: str, *, seconds: int, pause: int = 0) -> bool:
        """Give the lease to ``owner`` for ``seconds``.

        False, and no change, while another owner holds it, or if the job was finished, or first asked for, less than
        ``pause`` seconds ago.
        """

    async def renew(self, name: str, owner: str, *, seconds: int, report: str) -> bool:
        """Extend the lease to ``seconds`` from now and store ``report``; False if another owner has taken it."""

    async def release(self, name: str, owner: str, *, report: str, finished: bool) -> None:
        """Give up the lease; no change if another owner has taken it."""

    async def look(self, name: str) -> Lease | None:
        """The current lease; None if it was never asked for."""


class Versions(Protocol):
    """Counters (``catalog``, ``accounts``) that every write increments in its own transaction."""

    async def current(self) -> Mapping[str, int]: ...


# --- messages ----------------------------------------------------------------------------------


class Letters(Protocol):
    """Turns messages into text."""

    def __call__(self, message: Message, language: str) -> Letter: ...


class Mailer(Protocol):
    """Sends mails through the operator's SMTP server."""

    async def send(self, to: str, letter: Letter) -> None:
        """Send ``letter`` to one address immediately.

        Raises MessageNotSent with the server's answer in ``reply``, and with ``retry_after`` if a later try may
        succeed.
        """


class Pusher(Protocol):
    """Sends messages to the operator through Message Pusher."""

    async def push(self, letter: Letter) -> None:
        """Send ``letter``. Raises MessageNotSent like ``Mailer.send``."""


class Reminded(Protocol):
    """Records recent reminders, for all processes together."""

    async def claim(self, name: str, *, now: int, until: int) -> bool:
        """True for one caller, and for no other before ``until`` (unix seconds)."""


# --- people ------------------------------------------------------------------------------------


class ProviderUnreachable(Exception):
    """The provider did not answer, or not in its format. The text is for the log and contains no secret."""


class IdentityRefused(Exception):
    """The provider identified nobody: the code is wrong or used, or the answer names no user. Text as above."""


class IdentityClient(Protocol):
    """Asks an identity provider who is using the browser."""

    async def identify(self, options: Options, code: str, *, nonce: str = "", verifier: str = "") -> Identity:
        """The person that ``code``, which works once, stands for. Raises ProviderUnreachable, IdentityRefused.

        ``nonce`` and ``verifier`` are those of the pending sign-in; empty if the browser was not redirected by us.
        """


class RedirectingClient(IdentityClient, Protocol):
    """A provider to which browsers are redirected, and which redirects them back with a code."""

    async def address(self, options: Options, state: str, *, nonce: str, verifier: str) -> str:
        """The URL to which the browser is redirected. Raises ProviderUnreachable."""


# --- limits ------------------------------------------------------------------------------------


class RateLimits(Protocol):
    """Rate limits of callers, shared by all nodes if Redis is configured."""

    async def admit(self, rate: Rate, key: str) -> float | None:
        """Count the event and return None; or, over the limit, return the seconds to wait and count nothing."""

    async def wait(self, rate: Rate, key: str) -> float | None:
        """The result that ``admit`` would give, without counting an event."""


# --- the spool ---------------------------------------------------------------------------------


class Orphan(Protocol):
    """Settlements left behind by a dead process."""

    owner: str
    settlements: Sequence[Settlement]

    def discard(self) -> None:
        """Delete them: all are in the database."""

    def leave(self) -> None:
        """Leave them for another try by any process."""


class Spool(Protocol):
    """Settlements that are durable but not yet in the database, in one set of files per process."""

    owner: str

    def append(self, settlement: Settlement) -> None:
        """Store ``settlement`` durably: on return, it survives the death of this process."""

    def writable(self) -> bool:
        """Whether the next ``append`` is likely to succeed: the directory exists, and the disk is not full."""

    def close_segment(self) -> int:
        """Close the current segment and start a new one; returns the number of the closed one."""

    def discard(self, segment: int) -> None:
        """Delete a closed segment whose records are all in the database."""

    def orphans(self) -> Sequence[Orphan]:
        """The remains of dead processes; each is claimed by one process only."""

    def put_aside(self, settlement: Settlement, reason: str) -> None:
        """Keep a settlement that the database refuses, for all processes of this host, until ``forget``."""

    def set_aside(self) -> Sequence[Settlement]:
        """The settlements put aside, each request once."""

    def forget(self, request_ids: Collection[str]) -> None:
        """Remove these from those set aside: they are in the database now."""


# --- upstream ----------------------------------------------------------------------------------


class UpstreamAnswer(Protocol):
    """A provider's accepted answer, already in the client's dialect.

    ``headers`` have passed the allow-list; their names are in lower case. For a stream, ``next`` returns bytes for the
    client as they arrive, **without** the final ``end_marker``, and raises an UpstreamError if the upstream fails. For
    any other answer it returns the body.
    """

    status: int
    headers: Sequence[tuple[str, str]]
    streaming: bool
    #: Whether it is no stream of events, and passes on as it comes all the same: sound, say.
    in_pieces: bool
    end_marker: bytes
    #: Parameters of the client that were not sent to the provider, because their loss is harmless.
    left_out: tuple[str, ...]

    async def next(self) -> bytes:
        """The next piece; empty at the end."""

    async def read(self) -> bytes:
        """All pieces together."""

    def broken_off(self, event: bytes) -> bytes:
        """The bytes that end a broken stream; ``event`` is the error in the client's dialect."""

    @property
    def usage(self) -> Usage | None:
        """The usage reported so far; None if the upstream has reported none."""

    @property
    def produced(self) -> bool:
        """Whether any content has been returned."""

    @property
    def text_size(self) -> int:
        """Characters of text returned and not yet taken."""

    def take_text(self) -> str:
        """The text returned since the last call: content, reasoning, tool calls, refusals."""

    async def close(self) -> None:
        """Return the connection to the pool, or close it if the answer was not read to its end."""


class ResponseForm(Protocol):
    """Reads and continues stored responses, in the format that supports them."""

    def asks_to_keep(self, request: RelayRequest) -> bool: ...

    def refers(self, request: RelayRequest) -> References: ...

    def affinity(self, request: RelayRequest) -> str:
        """A key shared by the requests of one conversation."""

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
        """``request`` preceded by the contents of earlier ``turns``, with the items of ``referenced`` that it names.

        Its answer will say whether the gateway ``keeps`` it (None: it has none that could be kept). Raises
        InvalidParameter for an item that is not there.
        """

    def answer_in(self, piece: bytes) -> bytes:
        """The whole response contained in the last piece of a stream; empty for any other piece."""

    def content(
        self, request: RelayRequest, answer: bytes, events: bytes, now: int
    ) -> tuple[str, bytes, tuple[str, ...]]:
        """Id, content and items, as ``StoredResponse`` has them, of ``answer``, a whole response to ``request``.

        ``events`` are those of its stream, if clients may want them again.
        """

    def asks_for_background(self, request: RelayRequest) -> bool: ...

    def in_background(self, request: RelayRequest) -> RelayRequest:
        """``request`` for a stream, without the wish to wait for nothing."""

    def under_way(
        self, request: RelayRequest, response_id: str, now: int, failure: GatewayError | None
    ) -> bytes:
        """A response without output: queued, or failed."""

    def was_in_background(self, content: bytes) -> bool: ...

    def is_over(self, content: bytes) -> bool: ...

    def id_of(self, content: bytes) -> str: ...

    def seen_at(self, content: bytes) -> int:
        """When the process that makes a response showed a sign of life, in unix seconds."""

    def failed(self, error: GatewayError) -> Mapping[str, object]:
        """What a response says that ended with ``error``."""

    def cancelled(self) -> Mapping[str, object]: ...

    def ended(self, content: bytes, outcome: Mapping[str, object]) -> bytes:
        """``content`` whose response says ``outcome``."""

    def named(self, piece: bytes, response_id: str) -> bytes:
        """The events of ``piece`` with this id for their response."""

    def renamed(self, answer: bytes, response_id: str) -> bytes: ...

    def outcome_in(self, piece: bytes) -> bytes:
        """As ``answer_in``, also for a response that failed."""


class Upstream(Protocol):
    async def call(self, request: RelayRequest, channel: Channel, model: str) -> UpstreamAnswer:
        """Send ``request`` to ``channel`` under the upstream's name ``model``.

        Returns once the upstream has accepted. Raises UpstreamError, or UnsupportedFeature before anything was sent.
        """


class ProbeQuestion(Protocol):
    """The question of a channel test, in the wire format in which it is sent."""

    @property
    def streams(self) -> bool:
        """Whether a second try as a stream makes sense, as some upstreams refuse whole answers."""

    def request(self, model: str, prompt: str, *, stream: bool) -> RelayRequest: ...

    def answer(self, body: bytes, *, streamed: bool) -> str | None:
        """The model's answer in a whole answer or a stream; None if a client could not read it."""


class ProbeForm(Protocol):
    """Makes the questions for channel tests."""

    def __call__(self, model: str, upstream_model: str, /) -> ProbeQuestion | None:
        """The question for a model, given the client's and the upstream's name; None if testing it would cost money."""


class BalanceReader(Protocol):
    """Asks providers for the balance of an account."""

    def can_read(self, channel_type: int) -> bool:
        """Whether providers of that type report a balance."""

    def ends_service(self, channel_type: int) -> bool:
        """Whether an account without a balance no longer serves requests."""

    async def balance(self, channel: Channel) -> float:
        """The balance in the provider's unit. Raises UpstreamError or ChannelMisconfigured, never with the key.

        Raises CallerError for a type that reports none.
        """


class TokenCounter(Protocol):
    async def count_prompt(self, request: RelayRequest, model: str) -> int: ...

    async def count_text(self, text: str, model: str) -> int: ...


class ClientLeft(Exception):
    """The client closed its connection; nothing more can be sent."""


class ErrorTexts(Protocol):
    """Turns errors into text."""

    def __call__(self, error: GatewayError, language: str, /) -> str:
        """The text of ``error`` for administrators, in ``language``: ``zh`` or ``en``."""


class Reply(Protocol):
    """The client's side of one request.

    If the client leaves, any method raises ClientLeft, or the awaiting task is cancelled.
    """

    async def start(self, status: int, headers: Sequence[tuple[str, str]], *, events: bool) -> None:
        """Send the head of an answer that follows in pieces; ``events``: as server-sent events."""

    async def send(self, data: bytes) -> None:
        """Send a piece; an empty one sends nothing."""

    def error_event(self, error: GatewayError) -> bytes:
        """The event that ends a broken stream, in the client's format."""

    async def finish(self) -> None: ...

    def cut(self) -> None:
        """Break the connection, so that the client does not take what it has for the whole answer."""

    async def whole(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None: ...
