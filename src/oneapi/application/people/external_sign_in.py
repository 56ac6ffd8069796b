"""Signing in by an account elsewhere, and binding one to the account here."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from oneapi.application.ports import IdentityRefused, ProviderUnreachable
from oneapi.domain.errors import UserBanned
from oneapi.domain.errors.administration import InvalidArguments
from oneapi.domain.errors.people import (
    AlreadyBound,
    BadUsername,
    IdentityAlreadyBound,
    IdentityProviderDisabled,
    IdentityProviderRefused,
    IdentityProviderUnreachable,
    NameTaken,
    RegistrationDisabled,
)
from oneapi.domain.people.addresses import is_address
from oneapi.domain.people.user_names import LONGEST
from oneapi.domain.people.users import Change, UserChanges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from oneapi.application.catalog import Catalog
    from oneapi.application.people.pending_sign_ins import PendingSignIn
    from oneapi.application.people.registration import NewAccounts
    from oneapi.application.people.sessions import Origin, UserSessions
    from oneapi.application.ports import IdentityClient, RedirectingClient, UserRepository
    from oneapi.domain.people.identities import Identity, IdentityProvider
    from oneapi.domain.people.users import ExternalField, User

logger = logging.getLogger(__name__)

#: Names that are tried for a new account before its owner is told to come again.
MOST_NAMES = 20
#: Characters that an account may have, as where it is registered or changed by hand.
LONGEST_NAME, LONGEST_DISPLAY_NAME = 12, 20


class Vouching:
    """Asks providers whom they know, and says in the caller's language why they do not tell."""

    def __init__(
        self,
        redirecting: Mapping[str, RedirectingClient],
        others: Mapping[str, IdentityClient],
        catalog: Catalog,
    ) -> None:
        self._redirecting = redirecting
        self._clients: Mapping[str, IdentityClient] = {**redirecting, **others}
        self._catalog = catalog

    async def address(self, provider: IdentityProvider, pending: PendingSignIn) -> str:
        """Where to send the browser. Raises Refusal."""
        self._check_enabled(provider)
        try:
            return await self._redirecting[provider.name].address(
                self._catalog.current.options,
                pending.state,
                nonce=pending.nonce,
                verifier=pending.verifier,
            )
        except ProviderUnreachable as error:
            _warn(provider, error)
            raise IdentityProviderUnreachable(provider) from None

    async def identity(
        self, provider: IdentityProvider, code: str, pending: PendingSignIn | None = None
    ) -> Identity:
        """Whom ``provider`` stands up for; ``pending`` None: the browser was not sent there. Raises Refusal."""
        self._check_enabled(provider)
        if not code:
            raise InvalidArguments
        try:
            identity = await self._clients[provider.name].identify(
                self._catalog.current.options,
                code,
                nonce=pending.nonce if pending else "",
                verifier=pending.verifier if pending else "",
            )
            if not identity.usable:
                raise IdentityRefused("the provider's id is empty, too long or not printable")  # noqa: TRY301
        except ProviderUnreachable as error:
            _warn(provider, error)
            raise IdentityProviderUnreachable(provider) from None
        except IdentityRefused as error:
            _warn(provider, error)
            raise IdentityProviderRefused(provider) from None
        return identity

    def _check_enabled(self, provider: IdentityProvider) -> None:
        if not provider.enabled(self._catalog.current.options):
            raise IdentityProviderDisabled(provider)


def _warn(provider: IdentityProvider, error: Exception) -> None:
    logger.warning("signing in with %s: %s", provider.name, error)


class SignInWith:
    """Signs in the user that an identity belongs to, creating the account at the first visit."""

    def __init__(
        self,
        vouching: Vouching,
        users: UserRepository,
        new_accounts: NewAccounts,
        catalog: Catalog,
        sessions: UserSessions,
        *,
        new_number: Callable[[int], int],
    ) -> None:
        """``new_number(digits)`` is a random number with so many digits."""
        self._vouching = vouching
        self._users = users
        self._new_accounts = new_accounts
        self._catalog = catalog
        self._sessions = sessions
        self._new_number = new_number

    async def sign_in(
        self,
        provider: IdentityProvider,
        code: str,
        pending: PendingSignIn | None = None,
        *,
        origin: Origin,
        request_id: str,
    ) -> tuple[User, str]:
        """The user and the cookie's value. Raises Refusal."""
        identity = await self._vouching.identity(provider, code, pending)
        user = await self._known(provider, identity) or await self._join(provider, identity, request_id)
        found = await self._users.credentials(user.id)
        if found is None or not found[0].enabled:
            raise UserBanned
        return found[0], await self._sessions.open(user.id, found[1], origin)

    async def bind(
        self, provider: IdentityProvider, code: str, user: User, pending: PendingSignIn | None = None
    ) -> None:
        """``user`` signs in by this account elsewhere from now on. Raises Refusal."""
        identity = await self._vouching.identity(provider, code, pending)
        if await self._known(provider, identity) is not None:
            raise IdentityAlreadyBound(provider)
        if not await self._users.bind_external(user.id, provider.id_field, identity.id):
            raise IdentityAlreadyBound(provider)
        await self._note_login(provider, identity, user)

    async def _known(self, provider: IdentityProvider, identity: Identity) -> User | None:
        """Whose account elsewhere this is, deleted users included."""
        user = await self._users.by_external(provider.id_field, identity.id)
        if user is None:
            return await self._known_by_login(provider, identity)
        await self._note_login(provider, identity, user)
        return user

    async def _known_by_login(self, provider: IdentityProvider, identity: Identity) -> User | None:
        """Whom the original bound by a login, which is a name that may change hands: so this holds only once."""
        if not provider.login_field or not identity.login:
            return None
        user = await self._users.by_external(provider.login_field, identity.login)
        if user is None or getattr(user, provider.id_field):
            return None
        return user if await self._users.bind_external(user.id, provider.id_field, identity.id) else None

    async def _note_login(self, provider: IdentityProvider, identity: Identity, user: User) -> None:
        """Store the login that ``user`` has there now, and clear it from its former owner."""
        field = provider.login_field
        if not field or getattr(user, field) == identity.login:
            return
        former = await self._users.by_external(field, identity.login)
        if former is not None:
            await self._users.amend(former.id, partial(_without_login, field, identity.login))
        await self._users.bind_external(user.id, field, identity.login)

    async def _join(self, provider: IdentityProvider, identity: Identity, request_id: str) -> User:
        """A new account for somebody who comes for the first time."""
        if not self._catalog.current.options.register_enabled:
            raise RegistrationDisabled
        for name in self._names(provider, identity):
            try:
                user = await self._new_accounts.create(
                    name,
                    display_name=_display_name(provider, identity),
                    email=await self._free(identity.email),
                    external={provider.id_field: identity.id},
                    request_id=request_id,
                )
            except AlreadyBound:
                found = await self._known(provider, identity)
                if found is None:
                    raise
                return found  # the same person signed in from another window meanwhile
            except (NameTaken, BadUsername):
                continue
            else:
                await self._note_login(provider, identity, user)
                return user
        raise NameTaken

    def _names(self, provider: IdentityProvider, identity: Identity) -> Iterator[str]:
        """What the account may be called: as its owner likes it, else by the provider and a number.

        The number is drawn: the original's, the highest id and one, is the same for two who come at once.
        """
        if identity.username and len(identity.username) <= LONGEST_NAME:
            yield identity.username
        prefix = f"{provider.name}_"
        for _ in range(MOST_NAMES):
            yield f"{prefix}{self._new_number(LONGEST_NAME - len(prefix))}"

    async def _free(self, email: str) -> str:
        """``email``, or nothing if it cannot be stored or somebody here has it: by it people sign in and reset."""
        if not is_address(email) or await self._users.email_taken(email):
            return ""
        return "" if await self._users.name_taken(email) else email


def _without_login(field: ExternalField, login: str, now: User) -> Change:
    cleared: dict[str, Any] = {field: ""} if getattr(now, field) == login else {}
    return Change(UserChanges(**cleared))


def _display_name(provider: IdentityProvider, identity: Identity) -> str:
    told = identity.display_name[:LONGEST]
    shown = "".join(character for character in told if character.isprintable()).strip()
    return shown[:LONGEST_DISPLAY_NAME] or provider.display_name
