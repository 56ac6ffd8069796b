"""Signing in with an external account, and binding one to a user."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from oneapi.application.ports.people import IdentityRefused, ProviderUnreachable
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
    from oneapi.application.ports.people import IdentityClient, RedirectingClient, UserRepository
    from oneapi.domain.people.identities import Identity, IdentityProvider
    from oneapi.domain.people.users import ExternalField, User

logger = logging.getLogger(__name__)

#: The most names tried for a new user before they are asked to try again.
MOST_NAMES = 20
#: The most characters, the same as in the forms for users.
LONGEST_NAME, LONGEST_DISPLAY_NAME = 12, 20


class Vouching:
    """Asks identity providers who a caller is, and turns their failures into refusals."""

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
        """The URL to which the browser is redirected. Raises Refusal."""
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
        """The identity that ``code`` stands for; ``pending`` is None if there was no redirect. Raises Refusal."""
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
    """Signs in the user to whom an identity is bound, and creates the user at the first visit."""

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
        """``new_number(digits)`` returns a random number with that many digits."""
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
        """The user and the session cookie's value. Raises Refusal."""
        identity = await self._vouching.identity(provider, code, pending)
        user = await self._known(provider, identity) or await self._join(provider, identity, request_id)
        found = await self._users.credentials(user.id)
        if found is None or not found[0].enabled:
            raise UserBanned
        return found[0], await self._sessions.open(user.id, found[1], origin)

    async def bind(
        self, provider: IdentityProvider, code: str, user: User, pending: PendingSignIn | None = None
    ) -> None:
        """Bind the external account to ``user``. Raises Refusal."""
        identity = await self._vouching.identity(provider, code, pending)
        if await self._known(provider, identity) is not None:
            raise IdentityAlreadyBound(provider)
        if not await self._users.bind_external(user.id, provider.id_field, identity.id):
            raise IdentityAlreadyBound(provider)
        await self._note_login(provider, identity, user)

    async def _known(self, provider: IdentityProvider, identity: Identity) -> User | None:
        """The user to whom the identity is bound, including deleted users."""
        user = await self._users.by_external(provider.id_field, identity.id)
        if user is None:
            return await self._known_by_login(provider, identity)
        await self._note_login(provider, identity, user)
        return user

    async def _known_by_login(self, provider: IdentityProvider, identity: Identity) -> User | None:
        """The user whom the original bound by login. A login may pass to somebody else, so the id replaces it now."""
        if not provider.login_field or not identity.login:
            return None
        user = await self._users.by_external(provider.login_field, identity.login)
        if user is None or getattr(user, provider.id_field):
            return None
        return user if await self._users.bind_external(user.id, provider.id_field, identity.id) else None

    async def _note_login(self, provider: IdentityProvider, identity: Identity, user: User) -> None:
        """Store the user's current login at the provider, and clear it from its previous owner."""
        field = provider.login_field
        if not field or getattr(user, field) == identity.login:
            return
        former = await self._users.by_external(field, identity.login)
        if former is not None:
            await self._users.amend(former.id, partial(_without_login, field, identity.login))
        await self._users.bind_external(user.id, field, identity.login)

    async def _join(self, provider: IdentityProvider, identity: Identity, request_id: str) -> User:
        """Create a user at the first sign-in."""
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
                return found  # the same person has just signed in from another window
            except (NameTaken, BadUsername):
                continue
            else:
                await self._note_login(provider, identity, user)
                return user
        raise NameTaken

    def _names(self, provider: IdentityProvider, identity: Identity) -> Iterator[str]:
        """Candidates for the user's name: the preferred one, then the provider's name and a number.

        The number is random: the original's, the highest id plus one, is the same for two simultaneous sign-ins.
        """
        if identity.username and len(identity.username) <= LONGEST_NAME:
            yield identity.username
        prefix = f"{provider.name}_"
        for _ in range(MOST_NAMES):
            yield f"{prefix}{self._new_number(LONGEST_NAME - len(prefix))}"

    async def _free(self, email: str) -> str:
        """``email``, or empty if it is invalid or belongs to another user, who could sign in or reset by it."""
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
