"""Ports for users, their tokens and how they sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from oneapi.domain.options import Options
    from oneapi.domain.people.codes import Code
    from oneapi.domain.people.identities import Identity
    from oneapi.domain.people.sessions import OpenSession
    from oneapi.domain.people.tokens import Token, TokenChanges
    from oneapi.domain.people.users import Account, Change, ExternalField, NewAccount, User


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


class CodeRepository(Protocol):
    """One-time codes, shared by all nodes. A code is valid until ``expires_at``, for ``attempts`` guesses."""

    async def put(self, code: Code, *, now: float, expires_at: float) -> None:
        """Store ``code``, replacing any other with its purpose and subject."""

    async def matches(self, code: Code, *, now: float, attempts: int) -> bool:
        """Whether the valid code for this purpose and subject has this hash; if not, a guess is counted."""

    async def consume(self, code: Code, *, now: float, attempts: int) -> bool:
        """Like ``matches``, but a matching code is deleted: True for one caller only."""


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
